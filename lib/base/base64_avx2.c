#include <base/base64_avx2.h>

#if defined(__x86_64__)

#include <immintrin.h>

#define AVX2 __attribute__((target("avx2,bmi")))
enum { VEC = 32, LINE_IN = 48 };

bool
sm_base64_avx2_usable(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi");
}

static inline AVX2 __m256i
load(const uint8_t *p)
{
	return _mm256_loadu_si256((const __m256i *)(const void *)p);
}

static inline AVX2 void
store(uint8_t *p, __m256i v)
{
	_mm256_storeu_si256((__m256i *)(void *)p, v);
}

/* A bit for each byte of v that is outside of the alphabet. Every high nibble
 * allows a set of low nibbles: one table gives each its bit, the other says which
 * low nibbles it refuses. */
static inline AVX2 uint32_t
foreign(__m256i v)
{
	const __m256i low_refused = _mm256_setr_epi8(
	    0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a,
	    0x15, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11, 0x11,
	    0x11, 0x11, 0x13, 0x1a, 0x1b, 0x1b, 0x1b, 0x1a);
	const __m256i high_bit = _mm256_setr_epi8(
	    0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
	    0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10,
	    0x10, 0x10, 0x01, 0x02, 0x04, 0x08, 0x04, 0x08,
	    0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10, 0x10);
	const __m256i nibble = _mm256_set1_epi8(0x0f);
	__m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4), nibble);
	__m256i low = _mm256_and_si256(v, nibble);
	__m256i hit = _mm256_and_si256(_mm256_shuffle_epi8(low_refused, low),
	    _mm256_shuffle_epi8(high_bit, high));
	__m256i good = _mm256_cmpeq_epi8(hit, _mm256_setzero_si256());

	return ~(uint32_t)_mm256_movemask_epi8(good);
}

/* 32 characters of the alphabet to 24 bytes, in the first 24 of the result. What
 * stands for a foreign character is without meaning. */
