/* crypto/cipher_impl.h - what cipher.c, cbc.c and ccm.c share; for them alone.
 *
 * Input passes in chunks through one buffer, so that memory does not depend on
 * the sizes of the pieces that the caller has. */
#ifndef SM_CRYPTO_CIPHER_IMPL_H
#define SM_CRYPTO_CIPHER_IMPL_H

#include <crypto/cipher.h>
#include <crypto/evp.h>

enum {
	/* Large enough that a call of libcrypto or of the sink costs nothing
	 * beside the work, small enough to stay in the second-level cache. */
	SM_CIPHER_CHUNK = 64 * 1024,
	SM_CIPHER_BLOCK_MAX = 16,
	/* A block held back, a chunk, and what libcrypto had kept. */
	SM_CIPHER_BUF = SM_CIPHER_CHUNK + 2 * SM_CIPHER_BLOCK_MAX,
};

struct sm_cipher {
	const struct sm_alg *alg;
	enum sm_cipher_dir dir;
	size_t tag_len;      /* 0 for CBC */
	size_t block;        /* CBC: its block size */
	EVP_CIPHER_CTX *ctx; /* CCM: the counter mode */
	EVP_CIPHER_CTX *mac; /* CCM: the CBC-MAC */
	uint64_t total;      /* input bytes seen */
	uint64_t limit;      /* input bytes that the algorithm or caller allows */
	bool holding;        /* CBC decryption: buf begins with the last block */
	bool dead;           /* failed or finished */
	uint8_t *buf;        /* SM_CIPHER_BUF bytes */
	size_t used;         /* of buf and mac_buf, to be wiped */
	/* CCM */
	uint8_t *mac_buf;
	size_t mac_fill;
	uint8_t mac_block[SM_CIPHER_BLOCK_MAX];
	uint8_t s0[SM_CIPHER_BLOCK_MAX];
};

/* Decrypt one chunk, all blocks but the last go to out. */
SM_MUST_CHECK int sm_cbc_decrypt(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out);
/* Check the padding, the rest of the last block goes to out. */
SM_MUST_CHECK int sm_cbc_decrypt_finish(struct sm_cipher *c,
    const struct sm_sink *out);

/* mac and mac_buf made, B0 and the associated data taken in. */
SM_MUST_CHECK int sm_ccm_start(struct sm_cipher *c,
    const struct sm_cipher_params *p, struct sm_bytes key, struct sm_bytes aad,
    uint64_t length);
SM_MUST_CHECK int sm_ccm_update(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out);
/* The tag, SM_CIPHER_BLOCK_MAX bytes of which tag_len count. */
SM_MUST_CHECK int sm_ccm_tag(struct sm_cipher *c,
    uint8_t tag[SM_CIPHER_BLOCK_MAX]);
/* The longest content for a nonce of that length. */
uint64_t sm_ccm_limit(size_t iv_len);

/* Are the values such that they may reach libcrypto? */
bool sm_cipher_params_valid(const struct sm_cipher_params *p);

#endif
