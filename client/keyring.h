/* client/keyring.h - one's own keys, all generations, under --home.
 *
 *   HOME/lock              taken by whoever changes something
 *   HOME/keys/ID/          one folder for each key; ID: SHA-256 of its public half
 *       key.pem            PKCS#8, encrypted by the passphrase (openssl reads it)
 *       public.pem         the public half, with which the key is found
 *       info               lines "field: value": created, mail, name, use,
 *                          exportable, protected, renews
 *       token              instead of key.pem: the pkcs11: URI of a key on a token
 *       certs.pem          its certificates, and those of the CAs above them
 *       exported           when it was exported last; not there: never
 *       request.pem        the request, while no certificate has come
 *
 * Identities are no files: keys with the same address belong together. Private
 * keys are fetched, and passphrases asked for, when one is used. */
#ifndef SEALMAIL_CLIENT_KEYRING_H
#define SEALMAIL_CLIENT_KEYRING_H

#include <sealmail/cert.h>

#include "private.h"
#include "secrets.h"
#include "tokens.h"

enum { KEYRING_ID_CHARS = 32, KEYRING_SHORT_CHARS = 16 };

struct keyring;

struct keyring_key {
	struct keyring *ring;
	char id[KEYRING_ID_CHARS + 1];
	struct sm_key *key;        /* lazy */
	char **mails;              /* of the request and of all certificates */
	size_t mail_count;
	char *name;                /* for people; may be NULL */
	struct sm_certs certs;     /* that fit the key */
	struct sm_certs chain;     /* the others */
	int64_t created;
	bool sign, encrypt;        /* what it was made for */
	bool exportable, is_protected;
	char *token;               /* pkcs11: URI of a key on a token; or NULL */
	char *request;             /* path, while it waits for a certificate */
	char renews[KEYRING_ID_CHARS + 1]; /* the key before it; or "" */
};

struct keyring {
	struct client *c;
	struct private_dir home, keys;
	int lock;
	struct keyring_key **list; /* oldest first */
	size_t count;
	struct passphrases pass;
	bool has_pass;
	struct tokens tokens;
	int fault;                 /* exit status of a key that could not be fetched */
};

/* Open and read the keyring. change: create it, and hold its lock. A keyring
 * that does not exist is empty. */
int keyring_open(struct client *c, struct keyring *ring, bool change);
void keyring_close(struct keyring *ring);

/* The exit status of a private key that could not be had (said already), or 0. */
int keyring_fault(const struct keyring *ring);

/* The key with this certificate or public half; NULL when there is none. */
struct keyring_key *keyring_find(const struct keyring *ring, struct sm_bytes spki);
/* Is the key one of those that `who` means: an address, a name, the first letters
 * of an ID (8 or more)? NULL means all. */
bool keyring_key_is(const struct keyring_key *k, const char *who);
/* Has it that address? */
bool keyring_key_has_mail(const struct keyring_key *k, const char *mail);
/* What it is called for people: its first address, else its name, else the ID. */
const char *keyring_key_label(const struct keyring_key *k);
/* Of several identities: the label that all keys meant by who share; NULL when they
 * are none, or several (*several). */
const char *keyring_identity(const struct keyring *ring, const char *who,
    bool *several);
/* The newest certificate that is valid now, else the newest; NULL without one. */
struct sm_cert *keyring_key_cert(const struct keyring_key *k);
bool keyring_key_may_sign(const struct keyring_key *k);
bool keyring_key_may_decrypt(const struct keyring_key *k);

/* The passphrases of this run, read once (a descriptor gives them only once). */
int keyring_passphrases(struct keyring *ring, struct passphrases **out);

/* Read one more key into the list; one that has gone meanwhile is no fault. */
int keyring_read_key(struct keyring *ring, const char *id);

/* Everything of a new key. */
struct keyring_new {
	struct sm_key *key;
	struct sm_bytes passphrase;      /* len 0: not protected */
	const char *const *mails;
	size_t mail_count;
	const char *name;
	bool sign, encrypt, not_exportable;
	const struct sm_certs *certs;    /* or NULL */
	struct sm_bytes request;         /* PEM, or len 0 */
	const char *token;               /* URI: key tells the public half alone */
	const char *renews;              /* ID of the key before it, or NULL */
	int64_t created;
};
/* Add a key; its ID goes to id. The ring must be open for change. */
int keyring_add(struct keyring *ring, const struct keyring_new *what,
    char id[KEYRING_ID_CHARS + 1]);
/* Keep a request beside a key, until a certificate comes. */
int keyring_ask(struct keyring_key *k, struct sm_bytes pem);
/* The request that is kept, appended to out; k->request must be set. */
int keyring_request(struct keyring_key *k, struct sm_buf *out);
/* Add certificates to a key; those that are there already count as added. */
int keyring_attach(struct keyring_key *k, const struct sm_certs *certs);
int keyring_remove(struct keyring_key *k);
/* Note that the key was exported, so that `sealmail doctor` asks for no backup. Nothing
 * fails for it. */
void keyring_note_export(const struct keyring_key *k);

#endif
