/* client/mail_letter.h - one letter: judged by the engine, then read by the helper
 * program sealmail-mail (GMime).
 *
 * The helper gets nothing but the header in the open and the bytes that the verdict
 * released, in the order in which they were judged: what it shows is what was signed.
 * It may be made to lie by what it reads, so the verdict is said here, and all of its
 * words pass plain_text(). */
#ifndef SEALMAIL_CLIENT_MAIL_LETTER_H
#define SEALMAIL_CLIENT_MAIL_LETTER_H

#include <sealmail/report.h>

#include "helper.h"

struct mail_letter {
	struct client *c;
	struct helper helper;
	const struct sm_report *report; /* while `then` runs */
	bool released;  /* the helper has the content */
	uint64_t sent;
	bool too_large, broken;
	bool html;      /* of alternatives, the HTML */
	bool answered;  /* set by `then`: that it is not signed is no failure */
	/* Called when the helper has read the letter. Returns 0 or an exit status. */
	int (*then)(struct mail_letter *m, void *ctx);
	void *ctx;
};

/* A letter from a file, "-" or NULL (standard input). m: c, html, then and ctx set.
 * Returns the verdict's exit status, or that of a fault. */
int mail_letter_read(struct mail_letter *m, const char *path);

/* The texts of an answer's body, each ended by a NUL. */
enum { MAIL_TEXTS_MAX = 16 };
struct mail_texts {
	const char *text[MAIL_TEXTS_MAX]; /* missing ones are "" */
	size_t count;
};
/* Borrowed from f, to which a NUL is added. Returns 0 or an exit status. */
int mail_texts(struct client *c, struct mail_texts *out, struct frame *f);

/* The next answer; at its end f->word is "end". */
int mail_receive(struct client *c, struct helper *h, struct frame *f);

#endif
