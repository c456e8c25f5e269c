#include "test.h"

#include "keys.h"

#include <base/der.h>

static int
read_alg(struct sm_sig_alg *s, const char *algorithm, enum sm_alg_id digest,
    struct sm_error *err)
{
	struct sm_bytes in = hex(algorithm), oid, params;

	sm_error_clear(err);
	assert_true(sm_der_get_algorithm(&in, &oid, &params));
	assert_int_equal(in.len, 0);
	return sm_sig_alg_read(s, oid, params, digest, err);
}

static void
digests_come_from_the_oid_or_from_the_signer(void **state)
{
	struct sm_sig_alg s;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	/* sha256WithRSAEncryption; rsaEncryption; ecdsa-with-SHA384; id-dsa */
	assert_ok(read_alg(&s, "300d06092a864886f70d01010b0500", SM_SHA1, &err));
	assert_int_equal(s.alg->id, SM_RSA_SHA256);
	assert_int_equal(s.digest, SM_SHA256);
	assert_ok(read_alg(&s, "300b06092a864886f70d010101", SM_SHA512, &err));
	assert_int_equal(s.alg->id, SM_RSA_PLAIN);
	assert_int_equal(s.digest, SM_SHA512);
	assert_ok(read_alg(&s, "300a06082a8648ce3d040303", SM_SHA512, &err));
	assert_int_equal(s.digest, SM_SHA384);
	assert_ok(read_alg(&s, "300906072a8648ce3d0201", SM_SHA224, &err));
	assert_int_equal(s.alg->id, SM_EC_PLAIN);
	assert_int_equal(s.digest, SM_SHA224);
	assert_ok(read_alg(&s, "300906072a8648ce380401", SM_SHA1, &err));
	assert_int_equal(s.alg->id, SM_DSA_PLAIN);
	assert_ok(read_alg(&s, "300506032b6570", SM_SHA512, &err));
	assert_int_equal(s.alg->id, SM_ED25519);
	assert_int_equal(s.digest, SM_ALG_NONE);
	/* RSASSA-PSS-SHAKE128 has its lengths by definition */
	assert_ok(read_alg(&s, "300a06082b0601050507061e", SM_SHAKE128, &err));
	assert_int_equal(s.salt_len, 32);
}

static void
parameters_where_none_belong_are_refused(void **state)
{
	static const char *const bad[] = {
		"300706032b65700500",                   /* Ed25519 NULL */
		"300f06092a864886f70d01010b30020500",   /* SEQUENCE */
		"300e06092a864886f70d01010b050100",     /* NULL with contents */
		"300f06092a864886f70d01010b05000500",   /* two */
		"300c06082b0601050507061e0500",         /* PSS-SHAKE128 NULL */
	};
	struct sm_sig_alg s;
	struct sm_bytes in, oid, params;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		in = hex(bad[i]);
		if (!sm_der_get_algorithm(&in, &oid, &params))
			continue; /* refused a layer below */
		assert_int_equal(sm_sig_alg_read(&s, oid, params, SM_SHA256,
		    NULL), SM_E_FORMAT);
	}
}

static void
an_unknown_algorithm_is_named(void **state)
{
	struct sm_sig_alg s;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(read_alg(&s, "300d06092a864886f70d0101020500", SM_MD5,
	    &err), SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "signature-unknown");
	assert_non_null(strstr(err.text, "rsa-md2"));
}

/* [0] hash [1] mgf [2] salt [3] trailer, in hexadecimal, around them the rest. */
static int
read_pss(struct sm_sig_alg *s, const char *fields, enum sm_alg_id digest,
    struct sm_error *err)
{
	struct sm_buf params = SM_BUF_INIT;
	struct sm_derw w;
	size_t seq;
	int rc;

	sm_derw_init(&w, &params);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, hex(fields));
	sm_derw_end(&w, seq);
	assert_ok(sm_derw_status(&w));
	sm_error_clear(err);
	rc = sm_sig_alg_read(s, sm_alg_get(SM_RSA_PSS)->oid,
	    sm_buf_bytes(&params), digest, err);
	sm_buf_free(&params);
	return rc;
}

