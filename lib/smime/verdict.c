/* From layers to one report.
 *
 * Which signature speaks for the content: the innermost signed layer, and only
 * when it stands inside every encrypted layer. A signature outside an encryption
 * says who sent the ciphertext, not who wrote the text (RFC 9787 section 4.4). */
#include <base/der.h>
#include <base/try.h>
#include <smime/verdict_parts.h>
#include <stdio.h>
#include <stdlib.h>

#define RECIPIENTS_SHOWN 1000
/* How often fetched evidence makes the signers be judged anew: intermediates come one
 * at a time, then what is known about their revocation. */
#define FETCH_ROUNDS 5

/* ---- certificates and revocation evidence of the message ---- */

static int
collect_certs(struct sm_open *o, const struct sm_layer *l)
{
	for (size_t i = 0; i < sm_signed_cert_count(l->sig); i++) {
		struct sm_cert *c;
		struct sm_error ignored = SM_ERROR_INIT;
		int rc = sm_cert_parse(&c, sm_signed_cert(l->sig, i), &ignored);

		/* One that nobody can read helps nobody; others may. */
		if (rc == SM_E_NOMEM)
			return rc;
		if (rc != 0)
			continue;
		rc = sm_certs_add(&o->certs, c);
		sm_cert_free(c);
		SM_TRY(rc);
	}
	return SM_OK;
}

static size_t
count_all(const struct sm_open *o, size_t (*count)(const struct sm_signed *))
{
	size_t n = 0;

	for (unsigned i = 0; i < o->layer_count; i++)
		if (o->layers[i]->sig != NULL)
			n += count(o->layers[i]->sig);
	return n;
}

static int
collect_bytes(struct sm_bytes **out, size_t *out_count, const struct sm_open *o,
    size_t (*count)(const struct sm_signed *),
    struct sm_bytes (*get)(const struct sm_signed *, size_t))
{
	size_t n = count_all(o, count), at = 0;

	if (n == 0)
		return SM_OK;
	*out = calloc(n, sizeof **out);
	if (*out == NULL)
		return SM_E_NOMEM;
	for (unsigned i = 0; i < o->layer_count; i++) {
		const struct sm_signed *s = o->layers[i]->sig;

		for (size_t k = 0; s != NULL && k < count(s); k++)
			(*out)[at++] = get(s, k);
	}
	*out_count = n;
	return SM_OK;
}

/* What the message carried is read once for all of its signers: a long list for
 * each of many would be work for minutes (smime-rules 21). */
static int
evidence_read(struct sm_evidence *ev)
{
	struct sm_path_options opt = { 0 };

	if (ev->crl_count == 0 && ev->ocsp_count == 0)
		return SM_OK;
	opt.crls = ev->crls;
	opt.crl_count = ev->crl_count;
	opt.ocsps = ev->ocsps;
	opt.ocsp_count = ev->ocsp_count;
	SM_TRY(sm_pki_with_carried(&ev->more, ev->given, &opt));
	ev->pki = ev->more;
	return SM_OK;
}

static int
evidence_make(struct sm_evidence *ev, struct sm_open *o, struct sm_pki *empty)
{
	memset(ev, 0, sizeof *ev);
	ev->given = o->opt.pki != NULL ? o->opt.pki : empty;
	ev->pki = ev->given;
	for (unsigned i = 0; i < o->layer_count; i++)
		if (o->layers[i]->sig != NULL)
			SM_TRY(collect_certs(o, o->layers[i]));
	SM_TRY(collect_bytes(&ev->crls, &ev->crl_count, o, sm_signed_crl_count,
	    sm_signed_crl));
	SM_TRY(collect_bytes(&ev->ocsps, &ev->ocsp_count, o,
	    sm_signed_ocsp_count, sm_signed_ocsp));
	SM_TRY(evidence_read(ev));
	return sm_from_make(&ev->from, o);
}

static void
evidence_wipe(struct sm_evidence *ev)
{
	sm_pki_carried_free(ev->more, ev->given);
	free(ev->crls);
	free(ev->ocsps);
	sm_from_wipe(&ev->from);
}

