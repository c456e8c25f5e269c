/* client/mailbox/imap_link.h - a connection to an IMAP server, logged in, by libcurl.
 *
 * TLS is required (imaps, or STARTTLS on imap), but for addresses of this machine. The
 * commands after the login are ours (imap.h): libcurl's own mark what they read. */
#ifndef SEALMAIL_MAILBOX_IMAP_LINK_H
#define SEALMAIL_MAILBOX_IMAP_LINK_H

#include <base/buf.h>

struct imap_link;

struct imap_account {
	char *url;     /* imaps://USER@HOST:PORT/FOLDER */
	char *user;    /* NULL: of the URL */
	char *ca;      /* certificates that the server's leads to; NULL: the system's */
	bool xoauth2;  /* the secret is a token */
	struct sm_buf secret;
};

/* Log in; *folder is the one of the URL, INBOX without one (to free). Whatever fails
 * ends the program with a fault. */
struct imap_link *imap_link_open(struct imap_account *a, char **folder);
void imap_link_close(struct imap_link *l);
void imap_link_send(struct imap_link *l, struct sm_bytes in);
/* At least one byte; the end of the connection is a fault. */
size_t imap_link_receive(struct imap_link *l, uint8_t *out, size_t size);

#endif
