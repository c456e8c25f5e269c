#include <base/buf.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { BUF_MIN = 64 };
/* Pointer differences within one object must stay representable. */
#define BUF_MAX ((size_t)PTRDIFF_MAX)

bool
sm_size_add(size_t *out, size_t a, size_t b)
{
	if (b > SIZE_MAX - a)
		return false;
	*out = a + b;
	return true;
}

bool
sm_size_mul(size_t *out, size_t a, size_t b)
{
	if (a != 0 && b > SIZE_MAX / a)
		return false;
	*out = a * b;
	return true;
}

static int
buf_grow_secret(struct sm_buf *b, size_t cap)
{
	uint8_t *p = sm_secret_alloc(cap);

	if (p == NULL)
		return SM_E_NOMEM;
	if (b->len > 0)
		memcpy(p, b->data, b->len);
	sm_secret_free(b->data, b->cap);
	b->data = p;
	b->cap = cap;
	return SM_OK;
}

static int
buf_grow(struct sm_buf *b, size_t cap)
{
	uint8_t *p;

	if (b->secret)
		return buf_grow_secret(b, cap);
	p = realloc(b->data, cap);
	if (p == NULL)
		return SM_E_NOMEM;
	b->data = p;
	b->cap = cap;
	return SM_OK;
}

int
sm_buf_reserve(struct sm_buf *b, size_t extra)
{
	size_t need, cap;

	if (!sm_size_add(&need, b->len, extra) || need > BUF_MAX)
		return SM_E_NOMEM;
	if (need <= b->cap)
		return SM_OK;
	cap = b->cap < BUF_MIN ? BUF_MIN : b->cap;
	while (cap < need)
		cap = cap > BUF_MAX / 2 ? BUF_MAX : cap * 2;
	return buf_grow(b, cap);
}

int
sm_buf_append(struct sm_buf *b, struct sm_bytes in)
{
	int rc;

	if (in.len == 0)
		return SM_OK;
	rc = sm_buf_reserve(b, in.len);
	if (rc != 0)
		return rc;
	memcpy(b->data + b->len, in.data, in.len);
	b->len += in.len;
	return SM_OK;
}

int
sm_buf_append_byte(struct sm_buf *b, uint8_t c)
{
	int rc;

	if (b->len == b->cap) {
		rc = sm_buf_reserve(b, 1);
		if (rc != 0)
			return rc;
	}
	b->data[b->len++] = c;
	return SM_OK;
}

int
sm_buf_append_str(struct sm_buf *b, const char *s)
{
	return sm_buf_append(b, sm_bytes_str(s));
}

/* Format into the room that is there; *need is the length of the whole text. */
static int SM_PRINTF(3, 0)
buf_format(struct sm_buf *b, size_t *need, const char *fmt, va_list ap)
{
	size_t room = b->cap - b->len;
	int n = vsnprintf(room == 0 ? NULL : (char *)b->data + b->len, room, fmt,
	    ap);

	if (n < 0)
		return SM_E_NOMEM;
	*need = (size_t)n;
	return SM_OK;
}

int
sm_buf_printf(struct sm_buf *b, const char *fmt, ...)
{
	va_list ap, again;
	size_t need = 0;
	int rc;

	va_start(ap, fmt);
	va_copy(again, ap);
	rc = buf_format(b, &need, fmt, ap);
	if (rc == 0 && need >= b->cap - b->len) {
		rc = sm_buf_reserve(b, need + 1);
		if (rc == 0)
			rc = buf_format(b, &need, fmt, again);
	}
	if (rc == 0)
		b->len += need;
	va_end(again);
	va_end(ap);
	return rc;
}

int
sm_buf_resize(struct sm_buf *b, size_t n)
{
	int rc;

	if (n > b->len) {
		rc = sm_buf_reserve(b, n - b->len);
		if (rc != 0)
			return rc;
		memset(b->data + b->len, 0, n - b->len);
	} else if (b->secret && n < b->len) {
		sm_wipe(b->data + n, b->len - n);
	}
	b->len = n;
	return SM_OK;
}

void
sm_buf_drop(struct sm_buf *b, size_t n)
{
	size_t left;

	if (n == 0)
		return;
	left = n < b->len ? b->len - n : 0;
	if (left > 0)
		memmove(b->data, b->data + n, left);
	if (b->secret && b->len > left)
		sm_wipe(b->data + left, b->len - left);
	b->len = left;
}

void
sm_buf_clear(struct sm_buf *b)
{
	if (b->secret && b->len > 0)
		sm_wipe(b->data, b->len);
	b->len = 0;
}

void
sm_buf_free(struct sm_buf *b)
{
	if (b->secret)
		sm_secret_free(b->data, b->cap);
	else
		free(b->data);
	b->data = NULL;
	b->len = 0;
	b->cap = 0;
}

static int
buf_sink_write(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(ctx, in);
}

struct sm_sink
sm_buf_sink(struct sm_buf *b)
{
	struct sm_sink s = { buf_sink_write, b };
	return s;
}

char *
sm_strdup_bytes(struct sm_bytes in)
{
	char *s;
	size_t n;

	if (!sm_size_add(&n, in.len, 1))
		return NULL;
	s = malloc(n);
	if (s == NULL)
		return NULL;
	if (in.len > 0)
		memcpy(s, in.data, in.len);
	s[in.len] = '\0';
	return s;
}
