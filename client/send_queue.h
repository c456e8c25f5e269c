/* client/send_queue.h - work on the letters of the queue. */
#ifndef SEALMAIL_CLIENT_SEND_QUEUE_H
#define SEALMAIL_CLIENT_SEND_QUEUE_H

#include "config.h"
#include "queue.h"

/* Try to hand a letter (locked) over. When nothing is left to do it leaves the queue;
 * one with refused receivers only when keep_refused is false. EXIT_REFUSED when
 * somebody was refused for good, EXIT_LATER when somebody waits, else 0. */
int send_queue_try(struct client *c, const struct config *cfg, struct queue *q,
    struct queued *l, bool keep_refused);

int send_queue_show(struct client *c);
/* Letters whose time has come; with a value ("all") all of them. */
int send_queue_flush(struct client *c);
int send_queue_drop(struct client *c, const char *id);

#endif
