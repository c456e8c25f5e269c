#include "test.h"

#include "keys.h"

#include <crypto/cipher.h>
#include <crypto/key_object.h>

#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdio.h>

/* c = em^e, em chosen to the last byte. */
static void
raw_encrypt(EVP_PKEY *pkey, uint8_t *c, const uint8_t *em, size_t len)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t got = len;

	assert_int_equal(EVP_PKEY_encrypt_init(ctx), 1);
	assert_true(EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) > 0);
	assert_int_equal(EVP_PKEY_encrypt(ctx, c, &got, em, len), 1);
	assert_int_equal(got, len);
	EVP_PKEY_CTX_free(ctx);
}

static void
what_is_encrypted_is_decrypted_in_both_paddings(void **state)
{
	static const enum sm_alg_id digests[] = { SM_ALG_NONE, SM_SHA1,
		SM_SHA224, SM_SHA256, SM_SHA384, SM_SHA512, SM_SHA3_256 };
	EVP_PKEY *pkey = make_pkey("RSA", 1609, NULL); /* 202 bytes */
	struct sm_key *k = key_of(pkey);
	struct sm_pubkey *p = pubkey_of(pkey);
	struct sm_buf c = SM_BUF_INIT, out = SM_BUF_SECRET_INIT;
	struct sm_bytes cek = LIT("0123456789abcdef0123456789abcdef");
	uint8_t ok;
	size_t i, n;

	(void)state;
	for (i = 0; i < sizeof(digests) / sizeof(digests[0]); i++) {
		for (n = 0; n <= cek.len; n += 8) {
			sm_buf_clear(&c);
			sm_buf_clear(&out);
			assert_ok(sm_pubkey_rsa_encrypt(&c, p, digests[i],
			    sm_bytes(cek.data, n)));
			assert_int_equal(c.len, 202);
			if (digests[i] == SM_ALG_NONE) {
				assert_ok(sm_key_rsa_pkcs1(k, &out, &ok,
				    sm_buf_bytes(&c), n));
				assert_int_equal(ok, 0xff);
			} else {
				assert_ok(sm_key_rsa_oaep(k, &out, digests[i],
				    digests[i], sm_bytes(NULL, 0),
				    sm_buf_bytes(&c)));
			}
			assert_bytes(sm_buf_bytes(&out), sm_bytes(cek.data, n));
		}
	}
	sm_buf_free(&c);
	sm_buf_free(&out);
	sm_pubkey_free(p);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

/* Every shape of a wrong block gives cek_len bytes, the same ones again from the
 * same private key in another object, others for another ciphertext or key. */
static void
implicit_rejection_tells_nothing(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	EVP_PKEY *pkey2 = make_pkey("RSA", 1024, NULL);
	struct sm_key *k = key_of(pkey), *again = key_of(pkey);
	struct sm_key *other = key_of(pkey2);
	struct sm_buf a = SM_BUF_SECRET_INIT, b = SM_BUF_SECRET_INIT;
	struct sm_buf last = SM_BUF_SECRET_INIT;
	uint8_t em[128], c[128], ok;
	size_t at;

	(void)state;
	for (at = 0; at < 128; at++) {
		memset(em, 0x5c, sizeof(em));
		em[0] = 0;
		em[1] = 2;
		em[128 - 17] = 0;
		/* one fault: a wrong byte in the head, a zero in the padding, no
		 * separator; past it there are none */
		em[at] = at < 2 ? (uint8_t)(em[at] + 1) : 0;
		if (at == 128 - 17)
			em[at] = 1;
		em[0] &= 1; /* stay below n */
		raw_encrypt(pkey, c, em, 128);
		sm_buf_clear(&a);
		sm_buf_clear(&b);
		assert_ok(sm_key_rsa_pkcs1(k, &a, &ok, sm_bytes(c, 128), 16));
		assert_int_equal(a.len, 16);
		if (at > 128 - 17) {
			assert_int_equal(ok, 0xff);
			assert_bytes(sm_buf_bytes(&a), sm_bytes(em + 112, 16));
			continue;
		}
		assert_int_equal(ok, 0);
		assert_ok(sm_key_rsa_pkcs1(again, &b, &ok, sm_bytes(c, 128),
		    16));
		assert_bytes(sm_buf_bytes(&a), sm_buf_bytes(&b));
		assert_memory_not_equal(a.data, em + 112, 16);
		if (last.len > 0)
			assert_memory_not_equal(a.data, last.data, 16);
		sm_buf_clear(&last);
		assert_ok(sm_buf_append(&last, sm_buf_bytes(&a)));
		sm_buf_clear(&b);
		if (sm_key_rsa_pkcs1(other, &b, &ok, sm_bytes(c, 128), 16) == 0)
			assert_memory_not_equal(a.data, b.data, 16);
	}
	sm_buf_free(&a);
	sm_buf_free(&b);
	sm_buf_free(&last);
	sm_key_free(k);
	sm_key_free(again);
	sm_key_free(other);
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(pkey2);
}

/* RFC 8017 section 7.2.1: at least eight bytes of padding. */
static void
short_padding_and_other_lengths_are_rejected_implicitly(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 512, NULL);
	struct sm_key *k = key_of(pkey);
	struct sm_buf out = SM_BUF_SECRET_INIT;
	uint8_t em[64], c[64], ok;
	size_t n;

	(void)state;
	memset(em, 0x11, sizeof(em));
	em[0] = 0;
	em[1] = 2;
	em[64 - 33] = 0;
	raw_encrypt(pkey, c, em, 64);
	for (n = 0; n <= 64; n++) {
		sm_buf_clear(&out);
		if (n > 53) {
			assert_int_equal(sm_key_rsa_pkcs1(k, &out, &ok,
			    sm_bytes(c, 64), n), SM_E_USAGE);
			continue;
		}
		assert_ok(sm_key_rsa_pkcs1(k, &out, &ok, sm_bytes(c, 64), n));
		assert_int_equal(out.len, n);
		assert_int_equal(ok, n == 32 ? 0xff : 0);
	}
	/* the separator one byte too early for any length */
	memset(em, 0x11, sizeof(em));
	em[0] = 0;
	em[1] = 2;
	em[9] = 0;
	raw_encrypt(pkey, c, em, 64);
	sm_buf_clear(&out);
	assert_ok(sm_key_rsa_pkcs1(k, &out, &ok, sm_bytes(c, 64), 53));
	assert_int_equal(ok, 0);
	sm_buf_free(&out);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

static void
only_public_faults_are_told(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	EVP_PKEY *ec = make_pkey("EC", 0, "P-256");
	struct sm_key *k = key_of(pkey), *e = key_of(ec);
	struct sm_buf out = SM_BUF_SECRET_INIT;
	uint8_t c[200], ok = 1;
	size_t n;

	(void)state;
	memset(c, 0xff, sizeof(c)); /* above every n */
	for (n = 0; n <= sizeof(c); n++) {
		assert_int_equal(sm_key_rsa_pkcs1(k, &out, &ok, sm_bytes(c, n),
		    16), SM_E_AUTH);
		assert_int_equal(ok, 0);
		assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256,
		    sm_bytes(NULL, 0), sm_bytes(c, n)), SM_E_AUTH);
		assert_int_equal(sm_key_rsa_kem(k, &out, sm_bytes(c, n)),
		    SM_E_AUTH);
	}
	assert_int_equal(sm_key_rsa_pkcs1(e, &out, &ok, sm_bytes(c, 32), 16),
	    SM_E_USAGE);
	assert_int_equal(sm_key_rsa_kem(e, &out, sm_bytes(c, 32)), SM_E_USAGE);
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHAKE128, SM_SHAKE128,
	    sm_bytes(NULL, 0), sm_bytes(c, 128)), SM_E_UNSUPPORTED);
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_ALG_NONE, SM_SHA1,
	    sm_bytes(NULL, 0), sm_bytes(c, 128)), SM_E_UNSUPPORTED);
	/* no room for SHA-512 twice in 1024 bits */
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA512, SM_SHA512,
	    sm_bytes(NULL, 0), sm_bytes(c, 128)), SM_E_AUTH);
	assert_int_equal(out.len, 0);
	sm_buf_free(&out);
	sm_key_free(k);
	sm_key_free(e);
	EVP_PKEY_free(pkey);
	EVP_PKEY_free(ec);
}