/* ---- layers ---- */

static int
report_recipients(struct sm_report_layer *out, const struct sm_layer *l)
{
	size_t n = sm_enveloped_recipient_count(l->env);

	out->recipient_total = n;
	if (n > RECIPIENTS_SHOWN)
		n = RECIPIENTS_SHOWN;
	if (n == 0)
		return SM_OK;
	out->recipients = calloc(n, sizeof *out->recipients);
	if (out->recipients == NULL)
		return SM_E_NOMEM;
	out->recipient_count = n;
	for (size_t i = 0; i < n; i++) {
		struct sm_recipient_view v;

		sm_enveloped_recipient(&v, l->env, i);
		out->recipients[i].kind = sm_text("%s", v.kind_name);
		out->recipients[i].id = sm_text("%s", v.id);
		out->recipients[i].mine = v.mine;
		if (out->recipients[i].kind == NULL ||
		    out->recipients[i].id == NULL)
			return SM_E_NOMEM;
	}
	return SM_OK;
}

static int
report_encrypted(struct sm_report_layer *out, const struct sm_layer *l)
{
	const char *cipher = sm_enveloped_cipher(l->env);

	out->integrity = sm_enveloped_aead(l->env);
	out->weak_cipher = sm_enveloped_cipher_weak(l->env);
	if (cipher != NULL && (out->cipher = sm_text("%s", cipher)) == NULL)
		return SM_E_NOMEM;
	return report_recipients(out, l);
}

static int
report_signers(struct sm_report_layer *out, struct sm_open *o,
    const struct sm_layer *l, const struct sm_evidence *ev)
{
	size_t n = sm_signed_signer_count(l->sig);

	if (n == 0)
		return SM_OK;
	out->signers = calloc(n, sizeof *out->signers);
	if (out->signers == NULL)
		return SM_E_NOMEM;
	out->signer_count = n;
	for (size_t i = 0; i < n; i++)
		SM_TRY(sm_verdict_signer(&out->signers[i], o, l, i, ev));
	return SM_OK;
}

static int
report_layer(struct sm_report_layer *out, struct sm_open *o, unsigned index,
    const struct sm_evidence *ev)
{
	const struct sm_layer *l = o->layers[index];
	char oid[160];

	snprintf(oid, sizeof oid, "%s", sm_cms_type_name(l->content_type));
	if (l->content_type == SM_CMS_UNKNOWN && l->content_oid.len > 0)
		sm_der_oid_text(oid, sizeof oid, sm_buf_bytes(&l->content_oid));
	out->type = sm_text("%s", sm_cms_type_name(l->type));
	out->part = sm_text("%s", l->part);
	out->content_type = sm_text("%s", oid);
	out->root = index == 0;
	out->content_bytes = l->content_bytes;
	if (l->bad != NULL)
		out->fault = sm_text("%s", l->bad);
	if (out->type == NULL || out->part == NULL || out->content_type == NULL ||
	    (l->bad != NULL && out->fault == NULL))
		return SM_E_NOMEM;
	if (l->env != NULL)
		return report_encrypted(out, l);
	return l->sig != NULL ? report_signers(out, o, l, ev) : SM_OK;
}

static int
report_layers(struct sm_open *o, const struct sm_evidence *ev)
{
	struct sm_report *r = &o->report;

	if (o->layer_count == 0)
		return SM_OK;
	r->layers = calloc(o->layer_count, sizeof *r->layers);
	if (r->layers == NULL)
		return SM_E_NOMEM;
	r->layer_count = o->layer_count;
	for (unsigned i = 0; i < o->layer_count; i++)
		SM_TRY(report_layer(&r->layers[i], o, i, ev));
	return SM_OK;
}

/* ---- what it comes to ---- */

static bool
signer_true(const struct sm_report_signer *s)
{
	return s->checks[SM_CHECK_SIGNATURE].ok == SM_CHECK_TRUE &&
	    s->checks[SM_CHECK_DIGEST].ok == SM_CHECK_TRUE;
}

