/* client/contacts_book.h - the files of the book; for contacts*.c and who alone. */
#ifndef SEALMAIL_CLIENT_CONTACTS_BOOK_H
#define SEALMAIL_CLIENT_CONTACTS_BOOK_H

#include <sealmail/trust.h>

#include "contact.h"
#include "contacts.h"
#include "private.h"

struct directories;
struct fetching;

struct contacts {
	struct client *c;
	struct private_dir home, dir;
	struct sm_pki *pki;    /* the roots; NULL until one is asked for */
	struct fetching *fetching; /* revocation evidence; NULL until one is asked for */
	struct directories *directories; /* NULL until somebody is looked for */
	/* CA certificates that were read: a thousand people have few of them. */
	struct sm_certs cas;
	char (*ca_names)[33];  /* of the files that were looked for */
	size_t ca_name_count;
	struct sm_buf written; /* contacts/written, with a line end before and behind */
	bool written_read;
};

/* The canonical form of an address, to free; *out NULL: it is none. */
int contacts_address(struct client *c, const char *address, char **out);

/* What is known of a canonical address; k starts empty, with the address, when
 * nothing is. Wipe it with contact_wipe(). */
int contacts_book_read(struct contacts *book, const char *address, struct contact *k);

/* A change: begin (the book is made, and locked: *lock), read, write, close(lock). */
int contacts_book_begin(struct contacts *book, int *lock);
int contacts_book_write(struct contacts *book, const struct contact *k);
/* Forget an address. */
int contacts_book_remove(struct contacts *book, const char *address);

/* Call each for every address, in no order. It returns 0, or what ends the walk. */
int contacts_book_each(struct contacts *book,
    int (*each)(void *ctx, struct contact *k), void *ctx);

/* CA certificates that may lead from cert to a root: added to out. */
int contacts_book_cas(struct contacts *book, struct sm_cert *cert, struct sm_certs *out);
/* Keep one. Under the lock. */
int contacts_book_keep_ca(struct contacts *book, struct sm_cert *ca);
/* Keep those of carried that certify cert, and one another. Under the lock. */
int contacts_book_keep_cas(struct contacts *book, struct sm_cert *cert,
    const struct sm_certs *carried);

/* When address was first written to; 0: never. */
int contacts_written(struct contacts *book, const char *address, int64_t *when);
int contacts_written_forget(struct contacts *book, const char *address);

/* Is cert good to encrypt to address, by the roots under HOME? */
int contacts_judge(struct contacts *book, struct sm_cert *cert, const char *address,
    struct sm_trust_answer *out);

/* Ask the directories, and keep what they say. *looked: where, and what came of it; to
 * free, NULL when there is nowhere to look. */
int contacts_lookup(struct contacts *book, const char *address, char **looked);

/* Is the address among those that the certificate names? */
bool contacts_cert_names(const struct sm_cert *cert, const char *address);
/* What a certificate (got, not damaged) says of itself, dates and use: usable, signs-only, ... */
enum contacts_status contacts_own_word(const struct client *c, struct contact_cert *cc);
/* The choice among what is known of one address; out is wiped by the caller. */
int contacts_choose_in(struct contacts *book, struct contact *k,
    struct contacts_choice *out);
/* "by hand bob.pem 2026-11-02, signed mail 2026-11-20", to free. */
int contacts_sources_text(struct client *c, const struct contact_cert *cc, char **out);

#endif
