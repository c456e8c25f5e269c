#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/digest.h>
#include <crypto/evp.h>

enum {
	WRAP_BLOCK = 8,
	WRAP_KEY_MIN = 16,  /* RFC 3394 section 2: at least two blocks */
	WRAP_KEY_MAX = 1024, /* far above every key that mail wraps */
	/* RFC 3217: IV, key, checksum. */
	WRAP_DES3_KEY = 24,
	WRAP_DES3_ALL = 40,
};

/* One pass of a wrap or CBC cipher without padding. libcrypto wants room for two
 * blocks more than the input; both buffers are the caller's own arrays. */
static int
wrap_pass(enum sm_alg_id alg, bool encrypt, struct sm_bytes kek,
    const uint8_t *iv, struct sm_bytes in, uint8_t *out, size_t *out_len)
{
	EVP_CIPHER *cipher = NULL;
	EVP_CIPHER_CTX *ctx;
	int rc = SM_OK, got = 0, more = 0;

	SM_TRY(sm_evp_cipher(&cipher, alg));
	ctx = EVP_CIPHER_CTX_new();
	if (ctx == NULL) {
		rc = SM_E_NOMEM;
		goto out;
	}
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_CipherInit_ex2(ctx, cipher, kek.data, iv, encrypt, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(ctx, 0) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	if (EVP_CipherUpdate(ctx, out, &got, in.data, (int)in.len) != 1 ||
	    got <= 0 || EVP_CipherFinal_ex(ctx, out + got, &more) != 1)
		rc = sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM : SM_E_AUTH;
	else
		*out_len = (size_t)got + (size_t)more;
out:
	EVP_CIPHER_CTX_free(ctx);
	EVP_CIPHER_free(cipher);
	return rc;
}

/* RFC 3394: the result is one block longer or shorter. */
static int
wrap_aes(struct sm_buf *out, enum sm_alg_id alg, bool wrap, struct sm_bytes kek,
    struct sm_bytes in)
{
	uint8_t tmp[WRAP_KEY_MAX + 4 * WRAP_BLOCK];
	size_t want = wrap ? in.len + WRAP_BLOCK : in.len - WRAP_BLOCK;
	size_t got = 0;
	int rc;

	rc = wrap_pass(alg, wrap, kek, NULL, in, tmp, &got);
	if (rc == 0 && got != want)
		rc = SM_E_CRYPTO;
	if (rc == 0)
		rc = sm_buf_append(out, sm_bytes(tmp, got));
	sm_wipe(tmp, sizeof(tmp));
	return rc;
}

static void
wrap_reverse(uint8_t *p, size_t len)
{
	size_t i;
	uint8_t t;

	for (i = 0; i < len / 2; i++) {
		t = p[i];
		p[i] = p[len - 1 - i];
		p[len - 1 - i] = t;
	}
}

/* RFC 3217 section 3: the IV of the outer pass. */
static const uint8_t wrap_des3_iv[WRAP_BLOCK] = {
	0x4a, 0xdd, 0xa2, 0x2c, 0x79, 0xe8, 0x21, 0x05
};

/* RFC 3217 section 3.1. Parity bits are left as they come: no cipher reads
 * them, and changing them would change the key that the caller holds. */
static int
wrap_des3(struct sm_buf *out, struct sm_bytes kek, struct sm_bytes key)
{
	struct sm_digest_value sum;
	uint8_t a[WRAP_DES3_ALL + 2 * WRAP_BLOCK];
	uint8_t b[WRAP_DES3_ALL + 2 * WRAP_BLOCK];
	size_t got = 0;
	int rc;

	SM_TRY_OUT(sm_digest(&sum, SM_SHA1, key));
	memcpy(a, key.data, WRAP_DES3_KEY);
	memcpy(a + WRAP_DES3_KEY, sum.data, WRAP_BLOCK);
	SM_TRY_OUT(sm_random(b, WRAP_BLOCK));
	SM_TRY_OUT(wrap_pass(SM_DES3_CBC, true, kek, b,
	    sm_bytes(a, WRAP_DES3_KEY + WRAP_BLOCK), b + WRAP_BLOCK, &got));
	wrap_reverse(b, WRAP_DES3_ALL);
	SM_TRY_OUT(wrap_pass(SM_DES3_CBC, true, kek, wrap_des3_iv,
	    sm_bytes(b, WRAP_DES3_ALL), a, &got));
	rc = sm_buf_append(out, sm_bytes(a, WRAP_DES3_ALL));
out:
	sm_wipe(&sum, sizeof(sum));
	sm_wipe(a, sizeof(a));
	sm_wipe(b, sizeof(b));
	return rc;
}

/* RFC 3217 section 3.2. */
static int
unwrap_des3(struct sm_buf *out, struct sm_bytes kek, struct sm_bytes in)
{
	struct sm_digest_value sum;
	uint8_t a[WRAP_DES3_ALL + 2 * WRAP_BLOCK];
	uint8_t b[WRAP_DES3_ALL + 2 * WRAP_BLOCK];
	size_t got = 0;
	int rc;

	memset(&sum, 0, sizeof(sum));
	SM_TRY_OUT(wrap_pass(SM_DES3_CBC, false, kek, wrap_des3_iv, in, a,
	    &got));
	wrap_reverse(a, WRAP_DES3_ALL);
	SM_TRY_OUT(wrap_pass(SM_DES3_CBC, false, kek, a,
	    sm_bytes(a + WRAP_BLOCK, WRAP_DES3_KEY + WRAP_BLOCK), b, &got));
	SM_TRY_OUT(sm_digest(&sum, SM_SHA1, sm_bytes(b, WRAP_DES3_KEY)));
	if (!sm_equal_ct(sum.data, b + WRAP_DES3_KEY, WRAP_BLOCK))
		rc = SM_E_AUTH;
	else
		rc = sm_buf_append(out, sm_bytes(b, WRAP_DES3_KEY));
out:
	sm_wipe(&sum, sizeof(sum));
	sm_wipe(a, sizeof(a));
	sm_wipe(b, sizeof(b));
	return rc;
}

static bool
wrap_known(enum sm_alg_id wrap, struct sm_bytes kek)
{
	const struct sm_alg *a = sm_alg_get(wrap);

	return a->kind == SM_ALG_WRAP && wrap != SM_PWRI_KEK &&
	    kek.len == a->key_bytes;
}

int
sm_wrap(struct sm_buf *out, enum sm_alg_id wrap, struct sm_bytes kek,
    struct sm_bytes key)
{
	int rc;

	if (!wrap_known(wrap, kek))
		return SM_E_USAGE;
	if (wrap == SM_DES3_WRAP ? key.len != WRAP_DES3_KEY :
	    key.len < WRAP_KEY_MIN || key.len > WRAP_KEY_MAX ||
	    key.len % WRAP_BLOCK != 0)
		return SM_E_USAGE;
	sm_evp_begin();
	rc = wrap == SM_DES3_WRAP ? wrap_des3(out, kek, key) :
	    wrap_aes(out, wrap, true, kek, key);
	sm_evp_end();
	return rc;
}

int
sm_unwrap(struct sm_buf *out, enum sm_alg_id wrap, struct sm_bytes kek,
    struct sm_bytes wrapped)
{
	int rc;

	if (!wrap_known(wrap, kek))
		return SM_E_USAGE;
	if (wrap == SM_DES3_WRAP ? wrapped.len != WRAP_DES3_ALL :
	    wrapped.len < WRAP_KEY_MIN + WRAP_BLOCK ||
	    wrapped.len > WRAP_KEY_MAX + WRAP_BLOCK ||
	    wrapped.len % WRAP_BLOCK != 0)
		return SM_E_AUTH;
	sm_evp_begin();
	rc = wrap == SM_DES3_WRAP ? unwrap_des3(out, kek, wrapped) :
	    wrap_aes(out, wrap, false, kek, wrapped);
	sm_evp_end();
	return rc;
}
