#include <crypto/cipher.h>
#include <crypto/evp.h>

#include <openssl/rand.h>

int
sm_random(void *out, size_t len)
{
	if (len > 0 && RAND_bytes_ex(NULL, out, len, 0) != 1)
		return sm_evp_failure();
	return SM_OK;
}

/* libcrypto keeps a generator of its own for keys, so that what we publish as
 * nonces tells nothing about them. */
int
sm_random_secret(void *out, size_t len)
{
	if (len > 0 && RAND_priv_bytes_ex(NULL, out, len, 0) != 1)
		return sm_evp_failure();
	return SM_OK;
}
