/* client/choice.h - tell what sign and encrypt chose, and why. */
#ifndef SEALMAIL_CLIENT_CHOICE_H
#define SEALMAIL_CLIENT_CHOICE_H

#include "recipients.h"

/* To people on standard error, and to --json. */
int choice_tell(struct client *c, const struct sm_seal_choice *choice,
    const struct recipients *recipients);

#endif
