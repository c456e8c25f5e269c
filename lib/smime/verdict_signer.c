/* One signer: seven checks, each with its sentence, and what they come to. */
#include <base/der.h>
#include <base/try.h>
#include <smime/verdict_parts.h>
#include <stdio.h>
#include <stdlib.h>

#define DAY 86400
/* Clocks of two machines may differ by this much. */
#define CLOCK_SKEW 900
/* Unsigned attributes have no limit of their own. */
#define ATTRIBUTES_SHOWN 100
/* Certificates that are tried, by signer and in all. */
#define TRIES_OF_SIGNER 8
#define TRIES_OF_MESSAGE 256

struct judge {
	struct sm_open *o;
	const struct sm_layer *layer;
	const struct sm_signer_info *si;
	const struct sm_evidence *ev;
	struct sm_report_signer *out;
	struct sm_cert *cert;              /* NULL: not found */
	struct sm_signer_verdict math;
	struct sm_path_verdict path;
	bool at_signing_time;              /* path is good then, expired now */
	bool weak;
	bool no_memory;
	unsigned tries;
	int exit;
};

/* The contract's order; what is not listed comes last. */
static int
rank(int exit)
{
	static const int order[] = { 64, 66, 65, 40, 20, 21, 22, 10, 11, 13, 14,
		75, 16, 12, 15 };

	for (size_t i = 0; i < sizeof order / sizeof order[0]; i++)
		if (order[i] == exit)
			return (int)i;
	return 100;
}

int
sm_verdict_worse(int a, int b)
{
	return rank(a) <= rank(b) ? a : b;
}

static void
check(struct judge *j, enum sm_check_id id, enum sm_ok ok, int exit,
    const char *why, const char *fix)
{
	struct sm_check *c = &j->out->checks[id];

	c->id = id;
	c->ok = ok;
	free(c->why);
	free(c->fix);
	c->why = sm_text("%s", why);
	c->fix = fix == NULL || *fix == '\0' ? NULL : sm_text("%s", fix);
	if (c->why == NULL || (c->fix == NULL && fix != NULL && *fix != '\0'))
		j->no_memory = true;
	j->exit = sm_verdict_worse(j->exit, exit);
}

/* ---- whose certificate ---- */

static bool
starts_like_attrs(const struct sm_layer *l)
{
	struct sm_bytes head = sm_bytes(l->head, l->head_len);
	uint64_t len = 0;
	size_t n;

	if (head.len < 2 || head.data[0] != SM_DER_SET)
		return false;
	if (head.data[1] < 0x80)
		return l->content_bytes == 2u + head.data[1];
	n = head.data[1] & 0x7fu;
	if (n == 0 || n > 8 || head.len < 2 + n)
		return false;
	for (size_t i = 0; i < n; i++)
		len = len << 8 | head.data[2 + i];
	return l->content_bytes == 2 + n + len;
}

static int
judge_with(struct judge *j, struct sm_cert *cert)
{
	struct sm_signer_input in = { 0 };

	in.cert = cert;
	in.content_digest = j->layer->digests == NULL ? NULL :
	    sm_digest_set_get(j->layer->digests, j->si->digest);
	in.econtent_type = sm_bytes(j->layer->content_oid.data,
	    j->layer->content_oid.len);
	/* Without signed attributes a signature can be moved between content and
	 * attributes; mail always has them (smime-rules 13). A bare CMS file of
	 * plain data may lack them, and mail of the nineties: weak, in archives. */
	in.require_attrs = j->o->header_kept && !j->o->opt.archive;
	in.starts_like_attrs = starts_like_attrs(j->layer);
	return sm_signer_judge(&j->math, j->si, &in);
}

/* Key identifiers may be ambiguous: the certificate whose key fits wins, else
 * the first that has the right name. Names are the attacker's to choose, and each
 * try costs an operation with a key of any size: few are made for a signer, and
 * not too many for a message (smime-rules 21). */
