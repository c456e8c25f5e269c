/* AES-CCM (NIST SP 800-38C, RFC 3610) as a stream: CBC-MAC over the plaintext,
 * counter mode for the bytes and, with counter 0, for the tag. libcrypto has
 * CCM only for messages that fit one call. */
#include <base/try.h>
#include <crypto/cipher_impl.h>

#include <stdlib.h>

enum { CCM_BLOCK = SM_CIPHER_BLOCK_MAX };

uint64_t
sm_ccm_limit(size_t iv_len)
{
	size_t length_bytes = 15 - iv_len; /* L of RFC 3610 */

	if (length_bytes >= 8)
		return UINT64_MAX;
	return (UINT64_C(1) << (8 * length_bytes)) - 1;
}

static int
ccm_mac_chunk(struct sm_cipher *c, struct sm_bytes in)
{
	int got = 0;

	if (EVP_EncryptUpdate(c->mac, c->mac_buf, &got, in.data,
		(int)in.len) != 1)
		return sm_evp_failure();
	if (got >= CCM_BLOCK)
		memcpy(c->mac_block, c->mac_buf + got - CCM_BLOCK, CCM_BLOCK);
	c->mac_fill = (c->mac_fill + in.len) % CCM_BLOCK;
	return SM_OK;
}

static int
ccm_mac(struct sm_cipher *c, struct sm_bytes in)
{
	while (in.len > 0) {
		SM_TRY(ccm_mac_chunk(c, sm_bytes_first(in, SM_CIPHER_CHUNK)));
		in = sm_bytes_skip(in, SM_CIPHER_CHUNK);
	}
	return SM_OK;
}

static int
ccm_mac_pad(struct sm_cipher *c)
{
	static const uint8_t zero[CCM_BLOCK];

	if (c->mac_fill == 0)
		return SM_OK;
	return ccm_mac_chunk(c, sm_bytes(zero, CCM_BLOCK - c->mac_fill));
}

static void
ccm_put_number(uint8_t *out, size_t len, uint64_t value)
{
	while (len-- > 0) {
		out[len] = (uint8_t)value;
		value >>= 8;
	}
}

/* The length of the associated data as SP 800-38C appendix A.2.2 writes it. */
static size_t
ccm_aad_length(uint8_t out[10], size_t len)
{
	if (len < 0xff00) {
		ccm_put_number(out, 2, len);
		return 2;
	}
	out[0] = 0xff;
	if (len <= UINT32_MAX) {
		out[1] = 0xfe;
		ccm_put_number(out + 2, 4, len);
		return 6;
	}
	out[1] = 0xff;
	ccm_put_number(out + 2, 8, len);
	return 10;
}

static int
ccm_mac_begin(struct sm_cipher *c, const struct sm_cipher_params *p,
    struct sm_bytes aad, uint64_t length)
{
	size_t length_bytes = 15 - p->iv_len;
	uint8_t b0[CCM_BLOCK], prefix[10];
	size_t n;

	b0[0] = (uint8_t)((aad.len > 0 ? 0x40 : 0) |
	    ((p->tag_len - 2) / 2) << 3 | (length_bytes - 1));
	memcpy(b0 + 1, p->iv, p->iv_len);
	ccm_put_number(b0 + 1 + p->iv_len, length_bytes, length);
	SM_TRY(ccm_mac(c, sm_bytes(b0, sizeof(b0))));
	if (aad.len == 0)
		return SM_OK;
	n = ccm_aad_length(prefix, aad.len);
	SM_TRY(ccm_mac(c, sm_bytes(prefix, n)));
	SM_TRY(ccm_mac(c, aad));
	return ccm_mac_pad(c);
}

/* Counter 0 gives s0, which hides the tag; the content follows with 1. */
static int
ccm_counter_begin(struct sm_cipher *c, const struct sm_cipher_params *p,
    EVP_CIPHER *ctr, struct sm_bytes key)
{
	static const uint8_t zero[CCM_BLOCK];
	uint8_t a0[CCM_BLOCK] = { 0 };
	int got = 0;

	a0[0] = (uint8_t)(14 - p->iv_len);
	memcpy(a0 + 1, p->iv, p->iv_len);
	if (EVP_EncryptInit_ex2(c->ctx, ctr, key.data, a0, NULL) != 1 ||
	    EVP_EncryptUpdate(c->ctx, c->s0, &got, zero, CCM_BLOCK) != 1)
		return sm_evp_failure();
	return SM_OK;
}

static int
ccm_ciphers(enum sm_alg_id alg, EVP_CIPHER **ctr, EVP_CIPHER **cbc)
{
	switch (alg) {
	case SM_AES128_CCM:
		SM_TRY(sm_evp_cipher_named(ctr, "AES-128-CTR"));
		return sm_evp_cipher(cbc, SM_AES128_CBC);
	case SM_AES192_CCM:
		SM_TRY(sm_evp_cipher_named(ctr, "AES-192-CTR"));
		return sm_evp_cipher(cbc, SM_AES192_CBC);
	case SM_AES256_CCM:
		SM_TRY(sm_evp_cipher_named(ctr, "AES-256-CTR"));
		return sm_evp_cipher(cbc, SM_AES256_CBC);
	default:
		return SM_E_USAGE;
	}
}

int
sm_ccm_start(struct sm_cipher *c, const struct sm_cipher_params *p,
    struct sm_bytes key, struct sm_bytes aad, uint64_t length)
{
	static const uint8_t zero_iv[CCM_BLOCK];
	EVP_CIPHER *ctr = NULL, *cbc = NULL;
	int rc;

	c->mac = EVP_CIPHER_CTX_new();
	c->mac_buf = malloc(SM_CIPHER_BUF);
	if (c->mac == NULL || c->mac_buf == NULL)
		return SM_E_NOMEM;
	SM_TRY_OUT(ccm_ciphers(p->alg->id, &ctr, &cbc));
	if (EVP_EncryptInit_ex2(c->mac, cbc, key.data, zero_iv, NULL) != 1 ||
	    EVP_CIPHER_CTX_set_padding(c->mac, 0) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	SM_TRY_OUT(ccm_mac_begin(c, p, aad, length));
	rc = ccm_counter_begin(c, p, ctr, key);
out:
	EVP_CIPHER_free(ctr);
	EVP_CIPHER_free(cbc);
	return rc;
}

int
sm_ccm_update(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out)
{
	int got = 0;

	if (c->dir == SM_ENCRYPT)
		SM_TRY(ccm_mac_chunk(c, in));
	if (EVP_EncryptUpdate(c->ctx, c->buf, &got, in.data, (int)in.len) != 1)
		return sm_evp_failure();
	if (c->dir == SM_DECRYPT)
		SM_TRY(ccm_mac_chunk(c, sm_bytes(c->buf, (size_t)got)));
	return sm_sink_write(out, sm_bytes(c->buf, (size_t)got));
}

int
sm_ccm_tag(struct sm_cipher *c, uint8_t tag[SM_CIPHER_BLOCK_MAX])
{
	size_t i;

	SM_TRY(ccm_mac_pad(c));
	for (i = 0; i < CCM_BLOCK; i++)
		tag[i] = c->mac_block[i] ^ c->s0[i];
	return SM_OK;
}
