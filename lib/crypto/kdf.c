#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/digest.h>
#include <crypto/evp.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

enum {
	KDF_HKDF_BLOCKS = 255,      /* RFC 5869 section 2.3 */
	KDF_OUT_MAX = 64 * 1024,    /* of the counter KDFs: far from 2^32 blocks */
};

/* libcrypto takes addresses only, also of what is empty. */
static void *
kdf_data(struct sm_bytes b)
{
	static uint8_t nothing[1];

	return b.len > 0 ? (void *)(uintptr_t)b.data : nothing;
}

static bool
kdf_digest_known(enum sm_alg_id digest)
{
	return sm_alg_get(digest)->kind == SM_ALG_DIGEST &&
	    sm_alg_get(digest)->out_bytes > 0;
}

/* One block of ANSI X9.63 (secret first) or of NIST SP 800-56C (counter first). */
static int
kdf_counter_block(struct sm_digest_value *block, enum sm_alg_id digest,
    uint32_t counter, bool counter_first, struct sm_bytes secret,
    struct sm_bytes info)
{
	uint8_t number[4] = { (uint8_t)(counter >> 24), (uint8_t)(counter >> 16),
		(uint8_t)(counter >> 8), (uint8_t)counter };
	struct sm_bytes n = sm_bytes(number, sizeof(number));
	struct sm_digest_set *set = NULL;
	int rc;

	SM_TRY(sm_digest_set_new(&set));
	SM_TRY_OUT(sm_digest_set_add(set, digest));
	SM_TRY_OUT(sm_digest_set_update(set, counter_first ? n : secret));
	SM_TRY_OUT(sm_digest_set_update(set, counter_first ? secret : n));
	SM_TRY_OUT(sm_digest_set_update(set, info));
	SM_TRY_OUT(sm_digest_set_finish(set));
	*block = *sm_digest_set_get(set, digest);
out:
	sm_digest_set_free(set);
	return rc;
}

static int
kdf_counter(struct sm_buf *out, size_t out_len, enum sm_alg_id digest,
    bool counter_first, struct sm_bytes secret, struct sm_bytes info)
{
	struct sm_digest_value block;
	uint32_t counter = 1;
	size_t had = out->len;
	int rc = SM_OK;

	if (!kdf_digest_known(digest) || out_len > KDF_OUT_MAX)
		return SM_E_USAGE;
	SM_TRY(sm_buf_reserve(out, out_len));
	while (rc == 0 && out->len - had < out_len) {
		rc = kdf_counter_block(&block, digest, counter++, counter_first,
		    secret, info);
		if (rc == 0)
			rc = sm_buf_append(out, sm_bytes_first(
			    sm_bytes(block.data, block.len),
			    out_len - (out->len - had)));
	}
	sm_wipe(&block, sizeof(block));
	if (rc != 0)
		out->len = had;
	return rc;
}

int
sm_kdf_x963(struct sm_buf *out, size_t out_len, enum sm_alg_id digest,
    struct sm_bytes secret, struct sm_bytes info)
{
	return kdf_counter(out, out_len, digest, false, secret, info);
}

int
sm_kdf3(struct sm_buf *out, size_t out_len, enum sm_alg_id digest,
    struct sm_bytes secret, struct sm_bytes info)
{
	return kdf_counter(out, out_len, digest, true, secret, info);
}

/* Append out_len bytes of libcrypto's KDF of that name. */
static int
kdf_derive(struct sm_buf *out, size_t out_len, const char *name,
    const OSSL_PARAM *params)
{
	EVP_KDF *kdf = NULL;
	EVP_KDF_CTX *ctx = NULL;
	int rc = SM_OK;

	SM_TRY(sm_buf_reserve(out, out_len));
	sm_evp_begin();
	kdf = EVP_KDF_fetch(NULL, name, NULL);
	if (kdf == NULL) {
		rc = SM_E_UNSUPPORTED;
		goto out;
	}
	ctx = EVP_KDF_CTX_new(kdf);
	if (ctx == NULL) {
		rc = SM_E_NOMEM;
		goto out;
	}
	if (EVP_KDF_derive(ctx, out->data + out->len, out_len, params) != 1)
		rc = sm_evp_failure();
	else
		out->len += out_len;
out:
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	sm_evp_end();
	return rc;
}

