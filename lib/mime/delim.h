/* mime/delim.h - finding the delimiter lines of open multiparts in a stream.
 *
 * The bytes are handed out again exactly, except for delimiter lines and the line
 * ends before them (RFC 2046 section 5.1.1). Held back is only what may still
 * become such a line: a line end, and then the line as long as it can. A line
 * longer than RFC 5322's 998 characters is none. Within the room. */
#ifndef SM_MIME_DELIM_H
#define SM_MIME_DELIM_H

#include <sealmail/bytes.h>

enum { SM_DELIM_LINE = 998 };
/* Leaves room for the dashes on both sides in a line. */
enum { SM_DELIM_BOUNDARY = SM_DELIM_LINE - 4 };

/* The open boundaries, outermost first: a line that is a delimiter of several is
 * the outermost one's. Entries with len 0 match nothing. */
struct sm_delim_set {
	const struct sm_bytes *list;
	size_t count;
};

struct sm_delim {
	int state; /* enum state in delim.c; 0: at the begin of a line */
	uint8_t hold[2 + SM_DELIM_LINE + 2];
	size_t held;
	size_t eol;   /* how much of hold is the line end before the line */
	size_t spent; /* how much of hold the last event handed out */
};

enum sm_delim_event {
	SM_DELIM_MORE, /* all input is consumed */
	SM_DELIM_DATA, /* data: bytes that are no delimiter */
	SM_DELIM_OPEN, /* the delimiter of index: a part begins */
	SM_DELIM_CLOSE, /* the close delimiter of index */
};
struct sm_delim_hit {
	struct sm_bytes data; /* borrowed until the next call */
	size_t index;
};

/* Begin at the begin of a line, nothing held. */
void sm_delim_reset(struct sm_delim *d);
/* The next event of *in, which is advanced over what it took. Call until
 * SM_DELIM_MORE; the set may change between calls when an event was OPEN or
 * CLOSE. */
enum sm_delim_event sm_delim_next(struct sm_delim *d,
    const struct sm_delim_set *set, struct sm_bytes *in,
    struct sm_delim_hit *hit);
/* The input has ended: what was held, as a delimiter without its line end or as
 * data. Call until SM_DELIM_MORE. */
enum sm_delim_event sm_delim_finish(struct sm_delim *d,
    const struct sm_delim_set *set, struct sm_delim_hit *hit);

/* 1 to max characters, none of them a control? */
bool sm_delim_boundary_ok(const char *boundary, size_t max);
/* Is this line, given without its line end, a delimiter? MORE: no. */
enum sm_delim_event sm_delim_line(const struct sm_delim_set *set,
    struct sm_bytes line, size_t *index);

#endif
