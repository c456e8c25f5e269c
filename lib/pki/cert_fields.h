/* pki/cert_fields.h - inside a certificate; for this room only.
 *
 * A certificate is read once by our own DER cursor: libcrypto's d2i_X509 builds
 * the public key as well and costs as much as a P-256 signature. libcrypto's
 * object is made when a path is judged, and stays. */
#ifndef SM_PKI_CERT_FIELDS_H
#define SM_PKI_CERT_FIELDS_H

#include <openssl/x509.h>
#include <stdatomic.h>

#include <base/buf.h>
#include <sealmail/cert.h>

/* keyUsage bits, RFC 5280 section 4.2.1.3, bit 0 first. */
enum sm_key_usage {
	SM_KU_DIGITAL_SIGNATURE = 1 << 0,
	SM_KU_NON_REPUDIATION = 1 << 1,
	SM_KU_KEY_ENCIPHERMENT = 1 << 2,
	SM_KU_DATA_ENCIPHERMENT = 1 << 3,
	SM_KU_KEY_AGREEMENT = 1 << 4,
	SM_KU_CERT_SIGN = 1 << 5,
	SM_KU_CRL_SIGN = 1 << 6,
};

/* Purposes of extKeyUsage that matter for mail. */
enum sm_eku {
	SM_EKU_EMAIL = 1 << 0,
	SM_EKU_ANY = 1 << 1,
	SM_EKU_OTHER = 1 << 2,
};

struct sm_cert_ext {
	bool has_key_usage, has_eku, has_basic, is_ca, has_san;
	bool has_path_len, has_name_constraints;
	bool aki_critical, san_critical, basic_critical;
	unsigned key_usage; /* enum sm_key_usage */
	unsigned eku;       /* enum sm_eku */
	struct sm_bytes ski;
	struct sm_bytes aki; /* keyIdentifier of the authority */
	bool has_aki;
	bool has_utf8_mail; /* an SmtpUTF8Mailbox in the subjectAltName */
	bool has_policies;
	struct sm_bytes san; /* the SEQUENCE OF GeneralName, whole */
	struct sm_bytes smime_capabilities;
	/* a rule of RFC 5280 that the extensions break; NULL when none */
	const char *fault;
};

/* Offsets into the text pool. */
struct sm_cert_names {
	size_t *at;
	size_t count;
	size_t cap;
};

struct sm_cert {
	atomic_uint refs;
	_Atomic(X509 *) x509;
	unsigned version; /* 1, 2, 3 */
	struct sm_bytes serial, issuer, subject, spki;
	int64_t not_before, not_after;
	uint8_t sha256[32];
	struct sm_cert_ext ext;
	struct sm_buf text; /* NUL-terminated strings */
	size_t issuer_at, subject_at, serial_at;
	struct sm_cert_names mail, subject_mail;
	size_t der_len;
	uint8_t der[];
};

/* libcrypto's view; borrowed, NULL when libcrypto cannot read it or has no
 * memory. Made once, safe between threads. */
X509 *sm_cert_x509(struct sm_cert *c);

/* Read the Extensions (contents of the SEQUENCE). False when their framing is
 * broken; a broken rule inside goes to ext->fault. */
SM_MUST_CHECK bool sm_cert_ext_read(struct sm_cert_ext *ext, struct sm_bytes in);

/* Fill text, mail and subject_mail from the fields read before. */
SM_MUST_CHECK int sm_cert_names_read(struct sm_cert *c, struct sm_error *err);

#endif
