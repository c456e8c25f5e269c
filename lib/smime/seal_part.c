#include <base/try.h>
#include <smime/seal_impl.h>

#include <stdlib.h>

/* ---- a MIME part that holds CMS ---- */

struct part {
	struct sm_stage stage;
	const char *smime_type, *name;
	bool outermost;
	struct sm_encoder *encoder;
};

static int
part_header(struct part *p)
{
	struct sm_buf b = SM_BUF_INIT, v = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_buf_printf(&v,
	    "application/pkcs7-mime; smime-type=%s; name=\"%s\"", p->smime_type,
	    p->name));
	SM_TRY_OUT(sm_buf_append_byte(&v, 0));
	SM_TRY_OUT(sm_mime_field_write(&b, "Content-Type",
	    (const char *)v.data));
	SM_TRY_OUT(sm_mime_field_write(&b, "Content-Transfer-Encoding",
	    "base64"));
	sm_buf_clear(&v);
	SM_TRY_OUT(sm_buf_printf(&v, "attachment; filename=\"%s\"", p->name));
	SM_TRY_OUT(sm_buf_append_byte(&v, 0));
	SM_TRY_OUT(sm_mime_field_write(&b, "Content-Disposition",
	    (const char *)v.data));
	SM_TRY_OUT(sm_buf_append_str(&b, "\r\n"));
	rc = sm_sink_write(&p->stage.out, sm_buf_bytes(&b));
out:
	sm_buf_free(&b);
	sm_buf_free(&v);
	return rc;
}

static int
part_begin(struct sm_stage *st)
{
	struct part *p = (struct part *)st;
	/* The outermost base64 is most of the output: it is written with the
	 * line ends that eol would give it. */
	bool crlf = !(p->outermost && st->seal->lf);

	SM_TRY(part_header(p));
	return sm_encoder_new(&p->encoder, SM_CTE_BASE64, crlf, &st->out);
}

static int
part_write(struct sm_stage *st, struct sm_bytes in)
{
	return sm_encoder_write(((struct part *)st)->encoder, in);
}

static int
part_finish(struct sm_stage *st)
{
	return sm_encoder_finish(((struct part *)st)->encoder);
}

static void
part_free(struct sm_stage *st)
{
	sm_encoder_free(((struct part *)st)->encoder);
	free(st);
}

static const struct sm_stage_ops part_ops = {
	part_begin, part_write, part_finish, part_free,
};

struct sm_stage *
sm_seal_part_new(const char *smime_type, const char *name, bool outermost)
{
	struct part *p = calloc(1, sizeof(*p));

	if (p == NULL)
		return NULL;
	p->stage.ops = &part_ops;
	p->smime_type = smime_type;
	p->name = name;
	p->outermost = outermost;
	return &p->stage;
}

/* ---- PEM armour, RFC 7468 section 9 ---- */

static int
pem_begin(struct sm_stage *st)
{
	SM_TRY(sm_stage_puts(&st->out, "-----BEGIN CMS-----\n"));
	return sm_encoder_new(&((struct part *)st)->encoder, SM_CTE_BASE64,
	    false, &st->out);
}

static int
pem_finish(struct sm_stage *st)
{
	SM_TRY(part_finish(st));
	return sm_stage_puts(&st->out, "-----END CMS-----\n");
}

static const struct sm_stage_ops pem_ops = {
	pem_begin, part_write, pem_finish, part_free,
};

struct sm_stage *
sm_seal_part_pem(void)
{
	struct sm_stage *st = sm_seal_part_new(NULL, NULL, true);

	if (st != NULL)
		st->ops = &pem_ops;
	return st;
}

/* ---- line ends of the output ---- */

struct eol {
	struct sm_stage stage;
	bool cr; /* one is held back: does LF follow? */
	size_t len;
	uint8_t buf[16384]; /* short lines, gathered */
};

static int
eol_flush(struct eol *e)
{
	size_t n = e->len;

	e->len = 0;
	return sm_sink_write(&e->stage.out, sm_bytes(e->buf, n));
}

static int
eol_put(struct eol *e, struct sm_bytes in)
{
	if (in.len == 0)
		return SM_OK;
	if (in.len > sizeof(e->buf) - e->len)
		SM_TRY(eol_flush(e));
	if (in.len > sizeof(e->buf))
		return sm_sink_write(&e->stage.out, in);
	memcpy(e->buf + e->len, in.data, in.len);
	e->len += in.len;
	return SM_OK;
}

static int
eol_put_cr(struct eol *e)
{
	return eol_put(e, sm_bytes_str("\r"));
}

/* Every CR before an LF is left out. */
static int
eol_drop_cr(struct eol *e, struct sm_bytes in)
{
	const uint8_t *cr;
	size_t n;

	while (in.len > 0 && (cr = memchr(in.data, '\r', in.len)) != NULL) {
		n = (size_t)(cr - in.data);
		SM_TRY(eol_put(e, sm_bytes_first(in, n)));
		in = sm_bytes_skip(in, n + 1);
		if (in.len == 0)
			e->cr = true;
		else if (in.data[0] != '\n')
			SM_TRY(eol_put_cr(e));
	}
	return eol_put(e, in);
}

static int
eol_write(struct sm_stage *st, struct sm_bytes in)
{
	struct eol *e = (struct eol *)st;
	bool cr = e->cr;

	if (!st->seal->lf)
		return sm_sink_write(&st->out, in);
	if (in.len == 0)
		return SM_OK;
	e->cr = false;
	if (cr && in.data[0] != '\n')
		SM_TRY(eol_put_cr(e));
	return eol_drop_cr(e, in);
}

static int
eol_finish(struct sm_stage *st)
{
	struct eol *e = (struct eol *)st;

	if (e->cr)
		SM_TRY(eol_put_cr(e));
	return eol_flush(e);
}

static void
eol_free(struct sm_stage *st)
{
	free(st);
}

static const struct sm_stage_ops eol_ops = {
	NULL, eol_write, eol_finish, eol_free,
};

struct sm_stage *
sm_seal_part_eol(void)
{
	struct eol *e = calloc(1, sizeof(*e));

	if (e == NULL)
		return NULL;
	e->stage.ops = &eol_ops;
	return &e->stage;
}
