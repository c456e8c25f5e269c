#include "test.h"

#include <crypto/alg.h>

#include <openssl/objects.h>
#include <stdio.h>

static void
every_row_is_filled_and_found_again_by_oid_and_name(void **state)
{
	const struct sm_alg *a;
	unsigned i;

	(void)state;
	for (i = 1; i < SM_ALG_COUNT; i++) {
		a = sm_alg_get((enum sm_alg_id)i);
		assert_int_equal(a->id, i);
		assert_non_null(a->name);
		assert_true(a->oid.len > 2);
		assert_ptr_equal(sm_alg_by_oid(a->kind, a->oid), a);
		assert_ptr_equal(sm_alg_by_name(a->kind, a->name), a);
		if (a->kind == SM_ALG_DIGEST)
			assert_true(a->out_bytes >= 16 && a->out_bytes <= 64);
		if (a->kind == SM_ALG_CIPHER)
			assert_true(a->iv_bytes >= 8 && a->iv_bytes <= 16);
	}
	assert_int_equal(sm_alg_get((enum sm_alg_id)9999)->id, SM_ALG_NONE);
}

/* libcrypto's own table, by other hands. */
static const struct {
	enum sm_alg_id id;
	const char *name;
} judged[] = {
	{ SM_MD5, "MD5" }, { SM_SHA1, "SHA1" }, { SM_SHA224, "SHA224" },
	{ SM_SHA256, "SHA256" }, { SM_SHA384, "SHA384" },
	{ SM_SHA512, "SHA512" }, { SM_SHA512_256, "SHA512-256" },
	{ SM_SHA3_224, "SHA3-224" }, { SM_SHA3_256, "SHA3-256" },
	{ SM_SHA3_384, "SHA3-384" }, { SM_SHA3_512, "SHA3-512" },
	{ SM_SHAKE128, "SHAKE128" }, { SM_SHAKE256, "SHAKE256" },
	{ SM_AES128_CBC, "AES-128-CBC" }, { SM_AES192_CBC, "AES-192-CBC" },
	{ SM_AES256_CBC, "AES-256-CBC" }, { SM_AES128_GCM, "id-aes128-GCM" },
	{ SM_AES192_GCM, "id-aes192-GCM" }, { SM_AES256_GCM, "id-aes256-GCM" },
	{ SM_AES128_CCM, "id-aes128-CCM" }, { SM_AES192_CCM, "id-aes192-CCM" },
	{ SM_AES256_CCM, "id-aes256-CCM" }, { SM_DES3_CBC, "DES-EDE3-CBC" },
	{ SM_DES_CBC, "DES-CBC" }, { SM_RC2_CBC, "RC2-CBC" },
	{ SM_AES128_WRAP, "id-aes128-wrap" },
	{ SM_AES192_WRAP, "id-aes192-wrap" },
	{ SM_AES256_WRAP, "id-aes256-wrap" },
	{ SM_DES3_WRAP, "id-smime-alg-CMS3DESwrap" },
	{ SM_PWRI_KEK, "id-alg-PWRI-KEK" },
	{ SM_RSA_MD5, "RSA-MD5" }, { SM_RSA_SHA1, "RSA-SHA1" },
	{ SM_RSA_SHA224, "RSA-SHA224" }, { SM_RSA_SHA256, "RSA-SHA256" },
	{ SM_RSA_SHA384, "RSA-SHA384" }, { SM_RSA_SHA512, "RSA-SHA512" },
	{ SM_RSA_PLAIN, "rsaEncryption" }, { SM_RSA_PSS, "RSASSA-PSS" },
	{ SM_RSA_SHA3_224, "id-rsassa-pkcs1-v1_5-with-sha3-224" },
	{ SM_RSA_SHA3_256, "id-rsassa-pkcs1-v1_5-with-sha3-256" },
	{ SM_RSA_SHA3_384, "id-rsassa-pkcs1-v1_5-with-sha3-384" },
	{ SM_RSA_SHA3_512, "id-rsassa-pkcs1-v1_5-with-sha3-512" },
	{ SM_ECDSA_SHA1, "ecdsa-with-SHA1" },
	{ SM_ECDSA_SHA224, "ecdsa-with-SHA224" },
	{ SM_ECDSA_SHA256, "ecdsa-with-SHA256" },
	{ SM_ECDSA_SHA384, "ecdsa-with-SHA384" },
	{ SM_ECDSA_SHA512, "ecdsa-with-SHA512" },
	{ SM_ECDSA_SHA3_224, "id-ecdsa-with-sha3-224" },
	{ SM_ECDSA_SHA3_256, "id-ecdsa-with-sha3-256" },
	{ SM_ECDSA_SHA3_384, "id-ecdsa-with-sha3-384" },
	{ SM_ECDSA_SHA3_512, "id-ecdsa-with-sha3-512" },
	{ SM_EC_PLAIN, "id-ecPublicKey" }, { SM_DSA_SHA1, "DSA-SHA1" },
	{ SM_DSA_SHA224, "dsa_with_SHA224" },
	{ SM_DSA_SHA256, "dsa_with_SHA256" }, { SM_DSA_PLAIN, "DSA" },
	{ SM_ED25519, "ED25519" }, { SM_ED448, "ED448" },
	{ SM_PK_X25519, "X25519" }, { SM_PK_X448, "X448" },
	{ SM_RSA_OAEP, "RSAES-OAEP" }, { SM_MGF1, "MGF1" },
	{ SM_ECDH_SHA1KDF, "dhSinglePass-stdDH-sha1kdf-scheme" },
	{ SM_ECDH_SHA224KDF, "dhSinglePass-stdDH-sha224kdf-scheme" },
	{ SM_ECDH_SHA256KDF, "dhSinglePass-stdDH-sha256kdf-scheme" },
	{ SM_ECDH_SHA384KDF, "dhSinglePass-stdDH-sha384kdf-scheme" },
	{ SM_ECDH_SHA512KDF, "dhSinglePass-stdDH-sha512kdf-scheme" },
	{ SM_PBKDF2, "PBKDF2" }, { SM_SCRYPT, "id-scrypt" },
	{ SM_HMAC_SHA1, "hmacWithSHA1" }, { SM_HMAC_SHA224, "hmacWithSHA224" },
	{ SM_HMAC_SHA256, "hmacWithSHA256" },
	{ SM_HMAC_SHA384, "hmacWithSHA384" },
	{ SM_HMAC_SHA512, "hmacWithSHA512" },
};