#define HASH256 "a00f300d06096086480165030402010500"
#define HASH256_NO_NULL "a00d300b0609608648016503040201"
#define MGF256 "a11c301a06092a864886f70d010108300d06096086480165030402010500"
#define MGF256_NO_NULL                                                       \
	"a11a301806092a864886f70d010108300b0609608648016503040201"
#define SALT32 "a203020120"

static void
pss_parameters_are_read_with_their_defaults(void **state)
{
	struct sm_sig_alg s;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_ok(read_pss(&s, HASH256 MGF256 SALT32, SM_SHA256, &err));
	assert_int_equal(s.digest, SM_SHA256);
	assert_int_equal(s.mgf_digest, SM_SHA256);
	assert_int_equal(s.salt_len, 32);
	assert_ok(read_pss(&s, HASH256_NO_NULL MGF256_NO_NULL SALT32 "a303020101",
	    SM_SHA256, &err));
	assert_ok(read_pss(&s, HASH256 MGF256, SM_SHA256, &err));
	assert_int_equal(s.salt_len, 20);
	assert_ok(read_pss(&s, "", SM_SHA1, &err));
	assert_int_equal(s.digest, SM_SHA1);
	assert_int_equal(s.mgf_digest, SM_SHA1);
}

static void
pss_parameters_beside_the_rules_are_refused(void **state)
{
	static const struct {
		const char *fields;
		const char *reason;
	} bad[] = {
		{ HASH256 MGF256 SALT32 "a303020102", "pss-params" },
		{ HASH256 MGF256 "a2030201ff", "pss-params" },
		{ HASH256 MGF256 "a2040202ffff", "pss-params" },
		{ HASH256 MGF256 "a20a020800ffffffffffffff", "pss-params" },
		{ HASH256 SALT32, "pss-mgf-digest" },
		{ MGF256 SALT32, "pss-mgf-digest" },
		{ MGF256 HASH256 SALT32, "pss-params" },
		{ HASH256 HASH256 MGF256, "pss-params" },
		{ HASH256 MGF256 SALT32 "0500", "pss-params" },
		/* mask generator 1.2.3 */
		{ HASH256 "a115301306022a03300d06096086480165030402010500",
		    "pss-digest" },
		/* SHAKE128 as the digest of plain PSS */
		{ "a00d300b060960864801650304020b", "pss-digest" },
	};
	struct sm_sig_alg s;
	struct sm_error err = SM_ERROR_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_pss(&s, bad[i].fields, SM_SHA256, &err) == 0)
			fail_msg("%s", bad[i].fields);
		assert_non_null(err.reason);
		if (strcmp(err.reason, bad[i].reason) != 0)
			fail_msg("%s: %s", bad[i].fields, err.reason);
	}
	assert_int_equal(read_pss(&s, HASH256 MGF256 SALT32, SM_SHA512, &err),
	    SM_E_FORMAT);
	assert_string_equal(err.reason, "pss-digest");
	assert_int_equal(sm_sig_alg_read(&s, sm_alg_get(SM_RSA_PSS)->oid,
	    sm_bytes(NULL, 0), SM_SHA256, NULL), SM_E_FORMAT);
	assert_int_equal(sm_sig_alg_read(&s, sm_alg_get(SM_RSA_PSS)->oid,
	    hex("0500"), SM_SHA256, NULL), SM_E_FORMAT);
}

static void
what_is_written_is_as_the_rfcs_have_it(void **state)
{
	struct sm_sig_alg s;
	struct sm_buf out = SM_BUF_INIT;

	(void)state;
	memset(&s, 0, sizeof(s));
	s.alg = sm_alg_get(SM_RSA_SHA256);
	assert_ok(sm_sig_alg_write(&s, &out));
	assert_bytes(sm_buf_bytes(&out), hex("300d06092a864886f70d01010b0500"));
	sm_buf_clear(&out);
	s.alg = sm_alg_get(SM_ECDSA_SHA256);
	assert_ok(sm_sig_alg_write(&s, &out));
	assert_bytes(sm_buf_bytes(&out), hex("300a06082a8648ce3d040302"));
	sm_buf_clear(&out);
	s.alg = sm_alg_get(SM_ED25519);
	assert_ok(sm_sig_alg_write(&s, &out));
	assert_bytes(sm_buf_bytes(&out), hex("300506032b6570"));
	sm_buf_clear(&out);
	s.alg = sm_alg_get(SM_RSA_PSS);
	s.digest = s.mgf_digest = SM_SHA256;
	s.salt_len = 32;
	assert_ok(sm_sig_alg_write(&s, &out));
	assert_bytes(sm_buf_bytes(&out), hex("304106092a864886f70d01010a3034"
	    HASH256 MGF256 SALT32));
	sm_buf_clear(&out);
	s.digest = s.mgf_digest = SM_SHA1;
	s.salt_len = 20;
	assert_ok(sm_sig_alg_write(&s, &out));
	assert_bytes(sm_buf_bytes(&out), hex("300d06092a864886f70d01010a3000"));
	s.alg = sm_alg_get(SM_SHA1);
	assert_int_equal(sm_sig_alg_write(&s, &out), SM_E_USAGE);
	sm_buf_free(&out);
}

