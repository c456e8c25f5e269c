/* Completions for bash, zsh and fish. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

static void
print_words(const char *separator, void (*print)(const struct verb_def *))
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++) {
		if (i > 0)
			fputs(separator, stdout);
		print(&verb_table[i]);
	}
}

static void
print_name(const struct verb_def *v)
{
	fputs(v->name, stdout);
}

/* ---- bash ---- */

static void
bash_option_words(const struct verb_def *verb)
{
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct option_def *o = &option_table[i];

		if (!option_applies(o, verb->id))
			continue;
		if (o->letter != 0)
			printf("-%c ", o->letter);
		printf("--%s ", o->name);
	}
}

/* The pattern of a case for an option with a value. */
static void
bash_pattern(const struct option_def *o)
{
	if (o->letter != 0)
		printf("\t-%c|--%s)\n", o->letter, o->name);
	else
		printf("\t--%s)\n", o->name);
}

static void
bash_value(const struct option_def *o)
{
	bash_pattern(o);
	switch (o->value) {
	case VALUE_DIR:
		puts("\t\tcompopt -o dirnames 2>/dev/null");
		puts("\t\tmapfile -t COMPREPLY < <(compgen -d -- \"$cur\")");
		break;
	case VALUE_FILE:
		puts("\t\tcompopt -o filenames 2>/dev/null");
		puts("\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")");
		break;
	case VALUE_WORD:
	case VALUE_HINT:
		printf("\t\tmapfile -t COMPREPLY < <(compgen -W \"%s\" -- \"$cur\")\n",
		    o->words);
		break;
	default:
		puts("\t\tCOMPREPLY=()");
		break;
	}
	puts("\t\treturn ;;");
}

void
generate_bash(void)
{
	size_t i;

	puts("# bash completion for sealmail; made from its table of options.\n"
	    "_sealmail() {\n"
	    "\tlocal cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD-1]} "
	    "words=\n"
	    "\tCOMPREPLY=()\n"
	    "\tif [ \"$COMP_CWORD\" -eq 1 ]; then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W \"", stdout);
	print_words(" ", print_name);
	puts(" --help --version\" -- \"$cur\")\n\t\treturn\n\tfi\n\tcase $prev in");
	for (i = 0; i < OPT_COUNT; i++)
		if (option_table[i].arg == ARG_REQUIRED)
			bash_value(&option_table[i]);
	puts("\tesac\n\tcase ${COMP_WORDS[1]} in");
	for (i = 0; i < VERB_COUNT; i++) {
		printf("\t%s) words=\"", verb_table[i].name);
		bash_option_words(&verb_table[i]);
		puts("\" ;;");
	}
	puts("\tesac\n"
	    "\tif [[ $cur == -* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\telse\n"
	    "\t\tcompopt -o filenames 2>/dev/null\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -f -- \"$cur\")\n"
	    "\tfi\n"
	    "}\n"
	    "complete -F _sealmail sealmail");
}

/* ---- zsh ---- */

/* Text inside '...[...]': brackets, colons and quotes are special. */
static void
zsh_text(const char *text)
{
	for (; *text != '\0'; text++) {
		if (strchr("[]:\\", *text) != NULL)
			putchar('\\');
		if (*text == '\'')
			fputs("'\\'", stdout);
		putchar(*text);
	}
}

static void
zsh_action(const struct option_def *o)
{
	printf(":%s:", o->value_name);
	if (o->value == VALUE_FILE)
		fputs("_files", stdout);
	else if (o->value == VALUE_DIR)
		fputs("_files -/", stdout);
	else if (o->words != NULL)
		printf("(%s)", o->words);
}

