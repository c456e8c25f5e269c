/* Reading SignedData as the engine does, for tests: the shell's events go into a
 * struct sm_signed, the content into a buffer, and each signer is judged. */
#ifndef SM_TESTS_CMS_SIGNED_KIT_H
#define SM_TESTS_CMS_SIGNED_KIT_H

#include "../support/identity.h"

#include <cms/capabilities.h>
#include <cms/signed.h>

#include <stdio.h>

struct kit_read {
	struct sm_signed *s;
	struct sm_limits limits;
	struct sm_error err;
	struct sm_buf content;
	bool has_content;
	int rc; /* of the shell */
};
/* chunk 0: all at once. */
void kit_read(struct kit_read *k, struct sm_bytes msg, size_t chunk);
/* The same for a PEM file. */
void kit_read_pem(struct kit_read *k, const struct sm_buf *pem);
void kit_read_wipe(struct kit_read *k);

/* Judge signer i: its certificate is looked for in the message, then in more, of
 * which the first one serves when none fits. content NULL: that of the message. False when there is no certificate. */
bool kit_judge(struct sm_signer_verdict *v, const struct kit_read *k, size_t i,
    const struct sm_bytes *content, struct sm_cert *const *more,
    size_t more_count);

#define assert_verdict(v, want_digest, want_signature, want_reason)          \
	do {                                                                 \
		if ((v).digest != (want_digest) ||                           \
		    (v).signature != (want_signature))                       \
			print_message("%s / %s (%s)\n", (v).digest_why,      \
			    (v).signature_why,                               \
			    (v).reason == NULL ? "-" : (v).reason);          \
		assert_int_equal((v).digest, (want_digest));                 \
		assert_int_equal((v).signature, (want_signature));           \
		if ((want_reason) == NULL)                                   \
			assert_null((v).reason);                             \
		else                                                         \
			assert_string_equal((v).reason, (want_reason));      \
	} while (0)

#endif
