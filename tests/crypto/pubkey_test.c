#include "test.h"

#include "keys.h"

#include <base/der.h>

/* SEQUENCE { ecPublicKey, parameters } and a point. */
static int
load_ec(const char *params, const char *point, struct sm_error *err)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_buf bits = SM_BUF_INIT;
	struct sm_pubkey *p = NULL;
	struct sm_derw w;
	size_t seq;
	int rc;

	assert_ok(sm_buf_append_byte(&bits, 0));
	assert_ok(sm_buf_append(&bits, hex(point)));
	sm_derw_init(&w, &der);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_algorithm(&w, hex("2a8648ce3d0201"), hex(params));
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&bits));
	sm_derw_end(&w, seq);
	assert_ok(sm_derw_status(&w));
	sm_error_clear(err);
	rc = sm_pubkey_new(&p, sm_buf_bytes(&der), err);
	sm_pubkey_free(p);
	sm_buf_free(&der);
	sm_buf_free(&bits);
	return rc;
}

#define GX "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
#define GY "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
#define P256 "06082a8648ce3d030107"
#define PRIME "ffffffff00000001000000000000000000000000ffffffffffffffffffffffff"

static void
only_points_of_named_curves_are_public_keys(void **state)
{
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_ok(load_ec(P256, "04" GX GY, &err));
	assert_ok(load_ec(P256, "03" GX, &err));
	assert_ok(load_ec(P256, "02" GX, &err));
	/* hybrid, infinity, empty, short, long, not on the curve, x = p */
	assert_int_equal(load_ec(P256, "07" GX GY, &err), SM_E_FORMAT);
	assert_int_equal(load_ec(P256, "00", &err), SM_E_FORMAT);
	assert_int_equal(load_ec(P256, "", &err), SM_E_FORMAT);
	assert_int_equal(load_ec(P256, "04" GX, &err), SM_E_FORMAT);
	assert_int_equal(load_ec(P256, "04" GX GY "00", &err), SM_E_FORMAT);
	assert_int_equal(load_ec(P256, "04" GX GX, &err), SM_E_FORMAT);
	assert_string_equal(err.reason, "ec-point");
	assert_int_equal(load_ec(P256, "04" PRIME GY, &err), SM_E_FORMAT);
	assert_int_equal(load_ec("06052b81040022", "04" GX GY, &err),
	    SM_E_FORMAT);
	/* parameters: absent, NULL, explicit */
	assert_int_equal(load_ec("", "04" GX GY, &err), SM_E_FORMAT);
	assert_int_equal(load_ec("0500", "04" GX GY, &err), SM_E_FORMAT);
	assert_int_equal(load_ec("3003020101", "04" GX GY, &err),
	    SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "ec-explicit");
}

static int
load_rsa(const char *n, const char *e, struct sm_error *err)
{
	struct sm_buf der = SM_BUF_INIT, key = SM_BUF_INIT;
	struct sm_pubkey *p = NULL;
	struct sm_derw w;
	size_t seq;
	uint8_t zero = 0;
	int rc;

	assert_ok(sm_buf_append(&key, sm_bytes(&zero, 1)));
	sm_derw_init(&w, &key);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_add(&w, SM_DER_INTEGER, hex(n));
	sm_derw_add(&w, SM_DER_INTEGER, hex(e));
	sm_derw_end(&w, seq);
	sm_derw_init(&w, &der);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_algorithm(&w, hex("2a864886f70d010101"), hex("0500"));
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&key));
	sm_derw_end(&w, seq);
	assert_ok(sm_derw_status(&w));
	sm_error_clear(err);
	rc = sm_pubkey_new(&p, sm_buf_bytes(&der), err);
	sm_pubkey_free(p);
	sm_buf_free(&der);
	sm_buf_free(&key);
	return rc;
}

