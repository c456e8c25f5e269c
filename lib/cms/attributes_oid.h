/* cms/attributes_oid.h - object identifiers of attributes; for this room only. */
#ifndef SM_CMS_ATTRIBUTES_OID_H
#define SM_CMS_ATTRIBUTES_OID_H

/* 1.2.840.113549.1.9 */
#define SM_PKCS9 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09
#define SM_AT_CONTENT_TYPE SM_PKCS9, 3
#define SM_AT_MESSAGE_DIGEST SM_PKCS9, 4
#define SM_AT_SIGNING_TIME SM_PKCS9, 5
#define SM_AT_COUNTERSIGNATURE SM_PKCS9, 6
#define SM_AT_CAPABILITIES SM_PKCS9, 15
#define SM_AT_PROTECTION SM_PKCS9, 52
/* 1.2.840.113549.1.9.16.2 */
#define SM_SMIME_AA SM_PKCS9, 16, 2
#define SM_AT_RECEIPT_REQUEST SM_SMIME_AA, 1
#define SM_AT_SECURITY_LABEL SM_SMIME_AA, 2
#define SM_AT_ML_EXPANSION SM_SMIME_AA, 3
#define SM_AT_CONTENT_HINTS SM_SMIME_AA, 4
#define SM_AT_MSG_SIG_DIGEST SM_SMIME_AA, 5
#define SM_AT_CONTENT_IDENTIFIER SM_SMIME_AA, 7
#define SM_AT_EQUIVALENT_LABELS SM_SMIME_AA, 9
#define SM_AT_CONTENT_REFERENCE SM_SMIME_AA, 10
#define SM_AT_ENC_KEY_PREF SM_SMIME_AA, 11
#define SM_AT_SIGNING_CERT SM_SMIME_AA, 12
#define SM_AT_TIMESTAMP SM_SMIME_AA, 14
#define SM_AT_BINARY_TIME SM_SMIME_AA, 46
#define SM_AT_SIGNING_CERT_V2 SM_SMIME_AA, 47

/* Initialiser of a struct sm_bytes. */
#define SM_AT(...)                                                           \
	{ (const uint8_t[]) { __VA_ARGS__ },                                 \
	    sizeof((const uint8_t[]) { __VA_ARGS__ }) }

#endif
