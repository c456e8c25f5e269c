/* crypto/cipher.h - content ciphers as streams, key wrap, key derivation, MACs,
 * random bytes.
 *
 * AEAD and CBC share one object. Decrypted bytes of an AEAD are provisional
 * until sm_cipher_finish() returned 0. CCM is composed here from AES-CTR and
 * CBC-MAC (NIST SP 800-38C), since EVP's takes one call; its length must be
 * known first. */
#ifndef SM_CRYPTO_CIPHER_H
#define SM_CRYPTO_CIPHER_H

#include <crypto/alg.h>
#include <sealmail/stream.h>

struct sm_cipher_params {
	const struct sm_alg *alg;
	uint8_t iv[16];
	size_t iv_len;
	size_t tag_len;      /* AEAD: aes-ICVlen, 16 for ChaCha20 */
	unsigned rc2_bits;   /* effective key bits of RC2 */
};

/* AlgorithmIdentifier parameters <-> struct. Read refuses (SM_E_FORMAT, the
 * reason in err) what smime-rules 3.4 refuses: GCM tag not 12..16, CCM not
 * 12, 14, 16, ChaCha20 16; nonce not 12 for GCM and ChaCha20, not 7..13 for
 * CCM; IV not the block size for CBC.  RFC 5084, RFC 8103, RFC 3565, RFC 3370. */
SM_MUST_CHECK int sm_cipher_params_read(struct sm_cipher_params *out,
    struct sm_bytes oid, struct sm_bytes params, struct sm_error *err);
/* Append the whole AlgorithmIdentifier. */
SM_MUST_CHECK int sm_cipher_params_write(const struct sm_cipher_params *p,
    struct sm_buf *out);
/* A fresh nonce or IV for an algorithm that we may send; SM_E_POLICY for what is
 * kept for the archive. CCM gets 10 bytes, which leaves room for 2^40. */
SM_MUST_CHECK int sm_cipher_params_new(struct sm_cipher_params *out,
    enum sm_alg_id alg);

struct sm_cipher;
enum sm_cipher_dir { SM_DECRYPT = 0, SM_ENCRYPT = 1 };

/* key must have the length of the algorithm (RC2: 5..128 bytes). aad is
 * borrowed for the call; has_length and length count content bytes and are
 * required for CCM. The key is not kept outside libcrypto.
 * 0, SM_E_UNSUPPORTED (libcrypto lacks it: fix is named in err), SM_E_NOMEM;
 * SM_E_USAGE for a key of another length ("key-length": one that came out of a
 * message must be measured before), CCM without length, or aad for CBC;
 * SM_E_LIMIT ("ccm-length") for more than the nonce allows. */
SM_MUST_CHECK int sm_cipher_new(struct sm_cipher **out, enum sm_cipher_dir dir,
    const struct sm_cipher_params *p, struct sm_bytes key, struct sm_bytes aad,
    bool has_length, uint64_t length, struct sm_error *err);
void sm_cipher_free(struct sm_cipher *c);
/* Any piece size; output (at most the input plus a block) goes to sink, NULL
 * for a pass that only checks. SM_E_LIMIT past what one nonce may protect (64 GiB
 * of GCM, 256 GiB of ChaCha20); what the sink answered. Then c is dead. */
SM_MUST_CHECK int sm_cipher_update(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out);
/* Encrypt: pads, tag is written (tag_len bytes). Decrypt of an AEAD: tag holds
 * the expected tag, its length must be tag_len; SM_E_AUTH when it does not
 * match. CBC decrypt: SM_E_AUTH when the padding is bad (PKCS#7, checked in
 * constant time), the last block goes to sink. tag may be NULL for CBC. */
SM_MUST_CHECK int sm_cipher_finish(struct sm_cipher *c, uint8_t *tag,
    size_t tag_len, const struct sm_sink *out);

/* Key wrap: AES (RFC 3394), 3DES (RFC 3217). Output appended to a secret
 * buffer when unwrapping. SM_E_AUTH when the integrity check fails. Buffers
 * are sized from the algorithm and checked against the input (CVE-2026-63072).
 * A kek of another length, or a key to be wrapped that cannot be, is SM_E_USAGE;
 * wrapped bytes of an impossible length are SM_E_AUTH. */
SM_MUST_CHECK int sm_wrap(struct sm_buf *out, enum sm_alg_id wrap,
    struct sm_bytes kek, struct sm_bytes key);
SM_MUST_CHECK int sm_unwrap(struct sm_buf *out, enum sm_alg_id wrap,
    struct sm_bytes kek, struct sm_bytes wrapped);
/* id-alg-PWRI-KEK, RFC 3211 section 2.3.1, over an inner CBC cipher. */
SM_MUST_CHECK int sm_pwri_wrap(struct sm_buf *out,
    const struct sm_cipher_params *inner, struct sm_bytes kek,
    struct sm_bytes key);
SM_MUST_CHECK int sm_pwri_unwrap(struct sm_buf *out,
    const struct sm_cipher_params *inner, struct sm_bytes kek,
    struct sm_bytes wrapped);

/* KDFs; out_len bytes appended to out (make it a secret buffer). */
SM_MUST_CHECK int sm_kdf_x963(struct sm_buf *out, size_t out_len,
    enum sm_alg_id digest, struct sm_bytes secret, struct sm_bytes info);
/* KDF2 = x963's counter order; KDF3 (RFC 9690, counter first). */
SM_MUST_CHECK int sm_kdf3(struct sm_buf *out, size_t out_len,
    enum sm_alg_id digest, struct sm_bytes secret, struct sm_bytes info);
SM_MUST_CHECK int sm_hkdf(struct sm_buf *out, size_t out_len,
    enum sm_alg_id digest, struct sm_bytes secret, struct sm_bytes salt,
    struct sm_bytes info);
/* How many iterations are too many the caller knows (limits.h). */
SM_MUST_CHECK int sm_pbkdf2(struct sm_buf *out, size_t out_len,
    enum sm_alg_id digest, struct sm_bytes password, struct sm_bytes salt,
    uint64_t iterations);
SM_MUST_CHECK int sm_hmac(struct sm_buf *out, enum sm_alg_id digest,
    struct sm_bytes key, struct sm_bytes in);
/* The CMS content-encryption key of RFC 9709: HKDF-SHA256 with the salt
 * "The Cryptographic Message Syntax" and info = DER of the content
 * AlgorithmIdentifier. Same length as the input key. */
SM_MUST_CHECK int sm_cek_hkdf(struct sm_buf *out, struct sm_bytes cek,
    struct sm_bytes content_alg_der);

SM_MUST_CHECK int sm_random(void *out, size_t len);         /* public use */
SM_MUST_CHECK int sm_random_secret(void *out, size_t len);  /* keys */

/* A keyed digest of pieces of the input, for the second reading: GMAC under a
 * random key of this object, the piece's number as nonce, so that a file that
 * was changed between two readings is noticed and nobody can aim for a
 * collision. Each number must be used for one tag only per pass. */
struct sm_piece_mac;
SM_MUST_CHECK int sm_piece_mac_new(struct sm_piece_mac **out);
void sm_piece_mac_free(struct sm_piece_mac *m);
SM_MUST_CHECK int sm_piece_mac_tag(struct sm_piece_mac *m, uint64_t number,
    struct sm_bytes piece, uint8_t tag[16]);

#endif
