#include <base/der.h>
#include <crypto/alg_table.h>
#include <crypto/digest.h>
#include <crypto/evp.h>

#include <openssl/kdf.h>
#include <strings.h>

const struct sm_alg *
sm_alg_get(enum sm_alg_id id)
{
	if ((unsigned)id >= SM_ALG_COUNT)
		id = SM_ALG_NONE;
	return &sm_alg_table[id];
}

const struct sm_alg *
sm_alg_by_oid(enum sm_alg_kind kind, struct sm_bytes oid)
{
	size_t i;

	if (oid.len == 0)
		return NULL;
	for (i = 1; i < SM_ALG_COUNT; i++)
		if (sm_alg_table[i].kind == kind &&
		    sm_bytes_equal(sm_alg_table[i].oid, oid))
			return &sm_alg_table[i];
	for (i = 0; i < sm_alg_alias_count; i++)
		if (sm_alg_aliases[i].kind == kind &&
		    sm_bytes_equal(sm_alg_aliases[i].oid, oid))
			return sm_alg_get(sm_alg_aliases[i].id);
	return NULL;
}

const struct sm_alg *
sm_alg_by_name(enum sm_alg_kind kind, const char *name)
{
	size_t i;

	for (i = 1; i < SM_ALG_COUNT; i++)
		if (sm_alg_table[i].kind == kind &&
		    strcmp(sm_alg_table[i].name, name) == 0)
			return &sm_alg_table[i];
	return NULL;
}

/* RFC 8551 section 3.5.3.2. The first spelling of a digest is the one that we
 * write, the others were written by mail programs before S/MIME 3.2 or out of
 * other registries. */
static const struct {
	enum sm_alg_id digest;
	const char *word;
} alg_micalgs[] = {
	{ SM_MD5, "md5" },
	{ SM_MD5, "rsa-md5" },
	{ SM_SHA1, "sha-1" },
	{ SM_SHA1, "sha1" },
	{ SM_SHA1, "rsa-sha1" },
	{ SM_SHA224, "sha-224" },
	{ SM_SHA224, "sha224" },
	{ SM_SHA256, "sha-256" },
	{ SM_SHA256, "sha256" },
	{ SM_SHA256, "rsa-sha256" },
	{ SM_SHA384, "sha-384" },
	{ SM_SHA384, "sha384" },
	{ SM_SHA384, "rsa-sha384" },
	{ SM_SHA512, "sha-512" },
	{ SM_SHA512, "sha512" },
	{ SM_SHA512, "rsa-sha512" },
	{ SM_SHA512_256, "sha-512-256" },
	{ SM_SHA512_256, "sha512-256" },
	{ SM_SHA3_224, "sha3-224" },
	{ SM_SHA3_256, "sha3-256" },
	{ SM_SHA3_384, "sha3-384" },
	{ SM_SHA3_512, "sha3-512" },
	{ SM_SHAKE128, "shake128" },
	{ SM_SHAKE128, "shake-128" },
	{ SM_SHAKE256, "shake256" },
	{ SM_SHAKE256, "shake-256" },
};

enum { ALG_MICALGS = sizeof(alg_micalgs) / sizeof(alg_micalgs[0]) };

const char *
sm_alg_micalg(enum sm_alg_id digest)
{
	size_t i;

	for (i = 0; i < ALG_MICALGS; i++)
		if (alg_micalgs[i].digest == digest)
			return alg_micalgs[i].word;
	return "unknown"; /* RFC 8551 section 3.5.3.2: its word for any other */
}

enum sm_alg_id
sm_alg_from_micalg(struct sm_bytes word)
{
	size_t i;

	for (i = 0; i < ALG_MICALGS; i++)
		if (strlen(alg_micalgs[i].word) == word.len &&
		    strncasecmp(alg_micalgs[i].word, (const char *)word.data,
			word.len) == 0)
			return alg_micalgs[i].digest;
	return SM_ALG_NONE;
}

static bool
alg_cipher_available(enum sm_alg_id id)
{
	EVP_CIPHER *cipher = NULL;
	bool there = sm_evp_cipher(&cipher, id) == 0;

	EVP_CIPHER_free(cipher);
	return there;
}

static bool
alg_digest_available(enum sm_alg_id id)
{
	EVP_MD *md = NULL;
	bool there = sm_evp_digest(&md, id) == 0;

	EVP_MD_free(md);
	return there;
}

static bool
alg_key_available(const char *name)
{
	EVP_KEYMGMT *mgmt;

	sm_evp_begin();
	mgmt = EVP_KEYMGMT_fetch(NULL, name, NULL);
	EVP_KEYMGMT_free(mgmt);
	sm_evp_end();
	return mgmt != NULL;
}

static bool
alg_kdf_available(const char *name)
{
	EVP_KDF *kdf;

	sm_evp_begin();
	kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_free(kdf);
	sm_evp_end();
	return kdf != NULL;
}

