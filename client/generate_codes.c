/* sealmail-codes(7) and the words of `sealmail explain`, from the tables of codes. */
#include <stdio.h>

#include "codes.h"
#include "exit.h"
#include "generate.h"
#include "limit_names.h"

static void
print_item(const char *name, const char *text, const char *more)
{
	printf(".It Cm %s\n", name);
	generate_text(text);
	if (more != NULL)
		generate_text(more);
}

static void
print_exits(void)
{
	const struct exit_info *e;

	puts(".Sh EXIT STATUSES AND RESULTS\n.Bl -tag -width Ds");
	for (e = exit_table; e->name != NULL; e++) {
		printf(".It Cm %s Pq %d\n", e->name, e->code);
		generate_text(e->more);
		puts("What to do:");
		generate_text(e->todo);
	}
	puts(".El");
}

static void
print_checks(void)
{
	const struct check_info *k;

	puts(".Sh CHECKS OF A SIGNER\n.Bl -tag -width Ds");
	for (k = check_table; k->name != NULL; k++)
		print_item(k->name, k->asks, k->todo);
	puts(".El");
}

static void
print_limits(void)
{
	const struct limit_info *l;

	puts(".Sh LIMITS\nEach counts what no honest message has many of;\n"
	    ".Fl \\-limit Ar NAME=NUMBER\nraises one.\n.Bl -tag -width Ds");
	for (l = limit_table; l->name != NULL; l++)
		printf(".It Cm %s\n%s.\n", l->name, l->counts);
	puts(".El");
}

void
generate_man_codes(void)
{
	const struct code_info *i;
	int kind = -1;

	print_exits();
	print_checks();
	print_limits();
	puts(".Sh CODES OF ERRORS");
	for (i = code_table; i->name != NULL; i++) {
		if ((int)i->kind != kind) {
			if (kind >= 0)
				puts(".El");
			kind = (int)i->kind;
			printf(".Ss %s\n", code_kinds[i->kind].title);
			generate_text(code_kinds[i->kind].todo);
			puts(".Bl -tag -width Ds");
		}
		print_item(i->name, i->cause, NULL);
	}
	puts(".El");
}

void
generate_code_words(void)
{
	const struct exit_info *e;
	const struct check_info *k;
	const struct limit_info *l;
	const struct code_info *i;

	for (e = exit_table; e->name != NULL; e++)
		printf(" %d %s", e->code, e->name);
	for (k = check_table; k->name != NULL; k++)
		if (exit_find(k->name) == NULL)
			printf(" %s", k->name);
	for (l = limit_table; l->name != NULL; l++)
		printf(" %s", l->name);
	for (i = code_table; i->name != NULL; i++)
		printf(" %s", i->name);
}
