/* client/directories.h - where certificates of others are looked for.
 *
 * The places are those of --directory, else the lines "directory" of HOME/config, and
 * the DNS when it says "smimea = yes":
 *
 *   ldap://HOST/BASE, ldaps://   userCertificate and userSMIMECertificate
 *   http://..., https://...      a certificate store (RFC 4387)
 *   /PATH                        a folder of files, ADDRESS.pem or any name
 *   imap://HOST/FOLDER, imaps:// a shared folder of letters that carry certificates
 *   smimea:                      RFC 8162
 *
 * All but folders are asked by sealmail-lookup, mail folders by sealmail-imap, and not with --offline. What is found
 * goes into the book of contacts, with the place it came from; who may believe it is
 * decided there. */
#ifndef SEALMAIL_CLIENT_DIRECTORIES_H
#define SEALMAIL_CLIENT_DIRECTORIES_H

#include "config.h"
#include "contacts_book.h"
#include "helper.h"

enum { DIRECTORY_FILES = 20000, DIRECTORY_FILE_BYTES = 256 << 10 };

struct directory {
	const char *url;
	bool from_config;
};

struct directory_find {
	struct sm_cert *cert;
	const char *url;      /* borrowed */
	bool vouched;         /* DNSSEC of the domain says so */
};

struct directory_person {
	char *address, *name;
	const char *url;
};

/* What is known of a group; its members are people without names. */
struct directory_group {
	const char *url;      /* of the directory that knows it; NULL: none does */
	char name[200];
	size_t nowhere;       /* members without an address that mail could reach */
	bool failed;          /* a directory could not be asked, and none knew it */
	char limit[100];      /* which limit it is beyond; "": none */
};

struct directories {
	struct client *c;
	struct config cfg;
	struct helper helper;
	struct directory *list;
	size_t count;
	bool signed_in;       /* the helper has the password now */
	/* what came of it */
	struct directory_find *finds;
	size_t find_count;
	struct sm_certs authorities;
	struct directory_person *people;
	size_t person_count;
	struct directory_group group;
	struct sm_buf looked; /* "ldap://x: 2 certificates; ..." */
};

/* Read the places; count 0: there are none. */
int directories_open(struct client *c, struct directories *d);
void directories_close(struct directories *d);
/* Forget what was found, for the next question. */
void directories_forget(struct directories *d);
/* Ask all of them for the certificates of a canonical address. */
int directories_find(struct directories *d, const char *address);
/* ... for people by part of a name. */
int directories_search(struct directories *d, const char *name);
/* Ask the LDAP directories, one after the other, for the group that has the address. */
int directories_group(struct directories *d, const char *address);
/* ldap, http, folder, dns; and where. */
void directory_name(const char *url, char kind[16], char *where, size_t size);

/* ---- directory_folder.c ---- */

int directory_folder_find(struct directories *d, const char *path, const char *address,
    const char *url);
int directory_folder_search(struct directories *d, const char *path, const char *name,
    const char *url);
/* ---- directory_imap.c ---- */

int directory_imap_find(struct directories *d, const char *address, const char *url);

/* ---- for both ---- */

/* Keep a find, or a CA certificate. */
int directories_add(struct directories *d, struct sm_cert *cert, const char *address,
    const char *url, bool vouched);
int directories_add_person(struct directories *d, const char *address,
    const char *name, const char *url);

#endif