static bool
signer_false(const struct sm_report_signer *s)
{
	return s->checks[SM_CHECK_SIGNATURE].ok == SM_CHECK_FALSE ||
	    s->checks[SM_CHECK_DIGEST].ok == SM_CHECK_FALSE;
}

/* None may be false; of the true ones, the best speaks (contract: "Several
 * signers"). No signer at all is no signature, but where one was announced and
 * its part is damaged or lost, that is not passed off as plain mail. */
static int
layer_exit(const struct sm_report_layer *l)
{
	int worst = 0;
	bool good = false, any = false;

	if (l->signer_count == 0)
		return l->fault != NULL ? 10 : 15;
	for (size_t i = 0; i < l->signer_count; i++) {
		if (signer_false(&l->signers[i]))
			return 10;
		if (!signer_true(&l->signers[i]))
			continue;
		any = true;
		good = good || l->signers[i].exit == 0;
		worst = sm_verdict_worse(worst, l->signers[i].exit);
	}
	return !any ? 10 : good ? 0 : worst;
}

static bool
layer_is(const struct sm_report_layer *l, const char *type)
{
	return strcmp(l->type, type) == 0;
}

static bool
layer_encrypts(const struct sm_report_layer *l)
{
	return layer_is(l, "enveloped") || layer_is(l, "auth-enveloped") ||
	    layer_is(l, "encrypted");
}

/* Is there, inside layer i, a signature that mathematics bears out? */
static bool
signed_inside(const struct sm_report *r, size_t i)
{
	for (i++; i < r->layer_count; i++) {
		const struct sm_report_layer *l = &r->layers[i];
		bool any = false;

		if (!layer_is(l, "signed"))
			continue;
		for (size_t k = 0; k < l->signer_count; k++) {
			if (signer_false(&l->signers[k])) {
				any = false;
				break;
			}
			any = any || signer_true(&l->signers[k]);
		}
		if (any)
			return true;
	}
	return false;
}

/* open and verify. A signature further out than the one that decides does not
 * count either way: whoever can break it can as well take it off. */
static int
exit_of_layers(const struct sm_report *r, bool *signed_outside)
{
	bool unauthenticated = false;
	size_t decides = r->layer_count;

	*signed_outside = false;
	for (size_t i = 0; i < r->layer_count; i++) {
		const struct sm_report_layer *l = &r->layers[i];

		if (layer_is(l, "signed")) {
			decides = i;
		} else if (layer_encrypts(l)) {
			*signed_outside = *signed_outside || decides < i;
			decides = r->layer_count;
			if (!l->integrity && !signed_inside(r, i))
				unauthenticated = true;
		}
	}
	if (unauthenticated)
		return 22;
	return decides < r->layer_count ? layer_exit(&r->layers[decides]) : 15;
}

static int
exit_of_status(int rc)
{
	switch (rc) {
	case SM_E_LIMIT:
		return 40;
	case SM_E_NOKEY:
	case SM_E_SECRET:
		return 20;
	case SM_E_AUTH:
		return 21;
	case SM_E_CRYPTO:
		return 70;
	default:
		return 65;
	}
}

static enum sm_result
result_of_exit(int exit)
{
	static const struct { int exit; enum sm_result result; } map[] = {
		{ 0, SM_RESULT_GOOD }, { 10, SM_RESULT_INVALID },
		{ 11, SM_RESULT_UNTRUSTED }, { 12, SM_RESULT_NOT_FROM_SENDER },
		{ 13, SM_RESULT_REVOKED }, { 14, SM_RESULT_EXPIRED },
		{ 15, SM_RESULT_UNSIGNED }, { 16, SM_RESULT_WEAK },
		{ 20, SM_RESULT_NO_KEY }, { 21, SM_RESULT_CORRUPT },
		{ 22, SM_RESULT_UNAUTHENTICATED }, { 40, SM_RESULT_LIMIT },
		/* asked for with --require-revocation, and not to be had */
		{ 75, SM_RESULT_UNTRUSTED },
	};

	for (size_t i = 0; i < sizeof map / sizeof map[0]; i++)
		if (map[i].exit == exit)
			return map[i].result;
	return SM_RESULT_MALFORMED;
}

