/* client/program.h - other people's programs, run as children.
 *
 * Never by a shell. The child gets nothing of ours but its arguments, the
 * environment of the user (it may need the desktop), standard error, and the
 * secrets or files that are handed to it by descriptor, which it reads at
 * /dev/fd/N. It ends with its parent, and is ended when its time is over. */
#ifndef SEALMAIL_CLIENT_PROGRAM_H
#define SEALMAIL_CLIENT_PROGRAM_H

#include "client.h"

enum { PROGRAM_FDS_MAX = 4, PROGRAM_FIRST_FD = 10 };

struct program {
	const char *path;          /* absolute, or a name that PATH finds */
	const char *const *args;   /* NULL-terminated, without argv[0]; may be NULL */
	/* What the child reads at descriptors PROGRAM_FIRST_FD, + 1, ...: secrets of up
	 * to 4 KiB first, through pipes; then files, in memory without name. */
	struct sm_bytes give[PROGRAM_FDS_MAX];
	size_t secret_count, give_count;
	bool has_terminal;         /* it keeps standard input */
	bool quiet;                /* its standard error goes nowhere */
	bool joined;               /* ... or where its standard output goes */
	unsigned seconds;          /* to finish in */
	size_t max_out;
	struct sm_buf *out;        /* its standard output; NULL: goes nowhere */
	/* What it writes as a file, at the descriptor after those it is given: memory
	 * without name, of at most max_out bytes; or NULL. */
	struct sm_buf *file;
};

enum {
	PROGRAM_MISSING = -1,   /* there is no such program */
	PROGRAM_FAILED = -2,    /* it could not be started, or died by a signal */
	PROGRAM_TIMEOUT = -3,
	PROGRAM_TOO_MUCH = -4,  /* it wrote more than max_out */
};
/* Its exit status, or one of the above. Says nothing. */
int program_run(const struct program *p);

#endif
