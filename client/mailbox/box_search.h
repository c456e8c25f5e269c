/* client/mailbox/box_search.h - messages in which all words are found.
 *
 * In the fields of the index; with bodies, also in the text of messages that are in
 * the open (signed or not). Text that is encrypted, or inside a CMS message, is not
 * looked at: those messages are counted. */
#ifndef SEALMAIL_MAILBOX_BOX_SEARCH_H
#define SEALMAIL_MAILBOX_BOX_SEARCH_H

#include "box_index.h"

struct box_search {
	struct box_index *index;
	const char *maildir;
	int64_t last;        /* at most so many, the newest; 0: all */
	bool bodies;
	char **words;        /* NULL-terminated */
	box_message_fn found;
	void *ctx;
	char skipped_text[24]; /* out: how many could not be looked into */
};

void box_search(struct box_search *s);

#endif
