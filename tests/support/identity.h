/* People for tests of signatures and whole messages: a key of any type and a mail
 * certificate for it, issued on the spot (tests/pki/mint.h). */
#ifndef SM_TESTS_SUPPORT_IDENTITY_H
#define SM_TESTS_SUPPORT_IDENTITY_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "../pki/mint.h"

#include <sealmail/key.h>

#define LIT(s) sm_bytes((s), sizeof(s) - 1)

struct identity {
	struct mint m;
	struct sm_key *key;
	struct sm_cert *cert; /* of m */
};

struct identity_spec {
	const char *mail;
	const char *type;     /* "P-256", "RSA", "RSA-1024", "ED25519", "X25519" ... */
	const struct mint *ca; /* NULL: one of its own, forgotten at once */
	const char *usage;    /* keyUsage; NULL: all that mail needs */
	const char *capabilities; /* of the certificate, as hex of DER, or NULL */
	int64_t from, to;
	long serial;
	bool no_ski;
};
void identity_new(struct identity *id, const struct identity_spec *spec);
/* P-256, or another type. */
void identity_simple(struct identity *id, const char *mail, const char *type);
void identity_wipe(struct identity *id);

/* SEALMAIL_SHARED/corpora/NAME, appended; false when it is not there. */
bool corpus_file(struct sm_buf *out, const char *name);
/* The same; skips the test when it is not there. */
void corpus_need(struct sm_buf *out, const char *name);
/* A file with a certificate, a key, or both: PEM or DER. Skips. */
void identity_file(struct identity *id, const char *key_name,
    const char *cert_name);

#endif
