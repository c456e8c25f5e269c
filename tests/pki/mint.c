#include "test.h"
#include "mint.h"

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

static EVP_PKEY *
new_key(const struct mint_spec *spec)
{
	EVP_PKEY *k = spec->key;

	if (k != NULL)
		assert_int_equal(EVP_PKEY_up_ref(k), 1);
	else if (spec->rsa_bits != 0)
		k = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)spec->rsa_bits);
	else
		k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	assert_non_null(k);
	return k;
}

static void
set_cn(X509_NAME *name, const char *cn)
{
	if (cn != NULL)
		assert_int_equal(X509_NAME_add_entry_by_txt(name, "CN",
		    MBSTRING_UTF8, (const unsigned char *)cn, -1, -1, 0), 1);
}

static void
add_ext(X509 *x, X509 *issuer, int nid, const char *value)
{
	X509V3_CTX ctx;
	X509_EXTENSION *e;

	X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
	e = X509V3_EXT_nconf_nid(NULL, &ctx, nid, value);
	assert_non_null(e);
	assert_int_equal(X509_add_ext(x, e, -1), 1);
	X509_EXTENSION_free(e);
}

static struct sm_cert *
parse(X509 *x)
{
	unsigned char *der = NULL;
	int len = i2d_X509(x, &der);
	struct sm_cert *c;

	assert_true(len > 0);
	assert_int_equal(sm_cert_parse(&c, sm_bytes(der, (size_t)len), NULL), 0);
	OPENSSL_free(der);
	return c;
}

struct mint
mint(const struct mint_spec *spec)
{
	struct mint m = { .x = X509_new(), .key = new_key(spec) };
	const struct mint *by = spec->issuer != NULL ? spec->issuer : &m;
	X509_NAME *name = X509_NAME_new();
	EVP_MD *md = EVP_MD_fetch(NULL, spec->digest != NULL ? spec->digest :
	    "SHA256", NULL);

	assert_true(m.x != NULL && name != NULL && md != NULL);
	X509_set_version(m.x, X509_VERSION_3);
	ASN1_INTEGER_set(X509_get_serialNumber(m.x),
	    spec->serial != 0 ? spec->serial : 1);
	set_cn(X509_get_subject_name(m.x), spec->cn);
	if (spec->subject_mail != NULL)
		assert_int_equal(X509_NAME_add_entry_by_txt(
		    X509_get_subject_name(m.x), "emailAddress", MBSTRING_ASC,
		    (const unsigned char *)spec->subject_mail, -1, -1, 0), 1);
	set_cn(name, spec->issuer_cn);
	X509_set_issuer_name(m.x, spec->issuer_cn != NULL ? name :
	    X509_get_subject_name(by->x));
	ASN1_TIME_set(X509_getm_notBefore(m.x),
	    spec->from != 0 ? spec->from : NOW - 180 * DAY);
	ASN1_TIME_set(X509_getm_notAfter(m.x),
	    spec->to != 0 ? spec->to : NOW + 180 * DAY);
	X509_set_pubkey(m.x, m.key);
	if (!spec->no_ids) {
		add_ext(m.x, by->x, NID_subject_key_identifier, "hash");
		add_ext(m.x, by->x, NID_authority_key_identifier, "keyid");
	}
	for (size_t i = 0; spec->ext[i].nid != 0; i++)
		add_ext(m.x, by->x, spec->ext[i].nid, spec->ext[i].value);
	assert_true(X509_sign(m.x, by->key, md) > 0);
	EVP_MD_free(md);
	X509_NAME_free(name);
	m.cert = parse(m.x);
	return m;
}

void
mint_free(struct mint *m)
{
	sm_cert_free(m->cert);
	X509_free(m->x);
	EVP_PKEY_free(m->key);
	memset(m, 0, sizeof(*m));
}

struct mint
mint_ca(const char *cn, const struct mint *issuer)
{
	return mint(&(struct mint_spec){ .cn = cn, .issuer = issuer, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "critical,keyCertSign,cRLSign" },
	} });
}

struct mint
mint_mail(const char *mail, const struct mint *issuer, long serial)
{
	char san[200];

	snprintf(san, sizeof(san), "email:%s", mail);
	return mint(&(struct mint_spec){ .cn = mail, .issuer = issuer,
	    .serial = serial, .ext = {
		{ NID_key_usage, "critical,digitalSignature" },
		{ NID_ext_key_usage, "emailProtection" },
		{ NID_subject_alt_name, san },
	} });
}

