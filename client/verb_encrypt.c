#include "sealing.h"

int
verb_encrypt(struct client *c)
{
	const struct sealing_plan plan = {
		.sign = options_has(&c->opt, OPT_SIGN),
		.encrypt = true,
	};

	return sealing_run(c, &plan);
}
