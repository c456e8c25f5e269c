/* client/queue.h - letters on their way: HOME/queue.
 *
 *   HOME/queue/ID/         one folder for each letter; ID: time and random digits
 *       state              who gets which message, and what became of it
 *       1.eml, 2.eml, ...  the messages, sealed already: the text of an encrypted
 *                          letter never stands here
 *       lock               held by the sealmail that works on it
 *   HOME/queue/lock        held for the moment in which one is begun or cleaned away
 *   HOME/queue/domains     that were written to
 *
 * A letter gets its name, with everything on disk, in one step: from then on it is
 * accepted, and nothing that happens to the program loses it. A message that was handed
 * over is noted in state right after. Whoever is killed in between hands it over once
 * more later: a recipient may get a message twice, never not at all. */
#ifndef SEALMAIL_CLIENT_QUEUE_H
#define SEALMAIL_CLIENT_QUEUE_H

#include <sealmail/stream.h>

#include "private.h"

enum { QUEUE_ID_CHARS = 22 };

enum delivery_kind { DELIVER_PROGRAM, DELIVER_MAILDIR, DELIVER_LMTP, DELIVER_SMTP };

enum receiver_state { RECEIVER_PENDING, RECEIVER_DONE, RECEIVER_FAILED };
struct receiver {
	char *address;             /* of a copy: the folder, as "sent" names it */
	enum receiver_state state;
	char *why;                 /* of a failure, also of one that may pass; or NULL */
};
/* One message and those who get it. */
struct parcel {
	bool is_copy;              /* for the sender's own folder of sent mail */
	struct receiver *list;
	size_t count;
};
struct queued {
	struct client *c;
	struct private_dir dir;
	char id[QUEUE_ID_CHARS + 1];
	int lock;                  /* -1: not ours */
	int64_t created, next;     /* when it came, when to try again */
	unsigned tries;
	enum delivery_kind kind;
	char *target;              /* program, Maildir, server */
	char *sender;              /* of the envelope; "" is none */
	char *message_id;
	struct parcel *parcels;
	size_t count;
	bool given_up;             /* not tried again */
};
struct queue {
	struct client *c;
	struct private_dir home, dir;
};

/* create: make it. One that does not exist is empty (dir.fd is -1). */
int queue_open(struct client *c, struct queue *q, bool create);
void queue_close(struct queue *q);

/* ---- a new letter ---- */

/* Begin one: its folder has no name yet, and vanishes by queued_free(). */
int queued_new(struct queue *q, struct queued *l);
/* One more message, for the receivers that follow; its number goes to *number. */
int queued_add_parcel(struct queued *l, bool is_copy, size_t *number);
int queued_add_receiver(struct queued *l, size_t number, const char *address);
/* Everything was written: the letter is accepted when this returns 0. */
int queued_accept(struct queue *q, struct queued *l);

/* A message being written. */
struct parcel_file {
	struct client *c;
	int fd;
	int error;                 /* errno of the first failure; 0: none */
	uint8_t *held;
	size_t held_len;
	uint64_t total;
};
int parcel_create(struct queued *l, size_t number, struct parcel_file *f);
struct sm_sink parcel_sink(struct parcel_file *f);
/* All was written: to the disk with it. */
int parcel_finish(struct parcel_file *f);
void parcel_close(struct parcel_file *f);

/* ---- letters that lie there ---- */

/* The IDs in their order, to be freed one by one and as a list. */
int queue_list(struct queue *q, char ***ids, size_t *count);
/* Read one. for_work: and lock it; *busy when another works on it. One that is gone
 * has dir.fd -1. */
int queued_load(struct queue *q, const char *id, bool for_work, struct queued *l,
    bool *busy);
/* The message file of a parcel, open for reading. */
int queued_open_parcel(const struct queued *l, size_t number, int *fd, uint64_t *size);
/* Write down what became of it. */
int queued_save(struct queued *l);
/* Take it out of the queue. */
int queued_remove(struct queue *q, struct queued *l);
void queued_free(struct queued *l);

/* Receivers of messages (copies: of copies) in this state. */
size_t queued_count(const struct queued *l, enum receiver_state state, bool copies);

/* state as text: queue_state.c. */
int queue_state_write(const struct queued *l, struct sm_buf *out);
int queue_state_read(struct queued *l, struct sm_buf *text);
const char *delivery_kind_name(enum delivery_kind kind);

#endif
