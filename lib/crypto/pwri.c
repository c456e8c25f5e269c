/* id-alg-PWRI-KEK (RFC 3211 section 2.3): a count byte, the first three bytes of
 * the key inverted, the key, random padding; encrypted twice in CBC. */
#include <base/try.h>
#include <crypto/cipher_impl.h>

enum {
	PWRI_HEAD = 4,      /* count and check */
	PWRI_KEY_MIN = 8,   /* RFC 3211 section 2.3.1 */
	PWRI_KEY_MAX = 255, /* the count is one byte */
	PWRI_BLOCKS_MAX = 512, /* of wrapped bytes that we look at */
	PWRI_ROOM = PWRI_BLOCKS_MAX + 2 * SM_CIPHER_BLOCK_MAX,
};

static bool
pwri_params_valid(const struct sm_cipher_params *inner, struct sm_bytes kek)
{
	if (!sm_cipher_params_valid(inner) || inner->alg->tag_bytes != 0)
		return false;
	if (inner->alg->id == SM_RC2_CBC)
		return kek.len >= 5 && kek.len <= 128;
	return kek.len == inner->alg->key_bytes;
}

static int
pwri_init(EVP_CIPHER_CTX *ctx, const struct sm_cipher_params *inner,
    bool encrypt, struct sm_bytes kek)
{
	EVP_CIPHER *cipher = NULL;
	int ok;

	SM_TRY(sm_evp_cipher(&cipher, inner->alg->id));
	ok = EVP_CipherInit_ex2(ctx, cipher, NULL, NULL, encrypt, NULL) == 1;
	EVP_CIPHER_free(cipher);
	if (ok && inner->alg->id == SM_RC2_CBC)
		ok = EVP_CIPHER_CTX_set_key_length(ctx, (int)kek.len) == 1 &&
		    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_SET_RC2_KEY_BITS,
			(int)inner->rc2_bits, NULL) > 0;
	if (!ok || EVP_CipherInit_ex2(ctx, NULL, kek.data, inner->iv, encrypt,
		NULL) != 1 || EVP_CIPHER_CTX_set_padding(ctx, 0) != 1)
		return sm_evp_failure();
	return SM_OK;
}

/* len is a multiple of the block, so that everything comes out at once. */
static int
pwri_pass(EVP_CIPHER_CTX *ctx, const uint8_t *iv, uint8_t *out,
    const uint8_t *in, size_t len)
{
	int got = 0;

	if (iv != NULL &&
	    EVP_CipherInit_ex2(ctx, NULL, NULL, iv, -1, NULL) != 1)
		return sm_evp_failure();
	if (EVP_CipherUpdate(ctx, out, &got, in, (int)len) != 1 ||
	    got != (int)len)
		return sm_evp_failure();
	return SM_OK;
}

/* Twice with the same context: the second pass goes on with the last block of the
 * first as its IV. */
static int
pwri_encrypt(const struct sm_cipher_params *inner, struct sm_bytes kek,
    uint8_t *a, uint8_t *b, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int rc;

	if (ctx == NULL)
		return SM_E_NOMEM;
	SM_TRY_OUT(pwri_init(ctx, inner, true, kek));
	SM_TRY_OUT(pwri_pass(ctx, NULL, b, a, len));
	rc = pwri_pass(ctx, NULL, a, b, len);
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

/* Section 2.3.2: the last block, decrypted with the one before it as IV, is the
 * IV of the outer pass. a holds the input and gets the result. */
static int
pwri_decrypt(const struct sm_cipher_params *inner, struct sm_bytes kek,
    uint8_t *a, uint8_t *b, size_t len)
{
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t block = inner->alg->iv_bytes;
	uint8_t iv[SM_CIPHER_BLOCK_MAX];
	int rc;

	if (ctx == NULL)
		return SM_E_NOMEM;
	SM_TRY_OUT(pwri_init(ctx, inner, false, kek));
	SM_TRY_OUT(pwri_pass(ctx, a + len - 2 * block, b, a + len - block,
	    block));
	memcpy(iv, b, block);
	SM_TRY_OUT(pwri_pass(ctx, iv, b, a, len));
	rc = pwri_pass(ctx, inner->iv, a, b, len);
out:
	EVP_CIPHER_CTX_free(ctx);
	return rc;
}

int
sm_pwri_wrap(struct sm_buf *out, const struct sm_cipher_params *inner,
    struct sm_bytes kek, struct sm_bytes key)
{
	uint8_t a[PWRI_ROOM], b[PWRI_ROOM];
	size_t block, len;
	int rc;

	if (!pwri_params_valid(inner, kek) || key.len < PWRI_KEY_MIN ||
	    key.len > PWRI_KEY_MAX)
		return SM_E_USAGE;
	block = inner->alg->iv_bytes;
	len = (PWRI_HEAD + key.len + block - 1) / block * block;
	if (len < 2 * block)
		len = 2 * block;
	sm_evp_begin();
	SM_TRY_OUT(sm_random_secret(a, len)); /* what is left is the padding */
	a[0] = (uint8_t)key.len;
	a[1] = (uint8_t)~key.data[0];
	a[2] = (uint8_t)~key.data[1];
	a[3] = (uint8_t)~key.data[2];
	memcpy(a + PWRI_HEAD, key.data, key.len);
	SM_TRY_OUT(pwri_encrypt(inner, kek, a, b, len));
	rc = sm_buf_append(out, sm_bytes(a, len));
out:
	sm_evp_end();
	sm_wipe(a, sizeof(a));
	sm_wipe(b, sizeof(b));
	return rc;
}

/* The check of section 2.3.2 and the count against what is there: the count is
 * the word of whoever knew the password, or noise (CVE-2025-9230 believed it). */
static int
pwri_take(struct sm_buf *out, const uint8_t *a, size_t len)
{
	size_t count = a[0];
	unsigned bad;

	bad = (unsigned)((a[1] ^ a[4]) != 0xff) |
	    (unsigned)((a[2] ^ a[5]) != 0xff) |
	    (unsigned)((a[3] ^ a[6]) != 0xff) |
	    (unsigned)(count < PWRI_KEY_MIN) |
	    (unsigned)(count > len - PWRI_HEAD);
	if (bad != 0)
		return SM_E_AUTH;
	return sm_buf_append(out, sm_bytes(a + PWRI_HEAD, count));
}

int
sm_pwri_unwrap(struct sm_buf *out, const struct sm_cipher_params *inner,
    struct sm_bytes kek, struct sm_bytes wrapped)
{
	uint8_t a[PWRI_ROOM], b[PWRI_ROOM];
	size_t block;
	int rc;

	if (!pwri_params_valid(inner, kek))
		return SM_E_USAGE;
	block = inner->alg->iv_bytes;
	if (wrapped.len % block != 0 || wrapped.len < 2 * block ||
	    wrapped.len > PWRI_BLOCKS_MAX)
		return SM_E_AUTH;
	memcpy(a, wrapped.data, wrapped.len);
	sm_evp_begin();
	rc = pwri_decrypt(inner, kek, a, b, wrapped.len);
	sm_evp_end();
	if (rc == 0)
		rc = pwri_take(out, a, wrapped.len);
	sm_wipe(a, sizeof(a));
	sm_wipe(b, sizeof(b));
	return rc;
}
