/* client/mail_words.h - what protected a letter, in a line for people.
 *
 * "Encrypted for 3 people. Signed by Ann Doe <ann@example.org>." The words follow from
 * the engine's report alone: names come from certificates that were found good, never
 * from the letter. */
#ifndef SEALMAIL_CLIENT_MAIL_WORDS_H
#define SEALMAIL_CLIENT_MAIL_WORDS_H

#include <sealmail/report.h>

#include <base/buf.h>

/* Append the line, without its end; safe for a terminal. */
SM_MUST_CHECK int mail_words(struct sm_buf *out, const struct sm_report *r);

/* The signer that the line names, or NULL. */
const struct sm_report_signer *mail_signer(const struct sm_report *r);
/* Is there an encrypted layer? (All layers of a report stand around the content.) */
bool mail_is_encrypted(const struct sm_report *r);
/* Does a signed or encrypted layer stand around the content? */
bool mail_is_protected(const struct sm_report *r);

#endif
