#include "test.h"

#include <base/der.h>

#include <time.h>

#define FIRST INT64_C(-62167219200)
#define LAST INT64_C(253402300799)

static void
assert_text(int64_t seconds, const char *want)
{
	char text[32];
	int64_t back = -1;

	sm_time_text(text, seconds);
	assert_string_equal(text, want);
	assert_true(sm_time_parse(text, &back));
	assert_true(back == seconds);
}

static void
known_moments_have_their_text(void **state)
{
	(void)state;
	assert_text(0, "1970-01-01T00:00:00Z");
	assert_text(-1, "1969-12-31T23:59:59Z");
	assert_text(951782400, "2000-02-29T00:00:00Z");
	assert_text(1795338840, "2026-11-22T09:14:00Z");
	assert_text(INT64_C(4102444800), "2100-01-01T00:00:00Z");
	assert_text(FIRST, "0000-01-01T00:00:00Z");
	assert_text(LAST, "9999-12-31T23:59:59Z");
}

static void
each_day_of_ten_thousand_years_agrees_with_the_c_library(void **state)
{
	int64_t t;

	(void)state;
	for (t = FIRST; t <= LAST; t += 86400 + 3661) {
		struct sm_civil c = sm_time_to_civil(t);
		time_t tt = (time_t)t;
		struct tm tm;

		assert_non_null(gmtime_r(&tt, &tm));
		if (c.year != tm.tm_year + 1900 || c.month != tm.tm_mon + 1 ||
		    c.day != tm.tm_mday || c.hour != tm.tm_hour ||
		    c.min != tm.tm_min || c.sec != tm.tm_sec ||
		    c.weekday != tm.tm_wday || !sm_time_civil_ok(&c))
			fail_msg("differs at %lld", (long long)t);
		if (sm_time_from_civil(c.year, c.month, c.day, c.hour, c.min,
		    c.sec) != t)
			fail_msg("does not come back at %lld", (long long)t);
	}
}

static void
moments_outside_ten_thousand_years_are_clipped(void **state)
{
	char text[32];

	(void)state;
	sm_time_text(text, INT64_MIN);
	assert_string_equal(text, "0000-01-01T00:00:00Z");
	sm_time_text(text, INT64_MAX);
	assert_string_equal(text, "9999-12-31T23:59:59Z");
}

static void
offsets_and_fractions_are_understood(void **state)
{
	int64_t t;

	(void)state;
	assert_true(sm_time_parse("1970-01-01T01:30:00+01:30", &t));
	assert_int_equal(t, 0);
	assert_true(sm_time_parse("1969-12-31T19:00:00.999-05:00", &t));
	assert_int_equal(t, 0);
	assert_true(sm_time_parse("1970-01-01t00:00:01.5z", &t));
	assert_int_equal(t, 1);
	assert_true(sm_time_parse("1970-01-01T00:00:00-00:00", &t));
	assert_int_equal(t, 0);
}

static void
text_that_is_no_time_is_refused(void **state)
{
	static const char *const bad[] = {
		"", "1970", "1970-01-01", "1970-01-01T00:00:00",
		"1970-01-01 00:00:00Z", "1970-01-01T00:00:00Zx",
		"1970-01-01T00:00:00.Z", "1970-13-01T00:00:00Z",
		"1970-00-01T00:00:00Z", "1970-01-00T00:00:00Z",
		"1970-01-32T00:00:00Z", "1900-02-29T00:00:00Z",
		"1970-04-31T00:00:00Z", "1970-01-01T24:00:00Z",
		"1970-01-01T00:60:00Z", "2016-12-31T23:59:60Z",
		"1970-01-01T00:00:00+1:00", "1970-01-01T00:00:00+24:00",
		"1970-01-01T00:00:00+00:60", "1970-01-01T00:00:00+0000",
		"0000-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01",
		"+970-01-01T00:00:00Z", " 1970-01-01T00:00:00Z",
	};
	int64_t t = 42;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (sm_time_parse(bad[i], &t))
			fail_msg("accepted: %s", bad[i]);
	assert_int_equal(t, 42);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_moments_have_their_text),
		cmocka_unit_test(each_day_of_ten_thousand_years_agrees_with_the_c_library),
		cmocka_unit_test(moments_outside_ten_thousand_years_are_clipped),
		cmocka_unit_test(offsets_and_fractions_are_understood),
		cmocka_unit_test(text_that_is_no_time_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
