/* The passes. Pass one is pushed by the caller; every further one reads the same
 * bytes again (pieces.h). A pass goes as deep as what is proven so far allows:
 * an authenticated layer is silent until its tag stood in an earlier pass. When
 * nothing is left to find out the verdict is made, and only then content that
 * cannot be taken back goes out, in a pass of its own. */
#include <base/try.h>
#include <smime/open_parts.h>
#include <stdlib.h>

#define PASSES_MAX (3 * SM_LAYERS_MAX)

struct sm_open_options
sm_open_options_default(void)
{
	struct sm_open_options opt;

	memset(&opt, 0, sizeof opt);
	opt.limits = sm_limits_default();
	return opt;
}

/* Faults that end the work; all others are findings about the message. */
static bool
is_fatal(int rc)
{
	return rc == SM_E_NOMEM || rc == SM_E_IO || rc == SM_E_USAGE ||
	    rc == SM_E_CHANGED;
}

static int
pass_begin(struct sm_open *o, bool emit)
{
	if (o->emitted && o->opt.restart != NULL)
		o->opt.restart(o->opt.restart_ctx);
	sm_entity_free(o->root);
	o->root = NULL;
	o->pass++;
	o->rc = 0;
	o->emit = emit;
	o->emitted = false;
	o->leaf_emitted = false;
	return sm_entity_new(&o->root, o, 0, SM_CMS_DATA);
}

static int
copy_keys(struct sm_open *o)
{
	size_t n = o->opt.key_count;

	if (n == 0)
		return SM_OK;
	o->openers = calloc(n, sizeof *o->openers);
	if (o->openers == NULL)
		return SM_E_NOMEM;
	for (size_t i = 0; i < n; i++)
		o->openers[i] = (struct sm_opener){ o->opt.keys[i].key,
			o->opt.keys[i].cert };
	o->secrets.openers = o->openers;
	o->secrets.opener_count = n;
	return SM_OK;
}

int
sm_open_need_keys(struct sm_open *o)
{
	int rc;

	if (o->keys_asked || o->opt.find_keys == NULL || o->opt.mode == SM_OPEN_INSPECT)
		return SM_OK;
	o->keys_asked = true;
	rc = o->opt.find_keys(o->opt.find_keys_ctx, &o->opt.keys, &o->opt.key_count);
	return rc == 0 ? copy_keys(o) : rc;
}

int
sm_open_new(struct sm_open **out, const struct sm_open_options *opt)
{
	struct sm_open *o = calloc(1, sizeof *o);
	int rc;

	*out = NULL;
	if (o == NULL)
		return SM_E_NOMEM;
	o->opt = *opt;
	o->leaf_depth = opt->mode == SM_OPEN_DECRYPT ? 1 : SM_LAYERS_MAX + 1;
	o->again_off = opt->mode == SM_OPEN_INSPECT || opt->again.read_at == NULL;
	o->secrets.secrets = opt->secrets;
	o->secrets.secret_count = opt->secret_count;
	rc = opt->find_keys == NULL ? copy_keys(o) : 0;
	if (rc == 0 && !o->again_off)
		rc = sm_pieces_new(&o->pieces, &o->err);
	if (rc == 0)
		rc = pass_begin(o, opt->provisional && opt->out.write != NULL);
	if (rc != 0) {
		sm_open_free(o);
		return rc;
	}
	*out = o;
	return SM_OK;
}

void
sm_open_free(struct sm_open *o)
{
	if (o == NULL)
		return;
	sm_entity_free(o->root);
	for (unsigned i = 0; i < o->layer_count; i++)
		sm_layer_free(o->layers[i]);
	free(o->openers);
	sm_pieces_free(o->pieces);
	sm_buf_free(&o->from);
	for (size_t i = 0; i < o->inner_from_count; i++)
		sm_buf_free(&o->inner_from[i]);
	free(o->inner_from);
	for (size_t i = 0; i < o->errant_count; i++) {
		free(o->errant[i].part);
		free(o->errant[i].why);
	}
	free(o->errant);
	sm_certs_wipe(&o->certs);
	sm_report_wipe(&o->report);
	free(o);
}

/* ---- the first pass ---- */

/* Does the layer say before its content how it was digested? Then a signer who
 * used something else has no valid signature (RFC 5652 section 5.1 allows that),
 * in one reading and in several: the verdict must not hang on that. A micalg
 * that is missing or old is no word to go by. */
static bool
announced(const struct sm_layer *l)
{
	return !l->clear || l->micalg == SM_SHA256 || l->micalg == SM_SHA384 ||
	    l->micalg == SM_SHA512;
}

/* verify without output, or into a file without a name yet, needs one reading:
 * a pipe is not spooled then. */
