/* What every test of this room includes: cmocka wants its company first. */
#ifndef SM_TESTS_BASE_TEST_H
#define SM_TESTS_BASE_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sealmail/bytes.h>

/* The bytes of a string literal, NULs within it included. */
#define LIT(s) sm_bytes((s), sizeof(s) - 1)

#define assert_bytes(got, want)                                              \
	do {                                                                 \
		struct sm_bytes got_ = (got), want_ = (want);                \
		assert_int_equal(got_.len, want_.len);                       \
		if (want_.len > 0)                                           \
			assert_memory_equal(got_.data, want_.data, want_.len); \
	} while (0)

#endif
