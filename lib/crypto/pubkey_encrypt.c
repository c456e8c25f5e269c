#include <base/try.h>
#include <crypto/pkey.h>
#include <crypto/pubkey_impl.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/rsa.h>

static int
encrypt_set_oaep(EVP_PKEY_CTX *ctx, enum sm_alg_id digest)
{
	EVP_MD *md = NULL;
	int ok;

	SM_TRY(sm_evp_digest(&md, digest));
	ok = EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) == 1 &&
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, md) == 1 &&
	    EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, md) == 1;
	EVP_MD_free(md);
	return ok ? SM_OK : SM_E_UNSUPPORTED;
}

static int
encrypt_padding(EVP_PKEY_CTX *ctx, enum sm_alg_id oaep_digest)
{
	if (oaep_digest != SM_ALG_NONE)
		return encrypt_set_oaep(ctx, oaep_digest);
	return EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PADDING) == 1 ?
	    SM_OK : sm_evp_failure();
}

int
sm_pubkey_rsa_encrypt(struct sm_buf *out, const struct sm_pubkey *p,
    enum sm_alg_id oaep_digest, struct sm_bytes cek)
{
	EVP_PKEY_CTX *ctx;
	size_t len = sm_pubkey_rsa_bytes(p);
	int rc;

	/* RFC 4055 section 4: a key named id-RSAES-OAEP is for OAEP alone. */
	if (p->type != SM_KEY_RSA ||
	    (oaep_digest == SM_ALG_NONE && p->alg->id != SM_PK_RSA))
		return SM_E_USAGE;
	SM_TRY(sm_buf_reserve(out, len));
	sm_evp_begin();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, p->pkey, NULL);
	if (ctx == NULL || EVP_PKEY_encrypt_init(ctx) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	SM_TRY_OUT(encrypt_padding(ctx, oaep_digest));
	if (EVP_PKEY_encrypt(ctx, out->data + out->len, &len, cek.data,
		cek.len) != 1)
		rc = sm_evp_failure();
	else
		out->len += len;
out:
	EVP_PKEY_CTX_free(ctx);
	sm_evp_end();
	return rc;
}

/* A number below n, all equally likely, as many bytes as n. */
static int
kem_random(uint8_t *z, size_t len, EVP_PKEY *pkey)
{
	BIGNUM *n = NULL, *r = BN_secure_new();
	int rc = SM_OK;

	if (r == NULL)
		return SM_E_NOMEM;
	if (EVP_PKEY_get_bn_param(pkey, OSSL_PKEY_PARAM_RSA_N, &n) != 1 ||
	    BN_priv_rand_range_ex(r, n, 0, NULL) != 1 ||
	    BN_bn2binpad(r, z, (int)len) != (int)len)
		rc = sm_evp_failure();
	BN_free(n);
	BN_clear_free(r);
	return rc;
}

int
sm_pubkey_rsa_kem(struct sm_buf *z, struct sm_buf *c, const struct sm_pubkey *p)
{
	size_t len = sm_pubkey_rsa_bytes(p);

	if (p->type != SM_KEY_RSA)
		return SM_E_USAGE;
	SM_TRY(sm_buf_reserve(z, len));
	SM_TRY(sm_buf_reserve(c, len));
	SM_TRY(kem_random(z->data + z->len, len, p->pkey));
	SM_TRY(sm_pkey_rsa_raw(p->pkey, false, c->data + c->len, len,
	    sm_bytes(z->data + z->len, len)));
	z->len += len;
	c->len += len;
	return SM_OK;
}
