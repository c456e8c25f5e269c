/* Groups of LDAP directories: groupOfNames and groupOfUniqueNames (RFC 4519) name their
 * members by DN, mail aliases by address. Groups in groups are walked breadth first;
 * one that was seen is not entered again, so that groups in a circle end. */
#include "ldap_session.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/time.h>
#include <time.h>

enum { GROUP_ENTRIES = 10, DN_BYTES = 4000, ADDRESS_BYTES = 320 };

struct place {
	char *dn;          /* normalized */
	unsigned depth;    /* 0: has the address that was asked for */
};
struct walk {
	struct session *s;
	struct place *list;  /* seen, and from at on still to read */
	size_t count, at;
	size_t members;      /* DNs and addresses */
	struct timespec end;
	bool over;           /* an answer that ends it was given */
};

/* ---- what members are called ---- */

static char entry_attributes[][32] = { "objectClass", "cn", "mail", "member", "uniqueMember",
	"rfc822MailMember", "mgrpRFC822MailMember" };
enum { ATTRIBUTES = 7, FIRST_DN = 3, FIRST_ADDRESS = 5 };

static void
limit(struct walk *w, const char *sentence)
{
	lookup_said(w->s->l, "limit", sentence);
	w->over = true;
}

static void
out_of_memory(struct walk *w)
{
	lookup_failed(w->s->l, "Out of memory.");
	w->over = true;
}

static void
count_member(struct walk *w)
{
	if (++w->members > GROUP_MEMBERS)
		limit(w, "more than 1000 members");
}

static void
give_address(struct walk *w, const struct berval *value)
{
	char text[ADDRESS_BYTES];

	/* Longer than any address, or with what is none: never cut to another's. */
	if (value->bv_len == 0 || value->bv_len >= sizeof(text) ||
	    memchr(value->bv_val, '\0', value->bv_len) != NULL) {
		lookup_said(w->s->l, "nowhere", "");
		return;
	}
	(void)snprintf(text, sizeof(text), "%.*s", (int)value->bv_len, value->bv_val);
	lookup_said(w->s->l, "member", text);
}

/* A uniqueMember may end in a bit string (RFC 4517 section 3.3.21). */
static void
cut_bits(char *dn)
{
	char *hash = strrchr(dn, '#');
	size_t n;

	if (hash == NULL || hash[1] != '\'')
		return;
	n = strspn(hash + 2, "01");
	if (strcmp(hash + 2 + n, "'B") == 0)
		*hash = '\0';
}

/* Two spellings of one DN are one place; NULL: it is none. */
static char *
normal_dn(const struct berval *value)
{
	char *text, *out = NULL, *copy;

	if (value->bv_len == 0 || value->bv_len > DN_BYTES)
		return NULL;
	text = sm_strdup_bytes(sm_bytes(value->bv_val, value->bv_len));
	if (text == NULL)
		return NULL;
	cut_bits(text);
	if (ldap_dn_normalize(text, LDAP_DN_FORMAT_LDAPV3, &out, LDAP_DN_FORMAT_LDAPV3) != 0)
		out = NULL;
	free(text);
	copy = out != NULL ? strdup(out) : NULL;
	ldap_memfree(out);
	return copy;
}

static bool
was_seen(const struct walk *w, const char *dn)
{
	size_t i;

	for (i = 0; i < w->count; i++)
		if (strcasecmp(w->list[i].dn, dn) == 0)
			return true;
	return false;
}

/* Takes dn over. */
static bool
add_place(struct walk *w, char *dn, unsigned depth)
{
	struct place *more = realloc(w->list, (w->count + 1) * sizeof(*more));

	if (more == NULL) {
		free(dn);
		out_of_memory(w);
		return false;
	}
	w->list = more;
	more[w->count++] = (struct place){ dn, depth };
	return true;
}

