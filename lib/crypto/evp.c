#include <crypto/evp.h>

#include <openssl/err.h>
#include <openssl/provider.h>
#include <pthread.h>

static pthread_once_t evp_archive_once = PTHREAD_ONCE_INIT;
static OSSL_LIB_CTX *evp_archive_ctx;

static void
evp_archive_make(void)
{
	OSSL_LIB_CTX *ctx = OSSL_LIB_CTX_new();

	if (ctx == NULL)
		return;
	if (OSSL_PROVIDER_load(ctx, "default") == NULL ||
	    OSSL_PROVIDER_load(ctx, "legacy") == NULL) {
		OSSL_LIB_CTX_free(ctx);
		return;
	}
	evp_archive_ctx = ctx;
}

/* NULL when libcrypto came without its legacy provider. */
static OSSL_LIB_CTX *
evp_archive(void)
{
	if (pthread_once(&evp_archive_once, evp_archive_make) != 0)
		return NULL;
	return evp_archive_ctx;
}

int
sm_evp_failure(void)
{
	unsigned long e = ERR_peek_last_error();

	return ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE ? SM_E_NOMEM :
	    SM_E_CRYPTO;
}

/* A mark on an empty queue is refused; then taking away everything is the same. */
void
sm_evp_begin(void)
{
	(void)ERR_set_mark();
}

void
sm_evp_end(void)
{
	(void)ERR_pop_to_mark();
}

/* After a failed fetch: does libcrypto lack it, or memory? */
static int
evp_fetch_failure(void)
{
	return sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM : SM_E_UNSUPPORTED;
}

int
sm_evp_digest(EVP_MD **out, enum sm_alg_id alg)
{
	const struct sm_alg *a = sm_alg_get(alg);
	int rc = SM_OK;

	if (a->kind != SM_ALG_DIGEST || a->evp == NULL)
		return SM_E_UNSUPPORTED;
	sm_evp_begin();
	*out = EVP_MD_fetch(NULL, a->evp, NULL);
	if (*out == NULL)
		rc = evp_fetch_failure();
	sm_evp_end();
	return rc;
}

static int
evp_cipher_fetch(EVP_CIPHER **out, OSSL_LIB_CTX *ctx, const char *name)
{
	int rc = SM_OK;

	sm_evp_begin();
	*out = EVP_CIPHER_fetch(ctx, name, NULL);
	if (*out == NULL)
		rc = evp_fetch_failure();
	sm_evp_end();
	return rc;
}

int
sm_evp_cipher_named(EVP_CIPHER **out, const char *name)
{
	return evp_cipher_fetch(out, NULL, name);
}

int
sm_evp_cipher(EVP_CIPHER **out, enum sm_alg_id alg)
{
	const struct sm_alg *a = sm_alg_get(alg);
	OSSL_LIB_CTX *ctx;

	if (a->evp == NULL ||
	    (a->kind != SM_ALG_CIPHER && a->kind != SM_ALG_WRAP))
		return SM_E_UNSUPPORTED;
	if (alg != SM_DES_CBC && alg != SM_RC2_CBC)
		return evp_cipher_fetch(out, NULL, a->evp);
	sm_evp_begin();
	ctx = evp_archive();
	sm_evp_end();
	if (ctx == NULL)
		return SM_E_UNSUPPORTED;
	return evp_cipher_fetch(out, ctx, a->evp);
}