/* ---- advice ---- */

static int
advise_encryption(struct sm_report *r)
{
	for (size_t i = 0; i < r->layer_count; i++) {
		const struct sm_report_layer *l = &r->layers[i];

		if (l->weak_cipher)
			SM_TRY(sm_report_advise(r, "The letter is encrypted with "
			    "%s, which can be broken today. Ask the sender for a "
			    "newer mail program.", l->cipher));
	}
	if (r->exit == 22)
		return sm_report_advise(r, "The encryption (%s) does not show "
		    "whether somebody changed the letter on its way, and no valid "
		    "signature inside does. Do not open links or attachments in "
		    "it, and do not quote it in an answer. Ask the sender to sign, "
		    "or to use authenticated encryption.",
		    r->layer_count > 0 && r->layers[0].cipher != NULL ?
		    r->layers[0].cipher : "as it is");
	return SM_OK;
}

/* Said, although it decides nothing: a signed layer with another inside. */
static bool
broken_outside(const struct sm_report *r)
{
	bool broken = false;

	for (size_t i = 0; i < r->layer_count; i++) {
		if (!layer_is(&r->layers[i], "signed"))
			continue;
		if (broken)
			return true;
		broken = layer_exit(&r->layers[i]) == 10;
	}
	return false;
}

static int
advise(struct sm_open *o, bool signed_outside)
{
	struct sm_report *r = &o->report;

	if (r->error.status == SM_E_LIMIT)
		return sm_report_advise(r, "%s (limit: %s)", r->error.text,
		    r->error.reason);
	if (r->error.status != 0 && r->error.reason != NULL)
		return sm_report_advise(r, "%s [%s]", r->error.text, r->error.reason);
	if (r->error.status != 0)
		return sm_report_advise(r, "%s", r->error.text);
	SM_TRY(advise_encryption(r));
	if (broken_outside(r))
		SM_TRY(sm_report_advise(r, "A further signature, around the one that "
		    "is reported, does not hold: somebody changed or added "
		    "something outside on the way. What is inside is untouched."));
	if (signed_outside)
		SM_TRY(sm_report_advise(r, "There is a signature around the "
		    "encryption. It tells who sent the sealed letter, not who "
		    "wrote what is in it, and does not count."));
	for (size_t i = 0; i < r->layer_count; i++)
		if (r->layers[i].fault != NULL && r->layers[i].signer_count == 0)
			SM_TRY(sm_report_advise(r, "Ask the sender to send it "
			    "again; do not rely on what it says."));
	for (size_t i = 0; i < r->layer_count; i++)
		for (size_t k = 0; k < r->layers[i].signer_count; k++)
			for (int c = 0; c < SM_CHECK_COUNT; c++)
				if (r->layers[i].signers[k].checks[c].fix != NULL)
					SM_TRY(sm_report_advise(r, "%s",
					    r->layers[i].signers[k].checks[c].fix));
	return r->errant_count == 0 ? SM_OK : sm_report_advise(r,
	    "The message holds parts that are signed or encrypted by themselves. "
	    "They are attachments; what protects them protects nothing else.");
}

/* ---- the report ---- */

static int
report_errant(struct sm_open *o)
{
	struct sm_report *r = &o->report;

	if (o->errant_count == 0)
		return SM_OK;
	r->errant = calloc(o->errant_count, sizeof *r->errant);
	if (r->errant == NULL)
		return SM_E_NOMEM;
	for (size_t i = 0; i < o->errant_count; i++) {
		r->errant[i].part = o->errant[i].part;
		r->errant[i].why = o->errant[i].why;
	}
	r->errant_count = o->errant_count;
	free(o->errant);
	o->errant = NULL;
	o->errant_count = 0;
	return SM_OK;
}

