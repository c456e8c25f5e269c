#include <openssl/err.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>
#include <stdio.h>

#include <base/try.h>
#include <mime/domain.h>
#include <pki/path_parts.h>

/* Complete chains that are judged in one check; each costs its signatures. */
#define CHAINS_MAX 24

static void
say(char *out, size_t size, const char *fmt, ...) SM_PRINTF(3, 4);

static void
say(char *out, size_t size, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out, size, fmt, ap);
	va_end(ap);
}

#define WHY(v, ...) say((v)->why, sizeof((v)->why), __VA_ARGS__)
#define FIX(v, ...) say((v)->fix, sizeof((v)->fix), __VA_ARGS__)

static int
set_policies(X509_VERIFY_PARAM *param, const struct sm_path_options *opt)
{
	unsigned long flags = X509_V_FLAG_POLICY_CHECK;

	for (size_t i = 0; opt->policies != NULL && opt->policies[i] != NULL;
	    i++) {
		ASN1_OBJECT *oid = OBJ_txt2obj(opt->policies[i], 1);

		if (oid == NULL)
			return SM_E_USAGE;
		if (X509_VERIFY_PARAM_add0_policy(param, oid) != 1) {
			ASN1_OBJECT_free(oid);
			return SM_E_NOMEM;
		}
	}
	/* No wish of ours is any policy (RFC 5280 section 6.1.1): without it a path
	 * whose own CAs require a policy is refused whatever it asserts. */
	if ((opt->policies == NULL || opt->policies[0] == NULL) &&
	    X509_VERIFY_PARAM_add0_policy(param,
	    OBJ_nid2obj(NID_any_policy)) != 1)
		return SM_E_NOMEM;
	if (opt->explicit_policy)
		flags |= X509_V_FLAG_EXPLICIT_POLICY;
	if (opt->inhibit_mapping)
		flags |= X509_V_FLAG_INHIBIT_MAP;
	if (opt->inhibit_any)
		flags |= X509_V_FLAG_INHIBIT_ANY;
	return X509_VERIFY_PARAM_set_flags(param, flags) == 1 ?
	    SM_OK : SM_E_NOMEM;
}

/* Dates, strength and purposes are judged by us, so that each has its own
 * sentence and result; signatures, names, constraints and policies by
 * libcrypto. A person's CN is no host name, whatever it looks like. */
static int
set_param(X509_STORE_CTX *ctx, const struct sm_path_options *opt)
{
	X509_VERIFY_PARAM *param = X509_STORE_CTX_get0_param(ctx);

	X509_VERIFY_PARAM_set_auth_level(param, 0);
	X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
	X509_VERIFY_PARAM_set_depth(param, SM_CHAIN_MAX);
	if (X509_VERIFY_PARAM_set_flags(param, X509_V_FLAG_PARTIAL_CHAIN |
	    X509_V_FLAG_NO_CHECK_TIME) != 1)
		return SM_E_NOMEM;
	return set_policies(param, opt);
}

/* libcrypto sees this chain and no other certificate. */
static int
fill_stacks(STACK_OF(X509) *trusted, STACK_OF(X509) *middle,
    const struct sm_chain *chain)
{
	for (size_t i = 1; i < chain->count; i++) {
		STACK_OF(X509) *to = i + 1 < chain->count ? middle : trusted;

		if (sk_X509_push(to, sm_cert_x509(chain->cert[i])) <= 0)
			return SM_E_NOMEM;
	}
	return SM_OK;
}

/* Objections to names may be about an SmtpUTF8Mailbox: then they are heard, and
 * the names are judged once more by our own comparison. */
struct names {
	bool has_utf8_mail;
	bool doubt;
};

static int
verify_cb(int ok, X509_STORE_CTX *ctx)
{
	struct names *n = X509_STORE_CTX_get_app_data(ctx);

	if (ok || n == NULL || !n->has_utf8_mail)
		return ok;
	switch (X509_STORE_CTX_get_error(ctx)) {
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		n->doubt = true;
		return 1;
	default:
		return 0;
	}
}

