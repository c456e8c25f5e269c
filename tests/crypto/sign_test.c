/* Signing and verifying: ours against libcrypto's, and old certificates. */
#include "test.h"

#include "keys.h"

#include <base/der.h>
#include <crypto/pubkey_impl.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *type;
	unsigned bits;
	const char *curve;
	bool pss;
	enum sm_alg_id digest;
} makers[] = {
	{ "RSA", 2048, NULL, false, SM_ALG_NONE },
	{ "RSA", 1024, NULL, false, SM_SHA512 },
	{ "RSA", 1024, NULL, false, SM_SHA3_256 },
	{ "RSA", 2048, NULL, true, SM_ALG_NONE },
	{ "RSA", 1609, NULL, true, SM_SHA3_384 },
	{ "RSA-PSS", 1031, NULL, true, SM_ALG_NONE },
	{ "EC", 0, "P-256", false, SM_ALG_NONE },
	{ "EC", 0, "P-384", false, SM_ALG_NONE },
	{ "EC", 0, "P-521", false, SM_ALG_NONE },
	{ "EC", 0, "P-224", false, SM_ALG_NONE },
	{ "EC", 0, "secp256k1", false, SM_SHA3_512 },
	{ "EC", 0, "brainpoolP256r1", false, SM_ALG_NONE },
	{ "EC", 0, "brainpoolP512r1", false, SM_ALG_NONE },
	{ "EC", 0, "P-256", false, SM_SHAKE128 },
	{ "EC", 0, "P-521", false, SM_SHAKE256 },
	{ "ED25519", 0, NULL, false, SM_ALG_NONE },
	{ "ED448", 0, NULL, false, SM_ALG_NONE },
};
enum { MAKERS = sizeof(makers) / sizeof(makers[0]) };

/* libcrypto's verdict, by its highest-level call. */
static bool
libcrypto_says(EVP_PKEY *pkey, const struct sm_sig_alg *s, struct sm_bytes tbs,
    struct sm_bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	EVP_PKEY_CTX *pctx = NULL;
	const char *md = s->digest == SM_ALG_NONE ? NULL :
	    sm_alg_get(s->digest)->evp;
	bool good;

	assert_int_equal(EVP_DigestVerifyInit_ex(ctx, &pctx, md, NULL, NULL,
	    pkey, NULL), 1);
	if (s->alg->id == SM_RSA_PSS) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(pctx,
		    RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(pctx,
		    (int)s->salt_len) > 0);
	}
	good = EVP_DigestVerify(ctx, sig.data, sig.len, tbs.data,
	    tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return good;
}

static void
what_we_sign_libcrypto_and_we_find_good(void **state)
{
	struct sm_bytes tbs = LIT("to be signed"), other = LIT("to be Signed");
	struct sm_buf sig = SM_BUF_INIT;
	struct sm_digest_value digest;
	enum sm_alg_id with;
	struct sm_sig_alg s;
	struct sm_pubkey *p;
	struct sm_key *k;
	EVP_PKEY *pkey;
	bool good;
	size_t i, at;

	(void)state;
	for (i = 0; i < MAKERS; i++) {
		pkey = make_pkey(makers[i].type, makers[i].bits,
		    makers[i].curve);
		k = key_of(pkey);
		p = pubkey_of(pkey);
		with = makers[i].digest;
		assert_ok(sm_sig_alg_for_key(&s, &with, k, makers[i].pss, NULL));
		sm_buf_clear(&sig);
		assert_ok(sm_key_sign(k, &sig, &s, tbs, NULL));
		assert_ok(sm_pubkey_verify(&good, p, &s, tbs,
		    sm_buf_bytes(&sig)));
		assert_true(good);
		if (with != SM_SHAKE128 &&
		    (with != SM_SHAKE256 || s.digest == SM_ALG_NONE))
			assert_true(libcrypto_says(pkey, &s, tbs,
			    sm_buf_bytes(&sig)));
		assert_ok(sm_pubkey_verify(&good, p, &s, other,
		    sm_buf_bytes(&sig)));
		assert_false(good);
		for (at = 0; at < sig.len; at += 1 + sig.len / 20) {
			sig.data[at] ^= 4;
			assert_ok(sm_pubkey_verify(&good, p, &s, tbs,
			    sm_buf_bytes(&sig)));
			assert_false(good);
			sig.data[at] ^= 4;
		}
		assert_ok(sm_pubkey_verify(&good, p, &s, tbs,
		    sm_bytes(sig.data, sig.len - 1)));
		assert_false(good);
		assert_ok(sm_pubkey_verify(&good, p, &s, tbs,
		    sm_bytes(NULL, 0)));
		assert_false(good);
		assert_ok(sm_buf_append_byte(&sig, 0));
		assert_ok(sm_pubkey_verify(&good, p, &s, tbs,
		    sm_buf_bytes(&sig)));
		assert_false(good);
		sig.len--;
		if (s.digest != SM_ALG_NONE) {
			assert_ok(sm_digest(&digest, s.digest, tbs));
			assert_ok(sm_pubkey_verify_digest(&good, p, &s, &digest,
			    sm_buf_bytes(&sig)));
			assert_true(good);
			digest.alg = SM_MD5;
			assert_int_equal(sm_pubkey_verify_digest(&good, p, &s,
			    &digest, sm_buf_bytes(&sig)), SM_E_USAGE);
		} else {
			assert_int_equal(sm_pubkey_verify_digest(&good, p, &s,
			    &digest, sm_buf_bytes(&sig)), SM_E_UNSUPPORTED);
		}
		sm_pubkey_free(p);
		sm_key_free(k);
		EVP_PKEY_free(pkey);
	}
	sm_buf_free(&sig);
}