static int
try_cert(struct judge *j, struct sm_cert *cert)
{
	struct sm_signer_verdict before = j->math;

	if (!sm_cert_id_matches(&j->si->sid, cert))
		return SM_OK;
	if (j->cert != NULL && (j->math.signature == SM_YES ||
	    j->tries >= TRIES_OF_SIGNER))
		return SM_OK;
	if (j->o->cert_tries >= TRIES_OF_MESSAGE)
		return SM_OK;
	j->tries++;
	j->o->cert_tries++;
	SM_TRY(judge_with(j, cert));
	if (j->cert == NULL || j->math.signature == SM_YES)
		j->cert = cert;
	else
		j->math = before;
	return SM_OK;
}

static int
find_cert(struct judge *j)
{
	for (size_t i = 0; i < j->o->certs.count; i++)
		SM_TRY(try_cert(j, j->o->certs.list[i]));
	for (size_t i = 0; i < sm_pki_cert_count(j->ev->pki); i++)
		SM_TRY(try_cert(j, sm_pki_cert(j->ev->pki, i)));
	return SM_OK;
}

static void
not_checked(struct judge *j, enum sm_check_id first, const char *why)
{
	for (int id = (int)first; id < SM_CHECK_COUNT; id++)
		check(j, (enum sm_check_id)id, SM_CHECK_NULL, 0, why, NULL);
}

static void
no_cert(struct judge *j)
{
	char id[160], why[320];

	sm_cert_id_text(id, sizeof id, &j->si->sid);
	snprintf(why, sizeof why, "The signer's certificate (%s) is not in the "
	    "message and not known here.", id);
	not_checked(j, 0, "Not checked: the signer's certificate is missing.");
	check(j, SM_CHECK_SIGNATURE, SM_CHECK_NULL, 10, why,
	    "Ask the sender for the certificate and name its file with --certs.");
}

/* ---- bytes and mathematics ---- */

static enum sm_ok
ok_of(enum sm_tri t)
{
	return t == SM_YES ? SM_CHECK_TRUE :
	    t == SM_NO ? SM_CHECK_FALSE : SM_CHECK_NULL;
}

static void
check_bytes(struct judge *j)
{
	const char *again = "Ask the sender to send it again; do not rely on what "
	    "it says.";
	const char *weak = "Signed with methods that can be forged today.";

	if (j->layer->bad != NULL) {
		check(j, SM_CHECK_DIGEST, SM_CHECK_FALSE, 10, j->layer->bad, again);
		check(j, SM_CHECK_SIGNATURE, SM_CHECK_FALSE, 10, j->layer->bad,
		    again);
		return;
	}
	check(j, SM_CHECK_DIGEST, ok_of(j->math.digest),
	    j->math.digest == SM_YES ? 0 : 10, j->math.digest_why,
	    j->math.digest == SM_YES ? NULL : again);
	check(j, SM_CHECK_SIGNATURE, ok_of(j->math.signature),
	    j->math.signature == SM_YES ? 0 : 10, j->math.signature_why,
	    j->math.signature == SM_YES ? NULL : again);
	if (j->math.signature != SM_YES || !(j->math.weak ||
	    (j->o->header_kept && !j->si->attrs.present)))
		return;
	j->weak = true;
	check(j, SM_CHECK_SIGNATURE,
	    j->o->opt.archive ? SM_CHECK_TRUE : SM_CHECK_FALSE,
	    j->o->opt.archive ? 16 : 10,
	    j->o->opt.archive ? "The signature is right by the rules of its time; "
	    "its methods can be forged today." : weak,
	    j->o->opt.archive ? NULL : "If this is old mail that you keep, judge it "
	    "by the rules of its time with --archive.");
}

/* ---- the path ---- */

static int
path_at(struct judge *j, int64_t at, struct sm_path_verdict *out)
{
	struct sm_path_options opt = { 0 };

	opt.purpose = SM_PURPOSE_SIGN;
	opt.at = at;
	opt.allow_weak = j->o->opt.archive;
	return sm_path_check(out, j->ev->pki, j->cert, &j->o->certs, &opt,
	    &j->o->err);
}

