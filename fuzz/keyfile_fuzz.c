/* Key files of every make: PEM, DER, PKCS#12, with the passwords of the corpora. */
#include "fuzz.h"

#include <sealmail/cert.h>

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	static const char *const known[] = { "nss", "1234", "password", "start", "bob" };

	(void)ctx;
	(void)what;
	if (attempt >= sizeof known / sizeof known[0])
		return SM_E_SECRET;
	return give(give_ctx, sm_bytes_str(known[attempt]));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_passphrase pass = { ask, NULL };
	struct sm_keyfile f;
	struct sm_error err = { 0 };

	/* What a fuzzer likes best is to make the machine count. */
	limits.pbkdf2_iterations = 5000;
	limits.scrypt_mib = 16;
	memset(&f, 0, sizeof f);
	if (sm_keyfile_read(&f, sm_bytes(data, size), (size & 1) != 0, &pass, &limits,
	    &err) == 0) {
		for (size_t i = 0; i < f.key_count; i++)
			FUZZ_CHECK(sm_key_spki(f.keys[i]).len > 0);
		sm_keyfile_wipe(&f);
	}
	return 0;
}
