/* client/mbox_watch.h - is this a mailbox file with several letters?
 *
 * One is judged: the first. Whoever hands a whole mailbox to a verb that reads one letter
 * must not take the verdict for that of all. A file is a mailbox when it begins with
 * "From " (RFC 4155), and has another letter where a blank line is followed by that
 * word again: in the text of a letter it is quoted. */
#ifndef SEALMAIL_CLIENT_MBOX_WATCH_H
#define SEALMAIL_CLIENT_MBOX_WATCH_H

#include <sealmail/bytes.h>

struct mbox_watch {
	bool begun, is_none;
	bool several;      /* the answer */
	unsigned letters;  /* of "From " that were seen */
	unsigned breaks;   /* line ends before them, two at most */
};

/* The next bytes, in pieces of any size; starts zeroed. */
void mbox_watch(struct mbox_watch *w, struct sm_bytes in);

#endif
