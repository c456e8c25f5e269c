/* client/store.h - the key stores of other mail programs: gpgsm's, and NSS databases
 * (Thunderbird, Firefox). Their own programs read and write them, as children; keys
 * travel as PKCS#12 in memory, passphrases by descriptor.
 *
 *   gpgsm, gpgsm:HOMEDIR    needs gpgsm
 *   nss:FOLDER              needs certutil and pk12util; a profile, with cert9.db */
#ifndef SEALMAIL_CLIENT_STORE_H
#define SEALMAIL_CLIENT_STORE_H

#include <sealmail/cert.h>

#include "program.h"
#include "secrets.h"

enum { STORE_BYTES = 16 << 20, STORE_SECONDS = 60 };

struct store {
	struct client *c;
	const char *name;          /* as the user wrote it */
	const char *folder;        /* after the colon; NULL: none */
	bool is_nss;
	struct passphrases *pass;  /* of the keys in gpgsm; of the database of NSS */
	struct sm_buf word;        /* secret: the one that was right */
};

/* A key file that came out of one: certificates without keys too. */
struct store_file {
	const char *label;         /* for people */
	struct sm_bytes data;
	struct sm_bytes passphrase;  /* of data; len 0: none */
	struct sm_bytes keep;        /* what protected the key over there; may be empty */
};
typedef int (*store_each)(void *ctx, const struct store_file *f);

/* EXIT_USAGE when `where` names none. */
int store_open(struct client *c, struct store *s, const char *where,
    struct passphrases *pass);
void store_close(struct store *s);
int store_read(struct store *s, store_each each, void *ctx);
/* Put a PKCS#12 file into it. is_rsa: of an RSA key alone. */
int store_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase,
    bool is_rsa);
/* 32 letters that nobody needs to know, to a secret buffer. */
int store_random_word(struct client *c, struct sm_buf *out);

/* ---- for the two kinds ---- */

int store_gpgsm_read(struct store *s, store_each each, void *ctx);
int store_gpgsm_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase,
    bool is_rsa);
int store_nss_read(struct store *s, store_each each, void *ctx);
int store_nss_write(struct store *s, struct sm_bytes p12, struct sm_bytes passphrase);
/* Try passphrases until one is right; *right tells. The one goes to s->word. */
int store_try_words(struct store *s, const char *what,
    int (*attempt)(struct store *s, void *ctx, struct sm_bytes word, bool *right),
    void *ctx, bool *right);
/* Run the program; a fault when it is missing (package: what to install), hangs or
 * dies. *status: its exit status. */
int store_run(struct store *s, const struct program *p, const char *package,
    int *status);

#endif
