/* sealmail id new: keys and requests. */
#include <stdio.h>
#include <stdlib.h>

#include <sealmail/export.h>

#include "json_place.h"
#include "keyring.h"
#include "output.h"

#include <base/json.h>

struct part {
	const char *kind;
	bool sign, encrypt;
	struct sm_key *key;
	struct sm_buf request;   /* PEM; empty when the key cannot sign one */
	char id[KEYRING_ID_CHARS + 1];
};

struct making {
	struct client *c;
	struct part parts[2];
	size_t count;
	struct sm_buf pass;
	struct output out;
	bool has_out;
};

static void
add_part(struct making *m, const char *kind, bool sign, bool encrypt)
{
	struct part *p = &m->parts[m->count++];

	p->kind = kind;
	p->sign = sign;
	p->encrypt = encrypt;
}

static int
plan(struct making *m)
{
	const char *kind = options_value(&m->c->opt, OPT_KIND);
	const char *use = options_value(&m->c->opt, OPT_USE);
	bool ed;

	kind = kind != NULL ? kind : "rsa-3072";
	use = use != NULL ? use : "both";
	ed = strcmp(kind, "ed25519") == 0;
	if (strcmp(use, "both") == 0 && !ed)
		add_part(m, kind, true, true);
	else if (strcmp(use, "sign") == 0)
		add_part(m, kind, true, false);
	else if (strcmp(use, "encrypt") == 0)
		add_part(m, ed ? "x25519" : kind, false, true);
	else {
		add_part(m, kind, true, false);
		add_part(m, ed ? "x25519" : kind, false, true);
	}
	if (options_has(&m->c->opt, OPT_NOT_EXPORTABLE) &&
	    m->parts[0].encrypt)
		return client_fault(m->c, EXIT_USAGE, "a key that decrypts must be "
		    "exportable, for whoever loses it loses the mail; add --use sign or "
		    "--use split");
	return 0;
}

static bool
is_address(const char *s)
{
	const char *at = strrchr(s, '@');
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || strchr("<>,;:\"()\\", *p) != NULL)
			return false;
	return at != NULL && at != s && at[1] != '\0' && strchr(s, '@') == at;
}

static int
check_addresses(struct client *c)
{
	size_t i;

	for (i = 0; i < c->opt.operand_count; i++)
		if (!is_address(c->opt.operands[i]))
			return client_fault(c, EXIT_USAGE, "\"%s\" is no mail address; "
			    "write it as alice@example.org", c->opt.operands[i]);
	return 0;
}

static int
make_request(struct making *m, struct part *p)
{
	const struct options *o = &m->c->opt;
	struct sm_request r = { options_value(o, OPT_NAME), o->operands,
		o->operand_count, p->sign, p->encrypt };
	struct sm_sink sink = sm_buf_sink(&p->request);
	struct sm_error err = SM_ERROR_INIT;
	int status;

	if (!sm_key_can_sign(p->key))
		return 0;
	status = sm_export_request(p->key, &r, &sink, &err);
	return status == 0 ? 0 :
	    client_fault_error(m->c, exit_from_status(status), NULL, &err, status);
}

static int
make_keys(struct making *m)
{
	struct sm_error err = SM_ERROR_INIT;
	size_t i;
	int status, rc = 0;

	for (i = 0; rc == 0 && i < m->count; i++) {
		status = sm_key_generate(&m->parts[i].key, m->parts[i].kind, &err);
		if (status != 0)
			return client_fault_error(m->c, exit_from_status(status), NULL,
			    &err, status);
		rc = make_request(m, &m->parts[i]);
	}
	return rc;
}

static int
store(struct making *m)
{
	const struct options *o = &m->c->opt;
	struct keyring ring;
	size_t i;
	int rc = keyring_open(m->c, &ring, true);

	for (i = 0; rc == 0 && i < m->count; i++) {
		struct part *p = &m->parts[i];
		struct keyring_new n = { .key = p->key, .mails = o->operands,
			.passphrase = sm_buf_bytes(&m->pass),
			.mail_count = o->operand_count, .sign = p->sign,
			.name = options_value(o, OPT_NAME), .encrypt = p->encrypt,
			.not_exportable = options_has(o, OPT_NOT_EXPORTABLE) &&
			    !p->encrypt,
			.request = sm_buf_bytes(&p->request), .created = m->c->now };

		rc = keyring_add(&ring, &n, p->id);
		if (rc == 0)
			client_note(m->c, "made key %.16s (%s, %s)", p->id, p->kind,
			    p->sign && p->encrypt ? "sign and decrypt" :
			    p->sign ? "sign" : "decrypt");
		if (rc == 0 && p->request.len == 0)
			client_note(m->c, "no request for key %.16s: a key of kind %s cannot "
			    "sign, and PKCS#10 has no other proof that we have it; hand "
			    "its public half to the CA: %s/%s/public.pem", p->id, p->kind,
			    ring.keys.path, p->id);
	}
	keyring_close(&ring);
	return rc;
}

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
	for (i = 0; i < m->count; i++) {
		sm_json_object_begin(&j);
		sm_json_key(&j, "id");
		sm_json_string(&j, m->parts[i].id);
		sm_json_key(&j, "kind");
		sm_json_string(&j, m->parts[i].kind);
		sm_json_key(&j, "request");
		sm_json_bool(&j, m->parts[i].request.len > 0);
		sm_json_object_end(&j);
	}
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	rc = sm_json_status(&j);
	if (rc == 0)
		rc = sm_sink_write(&sink, sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc != 0 ? client_fault(m->c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(m->c);
}

static int
run(struct making *m)
{
	struct client *c = m->c;
	int rc = check_addresses(c);

	if (rc == 0)
		rc = plan(m);
	/* The keyring keeps the request too: the object may have standard output. */
	if (rc == 0)
		rc = json_place_open(c, false);
	if (rc == 0 && (options_has(&c->opt, OPT_OUTPUT) || !c->json.to_stdout)) {
		m->has_out = true;
		rc = output_open(c, &m->out, options_value(&c->opt, OPT_OUTPUT), false);
	}
	if (rc == 0 && !options_has(&c->opt, OPT_NO_PASSPHRASE))
		rc = passphrase_new(c, &m->pass, "the new key", true);
	if (rc == 0)
		rc = make_keys(m);
	if (rc == 0)
		rc = store(m);
	if (rc == 0)
		rc = write_requests(m);
	return rc == 0 && c->json.wanted ? write_json(m) : rc;
}

int
verb_id_new(struct client *c)
{
	struct making m;
	size_t i;
	int rc;

	memset(&m, 0, sizeof(m));
	m.c = c;
	m.pass.secret = true;
	m.out.fd = -1;
	rc = run(&m);
	for (i = 0; i < m.count; i++) {
		sm_key_free(m.parts[i].key);
		sm_buf_free(&m.parts[i].request);
	}
	sm_buf_free(&m.pass);
	if (m.has_out)
		output_close(&m.out);
	return rc;
}
