#include "sealing.h"

int
verb_sign(struct client *c)
{
	const struct sealing_plan plan = { .sign = true };

	return sealing_run(c, &plan);
}
