#include "envelope_kit.h"

#include <base/der.h>

#include <dirent.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <stdlib.h>

/* ---- identities ---- */

static EVP_PKEY *
kit_pkey(const char *type)
{
	EVP_PKEY *k;

	if (strcmp(type, "RSA") == 0)
		k = EVP_PKEY_Q_keygen(NULL, NULL, "RSA", (size_t)2048);
	else if (type[0] == 'X')
		k = EVP_PKEY_Q_keygen(NULL, NULL, type);
	else
		k = EVP_PKEY_Q_keygen(NULL, NULL, "EC", type);
	assert_non_null(k);
	return k;
}

static X509 *
kit_x509(EVP_PKEY *key, bool ski)
{
	static EVP_PKEY *ca;
	static long serial = 0x1234;
	X509_NAME *name;
	X509 *x = X509_new();
	X509V3_CTX ctx;

	if (ca == NULL)
		ca = kit_pkey("P-256");
	X509_set_version(x, 2);
	ASN1_INTEGER_set(X509_get_serialNumber(x), serial++);
	X509_gmtime_adj(X509_getm_notBefore(x), -3600);
	X509_gmtime_adj(X509_getm_notAfter(x), 3600L * 24 * 365);
	name = X509_NAME_new();
	X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC,
	    (const unsigned char *)"Kit CA", -1, -1, 0);
	X509_set_issuer_name(x, name);
	X509_NAME_add_entry_by_txt(name, "OU", MBSTRING_ASC,
	    (const unsigned char *)"people", -1, -1, 0);
	X509_set_subject_name(x, name);
	X509_NAME_free(name);
	assert_int_equal(X509_set_pubkey(x, key), 1);
	if (ski) {
		X509_EXTENSION *e;

		X509V3_set_ctx(&ctx, x, x, NULL, NULL, 0);
		e = X509V3_EXT_conf_nid(NULL, &ctx, NID_subject_key_identifier,
		    "hash");
		assert_non_null(e);
		X509_add_ext(x, e, -1);
		X509_EXTENSION_free(e);
	}
	assert_true(X509_sign(x, ca, EVP_sha256()) > 0);
	return x;
}

static void
kit_id_take(struct kit_id *id, EVP_PKEY *key, X509 *x)
{
	struct sm_error err = SM_ERROR_INIT;
	PKCS8_PRIV_KEY_INFO *p8 = EVP_PKEY2PKCS8(key);
	unsigned char *der = NULL;
	int n;

	memset(id, 0, sizeof(*id));
	n = i2d_PKCS8_PRIV_KEY_INFO(p8, &der);
	assert_true(n > 0);
	assert_int_equal(sm_key_from_pkcs8(&id->key, sm_bytes(der, (size_t)n),
	    &err), 0);
	OPENSSL_free(der);
	PKCS8_PRIV_KEY_INFO_free(p8);
	if (x == NULL)
		return;
	der = NULL;
	n = i2d_X509(x, &der);
	assert_true(n > 0);
	assert_int_equal(sm_cert_parse(&id->cert, sm_bytes(der, (size_t)n),
	    &err), 0);
	OPENSSL_free(der);
}

void
kit_id_new(struct kit_id *id, const char *type, bool ski)
{
	EVP_PKEY *key = kit_pkey(type);
	X509 *x = kit_x509(key, ski);

	kit_id_take(id, key, x);
	X509_free(x);
	EVP_PKEY_free(key);
}

void
kit_id_wipe(struct kit_id *id)
{
	sm_key_free(id->key);
	sm_cert_free(id->cert);
	memset(id, 0, sizeof(*id));
}

void
kit_key_id(uint8_t out[20], const struct kit_id *id)
{
	struct sm_bytes spki = sm_cert_spki(id->cert), oid, params, bits;
	struct sm_digest_value d;

	assert_true(sm_der_get(&spki, SM_DER_SEQUENCE, &spki));
	assert_true(sm_der_get_algorithm(&spki, &oid, &params));
	assert_true(sm_der_get_bits(&spki, &bits));
	assert_int_equal(sm_digest(&d, SM_SHA1, bits), 0);
	memcpy(out, d.data, 20);
}

/* ---- reading ---- */

