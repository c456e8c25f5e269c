/* The rows of the algorithm table: RFC 5754, RFC 8702, RFC 9688 (digests);
 * RFC 3370, RFC 3565, RFC 5084, RFC 8103 (ciphers, wraps); RFC 4055, RFC 4056,
 * RFC 8419, RFC 9882 (signatures); RFC 5753, RFC 8418 (agreement); RFC 9690,
 * RFC 8619, RFC 9709, RFC 8018 (the rest). */
#include <crypto/alg_table.h>

/* 1.3.132.1 */
#define CERTICOM 0x2b, 0x81, 0x04, 0x01
/* 1.3.101 */
#define EDWARDS 0x2b, 0x65
/* 2.16.840.1.101.3.4.1 */
#define NIST_AES 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x01
/* 2.16.840.1.101.3.4.2 */
#define NIST_HASH 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02
/* 2.16.840.1.101.3.4.4 */
#define NIST_KEM 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x04
/* 2.16.840.1.101.3.4.3 */
#define NIST_SIG 0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x03
/* 1.3.14.3.2 */
#define OIW 0x2b, 0x0e, 0x03, 0x02
/* 1.2.840.113549.1.1 */
#define PKCS1 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01
/* 1.3.6.1.5.5.7.6 */
#define PKIX_ALG 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07, 0x06
/* 1.2.840.113549 */
#define RSADSI 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d
/* 1.2.840.113549.1.9.16.3 */
#define SMIME_ALG 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x03
/* 1.2.840.10040 */
#define X957 0x2a, 0x86, 0x48, 0xce, 0x38
/* 1.2.840.10045 */
#define X962 0x2a, 0x86, 0x48, 0xce, 0x3d
/* 1.3.133.16.840 */
#define X963 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48

/* An OID is written as the contents of its DER element. */
#define OID(...)                                                             \
	{ (const uint8_t[]) { __VA_ARGS__ },                                 \
	    sizeof((const uint8_t[]) { __VA_ARGS__ }) }

#define DIGEST(i, n, e, u, s, b, ...)                                        \
	[SM_##i] = { .id = SM_##i, .kind = SM_ALG_DIGEST, .name = n,         \
	    .evp = e, .use = SM_USE_##u, .strength = s, .out_bytes = b,      \
	    .oid = __VA_ARGS__ }
#define CIPHER(i, n, e, u, s, k, v, t, ...)                                  \
	[SM_##i] = { .id = SM_##i, .kind = SM_ALG_CIPHER, .name = n,         \
	    .evp = e, .use = SM_USE_##u, .strength = s, .key_bytes = k,      \
	    .iv_bytes = v, .tag_bytes = t, .oid = __VA_ARGS__ }
#define WRAP(i, n, e, u, s, k, ...)                                          \
	[SM_##i] = { .id = SM_##i, .kind = SM_ALG_WRAP, .name = n, .evp = e, \
	    .use = SM_USE_##u, .strength = s, .key_bytes = k,                \
	    .oid = __VA_ARGS__ }
#define OTHER(k, i, n, e, u, s, d, ...)                                      \
	[SM_##i] = { .id = SM_##i, .kind = SM_ALG_##k, .name = n, .evp = e,  \
	    .use = SM_USE_##u, .strength = s, .digest = d,                   \
	    .oid = __VA_ARGS__ }

