#include "test.h"

#include <base/base64.h>

#include "../support/cuts.h"

static uint64_t rng;

struct outcome {
	int rc, finish;
	uint64_t offset;
	struct sm_buf out;
};

typedef int (*update_fn)(struct sm_base64_dec *d, uint8_t *out, size_t *out_len,
    struct sm_bytes in);

static void
decode_piece(struct outcome *o, struct sm_base64_dec *d, update_fn update,
    struct sm_bytes in)
{
	/* Exactly the room that is promised: the sanitizer sees one byte more. */
	uint8_t *out = malloc(sm_base64_dec_room(in.len));
	size_t n = 0;

	assert_non_null(out);
	o->rc = update(d, out, &n, in);
	assert_int_equal(sm_buf_append(&o->out, sm_bytes(out, n)), 0);
	free(out);
}

static void
decode(struct outcome *o, update_fn update, struct sm_bytes in,
    enum cuts_mode mode)
{
	struct sm_base64_dec d = { 0 };
	struct cuts c = { mode, in, &rng, NULL };
	struct sm_bytes piece;

	*o = (struct outcome){ 0 };
	while (o->rc == 0 && cuts_next(&c, &piece))
		decode_piece(o, &d, update, piece);
	free(c.piece);
	o->offset = d.in_bytes;
	o->finish = sm_base64_dec_finish(&d);
}

static void
compare(const struct outcome *a, const struct outcome *b)
{
	assert_int_equal(a->rc, b->rc);
	assert_int_equal(a->offset, b->offset);
	if (a->rc == 0)
		assert_int_equal(a->finish, b->finish);
	assert_bytes(sm_buf_bytes(&a->out), sm_buf_bytes(&b->out));
}

/* Wide and plain, whole and cut: the same of everything. */
static void
decode_all_ways(struct sm_bytes in)
{
	struct outcome plain, other;

	decode(&plain, sm_base64_dec_update_plain, in, CUTS_BYTES);
	for (int i = 0; i < 4; i++) {
		decode(&other, i & 1 ? sm_base64_dec_update :
		    sm_base64_dec_update_plain, in,
		    i & 2 ? CUTS_RANDOM : CUTS_WHOLE);
		compare(&plain, &other);
		sm_buf_free(&other.out);
	}
	sm_buf_free(&plain.out);
}

