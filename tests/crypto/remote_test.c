#include "test.h"

#include "keys.h"

#include <crypto/key_object.h>

#include <openssl/ecdsa.h>
#include <openssl/rsa.h>
#include <stdio.h>

/* A place for keys: libcrypto, as a token would answer. */
struct place {
	EVP_PKEY *pkey;
	bool no_raw;       /* padding is taken off over there */
	bool wrong;        /* gives signatures of somebody else's key */
	int status;        /* answer this instead */
	unsigned asked, freed;
	char last[16];     /* operation */
};

static int
note(struct place *p, const struct sm_remote_op *op)
{
	p->asked++;
	(void)snprintf(p->last, sizeof(p->last), "%s", op->name);
	return p->status;
}

static const EVP_MD *
md_of(const char *name)
{
	return strcmp(name, "sha1") == 0 ? EVP_sha1() : EVP_sha256();
}

static int
give(const struct sm_sink *out, uint8_t *data, size_t len)
{
	return sm_sink_write(out, sm_bytes(data, len));
}

/* r and s of equal length, as tokens have them. */
static int
give_rs(const struct sm_sink *out, const uint8_t *der, size_t len)
{
	ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &der, (long)len);
	uint8_t rs[64];

	assert_non_null(sig);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(sig), rs, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(sig), rs + 32, 32), 32);
	ECDSA_SIG_free(sig);
	return give(out, rs, 64);
}

static int
place_sign(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
    const struct sm_sink *out)
{
	struct place *p = ctx;
	uint8_t sig[512];
	size_t len = sizeof(sig);
	EVP_PKEY_CTX *c;
	int rc = note(p, op);

	if (rc != 0)
		return rc;
	c = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	assert_int_equal(EVP_PKEY_sign_init(c), 1);
	if (strcmp(op->name, "rsa-pss") == 0) {
		assert_true(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PSS_PADDING) > 0);
		assert_true(EVP_PKEY_CTX_set_signature_md(c, md_of(op->digest)) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_pss_saltlen(c, (int)op->salt_len) > 0);
	} else if (strcmp(op->name, "rsa-pkcs1") == 0)
		assert_true(EVP_PKEY_CTX_set_rsa_padding(c, RSA_PKCS1_PADDING) > 0);
	assert_int_equal(EVP_PKEY_sign(c, sig, &len, in.data, in.len), 1);
	EVP_PKEY_CTX_free(c);
	if (p->wrong)
		sig[len - 1] ^= 1;
	return strcmp(op->name, "ecdsa") == 0 ? give_rs(out, sig, len) :
	    give(out, sig, len);
}

static int
padding_of(const struct sm_remote_op *op)
{
	return strcmp(op->name, "rsa-raw") == 0 ? RSA_NO_PADDING :
	    strcmp(op->name, "rsa-oaep") == 0 ? RSA_PKCS1_OAEP_PADDING : RSA_PKCS1_PADDING;
}

static int
place_decrypt(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
    const struct sm_sink *out)
{
	struct place *p = ctx;
	uint8_t m[512];
	size_t len = sizeof(m);
	EVP_PKEY_CTX *c;
	bool good;
	int rc = note(p, op);

	if (rc != 0 || (p->no_raw && strcmp(op->name, "rsa-raw") == 0))
		return rc != 0 ? rc : SM_E_UNSUPPORTED;
	c = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	assert_int_equal(EVP_PKEY_decrypt_init(c), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(c, padding_of(op)) > 0);
	if (strcmp(op->name, "rsa-oaep") == 0) {
		assert_true(EVP_PKEY_CTX_set_rsa_oaep_md(c, md_of(op->digest)) > 0);
		assert_true(EVP_PKEY_CTX_set_rsa_mgf1_md(c, md_of(op->mgf_digest)) > 0);
	}
	good = EVP_PKEY_decrypt(c, m, &len, in.data, in.len) == 1;
	EVP_PKEY_CTX_free(c);
	return good ? give(out, m, len) : SM_E_AUTH;
}

static void
place_free(void *ctx)
{
	((struct place *)ctx)->freed++;
}

static struct sm_key *
key_at(struct place *p)
{
	struct sm_key_remote r = { place_sign, place_decrypt, NULL, place_free, p };
	struct sm_buf spki = SM_BUF_INIT;
	struct sm_key *k;

	put_spki(&spki, p->pkey);
	assert_ok(sm_key_remote_new(&k, sm_buf_bytes(&spki), &r, NULL));
	sm_buf_free(&spki);
	return k;
}

