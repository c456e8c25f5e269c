/* What the tests of encrypted messages share: identities made on the spot by
 * libcrypto's X.509, a reader that goes through the passes as the engine does, a
 * writer, and files of the corpora. */
#ifndef SM_TESTS_CMS_ENVELOPE_KIT_H
#define SM_TESTS_CMS_ENVELOPE_KIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <cms/enveloped.h>

#define LIT(s) sm_bytes((s), sizeof(s) - 1)

#define kit_skip()                                                           \
	do {                                                                 \
		print_message("skip: the corpora are not here\n");           \
		skip();                                                      \
	} while (0)

struct kit_id {
	struct sm_key *key;
	struct sm_cert *cert;
};

/* type: "RSA", "P-256", "brainpoolP256r1", "X25519", "X448". ski: the certificate
 * has a subject key identifier. */
void kit_id_new(struct kit_id *id, const char *type, bool ski);
void kit_id_wipe(struct kit_id *id);
/* The SHA-1 of the key bits: what a certificate without identifier goes by. */
void kit_key_id(uint8_t out[20], const struct kit_id *id);

struct kit_opened {
	int rc;                 /* of the call that failed, or 0 */
	struct sm_error err;
	struct sm_buf content;  /* released bytes */
	unsigned passes;
	enum sm_env_state state;
	bool aead, weak;
	char cipher[32];
	size_t count;           /* recipients */
	struct sm_recipient_view view[4];
	bool leaked;            /* an AEAD let bytes out before its tag stood */
};
/* cut: 0 feeds the whole at once, 1 byte by byte, else pieces of random sizes
 * below cut. */
void kit_open(struct kit_opened *o, struct sm_bytes msg,
    const struct sm_open_secrets *secrets, const struct sm_limits *limits,
    size_t cut);
void kit_opened_wipe(struct kit_opened *o);
/* By one key. cert: give the certificate, too. */
void kit_open_by(struct kit_opened *o, struct sm_bytes msg,
    const struct kit_id *id, bool cert, size_t cut);
void kit_open_secret(struct kit_opened *o, struct sm_bytes msg,
    struct sm_bytes secret, size_t cut);

/* Write content by opt, in pieces below cut (0: at once). */
void kit_seal(struct sm_buf *msg, const struct sm_envelope_options *opt,
    struct sm_bytes content, size_t cut);

/* A file of the corpora; false when it is not there. PEM and mail are decoded
 * by their base64. */
bool kit_file(struct sm_buf *out, const char *path);
bool kit_base64_file(struct sm_buf *out, const char *path);
/* An RSA key alone (PKCS#1 in PEM). */
bool kit_rsa_file(struct kit_id *id, const char *path);
/* PEM files with a private key (PKCS#8) and perhaps a certificate. */
bool kit_id_file(struct kit_id *id, const char *key_path,
    const char *cert_path);

/* DER files: PKCS#8 and certificate. */
bool kit_id_der(struct kit_id *id, const char *key_path, const char *cert_path);
/* PKCS#12, with libcrypto's eyes. */
bool kit_id_p12(struct kit_id *id, const char *path, const char *password);
/* The i-th file below a folder of the corpora, in no order; false past the end. */
bool kit_file_of(struct sm_buf *out, const char *folder, size_t i);

/* Some bytes that repeat late. */
void kit_bytes(struct sm_buf *out, size_t len);
void assert_kit_bytes(struct sm_bytes got, struct sm_bytes want);

#endif
