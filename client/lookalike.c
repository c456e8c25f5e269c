#include "lookalike.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

/* ---- letters ---- */

struct twin {
	uint32_t code;
	char letter;
};

/* What is drawn as the letter in usual fonts, or nearly so; in order of the code. */
static const struct twin twins[] = {
	{ '0', 'o' }, { '1', 'l' }, { '3', 'e' }, { '5', 's' }, { 'i', 'l' }, { '|', 'l' },
	{ 0xe0, 'a' }, { 0xe1, 'a' }, { 0xe2, 'a' }, { 0xe3, 'a' }, { 0xe4, 'a' },
	{ 0xe5, 'a' }, { 0xe7, 'c' }, { 0xe8, 'e' }, { 0xe9, 'e' }, { 0xea, 'e' },
	{ 0xeb, 'e' }, { 0xec, 'l' }, { 0xed, 'l' }, { 0xee, 'l' }, { 0xef, 'l' },
	{ 0xf1, 'n' }, { 0xf2, 'o' }, { 0xf3, 'o' }, { 0xf4, 'o' }, { 0xf5, 'o' },
	{ 0xf6, 'o' }, { 0xf8, 'o' }, { 0xf9, 'u' }, { 0xfa, 'u' }, { 0xfb, 'u' },
	{ 0xfc, 'u' }, { 0xfd, 'y' }, { 0xff, 'y' }, { 0x101, 'a' }, { 0x103, 'a' },
	{ 0x105, 'a' }, { 0x107, 'c' }, { 0x10d, 'c' }, { 0x111, 'd' }, { 0x113, 'e' },
	{ 0x117, 'e' }, { 0x119, 'e' }, { 0x11b, 'e' }, { 0x11f, 'g' }, { 0x123, 'g' },
	{ 0x127, 'h' }, { 0x129, 'l' }, { 0x12b, 'l' }, { 0x12f, 'l' }, { 0x131, 'l' },
	{ 0x137, 'k' }, { 0x13a, 'l' }, { 0x13c, 'l' }, { 0x13e, 'l' }, { 0x142, 'l' },
	{ 0x144, 'n' }, { 0x146, 'n' }, { 0x148, 'n' }, { 0x14d, 'o' }, { 0x151, 'o' },
	{ 0x155, 'r' }, { 0x159, 'r' }, { 0x15b, 's' }, { 0x15f, 's' }, { 0x161, 's' },
	{ 0x163, 't' }, { 0x165, 't' }, { 0x169, 'u' }, { 0x16b, 'u' }, { 0x16f, 'u' },
	{ 0x171, 'u' }, { 0x173, 'u' }, { 0x175, 'w' }, { 0x177, 'y' }, { 0x17a, 'z' },
	{ 0x17c, 'z' }, { 0x17e, 'z' }, { 0x1a1, 'o' }, { 0x1b0, 'u' }, { 0x251, 'a' },
	{ 0x261, 'g' }, { 0x269, 'l' }, { 0x26a, 'l' }, { 0x28b, 'v' }, { 0x28f, 'y' },
	{ 0x3af, 'l' }, { 0x3b1, 'a' }, { 0x3b3, 'y' }, { 0x3b5, 'e' }, { 0x3b9, 'l' },
	{ 0x3ba, 'k' }, { 0x3bd, 'v' }, { 0x3bf, 'o' }, { 0x3c1, 'p' }, { 0x3c3, 'o' },
	{ 0x3c4, 't' }, { 0x3c5, 'u' }, { 0x3c9, 'w' }, { 0x3cc, 'o' }, { 0x430, 'a' },
	{ 0x432, 'b' }, { 0x433, 'r' }, { 0x435, 'e' }, { 0x43a, 'k' }, { 0x43c, 'm' },
	{ 0x43d, 'h' }, { 0x43e, 'o' }, { 0x440, 'p' }, { 0x441, 'c' }, { 0x442, 't' },
	{ 0x443, 'y' }, { 0x445, 'x' }, { 0x448, 'w' }, { 0x455, 's' }, { 0x456, 'l' },
	{ 0x457, 'l' }, { 0x458, 'j' }, { 0x461, 'w' }, { 0x475, 'v' }, { 0x4bb, 'h' },
	{ 0x4cf, 'l' }, { 0x501, 'd' }, { 0x51b, 'q' }, { 0x51d, 'w' }, { 0x561, 'w' },
	{ 0x570, 'h' }, { 0x578, 'n' }, { 0x57d, 'u' }, { 0x581, 'g' }, { 0x585, 'o' },
	{ 0x1e05, 'b' }, { 0x1e0d, 'd' }, { 0x1e25, 'h' }, { 0x1e33, 'k' }, { 0x1e37, 'l' },
	{ 0x1e43, 'm' }, { 0x1e47, 'n' }, { 0x1e5b, 'r' }, { 0x1e63, 's' }, { 0x1e6d, 't' },
	{ 0x1e93, 'z' }, { 0x1ea1, 'a' }, { 0x1eb9, 'e' }, { 0x1ecb, 'l' }, { 0x1ecd, 'o' },
	{ 0x1ee5, 'u' }, { 0x1ef5, 'y' },
};

