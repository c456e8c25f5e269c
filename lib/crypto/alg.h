/* crypto/alg.h - the one algorithm table: OID, name, strength, what we may do.
 *
 * Everything that names an algorithm asks here; no other file knows an OID of
 * an algorithm. Availability (a provider may lack one) is found at run time. */
#ifndef SM_CRYPTO_ALG_H
#define SM_CRYPTO_ALG_H

#include <base/buf.h>

enum sm_alg_kind {
	SM_ALG_DIGEST,
	SM_ALG_CIPHER,     /* content encryption */
	SM_ALG_WRAP,       /* key wrap */
	SM_ALG_SIGNATURE,  /* signature with its digest fixed by the OID */
	SM_ALG_PUBKEY,     /* SubjectPublicKeyInfo algorithm */
	SM_ALG_KEYTRANS,   /* rsaEncryption, OAEP */
	SM_ALG_KEYAGREE,   /* ECDH schemes, with their KDF digest */
	SM_ALG_KEM,        /* id-rsa-kem-spki, id-kem-rsa; ML-KEM later */
	SM_ALG_KDF,        /* HKDF-*, KDF2, KDF3, PBKDF2, CEK-HKDF */
	SM_ALG_MAC,
	SM_ALG_COMPRESS,
};

enum sm_alg_id {
	SM_ALG_NONE = 0,
	/* digests */
	SM_MD5, SM_SHA1, SM_SHA224, SM_SHA256, SM_SHA384, SM_SHA512,
	SM_SHA512_256, SM_SHA3_224, SM_SHA3_256, SM_SHA3_384, SM_SHA3_512,
	SM_SHAKE128, SM_SHAKE256, /* as CMS digests: 32 and 64 bytes (RFC 8702) */
	/* content ciphers */
	SM_AES128_CBC, SM_AES192_CBC, SM_AES256_CBC,
	SM_AES128_GCM, SM_AES192_GCM, SM_AES256_GCM,
	SM_AES128_CCM, SM_AES192_CCM, SM_AES256_CCM,
	SM_CHACHA20_POLY1305,
	SM_DES3_CBC, SM_DES_CBC, SM_RC2_CBC,
	/* key wrap */
	SM_AES128_WRAP, SM_AES192_WRAP, SM_AES256_WRAP,
	SM_DES3_WRAP, SM_PWRI_KEK,
	/* signatures */
	SM_RSA_MD5, SM_RSA_SHA1, SM_RSA_SHA224, SM_RSA_SHA256, SM_RSA_SHA384,
	SM_RSA_SHA512, SM_RSA_PLAIN /* rsaEncryption: digest from elsewhere */,
	SM_RSA_PSS, SM_RSA_PSS_SHAKE128, SM_RSA_PSS_SHAKE256,
	SM_RSA_SHA3_224, SM_RSA_SHA3_256, SM_RSA_SHA3_384, SM_RSA_SHA3_512,
	SM_ECDSA_SHA1, SM_ECDSA_SHA224, SM_ECDSA_SHA256, SM_ECDSA_SHA384,
	SM_ECDSA_SHA512, SM_ECDSA_SHA3_224, SM_ECDSA_SHA3_256,
	SM_ECDSA_SHA3_384, SM_ECDSA_SHA3_512, SM_ECDSA_SHAKE128,
	SM_ECDSA_SHAKE256, SM_EC_PLAIN /* id-ecPublicKey as signature OID */,
	SM_DSA_SHA1, SM_DSA_SHA224, SM_DSA_SHA256, SM_DSA_PLAIN,
	SM_ED25519, SM_ED448, SM_ML_DSA_44, SM_ML_DSA_65, SM_ML_DSA_87,
	/* public keys not named above */
	SM_PK_RSA, SM_PK_RSA_PSS, SM_PK_RSA_OAEP, SM_PK_EC, SM_PK_DSA,
	SM_PK_X25519, SM_PK_X448, SM_PK_ML_KEM_512, SM_PK_ML_KEM_768,
	SM_PK_ML_KEM_1024,
	/* key transport */
	SM_RSA_PKCS1, SM_RSA_OAEP,
	/* key agreement: stdDH by curve key type, KDF digest in the entry;
	 * cofactor DH schemes are read as well (cofactor 1 on our curves) */
	SM_ECDH_SHA1KDF, SM_ECDH_SHA224KDF, SM_ECDH_SHA256KDF,
	SM_ECDH_SHA384KDF, SM_ECDH_SHA512KDF,
	SM_ECDH_HKDF_SHA256, SM_ECDH_HKDF_SHA384, SM_ECDH_HKDF_SHA512,
	/* KEM */
	SM_KEM_RSA /* 1.0.18033.2.2.4 */, SM_RSA_KEM_SPKI,
	/* KDF */
	SM_HKDF_SHA256, SM_HKDF_SHA384, SM_HKDF_SHA512, SM_KDF2, SM_KDF3,
	SM_PBKDF2, SM_SCRYPT, SM_CEK_HKDF_SHA256,
	/* MAC */
	SM_HMAC_SHA1, SM_HMAC_SHA224, SM_HMAC_SHA256, SM_HMAC_SHA384,
	SM_HMAC_SHA512,
	SM_ZLIB,
	SM_MGF1,
	SM_ALG_COUNT
};

