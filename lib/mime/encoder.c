#include <base/base64.h>
#include <base/try.h>
#include <mime/codec.h>
#include <mime/qp.h>

#include <stdlib.h>

/* A multiple of 48, so that lines stay whole. */
enum { CHUNK = 48 * 512 };

struct sm_encoder {
	enum sm_cte cte;
	struct sm_sink sink;
	struct sm_base64_enc base64;
	struct sm_qp_enc qp;
	uint8_t *out; /* sm_base64_enc_room(CHUNK), for base64 alone */
};

int
sm_encoder_new(struct sm_encoder **out, enum sm_cte cte, bool crlf,
    const struct sm_sink *sink)
{
	struct sm_encoder *e;

	*out = NULL;
	if (cte == SM_CTE_UNKNOWN)
		return SM_E_USAGE;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return SM_E_NOMEM;
	if (cte == SM_CTE_BASE64)
		e->out = malloc(sm_base64_enc_room(CHUNK));
	if (cte == SM_CTE_BASE64 && e->out == NULL) {
		free(e);
		return SM_E_NOMEM;
	}
	e->cte = cte;
	e->sink = *sink;
	e->base64.crlf = crlf;
	e->qp.crlf = crlf;
	*out = e;
	return SM_OK;
}

void
sm_encoder_free(struct sm_encoder *e)
{
	if (e == NULL)
		return;
	free(e->out);
	sm_wipe(e, sizeof(*e));
	free(e);
}

static int
base64_write(struct sm_encoder *e, struct sm_bytes in)
{
	while (in.len > 0) {
		struct sm_bytes chunk = sm_bytes_first(in, CHUNK);
		size_t n;

		sm_base64_enc_update(&e->base64, e->out, &n, chunk);
		SM_TRY(sm_sink_write(&e->sink, sm_bytes(e->out, n)));
		in = sm_bytes_skip(in, chunk.len);
	}
	return SM_OK;
}

int
sm_encoder_write(struct sm_encoder *e, struct sm_bytes in)
{
	if (e->cte == SM_CTE_BASE64)
		return base64_write(e, in);
	if (e->cte == SM_CTE_QP)
		return sm_qp_enc_write(&e->qp, in, &e->sink);
	return sm_sink_write(&e->sink, in);
}

int
sm_encoder_finish(struct sm_encoder *e)
{
	size_t n;

	if (e->cte == SM_CTE_QP)
		return sm_qp_enc_finish(&e->qp, &e->sink);
	if (e->cte != SM_CTE_BASE64)
		return SM_OK;
	sm_base64_enc_finish(&e->base64, e->out, &n);
	return sm_sink_write(&e->sink, sm_bytes(e->out, n));
}