static void
oids_are_those_that_libcrypto_has(void **state)
{
	ASN1_OBJECT *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(judged) / sizeof(judged[0]); i++) {
		o = OBJ_txt2obj(judged[i].name, 0);
		if (o == NULL)
			fail_msg("%s", judged[i].name);
		assert_bytes(sm_alg_get(judged[i].id)->oid,
		    sm_bytes(OBJ_get0_data(o), OBJ_length(o)));
		ASN1_OBJECT_free(o);
	}
}

static const struct {
	enum sm_alg_id id;
	const char *dotted;
} written_out[] = {
	{ SM_CHACHA20_POLY1305, "1.2.840.113549.1.9.16.3.18" },
	{ SM_RSA_PSS_SHAKE128, "1.3.6.1.5.5.7.6.30" },
	{ SM_RSA_PSS_SHAKE256, "1.3.6.1.5.5.7.6.31" },
	{ SM_ECDSA_SHAKE128, "1.3.6.1.5.5.7.6.32" },
	{ SM_ECDSA_SHAKE256, "1.3.6.1.5.5.7.6.33" },
	{ SM_ML_DSA_44, "2.16.840.1.101.3.4.3.17" },
	{ SM_ML_DSA_65, "2.16.840.1.101.3.4.3.18" },
	{ SM_ML_DSA_87, "2.16.840.1.101.3.4.3.19" },
	{ SM_PK_ML_KEM_512, "2.16.840.1.101.3.4.4.1" },
	{ SM_PK_ML_KEM_768, "2.16.840.1.101.3.4.4.2" },
	{ SM_PK_ML_KEM_1024, "2.16.840.1.101.3.4.4.3" },
	{ SM_ECDH_HKDF_SHA256, "1.2.840.113549.1.9.16.3.19" },
	{ SM_ECDH_HKDF_SHA384, "1.2.840.113549.1.9.16.3.20" },
	{ SM_ECDH_HKDF_SHA512, "1.2.840.113549.1.9.16.3.21" },
	{ SM_KEM_RSA, "1.0.18033.2.2.4" },
	{ SM_RSA_KEM_SPKI, "1.2.840.113549.1.9.16.3.14" },
	{ SM_HKDF_SHA256, "1.2.840.113549.1.9.16.3.28" },
	{ SM_HKDF_SHA384, "1.2.840.113549.1.9.16.3.29" },
	{ SM_HKDF_SHA512, "1.2.840.113549.1.9.16.3.30" },
	{ SM_KDF2, "1.3.133.16.840.9.44.1.1" },
	{ SM_KDF3, "1.3.133.16.840.9.44.1.2" },
	{ SM_CEK_HKDF_SHA256, "1.2.840.113549.1.9.16.3.31" },
	{ SM_ZLIB, "1.2.840.113549.1.9.16.3.8" },
};