/* Text of lines with the odd things that happen to mail. */
static struct sm_buf
random_text(void)
{
	static const char chars[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/";
	static const size_t widths[] = { 64, 76, 60, 75, 1, 4, 28, 32, 1000 };
	size_t n = rnd_below(&rng, 700), width = widths[rnd_below(&rng, 9)];
	const char *eol = rnd_below(&rng, 2) ? "\r\n" : "\n";
	struct sm_buf b = SM_BUF_INIT;

	for (size_t i = 0; i < n; i++) {
		assert_int_equal(sm_buf_append_byte(&b,
		    (uint8_t)chars[rnd_below(&rng, 64)]), 0);
		if ((i + 1) % width == 0)
			assert_int_equal(sm_buf_append_str(&b, eol), 0);
	}
	for (size_t i = rnd_below(&rng, 4); i > 0; i--)
		assert_int_equal(sm_buf_append_byte(&b, '='), 0);
	return b;
}

static void
the_wide_decoder_judges_like_the_plain_one_on_damaged_lines(void **state)
{
	static const char odd[] = "\r\n \t=-_\0\x80\xff*.,:@[`{~";

	(void)state;
	for (unsigned i = rnd_loops(4000); i > 0; i--) {
		struct sm_buf b = random_text();

		for (size_t k = rnd_below(&rng, 4); k > 0 && b.len > 0; k--)
			b.data[rnd_below(&rng, b.len)] = (uint8_t)
			    odd[rnd_below(&rng, sizeof(odd) - 1)];
		decode_all_ways(sm_buf_bytes(&b));
		sm_buf_free(&b);
	}
}

static void
every_byte_value_is_judged_alike_at_every_place(void **state)
{
	uint8_t text[70];

	(void)state;
	for (size_t at = 0; at < sizeof(text); at++) {
		for (int c = 0; c < 256; c++) {
			memset(text, 'A', sizeof(text));
			text[at] = (uint8_t)c;
			decode_all_ways(sm_bytes(text, sizeof(text)));
		}
	}
}

static void
encode(struct sm_buf *out, struct sm_bytes in, bool crlf, bool plain,
    enum cuts_mode mode)
{
	struct sm_base64_enc e = { .crlf = crlf };
	struct cuts c = { mode, in, &rng, NULL };
	struct sm_bytes piece;
	uint8_t last[66];
	size_t n;

	while (cuts_next(&c, &piece)) {
		uint8_t *room = malloc(sm_base64_enc_room(piece.len));

		assert_non_null(room);
		if (plain)
			sm_base64_enc_update_plain(&e, room, &n, piece);
		else
			sm_base64_enc_update(&e, room, &n, piece);
		assert_int_equal(sm_buf_append(out, sm_bytes(room, n)), 0);
		free(room);
	}
	free(c.piece);
	sm_base64_enc_finish(&e, last, &n);
	assert_int_equal(sm_buf_append(out, sm_bytes(last, n)), 0);
}

/* Line ends where they belong and nowhere else. */
static void
check_lines(struct sm_bytes text, bool crlf)
{
	size_t line = crlf ? 66 : 65;

	for (size_t i = 0; i < text.len; i++)
		assert_int_equal(text.data[i] == '\n',
		    i % line == line - 1 || i + 1 == text.len);
}

static void
what_is_encoded_decodes_to_itself_in_lines_of_64(void **state)
{
	(void)state;
	for (unsigned i = rnd_loops(2000); i > 0; i--) {
		struct sm_buf wide = SM_BUF_INIT, plain = SM_BUF_INIT;
		uint8_t data[500];
		struct sm_bytes in = sm_bytes(data, rnd_below(&rng, 500));
		struct outcome o;

		for (size_t k = 0; k < in.len; k++)
			data[k] = (uint8_t)rnd_next(&rng);
		encode(&wide, in, i % 2 == 0, false, CUTS_RANDOM);
		encode(&plain, in, i % 2 == 0, true, CUTS_WHOLE);
		assert_bytes(sm_buf_bytes(&wide), sm_buf_bytes(&plain));
		check_lines(sm_buf_bytes(&wide), i % 2 == 0);
		decode(&o, sm_base64_dec_update, sm_buf_bytes(&wide),
		    CUTS_WHOLE);
		assert_int_equal(o.rc | o.finish, 0);
		assert_bytes(sm_buf_bytes(&o.out), in);
		sm_buf_free(&o.out);
		sm_buf_free(&wide);
		sm_buf_free(&plain);
	}
}

static void
the_vectors_of_rfc_4648_section_10_hold(void **state)
{
	static const char *const v[][2] = {
		{ "", "" }, { "f", "Zg==\n" }, { "fo", "Zm8=\n" },
		{ "foo", "Zm9v\n" }, { "foob", "Zm9vYg==\n" },
		{ "fooba", "Zm9vYmE=\n" }, { "foobar", "Zm9vYmFy\n" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct sm_base64_enc e = { .crlf = false };
		uint8_t out[200];
		size_t n, m;
		struct outcome o;

		sm_base64_enc_update(&e, out, &n, sm_bytes_str(v[i][0]));
		sm_base64_enc_finish(&e, out + n, &m);
		assert_bytes(sm_bytes(out, n + m), sm_bytes_str(v[i][1]));
		decode(&o, sm_base64_dec_update, sm_bytes_str(v[i][1]),
		    CUTS_WHOLE);
		assert_int_equal(o.rc | o.finish, 0);
		assert_bytes(sm_buf_bytes(&o.out), sm_bytes_str(v[i][0]));
		sm_buf_free(&o.out);
	}
}

static void
the_offset_of_a_fault_is_that_of_the_character(void **state)
{
	static const struct {
		const char *text;
		int rc, finish;
		uint64_t offset;
	} v[] = {
		{ "Zg==", 0, 0, 4 },
		{ "Zg=\r\n=\r\n", 0, 0, 8 },
		{ " \tZg ==", 0, 0, 7 },
		{ "Zh==", 0, SM_E_FORMAT, 4 },  /* left-over bits */
		{ "Zm9=", 0, SM_E_FORMAT, 4 },
		{ "Zg", 0, SM_E_FORMAT, 2 },
		{ "Zg=", 0, SM_E_FORMAT, 3 },
		{ "Z", 0, SM_E_FORMAT, 1 },
		{ "Zg==Zg==", SM_E_FORMAT, 0, 4 },
		{ "Zg===", SM_E_FORMAT, 0, 4 },
		{ "Zm9v=", SM_E_FORMAT, 0, 4 },
		{ "Z===", SM_E_FORMAT, 0, 1 },
		{ "Zm8=v", SM_E_FORMAT, 0, 4 },
		{ "Zm-v", SM_E_FORMAT, 0, 2 },
		{ "Zm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9vZm9v.m9v", SM_E_FORMAT, 0,
		    36 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		struct outcome o;

		decode(&o, sm_base64_dec_update, sm_bytes_str(v[i].text),
		    CUTS_WHOLE);
		assert_int_equal(o.rc, v[i].rc);
		assert_int_equal(o.offset, v[i].offset);
		if (o.rc == 0)
			assert_int_equal(o.finish, v[i].finish);
		sm_buf_free(&o.out);
		decode_all_ways(sm_bytes_str(v[i].text));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_vectors_of_rfc_4648_section_10_hold),
		cmocka_unit_test(the_offset_of_a_fault_is_that_of_the_character),
		cmocka_unit_test(every_byte_value_is_judged_alike_at_every_place),
		cmocka_unit_test(
		    the_wide_decoder_judges_like_the_plain_one_on_damaged_lines),
		cmocka_unit_test(
		    what_is_encoded_decodes_to_itself_in_lines_of_64),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
