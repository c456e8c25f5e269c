#include <base/der.h>
#include <base/try.h>
#include <cms/attributes.h>
#include <cms/signer.h>

#include <stdio.h>

static int
malformed(struct sm_error *err, const char *what)
{
	return sm_error_set(err, SM_E_FORMAT, "signer-malformed",
	    "RFC 5652 section 5.3",
	    "A SignerInfo is damaged: %s cannot be read.", what);
}

/* The signed attributes stand under [0] IMPLICIT and are signed as a SET OF
 * (RFC 5652 section 5.4): the tag is exchanged in our copy. */
static int
read_signed_attrs(struct sm_signer_info *si, struct sm_bytes *in,
    uint8_t *base, const uint8_t *start, bool was_der,
    const struct sm_limits *limits, struct sm_error *err)
{
	struct sm_bytes whole, contents, rest;

	if (!sm_der_next_is(*in, SM_DER_CTX_CONS(0)))
		return SM_OK;
	if (!sm_der_get_whole(in, SM_DER_CTX_CONS(0), &whole))
		return malformed(err, "its list of signed attributes");
	base[whole.data - start] = SM_DER_SET;
	rest = whole;
	if (!sm_der_get(&rest, SM_DER_SET, &contents))
		return malformed(err, "its list of signed attributes");
	si->attrs.set = whole;
	si->attrs.was_der = was_der;
	return sm_attributes_read(&si->attrs, contents, limits, err);
}

/* What is wrong with the algorithm is the verdict's business. */
static int
read_sig_alg(struct sm_signer_info *si)
{
	struct sm_bytes der = si->sig_der, oid, params;
	struct sm_error why = SM_ERROR_INIT;
	int rc;

	if (!sm_der_get_algorithm(&der, &oid, &params)) {
		si->sig_malformed = true;
		(void)snprintf(si->sig_name, sizeof(si->sig_name), "?");
		(void)snprintf(si->sig_why, sizeof(si->sig_why),
		    "The signature algorithm is damaged.");
		return SM_OK;
	}
	rc = sm_sig_alg_read(&si->sig, oid, params, si->digest, &why);
	if (rc == SM_OK) {
		si->sig_known = true;
		(void)snprintf(si->sig_name, sizeof(si->sig_name), "%s",
		    si->sig.alg->name);
		return SM_OK;
	}
	if (rc != SM_E_FORMAT && rc != SM_E_UNSUPPORTED)
		return rc;
	si->sig_malformed = rc == SM_E_FORMAT;
	sm_alg_oid_name(si->sig_name, sizeof(si->sig_name), oid);
	(void)snprintf(si->sig_why, sizeof(si->sig_why), "%.150s", why.text);
	return SM_OK;
}

static int
read_unsigned_attrs(struct sm_signer_info *si, struct sm_bytes *in,
    struct sm_error *err)
{
	struct sm_bytes whole, contents;

	if (in->len == 0)
		return SM_OK;
	if (!sm_der_get_whole(in, SM_DER_CTX_CONS(1), &whole) || in->len != 0)
		return malformed(err, "what follows its signature");
	si->unsigned_attrs = whole;
	if (sm_der_get(&whole, SM_DER_CTX_CONS(1), &contents))
		sm_attributes_unsigned(si, contents);
	return SM_OK;
}

int
sm_signer_read(struct sm_signer_info *out, uint8_t *der, size_t len,
    bool was_der, const struct sm_limits *limits, struct sm_error *err)
{
	struct sm_bytes in = sm_bytes(der, len), si;

	*out = (struct sm_signer_info) { 0 };
	if (!sm_der_get(&in, SM_DER_SEQUENCE, &si) || in.len != 0)
		return malformed(err, "it");
	if (!sm_der_get_uint(&si, &out->version))
		return malformed(err, "its version");
	if (!sm_cert_id_get(&si, &out->sid))
		return malformed(err, "the name of its certificate");
	if (!sm_der_get_whole(&si, SM_DER_SEQUENCE, &out->digest_der))
		return malformed(err, "its digest algorithm");
	out->digest = sm_attributes_digest(out->digest_der, out->digest_name,
	    sizeof(out->digest_name));
	SM_TRY(read_signed_attrs(out, &si, der, der, was_der, limits, err));
	if (!sm_der_get_whole(&si, SM_DER_SEQUENCE, &out->sig_der))
		return malformed(err, "its signature algorithm");
	if (!sm_der_get(&si, SM_DER_OCTET_STRING, &out->signature))
		return malformed(err, "its signature");
	SM_TRY(read_unsigned_attrs(out, &si, err));
	return read_sig_alg(out);
}
