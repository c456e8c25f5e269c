/* client/label.h - find security labels (RFC 2634, eSSSecurityLabel) in passing mail.
 *
 * A letter that is sent on may hold a signed part whose signature says how secret it
 * is. The attribute stands in DER that is written as base64; whether its object
 * identifier occurs is found out without taking the message apart. It may be found in
 * what only looks so, which costs a question, and is not found in what is encrypted. */
#ifndef SEALMAIL_CLIENT_LABEL_H
#define SEALMAIL_CLIENT_LABEL_H

#include <sealmail/bytes.h>

struct label_finder {
	char tail[32];    /* the last letters of base64 that were seen */
	size_t len;
	bool found;
};

/* Look at the next piece; zero-initialised in the beginning. */
void label_look(struct label_finder *f, struct sm_bytes piece);

#endif
