#include "test.h"

#include <base/json.h>

struct writer {
	struct sm_buf b;
	struct sm_json j;
};

static void
writer_init(struct writer *w, bool pretty)
{
	w->b = (struct sm_buf)SM_BUF_INIT;
	sm_json_init(&w->j, &w->b, pretty);
}

static void
writer_expect(struct writer *w, const char *want)
{
	assert_int_equal(sm_json_status(&w->j), 0);
	assert_bytes(sm_buf_bytes(&w->b), sm_bytes_str(want));
	sm_buf_free(&w->b);
}

static void
writer_expect_usage(struct writer *w)
{
	assert_int_equal(sm_json_status(&w->j), SM_E_USAGE);
	sm_buf_free(&w->b);
}

static void
write_example(struct sm_json *j)
{
	sm_json_object_begin(j);
	sm_json_key(j, "a");
	sm_json_array_begin(j);
	sm_json_int(j, INT64_MIN);
	sm_json_bool(j, true);
	sm_json_null(j);
	sm_json_string(j, NULL);
	sm_json_array_end(j);
	sm_json_key(j, "b");
	sm_json_object_begin(j);
	sm_json_object_end(j);
	sm_json_key(j, "c");
	sm_json_string(j, "x");
	sm_json_object_end(j);
}

static void
commas_and_nesting_are_kept(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, false);
	write_example(&w.j);
	writer_expect(&w, "{\"a\":[-9223372036854775808,true,null,null],"
	    "\"b\":{},\"c\":\"x\"}");
}

static void
pretty_text_is_indented_and_empty_objects_stay_on_a_line(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, true);
	write_example(&w.j);
	writer_expect(&w, "{\n  \"a\": [\n    -9223372036854775808,\n    true,\n"
	    "    null,\n    null\n  ],\n  \"b\": {},\n  \"c\": \"x\"\n}");
}

static void
control_bytes_and_quotes_are_escaped(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, false);
	sm_json_string(&w.j, "a\"b\\c\n\r\t\x01\x1f/\x7f");
	writer_expect(&w, "\"a\\\"b\\\\c\\n\\r\\t\\u0001\\u001f/\x7f\"");
}

static void
good_utf8_passes_unchanged(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, false);
	sm_json_string(&w.j, "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92 "
	    "\xed\x9f\xbf \xf4\x8f\xbf\xbf");
	writer_expect(&w, "\"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x94\x92 "
	    "\xed\x9f\xbf \xf4\x8f\xbf\xbf\"");
}

static void
each_byte_that_is_not_utf8_becomes_a_replacement(void **state)
{
	static const struct {
		const char *in;
		size_t bad;
	} cases[] = {
		{ "\x80", 1 }, { "\xff", 1 }, { "\xc3", 1 }, { "\xe2\x82", 2 },
		{ "\xc0\xaf", 2 }, { "\xc1\xbf", 2 }, { "\xe0\x9f\xbf", 3 },
		{ "\xed\xa0\x80", 3 }, { "\xf0\x8f\xbf\xbf", 4 },
		{ "\xf4\x90\x80\x80", 4 }, { "\xf5\x80\x80\x80", 4 },
	};
	struct sm_buf want = SM_BUF_INIT;
	struct writer w;
	size_t i, k;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		writer_init(&w, false);
		sm_json_string(&w.j, cases[i].in);
		sm_buf_clear(&want);
		assert_int_equal(sm_buf_append_str(&want, "\""), 0);
		for (k = 0; k < cases[i].bad; k++)
			assert_int_equal(sm_buf_append_str(&want,
			    "\xef\xbf\xbd"), 0);
		assert_int_equal(sm_buf_append(&want, LIT("\"\0")), 0);
		writer_expect(&w, (const char *)want.data);
	}
	sm_buf_free(&want);
}

static void
what_would_not_be_json_is_refused(void **state)
{
	struct writer w;

	(void)state;
	writer_init(&w, false);
	sm_json_key(&w.j, "key at the top");
	writer_expect_usage(&w);

	writer_init(&w, false);
	sm_json_object_begin(&w.j);
	sm_json_int(&w.j, 1);
	writer_expect_usage(&w);

	writer_init(&w, false);
	sm_json_object_begin(&w.j);
	sm_json_key(&w.j, "a");
	sm_json_object_end(&w.j);
	writer_expect_usage(&w);

	writer_init(&w, false);
	sm_json_array_begin(&w.j);
	sm_json_object_end(&w.j);
	writer_expect_usage(&w);

	writer_init(&w, false);
	sm_json_array_end(&w.j);
	writer_expect_usage(&w);

	writer_init(&w, false);
	sm_json_null(&w.j);
	sm_json_null(&w.j);
	writer_expect_usage(&w);
}

static void
more_than_63_levels_are_refused(void **state)
{
	struct writer w;
	int i;

	(void)state;
	writer_init(&w, false);
	for (i = 0; i < 63; i++)
		sm_json_array_begin(&w.j);
	assert_int_equal(sm_json_status(&w.j), 0);
	sm_json_array_begin(&w.j);
	for (i = 0; i < 100; i++)
		sm_json_array_end(&w.j);
	writer_expect_usage(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(commas_and_nesting_are_kept),
		cmocka_unit_test(pretty_text_is_indented_and_empty_objects_stay_on_a_line),
		cmocka_unit_test(control_bytes_and_quotes_are_escaped),
		cmocka_unit_test(good_utf8_passes_unchanged),
		cmocka_unit_test(each_byte_that_is_not_utf8_becomes_a_replacement),
		cmocka_unit_test(what_would_not_be_json_is_refused),
		cmocka_unit_test(more_than_63_levels_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
