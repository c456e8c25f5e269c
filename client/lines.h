/* client/lines.h - the lines of a file that people write by hand.
 *
 * Blanks around a line are dropped, lines that are empty or begin with '#' left
 * out. A file with a NUL byte is refused. */
#ifndef SEALMAIL_CLIENT_LINES_H
#define SEALMAIL_CLIENT_LINES_H

#include "client.h"

enum { LINES_FILE_BYTES = 4 << 20 };

struct lines {
	struct client *c;
	const char *name;     /* "config": of the file in HOME, for people */
	struct sm_buf text;
	size_t at;
	unsigned number;      /* of the line read last; from 1 */
	bool folds;           /* a line that begins with a blank continues the last */
};

/* Read HOME/name; one that is missing has no lines. */
int lines_open(struct client *c, struct lines *l, const char *name, bool folds);
void lines_close(struct lines *l);
/* The next line, to change at will until lines_close(); NULL at the end. */
char *lines_next(struct lines *l);
/* Say what is wrong with the line read last; EXIT_MALFORMED. */
int lines_fault(const struct lines *l, const char *fmt, ...) SM_PRINTF(2, 3);

/* Cut blanks off both ends, in place. */
char *lines_trim(char *text);
/* The next word of *text, which is moved behind it; NULL when there is none. */
char *lines_word(char **text);

#endif
