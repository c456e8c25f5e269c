#include <base/try.h>
#include <crypto/pkey.h>

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rsa.h>

enum { PKEY_PARAMS = 9 };

/* Parameters under construction: libcrypto takes numbers in the byte order of
 * the machine, so they are copied into secret memory. */
struct pkey_params {
	OSSL_PARAM list[PKEY_PARAMS + 1];
	size_t count;
	struct sm_buf numbers;
};

static void
pkey_number(struct pkey_params *p, const char *name, struct sm_bytes be)
{
	uint8_t *to = p->numbers.data + p->numbers.len;
	size_t i;

	for (i = 0; i < be.len; i++)
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
		to[i] = be.data[i];
#else
		to[i] = be.data[be.len - 1 - i];
#endif
	p->numbers.len += be.len;
	p->list[p->count++] = OSSL_PARAM_construct_BN(name, to, be.len);
}

/* Room for numbers of that many bytes together. */
static int
pkey_params_init(struct pkey_params *p, size_t bytes)
{
	memset(p, 0, sizeof(*p));
	p->numbers.secret = true;
	return sm_buf_reserve(&p->numbers, bytes);
}

static int
pkey_make(EVP_PKEY **out, const char *type, int selection,
    struct pkey_params *p)
{
	EVP_PKEY_CTX *ctx;
	int rc = SM_OK;

	p->list[p->count] = OSSL_PARAM_construct_end();
	sm_evp_begin();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) != 1) {
		rc = sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM :
		    SM_E_UNSUPPORTED;
	} else if (EVP_PKEY_fromdata(ctx, out, selection, p->list) != 1) {
		rc = sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM : SM_E_FORMAT;
		*out = NULL;
	}
	EVP_PKEY_CTX_free(ctx);
	sm_evp_end();
	return rc;
}

int
sm_pkey_rsa(EVP_PKEY **out, struct sm_bytes n, struct sm_bytes e,
    const struct sm_bytes *private)
{
	static const char *const names[SM_RSA_PRIVATE_PARTS] = {
		OSSL_PKEY_PARAM_RSA_D, OSSL_PKEY_PARAM_RSA_FACTOR1,
		OSSL_PKEY_PARAM_RSA_FACTOR2, OSSL_PKEY_PARAM_RSA_EXPONENT1,
		OSSL_PKEY_PARAM_RSA_EXPONENT2, OSSL_PKEY_PARAM_RSA_COEFFICIENT1
	};
	struct pkey_params p;
	size_t i, parts = private == NULL ? 0 : SM_RSA_PRIVATE_PARTS;
	size_t bytes = n.len + e.len;
	int rc;

	for (i = 0; i < parts; i++)
		bytes += private[i].len;
	SM_TRY(pkey_params_init(&p, bytes));
	pkey_number(&p, OSSL_PKEY_PARAM_RSA_N, n);
	pkey_number(&p, OSSL_PKEY_PARAM_RSA_E, e);
	for (i = 0; i < parts; i++)
		pkey_number(&p, names[i], private[i]);
	rc = pkey_make(out, "RSA",
	    parts == 0 ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, &p);
	sm_buf_free(&p.numbers);
	return rc;
}

int
sm_pkey_ec(EVP_PKEY **out, const struct sm_curve *curve, struct sm_bytes point,
    struct sm_bytes d)
{
	struct pkey_params p;
	int rc;

	SM_TRY(pkey_params_init(&p, d.len + 1));
	p.list[p.count++] = OSSL_PARAM_construct_utf8_string(
	    OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve->group, 0);
	p.list[p.count++] = OSSL_PARAM_construct_octet_string(
	    OSSL_PKEY_PARAM_PUB_KEY, (void *)(uintptr_t)point.data, point.len);
	if (d.len > 0)
		pkey_number(&p, OSSL_PKEY_PARAM_PRIV_KEY, d);
	rc = pkey_make(out, "EC",
	    d.len == 0 ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR, &p);
	sm_buf_free(&p.numbers);
	return rc;
}

int
sm_pkey_dsa(EVP_PKEY **out, struct sm_bytes p, struct sm_bytes q,
    struct sm_bytes g, struct sm_bytes y)
{
	struct pkey_params params;
	int rc;

	SM_TRY(pkey_params_init(&params, p.len + q.len + g.len + y.len));
	pkey_number(&params, OSSL_PKEY_PARAM_FFC_P, p);
	pkey_number(&params, OSSL_PKEY_PARAM_FFC_Q, q);
	pkey_number(&params, OSSL_PKEY_PARAM_FFC_G, g);
	pkey_number(&params, OSSL_PKEY_PARAM_PUB_KEY, y);
	rc = pkey_make(out, "DSA", EVP_PKEY_PUBLIC_KEY, &params);
	sm_buf_free(&params.numbers);
	return rc;
}

/* Is there an implementation at all? Tells a bad key from a missing one. */
static int
pkey_raw_failure(const char *name)
{
	EVP_KEYMGMT *mgmt;

	if (sm_evp_failure() == SM_E_NOMEM)
		return SM_E_NOMEM;
	mgmt = EVP_KEYMGMT_fetch(NULL, name, NULL);
	EVP_KEYMGMT_free(mgmt);
	return mgmt == NULL ? SM_E_UNSUPPORTED : SM_E_FORMAT;
}

int
sm_pkey_raw_public(EVP_PKEY **out, const char *name, struct sm_bytes key)
{
	int rc = SM_OK;

	sm_evp_begin();
	*out = EVP_PKEY_new_raw_public_key_ex(NULL, name, NULL, key.data,
	    key.len);
	if (*out == NULL)
		rc = pkey_raw_failure(name);
	sm_evp_end();
	return rc;
}

int
sm_pkey_raw_private(EVP_PKEY **out, const char *name, struct sm_bytes key)
{
	int rc = SM_OK;

	sm_evp_begin();
	*out = EVP_PKEY_new_raw_private_key_ex(NULL, name, NULL, key.data,
	    key.len);
	if (*out == NULL)
		rc = pkey_raw_failure(name);
	sm_evp_end();
	return rc;
}

int
sm_pkey_rsa_raw(EVP_PKEY *pkey, bool private, uint8_t *out, size_t len,
    struct sm_bytes in)
{
	EVP_PKEY_CTX *ctx;
	size_t got = len;
	int ok, rc = SM_OK;

	if (in.len != len)
		return SM_E_AUTH;
	sm_evp_begin();
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	ok = ctx != NULL &&
	    (private ? EVP_PKEY_decrypt_init(ctx) :
		EVP_PKEY_encrypt_init(ctx)) == 1 &&
	    EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_NO_PADDING) == 1;
	if (!ok)
		rc = sm_evp_failure();
	else if ((private ?
		EVP_PKEY_decrypt(ctx, out, &got, in.data, in.len) :
		EVP_PKEY_encrypt(ctx, out, &got, in.data, in.len)) != 1)
		rc = sm_evp_failure() == SM_E_NOMEM ? SM_E_NOMEM : SM_E_AUTH;
	else if (got != len)
		rc = SM_E_CRYPTO;
	EVP_PKEY_CTX_free(ctx);
	sm_evp_end();
	return rc;
}
