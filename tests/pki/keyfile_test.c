#include "test.h"
#include "mint.h"

#include <openssl/bio.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>

#include <base/der.h>
#include <crypto/key.h>

/* What the user answers, in order, and how often was asked. */
struct answers {
	const char *say[4];
	unsigned asked;
};

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	struct answers *a = ctx;

	assert_int_not_equal(what[0], '\0');
	assert_true(attempt < 3);
	a->asked++;
	if (a->say[attempt] == NULL)
		return SM_E_SECRET;
	return give(give_ctx, sm_bytes_str(a->say[attempt]));
}

static struct sm_keyfile kf;
static struct sm_error err;
static struct answers answers;

static int
read_with(struct sm_bytes file, const char *password)
{
	struct sm_passphrase pass = { ask, &answers };

	answers = (struct answers){ { password, NULL }, 0 };
	sm_error_clear(&err);
	return sm_keyfile_read(&kf, file, false, &pass, NULL, &err);
}

static struct sm_bytes
bio_bytes(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return sm_bytes(data, (size_t)len);
}

/* The key that was read is the one that was minted. */
static void
assert_key_fits(const struct mint *m)
{
	assert_true(kf.key_count >= 1);
	assert_true(sm_key_fits(kf.keys[0], sm_cert_spki(m->cert)));
}

/* ---- PEM and DER ---- */

static void
certificates_and_keys_in_any_order_come_out_of_pem(void **state)
{
	struct mint a = mint_ca("A", NULL), b = mint_ca("B", NULL);
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	BIO_puts(bio, "Bag Attributes\n    friendlyName: x\n\n");
	PEM_write_bio_X509(bio, a.x);
	PEM_write_bio_PKCS8PrivateKey(bio, a.key, NULL, NULL, 0, NULL, NULL);
	BIO_puts(bio, "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n"
	    "-----END EC PARAMETERS-----\r\n");
	PEM_write_bio_X509(bio, b.x);
	PEM_write_bio_X509(bio, b.x);
	assert_int_equal(read_with(bio_bytes(bio), NULL), 0);
	assert_int_equal(kf.certs.count, 2);
	assert_int_equal(kf.key_count, 1);
	assert_false(kf.was_pkcs12);
	assert_int_equal(answers.asked, 0);
	assert_key_fits(&a);
	sm_keyfile_wipe(&kf);
	BIO_free(bio);
	mint_free(&a);
	mint_free(&b);
}

static void
old_forms_of_keys_are_read_as_pem_and_der(void **state)
{
	static const int rsa_bits[] = { 0, 2048 };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mint m = mint(&(struct mint_spec){ .cn = "x",
		    .rsa_bits = rsa_bits[i] });
		BIO *bio = BIO_new(BIO_s_mem());
		unsigned char *der = NULL;
		int len;

		PEM_write_bio_PrivateKey_traditional(bio, m.key, NULL, NULL, 0,
		    NULL, NULL);
		assert_int_equal(read_with(bio_bytes(bio), NULL), 0);
		assert_key_fits(&m);
		sm_keyfile_wipe(&kf);
		len = i2d_PrivateKey(m.key, &der);
		assert_int_equal(read_with(sm_bytes(der, (size_t)len), NULL), 0);
		assert_key_fits(&m);
		sm_keyfile_wipe(&kf);
		OPENSSL_free(der);
		BIO_free(bio);
		mint_free(&m);
	}
}

static void
a_key_with_dek_info_is_unlocked(void **state)
{
	struct mint m = mint(&(struct mint_spec){ .cn = "x", .rsa_bits = 2048 });
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	PEM_write_bio_PrivateKey_traditional(bio, m.key, EVP_aes_256_cbc(),
	    (const unsigned char *)"secret", 6, NULL, NULL);
	assert_int_equal(read_with(bio_bytes(bio), "secret"), 0);
	assert_key_fits(&m);
	sm_keyfile_wipe(&kf);
	assert_int_equal(read_with(bio_bytes(bio), "wrong"), SM_E_SECRET);
	BIO_free(bio);
	mint_free(&m);
}

