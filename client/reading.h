/* client/reading.h - what verify, decrypt, open and inspect have in common. */
#ifndef SEALMAIL_CLIENT_READING_H
#define SEALMAIL_CLIENT_READING_H

#include <sealmail/open.h>

#include "client.h"

struct reading_plan {
	enum sm_open_mode mode;
	bool content;      /* content is the product: standard output without -o */
	/* Show the report to people; NULL: the library's words on standard error. */
	int (*show)(struct client *c, const struct sm_report *report);
	/* After it, when not NULL; a fault of it is the exit status. */
	int (*done)(struct client *c, const struct sm_open *open);
	/* For verbs that do more with a message than write it. */
	const char *input;           /* instead of the operand */
	const struct sm_sink *sink;  /* content goes here, after the verdict only */
	/* The begin of the message, its header wholly in it as a rule. */
	int (*begin)(void *ctx, struct sm_bytes begin);
	/* Instead of output, report and --json; released: all content went to sink.
	 * Returns 0 or an exit status that is said. */
	int (*judged)(void *ctx, const struct sm_report *report, bool released);
	void *ctx;
};

/* Read, judge, release, report. Returns the exit status. */
int reading_run(struct client *c, const struct reading_plan *plan);

/* The report in words on standard error; nothing when quiet. */
int reading_tell(struct client *c, const struct sm_report *report);

#endif
