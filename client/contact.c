#include "contact.h"

#include <stdio.h>
#include <stdlib.h>

#include <base/base64.h>
#include <base/der.h>
#include <sealmail/export.h>
#include <sealmail/key.h>

#define PEM_BEGIN "-----BEGIN CERTIFICATE-----"
#define PEM_END "-----END CERTIFICATE-----"

/* ---- giving back ---- */

static void
wipe_cert(struct contact_cert *cc)
{
	size_t i;

	for (i = 0; i < cc->source_count; i++) {
		free(cc->sources[i].kind);
		free(cc->sources[i].where);
	}
	free(cc->sources);
	sm_cert_free(cc->cert);
	sm_buf_free(&cc->der);
	memset(cc, 0, sizeof(*cc));
}

void
contact_wipe(struct contact *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		wipe_cert(&k->certs[i]);
	free(k->certs);
	free(k->address);
	sm_buf_free(&k->capabilities);
	memset(k, 0, sizeof(*k));
}

void
contact_drop(struct contact *k, size_t i)
{
	wipe_cert(&k->certs[i]);
	k->count--;
	memmove(&k->certs[i], &k->certs[i + 1], (k->count - i) * sizeof(*k->certs));
}

/* ---- reading ---- */

static int
append_base64(struct sm_buf *out, struct sm_bytes text)
{
	struct sm_base64_dec dec = { 0 };
	size_t n = 0;
	int rc = sm_buf_reserve(out, sm_base64_dec_room(text.len));

	if (rc == 0)
		rc = sm_base64_dec_update(&dec, out->data + out->len, &n, text);
	if (rc == 0)
		rc = sm_base64_dec_finish(&dec);
	if (rc == 0)
		out->len += n;
	return rc;
}

/* The next blank-separated word of *at; "" at the end. */
static char *
next_word(char **at)
{
	char *word = strsep(at, " ");

	return word != NULL ? word : *at != NULL ? *at : (char *)(uintptr_t)"";
}

