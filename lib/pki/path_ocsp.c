#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <stdio.h>

#include <base/try.h>
#include <pki/path_parts.h>

/* Clocks of responder and reader may differ that much. */
#define SKEW_SECONDS 300
/* A response without nextUpdate says that newer ones can always be had (RFC
 * 6960 section 4.2.2.1): nobody asks here, so it counts for a day. */
#define NO_NEXT_UPDATE_SECONDS 86400

#define WHY(s, ...) snprintf((s)->why, sizeof((s)->why), __VA_ARGS__)

struct question {
	struct sm_cert *cert;
	X509 *subject;
	X509 *issuer;
	STACK_OF(X509) *others; /* where the responder's certificate may be */
	X509_STORE *store;      /* trusts the issuer, nobody else */
	const struct sm_path_options *opt;
};

/* Does the response's CertID name our certificate? RFC 6960 section 4.1.1 */
static bool
names_ours(const struct question *q, const OCSP_SINGLERESP *single)
{
	OCSP_CERTID *id = (OCSP_CERTID *)OCSP_SINGLERESP_get0_id(single);
	OCSP_CERTID *own;
	ASN1_OBJECT *md_oid = NULL;
	const EVP_MD *md;
	bool same;

	if (id == NULL || OCSP_id_get0_info(NULL, &md_oid, NULL, NULL, id) != 1)
		return false;
	md = EVP_get_digestbyobj(md_oid);
	own = md != NULL ? OCSP_cert_to_id(md, q->subject, q->issuer) : NULL;
	same = own != NULL && OCSP_id_cmp(own, id) == 0;
	OCSP_CERTID_free(own);
	return same;
}

static OCSP_SINGLERESP *
find_single(const struct question *q, OCSP_BASICRESP *bs)
{
	for (int i = 0; i < OCSP_resp_count(bs); i++) {
		OCSP_SINGLERESP *single = OCSP_resp_get0(bs, i);

		if (single != NULL && names_ours(q, single))
			return single;
	}
	return NULL;
}

static bool
signature_weak(const OCSP_BASICRESP *bs)
{
	const X509_ALGOR *alg = OCSP_resp_get0_tbs_sigalg(bs);
	const ASN1_OBJECT *oid = NULL;
	int md = NID_undef;

	X509_ALGOR_get0(&oid, NULL, NULL, alg);
	return OBJ_find_sigid_algs(OBJ_obj2nid(oid), &md, NULL) == 1 &&
	    sm_path_digest_weak(md);
}

static void
say_revoked(struct sm_rev_state *s, const struct question *q,
    const ASN1_TIME *at, int reason)
{
	char label[SM_LABEL_MAX], day[32];

	s->answer = SM_REV_REVOKED;
	s->reason = reason;
	s->at = 0;
	sm_path_time(&s->at, at);
	WHY(s, "The certificate of %s was revoked by its issuer on %s.",
	    sm_path_label(label, q->cert), sm_path_day(day, s->at));
}

/* thisUpdate and nextUpdate against the time in question. */
static bool
fresh(struct sm_rev_state *s, const struct question *q, const ASN1_TIME *begin,
    const ASN1_TIME *end)
{
	char label[SM_LABEL_MAX], day[32];
	int64_t from, to, at = q->opt->at;

	sm_path_label(label, q->cert);
	if (!sm_path_time(&from, begin))
		return false;
	if (!sm_path_time(&to, end))
		to = from + NO_NEXT_UPDATE_SECONDS;
	if (from > at + SKEW_SECONDS) {
		WHY(s, "Not known: the OCSP response for the certificate of %s "
		    "begins only on %s.", label, sm_path_day(day, from));
		return false;
	}
	if (to < at - SKEW_SECONDS) {
		WHY(s, "Not known: the OCSP response for the certificate of %s "
		    "ended on %s.", label, sm_path_day(day, to));
		return false;
	}
	return true;
}

/* A responder may have forgotten what has expired: its "good" counts when it was said
 * before, or when it says how far back it remembers (RFC 6960 section 4.4.4). */
static bool
remembers(struct sm_rev_state *s, const struct question *q, OCSP_SINGLERESP *single,
    const ASN1_TIME *begin)
{
	int64_t end = sm_cert_not_after(q->cert), from = 0, back = INT64_MAX;
	ASN1_GENERALIZEDTIME *cutoff;
	char label[SM_LABEL_MAX];

	if (!sm_path_time(&from, begin) || from <= end)
		return true;
	cutoff = OCSP_SINGLERESP_get1_ext_d2i(single, NID_id_pkix_OCSP_archiveCutoff,
	    NULL, NULL);
	if (cutoff != NULL)
		sm_path_time(&back, cutoff);
	ASN1_GENERALIZEDTIME_free(cutoff);
	if (back <= end)
		return true;
	WHY(s, "Not known: the OCSP response is newer than the end of the certificate of "
	    "%s, and responders forget the expired.", sm_path_label(label, q->cert));
	return false;
}

