/* crypto/key_object.h - what a private key object consists of, for those who make
 * one: software keys here, token drivers, remote signers.
 *
 * A maker embeds struct sm_key as the first member of its own struct, calls
 * sm_key_object_init() and fills what is said below. sm_key_free() wipes the
 * base and then calls ops->free, which gives the memory back. */
#ifndef SM_CRYPTO_KEY_OBJECT_H
#define SM_CRYPTO_KEY_OBJECT_H

#include <crypto/key.h>

struct sm_key {
	const struct sm_key_ops *ops; /* operations may be NULL, free not */
	enum sm_key_type type;
	struct sm_pubkey *pub;
	/* the file that it came from says that it must not leave its store */
	bool not_exportable;
	/* RSA: what a failed PKCS#1 v1.5 decryption answers is derived from this
	 * (implicit rejection). Secret; best a function of the private key, so
	 * that it outlives the object; else random. sm_key_object_init() fills
	 * it with random bytes. */
	uint8_t reject[32];
};

/* k is zeroed memory. Takes a copy of spki. On failure the base owns nothing. */
SM_MUST_CHECK int sm_key_object_init(struct sm_key *k,
    const struct sm_key_ops *ops, struct sm_bytes spki, struct sm_error *err);

#endif
