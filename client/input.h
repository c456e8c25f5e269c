/* client/input.h - the message to work on: a file, or a pipe.
 *
 * A regular file is read again where it lies; of anything else the caller keeps
 * what it must (input_keep). */
#ifndef SEALMAIL_CLIENT_INPUT_H
#define SEALMAIL_CLIENT_INPUT_H

#include "spool.h"

#define INPUT_PIECE_BYTES ((size_t)512 << 10)

struct input {
	const char *name;     /* for people */
	int fd;
	bool regular;
	uint64_t start;       /* where a regular file begins for us */
	uint64_t size;        /* of a regular file, from start */
	struct spool spool;   /* anything else */
	uint8_t *piece;
	size_t peeked;        /* bytes of piece that input_peek() has read */
	int error;            /* errno of a second reading that failed */
};

/* path NULL or "-" is standard input. */
int input_open(struct client *c, struct input *in, const char *path);
/* The next piece; len 0 at the end. Valid until the next call. */
int input_read(struct client *c, struct input *in, struct sm_bytes *out);
/* The begin of the message, to its first blank line at least (or as much as one piece
 * holds); input_read() gives it again. Before the first input_read() only. */
int input_peek(struct client *c, struct input *in, struct sm_bytes *out);
/* Keep a piece just read for a second reading; nothing to do for files. */
int input_keep(struct client *c, struct input *in, struct sm_bytes piece);
/* Nothing needs to be kept any more. */
void input_drop(struct input *in);
/* Read everything now, so that any part can be read through input_source(). */
int input_keep_all(struct client *c, struct input *in);
struct sm_source input_source(struct input *in);
/* Did a second reading fail? errno, or 0. */
int input_error(const struct input *in);
void input_close(struct input *in);

/* A whole small file (keys, certificates) into out, at most max bytes. */
int input_slurp(struct client *c, struct sm_buf *out, const char *path, size_t max);

#endif