/* Verify one chain. 0 with the X509_V_ code and its depth. */
static int
verify_chain(int *code, size_t *depth, const struct sm_chain *chain,
    const struct sm_path_options *opt)
{
	STACK_OF(X509) *trusted = sk_X509_new_null();
	STACK_OF(X509) *middle = sk_X509_new_null();
	X509_STORE_CTX *ctx = X509_STORE_CTX_new();
	struct names names = { sm_path_has_utf8_mail(chain), false };
	int rc = SM_E_NOMEM;

	*depth = 0;
	if (trusted == NULL || middle == NULL || ctx == NULL)
		goto out;
	SM_TRY_OUT(fill_stacks(trusted, middle, chain));
	rc = SM_E_NOMEM;
	if (X509_STORE_CTX_init(ctx, NULL, sm_cert_x509(chain->cert[0]),
	    middle) != 1)
		goto out;
	X509_STORE_CTX_set0_trusted_stack(ctx, trusted);
	X509_STORE_CTX_set_verify_cb(ctx, verify_cb);
	if (X509_STORE_CTX_set_app_data(ctx, &names) != 1)
		goto out;
	SM_TRY_OUT(set_param(ctx, opt));
	rc = SM_OK;
	if (X509_verify_cert(ctx) == 1) {
		*code = sm_path_names_allowed(chain, names.doubt) ? X509_V_OK :
		    X509_V_ERR_PERMITTED_VIOLATION;
		goto out;
	}
	*code = X509_STORE_CTX_get_error(ctx);
	if (*code == X509_V_OK || *code == X509_V_ERR_OUT_OF_MEM)
		rc = SM_E_NOMEM;
	if (X509_STORE_CTX_get_error_depth(ctx) > 0)
		*depth = (size_t)X509_STORE_CTX_get_error_depth(ctx);
	if (*depth >= chain->count)
		*depth = chain->count - 1;
out:
	X509_STORE_CTX_free(ctx);
	sk_X509_free(middle);
	sk_X509_free(trusted);
	return rc;
}

/* What a code of libcrypto's means, as the rest of "In the certificate of X,
 * ...". */
static const char *
code_text(int code)
{
	switch (code) {
	case X509_V_ERR_CERT_SIGNATURE_FAILURE:
	case X509_V_ERR_UNABLE_TO_DECRYPT_CERT_SIGNATURE:
		return "the issuer's signature does not fit: it was changed or forged";
	case X509_V_ERR_UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY:
		return "the issuer's key cannot be used (a DSA key that takes its "
		    "parameters from above, or an unknown kind)";
	case X509_V_ERR_UNSUPPORTED_SIGNATURE_ALGORITHM:
		return "the signature algorithm is not known here";
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
	case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
	case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
		return "the certificate of that issuer's name is not the one it "
		    "was made with";
	case X509_V_ERR_INVALID_CA:
	case X509_V_ERR_KEYUSAGE_NO_CERTSIGN:
		return "the issuer is not allowed to issue certificates";
	case X509_V_ERR_PATH_LENGTH_EXCEEDED:
		return "there are more authorities below it than it allows";
	case X509_V_ERR_UNHANDLED_CRITICAL_EXTENSION:
		return "a critical extension is not known here";
	case X509_V_ERR_INVALID_EXTENSION:
		return "an extension is malformed";
	case X509_V_ERR_PERMITTED_VIOLATION:
	case X509_V_ERR_EXCLUDED_VIOLATION:
		return "a name lies outside what its authority may issue for";
	case X509_V_ERR_SUBTREE_MINMAX:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_TYPE:
	case X509_V_ERR_UNSUPPORTED_CONSTRAINT_SYNTAX:
	case X509_V_ERR_UNSUPPORTED_NAME_SYNTAX:
		return "a name constraint cannot be applied";
	case X509_V_ERR_INVALID_POLICY_EXTENSION:
		return "the certificate policies contradict each other";
	case X509_V_ERR_NO_EXPLICIT_POLICY:
		return "no policy is left that all of the path asserts";
	default:
		return X509_verify_cert_error_string(code);
	}
}

static void
say_broken(struct sm_path_verdict *v, const struct sm_cert *c, const char *rule)
{
	char label[SM_LABEL_MAX];

	v->result = SM_PATH_INVALID;
	WHY(v, "The certificate of %s breaks a rule: %s.",
	    sm_path_label(label, c), rule);
	FIX(v, "Do not rely on it. Its issuer has to issue a new certificate.");
}

