/* pki/path.h - is this certificate good for mail, at that time?
 *
 * libcrypto builds and checks the path (RFC 5280 section 6); here are the inputs
 * and the answer in plain values. Revocation evidence is what was handed in or
 * carried in the message; nothing is fetched. */
#ifndef SM_PKI_PATH_H
#define SM_PKI_PATH_H

#include <sealmail/trust.h>

enum sm_path_result {
	SM_PATH_GOOD,
	SM_PATH_UNTRUSTED,   /* no path to an anchor */
	SM_PATH_EXPIRED,     /* fails by expiry alone: ask again at another time */
	SM_PATH_NOT_YET,     /* not yet valid alone */
	SM_PATH_INVALID,     /* a path is there and breaks a rule (named in why) */
	SM_PATH_WEAK,        /* only weak keys or digests stand against it */
};
enum sm_revocation {
	SM_REV_UNKNOWN,      /* none usable about a certificate of the path */
	SM_REV_GOOD,         /* about each of them, the anchor left out */
	SM_REV_REVOKED,
};
enum sm_purpose {
	SM_PURPOSE_SIGN,     /* emailProtection, digitalSignature/nonRepudiation */
	SM_PURPOSE_ENCRYPT,
	SM_PURPOSE_ANY,      /* no purpose and no key-usage check: tests */
};

/* More than any limits.path_length can ask for. */
#define SM_CHAIN_MAX 64

struct sm_path_options {
	enum sm_purpose purpose;
	int64_t at;                  /* judge as of; seconds since 1970 */
	bool allow_weak;             /* --archive: SHA-1, RSA below 2048, DSA */
	/* RFC 5280 section 6.1.1; zero means anyPolicy and no restriction */
	const char *const *policies; /* dotted OIDs, NULL-terminated, or NULL */
	bool explicit_policy, inhibit_mapping, inhibit_any;
	/* CRLs and OCSP responses that came with the message, in DER; ones that
	 * cannot be read are passed over */
	const struct sm_bytes *crls;
	size_t crl_count;
	const struct sm_bytes *ocsps;
	size_t ocsp_count;
};

struct sm_path_verdict {
	enum sm_path_result result;
	bool usage_ok;              /* key usage and extended key usage of the leaf */
	char usage_why[160];
	enum sm_revocation revocation;
	int revocation_reason;      /* CRLReason, -1 when absent */
	int64_t revoked_at;
	char revocation_why[200];   /* plain sentence, whatever the answer */
	char why[200];              /* plain sentence about the path */
	char fix[200];              /* what to do next; may be empty */
	char anchor[160];           /* subject of the anchor when good */
	bool weak;                  /* good, but weak keys or digests in the path */
	/* The path that was judged, leaf first; or, when none leads to an anchor, the
	 * certificate alone whose issuer is missing. Borrowed. */
	struct sm_cert *path[SM_CHAIN_MAX];
	size_t path_count;
	bool no_issuer;             /* nobody has the issuer of path[0] */
};

/* Judge leaf. Returns 0 with a verdict; negative only when it could not be found
 * out for our own reasons (memory, limit). A certificate that names an anchor
 * itself is good when its dates and usage are. */
SM_MUST_CHECK int sm_path_check(struct sm_path_verdict *out,
    const struct sm_pki *p, struct sm_cert *leaf,
    const struct sm_certs *carried, const struct sm_path_options *opt,
    struct sm_error *err);

/* A copy of p that also has what a message carried (opt->crls, opt->ocsps): for
 * several checks, which then need no such options. What cannot be read is passed
 * over. p must live as long. Given back with sm_pki_carried_free(), also after a
 * failure that left *out set. */
SM_MUST_CHECK int sm_pki_with_carried(struct sm_pki **out,
    const struct sm_pki *p, const struct sm_path_options *opt);
void sm_pki_carried_free(struct sm_pki *q, const struct sm_pki *p);

#endif
