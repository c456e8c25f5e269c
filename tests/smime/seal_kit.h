/* Sealing in tests, and OpenSSL as the judge of what comes out. */
#ifndef SM_TESTS_SMIME_SEAL_KIT_H
#define SM_TESTS_SMIME_SEAL_KIT_H

#include "../support/identity.h"

#include <base/buf.h>
#include <sealmail/seal.h>

struct kit_sealed {
	int rc;            /* of new, write or finish */
	bool made;         /* new succeeded */
	struct sm_error err;
	struct sm_seal *s; /* for the choice */
	struct sm_buf out;
};
/* chunk 0: all at once. */
void kit_seal(struct kit_sealed *k, const struct sm_seal_options *opt,
    struct sm_bytes in, size_t chunk);
/* The same, and it must succeed. */
void kit_seal_ok(struct kit_sealed *k, const struct sm_seal_options *opt,
    struct sm_bytes in);
void kit_sealed_wipe(struct kit_sealed *k);

/* Is there an advice with these words in it? */
bool kit_advised(const struct kit_sealed *k, const char *words);
bool kit_contains(struct sm_bytes in, const char *words);

enum kit_form { KIT_MAIL, KIT_DER, KIT_PEM };
/* What OpenSSL says; content is appended to out. detached may be NULL. False: it
 * refuses. */
bool kit_openssl_verify(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, const struct sm_bytes *detached);
bool kit_openssl_decrypt(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, const struct identity *id);
bool kit_openssl_password(struct sm_buf *out, struct sm_bytes msg,
    enum kit_form form, struct sm_bytes password);

#endif
