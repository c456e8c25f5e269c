/* fuzz/fuzz.h - what every fuzzer includes.
 *
 * A fuzzer is one file with LLVMFuzzerTestOneInput(). It may do more than not
 * crash: FUZZ_CHECK() states what must hold. Built plainly it is linked with
 * replay.c, which feeds it files; with -Dfuzz=true, with libFuzzer. */
#ifndef SM_FUZZ_FUZZ_H
#define SM_FUZZ_FUZZ_H

#include <stdio.h>
#include <stdlib.h>

#include <base/buf.h>
#include <sealmail/stream.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_CHECK(what)                                                     \
	do {                                                                 \
		if (!(what)) {                                               \
			fprintf(stderr, "%s:%d: does not hold: %s\n",        \
			    __FILE__, __LINE__, #what);                      \
			abort();                                             \
		}                                                            \
	} while (0)

/* For calls of which any answer is right. */
static inline void
fuzz_ignore(int rc)
{
	(void)rc;
}

/* Cuts that follow from the input itself, so that a crash can be repeated:
 * pieces of 1 to 64 bytes. */
struct fuzz_cuts {
	struct sm_bytes rest;
	uint32_t state;
};

static inline struct fuzz_cuts
fuzz_cuts(struct sm_bytes in)
{
	struct fuzz_cuts c = { in, (uint32_t)in.len * 2654435761u + 1 };
	return c;
}

static inline struct sm_bytes
fuzz_next(struct fuzz_cuts *c)
{
	struct sm_bytes piece;

	c->state = c->state * 1664525u + 1013904223u;
	piece = sm_bytes_first(c->rest, 1 + (c->state >> 26));
	c->rest = sm_bytes_skip(c->rest, piece.len);
	return piece;
}

/* A digest of what happened, to compare two runs: FNV-1a. */
struct fuzz_trace {
	uint64_t hash;
};

static inline void
fuzz_note(struct fuzz_trace *t, struct sm_bytes b)
{
	for (size_t i = 0; i < b.len; i++)
		t->hash = (t->hash + 1 + b.data[i]) * 1099511628211u;
}

static inline void
fuzz_note_number(struct fuzz_trace *t, uint64_t n)
{
	fuzz_note(t, sm_bytes(&n, sizeof n));
}

/* A sink that notes. */
static inline int
fuzz_sink_write(void *ctx, struct sm_bytes in)
{
	fuzz_note(ctx, in);
	return 0;
}

static inline struct sm_sink
fuzz_sink(struct fuzz_trace *t)
{
	struct sm_sink s = { fuzz_sink_write, t };
	return s;
}

#endif
