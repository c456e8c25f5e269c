#include <base/der.h>
#include <base/try.h>
#include <cms/attributes_oid.h>
#include <cms/envelope_impl.h>

#include <stdlib.h>

static const struct sm_bytes envelope_content_type = SM_AT(SM_AT_CONTENT_TYPE);

static int
envelope_to_shell(void *ctx, struct sm_bytes in)
{
	return sm_shell_writer_content(ctx, in);
}

/* RFC 5083 section 2.1: needed as soon as the content is not plain data. */
static int
envelope_attrs(struct sm_buf *out, enum sm_cms_type content_type)
{
	struct sm_derw w;
	size_t set, attr, values;

	sm_derw_init(&w, out);
	set = sm_derw_begin(&w, SM_DER_SET);
	attr = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, envelope_content_type);
	values = sm_derw_begin(&w, SM_DER_SET);
	sm_derw_oid(&w, sm_cms_type_oid(content_type));
	sm_derw_end(&w, values);
	sm_derw_end(&w, attr);
	sm_derw_end(&w, set);
	return sm_derw_status(&w);
}

/* The content's AlgorithmIdentifier; alg is that of the cipher, whole. */
static void
envelope_put_alg(struct sm_derw *w, struct sm_bytes alg, bool cek_hkdf)
{
	if (cek_hkdf)
		sm_derw_algorithm(w, sm_alg_get(SM_CEK_HKDF_SHA256)->oid, alg);
	else
		sm_derw_raw(w, alg);
}

static int
envelope_cipher(struct sm_envelope_writer *w, const struct sm_envelope_head *h,
    struct sm_bytes alg)
{
	struct sm_buf derived = SM_BUF_SECRET_INIT;
	struct sm_bytes key = h->cek;
	int rc = SM_OK;

	if (h->cek_hkdf) {
		rc = sm_cek_hkdf(&derived, h->cek, alg);
		key = sm_buf_bytes(&derived);
	}
	if (rc == 0)
		rc = sm_cipher_new(&w->cipher, SM_ENCRYPT, h->params, key,
		    sm_buf_bytes(&w->auth_attrs), h->has_length, h->length,
		    w->err);
	sm_buf_free(&derived);
	return rc;
}

static int
envelope_begin(struct sm_envelope_writer *w, const struct sm_envelope_head *h)
{
	struct sm_buf alg = SM_BUF_INIT, inside = SM_BUF_INIT;
	struct sm_derw d;
	int rc;

	SM_TRY_OUT(sm_cipher_params_write(h->params, &alg));
	sm_derw_init(&d, &inside);
	sm_derw_oid(&d, sm_cms_type_oid(h->content_type));
	envelope_put_alg(&d, sm_buf_bytes(&alg), h->cek_hkdf);
	SM_TRY_OUT(sm_derw_status(&d));
	if (h->type == SM_CMS_AUTH_ENVELOPED && h->content_type != SM_CMS_DATA)
		SM_TRY_OUT(envelope_attrs(&w->auth_attrs, h->content_type));
	SM_TRY_OUT(envelope_cipher(w, h, sm_buf_bytes(&alg)));
	rc = sm_shell_writer_begin(w->shell, h->type, h->before,
	    sm_buf_bytes(&inside), true);
out:
	sm_buf_free(&alg);
	sm_buf_free(&inside);
	return rc;
}

int
sm_envelope_writer_start(struct sm_envelope_writer **out,
    const struct sm_envelope_head *h, const struct sm_sink *sink,
    struct sm_error *err)
{
	struct sm_envelope_writer *w;
	int rc;

	*out = NULL;
	if (sm_cms_type_oid(h->content_type).len == 0)
		return SM_E_USAGE;
	w = calloc(1, sizeof(*w));
	if (w == NULL)
		return SM_E_NOMEM;
	w->err = err;
	w->tag_len = h->params->tag_len;
	rc = sm_shell_writer_new(&w->shell, sink);
	if (rc == 0) {
		w->to_shell.write = envelope_to_shell;
		w->to_shell.ctx = w->shell;
		rc = envelope_begin(w, h);
	}
	if (rc != 0) {
		sm_envelope_writer_free(w);
		return rc;
	}
	*out = w;
	return SM_OK;
}