static void
note_dn(struct walk *w, const struct berval *value, unsigned depth)
{
	char *dn = normal_dn(value);

	if (dn == NULL)
		lookup_said(w->s->l, "nowhere", "");
	else if (was_seen(w, dn))
		free(dn);
	else if (add_place(w, dn, depth))
		count_member(w);
}

/* ---- one entry ---- */

static bool
has_class(struct berval **classes)
{
	static const char *const groups[] = { "groupOfNames", "groupOfUniqueNames", "group",
		"nisMailAlias", "mailGroup" };
	size_t i, k;

	for (i = 0; classes != NULL && classes[i] != NULL; i++)
		for (k = 0; k < sizeof(groups) / sizeof(groups[0]); k++)
			if (classes[i]->bv_len == strlen(groups[k]) &&
			    strncasecmp(classes[i]->bv_val, groups[k],
				classes[i]->bv_len) == 0)
				return true;
	return false;
}

static bool
is_group(struct walk *w, LDAPMessage *entry)
{
	struct berval **classes = ldap_get_values_len(w->s->ld, entry, entry_attributes[0]);
	bool is = has_class(classes);

	ldap_value_free_len(classes);
	return is;
}

/* Some servers give the members of a large group in parts, under other names
 * ("member;range=0-1499"): nobody shall be passed over for it. */
static bool
is_in_parts(struct walk *w, LDAPMessage *entry)
{
	BerElement *ber = NULL;
	char *name = ldap_first_attribute(w->s->ld, entry, &ber);
	bool is = false;

	while (name != NULL) {
		is = is || strcasestr(name, ";range=") != NULL;
		ldap_memfree(name);
		name = ldap_next_attribute(w->s->ld, entry, ber);
	}
	ber_free(ber, 0);
	return is;
}

static void
take_members(struct walk *w, LDAPMessage *entry, unsigned depth)
{
	struct berval **values;
	size_t a, i;

	if (is_in_parts(w, entry))
		limit(w, "more members than the directory gives at once");
	for (a = FIRST_DN; a < ATTRIBUTES && !w->over; a++) {
		values = ldap_get_values_len(w->s->ld, entry, entry_attributes[a]);
		for (i = 0; values != NULL && values[i] != NULL && !w->over; i++)
			if (a < FIRST_ADDRESS) {
				note_dn(w, values[i], depth + 1);
			} else {
				count_member(w);
				give_address(w, values[i]);
			}
		ldap_value_free_len(values);
	}
}

static void
take_person(struct walk *w, LDAPMessage *entry)
{
	struct berval **mail = ldap_get_values_len(w->s->ld, entry, entry_attributes[2]);

	if (mail != NULL && mail[0] != NULL)
		give_address(w, mail[0]);
	else
		lookup_said(w->s->l, "nowhere", "");
	ldap_value_free_len(mail);
}

static void
take_entry(struct walk *w, LDAPMessage *entry, unsigned depth)
{
	if (!is_group(w, entry))
		take_person(w, entry);
	else if (depth >= GROUP_DEPTH)
		limit(w, "more than 5 groups in one another");
	else
		take_members(w, entry, depth);
}

/* ---- asking ---- */

static bool
is_late(struct walk *w, struct timeval *left)
{
	struct timespec now;

	(void)clock_gettime(CLOCK_MONOTONIC, &now);
	left->tv_sec = w->end.tv_sec - now.tv_sec;
	left->tv_usec = 0;
	if (left->tv_sec > LOOKUP_SECONDS)
		left->tv_sec = LOOKUP_SECONDS;
	if (left->tv_sec > 0)
		return false;
	lookup_failed(w->s->l, "The members were not read within %d seconds.", GROUP_SECONDS);
	w->over = true;
	return true;
}

