#include <base/der.h>
#include <crypto/alg.h>
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

static int
bad_key(struct sm_error *err, const char *kind)
{
	return sm_error_set(err, SM_E_FORMAT, "key-malformed", NULL,
	    "The %s private key is damaged, or not of a form that can be read.",
	    kind);
}

static void
write_private(struct sm_derw *w, enum sm_alg_id alg, struct sm_bytes params,
    struct sm_bytes key)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_uint(w, 0);
	sm_derw_algorithm(w, sm_alg_get(alg)->oid, params);
	sm_derw_add(w, SM_DER_OCTET_STRING, key);
	sm_derw_end(w, seq);
}

/* ECPrivateKey, RFC 5915: the curve in [0] goes to the AlgorithmIdentifier. */
static int
from_ec(struct sm_derw *w, struct sm_bytes der, struct sm_error *err)
{
	struct sm_bytes in = der, seq, part, curve;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) ||
	    !sm_der_get(&seq, SM_DER_INTEGER, &part) ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &part) ||
	    !sm_der_get(&seq, SM_DER_CTX_CONS(0), &curve))
		return bad_key(err, "elliptic-curve");
	write_private(w, SM_PK_EC, curve, der);
	return sm_derw_status(w);
}

static int
from_dsa(struct sm_derw *w, struct sm_bytes der, struct sm_error *err)
{
	struct sm_bytes in = der, seq, num[6], x;
	struct sm_buf params = SM_BUF_INIT;
	struct sm_buf key = SM_BUF_SECRET_INIT;
	struct sm_derw pw, kw;
	size_t mark;
	int rc;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq))
		return bad_key(err, "DSA");
	for (unsigned i = 0; i < 6; i++)
		if (!sm_der_get_whole(&seq, SM_DER_INTEGER, &num[i]))
			return bad_key(err, "DSA");
	x = num[5];
	sm_derw_init(&pw, &params);
	mark = sm_derw_begin(&pw, SM_DER_SEQUENCE);
	for (unsigned i = 1; i < 4; i++)
		sm_derw_raw(&pw, num[i]);
	sm_derw_end(&pw, mark);
	sm_derw_init(&kw, &key);
	sm_derw_raw(&kw, x);
	rc = sm_derw_status(&pw);
	if (rc == SM_OK)
		rc = sm_derw_status(&kw);
	if (rc == SM_OK) {
		write_private(w, SM_PK_DSA, sm_buf_bytes(&params),
		    sm_buf_bytes(&key));
		rc = sm_derw_status(w);
	}
	sm_buf_free(&params);
	sm_buf_free(&key);
	return rc;
}

int
sm_keyfile_to_pkcs8(struct sm_buf *out, enum sm_keyfile_form form,
    struct sm_bytes der, struct sm_error *err)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };
	struct sm_derw w;

	sm_derw_init(&w, out);
	switch (form) {
	case SM_FORM_RSA:
		write_private(&w, SM_PK_RSA, sm_bytes(null, sizeof(null)), der);
		return sm_derw_status(&w);
	case SM_FORM_EC:
		return from_ec(&w, der, err);
	case SM_FORM_DSA:
		return from_dsa(&w, der, err);
	default:
		return bad_key(err, "unknown");
	}
}
