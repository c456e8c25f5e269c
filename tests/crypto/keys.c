#include "test.h"

#include "keys.h"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/x509.h>

EVP_PKEY *
make_pkey(const char *type, unsigned bits, const char *curve)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end() };
	size_t size = bits;
	EVP_PKEY *pkey = NULL;

	if (bits > 0)
		params[0] = OSSL_PARAM_construct_size_t(
		    OSSL_PKEY_PARAM_RSA_BITS, &size);
	else if (curve != NULL)
		params[0] = OSSL_PARAM_construct_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)curve, 0);
	assert_int_equal(EVP_PKEY_keygen_init(ctx), 1);
	assert_true(EVP_PKEY_CTX_set_params(ctx, params) > 0);
	assert_int_equal(EVP_PKEY_generate(ctx, &pkey), 1);
	EVP_PKEY_CTX_free(ctx);
	return pkey;
}

static void
put_der(struct sm_buf *out, unsigned char *der, int len)
{
	assert_true(len > 0);
	sm_buf_clear(out);
	assert_ok(sm_buf_append(out, sm_bytes(der, (size_t)len)));
	OPENSSL_free(der);
}

void
put_pkcs8(struct sm_buf *out, EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(pkey);
	unsigned char *der = NULL;
	int len = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);

	PKCS8_PRIV_KEY_INFO_free(p8);
	put_der(out, der, len);
}

void
put_spki(struct sm_buf *out, EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(pkey, &der);

	put_der(out, der, len);
}

void
put_traditional(struct sm_buf *out, EVP_PKEY *pkey)
{
	unsigned char *der = NULL;
	int len = i2d_PrivateKey(pkey, &der);

	put_der(out, der, len);
}

struct sm_key *
key_of(EVP_PKEY *pkey)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_key *k = NULL;
	struct sm_error err = SM_ERROR_INIT;

	put_pkcs8(&der, pkey);
	if (sm_key_from_pkcs8(&k, sm_buf_bytes(&der), &err) != 0)
		fail_msg("%s: %s", err.reason, err.text);
	sm_buf_free(&der);
	return k;
}

struct sm_pubkey *
pubkey_of(EVP_PKEY *pkey)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_pubkey *p = NULL;
	struct sm_error err = SM_ERROR_INIT;

	put_spki(&der, pkey);
	if (sm_pubkey_new(&p, sm_buf_bytes(&der), &err) != 0)
		fail_msg("%s: %s", err.reason, err.text);
	sm_buf_free(&der);
	return p;
}
