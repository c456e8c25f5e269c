#include "open_kit.h"
#include "../support/cuts.h"

static int
to_buf(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(ctx, in);
}

void
people_new(struct people *p)
{
	struct identity_spec alice = { .mail = "alice@example.org", .ca = &p->ca };
	struct identity_spec bob = { .mail = "bob@example.org", .ca = &p->ca,
		.serial = 18 };
	struct identity_spec rsa = { .mail = "bob@example.org", .ca = &p->ca,
		.type = "RSA", .serial = 19 };
	struct sm_limits limits = sm_limits_default();

	memset(p, 0, sizeof(*p));
	p->ca = mint_ca("The CA", NULL);
	identity_new(&p->alice, &alice);
	identity_new(&p->bob, &bob);
	identity_new(&p->bob_rsa, &rsa);
	assert_int_equal(sm_pki_new(&p->pki, &limits), 0);
	assert_int_equal(sm_pki_add_anchor(p->pki, p->ca.cert), 0);
	p->keys[0] = (struct sm_open_key){ p->bob.key, p->bob.cert };
	p->keys[1] = (struct sm_open_key){ p->bob_rsa.key, p->bob_rsa.cert };
}

void
people_wipe(struct people *p)
{
	sm_pki_free(p->pki);
	identity_wipe(&p->alice);
	identity_wipe(&p->bob);
	identity_wipe(&p->bob_rsa);
	mint_free(&p->ca);
}

size_t
letter_cut(uint64_t *rng)
{
	static const size_t most[] = { 3, 70, 5000, 20000, 40000, 100000 };

	return 1 + rnd_below(rng, most[rnd_below(rng, 6)]);
}

static int
push(struct sm_seal *s, struct sm_bytes in, uint64_t *rng)
{
	int rc = 0;

	while (rc == 0 && in.len > 0) {
		size_t n = rng != NULL ? letter_cut(rng) : in.len;

		rc = sm_seal_write(s, sm_bytes_first(in, n));
		in = sm_bytes_skip(in, n);
	}
	return rc;
}

void
letter_make(struct sm_buf *out, const struct people *p, const struct letter *l,
    struct sm_bytes in)
{
	letter_make_cut(out, p, l, in, NULL);
}

void
letter_make_cut(struct sm_buf *out, const struct people *p, const struct letter *l,
    struct sm_bytes in, uint64_t *rng)
{
	struct sm_seal_options opt = sm_seal_options_default();
	struct sm_seal_signer signer = { .key = p->alice.key,
		.cert = p->alice.cert };
	struct sm_seal_recipient to[2] = { { 0 } };
	struct sm_sink sink = { to_buf, out };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_seal *s;

	opt.now = NOW;
	opt.form = l->form;
	opt.opaque = l->opaque;
	opt.compress = l->compress;
	opt.cipher = l->cipher;
	opt.signers = &signer;
	opt.signer_count = l->is_signed ? 1 : 0;
	opt.recipients = to;
	if (l->to_bob)
		to[opt.recipient_count++].cert = p->bob.cert;
	if (l->to_bob_rsa)
		to[opt.recipient_count++].cert = p->bob_rsa.cert;
	assert_int_equal(sm_seal_new(&s, &opt, &sink, &err), 0);
	assert_int_equal(push(s, in, rng), 0);
	assert_int_equal(sm_seal_finish(s), 0);
	sm_seal_free(s);
}

void
letter_detached(struct sm_buf *out, const struct people *p, struct sm_bytes in)
{
	struct letter l = { .is_signed = true, .form = SM_FORM_DER };

	letter_make(out, p, &l, in);
}

/* ---- opening ---- */

static int
read_at(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	struct opening *o = ctx;
	struct sm_bytes rest = sm_bytes_skip(sm_buf_bytes(&o->again),
	    offset > o->again.len ? o->again.len : (size_t)offset);

	if (o->fail_at != 0 && offset + len >= o->fail_at)
		return SM_E_IO;
	if (o->read_max != 0 && len > o->read_max)
		len = o->read_max;
	rest = sm_bytes_first(rest, len);
	if (rest.len > 0)
		memcpy(buf, rest.data, rest.len);
	*out_len = rest.len;
	return 0;
}

static void
restart(void *ctx)
{
	struct opening *o = ctx;

	o->restarts++;
	sm_buf_clear(&o->out);
}

void
opening_new(struct opening *o, const struct people *p, struct sm_bytes in,
    bool provisional)
{
	memset(o, 0, sizeof(*o));
	o->opt = sm_open_options_default();
	o->opt.pki = p->pki;
	o->opt.keys = p->keys;
	o->opt.key_count = 2;
	o->opt.now = NOW;
	o->opt.again = (struct sm_source){ read_at, o };
	o->opt.out = (struct sm_sink){ to_buf, &o->out };
	o->opt.provisional = provisional;
	o->opt.restart = restart;
	o->opt.restart_ctx = o;
	o->in = in;
	assert_int_equal(sm_buf_append(&o->again, in), 0);
}

void
opening_run(struct opening *o)
{
	struct sm_bytes in = o->in;
	struct sm_open *s;

	o->exit = -1;
	o->released = false;
	o->rc = sm_open_new(&s, &o->opt);
	if (o->rc != 0)
		return;
	while (o->rc == 0 && in.len > 0) {
		size_t n = o->rng != NULL ? letter_cut(o->rng) : 100000;

		o->rc = sm_open_write(s, sm_bytes_first(in, n));
		in = sm_bytes_skip(in, n);
	}
	if (o->rc == 0)
		o->rc = sm_open_finish(s);
	if (o->rc == 0)
		o->exit = sm_open_report(s)->exit;
	o->released = sm_open_released(s);
	sm_open_free(s);
}

void
opening_wipe(struct opening *o)
{
	sm_buf_free(&o->again);
	sm_buf_free(&o->out);
}
