/* The path check in the words of sealmail/trust.h. */
#include <base/try.h>
#include <pki/path.h>
#include <stdio.h>

static enum sm_trust_result
result_of(const struct sm_path_verdict *v)
{
	static const enum sm_trust_result of[] = {
		[SM_PATH_GOOD] = SM_TRUST_GOOD,
		[SM_PATH_UNTRUSTED] = SM_TRUST_UNTRUSTED,
		[SM_PATH_EXPIRED] = SM_TRUST_EXPIRED,
		[SM_PATH_NOT_YET] = SM_TRUST_NOT_YET,
		[SM_PATH_INVALID] = SM_TRUST_INVALID,
		[SM_PATH_WEAK] = SM_TRUST_WEAK,
	};

	if (v->result == SM_PATH_UNTRUSTED || v->result == SM_PATH_INVALID)
		return of[v->result];
	if (v->revocation == SM_REV_REVOKED)
		return SM_TRUST_REVOKED;
	if (v->result == SM_PATH_GOOD && !v->usage_ok)
		return SM_TRUST_WRONG_USE;
	return of[v->result];
}

static void
say(struct sm_trust_answer *out, const struct sm_path_verdict *v)
{
	const char *why = v->why, *fix = v->fix;

	if (out->result == SM_TRUST_REVOKED) {
		why = v->revocation_why;
		fix = "Ask its owner for the certificate that replaced it.";
	} else if (out->result == SM_TRUST_WRONG_USE) {
		why = v->usage_why;
		fix = "Ask its owner for a certificate for this use.";
	}
	snprintf(out->why, sizeof out->why, "%s", why);
	snprintf(out->fix, sizeof out->fix, "%s", fix);
	snprintf(out->revocation_why, sizeof out->revocation_why, "%s",
	    v->revocation_why);
	snprintf(out->anchor, sizeof out->anchor, "%s", v->anchor);
}

int
sm_pki_judge(struct sm_trust_answer *out, const struct sm_pki *p,
    struct sm_cert *leaf, const struct sm_certs *carried, enum sm_trust_use use,
    int64_t at, struct sm_error *err)
{
	struct sm_path_options opt = { 0 };
	struct sm_path_verdict v;

	memset(out, 0, sizeof *out);
	opt.purpose = use == SM_TRUST_SIGN ? SM_PURPOSE_SIGN : SM_PURPOSE_ENCRYPT;
	opt.at = at;
	SM_TRY(sm_path_check(&v, p, leaf, carried, &opt, err));
	out->result = result_of(&v);
	out->revocation = v.revocation == SM_REV_GOOD ? SM_TRUST_NOT_REVOKED :
	    v.revocation == SM_REV_REVOKED ? SM_TRUST_IS_REVOKED : SM_TRUST_UNKNOWN;
	say(out, &v);
	for (size_t i = 0; i < v.path_count; i++)
		SM_TRY(sm_certs_add(&out->path, v.path[i]));
	return SM_OK;
}

void
sm_trust_answer_wipe(struct sm_trust_answer *a)
{
	sm_certs_wipe(&a->path);
}
