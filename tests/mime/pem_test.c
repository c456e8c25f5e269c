#include "test.h"

#include <mime/codec.h>

static uint64_t rng;

static void
run(struct sm_buf *log, struct cuts *c, void *arg)
{
	struct sm_sink sink = sm_buf_sink(log);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_pem *p;
	struct sm_bytes in;
	int rc = 0;

	(void)arg;
	assert_int_equal(sm_pem_new(&p, &sink, &err), 0);
	while (rc == 0 && cuts_next(c, &in))
		rc = sm_pem_write(p, in);
	if (rc == 0)
		rc = sm_pem_finish(p);
	if (rc != 0)
		log_text(log, "|%s %d", err.reason, (int)err.offset);
	sm_pem_free(p);
}

static void
check(const char *in, const char *want)
{
	cuts_check(run, NULL, sm_bytes_str(in), &rng, 30, want);
}

static void
what_stands_between_begin_and_end_is_decoded(void **state)
{
	(void)state;
	check("-----BEGIN CMS-----\nZm9v\nYmFy\n-----END CMS-----\n", "foobar");
	check("-----BEGIN PKCS7-----\r\nZm9v\r\n-----END PKCS7-----\r\n", "foo");
	check("-----BEGIN PKCS #7 SIGNED DATA-----\nZm9v\n"
	    "-----END PKCS #7 SIGNED DATA-----", "foo");
	check("-----BEGIN SIGNED MESSAGE-----\nZg==\n"
	    "-----END SIGNED MESSAGE----- \t\n", "f");
	check("-----BEGIN ENCRYPTED MESSAGE-----\nZg==\n"
	    "-----END ENCRYPTED MESSAGE-----\n", "f");
	check("-----BEGIN CMS-----\n-----END CMS-----\n", "");
}

static void
text_around_it_is_skipped(void **state)
{
	(void)state;
	check("a\n-----BEGIN CERTIFICATE-----\nxxxx!\n-----END CERTIFICATE-----\n"
	    " -----BEGIN CMS-----\n-----BEGIN CMS-----x\n"
	    "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\n"
	    "-----BEGIN CMS-----\nZm9v\n-----END CMS-----\n"
	    "after!\n-----BEGIN CMS-----\n", "foo");
}

static void
what_is_damaged_or_missing_is_said_with_its_place(void **state)
{
	(void)state;
	check("", "|pem 0");
	check("Zm9v\n", "|pem 0");
	check("-----BEGIN CMS-----", "|pem 0");
	check("-----BEGIN CMS-----\nZm9v\n", "foo|pem 25");
	check("-----BEGIN CMS-----\nZm!v\n-----END CMS-----\n", "|pem 22");
	check("-----BEGIN CMS-----\nZm9v-----END CMS-----\n", "foo|pem 24");
	check("-----BEGIN CMS-----\nZm9v\n-----END PKCS7-----\n", "foo|pem 45");
	check("-----BEGIN CMS-----\nZm9v\n-----END CMS----\n", "foo|pem 42");
	check("-----BEGIN CMS-----\nZm9\n-----END CMS-----\n", "|pem 42");
	sm_pem_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_stands_between_begin_and_end_is_decoded),
		cmocka_unit_test(text_around_it_is_skipped),
		cmocka_unit_test(
		    what_is_damaged_or_missing_is_said_with_its_place),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
