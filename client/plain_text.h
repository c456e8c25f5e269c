/* client/plain_text.h - text from elsewhere as UTF-8 that does nothing to whoever
 * looks at it: no control characters, no terminal escapes, nothing that turns the
 * direction of writing or cannot be seen. What is no UTF-8, and what is taken out,
 * becomes U+FFFD. */
#ifndef SEALMAIL_CLIENT_PLAIN_TEXT_H
#define SEALMAIL_CLIENT_PLAIN_TEXT_H

#include <base/buf.h>

enum plain_text {
	PLAIN_LINE, /* a name, a subject: line ends and tabs become blanks */
	PLAIN_BODY, /* lines; CR LF becomes LF */
};

/* Append it. Returns 0 or SM_E_NOMEM. */
SM_MUST_CHECK int plain_text(struct sm_buf *out, struct sm_bytes in,
    enum plain_text how);
/* The character that text begins with; its length goes to *len. Bytes that are no
 * UTF-8 are U+FFFD, one by one. in must not be empty. */
uint32_t plain_text_char(struct sm_bytes in, size_t *len);
/* Is it one of those that are taken out? */
bool plain_text_removes(uint32_t c, enum plain_text how);
/* Columns of a terminal that it takes, or more: whoever counts with these never writes
 * over the edge. */
unsigned plain_text_columns(uint32_t c);

#endif
