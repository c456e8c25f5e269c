/* client/mail_text.h - the text of encrypted letters, kept for searching.
 *
 * Only with consent: the line "index = text" in HOME/config. Then the page of a letter
 * that was shown is kept in HOME/mail/text/ID (0600), encrypted with AES-256-GCM to
 * one's own certificates of the keyring: keeping it needs no private key, searching it
 * does. What is not released is not kept. */
#ifndef SEALMAIL_CLIENT_MAIL_TEXT_H
#define SEALMAIL_CLIENT_MAIL_TEXT_H

#include "keys.h"

/* Did the user agree? */
int mail_text_wanted(struct client *c, bool *wanted);

/* Keep the text of a message: path is its file. */
int mail_text_put(struct client *c, const char *path, struct sm_bytes text);

struct mail_texts_kept {
	struct client *c;
	struct private_dir home, mail, dir;
	struct keys keys;
	bool has_keys;
};
int mail_text_open(struct client *c, struct mail_texts_kept *t);
void mail_text_close(struct mail_texts_kept *t);
/* Are all words in the text of the message? *there: its text is kept and could be
 * read. Upper and lower case of ASCII letters are the same. */
int mail_text_has(struct mail_texts_kept *t, const char *path, const char **words,
    size_t count, bool *has, bool *there);

#endif
