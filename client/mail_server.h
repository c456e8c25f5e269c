/* client/mail_server.h - a folder of an IMAP server, read by the helper program
 * sealmail-imap (libcurl), which changes nothing there.
 *
 * Which one: --imap, else `imap` of HOME/config. The secret of the account: from
 * --password-file or --password-fd, else `imap-password-file` or
 * `imap-password-program`, else it is asked for. */
#ifndef SEALMAIL_CLIENT_MAIL_SERVER_H
#define SEALMAIL_CLIENT_MAIL_SERVER_H

#include "helper.h"
#include "mail_box.h"

struct mail_server {
	struct client *c;
	struct helper helper;
	char *url;
};

/* Connect and log in. */
int mail_server_open(struct client *c, struct mail_server *s);
void mail_server_close(struct mail_server *s);

/* The newest `last` messages (0: all) as rows; a number is the UID. */
int mail_server_list(struct mail_server *s, long last, mail_row_fn fn, void *ctx);
/* UIDs above `since`, or all when the folder has another *validity, which is updated.
 * Numbers separated by blanks are appended to uids. */
int mail_server_news(struct mail_server *s, uint64_t since, uint64_t *validity,
    struct sm_buf *uids);
/* A message into a file in memory, which is at its beginning. */
int mail_server_get(struct mail_server *s, const char *uid, int *fd);

/* Is mail to be read from a server? */
bool mail_server_wanted(const struct client *c);

#endif