static int
report_from(struct sm_open *o, const struct sm_from *f)
{
	o->report.from_applies = f->applies;
	for (char **t = f->targets; t != NULL && *t != NULL; t++)
		SM_TRY(sm_strings_add(&o->report.from, *t));
	return SM_OK;
}

static int
exit_of_mode(struct sm_open *o, bool *signed_outside)
{
	struct sm_report *r = &o->report;

	if (o->rc != 0)
		return exit_of_status(o->rc);
	if (o->opt.mode == SM_OPEN_INSPECT)
		return 0;
	if (o->opt.mode == SM_OPEN_DECRYPT)
		return r->layer_count > 0 && r->layers[0].integrity ? 0 : 22;
	return exit_of_layers(r, signed_outside);
}

static bool
anything_signed(const struct sm_open *o)
{
	for (unsigned i = 0; i < o->layer_count; i++)
		if (o->layers[i]->sig != NULL &&
		    sm_signed_signer_count(o->layers[i]->sig) > 0)
			return true;
	return false;
}

/* The layer that evidence may be fetched for; NULL when there is none. */
static const struct sm_report_layer *
worth_asking(const struct sm_open *o)
{
	const struct sm_report *r = &o->report;
	const struct sm_report_layer *found = NULL;

	if (o->opt.find_evidence == NULL || o->opt.pki == NULL || o->rc != 0)
		return NULL;
	for (size_t i = 0; i < r->layer_count; i++) {
		const struct sm_report_layer *l = &r->layers[i];

		if (layer_encrypts(l) && !l->integrity)
			return NULL;
		if (layer_encrypts(l))
			found = NULL;
		else if (layer_is(l, "signed"))
			found = l;
	}
	return found;
}

/* Judge all signers; with what the caller fetched thereupon, judge them again. */
static int
judge_all(struct sm_evidence *ev, struct sm_open *o, struct sm_pki *empty)
{
	const struct sm_report_layer *l;
	bool news = false;

	for (unsigned round = 0; round == 0 || news; round++) {
		evidence_wipe(ev);
		sm_report_wipe(&o->report);
		o->cert_tries = 0;
		SM_TRY(evidence_make(ev, o, empty));
		SM_TRY(report_layers(o, ev));
		news = false;
		l = round < FETCH_ROUNDS ? worth_asking(o) : NULL;
		if (l != NULL)
			SM_TRY(sm_verdict_ask(&news, o, ev, l));
	}
	return SM_OK;
}

int
sm_verdict_make(struct sm_open *o)
{
	struct sm_report *r = &o->report;
	struct sm_pki *empty = NULL;
	struct sm_evidence ev;
	bool signed_outside = false;
	int rc;

	memset(&ev, 0, sizeof ev);
	SM_TRY_OUT(sm_pki_new(&empty, &o->opt.limits));
	if (o->opt.find_trust != NULL && anything_signed(o))
		SM_TRY_OUT(o->opt.find_trust(o->opt.trust_ctx));
	SM_TRY_OUT(judge_all(&ev, o, empty));
	SM_TRY_OUT(report_errant(o));
	SM_TRY_OUT(report_from(o, &ev.from));
	if (o->rc != 0)
		r->error = o->err;
	r->exit = exit_of_mode(o, &signed_outside);
	r->result = result_of_exit(r->exit);
	r->not_judged = o->opt.mode == SM_OPEN_INSPECT && o->rc == 0;
	rc = advise(o, signed_outside);
out:
	evidence_wipe(&ev);
	sm_pki_free(empty);
	return rc;
}

bool
sm_verdict_releases(const struct sm_open *o)
{
	switch (o->report.exit) {
	case 0:
		return o->rc == 0 && o->opt.mode != SM_OPEN_INSPECT;
	case 15:
		return o->opt.mode == SM_OPEN_ALL;
	case 10:
	case 11:
	case 12:
	case 13:
	case 14:
	case 16:
	case 75:
		return o->opt.force;
	case 22:
		return o->opt.unauthenticated;
	default:
		return false;
	}
}
