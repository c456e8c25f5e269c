/* What is sealed opens again: the first byte of the input chooses how, the rest is
 * the message. Two sealings, one in pieces, must open to the same content. */
#include "fuzz.h"

#include <sealmail/seal.h>

#include "world.h"

struct choice {
	bool sign, opaque, encrypt, rsa, compress;
	enum sm_seal_form form;
	const char *cipher;
};

static struct choice
choose(uint8_t b)
{
	static const char *const ciphers[] = { NULL, "aes-128-gcm",
		"chacha20-poly1305", "aes-256-ccm" };
	struct choice c;

	c.sign = (b & 1) != 0;
	c.encrypt = (b & 2) != 0 || !c.sign;
	c.opaque = (b & 4) != 0;
	c.rsa = (b & 8) != 0;
	c.compress = (b & 16) != 0;
	c.form = SM_FORM_MAIL;
	c.cipher = ciphers[b >> 6];
	return c;
}

static int
append(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(ctx, in);
}

static int
seal(struct sm_buf *out, const struct choice *c, struct sm_bytes in, bool cut)
{
	const struct sm_open_key *who = &fuzz_world()->keys[c->rsa];
	struct sm_seal_signer signer = { .key = who->key, .cert = who->cert };
	struct sm_seal_recipient to = { .cert = who->cert };
	struct sm_sink sink = { append, out };
	struct sm_seal_options opt = sm_seal_options_default();
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_error err = { 0 };
	struct sm_seal *s = NULL;
	int rc;

	opt.now = FUZZ_NOW;
	opt.form = c->form;
	opt.signers = &signer;
	opt.signer_count = c->sign ? 1 : 0;
	opt.opaque = c->opaque;
	opt.compress = c->compress && c->encrypt;
	opt.recipients = &to;
	opt.recipient_count = c->encrypt ? 1 : 0;
	opt.cipher = c->encrypt ? c->cipher : NULL;
	rc = sm_seal_new(&s, &opt, &sink, &err);
	while (rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		rc = sm_seal_write(s, piece);
	}
	if (rc == 0)
		rc = sm_seal_finish(s);
	sm_seal_free(s);
	return rc;
}

static int
open_again(struct sm_buf *sealed, struct fuzz_trace *content)
{
	const struct fuzz_world *w = fuzz_world();
	struct sm_bytes in = sm_buf_bytes(sealed);
	struct sm_open_options opt = sm_open_options_default();
	struct sm_open *o = NULL;
	int status;

	opt.pki = w->pki;
	opt.keys = w->keys;
	opt.key_count = 2;
	opt.now = FUZZ_NOW;
	opt.force = true;
	opt.again = (struct sm_source){ fuzz_read_again, &in };
	opt.out = fuzz_sink(content);
	FUZZ_CHECK(sm_open_new(&o, &opt) == 0);
	FUZZ_CHECK(sm_open_write(o, in) == 0);
	FUZZ_CHECK(sm_open_finish(o) == 0);
	status = sm_open_report(o)->exit;
	sm_open_free(o);
	return status;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);
	struct sm_buf one = SM_BUF_INIT, two = SM_BUF_INIT;
	struct fuzz_trace a = { 0 }, b = { 0 };
	struct choice c;
	int rc, status;

	if (size == 0)
		return 0;
	c = choose(data[0]);
	in = sm_bytes_skip(in, 1);
	rc = seal(&one, &c, in, false);
	FUZZ_CHECK(seal(&two, &c, in, true) == rc);
	if (rc == 0) {
		status = open_again(&one, &a);
		FUZZ_CHECK(open_again(&two, &b) == status);
		FUZZ_CHECK(a.hash == b.hash);
		/* The message may hold layers of its own, and its From may be
		 * anybody: but our own layers are sound. */
		FUZZ_CHECK(status != 10 || in.len > 20);
		FUZZ_CHECK(status != 22 || in.len > 20);
	}
	sm_buf_free(&one);
	sm_buf_free(&two);
	return 0;
}