static void
append(struct sm_buf *out, int len, unsigned char *der)
{
	assert_true(len > 0);
	assert_int_equal(sm_buf_append(out, sm_bytes(der, (size_t)len)), 0);
	OPENSSL_free(der);
}

static void
add_revoked(X509_CRL *crl, const struct mint_revoked *r)
{
	X509_REVOKED *entry = X509_REVOKED_new();
	ASN1_INTEGER *serial = ASN1_INTEGER_new();
	ASN1_ENUMERATED *reason = ASN1_ENUMERATED_new();
	ASN1_TIME *at = ASN1_TIME_set(NULL, r->at);

	ASN1_INTEGER_set(serial, r->serial);
	X509_REVOKED_set_serialNumber(entry, serial);
	X509_REVOKED_set_revocationDate(entry, at);
	if (r->reason >= 0) {
		ASN1_ENUMERATED_set(reason, r->reason);
		X509_REVOKED_add1_ext_i2d(entry, NID_crl_reason, reason, 0, 0);
	}
	assert_int_equal(X509_CRL_add0_revoked(crl, entry), 1);
	ASN1_TIME_free(at);
	ASN1_ENUMERATED_free(reason);
	ASN1_INTEGER_free(serial);
}

void
mint_crl(struct sm_buf *out, const struct mint *issuer, int64_t from,
    int64_t to, const struct mint_revoked *revoked, const struct mint_ext *ext)
{
	X509_CRL *crl = X509_CRL_new();
	ASN1_TIME *t = ASN1_TIME_set(NULL, from);
	unsigned char *der = NULL;
	X509V3_CTX ctx;
	int len;

	X509_CRL_set_version(crl, X509_CRL_VERSION_2);
	X509_CRL_set_issuer_name(crl, X509_get_subject_name(issuer->x));
	X509_CRL_set1_lastUpdate(crl, t);
	ASN1_TIME_set(t, to != 0 ? to : from + 30 * DAY);
	X509_CRL_set1_nextUpdate(crl, t);
	for (; revoked != NULL && revoked->serial != 0; revoked++)
		add_revoked(crl, revoked);
	X509V3_set_ctx(&ctx, issuer->x, NULL, NULL, crl, 0);
	for (; ext != NULL && ext->nid != 0; ext++) {
		X509_EXTENSION *e = X509V3_EXT_nconf_nid(NULL, &ctx, ext->nid,
		    ext->value);

		assert_non_null(e);
		X509_CRL_add_ext(crl, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_CRL_sign(crl, issuer->key, EVP_sha256()) > 0);
	len = i2d_X509_CRL(crl, &der);
	append(out, len, der);
	ASN1_TIME_free(t);
	X509_CRL_free(crl);
}

void
mint_ocsp(struct sm_buf *out, const struct mint *cert,
    const struct mint *issuer, const struct mint *signer, int status,
    int64_t from, int64_t to)
{
	OCSP_BASICRESP *bs = OCSP_BASICRESP_new();
	OCSP_CERTID *id = OCSP_cert_to_id(EVP_sha256(), cert->x, issuer->x);
	ASN1_TIME *begin = ASN1_TIME_adj(NULL, from, 0, 0);
	ASN1_TIME *end = to != 0 ? ASN1_TIME_adj(NULL, to, 0, 0) : NULL;
	OCSP_RESPONSE *resp;
	unsigned char *der = NULL;
	int len;

	ASN1_TIME_to_generalizedtime(begin, (ASN1_GENERALIZEDTIME **)&begin);
	if (end != NULL)
		ASN1_TIME_to_generalizedtime(end, (ASN1_GENERALIZEDTIME **)&end);
	assert_non_null(OCSP_basic_add1_status(bs, id, status,
	    OCSP_REVOKED_STATUS_KEYCOMPROMISE,
	    status == V_OCSP_CERTSTATUS_REVOKED ? begin : NULL, begin, end));
	assert_int_equal(OCSP_basic_sign(bs, signer->x, signer->key, EVP_sha256(),
	    NULL, 0), 1);
	resp = OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, bs);
	len = i2d_OCSP_RESPONSE(resp, &der);
	append(out, len, der);
	OCSP_RESPONSE_free(resp);
	OCSP_BASICRESP_free(bs);
	OCSP_CERTID_free(id);
	ASN1_TIME_free(begin);
	ASN1_TIME_free(end);
}
