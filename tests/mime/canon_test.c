#include "test.h"

#include <mime/codec.h>

static uint64_t rng;

static void
run(struct sm_buf *log, struct cuts *c, void *arg)
{
	struct sm_canon canon = { 0 };
	struct sm_sink sink = sm_buf_sink(log);
	struct sm_bytes in;

	(void)arg;
	while (cuts_next(c, &in))
		assert_int_equal(sm_canon_write(&canon, in, &sink), 0);
	log_text(log, "|%llu", (unsigned long long)canon.changed);
}

static void
check(const char *in, const char *want)
{
	cuts_check(run, NULL, sm_bytes_str(in), &rng, 20, want);
}

static void
only_a_bare_lf_is_changed(void **state)
{
	(void)state;
	check("", "|0");
	check("a\r\nb\r\n", "a\r\nb\r\n|0");
	check("a\nb\n", "a\r\nb\r\n|2");
	check("\n\r\n\n", "\r\n\r\n\r\n|2");
	check("a\rb\r", "a\rb\r|0");
	check("\r\r\n\n\r", "\r\r\n\r\n\r|1");
}

static void
random_text_becomes_what_a_slow_reader_makes_of_it(void **state)
{
	(void)state;
	for (unsigned i = rnd_loops(1000); i > 0; i--) {
		struct sm_buf in = SM_BUF_INIT, want = SM_BUF_INIT;
		size_t n = rnd_below(&rng, 3000), often = 1 +
		    rnd_below(&rng, 400);
		unsigned changed = 0;

		for (size_t k = 0; k < n; k++) {
			uint8_t c = rnd_below(&rng, often) == 0 ?
			    (uint8_t)"\r\n\n"[rnd_below(&rng, 3)] : 'x';

			if (c == '\n' && (in.len == 0 ||
			    in.data[in.len - 1] != '\r')) {
				log_text(&want, "\r");
				changed++;
			}
			assert_int_equal(sm_buf_append_byte(&in, c), 0);
			assert_int_equal(sm_buf_append_byte(&want, c), 0);
		}
		log_text(&want, "|%u", changed);
		assert_int_equal(sm_buf_append_byte(&want, 0), 0);
		cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 3,
		    (const char *)want.data);
		sm_buf_free(&in);
		sm_buf_free(&want);
	}
}

static struct sm_bytes passed;

static int
note(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	passed = in;
	return 0;
}

static void
text_that_is_canonical_passes_uncopied(void **state)
{
	struct sm_bytes in = LIT("a\r\nb\r\n");
	struct sm_canon canon = { 0 };
	struct sm_sink sink = { note, NULL };

	(void)state;
	assert_int_equal(sm_canon_write(&canon, in, &sink), 0);
	assert_ptr_equal(passed.data, in.data);
	assert_int_equal(passed.len, in.len);
}

static int
refuse(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	(void)in;
	return SM_E_IO;
}

static void
a_sink_that_refuses_ends_it(void **state)
{
	struct sm_canon canon = { 0 };
	struct sm_sink sink = { refuse, NULL };

	(void)state;
	assert_int_equal(sm_canon_write(&canon, LIT("a\r\n"), &sink), SM_E_IO);
	assert_int_equal(sm_canon_write(&canon, LIT("a\n"), &sink), SM_E_IO);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_a_bare_lf_is_changed),
		cmocka_unit_test(
		    random_text_becomes_what_a_slow_reader_makes_of_it),
		cmocka_unit_test(text_that_is_canonical_passes_uncopied),
		cmocka_unit_test(a_sink_that_refuses_ends_it),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
