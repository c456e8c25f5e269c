#include "test.h"

#include <base/der.h>
#include <crypto/cipher.h>

static int
read_params(struct sm_cipher_params *p, enum sm_alg_id alg, const char *params,
    struct sm_error *err)
{
	sm_error_clear(err);
	return sm_cipher_params_read(p, sm_alg_get(alg)->oid, hex(params), err);
}

static void
what_is_written_is_read_again(void **state)
{
	static const enum sm_alg_id algs[] = { SM_AES128_CBC, SM_AES256_CBC,
		SM_AES128_GCM, SM_AES256_GCM, SM_AES128_CCM, SM_AES256_CCM,
		SM_CHACHA20_POLY1305 };
	struct sm_cipher_params p, q;
	struct sm_buf out = SM_BUF_INIT;
	struct sm_bytes in, oid, params;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(algs) / sizeof(algs[0]); i++) {
		assert_ok(sm_cipher_params_new(&p, algs[i]));
		sm_buf_clear(&out);
		assert_ok(sm_cipher_params_write(&p, &out));
		in = sm_buf_bytes(&out);
		assert_true(sm_der_get_algorithm(&in, &oid, &params));
		assert_int_equal(in.len, 0);
		assert_ok(sm_cipher_params_read(&q, oid, params, NULL));
		assert_ptr_equal(q.alg, p.alg);
		assert_bytes(sm_bytes(q.iv, q.iv_len), sm_bytes(p.iv, p.iv_len));
		assert_int_equal(q.tag_len, p.tag_len);
	}
	sm_buf_free(&out);
}

static void
nonces_are_fresh_and_only_for_what_may_be_sent(void **state)
{
	struct sm_cipher_params p, q;

	(void)state;
	assert_ok(sm_cipher_params_new(&p, SM_AES256_GCM));
	assert_ok(sm_cipher_params_new(&q, SM_AES256_GCM));
	assert_int_equal(p.iv_len, 12);
	assert_int_equal(p.tag_len, 16);
	assert_memory_not_equal(p.iv, q.iv, 12);
	assert_int_equal(sm_cipher_params_new(&p, SM_DES3_CBC), SM_E_POLICY);
	assert_int_equal(sm_cipher_params_new(&p, SM_RC2_CBC), SM_E_POLICY);
	assert_int_equal(sm_cipher_params_new(&p, SM_SHA256), SM_E_USAGE);
}

static void
an_absent_icvlen_is_twelve(void **state)
{
	struct sm_cipher_params p;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf out = SM_BUF_INIT;

	(void)state;
	assert_ok(read_params(&p, SM_AES128_GCM,
	    "300e040c000102030405060708090a0b", &err));
	assert_int_equal(p.tag_len, 12);
	assert_ok(sm_cipher_params_write(&p, &out));
	assert_bytes(sm_buf_bytes(&out), hex("301b0609608648016503040106"
	    "300e040c000102030405060708090a0b"));
	sm_buf_free(&out);
	assert_ok(read_params(&p, SM_AES128_CCM, "3009040700010203040506",
	    &err));
	assert_int_equal(p.tag_len, 12);
	assert_ok(read_params(&p, SM_CHACHA20_POLY1305,
	    "040c000102030405060708090a0b", &err));
	assert_int_equal(p.tag_len, 16);
}

