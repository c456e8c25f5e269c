/* pki/path_parts.h - the parts of the path check; for this room only.
 *
 * path_build finds candidate chains by name, path_rules and libcrypto judge
 * one, path_revocation looks for evidence on it, path_mail knows the mail
 * rules. path.c sequences them. */
#ifndef SM_PKI_PATH_PARTS_H
#define SM_PKI_PATH_PARTS_H

#include <openssl/ocsp.h>
#include <openssl/x509.h>

#include <pki/cert_fields.h>
#include <pki/path.h>

struct sm_pki {
	struct sm_limits limits;
	struct sm_certs anchors;
	struct sm_certs certs;
	STACK_OF(X509_CRL) *crls;
	OCSP_BASICRESP **ocsp;
	size_t ocsp_count;
	size_t ocsp_cap;
	struct sm_permit *permits;
	size_t permit_count;
	const struct sm_pki *base; /* the one that this is a copy of, or NULL */
};

/* What an anchor is trusted for; without one: for every address. */
struct sm_permit {
	struct sm_cert *anchor;
	char **names;
	size_t count;
};

/* Leaf first, anchor last; the certificates are borrowed. */
struct sm_chain {
	struct sm_cert *cert[SM_CHAIN_MAX];
	size_t count;
};

/* ---- path_build.c ---- */

/* A depth-first walk over all chains from a leaf to an anchor, anchors before
 * intermediates, no certificate twice in a chain. Bounded by the path length
 * and by a number of steps: names are the attacker's to choose. */
struct sm_chain_walk {
	const struct sm_pki *pki;
	const struct sm_certs *carried;
	struct sm_chain chain; /* chain.cert[0 .. depth] is fixed */
	size_t depth;
	size_t next[SM_CHAIN_MAX]; /* next candidate issuer at each depth */
	size_t steps_left;
	struct sm_cert *dead_end; /* the highest one without an issuer */
	size_t dead_end_depth;
	bool too_long;  /* a chain was cut at the path length */
};

void sm_chain_walk_begin(struct sm_chain_walk *w, const struct sm_pki *p,
    struct sm_cert *leaf, const struct sm_certs *carried);
/* The next chain is in w->chain; false at the end. */
bool sm_chain_walk_next(struct sm_chain_walk *w);

/* RFC 5280 section 7.1, for choosing candidates: libcrypto decides. */
bool sm_name_match(struct sm_bytes a, struct sm_bytes b);

/* ---- path_rules.c ---- */

/* Rules that libcrypto leaves out or ties to a mode that is too strict for
 * certificates in use. NULL when kept, else the sentence's middle; *which is
 * the certificate that breaks it. */
const char *sm_path_rule_broken(const struct sm_chain *chain, size_t *which);
/* Is a digest or key in the chain below what we accept? *what names it. */
bool sm_path_weak(const struct sm_chain *chain, char *what, size_t what_size);
/* MD5, SHA-1 and older, by the digest's NID. */
bool sm_path_digest_weak(int md_nid);

/* ---- path_constraints.c ---- */

/* Has a certificate an SmtpUTF8Mailbox, of which libcrypto has an older idea? */
bool sm_path_has_utf8_mail(const struct sm_chain *chain);
/* Do the chain's name constraints allow all mail addresses and, with
 * all_kinds, all other names as well? */
bool sm_path_names_allowed(const struct sm_chain *chain, bool all_kinds);

/* ---- path_mail.c ---- */

/* Key usage and extended key usage of the leaf, RFC 8550 section 4.4. */
void sm_path_usage(struct sm_path_verdict *v, const struct sm_cert *leaf,
    enum sm_purpose purpose);
/* The first certification authority below the anchor that may not issue for
 * mail; 0 when there is none. */
size_t sm_path_eku_broken(const struct sm_chain *chain);

/* ---- path_permit.c ---- */

/* The leaf's first address that lies outside what the chain's anchor is trusted
 * for; "" when it names none at all, NULL when all is well. */
const char *sm_path_outside(const struct sm_pki *p, const struct sm_chain *chain);
void sm_permits_free(struct sm_permit *list, size_t count);

/* ---- path_revocation.c, path_crl.c, path_ocsp.c ---- */

/* What is known about one certificate. */
struct sm_rev_state {
	enum sm_revocation answer;
	int reason; /* CRLReason, -1 */
	int64_t at;
	bool heard; /* a response about this certificate was there */
	char why[200];
};

/* Revoked for a reason that casts doubt on everything ever signed: compromise, or
 * none given. It outweighs a revocation for another reason, which a signature may
 * be older than. */
bool sm_path_revoked_gravely(const struct sm_rev_state *s);
/* Fill the revocation fields of v for the chain. 0 or SM_E_NOMEM. */
SM_MUST_CHECK int sm_path_revocation(struct sm_path_verdict *v,
    const struct sm_pki *p, const struct sm_chain *chain,
    const struct sm_certs *carried, const struct sm_path_options *opt,
    bool *leaf_revoked);
SM_MUST_CHECK int sm_path_crl(struct sm_rev_state *out, const struct sm_pki *p,
    const struct sm_chain *chain, size_t which, const struct sm_certs *carried,
    const struct sm_path_options *opt);
SM_MUST_CHECK int sm_path_ocsp(struct sm_rev_state *out, const struct sm_pki *p,
    const struct sm_chain *chain, size_t which, const struct sm_certs *carried,
    const struct sm_path_options *opt);

/* ---- path_text.c ---- */

/* A short name for people: the CN, else a mail address, else the subject. */
#define SM_LABEL_MAX 64
const char *sm_path_label(char out[SM_LABEL_MAX], const struct sm_cert *c);
/* "2026-11-22" */
const char *sm_path_day(char out[32], int64_t seconds);
/* libcrypto's time as seconds since 1970; false when absent or malformed. */
bool sm_path_time(int64_t *out, const ASN1_TIME *t);

#endif
