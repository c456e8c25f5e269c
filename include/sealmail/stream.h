/* sealmail/stream.h - where bytes come from and go to.
 *
 * A stage of the engine is fed by x_write(x, bytes) in pieces of any size and
 * by x_finish(x); it writes its output to a struct sm_sink. Any cut of the
 * input gives the same output. */
#ifndef SEALMAIL_STREAM_H
#define SEALMAIL_STREAM_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>

/* Takes bytes. write returns 0 or a negative enum sm_status (SM_E_IO when the
 * bytes could not be taken); after a failure it is not called again. The bytes
 * are borrowed for the call. */
struct sm_sink {
	int (*write)(void *ctx, struct sm_bytes in);
	void *ctx;
};

SM_MUST_CHECK static inline int
sm_sink_write(const struct sm_sink *s, struct sm_bytes in)
{
	if (in.len == 0 || s == NULL || s->write == NULL)
		return SM_OK;
	return s->write(s->ctx, in);
}

/* Gives bytes at any offset, as often as asked: a file, or a spool. read_at
 * fills buf with up to len bytes, sets *out_len (0 only at the end) and returns
 * 0 or SM_E_IO. */
struct sm_source {
	int (*read_at)(void *ctx, uint64_t offset, void *buf, size_t len,
	    size_t *out_len);
	void *ctx;
};

#endif
