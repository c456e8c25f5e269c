#include <openssl/objects.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include <base/try.h>
#include <pki/path_parts.h>

/* One question to libcrypto's CRL check: is the first certificate of this
 * chain on a list? The path itself has been judged already; here only what
 * concerns lists is heard. */
struct crl_run {
	const struct sm_chain *chain; /* from the certificate in question up */
	X509 *subject;                /* the certificate in question */
	STACK_OF(X509_CRL) *crls;     /* those not yet found to be useless */
	STACK_OF(X509) *untrusted;
	X509_STORE *store;
	struct sm_rev_state *out;
	X509_CRL *useless;       /* to be left out in the next run */
	X509 *signer;            /* of a list that its issuer did not sign */
	bool nested;             /* this run asks about such a signer */
	bool stale;              /* a list was outside its dates */
	bool failed;             /* libcrypto could not do its work */
};

#define WHY(s, ...) snprintf((s)->why, sizeof((s)->why), __VA_ARGS__)

/* The reason and date in the list's entry. */
static void
take_entry(struct sm_rev_state *s, X509_CRL *crl, X509 *x)
{
	X509_REVOKED *entry = NULL;
	ASN1_ENUMERATED *reason;

	if (crl == NULL || X509_CRL_get0_by_cert(crl, &entry, x) == 0 ||
	    entry == NULL)
		return;
	sm_path_time(&s->at, X509_REVOKED_get0_revocationDate(entry));
	reason = X509_REVOKED_get_ext_d2i(entry, NID_crl_reason, NULL, NULL);
	if (reason != NULL)
		s->reason = (int)ASN1_ENUMERATED_get(reason);
	ASN1_ENUMERATED_free(reason);
}

static void
say_revoked(struct crl_run *r, X509_STORE_CTX *ctx)
{
	char label[SM_LABEL_MAX], day[32];
	struct sm_rev_state *s = r->out;

	s->answer = SM_REV_REVOKED;
	take_entry(s, X509_STORE_CTX_get0_current_crl(ctx), r->subject);
	WHY(s, "The certificate of %s was revoked by its issuer on %s.",
	    sm_path_label(label, r->chain->cert[0]), sm_path_day(day, s->at));
}

static void
say_stale(struct crl_run *r, const X509_CRL *crl, bool ended)
{
	char label[SM_LABEL_MAX], day[32] = "an unknown day";
	int64_t at;

	r->stale = true;
	if (crl != NULL && sm_path_time(&at, ended ?
	    X509_CRL_get0_nextUpdate(crl) : X509_CRL_get0_lastUpdate(crl)))
		sm_path_day(day, at);
	WHY(r->out, "Not known: the revocation list for the certificate of %s "
	    "%s on %s.", sm_path_label(label, r->chain->cert[0]),
	    ended ? "ended" : "begins only", day);
}

/* Does the list's signature fit after all? Then libcrypto had no memory to see it,
 * which it does not always tell: a genuine list must not pass for a forged one. */
static bool
fits_after_all(const struct crl_run *r, X509_CRL *crl)
{
	for (size_t i = 1; crl != NULL && i < r->chain->count; i++) {
		X509 *x = sm_cert_x509(r->chain->cert[i]);
		EVP_PKEY *key = x == NULL ? NULL : X509_get0_pubkey(x);

		if (key != NULL && X509_NAME_cmp(X509_CRL_get_issuer(crl),
		    X509_get_subject_name(x)) == 0 &&
		    X509_CRL_verify(crl, key) == 1)
			return true;
	}
	return false;
}

/* Errors of the question itself: 1 goes on, 0 ends the run. */
static int
hear(struct crl_run *r, X509_STORE_CTX *ctx, int code)
{
	X509_CRL *crl = X509_STORE_CTX_get0_current_crl(ctx);

	switch (code) {
	case X509_V_ERR_CERT_HAS_EXPIRED:
	case X509_V_ERR_CERT_NOT_YET_VALID:
	/* these treat a self-issued authority otherwise when it stands first */
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return 1; /* judged with the path */
	case X509_V_ERR_CRL_HAS_EXPIRED:
	case X509_V_ERR_CRL_NOT_YET_VALID:
		/* an old list still tells who had been revoked */
		say_stale(r, crl, code == X509_V_ERR_CRL_HAS_EXPIRED);
		return 1;
	case X509_V_ERR_CERT_REVOKED:
		say_revoked(r, ctx);
		return 0;
	case X509_V_ERR_UNABLE_TO_GET_CRL:
		return 0;
	case X509_V_ERR_CRL_SIGNATURE_FAILURE:
		r->failed = fits_after_all(r, crl);
		r->useless = crl;
		return 0;
	default:
		/* A list that is forged, or of another scope, must not hide
		 * the genuine one: it is left out and the question repeated. */
		r->useless = crl;
		return 0;
	}
}

