/* client/mailbox/draft.h - an answer to a letter, or the letter for somebody else.
 *
 * The quotation is the text that `show` shows and nothing else: no hidden HTML, no
 * part that was not chosen, no second layer. No field goes along but those named
 * here, so neither Bcc nor Received nor what another program left in the header. */
#ifndef SEALMAIL_MAILBOX_DRAFT_H
#define SEALMAIL_MAILBOX_DRAFT_H

#include "letter.h"

/* Lines of body: forward (else reply), all, encrypted, self=ADDRESS (any number),
 * to=ADDRESS (instead of Reply-To and From), noquote.
 * Says: warn WORD TEXT..., draft PIECE..., end. */
void draft_make(const struct letter *l, struct sm_bytes body);

#endif