static void
check_chain(struct judge *j)
{
	switch (j->path.result) {
	case SM_PATH_GOOD:
		check(j, SM_CHECK_CHAIN, SM_CHECK_TRUE, 0, j->path.why, NULL);
		if (j->path.weak) {
			j->weak = true;
			j->exit = sm_verdict_worse(j->exit, 16);
		}
		break;
	case SM_PATH_EXPIRED:
	case SM_PATH_NOT_YET:
		check(j, SM_CHECK_CHAIN, SM_CHECK_TRUE, 0, "The certificate leads "
		    "to an issuer that you trust; its dates are judged below.",
		    NULL);
		break;
	case SM_PATH_WEAK:
		j->weak = true;
		check(j, SM_CHECK_CHAIN, SM_CHECK_FALSE, 10, j->path.why,
		    j->path.fix);
		break;
	default:
		check(j, SM_CHECK_CHAIN, SM_CHECK_FALSE, 11, j->path.why,
		    j->path.fix);
	}
	check(j, SM_CHECK_USAGE, j->path.usage_ok ? SM_CHECK_TRUE :
	    SM_CHECK_FALSE, j->path.usage_ok ? 0 : 11, j->path.usage_why,
	    j->path.usage_ok ? NULL : "Ask the sender to sign with a certificate "
	    "for e-mail signatures.");
}

/* ---- time ---- */

static bool
signing_time_impossible(struct judge *j, char *why, size_t size)
{
	int64_t at = j->out->signed_at;
	char a[32], b[32];

	sm_time_text(a, at);
	if (at > j->o->opt.now + CLOCK_SKEW) {
		snprintf(why, size, "The signer says %s, which is in the future.",
		    a);
		return true;
	}
	if (j->o->has_date && (at > j->o->date + DAY || at < j->o->date - DAY)) {
		sm_time_text(b, j->o->date);
		snprintf(why, size, "The signer says %s, but the message is dated "
		    "%s: more than a day apart.", a, b);
		return true;
	}
	if (at < sm_cert_not_before(j->cert)) {
		sm_time_text(b, sm_cert_not_before(j->cert));
		snprintf(why, size, "The signer says %s, but the certificate "
		    "begins at %s.", a, b);
		return true;
	}
	return false;
}

static const char date_fix[] = "Ask the sender to sign it again with a valid "
    "certificate and a right clock.";

/* Compromise, or no reason given, casts doubt on everything ever signed. */
static bool
revoked_whenever(int reason)
{
	return reason <= 2;
}

/* What was known at the claimed time says more than that nothing is known now. It
 * never takes back a revocation: who stole a key dates the signature back, and
 * carries a list from before the theft. */
static void
take_revocation(struct sm_path_verdict *now, const struct sm_path_verdict *then)
{
	if (then->revocation == SM_REV_UNKNOWN)
		return;
	if (now->revocation == SM_REV_REVOKED &&
	    (then->revocation != SM_REV_REVOKED ||
	    !revoked_whenever(then->revocation_reason)))
		return;
	now->revocation = then->revocation;
	now->revocation_reason = then->revocation_reason;
	now->revoked_at = then->revoked_at;
	memcpy(now->revocation_why, then->revocation_why,
	    sizeof now->revocation_why);
}

/* The path fails by dates alone: was it good at the claimed time? */
static int
check_time_then(struct judge *j)
{
	struct sm_path_verdict then;
	char why[320], end[32];

	sm_time_text(end, sm_cert_not_after(j->cert));
	if (j->path.result == SM_PATH_NOT_YET || !j->out->has_signed_at) {
		snprintf(why, sizeof why, "%s%s", j->path.why,
		    j->path.result == SM_PATH_NOT_YET ? "" :
		    " The signature does not say when it was made.");
		check(j, SM_CHECK_TIME, SM_CHECK_FALSE, 14, why, date_fix);
		return SM_OK;
	}
	SM_TRY(path_at(j, j->out->signed_at, &then));
	if (then.result != SM_PATH_GOOD) {
		check(j, SM_CHECK_TIME, SM_CHECK_FALSE, 14, "The certificate was "
		    "not valid when the message was signed.", date_fix);
		return SM_OK;
	}
	j->at_signing_time = true;
	if (then.weak) {
		j->weak = true;
		j->exit = sm_verdict_worse(j->exit, 16);
	}
	take_revocation(&j->path, &then);
	snprintf(why, sizeof why, "The certificate was valid then by the signer's "
	    "own clock, and has expired since (%s).", end);
	check(j, SM_CHECK_TIME, SM_CHECK_TRUE, 0, why, NULL);
	return SM_OK;
}

