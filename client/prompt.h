/* client/prompt.h - ask at the terminal for something that is not shown. */
#ifndef SEALMAIL_CLIENT_PROMPT_H
#define SEALMAIL_CLIENT_PROMPT_H

#include <base/buf.h>

enum { PROMPT_NO_TERMINAL = -1, PROMPT_FAILED = -2 };

/* Append the answer, without its line end, to the secret buffer out. An empty
 * answer, end of input or a fault is PROMPT_FAILED. */
int prompt_secret(struct sm_buf *out, const char *question);

#endif
