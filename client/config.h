/* client/config.h - HOME/config: lines "key = value".
 *
 * config_table.c is the table of keys: a new one needs a row there and its use. A key
 * that is not in the table is refused, with the line's number. Nothing here is needed
 * for anything: who has no such file has the defaults. */
#ifndef SEALMAIL_CLIENT_CONFIG_H
#define SEALMAIL_CLIENT_CONFIG_H

#include "client.h"

enum config_key {
	CONFIG_SENDMAIL,
	CONFIG_MAILDIR,
	CONFIG_MAILBOX,
	CONFIG_INDEX,
	CONFIG_LMTP,
	CONFIG_SMTP,
	CONFIG_SMTP_USER,
	CONFIG_SMTP_AUTH,
	CONFIG_SMTP_PASSWORD_FILE,
	CONFIG_SMTP_PASSWORD_PROGRAM,
	CONFIG_SMTP_CA,
	CONFIG_SENT,
	CONFIG_IMAP,
	CONFIG_IMAP_USER,
	CONFIG_IMAP_AUTH,
	CONFIG_IMAP_PASSWORD_FILE,
	CONFIG_IMAP_PASSWORD_PROGRAM,
	CONFIG_IMAP_CA,
	CONFIG_QUEUE_DAYS,
	CONFIG_FETCH_REVOCATION,
	CONFIG_FETCH_INTERMEDIATES,
	CONFIG_FETCH_PRIVATE,
	CONFIG_DIRECTORY,
	CONFIG_DIRECTORY_CA,
	CONFIG_DIRECTORY_USER,
	CONFIG_DIRECTORY_PASSWORD_FILE,
	CONFIG_DIRECTORY_GROUPS,
	CONFIG_SMIMEA,
	CONFIG_DNS_SERVER,
	CONFIG_DNS_ANCHOR,
	CONFIG_PASSPHRASE_PROGRAM,
	CONFIG_COUNT
};

enum config_kind {
	CONFIG_TEXT,
	CONFIG_PATH,    /* "~/" at its beginning is the user's home folder */
	CONFIG_WORD,    /* one of words */
	CONFIG_NUMBER   /* 0 to 1000000 */
};

struct config_def {
	enum config_key key;
	const char *name;      /* "smtp-user" */
	enum config_kind kind;
	bool repeats;
	const char *words;     /* CONFIG_WORD: separated by blanks */
	const char *help;      /* one phrase */
};
extern const struct config_def config_table[CONFIG_COUNT];

struct config_line {
	enum config_key key;
	char *value;
};
struct config {
	struct config_line *lines; /* in the order of the file */
	size_t count;
};

int config_read(struct client *c, struct config *cfg);
void config_free(struct config *cfg);
/* The value of a key; NULL when it is not set. */
const char *config_value(const struct config *cfg, enum config_key key);
/* The values of a repeatable key one by one: *at starts at 0. NULL: no more. */
const char *config_next(const struct config *cfg, enum config_key key, size_t *at);
unsigned config_number(const struct config *cfg, enum config_key key,
    unsigned otherwise);

#endif
