/* cms/capabilities.h - SMIMECapabilities (RFC 8551 section 2.5.2): what a person
 * can read, as a set. */
#ifndef SM_CMS_CAPABILITIES_H
#define SM_CMS_CAPABILITIES_H

#include <crypto/alg.h>

struct sm_capabilities {
	bool known;          /* false: nothing is known of the person */
	bool aes128_gcm, aes256_gcm, aes128_cbc, aes256_cbc, aes192_cbc, aes192_gcm;
	bool chacha20, des3, rsa_oaep, rsa_kem, cek_hkdf;
	bool rsa_oaep_sha2;  /* OAEP with another digest than the default SHA-1 */
	bool ecdh;           /* any ECDH scheme with a SHA-2 KDF */
	bool ecdh_hkdf;      /* X25519/X448 with HKDF */
	bool prefer_signed;  /* unused capabilities are ignored */
};
/* Read an attribute value or certificate extension value; unknown ones are
 * skipped. False when it is malformed: then nothing is known. */
SM_MUST_CHECK bool sm_capabilities_read(struct sm_capabilities *out,
    struct sm_bytes der);
/* Append ours. */
SM_MUST_CHECK int sm_capabilities_write(struct sm_buf *out);

#endif