/* Letters beyond the table stay apart from all Latin ones. */
static char
as_seen(uint32_t code)
{
	size_t lo = 0, hi = sizeof(twins) / sizeof(twins[0]), mid;

	if (code >= 'A' && code <= 'Z')
		code += 'a' - 'A';
	while (lo < hi) {
		mid = (lo + hi) / 2;
		if (twins[mid].code == code)
			return twins[mid].letter;
		if (twins[mid].code < code)
			lo = mid + 1;
		else
			hi = mid;
	}
	return code < 0x80 ? (char)code : '?';
}

/* ---- A-labels: the decoder of RFC 3492 section 6.2 ---- */

enum { LABEL_MAX = 63, BASE = 36, TMIN = 1, TMAX = 26, SKEW = 38, DAMP = 700 };

static int
digit_of(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0' + 26;
	if (c >= 'a' && c <= 'z')
		return c - 'a';
	return c >= 'A' && c <= 'Z' ? c - 'A' : -1;
}

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

struct label {
	uint32_t code[LABEL_MAX];
	size_t count;
};

/* One number in variable length; false when it is none. */
static bool
next_delta(const char **in, const char *end, uint32_t bias, uint32_t *i)
{
	uint32_t weight = 1, k, t;
	int digit;

	for (k = BASE;; k += BASE) {
		if (*in == end || (digit = digit_of(*(*in)++)) < 0 ||
		    weight > UINT32_MAX / BASE / BASE ||
		    *i > UINT32_MAX / 2 - (uint32_t)digit * weight)
			return false;
		*i += (uint32_t)digit * weight;
		t = k <= bias ? TMIN : k >= bias + TMAX ? TMAX : k - bias;
		if ((uint32_t)digit < t)
			return true;
		weight *= BASE - t;
	}
}

static bool
decode(struct label *out, const char *in, const char *end)
{
	uint32_t n = 128, i = 0, before, bias = 72;
	const char *p, *basic = NULL;

	for (p = in; p < end; p++)
		if (*p == '-')
			basic = p;
	for (; basic != NULL && in < basic && out->count < LABEL_MAX; in++)
		out->code[out->count++] = (unsigned char)*in;
	in = basic != NULL ? basic + 1 : in;
	while (in < end) {
		before = i;
		if (out->count == LABEL_MAX || !next_delta(&in, end, bias, &i))
			return false;
		bias = adapt(i - before, (uint32_t)out->count + 1, before == 0);
		n += i / ((uint32_t)out->count + 1);
		i %= (uint32_t)out->count + 1;
		memmove(out->code + i + 1, out->code + i,
		    (out->count - i) * sizeof(out->code[0]));
		out->code[i++] = n;
		out->count++;
	}
	return true;
}

/* ---- skeletons ---- */

/* One character of UTF-8 (valid: the address was parsed). */
static uint32_t
next_char(const char **in)
{
	const unsigned char *p = (const unsigned char *)*in;
	size_t extra = p[0] >= 0xf0 ? 3 : p[0] >= 0xe0 ? 2 : p[0] >= 0xc0 ? 1 : 0, k;
	uint32_t code = extra == 0 ? p[0] : p[0] & (0x3fu >> extra);

	for (k = 1; k <= extra && (p[k] & 0xc0) == 0x80; k++)
		code = code << 6 | (p[k] & 0x3fu);
	*in += k;
	return code;
}