struct kit_reader {
	struct kit_opened *o;
	const struct sm_open_secrets *secrets;
	const struct sm_limits *limits;
	struct sm_enveloped *e;
	struct sm_sink sink;
	bool open; /* the tag stood before this pass */
};

static int
kit_sink(void *ctx, struct sm_bytes in)
{
	struct kit_reader *r = ctx;

	if (sm_enveloped_aead(r->e) && !r->open)
		r->o->leaked = true;
	return sm_buf_append(&r->o->content, in);
}

static int
kit_begin(void *ctx, enum sm_cms_type type)
{
	struct kit_reader *r = ctx;

	if (r->e != NULL)
		return SM_OK;
	if (type != SM_CMS_ENVELOPED && type != SM_CMS_AUTH_ENVELOPED &&
	    type != SM_CMS_ENCRYPTED)
		return SM_E_FORMAT;
	assert_int_equal(sm_enveloped_new(&r->e, type, r->secrets, r->limits,
	    &r->o->err), 0);
	return sm_enveloped_pass(r->e, &r->sink);
}

static int
kit_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	struct kit_reader *r = ctx;

	return sm_enveloped_field(r->e, field, der, was_der);
}

static int
kit_content_begin(void *ctx, bool known, uint64_t length)
{
	struct kit_reader *r = ctx;

	return sm_enveloped_content_begin(r->e, known, length);
}

static int
kit_content(void *ctx, struct sm_bytes in)
{
	struct kit_reader *r = ctx;

	return sm_enveloped_content(r->e, in);
}

static int
kit_content_end(void *ctx)
{
	struct kit_reader *r = ctx;

	return sm_enveloped_content_end(r->e);
}

static int
kit_end(void *ctx)
{
	struct kit_reader *r = ctx;

	return sm_enveloped_end(r->e);
}

static size_t
kit_cut(size_t cut, size_t left)
{
	size_t n;

	if (cut == 0)
		return left;
	n = cut == 1 ? 1 : (size_t)rand() % cut + 1;
	return n < left ? n : left;
}

static int
kit_pass(struct kit_reader *r, struct sm_bytes msg, size_t cut)
{
	const struct sm_cms_events ev = { r, kit_begin, kit_field,
		kit_content_begin, kit_content, kit_content_end, kit_end };
	struct sm_shell *s;
	size_t n;
	int rc;

	if (r->e != NULL) {
		rc = sm_enveloped_pass(r->e, &r->sink);
		if (rc != 0)
			return rc;
	}
	r->o->passes++;
	assert_int_equal(sm_shell_new(&s, SM_CMS_UNKNOWN, &ev, r->limits,
	    &r->o->err), 0);
	for (rc = 0; rc == 0 && msg.len > 0; msg = sm_bytes_skip(msg, n)) {
		n = kit_cut(cut, msg.len);
		rc = sm_shell_write(s, sm_bytes_first(msg, n));
	}
	if (rc == 0)
		rc = sm_shell_finish(s);
	sm_shell_free(s);
	return rc;
}

static void
kit_tell(struct kit_opened *o, const struct sm_enveloped *e)
{
	size_t i;

	if (e == NULL)
		return;
	o->state = sm_enveloped_state(e);
	o->aead = sm_enveloped_aead(e);
	o->weak = sm_enveloped_cipher_weak(e);
	snprintf(o->cipher, sizeof(o->cipher), "%s", sm_enveloped_cipher(e));
	o->count = sm_enveloped_recipient_count(e);
	for (i = 0; i < 4; i++)
		sm_enveloped_recipient(&o->view[i], e, i);
}

void
kit_open(struct kit_opened *o, struct sm_bytes msg,
    const struct sm_open_secrets *secrets, const struct sm_limits *limits,
    size_t cut)
{
	struct sm_limits dflt = sm_limits_default();
	struct kit_reader r = { .o = o, .secrets = secrets,
		.limits = limits != NULL ? limits : &dflt };

	memset(o, 0, sizeof(*o));
	r.sink.write = kit_sink;
	r.sink.ctx = &r;
	o->rc = kit_pass(&r, msg, cut);
	while (o->rc == 0 && sm_enveloped_state(r.e) == SM_ENV_AGAIN)
		o->rc = kit_pass(&r, msg, cut);
	if (o->rc == 0 && sm_enveloped_aead(r.e)) {
		assert_int_equal(sm_enveloped_state(r.e), SM_ENV_OPEN);
		assert_int_equal(o->content.len, 0);
		r.open = true;
		o->rc = kit_pass(&r, msg, cut);
	}
	kit_tell(o, r.e);
	sm_enveloped_free(r.e);
	assert_false(o->leaked);
}

