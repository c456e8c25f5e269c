#include <stdlib.h>

#include <base/ber.h>
#include <base/der.h>
#include <base/try.h>
#include <crypto/key.h>
#include <pki/keyfile_parts.h>

/* Questions to the user for one protected object. */
#define ASK_MAX 3
/* Derivations in one file, as a multiple of the iterations of one. */
#define WORK_FACTOR 8

int
sm_keyfile_add_cert(struct sm_keyfile_reader *r, struct sm_bytes der)
{
	struct sm_cert *c;
	int rc;

	SM_TRY(sm_cert_parse(&c, der, r->err));
	rc = sm_certs_add(&r->out->certs, c);
	sm_cert_free(c);
	return rc;
}

static int
keep_key(struct sm_keyfile *f, struct sm_key *k)
{
	struct sm_key **list = reallocarray(f->keys, f->key_count + 1,
	    sizeof(*list));

	if (list == NULL)
		return SM_E_NOMEM;
	f->keys = list;
	f->keys[f->key_count++] = k;
	return SM_OK;
}

int
sm_keyfile_add_pkcs8(struct sm_keyfile_reader *r, struct sm_bytes der)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_key *k;
	int rc = sm_key_from_pkcs8(&k, der, &err);

	if (rc == SM_E_UNSUPPORTED) {
		/* beside others that serve it does no harm */
		r->key_unsupported = true;
		return SM_OK;
	}
	if (rc != SM_OK) {
		if (r->err != NULL && r->err->status == SM_OK)
			*r->err = err;
		return rc;
	}
	rc = keep_key(r->out, k);
	if (rc != SM_OK)
		sm_key_free(k);
	return rc;
}

/* ---- passwords ---- */

static int
take_secret(void *ctx, struct sm_bytes secret)
{
	struct sm_buf *b = ctx;

	sm_buf_clear(b);
	return sm_buf_append(b, secret);
}

/* Try one; a good one is remembered. */
static int
try_password(struct sm_keyfile_reader *r, sm_keyfile_fits_fn fits, void *ctx,
    struct sm_bytes bytes, bool none)
{
	struct sm_pbe_password pw = { bytes, none };
	int rc = fits(ctx, r, &pw);

	if (rc != SM_OK)
		return rc;
	if (bytes.data != r->secret.data || bytes.len == 0) {
		sm_buf_clear(&r->secret);
		SM_TRY(sm_buf_append(&r->secret, bytes));
	}
	r->have_secret = true;
	return SM_OK;
}

/* As it was typed, then as other makers would have encoded it. */
static int
try_spellings(struct sm_keyfile_reader *r, sm_keyfile_fits_fn fits, void *ctx,
    struct sm_bytes typed)
{
	struct sm_buf other = SM_BUF_SECRET_INIT;
	int rc = try_password(r, fits, ctx, typed, false);

	for (unsigned n = 0; rc == SM_E_SECRET &&
	    sm_pbe_spelling(&other, n, typed); n++)
		rc = try_password(r, fits, ctx, sm_buf_bytes(&other), false);
	sm_buf_free(&other);
	return rc;
}

static int
ask_user(struct sm_keyfile_reader *r, const char *what, sm_keyfile_fits_fn fits,
    void *ctx)
{
	struct sm_buf typed = SM_BUF_SECRET_INIT;
	int rc = SM_E_SECRET;

	for (unsigned n = 0; rc == SM_E_SECRET && n < ASK_MAX; n++) {
		if (r->pass == NULL || r->pass->ask == NULL)
			break;
		if (r->pass->ask(r->pass->ctx, what, n, take_secret, &typed) != 0) {
			if (n == 0)
				r->pass = NULL; /* there is none: ask no more */
			break;
		}
		rc = try_spellings(r, fits, ctx, sm_buf_bytes(&typed));
	}
	sm_buf_free(&typed);
	return rc;
}

static int
unlock(struct sm_keyfile_reader *r, const char *what, sm_keyfile_fits_fn fits,
    void *ctx)
{
	int rc = SM_E_SECRET;

	if (r->have_secret && r->secret.len != 0)
		rc = try_spellings(r, fits, ctx, sm_buf_bytes(&r->secret));
	if (rc == SM_E_SECRET)
		rc = try_password(r, fits, ctx, sm_bytes("", 0), false);
	if (rc == SM_E_SECRET)
		rc = try_password(r, fits, ctx, sm_bytes(NULL, 0), true);
	if (rc == SM_E_SECRET)
		rc = ask_user(r, what, fits, ctx);
	return rc;
}

int
sm_keyfile_unlock(struct sm_keyfile_reader *r, const char *what,
    sm_keyfile_fits_fn fits, void *ctx)
{
	int rc = unlock(r, what, fits, ctx);

	if (rc != SM_E_SECRET)
		return rc;
	if (r->pass == NULL)
		return sm_error_set(r->err, rc, "passphrase-missing", NULL,
		    "The %s is protected by a passphrase, and none was given.",
		    what);
	return sm_error_set(r->err, rc, "passphrase-wrong", NULL,
	    "The passphrase for the %s is wrong, or the file is damaged.", what);
}

/* ---- encrypted PKCS#8 ---- */

struct encrypted {
	struct sm_bytes alg, data;
	struct sm_buf plain;
};

static int
encrypted_fits(void *ctx, struct sm_keyfile_reader *r,
    const struct sm_pbe_password *pw)
{
	struct encrypted *e = ctx;

	return sm_pbe_decrypt(r, &e->plain, e->alg, e->data, pw);
}

