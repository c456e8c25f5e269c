/* Parts of the manual in mdoc(7): one sentence to a line. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "config.h"
#include "exit.h"
#include "generate.h"

enum { LINE_MAX_CHARS = 76, COMMAND_MAX_CHARS = 66 };

/* One word: dashes of options are kept as they are typed, a backslash is one. */
static void
print_word(const char *word, size_t len)
{
	bool option = word[0] == '-' || word[0] == '`' || strncmp(word, "(-", 2) == 0;
	size_t i;

	for (i = 0; i < len; i++) {
		if (word[i] == '\\')
			fputs("\\e", stdout);
		else if (word[i] == '-' && option)
			fputs("\\-", stdout);
		else
			putchar(word[i]);
	}
}

/* Text for mdoc: a line break after each sentence, and no long lines. */
void
generate_text(const char *text)
{
	size_t len, column = 0;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column > 0 && column + len + 1 > LINE_MAX_CHARS) {
			putchar('\n');
			column = 0;
		}
		if (column > 0)
			putchar(' ');
		if (column == 0 && strchr(".'", text[0]) != NULL)
			fputs("\\&", stdout);
		print_word(text, len);
		column += len + 1;
		if (strchr(".?", text[len - 1]) != NULL) {
			putchar('\n');
			column = 0;
		}
	}
	if (column > 0)
		putchar('\n');
}

/* A phrase as a sentence. */
static void
print_sentence(const char *phrase)
{
	char text[200];
	size_t len;

	(void)snprintf(text, sizeof(text) - 1, "%s", phrase);
	text[0] = (char)toupper((unsigned char)text[0]);
	len = strlen(text);
	if (len > 0 && text[len - 1] != '.')
		memcpy(text + len, ".", 2);
	generate_text(text);
}

static void
print_item(const struct option_def *o)
{
	fputs(".It", stdout);
	if (o->letter != 0)
		printf(" Fl %c%s%s ,", o->letter,
		    o->arg == ARG_REQUIRED ? " Ar " : "",
		    o->arg == ARG_REQUIRED ? o->value_name : "");
	/* A long option is the flag "-name". */
	if (o->arg == ARG_OPTIONAL)
		printf(" Fl \\-%s Ns Op = Ns Ar %s", o->name, o->value_name);
	else {
		const char *p;

		fputs(" Fl \\-", stdout);
		for (p = o->name; *p != '\0'; p++)
			fputs(*p == '-' ? "\\-" : (char[]) { *p, '\0' }, stdout);
		if (o->arg == ARG_REQUIRED)
			printf(" Ar %s", o->value_name);
	}
	putchar('\n');
}

static void
print_option(const struct option_def *o)
{
	print_item(o);
	print_sentence(o->help);
	if (o->words != NULL && o->value == VALUE_HINT) {
		puts("Usual names:");
		generate_text(o->words);
	}
	if (o->repeats)
		puts("May be given several times.");
	if (o->more != NULL)
		generate_text(o->more);
}

static void
print_group(const struct verb_def *verb, enum option_group group)
{
	bool titled = false;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct option_def *o = &option_table[i];

		if (o->group != group || !option_applies(o, verb->id))
			continue;
		if (!titled)
			printf(".Ss %s\n.Bl -tag -width Ds\n", option_group_names[group]);
		titled = true;
		print_option(o);
	}
	if (titled)
		puts(".El");
}

/* Verbs of two words share a page: one list for each, without those of all. */
static void
print_list(const struct verb_def *verb, bool everywhere)
{
	bool any = false;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct option_def *o = &option_table[i];

		if (!option_applies(o, verb->id) ||
		    (o->group == GROUP_EVERYWHERE) != everywhere)
			continue;
		if (!any)
			puts(".Bl -tag -width Ds");
		any = true;
		print_option(o);
	}
	if (any)
		puts(".El");
}

void
generate_man_everywhere(void)
{
	print_list(verb_table, true);
}

void
generate_man_options(const struct verb_def *verb)
{
	int group;

	if (strchr(verb->name, ' ') != NULL) {
		print_list(verb, false);
		return;
	}
	for (group = 0; group < GROUP_COUNT; group++)
		print_group(verb, (enum option_group)group);
}

/* A command to type; a long one goes on in the next line. */
static void
print_command(const char *text)
{
	size_t len, column = 0;

	for (; *text != '\0'; text += len + strspn(text + len, " ")) {
		len = strcspn(text, " ");
		if (column > 0 && column + len + 3 > COMMAND_MAX_CHARS) {
			fputs(" \\e\n    ", stdout);
			column = 4;
		} else if (column > 0)
			putchar(' ');
		print_word(text, len);
		column += len + 1;
	}
	putchar('\n');
}

void
generate_man_examples(const struct verb_def *verb)
{
	const struct verb_example *e;
	size_t len;

	for (e = verb->examples; e->command != NULL; e++) {
		len = strlen(e->what);
		if (e != verb->examples)
			puts(".Pp");
		printf("%c%s%s\n.Bd -literal -offset indent\n",
		    toupper((unsigned char)e->what[0]), e->what + 1,
		    e->what[len - 1] == '?' ? "" : ":");
		print_command(e->command);
		puts(".Ed");
	}
}

void
generate_man_verbs(void)
{
	size_t i;

	puts(".Bl -tag -width Ds");
	for (i = 0; i < VERB_COUNT; i++) {
		const struct verb_def *v = &verb_table[i];

		printf(".It Cm %s Oo Ar options Oc", v->name);
		if (v->operand[0] != '\0')
			printf("%s Ar %s", v->required ? "" : " Op", v->operand);
		putchar('\n');
		print_sentence(v->summary);
		printf("See\n.Xr sealmail-%.*s 1 .\n", (int)strcspn(v->name, " "),
		    v->name);
	}
	puts(".El");
}

void
generate_man_exits(void)
{
	const struct exit_info *e;

	puts(".Bl -tag -width \"00\"");
	for (e = exit_table; e->name != NULL; e++) {
		printf(".It %d\n", e->code);
		print_sentence(e->meaning);
	}
	puts(".El");
}

void
generate_man_config(void)
{
	const struct config_def *d;

	puts(".Bl -tag -width Ds");
	for (d = config_table; d < config_table + CONFIG_COUNT; d++) {
		printf(".It Cm %s", d->name);
		putchar('\n');
		print_sentence(d->help);
		if (d->kind == CONFIG_WORD)
			printf("One of: %s.\n", d->words);
		if (d->repeats)
			puts("May stand there several times.");
	}
	puts(".El");
}
