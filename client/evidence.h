/* client/evidence.h - what --trust, --certs, --crl and --ocsp name. */
#ifndef SEALMAIL_CLIENT_EVIDENCE_H
#define SEALMAIL_CLIENT_EVIDENCE_H

#include <sealmail/trust.h>

#include "client.h"

/* *out is given back with sm_pki_free(), also after a failure. */
int evidence_read(struct client *c, struct sm_pki **out);

/* The DER of the lists that --crl names, to be sent along with a signature. */
struct crl_list {
	struct sm_bytes *list; /* each owned */
	size_t count;
};
/* out starts zeroed, and is given back with crl_list_free(), also after a
 * failure. */
int evidence_read_crls(struct client *c, struct crl_list *out);
void crl_list_free(struct crl_list *l);

#endif