const struct sm_alg sm_alg_table[SM_ALG_COUNT] = {
	[SM_ALG_NONE] = { .id = SM_ALG_NONE, .name = "none" },

	/* id, name, libcrypto name, use, strength, bytes, OID */
	DIGEST(MD5, "md5", "MD5", ARCHIVE, 0, 16, OID(RSADSI, 2, 5)),
	DIGEST(SHA1, "sha1", "SHA1", ARCHIVE, 63, 20, OID(OIW, 26)),
	DIGEST(SHA224, "sha224", "SHA2-224", ACCEPT, 112, 28,
	    OID(NIST_HASH, 4)),
	DIGEST(SHA256, "sha256", "SHA2-256", SEND, 128, 32, OID(NIST_HASH, 1)),
	DIGEST(SHA384, "sha384", "SHA2-384", SEND, 192, 48, OID(NIST_HASH, 2)),
	DIGEST(SHA512, "sha512", "SHA2-512", SEND, 256, 64, OID(NIST_HASH, 3)),
	DIGEST(SHA512_256, "sha512-256", "SHA2-512/256", ACCEPT, 128, 32,
	    OID(NIST_HASH, 6)),
	DIGEST(SHA3_224, "sha3-224", "SHA3-224", ACCEPT, 112, 28,
	    OID(NIST_HASH, 7)),
	DIGEST(SHA3_256, "sha3-256", "SHA3-256", ACCEPT, 128, 32,
	    OID(NIST_HASH, 8)),
	DIGEST(SHA3_384, "sha3-384", "SHA3-384", ACCEPT, 192, 48,
	    OID(NIST_HASH, 9)),
	DIGEST(SHA3_512, "sha3-512", "SHA3-512", ACCEPT, 256, 64,
	    OID(NIST_HASH, 10)),
	DIGEST(SHAKE128, "shake128", "SHAKE-128", ACCEPT, 128, 32,
	    OID(NIST_HASH, 11)),
	DIGEST(SHAKE256, "shake256", "SHAKE-256", SEND, 256, 64,
	    OID(NIST_HASH, 12)),

	/* id, name, libcrypto name, use, strength, key, iv, tag bytes, OID */
	CIPHER(AES128_CBC, "aes-128-cbc", "AES-128-CBC", SEND, 128, 16, 16, 0,
	    OID(NIST_AES, 2)),
	CIPHER(AES192_CBC, "aes-192-cbc", "AES-192-CBC", ACCEPT, 192, 24, 16,
	    0, OID(NIST_AES, 22)),
	CIPHER(AES256_CBC, "aes-256-cbc", "AES-256-CBC", SEND, 256, 32, 16, 0,
	    OID(NIST_AES, 42)),
	CIPHER(AES128_GCM, "aes-128-gcm", "AES-128-GCM", SEND, 128, 16, 12, 16,
	    OID(NIST_AES, 6)),
	CIPHER(AES192_GCM, "aes-192-gcm", "AES-192-GCM", ACCEPT, 192, 24, 12,
	    16, OID(NIST_AES, 26)),
	CIPHER(AES256_GCM, "aes-256-gcm", "AES-256-GCM", SEND, 256, 32, 12, 16,
	    OID(NIST_AES, 46)),
	CIPHER(AES128_CCM, "aes-128-ccm", NULL, ACCEPT, 128, 16, 10, 16,
	    OID(NIST_AES, 7)),
	CIPHER(AES192_CCM, "aes-192-ccm", NULL, ACCEPT, 192, 24, 10, 16,
	    OID(NIST_AES, 27)),
	CIPHER(AES256_CCM, "aes-256-ccm", NULL, ACCEPT, 256, 32, 10, 16,
	    OID(NIST_AES, 47)),
	CIPHER(CHACHA20_POLY1305, "chacha20-poly1305", "ChaCha20-Poly1305",
	    SEND, 256, 32, 12, 16, OID(SMIME_ALG, 18)),
	CIPHER(DES3_CBC, "des-ede3-cbc", "DES-EDE3-CBC", ARCHIVE, 112, 24, 8,
	    0, OID(RSADSI, 3, 7)),
	CIPHER(DES_CBC, "des-cbc", "DES-CBC", ARCHIVE, 56, 8, 8, 0,
	    OID(OIW, 7)),
	CIPHER(RC2_CBC, "rc2-cbc", "RC2-CBC", ARCHIVE, 0, 0, 8, 0,
	    OID(RSADSI, 3, 2)),

	/* id, name, libcrypto name, use, strength, key bytes, OID */
	WRAP(AES128_WRAP, "aes-128-wrap", "AES-128-WRAP", SEND, 128, 16,
	    OID(NIST_AES, 5)),
	WRAP(AES192_WRAP, "aes-192-wrap", "AES-192-WRAP", ACCEPT, 192, 24,
	    OID(NIST_AES, 25)),
	WRAP(AES256_WRAP, "aes-256-wrap", "AES-256-WRAP", SEND, 256, 32,
	    OID(NIST_AES, 45)),
	WRAP(DES3_WRAP, "des-ede3-wrap", NULL, ARCHIVE, 112, 24,
	    OID(SMIME_ALG, 6)),
	WRAP(PWRI_KEK, "pwri-kek", NULL, SEND, 0, 0, OID(SMIME_ALG, 9)),

	/* kind, id, name, libcrypto name, use, strength, digest, OID: from here on */
	OTHER(SIGNATURE, RSA_MD5, "rsa-md5", "RSA", ARCHIVE, 0, SM_MD5,
	    OID(PKCS1, 4)),
	OTHER(SIGNATURE, RSA_SHA1, "rsa-sha1", "RSA", ARCHIVE, 0, SM_SHA1,
	    OID(PKCS1, 5)),
	OTHER(SIGNATURE, RSA_SHA224, "rsa-sha224", "RSA", ACCEPT, 0, SM_SHA224,
	    OID(PKCS1, 14)),
	OTHER(SIGNATURE, RSA_SHA256, "rsa-sha256", "RSA", SEND, 0, SM_SHA256,
	    OID(PKCS1, 11)),
	OTHER(SIGNATURE, RSA_SHA384, "rsa-sha384", "RSA", SEND, 0, SM_SHA384,
	    OID(PKCS1, 12)),
	OTHER(SIGNATURE, RSA_SHA512, "rsa-sha512", "RSA", SEND, 0, SM_SHA512,
	    OID(PKCS1, 13)),
	OTHER(SIGNATURE, RSA_PLAIN, "rsa", "RSA", SEND, 0, SM_ALG_NONE,
	    OID(PKCS1, 1)),
	OTHER(SIGNATURE, RSA_PSS, "rsa-pss", "RSA", SEND, 0, SM_ALG_NONE,
	    OID(PKCS1, 10)),
	OTHER(SIGNATURE, RSA_PSS_SHAKE128, "rsa-pss-shake128", "RSA", ACCEPT,
	    0, SM_SHAKE128, OID(PKIX_ALG, 30)),
	OTHER(SIGNATURE, RSA_PSS_SHAKE256, "rsa-pss-shake256", "RSA", ACCEPT,
	    0, SM_SHAKE256, OID(PKIX_ALG, 31)),
	OTHER(SIGNATURE, RSA_SHA3_224, "rsa-sha3-224", "RSA", ACCEPT, 0,
	    SM_SHA3_224, OID(NIST_SIG, 13)),
	OTHER(SIGNATURE, RSA_SHA3_256, "rsa-sha3-256", "RSA", ACCEPT, 0,
	    SM_SHA3_256, OID(NIST_SIG, 14)),
	OTHER(SIGNATURE, RSA_SHA3_384, "rsa-sha3-384", "RSA", ACCEPT, 0,
	    SM_SHA3_384, OID(NIST_SIG, 15)),
	OTHER(SIGNATURE, RSA_SHA3_512, "rsa-sha3-512", "RSA", ACCEPT, 0,
	    SM_SHA3_512, OID(NIST_SIG, 16)),
	OTHER(SIGNATURE, ECDSA_SHA1, "ecdsa-sha1", "EC", ARCHIVE, 0, SM_SHA1,
	    OID(X962, 4, 1)),
	OTHER(SIGNATURE, ECDSA_SHA224, "ecdsa-sha224", "EC", ACCEPT, 0,
	    SM_SHA224, OID(X962, 4, 3, 1)),
	OTHER(SIGNATURE, ECDSA_SHA256, "ecdsa-sha256", "EC", SEND, 0,
	    SM_SHA256, OID(X962, 4, 3, 2)),
	OTHER(SIGNATURE, ECDSA_SHA384, "ecdsa-sha384", "EC", SEND, 0,
	    SM_SHA384, OID(X962, 4, 3, 3)),
	OTHER(SIGNATURE, ECDSA_SHA512, "ecdsa-sha512", "EC", SEND, 0,
	    SM_SHA512, OID(X962, 4, 3, 4)),
	OTHER(SIGNATURE, ECDSA_SHA3_224, "ecdsa-sha3-224", "EC", ACCEPT, 0,
	    SM_SHA3_224, OID(NIST_SIG, 9)),
	OTHER(SIGNATURE, ECDSA_SHA3_256, "ecdsa-sha3-256", "EC", ACCEPT, 0,
	    SM_SHA3_256, OID(NIST_SIG, 10)),
	OTHER(SIGNATURE, ECDSA_SHA3_384, "ecdsa-sha3-384", "EC", ACCEPT, 0,
	    SM_SHA3_384, OID(NIST_SIG, 11)),
	OTHER(SIGNATURE, ECDSA_SHA3_512, "ecdsa-sha3-512", "EC", ACCEPT, 0,
	    SM_SHA3_512, OID(NIST_SIG, 12)),
	OTHER(SIGNATURE, ECDSA_SHAKE128, "ecdsa-shake128", "EC", ACCEPT, 0,
	    SM_SHAKE128, OID(PKIX_ALG, 32)),
	OTHER(SIGNATURE, ECDSA_SHAKE256, "ecdsa-shake256", "EC", ACCEPT, 0,
	    SM_SHAKE256, OID(PKIX_ALG, 33)),
	OTHER(SIGNATURE, EC_PLAIN, "ecdsa", "EC", ACCEPT, 0, SM_ALG_NONE,
	    OID(X962, 2, 1)),
	OTHER(SIGNATURE, DSA_SHA1, "dsa-sha1", "DSA", ARCHIVE, 0, SM_SHA1,
	    OID(X957, 4, 3)),
	OTHER(SIGNATURE, DSA_SHA224, "dsa-sha224", "DSA", ARCHIVE, 0,
	    SM_SHA224, OID(NIST_SIG, 1)),
	OTHER(SIGNATURE, DSA_SHA256, "dsa-sha256", "DSA", ARCHIVE, 0,
	    SM_SHA256, OID(NIST_SIG, 2)),
	OTHER(SIGNATURE, DSA_PLAIN, "dsa", "DSA", ARCHIVE, 0, SM_ALG_NONE,
	    OID(X957, 4, 1)),
	OTHER(SIGNATURE, ED25519, "ed25519", "ED25519", SEND, 128, SM_ALG_NONE,
	    OID(EDWARDS, 112)),
	OTHER(SIGNATURE, ED448, "ed448", "ED448", SEND, 224, SM_ALG_NONE,
	    OID(EDWARDS, 113)),
	OTHER(SIGNATURE, ML_DSA_44, "ml-dsa-44", "ML-DSA-44", ACCEPT, 128,
	    SM_ALG_NONE, OID(NIST_SIG, 17)),
	OTHER(SIGNATURE, ML_DSA_65, "ml-dsa-65", "ML-DSA-65", ACCEPT, 192,
	    SM_ALG_NONE, OID(NIST_SIG, 18)),
	OTHER(SIGNATURE, ML_DSA_87, "ml-dsa-87", "ML-DSA-87", ACCEPT, 256,
	    SM_ALG_NONE, OID(NIST_SIG, 19)),

	OTHER(PUBKEY, PK_RSA, "rsa", "RSA", SEND, 0, SM_ALG_NONE,
	    OID(PKCS1, 1)),
	OTHER(PUBKEY, PK_RSA_PSS, "rsa-pss", "RSA", SEND, 0, SM_ALG_NONE,
	    OID(PKCS1, 10)),
	OTHER(PUBKEY, PK_RSA_OAEP, "rsa-oaep", "RSA", ACCEPT, 0, SM_ALG_NONE,
	    OID(PKCS1, 7)),
	OTHER(PUBKEY, PK_EC, "ec", "EC", SEND, 0, SM_ALG_NONE,
	    OID(X962, 2, 1)),
	OTHER(PUBKEY, PK_DSA, "dsa", "DSA", ARCHIVE, 0, SM_ALG_NONE,
	    OID(X957, 4, 1)),
	OTHER(PUBKEY, PK_X25519, "x25519", "X25519", SEND, 128, SM_ALG_NONE,
	    OID(EDWARDS, 110)),
	OTHER(PUBKEY, PK_X448, "x448", "X448", SEND, 224, SM_ALG_NONE,
	    OID(EDWARDS, 111)),
	OTHER(PUBKEY, PK_ML_KEM_512, "ml-kem-512", "ML-KEM-512", ACCEPT, 128,
	    SM_ALG_NONE, OID(NIST_KEM, 1)),
	OTHER(PUBKEY, PK_ML_KEM_768, "ml-kem-768", "ML-KEM-768", ACCEPT, 192,
	    SM_ALG_NONE, OID(NIST_KEM, 2)),
	OTHER(PUBKEY, PK_ML_KEM_1024, "ml-kem-1024", "ML-KEM-1024", ACCEPT,
	    256, SM_ALG_NONE, OID(NIST_KEM, 3)),

	OTHER(KEYTRANS, RSA_PKCS1, "rsa-pkcs1", "RSA", ACCEPT, 0, SM_ALG_NONE,
	    OID(PKCS1, 1)),
	OTHER(KEYTRANS, RSA_OAEP, "rsa-oaep", "RSA", SEND, 0, SM_ALG_NONE,
	    OID(PKCS1, 7)),

	OTHER(KEYAGREE, ECDH_SHA1KDF, "ecdh-sha1kdf", NULL, ACCEPT, 0, SM_SHA1,
	    OID(X963, 63, 0, 2)),
	OTHER(KEYAGREE, ECDH_SHA224KDF, "ecdh-sha224kdf", NULL, ACCEPT, 0,
	    SM_SHA224, OID(CERTICOM, 11, 0)),
	OTHER(KEYAGREE, ECDH_SHA256KDF, "ecdh-sha256kdf", NULL, SEND, 0,
	    SM_SHA256, OID(CERTICOM, 11, 1)),
	OTHER(KEYAGREE, ECDH_SHA384KDF, "ecdh-sha384kdf", NULL, SEND, 0,
	    SM_SHA384, OID(CERTICOM, 11, 2)),
	OTHER(KEYAGREE, ECDH_SHA512KDF, "ecdh-sha512kdf", NULL, SEND, 0,
	    SM_SHA512, OID(CERTICOM, 11, 3)),
	OTHER(KEYAGREE, ECDH_HKDF_SHA256, "ecdh-hkdf-sha256", NULL, SEND, 0,
	    SM_SHA256, OID(SMIME_ALG, 19)),
	OTHER(KEYAGREE, ECDH_HKDF_SHA384, "ecdh-hkdf-sha384", NULL, SEND, 0,
	    SM_SHA384, OID(SMIME_ALG, 20)),
	OTHER(KEYAGREE, ECDH_HKDF_SHA512, "ecdh-hkdf-sha512", NULL, SEND, 0,
	    SM_SHA512, OID(SMIME_ALG, 21)),

	OTHER(KEM, KEM_RSA, "rsa-kem", NULL, ACCEPT, 0, SM_ALG_NONE,
	    OID(0x28, 0x81, 0x8c, 0x71, 0x02, 0x02, 0x04)),
	OTHER(KEM, RSA_KEM_SPKI, "rsa-kem-spki", NULL, ACCEPT, 0, SM_ALG_NONE,
	    OID(SMIME_ALG, 14)),

	OTHER(KDF, HKDF_SHA256, "hkdf-sha256", "HKDF", SEND, 0, SM_SHA256,
	    OID(SMIME_ALG, 28)),
	OTHER(KDF, HKDF_SHA384, "hkdf-sha384", "HKDF", SEND, 0, SM_SHA384,
	    OID(SMIME_ALG, 29)),
	OTHER(KDF, HKDF_SHA512, "hkdf-sha512", "HKDF", SEND, 0, SM_SHA512,
	    OID(SMIME_ALG, 30)),
	OTHER(KDF, KDF2, "kdf2", NULL, ACCEPT, 0, SM_ALG_NONE,
	    OID(X963, 9, 44, 1, 1)),
	OTHER(KDF, KDF3, "kdf3", NULL, ACCEPT, 0, SM_ALG_NONE,
	    OID(X963, 9, 44, 1, 2)),
	OTHER(KDF, PBKDF2, "pbkdf2", "PBKDF2", SEND, 0, SM_ALG_NONE,
	    OID(RSADSI, 1, 5, 12)),
	OTHER(KDF, SCRYPT, "scrypt", "SCRYPT", SEND, 0, SM_ALG_NONE,
	    OID(0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47, 0x04, 0x0b)),
	OTHER(KDF, CEK_HKDF_SHA256, "cek-hkdf-sha256", NULL, SEND, 0,
	    SM_SHA256, OID(SMIME_ALG, 31)),

	OTHER(MAC, HMAC_SHA1, "hmac-sha1", "HMAC", ACCEPT, 0, SM_SHA1,
	    OID(RSADSI, 2, 7)),
	OTHER(MAC, HMAC_SHA224, "hmac-sha224", "HMAC", ACCEPT, 0, SM_SHA224,
	    OID(RSADSI, 2, 8)),
	OTHER(MAC, HMAC_SHA256, "hmac-sha256", "HMAC", SEND, 0, SM_SHA256,
	    OID(RSADSI, 2, 9)),
	OTHER(MAC, HMAC_SHA384, "hmac-sha384", "HMAC", SEND, 0, SM_SHA384,
	    OID(RSADSI, 2, 10)),
	OTHER(MAC, HMAC_SHA512, "hmac-sha512", "HMAC", SEND, 0, SM_SHA512,
	    OID(RSADSI, 2, 11)),

	OTHER(COMPRESS, ZLIB, "zlib", NULL, SEND, 0, SM_ALG_NONE,
	    OID(SMIME_ALG, 8)),

	OTHER(KDF, MGF1, "mgf1", NULL, SEND, 0, SM_ALG_NONE, OID(PKCS1, 8)),
};

