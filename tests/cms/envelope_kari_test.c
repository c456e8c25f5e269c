/* Key agreement in every form that is read, and in forms that must not be. */
#include "envelope_parts.h"

#include <cms/kari.h>
#include <stdlib.h>

/* ---- KeyAgreeRecipientInfo ---- */

struct kari_case {
	enum sm_alg_id scheme;
	struct sm_bytes scheme_oid;  /* overrules scheme */
	enum sm_alg_id wrap;
	bool wrap_null, no_wrap;     /* NULL parameters; no wrap at all */
	bool ukm, key_id, bare_params, static_originator;
	struct sm_bytes point;       /* overrules the ephemeral key's */
	bool decoy;                  /* somebody else's key stands in front */
};

static void
kari_rid(struct sm_derw *w, const struct kit_id *id, bool key_id)
{
	uint8_t ski[20];
	size_t field;

	if (!key_id) {
		sm_recipient_put_rid(w, id->cert);
		return;
	}
	kit_key_id(ski, id);
	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_add(w, SM_DER_OCTET_STRING, sm_bytes(ski, 20));
	sm_derw_add(w, SM_DER_GENERALIZED_TIME, LIT("20260101000000Z"));
	sm_derw_end(w, field);
}

static void
kari_originator(struct sm_derw *w, struct sm_bytes spki,
    const struct kari_case *c)
{
	struct sm_bytes in, oid, params, bits;
	uint8_t string[200] = { 0 };
	size_t field, key;

	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	if (c->static_originator) {
		sm_recipient_put_rid(w, rsa.cert);
		sm_derw_end(w, field);
		return;
	}
	assert_true(sm_der_get(&spki, SM_DER_SEQUENCE, &in));
	assert_true(sm_der_get_algorithm(&in, &oid, &params));
	assert_true(sm_der_get_bits(&in, &bits));
	if (c->point.len != 0)
		bits = c->point;
	memcpy(string + 1, bits.data, bits.len);
	key = sm_derw_begin(w, SM_DER_CTX_CONS(1));
	sm_derw_algorithm(w, oid, c->bare_params ? sm_bytes(NULL, 0) : params);
	sm_derw_add(w, SM_DER_BIT_STRING, sm_bytes(string, bits.len + 1));
	sm_derw_end(w, key);
	sm_derw_end(w, field);
}

static void
kari_wrapped(struct sm_buf *out, struct sm_bytes wrap_der, struct sm_key *eph,
    const struct kit_id *id, const struct kari_case *c)
{
	struct sm_bytes ukm = LIT("user keying material");
	struct sm_buf z = SM_BUF_INIT, info = SM_BUF_INIT, kek = SM_BUF_INIT;
	size_t len = sm_alg_get(c->wrap)->key_bytes;

	assert_int_equal(sm_key_agree(eph, &z, sm_key_public(id->key)), 0);
	assert_int_equal(sm_kari_info(&info, wrap_der, c->ukm ? &ukm : NULL,
	    len), 0);
	assert_int_equal(sm_kari_kek(&kek, sm_alg_get(c->scheme), len,
	    sm_buf_bytes(&z), c->ukm ? &ukm : NULL, sm_buf_bytes(&info)), 0);
	assert_int_equal(sm_wrap(out, c->wrap, sm_buf_bytes(&kek), CEK), 0);
	sm_buf_free(&z);
	sm_buf_free(&info);
	sm_buf_free(&kek);
}

static void
put_kari(struct parts *p, const struct kit_id *id, const struct kari_case *c)
{
	struct sm_buf wrap = SM_BUF_INIT, wrapped = SM_BUF_INIT;
	struct sm_key *eph;
	struct sm_derw w;
	size_t info, field, keys, key;

	assert_int_equal(sm_key_ephemeral(&eph, sm_key_public(id->key)), 0);
	sm_derw_init(&w, &wrap);
	sm_derw_algorithm(&w, sm_alg_get(c->wrap)->oid,
	    c->wrap_null ? LIT("\x05\x00") : sm_bytes(NULL, 0));
	kari_wrapped(&wrapped, sm_buf_bytes(&wrap), eph, id, c);
	sm_buf_clear(&p->recipients);
	sm_derw_init(&w, &p->recipients);
	info = sm_derw_begin(&w, SM_DER_CTX_CONS(1));
	sm_derw_uint(&w, 3);
	kari_originator(&w, sm_key_spki(eph), c);
	if (c->ukm) {
		field = sm_derw_begin(&w, SM_DER_CTX_CONS(1));
		sm_derw_add(&w, SM_DER_OCTET_STRING,
		    LIT("user keying material"));
		sm_derw_end(&w, field);
	}
	sm_derw_algorithm(&w, c->scheme_oid.len != 0 ? c->scheme_oid :
	    sm_alg_get(c->scheme)->oid, c->no_wrap ? sm_bytes(NULL, 0) :
	    sm_buf_bytes(&wrap));
	keys = sm_derw_begin(&w, SM_DER_SEQUENCE);
	if (c->decoy) {
		key = sm_derw_begin(&w, SM_DER_SEQUENCE);
		kari_rid(&w, &rsa, true);
		sm_derw_add(&w, SM_DER_OCTET_STRING, LIT("too short"));
		sm_derw_end(&w, key);
	}
	key = sm_derw_begin(&w, SM_DER_SEQUENCE);
	kari_rid(&w, id, c->key_id);
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&wrapped));
	sm_derw_end(&w, key);
	sm_derw_end(&w, keys);
	sm_derw_end(&w, info);
	assert_int_equal(sm_derw_status(&w), 0);
	sm_key_free(eph);
	sm_buf_free(&wrap);
	sm_buf_free(&wrapped);
}

