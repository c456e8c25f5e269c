/* client/secrets.h - passphrases, passwords and shared keys.
 *
 * They come from a terminal, a file or a descriptor, never from arguments or the
 * environment; they live in locked memory that is wiped. */
#ifndef SEALMAIL_CLIENT_SECRETS_H
#define SEALMAIL_CLIENT_SECRETS_H

#include <sealmail/cert.h>

#include "client.h"

struct secret {
	struct sm_buf value; /* secret buffer */
	bool kek;            /* a shared key, not a password */
};
struct secrets {
	struct secret *list;
	size_t count;
};

/* All secrets that --secret-* and --kek-* name, in their order. reading: what
 * has the form of a shared key is added as one too, so that --secret-file serves
 * both. */
int secrets_read(struct client *c, struct secrets *s, bool reading);
void secrets_free(struct secrets *s);

/* Say so when a file that holds a secret is open to others. */
void secret_warn_if_open(const struct client *c, const char *path);

/* The first line of a file, appended to a secret buffer; not empty. */
int secret_read_file(struct client *c, struct sm_buf *out, const char *path);
/* The first line of what a descriptor, named by its number, gives: to a secret
 * buffer. */
int secret_read_line(struct client *c, struct sm_buf *out, const char *number);

/* The passphrases of key files: those of --passphrase-*, else the terminal's. */
struct passphrases {
	struct client *c;
	struct secrets given;
	struct sm_buf last;  /* typed last: tried first on the next file */
	bool tried_last;
	const char *file;    /* the key file in question */
	bool had_none;       /* there was nobody to ask */
	bool by_home;        /* HOME/config may name who is asked */
	int fault;           /* exit status of asking that went wrong (said already) */
};
int passphrases_init(struct client *c, struct passphrases *p, bool by_home);
void passphrases_free(struct passphrases *p);
/* For the next key file. */
struct sm_passphrase passphrases_for(struct passphrases *p, const char *file);

/* A passphrase for something that is written: of --new-passphrase-*, with which
 * --passphrase-* (a key that is new) instead, else asked twice at the terminal.
 * Goes to the secret buffer out. */
int passphrase_new(struct client *c, struct sm_buf *out, const char *what,
    bool is_new_key);

#endif