static void
zsh_spec(const struct option_def *o, const char *dashed, bool is_long)
{
	printf("\t\t\t'%s%s", o->repeats ? "*" : "", dashed);
	if (o->arg == ARG_REQUIRED && is_long)
		putchar('=');
	if (o->arg == ARG_OPTIONAL)
		fputs("=-", stdout);
	putchar('[');
	zsh_text(o->help);
	putchar(']');
	/* Two colons: the value may be left out. */
	if (o->arg == ARG_OPTIONAL)
		putchar(':');
	if (o->arg != ARG_NONE)
		zsh_action(o);
	puts("' \\");
}

static void
zsh_option(const struct option_def *o)
{
	char dashed[64];

	if (o->letter != 0) {
		(void)snprintf(dashed, sizeof(dashed), "-%c", o->letter);
		zsh_spec(o, dashed, false);
	}
	(void)snprintf(dashed, sizeof(dashed), "--%s", o->name);
	zsh_spec(o, dashed, true);
}

static void
zsh_verb(const struct verb_def *v)
{
	size_t i;

	printf("\t%s)\n\t\t_arguments -s \\\n", v->name);
	for (i = 0; i < OPT_COUNT; i++)
		if (option_applies(&option_table[i], v->id))
			zsh_option(&option_table[i]);
	puts("\t\t\t'1:file:_files' ;;");
}

static void
zsh_described(const struct verb_def *v)
{
	printf("\t\t'%s:", v->name);
	zsh_text(v->summary);
	putchar('\'');
}

void
generate_zsh(void)
{
	size_t i;

	puts("#compdef sealmail\n"
	    "# zsh completion for sealmail; made from its table of options.\n"
	    "_sealmail() {\n"
	    "\tlocal -a verbs\n"
	    "\tverbs=(");
	print_words("\n", zsh_described);
	puts("\n\t)\n"
	    "\tif (( CURRENT == 2 )); then\n"
	    "\t\t_describe -t verbs verb verbs\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tlocal verb=$words[2]\n"
	    "\tshift words\n"
	    "\t(( CURRENT-- ))\n"
	    "\tcase $verb in");
	for (i = 0; i < VERB_COUNT; i++)
		zsh_verb(&verb_table[i]);
	puts("\tesac\n}\n_sealmail \"$@\"");
}

/* ---- fish ---- */

static void
fish_text(const char *text)
{
	putchar('\'');
	for (; *text != '\0'; text++) {
		if (*text == '\'' || *text == '\\')
			putchar('\\');
		putchar(*text);
	}
	putchar('\'');
}

static void
fish_option(const struct option_def *o)
{
	size_t i;

	fputs("complete -c sealmail -n '__fish_seen_subcommand_from", stdout);
	for (i = 0; i < VERB_COUNT; i++)
		if (option_applies(o, verb_table[i].id))
			printf(" %s", verb_table[i].name);
	printf("' -l %s", o->name);
	if (o->letter != 0)
		printf(" -s %c", o->letter);
	if (o->arg == ARG_REQUIRED && o->value == VALUE_FILE)
		fputs(" -r -F", stdout);
	else if (o->arg == ARG_REQUIRED && o->value == VALUE_DIR)
		fputs(" -x -a '(__fish_complete_directories)'", stdout);
	else if (o->words != NULL)
		printf(" -x -a '%s'", o->words);
	else if (o->arg == ARG_REQUIRED)
		fputs(" -x", stdout);
	fputs(" -d ", stdout);
	fish_text(o->help);
	putchar('\n');
}

void
generate_fish(void)
{
	size_t i;

	puts("# fish completion for sealmail; made from its table of options.");
	for (i = 0; i < VERB_COUNT; i++) {
		printf("complete -c sealmail -f -n __fish_use_subcommand -a %s -d ",
		    verb_table[i].name);
		fish_text(verb_table[i].summary);
		putchar('\n');
	}
	puts("complete -c sealmail -n __fish_use_subcommand -l help -d 'how to use it'\n"
	    "complete -c sealmail -n __fish_use_subcommand -l version -d 'the version'");
	for (i = 0; i < OPT_COUNT; i++)
		fish_option(&option_table[i]);
}
