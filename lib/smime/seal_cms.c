#include <base/try.h>
#include <smime/seal_impl.h>

#include <stdlib.h>

/* ---- encryption ---- */

struct encrypt {
	struct sm_stage stage;
	struct sm_envelope_writer *writer;
	struct sm_buf held; /* CCM: the content, until its length is known */
};

static bool
is_ccm(enum sm_alg_id id)
{
	return id == SM_AES128_CCM || id == SM_AES192_CCM || id == SM_AES256_CCM;
}

static int
encrypt_start(struct encrypt *e, bool has_length)
{
	const struct sm_seal_plan *plan = &e->stage.seal->plan;
	struct sm_envelope_options opt = {
		.cipher = plan->cipher,
		.cek_hkdf = plan->cek_hkdf,
		.content_type = SM_CMS_DATA,
		.recipients = plan->recipients,
		.recipient_count = plan->recipient_count,
		.has_length = has_length,
		.length = e->held.len,
	};

	return sm_envelope_writer_new(&e->writer, &opt, &e->stage.out,
	    e->stage.seal->err);
}

static int
encrypt_begin(struct sm_stage *st)
{
	struct encrypt *e = (struct encrypt *)st;

	return is_ccm(st->seal->plan.cipher) ? SM_OK : encrypt_start(e, false);
}

/* RFC 3610 puts the length before everything else. */
static int
encrypt_hold(struct encrypt *e, struct sm_bytes in)
{
	if (in.len > SM_SEAL_CCM_BYTES - e->held.len)
		return sm_error_set(e->stage.seal->err, SM_E_LIMIT, "ccm-bytes",
		    "RFC 5084 section 3.1",
		    "AES-CCM must know the length before it begins, and the "
		    "letter is longer than the %u bytes that are kept for that. "
		    "Choose aes-256-gcm.", SM_SEAL_CCM_BYTES);
	return sm_buf_append(&e->held, in) == 0 ? SM_OK :
	    sm_seal_no_memory(e->stage.seal);
}

static int
encrypt_write(struct sm_stage *st, struct sm_bytes in)
{
	struct encrypt *e = (struct encrypt *)st;

	if (e->writer == NULL)
		return encrypt_hold(e, in);
	return sm_envelope_writer_write(e->writer, in);
}

static int
encrypt_finish(struct sm_stage *st)
{
	struct encrypt *e = (struct encrypt *)st;

	if (e->writer == NULL) {
		SM_TRY(encrypt_start(e, true));
		SM_TRY(sm_envelope_writer_write(e->writer,
		    sm_buf_bytes(&e->held)));
	}
	return sm_envelope_writer_finish(e->writer);
}

static void
encrypt_free(struct sm_stage *st)
{
	struct encrypt *e = (struct encrypt *)st;

	sm_envelope_writer_free(e->writer);
	sm_buf_free(&e->held);
	free(e);
}

static const struct sm_stage_ops encrypt_ops = {
	encrypt_begin, encrypt_write, encrypt_finish, encrypt_free,
};

struct sm_stage *
sm_seal_cms_encrypt(void)
{
	struct encrypt *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->stage.ops = &encrypt_ops;
	e->held = (struct sm_buf)SM_BUF_SECRET_INIT;
	return &e->stage;
}

/* ---- compression ---- */

struct compress {
	struct sm_stage stage;
	struct sm_compress_writer *writer;
};

static int
compress_begin(struct sm_stage *st)
{
	return sm_compress_writer_new(&((struct compress *)st)->writer,
	    SM_CMS_DATA, &st->out, st->seal->err);
}

static int
compress_write(struct sm_stage *st, struct sm_bytes in)
{
	return sm_compress_writer_write(((struct compress *)st)->writer, in);
}

static int
compress_finish(struct sm_stage *st)
{
	return sm_compress_writer_finish(((struct compress *)st)->writer);
}

static void
compress_free(struct sm_stage *st)
{
	sm_compress_writer_free(((struct compress *)st)->writer);
	free(st);
}

static const struct sm_stage_ops compress_ops = {
	compress_begin, compress_write, compress_finish, compress_free,
};

struct sm_stage *
sm_seal_cms_compress(void)
{
	struct compress *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	c->stage.ops = &compress_ops;
	return &c->stage;
}
