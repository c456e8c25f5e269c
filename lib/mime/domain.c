#include <mime/domain.h>
#include <mime/lex.h>

/* RFC 1035 section 2.3.4; a U-label of 63 characters can have more bytes. */
enum { LABEL_MAX = 63, LABEL_BYTES = 252, DOMAIN_BYTES = 1000 };

/* One code point from the front of in; -1 when it is not well formed: overlong,
 * surrogate, beyond U+10FFFF, cut off. */
static int32_t
utf8_next(struct sm_bytes *in)
{
	static const int32_t least[] = { 0, 0x80, 0x800, 0x10000 };
	uint8_t c = in->data[0];
	unsigned more = c < 0x80 ? 0 : c >= 0xf0 ? 3 : c >= 0xe0 ? 2 : 1;
	int32_t v = more == 0 ? c : c & (0x3f >> more);

	if ((c >= 0x80 && c < 0xc2) || c > 0xf4 || in->len <= more)
		return -1;
	for (unsigned i = 1; i <= more; i++) {
		if ((in->data[i] & 0xc0) != 0x80)
			return -1;
		v = v << 6 | (in->data[i] & 0x3f);
	}
	if (v < least[more] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return -1;
	*in = sm_bytes_skip(*in, more + 1);
	return v;
}

bool
sm_domain_utf8_ok(struct sm_bytes in)
{
	while (in.len > 0) {
		int32_t v = utf8_next(&in);

		if (v < 0 || (v >= 0x80 && v < 0xa0))
			return false;
	}
	return true;
}

/* RFC 3492 section 5. */
enum { BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700, BIAS = 72,
	FIRST = 128 };

static uint32_t
adapt(uint32_t delta, uint32_t points, bool first)
{
	uint32_t k = 0;

	delta = first ? delta / DAMP : delta / 2;
	delta += delta / points;
	for (; delta > (BASE - TMIN) * TMAX / 2; k += BASE)
		delta /= BASE - TMIN;
	return k + (BASE - TMIN + 1) * delta / (delta + SKEW);
}

/* An A-label in the making; full when it would be longer than a label. */
struct alabel {
	char text[LABEL_MAX];
	size_t len;
	bool full;
};

static void
put(struct alabel *a, uint32_t c)
{
	if (a->len == sizeof(a->text))
		a->full = true;
	else
		a->text[a->len++] = (char)c;
}

static uint32_t
digit(uint32_t d)
{
	return d < 26 ? 'a' + d : '0' + d - 26;
}

/* delta as a number of variable length (RFC 3492 section 3.3). */
static void
put_delta(struct alabel *a, uint32_t delta, uint32_t bias)
{
	uint32_t q = delta;

	for (uint32_t k = BASE;; k += BASE) {
		uint32_t t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX :
		    k - bias;

		if (q < t)
			break;
		put(a, digit(t + (q - t) % (BASE - t)));
		q = (q - t) / (BASE - t);
	}
	put(a, digit(q));
}

/* The smallest code point of the label that is not below from. */
static int32_t
least_from(const int32_t *points, size_t count, int32_t from)
{
	int32_t m = INT32_MAX;

	for (size_t i = 0; i < count; i++)
		if (points[i] >= from && points[i] < m)
			m = points[i];
	return m;
}

/* RFC 3492 section 6.3. At most 252 code points below 2^21: delta stays below
 * 2^29 and no overflow is possible. */
static void
punycode(struct alabel *a, const int32_t *points, size_t count)
{
	uint32_t delta = 0, bias = BIAS;
	size_t basic = 0, done;
	int32_t n = FIRST;

	for (size_t i = 0; i < count; i++) {
		if (points[i] < FIRST) {
			put(a, (uint32_t)points[i]);
			basic++;
		}
	}
	done = basic;
	if (basic > 0)
		put(a, '-');
	while (done < count && !a->full) {
		int32_t m = least_from(points, count, n);

		delta += (uint32_t)(m - n) * (uint32_t)(done + 1);
		for (size_t i = 0; i < count; i++) {
			delta += points[i] < m;
			if (points[i] != m)
				continue;
			put_delta(a, delta, bias);
			bias = adapt(delta, (uint32_t)done + 1, done == basic);
			delta = 0;
			done++;
		}
		delta++;
		n = m + 1;
	}
}

static bool
is_ascii(struct sm_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if (in.data[i] >= 0x80)
			return false;
	return true;
}

/* The label as it stands in the DNS, in lower case. False when it has no such
 * form. */
static bool
label_ascii(struct alabel *a, struct sm_bytes label)
{
	int32_t points[LABEL_BYTES];
	size_t count = 0;

	*a = (struct alabel){ .len = 0 };
	if (label.len > LABEL_BYTES)
		return false;
	if (is_ascii(label)) {
		for (size_t i = 0; i < label.len; i++)
			put(a, sm_lex_lower(label.data[i]));
		return !a->full;
	}
	while (label.len > 0) {
		int32_t v = utf8_next(&label);

		if (v < 0)
			return false;
		points[count++] = v < 0x80 ? sm_lex_lower((uint8_t)v) : v;
	}
	for (const char *p = "xn--"; *p != '\0'; p++)
		put(a, (uint32_t)*p);
	punycode(a, points, count);
	return !a->full;
}

/* The first label; *rest stands behind its dot. False at the end. */
static bool
label_next(struct sm_bytes *rest, struct sm_bytes *label, bool *last)
{
	const uint8_t *dot = rest->len == 0 ? NULL :
	    memchr(rest->data, '.', rest->len);

	*last = dot == NULL;
	*label = sm_bytes_first(*rest,
	    dot == NULL ? rest->len : (size_t)(dot - rest->data));
	*rest = sm_bytes_skip(*rest, label->len + (dot == NULL ? 0 : 1));
	return label->len > 0;
}

/* Of well-formed UTF-8. */
static bool
label_mapped(struct sm_bytes label)
{
	while (label.len > 0) {
		int32_t point = utf8_next(&label);

		if (point >= 0x80 && !sm_domain_point_mapped(point))
			return false;
	}
	return true;
}

static bool
label_valid(struct sm_bytes label)
{
	struct alabel a;

	if (label.data[0] == '-' || label.data[label.len - 1] == '-')
		return false;
	for (size_t i = 0; i < label.len; i++) {
		uint8_t c = sm_lex_lower(label.data[i]);

		if (c < 0x80 && c != '-' && !(c >= 'a' && c <= 'z') &&
		    !(c >= '0' && c <= '9'))
			return false;
	}
	return sm_domain_utf8_ok(label) && label_mapped(label) && label_ascii(&a, label);
}

bool
sm_domain_valid(struct sm_bytes domain)
{
	struct sm_bytes label;
	bool last = domain.len == 0 || domain.len > DOMAIN_BYTES;

	if (last)
		return false;
	while (!last)
		if (!label_next(&domain, &label, &last) || !label_valid(label))
			return false;
	return true;
}

bool
sm_domain_equal(struct sm_bytes a, struct sm_bytes b)
{
	struct sm_bytes la, lb;
	struct alabel aa, ab;
	bool last_a, last_b;

	do {
		if (!label_next(&a, &la, &last_a) ||
		    !label_next(&b, &lb, &last_b) || last_a != last_b ||
		    !label_ascii(&aa, la) || !label_ascii(&ab, lb) ||
		    aa.len != ab.len || memcmp(aa.text, ab.text, aa.len) != 0)
			return false;
	} while (!last_a);
	return true;
}

int
sm_domain_canonical(const struct sm_sink *out, struct sm_bytes domain)
{
	struct sm_bytes label;
	struct alabel a;
	bool last;
	int rc;

	do {
		if (!label_next(&domain, &label, &last) || !label_ascii(&a, label))
			return SM_E_FORMAT;
		rc = sm_sink_write(out, sm_bytes(a.text, a.len));
		if (rc == SM_OK && !last)
			rc = sm_sink_write(out, sm_bytes_str("."));
	} while (rc == SM_OK && !last);
	return rc;
}
