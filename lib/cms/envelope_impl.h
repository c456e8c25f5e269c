/* cms/envelope_impl.h - what the envelope writers share; for this room only. */
#ifndef SM_CMS_ENVELOPE_IMPL_H
#define SM_CMS_ENVELOPE_IMPL_H

#include <cms/enveloped.h>

struct sm_envelope_writer {
	struct sm_shell_writer *shell;
	struct sm_cipher *cipher;
	struct sm_sink to_shell;  /* where the cipher writes */
	size_t tag_len;           /* 0: no AEAD */
	struct sm_buf auth_attrs; /* SET OF, tag 0x31; len 0: none */
	struct sm_error *err;
	bool finished;
};

/* One ContentInfo's head: what the writers say of themselves. */
struct sm_envelope_head {
	enum sm_cms_type type;       /* of the outer shell */
	enum sm_cms_type content_type;
	struct sm_bytes before;      /* version, recipientInfos */
	const struct sm_cipher_params *params;
	bool cek_hkdf;
	struct sm_bytes cek;         /* before the derivation of RFC 9709 */
	bool has_length;
	uint64_t length;
};
SM_MUST_CHECK int sm_envelope_writer_start(struct sm_envelope_writer **out,
    const struct sm_envelope_head *h, const struct sm_sink *sink,
    struct sm_error *err);

/* envelope_recipients.c: version and recipientInfos. auth: AuthEnvelopedData,
 * whose version is 0. */
SM_MUST_CHECK int sm_envelope_recipients(struct sm_buf *out,
    const struct sm_envelope_options *opt, bool auth, struct sm_bytes cek,
    struct sm_error *err);

#endif
