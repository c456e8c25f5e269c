/* Freed memory of libcrypto is wiped. Exports sm_crypto_wipe_freed of sealmail/key.h. */
#include <crypto/key.h>

#include <openssl/crypto.h>

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

/* libcrypto names the place of each call, for debugging. */
#define PLACE const char *file, int line

static void *
wiping_malloc(size_t size, PLACE)
{
	(void)file;
	(void)line;
	return malloc(size);
}

static void
wiping_free(void *p, PLACE)
{
	(void)file;
	(void)line;
	if (p == NULL)
		return;
	OPENSSL_cleanse(p, malloc_usable_size(p));
	free(p);
}

/* realloc() would leave the old place as it is. */
static void *
wiping_realloc(void *old, size_t size, const char *file, int line)
{
	size_t had = old == NULL ? 0 : malloc_usable_size(old);
	void *p;

	if (size == 0) {
		wiping_free(old, file, line);
		return NULL;
	}
	if (had >= size)
		return old;
	p = malloc(size);
	if (p == NULL)
		return NULL;
	if (had > 0)
		memcpy(p, old, had);
	wiping_free(old, file, line);
	return p;
}

bool
sm_crypto_wipe_freed(void)
{
	return CRYPTO_set_mem_functions(wiping_malloc, wiping_realloc, wiping_free) == 1;
}
