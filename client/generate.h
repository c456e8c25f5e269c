/* client/generate.h - what cli-tables prints from the table of options. */
#ifndef SEALMAIL_CLIENT_GENERATE_H
#define SEALMAIL_CLIENT_GENERATE_H

#include "options.h"

/* Shell completions. */
void generate_bash(void);
void generate_zsh(void);
void generate_fish(void);
/* Parts of the manual (mdoc). */
/* Sentences, each from a line of its own on. */
void generate_text(const char *text);
void generate_man_verbs(void);
void generate_man_everywhere(void);
void generate_man_exits(void);
void generate_man_codes(void);
/* All that `sealmail explain` knows, each with a blank before it. */
void generate_code_words(void);
void generate_man_config(void); /* the keys of HOME/config */
void generate_man_options(const struct verb_def *verb);
void generate_man_examples(const struct verb_def *verb);

#endif
