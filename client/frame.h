/* client/frame.h - how the command and its helper programs speak over pipes.
 *
 * A frame is a line "WORD LENGTH\n" and LENGTH bytes. WORD: 1 to 31 of a-z, 0-9 and
 * '-'; LENGTH: decimal. Either side may be hostile (a helper has read what came
 * from the network), so each reader says how much it takes and how long it waits. */
#ifndef SEALMAIL_CLIENT_FRAME_H
#define SEALMAIL_CLIENT_FRAME_H

#include <stdint.h>

#include <base/buf.h>

enum { FRAME_WORD_CHARS = 31 };

struct frame {
	char word[FRAME_WORD_CHARS + 1]; /* "": none yet */
	struct sm_buf body;              /* initialised by the caller, who may make it
	                                  * a secret buffer; emptied by each reading */
};

/* Write a frame whole. Returns 0 or a negative errno. */
int frame_write(int fd, const char *word, struct sm_bytes body);
/* Read the next frame. max: bytes of its body; deadline: frame_deadline(), or -1 to
 * wait for ever. Returns 1; 0 when the stream ended between two frames; else a
 * negative errno: -ETIMEDOUT, -EMSGSIZE (body too large), -EPROTO (no frame, or the
 * stream ended within one), -ENOMEM. */
int frame_read(int fd, struct frame *f, size_t max, int64_t deadline);
/* The moment that many seconds from now, by the clock that nobody sets. */
int64_t frame_deadline(unsigned seconds);

#endif
