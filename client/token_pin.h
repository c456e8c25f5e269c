/* client/token_pin.h - the PIN of a token: where it comes from, and that it is tried
 * once. Part of tokens.h. */
#ifndef SEALMAIL_CLIENT_TOKEN_PIN_H
#define SEALMAIL_CLIENT_TOKEN_PIN_H

#include "tokens.h"

/* The helper asks for one (frame "pin"): answer it. */
int token_pin_answer(struct tokens *t, struct frame *f);
/* The helper went on, or did not. */
void token_pin_was_right(struct tokens *t);
void token_pin_failed(struct tokens *t);

#endif
