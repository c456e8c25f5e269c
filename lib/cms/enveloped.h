/* cms/enveloped.h - EnvelopedData, AuthEnvelopedData, EncryptedData: finding the
 * key, checking the tag, letting the content through; and writing them.
 *
 * Reading follows the passes of the engine (docs/ARCHITECTURE.md): one object
 * lives as long as the message. During a pass it is fed by the shell
 * (cms/shell.h) and writes content to the sink of that pass:
 *
 *   AEAD   pass 1 finds the key and checks the tag, nothing comes out. Where
 *          authenticated attributes follow the content (AAD) or CCM's length was
 *          not known, it ends as SM_ENV_AGAIN and pass 2 checks the tag. Once the
 *          tag stood (SM_ENV_OPEN), the next pass lets the content out.
 *   CBC    content comes out in pass 1, provisional for ever: integrity is false.
 *
 * Every fault of key transport, wrong key, padding and tag is one and the same:
 * SM_E_AUTH "content-not-authentic" (smime-rules 6, 7).
 * RFC 5652 section 6, RFC 5083, RFC 5084, RFC 8103, RFC 9629, RFC 9709. */
#ifndef SM_CMS_ENVELOPED_H
#define SM_CMS_ENVELOPED_H

#include <cms/shell.h>
#include <cms/signed.h>
#include <crypto/cipher.h>
#include <crypto/key.h>

enum sm_recipient_kind {
	SM_RCPT_RSA_PKCS1,
	SM_RCPT_RSA_OAEP,
	SM_RCPT_ECDH,
	SM_RCPT_X25519,
	SM_RCPT_X448,
	SM_RCPT_RSA_KEM,
	SM_RCPT_ML_KEM,      /* recognised; not opened here yet */
	SM_RCPT_KEK,
	SM_RCPT_PASSWORD,
	SM_RCPT_OTHER,
};
/* "rsa-oaep", "ecdh", ... as in the report. */
const char *sm_recipient_kind_name(enum sm_recipient_kind kind);

/* What may open a message. */
struct sm_opener {
	struct sm_key *key;           /* or NULL */
	const struct sm_cert *cert;   /* of that key; NULL: every recipient of the
	                               * key's type is tried (limit recipient_tries) */
};
struct sm_open_secrets {
	const struct sm_opener *openers;
	size_t opener_count;
	const struct sm_bytes *secrets; /* passwords, KEKs, content keys of
	                                 * EncryptedData, as raw bytes */
	size_t secret_count;
};

enum sm_env_state {
	SM_ENV_NEW,      /* no pass has ended yet */
	SM_ENV_AGAIN,    /* another pass is needed before the tag can be checked */
	SM_ENV_OPEN,     /* tag good (or no AEAD): content flows in the next pass */
	SM_ENV_FAILED,
};

struct sm_enveloped;
SM_MUST_CHECK int sm_enveloped_new(struct sm_enveloped **out,
    enum sm_cms_type type, const struct sm_open_secrets *secrets,
    const struct sm_limits *limits, struct sm_error *err);
void sm_enveloped_free(struct sm_enveloped *e);
/* Begin a pass. sink takes decrypted content, NULL to check only. */
SM_MUST_CHECK int sm_enveloped_pass(struct sm_enveloped *e,
    const struct sm_sink *sink);
/* The shell's events (no begin: the caller has seen the type). */
SM_MUST_CHECK int sm_enveloped_field(struct sm_enveloped *e,
    enum sm_cms_field field, struct sm_bytes der, bool was_der);
/* SM_E_NOKEY here when no recipient is ours. */
SM_MUST_CHECK int sm_enveloped_content_begin(struct sm_enveloped *e, bool known,
    uint64_t length);
SM_MUST_CHECK int sm_enveloped_content(struct sm_enveloped *e,
    struct sm_bytes in);
SM_MUST_CHECK int sm_enveloped_content_end(struct sm_enveloped *e);
/* SM_E_AUTH when the tag is wrong. */
SM_MUST_CHECK int sm_enveloped_end(struct sm_enveloped *e);
enum sm_env_state sm_enveloped_state(const struct sm_enveloped *e);

/* What there is to tell; complete after the first pass's content_begin. */
bool sm_enveloped_aead(const struct sm_enveloped *e);
const char *sm_enveloped_cipher(const struct sm_enveloped *e); /* "aes-256-gcm" */
bool sm_enveloped_cipher_weak(const struct sm_enveloped *e);   /* DES, 3DES, RC2 */
struct sm_bytes sm_enveloped_content_type(const struct sm_enveloped *e);
size_t sm_enveloped_recipient_count(const struct sm_enveloped *e);
struct sm_recipient_view {
	enum sm_recipient_kind kind;
	char kind_name[32];     /* as kind, or e.g. "ml-kem-768" */
	char id[200];           /* issuer and serial, key identifier, or KEK id */
	bool mine;
};
/* At most the first 1000 are kept for showing. */
void sm_enveloped_recipient(struct sm_recipient_view *out,
    const struct sm_enveloped *e, size_t i);

/* ---- writing ---- */

struct sm_recipient_new {
	enum sm_recipient_kind kind;
	const struct sm_cert *cert;       /* the public-key kinds */
	enum sm_alg_id oaep_digest;       /* OAEP; SM_ALG_NONE: SHA-256 */
	struct sm_bytes secret;           /* password or KEK (16, 24 or 32 bytes) */
	struct sm_bytes kek_id;
};
struct sm_envelope_options {
	enum sm_alg_id cipher;            /* AEAD: AuthEnvelopedData; CBC: EnvelopedData */
	bool cek_hkdf;                    /* RFC 9709 */
	enum sm_cms_type content_type;    /* SM_CMS_DATA for mail */
	const struct sm_recipient_new *recipients;
	size_t recipient_count;
	uint64_t pbkdf2_iterations;       /* 0: 600,000 */
	bool has_length;                  /* CCM needs the content's length */
	uint64_t length;
};
struct sm_envelope_writer;
/* Makes the content key, writes the head of the message to sink (ContentInfo,
 * BER). One ephemeral key serves all recipients on a curve; recipients stand in
 * random order (smime-rules 24). KEK wrap size fits the content key. */
SM_MUST_CHECK int sm_envelope_writer_new(struct sm_envelope_writer **out,
    const struct sm_envelope_options *opt, const struct sm_sink *sink,
    struct sm_error *err);
void sm_envelope_writer_free(struct sm_envelope_writer *w);
SM_MUST_CHECK int sm_envelope_writer_write(struct sm_envelope_writer *w,
    struct sm_bytes in);
SM_MUST_CHECK int sm_envelope_writer_finish(struct sm_envelope_writer *w);

/* EncryptedData under a key that both know already (RFC 5652 section 8). */
SM_MUST_CHECK int sm_encrypted_writer_new(struct sm_envelope_writer **out,
    enum sm_alg_id cipher, struct sm_bytes key, enum sm_cms_type content_type,
    const struct sm_sink *sink, struct sm_error *err);

#endif
