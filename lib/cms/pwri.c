/* PasswordRecipientInfo: PBKDF2 (RFC 8018) and the double CBC wrap of RFC 3211,
 * whose reading was a source of crashes (CVE-2025-9230): lengths are checked in
 * crypto/cipher.h, iterations here and before deriving. */
#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

#define PWRI_ITERATIONS 600000
#define PWRI_SALT 16

struct pwri {
	bool has_kdf;
	struct sm_bytes kdf_oid, kdf_params;
	struct sm_bytes oid, params; /* of the key encryption */
	struct sm_bytes wrapped;
};

struct pwri_pbkdf2 {
	struct sm_bytes salt;
	uint64_t iterations;
	uint64_t key_len; /* 0: not said */
	enum sm_alg_id digest;
};

static bool
pwri_get_kdf(struct pwri *out, struct sm_bytes *in)
{
	struct sm_bytes kdf;

	if (!sm_der_get_opt(in, SM_DER_CTX_CONS(0), &kdf, &out->has_kdf))
		return false;
	if (!out->has_kdf)
		return true;
	if (!sm_der_get_oid(&kdf, &out->kdf_oid))
		return false;
	out->kdf_params = kdf;
	return true;
}

static bool
pwri_get(struct pwri *out, struct sm_bytes der)
{
	struct sm_bytes in;
	uint64_t version;

	memset(out, 0, sizeof(*out));
	return sm_der_get(&der, SM_DER_CTX_CONS(3), &in) && der.len == 0 &&
	    sm_der_get_uint(&in, &version) && version <= 4 &&
	    pwri_get_kdf(out, &in) &&
	    sm_der_get_algorithm(&in, &out->oid, &out->params) &&
	    sm_der_get(&in, SM_DER_OCTET_STRING, &out->wrapped) && in.len == 0;
}

static int
pwri_view(struct sm_recipients *r, struct sm_bytes der)
{
	struct pwri p;

	if (!pwri_get(&p, der))
		return SM_E_FORMAT;
	return sm_recipients_note(r, SM_RCPT_PASSWORD, NULL, NULL);
}

/* ---- reading ---- */

static bool
pwri_get_prf(struct pwri_pbkdf2 *out, struct sm_bytes *in)
{
	const struct sm_alg *prf;
	struct sm_bytes oid, params;

	out->digest = SM_SHA1; /* DEFAULT */
	if (in->len == 0)
		return true;
	if (!sm_der_get_algorithm(in, &oid, &params))
		return false;
	prf = sm_alg_by_oid(SM_ALG_MAC, oid);
	if (prf == NULL)
		return false;
	out->digest = prf->digest;
	return true;
}

/* PBKDF2-params, RFC 8018 appendix A.2; salt: specified only. */
static bool
pwri_get_pbkdf2(struct pwri_pbkdf2 *out, struct sm_bytes params)
{
	struct sm_bytes in;

	out->key_len = 0;
	if (!sm_der_get(&params, SM_DER_SEQUENCE, &in) || params.len != 0 ||
	    !sm_der_get(&in, SM_DER_OCTET_STRING, &out->salt) ||
	    !sm_der_get_uint(&in, &out->iterations) || out->iterations == 0)
		return false;
	if (sm_der_next_is(in, SM_DER_INTEGER) &&
	    !sm_der_get_uint(&in, &out->key_len))
		return false;
	return pwri_get_prf(out, &in) && in.len == 0;
}

static size_t
pwri_kek_len(const struct sm_cipher_params *inner)
{
	return inner->rc2_bits != 0 ? (inner->rc2_bits + 7) / 8 :
	    inner->alg->key_bytes;
}

/* The inner cipher of id-alg-PWRI-KEK; false: unsupported. */
static bool
pwri_get_inner(struct sm_cipher_params *out, const struct pwri *p)
{
	const struct sm_alg *alg = sm_alg_by_oid(SM_ALG_WRAP, p->oid);
	struct sm_error scratch = SM_ERROR_INIT;
	struct sm_bytes in = p->params, oid, params;

	return alg != NULL && alg->id == SM_PWRI_KEK &&
	    sm_der_get_algorithm(&in, &oid, &params) && in.len == 0 &&
	    sm_cipher_params_read(out, oid, params, &scratch) == 0 &&
	    out->alg->tag_bytes == 0;
}

/* Is it something that we can do, within the limits? All derivations of a layer
 * together have the limit for each secret. */
static bool
pwri_usable(struct sm_recipient_search *s, const struct pwri *p,
    struct pwri_pbkdf2 *kdf, struct sm_cipher_params *inner)
{
	const struct sm_alg *alg = sm_alg_by_oid(SM_ALG_KDF, p->kdf_oid);
	const char *why = NULL;

	if (!p->has_kdf)
		why = "by a password key without derivation";
	else if (alg == NULL || alg->id != SM_PBKDF2)
		why = "by a password with an unknown derivation";
	else if (!pwri_get_pbkdf2(kdf, p->kdf_params))
		why = "by a password with unusable PBKDF2 parameters";
	else if (!pwri_get_inner(inner, p))
		why = "by a password with an unknown wrap";
	else if (kdf->key_len != 0 && kdf->key_len != pwri_kek_len(inner))
		why = "by a password with a key length that does not fit";
	if (why != NULL) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "password-recipient-unsupported", "RFC 3211 section 2",
		    "encrypted", why);
		return false;
	}
	if (kdf->iterations > s->limits->pbkdf2_iterations) {
		sm_recipient_search_skip(s, SM_E_LIMIT, "pbkdf2-iterations",
		    NULL, "derived from a password by more rounds than the limit",
		    "\"pbkdf2_iterations\"");
		return false;
	}
	return true;
}

