/* sealmail/export.h - key files, PKCS#12 and certificate requests, written.
 *
 * All is PEM or DER in memory and goes to a sink; sealmail/cert.h reads it. A key
 * that was made not exportable is refused by every call but the one that
 * writes its first file (SM_E_POLICY "key-not-exportable"). */
#ifndef SEALMAIL_EXPORT_H
#define SEALMAIL_EXPORT_H

#include <sealmail/cert.h>
#include <sealmail/key.h>
#include <sealmail/stream.h>

/* One block of PEM: sm_export_pem("CERTIFICATE", der, sink). */
SM_EXPORT SM_MUST_CHECK int sm_export_pem(const char *label, struct sm_bytes der,
    const struct sm_sink *sink);

/* A private key as PKCS#8 in PEM, protected by AES-256-CBC and scrypt with N 2^14,
 * r 8, p 1 (RFC 7914), which other programs read. An empty passphrase leaves
 * it unprotected. not_exportable: the key that is read from it later never
 * leaves again by this library. */
SM_EXPORT SM_MUST_CHECK int sm_export_pkcs8(struct sm_key *key,
    struct sm_bytes passphrase, bool not_exportable, const struct sm_sink *sink,
    struct sm_error *err);

enum sm_pkcs12_form {
	SM_PKCS12_MODERN, /* AES-256, PBKDF2-SHA-256, 600,000 rounds, SHA-256 MAC */
	SM_PKCS12_COMPAT, /* 3DES and SHA-1 MAC, 100,000 rounds: Windows and macOS
	                   * up to about 2022 read nothing newer */
	SM_PKCS12_LEGACY, /* the same with 2,048 rounds, for old devices */
};

struct sm_pkcs12 {
	enum sm_pkcs12_form form;
	struct sm_key *const *keys;
	size_t key_count;
	const struct sm_certs *certs;   /* those that fit a key are tied to it */
	const char *name;               /* friendly name, or NULL */
	struct sm_bytes passphrase;     /* UTF-8, not empty */
};
/* DER. SM_E_USAGE for an empty passphrase, or one with a NUL. */
SM_EXPORT SM_MUST_CHECK int sm_export_pkcs12(const struct sm_pkcs12 *what,
    const struct sm_sink *sink, struct sm_error *err);

struct sm_request {
	const char *name;               /* commonName; NULL: none */
	struct sm_bytes subject;        /* DER Name instead of name; or len 0 */
	const char *const *mails;       /* addresses for the subjectAltName */
	size_t mail_count;
	bool sign, encrypt;             /* key usages to ask for */
};
/* A PKCS#10 request in PEM for emailProtection, signed by the key itself, which
 * proves that we have it. SM_E_UNSUPPORTED "request-no-proof" for a key that cannot
 * sign (X25519): PKCS#10 has no proof for it. */
SM_EXPORT SM_MUST_CHECK int sm_export_request(struct sm_key *key,
    const struct sm_request *what, const struct sm_sink *sink,
    struct sm_error *err);

#endif
