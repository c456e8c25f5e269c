/* client/making.h - keys that are being made, with the requests for their
 * certificates: what `id new` and `id renew` have in common. */
#ifndef SEALMAIL_CLIENT_MAKING_H
#define SEALMAIL_CLIENT_MAKING_H

#include "keyring.h"
#include "output.h"

enum { MAKING_PARTS_MAX = 2, MAKING_KIND_CHARS = 32 };

/* One key. Strings and certificates are borrowed. */
struct making_part {
	char kind[MAKING_KIND_CHARS];
	bool sign, encrypt, not_exportable;
	const char *const *mails;
	size_t mail_count;
	const char *name;
	struct sm_bytes subject;         /* of the request instead of name; or len 0 */
	struct keyring_key *before;      /* the key that it renews; or NULL */
	bool same_key;                   /* ... by a new certificate alone */
	bool waits;                      /* the request was made before */
	struct sm_key *key;              /* made here; NULL with same_key and waits */
	struct sm_buf request;           /* PEM; empty when the key cannot sign one */
	char id[KEYRING_ID_CHARS + 1];
};

struct making {
	struct client *c;
	struct making_part parts[MAKING_PARTS_MAX];
	size_t count;
	struct sm_buf pass;              /* for new keys; empty: unprotected */
	struct output out;
	bool has_out;
};

void making_init(struct making *m, struct client *c);
void making_free(struct making *m);
struct making_part *making_add(struct making *m, const char *kind, bool sign,
    bool encrypt);

/* The steps, in their order. */
int making_open(struct making *m);   /* --output and --json */
int making_keys(struct making *m);   /* generate, and write the requests */
int making_store(struct making *m);  /* into the keyring, under its lock */
int making_tell(struct making *m);   /* requests and JSON go out */

#endif
