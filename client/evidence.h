/* client/evidence.h - what --trust, --certs, --crl and --ocsp name. */
#ifndef SEALMAIL_CLIENT_EVIDENCE_H
#define SEALMAIL_CLIENT_EVIDENCE_H

#include <sealmail/trust.h>

#include "client.h"

/* *out is given back with sm_pki_free(), also after a failure. */
int evidence_read(struct client *c, struct sm_pki **out);

#endif
