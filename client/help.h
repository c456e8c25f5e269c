/* client/help.h - help texts, made from the table of verbs and options. */
#ifndef SEALMAIL_CLIENT_HELP_H
#define SEALMAIL_CLIENT_HELP_H

#include <stdio.h>

#include "options.h"

void help_command(FILE *to);
void help_verb(FILE *to, const struct verb_def *verb);

/* The verbs that begin with this word. */
void help_family(FILE *to, const char *word);

#endif