enum sm_alg_use {
	SM_USE_NEVER = 0,   /* recognised and named only (MD4, RC2-40 ...) */
	SM_USE_ARCHIVE = 1, /* old mail: named as weak */
	SM_USE_ACCEPT = 2,  /* read, never written */
	SM_USE_SEND = 3,    /* read and written */
};

struct sm_alg {
	enum sm_alg_id id;
	enum sm_alg_kind kind;
	const char *name;        /* ours, as in reports: "aes-256-gcm" */
	const char *evp;         /* libcrypto's fetch name, NULL when composed */
	struct sm_bytes oid;     /* contents of the OID element; len 0: none */
	enum sm_alg_use use;
	unsigned strength;       /* bits, 0 when it depends on the key */
	enum sm_alg_id digest;   /* signature, ECDH, HMAC: its digest */
	uint16_t key_bytes;      /* cipher, wrap */
	uint16_t iv_bytes;       /* cipher: IV or nonce that we write */
	uint16_t tag_bytes;      /* AEAD: the tag that we write; 0: no AEAD */
	uint16_t out_bytes;      /* digest length */
};

/* Never NULL for a valid id. */
const struct sm_alg *sm_alg_get(enum sm_alg_id id);
/* NULL when unknown. Some OIDs serve two kinds (rsaEncryption): ask by kind. */
const struct sm_alg *sm_alg_by_oid(enum sm_alg_kind kind, struct sm_bytes oid);
const struct sm_alg *sm_alg_by_name(enum sm_alg_kind kind, const char *name);
/* The micalg value of RFC 8551 section 3.5.3.2: "sha-256"; and its reading,
 * old spellings included ("sha1", "rsa-md5"); SM_ALG_NONE when unknown. */
const char *sm_alg_micalg(enum sm_alg_id digest);
enum sm_alg_id sm_alg_from_micalg(struct sm_bytes word);
/* Append the AlgorithmIdentifier of a message digest in CMS: parameters absent
 * (RFC 5754 section 2), for SHAKE256 id-shake256-len with 512, as Ed448 wants it
 * (RFC 8419 section 3.1). */
SM_MUST_CHECK int sm_alg_write_digest(struct sm_buf *out, enum sm_alg_id digest);
/* Does libcrypto here have it (legacy provider included)? */
bool sm_alg_available(enum sm_alg_id id);

/* A name for an OID that is not in the table, for reports: dotted text, or for
 * some well-known ones a name ("md4"). */
void sm_alg_oid_name(char *out, size_t out_size, struct sm_bytes oid);

#endif
