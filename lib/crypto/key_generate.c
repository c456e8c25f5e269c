/* New keys. Exports sm_key_generate of sealmail/key.h. */
#include <base/try.h>
#include <crypto/key.h>
#include <crypto/pkey.h>

#include <openssl/x509.h>

static const struct {
	const char *word;
	const char *algorithm;
	const char *curve; /* EC */
	size_t bits;       /* RSA */
} key_kinds[] = {
	{ "rsa-2048", "RSA", NULL, 2048 },
	{ "rsa-3072", "RSA", NULL, 3072 },
	{ "rsa-4096", "RSA", NULL, 4096 },
	{ "p-256", "EC", "P-256", 0 },
	{ "p-384", "EC", "P-384", 0 },
	{ "p-521", "EC", "P-521", 0 },
	{ "ed25519", "ED25519", NULL, 0 },
	{ "x25519", "X25519", NULL, 0 },
};
enum { KEY_KINDS = sizeof(key_kinds) / sizeof(key_kinds[0]) };

static EVP_PKEY *
key_generate_pkey(size_t kind)
{
	const char *algorithm = key_kinds[kind].algorithm;

	if (key_kinds[kind].bits != 0)
		return EVP_PKEY_Q_keygen(NULL, NULL, algorithm,
		    key_kinds[kind].bits);
	if (key_kinds[kind].curve != NULL)
		return EVP_PKEY_Q_keygen(NULL, NULL, algorithm,
		    key_kinds[kind].curve);
	return EVP_PKEY_Q_keygen(NULL, NULL, algorithm);
}

int
sm_pkey_to_pkcs8(struct sm_buf *out_secret, EVP_PKEY *pkey)
{
	PKCS8_PRIV_KEY_INFO *info;
	unsigned char *der = NULL;
	int len, rc = SM_E_CRYPTO;

	sm_evp_begin();
	info = EVP_PKEY2PKCS8(pkey);
	len = info != NULL ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	if (len > 0)
		rc = sm_buf_append(out_secret, sm_bytes(der, (size_t)len));
	OPENSSL_clear_free(der, len > 0 ? (size_t)len : 0);
	PKCS8_PRIV_KEY_INFO_free(info); /* wipes what it holds */
	sm_evp_end();
	return rc;
}

/* By way of PKCS#8, so that a new key passes the checks of one that is read. */
static int
key_generate(struct sm_key **out, size_t kind, struct sm_error *err)
{
	struct sm_buf der = SM_BUF_SECRET_INIT;
	EVP_PKEY *pkey;
	int rc;

	sm_evp_begin();
	pkey = key_generate_pkey(kind);
	rc = pkey != NULL ? sm_pkey_to_pkcs8(&der, pkey) : sm_evp_failure();
	EVP_PKEY_free(pkey);
	sm_evp_end();
	if (rc == 0)
		rc = sm_key_from_pkcs8(out, sm_buf_bytes(&der), err);
	sm_buf_free(&der);
	return rc == 0 ? SM_OK : sm_error_set(err, rc, "key-generate", NULL,
	    "No new key could be made: %s.", sm_status_name(rc));
}

int
sm_key_generate(struct sm_key **out, const char *kind, struct sm_error *err)
{
	size_t i;

	*out = NULL;
	for (i = 0; i < KEY_KINDS; i++)
		if (strcmp(key_kinds[i].word, kind) == 0)
			return key_generate(out, i, err);
	return sm_error_set(err, SM_E_UNSUPPORTED, "key-kind", NULL,
	    "There is no kind of key \"%.40s\"; take rsa-3072, p-256, ed25519 or "
	    "x25519.", kind);
}
