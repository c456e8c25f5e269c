/* client/ask.h - ask the user for something secret: by the program that --passphrase-program
 * or the line "passphrase-program = " of HOME/config names, else at the terminal.
 *
 * The program gets the question as its one argument and writes the answer, one line, to
 * standard output; exit status 0. It is run without a shell. It must be named by its
 * whole path, and belong to root or the user: it sees what it is told. */
#ifndef SEALMAIL_CLIENT_ASK_H
#define SEALMAIL_CLIENT_ASK_H

#include "client.h"

enum { ASK_NO_TERMINAL = -1, ASK_NO_ANSWER = -2 };

/* Append the answer to the secret buffer out. by_home: HOME/config counts. Returns 0;
 * ASK_NO_TERMINAL, ASK_NO_ANSWER when there was none; or an exit status, after the
 * fault was said. */
int ask_secret(struct client *c, struct sm_buf *out, const char *question,
    bool by_home);

#endif