/* The response is genuine: what does it say? */
static void
take_answer(struct sm_rev_state *s, const struct question *q,
    const OCSP_BASICRESP *bs, OCSP_SINGLERESP *single)
{
	ASN1_GENERALIZEDTIME *at = NULL, *begin = NULL, *end = NULL;
	char label[SM_LABEL_MAX];
	int reason = -1;

	switch (OCSP_single_get0_status(single, &reason, &at, &begin, &end)) {
	case V_OCSP_CERTSTATUS_REVOKED:
		/* also from an old response: revocation does not go away */
		say_revoked(s, q, at, reason);
		break;
	case V_OCSP_CERTSTATUS_GOOD:
		if (!fresh(s, q, begin, end) || !remembers(s, q, single, begin))
			break;
		if (!q->opt->allow_weak && signature_weak(bs)) {
			WHY(s, "Not known: the OCSP response at hand is signed with "
			    "a digest that is too weak today.");
			break;
		}
		s->answer = SM_REV_GOOD;
		WHY(s, "Not revoked, by an OCSP response.");
		break;
	default:
		WHY(s, "Not known: the OCSP responder does not know the "
		    "certificate of %s.", sm_path_label(label, q->cert));
		break;
	}
}

/* RFC 6960 section 4.2.2.2: signed by the issuer itself, or by a responder
 * that the issuer certified for OCSP signing. */
static void
judge_response(struct sm_rev_state *s, const struct question *q,
    OCSP_BASICRESP *bs)
{
	OCSP_SINGLERESP *single = find_single(q, bs);
	char label[SM_LABEL_MAX];

	if (single == NULL)
		return;
	s->heard = true;
	if (OCSP_basic_verify(bs, q->others, q->store, OCSP_PARTIAL_CHAIN) == 1)
		take_answer(s, q, bs, single);
	else
		WHY(s, "Not known: the OCSP response for the certificate of %s is "
		    "not signed by its issuer or a responder of its issuer.",
		    sm_path_label(label, q->cert));
}

static int
prepare(struct question *q, const struct sm_pki *p,
    const struct sm_certs *carried)
{
	const struct sm_certs *sets[] = { &p->certs, carried };
	X509_VERIFY_PARAM *param;

	q->store = X509_STORE_new();
	q->others = sk_X509_new_null();
	if (q->store == NULL || q->others == NULL ||
	    X509_STORE_add_cert(q->store, q->issuer) != 1 ||
	    sk_X509_push(q->others, q->issuer) <= 0)
		return SM_E_NOMEM;
	for (size_t k = 0; k < 2; k++)
		for (size_t i = 0; sets[k] != NULL && i < sets[k]->count; i++) {
			X509 *x = sm_cert_x509(sets[k]->list[i]);

			if (x != NULL && sk_X509_push(q->others, x) <= 0)
				return SM_E_NOMEM;
		}
	param = X509_STORE_get0_param(q->store);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_time(param, (time_t)q->opt->at);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN) ==
	    1 ? SM_OK : SM_E_NOMEM;
}

int
sm_path_ocsp(struct sm_rev_state *out, const struct sm_pki *p,
    const struct sm_chain *chain, size_t which, const struct sm_certs *carried,
    const struct sm_path_options *opt)
{
	struct question q = {
		.cert = chain->cert[which],
		.subject = sm_cert_x509(chain->cert[which]),
		.issuer = sm_cert_x509(chain->cert[which + 1]),
		.opt = opt,
	};
	int rc;

	SM_TRY_OUT(prepare(&q, p, carried));
	for (size_t i = 0; i < p->ocsp_count; i++) {
		struct sm_rev_state one = *out;

		one.answer = SM_REV_UNKNOWN;
		judge_response(&one, &q, p->ocsp[i]);
		/* revoked outweighs good, good outweighs unknown */
		if (sm_path_revoked_gravely(&one) ||
		    (one.answer == SM_REV_REVOKED &&
		    out->answer != SM_REV_REVOKED) ||
		    out->answer == SM_REV_UNKNOWN)
			*out = one;
		if (sm_path_revoked_gravely(out))
			break;
	}
out:
	X509_STORE_free(q.store);
	sk_X509_free(q.others);
	return rc;
}