static void
an_encrypted_key_asks_until_the_passphrase_fits(void **state)
{
	struct sm_passphrase pass = { ask, &answers };
	struct mint m = mint_ca("x", NULL);
	BIO *bio = BIO_new(BIO_s_mem());

	(void)state;
	PEM_write_bio_PKCS8PrivateKey(bio, m.key, EVP_aes_256_cbc(), "third", 5,
	    NULL, NULL);
	answers = (struct answers){ { "first", "second", "third", NULL }, 0 };
	sm_error_clear(&err);
	assert_int_equal(sm_keyfile_read(&kf, bio_bytes(bio), false, &pass, NULL,
	    &err), 0);
	assert_int_equal(answers.asked, 3);
	assert_false(kf.weak_pbe);
	assert_key_fits(&m);
	sm_keyfile_wipe(&kf);
	assert_int_equal(read_with(bio_bytes(bio), "wrong"), SM_E_SECRET);
	assert_string_equal(err.reason, "passphrase-wrong");
	assert_int_equal(sm_keyfile_read(&kf, bio_bytes(bio), false, NULL, NULL,
	    NULL), SM_E_SECRET);
	assert_int_equal(read_with(bio_bytes(bio), NULL), SM_E_SECRET);
	assert_string_equal(err.reason, "passphrase-missing");
	BIO_free(bio);
	mint_free(&m);
}

static void
damaged_pem_is_refused(void **state)
{
	static const char *const t[] = {
		"-----BEGIN CERTIFICATE-----\nMIIB\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END PRIVATE KEY-----\n",
		"-----BEGIN CERTIFICATE-----\nMI!B\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
		"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
		"-----BEGIN X-----\nProc-Type: 4,ENCRYPTED\n-----END X-----\n",
		"no key at all", "",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		assert_int_equal(read_with(sm_bytes_str(t[i]), "x"), SM_E_FORMAT);
		assert_non_null(err.reason);
		assert_int_equal(kf.key_count + kf.certs.count, 0);
	}
}

/* A SignedData with certificates and no signer, RFC 5652 section 5. */
static void
a_list_of_certificates_in_cms_is_read(void **state)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
		0x07, 0x02 };
	struct mint a = mint_ca("A", NULL), b = mint_ca("B", NULL);
	struct sm_buf out = SM_BUF_INIT;
	struct sm_derw w;
	size_t m[4];

	(void)state;
	sm_derw_init(&w, &out);
	m[0] = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_bytes(oid, sizeof(oid)));
	m[1] = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	m[2] = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 1);
	sm_derw_add(&w, SM_DER_SET, sm_bytes(NULL, 0));
	sm_derw_raw(&w, LIT("\x30\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"));
	m[3] = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	sm_derw_raw(&w, sm_cert_der(a.cert));
	sm_derw_raw(&w, sm_cert_der(b.cert));
	sm_derw_end(&w, m[3]);
	sm_derw_add(&w, SM_DER_SET, sm_bytes(NULL, 0));
	for (int i = 2; i >= 0; i--)
		sm_derw_end(&w, m[i]);
	assert_int_equal(sm_derw_status(&w), 0);
	assert_int_equal(read_with(sm_buf_bytes(&out), NULL), 0);
	assert_int_equal(kf.certs.count, 2);
	assert_string_equal(sm_cert_subject_text(kf.certs.list[1]), "CN=B");
	sm_keyfile_wipe(&kf);
	sm_buf_free(&out);
	mint_free(&a);
	mint_free(&b);
}

/* ---- PKCS#12 ---- */

struct p12 {
	int key_nid, cert_nid, iterations, mac_iterations;
	const char *mac; /* digest; NULL: SHA-256 */
	const char *password;
	bool legacy;
};

static OSSL_LIB_CTX *legacy_ctx;
static OSSL_PROVIDER *providers[2];

/* Made by libcrypto, in the way of some maker. */
static void
make_p12(struct sm_buf *out, const struct mint *m, const struct p12 *p)
{
	OSSL_LIB_CTX *ctx = p->legacy ? legacy_ctx : NULL;
	EVP_MD *md = EVP_MD_fetch(NULL, p->mac != NULL ? p->mac : "SHA256", NULL);
	PKCS12 *p12 = PKCS12_create_ex(p->password, "me", m->key, m->x, NULL,
	    p->key_nid, p->cert_nid, p->iterations != 0 ? p->iterations : 1000,
	    -1, 0, ctx, NULL);
	unsigned char *der = NULL;
	int len;

	assert_non_null(p12);
	if (p->mac_iterations >= 0)
		assert_int_equal(PKCS12_set_mac(p12, p->password, -1, NULL, 0,
		    p->mac_iterations != 0 ? p->mac_iterations : 1000, md), 1);
	len = i2d_PKCS12(p12, &der);
	assert_true(len > 0);
	sm_buf_clear(out);
	assert_int_equal(sm_buf_append(out, sm_bytes(der, (size_t)len)), 0);
	OPENSSL_free(der);
	PKCS12_free(p12);
	EVP_MD_free(md);
}