/* A key that takes its DSA parameters from its issuer's (RFC 3279 section
 * 2.3.2), a curve by explicit parameters, a kind newer than this libcrypto:
 * nothing can be verified with it, and libcrypto judges no path through it. */
static bool
keys_usable(struct sm_path_verdict *v, const struct sm_chain *chain)
{
	char label[SM_LABEL_MAX];

	/* one that is trusted by itself needs nothing verified */
	for (size_t i = 0; chain->count > 1 && i < chain->count; i++) {
		X509 *x = sm_cert_x509(chain->cert[i]);

		if (x != NULL && X509_get0_pubkey(x) != NULL)
			continue;
		v->result = SM_PATH_INVALID;
		WHY(v, "The public key in the certificate of %s is of a kind that "
		    "cannot be used here.", sm_path_label(label, chain->cert[i]));
		FIX(v, "A newer OpenSSL may know it: 3.5 has post-quantum keys. DSA "
		    "keys without parameters of their own are not supported.");
		return false;
	}
	return true;
}

/* RFC 5280 section 6.1.3 (a)(2); the anchor's dates count as well. */
static bool
dates_stand(struct sm_path_verdict *v, const struct sm_chain *chain, int64_t at)
{
	const struct sm_cert *late = NULL, *early = NULL;
	char label[SM_LABEL_MAX], day[32];

	for (size_t i = chain->count; i-- > 0;) {
		if (at > sm_cert_not_after(chain->cert[i]))
			late = chain->cert[i];
		if (at < sm_cert_not_before(chain->cert[i]))
			early = chain->cert[i];
	}
	if (late != NULL) {
		v->result = SM_PATH_EXPIRED;
		WHY(v, "The certificate of %s expired on %s.",
		    sm_path_label(label, late),
		    sm_path_day(day, sm_cert_not_after(late)));
		FIX(v, "Ask its owner for the certificate that replaced it.");
		return false;
	}
	if (early != NULL) {
		v->result = SM_PATH_NOT_YET;
		WHY(v, "The certificate of %s is valid only from %s.",
		    sm_path_label(label, early),
		    sm_path_day(day, sm_cert_not_before(early)));
		FIX(v, "Check this computer's date.");
		return false;
	}
	return true;
}

static void
judge_strength(struct sm_path_verdict *v, const struct sm_chain *chain,
    const struct sm_path_options *opt)
{
	char what[64];

	if (!sm_path_weak(chain, what, sizeof(what)))
		return;
	v->weak = true;
	if (opt->allow_weak)
		return;
	v->result = SM_PATH_WEAK;
	WHY(v, "The path rests on %s, which is too weak today.", what);
	FIX(v, "Ask for a new certificate; for mail of its time, use --archive.");
}

static void
say_good(struct sm_path_verdict *v, const struct sm_chain *chain)
{
	const struct sm_cert *anchor = chain->cert[chain->count - 1];
	char label[SM_LABEL_MAX];

	v->result = SM_PATH_GOOD;
	sm_path_label(label, anchor);
	say(v->anchor, sizeof(v->anchor), "%s", sm_cert_subject_text(anchor));
	if (chain->count == 1)
		WHY(v, "The certificate itself is trusted.");
	else
		WHY(v, "Issued under %s, which is trusted.", label);
	v->fix[0] = '\0';
}

static bool
may_issue_for_mail(struct sm_path_verdict *v, const struct sm_chain *chain,
    const struct sm_path_options *opt)
{
	char label[SM_LABEL_MAX];
	size_t i = opt->purpose == SM_PURPOSE_ANY ? 0 : sm_path_eku_broken(chain);

	if (i == 0)
		return true;
	v->result = SM_PATH_UNTRUSTED;
	WHY(v, "The authority %s is limited to other uses than mail.",
	    sm_path_label(label, chain->cert[i]));
	FIX(v, "The owner needs a certificate from an authority for mail.");
	return false;
}

