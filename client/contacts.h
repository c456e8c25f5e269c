/* client/contacts.h - the certificates of other people, and where each came from.
 *
 *   HOME/contacts/XX/H     one file for each address; H: 32 letters of the SHA-256
 *                          of the address, XX: its first two
 *   HOME/contacts/authorities/H  certificates of CAs, by the hash of their name
 *   HOME/contacts/written  lines "TIME ADDRESS": to whom mail went first when
 *
 * Everything that is known of an address stands in its file and is replaced with it
 * in one step: which certificates were seen, when first and last, and from where
 * (by hand, signed mail, a directory, ...). A look-up reads this one file, however
 * many there are.
 *
 * A certificate that was seen says nothing yet. It is used when it is in time, may
 * encrypt, names the address, and either leads to a root under HOME/trust or was
 * confirmed by hand (`sealmail who add`). When several could be used, the one that
 * was used before stays: a new key from a signed letter is kept beside it, told of,
 * and taken when the user confirms it or the old one has expired or was revoked. */
#ifndef SEALMAIL_CLIENT_CONTACTS_H
#define SEALMAIL_CLIENT_CONTACTS_H

#include <sealmail/cert.h>
#include <sealmail/open.h>

#include "client.h"

/* The opened book of one HOME. Read files are not kept: it may be held open. */
struct contacts;

/* A HOME or book that does not exist is empty. */
int contacts_open(struct client *c, struct contacts **out);
void contacts_close(struct contacts *book); /* NULL is fine */

/* ---- the certificate to encrypt to ---- */

enum contacts_status {
	CONTACTS_USABLE,
	CONTACTS_UNKNOWN,    /* no certificate of this address is known */
	CONTACTS_SIGNS_ONLY, /* all that are known are for signatures */
	CONTACTS_EXPIRED,    /* all that could be used have expired */
	CONTACTS_NOT_YET,    /* ... begin in the future */
	CONTACTS_UNTRUSTED,  /* no root leads to them, and nobody confirmed them */
	CONTACTS_REVOKED,
	CONTACTS_UNUSABLE    /* their keys are of a kind that cannot be encrypted to */
};

/* How far to go for a certificate. */
enum contacts_reach {
	CONTACTS_HERE,       /* the book alone */
	CONTACTS_FETCH,      /* ask the directories when the book has none that can be
	                      * used; not with --offline */
	CONTACTS_REFRESH     /* ask them in any case; not with --offline */
};

struct contacts_choice {
	enum contacts_status status;
	char *address;        /* as asked, the domain in lower case */
	struct sm_cert *cert; /* to encrypt to; NULL unless usable */
	struct sm_buf capabilities; /* SMIMECapabilities in DER, for struct
	                             * sm_seal_recipient; len 0: not known */
	char *from;           /* "by hand 2026-11-02, signed mail 2026-11-20"; NULL */
	char *why;            /* a plain sentence: why this one, or why none */
	char *fix;            /* what to do next, the one command; NULL when usable */
	char *looked;         /* where was asked, and what came of it ("ldap x: nothing;
	                       * ..."); NULL: nowhere */
	char *advice;         /* a sentence that must be seen although it can be used
	                       * ("another key came ..."); mostly NULL */
	int64_t written;      /* first written to; 0: never */
	int64_t seen;         /* first verified signature of the address; 0: never */
};

/* Returns 0 with a choice, whatever its status (the reach may have failed: then
 * why says so); an exit status, said already, when it could not be found out. An
 * address that is none is CONTACTS_UNKNOWN, and why says it. */
int contacts_choose(struct contacts *book, const char *address,
    enum contacts_reach reach, struct contacts_choice *out);
void contacts_choice_free(struct contacts_choice *ch);
/* The word of --json: "usable", "unknown", "signs-only", ... */
const char *contacts_status_name(enum contacts_status s);

/* ---- what is learned ---- */

/* Keep what the sender of a message that was judged good said of himself: his
 * certificate, the one to encrypt to, what he can read. Does nothing for any other
 * verdict. *news, when something was learned that people should hear (NULL: nothing),
 * is a sentence to free. Call it after sm_open_finish(). */
int contacts_harvest(struct contacts *book, const struct sm_open *o, char **news);

/* Remember that mail goes to these addresses. Those known already cost nothing. */
int contacts_wrote(struct contacts *book, const char *const *addresses, size_t count);

#endif
