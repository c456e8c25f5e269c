/* client/output.h - where content goes: standard output, or a file that gets its
 * name only when it is complete.
 *
 * A file is written unnamed (O_TMPFILE) in its own folder, so that nothing can
 * be left behind, and linked or renamed to its name by output_commit(). Where the
 * file system has no unnamed files, a hidden one is used and removed on failure
 * and on signals. A name that is no regular file (a device, a pipe) is written
 * directly. */
#ifndef SEALMAIL_CLIENT_OUTPUT_H
#define SEALMAIL_CLIENT_OUTPUT_H

#include <sealmail/stream.h>

#include "client.h"

/* What a terminal may be shown; kept across pieces. */
struct text_filter {
	unsigned need;    /* UTF-8 continuation bytes still to come */
	unsigned lead;    /* the first byte of the character */
	bool second;      /* the next byte is the second */
};

struct output {
	const char *name;    /* for people */
	char *path;          /* the name it will get; NULL: no name to give */
	char *dir;           /* the folder of path */
	char *temp;          /* hidden name in use; NULL: unnamed */
	int fd;
	bool tty;
	bool provisional;    /* what was written can be taken back */
	bool refused;        /* a terminal was offered what is not text */
	int error;           /* errno of the first failure; 0: none */
	struct text_filter filter;
	uint8_t *held;       /* small writes are collected */
	size_t held_len;
	uint64_t total;
};

/* path NULL or "-" is standard output. binary: what will come is surely no text. */
int output_open(struct client *c, struct output *out, const char *path, bool binary);
/* An open descriptor of the caller (--json=fd:N). Not closed. */
int output_open_fd(struct client *c, struct output *out, int fd, const char *name);
struct sm_sink output_sink(struct output *out);
/* Forget what was written so far (provisional outputs only). */
void output_restart(struct output *out);
/* Columns of the terminal that standard output is; 0: it is none. */
unsigned output_columns(void);
/* Everything was written and is good: name it. Returns 0 or an exit status. */
int output_commit(struct client *c, struct output *out);
/* After a failure of the sink: say what went wrong. */
int output_fault(struct client *c, const struct output *out);
bool output_failed(const struct output *out);
/* Give everything back; what was not committed is gone. */
void output_close(struct output *out);

#endif
