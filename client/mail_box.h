/* client/mail_box.h - a Maildir: its list, and which file a number is.
 *
 * Which one: --maildir, else MAILDIR, else `mailbox` of HOME/config, else ~/Maildir.
 * The index is HOME/mail/NAME.db (0600), kept by the helper program sealmail-mail;
 * with --key, --cert or --trust, and no --home, there is none, and the list is made
 * anew. It holds the header in the open and verdicts, nothing that was decrypted. */
#ifndef SEALMAIL_CLIENT_MAIL_BOX_H
#define SEALMAIL_CLIENT_MAIL_BOX_H

#include "helper.h"
#include "mail_letter.h"

struct mail_box {
	struct client *c;
	struct helper helper;
	char *path;  /* of the Maildir */
	char *index; /* "": none */
};

/* A message of the list; texts as they came. */
struct mail_row {
	int64_t number, date, size, judged_at;
	int verdict;   /* -1: not judged yet */
	const char *kind, *signer, *file, *from, *to, *subject, *id;
};
typedef int (*mail_row_fn)(void *ctx, const struct mail_row *row);

int mail_box_open(struct client *c, struct mail_box *b);
void mail_box_close(struct mail_box *b);
/* list, search or find, as sealmail-mail knows them (mailbox/box.h). skipped may be
 * NULL: messages that a search could not look into. fn returns 0 or an exit status. */
int mail_box_ask(struct mail_box *b, const char *word, struct sm_bytes body,
    mail_row_fn fn, void *ctx, long long *skipped);
/* The path of a message, to free. */
int mail_box_find(struct mail_box *b, const char *number, char **path);
int mail_box_judged(struct mail_box *b, const char *number, int exit_code,
    const char *signer);

/* The file that the first operand names: a message's number, or itself; *path NULL:
 * standard input. To free. */
int mail_find_operand(struct client *c, char **path);
/* May HOME be used? Not beside --key, --cert or --trust, unless it is named. */
bool mail_uses_home(const struct client *c);
/* The Maildir, to free. */
int mail_find_maildir(struct client *c, char **path);
/* A name for something with a long name: no secret, no proof. */
uint64_t mail_name_hash(const char *text);
/* Rows as the helper says them (mailbox/box.h). */
int mail_take_rows(struct client *c, struct sm_bytes rows, mail_row_fn fn, void *ctx);
/* Does the word name a message by its number? */
bool mail_is_number(const char *word);

#endif
