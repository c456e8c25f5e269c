/* cms/kari.h - what reading and writing of KeyAgreeRecipientInfo share. */
#ifndef SM_CMS_KARI_H
#define SM_CMS_KARI_H

#include <cms/recipient.h>

/* ECC-CMS-SharedInfo (RFC 5753 section 7.2). wrap_der: the AlgorithmIdentifier
 * of the wrap exactly as it stands in the message; ukm NULL: absent. */
SM_MUST_CHECK int sm_kari_info(struct sm_buf *out, struct sm_bytes wrap_der,
    const struct sm_bytes *ukm, size_t kek_len);
/* The key-encryption key from the shared secret z. */
SM_MUST_CHECK int sm_kari_kek(struct sm_buf *kek, const struct sm_alg *scheme,
    size_t kek_len, struct sm_bytes z, const struct sm_bytes *ukm,
    struct sm_bytes info);

#endif
