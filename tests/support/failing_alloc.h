/* Each allocation fails once. The test is linked with
 * -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc,--wrap=strdup; alloc_each() runs an
 * operation with its 1st, 2nd, 3rd ... allocation failing, until none was asked
 * for that often. Include cmocka before this. */
#ifndef SM_TESTS_SUPPORT_FAILING_ALLOC_H
#define SM_TESTS_SUPPORT_FAILING_ALLOC_H

#include <sealmail/error.h>

#include <stdlib.h>

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *p, size_t size);
char *__real_strdup(const char *s);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *p, size_t size);
char *__wrap_strdup(const char *s);

static long alloc_left = -1; /* allocations that succeed; -1: all */

static bool
alloc_fails(void)
{
	return alloc_left >= 0 && alloc_left-- == 0;
}

void *
__wrap_malloc(size_t size)
{
	return alloc_fails() ? NULL : __real_malloc(size);
}

void *
__wrap_calloc(size_t count, size_t size)
{
	return alloc_fails() ? NULL : __real_calloc(count, size);
}

void *
__wrap_realloc(void *p, size_t size)
{
	return alloc_fails() ? NULL : __real_realloc(p, size);
}

char *
__wrap_strdup(const char *s)
{
	return alloc_fails() ? NULL : __real_strdup(s);
}

/* The operation returns its status and frees all it made. */
static inline void
alloc_each(int (*operation)(void))
{
	for (long n = 0;; n++) {
		int rc;

		alloc_left = n;
		rc = operation();
		if (alloc_left >= 0) {
			alloc_left = -1;
			assert_int_equal(rc, 0);
			assert_true(n > 0);
			return;
		}
		assert_int_equal(rc, SM_E_NOMEM);
	}
}

#endif
