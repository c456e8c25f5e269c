#include "help.h"

#include <string.h>

enum { HELP_COLUMN = 28 };

void
help_command(FILE *to)
{
	size_t i;

	fputs("usage: sealmail VERB [options] [FILE]\n\n"
	    "  sealmail encrypt -s --key me.p12 -r bob.pem letter.eml -o sealed.eml\n"
	    "  sealmail open --key me.p12 --trust root.pem sealed.eml\n"
	    "  sealmail verify --trust root.pem letter.eml\n\n"
	    "Verbs\n", to);
	for (i = 0; i < VERB_COUNT; i++)
		fprintf(to, "  %-13s%s\n", verb_table[i].name, verb_table[i].summary);
	fputs("\nWithout FILE, standard input is read; content goes to standard output "
	    "or -o FILE.\n"
	    "`sealmail VERB --help` lists a verb's options; sealmail(1) is the "
	    "manual.\n", to);
}

static void
print_option(FILE *to, const struct option_def *o)
{
	char left[64];
	const char *mark = o->repeats ? "..." : "";
	int len;

	if (o->arg == ARG_OPTIONAL)
		len = snprintf(left, sizeof(left), "    --%s[=%s]", o->name, o->value_name);
	else
		len = snprintf(left, sizeof(left), "%c%c%s --%s%s%s%s",
		    o->letter != 0 ? '-' : ' ', o->letter != 0 ? o->letter : ' ',
		    o->letter != 0 ? "," : " ", o->name,
		    o->arg == ARG_REQUIRED ? " " : "",
		    o->arg == ARG_REQUIRED ? o->value_name : "", mark);
	if (len >= HELP_COLUMN)
		fprintf(to, "  %s\n  %*s%s\n", left, HELP_COLUMN, "", o->help);
	else
		fprintf(to, "  %-*s%s\n", HELP_COLUMN, left, o->help);
}

static void
print_group(FILE *to, const struct verb_def *verb, enum option_group group)
{
	bool titled = false;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		const struct option_def *o = &option_table[i];

		if (o->group != group || !option_applies(o, verb->id))
			continue;
		if (!titled)
			fprintf(to, "\n%s\n", option_group_names[group]);
		titled = true;
		print_option(to, o);
	}
}

void
help_verb(FILE *to, const struct verb_def *verb)
{
	const struct verb_example *e;
	int group;

	fprintf(to, "usage: sealmail %s [options]%s%s%s\n\n%s\n", verb->name,
	    verb->operand[0] == '\0' ? "" : verb->required ? " " : " [", verb->operand,
	    verb->operand[0] == '\0' || verb->required ? "" : "]", verb->summary);
	for (e = verb->examples; e->command != NULL; e++)
		fprintf(to, "\n  # %s\n  %s\n", e->what, e->command);
	for (group = 0; group < GROUP_COUNT; group++)
		print_group(to, verb, (enum option_group)group);
}

void
help_family(FILE *to, const char *word)
{
	size_t i, len = strlen(word);

	fprintf(to, "usage: sealmail %s VERB [options]\n\n", word);
	for (i = 0; i < VERB_COUNT; i++)
		if (strncmp(verb_table[i].name, word, len) == 0 &&
		    verb_table[i].name[len] == ' ')
			fprintf(to, "  %-13s%s\n", verb_table[i].name,
			    verb_table[i].summary);
	fprintf(to, "\n`sealmail %s VERB --help` lists a verb's options; sealmail-%s(1) "
	    "is the manual.\n", word, word);
}