void
kit_opened_wipe(struct kit_opened *o)
{
	sm_buf_free(&o->content);
}

void
kit_open_by(struct kit_opened *o, struct sm_bytes msg, const struct kit_id *id,
    bool cert, size_t cut)
{
	struct sm_opener opener = { id->key, cert ? id->cert : NULL };
	struct sm_open_secrets s = { &opener, 1, NULL, 0 };

	kit_open(o, msg, &s, NULL, cut);
}

void
kit_open_secret(struct kit_opened *o, struct sm_bytes msg,
    struct sm_bytes secret, size_t cut)
{
	struct sm_open_secrets s = { NULL, 0, &secret, 1 };

	kit_open(o, msg, &s, NULL, cut);
}

/* ---- writing ---- */

void
kit_seal(struct sm_buf *msg, const struct sm_envelope_options *opt,
    struct sm_bytes content, size_t cut)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_sink sink = sm_buf_sink(msg);
	struct sm_envelope_writer *w;
	size_t n;
	int rc;

	rc = sm_envelope_writer_new(&w, opt, &sink, &err);
	if (rc != 0)
		fail_msg("%s: %s", err.reason, err.text);
	while (content.len > 0) {
		n = kit_cut(cut, content.len);
		assert_int_equal(sm_envelope_writer_write(w,
		    sm_bytes_first(content, n)), 0);
		content = sm_bytes_skip(content, n);
	}
	assert_int_equal(sm_envelope_writer_finish(w), 0);
	sm_envelope_writer_free(w);
}

/* ---- files ---- */

static void
kit_path(char *out, size_t size, const char *path)
{
	const char *shared = getenv("SEALMAIL_SHARED");
	const char *root = getenv("SEALMAIL_ROOT");

	if (shared != NULL)
		snprintf(out, size, "%s/corpora/%s", shared, path);
	else
		snprintf(out, size, "%s/../shared/corpora/%s",
		    root != NULL ? root : ".", path);
}

static FILE *
kit_fopen(const char *path)
{
	char full[512];

	kit_path(full, sizeof(full), path);
	return fopen(full, "rb");
}

bool
kit_file(struct sm_buf *out, const char *path)
{
	FILE *f = kit_fopen(path);
	uint8_t piece[4096];
	size_t n;

	if (f == NULL)
		return false;
	while ((n = fread(piece, 1, sizeof(piece), f)) > 0)
		assert_int_equal(sm_buf_append(out, sm_bytes(piece, n)), 0);
	fclose(f);
	return true;
}

/* The base64 behind the header or the BEGIN line. */
bool
kit_base64_file(struct sm_buf *out, const char *path)
{
	FILE *f = kit_fopen(path);
	EVP_ENCODE_CTX *ctx = EVP_ENCODE_CTX_new();
	char line[1024];
	uint8_t bin[1024];
	bool body = false;
	int n;

	if (f == NULL) {
		EVP_ENCODE_CTX_free(ctx);
		return false;
	}
	EVP_DecodeInit(ctx);
	while (fgets(line, sizeof(line), f) != NULL) {
		if (strncmp(line, "-----BEGIN", 10) == 0 ||
		    (!body && line[strspn(line, "\r\n")] == '\0')) {
			body = true;
			continue;
		}
		if (!body || line[0] == '-')
			continue;
		assert_true(EVP_DecodeUpdate(ctx, bin, &n,
		    (const unsigned char *)line, (int)strlen(line)) >= 0);
		assert_int_equal(sm_buf_append(out, sm_bytes(bin, (size_t)n)),
		    0);
	}
	assert_true(EVP_DecodeFinal(ctx, bin, &n) >= 0);
	assert_int_equal(sm_buf_append(out, sm_bytes(bin, (size_t)n)), 0);
	EVP_ENCODE_CTX_free(ctx);
	fclose(f);
	return true;
}

