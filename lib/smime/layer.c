#include <base/der.h>
#include <base/try.h>
#include <smime/open_parts.h>
#include <stdio.h>
#include <stdlib.h>

bool
sm_layer_encrypted(const struct sm_layer *l)
{
	return l->type == SM_CMS_ENVELOPED || l->type == SM_CMS_AUTH_ENVELOPED ||
	    l->type == SM_CMS_ENCRYPTED;
}

void
sm_layer_free(struct sm_layer *l)
{
	if (l == NULL)
		return;
	sm_signed_free(l->sig);
	sm_digest_set_free(l->digests);
	sm_enveloped_free(l->env);
	sm_buf_free(&l->content_oid);
	free(l);
}

static int
layer_parts(struct sm_open *o, struct sm_layer *l)
{
	switch (l->type) {
	case SM_CMS_SIGNED:
		return sm_signed_new(&l->sig, &o->opt.limits, &o->err);
	case SM_CMS_ENVELOPED:
	case SM_CMS_AUTH_ENVELOPED:
	case SM_CMS_ENCRYPTED:
		SM_TRY(sm_open_need_keys(o));
		return sm_enveloped_new(&l->env, l->type, &o->secrets,
		    &o->opt.limits, &o->err);
	default:
		return SM_OK;
	}
}

static int
layer_new(struct sm_layer **out, struct sm_open *o, unsigned depth,
    enum sm_cms_type type)
{
	struct sm_layer *l;

	if (depth >= o->opt.limits.layers || depth >= SM_LAYERS_MAX)
		return sm_error_set(&o->err, SM_E_LIMIT, "layers", NULL,
		    "The message has more layers inside each other than the "
		    "limit layers of %u.", (unsigned)o->opt.limits.layers);
	l = calloc(1, sizeof *l);
	if (l == NULL)
		return SM_E_NOMEM;
	l->type = type;
	l->content_type = SM_CMS_DATA;
	for (unsigned i = 0; i <= depth; i++)
		memcpy(l->part + 2 * i, i < depth ? "1." : "1",
		    i < depth ? 2 : 1);
	o->layers[depth] = l;
	o->layer_count = depth + 1;
	*out = l;
	return layer_parts(o, l);
}

int
sm_layer_enter(struct sm_layer **out, struct sm_open *o, unsigned depth,
    enum sm_cms_type type)
{
	if (depth >= o->layer_count)
		return layer_new(out, o, depth, type);
	if (o->layers[depth]->type != type)
		return sm_error_set(&o->err, SM_E_CHANGED, "input-changed", NULL,
		    "The input changed while it was being read.");
	*out = o->layers[depth];
	return SM_OK;
}

int
sm_layer_allowed(struct sm_open *o, unsigned depth, enum sm_cms_type type)
{
	bool encrypted = type == SM_CMS_ENVELOPED ||
	    type == SM_CMS_AUTH_ENVELOPED || type == SM_CMS_ENCRYPTED;

	if (depth > 0)
		return SM_OK;
	if (o->opt.mode == SM_OPEN_VERIFY && encrypted)
		return sm_error_set(&o->err, SM_E_FORMAT, "is-encrypted", NULL,
		    "The message is encrypted, so there is no signature to see "
		    "from outside. Use \"sealmail open\" with your key.");
	if (o->opt.mode == SM_OPEN_DECRYPT && !encrypted)
		return sm_error_set(&o->err, SM_E_FORMAT, "not-encrypted", NULL,
		    "The message is not encrypted. Use \"sealmail open\" to see "
		    "what it is.");
	return SM_OK;
}

/* ---- digests of signed content ---- */

static int
add_digest(struct sm_digest_set *set, enum sm_alg_id alg)
{
	int rc = alg == SM_ALG_NONE ? SM_OK : sm_digest_set_add(set, alg);

	/* One we lack, or one too many: that signer stays unknown. */
	return rc == SM_E_UNSUPPORTED || rc == SM_E_LIMIT ? SM_OK : rc;
}

int
sm_layer_digests_begin(struct sm_open *o, struct sm_layer *l)
{
	struct sm_digest_set *set;

	if (l->digested)
		return SM_OK;
	(void)o;
	sm_digest_set_free(l->digests);
	l->digests = NULL;
	l->content_bytes = 0;
	l->head_len = 0;
	SM_TRY(sm_digest_set_new(&set));
	l->digests = set;
	SM_TRY(add_digest(set, l->micalg));
	SM_TRY(add_digest(set, l->digest_alg));
	/* A clear-signed letter whose micalg is missing or old: what everybody
	 * uses today is digested along, to spare a second reading. */
	if (l->clear && l->micalg != SM_SHA256 && l->micalg != SM_SHA384 &&
	    l->micalg != SM_SHA512)
		SM_TRY(add_digest(set, SM_SHA256));
	if (l->sig == NULL)
		return SM_OK;
	for (size_t i = 0; i < sm_signed_digest_count(l->sig); i++)
		SM_TRY(add_digest(set, sm_signed_digest(l->sig, i)));
	for (size_t i = 0; l->all_digests && i < sm_signed_signer_count(l->sig);
	    i++)
		SM_TRY(add_digest(set, sm_signed_signer(l->sig, i)->digest));
	return SM_OK;
}

int
sm_layer_content(struct sm_layer *l, struct sm_bytes in)
{
	size_t n = sizeof l->head - l->head_len;

	if (l->digested)
		return SM_OK;
	if (n > in.len)
		n = in.len;
	if (n > 0)
		memcpy(l->head + l->head_len, in.data, n);
	l->head_len += n;
	l->content_bytes += in.len;
	return l->digests == NULL ? SM_OK :
	    sm_digest_set_update(l->digests, in);
}

int
sm_layer_digests_end(struct sm_layer *l)
{
	if (l->digested || l->digests == NULL)
		return SM_OK;
	l->digested = true;
	return sm_digest_set_finish(l->digests);
}

bool
sm_layer_wants_digests(const struct sm_layer *l)
{
	if (l->sig == NULL || l->all_digests || l->digests == NULL)
		return false;
	for (size_t i = 0; i < sm_signed_signer_count(l->sig); i++) {
		enum sm_alg_id alg = sm_signed_signer(l->sig, i)->digest;

		if (alg != SM_ALG_NONE && sm_alg_available(alg) &&
		    sm_digest_set_get(l->digests, alg) == NULL)
			return true;
	}
	return false;
}
