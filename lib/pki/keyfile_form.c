#include <base/der.h>
#include <pki/keyfile_parts.h>

/* Content types, RFC 5652: pkcs-7 1, 1.2.840.113549.1.7.n */
static const uint8_t oid_pkcs7[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07 };

static bool
is_content_info(struct sm_bytes seq)
{
	struct sm_bytes oid;

	return sm_der_get(&seq, SM_DER_OID, &oid) &&
	    oid.len == sizeof(oid_pkcs7) + 1 &&
	    memcmp(oid.data, oid_pkcs7, sizeof(oid_pkcs7)) == 0;
}

/* After an INTEGER: what kind of key or store? */
static enum sm_keyfile_form
form_after_version(struct sm_bytes version, struct sm_bytes rest)
{
	struct sm_bytes inner, skip;
	unsigned v = version.len == 1 ? version.data[0] : 99, n = 0;

	if (sm_der_next_is(rest, SM_DER_SEQUENCE)) {
		if (!sm_der_get(&rest, SM_DER_SEQUENCE, &inner))
			return SM_FORM_UNKNOWN;
		if (v == 3 && is_content_info(inner))
			return SM_FORM_PKCS12;
		return sm_der_next_is(rest, SM_DER_OCTET_STRING) ?
		    SM_FORM_PKCS8 : SM_FORM_UNKNOWN;
	}
	if (sm_der_next_is(rest, SM_DER_OCTET_STRING))
		return v == 1 ? SM_FORM_EC : SM_FORM_UNKNOWN;
	while (sm_der_get(&rest, SM_DER_INTEGER, &skip))
		n++;
	/* n e d p q dP dQ qInv, or p q g y x */
	return n == 8 ? SM_FORM_RSA : n == 5 ? SM_FORM_DSA : SM_FORM_UNKNOWN;
}

enum sm_keyfile_form
sm_keyfile_form(struct sm_bytes der)
{
	struct sm_bytes seq, version, first;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &seq))
		/* indefinite length: only these two come so */
		return SM_FORM_UNKNOWN;
	if (sm_der_next_is(seq, SM_DER_OID))
		return SM_FORM_CMS;
	if (sm_der_get(&seq, SM_DER_INTEGER, &version))
		return form_after_version(version, seq);
	if (!sm_der_get(&seq, SM_DER_SEQUENCE, &first))
		return SM_FORM_UNKNOWN;
	return sm_der_next_is(seq, SM_DER_OCTET_STRING) ? SM_FORM_ENCRYPTED :
	    SM_FORM_CERT;
}
