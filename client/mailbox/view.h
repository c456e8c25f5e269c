/* client/mailbox/view.h - one letter at a time: shown, a part of it saved, answered.
 *
 * Requests, in this order: "outer" (the header of the message), "entity" (pieces of
 * what was released), "read" (lines: protected, html); then any of
 *   show   -> field NAME TEXT WHERE OTHER..., body NUMBER TYPE FORM, text PIECE,
 *             note WORD COUNT, part NUMBER NAME TYPE SIZE SHOWN, head BYTES, end
 *   part N -> part (as above), head, bytes PIECE..., end
 *   people, draft -> see draft.h
 * What it says comes from the letter: the command makes it safe to be seen. */
#ifndef SEALMAIL_MAILBOX_VIEW_H
#define SEALMAIL_MAILBOX_VIEW_H

enum { VIEW_ENTITY_MAX = 128 << 20, VIEW_OUTER_MAX = 1 << 20, VIEW_PIECE = 256 << 10 };

/* Serve until the requests end. Returns the exit status. */
int view_serve(void);

#endif
