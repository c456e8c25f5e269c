/* client/tokens.h - keys on smart cards and HSMs, by pkcs11: URIs (RFC 7512).
 *
 * The helper program sealmail-token talks to them (token/token.h); it is started when
 * the first is needed. A PIN comes from --passphrase-*, the file that the URI names with
 * pin-source, the kernel's memory, or the user; it is tried once in a run, because a
 * card locks itself after a few wrong ones. */
#ifndef SEALMAIL_CLIENT_TOKENS_H
#define SEALMAIL_CLIENT_TOKENS_H

#include <sealmail/cert.h>

#include "helper.h"
#include "secrets.h"

enum { TOKEN_URI_MAX = 4096, TOKEN_NAME_MAX = 40 };

struct tokens {
	struct client *c;
	struct passphrases *pass;   /* the owner's, ready before a PIN is needed */
	struct helper helper;
	bool started;
	const char *uri;            /* of the request that is under way */
	struct sm_buf pin;          /* secret: the last that was given to the token */
	char pin_name[2 * TOKEN_NAME_MAX]; /* what the kernel keeps it under */
	enum { PIN_NONE, PIN_GIVEN, PIN_REMEMBERED, PIN_TYPED } pin_from;
	bool pin_fresh;             /* typed, and used for no single operation yet */
	char at[200];               /* what the helper said it does */
	int fault;                  /* exit status of what went wrong (said already) */
};

/* What a token shows of one key. */
struct token_key {
	char uri[TOKEN_URI_MAX + 1];
	char token[TOKEN_NAME_MAX], serial[TOKEN_NAME_MAX];
	struct sm_buf spki;         /* empty: only its certificates tell it */
	struct sm_certs certs;
};

/* Is it a URI, and not a file? */
bool token_is_uri(const char *text);
/* What may not stand in one is refused: pin-value. */
int token_check_uri(struct client *c, const char *uri);

void tokens_init(struct tokens *t, struct client *c, struct passphrases *pass);
void tokens_free(struct tokens *t);
/* The keys that a URI means; each is called with one at a time. */
int tokens_list(struct tokens *t, const char *uri,
    int (*each)(void *ctx, const struct token_key *k), void *ctx);
/* The public half, as the token shows it or of its certificate; len 0: only the
 * certificate of a CA is there. */
struct sm_bytes token_key_public(const struct token_key *k);
/* A key that works through t, which must outlive it. */
int tokens_key(struct tokens *t, struct sm_key **out, const char *uri,
    struct sm_bytes spki);

#endif
