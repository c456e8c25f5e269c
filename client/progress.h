/* client/progress.h - a bar on the terminal for work that takes its time. */
#ifndef SEALMAIL_CLIENT_PROGRESS_H
#define SEALMAIL_CLIENT_PROGRESS_H

#include "client.h"

struct progress {
	bool wanted;
	bool shown;
	const char *verb;
	uint64_t total;        /* bytes of the input; 0: unknown */
	unsigned pass;
	uint64_t pass_start;   /* bytes of the passes before this one */
	int64_t started_ms;
	int64_t next_ms;       /* when to draw again */
};

/* Nothing is drawn in the first half second, to a file, to a dumb terminal, or
 * when quiet. */
void progress_start(struct progress *p, const struct client *c, uint64_t total);
/* bytes: of all passes so far. Fits struct sm_open_options. */
int progress_tell(void *ctx, unsigned pass, uint64_t bytes);
/* Wipe the bar; before anything else is said. */
void progress_end(struct progress *p);

#endif
