/* Where revocation evidence and issuers are had, and whether what came from there
 * says anything: the network's half is the client's. */
#include <openssl/err.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

#include <base/buf.h>
#include <base/try.h>
#include <pki/path_parts.h>

#define URL_MAX 2000

/* The string of a name, if it is a URL that may stand in a command or a header. */
static bool
take_url(char **out, const GENERAL_NAME *name, size_t *skip)
{
	const unsigned char *s;
	int len;

	if (name == NULL || name->type != GEN_URI)
		return false;
	s = ASN1_STRING_get0_data(name->d.uniformResourceIdentifier);
	len = ASN1_STRING_length(name->d.uniformResourceIdentifier);
	if (len <= 0 || len > URL_MAX)
		return false;
	for (int i = 0; i < len; i++)
		if (s[i] <= 0x20 || s[i] >= 0x7f)
			return false;
	if (*skip > 0) {
		(*skip)--;
		return false;
	}
	*out = sm_strdup_bytes(sm_bytes(s, (size_t)len));
	return true;
}

/* RFC 5280 section 4.2.1.13: each point's fullName may give several ways. Points
 * for some reasons only, or of another issuer, are asked as well: what they answer
 * is judged by libcrypto. */
static bool
crl_url(char **out, const X509 *x, size_t skip)
{
	CRL_DIST_POINTS *points = X509_get_ext_d2i(x, NID_crl_distribution_points,
	    NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_DIST_POINT_num(points); i++) {
		const DIST_POINT *p = sk_DIST_POINT_value(points, i);
		const GENERAL_NAMES *names;

		if (p->distpoint == NULL || p->distpoint->type != 0)
			continue;
		names = p->distpoint->name.fullname;
		for (int k = 0; !found && k < sk_GENERAL_NAME_num(names); k++)
			found = take_url(out, sk_GENERAL_NAME_value(names, k), &skip);
	}
	CRL_DIST_POINTS_free(points);
	return found;
}

static bool
access_url(char **out, const X509 *x, int method, size_t skip)
{
	AUTHORITY_INFO_ACCESS *list = X509_get_ext_d2i(x, NID_info_access, NULL, NULL);
	bool found = false;

	for (int i = 0; !found && i < sk_ACCESS_DESCRIPTION_num(list); i++) {
		const ACCESS_DESCRIPTION *a = sk_ACCESS_DESCRIPTION_value(list, i);

		if (OBJ_obj2nid(a->method) == method)
			found = take_url(out, a->location, &skip);
	}
	AUTHORITY_INFO_ACCESS_free(list);
	return found;
}

int
sm_cert_url(char **out, struct sm_cert *c, enum sm_url_kind kind, size_t i)
{
	const X509 *x = sm_cert_x509(c);
	bool found;

	*out = NULL;
	if (x == NULL)
		return SM_OK;
	ERR_set_mark();
	if (kind == SM_URL_CRL)
		found = crl_url(out, x, i);
	else
		found = access_url(out, x,
		    kind == SM_URL_OCSP ? NID_ad_OCSP : NID_ad_ca_issuers, i);
	ERR_pop_to_mark();
	return found && *out == NULL ? SM_E_NOMEM : SM_OK;
}

int
sm_ocsp_request(struct sm_cert *cert, struct sm_cert *issuer,
    const struct sm_sink *out)
{
	X509 *x = sm_cert_x509(cert), *by = sm_cert_x509(issuer);
	OCSP_REQUEST *req = OCSP_REQUEST_new();
	OCSP_CERTID *id = NULL;
	unsigned char *der = NULL;
	int len, rc = SM_E_NOMEM;

	if (x == NULL || by == NULL) {
		rc = SM_E_FORMAT;
		goto out;
	}
	if (req == NULL || (id = OCSP_cert_to_id(EVP_sha1(), x, by)) == NULL)
		goto out;
	if (OCSP_request_add0_id(req, id) == NULL) {
		OCSP_CERTID_free(id);
		goto out;
	}
	len = i2d_OCSP_REQUEST(req, &der);
	if (len > 0)
		rc = sm_sink_write(out, sm_bytes(der, (size_t)len));
out:
	OPENSSL_free(der);
	OCSP_REQUEST_free(req);
	return rc;
}

/* ---- does it speak? ---- */

static int64_t
crl_end(const struct sm_pki *p)
{
	int64_t at = 0;

	if (sk_X509_CRL_num(p->crls) > 0)
		sm_path_time(&at, X509_CRL_get0_nextUpdate(
		    sk_X509_CRL_value(p->crls, 0)));
	return at;
}

/* Of several answers the one that ends first. */
static int64_t
ocsp_end(const struct sm_pki *p)
{
	int64_t first = 0, at;

	for (int i = 0; p->ocsp_count > 0 && i < OCSP_resp_count(p->ocsp[0]); i++) {
		ASN1_GENERALIZEDTIME *end = NULL;

		OCSP_single_get0_status(OCSP_resp_get0(p->ocsp[0], i), NULL, NULL,
		    NULL, &end);
		if (sm_path_time(&at, end) && (first == 0 || at < first))
			first = at;
	}
	return first;
}

static int
add(struct sm_pki *p, enum sm_url_kind kind, struct sm_bytes der,
    struct sm_error *err)
{
	if (kind == SM_URL_CRL)
		return sm_pki_add_crl(p, der, err);
	return kind == SM_URL_OCSP ? sm_pki_add_ocsp(p, der, err) : SM_E_USAGE;
}

int
sm_pki_evidence_speaks(bool *speaks, int64_t *next_update, enum sm_url_kind kind,
    struct sm_bytes der, const struct sm_certs *path, size_t which, int64_t at,
    struct sm_error *err)
{
	struct sm_path_options opt = { .at = at };
	struct sm_rev_state state = { .reason = -1 };
	struct sm_chain chain = { .count = path->count };
	struct sm_pki *p = NULL;
	int rc = SM_E_USAGE;

	*speaks = false;
	*next_update = 0;
	if (path->count > SM_CHAIN_MAX || which + 1 >= path->count)
		return SM_E_USAGE;
	memcpy(chain.cert, path->list, path->count * sizeof *path->list);
	SM_TRY_OUT(sm_pki_new(&p, NULL));
	SM_TRY_OUT(add(p, kind, der, err));
	if (kind == SM_URL_CRL)
		SM_TRY_OUT(sm_path_crl(&state, p, &chain, which, NULL, &opt));
	else if (p->ocsp_count > 0)
		SM_TRY_OUT(sm_path_ocsp(&state, p, &chain, which, NULL, &opt));
	*speaks = state.answer != SM_REV_UNKNOWN;
	*next_update = kind == SM_URL_CRL ? crl_end(p) : ocsp_end(p);
out:
	sm_pki_free(p);
	return rc;
}
