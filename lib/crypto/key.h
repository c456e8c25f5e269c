/* crypto/key.h - operations with private and public keys, over bytes.
 *
 * A public key is always a DER SubjectPublicKeyInfo; parsed ones are
 * struct sm_pubkey. EVP_PKEY is seen in this room only. */
#ifndef SM_CRYPTO_KEY_H
#define SM_CRYPTO_KEY_H

#include <crypto/alg.h>
#include <crypto/digest.h>
#include <sealmail/key.h>

/* ---- signature algorithm with its parameters ---- */
struct sm_sig_alg {
	const struct sm_alg *alg;   /* SM_RSA_SHA256, SM_RSA_PSS, ... */
	enum sm_alg_id digest;      /* of the signature operation itself */
	/* RSA-PSS, RFC 4056: checked on reading */
	enum sm_alg_id mgf_digest;
	unsigned salt_len;
};
/* Read a SignerInfo signatureAlgorithm; msg_digest is the SignerInfo's
 * digestAlgorithm, used where the OID names none (rsaEncryption, ecPublicKey,
 * id-dsa). PSS: trailer 1, MGF1 only, hash = mgf hash, hash = msg_digest.
 * SM_E_FORMAT or SM_E_UNSUPPORTED with a reason in err. */
SM_MUST_CHECK int sm_sig_alg_read(struct sm_sig_alg *out, struct sm_bytes oid,
    struct sm_bytes params, enum sm_alg_id msg_digest, struct sm_error *err);
/* Append the whole AlgorithmIdentifier. */
SM_MUST_CHECK int sm_sig_alg_write(const struct sm_sig_alg *s,
    struct sm_buf *out);
/* What we sign with: key's type decides; pss asks for RSA-PSS; digest
 * SM_ALG_NONE chooses (P-384: SHA-384, P-521 and Ed25519: SHA-512, Ed448:
 * SHAKE256, else SHA-256).  *digest is the messageDigest algorithm to use. */
SM_MUST_CHECK int sm_sig_alg_for_key(struct sm_sig_alg *out,
    enum sm_alg_id *digest, const struct sm_key *k, bool pss,
    struct sm_error *err);

/* ---- public keys ---- */
struct sm_pubkey;
/* Named curves only, point on curve, RSA size within limits. */
SM_MUST_CHECK int sm_pubkey_new(struct sm_pubkey **out, struct sm_bytes spki,
    struct sm_error *err);
void sm_pubkey_free(struct sm_pubkey *p);
enum sm_key_type sm_pubkey_type(const struct sm_pubkey *p);
unsigned sm_pubkey_bits(const struct sm_pubkey *p);
/* "P-256", "brainpoolP256r1", NULL when not EC. */
const char *sm_pubkey_curve(const struct sm_pubkey *p);
/* Below 2048 bits RSA or DSA, DSA at all, curves below 224 bits. */
bool sm_pubkey_weak(const struct sm_pubkey *p);

/* Does sig fit tbs (the bytes themselves: hashed here)?  Sets *good.
 * 0 also when it does not; SM_E_UNSUPPORTED when it cannot be found out (libcrypto
 * lacks the algorithm, or key and algorithm do not belong together: then
 * *good is false and 0 is returned). */
SM_MUST_CHECK int sm_pubkey_verify(bool *good, const struct sm_pubkey *p,
    const struct sm_sig_alg *alg, struct sm_bytes tbs, struct sm_bytes sig);
/* The same for a digest that was made over a stream (no signed attributes);
 * not for Ed25519/Ed448, which need the bytes: SM_E_UNSUPPORTED. */
SM_MUST_CHECK int sm_pubkey_verify_digest(bool *good, const struct sm_pubkey *p,
    const struct sm_sig_alg *alg, const struct sm_digest_value *digest,
    struct sm_bytes sig);

/* Encrypt a CEK. oaep_digest SM_ALG_NONE = PKCS#1 v1.5; OAEP with MGF1 of the
 * same digest and an empty label. */
SM_MUST_CHECK int sm_pubkey_rsa_encrypt(struct sm_buf *out,
    const struct sm_pubkey *p, enum sm_alg_id oaep_digest, struct sm_bytes cek);
/* RSA-KEM: a random z below n and its c = z^e, both as long as n (RFC 9690). */
SM_MUST_CHECK int sm_pubkey_rsa_kem(struct sm_buf *z, struct sm_buf *c,
    const struct sm_pubkey *p);

/* An ephemeral key that can serve all recipients on the same curve. The SPKI
 * bytes' AlgorithmIdentifier and BIT STRING are what RFC 5753 wants as
 * originatorKey. like: a recipient's key. */
SM_MUST_CHECK int sm_key_ephemeral(struct sm_key **out,
    const struct sm_pubkey *like);
/* Do both lie on the same curve? */
bool sm_pubkey_same_group(const struct sm_pubkey *a, const struct sm_pubkey *b);

/* ---- private-key operations ---- */

/* Parameters of OAEP. */
struct sm_rsa_oaep {
	enum sm_alg_id digest, mgf_digest;
	struct sm_bytes label;
};

