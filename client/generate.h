/* client/generate.h - what cli-tables prints from the table of options. */
#ifndef SEALMAIL_CLIENT_GENERATE_H
#define SEALMAIL_CLIENT_GENERATE_H

#include "options.h"

/* Shell completions. */
void generate_bash(void);
void generate_zsh(void);
void generate_fish(void);
/* Parts of the manual (mdoc). */
void generate_man_verbs(void);
void generate_man_everywhere(void);
void generate_man_exits(void);
void generate_man_config(void); /* the keys of HOME/config */
void generate_man_options(const struct verb_def *verb);
void generate_man_examples(const struct verb_def *verb);

#endif
