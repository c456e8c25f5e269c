#include "reading.h"

int
verb_verify(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_VERIFY };

	return reading_run(c, &plan);
}