static void
oids_that_libcrypto_lacks_are_those_of_the_rfcs(void **state)
{
	ASN1_OBJECT *o;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(written_out) / sizeof(written_out[0]); i++) {
		o = OBJ_txt2obj(written_out[i].dotted, 1);
		assert_non_null(o);
		assert_bytes(sm_alg_get(written_out[i].id)->oid,
		    sm_bytes(OBJ_get0_data(o), OBJ_length(o)));
		ASN1_OBJECT_free(o);
	}
}

static void
one_oid_serves_several_kinds(void **state)
{
	struct sm_bytes rsa = hex("2a864886f70d010101"), ed = hex("2b6570");

	(void)state;
	assert_int_equal(sm_alg_by_oid(SM_ALG_PUBKEY, rsa)->id, SM_PK_RSA);
	assert_int_equal(sm_alg_by_oid(SM_ALG_SIGNATURE, rsa)->id,
	    SM_RSA_PLAIN);
	assert_int_equal(sm_alg_by_oid(SM_ALG_KEYTRANS, rsa)->id, SM_RSA_PKCS1);
	assert_null(sm_alg_by_oid(SM_ALG_CIPHER, rsa));
	assert_int_equal(sm_alg_by_oid(SM_ALG_PUBKEY, ed)->id, SM_ED25519);
	assert_int_equal(sm_alg_by_oid(SM_ALG_SIGNATURE, ed)->id, SM_ED25519);
	/* cofactor DH with SHA-256 */
	assert_int_equal(
	    sm_alg_by_oid(SM_ALG_KEYAGREE, hex("2b8104010e01"))->id,
	    SM_ECDH_SHA256KDF);
	/* id-shake256-len */
	assert_int_equal(
	    sm_alg_by_oid(SM_ALG_DIGEST, hex("608648016503040212"))->id,
	    SM_SHAKE256);
	assert_null(sm_alg_by_oid(SM_ALG_DIGEST, sm_bytes(NULL, 0)));
	assert_null(sm_alg_by_oid(SM_ALG_DIGEST, hex("2a03")));
}

static void
weak_algorithms_are_for_the_archive_only(void **state)
{
	(void)state;
	assert_int_equal(sm_alg_get(SM_SHA1)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_MD5)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_RSA_SHA1)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_ECDSA_SHA1)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_DSA_SHA256)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_DES3_CBC)->use, SM_USE_ARCHIVE);
	assert_int_equal(sm_alg_get(SM_RC2_CBC)->use, SM_USE_ARCHIVE);
	/* RFC 5753: accept, never emit */
	assert_int_equal(sm_alg_get(SM_ECDH_SHA1KDF)->use, SM_USE_ACCEPT);
	assert_int_equal(sm_alg_get(SM_RSA_PKCS1)->use, SM_USE_ACCEPT);
	assert_int_equal(sm_alg_get(SM_AES256_GCM)->use, SM_USE_SEND);
}

