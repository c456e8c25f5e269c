#include <base/base64.h>
#include <base/try.h>
#include <mime/codec.h>
#include <mime/lex.h>
#include <mime/qp.h>

#include <stdlib.h>

enum { CHUNK = 32768 };

struct sm_decoder {
	enum sm_cte cte;
	struct sm_sink sink;
	struct sm_error *err;
	struct sm_base64_dec base64;
	struct sm_qp_dec qp;
	uint8_t *out; /* sm_base64_dec_room(CHUNK), for base64 alone */
};

static bool
word_is(struct sm_bytes word, const char *s)
{
	return sm_lex_same_word(word, sm_bytes_str(s));
}

enum sm_cte
sm_cte_read(const char *value)
{
	struct sm_bytes v;

	if (value == NULL)
		return SM_CTE_IDENTITY;
	v = sm_bytes_str(value);
	(void)sm_lex_run(&v, sm_lex_is_blank);
	while (v.len > 0 && sm_lex_is_blank(v.data[v.len - 1]))
		v.len--;
	if (word_is(v, "7bit") || word_is(v, "8bit") || word_is(v, "binary"))
		return SM_CTE_IDENTITY;
	if (word_is(v, "base64"))
		return SM_CTE_BASE64;
	if (word_is(v, "quoted-printable"))
		return SM_CTE_QP;
	return SM_CTE_UNKNOWN;
}

int
sm_decoder_new(struct sm_decoder **out, enum sm_cte cte,
    const struct sm_sink *sink, struct sm_error *err)
{
	struct sm_decoder *d;

	*out = NULL;
	if (cte == SM_CTE_UNKNOWN)
		return sm_error_set(err, SM_E_UNSUPPORTED, "transfer-encoding",
		    "RFC 2045 section 6.1",
		    "The Content-Transfer-Encoding of this part is none that "
		    "can be decoded.");
	d = calloc(1, sizeof(*d));
	if (d != NULL && cte == SM_CTE_BASE64)
		d->out = malloc(sm_base64_dec_room(CHUNK));
	if (d == NULL || (cte == SM_CTE_BASE64 && d->out == NULL)) {
		free(d);
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory to decode a part.");
	}
	d->cte = cte;
	d->sink = *sink;
	d->err = err;
	*out = d;
	return SM_OK;
}

void
sm_decoder_free(struct sm_decoder *d)
{
	if (d == NULL)
		return;
	/* What is decoded may be an inner message that only some may read. */
	if (d->out != NULL)
		sm_wipe(d->out, sm_base64_dec_room(CHUNK));
	free(d->out);
	sm_wipe(d, sizeof(*d));
	free(d);
}

static int
base64_write(struct sm_decoder *d, struct sm_bytes in)
{
	while (in.len > 0) {
		struct sm_bytes chunk = sm_bytes_first(in, CHUNK);
		size_t n;
		int rc = sm_base64_dec_update(&d->base64, d->out, &n, chunk);

		/* What stands before a fault is handed on first: how the input
		 * was cut must not decide how far a reader gets. */
		SM_TRY(sm_sink_write(&d->sink, sm_bytes(d->out, n)));
		if (rc != 0)
			return sm_error_set_at(d->err, rc, "base64-character",
			    "RFC 4648 section 3.3", d->base64.in_bytes,
			    "The base64 text holds a character that does not "
			    "belong there. It was damaged on its way: ask for "
			    "the message again.");
		in = sm_bytes_skip(in, chunk.len);
	}
	return SM_OK;
}

static int
base64_finish(struct sm_decoder *d)
{
	int rc = sm_base64_dec_finish(&d->base64);

	if (rc == 0)
		return SM_OK;
	return sm_error_set_at(d->err, rc, "base64-end",
	    "RFC 4648 section 4", d->base64.in_bytes,
	    "The base64 text ends in the middle of a group of four. It was cut "
	    "off or damaged on its way: ask for the message again.");
}

int
sm_decoder_write(struct sm_decoder *d, struct sm_bytes in)
{
	if (d->cte == SM_CTE_BASE64)
		return base64_write(d, in);
	if (d->cte == SM_CTE_QP)
		return sm_qp_dec_write(&d->qp, in, &d->sink, d->err);
	return sm_sink_write(&d->sink, in);
}

int
sm_decoder_finish(struct sm_decoder *d)
{
	if (d->cte == SM_CTE_BASE64)
		return base64_finish(d);
	if (d->cte == SM_CTE_QP)
		return sm_qp_dec_finish(&d->qp, &d->sink, d->err);
	return SM_OK;
}
