/* PKCS#8 and PEM. See sealmail/export.h; PKCS#12 and requests have files of their
 * own. */
#include <base/base64.h>
#include <base/der.h>
#include <base/try.h>
#include <crypto/key.h>
#include <sealmail/export.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>
#include <stdio.h>

enum { SCRYPT_N = 1 << 14, SCRYPT_R = 8, SCRYPT_P = 1, SCRYPT_SALT = 16 };

int
sm_export_pem(const char *label, struct sm_bytes der, const struct sm_sink *sink)
{
	struct sm_base64_enc enc = { { 0 }, 0, false };
	struct sm_buf text = SM_BUF_SECRET_INIT;
	size_t n = 0;
	int rc;

	SM_TRY_OUT(sm_buf_printf(&text, "-----BEGIN %s-----\n", label));
	SM_TRY_OUT(sm_buf_reserve(&text, sm_base64_enc_room(der.len)));
	sm_base64_enc_update(&enc, text.data + text.len, &n, der);
	text.len += n;
	sm_base64_enc_finish(&enc, text.data + text.len, &n);
	text.len += n;
	SM_TRY_OUT(sm_buf_printf(&text, "-----END %s-----\n", label));
	rc = sm_sink_write(sink, sm_buf_bytes(&text));
out:
	sm_wipe(&enc, sizeof(enc));
	sm_buf_free(&text);
	return rc;
}

/* EncryptedPrivateKeyInfo ::= SEQUENCE { AlgorithmIdentifier, OCTET STRING } */
static int
write_encrypted(struct sm_buf *out, const X509_ALGOR *pbe, struct sm_bytes plain,
    struct sm_bytes pass)
{
	unsigned char *data = NULL, *alg = NULL;
	int data_len = 0, alg_len, rc = SM_E_CRYPTO;
	struct sm_derw w;
	size_t seq;

	alg_len = i2d_X509_ALGOR(pbe, &alg);
	if (alg_len > 0 && PKCS12_pbe_crypt_ex(pbe, (const char *)pass.data,
		(int)pass.len, plain.data, (int)plain.len, &data, &data_len, 1,
		NULL, NULL) != NULL && data_len > 0) {
		sm_derw_init(&w, out);
		seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
		sm_derw_raw(&w, sm_bytes(alg, (size_t)alg_len));
		sm_derw_add(&w, SM_DER_OCTET_STRING,
		    sm_bytes(data, (size_t)data_len));
		sm_derw_end(&w, seq);
		rc = sm_derw_status(&w);
	}
	OPENSSL_free(data);
	OPENSSL_free(alg);
	return rc;
}

static int
encrypt_pkcs8(struct sm_buf *out, struct sm_bytes plain, struct sm_bytes pass)
{
	EVP_CIPHER *aes;
	X509_ALGOR *pbe = NULL;
	int rc = SM_E_CRYPTO;

	ERR_set_mark();
	aes = EVP_CIPHER_fetch(NULL, "AES-256-CBC", NULL);
	if (aes != NULL)
		pbe = PKCS5_pbe2_set_scrypt(aes, NULL, SCRYPT_SALT, NULL, SCRYPT_N,
		    SCRYPT_R, SCRYPT_P);
	if (pbe != NULL)
		rc = write_encrypted(out, pbe, plain, pass);
	X509_ALGOR_free(pbe);
	EVP_CIPHER_free(aes);
	ERR_pop_to_mark();
	return rc;
}

int
sm_export_pkcs8(struct sm_key *key, struct sm_bytes passphrase,
    bool not_exportable, const struct sm_sink *sink, struct sm_error *err)
{
	struct sm_buf plain = SM_BUF_SECRET_INIT, marked = SM_BUF_SECRET_INIT;
	struct sm_buf sealed = SM_BUF_INIT;
	struct sm_bytes der;
	int rc;

	SM_TRY_OUT(sm_key_to_pkcs8(&plain, key, err));
	if (not_exportable)
		SM_TRY_OUT(sm_key_pkcs8_mark(&marked, sm_buf_bytes(&plain)));
	der = sm_buf_bytes(not_exportable ? &marked : &plain);
	if (passphrase.len == 0) {
		rc = sm_export_pem("PRIVATE KEY", der, sink);
		goto out;
	}
	SM_TRY_OUT(encrypt_pkcs8(&sealed, der, passphrase));
	rc = sm_export_pem("ENCRYPTED PRIVATE KEY", sm_buf_bytes(&sealed), sink);
out:
	sm_buf_free(&plain);
	sm_buf_free(&marked);
	sm_buf_free(&sealed);
	if (rc != 0)
		return sm_error_set(err, rc, "key-write", NULL,
		    "The private key could not be written: %s.", sm_status_name(rc));
	return SM_OK;
}
