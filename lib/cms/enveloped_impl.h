/* cms/enveloped_impl.h - the object behind enveloped.h; for this room only.
 *
 * What the first pass learned (recipients, algorithm, attributes, tag, key) is
 * kept and used by all later ones: they look at nothing but the content, so that
 * a file that was changed between the passes changes nothing but the content, and
 * that is noticed by the tag. */
#ifndef SM_CMS_ENVELOPED_IMPL_H
#define SM_CMS_ENVELOPED_IMPL_H

#include <cms/recipient.h>

struct sm_enveloped {
	enum sm_cms_type type;
	struct sm_open_secrets secrets;
	struct sm_limits limits;
	struct sm_error *err;
	int rc;                   /* what killed it, or 0 */
	enum sm_env_state state;
	unsigned passes;          /* begun */
	bool ended;               /* the present one is over */
	struct sm_sink sink;      /* of the present pass */
	const struct sm_sink *out; /* NULL: content is only checked */

	struct sm_recipients recipients;
	struct sm_buf content_type;
	bool has_alg;
	struct sm_cipher_params params;
	bool cek_hkdf;            /* RFC 9709 */
	struct sm_buf content_alg; /* what its derivation is about, whole */
	struct sm_buf auth_attrs; /* the AAD: SET OF, tag 0x31 */
	struct sm_buf mac;

	struct sm_buf key;        /* secret: of the content; kept between passes */
	bool guessed;             /* recipient "chosen" is told only in the end */
	uint8_t ok_mask;
	size_t chosen;

	struct sm_cipher *cipher; /* NULL: this pass only counts */
	bool has_content;
	uint64_t seen;            /* content bytes of this pass */
	bool has_length;
	uint64_t length;          /* of the content, once known */
};

/* Everything that may be wrong with key or content ends here, in one sentence. */
SM_MUST_CHECK int sm_enveloped_not_authentic(struct sm_enveloped *e);
/* rc, remembered: the object is of no use any more. */
SM_MUST_CHECK int sm_enveloped_fail(struct sm_enveloped *e, int rc);
/* enveloped_attrs.c: [1] authAttrs, whole, to the AAD. */
SM_MUST_CHECK int sm_enveloped_attrs(struct sm_enveloped *e,
    struct sm_bytes der, bool was_der);
/* enveloped_key.c: find or make e->key. */
SM_MUST_CHECK int sm_enveloped_key(struct sm_enveloped *e);

#endif
