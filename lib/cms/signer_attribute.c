/* The attributes of a signer by name, for people who want to see what was said. */
#include <base/der.h>
#include <cms/attributes_oid.h>
#include <cms/signed.h>

#include <stdio.h>

static const struct {
	struct sm_bytes oid;
	const char *name;
} names[] = {
	{ SM_AT(SM_AT_CONTENT_TYPE), "content-type" },
	{ SM_AT(SM_AT_MESSAGE_DIGEST), "message-digest" },
	{ SM_AT(SM_AT_SIGNING_TIME), "signing-time" },
	{ SM_AT(SM_AT_COUNTERSIGNATURE), "countersignature" },
	{ SM_AT(SM_AT_CAPABILITIES), "smime-capabilities" },
	{ SM_AT(SM_AT_PROTECTION), "algorithm-protection" },
	{ SM_AT(SM_AT_RECEIPT_REQUEST), "receipt-request" },
	{ SM_AT(SM_AT_SECURITY_LABEL), "security-label" },
	{ SM_AT(SM_AT_ML_EXPANSION), "ml-expansion-history" },
	{ SM_AT(SM_AT_CONTENT_HINTS), "content-hints" },
	{ SM_AT(SM_AT_MSG_SIG_DIGEST), "msg-sig-digest" },
	{ SM_AT(SM_AT_CONTENT_IDENTIFIER), "content-identifier" },
	{ SM_AT(SM_AT_EQUIVALENT_LABELS), "equivalent-labels" },
	{ SM_AT(SM_AT_CONTENT_REFERENCE), "content-reference" },
	{ SM_AT(SM_AT_ENC_KEY_PREF), "encryption-key-preference" },
	{ SM_AT(SM_AT_SIGNING_CERT), "signing-certificate" },
	{ SM_AT(SM_AT_SIGNING_CERT_V2), "signing-certificate-v2" },
	{ SM_AT(SM_AT_TIMESTAMP), "time-stamp-token" },
	{ SM_AT(SM_AT_BINARY_TIME), "binary-signing-time" },
};

static const char *
attribute_name(struct sm_bytes oid)
{
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (sm_bytes_equal(names[i].oid, oid))
			return names[i].name;
	return NULL;
}

struct sm_bytes
sm_signer_attributes(const struct sm_signer_info *si, bool of_signed)
{
	struct sm_bytes whole = of_signed ? si->attrs.set : si->unsigned_attrs;
	struct sm_bytes contents;

	if (!sm_der_get(&whole, of_signed ? SM_DER_SET : SM_DER_CTX_CONS(1),
	    &contents))
		return sm_bytes(NULL, 0);
	return contents;
}

bool
sm_signer_attribute_next(struct sm_bytes *in, char *name, size_t size)
{
	struct sm_bytes attribute, oid;
	const char *known;

	if (!sm_der_get(in, SM_DER_SEQUENCE, &attribute) ||
	    !sm_der_get_oid(&attribute, &oid))
		return false;
	known = attribute_name(oid);
	if (known != NULL)
		(void)snprintf(name, size, "%s", known);
	else
		sm_der_oid_text(name, size, oid);
	return true;
}
