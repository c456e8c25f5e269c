#include <base/der.h>
#include <cms/attributes.h>
#include <cms/attributes_oid.h>

#include <stdio.h>

/* One attribute that may be there once, with one value. read looks at the value
 * (whole) and says whether it is well formed; bad names the fault. */
struct rule {
	struct sm_bytes oid;
	bool (*read)(struct sm_signed_attrs *out, struct sm_bytes value);
	const char *bad;
};

static bool
read_content_type(struct sm_signed_attrs *out, struct sm_bytes value)
{
	return sm_der_get_oid(&value, &out->content_type) && value.len == 0;
}

static bool
read_message_digest(struct sm_signed_attrs *out, struct sm_bytes value)
{
	return sm_der_get(&value, SM_DER_OCTET_STRING, &out->message_digest) &&
	    out->message_digest.len > 0 && value.len == 0;
}

static bool
read_signing_time(struct sm_signed_attrs *out, struct sm_bytes value)
{
	out->has_signing_time = sm_der_get_time(&value, &out->signing_time) &&
	    value.len == 0;
	return out->has_signing_time;
}

static bool
read_capabilities(struct sm_signed_attrs *out, struct sm_bytes value)
{
	if (sm_der_next_is(value, SM_DER_SEQUENCE))
		out->capabilities = value;
	return true;
}

/* CMSAlgorithmProtection ::= SEQUENCE { digestAlgorithm, signatureAlgorithm [1],
 * macAlgorithm [2] }: in a SignerInfo the second is there, the third is not. */
static bool
read_protection(struct sm_signed_attrs *out, struct sm_bytes value)
{
	struct sm_bytes seq;

	out->has_protection = true;
	return sm_der_get(&value, SM_DER_SEQUENCE, &seq) && value.len == 0 &&
	    sm_der_get_whole(&seq, SM_DER_SEQUENCE, &out->protection_digest) &&
	    sm_der_get(&seq, SM_DER_CTX_CONS(1), &out->protection_signature) &&
	    seq.len == 0;
}

/* SMIMEEncryptionKeyPreference ::= CHOICE { issuerAndSerialNumber [0],
 * receipentKeyId [1], subjectAltKeyIdentifier [2] }, IMPLICIT. */
static bool
enc_key_get(struct sm_cert_id *id, struct sm_bytes value)
{
	struct sm_bytes c;
	unsigned tag;

	if (!sm_der_get_any(&value, &tag, &c, NULL) || value.len != 0)
		return false;
	switch (tag) {
	case SM_DER_CTX_CONS(0):
		return sm_der_get_whole(&c, SM_DER_SEQUENCE, &id->issuer) &&
		    sm_der_get(&c, SM_DER_INTEGER, &id->serial) && c.len == 0;
	case SM_DER_CTX_CONS(1):
		id->is_ski = true;
		return sm_der_get(&c, SM_DER_OCTET_STRING, &id->ski);
	case SM_DER_CTX(2):
		id->is_ski = true;
		id->ski = c;
		return true;
	default:
		return false;
	}
}

static bool
read_enc_key(struct sm_signed_attrs *out, struct sm_bytes value)
{
	struct sm_cert_id id = { 0 };

	if (enc_key_get(&id, value)) {
		out->has_enc_key = true;
		out->enc_key = id;
	}
	return true;
}

/* The first element of certs in SigningCertificate and SigningCertificateV2 has
 * the hash of the certificate that verifies. Its issuerSerial is not looked at:
 * it adds nothing to a hash over the whole certificate that fits. */
static bool
ess_first(struct sm_bytes *first, struct sm_bytes value)
{
	struct sm_bytes seq, certs;

	return sm_der_get(&value, SM_DER_SEQUENCE, &seq) && value.len == 0 &&
	    sm_der_get(&seq, SM_DER_SEQUENCE, &certs) &&
	    sm_der_get(&certs, SM_DER_SEQUENCE, first);
}

static bool
read_signing_cert(struct sm_signed_attrs *out, struct sm_bytes value)
{
	struct sm_bytes first, hash;

	if (!ess_first(&first, value) ||
	    !sm_der_get(&first, SM_DER_OCTET_STRING, &hash))
		return false;
	if (out->has_cert_hash) /* version 2 says it better */
		return true;
	out->has_cert_hash = true;
	out->cert_hash_alg = SM_SHA1;
	out->cert_hash = hash;
	return true;
}