static size_t
put(char *out, size_t at, char c)
{
	if (at + 1 < LOOKALIKE_CHARS)
		out[at++] = c;
	return at;
}

static size_t
put_label(char *out, size_t at, const char *label, size_t len)
{
	struct label decoded = { .count = 0 };
	const char *p = label;
	size_t i;

	if (len > 4 && len <= LABEL_MAX && strncasecmp(label, "xn--", 4) == 0 &&
	    decode(&decoded, label + 4, label + len)) {
		for (i = 0; i < decoded.count; i++)
			at = put(out, at, as_seen(decoded.code[i]));
		return at;
	}
	while (p < label + len)
		at = put(out, at, as_seen(next_char(&p)));
	return at;
}

/* Two letters that together look like one. */
static void
join_letters(char *text)
{
	static const char pairs[][4] = { "rnm", "vvw", "cld", "nnm" };
	char *to = text;
	size_t i;

	for (; *text != '\0'; text++) {
		*to = *text;
		for (i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
			if (text[0] == pairs[i][0] && text[1] == pairs[i][1]) {
				*to = pairs[i][2];
				text++;
				break;
			}
		to++;
	}
	*to = '\0';
}

void
lookalike_skeleton(char out[LOOKALIKE_CHARS], const char *domain)
{
	size_t at = 0, len;

	for (;; domain += len + 1) {
		len = strcspn(domain, ".");
		at = put_label(out, at, domain, len);
		if (domain[len] == '\0')
			break;
		at = put(out, at, '.');
	}
	out[at] = '\0';
	join_letters(out);
}

/* ---- comparison ---- */

/* Letters to change, add, drop or swap with their neighbour (optimal string
 * alignment), for short words; large when either is long. */
static unsigned
distance(const char *a, size_t la, const char *b, size_t lb)
{
	unsigned rows[3][LABEL_MAX + 1], *two = rows[0], *one = rows[1], *now = rows[2];
	unsigned *swap, d;
	size_t i, j;

	if (la > LABEL_MAX || lb > LABEL_MAX)
		return LABEL_MAX;
	for (j = 0; j <= lb; j++)
		one[j] = two[j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		now[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			d = one[j - 1] + (a[i - 1] != b[j - 1]);
			d = one[j] + 1 < d ? one[j] + 1 : d;
			d = now[j - 1] + 1 < d ? now[j - 1] + 1 : d;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
			    two[j - 2] + 1 < d)
				d = two[j - 2] + 1;
			now[j] = d;
		}
		swap = two;
		two = one;
		one = now;
		now = swap;
	}
	return one[lb];
}

/* The part that somebody registers: the last label but one (of "co.uk" and the like
 * it is the wrong one, which makes two domains more alike, never less). */
static const char *
registered(const char *domain, size_t *len)
{
	const char *dot = strrchr(domain, '.'), *start;

	if (dot == NULL) {
		*len = strlen(domain);
		return domain;
	}
	for (start = dot; start > domain && start[-1] != '.'; start--)
		;
	*len = (size_t)(dot - start);
	return start;
}

static bool
is_below(const char *domain, const char *above)
{
	size_t n = strlen(domain), m = strlen(above);

	return n > m && domain[n - m - 1] == '.' && strcasecmp(domain + n - m, above) == 0;
}

bool
lookalike_is(const char *domain, const char *known)
{
	char a[LOOKALIKE_CHARS], b[LOOKALIKE_CHARS];
	const char *la, *lb;
	size_t na, nb, n = strlen(known);

	if (strcasecmp(domain, known) == 0 || is_below(domain, known) ||
	    is_below(known, domain))
		return false;
	/* example.org.mail.example */
	if (strncasecmp(domain, known, n) == 0 && domain[n] == '.')
		return true;
	lookalike_skeleton(a, domain);
	lookalike_skeleton(b, known);
	if (strcmp(a, b) == 0)
		return true;
	la = registered(a, &na);
	lb = registered(b, &nb);
	/* Short names are near each other by nature. */
	if (na < 4 || nb < 4)
		return false;
	return distance(la, na, lb, nb) <= (na >= 10 && nb >= 10 ? 2 : 1);
}
