#include <base/der.h>
#include <base/try.h>
#include <cms/attributes.h>
#include <cms/signer.h>

#include <stdarg.h>
#include <stdio.h>

struct judging {
	struct sm_signer_verdict *out;
	const struct sm_signer_info *si;
	const struct sm_signer_input *in;
	struct sm_pubkey *pub; /* NULL: cannot be used */
	bool done;             /* the signature's verdict stands */
};

static void
note_reason(struct judging *j, const char *reason)
{
	if (j->out->reason == NULL)
		j->out->reason = reason;
}

/* End the judgement of the signature. */
static int SM_PRINTF(4, 5)
settle(struct judging *j, enum sm_tri result, const char *reason,
    const char *fmt, ...)
{
	va_list ap;

	j->done = true;
	j->out->signature = result;
	note_reason(j, reason);
	va_start(ap, fmt);
	if (vsnprintf(j->out->signature_why, sizeof(j->out->signature_why),
	    fmt, ap) < 0)
		j->out->signature_why[0] = '\0';
	va_end(ap);
	return SM_OK;
}

static void SM_PRINTF(4, 5)
say_digest(struct judging *j, enum sm_tri result, const char *reason,
    const char *fmt, ...)
{
	va_list ap;

	j->out->digest = result;
	if (reason != NULL)
		note_reason(j, reason);
	va_start(ap, fmt);
	if (vsnprintf(j->out->digest_why, sizeof(j->out->digest_why), fmt,
	    ap) < 0)
		j->out->digest_why[0] = '\0';
	va_end(ap);
}

/* Attributes are required everywhere but over id-data, and there too in mail:
 * without them a signature over content that looks like attributes serves for
 * another content (smime-rules 13). */
static int
rule_attrs_there(struct judging *j)
{
	if (j->si->attrs.present)
		return SM_OK;
	if (sm_cms_type_of(j->in->econtent_type) != SM_CMS_DATA)
		return settle(j, SM_NO, "signed-attributes-missing",
		    "The signature has no signed attributes, which content of "
		    "this type needs (RFC 5652 section 5.3).");
	if (j->in->require_attrs)
		return settle(j, SM_NO, "signed-attributes-missing",
		    "The signature has no signed attributes. In mail they are "
		    "required: without them a signature can be moved to other "
		    "content.");
	if (j->in->starts_like_attrs)
		return settle(j, SM_NO, "content-looks-like-attributes",
		    "The content could itself be the signed attributes of "
		    "another message: somebody may have made it up from one.");
	return SM_OK;
}

/* What each malformed attribute is called. */
static const char *
bad_text(const char *reason)
{
	static const struct { const char *reason, *text; } known[] = {
		{ "content-type-malformed", "content type" },
		{ "message-digest-malformed", "message digest" },
		{ "signing-time-malformed", "signing time" },
		{ "algorithm-protection-malformed", "algorithm protection" },
		{ "signing-certificate-malformed", "signing certificate" },
		{ "countersignature-signed", "countersignature" },
	};
	size_t i;

	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].reason, reason) == 0)
			return known[i].text;
	return "list as a whole";
}

static int
rule_attrs_form(struct judging *j)
{
	const struct sm_signed_attrs *a = &j->si->attrs;

	if (a->bad != NULL && strcmp(a->bad, "attribute-not-signed") == 0)
		return settle(j, SM_NO, a->bad,
		    "An attribute that must be signed stands among the unsigned "
		    "ones (RFC 5652 section 11).");
	if (!a->present)
		return SM_OK;
	if (!a->was_der)
		return settle(j, SM_NO, "attributes-not-der",
		    "The signed attributes are not encoded in DER, as they must "
		    "be (RFC 5652 section 5.3).");
	if (a->bad != NULL)
		return settle(j, SM_NO, a->bad,
		    "Among the signed attributes the %s is malformed.",
		    bad_text(a->bad));
	if (a->duplicate)
		return settle(j, SM_NO, "attribute-duplicate",
		    "A signed attribute is there twice, so that nobody can say "
		    "which one counts.");
	return SM_OK;
}

static int
rule_content_type(struct judging *j)
{
	const struct sm_signed_attrs *a = &j->si->attrs;

	if (!a->present)
		return SM_OK;
	if (a->content_type.len == 0)
		return settle(j, SM_NO, "content-type-missing",
		    "The signed attributes do not say the type of the content "
		    "(RFC 5652 section 5.3).");
	if (!sm_bytes_equal(a->content_type, j->in->econtent_type))
		return settle(j, SM_NO, "content-type-mismatch",
		    "The signature is about content of another type.");
	return SM_OK;
}

static int
rule_message_digest(struct judging *j)
{
	const struct sm_signed_attrs *a = &j->si->attrs;

	if (a->present && a->message_digest.len == 0)
		return settle(j, SM_NO, "message-digest-missing",
		    "The signed attributes hold no digest of the content "
		    "(RFC 5652 section 5.3).");
	return SM_OK;
}