static void
a_key_of_another_kind_makes_nothing_good(void **state)
{
	static const enum sm_alg_id algs[] = { SM_RSA_SHA256, SM_RSA_PSS,
		SM_RSA_PSS_SHAKE128, SM_ECDSA_SHA256, SM_DSA_SHA1, SM_ED25519,
		SM_ED448, SM_ML_DSA_65 };
	static const uint8_t sig[64] = { 1 };
	struct sm_buf out = SM_BUF_INIT;
	struct sm_sig_alg s;
	struct sm_key *k;
	EVP_PKEY *pkey;
	bool good, fits;
	size_t i, a;

	(void)state;
	for (i = 0; i < MAKERS; i++) {
		pkey = make_pkey(makers[i].type,
		    makers[i].bits > 1024 ? 1024 : makers[i].bits,
		    makers[i].curve);
		k = key_of(pkey);
		for (a = 0; a < sizeof(algs) / sizeof(algs[0]); a++) {
			memset(&s, 0, sizeof(s));
			s.alg = sm_alg_get(algs[a]);
			s.digest = s.mgf_digest = algs[a] == SM_RSA_PSS ?
			    SM_SHA256 : s.alg->digest;
			good = true;
			fits = sm_pubkey_fits_sig(sm_key_public(k), &s);
			assert_ok(sm_pubkey_verify(&good, sm_key_public(k), &s,
			    LIT("x"), sm_bytes(sig, sizeof(sig))));
			assert_false(good);
			if (!fits)
				assert_int_equal(sm_key_sign(k, &out, &s,
				    LIT("x"), NULL), SM_E_UNSUPPORTED);
		}
		sm_key_free(k);
		EVP_PKEY_free(pkey);
	}
	assert_int_equal(out.len, 0);
	sm_buf_free(&out);
}

/* RSASSA-PSS with SHAKE, made here out of raw RSA (RFC 8702 section 3.2.1). */
static void
xof(const char *name, uint8_t *out, size_t len, struct sm_bytes in)
{
	EVP_MD *md = EVP_MD_fetch(NULL, name, NULL);
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	EVP_DigestInit_ex2(ctx, md, NULL);
	EVP_DigestUpdate(ctx, in.data, in.len);
	assert_int_equal(EVP_DigestFinalXOF(ctx, out, len), 1);
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
}

static void
pss_shake_sign(EVP_PKEY *pkey, const char *shake, size_t h, struct sm_bytes tbs,
    uint8_t *sig, size_t *sig_len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t em_bits = (size_t)EVP_PKEY_get_bits(pkey) - 1;
	size_t k = (size_t)EVP_PKEY_get_size(pkey), em_len = (em_bits + 7) / 8;
	size_t db_len = em_len - h - 1, i;
	uint8_t em[600] = { 0 }, *e = em + (k - em_len), mask[600];
	uint8_t m[8 + 128] = { 0 };

	xof(shake, m + 8, h, tbs);
	memset(m + 8 + h, 0x5a, h); /* salt */
	xof(shake, e + db_len, h, sm_bytes(m, 8 + 2 * h));
	e[db_len - h - 1] = 1;
	memset(e + db_len - h, 0x5a, h);
	e[em_len - 1] = 0xbc;
	xof(shake, mask, db_len, sm_bytes(e + db_len, h));
	for (i = 0; i < db_len; i++)
		e[i] ^= mask[i];
	if (em_bits % 8 != 0)
		e[0] &= (uint8_t)(0xff >> (8 - em_bits % 8));
	assert_int_equal(EVP_PKEY_decrypt_init(ctx), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0);
	assert_int_equal(EVP_PKEY_decrypt(ctx, sig, sig_len, em, k), 1);
	EVP_PKEY_CTX_free(ctx);
}

