/* Completions for bash, zsh and fish. */
#include <stdio.h>
#include <string.h>

#include "generate.h"

/* The words that may come first: of "id new" and its like, one "id". */
static bool
is_first_of_word(const struct verb_def *v)
{
	size_t len = strcspn(v->name, " ");
	const struct verb_def *other;

	for (other = verb_table; other < v; other++)
		if (strncmp(other->name, v->name, len) == 0 && other->name[len] == ' ')
			return false;
	return true;
}

static void
print_first_words(void)
{
	const struct verb_def *v;

	for (v = verb_table; v < verb_table + VERB_COUNT; v++)
		if (is_first_of_word(v))
			printf("%s%.*s", v > verb_table ? " " : "",
			    (int)strcspn(v->name, " "), v->name);
}

/* The second words of a family; v is its first verb. */
static void
print_second_words(const struct verb_def *v)
{
	size_t len = strcspn(v->name, " ");
	const struct verb_def *other;

	for (other = v; other < verb_table + VERB_COUNT; other++)
		if (strncmp(other->name, v->name, len) == 0 && other->name[len] == ' ')
			printf("%s%s", other > v ? " " : "", other->name + len + 1);
}

static bool
is_family(const struct verb_def *v)
{
	return strchr(v->name, ' ') != NULL && is_first_of_word(v);
}

/* Options may share a name: all words of all of them, at the first. */
static bool
is_first_of_name(const struct option_def *o)
{
	const struct option_def *other;

	for (other = option_table; other < o; other++)
		if (strcmp(other->name, o->name) == 0)
			return false;
	return true;
}

static void
print_values(const struct option_def *o)
{
	const struct option_def *other;

	for (other = o; other < option_table + OPT_COUNT; other++)
		if (strcmp(other->name, o->name) == 0)
			printf("%s%s", other > o ? " " : "", other->words);
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
		fputs("\t\tmapfile -t COMPREPLY < <(compgen -W \"", stdout);
		print_values(o);
		puts("\" -- \"$cur\")");
		break;
	default:
		puts("\t\tCOMPREPLY=()");
		break;
	}
	puts("\t\treturn ;;");
}