/* Equal, whether NULL parameters are written or left out (RFC 6211 section 3). */
static bool
same_algorithm(struct sm_bytes a, struct sm_bytes b)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };
	struct sm_bytes oid_a, oid_b, par_a, par_b;

	if (!sm_der_get_algorithm(&a, &oid_a, &par_a) || a.len != 0 ||
	    !sm_der_get_algorithm(&b, &oid_b, &par_b) || b.len != 0)
		return false;
	if (sm_bytes_equal(par_a, sm_bytes(null, sizeof(null))))
		par_a.len = 0;
	if (sm_bytes_equal(par_b, sm_bytes(null, sizeof(null))))
		par_b.len = 0;
	return sm_bytes_equal(oid_a, oid_b) && sm_bytes_equal(par_a, par_b);
}

/* The signature algorithm of the attribute: its contents, which stand under [1]
 * IMPLICIT. Defaults may be written or left out, so that two encodings that are
 * read as the same algorithm are the same. */
static int
same_sig_alg(bool *same, const struct sm_signer_info *si)
{
	struct sm_bytes in = si->attrs.protection_signature, whole, oid, par;
	struct sm_sig_alg other;
	struct sm_buf buf = SM_BUF_INIT;
	struct sm_derw w;
	int rc;

	*same = false;
	sm_derw_init(&w, &buf);
	sm_derw_add(&w, SM_DER_SEQUENCE, in);
	rc = sm_derw_status(&w);
	whole = sm_buf_bytes(&buf);
	if (rc == SM_OK && same_algorithm(whole, si->sig_der)) {
		*same = true;
	} else if (rc == SM_OK && si->sig_known &&
	    sm_der_get_algorithm(&whole, &oid, &par) &&
	    sm_sig_alg_read(&other, oid, par, si->digest, NULL) == SM_OK) {
		*same = other.alg->id == si->sig.alg->id &&
		    other.digest == si->sig.digest &&
		    other.mgf_digest == si->sig.mgf_digest &&
		    other.salt_len == si->sig.salt_len;
	}
	sm_buf_free(&buf);
	return rc;
}

static int
rule_protection(struct judging *j)
{
	const struct sm_signer_info *si = j->si;
	bool same;

	if (!si->attrs.has_protection)
		return SM_OK;
	SM_TRY(same_sig_alg(&same, si));
	if (!same || !same_algorithm(si->attrs.protection_digest,
	    si->digest_der))
		return settle(j, SM_NO, "algorithm-protection-mismatch",
		    "The algorithms named in the message are not those that the "
		    "signer used: they were exchanged (RFC 6211).");
	return SM_OK;
}

static int
rule_cert_hash(struct judging *j)
{
	const struct sm_signed_attrs *a = &j->si->attrs;
	struct sm_digest_value d;
	int rc;

	if (!a->has_cert_hash)
		return SM_OK;
	rc = a->cert_hash_alg == SM_ALG_NONE ? SM_E_UNSUPPORTED :
	    sm_digest(&d, a->cert_hash_alg, sm_cert_der(j->in->cert));
	if (rc == SM_E_UNSUPPORTED)
		return settle(j, SM_UNKNOWN, "signing-certificate-unsupported",
		    "The signer names the certificate by a digest that cannot "
		    "be computed here.");
	if (rc != SM_OK)
		return rc;
	if (!sm_bytes_equal(a->cert_hash, sm_bytes(d.data, d.len)))
		return settle(j, SM_NO, "signing-certificate-mismatch",
		    "The signer meant another certificate than the one that is "
		    "here (RFC 5035).");
	return SM_OK;
}

static int
rule_algorithms(struct judging *j)
{
	const struct sm_signer_info *si = j->si;

	if (si->sig_malformed)
		return settle(j, SM_NO, "signature-algorithm-malformed",
		    "The signature algorithm %s cannot be accepted: %.120s",
		    si->sig_name, si->sig_why);
	if (!si->sig_known)
		return settle(j, SM_UNKNOWN, "signature-algorithm-unknown",
		    "The signature algorithm %s is not known here.",
		    si->sig_name);
	if (si->digest == SM_ALG_NONE)
		return settle(j, SM_UNKNOWN, "digest-unknown",
		    "The digest algorithm %s is not known here.",
		    si->digest_name);
	/* RFC 8933 section 3; EdDSA and ML-DSA have no digest of their own. */
	if (si->sig.digest != SM_ALG_NONE && si->sig.digest != si->digest &&
	    si->sig.alg->digest != SM_ALG_NONE)
		return settle(j, SM_NO, "digest-algorithms-differ",
		    "Content and attributes were digested with different "
		    "algorithms (%s and %s; RFC 8933).", si->digest_name,
		    sm_alg_get(si->sig.digest)->name);
	return SM_OK;
}

static int
rule_key(struct judging *j)
{
	if (j->pub != NULL)
		return SM_OK;
	return settle(j, SM_UNKNOWN, "signer-key-unknown",
	    "The key in the signer's certificate is of a kind that cannot be "
	    "used here.");
}

