/* sealmail - secure mail for people and mail programs. See sealmail(1). */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/key.h>

#include "cleanup.h"
#include "client.h"
#include "help.h"
#include "json_place.h"
#include "keycache.h"
#include "limit_names.h"
#include "sendmail_words.h"

static const verb_fn verb_functions[VERB_COUNT] = {
	[VERB_SIGN] = verb_sign,
	[VERB_VERIFY] = verb_verify,
	[VERB_ENCRYPT] = verb_encrypt,
	[VERB_DECRYPT] = verb_decrypt,
	[VERB_OPEN] = verb_open,
	[VERB_INSPECT] = verb_inspect,
	[VERB_EXPLAIN] = verb_explain,
	[VERB_ID_NEW] = verb_id_new,
	[VERB_ID_IMPORT] = verb_id_import,
	[VERB_ID_LIST] = verb_id_list,
	[VERB_ID_SHOW] = verb_id_show,
	[VERB_ID_RENEW] = verb_id_renew,
	[VERB_ID_EXPORT] = verb_id_export,
	[VERB_ID_REMOVE] = verb_id_remove,
	[VERB_ID_LOCK] = verb_id_lock,
	[VERB_GIT] = verb_git,
	[VERB_MUTT_RC] = verb_mutt_rc,
	[VERB_MUTT_HOOK] = verb_mutt_hook,
	[VERB_WHO_SHOW] = verb_who_show,
	[VERB_WHO_ADD] = verb_who_add,
	[VERB_WHO_CONFIRM] = verb_who_confirm,
	[VERB_WHO_FORGET] = verb_who_forget,
	[VERB_TRUST_LIST] = verb_trust_list,
	[VERB_TRUST_SHOW] = verb_trust_show,
	[VERB_TRUST_ADD] = verb_trust_add,
	[VERB_TRUST_REMOVE] = verb_trust_remove,
	[VERB_DOCTOR] = verb_doctor,
	[VERB_MAIL_LIST] = verb_mail_list,
	[VERB_MAIL_SEARCH] = verb_mail_search,
	[VERB_MAIL_SHOW] = verb_mail_show,
	[VERB_MAIL_SAVE] = verb_mail_save,
	[VERB_MAIL_REPLY] = verb_mail_reply,
	[VERB_MAIL_FORWARD] = verb_mail_forward,
	[VERB_MAIL_FETCH] = verb_mail_fetch,
	[VERB_SEND] = verb_send,
};

static bool
may_colour(const struct client *c)
{
	const char *term = getenv("TERM");
	const char *no = getenv("NO_COLOR"); /* no-color.org: any value but empty */

	return c->stderr_tty && (no == NULL || *no == '\0') && term != NULL &&
	    *term != '\0' && strcmp(term, "dumb") != 0;
}

static int
set_up(struct client *c)
{
	const char *at = options_value(&c->opt, OPT_AT);
	const char *limit;
	size_t next = 0;

	c->quiet = options_has(&c->opt, OPT_QUIET);
	c->verbose = options_has(&c->opt, OPT_VERBOSE);
	c->now = (int64_t)time(NULL);
	if (at != NULL && !sm_time_parse(at, &c->now))
		return client_fault(c, EXIT_USAGE, "--at %s is not a time; write it as "
		    "2026-11-22T09:14:00Z", at);
	if (options_has(&c->opt, OPT_REMEMBER) && !keycache_minutes_ok(
		options_value(&c->opt, OPT_REMEMBER)))
		return client_fault(c, EXIT_USAGE, "--remember takes minutes: a number from "
		    "0 to 10080");
	while ((limit = options_next(&c->opt, OPT_LIMIT, &next)) != NULL)
		if (!limit_set(&c->limits, limit))
			return client_fault(c, EXIT_USAGE, "--limit %s is not NAME=NUMBER "
			    "with the name of a limit; \"sealmail explain\" lists them",
			    limit);
	return 0;
}

/* What was printed must have arrived: a full disk is no success. */
static int
flush_stdout(struct client *c, int rc)
{
	bool bad = fflush(stdout) != 0 || ferror(stdout) != 0;

	if (bad && rc == 0)
		return client_fault(c, EXIT_IO, "cannot write standard output");
	return rc;
}

/* The flags of sendmail that say nothing are left out before anything is read. */
static int
parse(struct client *c, int argc, char *const *argv)
{
	char **words;

	if (c->verb->id != VERB_SEND)
		return options_parse(&c->opt, c->verb, argc, argv);
	words = c->words = calloc((size_t)argc + 1, sizeof(*words));
	if (words == NULL) {
		(void)snprintf(c->opt.fault, sizeof(c->opt.fault), "out of memory");
		return -1;
	}
	return options_parse(&c->opt, c->verb, sendmail_words(argc, argv, words), words);
}

