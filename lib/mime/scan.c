#include <mime/scan.h>

#if defined(__SSE2__)
#include <emmintrin.h>

enum { VEC = 16 };

static inline __m128i
load(const uint8_t *p)
{
	return _mm_loadu_si128((const __m128i *)(const void *)p);
}

static inline __m128i
where(const uint8_t *p, char c)
{
	return _mm_cmpeq_epi8(load(p), _mm_set1_epi8(c));
}

/* From i on, the first LF that is followed by next, or else where the last whole
 * vector ends. */
static size_t
wide_dash_line(struct sm_bytes in, size_t i)
{
	for (; in.len - i > 2 * VEC; i += 2 * VEC) {
		const uint8_t *p = in.data + i;
		__m128i a = _mm_and_si128(where(p, '\n'), where(p + 1, '-'));
		__m128i b = _mm_and_si128(where(p + VEC, '\n'),
		    where(p + VEC + 1, '-'));

		if (_mm_movemask_epi8(_mm_or_si128(a, b)) != 0)
			break;
	}
	return i;
}

static size_t
wide_bare_lf(struct sm_bytes in, size_t i)
{
	for (; in.len - i >= 2 * VEC; i += 2 * VEC) {
		const uint8_t *p = in.data + i;
		__m128i a = _mm_andnot_si128(where(p - 1, '\r'), where(p, '\n'));
		__m128i b = _mm_andnot_si128(where(p + VEC - 1, '\r'),
		    where(p + VEC, '\n'));

		if (_mm_movemask_epi8(_mm_or_si128(a, b)) != 0)
			break;
	}
	return i;
}

#else

static size_t
wide_dash_line(struct sm_bytes in, size_t i)
{
	(void)in;
	return i;
}

static size_t
wide_bare_lf(struct sm_bytes in, size_t i)
{
	(void)in;
	return i;
}

#endif

size_t
sm_scan_dash_line(struct sm_bytes in)
{
	size_t i = wide_dash_line(in, 0);

	for (; i < in.len; i++)
		if (in.data[i] == '\n' &&
		    (i + 1 == in.len || in.data[i + 1] == '-'))
			break;
	return i;
}

size_t
sm_scan_bare_lf(struct sm_bytes in, bool cr)
{
	size_t i;

	if (in.len == 0)
		return 0;
	if (in.data[0] == '\n' && !cr)
		return 0;
	i = wide_bare_lf(in, 1);
	for (; i < in.len; i++)
		if (in.data[i] == '\n' && in.data[i - 1] != '\r')
			break;
	return i;
}
