/* client/mailbox/imap_wire.h - IMAP's responses (RFC 9051, RFC 3501) as they come.
 *
 * A response is a line; a literal "{N}" within it is N bytes that follow, and then the
 * line goes on. The line is kept without its literals; these go to a sink. No
 * allocation follows from a number that the server announces. */
#ifndef SEALMAIL_MAILBOX_IMAP_WIRE_H
#define SEALMAIL_MAILBOX_IMAP_WIRE_H

#include <base/buf.h>

enum { IMAP_LINE_MAX = 16 << 20 };

struct imap_wire {
	/* Gives at least a byte; does not return otherwise. */
	size_t (*receive)(void *ctx, uint8_t *out, size_t size);
	void *ctx;
	uint8_t held[64 << 10];
	size_t begin, end;
};

/* The next response; its line, without CRLF and literals, replaces what is in line.
 * literal may have no write: literals are dropped. Returns 0, SM_E_NOMEM, SM_E_LIMIT
 * (a line or the sum of its literals, which max bounds), SM_E_FORMAT, or the sink's. */
SM_MUST_CHECK int imap_wire_read(struct imap_wire *w, struct sm_buf *line,
    const struct sm_sink *literal, uint64_t max);

/* The number after "NAME " in a line ("UID 5"), where NAME is a word of its own. */
bool imap_wire_number(struct sm_bytes line, const char *name, uint64_t *out);

#endif
