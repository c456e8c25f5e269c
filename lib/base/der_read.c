#include <base/der.h>

enum {
	TAG_NUMBER = 0x1f,
	OID_MAX_BYTES = 64,
	UINT_MAX_BYTES = 9, /* 64 bits and a zero that keeps them positive */
};

/* The length octets at the front of in (X.690 section 10.1: definite, in the
 * fewest octets). False when malformed or longer than what follows. */
static bool
der_get_length(struct sm_bytes *in, size_t *len)
{
	size_t n, i, v = 0;

	if (in->len == 0)
		return false;
	n = in->data[0];
	*in = sm_bytes_skip(*in, 1);
	if (n < 0x80) {
		*len = n;
		return n <= in->len;
	}
	n &= 0x7f;
	if (n == 0 || n > sizeof(v) || n > in->len || in->data[0] == 0)
		return false;
	for (i = 0; i < n; i++)
		v = v << 8 | in->data[i];
	*in = sm_bytes_skip(*in, n);
	*len = v;
	return v >= 0x80 && v <= in->len;
}

bool
sm_der_get_any(struct sm_bytes *in, unsigned *tag, struct sm_bytes *contents,
    struct sm_bytes *whole)
{
	struct sm_bytes rest = *in;
	const uint8_t *start;
	size_t head, len;
	unsigned t;

	if (rest.len == 0)
		return false;
	t = rest.data[0];
	/* No high tag numbers; universal 0 is BER's end-of-contents. */
	if ((t & TAG_NUMBER) == TAG_NUMBER || (t & ~0x20u) == 0)
		return false;
	rest = sm_bytes_skip(rest, 1);
	if (!der_get_length(&rest, &len))
		return false;
	start = in->data;
	head = in->len - rest.len;
	*in = sm_bytes_skip(rest, len);
	if (tag != NULL)
		*tag = t;
	if (contents != NULL)
		*contents = sm_bytes(rest.data, len);
	if (whole != NULL)
		*whole = sm_bytes(start, head + len);
	return true;
}

bool
sm_der_next_is(struct sm_bytes in, unsigned tag)
{
	return in.len > 0 && in.data[0] == tag;
}

bool
sm_der_get(struct sm_bytes *in, unsigned tag, struct sm_bytes *contents)
{
	return sm_der_next_is(*in, tag) &&
	    sm_der_get_any(in, NULL, contents, NULL);
}

bool
sm_der_get_whole(struct sm_bytes *in, unsigned tag, struct sm_bytes *whole)
{
	return sm_der_next_is(*in, tag) && sm_der_get_any(in, NULL, NULL, whole);
}

bool
sm_der_get_opt(struct sm_bytes *in, unsigned tag, struct sm_bytes *contents,
    bool *present)
{
	*present = sm_der_next_is(*in, tag);
	return !*present || sm_der_get_any(in, NULL, contents, NULL);
}

/* X.690 section 8.3.2: the first nine bits are neither all 0 nor all 1. */
static bool
integer_is_minimal(struct sm_bytes c)
{
	if (c.len == 0)
		return false;
	if (c.len == 1)
		return true;
	return !(c.data[0] == 0x00 && c.data[1] < 0x80) &&
	    !(c.data[0] == 0xff && c.data[1] >= 0x80);
}

bool
sm_der_get_integer(struct sm_bytes *in, size_t max_len,
    struct sm_bytes *contents)
{
	struct sm_bytes rest = *in, c;

	if (!sm_der_get(&rest, SM_DER_INTEGER, &c))
		return false;
	if (c.len > max_len || !integer_is_minimal(c))
		return false;
	*in = rest;
	*contents = c;
	return true;
}

bool
sm_der_get_uint(struct sm_bytes *in, uint64_t *value)
{
	struct sm_bytes rest = *in, c;
	uint64_t v = 0;
	size_t i;

	if (!sm_der_get_integer(&rest, UINT_MAX_BYTES, &c))
		return false;
	if (c.data[0] >= 0x80 || (c.len == UINT_MAX_BYTES && c.data[0] != 0))
		return false;
	for (i = 0; i < c.len; i++)
		v = v << 8 | c.data[i];
	*value = v;
	*in = rest;
	return true;
}

bool
sm_der_get_bool(struct sm_bytes *in, bool *value)
{
	struct sm_bytes rest = *in, c;

	if (!sm_der_get(&rest, SM_DER_BOOLEAN, &c) || c.len != 1)
		return false;
	if (c.data[0] != 0x00 && c.data[0] != 0xff)
		return false;
	*value = c.data[0] == 0xff;
	*in = rest;
	return true;
}

/* X.690 section 8.19.2: the last octet of an arc has bit 8 clear, the first is
 * not 80. */
static bool
oid_is_valid(struct sm_bytes c)
{
	bool starts = true;
	size_t i;

	if (c.len == 0 || c.len > OID_MAX_BYTES)
		return false;
	for (i = 0; i < c.len; i++) {
		if (starts && c.data[i] == 0x80)
			return false;
		starts = c.data[i] < 0x80;
	}
	return starts;
}

bool
sm_der_get_oid(struct sm_bytes *in, struct sm_bytes *oid)
{
	struct sm_bytes rest = *in, c;

	if (!sm_der_get(&rest, SM_DER_OID, &c) || !oid_is_valid(c))
		return false;
	*in = rest;
	*oid = c;
	return true;
}

bool
sm_der_get_bits(struct sm_bytes *in, struct sm_bytes *bits)
{
	struct sm_bytes rest = *in, c;

	if (!sm_der_get(&rest, SM_DER_BIT_STRING, &c))
		return false;
	if (c.len == 0 || c.data[0] != 0)
		return false;
	*in = rest;
	*bits = sm_bytes_skip(c, 1);
	return true;
}

