/* crypto/evp.h - how this room reaches libcrypto; for this room alone.
 *
 * Everything is fetched from the default library context with no properties,
 * except what only the legacy provider has (single DES, RC2): that comes from
 * a private context of this library, made when first asked for and kept for
 * the life of the process. It is the one piece of process-wide state here; the
 * default context, and so the program that uses us, never sees it.
 *
 * Threads: any. */
#ifndef SM_CRYPTO_EVP_H
#define SM_CRYPTO_EVP_H

#include <crypto/alg.h>

#include <openssl/evp.h>

/* 0, SM_E_UNSUPPORTED, SM_E_NOMEM. Free with EVP_MD_free, EVP_CIPHER_free. */
SM_MUST_CHECK int sm_evp_digest(EVP_MD **out, enum sm_alg_id alg);
SM_MUST_CHECK int sm_evp_cipher(EVP_CIPHER **out, enum sm_alg_id alg);
/* The same for a cipher that has no row of its own ("AES-128-CTR"). */
SM_MUST_CHECK int sm_evp_cipher_named(EVP_CIPHER **out, const char *name);

/* What a failed call of libcrypto means: SM_E_NOMEM or SM_E_CRYPTO. */
int sm_evp_failure(void);

/* The error queue of the calling thread belongs to the program: begin marks
 * it, end takes away what we left there. */
void sm_evp_begin(void);
void sm_evp_end(void);

#endif