int
sm_keyfile_add_encrypted(struct sm_keyfile_reader *r, struct sm_bytes der,
    const char *what)
{
	struct encrypted e = { .plain = SM_BUF_SECRET_INIT };
	struct sm_bytes seq;
	int rc;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &seq) || der.len != 0 ||
	    !sm_der_get_whole(&seq, SM_DER_SEQUENCE, &e.alg) ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &e.data) || seq.len != 0)
		return sm_error_set(r->err, SM_E_FORMAT, "key-malformed",
		    "RFC 5958 section 3", "The encrypted private key is damaged.");
	SM_TRY(sm_pbe_check(r, e.alg));
	rc = sm_keyfile_unlock(r, what, encrypted_fits, &e);
	if (rc == SM_OK)
		rc = sm_keyfile_add_pkcs8(r, sm_buf_bytes(&e.plain));
	sm_buf_free(&e.plain);
	return rc;
}

/* ---- the file ---- */

static int
add_old_key(struct sm_keyfile_reader *r, enum sm_key_type type,
    struct sm_bytes der)
{
	struct sm_buf p8 = SM_BUF_SECRET_INIT;
	int rc = sm_key_to_pkcs8_traditional(&p8, type, der);

	if (rc == SM_OK)
		rc = sm_keyfile_add_pkcs8(r, sm_buf_bytes(&p8));
	else if (rc == SM_E_FORMAT)
		rc = sm_error_set(r->err, rc, "key-malformed", NULL,
		    "The private key is damaged, or of a form that cannot be "
		    "read. Convert it with openssl pkcs8 -topk8.");
	sm_buf_free(&p8);
	return rc;
}

static int
add_form(struct sm_keyfile_reader *r, enum sm_keyfile_form form,
    struct sm_bytes der)
{
	switch (form) {
	case SM_FORM_CERT:
		return sm_keyfile_add_cert(r, der);
	case SM_FORM_PKCS8:
		return sm_keyfile_add_pkcs8(r, der);
	case SM_FORM_ENCRYPTED:
		return sm_keyfile_add_encrypted(r, der, "private key");
	case SM_FORM_RSA:
		return add_old_key(r, SM_KEY_RSA, der);
	case SM_FORM_EC:
		return add_old_key(r, SM_KEY_EC, der);
	case SM_FORM_DSA:
		r->key_unsupported = true; /* DSA is verified, never made */
		return SM_OK;
	case SM_FORM_PKCS12:
		return sm_pkcs12_read(r, der);
	case SM_FORM_CMS:
		return sm_certs_only_read(r, der);
	case SM_FORM_UNKNOWN:
		break;
	}
	return sm_error_set(r->err, SM_E_FORMAT, "keyfile-unknown", NULL,
	    "This is no key, certificate or PKCS#12 that can be read here.");
}

int
sm_keyfile_add_der(struct sm_keyfile_reader *r, struct sm_bytes der)
{
	enum sm_keyfile_form form = sm_keyfile_form(der);
	struct sm_buf clean = SM_BUF_SECRET_INIT;
	int rc;

	if (form != SM_FORM_UNKNOWN && form != SM_FORM_PKCS12 &&
	    form != SM_FORM_CMS)
		return add_form(r, form, der);
	/* PKCS#12 and CMS come in BER from NSS, Java and others. What is signed
	 * inside as DER keeps its bytes. */
	rc = sm_ber_to_der(&clean, der, r->limits);
	if (rc == SM_OK)
		rc = add_form(r, sm_keyfile_form(sm_buf_bytes(&clean)),
		    sm_buf_bytes(&clean));
	else if (rc == SM_E_FORMAT)
		rc = add_form(r, SM_FORM_UNKNOWN, der);
	sm_buf_free(&clean);
	return rc;
}

static int
read_file(struct sm_keyfile_reader *r, struct sm_bytes file)
{
	if (sm_keyfile_is_pem(file))
		SM_TRY(sm_keyfile_read_pem(r, file));
	else
		SM_TRY(sm_keyfile_add_der(r, file));
	if (r->out->key_count == 0 && r->out->certs.count == 0 &&
	    r->key_unsupported)
		return sm_error_set(r->err, SM_E_UNSUPPORTED, "key-unsupported",
		    NULL, "The private key is of a kind that cannot be used here.");
	return SM_OK;
}

int
sm_keyfile_read(struct sm_keyfile *out, struct sm_bytes file, bool allow_no_mac,
    const struct sm_passphrase *pass, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_limits own = sm_limits_default();
	struct sm_keyfile_reader r = {
		.out = out,
		.pass = pass,
		.limits = limits != NULL ? limits : &own,
		.err = err,
		.allow_no_mac = allow_no_mac,
		.secret = SM_BUF_SECRET_INIT,
	};
	int rc;

	memset(out, 0, sizeof(*out));
	r.work_left = (uint64_t)r.limits->pbkdf2_iterations * WORK_FACTOR;
	rc = read_file(&r, file);
	sm_pbe_end(&r);
	sm_buf_free(&r.secret);
	if (rc != SM_OK)
		sm_keyfile_wipe(out);
	if (rc == SM_E_NOMEM)
		return sm_error_set(err, rc, "memory", NULL,
		    "There is not enough memory to read the key file.");
	return rc;
}

void
sm_keyfile_wipe(struct sm_keyfile *f)
{
	for (size_t i = 0; i < f->key_count; i++)
		sm_key_free(f->keys[i]);
	free(f->keys);
	sm_certs_wipe(&f->certs);
	memset(f, 0, sizeof(*f));
}
