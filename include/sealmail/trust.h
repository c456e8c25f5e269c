/* sealmail/trust.h - what may be trusted, and what is known about revocation.
 *
 * Handed in by the caller: the engine fetches nothing and trusts nothing by
 * itself. Threads: one at a time while adding; then it is only read. */
#ifndef SEALMAIL_TRUST_H
#define SEALMAIL_TRUST_H

#include <sealmail/cert.h>
#include <sealmail/stream.h>

/* Anchors, extra intermediates and revocation evidence. Shared by all signers of
 * a message. */
struct sm_pki;
SM_EXPORT SM_MUST_CHECK int sm_pki_new(struct sm_pki **out, const struct sm_limits *limits);
SM_EXPORT void sm_pki_free(struct sm_pki *p);
/* An anchor need not be self-signed (partial chain). */
SM_EXPORT SM_MUST_CHECK int sm_pki_add_anchor(struct sm_pki *p, struct sm_cert *c);
/* An anchor that is trusted for some mail only. A name is "example.org" (that host
 * exactly), ".example.org" (all below it) or "alice@example.org". Every address in a
 * certificate must lie in one of them, and one must be there; else it is untrusted.
 * Names that are not well formed are SM_E_USAGE; count 0 limits nothing. */
SM_EXPORT SM_MUST_CHECK int sm_pki_add_anchor_for(struct sm_pki *p, struct sm_cert *c,
    const char *const *names, size_t count);
SM_EXPORT bool sm_mail_permit_valid(const char *name);
SM_EXPORT bool sm_mail_permitted(const char *mailbox, const char *const *names,
    size_t count);
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

/* ---- one certificate: what is it good for? ---- */

enum sm_trust_use { SM_TRUST_SIGN, SM_TRUST_ENCRYPT };
enum sm_trust_result {
	SM_TRUST_GOOD,
	SM_TRUST_UNTRUSTED,
	SM_TRUST_EXPIRED,
	SM_TRUST_NOT_YET,
	SM_TRUST_INVALID,   /* a path is there and breaks a rule */
	SM_TRUST_WEAK,
	SM_TRUST_REVOKED,
	SM_TRUST_WRONG_USE, /* not for mail, or not for this use of it */
};
enum sm_trust_revocation {
	SM_TRUST_UNKNOWN,
	SM_TRUST_NOT_REVOKED,
	SM_TRUST_IS_REVOKED,
};
struct sm_trust_answer {
	enum sm_trust_result result;
	enum sm_trust_revocation revocation;
	char why[200];            /* a plain sentence */
	char fix[200];            /* what to do next; may be empty */
	char revocation_why[200];
	char anchor[160];         /* subject of the anchor, when there is one */
	/* The path, leaf first; when none leads to an anchor, only the certificate
	 * whose issuer is missing. */
	struct sm_certs path;
};
/* Judge a certificate as of `at`. carried (may be NULL) are more intermediates. 0
 * whatever the answer is; negative when it could not be found out. out is given
 * back with sm_trust_answer_wipe(). */
SM_EXPORT SM_MUST_CHECK int sm_pki_judge(struct sm_trust_answer *out,
    const struct sm_pki *p, struct sm_cert *leaf, const struct sm_certs *carried,
    enum sm_trust_use use, int64_t at, struct sm_error *err);
SM_EXPORT void sm_trust_answer_wipe(struct sm_trust_answer *a);

/* ---- revocation evidence: where it is had, what it speaks about ---- */

enum sm_url_kind {
	SM_URL_CRL,    /* cRLDistributionPoints, fullName */
	SM_URL_OCSP,   /* authorityInfoAccess, id-ad-ocsp */
	SM_URL_ISSUER, /* authorityInfoAccess, id-ad-caIssuers */
};
/* URL i that the certificate names: printable ASCII without spaces, at most 2000
 * characters; others are passed over. *out is malloc'd, NULL past the end. */
SM_EXPORT SM_MUST_CHECK int sm_cert_url(char **out, struct sm_cert *c,
    enum sm_url_kind kind, size_t i);
/* An OCSPRequest about cert in DER: SHA-1 CertID, no nonce (RFC 5019), so that it
 * can be answered from a cache. */
SM_EXPORT SM_MUST_CHECK int sm_ocsp_request(struct sm_cert *cert,
    struct sm_cert *issuer, const struct sm_sink *out);
/* Does this CRL or OCSP response say something about path->list[which], with a
 * signature and dates that hold as of `at`? *next_update: until when (0: it does not
 * say). SM_E_FORMAT: it is none. */
SM_EXPORT SM_MUST_CHECK int sm_pki_evidence_speaks(bool *speaks, int64_t *next_update,
    enum sm_url_kind kind, struct sm_bytes der, const struct sm_certs *path,
    size_t which, int64_t at, struct sm_error *err);

#endif
