#include "test.h"

#include <base/der.h>
#include <mime/header.h>

static void
check(const char *date, const char *want)
{
	int64_t seconds = 0;
	char text[32] = "-";

	if (sm_mime_date(sm_bytes_str(date), &seconds))
		sm_time_text(text, seconds);
	if (strcmp(text, want) != 0)
		fail_msg("%s: %s instead of %s", date, text, want);
}

static void
dates_of_rfc_5322_are_read(void **state)
{
	(void)state;
	check("Fri, 21 Nov 1997 09:55:06 -0600", "1997-11-21T15:55:06Z");
	check("1 Jul 2003 10:52:37 +0200", "2003-07-01T08:52:37Z");
	check("Thu,\r\n      13\r\n        Feb\r\n          1969\r\n"
	    "      23:32\r\n               -0330 (Newfoundland Time)",
	    "1969-02-14T03:02:00Z");
	check("Mon, 23 Nov 2026 12:00:00 +0000 (UTC)", "2026-11-23T12:00:00Z");
	check("Mon, 23 Nov 2026 12:00:00 -0000", "2026-11-23T12:00:00Z");
	check("29 feb 2024 00:00:00 +0000", "2024-02-29T00:00:00Z");
	check("31 Dec 2016 23:59:60 +0000", "2017-01-01T00:00:00Z");
	check("1 Jan 2000 00:00:00 +0100", "1999-12-31T23:00:00Z");
}

static void
obsolete_forms_are_read(void **state)
{
	(void)state;
	check("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06Z");
	check("21 Nov 49 09:55:06 UT", "2049-11-21T09:55:06Z");
	check("21 Nov 50 09:55:06 UT", "1950-11-21T09:55:06Z");
	check("21 Nov 126 09:55:06 UT", "2026-11-21T09:55:06Z");
	check("Fri, 21 Nov 1997 09(comment):   55  :  06 -0600",
	    "1997-11-21T15:55:06Z");
	check("21 Nov 1997 09:55:06 EST", "1997-11-21T14:55:06Z");
	check("21 Nov 1997 09:55:06 edt", "1997-11-21T13:55:06Z");
	check("21 Nov 1997 09:55:06 PST", "1997-11-21T17:55:06Z");
	check("21 Nov 1997 09:55:06 Z", "1997-11-21T09:55:06Z");
	check("21 Nov 1997 09:55:06 A", "1997-11-21T09:55:06Z");
	check("21 Nov 1997 09:55:06 CEST", "1997-11-21T09:55:06Z");
	check("Fri (a) , (b) 21 Nov 1997 09:55 (c) GMT (d)",
	    "1997-11-21T09:55:00Z");
}

static void
what_cannot_be_a_date_is_none(void **state)
{
	static const char *const bad[] = { "", "today", "Fri, 21 Nov 1997",
		"21 Nov 1997 09:55:06", "32 Jan 2026 00:00:00 +0000",
		"0 Jan 2026 00:00:00 +0000", "29 Feb 2025 00:00:00 +0000",
		"31 Apr 2025 00:00:00 +0000", "1 Foo 2025 00:00:00 +0000",
		"1 January 2025 00:00:00 +0000", "1 Jan 2025 24:00:00 +0000",
		"1 Jan 2025 00:60:00 +0000", "1 Jan 2025 00:00:61 +0000",
		"1 Jan 2025 00:00:00 +0060", "1 Jan 2025 00:00:00 +000",
		"1 Jan 2025 00:00:00 +00000", "1 Jan 2025 0:00:00 +0000",
		"1 Jan 2025 00:00:00 +0000 x", "1 Jan 2025 00:00:00 +0000 (x",
		"1 Jan 5 00:00:00 +0000", "1 Jan 12025 00:00:00 +0000",
		"1 Jan 99999999999 00:00:00 +0000", "Foo, 1 Jan 2025 00:00 GMT",
		"Fri 1 Jan 2025 00:00:00 +0000", "1 Jan 2025 00:00:00 =0000",
		"1 Jan 2025 00:00: +0000", "2025-01-01T00:00:00Z",
		"001 Jan 2025 00:00:00 +0000", "1 Jan 1025 00:00:00 GMT" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(bad[i], "-");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(dates_of_rfc_5322_are_read),
		cmocka_unit_test(obsolete_forms_are_read),
		cmocka_unit_test(what_cannot_be_a_date_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
