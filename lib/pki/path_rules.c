#include <openssl/evp.h>
#include <openssl/objects.h>
#include <stdio.h>

#include <base/der.h>
#include <crypto/alg.h>
#include <pki/path_parts.h>

static bool
name_empty(struct sm_bytes name)
{
	struct sm_bytes in;

	return sm_der_get(&name, SM_DER_SEQUENCE, &in) && in.len == 0;
}

/* A curve spelled out may be any curve, also one whose generator was chosen to
 * fit somebody else's public key (CVE-2020-0601). RFC 5480 section 2.1.1. */
static bool
curve_spelled_out(const struct sm_cert *c)
{
	struct sm_bytes in = c->spki, spki, oid, params;
	const struct sm_alg *alg;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &spki) ||
	    !sm_der_get_algorithm(&spki, &oid, &params))
		return false;
	alg = sm_alg_by_oid(SM_ALG_PUBKEY, oid);
	return alg != NULL && alg->id == SM_PK_EC &&
	    sm_der_next_is(params, SM_DER_SEQUENCE);
}

static const char *
key_rule_broken(const struct sm_cert *c)
{
	if (c->ext.fault != NULL)
		return c->ext.fault;
	if (curve_spelled_out(c))
		return "its key spells out its curve instead of naming it";
	return NULL;
}

/* RFC 5280 section 4, for every certificate below the anchor. */
static const char *
any_rule_broken(const struct sm_cert *c)
{
	if (key_rule_broken(c) != NULL)
		return key_rule_broken(c);
	if (name_empty(c->issuer))
		return "it has no issuer name";
	if (c->ext.aki_critical)
		return "its authorityKeyIdentifier is marked critical";
	if (c->ext.has_name_constraints && !c->ext.is_ca)
		return "it has name constraints but is no authority";
	return NULL;
}

/* RFC 5280 section 6.1.4 (k) to (n) without libcrypto's leniency for
 * certificates that lack basicConstraints. */
static const char *
issuer_rule_broken(const struct sm_cert *c)
{
	if (c->version != 3 || !c->ext.has_basic || !c->ext.is_ca)
		return "it issued a certificate without being an authority";
	if (c->ext.has_key_usage && (c->ext.key_usage & SM_KU_CERT_SIGN) == 0)
		return "its key usage does not allow it to issue certificates";
	if (name_empty(c->subject))
		return "it is an authority without a name";
	return NULL;
}

/* What an anchor says about itself binds us only where it speaks: it is
 * trusted by being handed to us (RFC 5280 section 6.1.1 (d)). */
static const char *
anchor_rule_broken(const struct sm_cert *c)
{
	if (key_rule_broken(c) != NULL)
		return key_rule_broken(c);
	if (c->ext.has_basic && !c->ext.is_ca)
		return "it issued a certificate without being an authority";
	if (c->ext.has_key_usage && (c->ext.key_usage & SM_KU_CERT_SIGN) == 0)
		return "its key usage does not allow it to issue certificates";
	return NULL;
}

const char *
sm_path_rule_broken(const struct sm_chain *chain, size_t *which)
{
	const char *rule;

	for (size_t i = 0; i < chain->count; i++) {
		*which = i;
		if (i + 1 == chain->count)
			return i > 0 ? anchor_rule_broken(chain->cert[i]) : NULL;
		rule = any_rule_broken(chain->cert[i]);
		if (rule == NULL && i > 0)
			rule = issuer_rule_broken(chain->cert[i]);
		if (rule != NULL)
			return rule;
	}
	return NULL;
}

bool
sm_path_digest_weak(int md_nid)
{
	return md_nid == NID_sha1 || md_nid == NID_md5 || md_nid == NID_md4 ||
	    md_nid == NID_md2 || md_nid == NID_md5_sha1 ||
	    md_nid == NID_ripemd160 || md_nid == NID_mdc2;
}

static bool
key_weak(X509 *x, char *what, size_t what_size)
{
	EVP_PKEY *key = X509_get0_pubkey(x);
	int bits = key != NULL ? EVP_PKEY_get_bits(key) : 0;

	if (key == NULL)
		return false;
	if (EVP_PKEY_is_a(key, "DSA")) {
		snprintf(what, what_size, "a DSA key");
		return true;
	}
	if ((EVP_PKEY_is_a(key, "RSA") || EVP_PKEY_is_a(key, "RSA-PSS")) &&
	    bits < 2048) {
		snprintf(what, what_size, "an RSA key of %d bits", bits);
		return true;
	}
	if (EVP_PKEY_is_a(key, "EC") && bits < 224) {
		snprintf(what, what_size, "a curve of %d bits", bits);
		return true;
	}
	return false;
}

static bool
signature_weak(X509 *x, char *what, size_t what_size)
{
	int md = NID_undef;

	if (X509_get_signature_info(x, &md, NULL, NULL, NULL) != 1 ||
	    !sm_path_digest_weak(md))
		return false;
	snprintf(what, what_size, "a signature with %s", OBJ_nid2sn(md));
	return true;
}

bool
sm_path_weak(const struct sm_chain *chain, char *what, size_t what_size)
{
	for (size_t i = 0; i < chain->count; i++) {
		X509 *x = sm_cert_x509(chain->cert[i]);

		if (x == NULL)
			continue;
		if (key_weak(x, what, what_size))
			return true;
		/* the anchor's own signature proves nothing to anybody */
		if (i + 1 < chain->count && signature_weak(x, what, what_size))
			return true;
	}
	return false;
}
