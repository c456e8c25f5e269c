#include <base/der.h>
#include <base/try.h>
#include <pki/keyfile_parts.h>

/* id-signedData 1.2.840.113549.1.7.2 */
static const uint8_t oid_signed[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07, 0x02 };

static int
bad(struct sm_keyfile_reader *r)
{
	return sm_error_set(r->err, SM_E_FORMAT, "certs-only-malformed",
	    "RFC 5652 section 5.1", "This is no list of certificates (a CMS "
	    "SignedData without signature), or a damaged one.");
}

/* CertificateChoices: X.509 is the SEQUENCE; the tagged ones are others. */
static int
read_list(struct sm_keyfile_reader *r, struct sm_bytes list)
{
	struct sm_bytes whole, contents;
	unsigned tag;

	for (uint32_t n = 0; list.len != 0; n++) {
		if (!sm_der_get_any(&list, &tag, &contents, &whole))
			return bad(r);
		if (n >= r->limits->certificates)
			return sm_error_set(r->err, SM_E_LIMIT, "certificates",
			    NULL, "The file holds more than %u certificates.",
			    r->limits->certificates);
		if (tag == SM_DER_SEQUENCE)
			SM_TRY(sm_keyfile_add_cert(r, whole));
	}
	return SM_OK;
}

int
sm_certs_only_read(struct sm_keyfile_reader *r, struct sm_bytes der)
{
	struct sm_bytes info, oid, outer, sd, part, certs;
	bool present;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &info) || der.len != 0 ||
	    !sm_der_get(&info, SM_DER_OID, &oid) ||
	    !sm_bytes_equal(oid, sm_bytes(oid_signed, sizeof(oid_signed))) ||
	    !sm_der_get(&info, SM_DER_CTX_CONS(0), &outer) ||
	    !sm_der_get(&outer, SM_DER_SEQUENCE, &sd) ||
	    !sm_der_get(&sd, SM_DER_INTEGER, &part) ||
	    !sm_der_get(&sd, SM_DER_SET, &part) ||
	    !sm_der_get(&sd, SM_DER_SEQUENCE, &part) ||
	    !sm_der_get_opt(&sd, SM_DER_CTX_CONS(0), &certs, &present) ||
	    !present)
		return bad(r);
	return read_list(r, certs);
}