static bool
read_signing_cert_v2(struct sm_signed_attrs *out, struct sm_bytes value)
{
	struct sm_bytes first, alg = { NULL, 0 };

	if (!ess_first(&first, value))
		return false;
	out->has_cert_hash = true;
	out->cert_hash_alg = SM_SHA256; /* DEFAULT, RFC 5035 section 4 */
	if (sm_der_next_is(first, SM_DER_SEQUENCE)) {
		if (!sm_der_get_whole(&first, SM_DER_SEQUENCE, &alg))
			return false;
		out->cert_hash_alg = sm_attributes_digest(alg, NULL, 0);
	}
	return sm_der_get(&first, SM_DER_OCTET_STRING, &out->cert_hash);
}

static bool
read_receipt_request(struct sm_signed_attrs *out, struct sm_bytes value)
{
	out->receipt_request = value;
	return true;
}

static bool
read_security_label(struct sm_signed_attrs *out, struct sm_bytes value)
{
	out->security_label = value;
	return true;
}

/* RFC 5652 section 11.4: never a signed attribute. */
static bool
refuse(struct sm_signed_attrs *out, struct sm_bytes value)
{
	(void)out;
	(void)value;
	return false;
}

static const struct rule rules[] = {
	{ SM_AT(SM_AT_CONTENT_TYPE), read_content_type,
	    "content-type-malformed" },
	{ SM_AT(SM_AT_MESSAGE_DIGEST), read_message_digest,
	    "message-digest-malformed" },
	{ SM_AT(SM_AT_SIGNING_TIME), read_signing_time,
	    "signing-time-malformed" },
	{ SM_AT(SM_AT_CAPABILITIES), read_capabilities, NULL },
	{ SM_AT(SM_AT_PROTECTION), read_protection,
	    "algorithm-protection-malformed" },
	{ SM_AT(SM_AT_ENC_KEY_PREF), read_enc_key, NULL },
	{ SM_AT(SM_AT_SIGNING_CERT), read_signing_cert,
	    "signing-certificate-malformed" },
	{ SM_AT(SM_AT_SIGNING_CERT_V2), read_signing_cert_v2,
	    "signing-certificate-malformed" },
	{ SM_AT(SM_AT_RECEIPT_REQUEST), read_receipt_request, NULL },
	{ SM_AT(SM_AT_SECURITY_LABEL), read_security_label, NULL },
	{ SM_AT(SM_AT_COUNTERSIGNATURE), refuse, "countersignature-signed" },
	{ SM_AT(SM_AT_ML_EXPANSION), NULL, NULL },
	{ SM_AT(SM_AT_CONTENT_HINTS), NULL, NULL },
	{ SM_AT(SM_AT_MSG_SIG_DIGEST), NULL, NULL },
	{ SM_AT(SM_AT_CONTENT_IDENTIFIER), NULL, NULL },
	{ SM_AT(SM_AT_EQUIVALENT_LABELS), NULL, NULL },
	{ SM_AT(SM_AT_CONTENT_REFERENCE), NULL, NULL },
	{ SM_AT(SM_AT_BINARY_TIME), NULL, NULL },
};

static const struct rule *
rule_find(struct sm_bytes oid)
{
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]); i++)
		if (sm_bytes_equal(rules[i].oid, oid))
			return &rules[i];
	return NULL;
}

/* Attribute ::= SEQUENCE { attrType OID, attrValues SET OF ANY } */
static bool
attribute_get(struct sm_bytes *in, struct sm_bytes *oid,
    struct sm_bytes *values)
{
	struct sm_bytes seq;

	return sm_der_get(in, SM_DER_SEQUENCE, &seq) &&
	    sm_der_get_oid(&seq, oid) &&
	    sm_der_get(&seq, SM_DER_SET, values) && seq.len == 0;
}

static void
note_bad(struct sm_signed_attrs *out, const char *reason)
{
	if (out->bad == NULL)
		out->bad = reason;
}

static void
attribute_apply(struct sm_signed_attrs *out, const struct rule *r,
    struct sm_bytes values)
{
	struct sm_bytes value;

	if (!sm_der_get_any(&values, NULL, NULL, &value)) {
		note_bad(out, r->bad != NULL ? r->bad : "attributes-malformed");
		return;
	}
	if (values.len != 0)
		out->duplicate = true;
	if (r->read != NULL && !r->read(out, value))
		note_bad(out, r->bad);
}