bool
kit_rsa_file(struct kit_id *id, const char *path)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf der = SM_BUF_INIT, p8 = SM_BUF_SECRET_INIT;

	memset(id, 0, sizeof(*id));
	if (!kit_base64_file(&der, path))
		return false;
	assert_int_equal(sm_key_to_pkcs8_traditional(&p8, SM_KEY_RSA,
	    sm_buf_bytes(&der)), 0);
	if (sm_key_from_pkcs8(&id->key, sm_buf_bytes(&p8), &err) != 0)
		fail_msg("%s: %s", path, err.text);
	sm_buf_free(&der);
	sm_buf_free(&p8);
	return true;
}

bool
kit_id_file(struct kit_id *id, const char *key_path, const char *cert_path)
{
	FILE *f = kit_fopen(key_path);
	EVP_PKEY *key;
	X509 *x = NULL;

	if (f == NULL)
		return false;
	key = PEM_read_PrivateKey(f, NULL, NULL, NULL);
	fclose(f);
	assert_non_null(key);
	if (cert_path != NULL) {
		f = kit_fopen(cert_path);
		assert_non_null(f);
		x = PEM_read_X509(f, NULL, NULL, NULL);
		fclose(f);
		assert_non_null(x);
	}
	kit_id_take(id, key, x);
	X509_free(x);
	EVP_PKEY_free(key);
	return true;
}

bool
kit_id_der(struct kit_id *id, const char *key_path, const char *cert_path)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf der = SM_BUF_INIT;

	memset(id, 0, sizeof(*id));
	if (!kit_file(&der, key_path))
		return false;
	assert_int_equal(sm_key_from_pkcs8(&id->key, sm_buf_bytes(&der), &err),
	    0);
	sm_buf_clear(&der);
	assert_true(kit_file(&der, cert_path));
	assert_int_equal(sm_cert_parse(&id->cert, sm_buf_bytes(&der), &err), 0);
	sm_buf_free(&der);
	return true;
}

bool
kit_id_p12(struct kit_id *id, const char *path, const char *password)
{
	OSSL_PROVIDER *legacy, *dflt;
	OSSL_LIB_CTX *ctx;
	FILE *f = kit_fopen(path);
	EVP_PKEY *key = NULL;
	X509 *x = NULL;
	PKCS12 *p12;

	if (f == NULL)
		return false;
	ctx = OSSL_LIB_CTX_new();
	dflt = OSSL_PROVIDER_load(ctx, "default");
	legacy = OSSL_PROVIDER_load(ctx, "legacy");
	p12 = PKCS12_init_ex(NID_pkcs7_data, ctx, NULL);
	p12 = d2i_PKCS12_fp(f, &p12);
	fclose(f);
	assert_non_null(p12);
	assert_int_equal(PKCS12_parse(p12, password, &key, &x, NULL), 1);
	kit_id_take(id, key, x);
	PKCS12_free(p12);
	X509_free(x);
	EVP_PKEY_free(key);
	OSSL_PROVIDER_unload(legacy);
	OSSL_PROVIDER_unload(dflt);
	OSSL_LIB_CTX_free(ctx);
	return true;
}

bool
kit_file_of(struct sm_buf *out, const char *folder, size_t i)
{
	char full[512], name[400] = "";
	struct dirent *d;
	DIR *dir;

	kit_path(full, sizeof(full), folder);
	dir = opendir(full);
	if (dir == NULL)
		return false;
	while ((d = readdir(dir)) != NULL) {
		if (d->d_name[0] == '.' || i-- > 0)
			continue;
		snprintf(name, sizeof(name), "%.100s/%.255s", folder, d->d_name);
		break;
	}
	closedir(dir);
	return name[0] != '\0' && kit_file(out, name);
}

void
kit_bytes(struct sm_buf *out, size_t len)
{
	uint32_t v = 1;
	size_t i;

	assert_int_equal(sm_buf_resize(out, len), 0);
	for (i = 0; i < len; i++) {
		v = v * 1664525 + 1013904223;
		out->data[i] = (uint8_t)(v >> 24);
	}
}

void
assert_kit_bytes(struct sm_bytes got, struct sm_bytes want)
{
	assert_int_equal(got.len, want.len);
	if (want.len > 0)
		assert_memory_equal(got.data, want.data, want.len);
}
