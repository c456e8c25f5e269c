/* What every test of this room includes. */
#ifndef SM_TESTS_MIME_TEST_H
#define SM_TESTS_MIME_TEST_H

#include "../base/test.h"

#include "../support/cuts.h"

#include <sealmail/limits.h>

static inline void
log_add(struct sm_buf *log, struct sm_bytes in)
{
	assert_int_equal(sm_buf_append(log, in), 0);
}

#define log_text(log, ...) assert_int_equal(sm_buf_printf(log, __VA_ARGS__), 0)

#endif