static void
oaep_notices_every_changed_bit_label_and_digest(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	struct sm_key *k = key_of(pkey);
	struct sm_buf c = SM_BUF_INIT, out = SM_BUF_SECRET_INIT;
	struct sm_bytes none = { NULL, 0 };
	size_t i;
	int rc;

	(void)state;
	assert_ok(sm_pubkey_rsa_encrypt(&c, sm_key_public(k), SM_SHA256,
	    LIT("key")));
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256,
	    LIT("label"), sm_buf_bytes(&c)), SM_E_AUTH);
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA1, none,
	    sm_buf_bytes(&c)), SM_E_AUTH);
	assert_int_equal(sm_key_rsa_oaep(k, &out, SM_SHA1, SM_SHA256, none,
	    sm_buf_bytes(&c)), SM_E_AUTH);
	for (i = 0; i < c.len * 8; i += 31) {
		c.data[i / 8] ^= (uint8_t)(1 << i % 8);
		rc = sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256, none,
		    sm_buf_bytes(&c));
		assert_int_equal(rc, SM_E_AUTH);
		c.data[i / 8] ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(out.len, 0);
	assert_ok(sm_key_rsa_oaep(k, &out, SM_SHA256, SM_SHA256, none,
	    sm_buf_bytes(&c)));
	assert_bytes(sm_buf_bytes(&out), LIT("key"));
	sm_buf_free(&c);
	sm_buf_free(&out);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