static void
pss_with_shake_is_verified(void **state)
{
	static const unsigned sizes[] = { 2048, 1609, 1607 };
	struct sm_sig_alg s;
	struct sm_pubkey *p;
	EVP_PKEY *pkey;
	uint8_t sig[600];
	size_t len, i, v;
	bool good;

	(void)state;
	for (i = 0; i < 6; i++) {
		pkey = make_pkey("RSA", sizes[i % 3], NULL);
		p = pubkey_of(pkey);
		assert_int_equal(sm_pubkey_bits(p), sizes[i % 3]);
		memset(&s, 0, sizeof(s));
		s.alg = sm_alg_get(i < 3 ? SM_RSA_PSS_SHAKE128 :
		    SM_RSA_PSS_SHAKE256);
		s.digest = s.mgf_digest = s.alg->digest;
		s.salt_len = sm_alg_get(s.digest)->out_bytes;
		len = sizeof(sig);
		pss_shake_sign(pkey, i < 3 ? "SHAKE128" : "SHAKE256",
		    s.salt_len, LIT("text"), sig, &len);
		assert_ok(sm_pubkey_verify(&good, p, &s, LIT("text"),
		    sm_bytes(sig, len)));
		assert_true(good);
		assert_ok(sm_pubkey_verify(&good, p, &s, LIT("tExt"),
		    sm_bytes(sig, len)));
		assert_false(good);
		for (v = 0; v < len; v += 37) {
			sig[v] ^= 1;
			assert_ok(sm_pubkey_verify(&good, p, &s, LIT("text"),
			    sm_bytes(sig, len)));
			assert_false(good);
			sig[v] ^= 1;
		}
		assert_ok(sm_pubkey_verify(&good, p, &s, LIT("text"),
		    sm_bytes(sig, len - 1)));
		assert_false(good);
		sm_pubkey_free(p);
		EVP_PKEY_free(pkey);
	}
}

/* Certificate ::= SEQUENCE { tbs, AlgorithmIdentifier, BIT STRING }; the key is
 * that of issuer. */
static bool
certificate_verifies(const char *name, struct sm_bytes issuer_spki)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_bytes in, cert, tbs, oid, params, sig;
	struct sm_sig_alg s;
	struct sm_pubkey *p;
	bool good = false;

	corpus_read(&der, name);
	in = sm_buf_bytes(&der);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &cert));
	assert_true(sm_der_get_whole(&cert, SM_DER_SEQUENCE, &tbs));
	assert_true(sm_der_get_algorithm(&cert, &oid, &params));
	assert_true(sm_der_get_bits(&cert, &sig));
	assert_ok(sm_sig_alg_read(&s, oid, params, SM_ALG_NONE, NULL));
	assert_ok(sm_pubkey_new(&p, issuer_spki, NULL));
	assert_true(sm_pubkey_weak(p));
	assert_ok(sm_pubkey_verify(&good, p, &s, tbs, sig));
	sm_pubkey_free(p);
	sm_buf_free(&der);
	return good;
}

/* The seventh element of TBSCertificate, version 3. */
static struct sm_bytes
certificate_spki(struct sm_buf *der, const char *name)
{
	struct sm_bytes in, cert, tbs, whole = { NULL, 0 };
	unsigned tag;
	int i;

	corpus_read(der, name);
	in = sm_buf_bytes(der);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &cert));
	assert_true(sm_der_get(&cert, SM_DER_SEQUENCE, &tbs));
	for (i = 0; i < 7; i++)
		assert_true(sm_der_get_any(&tbs, &tag, NULL, &whole));
	return whole;
}

/* RFC 4134: RSA with 1024 bits and SHA-1, DSA with 1024 bits. No setting of the
 * system may stand between the mathematics and the answer. */
static void
signatures_of_old_certificates_verify(void **state)
{
	struct sm_buf rsa = SM_BUF_INIT, dsa = SM_BUF_INIT, own = SM_BUF_INIT;
	struct sm_bytes rsa_spki, dsa_spki, inherits;
	struct sm_pubkey *p;

	(void)state;
	rsa_spki = certificate_spki(&rsa, "rfc4134-examples/CarlRSASelf.cer");
	dsa_spki = certificate_spki(&dsa, "rfc4134-examples/CarlDSSSelf.cer");
	assert_true(certificate_verifies("rfc4134-examples/CarlRSASelf.cer",
	    rsa_spki));
	assert_true(certificate_verifies(
	    "rfc4134-examples/BobRSASignByCarl.cer", rsa_spki));
	assert_true(certificate_verifies("rfc4134-examples/CarlDSSSelf.cer",
	    dsa_spki));
	assert_true(certificate_verifies(
	    "rfc4134-examples/AliceDSSSignByCarlNoInherit.cer", dsa_spki));
	assert_false(certificate_verifies(
	    "rfc4134-examples/BobRSASignByCarl.cer", dsa_spki));
	/* Diane's DSA parameters are her issuer's: known, but of no use alone */
	inherits = certificate_spki(&own,
	    "rfc4134-examples/DianeDSSSignByCarlInherit.cer");
	assert_ok(sm_pubkey_new(&p, inherits, NULL));
	assert_int_equal(sm_pubkey_type(p), SM_KEY_DSA);
	sm_pubkey_free(p);
	sm_buf_free(&rsa);
	sm_buf_free(&dsa);
	sm_buf_free(&own);
}

