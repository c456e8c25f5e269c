#include <stdio.h>

#include <base/try.h>
#include <pki/path_parts.h>

static void
take(struct sm_path_verdict *v, const struct sm_rev_state *s)
{
	v->revocation = s->answer;
	v->revocation_reason = s->reason;
	v->revoked_at = s->at;
	snprintf(v->revocation_why, sizeof(v->revocation_why), "%s", s->why);
}

bool
sm_path_revoked_gravely(const struct sm_rev_state *s)
{
	return s->answer == SM_REV_REVOKED && s->reason <= 2;
}

/* One certificate: lists and responses are both asked, and a word that it is
 * revoked outweighs one that it is good. */
static int
judge_one(struct sm_rev_state *s, const struct sm_pki *p,
    const struct sm_chain *chain, size_t which, const struct sm_certs *carried,
    const struct sm_path_options *opt)
{
	struct sm_rev_state by_list;
	char label[SM_LABEL_MAX];

	memset(s, 0, sizeof(*s));
	s->reason = -1;
	snprintf(s->why, sizeof(s->why), "Not known: neither a revocation list "
	    "nor an OCSP response for the certificate of %s is at hand.",
	    sm_path_label(label, chain->cert[which]));
	by_list = *s;
	if (p->ocsp_count != 0)
		SM_TRY(sm_path_ocsp(s, p, chain, which, carried, opt));
	if (sm_path_revoked_gravely(s) || sk_X509_CRL_num(p->crls) == 0)
		return SM_OK;
	SM_TRY(sm_path_crl(&by_list, p, chain, which, carried, opt));
	if (sm_path_revoked_gravely(&by_list) ||
	    (by_list.answer == SM_REV_REVOKED && s->answer != SM_REV_REVOKED) ||
	    (s->answer == SM_REV_UNKNOWN &&
	    (by_list.answer == SM_REV_GOOD || !s->heard)))
		*s = by_list;
	return SM_OK;
}

/* The issuer of a certificate that is trusted by itself: not a judge of trust,
 * but of revocation it is, once the signature shows that it is the issuer. */
static struct sm_cert *
find_issuer(struct sm_cert *c, const struct sm_pki *p,
    const struct sm_certs *carried)
{
	const struct sm_certs *set[] = { &p->anchors, &p->certs, carried };

	if (sm_name_match(c->subject, c->issuer) || sm_cert_x509(c) == NULL)
		return NULL;
	for (size_t s = 0; s < 3; s++)
		for (size_t i = 0; set[s] != NULL && i < set[s]->count; i++) {
			struct sm_cert *by = set[s]->list[i];
			X509 *x = NULL;

			if (by->ext.is_ca && sm_name_match(by->subject, c->issuer))
				x = sm_cert_x509(by);
			if (x != NULL && X509_get0_pubkey(x) != NULL &&
			    X509_verify(sm_cert_x509(c), X509_get0_pubkey(x)) == 1)
				return by;
		}
	return NULL;
}

static int
judge_trusted(struct sm_path_verdict *v, const struct sm_pki *p,
    const struct sm_chain *chain, const struct sm_certs *carried,
    const struct sm_path_options *opt)
{
	struct sm_chain pair = { .count = 2 };
	struct sm_rev_state one;

	pair.cert[0] = chain->cert[0];
	if (p->ocsp_count != 0 || sk_X509_CRL_num(p->crls) != 0)
		pair.cert[1] = find_issuer(chain->cert[0], p, carried);
	if (pair.cert[1] == NULL) {
		snprintf(v->revocation_why, sizeof(v->revocation_why),
		    "Not known: the certificate is trusted by itself, and "
		    "nobody else speaks for it.");
		return SM_OK;
	}
	SM_TRY(judge_one(&one, p, &pair, 0, carried, opt));
	take(v, &one);
	return SM_OK;
}

int
sm_path_revocation(struct sm_path_verdict *v, const struct sm_pki *p,
    const struct sm_chain *chain, const struct sm_certs *carried,
    const struct sm_path_options *opt, bool *leaf_revoked)
{
	struct sm_rev_state one, answer;

	*leaf_revoked = false;
	if (chain->count < 2)
		return judge_trusted(v, p, chain, carried, opt);
	for (size_t i = 0; i + 1 < chain->count; i++) {
		SM_TRY(judge_one(&one, p, chain, i, carried, opt));
		*leaf_revoked = *leaf_revoked ||
		    (i == 0 && one.answer == SM_REV_REVOKED);
		/* good only when all of the path is; a harmless reason does not
		 * hide a grave one further up */
		if (i == 0 || sm_path_revoked_gravely(&one) ||
		    (answer.answer != SM_REV_REVOKED &&
		    one.answer == SM_REV_REVOKED) ||
		    (answer.answer == SM_REV_GOOD &&
		    one.answer == SM_REV_UNKNOWN))
			answer = one;
		if (sm_path_revoked_gravely(&answer))
			break;
	}
	take(v, &answer);
	return SM_OK;
}
