/* One CMS structure in a pass: the shell's events, by content type. */
#include <base/der.h>
#include <base/try.h>
#include <smime/open_parts.h>
#include <stdlib.h>

struct sm_cms_node {
	struct sm_open *o;
	unsigned depth;
	struct sm_layer *detached;   /* signature part of multipart/signed */
	struct sm_layer *layer;
	struct sm_shell *shell;
	bool first;                  /* fields of this layer are new to us */
	bool flows;                  /* content reaches what is inside */
	struct sm_entity *inner;
	struct sm_inflate *inflate;
};

/* ---- events ---- */

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	struct sm_cms_node *n = ctx;

	if (n->detached != NULL) {
		n->layer = n->detached;
		n->first = !n->layer->collected;
		if (type == SM_CMS_SIGNED)
			return SM_OK;
		return sm_error_set(&n->o->err, SM_E_FORMAT, "signature-type",
		    "RFC 8551 section 3.5.3", "The signature part holds CMS of the "
		    "type \"%s\" instead of a signature.", sm_cms_type_name(type));
	}
	SM_TRY(sm_layer_allowed(n->o, n->depth, type));
	SM_TRY(sm_layer_enter(&n->layer, n->o, n->depth, type));
	n->first = !n->layer->collected;
	return SM_OK;
}

static int
take_content_type(struct sm_cms_node *n, struct sm_bytes der)
{
	struct sm_bytes oid;

	if (!sm_der_get_oid(&der, &oid))
		return sm_error_set(&n->o->err, SM_E_FORMAT, "content-type",
		    "RFC 5652 section 5.2", "The CMS structure does not say what "
		    "its content is.");
	n->layer->content_type = sm_cms_type_of(oid);
	n->layer->content_oid.len = 0;
	return sm_buf_append(&n->layer->content_oid, oid);
}

static int
take_digest_alg(struct sm_cms_node *n, struct sm_bytes der)
{
	const struct sm_alg *alg;
	struct sm_bytes oid, params;

	if (!sm_der_get_algorithm(&der, &oid, &params))
		return sm_error_set(&n->o->err, SM_E_FORMAT, "digest-algorithm",
		    "RFC 5652 section 7", "The digest algorithm is malformed.");
	alg = sm_alg_by_oid(SM_ALG_DIGEST, oid);
	n->layer->digest_alg = alg == NULL ? SM_ALG_NONE : alg->id;
	return SM_OK;
}

/* DigestedData proves only that nothing broke, not who wrote it. */
static int
check_digest(struct sm_cms_node *n, struct sm_bytes der)
{
	const struct sm_digest_value *d;
	struct sm_bytes want;

	d = n->layer->digests == NULL ? NULL :
	    sm_digest_set_get(n->layer->digests, n->layer->digest_alg);
	if (d == NULL)
		return sm_error_set(&n->o->err, SM_E_UNSUPPORTED,
		    "digest-algorithm", NULL, "The digest algorithm of this "
		    "DigestedData is not available here.");
	if (!sm_der_get(&der, SM_DER_OCTET_STRING, &want) || want.len != d->len ||
	    !sm_equal_ct(want.data, d->data, d->len))
		return sm_error_set(&n->o->err, SM_E_AUTH, "digest-mismatch",
		    "RFC 5652 section 7", "The content does not fit its digest: it "
		    "was damaged on its way. Ask for it again.");
	return SM_OK;
}

static int
digested_field(struct sm_cms_node *n, enum sm_cms_field field,
    struct sm_bytes der)
{
	if (field == SM_F_DIGEST_ALG)
		return take_digest_alg(n, der);
	return field == SM_F_DIGEST ? check_digest(n, der) : SM_OK;
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	struct sm_cms_node *n = ctx;

	if (field == SM_F_CONTENT_TYPE && n->first)
		SM_TRY(take_content_type(n, der));
	switch (n->layer->type) {
	case SM_CMS_SIGNED:
		return n->first ?
		    sm_signed_field(n->layer->sig, field, der, was_der) : SM_OK;
	case SM_CMS_ENVELOPED:
	case SM_CMS_AUTH_ENVELOPED:
	case SM_CMS_ENCRYPTED:
		return sm_enveloped_field(n->layer->env, field, der, was_der);
	case SM_CMS_COMPRESSED:
		if (field != SM_F_COMPRESS_ALG)
			return SM_OK;
		return sm_inflate_alg(n->inflate, der);
	case SM_CMS_DIGESTED:
		return digested_field(n, field, der);
	default:
		return SM_OK;
	}
}

static int
inner_bytes(void *ctx, struct sm_bytes in)
{
	struct sm_cms_node *n = ctx;

	if (sm_layer_encrypted(n->layer) || n->inflate != NULL)
		n->layer->content_bytes += in.len;
	return sm_entity_write(n->inner, in);
}

static int
begin_inner(struct sm_cms_node *n)
{
	n->flows = true;
	return sm_entity_new(&n->inner, n->o, n->depth + 1,
	    n->layer->content_type);
}

