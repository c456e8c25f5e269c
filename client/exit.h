/* client/exit.h - the exit statuses of the command, and what each means.
 *
 * The one table of them: `sealmail explain`, the manual and the tests read it. */
#ifndef SEALMAIL_CLIENT_EXIT_H
#define SEALMAIL_CLIENT_EXIT_H

#include <stddef.h>

enum exit_code {
	EXIT_GOOD = 0,
	EXIT_INVALID = 10,
	EXIT_UNTRUSTED = 11,
	EXIT_NOT_FROM_SENDER = 12,
	EXIT_REVOKED = 13,
	EXIT_EXPIRED = 14,
	EXIT_UNSIGNED = 15,
	EXIT_WEAK = 16,
	EXIT_NO_KEY = 20,
	EXIT_CORRUPT = 21,
	EXIT_UNAUTHENTICATED = 22,
	EXIT_RECIPIENT = 30,
	EXIT_POLICY = 31,
	EXIT_LIMIT = 40,
	EXIT_USAGE = 64,
	EXIT_MALFORMED = 65,
	EXIT_NO_INPUT = 66,
	EXIT_REFUSED = 69,
	EXIT_INTERNAL = 70,
	EXIT_CANNOT_CREATE = 73,
	EXIT_IO = 74,
	EXIT_LATER = 75,
	EXIT_PERMISSION = 77,
	EXIT_UNWELL = 78,
};

struct exit_info {
	int code;
	const char *name;    /* "not-from-sender"; the report's result where one exists */
	const char *meaning; /* a phrase, as in the manual's table */
	const char *more;    /* what was found out, in plain sentences */
	const char *todo;    /* what to do next */
};

/* In rising order; ends with an entry whose name is NULL. */
extern const struct exit_info exit_table[];

/* NULL when there is no such code or name. */
const struct exit_info *exit_find(const char *code_or_name);

const struct exit_info *exit_of(int code);

/* The exit status for a negative enum sm_status of the library. */
int exit_from_status(int status);

#endif