static void
micalg_is_written_by_the_rfc_and_read_as_it_occurs(void **state)
{
	(void)state;
	assert_string_equal(sm_alg_micalg(SM_SHA256), "sha-256");
	assert_string_equal(sm_alg_micalg(SM_SHA1), "sha-1");
	assert_string_equal(sm_alg_micalg(SM_MD5), "md5");
	assert_string_equal(sm_alg_micalg(SM_AES128_CBC), "unknown");
	assert_int_equal(sm_alg_from_micalg(LIT("SHA256")), SM_SHA256);
	assert_int_equal(sm_alg_from_micalg(LIT("sha-512")), SM_SHA512);
	assert_int_equal(sm_alg_from_micalg(LIT("rsa-md5")), SM_MD5);
	assert_int_equal(sm_alg_from_micalg(LIT("sha1")), SM_SHA1);
	assert_int_equal(sm_alg_from_micalg(LIT("sha")), SM_ALG_NONE);
	assert_int_equal(sm_alg_from_micalg(LIT("")), SM_ALG_NONE);
	assert_int_equal(sm_alg_from_micalg(LIT("sha-256\0")), SM_ALG_NONE);
}

static void
availability_is_found_at_run_time(void **state)
{
	(void)state;
	assert_true(sm_alg_available(SM_SHA256));
	assert_true(sm_alg_available(SM_SHAKE128));
	assert_true(sm_alg_available(SM_AES256_GCM));
	assert_true(sm_alg_available(SM_AES256_CCM));
	assert_true(sm_alg_available(SM_DES3_WRAP));
	assert_true(sm_alg_available(SM_RSA_PSS));
	assert_true(sm_alg_available(SM_ECDSA_SHAKE256));
	assert_true(sm_alg_available(SM_PK_X25519));
	assert_true(sm_alg_available(SM_HKDF_SHA512));
	assert_true(sm_alg_available(SM_HMAC_SHA1));
	assert_true(sm_alg_available(SM_KDF3));
	assert_false(sm_alg_available(SM_ALG_NONE));
}

static void
unknown_oids_get_a_name_or_their_number(void **state)
{
	char name[40], tiny[3], none[1] = "x";

	(void)state;
	sm_alg_oid_name(name, sizeof(name), hex("2a864886f70d0204"));
	assert_string_equal(name, "md4");
	sm_alg_oid_name(name, sizeof(name), hex("2a0304"));
	assert_string_equal(name, "1.2.3.4");
	sm_alg_oid_name(tiny, sizeof(tiny), hex("2a0304"));
	assert_true(strlen(tiny) < sizeof(tiny));
	sm_alg_oid_name(none, 0, hex("2a0304"));
	assert_int_equal(none[0], 'x');
}

static void
shake256_is_written_with_its_length_and_sha256_without_parameters(void **state)
{
	static const uint8_t shake[] = { 0x30, 0x0f, 6, 9, 0x60, 0x86, 0x48, 1,
		0x65, 3, 4, 2, 18, 2, 2, 2, 0 };
	static const uint8_t sha256[] = { 0x30, 0x0b, 6, 9, 0x60, 0x86, 0x48, 1,
		0x65, 3, 4, 2, 1 };
	struct sm_buf out = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_alg_write_digest(&out, SM_SHAKE256), 0);
	assert_true(sm_bytes_equal(sm_buf_bytes(&out),
	    sm_bytes(shake, sizeof(shake))));
	sm_buf_clear(&out);
	assert_int_equal(sm_alg_write_digest(&out, SM_SHA256), 0);
	assert_true(sm_bytes_equal(sm_buf_bytes(&out),
	    sm_bytes(sha256, sizeof(sha256))));
	sm_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    shake256_is_written_with_its_length_and_sha256_without_parameters),
		cmocka_unit_test(
		    every_row_is_filled_and_found_again_by_oid_and_name),
		cmocka_unit_test(oids_are_those_that_libcrypto_has),
		cmocka_unit_test(oids_that_libcrypto_lacks_are_those_of_the_rfcs),
		cmocka_unit_test(one_oid_serves_several_kinds),
		cmocka_unit_test(weak_algorithms_are_for_the_archive_only),
		cmocka_unit_test(
		    micalg_is_written_by_the_rfc_and_read_as_it_occurs),
		cmocka_unit_test(availability_is_found_at_run_time),
		cmocka_unit_test(unknown_oids_get_a_name_or_their_number),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