/* The user may have limited an anchor to the mail of some domains. */
static bool
may_vouch(struct sm_path_verdict *v, const struct sm_pki *p,
    const struct sm_chain *chain)
{
	const char *mail = sm_path_outside(p, chain);
	const struct sm_cert *anchor = chain->cert[chain->count - 1];
	const char *at = mail != NULL ? strrchr(mail, '@') : NULL;
	char label[SM_LABEL_MAX];

	if (mail == NULL)
		return true;
	/* What goes into a command must be nothing but a domain. */
	if (at != NULL && !sm_domain_valid(sm_bytes_str(at + 1)))
		at = NULL;
	sm_path_label(label, anchor);
	v->result = SM_PATH_UNTRUSTED;
	if (*mail == '\0')
		WHY(v, "You trust %s for the mail of certain domains only, and the "
		    "certificate names no mail address.", label);
	else
		WHY(v, "You trust %s for the mail of certain domains only, and "
		    "%.60s is not in them.", label, mail);
	FIX(v, "If it shall vouch for them as well: `sealmail trust add --domain "
	    "%.90s %02x%02x%02x%02x`.", at != NULL ? at + 1 : "DOMAIN",
	    sm_cert_sha256(anchor)[0], sm_cert_sha256(anchor)[1],
	    sm_cert_sha256(anchor)[2], sm_cert_sha256(anchor)[3]);
	return false;
}

/* Everything but revocation about one chain. 0 or SM_E_NOMEM. */
static int
judge_chain(struct sm_path_verdict *v, const struct sm_pki *p,
    const struct sm_chain *chain, const struct sm_path_options *opt)
{
	const char *rule;
	size_t which = 0;
	int code = X509_V_OK;

	v->weak = false;
	v->anchor[0] = '\0';
	memcpy(v->path, chain->cert, chain->count * sizeof *v->path);
	v->path_count = chain->count;
	rule = sm_path_rule_broken(chain, &which);
	if (rule != NULL) {
		say_broken(v, chain->cert[which], rule);
		return SM_OK;
	}
	if (!keys_usable(v, chain))
		return SM_OK;
	if (chain->count > 1)
		SM_TRY(verify_chain(&code, &which, chain, opt));
	if (code != X509_V_OK) {
		say_broken(v, chain->cert[which], code_text(code));
		return SM_OK;
	}
	if (!may_issue_for_mail(v, chain, opt) || !may_vouch(v, p, chain) ||
	    !dates_stand(v, chain, opt->at))
		return SM_OK;
	say_good(v, chain);
	judge_strength(v, chain, opt);
	return SM_OK;
}

/* How near a verdict is to good: of several bad paths the best is told. */
static int
rank(const struct sm_path_verdict *v)
{
	switch (v->result) {
	case SM_PATH_GOOD:
		return v->revocation == SM_REV_REVOKED ? 4 : 6;
	case SM_PATH_WEAK:
		return 5;
	case SM_PATH_EXPIRED:
		return 3;
	case SM_PATH_NOT_YET:
		return 2;
	case SM_PATH_INVALID:
		return 1;
	case SM_PATH_UNTRUSTED:
		break;
	}
	return 0;
}

static void
say_untrusted(struct sm_path_verdict *v, const struct sm_chain_walk *w)
{
	const struct sm_cert *top = w->dead_end;
	char label[SM_LABEL_MAX];

	v->result = SM_PATH_UNTRUSTED;
	v->path[0] = w->dead_end;
	v->path_count = 1;
	v->no_issuer = !w->too_long && w->steps_left != 0 &&
	    !sm_name_match(top->subject, top->issuer);
	sm_path_label(label, top);
	if (w->too_long || w->steps_left == 0) {
		WHY(v, "No path to a trusted authority was found within the limit "
		    "of %u certificates.", (unsigned)w->pki->limits.path_length);
		FIX(v, "If you trust the authority, keep its certificate with "
		    "`sealmail trust add FILE`, or name it with --trust FILE.");
	} else if (sm_name_match(top->subject, top->issuer)) {
		WHY(v, top == w->chain.cert[0] ?
		    "The certificate of %s is self-signed and not among the "
		    "trusted ones." :
		    "The path ends at %s, which is not among the trusted "
		    "authorities.", label);
		FIX(v, "If you know it to be genuine (compare its fingerprint), "
		    "keep it with `sealmail trust add FILE`, or name it with "
		    "--trust FILE.");
	} else {
		WHY(v, "The issuer of the certificate of %s is not among the "
		    "trusted authorities, nor is its certificate at hand.", label);
		FIX(v, "Get the issuer's certificate from a source you trust: "
		    "`sealmail trust add FILE` or --trust FILE for a root, "
		    "--certs FILE for an intermediate.");
	}
}

