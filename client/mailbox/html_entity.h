/* client/mailbox/html_entity.h - character references of HTML: &amp; &#8364; */
#ifndef SEALMAIL_MAILBOX_HTML_ENTITY_H
#define SEALMAIL_MAILBOX_HTML_ENTITY_H

#include <base/buf.h>

enum { HTML_CHAR_BYTES = 4 };

/* The reference that `in` begins with (its first byte is '&'): the character as
 * UTF-8 goes to out, its length to *len. Returns the bytes of `in` that it took,
 * 0 when it is none. */
size_t html_entity(uint8_t out[HTML_CHAR_BYTES], size_t *len, struct sm_bytes in);
/* Append text with its references resolved. */
SM_MUST_CHECK int html_entity_text(struct sm_buf *out, struct sm_bytes in);

#endif
