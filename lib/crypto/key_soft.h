/* crypto/key_soft.h - making software keys; for this room alone. */
#ifndef SM_CRYPTO_KEY_SOFT_H
#define SM_CRYPTO_KEY_SOFT_H

#include <crypto/evp.h>
#include <crypto/key_object.h>

/* Takes pkey over, also on failure; NULL makes a key without operations (DSA).
 * reject: 32 bytes, or NULL for random ones. */
SM_MUST_CHECK int sm_key_soft_new(struct sm_key **out, EVP_PKEY *pkey,
    struct sm_bytes spki, const uint8_t *reject, struct sm_error *err);

#endif
