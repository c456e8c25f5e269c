/* client/contact.h - what is known of one address: its file in the book of contacts.
 *
 * Lines "field: value", then for each certificate its own lines and its PEM:
 *
 *   address: bob@example.org
 *   seen: 2026-11-02T09:14:00Z                first verified signature
 *   capabilities: 2026-11-20T... BASE64       SMIMECapabilities, and when signed
 *   confirmed: 2026-11-02T09:14:00Z           of the certificate that follows
 *   vouched: 2026-11-02T09:14:00Z             by the domain, with DNSSEC
 *   source: FIRST LAST KIND WHERE             where it was seen
 *   -----BEGIN CERTIFICATE-----
 */
#ifndef SEALMAIL_CLIENT_CONTACT_H
#define SEALMAIL_CLIENT_CONTACT_H

#include <sealmail/cert.h>

#include "client.h"

enum { CONTACT_CERTS = 64, CONTACT_SOURCES = 16, CONTACT_FILE_BYTES = 4 << 20 };

struct contact_source {
	char *kind;          /* one word: "hand", "mail", "ldap", "http", "dns", ... */
	char *where;         /* file, server; empty: nothing to say */
	int64_t first, last;
};

struct contact_cert {
	struct sm_buf der;
	struct sm_cert *cert; /* contact_cert_get() */
	char kind[32];        /* contact_cert_kind() */
	bool encrypts;
	int64_t confirmed;    /* by hand; 0: not */
	int64_t vouched;      /* last, by the domain's DNSSEC; 0: not */
	struct contact_source *sources; /* in the order of their first time */
	size_t source_count;
};

struct contact {
	char *address;       /* canonical */
	int64_t seen;        /* 0: never */
	struct sm_buf capabilities;
	int64_t capabilities_at;
	struct contact_cert *certs; /* in the order in which they came */
	size_t count;
};

/* Read the text of a file; path is for faults. */
int contact_read(struct client *c, struct contact *k, struct sm_bytes text,
    const char *path);
/* Append the text of the file. 0 or SM_E_NOMEM. */
int contact_write(struct sm_buf *out, const struct contact *k);
void contact_wipe(struct contact *k);

/* The certificate, read when first asked for; NULL when it is damaged, or without
 * memory. */
struct sm_cert *contact_cert_get(struct contact_cert *cc);
/* "p-256", of the key; *encrypts: could one encrypt to it? The certificate must have
 * been got. */
const char *contact_cert_kind(struct contact_cert *cc, bool *encrypts);
/* When it was seen first. */
int64_t contact_cert_first(const struct contact_cert *cc);

/* How a certificate was come by. */
struct contact_seen {
	const char *kind, *where;
	int64_t at;
	bool confirmed;      /* the user says it is theirs */
	bool vouched;        /* their domain says so (DNSSEC) */
};
/* Note that cert was seen. *news: it was not known, or not confirmed, before. Of too
 * many, those that expired first go, then the request is refused (*news false). */
int contact_add(struct client *c, struct contact *k, struct sm_cert *cert,
    const struct contact_seen *seen, bool *news);
void contact_drop(struct contact *k, size_t i);

#endif
