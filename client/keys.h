/* client/keys.h - the keys and certificates that --key, --cert and --chain name, or
 * those of the keyring when none is named. */
#ifndef SEALMAIL_CLIENT_KEYS_H
#define SEALMAIL_CLIENT_KEYS_H

#include <sealmail/cert.h>
#include <sealmail/open.h>
#include <sealmail/seal.h>

#include "keyring.h"
#include "tokens.h"

/* One file that was read. */
struct key_source {
	const char *path;
	struct sm_keyfile file;
};

struct keys {
	struct key_source *sources;  /* --key, in their order */
	size_t source_count;
	struct keyring ring;         /* without --key and --cert */
	bool uses_ring, ring_is_open;
	char *sender;                /* the From address of what is signed; or NULL */
	struct passphrases pass;     /* of key files; with has_pass */
	bool has_pass;
	struct tokens tokens;        /* keys that --key names by URI */
	struct sm_certs certs;       /* of --cert and of the key files */
	struct sm_certs carried;     /* to send along: --chain, and CAs among certs */
	struct sm_open_key *openers; /* keys with the certificates that fit */
	size_t opener_count;
	struct sm_seal_signer *signers;
	size_t signer_count;
};

/* Read all files named; or the keyring, now for signing, else when keys_for_opening
 * is called: mail that is not encrypted does not need it. */
int keys_read(struct client *c, struct keys *k, bool signing);
/* The exit status of a private key of the keyring or of a token that could not be had
 * (said already); 0 when there was none. */
int keys_fault(const struct keys *k);
/* Fill openers: every key, once for each certificate of it. What goes wrong with the
 * keyring is a keys_fault() as well. */
int keys_for_opening(struct client *c, struct keys *k);
/* Fill signers (one for each --key) and carried. Of several identities of the
 * keyring the one signs that -i names, else the one with the address of the From
 * field of the message, which begins with these bytes. */
int keys_for_signing(struct client *c, struct keys *k, struct sm_bytes begin);
void keys_free(struct keys *k);

/* All certificates of a file; max_bytes bounds it. */
int keys_read_certs(struct client *c, struct sm_certs *out, const char *path);
/* Valid at the time of the run. */
bool keys_cert_is_current(const struct client *c, const struct sm_cert *cert);

#endif
