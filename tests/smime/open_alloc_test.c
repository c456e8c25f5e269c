/* Opening when memory runs out, at every place once: it says so, or the verdict is
 * the true one; never a better one, and nothing is leaked. */
#include "open_kit.h"

#include "../support/failing_alloc.h"

#include <openssl/crypto.h>

static struct people people;
static struct sm_buf sealed, evidence;
static struct sm_pki *pki;
static int want_exit, got_exit; /* -1: no verdict */
static enum sm_open_mode mode;
static bool provisional;
static struct sm_bytes detached;

/* libcrypto's own allocations, of which one fails: -1 none */
static long crypto_left = -1;

static const char letter[] = "From: alice@example.org\r\nMIME-Version: 1.0\r\n"
    "Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
    "Content-Type: application/pkcs7-mime; name*0=a; name*1=.p7m\r\n\r\nhi\r\n"
    "--x--\r\n";

static int
from_bytes(void *ctx, uint64_t offset, void *buf, size_t len, size_t *out_len)
{
	const struct sm_bytes *b = ctx;
	struct sm_bytes rest = sm_bytes_first(sm_bytes_skip(*b,
	    offset > b->len ? b->len : (size_t)offset), len);

	if (rest.len > 0)
		memcpy(buf, rest.data, rest.len);
	*out_len = rest.len;
	return 0;
}

static int
discard(void *ctx, struct sm_bytes in)
{
	*(size_t *)ctx += in.len;
	return 0;
}

static void
forget(void *ctx)
{
	*(size_t *)ctx = 0;
}

static int
finish(struct sm_open *o)
{
	struct sm_sink nowhere = { NULL, NULL };
	int rc = sm_open_finish(o);

	if (rc == 0)
		rc = sm_report_json(sm_open_report(o), &nowhere);
	if (rc == 0)
		rc = sm_report_text(sm_open_report(o), true, false, &nowhere);
	if (rc == 0)
		got_exit = sm_open_report(o)->exit;
	if (rc == 0 && got_exit != want_exit)
		rc = SM_E_CRYPTO;
	if (rc == 0 && sm_open_released(o) !=
	    (want_exit == 0 || want_exit == 15))
		rc = SM_E_USAGE;
	return rc;
}

static int
open_sealed(void)
{
	struct sm_open_options opt = sm_open_options_default();
	struct sm_bytes bytes = sm_buf_bytes(&sealed);
	size_t written = 0;
	struct sm_open *o;
	int rc;

	opt.mode = mode;
	opt.pki = pki;
	opt.keys = people.keys;
	opt.key_count = 2;
	opt.now = NOW;
	opt.again = (struct sm_source){ from_bytes, &bytes };
	if (detached.len > 0) {
		opt.detached = (struct sm_source){ from_bytes, &detached };
		opt.from = "alice@example.org";
	}
	opt.out = (struct sm_sink){ discard, &written };
	opt.provisional = provisional;
	opt.restart = forget;
	opt.restart_ctx = &written;
	got_exit = -1;
	rc = sm_open_new(&o, &opt);
	if (rc != 0)
		return rc;
	rc = sm_open_write(o, bytes);
	if (rc == 0)
		rc = finish(o);
	if (rc != 0 && rc != SM_E_CRYPTO)
		assert_false(sm_open_released(o) && want_exit != 0 &&
		    want_exit != 15);
	sm_open_free(o);
	return rc;
}

static void *
crypto_malloc(size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (crypto_left >= 0 && crypto_left-- == 0)
		return NULL;
	return __real_malloc(size);
}

static void *
crypto_realloc(void *p, size_t size, const char *file, int line)
{
	(void)file;
	(void)line;
	if (crypto_left >= 0 && crypto_left-- == 0)
		return NULL;
	return __real_realloc(p, size);
}

static void
crypto_free(void *p, const char *file, int line)
{
	(void)file;
	(void)line;
	free(p);
}

/* Memory fails within libcrypto: some of its calls cannot say that it was memory,
 * so that a bad verdict may come; a better one than the true one never does. */
