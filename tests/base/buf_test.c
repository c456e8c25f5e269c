#include "test.h"

#include <base/buf.h>

#include <stdlib.h>

static void
appended_pieces_stand_one_after_the_other(void **state)
{
	struct sm_buf b = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_buf_append(&b, LIT("ab")), 0);
	assert_int_equal(sm_buf_append(&b, sm_bytes(NULL, 0)), 0);
	assert_int_equal(sm_buf_append_byte(&b, 'c'), 0);
	assert_int_equal(sm_buf_append_str(&b, "de"), 0);
	assert_bytes(sm_buf_bytes(&b), LIT("abcde"));
	sm_buf_free(&b);
	assert_null(b.data);
	assert_int_equal(sm_buf_append_str(&b, "again"), 0);
	assert_bytes(sm_buf_bytes(&b), LIT("again"));
	sm_buf_free(&b);
}

static void
formatted_text_of_any_length_is_whole(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	int n;

	(void)state;
	for (n = 0; n < 300; n++) {
		sm_buf_clear(&b);
		assert_int_equal(sm_buf_printf(&b, "%0*d", n, 0), 0);
		assert_int_equal(sm_buf_printf(&b, "|%s", "x"), 0);
		assert_int_equal(b.len, (n == 0 ? 1 : n) + 2);
		assert_int_equal(b.data[b.len - 1], 'x');
	}
	sm_buf_free(&b);
}

static void
a_size_that_cannot_be_is_refused_and_changes_nothing(void **state)
{
	struct sm_buf b = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_buf_append_str(&b, "keep"), 0);
	assert_int_equal(sm_buf_reserve(&b, SIZE_MAX), SM_E_NOMEM);
	assert_int_equal(sm_buf_reserve(&b, SIZE_MAX / 2), SM_E_NOMEM);
	assert_int_equal(sm_buf_resize(&b, SIZE_MAX), SM_E_NOMEM);
	assert_bytes(sm_buf_bytes(&b), LIT("keep"));
	sm_buf_free(&b);
}

static void
resize_fills_with_zeros_also_where_bytes_stood_before(void **state)
{
	struct sm_buf b = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_buf_append_str(&b, "abcd"), 0);
	assert_int_equal(sm_buf_resize(&b, 1), 0);
	assert_int_equal(sm_buf_resize(&b, 3), 0);
	assert_bytes(sm_buf_bytes(&b), LIT("a\0\0"));
	sm_buf_free(&b);
}

static void
drop_removes_from_the_front_and_no_more_than_there_is(void **state)
{
	struct sm_buf b = SM_BUF_INIT;

	(void)state;
	sm_buf_drop(&b, 3);
	assert_int_equal(sm_buf_append_str(&b, "abcd"), 0);
	sm_buf_drop(&b, 3);
	assert_bytes(sm_buf_bytes(&b), LIT("d"));
	sm_buf_drop(&b, 9);
	assert_int_equal(b.len, 0);
	sm_buf_free(&b);
}

static void
a_secret_buffer_keeps_no_byte_that_was_removed(void **state)
{
	struct sm_buf b = SM_BUF_SECRET_INIT;
	size_t i;

	(void)state;
	assert_int_equal(sm_buf_append_str(&b, "secret"), 0);
	sm_buf_drop(&b, 2);
	assert_bytes(sm_buf_bytes(&b), LIT("cret"));
	assert_int_equal(sm_buf_resize(&b, 1), 0);
	for (i = 1; i < 6; i++)
		assert_int_equal(b.data[i], 0);
	sm_buf_clear(&b);
	assert_int_equal(b.data[0], 0);
	sm_buf_free(&b);
}

static void
a_secret_buffer_keeps_its_bytes_when_it_grows(void **state)
{
	struct sm_buf b = SM_BUF_SECRET_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 20000; i++)
		assert_int_equal(sm_buf_append_byte(&b, (uint8_t)i), 0);
	for (i = 0; i < 20000; i++)
		assert_int_equal(b.data[i], (uint8_t)i);
	sm_buf_free(&b);
}

static void
secret_memory_is_zero_and_sizes_at_the_edges_are_served(void **state)
{
	static const size_t sizes[] = { 0, 1, 4095, 4096, 4097 };
	size_t i, k;
	uint8_t *p;

	(void)state;
	for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		p = sm_secret_alloc(sizes[i]);
		assert_non_null(p);
		for (k = 0; k < sizes[i]; k++)
			assert_int_equal(p[k], 0);
		sm_secret_free(p, sizes[i]);
	}
	assert_null(sm_secret_alloc(SIZE_MAX));
	sm_secret_free(NULL, 7);
}