bool
sm_der_get_algorithm(struct sm_bytes *in, struct sm_bytes *oid,
    struct sm_bytes *params)
{
	struct sm_bytes rest = *in, seq, o, p = { NULL, 0 };

	if (!sm_der_get(&rest, SM_DER_SEQUENCE, &seq))
		return false;
	if (!sm_der_get_oid(&seq, &o))
		return false;
	if (seq.len > 0 && !sm_der_get_any(&seq, NULL, NULL, &p))
		return false;
	if (seq.len > 0)
		return false;
	*in = rest;
	*oid = o;
	*params = p;
	return true;
}

/* n decimal digits at the front of in; -1 when there are not so many. */
static int
get_digits(struct sm_bytes *in, size_t n)
{
	int v = 0;
	size_t i;

	if (in->len < n)
		return -1;
	for (i = 0; i < n; i++) {
		if (in->data[i] < '0' || in->data[i] > '9')
			return -1;
		v = v * 10 + (in->data[i] - '0');
	}
	*in = sm_bytes_skip(*in, n);
	return v;
}

/* RFC 5280 section 4.1.2.5.1: YY of 50 and above is 19YY. */
static int
get_year(struct sm_bytes *in, unsigned tag)
{
	int y;

	if (tag == SM_DER_GENERALIZED_TIME)
		return get_digits(in, 4);
	y = get_digits(in, 2);
	if (y < 0)
		return -1;
	return y < 50 ? 2000 + y : 1900 + y;
}

bool
sm_der_get_time(struct sm_bytes *in, int64_t *seconds)
{
	struct sm_bytes rest = *in, c;
	struct sm_civil t = { 0, 0, 0, 0, 0, 0, 0 };
	unsigned tag;

	if (!sm_der_get_any(&rest, &tag, &c, NULL))
		return false;
	if (tag != SM_DER_UTC_TIME && tag != SM_DER_GENERALIZED_TIME)
		return false;
	t.year = get_year(&c, tag);
	t.month = get_digits(&c, 2);
	t.day = get_digits(&c, 2);
	t.hour = get_digits(&c, 2);
	t.min = get_digits(&c, 2);
	t.sec = get_digits(&c, 2);
	if (c.len != 1 || c.data[0] != 'Z' || !sm_time_civil_ok(&t))
		return false;
	*seconds = sm_time_from_civil(t.year, t.month, t.day, t.hour, t.min,
	    t.sec);
	*in = rest;
	return true;
}

/* A decimal number of any size, least digit first: arcs under 2.25 have 128
 * bits. */
struct arc {
	uint8_t digit[160];
	size_t len;
};

/* arc = arc * 128 + low. False when it does not fit. */
static bool
arc_push(struct arc *a, unsigned low)
{
	unsigned v, carry = low;
	size_t i;

	for (i = 0; i < a->len || carry > 0; i++) {
		if (i == sizeof(a->digit))
			return false;
		v = (i < a->len ? a->digit[i] * 128u : 0) + carry;
		a->digit[i] = (uint8_t)(v % 10);
		carry = v / 10;
		if (i >= a->len)
			a->len = i + 1;
	}
	return true;
}

/* Take off n * 10, n below 10, from a number that is not smaller. */
static void
arc_sub_tens(struct arc *a, unsigned n)
{
	unsigned borrow = n;
	size_t i;

	for (i = 1; i < a->len && borrow > 0; i++) {
		unsigned d = a->digit[i];
		a->digit[i] = (uint8_t)((d + 10 - borrow) % 10);
		borrow = d < borrow ? 1 : 0;
	}
	while (a->len > 0 && a->digit[a->len - 1] == 0)
		a->len--;
}

struct text {
	char *out;
	size_t size;
	size_t len;
};

static void
text_put(struct text *t, char c)
{
	if (t->len + 1 < t->size)
		t->out[t->len++] = c;
}

static void
text_put_arc(struct text *t, const struct arc *a)
{
	size_t i;

	if (a->len == 0)
		text_put(t, '0');
	for (i = a->len; i > 0; i--)
		text_put(t, (char)('0' + a->digit[i - 1]));
}

/* The first number holds two arcs: 40 times the first (0, 1 or 2) plus the
 * second (X.690 section 8.19.4). */
static void
text_put_first(struct text *t, struct arc *a)
{
	unsigned tens = a->len > 1 ? a->digit[1] : 0;
	unsigned top = a->len > 2 || tens >= 8 ? 2 : tens / 4;

	text_put(t, (char)('0' + top));
	text_put(t, '.');
	arc_sub_tens(a, top * 4);
	text_put_arc(t, a);
}

void
sm_der_oid_text(char *out, size_t out_size, struct sm_bytes oid)
{
	struct text t = { out, out_size, 0 };
	struct arc a = { { 0 }, 0 };
	bool first = true;
	size_t i;

	if (out_size == 0)
		return;
	for (i = 0; i < oid.len; i++) {
		if (!arc_push(&a, oid.data[i] & 0x7f))
			break;
		if (oid.data[i] >= 0x80)
			continue;
		if (first) {
			text_put_first(&t, &a);
		} else {
			text_put(&t, '.');
			text_put_arc(&t, &a);
		}
		first = false;
		a.len = 0;
	}
	if (oid.len == 0 || i < oid.len || oid.data[oid.len - 1] >= 0x80)
		text_put(&t, '?');
	t.out[t.len] = '\0';
}
