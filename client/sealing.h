/* client/sealing.h - what sign and encrypt have in common. */
#ifndef SEALMAIL_CLIENT_SEALING_H
#define SEALMAIL_CLIENT_SEALING_H

#include "client.h"

struct sealing_plan {
	bool sign;
	bool encrypt;
	bool text;     /* line ends become CRLF where the engine does not see to it */
};

int sealing_run(struct client *c, const struct sealing_plan *plan);

#endif