static int
verify_cb(int ok, X509_STORE_CTX *ctx)
{
	X509_STORE_CTX *parent = X509_STORE_CTX_get0_parent_ctx(ctx);
	struct crl_run *r;

	/* the path of a list's signer: its faults are not forgiven */
	if (parent != NULL) {
		r = X509_STORE_CTX_get_app_data(parent);
		if (r != NULL)
			r->signer = X509_STORE_CTX_get0_cert(ctx);
		return ok;
	}
	if (ok)
		return 1;
	r = X509_STORE_CTX_get_app_data(ctx);
	return r != NULL ? hear(r, ctx, X509_STORE_CTX_get_error(ctx)) : 0;
}

/* Did libcrypto take the path that was judged, not one of other certificates
 * of the same names? A list's signer has no such path. */
static bool
same_path(const struct crl_run *r, X509_STORE_CTX *ctx)
{
	const STACK_OF(X509) *built = X509_STORE_CTX_get0_chain(ctx);

	if (r->nested)
		return true;
	if (sk_X509_num(built) != (int)r->chain->count)
		return false;
	for (int i = 0; i < sk_X509_num(built); i++)
		if (X509_cmp(sk_X509_value(built, i),
		    sm_cert_x509(r->chain->cert[i])) != 0)
			return false;
	return true;
}

static int
run_once(struct crl_run *r)
{
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	int rc = SM_E_NOMEM;

	r->useless = NULL;
	r->signer = NULL;
	r->stale = false;
	if (ctx == NULL || X509_STORE_CTX_init(ctx, r->store, r->subject,
	    r->untrusted) != 1 ||
	    X509_STORE_CTX_set_app_data(ctx, r) != 1)
		goto out;
	X509_STORE_CTX_set0_crls(ctx, r->crls);
	X509_STORE_CTX_set_verify_cb(ctx, verify_cb);
	rc = SM_OK;
	if (X509_verify_cert(ctx) == 1) {
		if (!r->stale && same_path(r, ctx))
			r->out->answer = SM_REV_GOOD;
	} else if (X509_STORE_CTX_get_error(ctx) == X509_V_ERR_OUT_OF_MEM) {
		rc = SM_E_NOMEM;
	}
out:
	X509_STORE_CTX_free(ctx);
	return rc;
}

/* Ask, leave out what is useless, ask again. */
static int
run_all(struct crl_run *r)
{
	for (;;) {
		SM_TRY(run_once(r));
		if (r->failed)
			return SM_E_NOMEM;
		if (r->useless == NULL ||
		    sk_X509_CRL_delete_ptr(r->crls, r->useless) == NULL)
			return SM_OK;
	}
}

/* The list was signed by a certificate of its own: is that one still good?
 * RFC 5280 section 6.3.3 (f); one level is enough for real lists. */
static int
ask_signer(struct crl_run *r)
{
	struct sm_rev_state answer = { .reason = -1 };
	struct crl_run s = *r;
	int rc;

	s.subject = r->signer;
	s.nested = true;
	s.out = &answer;
	s.crls = sk_X509_CRL_dup(r->crls);
	if (s.crls == NULL)
		return SM_E_NOMEM;
	rc = run_all(&s);
	sk_X509_CRL_free(s.crls);
	if (rc == SM_OK && answer.answer != SM_REV_GOOD) {
		r->out->answer = SM_REV_UNKNOWN;
		r->stale = true;
		WHY(r->out, "Not known: the certificate that signed the revocation "
		    "list is revoked itself, or nothing is known about it.");
	}
	return rc;
}

static int
run(struct crl_run *r)
{
	char label[SM_LABEL_MAX];

	SM_TRY(run_all(r));
	if (r->out->answer == SM_REV_GOOD && r->signer != NULL)
		SM_TRY(ask_signer(r));
	if (r->out->answer == SM_REV_GOOD)
		WHY(r->out, "Not revoked, by the revocation lists at hand.");
	else if (r->out->answer == SM_REV_UNKNOWN && !r->stale)
		WHY(r->out, "Not known: no usable revocation list for the "
		    "certificate of %s is at hand.",
		    sm_path_label(label, r->chain->cert[0]));
	return SM_OK;
}

/* Anchor into the store, everything else as possible issuers of lists, those
 * of the chain first so that libcrypto takes the path that was judged. */
static int
push_all(STACK_OF(X509) *to, struct sm_cert *const *list, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		X509 *x = sm_cert_x509(list[i]);

		if (x != NULL && sk_X509_push(to, x) <= 0)
			return SM_E_NOMEM;
	}
	return SM_OK;
}

static int
prepare(struct crl_run *r, const struct sm_pki *p,
    const struct sm_certs *carried, const struct sm_path_options *opt)
{
	const struct sm_chain *c = r->chain;
	X509_VERIFY_PARAM *param;

	r->store = X509_STORE_new();
	r->untrusted = sk_X509_new_null();
	if (r->store == NULL || r->untrusted == NULL ||
	    X509_STORE_add_cert(r->store,
	    sm_cert_x509(c->cert[c->count - 1])) != 1)
		return SM_E_NOMEM;
	SM_TRY(push_all(r->untrusted, c->cert + 1, c->count - 2));
	SM_TRY(push_all(r->untrusted, p->certs.list, p->certs.count));
	if (carried != NULL)
		SM_TRY(push_all(r->untrusted, carried->list, carried->count));
	param = X509_STORE_get0_param(r->store);
	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_time(param, (time_t)opt->at);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	return X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
	    X509_V_FLAG_CRL_CHECK | X509_V_FLAG_EXTENDED_CRL_SUPPORT |
	    X509_V_FLAG_USE_DELTAS) == 1 ? SM_OK : SM_E_NOMEM;
}