static int
run_verb(struct client *c, int argc, char *const *argv)
{
	int rc;

	if (parse(c, argc, argv) != 0)
		return client_fault(c, EXIT_USAGE, "%s", c->opt.fault);
	if (options_has(&c->opt, OPT_HELP)) {
		help_verb(stdout, c->verb);
		return flush_stdout(c, 0);
	}
	rc = set_up(c);
	if (rc == 0)
		rc = verb_functions[c->verb->id](c);
	rc = flush_stdout(c, rc);
	json_place_close(c, rc);
	return rc;
}

static bool
comes_later(const char *name)
{
	size_t i;

	for (i = 0; verb_later[i] != NULL; i++)
		if (strcmp(verb_later[i], name) == 0)
			return true;
	return false;
}

/* "id" alone, or with a second word that it does not know. */
static int
unknown_in_family(struct client *c, const char *first, const char *second)
{
	char list[200] = "";
	size_t i, len = strlen(first), n = 0;

	for (i = 0; i < VERB_COUNT && n < sizeof(list); i++)
		if (strncmp(verb_table[i].name, first, len) == 0 &&
		    verb_table[i].name[len] == ' ')
			n += (size_t)snprintf(list + n, sizeof(list) - n, "%s%s",
			    n > 0 ? ", " : "", verb_table[i].name + len + 1);
	if (second == NULL)
		return client_fault(c, EXIT_USAGE, "%s what? One of: %s", first, list);
	if (strcmp(second, "renew") == 0)
		return client_fault(c, EXIT_USAGE, "renewing over the network comes in a "
		    "later version; until then: `sealmail id new ADDRESS`, and `sealmail "
		    "id import` of the certificate that comes");
	return client_fault(c, EXIT_USAGE, "%s knows no \"%s\"; one of: %s", first,
	    second, list);
}

static int
unknown_verb(struct client *c, const char *name)
{
	const struct verb_def *guess = verb_guess(name);

	if (comes_later(name))
		return client_fault(c, EXIT_USAGE, "\"%s\" comes in a later version; "
		    "`sealmail --help` lists what there is", name);
	if (guess != NULL)
		return client_fault(c, EXIT_USAGE, "unknown verb \"%s\"; did you mean "
		    "%s?", name, guess->name);
	return client_fault(c, EXIT_USAGE, "unknown verb \"%s\"; `sealmail --help` "
	    "lists them", name);
}

static bool
is_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0 ||
	    strcmp(word, "help") == 0;
}

static int
help(struct client *c, const struct verb_def *verb)
{
	if (verb != NULL)
		help_verb(stdout, verb);
	else
		help_command(stdout);
	return flush_stdout(c, 0);
}

/* git can name a program but no words after it. */
static bool
started_as(const char *name, const char *program)
{
	const char *slash = strrchr(program, '/');

	return strcmp(slash != NULL ? slash + 1 : program, name) == 0;
}

static int
run(struct client *c, int argc, char *const *argv)
{
	int words;

	if (argc > 0 && started_as("sealmail-git", argv[0])) {
		c->verb = &verb_table[VERB_GIT];
		return run_verb(c, argc - 1, argv + 1);
	}

	if (argc < 2) {
		help_command(stderr);
		return EXIT_USAGE;
	}
	if (strcmp(argv[1], "--version") == 0) {
		printf("sealmail %s\n", SEALMAIL_VERSION);
		return flush_stdout(c, 0);
	}
	if (is_help(argv[1]))
		return help(c, verb_find_words(argc - 2, argv + 2, &words));
	c->verb = verb_find_words(argc - 1, argv + 1, &words);
	if (c->verb != NULL)
		return run_verb(c, argc - 1 - words, argv + 1 + words);
	if (!verb_is_family(argv[1]))
		return unknown_verb(c, argv[1]);
	if (argc > 2 && is_help(argv[2])) {
		help_family(stdout, argv[1]);
		return flush_stdout(c, 0);
	}
	return unknown_in_family(c, argv[1], argv[2]);
}

/* Under the name of sendmail the command sends. */
static bool
is_sendmail(const char *path)
{
	const char *slash = path != NULL ? strrchr(path, '/') : NULL;
	const char *name = slash != NULL ? slash + 1 : path;

	return name != NULL && strcmp(name, "sendmail") == 0;
}

static int
run_as_sendmail(struct client *c, int argc, char *const *argv)
{
	c->verb = &verb_table[VERB_SEND];
	return run_verb(c, argc - 1, argv + 1);
}

int
main(int argc, char **argv)
{
	struct client c;
	int rc;

	cleanup_harden();
	(void)sm_crypto_wipe_freed();
	memset(&c, 0, sizeof(c));
	c.limits = sm_limits_default();
	c.stderr_tty = isatty(STDERR_FILENO) == 1;
	c.colour = may_colour(&c);
	rc = is_sendmail(argv[0]) ? run_as_sendmail(&c, argc, argv) : run(&c, argc, argv);
	options_free(&c.opt);
	free(c.words);
	return rc;
}
