/* client/recipients.h - for whom encrypt seals: -r, --secret-*, --kek-*. */
#ifndef SEALMAIL_CLIENT_RECIPIENTS_H
#define SEALMAIL_CLIENT_RECIPIENTS_H

#include <sealmail/seal.h>

#include "contacts.h"
#include "secrets.h"

struct recipients {
	struct sm_certs *files;         /* what each -r file held */
	const char **names;             /* of each recipient, for people */
	size_t file_count;
	struct contacts_choice *choices; /* of each -r that is an address */
	size_t choice_count;
	struct contacts *book;           /* while one is looked up */
	struct secrets secrets;
	struct sm_seal_recipient *list; /* certificates first, then secrets */
	size_t count;
};

int recipients_read(struct client *c, struct recipients *r);
void recipients_free(struct recipients *r);

#endif