/* Without attributes the signature is over the content itself. */
static int
verify_content(struct judging *j, bool *good)
{
	const struct sm_signer_info *si = j->si;
	int rc = SM_E_UNSUPPORTED;

	if (j->in->content_digest != NULL)
		rc = sm_pubkey_verify_digest(good, j->pub, &si->sig,
		    j->in->content_digest, si->signature);
	if (rc == SM_E_UNSUPPORTED && j->in->content.data != NULL)
		rc = sm_pubkey_verify(good, j->pub, &si->sig, j->in->content,
		    si->signature);
	return rc;
}

static int
rule_mathematics(struct judging *j)
{
	const struct sm_signer_info *si = j->si;
	bool good = false;
	int rc;

	if (si->attrs.present)
		rc = sm_pubkey_verify(&good, j->pub, &si->sig, si->attrs.set,
		    si->signature);
	else
		rc = verify_content(j, &good);
	if (rc == SM_E_UNSUPPORTED)
		return settle(j, SM_UNKNOWN, "signature-not-checked",
		    "The signature (%s) cannot be checked here.", si->sig_name);
	if (rc != SM_OK)
		return rc;
	if (!good)
		return settle(j, SM_NO, "signature-mismatch",
		    "The signature does not fit the certificate's key: the "
		    "message or the signature was changed, or it is another's.");
	j->done = true;
	j->out->signature = SM_YES;
	(void)snprintf(j->out->signature_why, sizeof(j->out->signature_why),
	    "The signature (%s) fits the certificate's key%s.", si->sig_name,
	    j->out->weak ? ", by an algorithm that is too weak today" : "");
	return SM_OK;
}

static int
judge_signature(struct judging *j)
{
	static int (*const rules[])(struct judging *) = {
		rule_attrs_there, rule_attrs_form, rule_content_type,
		rule_message_digest, rule_protection, rule_cert_hash,
		rule_algorithms, rule_key, rule_mathematics,
	};
	size_t i;

	for (i = 0; i < sizeof(rules) / sizeof(rules[0]) && !j->done; i++)
		SM_TRY(rules[i](j));
	return SM_OK;
}

static int
judge_digest(struct judging *j)
{
	const struct sm_signed_attrs *a = &j->si->attrs;
	const struct sm_digest_value *d = j->in->content_digest;

	if (!a->present) {
		say_digest(j, j->out->signature, NULL,
		    j->out->signature == SM_NO ?
		    "The signature is over the content itself, and is not good." :
		    "The signature is over the content itself.");
	} else if (a->message_digest.len == 0) {
		say_digest(j, SM_NO, "message-digest-missing",
		    "The signed attributes hold no digest of the content.");
	} else if (j->si->digest == SM_ALG_NONE) {
		say_digest(j, SM_UNKNOWN, "digest-unknown",
		    "The digest algorithm %s is not known here.",
		    j->si->digest_name);
	} else if (d == NULL) {
		say_digest(j, SM_UNKNOWN, "digest-not-computed",
		    "The digest (%s) of the content was not computed: the "
		    "message did not announce it, or it is not available here.",
		    j->si->digest_name);
	} else if (d->alg != j->si->digest) {
		return SM_E_USAGE;
	} else if (!sm_bytes_equal(a->message_digest,
	    sm_bytes(d->data, d->len))) {
		say_digest(j, SM_NO, "digest-mismatch",
		    "The content is not what was signed: its digest (%s) does "
		    "not fit.", j->si->digest_name);
	} else {
		say_digest(j, SM_YES, NULL,
		    "The content is what was signed: its digest (%s) fits.",
		    j->si->digest_name);
	}
	return SM_OK;
}

static bool
archive_only(enum sm_alg_id id)
{
	return id != SM_ALG_NONE && sm_alg_get(id)->use <= SM_USE_ARCHIVE;
}

static bool
judge_weak(const struct judging *j)
{
	const struct sm_signer_info *si = j->si;

	return archive_only(si->digest) || (si->sig_known &&
	    (archive_only(si->sig.alg->id) || archive_only(si->sig.digest))) ||
	    (j->pub != NULL && sm_pubkey_weak(j->pub));
}

int
sm_signer_judge(struct sm_signer_verdict *out, const struct sm_signer_info *si,
    const struct sm_signer_input *in)
{
	struct judging j = { out, si, in, NULL, false };
	int rc;

	*out = (struct sm_signer_verdict) {
		.digest = SM_UNKNOWN, .signature = SM_UNKNOWN,
	};
	rc = sm_pubkey_new(&j.pub, sm_cert_spki(in->cert), NULL);
	if (rc == SM_E_NOMEM || rc == SM_E_USAGE)
		return rc;
	if (rc != SM_OK)
		j.pub = NULL;
	out->weak = judge_weak(&j);
	rc = judge_signature(&j);
	if (rc == SM_OK)
		rc = judge_digest(&j);
	sm_pubkey_free(j.pub);
	return rc;
}