/* Second OIDs of the same algorithm, and algorithms that serve a second kind. */
const struct sm_alg_alias sm_alg_aliases[] = {
	/* id-shake128-len */
	{ SM_ALG_DIGEST, SM_SHAKE128, OID(NIST_HASH, 17) },
	/* id-shake256-len, RFC 8419: the length is a parameter */
	{ SM_ALG_DIGEST, SM_SHAKE256, OID(NIST_HASH, 18) },
	/* sha1WithRSASignature, OIW */
	{ SM_ALG_SIGNATURE, SM_RSA_SHA1, OID(OIW, 29) },
	/* dsaWithSHA1, OIW */
	{ SM_ALG_SIGNATURE, SM_DSA_SHA1, OID(OIW, 27) },
	/* id-ecDH, RFC 5480 */
	{ SM_ALG_PUBKEY, SM_PK_EC, OID(CERTICOM, 12) },
	{ SM_ALG_PUBKEY, SM_ED25519, OID(EDWARDS, 112) },
	{ SM_ALG_PUBKEY, SM_ED448, OID(EDWARDS, 113) },
	{ SM_ALG_PUBKEY, SM_ML_DSA_44, OID(NIST_SIG, 17) },
	{ SM_ALG_PUBKEY, SM_ML_DSA_65, OID(NIST_SIG, 18) },
	{ SM_ALG_PUBKEY, SM_ML_DSA_87, OID(NIST_SIG, 19) },
	/* a key for RSA-KEM only, RFC 9690 */
	{ SM_ALG_PUBKEY, SM_RSA_KEM_SPKI, OID(SMIME_ALG, 14) },
	/* RFC 8692 */
	{ SM_ALG_PUBKEY, SM_RSA_PSS_SHAKE128, OID(PKIX_ALG, 30) },
	/* RFC 8692 */
	{ SM_ALG_PUBKEY, SM_RSA_PSS_SHAKE256, OID(PKIX_ALG, 31) },
	/* cofactor DH */
	{ SM_ALG_KEYAGREE, SM_ECDH_SHA1KDF, OID(X963, 63, 0, 3) },
	/* cofactor DH */
	{ SM_ALG_KEYAGREE, SM_ECDH_SHA224KDF, OID(CERTICOM, 14, 0) },
	/* cofactor DH */
	{ SM_ALG_KEYAGREE, SM_ECDH_SHA256KDF, OID(CERTICOM, 14, 1) },
	/* cofactor DH */
	{ SM_ALG_KEYAGREE, SM_ECDH_SHA384KDF, OID(CERTICOM, 14, 2) },
	/* cofactor DH */
	{ SM_ALG_KEYAGREE, SM_ECDH_SHA512KDF, OID(CERTICOM, 14, 3) },
	{ SM_ALG_KEM, SM_PK_ML_KEM_512, OID(NIST_KEM, 1) },
	{ SM_ALG_KEM, SM_PK_ML_KEM_768, OID(NIST_KEM, 2) },
	{ SM_ALG_KEM, SM_PK_ML_KEM_1024, OID(NIST_KEM, 3) },
	/* RFC 3370 section 3.1 */
	{ SM_ALG_MAC, SM_HMAC_SHA1,
	    OID(0x2b, 0x06, 0x01, 0x05, 0x05, 0x08, 0x01, 0x02) },
};
const size_t sm_alg_alias_count =
    sizeof(sm_alg_aliases) / sizeof(sm_alg_aliases[0]);
