/* client/mail_edit.h - a draft is written to its end in the user's editor, and sent.
 *
 * It lies in HOME/mail, where nobody else can enter: what was encrypted is in it. It is
 * removed when it was sent, and stays when it was not. */
#ifndef SEALMAIL_CLIENT_MAIL_EDIT_H
#define SEALMAIL_CLIENT_MAIL_EDIT_H

#include "client.h"

/* Returns what `sealmail send` did; 0 also when the user does not want to send. */
int mail_edit(struct client *c, struct sm_bytes draft);

#endif
