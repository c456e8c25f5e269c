/* Any cut of its input must leave a stream's result the same. cuts_check() runs a
 * case over the input whole, byte by byte and cut at random, and compares what it
 * wrote to its log. Each piece lies in memory of its own, exactly as long as it
 * is, so that the address sanitizer sees the first byte read beyond it.
 *
 * SEALMAIL_SEED sets the seed, which is printed; SEALMAIL_LOOPS scales the random
 * rounds, of which 100 is the usual measure. Include cmocka before this. */
#ifndef SM_TESTS_SUPPORT_CUTS_H
#define SM_TESTS_SUPPORT_CUTS_H

#include <base/buf.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static inline uint64_t
rnd_next(uint64_t *state)
{
	uint64_t z = (*state += 0x9e3779b97f4a7c15u);

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* 0 to n-1 */
static inline size_t
rnd_below(uint64_t *state, size_t n)
{
	return n == 0 ? 0 : (size_t)(rnd_next(state) % n);
}

static inline uint64_t
rnd_seed(void)
{
	const char *env = getenv("SEALMAIL_SEED");
	uint64_t seed = env != NULL && *env != '\0' ?
	    strtoull(env, NULL, 0) : (uint64_t)time(NULL);

	printf("SEALMAIL_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	return seed;
}

static inline unsigned
rnd_loops(unsigned base)
{
	const char *env = getenv("SEALMAIL_LOOPS");
	uint64_t n = env == NULL ? 100 : strtoull(env, NULL, 10);

	if (n == 0 || n > 1000000)
		n = 100;
	n = (base * n + 99) / 100;
	return n > UINT_MAX ? UINT_MAX : (unsigned)n;
}

enum cuts_mode { CUTS_WHOLE, CUTS_BYTES, CUTS_RANDOM };

struct cuts {
	enum cuts_mode mode;
	struct sm_bytes left;
	uint64_t *rng;
	uint8_t *piece;
};

static inline size_t
cuts_size(struct cuts *c)
{
	static const size_t most[] = { 2, 4, 16, 70, 300, 5000, 20000, 40000, 300000 };

	if (c->mode == CUTS_WHOLE)
		return c->left.len;
	if (c->mode == CUTS_BYTES)
		return 1;
	return rnd_below(c->rng, most[rnd_below(c->rng, c->left.len > 5000 ? 9 : 6)]);
}

/* The next piece of the input; false when there is none. */
static inline bool
cuts_next(struct cuts *c, struct sm_bytes *out)
{
	size_t n;

	free(c->piece);
	c->piece = NULL;
	if (c->left.len == 0)
		return false;
	n = cuts_size(c);
	if (n > c->left.len)
		n = c->left.len;
	c->piece = malloc(n == 0 ? 1 : n);
	assert_non_null(c->piece);
	if (n > 0)
		memcpy(c->piece, c->left.data, n);
	*out = sm_bytes(n == 0 ? NULL : c->piece, n);
	c->left = sm_bytes_skip(c->left, n);
	return true;
}

/* Runs the object over the pieces; all that can be seen of it goes to log. */
typedef void (*cuts_case_fn)(struct sm_buf *log, struct cuts *c, void *arg);

static inline void
cuts_run(struct sm_buf *log, cuts_case_fn fn, void *arg, struct sm_bytes in,
    enum cuts_mode mode, uint64_t *rng)
{
	struct cuts c = { mode, in, rng, NULL };

	sm_buf_clear(log);
	fn(log, &c, arg);
	free(c.piece);
}

static inline void
cuts_compare(const struct sm_buf *want, const struct sm_buf *got,
    const char *how)
{
	if (sm_bytes_equal(sm_buf_bytes(want), sm_buf_bytes(got)))
		return;
	printf("--- whole:\n%.*s\n--- %s:\n%.*s\n", (int)want->len,
	    (const char *)want->data, how, (int)got->len,
	    (const char *)got->data);
	fail_msg("the result depends on how the input is cut");
}

/* want: what the log must be in the end, or NULL. */
static inline void
cuts_check(cuts_case_fn fn, void *arg, struct sm_bytes in, uint64_t *rng,
    unsigned rounds, const char *want)
{
	struct sm_buf whole = SM_BUF_INIT, log = SM_BUF_INIT;

	cuts_run(&whole, fn, arg, in, CUTS_WHOLE, rng);
	if (want != NULL) {
		struct sm_buf w = SM_BUF_INIT;

		assert_int_equal(sm_buf_append_str(&w, want), 0);
		cuts_compare(&w, &whole, "got (above: wanted)");
		sm_buf_free(&w);
	}
	cuts_run(&log, fn, arg, in, CUTS_BYTES, rng);
	cuts_compare(&whole, &log, "byte by byte");
	while (rounds-- > 0) {
		cuts_run(&log, fn, arg, in, CUTS_RANDOM, rng);
		cuts_compare(&whole, &log, "random cuts");
	}
	sm_buf_free(&whole);
	sm_buf_free(&log);
}

#endif