static void
maybe_stop_keeping(struct sm_open *o)
{
	const struct sm_layer *l = o->layers[0];

	if (o->again_off || o->opt.mode != SM_OPEN_VERIFY || o->layer_count == 0)
		return;
	if (o->opt.out.write != NULL && !o->opt.provisional)
		return;
	if (l->type == SM_CMS_SIGNED && announced(l))
		o->again_off = true;
}

static int
progress(struct sm_open *o, size_t n)
{
	o->bytes += n;
	if (o->opt.progress == NULL ||
	    o->opt.progress(o->opt.progress_ctx, o->pass, o->bytes) == 0)
		return SM_OK;
	return sm_error_set(&o->err, SM_E_IO, "cancelled", NULL, "Cancelled.");
}

/* Bytes of any pass; a finding is kept, the input is read on. */
static int
pass_write(struct sm_open *o, struct sm_bytes in)
{
	SM_TRY(progress(o, in.len));
	if (o->rc == 0)
		o->rc = sm_entity_write(o->root, in);
	return is_fatal(o->rc) ? o->rc : SM_OK;
}

int
sm_open_write(struct sm_open *o, struct sm_bytes in)
{
	if (o->first_done)
		return SM_E_USAGE;
	if (!o->again_off)
		SM_TRY(sm_pieces_note(o->pieces, in));
	SM_TRY(pass_write(o, in));
	maybe_stop_keeping(o);
	return SM_OK;
}

bool
sm_open_wants_again(const struct sm_open *o)
{
	return !o->again_off;
}

/* ---- further passes ---- */

static int
replay_write(void *ctx, struct sm_bytes in)
{
	struct sm_open *o = ctx;

	SM_TRY(pass_write(o, in));
	return o->rc;
}

static int
pass_end(struct sm_open *o)
{
	if (o->rc == 0)
		o->rc = sm_entity_finish(o->root);
	return is_fatal(o->rc) ? o->rc : SM_OK;
}

static int
pass_again(struct sm_open *o, bool emit)
{
	struct sm_sink sink = { replay_write, o };
	int rc;

	if (o->again_off || o->pass >= PASSES_MAX)
		return sm_error_set(&o->err, SM_E_USAGE, "cannot-read-again",
		    NULL, "The message must be read a second time, and the input "
		    "can be read only once.");
	SM_TRY(pass_begin(o, emit));
	rc = sm_pieces_replay(o->pieces, &o->opt.again, &sink);
	if (is_fatal(rc))
		return rc;
	return pass_end(o);
}

/* Forget all layers: the next pass finds them again. */
static void
start_over(struct sm_open *o)
{
	while (o->layer_count > 0)
		sm_layer_free(o->layers[--o->layer_count]);
	sm_error_clear(&o->err);
	o->rc = 0;
	o->leaf_reached = false;
}

/* An unauthenticated layer whose inside makes no sense: look at it once more as
 * plain content, so that damage done to the ciphertext on purpose tells nothing
 * by the way it fails (smime-rules 1, 3). When the fault was its own, the next
 * pass fails again. */
static bool
retry_as_leaf(struct sm_open *o)
{
	if (o->rc == 0 || o->opt.mode != SM_OPEN_ALL || o->again_off)
		return false;
	for (unsigned d = o->layer_count; d > 0; d--) {
		const struct sm_layer *l = o->layers[d - 1];

		if (!sm_layer_encrypted(l) || !l->content_seen ||
		    sm_enveloped_aead(l->env))
			continue;
		if (o->leaf_depth <= d)
			return false;
		o->leaf_depth = d;
		start_over(o);
		return true;
	}
	return false;
}

static bool
wants_digests(struct sm_open *o)
{
	bool wants = false;

	if (o->again_off)
		return false;
	for (unsigned i = 0; i < o->layer_count; i++) {
		struct sm_layer *l = o->layers[i];

		if (!l->content_seen || announced(l) ||
		    !sm_layer_wants_digests(l))
			continue;
		l->all_digests = true;
		l->digested = false;
		wants = true;
	}
	return wants;
}

/* decrypt judges nothing inside: with the tag, all is known. */
static bool
decrypt_is_done(const struct sm_open *o)
{
	return o->opt.mode == SM_OPEN_DECRYPT &&
	    sm_enveloped_state(o->layers[0]->env) == SM_ENV_OPEN;
}

/* Is there more to find out than the last pass could? */
static bool
wants_pass(struct sm_open *o)
{
	if (retry_as_leaf(o))
		return true;
	if (o->rc != 0 || o->opt.mode == SM_OPEN_INSPECT)
		return false;
	if (o->layer_count > 0 && !o->leaf_reached &&
	    sm_layer_encrypted(o->layers[o->layer_count - 1]))
		return !decrypt_is_done(o);
	return wants_digests(o);
}

/* ---- detached CMS: the content is somewhere else ---- */

