#include <base/try.h>
#include <crypto/pkey.h>
#include <crypto/pubkey_impl.h>

#include <openssl/rsa.h>

bool
sm_pubkey_fits_sig(const struct sm_pubkey *p, const struct sm_sig_alg *s)
{
	switch (sm_sig_alg_family(s->alg->id)) {
	case SM_SIG_RSA_PKCS1:
		return p->type == SM_KEY_RSA && p->alg->id == SM_PK_RSA;
	case SM_SIG_RSA_PSS:
	case SM_SIG_RSA_PSS_SHAKE:
		if (p->type == SM_KEY_RSA)
			return p->alg->id == SM_PK_RSA;
		if (p->type != SM_KEY_RSA_PSS)
			return false;
		/* RFC 4055 section 3.3: the key's parameters bind. */
		return p->pss.alg == NULL || (p->pss.alg == s->alg &&
		    p->pss.digest == s->digest &&
		    p->pss.mgf_digest == s->mgf_digest &&
		    s->salt_len >= p->pss.salt_len);
	case SM_SIG_ECDSA:
		return p->type == SM_KEY_EC;
	case SM_SIG_DSA:
		return p->type == SM_KEY_DSA;
	default:
		return p->alg->id == s->alg->id;
	}
}

/* Padding and digests of an RSA signature. */
static int
verify_set_rsa(EVP_PKEY_CTX *ctx, const struct sm_sig_alg *alg)
{
	EVP_MD *md = NULL;
	bool pss = sm_sig_alg_family(alg->alg->id) == SM_SIG_RSA_PSS;
	int ok;

	SM_TRY(sm_evp_digest(&md, alg->digest));
	ok = EVP_PKEY_CTX_set_rsa_padding(ctx,
	    pss ? RSA_PKCS1_PSS_PADDING : RSA_PKCS1_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_signature_md(ctx, md) == 1;
	if (ok && pss)
		ok = EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1 &&
		    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx,
			(int)alg->salt_len) == 1;
	EVP_MD_free(md);
	return ok ? SM_OK : SM_E_UNSUPPORTED;
}

static int
verify_evp(bool *good, const struct sm_pubkey *p, const struct sm_sig_alg *alg,
    const struct sm_digest_value *digest, struct sm_bytes sig)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	int rc = SM_OK;

	if (ctx == NULL)
		return sm_evp_failure();
	if (EVP_PKEY_verify_init(ctx) != 1) {
		rc = SM_E_UNSUPPORTED;
		goto out;
	}
	/* ECDSA and DSA take the leftmost bits of any digest, SHAKE as well. */
	if (p->type == SM_KEY_RSA || p->type == SM_KEY_RSA_PSS)
		SM_TRY_OUT(verify_set_rsa(ctx, alg));
	*good = EVP_PKEY_verify(ctx, sig.data, sig.len, digest->data,
	    digest->len) == 1;
	if (!*good && sm_evp_failure() == SM_E_NOMEM)
		rc = SM_E_NOMEM;
out:
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static int
verify_pss_shake(bool *good, const struct sm_pubkey *p,
    const struct sm_sig_alg *alg, const struct sm_digest_value *digest,
    struct sm_bytes sig)
{
	struct sm_buf em = SM_BUF_INIT;
	size_t len = sm_pubkey_rsa_bytes(p);
	int rc;

	SM_TRY(sm_buf_resize(&em, len));
	rc = sm_pkey_rsa_raw(p->pkey, false, em.data, len, sig);
	if (rc == SM_E_AUTH) /* not of the length of n, or not below it */
		rc = SM_OK;
	else if (rc == 0)
		rc = sm_pss_shake_verify(good, alg->digest, sm_buf_bytes(&em),
		    p->bits, digest);
	sm_buf_free(&em);
	return rc;
}

static int
verify_pure(bool *good, const struct sm_pubkey *p, struct sm_bytes tbs,
    struct sm_bytes sig)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = SM_OK;

	if (ctx == NULL)
		return SM_E_NOMEM;
	if (EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, p->pkey,
		NULL) != 1)
		rc = SM_E_UNSUPPORTED;
	else
		*good = EVP_DigestVerify(ctx, sig.data, sig.len, tbs.data,
		    tbs.len) == 1;
	EVP_MD_CTX_free(ctx);
	return rc;
}

int
sm_pubkey_verify_digest(bool *good, const struct sm_pubkey *p,
    const struct sm_sig_alg *alg, const struct sm_digest_value *digest,
    struct sm_bytes sig)
{
	enum sm_sig_family family = sm_sig_alg_family(alg->alg->id);
	int rc;

	*good = false;
	if (family == SM_SIG_PURE)
		return SM_E_UNSUPPORTED;
	if (digest->alg != alg->digest || digest->len == 0)
		return SM_E_USAGE;
	if (!sm_pubkey_fits_sig(p, alg) || sig.len == 0)
		return SM_OK;
	if (p->pkey == NULL)
		return SM_E_UNSUPPORTED;
	sm_evp_begin();
	if (family == SM_SIG_RSA_PSS_SHAKE)
		rc = verify_pss_shake(good, p, alg, digest, sig);
	else
		rc = verify_evp(good, p, alg, digest, sig);
	sm_evp_end();
	return rc;
}

int
sm_pubkey_verify(bool *good, const struct sm_pubkey *p,
    const struct sm_sig_alg *alg, struct sm_bytes tbs, struct sm_bytes sig)
{
	struct sm_digest_value digest;
	int rc;

	*good = false;
	if (!sm_pubkey_fits_sig(p, alg) || sig.len == 0)
		return SM_OK;
	if (sm_sig_alg_family(alg->alg->id) != SM_SIG_PURE) {
		SM_TRY(sm_digest(&digest, alg->digest, tbs));
		return sm_pubkey_verify_digest(good, p, alg, &digest, sig);
	}
	if (p->pkey == NULL)
		return SM_E_UNSUPPORTED;
	sm_evp_begin();
	rc = verify_pure(good, p, tbs, sig);
	sm_evp_end();
	return rc;
}
