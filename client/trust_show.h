/* client/trust_show.h - roots as people and programs are shown them. */
#ifndef SEALMAIL_CLIENT_TRUST_SHOW_H
#define SEALMAIL_CLIENT_TRUST_SHOW_H

#include "trust_store.h"

struct trust_shown {
	struct trust_root *const *list;
	size_t count;
	const struct trust_root *system; /* or NULL */
	const char *bundle;
};

/* Words to standard output, in full or one line each; or the JSON object where --json
 * says. */
int trust_show(struct client *c, const struct trust_shown *roots, bool full);

#endif
