/* Opening a message, as a whole: with keys, a password and trust, at two cuts of
 * the input. What must hold beside not crashing: the cut makes no difference to
 * verdict, layers and content; content comes out only when the report releases
 * it; a report that is not good enough gives none; good means a signature. */
#include "fuzz.h"

#include "world.h"

struct outcome {
	int rc, exit;
	bool released;
	size_t layers, signers;
	struct fuzz_trace content;
	size_t content_bytes;
};

static int
take_content(void *ctx, struct sm_bytes in)
{
	struct outcome *o = ctx;

	o->content_bytes += in.len;
	fuzz_note(&o->content, in);
	return 0;
}

static void
drop_content(void *ctx)
{
	struct outcome *o = ctx;

	o->content_bytes = 0;
	o->content.hash = 0;
}

static void
conclude(struct outcome *out, const struct sm_open *o)
{
	const struct sm_report *r = sm_open_report(o);

	out->exit = r->exit;
	out->released = sm_open_released(o);
	out->layers = r->layer_count;
	for (size_t i = 0; i < r->layer_count; i++)
		out->signers += r->layers[i].signer_count;
	for (int json = 0; json < 2; json++) {
		struct fuzz_trace ignored = { 0 };
		struct sm_sink sink = fuzz_sink(&ignored);

		FUZZ_CHECK((json ? sm_report_json(r, &sink) :
		    sm_report_text(r, true, false, &sink)) == 0);
	}
	FUZZ_CHECK((r->exit == 0) == (r->result == SM_RESULT_GOOD));
}

static void
open_it(struct outcome *out, struct sm_bytes in, enum sm_open_mode mode,
    bool provisional, bool cut)
{
	const struct fuzz_world *w = fuzz_world();
	struct sm_open_options opt = sm_open_options_default();
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_open *o;

	memset(out, 0, sizeof *out);
	opt.mode = mode;
	opt.now = FUZZ_NOW;
	opt.pki = w->pki;
	opt.keys = w->keys;
	opt.key_count = 2;
	opt.secrets = &w->secret;
	opt.secret_count = 1;
	opt.limits.pbkdf2_iterations = 5000;
	opt.limits.decompress_bytes = 1u << 20;
	opt.again = (struct sm_source){ fuzz_read_again, &in };
	opt.out = (struct sm_sink){ take_content, out };
	opt.provisional = provisional;
	opt.restart = drop_content;
	opt.restart_ctx = out;
	FUZZ_CHECK(sm_open_new(&o, &opt) == 0);
	while (out->rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		out->rc = sm_open_write(o, piece);
	}
	if (out->rc == 0)
		out->rc = sm_open_finish(o);
	if (out->rc != 0)
		fprintf(stderr, "status %d: %s\n", out->rc, sm_open_error(o)->text);
	FUZZ_CHECK(out->rc == 0);
	conclude(out, o);
	sm_open_free(o);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const enum sm_open_mode modes[] = { SM_OPEN_ALL, SM_OPEN_VERIFY,
		SM_OPEN_DECRYPT, SM_OPEN_INSPECT };
	struct sm_bytes in = sm_bytes(data, size);

	for (size_t i = 0; i < sizeof modes / sizeof modes[0]; i++) {
		struct outcome whole, cut;

		open_it(&whole, in, modes[i], false, false);
		open_it(&cut, in, modes[i], true, true);
		FUZZ_CHECK(whole.exit == cut.exit);
		FUZZ_CHECK(whole.released == cut.released);
		FUZZ_CHECK(whole.layers == cut.layers);
		FUZZ_CHECK(whole.signers == cut.signers);
		FUZZ_CHECK(whole.released || whole.content_bytes == 0);
		FUZZ_CHECK(whole.released ==
		    (modes[i] != SM_OPEN_INSPECT && (whole.exit == 0 ||
		    (whole.exit == 15 && modes[i] == SM_OPEN_ALL))));
		if (whole.released)
			FUZZ_CHECK(whole.content.hash == cut.content.hash &&
			    whole.content_bytes == cut.content_bytes);
		if (whole.exit == 0 && modes[i] <= SM_OPEN_VERIFY)
			FUZZ_CHECK(whole.signers > 0);
	}
	return 0;
}
