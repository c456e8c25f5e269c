/* client/line_ends.h - text as mail has it: every line ends in CRLF, whether it came so
 * or with a line feed alone. */
#ifndef SEALMAIL_CLIENT_LINE_ENDS_H
#define SEALMAIL_CLIENT_LINE_ENDS_H

#include <sealmail/stream.h>

struct line_ends {
	struct sm_sink to;
	bool after_cr;     /* the last byte was a CR */
};

/* Pieces of any size; returns what the sink returns. */
SM_MUST_CHECK int line_ends_write(struct line_ends *l, struct sm_bytes in);

#endif
