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
SM_EXPORT void sm_key_free(struct sm_key *k);
SM_EXPORT enum sm_key_type sm_key_type(const struct sm_key *k);
/* DER SubjectPublicKeyInfo, borrowed from k. */
SM_EXPORT struct sm_bytes sm_key_spki(const struct sm_key *k);

#endif
