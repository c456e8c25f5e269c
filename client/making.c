#include "making.h"

#include <stdio.h>

#include <base/json.h>
#include <sealmail/export.h>

#include "json_place.h"

void
making_init(struct making *m, struct client *c)
{
	memset(m, 0, sizeof(*m));
	m->c = c;
	m->pass.secret = true;
	m->out.fd = -1;
}

void
making_free(struct making *m)
{
	size_t i;

	for (i = 0; i < m->count; i++) {
		sm_key_free(m->parts[i].key);
		sm_buf_free(&m->parts[i].request);
	}
	sm_buf_free(&m->pass);
	if (m->has_out)
		output_close(&m->out);
}

struct making_part *
making_add(struct making *m, const char *kind, bool sign, bool encrypt)
{
	struct making_part *p = &m->parts[m->count++];

	(void)snprintf(p->kind, sizeof(p->kind), "%s", kind);
	p->sign = sign;
	p->encrypt = encrypt;
	return p;
}

/* The keyring keeps the request too: the object may have standard output. */
int
making_open(struct making *m)
{
	struct client *c = m->c;
	int rc = json_place_open(c, false);

	if (rc != 0 || (!options_has(&c->opt, OPT_OUTPUT) && c->json.to_stdout))
		return rc;
	m->has_out = true;
	return output_open(c, &m->out, options_value(&c->opt, OPT_OUTPUT), false);
}

/* ---- making ---- */

static int
make_request(struct making *m, struct making_part *p)
{
	struct sm_request r = { .name = p->name, .subject = p->subject,
		.mails = p->mails, .mail_count = p->mail_count, .sign = p->sign,
		.encrypt = p->encrypt };
	struct sm_key *key = p->same_key ? p->before->key : p->key;
	struct sm_sink sink = sm_buf_sink(&p->request);
	struct sm_error err = SM_ERROR_INIT;
	int status;

	if (!sm_key_can_sign(key))
		return 0;
	status = sm_export_request(key, &r, &sink, &err);
	if (status != 0 && p->same_key && keyring_fault(p->before->ring) != 0)
		return keyring_fault(p->before->ring); /* said already */
	return status == 0 ? 0 :
	    client_fault_error(m->c, exit_from_status(status), NULL, &err, status);
}

int
making_keys(struct making *m)
{
	struct sm_error err = SM_ERROR_INIT;
	size_t i;
	int status = 0, rc = 0;

	for (i = 0; rc == 0 && i < m->count; i++) {
		struct making_part *p = &m->parts[i];

		if (p->waits)
			continue;
		if (!p->same_key)
			status = sm_key_generate(&p->key, p->kind, &err);
		if (status != 0)
			return client_fault_error(m->c, exit_from_status(status), NULL,
			    &err, status);
		rc = make_request(m, p);
	}
	return rc;
}

/* ---- storing ---- */

static void
tell_made(const struct making *m, const struct keyring *ring,
    const struct making_part *p)
{
	client_note(m->c, "made key %.16s (%s, %s)%s%.16s", p->id, p->kind,
	    p->sign && p->encrypt ? "sign and decrypt" : p->sign ? "sign" : "decrypt",
	    p->before != NULL ? ", which renews " : "",
	    p->before != NULL ? p->before->id : "");
	if (p->request.len == 0)
		client_note(m->c, "no request for key %.16s: a key of kind %s cannot sign, "
		    "and PKCS#10 has no other proof that we have it; hand its public half "
		    "to the CA: %s/%s/public.pem", p->id, p->kind, ring->keys.path, p->id);
}

static int
store_new(struct making *m, struct keyring *ring, struct making_part *p)
{
	struct keyring_new n = { .key = p->key, .mails = p->mails,
		.mail_count = p->mail_count, .name = p->name,
		.passphrase = sm_buf_bytes(&m->pass), .sign = p->sign,
		.encrypt = p->encrypt, .not_exportable = p->not_exportable,
		.request = sm_buf_bytes(&p->request), .created = m->c->now,
		.renews = p->before != NULL ? p->before->id : NULL };
	int rc = keyring_add(ring, &n, p->id);

	if (rc == 0)
		tell_made(m, ring, p);
	return rc;
}

/* Beside the key that is there, unless somebody took it away meanwhile. */
static int
store_request(struct making *m, struct keyring *ring, struct making_part *p)
{
	struct keyring_key *k = keyring_find(ring, sm_key_spki(p->before->key));

	memcpy(p->id, p->before->id, sizeof(p->id));
	if (k == NULL)
		return client_fault(m->c, EXIT_NO_KEY, "key %.16s is gone from the keyring",
		    p->id);
	client_note(m->c, "key %.16s asks for a new certificate", p->id);
	return keyring_ask(k, sm_buf_bytes(&p->request));
}

int
making_store(struct making *m)
{
	struct keyring ring;
	size_t i;
	int rc = keyring_open(m->c, &ring, true);

	for (i = 0; rc == 0 && i < m->count; i++) {
		struct making_part *p = &m->parts[i];

		if (p->waits)
			client_note(m->c, "the request of key %.16s was made before and waits "
			    "for its certificate; this is it once more", p->id);
		else
			rc = p->same_key ? store_request(m, &ring, p) :
			    store_new(m, &ring, p);
	}
	keyring_close(&ring);
	return rc;
}

/* ---- telling ---- */

static int
write_requests(struct making *m)
{
	struct sm_sink sink = output_sink(&m->out);
	size_t i;

	for (i = 0; m->has_out && i < m->count; i++)
		if (sm_sink_write(&sink, sm_buf_bytes(&m->parts[i].request)) != 0)
			return output_fault(m->c, &m->out);
	return m->has_out ? output_commit(m->c, &m->out) : 0;
}

static void
put_part(struct sm_json *j, const struct making_part *p)
{
	sm_json_object_begin(j);
	sm_json_key(j, "id");
	sm_json_string(j, p->id);
	sm_json_key(j, "kind");
	sm_json_string(j, p->kind);
	sm_json_key(j, "request");
	sm_json_bool(j, p->request.len > 0);
	sm_json_key(j, "renews");
	sm_json_string(j, p->before != NULL ? p->before->id : NULL);
	sm_json_object_end(j);
}

static int
write_json(struct making *m)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(m->c);
	struct sm_json j;
	size_t i;
	int rc;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "keys");
	sm_json_array_begin(&j);
	for (i = 0; i < m->count; i++)
		put_part(&j, &m->parts[i]);
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	rc = sm_json_status(&j);
	if (rc == 0)
		rc = sm_sink_write(&sink, sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc != 0 ? client_fault(m->c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(m->c);
}

int
making_tell(struct making *m)
{
	int rc = write_requests(m);

	return rc == 0 && m->c->json.wanted ? write_json(m) : rc;
}
