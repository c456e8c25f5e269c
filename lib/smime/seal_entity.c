/* What of the input is protected and what stays outside. */
#include <base/try.h>
#include <smime/seal_impl.h>

#include <strings.h>

enum {
	PROBE_BYTES = 4096, /* what decides between text and anything else */
	HELD_BYTES = 32768, /* lines gathered before they go on */
};

/* ---- gathering: canonical lines come one by one ---- */

static int
held_flush(struct sm_seal *s)
{
	struct sm_seal_entity *e = &s->entity;
	struct sm_sink in = sm_stage_input(&s->chain);
	int rc = sm_sink_write(&in, sm_buf_bytes(&e->held));

	e->held.len = 0;
	return rc;
}

static int
held_write(void *ctx, struct sm_bytes in)
{
	struct sm_seal *s = ctx;
	struct sm_sink out = sm_stage_input(&s->chain);
	bool passes = in.len >= HELD_BYTES / 2;

	/* What passes by must not overtake what is held. */
	if (passes || s->entity.held.len + in.len > HELD_BYTES)
		SM_TRY(held_flush(s));
	if (passes)
		return sm_sink_write(&out, in);
	return sm_buf_append(&s->entity.held, in) == 0 ? SM_OK :
	    sm_seal_no_memory(s);
}

static struct sm_sink
held_sink(struct sm_seal *s)
{
	struct sm_sink sink = { held_write, s };

	return sink;
}

int
sm_seal_entity_init(struct sm_seal *s, bool exact)
{
	struct sm_seal_entity *e = &s->entity;

	e->state = exact ? SM_ENTITY_EXACT : SM_ENTITY_HEADER;
	e->held.secret = s->opt.recipient_count > 0;
	SM_TRY(sm_buf_reserve(&e->held, HELD_BYTES));
	if (exact)
		return SM_OK;
	return sm_header_new(&e->header, &s->opt.limits, s->err);
}

void
sm_seal_entity_wipe(struct sm_seal_entity *e)
{
	sm_header_free(e->header);
	sm_encoder_free(e->encoder);
	sm_buf_free(&e->probe);
	sm_buf_free(&e->held);
}

static int
begin_stages(struct sm_seal *s)
{
	s->entity.begun = true;
	return sm_stage_begin(&s->chain);
}

/* ---- the header block ---- */

/* The line ends of the input, told by its first one. */
static bool
first_line_is_lf(struct sm_bytes in)
{
	const uint8_t *lf = in.len == 0 ? NULL : memchr(in.data, '\n', in.len);

	return lf == NULL || lf == in.data || lf[-1] != '\r';
}

static bool
has_prefix(struct sm_bytes name, const char *prefix)
{
	size_t n = strlen(prefix);

	return name.len >= n &&
	    strncasecmp((const char *)name.data, prefix, n) == 0;
}

enum field_place { FIELD_OUTSIDE, FIELD_INSIDE, FIELD_REPLACED };

/* RFC 8551 section 3.1: Content-* describe what is protected; all else is the
 * message's. MIME-Version is said anew. */
static enum field_place
field_place(struct sm_bytes name)
{
	static const char version[] = "MIME-Version";

	if (has_prefix(name, "Content-"))
		return FIELD_INSIDE;
	if (name.len == sizeof(version) - 1 && has_prefix(name, version))
		return FIELD_REPLACED;
	return FIELD_OUTSIDE;
}

static int
write_fields(struct sm_seal *s, enum field_place place,
    const struct sm_sink *out)
{
	const struct sm_header *h = s->entity.header;
	struct sm_canon canon = { false, 0 };
	size_t i;

	for (i = 0; i < sm_header_count(h); i++) {
		struct sm_bytes field = sm_header_field(h, i);

		if (field_place(sm_header_name(h, i)) != place)
			continue;
		SM_TRY(sm_canon_write(&canon, field, out));
		/* The input may end inside its last field. */
		if (field.len > 0 && field.data[field.len - 1] != '\n')
			SM_TRY(sm_stage_puts(out, "\r\n"));
	}
	return SM_OK;
}

/* The outer fields, then the heads of all layers. */
static int
begin_message(struct sm_seal *s, bool has_fields)
{
	struct sm_sink out = sm_stage_outermost(&s->chain);

	if (s->opt.form == SM_FORM_MAIL && !s->opt.bare) {
		if (has_fields)
			SM_TRY(write_fields(s, FIELD_OUTSIDE, &out));
		SM_TRY(sm_stage_puts(&out, "MIME-Version: 1.0\r\n"));
	}
	return begin_stages(s);
}

