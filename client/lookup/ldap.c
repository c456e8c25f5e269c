/* Directories by LDAP (RFC 4511, RFC 4523): userCertificate and userSMIMECertificate of
 * whoever has the address. */
#include "ldap_session.h"

#include <stdio.h>
#include <sys/time.h>

enum { ENTRIES = 50 };

int
lookup_filter_value(struct sm_buf *out, const char *value)
{
	const unsigned char *p = (const unsigned char *)value;
	int rc = 0;

	for (; rc == 0 && *p != '\0'; p++)
		if (*p < 0x20 || *p >= 0x7f || strchr("*()\\", *p) != NULL)
			rc = sm_buf_printf(out, "\\%02x", *p);
		else
			rc = sm_buf_append_byte(out, *p);
	return rc;
}

/* ---- asking ---- */

static int
make_filter(struct sm_buf *out, const struct lookup *l)
{
	static const char *const by_address[] = { "(|(mail=", ")(proxyAddresses=smtp:",
		"))" };
	static const char *const by_name[] = { "(&(mail=*)(|(cn=*", "*)(displayName=*",
		"*)(sn=*", "*)(mail=*", "*)))" };
	const char *const *parts = l->by_name ? by_name : by_address;
	size_t i, n = l->by_name ? 5 : 3;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		rc = sm_buf_append_str(out, parts[i]);
		if (rc == 0 && i + 1 < n)
			rc = lookup_filter_value(out, l->what);
	}
	return rc == 0 ? sm_buf_append_byte(out, 0) : rc;
}

static void
each_value(struct session *s, LDAPMessage *entry, const char *attribute)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attribute);
	size_t i;

	for (i = 0; values != NULL && values[i] != NULL; i++)
		lookup_found(s->l, "found", sm_bytes(values[i]->bv_val, values[i]->bv_len));
	ldap_value_free_len(values);
}

static void
first_value(struct session *s, LDAPMessage *entry, const char *attribute, char *out,
    size_t size)
{
	struct berval **values = ldap_get_values_len(s->ld, entry, attribute);

	*out = '\0';
	if (values != NULL && values[0] != NULL)
		(void)snprintf(out, size, "%.*s", (int)(values[0]->bv_len < size ?
		    values[0]->bv_len : size - 1), values[0]->bv_val);
	ldap_value_free_len(values);
}

/* RFC 4523 wants ";binary" for the first; servers differ. */
static char certificate_attributes[][32] = { "userCertificate;binary", "userCertificate",
	"userSMIMECertificate;binary", "userSMIMECertificate" };

static void
take_entry(struct session *s, LDAPMessage *entry)
{
	char mail[300], name[300];
	size_t i;

	if (!s->l->by_name) {
		for (i = 0; i < 4; i++)
			each_value(s, entry, certificate_attributes[i]);
		return;
	}
	first_value(s, entry, "mail", mail, sizeof(mail));
	first_value(s, entry, "displayName", name, sizeof(name));
	if (name[0] == '\0')
		first_value(s, entry, "cn", name, sizeof(name));
	if (mail[0] != '\0')
		lookup_person(s->l, mail, name);
}

static void
search(struct session *s)
{
	static char names[][32] = { "mail", "cn", "displayName" };
	char *find[] = { certificate_attributes[0], certificate_attributes[1],
		certificate_attributes[2], certificate_attributes[3], NULL };
	char *list[] = { names[0], names[1], names[2], NULL };
	struct timeval wait = { LOOKUP_SECONDS, 0 };
	struct sm_buf filter = SM_BUF_INIT;
	LDAPMessage *answer = NULL, *entry;
	int rc;

	if (make_filter(&filter, s->l) != 0) {
		lookup_failed(s->l, "Out of memory.");
		return;
	}
	rc = ldap_search_ext_s(s->ld, s->base, LDAP_SCOPE_SUBTREE, (char *)filter.data,
	    s->l->by_name ? list : find, 0, NULL, NULL, &wait, ENTRIES, &answer);
	/* What came before the limit is worth having. */
	if (rc != 0 && rc != LDAP_SIZELIMIT_EXCEEDED && rc != LDAP_NO_SUCH_OBJECT)
		ldap_session_failed(s, "Asking", rc);
	else
		for (entry = ldap_first_entry(s->ld, answer); entry != NULL;
		    entry = ldap_next_entry(s->ld, entry))
			take_entry(s, entry);
	ldap_msgfree(answer);
	sm_buf_free(&filter);
}

void
lookup_ldap(struct lookup *l)
{
	struct session s = { .l = l };

	if (ldap_session_open(&s) == 0)
		search(&s);
	ldap_session_close(&s);
}