static int
check_time(struct judge *j)
{
	char why[320];

	if (j->out->has_signed_at &&
	    signing_time_impossible(j, why, sizeof why)) {
		check(j, SM_CHECK_TIME, SM_CHECK_FALSE, 14, why, date_fix);
		return SM_OK;
	}
	if (j->path.result == SM_PATH_EXPIRED ||
	    j->path.result == SM_PATH_NOT_YET)
		return check_time_then(j);
	if (j->path.result != SM_PATH_GOOD) {
		check(j, SM_CHECK_TIME, SM_CHECK_NULL, 0, "Not judged: the "
		    "certificate is not trusted.", NULL);
		return SM_OK;
	}
	check(j, SM_CHECK_TIME, SM_CHECK_TRUE, 0, j->out->has_signed_at ?
	    "The certificate is valid, now and at the time the signer names." :
	    "The certificate is valid now; the signature does not say when it "
	    "was made.", NULL);
	return SM_OK;
}

/* ---- revocation ---- */

static void
check_revocation(struct judge *j)
{
	const struct sm_path_verdict *p = &j->path;
	char why[420], when[32];

	switch (p->revocation) {
	case SM_REV_GOOD:
		check(j, SM_CHECK_REVOCATION, SM_CHECK_TRUE, 0, p->revocation_why,
		    NULL);
		return;
	case SM_REV_UNKNOWN:
		check(j, SM_CHECK_REVOCATION, SM_CHECK_NULL,
		    j->o->opt.require_revocation ? 75 : 0, p->revocation_why,
		    j->o->opt.require_revocation ? "Fetch the issuer's revocation "
		    "list and name it with --crl FILE." : NULL);
		return;
	case SM_REV_REVOKED:
		break;
	}
	sm_time_text(when, p->revoked_at);
	if (revoked_whenever(p->revocation_reason) || !j->out->has_signed_at ||
	    j->out->signed_at >= p->revoked_at) {
		check(j, SM_CHECK_REVOCATION, SM_CHECK_FALSE, 13,
		    p->revocation_why, "Do not rely on this signature. Ask the "
		    "sender, by another way than mail.");
		return;
	}
	snprintf(why, sizeof why, "The certificate was revoked at %s, after the "
	    "time at which the signer says it was signed, and not for a reason "
	    "that casts doubt on older signatures. %s", when, p->revocation_why);
	check(j, SM_CHECK_REVOCATION, SM_CHECK_TRUE, 0, why, NULL);
}

/* ---- From ---- */

/* Who says that it is from addr. */
static const char *
from_claim(const struct sm_from *f, const char *addr)
{
	return addr == f->asked ? "It should be from" :
	    "The message says it is from";
}