/* A body that is declared binary must not have its lines changed, and a clear
 * signature is over canonical lines (RFC 8551 section 3.1.3). */
static int
read_coding(struct sm_seal *s)
{
	struct sm_mime_value v;

	SM_TRY(sm_mime_value_read(&v, s->entity.header,
	    "Content-Transfer-Encoding"));
	s->entity.as_is = v.value != NULL && strcmp(v.value, "binary") == 0;
	sm_mime_value_wipe(&v);
	if (s->entity.as_is && s->opt.signer_count > 0 && !s->opt.opaque)
		return sm_error_set(s->err, SM_E_POLICY, "binary-clear-signed",
		    "RFC 8551 section 3.1.3", "A body with the transfer coding "
		    "\"binary\" cannot be signed in the clear. Use --opaque, or "
		    "encode it.");
	return SM_OK;
}

static int
begin_entity(struct sm_seal *s)
{
	struct sm_seal_entity *e = &s->entity;
	struct sm_sink out = held_sink(s);

	s->lf = first_line_is_lf(sm_header_raw(e->header));
	SM_TRY(read_coding(s));
	SM_TRY(sm_seal_from_check(s));
	SM_TRY(begin_message(s, true));
	SM_TRY(write_fields(s, FIELD_INSIDE, &out));
	/* RFC 8551 section 3.1: what is protected says what it is. */
	if (sm_header_find(e->header, "Content-Type", 0) < 0)
		SM_TRY(sm_stage_puts(&out,
		    "Content-Type: text/plain; charset=utf-8\r\n"));
	e->state = SM_ENTITY_BODY;
	e->body = out;
	return sm_stage_puts(&out, "\r\n");
}

/* ---- input without a header ---- */

/* The length of the UTF-8 character at the front; 0 when it is none, 4 past the
 * end when it is cut off. */