static int
begin_encrypted(struct sm_cms_node *n, bool known, uint64_t length)
{
	bool open = sm_enveloped_state(n->layer->env) == SM_ENV_OPEN;

	if (n->o->opt.mode == SM_OPEN_INSPECT)
		return SM_OK;
	SM_TRY(sm_enveloped_content_begin(n->layer->env, known, length));
	/* An authenticated layer is silent until its tag stood. */
	n->layer->content_bytes = 0;
	return open || !sm_enveloped_aead(n->layer->env) ? begin_inner(n) : SM_OK;
}

static int
on_content_begin(void *ctx, bool known, uint64_t length)
{
	struct sm_cms_node *n = ctx;

	if (n->detached != NULL) {
		/* smime-rules 8: what is shown is the first part, what would be
		 * verified is this: a trick, never a signature. */
		n->layer->bad = "The signature carries content of its own beside "
		    "the text that is shown.";
		return SM_OK;
	}
	n->layer->content_seen = true;
	if (sm_layer_encrypted(n->layer))
		return begin_encrypted(n, known, length);
	SM_TRY(sm_layer_digests_begin(n->o, n->layer));
	return begin_inner(n);
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	struct sm_cms_node *n = ctx;

	if (n->detached != NULL)
		return SM_OK;
	if (sm_layer_encrypted(n->layer)) {
		if (!n->flows)
			n->layer->content_bytes += in.len;
		return n->o->opt.mode == SM_OPEN_INSPECT ? SM_OK :
		    sm_enveloped_content(n->layer->env, in);
	}
	if (n->inflate != NULL)
		return sm_inflate_write(n->inflate, in);
	SM_TRY(sm_layer_content(n->layer, in));
	return sm_entity_write(n->inner, in);
}

static int
on_content_end(void *ctx)
{
	struct sm_cms_node *n = ctx;

	if (n->detached != NULL)
		return SM_OK;
	if (sm_layer_encrypted(n->layer)) {
		if (n->o->opt.mode == SM_OPEN_INSPECT)
			return SM_OK;
		SM_TRY(sm_enveloped_content_end(n->layer->env));
	} else if (n->inflate != NULL) {
		SM_TRY(sm_inflate_finish(n->inflate));
	}
	SM_TRY(sm_layer_digests_end(n->layer));
	return n->flows ? sm_entity_finish(n->inner) : SM_OK;
}

static int
on_end(void *ctx)
{
	struct sm_cms_node *n = ctx;

	if (sm_layer_encrypted(n->layer) && n->o->opt.mode != SM_OPEN_INSPECT) {
		if (!n->layer->content_seen)
			return sm_error_set(&n->o->err, SM_E_FORMAT, "no-content",
			    "RFC 5652 section 6.1", "The encrypted message holds "
			    "no content.");
		SM_TRY(sm_enveloped_end(n->layer->env));
	}
	if (n->detached == NULL)
		n->layer->collected = true;
	return SM_OK;
}

/* ---- the node ---- */

/* The parts that need to know the type start with the first event; the rest
 * are made here, before the shell can speak. */
static int
on_begin_with_parts(void *ctx, enum sm_cms_type type)
{
	struct sm_cms_node *n = ctx;
	struct sm_sink to_inner = { inner_bytes, n };

	SM_TRY(on_begin(n, type));
	if (sm_layer_encrypted(n->layer))
		return sm_enveloped_pass(n->layer->env, &to_inner);
	if (type == SM_CMS_COMPRESSED)
		return sm_inflate_new(&n->inflate, &to_inner, &n->o->opt.limits,
		    &n->o->err);
	return SM_OK;
}

int
sm_cms_node_new(struct sm_cms_node **out, struct sm_open *o, unsigned depth,
    enum sm_cms_type naked, struct sm_layer *detached)
{
	struct sm_cms_events ev = { NULL, on_begin_with_parts, on_field,
		on_content_begin, on_content, on_content_end, on_end };
	struct sm_cms_node *n = calloc(1, sizeof *n);

	*out = n;
	if (n == NULL)
		return SM_E_NOMEM;
	n->o = o;
	n->depth = depth;
	n->detached = detached;
	ev.ctx = n;
	return sm_shell_new(&n->shell, naked, &ev, &o->opt.limits, &o->err);
}

void
sm_cms_node_free(struct sm_cms_node *n)
{
	if (n == NULL)
		return;
	sm_shell_free(n->shell);
	sm_entity_free(n->inner);
	sm_inflate_free(n->inflate);
	free(n);
}

int
sm_cms_node_write(struct sm_cms_node *n, struct sm_bytes in)
{
	return sm_shell_write(n->shell, in);
}

int
sm_cms_node_finish(struct sm_cms_node *n)
{
	return sm_shell_finish(n->shell);
}

static int
node_sink_write(void *ctx, struct sm_bytes in)
{
	return sm_cms_node_write(ctx, in);
}

struct sm_sink
sm_cms_node_sink(struct sm_cms_node *n)
{
	struct sm_sink s = { node_sink_write, n };

	return s;
}