static inline AVX2 __m256i
sextets_pack(__m256i v)
{
	/* What to add, by high nibble; '/' shares its nibble with '+' and gets
	 * the entry before it. */
	const __m256i shift = _mm256_setr_epi8(
	    0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0,
	    0, 16, 19, 4, -65, -65, -71, -71, 0, 0, 0, 0, 0, 0, 0, 0);
	const __m256i join = _mm256_setr_epi8(
	    2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1,
	    2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
	const __m256i order = _mm256_setr_epi32(0, 1, 2, 4, 5, 6, 7, 7);
	__m256i slash = _mm256_cmpeq_epi8(v, _mm256_set1_epi8('/'));
	__m256i high = _mm256_and_si256(_mm256_srli_epi32(v, 4),
	    _mm256_set1_epi8(0x0f));
	__m256i x = _mm256_add_epi8(v, _mm256_shuffle_epi8(shift,
	    _mm256_add_epi8(slash, high)));

	x = _mm256_maddubs_epi16(x, _mm256_set1_epi32(0x01400140));
	x = _mm256_madd_epi16(x, _mm256_set1_epi32(0x00011000));
	x = _mm256_shuffle_epi8(x, join);
	return _mm256_permutevar8x32_epi32(x, order);
}

/* The length of a line end at p, 0 when there is none within the n bytes. */
static inline size_t
line_end(const uint8_t *p, size_t n)
{
	if (n >= 2 && p[0] == '\r' && p[1] == '\n')
		return 2;
	return n >= 1 && p[0] == '\n' ? 1 : 0;
}

/* Where the line that ends within the vector at p ends. The answer is computed
 * from the data, some 25 cycles behind them, and the next load would wait for
 * it. Lines of a mail being equally long, *guess, where the last one ended,
 * turns the waiting into a branch that is foreseen. */
static inline AVX2 size_t
line_run(const uint8_t *p, uint32_t odd, size_t *guess)
{
	if (p[*guess] == '\r' && (odd & ((1u << *guess) - 1)) == 0)
		return *guess;
	*guess = _tzcnt_u32(odd) & ~3u;
	return *guess;
}

AVX2 size_t
sm_base64_avx2_dec(uint8_t *out, size_t *out_len, struct sm_bytes in)
{
	const uint8_t *p = in.data, *end = in.data + in.len;
	uint8_t *o = out;
	size_t guess = 0;

	while ((size_t)(end - p) >= VEC) {
		__m256i v = load(p);
		uint32_t odd = foreign(v);
		size_t run, eol;

		store(o, sextets_pack(v));
		if (odd == 0) {
			p += VEC;
			o += 24;
			continue;
		}
		run = line_run(p, odd, &guess);
		eol = line_end(p + run, (size_t)(end - p) - run);
		p += run + eol;
		o += run / 4 * 3;
		if (eol == 0)
			break;
	}
	*out_len = (size_t)(o - out);
	return (size_t)(p - in.data);
}

/* 24 bytes to 32 characters: bytes 0 to 11 stand in the low lane, 12 to 23 in
 * the high one. */
static inline AVX2 __m256i
sextets_spread(__m256i v)
{
	const __m256i split = _mm256_setr_epi8(
	    1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10,
	    1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10);
	/* What to add: 0 for a-z, 1 to 10 for digits, 11 '+', 12 '/', 13 A-Z */
	const __m256i shift = _mm256_setr_epi8(
	    71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0,
	    71, -4, -4, -4, -4, -4, -4, -4, -4, -4, -4, -19, -16, 65, 0, 0);
	__m256i x = _mm256_shuffle_epi8(v, split);
	__m256i a = _mm256_mulhi_epu16(
	    _mm256_and_si256(x, _mm256_set1_epi32(0x0fc0fc00)),
	    _mm256_set1_epi32(0x04000040));
	__m256i b = _mm256_mullo_epi16(
	    _mm256_and_si256(x, _mm256_set1_epi32(0x003f03f0)),
	    _mm256_set1_epi32(0x01000010));
	__m256i six = _mm256_or_si256(a, b);
	__m256i row = _mm256_subs_epu8(six, _mm256_set1_epi8(51));
	__m256i upper = _mm256_cmpgt_epi8(_mm256_set1_epi8(26), six);

	row = _mm256_or_si256(row,
	    _mm256_and_si256(upper, _mm256_set1_epi8(13)));
	return _mm256_add_epi8(six, _mm256_shuffle_epi8(shift, row));
}

AVX2 size_t
sm_base64_avx2_enc(uint8_t *out, struct sm_bytes in, bool crlf)
{
	/* Both loads stay inside the 48 bytes: 0 to 31, and 16 to 47. */
	const __m256i front = _mm256_setr_epi32(0, 1, 2, 2, 3, 4, 5, 5);
	const __m256i back = _mm256_setr_epi32(2, 3, 4, 4, 5, 6, 7, 7);
	const uint8_t *p = in.data;
	size_t lines = in.len / LINE_IN;

	for (size_t i = 0; i < lines; i++, p += LINE_IN) {
		__m256i a = _mm256_permutevar8x32_epi32(load(p), front);
		__m256i b = _mm256_permutevar8x32_epi32(load(p + 16), back);

		store(out, sextets_spread(a));
		store(out + VEC, sextets_spread(b));
		out += 64;
		if (crlf)
			*out++ = '\r';
		*out++ = '\n';
	}
	return lines * LINE_IN;
}

#else

bool
sm_base64_avx2_usable(void)
{
	return false;
}

size_t
sm_base64_avx2_dec(uint8_t *out, size_t *out_len, struct sm_bytes in)
{
	(void)out;
	(void)in;
	*out_len = 0;
	return 0;
}

size_t
sm_base64_avx2_enc(uint8_t *out, struct sm_bytes in, bool crlf)
{
	(void)out;
	(void)in;
	(void)crlf;
	return 0;
}

#endif