/* "id" and its second word. */
static void
bash_family(const struct verb_def *v)
{
	printf("\t%.*s)\n\t\tif [ \"$COMP_CWORD\" -eq 2 ]; then\n"
	    "\t\t\tmapfile -t COMPREPLY < <(compgen -W \"",
	    (int)strcspn(v->name, " "), v->name);
	print_second_words(v);
	puts("\" -- \"$cur\")\n\t\t\treturn\n\t\tfi\n"
	    "\t\tverb=\"$verb ${COMP_WORDS[2]}\" ;;");
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
	print_first_words();
	puts(" --help --version\" -- \"$cur\")\n\t\treturn\n\tfi\n\tcase $prev in");
	for (i = 0; i < OPT_COUNT; i++)
		if (option_table[i].arg == ARG_REQUIRED &&
		    is_first_of_name(&option_table[i]))
			bash_value(&option_table[i]);
	fputs("\tesac\n\tlocal verb=${COMP_WORDS[1]}\n\tcase $verb in\n", stdout);
	for (i = 0; i < VERB_COUNT; i++)
		if (is_family(&verb_table[i]))
			bash_family(&verb_table[i]);
	puts("\tesac\n\tcase $verb in");
	for (i = 0; i < VERB_COUNT; i++) {
		printf("\t\"%s\") words=\"", verb_table[i].name);
		bash_option_words(&verb_table[i]);
		puts("\" ;;");
	}
	puts("\tesac\n"
	    "\tif [[ $cur == -* ]]; then\n"
	    "\t\tmapfile -t COMPREPLY < <(compgen -W \"$words\" -- \"$cur\")\n"
	    "\telif [ \"$verb\" = explain ]; then");
	fputs("\t\tmapfile -t COMPREPLY < <(compgen -W \"", stdout);
	generate_code_words();
	puts("\" -- \"$cur\")\n"
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

	printf("\t\"%s\")\n\t\t_arguments -s \\\n", v->name);
	for (i = 0; i < OPT_COUNT; i++)
		if (option_applies(&option_table[i], v->id))
			zsh_option(&option_table[i]);
	if (v->id == VERB_EXPLAIN) {
		fputs("\t\t\t'1:code:(", stdout);
		generate_code_words();
		puts(")' ;;");
	} else
		puts("\t\t\t'1:file:_files' ;;");
}

/* A family is described by its second words. */
static void
zsh_described(const struct verb_def *v)
{
	printf("\n\t\t'");
	(void)fwrite(v->name, 1, strcspn(v->name, " "), stdout);
	putchar(':');
	if (is_family(v))
		print_second_words(v);
	else
		zsh_text(v->summary);
	putchar('\'');
}

static void
zsh_family(const struct verb_def *v)
{
	int len = (int)strcspn(v->name, " ");

	printf("\tif [[ $verb == %.*s ]]; then\n"
	    "\t\tif (( CURRENT == 2 )); then\n"
	    "\t\t\tcompadd ", len, v->name);
	print_second_words(v);
	puts("\n\t\t\treturn\n\t\tfi\n"
	    "\t\tverb=\"$verb $words[2]\"\n"
	    "\t\tshift words\n"
	    "\t\t(( CURRENT-- ))\n"
	    "\tfi");
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
	for (i = 0; i < VERB_COUNT; i++)
		if (is_first_of_word(&verb_table[i]))
			zsh_described(&verb_table[i]);
	puts("\n\t)\n"
	    "\tif (( CURRENT == 2 )); then\n"
	    "\t\t_describe -t verbs verb verbs\n"
	    "\t\treturn\n"
	    "\tfi\n"
	    "\tlocal verb=$words[2]\n"
	    "\tshift words\n"
	    "\t(( CURRENT-- ))");
	for (i = 0; i < VERB_COUNT; i++)
		if (is_family(&verb_table[i]))
			zsh_family(&verb_table[i]);
	puts("\tcase $verb in");
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

/* The option in the verbs of one word (family NULL), or of one family. */
static bool
fish_has(const struct option_def *o, const struct verb_def *v, const char *family)
{
	size_t len = family != NULL ? strcspn(family, " ") : 0;

	if (!option_applies(o, v->id))
		return false;
	return family == NULL ? strchr(v->name, ' ') == NULL :
	    strncmp(v->name, family, len + 1) == 0;
}

static void
fish_option(const struct option_def *o, const char *family)
{
	bool any = false;
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		any |= fish_has(o, &verb_table[i], family);
	if (!any)
		return;
	fputs("complete -c sealmail -n '", stdout);
	if (family != NULL)
		printf("__fish_seen_subcommand_from %.*s; and ",
		    (int)strcspn(family, " "), family);
	fputs("__fish_seen_subcommand_from", stdout);
	for (i = 0; i < VERB_COUNT; i++)
		if (fish_has(o, &verb_table[i], family))
			printf(" %s", verb_table[i].name +
			    (family != NULL ? strcspn(family, " ") + 1 : 0));
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

static void
fish_verb(const struct verb_def *v)
{
	int len = (int)strcspn(v->name, " ");

	if (is_first_of_word(v)) {
		printf("complete -c sealmail -f -n __fish_use_subcommand -a %.*s -d ", len,
		    v->name);
		fish_text(is_family(v) ? "several verbs" : v->summary);
		putchar('\n');
	}
	if (v->name[len] == '\0')
		return;
	printf("complete -c sealmail -f -n '__fish_seen_subcommand_from %.*s' -a %s -d ",
	    len, v->name, v->name + len + 1);
	fish_text(v->summary);
	putchar('\n');
}

void
generate_fish(void)
{
	const struct verb_def *v;
	size_t i;

	puts("# fish completion for sealmail; made from its table of options.");
	for (i = 0; i < VERB_COUNT; i++)
		fish_verb(&verb_table[i]);
	puts("complete -c sealmail -n __fish_use_subcommand -l help -d 'how to use it'\n"
	    "complete -c sealmail -n __fish_use_subcommand -l version -d 'the version'");
	fputs("complete -c sealmail -f -n '__fish_seen_subcommand_from explain' -a '", stdout);
	generate_code_words();
	puts("'");
	for (i = 0; i < OPT_COUNT; i++)
		fish_option(&option_table[i], NULL);
	for (v = verb_table; v < verb_table + VERB_COUNT; v++)
		for (i = 0; is_family(v) && i < OPT_COUNT; i++)
			fish_option(&option_table[i], v->name);
}
