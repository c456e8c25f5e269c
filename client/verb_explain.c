/* explain: what an exit status, a result, a check or a limit means. */
#include <inttypes.h>
#include <stdio.h>

#include "client.h"
#include "limit_names.h"

struct check_info {
	const char *name;
	const char *asks;
	const char *todo;
};

/* The checks of a signer, in the order of the report. */
static const struct check_info checks[] = {
	{ "signature", "Does the signature fit the signer's key and the signed "
	    "attributes, by an algorithm that proves something today?",
	    "When it fails, the message was changed or forged: ask the sender." },
	{ "digest", "Is the content exactly what was signed?",
	    "When it fails, the content was changed after signing; a mail system that "
	    "rewrites messages is the usual cause without malice." },
	{ "chain", "Does a path of valid certificates lead from the signer to a root "
	    "that you trust?",
	    "--certs FILE for a missing intermediate, --trust FILE for a root." },
	{ "usage", "May this certificate, and each CA above it, be used for signing "
	    "mail?",
	    "The sender signed with the wrong one of several certificates." },
	{ "time", "Was the certificate valid when it was signed, and can the signing "
	    "time be true?",
	    "Check this machine's clock; --at TIME judges as of another time." },
	{ "revocation", "Has the CA withdrawn a certificate of the path?",
	    "Give evidence with --crl FILE or --ocsp FILE; --require-revocation demands "
	    "it." },
	{ "from", "Is the signer's certificate for the one address in the From field?",
	    "Believe only the address in the certificate." },
};

static int
explain_exit(const struct exit_info *e)
{
	printf("exit %d, %s: %s\n\n%s\nWhat to do: %s\n", e->code, e->name, e->meaning,
	    e->more, e->todo);
	return 0;
}

static bool
explain_check(const char *code)
{
	size_t i;

	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++) {
		if (strcmp(checks[i].name, code) != 0)
			continue;
		printf("check \"%s\" of a signer\n\n%s\nWhat to do: %s\n", checks[i].name,
		    checks[i].asks, checks[i].todo);
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

static void
list_codes(FILE *to)
{
	const struct exit_info *e;
	size_t i;

	fputs("exit statuses and results:\n", to);
	for (e = exit_table; e->name != NULL; e++)
		fprintf(to, "  %2d  %-18s%s\n", e->code, e->name, e->meaning);
	fputs("checks:", to);
	for (i = 0; i < sizeof(checks) / sizeof(checks[0]); i++)
		fprintf(to, " %s", checks[i].name);
	fputs("\nlimits:", to);
	for (i = 0; limit_table[i].name != NULL; i++)
		fprintf(to, "%s%s", i % 6 == 0 && i > 0 ? "\n        " : " ",
		    limit_table[i].name);
	fputc('\n', to);
}

int
verb_explain(struct client *c)
{
	const char *code = c->opt.operand;
	const struct exit_info *e;

	if (code == NULL) {
		list_codes(stdout);
		return 0;
	}
	e = exit_find(code);
	if (e != NULL)
		return explain_exit(e);
	if (explain_check(code) || explain_limit(c, code))
		return 0;
	(void)client_fault(c, EXIT_USAGE, "nothing is called \"%s\"; what can be "
	    "explained:", code);
	list_codes(stderr);
	return EXIT_USAGE;
}