static int
ask(struct walk *w, const char *base, int scope, const char *filter, int entries,
    LDAPMessage **answer)
{
	char *names[ATTRIBUTES + 1];
	struct timeval wait;
	size_t i;
	int rc;

	*answer = NULL;
	if (is_late(w, &wait))
		return -1;
	for (i = 0; i < ATTRIBUTES; i++)
		names[i] = entry_attributes[i];
	names[ATTRIBUTES] = NULL;
	rc = ldap_search_ext_s(w->s->ld, base, scope, filter, names, 0, NULL, NULL, &wait,
	    entries, answer);
	if (rc == 0 || rc == LDAP_NO_SUCH_OBJECT)
		return 0;
	if (rc == LDAP_SIZELIMIT_EXCEEDED)
		limit(w, "more than 10 groups have the address");
	else
		ldap_session_failed(w->s, "Asking for a group", rc);
	w->over = true;
	return -1;
}

static int
make_filter(struct sm_buf *out, const char *address)
{
	static const char *const parts[] = { "(|(&(|(objectClass=groupOfNames)"
		"(objectClass=groupOfUniqueNames)(objectClass=group)(objectClass=mailGroup)"
		"(objectClass=nisMailAlias))(|(mail=", ")(proxyAddresses=smtp:",
		")))(&(objectClass=nisMailAlias)(cn=", ")))" };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < 4; i++) {
		rc = sm_buf_append_str(out, parts[i]);
		if (rc == 0 && i < 3)
			rc = lookup_filter_value(out, address);
	}
	return rc == 0 ? sm_buf_append_byte(out, 0) : rc;
}

static void
say_name(struct walk *w, LDAPMessage *entry)
{
	struct berval **cn = ldap_get_values_len(w->s->ld, entry, entry_attributes[1]);
	char text[200] = "";

	if (cn != NULL && cn[0] != NULL)
		(void)snprintf(text, sizeof(text), "%.*s", (int)(cn[0]->bv_len < 199 ?
		    cn[0]->bv_len : 199), cn[0]->bv_val);
	lookup_said(w->s->l, "group", text);
	ldap_value_free_len(cn);
}

static void
note_root(struct walk *w, LDAPMessage *entry)
{
	char *dn = ldap_get_dn(w->s->ld, entry), *normal;
	struct berval value = { dn != NULL ? strlen(dn) : 0, dn };

	normal = dn != NULL ? normal_dn(&value) : NULL;
	ldap_memfree(dn);
	if (normal == NULL)
		out_of_memory(w);
	else
		(void)add_place(w, normal, 0);
}

static void
find_groups(struct walk *w)
{
	struct sm_buf filter = SM_BUF_INIT;
	LDAPMessage *answer = NULL, *entry;

	if (make_filter(&filter, w->s->l->what) != 0)
		out_of_memory(w);
	else if (ask(w, w->s->base, LDAP_SCOPE_SUBTREE, (char *)filter.data, GROUP_ENTRIES,
		&answer) == 0)
		for (entry = ldap_first_entry(w->s->ld, answer); entry != NULL && !w->over;
		    entry = ldap_next_entry(w->s->ld, entry)) {
			say_name(w, entry);
			note_root(w, entry);
		}
	ldap_msgfree(answer);
	sm_buf_free(&filter);
}

static void
read_next(struct walk *w)
{
	const struct place here = w->list[w->at++];
	LDAPMessage *answer = NULL, *entry;

	if (ask(w, here.dn, LDAP_SCOPE_BASE, "(objectClass=*)", 1, &answer) == 0) {
		entry = ldap_first_entry(w->s->ld, answer);
		if (entry != NULL)
			take_entry(w, entry, here.depth);
		else
			lookup_said(w->s->l, "nowhere", "");
	}
	ldap_msgfree(answer);
}

void
lookup_ldap_group(struct lookup *l)
{
	struct session s = { .l = l };
	struct walk w = { .s = &s };

	(void)clock_gettime(CLOCK_MONOTONIC, &w.end);
	w.end.tv_sec += GROUP_SECONDS;
	if (ldap_session_open(&s) == 0) {
		find_groups(&w);
		while (!w.over && w.at < w.count)
			read_next(&w);
	}
	while (w.count > 0)
		free(w.list[--w.count].dn);
	free(w.list);
	ldap_session_close(&s);
}
