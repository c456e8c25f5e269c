/* What every test of this room includes: cmocka wants its company first. */
#ifndef SM_TESTS_CRYPTO_TEST_H
#define SM_TESTS_CRYPTO_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <base/buf.h>

/* The bytes of a string literal, NULs within it included. */
#define LIT(s) sm_bytes((s), sizeof(s) - 1)

#define assert_ok(call) assert_int_equal((call), SM_OK)

#define assert_bytes(got, want)                                              \
	do {                                                                 \
		struct sm_bytes got_ = (got), want_ = (want);                \
		assert_int_equal(got_.len, want_.len);                       \
		if (want_.len > 0)                                           \
			assert_memory_equal(got_.data, want_.data, want_.len); \
	} while (0)

/* Hexadecimal, blanks allowed, as bytes; good until the test's end (a ring of
 * some dozen buffers). */
struct sm_bytes hex(const char *text);

/* SEALMAIL_SHARED/corpora/NAME, or NULL: the folder is not there. */
const char *corpus_path(const char *name);
/* A whole file; skips the test when it is not there. */
void corpus_read(struct sm_buf *out, const char *name);
/* What a command writes, each line to fn. */
void lines_of(const char *command, void (*fn)(char *line, void *ctx),
    void *ctx);

#endif