static OSSL_PARAM
kdf_octets(const char *key, struct sm_bytes b)
{
	return OSSL_PARAM_construct_octet_string(key, kdf_data(b), b.len);
}

static OSSL_PARAM
kdf_digest(enum sm_alg_id digest)
{
	return OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
	    (char *)(uintptr_t)sm_alg_get(digest)->evp, 0);
}

int
sm_hkdf(struct sm_buf *out, size_t out_len, enum sm_alg_id digest,
    struct sm_bytes secret, struct sm_bytes salt, struct sm_bytes info)
{
	OSSL_PARAM params[5], *p = params;

	if (!kdf_digest_known(digest) || out_len == 0 ||
	    out_len > KDF_HKDF_BLOCKS * sm_alg_get(digest)->out_bytes)
		return SM_E_USAGE;
	*p++ = kdf_digest(digest);
	*p++ = kdf_octets(OSSL_KDF_PARAM_KEY, secret);
	*p++ = kdf_octets(OSSL_KDF_PARAM_SALT, salt);
	*p++ = kdf_octets(OSSL_KDF_PARAM_INFO, info);
	*p = OSSL_PARAM_construct_end();
	return kdf_derive(out, out_len, "HKDF", params);
}

int
sm_pbkdf2(struct sm_buf *out, size_t out_len, enum sm_alg_id digest,
    struct sm_bytes password, struct sm_bytes salt, uint64_t iterations)
{
	OSSL_PARAM params[6], *p = params;
	int any_size = 1; /* the checks of SP 800-132 refuse what old mail has */

	if (!kdf_digest_known(digest) || out_len == 0 || out_len > KDF_OUT_MAX ||
	    iterations == 0 || iterations > INT32_MAX)
		return SM_E_USAGE;
	*p++ = kdf_digest(digest);
	*p++ = kdf_octets(OSSL_KDF_PARAM_PASSWORD, password);
	*p++ = kdf_octets(OSSL_KDF_PARAM_SALT, salt);
	*p++ = OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_ITER, &iterations);
	*p++ = OSSL_PARAM_construct_int(OSSL_KDF_PARAM_PKCS5, &any_size);
	*p = OSSL_PARAM_construct_end();
	return kdf_derive(out, out_len, "PBKDF2", params);
}

int
sm_hmac(struct sm_buf *out, enum sm_alg_id digest, struct sm_bytes key,
    struct sm_bytes in)
{
	EVP_MAC *mac = NULL;
	EVP_MAC_CTX *ctx = NULL;
	OSSL_PARAM params[2];
	size_t want = sm_alg_get(digest)->out_bytes, got = 0;
	int rc = SM_OK;

	if (!kdf_digest_known(digest))
		return SM_E_USAGE;
	SM_TRY(sm_buf_reserve(out, want));
	params[0] = kdf_digest(digest);
	params[1] = OSSL_PARAM_construct_end();
	sm_evp_begin();
	mac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (mac == NULL) {
		rc = SM_E_UNSUPPORTED;
		goto out;
	}
	ctx = EVP_MAC_CTX_new(mac);
	if (ctx == NULL) {
		rc = SM_E_NOMEM;
		goto out;
	}
	if (EVP_MAC_init(ctx, kdf_data(key), key.len, params) != 1 ||
	    EVP_MAC_update(ctx, in.data, in.len) != 1 ||
	    EVP_MAC_final(ctx, out->data + out->len, &got, want) != 1)
		rc = sm_evp_failure();
	else
		out->len += got;
out:
	EVP_MAC_CTX_free(ctx);
	EVP_MAC_free(mac);
	sm_evp_end();
	return rc;
}

int
sm_cek_hkdf(struct sm_buf *out, struct sm_bytes cek,
    struct sm_bytes content_alg_der)
{
	/* RFC 9709 section 2. */
	return sm_hkdf(out, cek.len, SM_SHA256, cek,
	    sm_bytes_str("The Cryptographic Message Syntax"), content_alg_der);
}