static void
pkcs12_of_every_scheme_is_read(void **state)
{
	static const struct {
		struct p12 p;
		bool weak;
	} t[] = {
		{ { NID_aes_256_cbc, NID_aes_256_cbc, 0, 0, NULL, "pw", false },
		    false },
		{ { NID_aes_128_cbc, NID_aes_128_cbc, 0, 0, "SHA512", "pw",
		    false }, false },
		{ { NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		    NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 0, 1, "SHA1", "pw",
		    false }, true },
		{ { NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		    NID_pbe_WithSHA1And40BitRC2_CBC, 0, 0, "SHA1", "pw", true },
		    true },
		{ { NID_pbe_WithSHA1And128BitRC4, NID_pbe_WithSHA1And128BitRC2_CBC,
		    0, 0, "MD5", "pw", true }, true },
		{ { NID_pbe_WithSHA1And2_Key_TripleDES_CBC,
		    NID_pbe_WithSHA1And40BitRC4, 0, 0, "SHA384", "pw", true },
		    true },
		{ { NID_pbeWithMD5AndDES_CBC, NID_pbeWithSHA1AndDES_CBC, 0, 0,
		    "SHA224", "pw", true }, true },
		{ { NID_des_ede3_cbc, NID_aes_192_cbc, 0, 0, "SHA3-256", "pw",
		    false }, true },
	};
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_p12(&file, &m, &t[i].p);
		assert_int_equal(read_with(sm_buf_bytes(&file), "pw"), 0);
		assert_int_equal(answers.asked, 1);
		assert_true(kf.was_pkcs12);
		assert_false(kf.no_mac);
		assert_int_equal(kf.weak_pbe, t[i].weak);
		assert_int_equal(kf.certs.count, 1);
		assert_key_fits(&m);
		sm_keyfile_wipe(&kf);
		assert_int_equal(read_with(sm_buf_bytes(&file), "PW"),
		    SM_E_SECRET);
	}
	sm_buf_free(&file);
	mint_free(&m);
}

static void
empty_passwords_of_both_kinds_need_no_question(void **state)
{
	static const char *const passwords[] = { NULL, "" };
	static const int schemes[] = { NID_aes_256_cbc,
		NID_pbe_WithSHA1And3_Key_TripleDES_CBC };
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		make_p12(&file, &m, &(struct p12){ schemes[i / 2], schemes[i / 2],
		    0, 0, NULL, passwords[i % 2], false });
		assert_int_equal(read_with(sm_buf_bytes(&file), "unused"), 0);
		assert_int_equal(answers.asked, 0);
		assert_key_fits(&m);
		sm_keyfile_wipe(&kf);
	}
	sm_buf_free(&file);
	mint_free(&m);
}

static void
a_password_with_umlauts_fits_in_either_encoding(void **state)
{
	static const struct {
		int scheme;
		const char *made, *typed;
	} t[] = {
		/* UTF-8 on both sides */
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC, "gr\xc3\xbc\xc3\x9f",
		    "gr\xc3\xbc\xc3\x9f" },
		{ NID_aes_256_cbc, "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
		/* made where bytes were taken for letters one by one */
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC,
		    "gr\xc3\x83\xc2\xbc", "gr\xc3\xbc" },
		/* made in Latin-1 */
		{ NID_aes_256_cbc, "gr\xfc", "gr\xc3\xbc" },
	};
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_p12(&file, &m, &(struct p12){ t[i].scheme, t[i].scheme, 0, 0,
		    NULL, t[i].made, false });
		assert_int_equal(read_with(sm_buf_bytes(&file), t[i].typed), 0);
		assert_key_fits(&m);
		sm_keyfile_wipe(&kf);
	}
	sm_buf_free(&file);
	mint_free(&m);
}

static void
a_file_without_mac_needs_leave(void **state)
{
	struct sm_passphrase pass = { ask, &answers };
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	make_p12(&file, &m, &(struct p12){ NID_aes_256_cbc, NID_aes_256_cbc, 0,
	    -1, NULL, "pw", false });
	assert_int_equal(read_with(sm_buf_bytes(&file), "pw"), SM_E_FORMAT);
	assert_string_equal(err.reason, "pkcs12-no-mac");
	answers = (struct answers){ { "pw", NULL }, 0 };
	assert_int_equal(sm_keyfile_read(&kf, sm_buf_bytes(&file), true, &pass,
	    NULL, NULL), 0);
	assert_true(kf.no_mac);
	assert_int_equal(answers.asked, 1);
	assert_key_fits(&m);
	sm_keyfile_wipe(&kf);
	sm_buf_free(&file);
	mint_free(&m);
}