static void
check_from(struct judge *j)
{
	const struct sm_from *f = &j->ev->from;
	const char *mail = sm_cert_mail(j->cert, 0), *missed;
	bool subject_only;
	char why[420];

	switch (sm_from_match(f, j->cert, &subject_only)) {
	case SM_CHECK_NULL:
		check(j, SM_CHECK_FROM, SM_CHECK_NULL, 0, "This is not a message "
		    "with a sender to compare. Name one with --from.", NULL);
		return;
	case SM_CHECK_TRUE:
		if (!subject_only) {
			snprintf(why, sizeof why, "%s %s, and the certificate is "
			    "theirs.", from_claim(f, f->targets[0]),
			    f->targets[0]);
			check(j, SM_CHECK_FROM, SM_CHECK_TRUE, 0, why, NULL);
			return;
		}
		j->weak = true;
		check(j, SM_CHECK_FROM, j->o->opt.archive ? SM_CHECK_TRUE :
		    SM_CHECK_FALSE, j->o->opt.archive ? 16 : 12, "The address "
		    "stands only in the certificate's subject name, where nobody "
		    "is bound to check it.", "Ask for a certificate that names "
		    "the address as a mailbox; for old mail use --archive.");
		return;
	case SM_CHECK_FALSE:
		break;
	}
	snprintf(why, sizeof why, "%s", f->problem != NULL ? f->problem : "");
	if (f->problem == NULL && (missed = sm_from_missed(f, j->cert)) != NULL)
		snprintf(why, sizeof why, "%s %s, but it was signed by %s.",
		    from_claim(f, missed), missed, mail != NULL ? mail :
		    "a certificate that names no mail address");
	check(j, SM_CHECK_FROM, SM_CHECK_FALSE, 12, why, "Treat it as written by "
	    "the signer that is shown, not by the sender that is claimed.");
}

/* ---- the whole ---- */

static int
describe_attributes(char ***out, const struct sm_signer_info *si, bool of_signed)
{
	struct sm_bytes in = sm_signer_attributes(si, of_signed);
	char name[64];

	for (unsigned n = 0; n < ATTRIBUTES_SHOWN &&
	    sm_signer_attribute_next(&in, name, sizeof name); n++)
		SM_TRY(sm_strings_add(out, name));
	return SM_OK;
}

static int
describe(struct judge *j)
{
	struct sm_report_signer *s = j->out;
	const struct sm_cert *c = j->cert;
	char hex[65];

	s->digest = sm_text("%s", j->si->digest_name);
	s->algorithm = sm_text("%s", j->si->sig_name);
	s->has_signed_at = j->si->attrs.has_signing_time;
	s->signed_at = j->si->attrs.signing_time;
	if (s->digest == NULL || s->algorithm == NULL)
		return SM_E_NOMEM;
	SM_TRY(describe_attributes(&s->attributes, j->si, true));
	SM_TRY(describe_attributes(&s->unsigned_attributes, j->si, false));
	if (c == NULL)
		return SM_OK;
	for (size_t i = 0; i < 32; i++)
		snprintf(hex + 2 * i, 3, "%02x", sm_cert_sha256(c)[i]);
	s->subject = sm_text("%s", sm_cert_subject_text(c));
	s->issuer = sm_text("%s", sm_cert_issuer_text(c));
	s->serial = sm_text("%s", sm_cert_serial_hex(c));
	s->sha256 = sm_text("%s", hex);
	for (size_t i = 0; sm_cert_mail(c, i) != NULL; i++)
		SM_TRY(sm_strings_add(&s->mail, sm_cert_mail(c, i)));
	return s->subject == NULL || s->issuer == NULL || s->serial == NULL ||
	    s->sha256 == NULL ? SM_E_NOMEM : SM_OK;
}

int
sm_verdict_signer(struct sm_report_signer *out, struct sm_open *o,
    const struct sm_layer *l, size_t index, const struct sm_evidence *ev)
{
	struct judge j;

	memset(&j, 0, sizeof j);
	j.o = o;
	j.layer = l;
	j.si = sm_signed_signer(l->sig, index);
	j.ev = ev;
	j.out = out;
	SM_TRY(find_cert(&j));
	SM_TRY(describe(&j));
	if (j.cert == NULL) {
		no_cert(&j);
	} else {
		check_bytes(&j);
		SM_TRY(path_at(&j, o->opt.now, &j.path));
		check_chain(&j);
		SM_TRY(check_time(&j));
		check_revocation(&j);
		check_from(&j);
	}
	out->weak = j.weak;
	out->exit = j.exit;
	return j.no_memory ? SM_E_NOMEM : SM_OK;
}
