#include "mbox_watch.h"

static const char mark[] = "From ";

static void
watch_byte(struct mbox_watch *w, uint8_t c)
{
	if (c == '\r')
		return;
	if ((w->breaks == 2 || !w->begun) && c == (uint8_t)mark[w->letters]) {
		w->letters++;
		if (w->letters < sizeof(mark) - 1)
			return;
		w->several = w->begun;
		w->begun = true;
	} else if (!w->begun) {
		w->is_none = true;
	}
	if (c != '\n')
		w->breaks = 0;
	else
		w->breaks = w->letters == 0 && w->breaks > 0 ? 2 : 1;
	w->letters = 0;
}

void
mbox_watch(struct mbox_watch *w, struct sm_bytes in)
{
	size_t i;

	for (i = 0; i < in.len && !w->is_none && !w->several; i++)
		watch_byte(w, in.data[i]);
}
