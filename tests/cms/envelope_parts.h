/* tests/cms/envelope_parts.h - encrypted messages that no honest writer makes, put
 * together by hand from their parts. */
#ifndef TEST_CMS_ENVELOPE_PARTS_H
#define TEST_CMS_ENVELOPE_PARTS_H

#include "envelope_kit.h"

#include <base/der.h>

/* Four recipients, made by parts_setup(). */
extern struct kit_id rsa, bare, p256, x25519;
int parts_setup(void **state);
int parts_teardown(void **state);

extern const uint8_t kek_bytes[], cek_bytes[];
#define KEK sm_bytes(kek_bytes, 16)
#define CEK sm_bytes(cek_bytes, 16)
#define TEXT LIT("some content")

struct parts {
	enum sm_cms_type type, content_type;
	struct sm_buf recipients; /* RecipientInfos */
	struct sm_buf alg;        /* AlgorithmIdentifier, whole */
	struct sm_buf content;    /* ciphertext */
	bool no_content;
	struct sm_buf attrs;      /* contents of authAttrs */
	bool has_mac;
	struct sm_buf mac;
};

void parts_wipe(struct parts *p);
void parts_kek(struct parts *p);
/* Encrypt TEXT under CEK; the tag is cut or filled up to mac_len. aad: as it
 * must be, SET OF. */
void parts_encrypt(struct parts *p, const struct sm_cipher_params *params,
    struct sm_bytes aad, size_t mac_len);
/* parameters: SEQUENCE { nonce, ICVlen }; icv < 0: absent */
void parts_alg(struct parts *p, enum sm_alg_id alg, size_t nonce_len, int icv);
struct sm_cipher_params params_of(enum sm_alg_id alg, size_t nonce_len,
    size_t tag_len);
/* GCM under CEK, all in order. */
void parts_gcm(struct parts *p);
void parts_message(struct sm_buf *msg, const struct parts *p);
void open_parts(struct kit_opened *o, const struct parts *p);
void open_parts_by(struct kit_opened *o, const struct parts *p,
    const struct kit_id *id, bool cert);
void assert_good(struct kit_opened *o);
void assert_reason(struct kit_opened *o, int rc, const char *reason);

#endif
