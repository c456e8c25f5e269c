/* multipart/signed (RFC 1847, RFC 8551 section 3.5.3): the first part is what is
 * signed, in canonical form; the second holds the signature. */
#include <base/try.h>
#include <smime/open_parts.h>
#include <stdlib.h>

struct sm_clear_node {
	struct sm_open *o;
	unsigned depth;
	struct sm_layer *layer;
	struct sm_multipart *parts;
	unsigned part;             /* the one that is being read */
	struct sm_canon canon;
	struct sm_entity *inner;
	struct sm_header *header;  /* of the signature part */
	bool header_done;
	struct sm_decoder *decoder;
	struct sm_cms_node *cms;
};

/* Canonical bytes of the signed part: to the digests and to what is inside. */
static int
signed_bytes(void *ctx, struct sm_bytes in)
{
	struct sm_clear_node *n = ctx;

	SM_TRY(sm_layer_content(n->layer, in));
	return sm_entity_write(n->inner, in);
}

static bool
is_signature_type(const char *type)
{
	return type != NULL && (strcmp(type, "application/pkcs7-signature") == 0 ||
	    strcmp(type, "application/x-pkcs7-signature") == 0);
}

static int
signature_header(struct sm_clear_node *n)
{
	struct sm_mime_value type = { 0 }, cte = { 0 };
	struct sm_sink sink;
	int rc;

	n->header_done = true;
	SM_TRY_OUT(sm_mime_value_read(&type, n->header, "Content-Type"));
	SM_TRY_OUT(sm_mime_value_read(&cte, n->header,
	    "Content-Transfer-Encoding"));
	if (!is_signature_type(type.value) || type.duplicate) {
		n->layer->bad = "The second part of the signed message is not an "
		    "S/MIME signature.";
		goto out;
	}
	SM_TRY_OUT(sm_cms_node_new(&n->cms, n->o, n->depth, SM_CMS_UNKNOWN,
	    n->layer));
	sink = sm_cms_node_sink(n->cms);
	rc = sm_decoder_new(&n->decoder, sm_cte_read(cte.value), &sink,
	    &n->o->err);
out:
	sm_mime_value_wipe(&type);
	sm_mime_value_wipe(&cte);
	return rc;
}

static int
part_begin(void *ctx, unsigned part)
{
	struct sm_clear_node *n = ctx;

	n->part = part;
	if (part == 1) {
		SM_TRY(sm_layer_digests_begin(n->o, n->layer));
		return sm_entity_new(&n->inner, n->o, n->depth + 1, SM_CMS_DATA);
	}
	if (part == 2)
		return sm_header_new(&n->header, &n->o->opt.limits, &n->o->err);
	n->layer->bad = "The signed message has more than the two parts it must "
	    "have.";
	return SM_OK;
}

static int
part_data(void *ctx, struct sm_bytes in)
{
	struct sm_clear_node *n = ctx;
	struct sm_sink to_signed = { signed_bytes, n };

	if (n->part == 1)
		return sm_canon_write(&n->canon, in, &to_signed);
	if (n->part != 2)
		return SM_OK;
	if (!n->header_done) {
		size_t used;
		bool done;

		SM_TRY(sm_header_write(n->header, in, &used, &done));
		if (!done)
			return SM_OK;
		SM_TRY(signature_header(n));
		if (n->decoder != NULL)
			SM_TRY(sm_decoder_write(n->decoder,
			    sm_header_rest(n->header)));
		in = sm_bytes_skip(in, used);
	}
	return n->decoder == NULL ? SM_OK : sm_decoder_write(n->decoder, in);
}

static int
part_end(void *ctx, unsigned part)
{
	struct sm_clear_node *n = ctx;

	if (part == 1) {
		SM_TRY(sm_layer_digests_end(n->layer));
		return sm_entity_finish(n->inner);
	}
	if (part != 2)
		return SM_OK;
	if (!n->header_done) {
		SM_TRY(sm_header_finish(n->header));
		SM_TRY(signature_header(n));
	}
	if (n->decoder == NULL)
		return SM_OK;
	SM_TRY(sm_decoder_finish(n->decoder));
	return sm_cms_node_finish(n->cms);
}

int
sm_clear_node_new(struct sm_clear_node **out, struct sm_open *o,
    unsigned depth, const struct sm_mime_value *type)
{
	const char *boundary = sm_mime_value_param(type, "boundary");
	const char *micalg = sm_mime_value_param(type, "micalg");
	struct sm_clear_node *n;
	struct sm_multipart_events ev = { NULL, NULL, part_begin, part_data,
		part_end, NULL };

	*out = NULL;
	if (boundary == NULL)
		return sm_error_set(&o->err, SM_E_FORMAT, "no-boundary",
		    "RFC 2046 section 5.1.1", "The signed message does not say "
		    "where its parts begin: the boundary parameter is missing.");
	n = calloc(1, sizeof *n);
	if (n == NULL)
		return SM_E_NOMEM;
	*out = n;
	n->o = o;
	n->depth = depth;
	ev.ctx = n;
	SM_TRY(sm_layer_allowed(o, depth, SM_CMS_SIGNED));
	SM_TRY(sm_layer_enter(&n->layer, o, depth, SM_CMS_SIGNED));
	n->layer->clear = true;
	n->layer->content_seen = true;
	if (micalg != NULL)
		n->layer->micalg = sm_alg_from_micalg(sm_bytes_str(micalg));
	return sm_multipart_new(&n->parts, boundary, &ev, &o->opt.limits,
	    &o->err);
}

void
sm_clear_node_free(struct sm_clear_node *n)
{
	if (n == NULL)
		return;
	sm_multipart_free(n->parts);
	sm_entity_free(n->inner);
	sm_header_free(n->header);
	sm_decoder_free(n->decoder);
	sm_cms_node_free(n->cms);
	free(n);
}

int
sm_clear_node_write(struct sm_clear_node *n, struct sm_bytes in)
{
	return sm_multipart_write(n->parts, in);
}

int
sm_clear_node_finish(struct sm_clear_node *n)
{
	bool closed;

	SM_TRY(sm_multipart_finish(n->parts, &closed));
	if (n->part == 0)
		return sm_error_set(&n->o->err, SM_E_FORMAT, "no-parts",
		    "RFC 2046 section 5.1.1", "The signed message is damaged: no "
		    "part begins where its header says that parts begin.");
	if (!closed)
		return sm_error_set(&n->o->err, SM_E_FORMAT, "multipart-truncated",
		    "RFC 2046 section 5.1.1", "The signed message is cut off: the "
		    "line that ends its last part is missing. Ask for it again.");
	if (n->part == 1)
		n->layer->bad = "The signature part of the signed message is "
		    "missing.";
	n->layer->collected = true;
	return SM_OK;
}