static const struct {
	enum sm_alg_id alg;
	const char *params;
	const char *reason;
} bad[] = {
	/* absent, NULL, of another form, cut, too long */
	{ SM_AES128_GCM, "", "cipher-params" },
	{ SM_AES128_GCM, "0500", "cipher-params" },
	{ SM_AES128_GCM, "040c000102030405060708090a0b", "cipher-params" },
	{ SM_AES128_GCM, "300e040c000102030405060708090a", "cipher-params" },
	{ SM_AES128_GCM, "300e040c000102030405060708090a0b00", "cipher-params" },
	{ SM_AES128_GCM, "3011040c000102030405060708090a0b040110",
	    "cipher-params" },
	{ SM_AES128_GCM, "3014040c000102030405060708090a0b020110020110",
	    "cipher-params" },
	{ SM_AES128_GCM, "3000", "cipher-params" },
	{ SM_AES128_CBC, "", "cipher-params" },
	{ SM_AES128_CBC, "0500", "cipher-params" },
	/* tags: 11, 17, 0, 4, negative, 2^64 and 8 */
	{ SM_AES128_GCM, "3011040c000102030405060708090a0b02010b",
	    "gcm-tag-length" },
	{ SM_AES128_GCM, "3011040c000102030405060708090a0b020111",
	    "gcm-tag-length" },
	{ SM_AES256_GCM, "3011040c000102030405060708090a0b020100",
	    "gcm-tag-length" },
	{ SM_AES256_GCM, "3011040c000102030405060708090a0b020104",
	    "gcm-tag-length" },
	{ SM_AES256_GCM, "3011040c000102030405060708090a0b0201f0",
	    "cipher-params" },
	{ SM_AES256_GCM, "3019040c000102030405060708090a0b0209"
			 "010000000000000010", "cipher-params" },
	{ SM_AES128_CCM, "300c04070001020304050602010d", "ccm-tag-length" },
	{ SM_AES128_CCM, "300c040700010203040506020108", "ccm-tag-length" },
	/* nonces */
	{ SM_AES128_GCM, "300d040b000102030405060708090a", "aead-nonce-length" },
	{ SM_AES128_GCM, "3012041000010203040506070809"
			 "0a0b0c0d0e0f", "aead-nonce-length" },
	{ SM_AES128_GCM, "30020400", "aead-nonce-length" },
	{ SM_CHACHA20_POLY1305, "0408" "0001020304050607", "aead-nonce-length" },
	{ SM_AES128_CCM, "30080406000102030405", "aead-nonce-length" },
	{ SM_AES128_CCM, "3010040e000102030405060708090a0b0c0d",
	    "aead-nonce-length" },
	{ SM_AES128_CBC, "0408" "0001020304050607", "cipher-iv-length" },
	{ SM_DES3_CBC, "0410000102030405060708090a0b0c0d0e0f",
	    "cipher-iv-length" },
	{ SM_AES128_CBC, "0400", "cipher-iv-length" },
};

static void
what_rfc_5084_does_not_allow_is_refused_by_name(void **state)
{
	struct sm_cipher_params p;
	struct sm_error err = SM_ERROR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_params(&p, bad[i].alg, bad[i].params, &err) !=
		    SM_E_FORMAT)
			fail_msg("%s", bad[i].params);
		assert_string_equal(err.reason, bad[i].reason);
	}
}

/* CVE-2025-15467: an IV longer than the array that waits for it. */
static void
an_enormous_nonce_does_not_overflow(void **state)
{
	struct sm_cipher_params p;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf in = SM_BUF_INIT;
	struct sm_derw w;
	size_t seq;
	static const uint8_t huge[60000];

	(void)state;
	sm_derw_init(&w, &in);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(huge, sizeof(huge)));
	sm_derw_end(&w, seq);
	assert_ok(sm_derw_status(&w));
	assert_int_equal(sm_cipher_params_read(&p,
	    sm_alg_get(SM_AES256_GCM)->oid, sm_buf_bytes(&in), &err),
	    SM_E_FORMAT);
	assert_string_equal(err.reason, "aead-nonce-length");
	sm_buf_free(&in);
}

static void
rc2_versions_stand_for_key_bits(void **state)
{
	static const struct {
		const char *params;
		unsigned bits;
	} v[] = {
		{ "300e020200a004080001020304050607", 40 },
		{ "300d02017804080001020304050607", 64 },
		{ "300d02013a04080001020304050607", 128 },
		{ "300e0202010004080001020304050607", 256 },
	};
	struct sm_cipher_params p;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf out = SM_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		assert_ok(read_params(&p, SM_RC2_CBC, v[i].params, &err));
		assert_int_equal(p.rc2_bits, v[i].bits);
		assert_int_equal(p.iv_len, 8);
		sm_buf_clear(&out);
		assert_ok(sm_cipher_params_write(&p, &out));
		assert_bytes(sm_bytes_skip(sm_buf_bytes(&out), 12),
		    hex(v[i].params));
	}
	sm_buf_free(&out);
	assert_int_equal(read_params(&p, SM_RC2_CBC,
	    "300d02010104080001020304050607", &err), SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "rc2-version");
}

static void
an_unknown_cipher_is_named(void **state)
{
	struct sm_cipher_params p;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(sm_cipher_params_read(&p, hex("2a864886f70d0304"),
	    sm_bytes(NULL, 0), &err), SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "cipher-unknown");
	assert_non_null(strstr(err.text, "rc4"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read_again),
		cmocka_unit_test(nonces_are_fresh_and_only_for_what_may_be_sent),
		cmocka_unit_test(an_absent_icvlen_is_twelve),
		cmocka_unit_test(what_rfc_5084_does_not_allow_is_refused_by_name),
		cmocka_unit_test(an_enormous_nonce_does_not_overflow),
		cmocka_unit_test(rc2_versions_stand_for_key_bits),
		cmocka_unit_test(an_unknown_cipher_is_named),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