static void
rsa_keys_beyond_the_limits_are_refused(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	char n[2 * 2300];

	(void)state;
	memset(n, 'f', sizeof(n));
	memcpy(n, "00", 2);
	n[2 + 128] = '\0'; /* 512 bits */
	assert_ok(load_rsa(n, "010001", &err));
	assert_ok(load_rsa(n, "03", &err));
	n[2 + 127] = 'e';
	assert_int_equal(load_rsa(n, "010001", &err), SM_E_FORMAT);
	n[2 + 127] = 'f';
	assert_int_equal(load_rsa(n, "01", &err), SM_E_FORMAT);
	assert_int_equal(load_rsa(n, "00", &err), SM_E_FORMAT);
	assert_int_equal(load_rsa(n, "04", &err), SM_E_FORMAT);
	assert_int_equal(load_rsa(n, "ff", &err), SM_E_FORMAT); /* negative */
	assert_int_equal(load_rsa(n, "7fffffffffffffffff", &err),
	    SM_E_UNSUPPORTED);
	assert_int_equal(load_rsa(n + 2, "010001", &err), SM_E_FORMAT);
	n[2 + 126] = '\0'; /* 504 bits */
	assert_int_equal(load_rsa(n, "010001", &err), SM_E_FORMAT);
	memset(n, 'f', sizeof(n));
	memcpy(n, "00", 2);
	n[2 + 2 * 2056] = '\0'; /* 16448 bits */
	assert_int_equal(load_rsa(n, "010001", &err), SM_E_LIMIT);
	assert_string_equal(err.reason, "rsa-bits");
}

/* The key's OID may say more than rsaEncryption. */
static void
rsa_keys_under_other_names_are_rsa_keys(void **state)
{
	static const char *const oids[] = {
		"2a864886f70d010107",         /* id-RSAES-OAEP */
		"2a864886f70d010910030e",     /* id-rsa-kem-spki */
	};
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	struct sm_buf spki = SM_BUF_INIT, der = SM_BUF_INIT, c = SM_BUF_INIT;
	struct sm_bytes in, seq, oid, params, bits;
	struct sm_pubkey *p;
	struct sm_key *k = key_of(pkey);
	struct sm_sig_alg s;
	struct sm_derw w;
	size_t i, mark;
	bool good;

	(void)state;
	put_spki(&spki, pkey);
	in = sm_buf_bytes(&spki);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &seq));
	assert_true(sm_der_get_algorithm(&seq, &oid, &params));
	assert_true(sm_der_get(&seq, SM_DER_BIT_STRING, &bits));
	for (i = 0; i < 2; i++) {
		sm_buf_clear(&der);
		sm_derw_init(&w, &der);
		mark = sm_derw_begin(&w, SM_DER_SEQUENCE);
		sm_derw_algorithm(&w, hex(oids[i]), sm_bytes(NULL, 0));
		sm_derw_add(&w, SM_DER_BIT_STRING, bits);
		sm_derw_end(&w, mark);
		assert_ok(sm_derw_status(&w));
		assert_ok(sm_pubkey_new(&p, sm_buf_bytes(&der), NULL));
		assert_int_equal(sm_pubkey_type(p), SM_KEY_RSA);
		assert_true(sm_key_fits(k, sm_buf_bytes(&der)));
		assert_int_equal(sm_pubkey_rsa_encrypt(&c, p, SM_ALG_NONE,
		    LIT("0123456789abcdef")), SM_E_USAGE);
		memset(&s, 0, sizeof(s));
		s.alg = sm_alg_get(SM_RSA_SHA256);
		s.digest = SM_SHA256;
		assert_ok(sm_pubkey_verify(&good, p, &s, LIT("x"), LIT("y")));
		assert_false(good);
		sm_pubkey_free(p);
	}
	sm_key_free(k);
	sm_buf_free(&spki);
	sm_buf_free(&der);
	sm_buf_free(&c);
	EVP_PKEY_free(pkey);
}

static void
keys_without_an_operation_here_are_known_by_kind(void **state)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_pubkey *p;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_derw w;
	struct sm_buf bits = SM_BUF_INIT;
	size_t seq;

	(void)state;
	assert_ok(sm_buf_resize(&bits, 1 + 1952));
	sm_derw_init(&w, &der);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_algorithm(&w, sm_alg_get(SM_ML_DSA_65)->oid, sm_bytes(NULL, 0));
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&bits));
	sm_derw_end(&w, seq);
	assert_ok(sm_pubkey_new(&p, sm_buf_bytes(&der), NULL));
	assert_int_equal(sm_pubkey_type(p), SM_KEY_OTHER);
	sm_pubkey_free(p);
	assert_int_equal(sm_pubkey_new(&p, hex("300d300506032a0304030400010203"),
	    &err), SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "key-unknown");
	sm_buf_free(&bits);
	sm_buf_free(&der);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_points_of_named_curves_are_public_keys),
		cmocka_unit_test(rsa_keys_beyond_the_limits_are_refused),
		cmocka_unit_test(rsa_keys_under_other_names_are_rsa_keys),
		cmocka_unit_test(
		    keys_without_an_operation_here_are_known_by_kind),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
