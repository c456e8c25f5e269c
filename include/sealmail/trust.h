/* sealmail/trust.h - what may be trusted, and what is known about revocation.
 *
 * Handed in by the caller: the engine fetches nothing and trusts nothing by
 * itself. Threads: one at a time while adding; then it is only read. */
#ifndef SEALMAIL_TRUST_H
#define SEALMAIL_TRUST_H

#include <sealmail/cert.h>

/* Anchors, extra intermediates and revocation evidence. Shared by all signers of
 * a message. */
struct sm_pki;
SM_EXPORT SM_MUST_CHECK int sm_pki_new(struct sm_pki **out, const struct sm_limits *limits);
SM_EXPORT void sm_pki_free(struct sm_pki *p);
/* An anchor need not be self-signed (partial chain). */
SM_EXPORT SM_MUST_CHECK int sm_pki_add_anchor(struct sm_pki *p, struct sm_cert *c);
/* Intermediates: never trusted by themselves. */
SM_EXPORT SM_MUST_CHECK int sm_pki_add_cert(struct sm_pki *p, struct sm_cert *c);
/* A DER CRL, or an OCSPResponse or BasicOCSPResponse; garbage is SM_E_FORMAT. */
SM_EXPORT SM_MUST_CHECK int sm_pki_add_crl(struct sm_pki *p, struct sm_bytes der,
    struct sm_error *err);
SM_EXPORT SM_MUST_CHECK int sm_pki_add_ocsp(struct sm_pki *p, struct sm_bytes der,
    struct sm_error *err);
SM_EXPORT bool sm_pki_has_anchors(const struct sm_pki *p);
/* All certificates that were added, anchors first; borrowed from p. */
SM_EXPORT size_t sm_pki_cert_count(const struct sm_pki *p);
SM_EXPORT struct sm_cert *sm_pki_cert(const struct sm_pki *p, size_t i);

#endif
