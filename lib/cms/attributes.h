/* cms/attributes.h - the signed and unsigned attributes of a SignerInfo; for
 * this room only.
 *
 * RFC 5652 section 11, RFC 8551 section 2.5, RFC 5035, RFC 6211. */
#ifndef SM_CMS_ATTRIBUTES_H
#define SM_CMS_ATTRIBUTES_H

#include <cms/signed.h>

/* Read the contents of SignedAttributes. What is wrong goes to out->duplicate
 * and out->bad: it is the verdict's business. SM_E_LIMIT: attributes. */
SM_MUST_CHECK int sm_attributes_read(struct sm_signed_attrs *out,
    struct sm_bytes contents, const struct sm_limits *limits,
    struct sm_error *err);

/* Look into UnsignedAttributes (contents). Nobody signed them: what cannot be
 * read is passed over. One that must be signed is bad (si->attrs.bad). */
void sm_attributes_unsigned(struct sm_signer_info *si, struct sm_bytes contents);

/* What we say about a message. */
struct sm_attributes_new {
	enum sm_cms_type content_type;
	const struct sm_digest_value *message_digest;
	int64_t signing_time;
	const struct sm_cert *cert;
	struct sm_bytes digest_der;      /* of SignerInfo, whole */
	struct sm_bytes sig_der;         /* of SignerInfo, whole */
	struct sm_bytes capabilities;    /* whole, or len 0 */
	const struct sm_cert *enc_cert;  /* or NULL */
};
/* Append the SET OF, tag 0x31, in DER order: the bytes to sign. */
SM_MUST_CHECK int sm_attributes_write(struct sm_buf *out,
    const struct sm_attributes_new *a);

/* The digest of an AlgorithmIdentifier (whole); SM_ALG_NONE when it is unknown
 * or has parameters that it must not have. name may be NULL. */
enum sm_alg_id sm_attributes_digest(struct sm_bytes der, char *name,
    size_t name_size);

#endif
