/* base/buf.h - bytes that we own, and memory for secrets. */
#ifndef SM_BASE_BUF_H
#define SM_BASE_BUF_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>
#include <sealmail/stream.h>

/* A growing buffer. Zero-initialise it, or use one of the two initialisers.
 * A secret buffer lives in pages of its own that are locked into memory, kept
 * out of core dumps and wiped before they are given back, also when it grows. */
struct sm_buf {
	uint8_t *data;
	size_t len;
	size_t cap;
	bool secret;
};

#define SM_BUF_INIT { NULL, 0, 0, false }
#define SM_BUF_SECRET_INIT { NULL, 0, 0, true }

/* All of these return 0, or SM_E_NOMEM and leave the contents as they were. What
 * is appended must not point into the buffer itself. */
SM_MUST_CHECK int sm_buf_reserve(struct sm_buf *b, size_t extra);
SM_MUST_CHECK int sm_buf_append(struct sm_buf *b, struct sm_bytes in);
SM_MUST_CHECK int sm_buf_append_byte(struct sm_buf *b, uint8_t c);
SM_MUST_CHECK int sm_buf_append_str(struct sm_buf *b, const char *s);
SM_MUST_CHECK int sm_buf_printf(struct sm_buf *b, const char *fmt, ...)
    SM_PRINTF(2, 3);
/* Make the length n: new bytes are zero, a shorter buffer keeps its memory. */
SM_MUST_CHECK int sm_buf_resize(struct sm_buf *b, size_t n);

/* Remove the first n bytes. */
void sm_buf_drop(struct sm_buf *b, size_t n);
/* Length 0, memory kept; a secret buffer is wiped. */
void sm_buf_clear(struct sm_buf *b);
/* Give the memory back (wiped when secret); usable again as an empty buffer. */
void sm_buf_free(struct sm_buf *b);

static inline struct sm_bytes
sm_buf_bytes(const struct sm_buf *b)
{
	return sm_bytes(b->data, b->len);
}

/* A sink that appends to b. */
struct sm_sink sm_buf_sink(struct sm_buf *b);

/* Locked, undumped, zeroed memory; NULL when there is none. size must be given
 * back unchanged. sm_secret_free(NULL, n) is allowed. */
void *sm_secret_alloc(size_t size);
void sm_secret_free(void *p, size_t size);
/* A wipe that the compiler keeps. */
void sm_wipe(void *p, size_t size);
/* Constant time in the contents; the length is public. */
bool sm_equal_ct(const void *a, const void *b, size_t len);

/* strndup of bytes, NULL without memory. Free with free(). */
char *sm_strdup_bytes(struct sm_bytes in);

/* Checked arithmetic: false on overflow, *out untouched. */
bool sm_size_add(size_t *out, size_t a, size_t b);
bool sm_size_mul(size_t *out, size_t a, size_t b);

#endif
