#include "reading.h"

int
verb_decrypt(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_DECRYPT, .content = true };

	return reading_run(c, &plan);
}
