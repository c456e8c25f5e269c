/* client/mailbox/draft.h - an answer to a letter, or the letter for somebody else.
 *
 * The quotation is the text that `show` shows and nothing else: no hidden HTML, no
 * part that was not chosen, no second layer. No field goes along but those named
 * here: neither Bcc nor Received, nor what another program left in the header. Whom
 * it goes to is the command's decision, which knows the verdict and reads addresses
 * strictly (GMime takes "a@x@y" for one).
 *
 *   people   -> person FIELD NAME ADDRESS WHERE..., end
 *   draft    lines: forward, encrypted, from=ADDRESS, to=ADDRESS TAB NAME and cc=...
 *            (any number) -> warn WORD TEXT..., draft PIECE..., end */
#ifndef SEALMAIL_MAILBOX_DRAFT_H
#define SEALMAIL_MAILBOX_DRAFT_H

#include "letter.h"

void draft_people(const struct letter *l);
void draft_make(const struct letter *l, struct sm_bytes body);

#endif
