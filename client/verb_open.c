#include "reading.h"

int
verb_open(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_ALL, .content = true };

	return reading_run(c, &plan);
}
