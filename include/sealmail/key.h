/* sealmail/key.h - a private key, wherever it lives.
 *
 * An opaque object over operations: software keys through libcrypto here,
 * tokens and remote signers through the same face (struct sm_key_ops). It tells
 * its public key and does the few operations mail needs; nothing gives the
 * private value out.
 *
 * Memory: the object owns its key; wiped at free. Threads: one at a time. */
#ifndef SEALMAIL_KEY_H
#define SEALMAIL_KEY_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>
#include <sealmail/stream.h>

struct sm_key;

enum sm_key_type {
	SM_KEY_RSA = 1,
	SM_KEY_RSA_PSS,
	SM_KEY_EC,        /* named curves only */
	SM_KEY_ED25519,
	SM_KEY_ED448,
	SM_KEY_X25519,
	SM_KEY_X448,
	SM_KEY_DSA,       /* old signatures: verify only */
	SM_KEY_OTHER,     /* known OID, no operation here */
};

/* Own a private key given as PKCS#8 PrivateKeyInfo in DER (RFC 5208, RFC 5958),
 * unencrypted. Refuses explicit EC parameters, keys out of range, trailing
 * bytes. 0, SM_E_FORMAT, SM_E_UNSUPPORTED, SM_E_LIMIT (rsa_bits), SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_key_from_pkcs8(struct sm_key **out,
    struct sm_bytes der, struct sm_error *err);
/* Make a new key: "rsa-3072" (also 2048, 4096), "p-256", "p-384", "p-521",
 * "ed25519", "x25519". SM_E_UNSUPPORTED for any other word, SM_E_CRYPTO,
 * SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_key_generate(struct sm_key **out,
    const char *kind, struct sm_error *err);

/* A key that is fetched when its first operation is asked for, so that nobody
 * types a passphrase for a key that is not the one. Until then the public half
 * does. load gives a key that the new object owns, or a negative enum sm_status
 * that the operation answers with; it is asked again at the next operation. */
struct sm_key_loader {
	int (*load)(void *ctx, struct sm_key **out);
	void *ctx;
};
SM_EXPORT SM_MUST_CHECK int sm_key_lazy_new(struct sm_key **out,
    struct sm_bytes spki, const struct sm_key_loader *loader,
    struct sm_error *err);

/* ---- keys that live elsewhere: on a token, in another process ---- */

/* One operation, and what belongs to it; strings are static. */
struct sm_remote_op {
	const char *name;
	const char *digest;      /* "sha256"; of PSS and OAEP, else NULL */
	const char *mgf_digest;  /* of MGF1 */
	unsigned salt_len;       /* PSS */
	struct sm_bytes label;   /* OAEP */
};
/* Each call writes its whole result to out and returns 0, or a negative enum
 * sm_status: SM_E_UNSUPPORTED when the key's place lacks the operation, SM_E_AUTH
 * when it refuses the ciphertext, SM_E_SECRET when the key could not be had. A
 * call that is NULL is one that the place lacks.
 *   sign     "rsa-pkcs1"  in: DigestInfo (RFC 8017 section 9.2)
 *            "rsa-pss"    in: the digest
 *            "ecdsa"      in: the digest, cut to the length of the group's order;
 *                         out: r and s, of equal length
 *            "eddsa"      in: the bytes themselves
 *   decrypt  "rsa-raw"    out: as long as the modulus. Asked for first, because
 *                         then the padding is looked at here, in constant time.
 *            "rsa-pkcs1", "rsa-oaep"  out: the message; only where raw is lacking.
 *                         How long the place takes for a bad one is up to it.
 *   derive   in: the peer's public point, validated; out: the shared secret
 * A signature that does not fit the public key is not given out. */
struct sm_key_remote {
	int (*sign)(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
	    const struct sm_sink *out);
	int (*decrypt)(void *ctx, const struct sm_remote_op *op, struct sm_bytes in,
	    const struct sm_sink *out);
	int (*derive)(void *ctx, struct sm_bytes point, const struct sm_sink *out);
	void (*free)(void *ctx); /* by sm_key_free(); may be NULL */
	void *ctx;
};
/* On failure ctx stays the caller's. */
SM_EXPORT SM_MUST_CHECK int sm_key_remote_new(struct sm_key **out,
    struct sm_bytes spki, const struct sm_key_remote *remote,
    struct sm_error *err);

SM_EXPORT void sm_key_free(struct sm_key *k);
SM_EXPORT enum sm_key_type sm_key_type(const struct sm_key *k);
/* DER SubjectPublicKeyInfo, borrowed from k. */
SM_EXPORT struct sm_bytes sm_key_spki(const struct sm_key *k);

/* "rsa-3072", "p-256", "ed25519": the words of sm_key_generate(), where it has
 * one. out always ends in a NUL. */
SM_EXPORT void sm_key_kind(char *out, size_t size, const struct sm_key *k);
/* The same of a SubjectPublicKeyInfo. *encrypts: could one encrypt to such a key?
 * SM_E_FORMAT, SM_E_UNSUPPORTED: out is then "unknown". */
SM_EXPORT SM_MUST_CHECK int sm_spki_kind(char *out, size_t size, bool *encrypts,
    struct sm_bytes spki);
/* What keys of this type can do, whatever a certificate allows. */
SM_EXPORT bool sm_key_can_sign(const struct sm_key *k);
SM_EXPORT bool sm_key_can_decrypt(const struct sm_key *k);
/* Do private key and SubjectPublicKeyInfo belong together? Two spellings of one
 * key are equal. */
SM_EXPORT bool sm_key_fits(const struct sm_key *k, struct sm_bytes spki);

/* SHA-256 of the SubjectPublicKeyInfo: the name of a key. */
SM_EXPORT SM_MUST_CHECK int sm_key_sha256(uint8_t out[32], const struct sm_key *k);
/* SHA-256 of any bytes: for names of things. */
SM_EXPORT SM_MUST_CHECK int sm_sha256(uint8_t out[32], struct sm_bytes in);

/* For programs, first thing in main(): from now on libcrypto wipes all memory that it
 * gives back in this process. Keys in the library's own care are wiped without it;
 * libcrypto keeps copies, in encoders for instance, that it only frees. False: too
 * late, it has been used already. */
SM_EXPORT bool sm_crypto_wipe_freed(void);

#endif