static int
detached_bytes(void *ctx, struct sm_bytes in)
{
	struct sm_open *o = ctx;

	o->leaf_bytes += in.len;
	SM_TRY(progress(o, in.len));
	SM_TRY(sm_layer_content(o->layers[0], in));
	return o->emit ? sm_sink_write(&o->opt.out, in) : SM_OK;
}

static int
detached_read(struct sm_open *o, struct sm_pieces *pieces)
{
	const struct sm_source *src = &o->opt.detached;
	struct sm_buf buf = SM_BUF_INIT;
	uint64_t offset = 0;
	size_t n = 0;
	int rc;

	SM_TRY_OUT(sm_buf_resize(&buf, SM_PIECE_BYTES));
	do {
		SM_TRY_OUT(src->read_at(src->ctx, offset, buf.data, buf.len, &n));
		SM_TRY_OUT(sm_pieces_note(pieces, sm_bytes(buf.data, n)));
		SM_TRY_OUT(detached_bytes(o, sm_bytes(buf.data, n)));
		offset += n;
	} while (n > 0);
	rc = sm_pieces_end(pieces);
out:
	sm_buf_free(&buf);
	return rc;
}

static bool
is_detached(const struct sm_open *o)
{
	return o->rc == 0 && o->layer_count == 1 &&
	    o->layers[0]->type == SM_CMS_SIGNED && !o->layers[0]->content_seen &&
	    o->opt.mode != SM_OPEN_INSPECT;
}

/* Content was named, and the message has its own: a verdict about that one would
 * be taken for one about the other (smime-rules 8). */
static int
detached_idle(struct sm_open *o)
{
	if (o->opt.detached.read_at == NULL || o->opt.mode == SM_OPEN_INSPECT ||
	    o->rc != 0)
		return SM_OK;
	if (o->layer_count == 0 || o->layers[0]->type != SM_CMS_SIGNED)
		o->rc = sm_error_set(&o->err, SM_E_FORMAT, "not-a-signature",
		    "RFC 5652 section 5.2", "This is no signature over the "
		    "content that was named beside it.");
	for (unsigned i = 0; i < o->layer_count; i++)
		o->layers[i]->bad = "The signature carries content of its own: it "
		    "says nothing about the content that was named beside it.";
	return SM_OK;
}

static int
detached_missing(struct sm_open *o)
{
	if (sm_signed_signer_count(o->layers[0]->sig) > 0)
		o->rc = sm_error_set(&o->err, SM_E_FORMAT, "content-missing",
		    "RFC 5652 section 5.2", "This is a signature without the "
		    "content that it signs. Name the content's file with "
		    "--content FILE.");
	return SM_OK;
}

/* ---- the end ---- */

static int
release_again(struct sm_open *o, struct sm_pieces *detached)
{
	if (o->opt.out.write == NULL || o->leaf_emitted)
		return SM_OK;
	if (detached != NULL)
		return sm_pieces_replay(detached, &o->opt.detached, &o->opt.out);
	SM_TRY(pass_again(o, true));
	return o->rc;
}

static int
finish_passes(struct sm_open *o, struct sm_pieces **detached)
{
	bool emit = o->opt.provisional && o->opt.out.write != NULL;

	SM_TRY(pass_end(o));
	if (o->pieces != NULL)
		SM_TRY(sm_pieces_end(o->pieces));
	while (wants_pass(o))
		SM_TRY(pass_again(o, emit));
	if (!is_detached(o))
		return detached_idle(o);
	if (o->opt.detached.read_at == NULL)
		return detached_missing(o);
	SM_TRY(sm_pieces_new(detached, &o->err));
	o->layers[0]->all_digests = true;
	SM_TRY(sm_layer_digests_begin(o, o->layers[0]));
	o->leaf_reached = true;
	SM_TRY(detached_read(o, *detached));
	o->leaf_emitted = o->emit;
	return sm_layer_digests_end(o->layers[0]);
}

int
sm_open_finish(struct sm_open *o)
{
	struct sm_pieces *detached = NULL;
	int rc;

	if (o->first_done)
		return SM_E_USAGE;
	o->first_done = true;
	rc = finish_passes(o, &detached);
	if (rc == 0)
		rc = sm_verdict_make(o);
	if (rc == 0 && sm_verdict_releases(o)) {
		rc = release_again(o, detached);
		o->released = rc == 0;
	}
	o->finished = rc == 0;
	sm_pieces_free(detached);
	return rc;
}

bool
sm_open_released(const struct sm_open *o)
{
	return o->released;
}

const struct sm_report *
sm_open_report(const struct sm_open *o)
{
	return &o->report;
}

const struct sm_error *
sm_open_error(const struct sm_open *o)
{
	return &o->err;
}

int
sm_open_advise(struct sm_open *o, const char *sentence)
{
	return sm_report_advise(&o->report, "%s", sentence);
}

const struct sm_certs *
sm_open_certs(const struct sm_open *o)
{
	return &o->certs;
}
