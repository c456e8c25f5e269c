#include "tokens.h"

#include <stdio.h>
#include <stdlib.h>

#include "token_pin.h"

enum { LIST_SECONDS = 15, WORK_SECONDS = 60, ANSWER_BYTES = 1 << 20, LIST_KEYS_MAX = 256 };

bool
token_is_uri(const char *text)
{
	return strncasecmp(text, "pkcs11:", 7) == 0;
}

void
tokens_init(struct tokens *t, struct client *c, struct passphrases *pass)
{
	memset(t, 0, sizeof(*t));
	t->c = c;
	t->pass = pass;
	t->pin.secret = true;
	t->helper = (struct helper)HELPER_INIT;
}

void
tokens_free(struct tokens *t)
{
	if (t->started)
		(void)helper_stop(&t->helper);
	sm_buf_free(&t->pin);
	memset(t, 0, sizeof(*t));
}

/* ---- talking ---- */

/* After a fault the helper has ended; nothing more is asked of it in this run. */
static int
failed(struct tokens *t, int rc)
{
	t->fault = rc;
	token_pin_failed(t);
	return rc;
}

static int
ask_helper(struct tokens *t, const char *word, struct sm_bytes body)
{
	int rc = t->fault;

	if (rc == 0 && !t->started) {
		rc = helper_start_token(t->c, &t->helper);
		t->started = rc == 0;
	}
	if (rc == 0)
		rc = helper_send(&t->helper, word, body);
	return rc == 0 ? 0 : failed(t, rc);
}

static void
keep_text(char *out, size_t size, const struct frame *f)
{
	(void)snprintf(out, size, "%.*s", (int)f->body.len, (const char *)f->body.data);
	client_make_printable(out);
}

/* The next answer; what comes between is dealt with. */
static int
receive(struct tokens *t, struct frame *f, unsigned seconds)
{
	char note[200];
	int rc;

	for (;;) {
		rc = helper_receive(&t->helper, f, ANSWER_BYTES, seconds);
		if (rc == EXIT_LATER && t->at[0] != '\0')
			client_note(t->c, "it was %s; a module that hangs is left out of the "
			    "way by removing its file from /usr/share/p11-kit/modules", t->at);
		if (rc == 0 && f->word[0] == '\0')
			rc = client_fault(t->c, EXIT_INTERNAL, "sealmail-token ended too early: "
			    "the module of the token may be broken");
		if (rc != 0)
			return failed(t, rc);
		if (strcmp(f->word, "at") == 0) {
			keep_text(t->at, sizeof(t->at), f);
		} else if (strcmp(f->word, "note") == 0) {
			keep_text(note, sizeof(note), f);
			client_note(t->c, "%s", note);
		} else if (strcmp(f->word, "pin") == 0) {
			rc = token_pin_answer(t, f);
			if (rc != 0)
				return failed(t, rc);
		} else {
			token_pin_was_right(t);
			return 0;
		}
	}
}

/* ---- what is there ---- */

static bool
take_field(const char *line, const char *field, char *out, size_t size)
{
	size_t len = strlen(field);

	if (strncmp(line, field, len) != 0 || strncmp(line + len, ": ", 2) != 0)
		return false;
	(void)snprintf(out, size, "%s", line + len + 2);
	client_make_printable(out);
	return true;
}

/* Where the PIN is to be found stays with the key. */
static void
keep_pin_source(struct token_key *k, const char *asked)
{
	const char *source = strstr(asked, "pin-source=");
	size_t len = strlen(k->uri);

	if (source != NULL)
		(void)snprintf(k->uri + len, sizeof(k->uri) - len, "%c%.*s",
		    strchr(k->uri, '?') != NULL ? '&' : '?', (int)strcspn(source, "&;"),
		    source);
}

static int
begin_key(struct tokens *t, struct token_key *k, struct frame *f)
{
	char *rest, *line;

	if (sm_buf_append_byte(&f->body, 0) != 0)
		return client_out_of_memory(t->c);
	rest = (char *)f->body.data;
	while ((line = strsep(&rest, "\n")) != NULL)
		if (!take_field(line, "uri", k->uri, sizeof(k->uri)) &&
		    !take_field(line, "token", k->token, sizeof(k->token)))
			(void)take_field(line, "serial", k->serial, sizeof(k->serial));
	keep_pin_source(k, t->uri);
	return token_is_uri(k->uri) && strlen(k->uri) < TOKEN_URI_MAX ? 0 :
	    client_fault(t->c, EXIT_INTERNAL, "sealmail-token gave no URI of a key");
}

static void
wipe_key(struct token_key *k)
{
	sm_buf_free(&k->spki);
	sm_certs_wipe(&k->certs);
	memset(k, 0, sizeof(*k));
}

/* A certificate that cannot be read is as if it were not there. */
static int
take_cert(struct tokens *t, struct token_key *k, const struct frame *f)
{
	struct sm_cert *cert = NULL;
	struct sm_error err = SM_ERROR_INIT;
	int rc = 0;

	if (sm_cert_parse(&cert, sm_buf_bytes(&f->body), &err) != 0)
		return 0;
	if (sm_certs_add(&k->certs, cert) != 0)
		rc = client_out_of_memory(t->c);
	sm_cert_free(cert);
	return rc;
}

