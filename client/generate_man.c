/* Parts of the manual in mdoc(7): one sentence to a line. */
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "generate.h"

/* Text for mdoc: a line break after each sentence, nothing that begins a macro,
 * no bare backslash. */
static void
print_text(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++) {
		if (p[0] == '\\') {
			fputs("\\e", stdout);
		} else if (p[0] == '-') {
			fputs("\\-", stdout);
		} else if (strchr(".:?", p[0]) != NULL && p[1] == ' ' && p[0] != ':') {
			putchar(p[0]);
			putchar('\n');
			p++;
		} else {
			putchar(p[0]);
		}
	}
	putchar('\n');
}

/* A phrase as a sentence. */
static void
print_sentence(const char *phrase)
{
	char text[200];
	size_t len;

	(void)snprintf(text, sizeof(text) - 1, "%s", phrase);
	if (text[0] >= 'a' && text[0] <= 'z' && strncmp(text, "fd", 2) != 0)
		text[0] = (char)(text[0] - 'a' + 'A');
	len = strlen(text);
	if (len > 0 && text[len - 1] != '.')
		memcpy(text + len, ".", 2);
	print_text(text);
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
		printf("Usual names: %s.\n", o->words);
	}
	if (o->repeats)
		puts("May be given several times.");
	if (o->more != NULL)
		print_text(o->more);
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

void
generate_man_options(const struct verb_def *verb)
{
	int group;

	for (group = 0; group < GROUP_COUNT; group++)
		print_group(verb, (enum option_group)group);
}

void
generate_man_examples(const struct verb_def *verb)
{
	const struct verb_example *e;
	size_t i;

	for (e = verb->examples; e->command != NULL; e++) {
		char what[200];

		(void)snprintf(what, sizeof(what), "%s", e->what);
		if (what[0] >= 'a' && what[0] <= 'z')
			what[0] = (char)(what[0] - 'a' + 'A');
		if (e != verb->examples)
			puts(".Pp");
		printf("%s%s\n.Bd -literal -offset indent\n", what,
		    what[strlen(what) - 1] == '?' ? "" : ":");
		/* Lines of at most 70 characters. */
		for (i = 0; e->command[i] != '\0'; i++)
			fputs(e->command[i] == '-' ? "\\-" :
			    (char[]) { e->command[i], '\0' }, stdout);
		puts("\n.Ed");
	}
}

void
generate_man_verbs(void)
{
	size_t i;

	puts(".Bl -tag -width Ds");
	for (i = 0; i < VERB_COUNT; i++) {
		const struct verb_def *v = &verb_table[i];

		printf(".It Cm %s Oo Ar options Oc ", v->name);
		if (v->operand_required)
			printf("Ar %s\n", v->operand);
		else
			puts("Op Ar FILE");
		print_sentence(v->summary);
		printf("See\n.Xr sealmail-%s 1 .\n", v->name);
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