/* A token or another process does the same through this table. All return 0 or
 * a negative enum sm_status. */
struct sm_key_ops {
	/* sign: input is tbs for Ed*, else its digest's input: the bytes */
	int (*sign)(struct sm_key *k, struct sm_buf *sig,
	    const struct sm_sig_alg *alg, struct sm_bytes tbs);
	/* raw RSA: em (secret, as long as n) = c^d */
	int (*rsa_raw)(struct sm_key *k, struct sm_buf *em, struct sm_bytes c);
	/* RSA where rsa_raw answers SM_E_UNSUPPORTED: the padding is taken off by
	 * the key's own place. oaep NULL: PKCS#1 v1.5. SM_E_AUTH: it is not
	 * right. NULL where rsa_raw always does. */
	int (*rsa_padded)(struct sm_key *k, struct sm_buf *message,
	    const struct sm_rsa_oaep *oaep, struct sm_bytes c);
	/* ECDH, X25519, X448: shared secret; all-zero is refused */
	int (*derive)(struct sm_key *k, struct sm_buf *secret,
	    const struct sm_pubkey *peer);
	/* PrivateKeyInfo, for writing key files; NULL where it cannot leave */
	int (*pkcs8)(struct sm_key *k, struct sm_buf *out, struct sm_error *err);
	void (*free)(struct sm_key *k);
};

/* With the signature algorithm of sm_sig_alg_for_key. */
SM_MUST_CHECK int sm_key_sign(struct sm_key *k, struct sm_buf *sig,
    const struct sm_sig_alg *alg, struct sm_bytes tbs, struct sm_error *err);

/* PKCS#1 v1.5 decryption that answers the same for every fault (RFC 8017
 * section 7.2.2, RFC 3218, Marvin): out always receives cek_len bytes, the
 * real ones when the padding is right and the message has that length,
 * else bytes derived by HMAC from private key and ciphertext, so that a repeat
 * gives the same. *ok_mask is 0xff or 0, and must be used in constant time
 * only (it exists to choose among several recipients). Returns non-zero only
 * for public reasons: SM_E_AUTH when the ciphertext has not the length of n or is
 * not below n, SM_E_USAGE for a key that is not RSA or a cek_len without room. */
SM_MUST_CHECK int sm_key_rsa_pkcs1(struct sm_key *k, struct sm_buf *out,
    uint8_t *ok_mask, struct sm_bytes c, size_t cek_len);
/* OAEP, our constant-time decoding over raw RSA. SM_E_AUTH for every fault. */
SM_MUST_CHECK int sm_key_rsa_oaep(struct sm_key *k, struct sm_buf *out,
    enum sm_alg_id digest, enum sm_alg_id mgf_digest, struct sm_bytes label,
    struct sm_bytes c);
/* z of RSA-KEM: raw. */
SM_MUST_CHECK int sm_key_rsa_kem(struct sm_key *k, struct sm_buf *z,
    struct sm_bytes c);
/* Agree; peer must lie on the same curve (full validation); an all-zero result
 * of X25519/X448 is SM_E_AUTH. */
SM_MUST_CHECK int sm_key_agree(struct sm_key *k, struct sm_buf *secret,
    const struct sm_pubkey *peer);

/* The peer's public key of an originatorKey: curve and parameters taken from
 * k where the AlgorithmIdentifier has none (RFC 5753 section 3.1.1). */
SM_MUST_CHECK int sm_pubkey_from_originator(struct sm_pubkey **out,
    const struct sm_key *k, struct sm_bytes alg_oid, struct sm_bytes alg_params,
    struct sm_bytes point, struct sm_error *err);

/* The public half, borrowed from k. */
const struct sm_pubkey *sm_key_public(const struct sm_key *k);

/* Append the PKCS#8 form (RFC 5958) of a key in an older one: RSAPrivateKey
 * (RFC 8017 appendix A.1.2, type SM_KEY_RSA) or ECPrivateKey with its curve
 * named inside (RFC 5915, type SM_KEY_EC). Use a secret buffer.
 * 0, SM_E_FORMAT, SM_E_USAGE (another type), SM_E_NOMEM. */
SM_MUST_CHECK int sm_key_to_pkcs8_traditional(struct sm_buf *out_secret,
    enum sm_key_type type, struct sm_bytes der);

/* Append PrivateKeyInfo of a software key to a secret buffer, for writing key
 * files. SM_E_POLICY "key-not-exportable": the key was made not to leave its
 * store; SM_E_UNSUPPORTED: it lives elsewhere (a token). */
SM_MUST_CHECK int sm_key_to_pkcs8(struct sm_buf *out_secret, struct sm_key *k,
    struct sm_error *err);
/* Append PrivateKeyInfo der once more, with the attribute that makes the key that
 * is read from it not exportable. SM_E_FORMAT when it has attributes. */
SM_MUST_CHECK int sm_key_pkcs8_mark(struct sm_buf *out_secret,
    struct sm_bytes der);

#endif
