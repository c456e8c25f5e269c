/* crypto/pubkey_impl.h - inside of struct sm_pubkey; for this room alone. */
#ifndef SM_CRYPTO_PUBKEY_IMPL_H
#define SM_CRYPTO_PUBKEY_IMPL_H

#include <crypto/curve.h>
#include <crypto/evp.h>
#include <crypto/key.h>

struct sm_pubkey {
	enum sm_key_type type;
	const struct sm_alg *alg; /* row of its OID, kind SM_ALG_PUBKEY or alias */
	const struct sm_curve *curve; /* EC */
	unsigned bits;
	EVP_PKEY *pkey;           /* NULL: libcrypto lacks it, or no parameters */
	struct sm_buf spki;
	struct sm_bytes key_bits; /* contents of the BIT STRING, inside spki */
	/* RSASSA-PSS keys whose parameters allow one algorithm only, RFC 4055
	 * section 1.2: alg is NULL when nothing is restricted. */
	struct sm_sig_alg pss;
};

/* Length of n in bytes. */
static inline size_t
sm_pubkey_rsa_bytes(const struct sm_pubkey *p)
{
	return (p->bits + 7) / 8;
}

/* Append a SubjectPublicKeyInfo. params: a whole element, len 0 for absent. */
SM_MUST_CHECK int sm_pubkey_write_spki(struct sm_buf *out, struct sm_bytes oid,
    struct sm_bytes params, struct sm_bytes key_bits);
/* An OID or SEQUENCE element as EC parameters: the named curve, or an error. */
SM_MUST_CHECK int sm_pubkey_read_curve(const struct sm_curve **out,
    struct sm_bytes params, struct sm_error *err);
/* A positive INTEGER without its sign byte, of at most max_bytes. */
SM_MUST_CHECK bool sm_pubkey_get_number(struct sm_bytes *in, size_t max_bytes,
    struct sm_bytes *out);
/* Bits of a number without leading zero bytes. */
unsigned sm_pubkey_number_bits(struct sm_bytes n);
/* RSA numbers within limits: 512 bits to rsa_bits, odd; exponent odd, above 1,
 * at most 64 bits. */
SM_MUST_CHECK int sm_pubkey_check_rsa(struct sm_bytes n, struct sm_bytes e,
    struct sm_error *err);
/* May this key verify (or its private half sign) with that algorithm? */
bool sm_pubkey_fits_sig(const struct sm_pubkey *p, const struct sm_sig_alg *s);

/* Families of signature algorithms. */
enum sm_sig_family {
	SM_SIG_RSA_PKCS1,
	SM_SIG_RSA_PSS,
	SM_SIG_RSA_PSS_SHAKE,
	SM_SIG_ECDSA,
	SM_SIG_DSA,
	SM_SIG_PURE, /* over the bytes themselves: EdDSA, ML-DSA */
};
enum sm_sig_family sm_sig_alg_family(enum sm_alg_id alg);
/* RSASSA-PSS-params into s (alg is set already). */
SM_MUST_CHECK int sm_sig_alg_read_pss(struct sm_sig_alg *s,
    struct sm_bytes params, struct sm_error *err);

/* EMSA-PSS over SHAKE (RFC 8702 section 3.2.1), which libcrypto lacks. em is what
 * the public operation gave, of a key of that many bits. */
SM_MUST_CHECK int sm_pss_shake_verify(bool *good, enum sm_alg_id shake,
    struct sm_bytes em, unsigned key_bits, const struct sm_digest_value *digest);

#endif