/* The cipher that a composed algorithm rests on. */
static enum sm_alg_id
alg_composed_from(enum sm_alg_id id)
{
	switch (id) {
	case SM_AES128_CCM:
		return SM_AES128_CBC;
	case SM_AES192_CCM:
		return SM_AES192_CBC;
	case SM_AES256_CCM:
		return SM_AES256_CBC;
	case SM_DES3_WRAP:
		return SM_DES3_CBC;
	default:
		return SM_ALG_NONE;
	}
}

/* The second OID of an algorithm; for SHAKE the one with a length. */
static struct sm_bytes
second_oid(enum sm_alg_id id)
{
	for (size_t i = 0; i < sm_alg_alias_count; i++)
		if (sm_alg_aliases[i].id == id)
			return sm_alg_aliases[i].oid;
	return sm_bytes(NULL, 0);
}

int
sm_alg_write_digest(struct sm_buf *out, enum sm_alg_id digest)
{
	const struct sm_alg *alg = sm_alg_get(digest);
	struct sm_derw w;
	size_t mark;

	sm_derw_init(&w, out);
	mark = sm_derw_begin(&w, SM_DER_SEQUENCE);
	if (digest == SM_SHAKE256) {
		sm_derw_oid(&w, second_oid(digest));
		sm_derw_uint(&w, alg->out_bytes * 8u);
	} else {
		sm_derw_oid(&w, alg->oid);
	}
	sm_derw_end(&w, mark);
	return sm_derw_status(&w);
}

bool
sm_alg_available(enum sm_alg_id id)
{
	const struct sm_alg *a = sm_alg_get(id);

	if (a->id == SM_ALG_NONE)
		return false;
	if (alg_composed_from(id) != SM_ALG_NONE)
		return alg_cipher_available(alg_composed_from(id));
	if (a->evp == NULL)
		return true; /* composed from what is always there */
	switch (a->kind) {
	case SM_ALG_DIGEST:
		return alg_digest_available(id);
	case SM_ALG_CIPHER:
	case SM_ALG_WRAP:
		return alg_cipher_available(id);
	case SM_ALG_KDF:
		return alg_kdf_available(a->evp);
	case SM_ALG_MAC:
		return alg_digest_available(a->digest);
	default:
		break;
	}
	if (a->digest != SM_ALG_NONE && !alg_digest_available(a->digest))
		return false;
	return alg_key_available(a->evp);
}

/* Algorithms that we recognise for the report only. */
static const struct {
	const char *dotted;
	const char *name;
} alg_known_names[] = {
	{ "1.2.840.113549.2.2", "md2" },
	{ "1.2.840.113549.2.4", "md4" },
	{ "1.2.840.113549.1.1.2", "rsa-md2" },
	{ "1.2.840.113549.1.1.3", "rsa-md4" },
	{ "1.2.840.113549.3.4", "rc4" },
	{ "1.2.840.113549.3.9", "rc5-cbc" },
	{ "1.2.840.113533.7.66.10", "cast5-cbc" },
	{ "1.3.6.1.4.1.188.7.1.1.2", "idea-cbc" },
	{ "1.2.410.200004.1.4", "seed-cbc" },
	{ "1.2.392.200011.61.1.1.1.2", "camellia-128-cbc" },
	{ "1.2.392.200011.61.1.1.1.3", "camellia-192-cbc" },
	{ "1.2.392.200011.61.1.1.1.4", "camellia-256-cbc" },
	{ "1.2.840.113549.1.9.16.3.5", "static-static-dh" },
	{ "1.2.840.113549.1.9.16.3.10", "dh-ephemeral-static" },
	{ "1.2.840.113549.1.9.16.3.7", "rc2-wrap" },
	{ "1.2.840.10046.2.1", "dh" },
	{ "1.3.36.3.2.1", "ripemd160" },
	{ "1.3.36.3.3.1.2", "rsa-ripemd160" },
	{ "1.2.643.2.2.19", "gost-r3410-2001" },
	{ "1.2.643.7.1.1.1.1", "gost-r3410-2012-256" },
	{ "1.2.643.7.1.1.1.2", "gost-r3410-2012-512" },
	{ "1.2.156.10197.1.501", "sm2-sm3" },
	{ "1.2.156.10197.1.401", "sm3" },
	{ "1.2.840.113549.1.9.16.3.17", "hss-lms" },
	{ "1.3.6.1.5.5.7.6.45", "ml-dsa-65-ecdsa-p256" },
	{ "1.3.6.1.5.5.7.6.48", "ml-dsa-65-ed25519" },
	{ "1.3.6.1.5.5.7.6.58", "ml-kem-768-x25519" },
	{ "1.3.6.1.5.5.7.6.59", "ml-kem-768-ecdh-p256" },
};

void
sm_alg_oid_name(char *out, size_t out_size, struct sm_bytes oid)
{
	size_t i, len;

	if (out_size == 0)
		return;
	sm_der_oid_text(out, out_size, oid);
	for (i = 0; i < sizeof(alg_known_names) / sizeof(alg_known_names[0]);
	    i++) {
		if (strcmp(alg_known_names[i].dotted, out) != 0)
			continue;
		len = strlen(alg_known_names[i].name);
		if (len >= out_size)
			len = out_size - 1;
		memcpy(out, alg_known_names[i].name, len);
		out[len] = '\0';
		return;
	}
}
