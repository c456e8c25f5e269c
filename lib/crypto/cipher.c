#include <base/try.h>
#include <crypto/cipher_impl.h>

#include <stdlib.h>

/* NIST SP 800-38D section 5.2.1.1: 2^39 - 256 bits under one nonce. */
static const uint64_t CIPHER_GCM_LIMIT = (UINT64_C(1) << 36) - 32;
/* RFC 8439 section 2.8: 2^32 - 1 blocks of 64 bytes. */
static const uint64_t CIPHER_CHACHA_LIMIT = ((UINT64_C(1) << 32) - 1) * 64;

static bool
cipher_is_ccm(const struct sm_alg *alg)
{
	return alg->id == SM_AES128_CCM || alg->id == SM_AES192_CCM ||
	    alg->id == SM_AES256_CCM;
}

static bool
cipher_key_valid(const struct sm_cipher_params *p, struct sm_bytes key)
{
	if (p->alg->id == SM_RC2_CBC)
		return key.len >= 5 && key.len <= 128;
	return key.len == p->alg->key_bytes;
}

static int
cipher_rc2_bits(EVP_CIPHER_CTX *ctx, unsigned bits, size_t key_len)
{
	if (EVP_CIPHER_CTX_set_key_length(ctx, (int)key_len) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_SET_RC2_KEY_BITS, (int)bits,
		NULL) <= 0)
		return sm_evp_failure();
	return SM_OK;
}

/* Cipher first, then what changes the key's length, then key and IV. */
static int
cipher_start_evp(struct sm_cipher *c, const struct sm_cipher_params *p,
    struct sm_bytes key, struct sm_bytes aad)
{
	EVP_CIPHER *cipher = NULL;
	int rc = SM_OK, got, encrypt = c->dir == SM_ENCRYPT;

	SM_TRY(sm_evp_cipher(&cipher, p->alg->id));
	if (EVP_CipherInit_ex2(c->ctx, cipher, NULL, NULL, encrypt, NULL) != 1)
		rc = sm_evp_failure();
	EVP_CIPHER_free(cipher);
	if (rc == 0 && p->alg->id == SM_RC2_CBC)
		rc = cipher_rc2_bits(c->ctx, p->rc2_bits, key.len);
	SM_TRY(rc);
	if (EVP_CipherInit_ex2(c->ctx, NULL, key.data, p->iv, encrypt,
		NULL) != 1)
		return sm_evp_failure();
	if (c->block > 0 && c->dir == SM_DECRYPT)
		EVP_CIPHER_CTX_set_padding(c->ctx, 0);
	while (aad.len > 0) {
		struct sm_bytes part = sm_bytes_first(aad, SM_CIPHER_CHUNK);

		if (EVP_CipherUpdate(c->ctx, NULL, &got, part.data,
			(int)part.len) != 1)
			return sm_evp_failure();
		aad = sm_bytes_skip(aad, SM_CIPHER_CHUNK);
	}
	return SM_OK;
}

static int
cipher_start(struct sm_cipher *c, const struct sm_cipher_params *p,
    struct sm_bytes key, struct sm_bytes aad, uint64_t length)
{
	c->ctx = EVP_CIPHER_CTX_new();
	c->buf = malloc(SM_CIPHER_BUF);
	if (c->ctx == NULL || c->buf == NULL)
		return SM_E_NOMEM;
	if (cipher_is_ccm(c->alg)) {
		c->limit = length;
		return sm_ccm_start(c, p, key, aad, length);
	}
	if (c->alg->tag_bytes == 0)
		c->limit = UINT64_MAX;
	else if (c->alg->id == SM_CHACHA20_POLY1305)
		c->limit = CIPHER_CHACHA_LIMIT;
	else
		c->limit = CIPHER_GCM_LIMIT;
	return cipher_start_evp(c, p, key, aad);
}

/* What the caller handed in, before libcrypto sees it. */
static int
cipher_check(const struct sm_cipher_params *p, struct sm_bytes key,
    struct sm_bytes aad, bool has_length, uint64_t length, struct sm_error *err)
{
	if (!sm_cipher_params_valid(p))
		return sm_error_set(err, SM_E_USAGE, "cipher-params", NULL,
		    "The parameters of the content cipher are out of range.");
	if (!cipher_key_valid(p, key))
		return sm_error_set(err, SM_E_USAGE, "key-length", NULL,
		    "A key of %zu bytes does not fit %s.", key.len,
		    p->alg->name);
	if (p->alg->tag_bytes == 0 && aad.len > 0)
		return sm_error_set(err, SM_E_USAGE, "cbc-aad", NULL,
		    "%s cannot protect associated data.", p->alg->name);
	if (!cipher_is_ccm(p->alg))
		return SM_OK;
	if (!has_length)
		return sm_error_set(err, SM_E_USAGE, "ccm-length", NULL,
		    "%s needs the length of the content beforehand.",
		    p->alg->name);
	if (length > sm_ccm_limit(p->iv_len))
		return sm_error_set(err, SM_E_LIMIT, "ccm-length",
		    "RFC 5084 section 3.1",
		    "The content is longer than a nonce of %zu bytes allows in "
		    "%s.", p->iv_len, p->alg->name);
	return SM_OK;
}

static int
cipher_unsupported(const struct sm_alg *alg, struct sm_error *err)
{
	if (alg->id == SM_DES_CBC || alg->id == SM_RC2_CBC)
		return sm_error_set(err, SM_E_UNSUPPORTED, "cipher-legacy",
		    NULL, "%s needs the legacy provider of OpenSSL: install it "
		    "(on Debian 13 the package openssl-provider-legacy) and "
		    "try again.", alg->name);
	return sm_error_set(err, SM_E_UNSUPPORTED, "cipher-missing", NULL,
	    "The OpenSSL on this machine has no %s: use a version that does, "
	    "or look for a configuration that switches it off.", alg->name);
}

