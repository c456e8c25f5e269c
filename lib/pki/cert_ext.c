#include <base/der.h>
#include <pki/cert_fields.h>

/* id-ce: 2.5.29.n */
enum {
	CE_SKI = 14,
	CE_KEY_USAGE = 15,
	CE_SAN = 17,
	CE_BASIC = 19,
	CE_NAME_CONSTRAINTS = 30,
	CE_POLICIES = 32,
	CE_AKI = 35,
	CE_EKU = 37,
};

static const uint8_t oid_ce[] = { 0x55, 0x1d };
static const uint8_t oid_smime_caps[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x09, 0x0f };
static const uint8_t oid_eku_email[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x03, 0x04 };
static const uint8_t oid_eku_any[] = { 0x55, 0x1d, 0x25, 0x00 };

static bool
is_oid(struct sm_bytes oid, const uint8_t *want, size_t len)
{
	return sm_bytes_equal(oid, sm_bytes(want, len));
}

static bool
read_octets(struct sm_bytes *out, struct sm_bytes in)
{
	return sm_der_get(&in, SM_DER_OCTET_STRING, out) && in.len == 0;
}

/* KeyUsage ::= BIT STRING; bits past the seventh are not ours to judge. */
static bool
read_key_usage(struct sm_cert_ext *e, struct sm_bytes in)
{
	struct sm_bytes bits;

	if (!sm_der_get(&in, SM_DER_BIT_STRING, &bits) || in.len != 0 ||
	    bits.len < 1 || bits.data[0] > 7)
		return false;
	e->has_key_usage = true;
	if (bits.len > 1)
		for (unsigned i = 0; i < 8; i++)
			if (bits.data[1] & (0x80u >> i))
				e->key_usage |= 1u << i;
	return true;
}

static bool
read_eku(struct sm_cert_ext *e, struct sm_bytes in)
{
	struct sm_bytes list, oid;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &list) || in.len != 0 ||
	    list.len == 0)
		return false;
	e->has_eku = true;
	while (list.len != 0) {
		if (!sm_der_get_oid(&list, &oid))
			return false;
		if (is_oid(oid, oid_eku_email, sizeof(oid_eku_email)))
			e->eku |= SM_EKU_EMAIL;
		else if (is_oid(oid, oid_eku_any, sizeof(oid_eku_any)))
			e->eku |= SM_EKU_ANY;
		else
			e->eku |= SM_EKU_OTHER;
	}
	return true;
}

static bool
read_basic(struct sm_cert_ext *e, struct sm_bytes in)
{
	struct sm_bytes seq, len;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0)
		return false;
	e->has_basic = true;
	if (sm_der_next_is(seq, SM_DER_BOOLEAN) &&
	    !sm_der_get_bool(&seq, &e->is_ca))
		return false;
	return sm_der_get_opt(&seq, SM_DER_INTEGER, &len, &e->has_path_len) &&
	    seq.len == 0;
}

static bool
read_aki(struct sm_cert_ext *e, struct sm_bytes in)
{
	struct sm_bytes seq;
	bool present;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_opt(&seq, SM_DER_CTX(0), &e->aki, &present))
		return false;
	e->has_aki = present;
	return true;
}

static bool
read_san(struct sm_cert_ext *e, struct sm_bytes in)
{
	if (!sm_der_get(&in, SM_DER_SEQUENCE, &e->san) || in.len != 0 ||
	    e->san.len == 0)
		return false;
	e->has_san = true;
	return true;
}

/* RFC 5280 section 4.2.1.10: an empty sequence constrains nothing and must not
 * be; what is inside is libcrypto's. */
static bool
read_name_constraints(struct sm_bytes in)
{
	struct sm_bytes seq;

	return sm_der_get(&in, SM_DER_SEQUENCE, &seq) && in.len == 0 &&
	    seq.len != 0;
}

static bool
read_ce(struct sm_cert_ext *e, unsigned n, bool critical, struct sm_bytes value)
{
	switch (n) {
	case CE_SKI:
		return read_octets(&e->ski, value);
	case CE_KEY_USAGE:
		return read_key_usage(e, value);
	case CE_SAN:
		e->san_critical = critical;
		return read_san(e, value);
	case CE_BASIC:
		e->basic_critical = critical;
		return read_basic(e, value);
	case CE_NAME_CONSTRAINTS:
		e->has_name_constraints = true;
		return read_name_constraints(value);
	case CE_POLICIES:
		e->has_policies = true;
		return true;
	case CE_AKI:
		e->aki_critical = critical;
		return read_aki(e, value);
	case CE_EKU:
		return read_eku(e, value);
	default:
		return true;
	}
}

static void
read_one(struct sm_cert_ext *e, struct sm_bytes oid, bool critical,
    struct sm_bytes value)
{
	bool ok = true;

	if (oid.len == 3 && memcmp(oid.data, oid_ce, sizeof(oid_ce)) == 0)
		ok = read_ce(e, oid.data[2], critical, value);
	else if (is_oid(oid, oid_smime_caps, sizeof(oid_smime_caps)))
		e->smime_capabilities = value;
	if (!ok && e->fault == NULL)
		e->fault = "an extension is malformed";
}

/* Extension ::= SEQUENCE { extnID, critical DEFAULT FALSE, extnValue }.
 * An encoded FALSE is not DER, but old software wrote it. */
static bool
get_extension(struct sm_bytes *list, struct sm_bytes *oid, bool *critical,
    struct sm_bytes *value)
{
	struct sm_bytes seq;

	*critical = false;
	if (!sm_der_get(list, SM_DER_SEQUENCE, &seq) ||
	    !sm_der_get_oid(&seq, oid))
		return false;
	if (sm_der_next_is(seq, SM_DER_BOOLEAN) &&
	    !sm_der_get_bool(&seq, critical))
		return false;
	return sm_der_get(&seq, SM_DER_OCTET_STRING, value) && seq.len == 0;
}

/* Does oid stand in the list before the element that starts at end? The lists
 * are short; hostile ones are cut by MANY_EXTENSIONS. */
static bool
seen_before(struct sm_bytes list, const uint8_t *end, struct sm_bytes oid)
{
	struct sm_bytes other, value;
	bool critical;

	while (list.data < end &&
	    get_extension(&list, &other, &critical, &value))
		if (list.data < end && sm_bytes_equal(other, oid))
			return true;
	return false;
}

#define MANY_EXTENSIONS 100

bool
sm_cert_ext_read(struct sm_cert_ext *e, struct sm_bytes in)
{
	struct sm_bytes list = in, oid, value;
	bool critical;

	for (unsigned n = 0; list.len != 0; n++) {
		if (n == MANY_EXTENSIONS ||
		    !get_extension(&list, &oid, &critical, &value))
			return false;
		/* RFC 5280 section 4.2: the first one counts for what we show,
		 * and the path check refuses the certificate */
		if (seen_before(in, list.data, oid))
			e->fault = "an extension is there twice";
		else
			read_one(e, oid, critical, value);
	}
	return true;
}
