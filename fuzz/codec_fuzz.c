/* Decoders, PEM and canonical line ends give the same however the input is cut;
 * what an encoder wrote decodes to what it was given; canonical text has no bare
 * LF and does not change again. That holds up to a fault, too. */
#include "fuzz.h"

#include <mime/codec.h>

/* One stage over the input; its output is gathered. */
typedef int (*stage_fn)(struct sm_bytes in, bool cut, struct sm_buf *out,
    struct sm_error *err);

static bool
next_piece(struct fuzz_cuts *cuts, bool cut, struct sm_bytes *piece)
{
	if (cuts->rest.len == 0)
		return false;
	*piece = cuts->rest;
	if (cut)
		*piece = fuzz_next(cuts);
	else
		cuts->rest.len = 0;
	return true;
}

static int
decode(enum sm_cte cte, struct sm_bytes in, bool cut, struct sm_buf *out,
    struct sm_error *err)
{
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_decoder *d;
	struct sm_bytes piece;
	int rc;

	FUZZ_CHECK(sm_decoder_new(&d, cte, &sink, err) == 0);
	rc = 0;
	while (rc == 0 && next_piece(&cuts, cut, &piece))
		rc = sm_decoder_write(d, piece);
	if (rc == 0)
		rc = sm_decoder_finish(d);
	sm_decoder_free(d);
	return rc;
}

static int
base64_stage(struct sm_bytes in, bool cut, struct sm_buf *out,
    struct sm_error *err)
{
	return decode(SM_CTE_BASE64, in, cut, out, err);
}

static int
qp_stage(struct sm_bytes in, bool cut, struct sm_buf *out, struct sm_error *err)
{
	return decode(SM_CTE_QP, in, cut, out, err);
}

static int
pem_stage(struct sm_bytes in, bool cut, struct sm_buf *out,
    struct sm_error *err)
{
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_pem *p;
	struct sm_bytes piece;
	int rc;

	FUZZ_CHECK(sm_pem_new(&p, &sink, err) == 0);
	rc = 0;
	while (rc == 0 && next_piece(&cuts, cut, &piece))
		rc = sm_pem_write(p, piece);
	if (rc == 0)
		rc = sm_pem_finish(p);
	sm_pem_free(p);
	return rc;
}

static int
canon_stage(struct sm_bytes in, bool cut, struct sm_buf *out,
    struct sm_error *err)
{
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_canon c = { 0 };
	struct sm_bytes piece;
	int rc = 0;

	(void)err;
	while (rc == 0 && next_piece(&cuts, cut, &piece))
		rc = sm_canon_write(&c, piece, &sink);
	return rc;
}

static void
same_at_any_cut(stage_fn stage, struct sm_bytes in)
{
	struct sm_buf whole = SM_BUF_INIT, cut = SM_BUF_INIT;
	struct sm_error a = SM_ERROR_INIT, b = SM_ERROR_INIT;
	int rc = stage(in, false, &whole, &a);

	FUZZ_CHECK(stage(in, true, &cut, &b) == rc);
	FUZZ_CHECK(a.reason == b.reason && a.offset == b.offset);
	FUZZ_CHECK(sm_bytes_equal(sm_buf_bytes(&whole), sm_buf_bytes(&cut)));
	sm_buf_free(&whole);
	sm_buf_free(&cut);
}

static void
canonical_stays(struct sm_bytes in)
{
	struct sm_buf once = SM_BUF_INIT, twice = SM_BUF_INIT;

	FUZZ_CHECK(canon_stage(in, false, &once, NULL) == 0);
	for (size_t i = 0; i < once.len; i++)
		FUZZ_CHECK(once.data[i] != '\n' ||
		    (i > 0 && once.data[i - 1] == '\r'));
	FUZZ_CHECK(canon_stage(sm_buf_bytes(&once), true, &twice, NULL) == 0);
	FUZZ_CHECK(sm_bytes_equal(sm_buf_bytes(&once), sm_buf_bytes(&twice)));
	sm_buf_free(&once);
	sm_buf_free(&twice);
}

static void
encode_and_back(enum sm_cte cte, struct sm_bytes in)
{
	struct sm_buf text = SM_BUF_INIT, back = SM_BUF_INIT;
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_sink sink = sm_buf_sink(&text);
	struct sm_encoder *e;
	struct sm_bytes piece;

	FUZZ_CHECK(sm_encoder_new(&e, cte, true, &sink) == 0);
	while (next_piece(&cuts, true, &piece))
		FUZZ_CHECK(sm_encoder_write(e, piece) == 0);
	FUZZ_CHECK(sm_encoder_finish(e) == 0);
	sm_encoder_free(e);
	FUZZ_CHECK(decode(cte, sm_buf_bytes(&text), true, &back, NULL) == 0);
	FUZZ_CHECK(sm_bytes_equal(sm_buf_bytes(&back), in));
	sm_buf_free(&text);
	sm_buf_free(&back);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);

	same_at_any_cut(base64_stage, in);
	same_at_any_cut(qp_stage, in);
	same_at_any_cut(pem_stage, in);
	same_at_any_cut(canon_stage, in);
	canonical_stays(in);
	encode_and_back(SM_CTE_BASE64, in);
	encode_and_back(SM_CTE_QP, in);
	return 0;
}
