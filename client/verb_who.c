/* sealmail who [ADDRESS...]: the certificates of others, and which one is used. */
#include <stdio.h>
#include <stdlib.h>

#include <base/der.h>
#include <sealmail/key.h>
#include <sealmail/seal.h>

#include "cert_json.h"
#include "contacts_book.h"
#include "json_place.h"
#include "who_search.h"

struct showing {
	struct client *c;
	struct contacts *book;
	struct sm_json json;
	struct sm_buf json_text;
	char **addresses;      /* of the list */
	size_t count;
	int rc;                /* the worst: EXIT_RECIPIENT when one has none */
};

/* ---- what is said of a certificate ---- */

static const char *
state_of(const struct contacts_choice *ch, struct contact_cert *cc,
    const struct client *c)
{
	enum contacts_status s = contacts_own_word(c, cc);

	if (ch->cert != NULL && memcmp(sm_cert_sha256(ch->cert), sm_cert_sha256(cc->cert),
	    32) == 0)
		return "in use";
	return s == CONTACTS_USABLE ? "not in use" : contacts_status_name(s);
}

/* Names of capabilities, each once. */
struct names {
	const char *list[64];
	size_t count;
};

static int
note_name(void *ctx, const char *name)
{
	struct names *n = ctx;
	size_t i;

	for (i = 0; i < n->count; i++)
		if (strcmp(n->list[i], name) == 0)
			return 0;
	if (n->count < sizeof(n->list) / sizeof(n->list[0]))
		n->list[n->count++] = name;
	return 0;
}

/* What letters and the certificate in use say. */
static void
read_names(struct names *n, const struct contacts_choice *ch)
{
	n->count = 0;
	(void)sm_capabilities_each(sm_buf_bytes(&ch->capabilities), note_name, n);
	if (ch->cert != NULL)
		(void)sm_capabilities_each(sm_cert_smime_capabilities(ch->cert),
		    note_name, n);
}

static void
short_id(char out[9], const struct sm_cert *cert)
{
	const uint8_t *h = sm_cert_sha256(cert);

	(void)snprintf(out, 9, "%02x%02x%02x%02x", h[0], h[1], h[2], h[3]);
}

/* ---- JSON ---- */

