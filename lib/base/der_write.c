#include <base/der.h>

#include <stdlib.h>

void
sm_derw_init(struct sm_derw *w, struct sm_buf *out)
{
	w->buf = out;
	w->rc = SM_OK;
}

int
sm_derw_status(const struct sm_derw *w)
{
	return w->rc;
}

static void
derw_fail(struct sm_derw *w, int rc)
{
	if (w->rc == 0)
		w->rc = rc;
}

static void
derw_byte(struct sm_derw *w, unsigned c)
{
	if (w->rc == 0)
		w->rc = sm_buf_append_byte(w->buf, (uint8_t)c);
}

void
sm_derw_raw(struct sm_derw *w, struct sm_bytes encoded)
{
	if (w->rc == 0)
		w->rc = sm_buf_append(w->buf, encoded);
}

static size_t
length_octets(size_t len)
{
	size_t n = 0;

	for (; len > 0; len >>= 8)
		n++;
	return n;
}

/* The mark is where the contents begin; the octet before it waits for the
 * length. */
size_t
sm_derw_begin(struct sm_derw *w, unsigned tag)
{
	derw_byte(w, tag);
	derw_byte(w, 0);
	return w->buf->len;
}

void
sm_derw_end(struct sm_derw *w, size_t mark)
{
	struct sm_buf *b = w->buf;
	size_t len, n, i;

	if (w->rc == 0 && (mark < 2 || mark > b->len))
		derw_fail(w, SM_E_USAGE);
	if (w->rc != 0)
		return;
	len = b->len - mark;
	if (len < 0x80) {
		b->data[mark - 1] = (uint8_t)len;
		return;
	}
	n = length_octets(len);
	w->rc = sm_buf_reserve(b, n);
	if (w->rc != 0)
		return;
	memmove(b->data + mark + n, b->data + mark, len);
	b->data[mark - 1] = (uint8_t)(0x80 | n);
	for (i = n; i > 0; i--, len >>= 8)
		b->data[mark + i - 1] = (uint8_t)len;
	b->len += n;
}

void
sm_derw_add(struct sm_derw *w, unsigned tag, struct sm_bytes contents)
{
	size_t mark = sm_derw_begin(w, tag);

	sm_derw_raw(w, contents);
	sm_derw_end(w, mark);
}

void
sm_derw_uint(struct sm_derw *w, uint64_t value)
{
	uint8_t c[9] = { 0 };
	size_t i, skip = 0;

	for (i = sizeof(c) - 1; i > 0; i--, value >>= 8)
		c[i] = (uint8_t)value;
	while (skip < sizeof(c) - 1 && c[skip] == 0 && c[skip + 1] < 0x80)
		skip++;
	sm_derw_add(w, SM_DER_INTEGER, sm_bytes(c + skip, sizeof(c) - skip));
}

void
sm_derw_oid(struct sm_derw *w, struct sm_bytes oid_contents)
{
	sm_derw_add(w, SM_DER_OID, oid_contents);
}

void
sm_derw_null(struct sm_derw *w)
{
	sm_derw_add(w, SM_DER_NULL, sm_bytes(NULL, 0));
}

void
sm_derw_algorithm(struct sm_derw *w, struct sm_bytes oid_contents,
    struct sm_bytes params)
{
	size_t mark = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, oid_contents);
	sm_derw_raw(w, params);
	sm_derw_end(w, mark);
}

static void
derw_digits(struct sm_derw *w, int v, int scale)
{
	for (; scale > 0; scale /= 10)
		derw_byte(w, (unsigned)('0' + v / scale % 10));
}

void
sm_derw_time(struct sm_derw *w, int64_t seconds)
{
	struct sm_civil t = sm_time_to_civil(seconds);
	bool utc = t.year >= 1950 && t.year < 2050;
	size_t mark;

	if (sm_time_from_civil(t.year, t.month, t.day, t.hour, t.min, t.sec) !=
	    seconds) {
		derw_fail(w, SM_E_USAGE);
		return;
	}
	mark = sm_derw_begin(w, utc ? SM_DER_UTC_TIME : SM_DER_GENERALIZED_TIME);
	derw_digits(w, t.year, utc ? 10 : 1000);
	derw_digits(w, t.month, 10);
	derw_digits(w, t.day, 10);
	derw_digits(w, t.hour, 10);
	derw_digits(w, t.min, 10);
	derw_digits(w, t.sec, 10);
	derw_byte(w, 'Z');
	sm_derw_end(w, mark);
}

/* X.690 section 11.6: as octet strings, the shorter padded with zeros. Two
 * encodings of which one begins the other do not occur. */
static int
set_order(const void *pa, const void *pb)
{
	const struct sm_bytes *a = pa, *b = pb;
	size_t n = a->len < b->len ? a->len : b->len;
	int d = memcmp(a->data, b->data, n);

	if (d != 0)
		return d;
	return (a->len > b->len) - (a->len < b->len);
}

/* Count the elements of in and, where list is given, keep them there. */
static int
set_elements(struct sm_bytes in, struct sm_bytes *list, size_t *count)
{
	struct sm_bytes e;
	size_t n;

	for (n = 0; in.len > 0; n++) {
		if (!sm_der_get_any(&in, NULL, NULL, &e))
			return SM_E_FORMAT;
		if (list != NULL)
			list[n] = e;
	}
	*count = n;
	return SM_OK;
}

/* Write the n elements of list over contents, by way of a copy. */
static int
set_rewrite(struct sm_buf *b, size_t mark, const struct sm_bytes *list,
    size_t n)
{
	struct sm_buf copy = { NULL, 0, 0, b->secret };
	int rc = sm_buf_reserve(&copy, b->len - mark);
	size_t i;

	for (i = 0; rc == 0 && i < n; i++)
		rc = sm_buf_append(&copy, list[i]);
	if (rc == 0)
		memcpy(b->data + mark, copy.data, copy.len);
	sm_buf_free(&copy);
	return rc;
}

static int
set_sort(struct sm_buf *b, size_t mark)
{
	struct sm_bytes in = sm_bytes(b->data + mark, b->len - mark);
	struct sm_bytes *list;
	size_t n;
	int rc = set_elements(in, NULL, &n);

	if (rc != 0 || n < 2)
		return rc;
	list = calloc(n, sizeof(*list));
	if (list == NULL)
		return SM_E_NOMEM;
	rc = set_elements(in, list, &n);
	if (rc == 0) {
		qsort(list, n, sizeof(*list), set_order);
		rc = set_rewrite(b, mark, list, n);
	}
	free(list);
	return rc;
}

void
sm_derw_end_set_of(struct sm_derw *w, size_t mark)
{
	if (w->rc == 0 && (mark < 2 || mark > w->buf->len))
		derw_fail(w, SM_E_USAGE);
	if (w->rc == 0)
		w->rc = set_sort(w->buf, mark);
	sm_derw_end(w, mark);
}
