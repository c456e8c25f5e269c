/* crypto/pkey.h - libcrypto's key objects out of their numbers; for this room
 * alone.
 *
 * We read SubjectPublicKeyInfo and PrivateKeyInfo ourselves (strictly, and many
 * times faster than libcrypto's decoders) and hand over the parts. Numbers are
 * big-endian without sign byte, not empty. */
#ifndef SM_CRYPTO_PKEY_H
#define SM_CRYPTO_PKEY_H

#include <crypto/curve.h>
#include <crypto/evp.h>

/* In the order of RFC 8017 appendix A.1.2. */
enum { SM_RSA_D, SM_RSA_P, SM_RSA_Q, SM_RSA_DP, SM_RSA_DQ, SM_RSA_QINV,
	SM_RSA_PRIVATE_PARTS };

/* private: NULL for a public key, else SM_RSA_PRIVATE_PARTS numbers. */
SM_MUST_CHECK int sm_pkey_rsa(EVP_PKEY **out, struct sm_bytes n,
    struct sm_bytes e, const struct sm_bytes *private);
/* d.len 0 for a public key. SM_E_FORMAT when the point is not on the curve. */
SM_MUST_CHECK int sm_pkey_ec(EVP_PKEY **out, const struct sm_curve *curve,
    struct sm_bytes point, struct sm_bytes d);
SM_MUST_CHECK int sm_pkey_dsa(EVP_PKEY **out, struct sm_bytes p,
    struct sm_bytes q, struct sm_bytes g, struct sm_bytes y);
/* X25519, X448, Ed25519, Ed448, ML-DSA: raw bytes. */
SM_MUST_CHECK int sm_pkey_raw_public(EVP_PKEY **out, const char *name,
    struct sm_bytes key);
SM_MUST_CHECK int sm_pkey_raw_private(EVP_PKEY **out, const char *name,
    struct sm_bytes key);

/* Append PrivateKeyInfo (RFC 5208) to a secret buffer. */
SM_MUST_CHECK int sm_pkey_to_pkcs8(struct sm_buf *out_secret, EVP_PKEY *pkey);

/* out = in^e mod n or in^d mod n without padding; out holds len bytes, the
 * length of n. SM_E_AUTH when in is not below n. */
SM_MUST_CHECK int sm_pkey_rsa_raw(EVP_PKEY *pkey, bool private, uint8_t *out,
    size_t len, struct sm_bytes in);

#endif