static int
take_part(struct tokens *t, struct token_key *k, const struct frame *f)
{
	if (strcmp(f->word, "cert") == 0)
		return take_cert(t, k, f);
	if (strcmp(f->word, "spki") == 0)
		return sm_buf_append(&k->spki, sm_buf_bytes(&f->body)) == 0 ? 0 :
		    client_out_of_memory(t->c);
	return client_fault(t->c, EXIT_INTERNAL, "sealmail-token gave an answer that was not "
	    "asked for");
}

static int
read_list(struct tokens *t, struct token_key *k, struct frame *f,
    int (*each)(void *ctx, const struct token_key *k), void *ctx)
{
	unsigned keys = 0;
	bool end = false;
	int rc = 0;

	while (rc == 0 && !end && (rc = receive(t, f, LIST_SECONDS)) == 0) {
		end = strcmp(f->word, "end") == 0;
		if (!end && strcmp(f->word, "key") != 0) {
			rc = take_part(t, k, f);
			continue;
		}
		if (k->uri[0] != '\0')
			rc = each(ctx, k);
		wipe_key(k);
		if (rc == 0 && !end)
			rc = ++keys > LIST_KEYS_MAX ? client_fault(t->c, EXIT_LIMIT, "the token "
			    "shows more than %d keys", LIST_KEYS_MAX) : begin_key(t, k, f);
	}
	return rc;
}

int
tokens_list(struct tokens *t, const char *uri,
    int (*each)(void *ctx, const struct token_key *k), void *ctx)
{
	struct frame f = { .body = SM_BUF_INIT };
	struct token_key *k = calloc(1, sizeof(*k));
	int rc;

	if (k == NULL)
		return client_out_of_memory(t->c);
	t->uri = uri;
	rc = ask_helper(t, "list", sm_bytes_str(uri));
	if (rc == 0)
		rc = read_list(t, k, &f, each, ctx);
	wipe_key(k);
	free(k);
	sm_buf_free(&f.body);
	return rc;
}

/* ---- a key ---- */

struct sm_bytes
token_key_public(const struct token_key *k)
{
	const struct sm_bytes none = { NULL, 0 };

	if (k->spki.len > 0)
		return sm_buf_bytes(&k->spki);
	return k->certs.count > 0 && !sm_cert_is_ca(k->certs.list[0]) ?
	    sm_cert_spki(k->certs.list[0]) : none;
}

struct remote {
	struct tokens *t;
	char uri[TOKEN_URI_MAX + 1];
};

static int
put_request(struct sm_buf *out, const struct remote *r, const struct sm_remote_op *op,
    struct sm_bytes in)
{
	size_t i;
	int rc = sm_buf_printf(out, "%s\n%s %s %s %u ", r->uri, op->name,
	    op->digest != NULL ? op->digest : "-",
	    op->mgf_digest != NULL ? op->mgf_digest : "-", op->salt_len);

	for (i = 0; rc == 0 && i < op->label.len; i++)
		rc = sm_buf_printf(out, "%02x", op->label.data[i]);
	if (rc == 0)
		rc = sm_buf_append_str(out, op->label.len == 0 ? "-\n" : "\n");
	return rc == 0 ? sm_buf_append(out, in) : rc;
}

static int
work(struct remote *r, const char *word, const struct sm_remote_op *op, struct sm_bytes in,
    const struct sm_sink *out)
{
	struct tokens *t = r->t;
	struct sm_buf request = SM_BUF_INIT;
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	int rc = put_request(&request, r, op, in), status;

	if (rc != 0) {
		sm_buf_free(&request);
		return SM_E_NOMEM;
	}
	t->uri = r->uri;
	rc = ask_helper(t, word, sm_buf_bytes(&request));
	if (rc == 0)
		rc = receive(t, &f, WORK_SECONDS);
	if (rc != 0)
		status = SM_E_SECRET; /* said already */
	else if (strcmp(f.word, "ok") == 0)
		status = sm_sink_write(out, sm_buf_bytes(&f.body));
	else
		status = strcmp(f.word, "refused") == 0 ? SM_E_AUTH : SM_E_UNSUPPORTED;
	sm_buf_free(&f.body);
	sm_buf_free(&request);
	return status;
}

static int
remote_sign(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
    const struct sm_sink *out)
{
	return work(ctx, "sign", op, in, out);
}

static int
remote_decrypt(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
    const struct sm_sink *out)
{
	return work(ctx, "decrypt", op, in, out);
}

static int
remote_derive(void *ctx, struct sm_bytes point, const struct sm_sink *out)
{
	static const struct sm_remote_op op = { .name = "ecdh" };

	return work(ctx, "derive", &op, point, out);
}

int
tokens_key(struct tokens *t, struct sm_key **out, const char *uri, struct sm_bytes spki)
{
	struct remote *r = calloc(1, sizeof(*r));
	struct sm_key_remote remote = { remote_sign, remote_decrypt, remote_derive, free, r };
	struct sm_error err = SM_ERROR_INIT;
	int status;

	*out = NULL;
	if (r == NULL)
		return client_out_of_memory(t->c);
	r->t = t;
	(void)snprintf(r->uri, sizeof(r->uri), "%s", uri);
	status = sm_key_remote_new(out, spki, &remote, &err);
	if (status == 0)
		return 0;
	free(r);
	return client_fault_error(t->c, exit_from_status(status), uri, &err, status);
}