/* Is oid the type of an attribute before end? At most limits->attributes of
 * them: the square of that is small. */
static bool
seen_before(struct sm_bytes in, const uint8_t *end, struct sm_bytes oid)
{
	struct sm_bytes o, v;

	while (in.data < end && attribute_get(&in, &o, &v))
		if (sm_bytes_equal(o, oid))
			return true;
	return false;
}

int
sm_attributes_read(struct sm_signed_attrs *out, struct sm_bytes contents,
    const struct sm_limits *limits, struct sm_error *err)
{
	struct sm_bytes in = contents, oid, values;
	const struct rule *r;
	const uint8_t *at;
	uint32_t n;

	out->present = true;
	if (contents.len == 0) /* SIZE (1..MAX) */
		note_bad(out, "attributes-malformed");
	for (n = 0; in.len > 0; n++) {
		if (n == limits->attributes)
			return sm_error_set(err, SM_E_LIMIT, "attributes",
			    "RFC 5652 section 5.3",
			    "A signer has more than %u signed attributes.",
			    (unsigned)limits->attributes);
		at = in.data;
		if (!attribute_get(&in, &oid, &values)) {
			note_bad(out, "attributes-malformed");
			break;
		}
		if (n > 0 && seen_before(contents, at, oid))
			out->duplicate = true;
		r = rule_find(oid);
		if (r != NULL)
			attribute_apply(out, r, values);
	}
	return SM_OK;
}

/* RFC 5652 sections 11.1 to 11.3, RFC 6211 section 2, RFC 5035 section 5.4: these
 * must not be unsigned, where a reader could take them for the signer's word. */
static bool
must_be_signed(struct sm_bytes oid)
{
	const struct sm_bytes list[] = {
		SM_AT(SM_AT_CONTENT_TYPE), SM_AT(SM_AT_MESSAGE_DIGEST),
		SM_AT(SM_AT_SIGNING_TIME), SM_AT(SM_AT_PROTECTION),
		SM_AT(SM_AT_SIGNING_CERT), SM_AT(SM_AT_SIGNING_CERT_V2),
	};
	size_t i;

	for (i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		if (sm_bytes_equal(list[i], oid))
			return true;
	return false;
}

void
sm_attributes_unsigned(struct sm_signer_info *si, struct sm_bytes contents)
{
	const struct sm_bytes counter = SM_AT(SM_AT_COUNTERSIGNATURE);
	const struct sm_bytes stamp = SM_AT(SM_AT_TIMESTAMP);
	struct sm_bytes oid, values;

	while (attribute_get(&contents, &oid, &values)) {
		if (sm_bytes_equal(oid, counter))
			si->has_countersignature = true;
		if (sm_bytes_equal(oid, stamp))
			si->has_timestamp = true;
		if (must_be_signed(oid))
			note_bad(&si->attrs, "attribute-not-signed");
	}
}

/* Absent, NULL, or for the -len forms of SHAKE the output length in bits
 * (RFC 8419 section 3.1: 512 for Ed448). */
static bool
digest_params_ok(const struct sm_alg *alg, struct sm_bytes params)
{
	struct sm_bytes null;
	uint64_t bits;

	if (params.len == 0)
		return true;
	if (sm_der_get(&params, SM_DER_NULL, &null))
		return null.len == 0 && params.len == 0;
	if (alg->id != SM_SHAKE128 && alg->id != SM_SHAKE256)
		return false;
	return sm_der_get_uint(&params, &bits) && params.len == 0 &&
	    bits == alg->out_bytes * 8u;
}

enum sm_alg_id
sm_attributes_digest(struct sm_bytes der, char *name, size_t name_size)
{
	const struct sm_alg *alg;
	struct sm_bytes oid, params;

	if (!sm_der_get_algorithm(&der, &oid, &params) || der.len != 0) {
		if (name != NULL)
			(void)snprintf(name, name_size, "?");
		return SM_ALG_NONE;
	}
	alg = sm_alg_by_oid(SM_ALG_DIGEST, oid);
	if (name != NULL && alg != NULL)
		(void)snprintf(name, name_size, "%s", alg->name);
	if (name != NULL && alg == NULL)
		sm_alg_oid_name(name, name_size, oid);
	if (alg == NULL || !digest_params_ok(alg, params))
		return SM_ALG_NONE;
	return alg->id;
}