static int
pwri_spend(struct sm_recipient_search *s, uint64_t iterations)
{
	uint64_t budget = s->limits->pbkdf2_iterations *
	    (uint64_t)s->secrets->secret_count;

	if (s->iterations > budget || iterations > budget - s->iterations)
		return sm_error_set(s->err, SM_E_LIMIT, "pbkdf2-iterations",
		    NULL,
		    "The message's password recipients together ask for more "
		    "than %u rounds of PBKDF2; raise the limit "
		    "\"pbkdf2_iterations\" if that is to be believed.",
		    s->limits->pbkdf2_iterations);
	s->iterations += iterations;
	return SM_OK;
}

static int
pwri_try(struct sm_recipient_search *s, size_t i, struct sm_bytes password,
    const struct pwri_pbkdf2 *kdf, const struct sm_cipher_params *inner,
    struct sm_bytes wrapped)
{
	struct sm_buf kek = SM_BUF_SECRET_INIT, cek = SM_BUF_SECRET_INIT;
	int rc;

	rc = sm_pbkdf2(&kek, pwri_kek_len(inner), kdf->digest, password,
	    kdf->salt, kdf->iterations);
	if (rc == 0)
		rc = sm_pwri_unwrap(&cek, inner, sm_buf_bytes(&kek), wrapped);
	if (rc == 0)
		rc = sm_recipient_search_take(s, i, sm_buf_bytes(&cek));
	else
		rc = sm_recipient_search_fault(s, rc);
	sm_buf_free(&kek);
	sm_buf_free(&cek);
	return rc;
}

static int
pwri_open(struct sm_recipient_search *s, struct sm_bytes der, size_t first)
{
	struct sm_cipher_params inner;
	struct pwri_pbkdf2 kdf;
	struct pwri p;
	size_t n;

	if (s->pkcs1 || s->secrets->secret_count == 0)
		return SM_OK;
	if (!pwri_get(&p, der))
		return SM_E_FORMAT;
	if (!pwri_usable(s, &p, &kdf, &inner))
		return SM_OK;
	for (n = 0; n < s->secrets->secret_count && !s->found; n++) {
		SM_TRY(pwri_spend(s, kdf.iterations));
		SM_TRY(pwri_try(s, first, s->secrets->secrets[n], &kdf, &inner,
		    p.wrapped));
	}
	return SM_OK;
}

const struct sm_recipient_ops sm_pwri_ops = {
	SM_DER_CTX_CONS(3), pwri_view, pwri_open,
};

/* ---- writing ---- */

static void
pwri_put_kdf(struct sm_derw *w, struct sm_bytes salt, uint64_t iterations)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };
	size_t alg = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	size_t params;

	sm_derw_oid(w, sm_alg_get(SM_PBKDF2)->oid);
	params = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_add(w, SM_DER_OCTET_STRING, salt);
	sm_derw_uint(w, iterations);
	sm_derw_algorithm(w, sm_alg_get(SM_HMAC_SHA256)->oid, sm_bytes(null, 2));
	sm_derw_end(w, params);
	sm_derw_end(w, alg);
}

static int
pwri_put_wrap(struct sm_derw *w, const struct sm_cipher_params *inner)
{
	struct sm_buf der = SM_BUF_INIT;
	size_t alg;
	int rc;

	rc = sm_cipher_params_write(inner, &der);
	if (rc == 0) {
		alg = sm_derw_begin(w, SM_DER_SEQUENCE);
		sm_derw_oid(w, sm_alg_get(SM_PWRI_KEK)->oid);
		sm_derw_raw(w, sm_buf_bytes(&der));
		sm_derw_end(w, alg);
	}
	sm_buf_free(&der);
	return rc;
}

static int
pwri_put(struct sm_buf *out, struct sm_bytes salt, uint64_t iterations,
    const struct sm_cipher_params *inner, struct sm_bytes wrapped)
{
	struct sm_derw w;
	size_t info;

	sm_derw_init(&w, out);
	info = sm_derw_begin(&w, SM_DER_CTX_CONS(3));
	sm_derw_uint(&w, 0);
	pwri_put_kdf(&w, salt, iterations);
	SM_TRY(pwri_put_wrap(&w, inner));
	sm_derw_add(&w, SM_DER_OCTET_STRING, wrapped);
	sm_derw_end(&w, info);
	return sm_derw_status(&w);
}

int
sm_pwri_write(struct sm_buf *out, const struct sm_recipient_new *r,
    struct sm_bytes cek, uint64_t iterations, struct sm_error *err)
{
	struct sm_buf kek = SM_BUF_SECRET_INIT, wrapped = SM_BUF_INIT;
	struct sm_cipher_params inner;
	uint8_t salt[PWRI_SALT];
	int rc;

	if (r->secret.len == 0)
		return sm_error_set(err, SM_E_USAGE, "password-empty", NULL,
		    "A message cannot be encrypted to an empty password.");
	if (iterations == 0)
		iterations = PWRI_ITERATIONS;
	/* the wrap's strength is that of the content key */
	SM_TRY(sm_cipher_params_new(&inner,
	    cek.len <= 16 ? SM_AES128_CBC : SM_AES256_CBC));
	SM_TRY(sm_random(salt, sizeof(salt)));
	SM_TRY_OUT(sm_pbkdf2(&kek, inner.alg->key_bytes, SM_SHA256, r->secret,
	    sm_bytes(salt, sizeof(salt)), iterations));
	SM_TRY_OUT(sm_pwri_wrap(&wrapped, &inner, sm_buf_bytes(&kek), cek));
	rc = pwri_put(out, sm_bytes(salt, sizeof(salt)), iterations, &inner,
	    sm_buf_bytes(&wrapped));
out:
	sm_buf_free(&kek);
	sm_buf_free(&wrapped);
	return rc;
}