static bool
crl_weak(const X509_CRL *crl)
{
	int md = NID_undef;

	return OBJ_find_sigid_algs(X509_CRL_get_signature_nid(crl), &md, NULL) ==
	    1 && sm_path_digest_weak(md);
}

/* libcrypto blames the full list for a delta that does not verify, so that a
 * forged delta would take the genuine list with it: deltas must be signed by an
 * authority of the path before they are used at all. */
static bool
delta_forged(X509_CRL *crl, const struct sm_chain *chain)
{
	if (X509_CRL_get_ext_by_NID(crl, NID_delta_crl, -1) < 0)
		return false;
	for (size_t i = 1; i < chain->count; i++) {
		EVP_PKEY *key = X509_get0_pubkey(sm_cert_x509(chain->cert[i]));

		if (key != NULL && X509_CRL_verify(crl, key) == 1)
			return false;
	}
	return true;
}

/* Which lists to ask. */
struct crl_choice {
	bool strong_only;
	int64_t made_until; /* only those that were made by then */
	bool left_out;      /* a weak one was passed over */
};

static STACK_OF(X509_CRL) *
choose(const struct sm_pki *p, const struct sm_chain *chain, struct crl_choice *which)
{
	STACK_OF(X509_CRL) *to = sk_X509_CRL_new_null();

	which->left_out = false;
	for (int i = 0; to != NULL && i < sk_X509_CRL_num(p->crls); i++) {
		X509_CRL *crl = sk_X509_CRL_value(p->crls, i);
		int64_t made = INT64_MIN;

		sm_path_time(&made, X509_CRL_get0_lastUpdate(crl));
		if (delta_forged(crl, chain) || made > which->made_until)
			continue;
		if (which->strong_only && crl_weak(crl)) {
			which->left_out = true;
		} else if (sk_X509_CRL_push(to, crl) <= 0) {
			sk_X509_CRL_free(to);
			return NULL;
		}
	}
	return to;
}

static int
ask(struct crl_run *r, const struct sm_pki *p, struct crl_choice *which)
{
	int rc;

	r->crls = choose(p, r->chain, which);
	if (r->crls == NULL)
		return SM_E_NOMEM;
	rc = run(r);
	sk_X509_CRL_free(r->crls);
	return rc;
}

/* A list drops what has expired (RFC 5280 section 3.3): that an expired certificate is
 * not on a list that was made later says nothing. Not true of lists that say they keep
 * them (X.509 expiredCertsOnCRL), which nobody was seen to make for mail. */
static int
doubt_silence(struct crl_run *r, const struct sm_pki *p,
    const struct sm_path_options *opt)
{
	const struct sm_cert *c = r->chain->cert[0];
	struct crl_choice timely = { !opt->allow_weak, sm_cert_not_after(c), false };
	struct sm_rev_state again = { .reason = -1 };
	struct crl_run s = *r;
	char label[SM_LABEL_MAX];

	if (r->out->answer != SM_REV_GOOD || sm_cert_not_after(c) >= opt->at)
		return SM_OK;
	s.out = &again;
	SM_TRY(ask(&s, p, &timely));
	if (again.answer == SM_REV_GOOD)
		return SM_OK;
	r->out->answer = SM_REV_UNKNOWN;
	WHY(r->out, "Not known: the revocation list was made after the certificate of %s "
	    "had expired, and such lists leave the expired out.",
	    sm_path_label(label, c));
	return SM_OK;
}

int
sm_path_crl(struct sm_rev_state *out, const struct sm_pki *p,
    const struct sm_chain *chain, size_t which, const struct sm_certs *carried,
    const struct sm_path_options *opt)
{
	struct sm_chain part = { .count = chain->count - which };
	struct crl_run r = { .chain = &part, .out = out };
	struct sm_rev_state weak = *out;
	struct crl_choice all = { !opt->allow_weak, INT64_MAX, false };
	int rc;

	memcpy(part.cert, chain->cert + which, part.count * sizeof(*part.cert));
	r.subject = sm_cert_x509(part.cert[0]);
	SM_TRY_OUT(prepare(&r, p, carried, opt));
	SM_TRY_OUT(ask(&r, p, &all));
	SM_TRY_OUT(doubt_silence(&r, p, opt));
	if (!all.left_out || out->answer != SM_REV_UNKNOWN)
		goto out;
	/* A weakly signed list proves no innocence, but its warning counts. */
	r.out = &weak;
	all.strong_only = false;
	SM_TRY_OUT(ask(&r, p, &all));
	if (weak.answer == SM_REV_REVOKED)
		*out = weak;
	else if (weak.answer == SM_REV_GOOD)
		WHY(out, "Not known: the revocation list at hand is signed with a "
		    "digest that is too weak today.");
out:
	X509_STORE_free(r.store);
	sk_X509_free(r.untrusted);
	return rc;
}