static void
a_wipe_leaves_zeros(void **state)
{
	uint8_t a[3] = { 1, 2, 3 };

	(void)state;
	sm_wipe(a, 2);
	assert_memory_equal(a, "\0\0\3", 3);
	sm_wipe(NULL, 0);
}

static void
constant_time_comparison_sees_each_differing_bit(void **state)
{
	uint8_t a[4] = { 1, 2, 3, 4 }, b[4];
	size_t bit;

	(void)state;
	assert_true(sm_equal_ct(NULL, NULL, 0));
	for (bit = 0; bit < 32; bit++) {
		memcpy(b, a, sizeof(b));
		assert_true(sm_equal_ct(a, b, sizeof(a)));
		b[bit / 8] = (uint8_t)(b[bit / 8] ^ (1u << bit % 8));
		assert_false(sm_equal_ct(a, b, sizeof(a)));
	}
}

static void
a_sink_on_a_buffer_appends(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_sink s = sm_buf_sink(&b);

	(void)state;
	assert_int_equal(sm_sink_write(&s, LIT("one ")), 0);
	assert_int_equal(sm_sink_write(&s, LIT("two")), 0);
	assert_int_equal(sm_sink_write(NULL, LIT("nowhere")), 0);
	assert_bytes(sm_buf_bytes(&b), LIT("one two"));
	sm_buf_free(&b);
}

static void
a_string_made_of_bytes_ends_in_nul(void **state)
{
	char *s = sm_strdup_bytes(sm_bytes("abc", 2));
	char *empty = sm_strdup_bytes(sm_bytes(NULL, 0));

	(void)state;
	assert_string_equal(s, "ab");
	assert_string_equal(empty, "");
	free(s);
	free(empty);
}

static void
arithmetic_that_overflows_is_refused_and_leaves_out_alone(void **state)
{
	size_t out = 7;

	(void)state;
	assert_false(sm_size_add(&out, SIZE_MAX, 1));
	assert_false(sm_size_mul(&out, SIZE_MAX / 2 + 1, 2));
	assert_int_equal(out, 7);
	assert_true(sm_size_add(&out, SIZE_MAX - 1, 1));
	assert_true(out == SIZE_MAX);
	assert_true(sm_size_mul(&out, 0, SIZE_MAX));
	assert_int_equal(out, 0);
	assert_true(sm_size_mul(&out, 6, 7));
	assert_int_equal(out, 42);
}

static void
borrowed_bytes_are_clipped_to_what_there_is(void **state)
{
	(void)state;
	assert_bytes(sm_bytes_skip(LIT("abc"), 1), LIT("bc"));
	assert_bytes(sm_bytes_skip(LIT("abc"), 9), LIT(""));
	assert_bytes(sm_bytes_skip(sm_bytes(NULL, 0), 9), LIT(""));
	assert_bytes(sm_bytes_first(LIT("abc"), 2), LIT("ab"));
	assert_bytes(sm_bytes_first(LIT("abc"), 9), LIT("abc"));
	assert_true(sm_bytes_equal(sm_bytes(NULL, 0), LIT("")));
	assert_false(sm_bytes_equal(LIT("a"), LIT("b")));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(appended_pieces_stand_one_after_the_other),
		cmocka_unit_test(formatted_text_of_any_length_is_whole),
		cmocka_unit_test(a_size_that_cannot_be_is_refused_and_changes_nothing),
		cmocka_unit_test(resize_fills_with_zeros_also_where_bytes_stood_before),
		cmocka_unit_test(drop_removes_from_the_front_and_no_more_than_there_is),
		cmocka_unit_test(a_secret_buffer_keeps_no_byte_that_was_removed),
		cmocka_unit_test(a_secret_buffer_keeps_its_bytes_when_it_grows),
		cmocka_unit_test(secret_memory_is_zero_and_sizes_at_the_edges_are_served),
		cmocka_unit_test(a_wipe_leaves_zeros),
		cmocka_unit_test(constant_time_comparison_sees_each_differing_bit),
		cmocka_unit_test(a_sink_on_a_buffer_appends),
		cmocka_unit_test(a_string_made_of_bytes_ends_in_nul),
		cmocka_unit_test(arithmetic_that_overflows_is_refused_and_leaves_out_alone),
		cmocka_unit_test(borrowed_bytes_are_clipped_to_what_there_is),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