static void
iterations_beyond_the_limit_are_refused_before_deriving(void **state)
{
	static const struct p12 t[] = {
		{ NID_aes_256_cbc, NID_aes_256_cbc, 0, 2001, NULL, "pw", false },
		{ NID_aes_256_cbc, NID_aes_256_cbc, 2001, 0, NULL, "pw", false },
		{ NID_pbe_WithSHA1And3_Key_TripleDES_CBC, NID_aes_256_cbc, 2001,
		    0, NULL, "pw", false },
	};
	struct sm_passphrase pass = { ask, &answers };
	struct sm_limits limits = sm_limits_default();
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	limits.pbkdf2_iterations = 2000;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		make_p12(&file, &m, &t[i]);
		answers = (struct answers){ { "pw", NULL }, 0 };
		sm_error_clear(&err);
		assert_int_equal(sm_keyfile_read(&kf, sm_buf_bytes(&file), false,
		    &pass, &limits, &err), SM_E_LIMIT);
		assert_string_equal(err.reason, "pbkdf2-iterations");
	}
	sm_buf_free(&file);
	mint_free(&m);
}

static void
a_huge_iteration_count_costs_no_time(void **state)
{
	/* EncryptedPrivateKeyInfo, PBES2, PBKDF2 with 2^31 - 1 iterations */
	static const char file[] = "\x30\x51\x30\x4b\x06\x09\x2a\x86\x48\x86\xf7"
	    "\x0d\x01\x05\x0d\x30\x3e\x30\x1d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
	    "\x05\x0c\x30\x10\x04\x08saltsalt\x02\x04\x7f\xff\xff\xff\x30\x1d\x06"
	    "\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a\x04\x10iviviviviviviviv"
	    "\x04\x02zz";

	(void)state;
	assert_int_equal(read_with(LIT(file), "x"), SM_E_LIMIT);
	assert_string_equal(err.reason, "pbkdf2-iterations");
	assert_int_equal(answers.asked, 0);
}

/* Every damage gives an error or the same key, never harm. */
static void
a_changed_byte_or_a_cut_of_a_pkcs12_does_no_harm(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_passphrase pass = { ask, &answers };
	struct mint m = mint_ca("x", NULL);
	struct sm_buf file = SM_BUF_INIT;

	(void)state;
	limits.pbkdf2_iterations = 64;
	make_p12(&file, &m, &(struct p12){ NID_aes_256_cbc, NID_aes_256_cbc, 1, 1,
	    NULL, "pw", false });
	for (size_t i = 0; i < file.len; i++) {
		file.data[i] ^= 0x21;
		answers = (struct answers){ { "pw", NULL }, 0 };
		if (sm_keyfile_read(&kf, sm_buf_bytes(&file), false, &pass,
		    &limits, NULL) == 0)
			sm_keyfile_wipe(&kf);
		/* the same without the shield of the MAC */
		if (sm_keyfile_read(&kf, sm_buf_bytes(&file), true, &pass,
		    &limits, NULL) == 0)
			sm_keyfile_wipe(&kf);
		file.data[i] ^= 0x21;
	}
	for (size_t n = 0; n < file.len; n++)
		assert_int_not_equal(sm_keyfile_read(&kf, sm_bytes_first(
		    sm_buf_bytes(&file), n), true, &pass, &limits, NULL), 0);
	sm_buf_free(&file);
	mint_free(&m);
}

static int
begin(void **state)
{
	(void)state;
	legacy_ctx = OSSL_LIB_CTX_new();
	providers[0] = OSSL_PROVIDER_load(legacy_ctx, "default");
	providers[1] = OSSL_PROVIDER_load(legacy_ctx, "legacy");
	return providers[0] != NULL && providers[1] != NULL ? 0 : -1;
}

static int
end(void **state)
{
	(void)state;
	OSSL_PROVIDER_unload(providers[1]);
	OSSL_PROVIDER_unload(providers[0]);
	OSSL_LIB_CTX_free(legacy_ctx);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    certificates_and_keys_in_any_order_come_out_of_pem),
		cmocka_unit_test(old_forms_of_keys_are_read_as_pem_and_der),
		cmocka_unit_test(a_key_with_dek_info_is_unlocked),
		cmocka_unit_test(an_encrypted_key_asks_until_the_passphrase_fits),
		cmocka_unit_test(damaged_pem_is_refused),
		cmocka_unit_test(a_list_of_certificates_in_cms_is_read),
		cmocka_unit_test(pkcs12_of_every_scheme_is_read),
		cmocka_unit_test(empty_passwords_of_both_kinds_need_no_question),
		cmocka_unit_test(a_password_with_umlauts_fits_in_either_encoding),
		cmocka_unit_test(a_file_without_mac_needs_leave),
		cmocka_unit_test(
		    iterations_beyond_the_limit_are_refused_before_deriving),
		cmocka_unit_test(a_huge_iteration_count_costs_no_time),
		cmocka_unit_test(a_changed_byte_or_a_cut_of_a_pkcs12_does_no_harm),
	};

	return cmocka_run_group_tests(tests, begin, end);
}