static void
signatures_of_every_kind_verify_and_wrong_ones_stay_there(void **state)
{
	static const struct { const char *type, *curve, *op; bool pss; } kinds[] = {
		{ "RSA", NULL, "rsa-pkcs1", false }, { "RSA", NULL, "rsa-pss", true },
		{ "EC", "P-256", "ecdsa", false } };
	struct sm_bytes tbs = LIT("what is signed");
	size_t i;

	(void)state;
	for (i = 0; i < 3; i++) {
		struct place p = { .pkey = make_pkey(kinds[i].type,
		    kinds[i].curve == NULL ? 2048 : 0, kinds[i].curve) };
		struct sm_key *k = key_at(&p);
		struct sm_buf sig = SM_BUF_INIT;
		struct sm_sig_alg alg;
		enum sm_alg_id digest = SM_ALG_NONE;
		bool good = false;

		assert_ok(sm_sig_alg_for_key(&alg, &digest, k, kinds[i].pss, NULL));
		assert_ok(sm_key_sign(k, &sig, &alg, tbs, NULL));
		assert_string_equal(p.last, kinds[i].op);
		assert_ok(sm_pubkey_verify(&good, sm_key_public(k), &alg, tbs,
		    sm_buf_bytes(&sig)));
		assert_true(good);
		sm_buf_clear(&sig);
		p.wrong = true;
		assert_int_not_equal(sm_key_sign(k, &sig, &alg, tbs, NULL), 0);
		assert_int_equal(sig.len, 0);
		p.status = SM_E_SECRET;
		assert_int_equal(sm_key_sign(k, &sig, &alg, tbs, NULL), SM_E_SECRET);
		sm_key_free(k);
		assert_int_equal(p.freed, 1);
		sm_buf_free(&sig);
		EVP_PKEY_free(p.pkey);
	}
}

/* Whether the padding is taken off here or there, the answers are the same. */
static void
decryption_is_the_same_with_and_without_raw_rsa(void **state)
{
	struct place p = { .pkey = make_pkey("RSA", 2048, NULL) };
	struct sm_key *k = key_at(&p);
	struct sm_buf c = SM_BUF_INIT, out = SM_BUF_SECRET_INIT, bad = SM_BUF_SECRET_INIT;
	struct sm_bytes cek = LIT("0123456789abcdef"), no = { NULL, 0 };
	uint8_t ok;
	int i;

	(void)state;
	for (i = 0; i < 2; i++) {
		p.no_raw = i == 1;
		sm_buf_clear(&c);
		sm_buf_clear(&out);
		assert_ok(sm_pubkey_rsa_encrypt(&c, sm_key_public(k), SM_ALG_NONE, cek));
		assert_ok(sm_key_rsa_pkcs1(k, &out, &ok, sm_buf_bytes(&c), cek.len));
		assert_int_equal(ok, 0xff);
		assert_bytes(sm_buf_bytes(&out), cek);
		assert_string_equal(p.last, p.no_raw ? "rsa-pkcs1" : "rsa-raw");
		/* Another length, or no padding at all: bytes, and the same again. */
		sm_buf_clear(&out);
		assert_ok(sm_key_rsa_pkcs1(k, &out, &ok, sm_buf_bytes(&c), 24));
		assert_int_equal(ok, 0);
		c.data[40] ^= 1;
		sm_buf_clear(&out);
		sm_buf_clear(&bad);
		assert_ok(sm_key_rsa_pkcs1(k, &out, &ok, sm_buf_bytes(&c), cek.len));
		assert_int_equal(ok, 0);
		assert_ok(sm_key_rsa_pkcs1(k, &bad, &ok, sm_buf_bytes(&c), cek.len));
		assert_bytes(sm_buf_bytes(&out), sm_buf_bytes(&bad));
		sm_buf_clear(&c);
		sm_buf_clear(&out);
		assert_ok(sm_pubkey_rsa_encrypt(&c, sm_key_public(k), SM_SHA256, cek));
		assert_ok(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256, no, sm_buf_bytes(&c)));
		assert_bytes(sm_buf_bytes(&out), cek);
		assert_string_equal(p.last, p.no_raw ? "rsa-oaep" : "rsa-raw");
		c.data[40] ^= 1;
		assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256, no,
		    sm_buf_bytes(&c)), SM_E_AUTH);
	}
	/* A token that went away is no bad ciphertext. */
	p.status = SM_E_SECRET;
	assert_int_equal(sm_key_rsa_pkcs1(k, &out, &ok, sm_buf_bytes(&c), 16), SM_E_SECRET);
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256, no,
	    sm_buf_bytes(&c)), SM_E_SECRET);
	sm_buf_free(&c);
	sm_buf_free(&out);
	sm_buf_free(&bad);
	sm_key_free(k);
	EVP_PKEY_free(p.pkey);
}

static void
nothing_of_it_can_be_written_to_a_file(void **state)
{
	struct place p = { .pkey = make_pkey("RSA", 2048, NULL) };
	struct sm_key *k = key_at(&p);
	struct sm_buf out = SM_BUF_SECRET_INIT;

	(void)state;
	assert_int_equal(sm_key_to_pkcs8(&out, k, NULL), SM_E_UNSUPPORTED);
	assert_int_equal(p.asked, 0);
	sm_key_free(k);
	EVP_PKEY_free(p.pkey);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signatures_of_every_kind_verify_and_wrong_ones_stay_there),
		cmocka_unit_test(decryption_is_the_same_with_and_without_raw_rsa),
		cmocka_unit_test(nothing_of_it_can_be_written_to_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
