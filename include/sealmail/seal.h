/* sealmail/seal.h - sign, encrypt, compress a message of any size, as a stream.
 *
 * Input: a message (RFC 5322) or a MIME entity. Its Content-* fields and body
 * become the protected entity in canonical form (CRLF); the other fields stay
 * outside, in their order. Input that is neither (no header block) is taken as a
 * body and given the header it needs (text/plain or application/octet-stream).
 * Form DER and PEM: the input's bytes are protected exactly as they are, unless
 * signing and encrypting are combined.
 *
 * With more than one layer (sign, compress, encrypt: in that order) the inner ones
 * are a MIME entity, whatever the form, and form DER or PEM gives the outermost CMS
 * alone: fields that would stand outside are not in it.
 *
 * Fields: nothing is dropped but the mbox "From " line and MIME-Version, which is
 * written anew; Bcc stays where it is (one message per Bcc recipient, and taking
 * the field out, are the sender's business). A header that is damaged (a line that is
 * no field, a lone CR, a NUL) is SM_E_FORMAT: others might read it differently.
 * Line ends of the output are those of the input's header; inside CMS they are
 * CRLF. A body declared "binary" is kept byte by byte and cannot be signed in the
 * clear; one declared 8bit is not recoded (choice.advice says what may happen).
 *
 * On an error the sink has had bytes that mean nothing: drop them.
 *
 * One pass, flat memory; exception: CCM, which must know the length, holds the
 * content in memory up to SM_SEAL_CCM_BYTES. */
#ifndef SEALMAIL_SEAL_H
#define SEALMAIL_SEAL_H

#include <sealmail/cert.h>
#include <sealmail/key.h>
#include <sealmail/limits.h>
#include <sealmail/stream.h>

#define SM_SEAL_CCM_BYTES (16u << 20)

enum sm_seal_form { SM_FORM_MAIL, SM_FORM_DER, SM_FORM_PEM };
/* Capabilities are those of the certificate (RFC 4262) and of the recipient struct
 * together; a list without any cipher says nothing.
 *   AUTO    the best cipher that all recipients say to read (AES-256-GCM, ChaCha20,
 *           AES-128-GCM, AES-256-CBC, AES-128-CBC); of whom nothing is known is
 *           thought to read what Outlook and Thunderbird do: AES-CBC, RSA v1.5.
 *           Passwords and shared keys do not lower the choice.
 *   STRONG  authenticated ciphers only, also for those of whom nothing is known
 *           (with OAEP); refused where a recipient's list has none, or where the
 *           lists have none in common.
 *   COMPAT  AES-256-CBC and RSA v1.5 for all.
 *   PQ      SM_E_UNSUPPORTED in this version.
 * RSA v1.5 is written only for a recipient not known to read OAEP. */
enum sm_seal_alg { SM_SEAL_AUTO, SM_SEAL_STRONG, SM_SEAL_COMPAT, SM_SEAL_PQ };

struct sm_seal_signer {
	struct sm_key *key;         /* borrowed */
	struct sm_cert *cert;
	bool pss;                   /* RSA-PSS instead of PKCS#1 v1.5 */
	struct sm_cert *enc_cert;   /* encryption key preference, sent along; or NULL */
};
struct sm_seal_recipient {
	struct sm_cert *cert;       /* or NULL and a secret */
	struct sm_bytes secret;
	bool secret_is_kek;         /* a shared key of 16, 24, 32 bytes, not a password;
	                             * named by the first 8 bytes of HMAC-SHA256(key,
	                             * "sealmail key identifier") */
	struct sm_bytes capabilities; /* what is known besides the certificate */
};

struct sm_seal_options {
	struct sm_limits limits;
	enum sm_seal_form form;
	int64_t now;                     /* signingTime, seconds since 1970: set it */
	/* signing: none when signer_count is 0 */
	const struct sm_seal_signer *signers;
	size_t signer_count;
	bool opaque;                     /* application/pkcs7-mime, or encapsulated */
	const char *digest;              /* "sha-512" or NULL: by key */
	const struct sm_certs *chain;    /* carried besides the signers' own; or NULL */
	const struct sm_bytes *crls;     /* DER lists to carry; borrowed */
	size_t crl_count;
	/* compression, innermost to encryption */
	bool compress;
	/* encryption: none when recipient_count is 0 */
	const struct sm_seal_recipient *recipients;
	size_t recipient_count;
	enum sm_seal_alg alg;
	const char *cipher;              /* "aes-256-ccm" ...: overrules alg; or NULL */
	bool cek_hkdf;                   /* RFC 9709 even where nobody advertises it */
	bool bare;                       /* do not repeat the outer fields: entity only */
};
SM_EXPORT struct sm_seal_options sm_seal_options_default(void);

/* Who should sign the message that begins with these bytes: the one address of its
 * one From field, "" when there is none that is unambiguous, or no message. begin
 * holds the header up to its blank line, or the whole input. out is given back with
 * free(). 0, SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_seal_sender(char **out, struct sm_bytes begin,
    const struct sm_limits *limits);

struct sm_seal;
/* Checks everything that can be checked before the first byte: usable
 * certificates, algorithms all can read. SM_E_POLICY: alg strong cannot be met
 * ("strong-not-readable"), a certificate may not encrypt ("recipient-unusable") or
 * sign ("signer-unusable", "signer-weak"); SM_E_UNSUPPORTED: pq has nothing to work
 * with here; SM_E_USAGE; details in err (borrowed while the object lives). */
SM_EXPORT SM_MUST_CHECK int sm_seal_new(struct sm_seal **out,
    const struct sm_seal_options *opt, const struct sm_sink *sink,
    struct sm_error *err);
SM_EXPORT void sm_seal_free(struct sm_seal *s);
SM_EXPORT SM_MUST_CHECK int sm_seal_write(struct sm_seal *s, struct sm_bytes in);
SM_EXPORT SM_MUST_CHECK int sm_seal_finish(struct sm_seal *s);

/* What was chosen and why; strings owned by s. Advice may be added until
 * sm_seal_finish() has returned: look at it then. */
struct sm_seal_choice {
	const char *cipher;          /* "aes-256-gcm"; NULL when not encrypted */
	bool authenticated;
	const char *why;             /* a plain sentence naming who decided it */
	const char *const *advice;   /* NULL-terminated */
	/* per recipient, in the order given */
	const char *const *key_management; /* "rsa-oaep", "ecdh", ... */
	size_t recipient_count;
	const char *signature;       /* "rsa-pkcs1 sha-256"; NULL when not signed */
};
SM_EXPORT const struct sm_seal_choice *sm_seal_choice(const struct sm_seal *s);

/* The SMIMECapabilities of this library itself, DER: what one's own keys can read here,
 * whatever their certificates say. */
SM_EXPORT SM_MUST_CHECK int sm_capabilities_own(const struct sm_sink *out);
/* The names in SMIMECapabilities (DER), one by one: "aes-256-gcm", "rsa-oaep"; what
 * has no name here is passed over, and a list that is malformed has none. each
 * returns 0 to go on. */
SM_EXPORT int sm_capabilities_each(struct sm_bytes der,
    int (*each)(void *ctx, const char *name), void *ctx);

/* A certs-only message (RFC 8551 section 3.8), whole. */
SM_EXPORT SM_MUST_CHECK int sm_seal_certs_only(const struct sm_certs *certs,
    enum sm_seal_form form, const struct sm_sink *sink, struct sm_error *err);

#endif