void
sm_envelope_writer_free(struct sm_envelope_writer *w)
{
	if (w == NULL)
		return;
	sm_cipher_free(w->cipher);
	sm_shell_writer_free(w->shell);
	sm_buf_free(&w->auth_attrs);
	free(w);
}

static int
envelope_check(const struct sm_envelope_options *opt, const struct sm_alg *alg,
    struct sm_error *err)
{
	if (opt->recipient_count == 0)
		return sm_error_set(err, SM_E_USAGE, "recipients-empty",
		    "RFC 5652 section 6.1",
		    "A message cannot be encrypted to nobody.");
	if (alg->kind != SM_ALG_CIPHER || alg->use < SM_USE_ACCEPT)
		return sm_error_set(err, SM_E_POLICY, "cipher-not-sent", NULL,
		    "Nothing is encrypted with %s any more; choose an AES "
		    "cipher.", alg->kind == SM_ALG_CIPHER ? alg->name :
		    "what is no cipher");
	return SM_OK;
}

int
sm_envelope_writer_new(struct sm_envelope_writer **out,
    const struct sm_envelope_options *opt, const struct sm_sink *sink,
    struct sm_error *err)
{
	const struct sm_alg *alg = sm_alg_get(opt->cipher);
	struct sm_buf cek = SM_BUF_SECRET_INIT, before = SM_BUF_INIT;
	struct sm_cipher_params params;
	struct sm_envelope_head h;
	bool auth = alg->tag_bytes != 0;
	int rc;

	*out = NULL;
	SM_TRY(envelope_check(opt, alg, err));
	SM_TRY_OUT(sm_cipher_params_new(&params, opt->cipher));
	SM_TRY_OUT(sm_buf_resize(&cek, alg->key_bytes));
	SM_TRY_OUT(sm_random_secret(cek.data, cek.len));
	SM_TRY_OUT(sm_envelope_recipients(&before, opt, auth,
	    sm_buf_bytes(&cek), err));
	h = (struct sm_envelope_head) {
		.type = auth ? SM_CMS_AUTH_ENVELOPED : SM_CMS_ENVELOPED,
		.content_type = opt->content_type,
		.before = sm_buf_bytes(&before),
		.params = &params,
		.cek_hkdf = opt->cek_hkdf,
		.cek = sm_buf_bytes(&cek),
		.has_length = opt->has_length,
		.length = opt->length,
	};
	rc = sm_envelope_writer_start(out, &h, sink, err);
out:
	sm_buf_free(&cek);
	sm_buf_free(&before);
	if (rc != 0)
		sm_error_set(err, rc, "encrypt", NULL,
		    "The message could not be encrypted: %s.",
		    sm_status_name(rc));
	return rc;
}

int
sm_envelope_writer_write(struct sm_envelope_writer *w, struct sm_bytes in)
{
	if (w->finished)
		return SM_E_USAGE;
	return sm_cipher_update(w->cipher, in, &w->to_shell);
}

/* authAttrs [1] and the tag. */
static int
envelope_after(struct sm_envelope_writer *w, struct sm_bytes tag)
{
	struct sm_bytes set = sm_buf_bytes(&w->auth_attrs), contents;
	struct sm_buf after = SM_BUF_INIT;
	struct sm_derw d;
	int rc;

	sm_derw_init(&d, &after);
	if (set.len > 0 && sm_der_get(&set, SM_DER_SET, &contents))
		sm_derw_add(&d, SM_DER_CTX_CONS(1), contents);
	if (tag.len > 0)
		sm_derw_add(&d, SM_DER_OCTET_STRING, tag);
	rc = sm_derw_status(&d);
	if (rc == 0)
		rc = sm_shell_writer_end(w->shell, sm_buf_bytes(&after));
	sm_buf_free(&after);
	return rc;
}

int
sm_envelope_writer_finish(struct sm_envelope_writer *w)
{
	uint8_t tag[16];

	if (w->finished)
		return SM_E_USAGE;
	w->finished = true;
	SM_TRY(sm_cipher_finish(w->cipher, w->tag_len == 0 ? NULL : tag,
	    w->tag_len, &w->to_shell));
	return envelope_after(w, sm_bytes(tag, w->tag_len));
}