/* SHA-1 and MD5 under RSA of 512 bits, as the oldest mail has it. */
static void
the_oldest_mathematics_is_done(void **state)
{
	static const enum sm_alg_id algs[] = { SM_RSA_MD5, SM_RSA_SHA1 };
	static const char *const names[] = { "MD5", "SHA1" };
	EVP_PKEY *pkey = make_pkey("RSA", 512, NULL);
	struct sm_pubkey *p = pubkey_of(pkey);
	struct sm_sig_alg s;
	uint8_t sig[64];
	size_t len, i;
	bool good;

	(void)state;
	for (i = 0; i < 2; i++) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();

		len = sizeof(sig);
		assert_int_equal(EVP_DigestSignInit_ex(ctx, NULL, names[i], NULL,
		    NULL, pkey, NULL), 1);
		assert_int_equal(EVP_DigestSign(ctx, sig, &len,
		    (const uint8_t *)"old", 3), 1);
		EVP_MD_CTX_free(ctx);
		memset(&s, 0, sizeof(s));
		s.alg = sm_alg_get(algs[i]);
		s.digest = s.alg->digest;
		assert_ok(sm_pubkey_verify(&good, p, &s, LIT("old"),
		    sm_bytes(sig, len)));
		assert_true(good);
	}
	sm_pubkey_free(p);
	EVP_PKEY_free(pkey);
}

/* RFC 4055 section 3.3: a PSS key may say what it is for. */
static void
a_restricted_pss_key_verifies_only_what_it_allows(void **state)
{
	OSSL_PARAM params[5];
	size_t bits = 1024;
	int salt = 32;
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA-PSS", NULL);
	EVP_PKEY *pkey = NULL;
	struct sm_sig_alg s;
	struct sm_buf sig = SM_BUF_INIT;
	enum sm_alg_id digest = SM_SHA512;
	struct sm_key *k;
	bool good;

	(void)state;
	params[0] = OSSL_PARAM_construct_size_t(OSSL_PKEY_PARAM_RSA_BITS, &bits);
	params[1] = OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_RSA_DIGEST,
	    (char *)(uintptr_t)"SHA256", 0);
	params[2] = OSSL_PARAM_construct_int(OSSL_PKEY_PARAM_RSA_PSS_SALTLEN,
	    &salt);
	params[3] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_RSA_MGF1_DIGEST, (char *)(uintptr_t)"SHA256", 0);
	params[4] = OSSL_PARAM_construct_end();
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_int_equal(EVP_PKEY_CTX_set_params(ctx, params), 1);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	k = key_of(pkey);
	assert_ok(sm_sig_alg_for_key(&s, &digest, k, false, NULL));
	assert_int_equal(digest, SM_SHA256);
	assert_int_equal(s.salt_len, 32);
	assert_ok(sm_key_sign(k, &sig, &s, LIT("x"), NULL));
	assert_ok(sm_pubkey_verify(&good, sm_key_public(k), &s, LIT("x"),
	    sm_buf_bytes(&sig)));
	assert_true(good);
	assert_true(libcrypto_says(pkey, &s, LIT("x"), sm_buf_bytes(&sig)));
	s.salt_len = 20;
	assert_false(sm_pubkey_fits_sig(sm_key_public(k), &s));
	s.salt_len = 32;
	s.digest = s.mgf_digest = SM_SHA512;
	assert_false(sm_pubkey_fits_sig(sm_key_public(k), &s));
	sm_buf_free(&sig);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_we_sign_libcrypto_and_we_find_good),
		cmocka_unit_test(a_key_of_another_kind_makes_nothing_good),
		cmocka_unit_test(pss_with_shake_is_verified),
		cmocka_unit_test(signatures_of_old_certificates_verify),
		cmocka_unit_test(the_oldest_mathematics_is_done),
		cmocka_unit_test(
		    a_restricted_pss_key_verifies_only_what_it_allows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
