/* sealmail/cert.h - certificates, what may be trusted, and key files.
 *
 * Certificates are parsed once and then shown as plain values. What may be
 * trusted is handed in by sealmail/trust.h; what that means for a signer is said
 * by sealmail/report.h. */
#ifndef SEALMAIL_CERT_H
#define SEALMAIL_CERT_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>
#include <sealmail/key.h>
#include <sealmail/limits.h>

/* Reference counted; immutable. */
struct sm_cert;

/* Parse one DER certificate; trailing bytes are refused. */
SM_EXPORT SM_MUST_CHECK int sm_cert_parse(struct sm_cert **out,
    struct sm_bytes der, struct sm_error *err);
SM_EXPORT struct sm_cert *sm_cert_ref(struct sm_cert *c);
SM_EXPORT void sm_cert_free(struct sm_cert *c); /* gives back one reference */

/* Borrowed from c. */
SM_EXPORT struct sm_bytes sm_cert_der(const struct sm_cert *c);
SM_EXPORT struct sm_bytes sm_cert_spki(const struct sm_cert *c);
SM_EXPORT struct sm_bytes sm_cert_issuer(const struct sm_cert *c);  /* DER Name */
SM_EXPORT struct sm_bytes sm_cert_subject(const struct sm_cert *c); /* DER Name */
SM_EXPORT struct sm_bytes sm_cert_serial(const struct sm_cert *c);  /* INTEGER contents */
/* The subjectKeyIdentifier extension; len 0 when there is none. */
SM_EXPORT struct sm_bytes sm_cert_ski(const struct sm_cert *c);
/* The smimeCapabilities extension's value (RFC 4262); len 0 when none. */
SM_EXPORT struct sm_bytes sm_cert_smime_capabilities(const struct sm_cert *c);
SM_EXPORT const char *sm_cert_subject_text(const struct sm_cert *c); /* RFC 2253, UTF-8 */
SM_EXPORT const char *sm_cert_issuer_text(const struct sm_cert *c);
SM_EXPORT const char *sm_cert_serial_hex(const struct sm_cert *c);
SM_EXPORT const uint8_t *sm_cert_sha256(const struct sm_cert *c);    /* 32 bytes */
SM_EXPORT int64_t sm_cert_not_before(const struct sm_cert *c);
SM_EXPORT int64_t sm_cert_not_after(const struct sm_cert *c);
/* Mail addresses of the subjectAltName: rfc822Name and SmtpUTF8Mailbox (RFC
 * 9598). i counts from 0; NULL past the end. Names with NUL or that are no
 * address are left out. */
SM_EXPORT const char *sm_cert_mail(const struct sm_cert *c, size_t i);
/* emailAddress attributes of the subject: legacy, never an identity. */
SM_EXPORT const char *sm_cert_subject_mail(const struct sm_cert *c, size_t i);
/* Key usage as the certificate says; no extension allows all. */
SM_EXPORT bool sm_cert_may_sign(const struct sm_cert *c);
SM_EXPORT bool sm_cert_may_encrypt(const struct sm_cert *c);
SM_EXPORT bool sm_cert_is_ca(const struct sm_cert *c);

/* A growing list of certificates; holds a reference of each; a second copy of
 * the same DER is not added. */
struct sm_certs {
	struct sm_cert **list;
	size_t count;
	size_t cap;
};
SM_EXPORT SM_MUST_CHECK int sm_certs_add(struct sm_certs *s, struct sm_cert *c);
SM_EXPORT void sm_certs_wipe(struct sm_certs *s);

/* ---- files that hold keys and certificates ---- */

/* Ask for a passphrase: append it to the secret buffer out through append.
 * Returns 0, SM_E_SECRET when there is none. attempt counts from 0. */
struct sm_passphrase {
	int (*ask)(void *ctx, const char *what, unsigned attempt,
	    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx);
	void *ctx;
};

/* What a file held. certs[] in file order; the certificate that fits a key is
 * found by its public key. */
struct sm_keyfile {
	struct sm_key **keys;
	size_t key_count;
	struct sm_certs certs;
	bool was_pkcs12;
	bool no_mac;   /* PKCS#12 without integrity protection was accepted */
	bool weak_pbe; /* protected by RC2-40, DES or 3DES */
};

/* Read PEM (any mix), DER certificate, DER key (PKCS#8, encrypted PKCS#8,
 * PKCS#1, SEC1), certs-only CMS, or PKCS#12 of every maker since 1999 (also
 * PEM-armoured). A PKCS#12 without MAC needs allow_no_mac. pass may be NULL when
 * nothing is encrypted; empty passwords are tried first, in both PKCS#12 forms.
 * 0, SM_E_FORMAT, SM_E_SECRET, SM_E_LIMIT (pbkdf2_iterations), SM_E_UNSUPPORTED. */
SM_EXPORT SM_MUST_CHECK int sm_keyfile_read(struct sm_keyfile *out,
    struct sm_bytes file, bool allow_no_mac, const struct sm_passphrase *pass,
    const struct sm_limits *limits, struct sm_error *err);
SM_EXPORT void sm_keyfile_wipe(struct sm_keyfile *f);

#endif