static size_t
utf8_length(struct sm_bytes in)
{
	uint8_t c = in.data[0];
	size_t i, n = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 :
	    c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;

	for (i = 1; i < n && i < in.len; i++)
		if ((in.data[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

static bool
looks_like_text(struct sm_bytes in)
{
	while (in.len > 0) {
		uint8_t c = in.data[0];
		size_t n = utf8_length(in);

		if (n == 0 || c == 0x7f ||
		    (c < 0x20 && memchr("\t\n\f\r\b\033", c, 6) == NULL))
			return false;
		in = sm_bytes_skip(in, n);
	}
	return true;
}

static int
encoder_write(void *ctx, struct sm_bytes in)
{
	return sm_encoder_write(ctx, in);
}

/* The codings keep every byte, also where only the begin looked like text. */
static int
begin_body_alone(struct sm_seal *s)
{
	struct sm_seal_entity *e = &s->entity;
	struct sm_sink out = held_sink(s);
	bool text = looks_like_text(sm_buf_bytes(&e->probe));

	s->lf = first_line_is_lf(sm_buf_bytes(&e->probe));
	SM_TRY(begin_message(s, false));
	SM_TRY(sm_stage_puts(&out, text ?
	    "Content-Type: text/plain; charset=utf-8\r\n"
	    "Content-Transfer-Encoding: quoted-printable\r\n\r\n" :
	    "Content-Type: application/octet-stream\r\n"
	    "Content-Transfer-Encoding: base64\r\n\r\n"));
	SM_TRY(sm_encoder_new(&e->encoder, text ? SM_CTE_QP : SM_CTE_BASE64,
	    true, &out));
	e->as_is = !text;
	e->body.write = encoder_write;
	e->body.ctx = e->encoder;
	e->state = SM_ENTITY_BODY;
	return SM_OK;
}

/* ---- the stream ---- */

static int
body_write(struct sm_seal *s, struct sm_bytes in)
{
	struct sm_seal_entity *e = &s->entity;

	if (e->as_is)
		return sm_sink_write(&e->body, in);
	return sm_canon_write(&e->canon, in, &e->body);
}

/* The probe has enough, or the input has ended. */
static int
probe_end(struct sm_seal *s)
{
	struct sm_seal_entity *e = &s->entity;
	int rc;

	SM_TRY(begin_body_alone(s));
	rc = body_write(s, sm_buf_bytes(&e->probe));
	sm_buf_free(&e->probe);
	return rc;
}

static int
probe_write(struct sm_seal *s, struct sm_bytes in)
{
	struct sm_seal_entity *e = &s->entity;
	size_t room = e->probe.len < PROBE_BYTES ?
	    PROBE_BYTES - e->probe.len : 0;
	struct sm_bytes part = sm_bytes_first(in, room);

	if (sm_buf_append(&e->probe, part) != 0)
		return sm_seal_no_memory(s);
	if (e->probe.len < PROBE_BYTES)
		return SM_OK;
	SM_TRY(probe_end(s));
	return body_write(s, sm_bytes_skip(in, part.len));
}

/* A lone CR is a line end to some servers, and what follows it a field of its
 * own to them (smime-rules 25). */
static bool
has_lone_cr(struct sm_bytes field)
{
	for (size_t i = 0; i < field.len; i++)
		if (field.data[i] == '\r' &&
		    (i + 1 == field.len || field.data[i + 1] != '\n'))
			return true;
	return false;
}

static bool
ends_with_blank_line(struct sm_bytes raw)
{
	size_t n = raw.len;

	if (n == 0 || raw.data[n - 1] != '\n')
		return false;
	n -= n > 1 && raw.data[n - 2] == '\r' ? 2 : 1;
	return n == 0 || raw.data[n - 1] == '\n';
}

/* A header that others may read differently is not passed on. cut_short: more
 * input follows the block, so a blank line must end it. */
static int
header_sound(struct sm_seal *s, bool cut_short)
{
	const struct sm_header *h = s->entity.header;
	bool damaged = sm_header_rest(h).len > 0 ||
	    (cut_short && !ends_with_blank_line(sm_header_raw(h)));

	for (size_t i = 0; !damaged && i < sm_header_count(h); i++)
		damaged = has_lone_cr(sm_header_field(h, i));
	if (!damaged)
		return SM_OK;
	return sm_error_set(s->err, SM_E_FORMAT, "header-damaged",
	    "RFC 5322 section 2.2", "The header of the message is damaged: it "
	    "holds a line that is no field, or a lone carriage return or NUL "
	    "inside a field. Mend it and try again.");
}

/* The block has ended, or what was consumed was none. */
static int
header_end(struct sm_seal *s, bool cut_short)
{
	struct sm_seal_entity *e = &s->entity;

	if (sm_header_found(e->header)) {
		SM_TRY(header_sound(s, cut_short));
		return begin_entity(s);
	}
	e->state = SM_ENTITY_PROBE;
	SM_TRY(sm_seal_advise(s, "The input does not begin with a mail header: all "
	    "of it was taken as the text of the letter.%s",
	    s->opt.form == SM_FORM_MAIL ? " A file that is no letter is kept byte "
	    "by byte with --form der." : ""));
	return probe_write(s, sm_header_raw(e->header));
}

static int
header_write(struct sm_seal *s, struct sm_bytes *in)
{
	size_t used;
	bool done;

	SM_TRY(sm_header_write(s->entity.header, *in, &used, &done));
	*in = sm_bytes_skip(*in, used);
	return done ? header_end(s, true) : SM_OK;
}

static int
exact_write(struct sm_seal *s, struct sm_bytes in)
{
	struct sm_sink out = sm_stage_input(&s->chain);

	if (!s->entity.begun)
		SM_TRY(begin_stages(s));
	return sm_sink_write(&out, in);
}

int
sm_seal_entity_write(struct sm_seal *s, struct sm_bytes in)
{
	if (s->entity.state == SM_ENTITY_HEADER)
		SM_TRY(header_write(s, &in));
	if (in.len == 0)
		return SM_OK;
	switch (s->entity.state) {
	case SM_ENTITY_PROBE:
		return probe_write(s, in);
	case SM_ENTITY_BODY:
		return body_write(s, in);
	case SM_ENTITY_EXACT:
		return exact_write(s, in);
	default:
		return SM_OK;
	}
}

int
sm_seal_entity_finish(struct sm_seal *s)
{
	struct sm_seal_entity *e = &s->entity;

	if (e->state == SM_ENTITY_EXACT)
		return exact_write(s, sm_bytes(NULL, 0));
	if (e->state == SM_ENTITY_HEADER) {
		SM_TRY(sm_header_finish(e->header));
		SM_TRY(header_end(s, false));
	}
	if (e->state == SM_ENTITY_PROBE)
		SM_TRY(probe_end(s));
	if (e->encoder != NULL)
		SM_TRY(sm_encoder_finish(e->encoder));
	return held_flush(s);
}
