/* cms/signer.h - one SignerInfo: reading, writing; for this room only.
 *
 * RFC 5652 section 5.3. A version that does not fit the form of the signer's
 * identifier (1 and 3) is tolerated: it protects nothing and is seen in the wild. */
#ifndef SM_CMS_SIGNER_H
#define SM_CMS_SIGNER_H

#include <cms/signed.h>

/* Read der, which must live as long as out and is written to: the tag of the
 * signed attributes becomes that of a SET OF. SM_E_FORMAT, SM_E_LIMIT. */
SM_MUST_CHECK int sm_signer_read(struct sm_signer_info *out, uint8_t *der,
    size_t len, bool was_der, const struct sm_limits *limits,
    struct sm_error *err);

/* The algorithms that n will use, after the checks that need no content: the key
 * fits the certificate. SM_E_USAGE, SM_E_UNSUPPORTED. */
struct sm_signer_plan {
	struct sm_sig_alg sig;
	enum sm_alg_id digest;
};
SM_MUST_CHECK int sm_signer_plan(struct sm_signer_plan *out,
    const struct sm_signer_new *n, struct sm_error *err);

/* Sign and append the SignerInfo. The signature is verified before it leaves: one
 * that a fault spoiled can give the key away. */
SM_MUST_CHECK int sm_signer_write(struct sm_buf *out,
    const struct sm_signer_new *n, enum sm_cms_type content_type,
    const struct sm_digest_value *content_digest, struct sm_error *err);

#endif
