#include <base/try.h>
#include <crypto/key_soft.h>
#include <crypto/pkey.h>
#include <crypto/pubkey_impl.h>

#include <openssl/rsa.h>
#include <stdlib.h>

struct key_soft {
	struct sm_key base; /* first: struct sm_key is the face of it */
	EVP_PKEY *pkey;
};

static EVP_PKEY *
key_soft_pkey(struct sm_key *k)
{
	return ((struct key_soft *)k)->pkey;
}

static int
key_soft_set_rsa(EVP_PKEY_CTX *ctx, const struct sm_sig_alg *alg)
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
key_soft_sign_hashed(struct sm_key *k, struct sm_buf *sig,
    const struct sm_sig_alg *alg, struct sm_bytes tbs)
{
	struct sm_digest_value digest;
	EVP_PKEY_CTX *ctx;
	size_t len = (size_t)EVP_PKEY_get_size(key_soft_pkey(k));
	int rc;

	SM_TRY(sm_digest(&digest, alg->digest, tbs));
	SM_TRY(sm_buf_reserve(sig, len));
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_soft_pkey(k), NULL);
	if (ctx == NULL || EVP_PKEY_sign_init(ctx) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	rc = SM_OK;
	if (k->type != SM_KEY_EC)
		SM_TRY_OUT(key_soft_set_rsa(ctx, alg));
	if (EVP_PKEY_sign(ctx, sig->data + sig->len, &len, digest.data,
		digest.len) != 1)
		rc = sm_evp_failure();
	else
		sig->len += len;
out:
	EVP_PKEY_CTX_free(ctx);
	return rc;
}

static int
key_soft_sign_pure(struct sm_key *k, struct sm_buf *sig, struct sm_bytes tbs)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = (size_t)EVP_PKEY_get_size(key_soft_pkey(k));
	int rc;

	if (ctx == NULL)
		return SM_E_NOMEM;
	SM_TRY_OUT(sm_buf_reserve(sig, len));
	if (EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key_soft_pkey(k),
		NULL) != 1 ||
	    EVP_DigestSign(ctx, sig->data + sig->len, &len, tbs.data,
		tbs.len) != 1)
		rc = sm_evp_failure();
	else
		sig->len += len;
out:
	EVP_MD_CTX_free(ctx);
	return rc;
}

static int
key_soft_sign(struct sm_key *k, struct sm_buf *sig,
    const struct sm_sig_alg *alg, struct sm_bytes tbs)
{
	int rc;

	sm_evp_begin();
	switch (sm_sig_alg_family(alg->alg->id)) {
	case SM_SIG_PURE:
		rc = key_soft_sign_pure(k, sig, tbs);
		break;
	case SM_SIG_RSA_PKCS1:
	case SM_SIG_RSA_PSS:
	case SM_SIG_ECDSA:
		rc = key_soft_sign_hashed(k, sig, alg, tbs);
		break;
	default:
		rc = SM_E_UNSUPPORTED;
		break;
	}
	sm_evp_end();
	return rc;
}

static int
key_soft_rsa_raw(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	size_t len = sm_pubkey_rsa_bytes(k->pub);
	int rc;

	SM_TRY(sm_buf_reserve(em, len));
	rc = sm_pkey_rsa_raw(key_soft_pkey(k), true, em->data + em->len, len, c);
	if (rc == 0)
		em->len += len;
	return rc;
}

/* The peer was validated when it was parsed (crypto/curve.h). */
static int
key_soft_derive(struct sm_key *k, struct sm_buf *secret,
    const struct sm_pubkey *peer)
{
	EVP_PKEY_CTX *ctx;
	size_t len = 0;
	int rc = SM_OK;

	sm_evp_begin();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, key_soft_pkey(k), NULL);
	if (ctx == NULL || EVP_PKEY_derive_init(ctx) != 1 ||
	    EVP_PKEY_derive_set_peer_ex(ctx, peer->pkey, 0) != 1 ||
	    EVP_PKEY_derive(ctx, NULL, &len) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	SM_TRY_OUT(sm_buf_reserve(secret, len));
	/* libcrypto itself refuses an all-zero result of X25519 and X448. */
	if (EVP_PKEY_derive(ctx, secret->data + secret->len, &len) != 1)
		rc = sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM : SM_E_AUTH;
	else
		secret->len += len;
out:
	EVP_PKEY_CTX_free(ctx);
	sm_evp_end();
	return rc;
}

static int
key_soft_pkcs8(struct sm_key *k, struct sm_buf *out, struct sm_error *err)
{
	(void)err;
	return sm_pkey_to_pkcs8(out, key_soft_pkey(k));
}

static void
key_soft_free(struct sm_key *k)
{
	EVP_PKEY_free(key_soft_pkey(k)); /* wipes the private numbers */
	free(k);
}

static const struct sm_key_ops key_soft_ops_rsa = {
	.sign = key_soft_sign,
	.rsa_raw = key_soft_rsa_raw,
	.pkcs8 = key_soft_pkcs8,
	.free = key_soft_free,
};

static const struct sm_key_ops key_soft_ops_ec = {
	.sign = key_soft_sign,
	.derive = key_soft_derive,
	.pkcs8 = key_soft_pkcs8,
	.free = key_soft_free,
};

static const struct sm_key_ops key_soft_ops_sign = {
	.sign = key_soft_sign,
	.pkcs8 = key_soft_pkcs8,
	.free = key_soft_free,
};

static const struct sm_key_ops key_soft_ops_agree = {
	.derive = key_soft_derive,
	.pkcs8 = key_soft_pkcs8,
	.free = key_soft_free,
};

static const struct sm_key_ops key_soft_ops_none = {
	.free = key_soft_free,
};

static const struct sm_key_ops *
key_soft_ops(enum sm_key_type type)
{
	switch (type) {
	case SM_KEY_RSA:
		return &key_soft_ops_rsa;
	case SM_KEY_EC:
		return &key_soft_ops_ec;
	case SM_KEY_RSA_PSS:
	case SM_KEY_ED25519:
	case SM_KEY_ED448:
		return &key_soft_ops_sign;
	case SM_KEY_X25519:
	case SM_KEY_X448:
		return &key_soft_ops_agree;
	default:
		return &key_soft_ops_none;
	}
}

int
sm_key_soft_new(struct sm_key **out, EVP_PKEY *pkey, struct sm_bytes spki,
    const uint8_t *reject, struct sm_error *err)
{
	struct key_soft *s = calloc(1, sizeof(*s));
	int rc;

	if (s == NULL) {
		EVP_PKEY_free(pkey);
		return SM_E_NOMEM;
	}
	s->pkey = pkey;
	s->base.ops = &key_soft_ops_none; /* sm_key_free() needs a table */
	rc = sm_key_object_init(&s->base, &key_soft_ops_none, spki, err);
	if (rc != 0) {
		sm_key_free(&s->base);
		return rc;
	}
	if (pkey != NULL)
		s->base.ops = key_soft_ops(s->base.type);
	if (reject != NULL)
		memcpy(s->base.reject, reject, sizeof(s->base.reject));
	*out = &s->base;
	return SM_OK;
}
