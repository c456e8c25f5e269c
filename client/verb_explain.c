/* explain: what an exit status, a result, a check or a limit means. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "codes.h"
#include "doctor.h"
#include "limit_names.h"

/* ---- what a code can be ---- */

static bool
explain_exit(const char *code)
{
	const struct exit_info *e = exit_find(code);

	if (e == NULL)
		return false;
	printf("exit %d, %s: %s\n\n%s\nWhat to do: %s\n", e->code, e->name, e->meaning,
	    e->more, e->todo);
	return true;
}

static bool
explain_check(const char *code)
{
	const struct check_info *k;

	for (k = check_table; k->name != NULL; k++) {
		if (strcmp(k->name, code) != 0)
			continue;
		printf("check \"%s\" of a signer\n\n%s\nWhat to do: %s\n", k->name,
		    k->asks, k->todo);
		return true;
	}
	return false;
}

static bool
explain_limit(const struct client *c, const char *code)
{
	const struct limit_info *info = limit_find(code);

	if (info == NULL)
		return false;
	printf("limit \"%s\": at most %" PRIu64 "\n\nIt counts %s. No honest "
	    "message comes near it; hostile ones are stopped here.\nWhat to do: if "
	    "you believe the message, raise it with --limit %s=NUMBER.\n", info->name,
	    limit_get(&c->limits, info), info->counts, info->name);
	return true;
}

static bool
explain_reason(const char *code)
{
	const struct code_info *i = code_find(code);

	if (i == NULL)
		return false;
	printf("error \"%s\"\n\n%s\nWhat to do: %s\n", i->name, i->cause,
	    code_kinds[i->kind].todo);
	return true;
}

/* What doctor found is explained where it stands: here only what was looked at. */
static bool
explain_finding(const char *code)
{
	const struct doctor_check *k = doctor_check_find(code);

	if (k == NULL)
		return false;
	printf("%s: a finding of `sealmail doctor`\n\nIt looks at %s.\nWhat to do: "
	    "`sealmail doctor` says what it found, and names the command that mends "
	    "it.\n", code, k->looks_at);
	return true;
}

static void
list_findings(FILE *to)
{
	size_t i;

	fputs("\nfindings of doctor:", to);
	for (i = 0; i < doctor_check_count; i++)
		fprintf(to, "%s%s", i % 5 == 0 ? "\n  " : " ", doctor_checks[i].id);
}

static void
list_reasons(FILE *to)
{
	const struct code_info *i;
	int column = 0, kind = -1;

	for (i = code_table; i->name != NULL; i++) {
		int len = (int)strlen(i->name) + 1;

		if ((int)i->kind != kind) {
			kind = (int)i->kind;
			fprintf(to, "\nerrors: %s\n ", code_kinds[i->kind].title);
			column = 1;
		}
		if (column + len > 78) {
			fputs("\n ", to);
			column = 1;
		}
		fprintf(to, " %s", i->name);
		column += len;
	}
}

static void
list_codes(FILE *to)
{
	const struct exit_info *e;
	const struct check_info *k;
	size_t i;

	fputs("exit statuses and results:\n", to);
	for (e = exit_table; e->name != NULL; e++)
		fprintf(to, "  %2d  %-18s%s\n", e->code, e->name, e->meaning);
	fputs("checks:", to);
	for (k = check_table; k->name != NULL; k++)
		fprintf(to, " %s", k->name);
	fputs("\nlimits:", to);
	for (i = 0; limit_table[i].name != NULL; i++)
		fprintf(to, "%s%s", i % 6 == 0 && i > 0 ? "\n        " : " ",
		    limit_table[i].name);
	list_findings(to);
	list_reasons(to);
	fputc('\n', to);
}

/* One word may be the name of an exit status and of a check. */
int
verb_explain(struct client *c)
{
	const char *code = c->opt.operand;
	bool known;

	if (code == NULL) {
		list_codes(stdout);
		return 0;
	}
	known = explain_exit(code);
	known |= explain_check(code);
	known |= explain_finding(code);
	if (known || explain_limit(c, code) || explain_reason(code))
		return 0;
	(void)client_fault(c, EXIT_USAGE, "nothing is called \"%s\"; what can be "
	    "explained:", code);
	list_codes(stderr);
	return EXIT_USAGE;
}
