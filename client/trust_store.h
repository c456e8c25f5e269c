/* client/trust_store.h - the roots that the user trusts, and what for.
 *
 *   HOME/trust/ID.pem   one file for each root; ID: 32 letters of the SHA-256 of the
 *                       certificate. Lines "field: value" (name, added, for, reason),
 *                       then the certificate: openssl x509 -in reads it
 *   HOME/trust/system   the same lines, and "bundle": the system's roots, which count
 *                       for the domains named and for no other
 *
 * A root with "for" lines is trusted for the mail of those domains alone
 * ("example.org", ".example.org", "alice@example.org"; sealmail/trust.h). A damaged
 * file is a fault and not a root less: nobody learns of trust by its absence. */
#ifndef SEALMAIL_CLIENT_TRUST_STORE_H
#define SEALMAIL_CLIENT_TRUST_STORE_H

#include <sealmail/trust.h>

#include "private.h"

enum { TRUST_ID_CHARS = 32, TRUST_SHORT_CHARS = 16 };

struct trust_root {
	char id[TRUST_ID_CHARS + 1];
	struct sm_cert *cert;
	char *name;           /* for people; may be NULL */
	char *reason;         /* why it was added against a rule; NULL */
	char **domains;       /* trusted for these alone; none: for all */
	size_t domain_count;
	int64_t added;
};

struct trust_store {
	struct client *c;
	struct private_dir home, dir;
	int lock;
	struct trust_root **list; /* by name */
	size_t count;
	struct trust_root *system; /* cert NULL; NULL: not asked for */
	char *bundle;              /* the file with the system's roots */
};

/* Open and read. change: create it, and hold the lock of HOME. One that does not
 * exist is empty. */
int trust_store_open(struct client *c, struct trust_store *store, bool change);
void trust_store_close(struct trust_store *store);
/* Add all of its roots, with their limits. */
int trust_store_anchors(const struct trust_store *store, struct sm_pki *pki);
/* The three in one: HOME's roots become anchors of pki; the CAs that the keyring has
 * for its own certificates are at hand for paths. */
int trust_store_load(struct client *c, struct sm_pki *pki);
/* The one root whose ID begins with these letters (8 or more) or whose name it is;
 * NULL when there is none, or several (*several). */
struct trust_root *trust_store_find(const struct trust_store *store, const char *who,
    bool *several);
/* Write a root (new, or the one with its ID anew). The store is open for change. */
int trust_store_put(struct trust_store *store, const struct trust_root *root);
int trust_store_remove(struct trust_store *store, const struct trust_root *root);
void trust_root_free(struct trust_root *root);
int trust_root_add_domain(struct client *c, struct trust_root *root, const char *domain);
/* What it is called for people: its name, else the certificate's subject. */
const char *trust_root_label(const struct trust_root *root);
void trust_cert_id(char id[TRUST_ID_CHARS + 1], const struct sm_cert *cert);

/* Is this certificate good for `address` (NULL: for whoever it names)? As of the time
 * of the run, by the anchors and evidence in pki; carried are more intermediates and
 * may be NULL. Returns 0 with an answer, whatever it is, whose sentences say why and
 * name the command that mends it; wipe it with sm_trust_answer_wipe(). Beside the
 * results of sm_pki_judge(): SM_TRUST_WRONG_USE when the certificate does not name the
 * address. */
int trust_store_judge(struct client *c, struct sm_trust_answer *out,
    const struct sm_pki *pki, struct sm_cert *cert, const struct sm_certs *carried,
    enum sm_trust_use use, const char *address);

#endif
