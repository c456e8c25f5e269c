/* Letters larger than every buffer on the way, in pieces of all sizes: a pipe gives
 * what it has. What went in comes out, whole and in its order. */
#include "open_kit.h"
#include "../support/cuts.h"

static struct people people;

enum { TEXT_BYTES = 400000 };

static const char head[] = "From: alice@example.org\nMIME-Version: 1.0\n"
    "Content-Type: text/plain\n\n";

/* Every line says which it is, so that none can take the place of another. */
static void
numbered_letter(struct sm_buf *out, uint64_t *rng)
{
	assert_int_equal(sm_buf_append(out, LIT(head)), 0);
	for (size_t n = 0; out->len < TEXT_BYTES; n++) {
		assert_int_equal(sm_buf_printf(out, "%zu ", n), 0);
		for (size_t i = rnd_below(rng, 120); i > 0; i--)
			assert_int_equal(sm_buf_append_byte(out, (uint8_t)('a' + i % 26)),
			    0);
		assert_int_equal(sm_buf_append_byte(out, '\n'), 0);
	}
}

static void
with_crlf(struct sm_buf *out, struct sm_bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		if (in.data[i] == '\n')
			assert_int_equal(sm_buf_append_byte(out, '\r'), 0);
		assert_int_equal(sm_buf_append_byte(out, in.data[i]), 0);
	}
}

/* What is compared: the body, whose line ends have tests of their own. */
static void
text_of(struct sm_buf *out, struct sm_bytes in)
{
	const uint8_t *at = memmem(in.data, in.len, "\n0 ", 3);

	assert_non_null(at);
	in = sm_bytes_skip(in, (size_t)(at - in.data) + 1);
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] != '\r')
			assert_int_equal(sm_buf_append_byte(out, in.data[i]), 0);
}

static void
there_and_back(const struct letter *l, struct sm_bytes in, struct sm_bytes want,
    uint64_t *rng)
{
	struct sm_buf sealed = SM_BUF_INIT, got = SM_BUF_INIT, text = SM_BUF_INIT;
	struct opening o;

	letter_make_cut(&sealed, &people, l, in, rng);
	opening_new(&o, &people, sm_buf_bytes(&sealed), rnd_below(rng, 2) == 1);
	o.rng = rng;
	o.read_max = letter_cut(rng);
	opening_run(&o);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.exit, l->is_signed ? 0 : 15);
	assert_true(o.released);
	text_of(&got, sm_buf_bytes(&o.out));
	text_of(&text, want);
	assert_int_equal(got.len, text.len);
	assert_memory_equal(got.data, text.data, text.len);
	opening_wipe(&o);
	sm_buf_free(&sealed);
	sm_buf_free(&got);
	sm_buf_free(&text);
}

static void
any_cut_of_a_large_letter_comes_out_whole_and_in_order(void **state)
{
	static const struct letter kinds[] = {
		{ .is_signed = true },
		{ .is_signed = true, .opaque = true },
		{ .is_signed = true, .to_bob = true },
		{ .is_signed = true, .opaque = true, .to_bob_rsa = true },
		{ .to_bob = true, .to_bob_rsa = true, .compress = true,
		    .cipher = "aes-256-gcm" },
		{ .is_signed = true, .compress = true, .to_bob = true },
		{ .is_signed = true, .to_bob = true, .form = SM_FORM_DER },
	};
	uint64_t rng = rnd_seed();
	unsigned round, rounds = rnd_loops(30);

	(void)state;
	for (round = 0; round < rounds; round++) {
		const struct letter *l = &kinds[round % (sizeof(kinds) / sizeof(kinds[0]))];
		struct sm_buf lf = SM_BUF_INIT, crlf = SM_BUF_INIT;

		numbered_letter(&lf, &rng);
		with_crlf(&crlf, sm_buf_bytes(&lf));
		there_and_back(l, sm_buf_bytes(rnd_below(&rng, 2) == 1 ? &lf : &crlf),
		    sm_buf_bytes(&lf), &rng);
		sm_buf_free(&lf);
		sm_buf_free(&crlf);
	}
}

static int
set_up(void **state)
{
	(void)state;
	people_new(&people);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	people_wipe(&people);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(any_cut_of_a_large_letter_comes_out_whole_and_in_order),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
