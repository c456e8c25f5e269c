#include "test.h"

#include <sealmail/error.h>
#include <sealmail/limits.h>

#include <string.h>

static void
the_first_fault_stays(void **state)
{
	struct sm_error e = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(sm_error_set_at(&e, SM_E_FORMAT, "first", "RFC 5652",
	    17, "at %d", 17), SM_E_FORMAT);
	assert_int_equal(sm_error_set(&e, SM_E_IO, "second", NULL, "later"),
	    SM_E_IO);
	assert_int_equal(e.status, SM_E_FORMAT);
	assert_string_equal(e.reason, "first");
	assert_string_equal(e.rfc, "RFC 5652");
	assert_string_equal(e.text, "at 17");
	assert_true(e.has_offset);
	assert_int_equal(e.offset, 17);
}

static void
a_cleared_error_takes_a_new_fault_without_the_old_offset(void **state)
{
	struct sm_error e = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(sm_error_set_at(&e, SM_E_FORMAT, "a", NULL, 5, "x"),
	    SM_E_FORMAT);
	sm_error_clear(&e);
	assert_int_equal(e.status, 0);
	assert_int_equal(sm_error_set(&e, SM_E_LIMIT, "b", NULL, "y"),
	    SM_E_LIMIT);
	assert_string_equal(e.reason, "b");
	assert_false(e.has_offset);
	sm_error_clear(NULL);
}

static void
without_an_error_object_the_status_still_comes_back(void **state)
{
	(void)state;
	assert_int_equal(sm_error_set(NULL, SM_E_AUTH, "r", NULL, "t"),
	    SM_E_AUTH);
	assert_int_equal(sm_error_set_at(NULL, SM_E_IO, "r", NULL, 1, "t"),
	    SM_E_IO);
}

static void
text_that_is_too_long_is_cut_and_ends_in_nul(void **state)
{
	struct sm_error e = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(sm_error_set(&e, SM_E_IO, "r", NULL, "%0999d", 0),
	    SM_E_IO);
	assert_int_equal(strlen(e.text), sizeof(e.text) - 1);
}

static void
a_part_that_was_named_before_the_fault_stays(void **state)
{
	struct sm_error e = SM_ERROR_INIT;

	(void)state;
	strcpy(e.part, "1.2");
	assert_int_equal(sm_error_set(&e, SM_E_IO, "r", NULL, "t"), SM_E_IO);
	assert_string_equal(e.part, "1.2");
}

static void
each_status_has_a_name_of_its_own(void **state)
{
	int a, b;

	(void)state;
	for (a = SM_OK; a >= SM_E_POLICY; a--) {
		assert_string_not_equal(sm_status_name(a), "unknown status");
		for (b = a - 1; b >= SM_E_POLICY; b--)
			assert_string_not_equal(sm_status_name(a),
			    sm_status_name(b));
	}
	assert_string_equal(sm_status_name(SM_E_NOMEM), "out of memory");
	assert_string_equal(sm_status_name(1), "unknown status");
	assert_string_equal(sm_status_name(SM_E_POLICY - 1), "unknown status");
	assert_string_equal(sm_status_name(INT32_MIN), "unknown status");
}

static void
no_limit_is_zero_by_default(void **state)
{
	struct sm_limits l = sm_limits_default();
	const uint32_t *p = &l.layers;

	(void)state;
	for (; p <= &l.decompress_ratio; p++)
		assert_int_not_equal(*p, 0);
	assert_int_equal(l.asn1_object_bytes, 131072);
	assert_true(l.decompress_bytes == UINT64_C(68719476736));
	assert_true(l.spool_bytes == UINT64_C(1099511627776));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_first_fault_stays),
		cmocka_unit_test(a_cleared_error_takes_a_new_fault_without_the_old_offset),
		cmocka_unit_test(without_an_error_object_the_status_still_comes_back),
		cmocka_unit_test(text_that_is_too_long_is_cut_and_ends_in_nul),
		cmocka_unit_test(a_part_that_was_named_before_the_fault_stays),
		cmocka_unit_test(each_status_has_a_name_of_its_own),
		cmocka_unit_test(no_limit_is_zero_by_default),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