static void
rsa_kem_carries_a_number_below_n(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1025, NULL);
	struct sm_key *k = key_of(pkey);
	struct sm_buf z = SM_BUF_SECRET_INIT, c = SM_BUF_INIT;
	struct sm_buf back = SM_BUF_SECRET_INIT;
	struct sm_buf z2 = SM_BUF_SECRET_INIT;

	(void)state;
	assert_ok(sm_pubkey_rsa_kem(&z, &c, sm_key_public(k)));
	assert_int_equal(z.len, 129);
	assert_int_equal(c.len, 129);
	assert_ok(sm_key_rsa_kem(k, &back, sm_buf_bytes(&c)));
	assert_bytes(sm_buf_bytes(&back), sm_buf_bytes(&z));
	sm_buf_clear(&c);
	assert_ok(sm_pubkey_rsa_kem(&z2, &c, sm_key_public(k)));
	assert_memory_not_equal(z.data, z2.data, 129);
	sm_buf_free(&z);
	sm_buf_free(&z2);
	sm_buf_free(&c);
	sm_buf_free(&back);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

/* "name": "hexadecimal" of a JSON file without escapes. */
static struct sm_bytes
json_hex(const struct sm_buf *json, const char *name)
{
	static char text[2048];
	char mark[64];
	const char *at;
	size_t n;

	snprintf(mark, sizeof(mark), "\"%s\"", name);
	at = strstr((const char *)json->data, mark);
	assert_non_null(at);
	at = strchr(at + strlen(mark), '"') + 1;
	n = strcspn(at, "\"");
	assert_true(n < sizeof(text));
	memcpy(text, at, n);
	text[n] = '\0';
	return hex(text);
}

/* RFC 9690 appendix B: decapsulate, derive, unwrap. */
static void
rsa_kem_gives_the_answers_of_rfc_9690(void **state)
{
	struct sm_buf pem = SM_BUF_INIT, json = SM_BUF_INIT;
	struct sm_buf z = SM_BUF_SECRET_INIT, ss = SM_BUF_SECRET_INIT;
	struct sm_buf kek = SM_BUF_SECRET_INIT, cek = SM_BUF_SECRET_INIT;
	struct sm_buf p8 = SM_BUF_SECRET_INIT;
	unsigned char *der = NULL;
	char *name = NULL, *header = NULL;
	struct sm_key *k;
	long der_len;
	BIO *bio;

	(void)state;
	corpus_read(&json, "rfc9690-rsa-kem/values.json");
	assert_ok(sm_buf_append_byte(&json, 0));
	corpus_read(&pem, "rfc9690-rsa-kem/bob-rsa3072.priv.pem");
	bio = BIO_new_mem_buf(pem.data, (int)pem.len);
	/* "PRIVATE KEY", but an RSAPrivateKey inside */
	assert_int_equal(PEM_read_bio(bio, &name, &header, &der, &der_len), 1);
	assert_ok(sm_key_to_pkcs8_traditional(&p8, SM_KEY_RSA,
	    sm_bytes(der, (size_t)der_len)));
	assert_ok(sm_key_from_pkcs8(&k, sm_buf_bytes(&p8), NULL));
	assert_ok(sm_key_rsa_kem(k, &z, json_hex(&json, "ct")));
	assert_bytes(sm_buf_bytes(&z), json_hex(&json, "z"));
	assert_ok(sm_kdf3(&ss, 16, SM_SHA256, sm_buf_bytes(&z),
	    sm_bytes(NULL, 0)));
	assert_bytes(sm_buf_bytes(&ss), json_hex(&json, "shared_secret"));
	assert_ok(sm_kdf3(&kek, 16, SM_SHA256, sm_buf_bytes(&ss),
	    json_hex(&json, "cms_ori_for_kem_other_info")));
	assert_bytes(sm_buf_bytes(&kek), json_hex(&json, "kek"));
	assert_ok(sm_unwrap(&cek, SM_AES128_WRAP, sm_buf_bytes(&kek),
	    json_hex(&json, "wrapped_cek")));
	assert_bytes(sm_buf_bytes(&cek), json_hex(&json, "cek"));
	BIO_free(bio);
	OPENSSL_free(der);
	OPENSSL_free(name);
	OPENSSL_free(header);
	sm_key_free(k);
	sm_buf_free(&p8);
	sm_buf_free(&pem);
	sm_buf_free(&json);
	sm_buf_free(&z);
	sm_buf_free(&ss);
	sm_buf_free(&kek);
	sm_buf_free(&cek);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encrypted_is_decrypted_in_both_paddings),
		cmocka_unit_test(implicit_rejection_tells_nothing),
		cmocka_unit_test(
		    short_padding_and_other_lengths_are_rejected_implicitly),
		cmocka_unit_test(only_public_faults_are_told),
		cmocka_unit_test(oaep_notices_every_changed_bit_label_and_digest),
		cmocka_unit_test(rsa_kem_carries_a_number_below_n),
		cmocka_unit_test(rsa_kem_gives_the_answers_of_rfc_9690),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
