#include "progress.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { QUIET_MS = 500, REDRAW_MS = 100, BAR_CELLS = 30 };

static int64_t
now_ms(void)
{
	struct timespec t;

	if (clock_gettime(CLOCK_MONOTONIC, &t) != 0)
		return 0;
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static bool
terminal_can_redraw(void)
{
	const char *term = getenv("TERM");

	return term != NULL && *term != '\0' && strcmp(term, "dumb") != 0;
}

void
progress_start(struct progress *p, const struct client *c, uint64_t total)
{
	memset(p, 0, sizeof(*p));
	p->wanted = c->stderr_tty && !c->quiet && terminal_can_redraw();
	p->verb = c->verb->name;
	p->total = total;
	p->started_ms = now_ms();
	p->next_ms = p->started_ms + QUIET_MS;
}

static void
draw_bar(const struct progress *p, uint64_t done)
{
	uint64_t cells = done >= p->total ? BAR_CELLS :
	    (uint64_t)((double)done / (double)p->total * (double)BAR_CELLS);
	char bar[BAR_CELLS + 1];
	size_t i;

	for (i = 0; i < BAR_CELLS; i++)
		bar[i] = i < cells ? '#' : '.';
	bar[BAR_CELLS] = '\0';
	fprintf(stderr, " [%s] %3u%%", bar,
	    (unsigned)((double)(done < p->total ? done : p->total) * 100 /
	    (double)p->total));
}

static void
draw(struct progress *p, uint64_t done, int64_t ms)
{
	double mib = (double)done / 1048576;

	fprintf(stderr, "\r%s", p->verb);
	if (p->pass > 1)
		fprintf(stderr, ", reading %u", p->pass);
	if (p->total > 0)
		draw_bar(p, done);
	fprintf(stderr, " %.0f MiB, %.0f MiB/s\033[K", mib,
	    ((double)(done + p->pass_start) / 1048576) * 1000 /
	    (double)(ms - p->started_ms + 1));
	fflush(stderr);
	p->shown = true;
}

int
progress_tell(void *ctx, unsigned pass, uint64_t bytes)
{
	struct progress *p = ctx;
	int64_t ms;

	if (!p->wanted)
		return 0;
	if (pass != p->pass) {
		p->pass = pass;
		p->pass_start = bytes;
	}
	ms = now_ms();
	if (ms < p->next_ms)
		return 0;
	p->next_ms = ms + REDRAW_MS;
	draw(p, bytes - p->pass_start, ms);
	return 0;
}

void
progress_end(struct progress *p)
{
	if (p->shown)
		fputs("\r\033[K", stderr);
	p->shown = false;
	p->wanted = false;
}