static void
crypto_each(void)
{
	long count, step;

	crypto_left = 1L << 40;
	assert_int_equal(open_sealed(), 0);
	count = (1L << 40) - crypto_left;
	step = count / 300 + 1;
	for (long n = 0; n < count; n += step) {
		int rc;

		crypto_left = n;
		rc = open_sealed();
		crypto_left = -1;
		if (want_exit != 0 && got_exit == 0)
			print_message("allocation %ld of %ld\n", n, count);
		assert_true(want_exit == 0 || got_exit != 0);
		/* released although the verdict forbids it, or not although not */
		assert_int_not_equal(rc, SM_E_USAGE);
	}
	assert_int_equal(open_sealed(), 0);
}

static void
each(const struct letter *l, int exit)
{
	want_exit = exit;
	for (int i = 0; i < 2; i++) {
		provisional = i == 1;
		sm_buf_clear(&sealed);
		letter_make(&sealed, &people, l, LIT(letter));
		alloc_each(open_sealed);
	}
	crypto_each();
}

static void
signed_letters_survive(void **state)
{
	struct letter l = { .is_signed = true };

	(void)state;
	each(&l, 0);
	l.opaque = true;
	each(&l, 0);
	l.compress = true;
	l.form = SM_FORM_DER;
	each(&l, 0);
}

static void
signed_and_encrypted_letters_survive(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true };

	(void)state;
	each(&l, 0);
	l.cipher = "aes-256-gcm";
	each(&l, 0);
	l.opaque = true;
	l.to_bob_rsa = true;
	l.cipher = "aes-128-ccm";
	each(&l, 0);
	l.cipher = "aes-256-cbc";
	l.form = SM_FORM_PEM;
	each(&l, 0);
}

static void
letters_that_are_not_signed_survive(void **state)
{
	struct letter l = { .to_bob = true, .cipher = "aes-256-cbc" };

	(void)state;
	each(&l, 22);
	mode = SM_OPEN_DECRYPT;
	each(&l, 22);
	l.cipher = "aes-256-gcm";
	each(&l, 0);
	mode = SM_OPEN_ALL;
	each(&l, 15);
}

static void
evidence_survives(void **state)
{
	struct letter l = { .is_signed = true };
	const struct mint_revoked grave[] = { { 17, NOW - DAY, 1 }, { 0, 0, 0 } };
	struct sm_limits limits = sm_limits_default();

	(void)state;
	assert_int_equal(sm_pki_new(&pki, &limits), 0);
	assert_int_equal(sm_pki_add_anchor(pki, people.ca.cert), 0);
	mint_crl(&evidence, &people.ca, NOW - DAY, 0, grave, NULL);
	assert_int_equal(sm_pki_add_crl(pki, sm_buf_bytes(&evidence), NULL), 0);
	each(&l, 13);
	sm_pki_free(pki);
	pki = people.pki;
}

static void
content_beside_a_signature_survives(void **state)
{
	(void)state;
	mode = SM_OPEN_VERIFY;
	want_exit = 0;
	provisional = false;
	detached = LIT(letter);
	sm_buf_clear(&sealed);
	letter_detached(&sealed, &people, detached);
	alloc_each(open_sealed);
	detached.len = 0;
	mode = SM_OPEN_ALL;
}

static int
setup(void **state)
{
	(void)state;
	people_new(&people);
	pki = people.pki;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	people_wipe(&people);
	sm_buf_free(&sealed);
	sm_buf_free(&evidence);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signed_letters_survive),
		cmocka_unit_test(signed_and_encrypted_letters_survive),
		cmocka_unit_test(letters_that_are_not_signed_survive),
		cmocka_unit_test(evidence_survives),
		cmocka_unit_test(content_beside_a_signature_survives),
	};

	/* before libcrypto's first allocation */
	if (CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc,
	    crypto_free) != 1)
		return 1;
	return cmocka_run_group_tests_name("open_alloc", tests, setup, teardown);
}
