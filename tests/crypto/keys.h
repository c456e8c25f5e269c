/* Keys for the tests of this room, made by libcrypto. */
#ifndef SM_TESTS_CRYPTO_KEYS_H
#define SM_TESTS_CRYPTO_KEYS_H

#include <base/buf.h>
#include <crypto/key.h>

#include <openssl/evp.h>

/* "RSA" with bits, "EC" with a curve, else the name alone. */
EVP_PKEY *make_pkey(const char *type, unsigned bits, const char *curve);
/* DER of its PKCS#8, its SubjectPublicKeyInfo, its older form. */
void put_pkcs8(struct sm_buf *out, EVP_PKEY *pkey);
void put_spki(struct sm_buf *out, EVP_PKEY *pkey);
void put_traditional(struct sm_buf *out, EVP_PKEY *pkey);
/* Ours of it. */
struct sm_key *key_of(EVP_PKEY *pkey);
struct sm_pubkey *pubkey_of(EVP_PKEY *pkey);

#endif
