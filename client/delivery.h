/* client/delivery.h - hand sealed messages over: to another sendmail program, into
 * Maildirs, to an LMTP or submission server. */
#ifndef SEALMAIL_CLIENT_DELIVERY_H
#define SEALMAIL_CLIENT_DELIVERY_H

#include "config.h"
#include "queue.h"

/* Which way, by --sendmail or --maildir, else by the configuration, else this machine's
 * own sendmail. *target is to be freed. */
int delivery_choose(struct client *c, const struct config *cfg,
    enum delivery_kind *kind, char **target);
/* Where copies of what was sent go, by --sent or the configuration; NULL: nowhere. To
 * be freed. */
int delivery_sent(struct client *c, const struct config *cfg, char **folder);

/* Hand one message of a letter to its pending receivers, and note for each what became
 * of it; what may work later stays pending, with the reason. Returns 0 also then; an
 * exit status, said already, only when the letter itself cannot be read. */
int delivery_run(struct client *c, const struct config *cfg, struct queued *l,
    size_t number);

/* ---- the ways. fd: the message, at its beginning ---- */

struct handover {
	struct client *c;
	const struct config *cfg;
	const struct queued *l;
	struct parcel *parcel;
	size_t number;
	int fd;
	uint64_t size;
};
int deliver_by_program(struct handover *h);
int deliver_to_maildirs(struct handover *h);
/* LMTP, SMTP, and the copy by IMAP, by the helper program sealmail-submit. */
int deliver_by_submit(struct handover *h);
/* One message into one Maildir; seen: as read, into cur. 0 or a negative errno. */
int maildir_put(const char *path, const char *name, int fd, bool seen);

/* What became of one receiver, or of all that are pending (NULL). passes: it may work
 * later. */
int handover_note(struct handover *h, struct receiver *r, bool passes,
    const char *fmt, ...) SM_PRINTF(4, 5);
void handover_done(struct handover *h, struct receiver *r);

#endif
