/* client/mailbox/html_text.h - what an HTML part says, as text.
 *
 * No browser: a single pass over tags and text, in memory and time that follow
 * from the length of the input. Nothing is fetched, no style is obeyed but what
 * hides text: that is left out, and said. Beside each link stands the place where
 * it really leads; pictures are named, never shown. */
#ifndef SEALMAIL_MAILBOX_HTML_TEXT_H
#define SEALMAIL_MAILBOX_HTML_TEXT_H

#include <base/buf.h>

struct html_found {
	unsigned links;      /* with a place to go to */
	unsigned misleading; /* links whose words name another place */
	unsigned remote;     /* things a browser would have fetched */
	unsigned hidden;     /* pieces that a browser would not have shown */
	bool cut;            /* the text reached its limit */
};

/* UTF-8 in, UTF-8 out (appended), at most max bytes more. Control characters and
 * the like are the caller's affair. Returns 0 or SM_E_NOMEM. */
SM_MUST_CHECK int html_text(struct sm_buf *out, struct html_found *found,
    struct sm_bytes html, size_t max);

#endif