int
sm_cipher_new(struct sm_cipher **out, enum sm_cipher_dir dir,
    const struct sm_cipher_params *p, struct sm_bytes key, struct sm_bytes aad,
    bool has_length, uint64_t length, struct sm_error *err)
{
	struct sm_cipher *c;
	int rc;

	*out = NULL;
	SM_TRY(cipher_check(p, key, aad, has_length, length, err));
	c = calloc(1, sizeof(*c));
	if (c == NULL)
		return SM_E_NOMEM;
	c->alg = p->alg;
	c->dir = dir;
	c->tag_len = p->tag_len;
	c->block = p->alg->tag_bytes == 0 ? p->alg->iv_bytes : 0;
	sm_evp_begin();
	rc = cipher_start(c, p, key, aad, length);
	sm_evp_end();
	if (rc == 0) {
		*out = c;
		return SM_OK;
	}
	sm_cipher_free(c);
	if (rc == SM_E_UNSUPPORTED)
		return cipher_unsupported(p->alg, err);
	return sm_error_set(err, rc, "cipher-start", NULL,
	    "OpenSSL could not start %s.", p->alg->name);
}

void
sm_cipher_free(struct sm_cipher *c)
{
	if (c == NULL)
		return;
	EVP_CIPHER_CTX_free(c->ctx);
	EVP_CIPHER_CTX_free(c->mac);
	sm_wipe(c->buf, c->used);
	free(c->buf);
	sm_wipe(c->mac_buf, c->mac_buf == NULL ? 0 : c->used);
	free(c->mac_buf);
	sm_wipe(c, sizeof(*c));
	free(c);
}

static int
cipher_chunk(struct sm_cipher *c, struct sm_bytes in, const struct sm_sink *out)
{
	int got = 0;

	if (c->used < in.len + 2 * SM_CIPHER_BLOCK_MAX)
		c->used = in.len + 2 * SM_CIPHER_BLOCK_MAX;
	if (c->mac != NULL)
		return sm_ccm_update(c, in, out);
	if (c->block > 0 && c->dir == SM_DECRYPT)
		return sm_cbc_decrypt(c, in, out);
	if (EVP_CipherUpdate(c->ctx, c->buf, &got, in.data, (int)in.len) != 1)
		return sm_evp_failure();
	return sm_sink_write(out, sm_bytes(c->buf, (size_t)got));
}

int
sm_cipher_update(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out)
{
	int rc = SM_OK;

	if (c->dead)
		return SM_E_USAGE;
	if (in.len > c->limit - c->total) {
		c->dead = true;
		return c->mac != NULL ? SM_E_USAGE : SM_E_LIMIT;
	}
	c->total += in.len;
	while (rc == 0 && in.len > 0) {
		rc = cipher_chunk(c, sm_bytes_first(in, SM_CIPHER_CHUNK), out);
		in = sm_bytes_skip(in, SM_CIPHER_CHUNK);
	}
	if (rc != 0)
		c->dead = true;
	return rc;
}

static int
cipher_finish_ccm(struct sm_cipher *c, uint8_t *tag)
{
	uint8_t mine[SM_CIPHER_BLOCK_MAX];
	bool same;

	if (c->total != c->limit)
		return c->dir == SM_ENCRYPT ? SM_E_USAGE : SM_E_AUTH;
	SM_TRY(sm_ccm_tag(c, mine));
	if (c->dir == SM_ENCRYPT) {
		memcpy(tag, mine, c->tag_len);
		return SM_OK;
	}
	same = sm_equal_ct(tag, mine, c->tag_len);
	sm_wipe(mine, sizeof(mine));
	return same ? SM_OK : SM_E_AUTH;
}

static int
cipher_finish_aead(struct sm_cipher *c, uint8_t *tag)
{
	int got = 0, len = (int)c->tag_len;

	if (c->dir == SM_ENCRYPT) {
		if (EVP_CipherFinal_ex(c->ctx, c->buf, &got) != 1 ||
		    EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_GET_TAG, len,
			tag) != 1)
			return sm_evp_failure();
		return SM_OK;
	}
	if (EVP_CIPHER_CTX_ctrl(c->ctx, EVP_CTRL_AEAD_SET_TAG, len, tag) != 1)
		return sm_evp_failure();
	return EVP_CipherFinal_ex(c->ctx, c->buf, &got) == 1 ? SM_OK :
	    SM_E_AUTH;
}

static int
cipher_finish_cbc(struct sm_cipher *c, const struct sm_sink *out)
{
	int got = 0;

	if (c->dir == SM_DECRYPT)
		return sm_cbc_decrypt_finish(c, out);
	if (EVP_CipherFinal_ex(c->ctx, c->buf, &got) != 1)
		return sm_evp_failure();
	return sm_sink_write(out, sm_bytes(c->buf, (size_t)got));
}

int
sm_cipher_finish(struct sm_cipher *c, uint8_t *tag, size_t tag_len,
    const struct sm_sink *out)
{
	int rc;

	if (c->dead)
		return SM_E_USAGE;
	c->dead = true;
	if (c->tag_len > 0 && (tag == NULL || tag_len != c->tag_len))
		return c->dir == SM_ENCRYPT ? SM_E_USAGE : SM_E_AUTH;
	sm_evp_begin();
	if (c->mac != NULL)
		rc = cipher_finish_ccm(c, tag);
	else if (c->tag_len > 0)
		rc = cipher_finish_aead(c, tag);
	else
		rc = cipher_finish_cbc(c, out);
	sm_evp_end();
	return rc;
}