static bool
add_source(struct contact_cert *cc, const struct contact_source *s)
{
	struct contact_source *more = realloc(cc->sources,
	    (cc->source_count + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	cc->sources = more;
	more += cc->source_count;
	*more = *s;
	more->kind = strdup(s->kind);
	more->where = strdup(s->where);
	if (more->kind == NULL || more->where == NULL) {
		free(more->kind);
		free(more->where);
		return false;
	}
	cc->source_count++;
	return true;
}

static int
read_source(struct contact_cert *cc, char *value)
{
	struct contact_source s = { 0 };
	char *first = next_word(&value), *last = next_word(&value);

	if (!sm_time_parse(first, &s.first) || !sm_time_parse(last, &s.last))
		return SM_E_FORMAT;
	s.kind = next_word(&value);
	s.where = value != NULL ? value : (char *)(uintptr_t)"";
	if (cc->source_count == CONTACT_SOURCES)
		return 0;
	return add_source(cc, &s) ? 0 : SM_E_NOMEM;
}

static int
read_capabilities(struct contact *k, char *value)
{
	char *when = next_word(&value);

	if (value == NULL || !sm_time_parse(when, &k->capabilities_at))
		return SM_E_FORMAT;
	sm_buf_clear(&k->capabilities);
	return append_base64(&k->capabilities, sm_bytes_str(value));
}

static int
read_time(int64_t *out, const char *value)
{
	return sm_time_parse(value, out) ? 0 : SM_E_FORMAT;
}

/* next: the certificate that the lines speak of, until its PEM has come. */
static int
read_field(struct contact *k, struct contact_cert *next, const char *field, char *value)
{
	if (strcmp(field, "address") == 0) {
		free(k->address);
		k->address = strdup(value);
		return k->address != NULL ? 0 : SM_E_NOMEM;
	}
	if (strcmp(field, "seen") == 0)
		return read_time(&k->seen, value);
	if (strcmp(field, "capabilities") == 0)
		return read_capabilities(k, value);
	if (strcmp(field, "confirmed") == 0)
		return read_time(&next->confirmed, value);
	if (strcmp(field, "vouched") == 0)
		return read_time(&next->vouched, value);
	if (strcmp(field, "source") == 0)
		return read_source(next, value);
	return 0; /* of a later version */
}

static bool
grow(struct contact *k)
{
	struct contact_cert *more = realloc(k->certs, (k->count + 1) * sizeof(*more));

	if (more == NULL)
		return false;
	k->certs = more;
	memset(&more[k->count], 0, sizeof(*more));
	return true;
}

/* rest stands behind the line of BEGIN. */
static int
read_pem(struct contact *k, struct contact_cert *next, char **rest)
{
	char *end = *rest != NULL ? strstr(*rest, PEM_END) : NULL;
	int rc;

	if (end == NULL)
		return SM_E_FORMAT;
	*end = '\0';
	rc = append_base64(&next->der, sm_bytes_str(*rest));
	*rest = end + strlen(PEM_END);
	if (rc != 0)
		return rc;
	if (!grow(k))
		return SM_E_NOMEM;
	k->certs[k->count++] = *next;
	memset(next, 0, sizeof(*next));
	return 0;
}

static int
read_lines(struct contact *k, char *text)
{
	struct contact_cert next;
	char *line, *value;
	int rc = 0;

	memset(&next, 0, sizeof(next));
	while (rc == 0 && (line = strsep(&text, "\n")) != NULL) {
		if (strcmp(line, PEM_BEGIN) == 0) {
			rc = read_pem(k, &next, &text);
			continue;
		}
		value = strstr(line, ": ");
		if (value == NULL)
			continue;
		*value = '\0';
		rc = read_field(k, &next, line, value + 2);
	}
	wipe_cert(&next);
	return rc == 0 && k->address == NULL ? SM_E_FORMAT : rc;
}

int
contact_read(struct client *c, struct contact *k, struct sm_bytes text,
    const char *path)
{
	char *copy = sm_strdup_bytes(text);
	int rc;

	memset(k, 0, sizeof(*k));
	if (copy == NULL)
		return client_out_of_memory(c);
	rc = strlen(copy) == text.len ? read_lines(k, copy) : SM_E_FORMAT;
	free(copy);
	if (rc == SM_E_NOMEM)
		return client_out_of_memory(c);
	if (rc != 0)
		return client_fault(c, EXIT_MALFORMED, "%s is damaged; what it held must "
		    "be found again after `rm %s`", path, path);
	return 0;
}

/* ---- writing ---- */

/* What came from elsewhere must not begin a line of its own. */
static int
put_text(struct sm_buf *out, const char *text)
{
	size_t start = out->len, i;
	int rc = sm_buf_append_str(out, text);

	for (i = start; rc == 0 && i < out->len; i++)
		if (out->data[i] < 0x20)
			out->data[i] = ' ';
	return rc == 0 ? sm_buf_append_byte(out, '\n') : rc;
}

static int
put_time(struct sm_buf *out, const char *field, int64_t at)
{
	char when[32];

	if (at == 0)
		return 0;
	sm_time_text(when, at);
	return sm_buf_printf(out, "%s: %s\n", field, when);
}

static int
put_capabilities(struct sm_buf *out, const struct contact *k)
{
	struct sm_base64_enc enc = { 0 };
	struct sm_buf text = SM_BUF_INIT;
	char when[32];
	size_t n = 0, i;
	int rc;

	if (k->capabilities.len == 0)
		return 0;
	rc = sm_buf_reserve(&text, sm_base64_enc_room(k->capabilities.len) + 66);
	if (rc == 0) {
		sm_base64_enc_update(&enc, text.data, &n, sm_buf_bytes(&k->capabilities));
		text.len = n;
		sm_base64_enc_finish(&enc, text.data + n, &n);
		text.len += n;
		sm_time_text(when, k->capabilities_at);
		rc = sm_buf_printf(out, "capabilities: %s ", when);
	}
	for (i = 0; rc == 0 && i < text.len; i++)
		if (text.data[i] > ' ')
			rc = sm_buf_append_byte(out, text.data[i]);
	sm_buf_free(&text);
	return rc == 0 ? sm_buf_append_byte(out, '\n') : rc;
}

static int
put_cert(struct sm_buf *out, const struct contact_cert *cc)
{
	struct sm_sink sink = sm_buf_sink(out);
	char first[32], last[32];
	size_t i;
	int rc = put_time(out, "confirmed", cc->confirmed);

	if (rc == 0)
		rc = put_time(out, "vouched", cc->vouched);
	for (i = 0; rc == 0 && i < cc->source_count; i++) {
		sm_time_text(first, cc->sources[i].first);
		sm_time_text(last, cc->sources[i].last);
		rc = sm_buf_printf(out, "source: %s %s %s ", first, last,
		    cc->sources[i].kind);
		if (rc == 0)
			rc = put_text(out, cc->sources[i].where);
	}
	return rc == 0 ? sm_export_pem("CERTIFICATE", sm_buf_bytes(&cc->der), &sink) : rc;
}

int
contact_write(struct sm_buf *out, const struct contact *k)
{
	size_t i;
	int rc = sm_buf_append_str(out, "address: ");

	if (rc == 0)
		rc = put_text(out, k->address);
	if (rc == 0)
		rc = put_time(out, "seen", k->seen);
	if (rc == 0)
		rc = put_capabilities(out, k);
	for (i = 0; rc == 0 && i < k->count; i++)
		rc = put_cert(out, &k->certs[i]);
	return rc;
}

/* ---- certificates ---- */

struct sm_cert *
contact_cert_get(struct contact_cert *cc)
{
	struct sm_error ignored = SM_ERROR_INIT;

	if (cc->cert == NULL &&
	    sm_cert_parse(&cc->cert, sm_buf_bytes(&cc->der), &ignored) != 0)
		cc->cert = NULL;
	return cc->cert;
}

const char *
contact_cert_kind(struct contact_cert *cc, bool *encrypts)
{
	if (cc->kind[0] == '\0' && sm_spki_kind(cc->kind, sizeof(cc->kind), &cc->encrypts,
		sm_cert_spki(cc->cert)) != 0)
		(void)snprintf(cc->kind, sizeof(cc->kind), "unknown");
	*encrypts = cc->encrypts;
	return cc->kind;
}

int64_t
contact_cert_first(const struct contact_cert *cc)
{
	int64_t first = INT64_MAX;
	size_t i;

	for (i = 0; i < cc->source_count; i++)
		if (cc->sources[i].first < first)
			first = cc->sources[i].first;
	return first;
}

static struct contact_cert *
find(struct contact *k, struct sm_bytes der)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (sm_bytes_equal(sm_buf_bytes(&k->certs[i].der), der))
			return &k->certs[i];
	return NULL;
}

/* Room for one more: the one that expired first, unless it was confirmed. */
static bool
make_room(const struct client *c, struct contact *k)
{
	struct sm_cert *cert;
	int64_t end = c->now;
	size_t i, oldest = k->count;

	if (k->count < CONTACT_CERTS)
		return true;
	for (i = 0; i < k->count; i++) {
		cert = contact_cert_get(&k->certs[i]);
		if (cert == NULL) {
			oldest = i;
			break;
		}
		if (k->certs[i].confirmed == 0 && sm_cert_not_after(cert) < end) {
			end = sm_cert_not_after(cert);
			oldest = i;
		}
	}
	if (oldest == k->count)
		return false;
	contact_drop(k, oldest);
	return true;
}

static int
note_source(struct client *c, struct contact_cert *cc, const struct contact_seen *seen)
{
	const struct contact_source s = { (char *)(uintptr_t)seen->kind,
		(char *)(uintptr_t)seen->where, seen->at, seen->at };
	struct contact_source *old;
	size_t i;

	for (i = 0; i < cc->source_count; i++) {
		old = &cc->sources[i];
		if (strcmp(old->kind, s.kind) != 0 || strcmp(old->where, s.where) != 0)
			continue;
		if (seen->at > old->last)
			old->last = seen->at;
		if (seen->at < old->first)
			old->first = seen->at;
		return 0;
	}
	if (cc->source_count == CONTACT_SOURCES)
		return 0;
	return add_source(cc, &s) ? 0 : client_out_of_memory(c);
}

int
contact_add(struct client *c, struct contact *k, struct sm_cert *cert,
    const struct contact_seen *seen, bool *news)
{
	struct contact_cert *cc = find(k, sm_cert_der(cert));

	*news = false;
	if (cc == NULL) {
		if (!make_room(c, k))
			return 0;
		if (!grow(k))
			return client_out_of_memory(c);
		cc = &k->certs[k->count];
		if (sm_buf_append(&cc->der, sm_cert_der(cert)) != 0) {
			wipe_cert(cc);
			return client_out_of_memory(c);
		}
		cc->cert = sm_cert_ref(cert);
		k->count++;
		*news = true;
	}
	if (seen->confirmed && cc->confirmed == 0) {
		cc->confirmed = seen->at;
		*news = true;
	}
	if (seen->vouched)
		cc->vouched = seen->at;
	return note_source(c, cc, seen);
}