static void
put_sources(struct sm_json *j, const struct contact_cert *cc)
{
	size_t i;

	sm_json_key(j, "sources");
	sm_json_array_begin(j);
	for (i = 0; i < cc->source_count; i++) {
		sm_json_object_begin(j);
		cert_json_string(j, "kind", cc->sources[i].kind);
		cert_json_string(j, "where", cc->sources[i].where);
		cert_json_time(j, "first", cc->sources[i].first);
		cert_json_time(j, "last", cc->sources[i].last);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
}

static void
put_cert(struct showing *s, const struct contacts_choice *ch, struct contact_cert *cc)
{
	struct sm_cert *cert = contact_cert_get(cc);
	struct sm_json *j = &s->json;
	bool encrypts;

	if (cert == NULL)
		return;
	sm_json_object_begin(j);
	cert_json_string(j, "state", state_of(ch, cc, s->c));
	cert_json_string(j, "kind", contact_cert_kind(cc, &encrypts));
	cert_json_fields(j, cert);
	cert_json_time(j, "confirmed", cc->confirmed);
	cert_json_time(j, "vouched", cc->vouched);
	put_sources(j, cc);
	sm_json_object_end(j);
}

static void
put_contact(struct showing *s, const struct contacts_choice *ch, struct contact *k)
{
	struct sm_json *j = &s->json;
	struct names names;
	size_t i;

	sm_json_object_begin(j);
	cert_json_string(j, "address", ch->address);
	cert_json_string(j, "status", contacts_status_name(ch->status));
	cert_json_string(j, "from", ch->from);
	cert_json_string(j, "why", ch->why);
	cert_json_string(j, "fix", ch->fix);
	cert_json_string(j, "advice", ch->advice);
	cert_json_string(j, "looked", ch->looked);
	cert_json_time(j, "seen", ch->seen);
	cert_json_time(j, "written", ch->written);
	cert_json_time(j, "capabilities_signed", k->capabilities_at);
	read_names(&names, ch);
	sm_json_key(j, "capabilities");
	sm_json_array_begin(j);
	for (i = 0; i < names.count; i++)
		sm_json_string(j, names.list[i]);
	sm_json_array_end(j);
	sm_json_key(j, "certificates");
	sm_json_array_begin(j);
	for (i = 0; i < k->count; i++)
		put_cert(s, ch, &k->certs[i]);
	sm_json_array_end(j);
	sm_json_object_end(j);
}

static int
write_json(struct showing *s, int code)
{
	struct sm_sink sink = json_place_sink(s->c);
	int rc;

	sm_json_array_end(&s->json);
	sm_json_key(&s->json, "exit");
	sm_json_int(&s->json, code);
	sm_json_object_end(&s->json);
	rc = sm_json_status(&s->json) == 0 ?
	    sm_sink_write(&sink, sm_buf_bytes(&s->json_text)) : SM_E_NOMEM;
	return rc != 0 ? client_fault(s->c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(s->c);
}

/* ---- words ---- */

static int
print_cert(struct showing *s, const struct contacts_choice *ch, struct contact_cert *cc)
{
	struct sm_cert *cert = contact_cert_get(cc);
	char id[9], from[32], to[32], *sources = NULL;
	bool encrypts;
	int rc;

	if (cert == NULL)
		return 0;
	rc = contacts_sources_text(s->c, cc, &sources);
	if (rc != 0)
		return rc;
	short_id(id, cert);
	sm_time_text(from, sm_cert_not_before(cert));
	sm_time_text(to, sm_cert_not_after(cert));
	printf("  %s  %-9s %.10s to %.10s  %s%s\n      from: %s\n", id,
	    contact_cert_kind(cc, &encrypts), from, to,
	    state_of(ch, cc, s->c), cc->confirmed != 0 ? ", confirmed" : "", sources);
	free(sources);
	return 0;
}

static int
print_contact(struct showing *s, const struct contacts_choice *ch, struct contact *k)
{
	struct names names;
	size_t i;
	int rc = 0;

	printf("%s\n", ch->address);
	for (i = 0; rc == 0 && i < k->count; i++)
		rc = print_cert(s, ch, &k->certs[i]);
	if (rc == 0 && ch->status == CONTACTS_USABLE)
		printf("  usable: %s\n", ch->why);
	read_names(&names, ch);
	for (i = 0; rc == 0 && i < names.count; i++)
		printf("%s%s", i == 0 ? "  can read: " : ", ", names.list[i]);
	if (rc == 0 && names.count > 0)
		putchar('\n');
	return rc;
}

static void
tell(struct showing *s, const struct contacts_choice *ch)
{
	if (ch->looked != NULL)
		client_note(s->c, "asked for %s: %s", ch->address, ch->looked);
	if (ch->status != CONTACTS_USABLE)
		client_note(s->c, "%s %s", ch->why, ch->fix != NULL ? ch->fix : "");
	if (ch->advice != NULL)
		client_note(s->c, "%s", ch->advice);
}

/* ---- one address ---- */

static int
show_contact(struct showing *s, struct contact *k, const struct contacts_choice *ch)
{
	int rc = 0;

	if (ch->status != CONTACTS_USABLE)
		s->rc = EXIT_RECIPIENT;
	if (s->c->json.wanted)
		put_contact(s, ch, k);
	else if (k->count > 0)
		rc = print_contact(s, ch, k);
	if (rc == 0)
		tell(s, ch);
	return rc;
}

/* The directories are asked, and the book may have learned. */
static int
fetch(struct showing *s, const char *address, struct contact *k,
    struct contacts_choice *ch)
{
	int rc;

	contact_wipe(k);
	contacts_choice_free(ch);
	rc = contacts_choose(s->book, address, options_has(&s->c->opt, OPT_REFRESH) ?
	    CONTACTS_REFRESH : CONTACTS_FETCH, ch);
	return rc == 0 ? contacts_book_read(s->book, ch->address, k) : rc;
}

static int
show_one(struct showing *s, const char *given)
{
	struct contacts_choice ch;
	struct contact k;
	char *address;
	int rc = contacts_address(s->c, given, &address);

	memset(&ch, 0, sizeof(ch));
	memset(&k, 0, sizeof(k));
	if (rc == 0 && address != NULL)
		rc = contacts_book_read(s->book, address, &k);
	if (rc == 0 && address != NULL)
		rc = contacts_choose_in(s->book, &k, &ch);
	if (rc == 0 && (address == NULL || ch.status != CONTACTS_USABLE ||
		options_has(&s->c->opt, OPT_REFRESH)))
		rc = fetch(s, given, &k, &ch);
	if (rc == 0)
		rc = show_contact(s, &k, &ch);
	contact_wipe(&k);
	contacts_choice_free(&ch);
	free(address);
	return rc;
}

/* ---- all ---- */

static int
note_address(void *ctx, struct contact *k)
{
	struct showing *s = ctx;
	char **more = realloc(s->addresses, (s->count + 1) * sizeof(*more));

	if (more == NULL)
		return client_out_of_memory(s->c);
	s->addresses = more;
	more[s->count] = k->address;
	k->address = NULL;
	s->count++;
	return 0;
}

static int
by_domain(const void *a, const void *b)
{
	const char *x = *(char *const *)a, *y = *(char *const *)b;
	int order = strcmp(strrchr(x, '@'), strrchr(y, '@'));

	return order != 0 ? order : strcmp(x, y);
}

static int
line_of(struct showing *s, const char *address)
{
	struct contacts_choice ch;
	struct contact k;
	char kind[32], to[32];
	bool encrypts;
	int rc = contacts_book_read(s->book, address, &k);

	memset(&ch, 0, sizeof(ch));
	if (rc == 0)
		rc = contacts_choose_in(s->book, &k, &ch);
	if (rc == 0 && s->c->json.wanted)
		put_contact(s, &ch, &k);
	else if (rc == 0 && ch.cert != NULL) {
		if (sm_spki_kind(kind, sizeof(kind), &encrypts, sm_cert_spki(ch.cert)) != 0)
			(void)snprintf(kind, sizeof(kind), "unknown");
		sm_time_text(to, sm_cert_not_after(ch.cert));
		printf("%-40s %-9s to %.10s%s\n", address, kind, to,
		    ch.advice != NULL ? "  (another key has come)" : "");
	} else if (rc == 0)
		printf("%-40s %s\n", address, contacts_status_name(ch.status));
	contact_wipe(&k);
	contacts_choice_free(&ch);
	return rc;
}

static int
show_all(struct showing *s)
{
	size_t i;
	int rc = contacts_book_each(s->book, note_address, s);

	if (rc == 0 && s->count == 0)
		client_note(s->c, "nobody is known yet; signed letters that you open are "
		    "remembered, and `sealmail who add FILE` takes certificates from files");
	if (s->count > 1)
		qsort(s->addresses, s->count, sizeof(char *), by_domain);
	for (i = 0; rc == 0 && i < s->count; i++)
		rc = line_of(s, s->addresses[i]);
	for (i = 0; i < s->count; i++)
		free(s->addresses[i]);
	free(s->addresses);
	return rc;
}

int
verb_who_show(struct client *c)
{
	struct showing s = { .c = c };
	size_t i;
	int rc = json_place_open(c, false);

	if (rc == 0)
		rc = contacts_open(c, &s.book);
	sm_json_init(&s.json, &s.json_text, true);
	sm_json_object_begin(&s.json);
	sm_json_key(&s.json, "version");
	sm_json_int(&s.json, 1);
	sm_json_key(&s.json, "contacts");
	sm_json_array_begin(&s.json);
	if (rc == 0 && options_has(&c->opt, OPT_SEARCH)) {
		contacts_close(s.book);
		sm_buf_free(&s.json_text);
		return who_search(c, options_value(&c->opt, OPT_SEARCH));
	}
	for (i = 0; rc == 0 && i < c->opt.operand_count; i++)
		rc = show_one(&s, c->opt.operands[i]);
	if (rc == 0 && c->opt.operand_count == 0)
		rc = show_all(&s);
	if (rc == 0 && c->json.wanted)
		rc = write_json(&s, s.rc);
	contacts_close(s.book);
	sm_buf_free(&s.json_text);
	return rc != 0 ? rc : s.rc;
}
