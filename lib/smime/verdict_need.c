/* What a verdict still lacks and the caller could fetch. Asked for one layer only,
 * the one whose signers speak for the content, and only when every encryption around
 * it has proved its content: a request to the network is an answer to whoever sent
 * the message (smime-rules 1 and 23). */
#include <base/try.h>
#include <smime/verdict_parts.h>
#include <string.h>

static bool
is_hash(const struct sm_cert *c, const char *hex)
{
	static const char digits[] = "0123456789abcdef";
	const uint8_t *hash = sm_cert_sha256(c);

	for (size_t i = 0; i < 32; i++)
		if (hex[2 * i] != digits[hash[i] >> 4] ||
		    hex[2 * i + 1] != digits[hash[i] & 15])
			return false;
	return true;
}

static struct sm_cert *
cert_of(const struct sm_open *o, const struct sm_evidence *ev,
    const struct sm_report_signer *s)
{
	if (s->sha256 == NULL)
		return NULL;
	for (size_t i = 0; i < o->certs.count; i++)
		if (is_hash(o->certs.list[i], s->sha256))
			return o->certs.list[i];
	for (size_t i = 0; i < sm_pki_cert_count(ev->pki); i++)
		if (is_hash(sm_pki_cert(ev->pki, i), s->sha256))
			return sm_pki_cert(ev->pki, i);
	return NULL;
}

static bool
wants_revocation(const struct sm_report_signer *s)
{
	return s->checks[SM_CHECK_CHAIN].ok == SM_CHECK_TRUE &&
	    s->checks[SM_CHECK_REVOCATION].ok == SM_CHECK_NULL;
}

static int
ask(bool *news, struct sm_open *o, const struct sm_path_verdict *v,
    enum sm_open_lack what)
{
	struct sm_open_need need = { .what = what };
	int rc = SM_OK;

	for (size_t i = 0; rc == 0 && i < v->path_count; i++)
		rc = sm_certs_add(&need.path, v->path[i]);
	if (rc == 0)
		rc = o->opt.find_evidence(o->opt.trust_ctx, &need);
	*news = *news || rc > 0;
	sm_certs_wipe(&need.path);
	return rc < 0 ? rc : SM_OK;
}

static int
ask_for_signer(bool *news, struct sm_open *o, const struct sm_evidence *ev,
    const struct sm_report_signer *s)
{
	struct sm_path_options opt = { .purpose = SM_PURPOSE_SIGN, .at = o->opt.now,
		.allow_weak = o->opt.archive };
	struct sm_cert *cert = cert_of(o, ev, s);
	struct sm_path_verdict v;

	if (cert == NULL || s->checks[SM_CHECK_SIGNATURE].ok != SM_CHECK_TRUE ||
	    s->checks[SM_CHECK_DIGEST].ok != SM_CHECK_TRUE)
		return SM_OK;
	SM_TRY(sm_path_check(&v, ev->pki, cert, &o->certs, &opt, &o->err));
	if (v.no_issuer)
		return ask(news, o, &v, SM_LACK_ISSUER);
	return v.path_count > 1 && wants_revocation(s) ?
	    ask(news, o, &v, SM_LACK_REVOCATION) : SM_OK;
}

int
sm_verdict_ask(bool *news, struct sm_open *o, const struct sm_evidence *ev,
    const struct sm_report_layer *l)
{
	*news = false;
	for (size_t i = 0; i < l->signer_count; i++)
		SM_TRY(ask_for_signer(news, o, ev, &l->signers[i]));
	return SM_OK;
}
