#include <openssl/err.h>
#include <stdlib.h>

#include <base/der.h>
#include <base/try.h>
#include <pki/path_parts.h>

int
sm_pki_new(struct sm_pki **out, const struct sm_limits *limits)
{
	struct sm_pki *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p == NULL)
		return SM_E_NOMEM;
	p->limits = limits != NULL ? *limits : sm_limits_default();
	p->crls = sk_X509_CRL_new_null();
	if (p->crls == NULL) {
		free(p);
		return SM_E_NOMEM;
	}
	*out = p;
	return SM_OK;
}

void
sm_pki_free(struct sm_pki *p)
{
	if (p == NULL)
		return;
	sm_certs_wipe(&p->anchors);
	sm_certs_wipe(&p->certs);
	sk_X509_CRL_pop_free(p->crls, X509_CRL_free);
	for (size_t i = 0; i < p->ocsp_count; i++)
		OCSP_BASICRESP_free(p->ocsp[i]);
	free(p->ocsp);
	sm_permits_free(p->permits, p->permit_count);
	free(p);
}

int
sm_pki_add_anchor(struct sm_pki *p, struct sm_cert *c)
{
	return sm_certs_add(&p->anchors, c);
}

int
sm_pki_add_cert(struct sm_pki *p, struct sm_cert *c)
{
	return sm_certs_add(&p->certs, c);
}

bool
sm_pki_has_anchors(const struct sm_pki *p)
{
	return p->anchors.count != 0;
}

int
sm_pki_add_crl(struct sm_pki *p, struct sm_bytes der, struct sm_error *err)
{
	const unsigned char *at = der.data;
	X509_CRL *crl = NULL;

	ERR_set_mark();
	if (der.len != 0 && der.len <= LONG_MAX)
		crl = d2i_X509_CRL(NULL, &at, (long)der.len);
	ERR_pop_to_mark();
	if (crl == NULL || at != der.data + der.len) {
		X509_CRL_free(crl);
		return sm_error_set(err, SM_E_FORMAT, "crl-malformed",
		    "RFC 5280 section 5.1", "This is no certificate revocation "
		    "list, or a damaged one. Fetch it again.");
	}
	if (sk_X509_CRL_push(p->crls, crl) <= 0) {
		X509_CRL_free(crl);
		return SM_E_NOMEM;
	}
	return SM_OK;
}

/* OCSPResponse with its BasicOCSPResponse inside, or the latter alone (RFC 5940
 * carries the former, archives the latter). *empty: a response that only says
 * "try later" and the like. */
static OCSP_BASICRESP *
read_ocsp(struct sm_bytes der, bool *empty)
{
	const unsigned char *at = der.data;
	OCSP_RESPONSE *resp = d2i_OCSP_RESPONSE(NULL, &at, (long)der.len);
	OCSP_BASICRESP *bs = NULL;

	*empty = false;
	if (resp != NULL && at == der.data + der.len) {
		*empty = OCSP_response_status(resp) !=
		    OCSP_RESPONSE_STATUS_SUCCESSFUL;
		if (!*empty)
			bs = OCSP_response_get1_basic(resp);
		OCSP_RESPONSE_free(resp);
		return bs;
	}
	OCSP_RESPONSE_free(resp);
	at = der.data;
	bs = d2i_OCSP_BASICRESP(NULL, &at, (long)der.len);
	if (bs != NULL && at != der.data + der.len) {
		OCSP_BASICRESP_free(bs);
		bs = NULL;
	}
	return bs;
}

static int
keep_ocsp(struct sm_pki *p, OCSP_BASICRESP *bs)
{
	if (p->ocsp_count == p->ocsp_cap) {
		size_t cap = p->ocsp_cap == 0 ? 4 : p->ocsp_cap * 2;
		OCSP_BASICRESP **list = reallocarray(p->ocsp, cap, sizeof(*list));

		if (list == NULL)
			return SM_E_NOMEM;
		p->ocsp = list;
		p->ocsp_cap = cap;
	}
	p->ocsp[p->ocsp_count++] = bs;
	return SM_OK;
}

int
sm_pki_add_ocsp(struct sm_pki *p, struct sm_bytes der, struct sm_error *err)
{
	OCSP_BASICRESP *bs = NULL;
	bool empty = false;
	int rc;

	ERR_set_mark();
	if (der.len != 0 && der.len <= LONG_MAX)
		bs = read_ocsp(der, &empty);
	ERR_pop_to_mark();
	if (empty)
		return SM_OK;
	if (bs == NULL)
		return sm_error_set(err, SM_E_FORMAT, "ocsp-malformed",
		    "RFC 6960 section 4.2.1", "This is no OCSP response, or a "
		    "damaged one. Ask the responder again.");
	rc = keep_ocsp(p, bs);
	if (rc != SM_OK)
		OCSP_BASICRESP_free(bs);
	return rc;
}

size_t
sm_pki_cert_count(const struct sm_pki *p)
{
	return p->anchors.count + p->certs.count;
}

struct sm_cert *
sm_pki_cert(const struct sm_pki *p, size_t i)
{
	if (i < p->anchors.count)
		return p->anchors.list[i];
	return p->certs.list[i - p->anchors.count];
}

/* ---- with what a message carried ---- */

static int
add_carried(struct sm_pki *q, const struct sm_bytes *list, size_t count,
    int (*add)(struct sm_pki *, struct sm_bytes, struct sm_error *))
{
	for (size_t i = 0; i < count; i++)
		if (add(q, list[i], NULL) == SM_E_NOMEM)
			return SM_E_NOMEM;
	return SM_OK;
}

int
sm_pki_with_carried(struct sm_pki **out, const struct sm_pki *p,
    const struct sm_path_options *opt)
{
	struct sm_pki *q = NULL;
	int rc = sm_pki_new(&q, &p->limits);

	*out = NULL;
	if (rc == 0)
		q->base = p;
	for (size_t i = 0; rc == 0 && i < p->anchors.count; i++)
		rc = sm_certs_add(&q->anchors, p->anchors.list[i]);
	for (size_t i = 0; rc == 0 && i < p->certs.count; i++)
		rc = sm_certs_add(&q->certs, p->certs.list[i]);
	for (int i = 0; rc == 0 && i < sk_X509_CRL_num(p->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(p->crls, i);

		X509_CRL_up_ref(crl);
		if (sk_X509_CRL_push(q->crls, crl) <= 0) {
			X509_CRL_free(crl);
			rc = SM_E_NOMEM;
		}
	}
	if (rc == 0)
		rc = add_carried(q, opt->crls, opt->crl_count, sm_pki_add_crl);
	if (rc == 0)
		rc = add_carried(q, opt->ocsps, opt->ocsp_count,
		    sm_pki_add_ocsp);
	if (rc != 0) {
		sm_pki_free(q);
		return rc;
	}
	/* The caller's responses are only lent: sm_pki_carried_free() knows. */
	for (size_t i = 0; rc == 0 && i < p->ocsp_count; i++)
		rc = keep_ocsp(q, p->ocsp[i]);
	*out = q;
	return rc;
}

void
sm_pki_carried_free(struct sm_pki *q, const struct sm_pki *p)
{
	if (q == NULL)
		return;
	for (size_t i = 0; i < q->ocsp_count; i++)
		for (size_t k = 0; k < p->ocsp_count; k++)
			if (q->ocsp[i] == p->ocsp[k])
				q->ocsp[i] = NULL;
	sm_pki_free(q);
}