/* 1.3.133.16.840.63.0.3 and 1.3.132.1.14.1: cofactor schemes */
static const uint8_t cofactor_sha1[] = { 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48,
	0x3f, 0x00, 0x03 };
static const uint8_t cofactor_sha256[] = { 0x2b, 0x81, 0x04, 0x01, 0x0e, 0x01 };

static void
every_form_of_ephemeral_key_agreement_is_read(void **state)
{
	static const struct kari_case cases[] = {
		{ .scheme = SM_ECDH_SHA1KDF, .wrap = SM_AES128_WRAP },
		{ .scheme = SM_ECDH_SHA224KDF, .wrap = SM_AES192_WRAP },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES256_WRAP },
		{ .scheme = SM_ECDH_SHA384KDF, .wrap = SM_AES128_WRAP,
		    .ukm = true },
		{ .scheme = SM_ECDH_SHA512KDF, .wrap = SM_AES128_WRAP,
		    .wrap_null = true },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .key_id = true, .decoy = true },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .bare_params = true },
		{ .scheme = SM_ECDH_SHA1KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { cofactor_sha1, sizeof(cofactor_sha1) } },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { cofactor_sha256, sizeof(cofactor_sha256) } },
		{ .scheme = SM_ECDH_HKDF_SHA256, .wrap = SM_AES128_WRAP },
		{ .scheme = SM_ECDH_HKDF_SHA384, .wrap = SM_AES256_WRAP,
		    .ukm = true },
		{ .scheme = SM_ECDH_HKDF_SHA512, .wrap = SM_AES256_WRAP,
		    .ukm = true, .key_id = true },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	size_t i;

	(void)state;
	parts_gcm(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_kari(&p, &p256, &cases[i]);
		open_parts_by(&o, &p, &p256, true);
		assert_true(o.view[cases[i].decoy ? 1 : 0].mine);
		assert_int_equal(o.count, cases[i].decoy ? 2 : 1);
		assert_good(&o);
		open_parts_by(&o, &p, &p256, false);
		assert_true(o.view[cases[i].decoy ? 1 : 0].mine);
		assert_good(&o);
		put_kari(&p, &x25519, &cases[i]);
		open_parts_by(&o, &p, &x25519, true);
		assert_int_equal(o.view[0].kind, SM_RCPT_X25519);
		assert_good(&o);
	}
	parts_wipe(&p);
}

static void
key_agreement_that_cannot_be_used_is_named(void **state)
{
	static const struct { struct kari_case c; const char *reason; } cases[] = {
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .static_originator = true }, "static-static-ecdh" },
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .no_wrap = true }, "key-wrap-unsupported" },
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { (const uint8_t *)"\x2a\x03\x04", 3 } },
		    "key-agreement-unsupported" },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	size_t i;

	(void)state;
	parts_gcm(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_kari(&p, &p256, &cases[i].c);
		open_parts_by(&o, &p, &p256, true);
		assert_reason(&o, SM_E_UNSUPPORTED, cases[i].reason);
	}
	parts_wipe(&p);
}

static void
points_that_are_no_points_fail_like_everything_else(void **state)
{
	static const uint8_t off_curve[65] = { 4, 1 };
	static const uint8_t zero[32];
	static const uint8_t infinity[1];
	struct kari_case c = { .scheme = SM_ECDH_SHA256KDF,
		.wrap = SM_AES128_WRAP };
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	c.point = sm_bytes(off_curve, sizeof(off_curve));
	put_kari(&p, &p256, &c);
	open_parts_by(&o, &p, &p256, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	c.point = sm_bytes(infinity, 1);
	put_kari(&p, &p256, &c);
	open_parts_by(&o, &p, &p256, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	c.point = sm_bytes(zero, sizeof(zero));
	put_kari(&p, &x25519, &c);
	open_parts_by(&o, &p, &x25519, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	/* a key of another curve than the certificate's */
	c.point = sm_bytes(NULL, 0);
	put_kari(&p, &x25519, &c);
	open_parts_by(&o, &p, &p256, false);
	assert_reason(&o, SM_E_NOKEY, "no-recipient");
	parts_wipe(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_form_of_ephemeral_key_agreement_is_read),
		cmocka_unit_test(key_agreement_that_cannot_be_used_is_named),
		cmocka_unit_test(points_that_are_no_points_fail_like_everything_else),
	};

	return cmocka_run_group_tests(tests, parts_setup, parts_teardown);
}