struct search {
	const struct sm_pki *pki;
	const struct sm_certs *carried;
	const struct sm_path_options *opt;
	struct sm_chain_walk walk;
};

/* Judge the walk's chain into *try; *stop when no other can be better. */
static int
judge_candidate(struct sm_path_verdict *try, struct search *s, bool *stop)
{
	bool leaf_revoked = false;

	SM_TRY(judge_chain(try, s->pki, &s->walk.chain, s->opt));
	if (try->result != SM_PATH_INVALID && try->result != SM_PATH_UNTRUSTED)
		SM_TRY(sm_path_revocation(try, s->pki, &s->walk.chain, s->carried,
		    s->opt, &leaf_revoked));
	*stop = rank(try) == 6 || leaf_revoked;
	return SM_OK;
}

/* The best of the chains. An intermediate that is revoked, expired or broken
 * on one path may be replaced on another. */
static int
search_chains(struct sm_path_verdict *out, struct search *s)
{
	struct sm_path_verdict try;
	bool stop = false;
	unsigned n = 0;

	for (; !stop && n < CHAINS_MAX && sm_chain_walk_next(&s->walk); n++) {
		try = *out;
		SM_TRY(judge_candidate(&try, s, &stop));
		if (n == 0 || stop || rank(&try) > rank(out))
			*out = try;
	}
	if (n == 0)
		say_untrusted(out, &s->walk);
	return SM_OK;
}

static bool
is_anchor(const struct sm_pki *p, const struct sm_cert *c)
{
	for (size_t i = 0; i < p->anchors.count; i++)
		if (sm_bytes_equal(sm_cert_der(p->anchors.list[i]), sm_cert_der(c)))
			return true;
	return false;
}

static int
check(struct sm_path_verdict *out, struct search *s, struct sm_cert *leaf)
{
	bool stop;

	sm_path_usage(out, leaf, s->opt->purpose);
	sm_chain_walk_begin(&s->walk, s->pki, leaf, s->carried);
	if (!is_anchor(s->pki, leaf))
		return search_chains(out, s);
	s->walk.chain.count = 1;
	return judge_candidate(out, s, &stop);
}

/* Did libcrypto run out of memory? Its verification does not tell that from a
 * signature that does not fit: a list of the revoked would be passed over as
 * forged. The queue of its errors, empty when the check began, is emptied. */
static bool
memory_failed(void)
{
	unsigned long e;
	bool failed = false;

	while ((e = ERR_get_error()) != 0)
		failed = failed || ERR_GET_REASON(e) == ERR_R_MALLOC_FAILURE;
	return failed;
}

int
sm_path_check(struct sm_path_verdict *out, const struct sm_pki *p,
    struct sm_cert *leaf, const struct sm_certs *carried,
    const struct sm_path_options *opt, struct sm_error *err)
{
	struct search s = { .pki = p, .carried = carried, .opt = opt };
	struct sm_pki *more = NULL;
	int rc = SM_OK;

	memset(out, 0, sizeof(*out));
	out->result = SM_PATH_UNTRUSTED;
	out->revocation = SM_REV_UNKNOWN;
	out->revocation_reason = -1;
	say(out->revocation_why, sizeof(out->revocation_why),
	    "Revocation was not looked at: there is no valid path.");
	ERR_clear_error();
	if (opt->crl_count > 0 || opt->ocsp_count > 0)
		rc = sm_pki_with_carried(&more, p, opt);
	if (more != NULL)
		s.pki = more;
	if (rc == SM_OK)
		rc = check(out, &s, leaf);
	sm_pki_carried_free(more, p);
	if (memory_failed() && rc == SM_OK)
		rc = SM_E_NOMEM;
	if (rc == SM_E_NOMEM)
		return sm_error_set(err, rc, "memory", NULL,
		    "There is not enough memory to check a certificate.");
	if (rc == SM_E_USAGE)
		return sm_error_set(err, rc, "policy-oid", NULL,
		    "A policy that was asked for is no object identifier.");
	return rc;
}
