#include <base/der.h>
#include <base/try.h>
#include <cms/attributes.h>
#include <cms/signer.h>

/* Equal bytes are the rule and cost nothing; else the numbers decide. */
static bool
key_fits(const struct sm_signer_new *n)
{
	struct sm_bytes spki = sm_cert_spki(n->cert);

	return sm_bytes_equal(sm_key_spki(n->key), spki) ||
	    sm_key_fits(n->key, spki);
}

int
sm_signer_plan(struct sm_signer_plan *out, const struct sm_signer_new *n,
    struct sm_error *err)
{
	if (n->key == NULL || n->cert == NULL)
		return sm_error_set(err, SM_E_USAGE, "signer-incomplete", NULL,
		    "To sign, a key and its certificate are needed.");
	if (!key_fits(n))
		return sm_error_set(err, SM_E_USAGE, "signer-key-mismatch", NULL,
		    "The key does not belong to the certificate of %s. Name the "
		    "certificate that was issued for this key.",
		    sm_cert_subject_text(n->cert));
	if (n->use_ski && sm_cert_ski(n->cert).len == 0)
		return sm_error_set(err, SM_E_USAGE, "signer-without-ski", NULL,
		    "The certificate of %s has no key identifier to be named by.",
		    sm_cert_subject_text(n->cert));
	out->digest = n->digest;
	return sm_sig_alg_for_key(&out->sig, &out->digest, n->key, n->pss, err);
}

/* Sign tbs and look whether the signature is right: a fault while signing (a bad
 * memory cell, or one that was made to happen) gives an RSA-CRT or a
 * deterministic signature from which the key can be computed. */
static int
sign_checked(struct sm_buf *sig, const struct sm_signer_new *n,
    const struct sm_sig_alg *alg, struct sm_bytes tbs, struct sm_error *err)
{
	struct sm_pubkey *pub = NULL;
	bool good = false;
	int rc;

	SM_TRY_OUT(sm_key_sign(n->key, sig, alg, tbs, err));
	SM_TRY_OUT(sm_pubkey_new(&pub, sm_cert_spki(n->cert), err));
	SM_TRY_OUT(sm_pubkey_verify(&good, pub, alg, tbs, sm_buf_bytes(sig)));
	if (!good)
		rc = sm_error_set(err, SM_E_CRYPTO, "own-signature-wrong", NULL,
		    "The signature that was just made is wrong and was thrown "
		    "away: the token or this machine is at fault. Try again; if "
		    "it happens again, do not use this machine.");
out:
	sm_pubkey_free(pub);
	return rc;
}

static void
write_sid(struct sm_derw *w, const struct sm_signer_new *n)
{
	size_t seq;

	if (n->use_ski) {
		sm_derw_add(w, SM_DER_CTX(0), sm_cert_ski(n->cert));
		return;
	}
	seq = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_raw(w, sm_cert_issuer(n->cert));
	sm_derw_add(w, SM_DER_INTEGER, sm_cert_serial(n->cert));
	sm_derw_end(w, seq);
}

/* The parts of a SignerInfo, encoded. */
struct parts {
	struct sm_buf digest, sig_alg, attrs, sig;
};

static int
make_parts(struct parts *p, const struct sm_signer_new *n,
    const struct sm_signer_plan *plan, enum sm_cms_type content_type,
    const struct sm_digest_value *content_digest, struct sm_error *err)
{
	struct sm_attributes_new a = {
		.content_type = content_type,
		.message_digest = content_digest,
		.signing_time = n->signing_time,
		.cert = n->cert,
		.capabilities = n->capabilities,
		.enc_cert = n->enc_cert,
	};

	SM_TRY(sm_alg_write_digest(&p->digest, plan->digest));
	SM_TRY(sm_sig_alg_write(&plan->sig, &p->sig_alg));
	a.digest_der = sm_buf_bytes(&p->digest);
	a.sig_der = sm_buf_bytes(&p->sig_alg);
	SM_TRY(sm_attributes_write(&p->attrs, &a));
	return sign_checked(&p->sig, n, &plan->sig, sm_buf_bytes(&p->attrs),
	    err);
}

static int
write_parts(struct sm_buf *out, const struct sm_signer_new *n,
    struct parts *p)
{
	struct sm_derw w;
	size_t si;

	sm_derw_init(&w, out);
	si = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, n->use_ski ? 3 : 1);
	write_sid(&w, n);
	sm_derw_raw(&w, sm_buf_bytes(&p->digest));
	p->attrs.data[0] = SM_DER_CTX_CONS(0); /* signed as SET OF, sent as [0] */
	sm_derw_raw(&w, sm_buf_bytes(&p->attrs));
	sm_derw_raw(&w, sm_buf_bytes(&p->sig_alg));
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&p->sig));
	sm_derw_end(&w, si);
	return sm_derw_status(&w);
}

int
sm_signer_write(struct sm_buf *out, const struct sm_signer_new *n,
    enum sm_cms_type content_type, const struct sm_digest_value *content_digest,
    struct sm_error *err)
{
	struct parts p = { SM_BUF_INIT, SM_BUF_INIT, SM_BUF_INIT, SM_BUF_INIT };
	struct sm_signer_plan plan;
	int rc;

	SM_TRY(sm_signer_plan(&plan, n, err));
	if (content_digest == NULL || content_digest->alg != plan.digest)
		return sm_error_set(err, SM_E_USAGE, "digest-not-computed", NULL,
		    "The content was not digested with %s.",
		    sm_alg_get(plan.digest)->name);
	SM_TRY_OUT(make_parts(&p, n, &plan, content_type, content_digest, err));
	SM_TRY_OUT(write_parts(out, n, &p));
out:
	sm_buf_free(&p.digest);
	sm_buf_free(&p.sig_alg);
	sm_buf_free(&p.attrs);
	sm_buf_free(&p.sig);
	return rc;
}
