/* sealmail/bytes.h - bytes that belong to somebody else.
 *
 * struct sm_bytes is the only way the library passes bytes in or shows bytes
 * it keeps: a pointer and a length, never owning, valid as long as the call or
 * the object it came from says. data may be NULL when len is 0. */
#ifndef SEALMAIL_BYTES_H
#define SEALMAIL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__GNUC__)
#define SM_MUST_CHECK __attribute__((warn_unused_result))
#define SM_PRINTF(f, a) __attribute__((format(printf, f, a)))
#ifdef __cplusplus
#define SM_EXPORT extern "C" __attribute__((visibility("default")))
#else
#define SM_EXPORT __attribute__((visibility("default")))
#endif
#else
#define SM_MUST_CHECK
#define SM_PRINTF(f, a)
#ifdef __cplusplus
#define SM_EXPORT extern "C"
#else
#define SM_EXPORT
#endif
#endif

struct sm_bytes {
	const uint8_t *data;
	size_t len;
};

static inline struct sm_bytes
sm_bytes(const void *data, size_t len)
{
	struct sm_bytes b = { (const uint8_t *)data, len };
	return b;
}

/* The bytes of a C string, without its NUL. */
static inline struct sm_bytes
sm_bytes_str(const char *s)
{
	return sm_bytes(s, strlen(s));
}

/* Not constant time: for public values only. */
static inline bool
sm_bytes_equal(struct sm_bytes a, struct sm_bytes b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.data, b.data, a.len) == 0);
}

/* What is left after the first n bytes; n is clipped to the length. */
static inline struct sm_bytes
sm_bytes_skip(struct sm_bytes b, size_t n)
{
	if (n > b.len)
		n = b.len;
	return sm_bytes(n == 0 ? b.data : b.data + n, b.len - n);
}

/* The first n bytes, or all of them when there are fewer. */
static inline struct sm_bytes
sm_bytes_first(struct sm_bytes b, size_t n)
{
	return sm_bytes(b.data, n < b.len ? n : b.len);
}

#endif
