/* pki/keyfile_parts.h - the parts of the key file reader; this room only.
 *
 * keyfile.c looks what it is and collects; keyfile_form.c tells the forms of DER
 * apart; keyfile_pem.c cuts PEM into blocks; pbe.c decrypts what passwords
 * protect; pkcs12.c walks a PKCS#12, pkcs12_mac.c checks its MAC; certs_only.c
 * reads the certificates of a SignedData. */
#ifndef SM_PKI_KEYFILE_PARTS_H
#define SM_PKI_KEYFILE_PARTS_H

#include <base/buf.h>
#include <sealmail/cert.h>

/* A password as the formats see it: PKCS#12 tells "none" from "empty". */
struct sm_pbe_password {
	struct sm_bytes bytes;
	bool none;
};

struct sm_pbe_legacy;

struct sm_keyfile_reader {
	struct sm_keyfile *out;
	const struct sm_passphrase *pass;
	const struct sm_limits *limits;
	struct sm_error *err;
	bool allow_no_mac;
	/* the password that fitted last: one file, mostly one password */
	struct sm_buf secret;
	bool have_secret;
	/* derivations still allowed in this file, in iterations */
	uint64_t work_left;
	/* a key that is well formed, but of a kind that we have no use for */
	bool key_unsupported;
	struct sm_pbe_legacy *legacy; /* of pbe.c */
};

/* ---- keyfile.c ---- */

/* Take a key in PKCS#8, or a certificate. */
SM_MUST_CHECK int sm_keyfile_add_pkcs8(struct sm_keyfile_reader *r,
    struct sm_bytes der);
SM_MUST_CHECK int sm_keyfile_add_cert(struct sm_keyfile_reader *r,
    struct sm_bytes der);
/* EncryptedPrivateKeyInfo (RFC 5958 section 3). */
SM_MUST_CHECK int sm_keyfile_add_encrypted(struct sm_keyfile_reader *r,
    struct sm_bytes der, const char *what);
/* Anything in DER or BER, by looking at it. */
SM_MUST_CHECK int sm_keyfile_add_der(struct sm_keyfile_reader *r,
    struct sm_bytes der);

/* Find the password for which fits() returns 0: the last one, the two empty
 * ones, then what the user gives. fits() returns SM_E_SECRET for a wrong one,
 * anything else ends the search. */
typedef int (*sm_keyfile_fits_fn)(void *ctx, struct sm_keyfile_reader *r,
    const struct sm_pbe_password *pw);
SM_MUST_CHECK int sm_keyfile_unlock(struct sm_keyfile_reader *r,
    const char *what, sm_keyfile_fits_fn fits, void *ctx);

/* ---- keyfile_pem.c ---- */

bool sm_keyfile_is_pem(struct sm_bytes file);
SM_MUST_CHECK int sm_keyfile_read_pem(struct sm_keyfile_reader *r,
    struct sm_bytes file);

/* ---- keyfile_form.c ---- */

enum sm_keyfile_form {
	SM_FORM_UNKNOWN,
	SM_FORM_CERT,
	SM_FORM_PKCS8,
	SM_FORM_ENCRYPTED,
	SM_FORM_RSA,  /* PKCS#1 */
	SM_FORM_EC,   /* SEC1 */
	SM_FORM_DSA,  /* the old OpenSSL form */
	SM_FORM_PKCS12,
	SM_FORM_CMS,
};
/* What the outer elements look like. */
enum sm_keyfile_form sm_keyfile_form(struct sm_bytes der);
/* ---- pbe.c ---- */

/* Read a password-based AlgorithmIdentifier, check its costs against the
 * limits before anything is derived, and note weak ones in the key file.
 * SM_E_FORMAT, SM_E_LIMIT, SM_E_UNSUPPORTED. */
SM_MUST_CHECK int sm_pbe_check(struct sm_keyfile_reader *r,
    struct sm_bytes alg);
/* The costs of one derivation against limit and budget. */
SM_MUST_CHECK int sm_pbe_spend(struct sm_keyfile_reader *r, uint64_t iterations);
/* Decrypt; the result, one whole DER or BER element, is appended to out
 * (secret). SM_E_SECRET when password or data are wrong. */
SM_MUST_CHECK int sm_pbe_decrypt(struct sm_keyfile_reader *r,
    struct sm_buf *out, struct sm_bytes alg, struct sm_bytes data,
    const struct sm_pbe_password *pw);
void sm_pbe_end(struct sm_keyfile_reader *r);
/* The n-th other spelling that makers gave a password with letters outside
 * ASCII; false when there is none. *out is cleared first. */
bool sm_pbe_spelling(struct sm_buf *out, unsigned n, struct sm_bytes pw);

/* ---- pkcs12.c, pkcs12_mac.c ---- */

SM_MUST_CHECK int sm_pkcs12_read(struct sm_keyfile_reader *r,
    struct sm_bytes file);
/* Does the MacData fit the authenticated bytes under this password? 0,
 * SM_E_SECRET, SM_E_FORMAT, SM_E_UNSUPPORTED, SM_E_LIMIT. */
SM_MUST_CHECK int sm_pkcs12_mac_check(struct sm_keyfile_reader *r,
    struct sm_bytes mac_data, struct sm_bytes content,
    const struct sm_pbe_password *pw);

/* ---- certs_only.c ---- */

/* The certificates of a SignedData ContentInfo in DER. */
SM_MUST_CHECK int sm_certs_only_read(struct sm_keyfile_reader *r,
    struct sm_bytes der);

#endif