static void
choose(const char *type, unsigned bits, const char *curve, bool pss,
    enum sm_alg_id ask, enum sm_alg_id want_digest, enum sm_alg_id want_alg)
{
	EVP_PKEY *pkey = make_pkey(type, bits, curve);
	struct sm_key *k = key_of(pkey);
	struct sm_sig_alg s;
	enum sm_alg_id digest = ask;
	int rc = sm_sig_alg_for_key(&s, &digest, k, pss, NULL);

	if (want_alg == SM_ALG_NONE) {
		assert_int_not_equal(rc, 0);
	} else {
		assert_int_equal(rc, 0);
		assert_int_equal(digest, want_digest);
		assert_int_equal(s.alg->id, want_alg);
	}
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

static void
the_key_decides_what_we_sign_with(void **state)
{
	(void)state;
	choose("RSA", 1024, NULL, false, SM_ALG_NONE, SM_SHA256, SM_RSA_SHA256);
	choose("RSA", 1024, NULL, false, SM_SHA512, SM_SHA512, SM_RSA_SHA512);
	choose("RSA", 1024, NULL, true, SM_ALG_NONE, SM_SHA256, SM_RSA_PSS);
	choose("RSA", 1024, NULL, true, SM_SHA384, SM_SHA384, SM_RSA_PSS);
	choose("RSA-PSS", 1024, NULL, false, SM_ALG_NONE, SM_SHA256, SM_RSA_PSS);
	choose("EC", 0, "P-256", false, SM_ALG_NONE, SM_SHA256, SM_ECDSA_SHA256);
	choose("EC", 0, "P-384", false, SM_ALG_NONE, SM_SHA384, SM_ECDSA_SHA384);
	choose("EC", 0, "P-521", false, SM_ALG_NONE, SM_SHA512, SM_ECDSA_SHA512);
	choose("EC", 0, "P-256", true, SM_SHA512, SM_SHA512, SM_ECDSA_SHA512);
	choose("EC", 0, "brainpoolP256r1", false, SM_ALG_NONE, SM_SHA256,
	    SM_ECDSA_SHA256);
	choose("ED25519", 0, NULL, false, SM_ALG_NONE, SM_SHA512, SM_ED25519);
	choose("ED25519", 0, NULL, false, SM_SHA256, SM_SHA512, SM_ED25519);
	choose("ED448", 0, NULL, false, SM_ALG_NONE, SM_SHAKE256, SM_ED448);
	/* nothing new with what is broken, or with a key that cannot */
	choose("RSA", 1024, NULL, false, SM_SHA1, 0, SM_ALG_NONE);
	choose("RSA", 1024, NULL, true, SM_SHA1, 0, SM_ALG_NONE);
	choose("RSA", 1024, NULL, true, SM_SHAKE128, 0, SM_ALG_NONE);
	choose("EC", 0, "P-256", false, SM_MD5, 0, SM_ALG_NONE);
	choose("X25519", 0, NULL, false, SM_ALG_NONE, 0, SM_ALG_NONE);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(digests_come_from_the_oid_or_from_the_signer),
		cmocka_unit_test(parameters_where_none_belong_are_refused),
		cmocka_unit_test(an_unknown_algorithm_is_named),
		cmocka_unit_test(pss_parameters_are_read_with_their_defaults),
		cmocka_unit_test(pss_parameters_beside_the_rules_are_refused),
		cmocka_unit_test(what_is_written_is_as_the_rfcs_have_it),
		cmocka_unit_test(the_key_decides_what_we_sign_with),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
