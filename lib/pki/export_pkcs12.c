/* PKCS#12 (RFC 7292), by libcrypto's PKCS12_*. */
#include <base/try.h>
#include <crypto/key.h>
#include <sealmail/export.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pkcs12.h>

static const struct form {
	int pbe;          /* of keys and certificates */
	int iterations;
	const char *mac;
} forms[] = {
	/* A cipher here means PBES2 with PBKDF2 and HMAC-SHA-256. */
	[SM_PKCS12_MODERN] = { NID_aes_256_cbc, 600000, "SHA256" },
	[SM_PKCS12_COMPAT] = { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 100000,
	    "SHA1" },
	[SM_PKCS12_LEGACY] = { NID_pbe_WithSHA1And3_Key_TripleDES_CBC, 2048,
	    "SHA1" },
};

enum { SALT_BYTES = 16 };

struct writer {
	const struct sm_pkcs12 *what;
	const struct form *form;
	const char *pass;           /* NUL-terminated, secret */
	struct sm_error *err;
	STACK_OF(PKCS12_SAFEBAG) *bags;
	STACK_OF(PKCS7) *safes;
};

/* Key and certificate find each other by this name. */
static bool
tie(PKCS12_SAFEBAG *bag, size_t key)
{
	unsigned char id[2] = { (unsigned char)(key >> 8), (unsigned char)key };

	return PKCS12_add_localkeyid(bag, id, sizeof(id)) == 1;
}

static bool
name_bag(const struct writer *w, PKCS12_SAFEBAG *bag)
{
	return w->what->name == NULL ||
	    PKCS12_add_friendlyname_utf8(bag, w->what->name, -1) == 1;
}

static PKCS12_SAFEBAG *
shroud(const struct writer *w, struct sm_bytes der)
{
	const unsigned char *p = der.data;
	PKCS8_PRIV_KEY_INFO *info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p,
	    (long)der.len);
	PKCS12_SAFEBAG *bag = NULL;

	if (info != NULL)
		bag = PKCS12_SAFEBAG_create_pkcs8_encrypt_ex(w->form->pbe, w->pass,
		    (int)w->what->passphrase.len, NULL, SALT_BYTES,
		    w->form->iterations, info, NULL, NULL);
	PKCS8_PRIV_KEY_INFO_free(info);
	return bag;
}

static int
add_key(struct writer *w, size_t i)
{
	struct sm_buf der = SM_BUF_SECRET_INIT;
	PKCS12_SAFEBAG *bag = NULL;
	int rc = sm_key_to_pkcs8(&der, w->what->keys[i], w->err);

	if (rc == 0) {
		bag = shroud(w, sm_buf_bytes(&der));
		if (bag == NULL || !tie(bag, i) || !name_bag(w, bag) ||
		    sk_PKCS12_SAFEBAG_push(w->bags, bag) <= 0) {
			PKCS12_SAFEBAG_free(bag);
			rc = SM_E_CRYPTO;
		}
	}
	sm_buf_free(&der);
	return rc;
}

static int
add_cert(struct writer *w, const struct sm_cert *cert)
{
	struct sm_bytes der = sm_cert_der(cert);
	const unsigned char *p = der.data;
	X509 *x = d2i_X509(NULL, &p, (long)der.len);
	PKCS12_SAFEBAG *bag = x != NULL ? PKCS12_add_cert(&w->bags, x) : NULL;
	bool good = bag != NULL;
	size_t i;

	X509_free(x);
	for (i = 0; good && i < w->what->key_count; i++)
		if (sm_key_fits(w->what->keys[i], sm_cert_spki(cert)))
			good = tie(bag, i) && name_bag(w, bag);
	return good ? SM_OK : SM_E_CRYPTO;
}

/* The bags collected become one safe; pbe -1 leaves it in the clear. */
static int
close_safe(struct writer *w, int pbe)
{
	int ok = sk_PKCS12_SAFEBAG_num(w->bags) == 0 ||
	    PKCS12_add_safe_ex(&w->safes, w->bags, pbe, w->form->iterations,
		w->pass, NULL, NULL) == 1;

	sk_PKCS12_SAFEBAG_pop_free(w->bags, PKCS12_SAFEBAG_free);
	w->bags = sk_PKCS12_SAFEBAG_new_null();
	return ok && w->bags != NULL ? SM_OK : SM_E_CRYPTO;
}

static int
fill(struct writer *w)
{
	const struct sm_certs *certs = w->what->certs;
	size_t i;

	for (i = 0; certs != NULL && i < certs->count; i++)
		SM_TRY(add_cert(w, certs->list[i]));
	SM_TRY(close_safe(w, w->form->pbe));
	for (i = 0; i < w->what->key_count; i++)
		SM_TRY(add_key(w, i));
	return close_safe(w, -1); /* the keys are encrypted one by one */
}

static int
finish(struct writer *w, const struct sm_sink *sink)
{
	PKCS12 *p12 = PKCS12_add_safes_ex(w->safes, 0, NULL, NULL);
	EVP_MD *md = EVP_MD_fetch(NULL, w->form->mac, NULL);
	unsigned char *der = NULL;
	int len = -1, rc = SM_E_CRYPTO;

	if (p12 != NULL && md != NULL && PKCS12_set_mac(p12, w->pass, -1, NULL,
		SALT_BYTES, w->form->iterations, md) == 1)
		len = i2d_PKCS12(p12, &der);
	if (len > 0)
		rc = sm_sink_write(sink, sm_bytes(der, (size_t)len));
	OPENSSL_free(der);
	EVP_MD_free(md);
	PKCS12_free(p12);
	return rc;
}

static int
write_all(struct writer *w, const struct sm_sink *sink)
{
	int rc;

	ERR_set_mark();
	w->bags = sk_PKCS12_SAFEBAG_new_null();
	rc = w->bags != NULL ? fill(w) : SM_E_NOMEM;
	if (rc == 0)
		rc = finish(w, sink);
	sk_PKCS12_SAFEBAG_pop_free(w->bags, PKCS12_SAFEBAG_free);
	sk_PKCS7_pop_free(w->safes, PKCS7_free);
	ERR_pop_to_mark();
	return rc;
}

int
sm_export_pkcs12(const struct sm_pkcs12 *what, const struct sm_sink *sink,
    struct sm_error *err)
{
	struct sm_buf pass = SM_BUF_SECRET_INIT;
	struct writer w = { .what = what, .form = &forms[what->form], .err = err };
	int rc;

	if (what->passphrase.len == 0 || what->passphrase.len > 4096 ||
	    memchr(what->passphrase.data, 0, what->passphrase.len) != NULL)
		return sm_error_set(err, SM_E_USAGE, "passphrase-empty", NULL,
		    "A PKCS#12 file needs a passphrase, without a NUL in it.");
	SM_TRY_OUT(sm_buf_append(&pass, what->passphrase));
	SM_TRY_OUT(sm_buf_append_byte(&pass, 0));
	w.pass = (const char *)pass.data;
	rc = write_all(&w, sink);
out:
	sm_buf_free(&pass);
	return rc == 0 ? SM_OK : sm_error_set(err, rc, "pkcs12-write", NULL,
	    "The PKCS#12 file could not be written: %s.", sm_status_name(rc));
}
