#include <base/try.h>
#include <mime/qp.h>

/* RFC 2045 section 6.7 rule 5: 76 characters, the "=" of a soft break being one. */
enum { LINE_MAX_CHARS = 76 };

static int
put(struct sm_qp_enc *q, const char *s, size_t n, const struct sm_sink *sink)
{
	if (n > SM_QP_OUT - q->out_len) {
		size_t full = q->out_len;

		q->out_len = 0;
		SM_TRY(sm_sink_write(sink, sm_bytes(q->out, full)));
	}
	memcpy(q->out + q->out_len, s, n);
	q->out_len += n;
	return SM_OK;
}

static int
put_line_end(struct sm_qp_enc *q, const struct sm_sink *sink)
{
	q->column = 0;
	return q->crlf ? put(q, "\r\n", 2, sink) : put(q, "\n", 1, sink);
}

/* A unit of 1 or 3 characters that must not be torn by a soft break. */
static int
put_unit(struct sm_qp_enc *q, const char *s, size_t n,
    const struct sm_sink *sink)
{
	if (q->column + n > LINE_MAX_CHARS - 1) {
		SM_TRY(put(q, "=", 1, sink));
		SM_TRY(put_line_end(q, sink));
	}
	q->column += n;
	return put(q, s, n, sink);
}

static int
put_escaped(struct sm_qp_enc *q, uint8_t c, const struct sm_sink *sink)
{
	static const char digits[] = "0123456789ABCDEF";
	char s[3] = { '=', digits[c >> 4], digits[c & 15] };

	return put_unit(q, s, 3, sink);
}

/* May c stand as it is? First in a line, a dot could be all of it and end SMTP
 * data, and "From " would be altered by mailbox files. */
static bool
is_plain(const struct sm_qp_enc *q, uint8_t c)
{
	bool broken = q->column + 1 > LINE_MAX_CHARS - 1;

	if (c == '.' && (q->column == 0 || broken))
		return false;
	if (c == 'F' && broken)
		return false;
	return c == '\t' || (c >= ' ' && c < 0x7f && c != '=');
}

static int
put_byte(struct sm_qp_enc *q, uint8_t c, const struct sm_sink *sink)
{
	char s = (char)c;

	return is_plain(q, c) ? put_unit(q, &s, 1, sink) :
	    put_escaped(q, c, sink);
}

/* The held blank: at the end of a line it must not stand as it is. */
static int
release_blank(struct sm_qp_enc *q, bool line_end, const struct sm_sink *sink)
{
	uint8_t c = (uint8_t)q->blank;

	if (c == 0)
		return SM_OK;
	q->blank = 0;
	return line_end ? put_escaped(q, c, sink) : put_byte(q, c, sink);
}

/* What is held of "From ": whole, its F is escaped, because mailbox files would
 * put '>' before it and break a signature (RFC 8551 section 3.1.3). */
static int
release_from(struct sm_qp_enc *q, const struct sm_sink *sink)
{
	static const char from[] = "From ";
	size_t n = q->from;

	q->from = 0;
	for (size_t i = 0; i < n; i++) {
		if (i == 0 && n == 5)
			SM_TRY(put_escaped(q, 'F', sink));
		else if (i < 4)
			SM_TRY(put_byte(q, (uint8_t)from[i], sink));
		else
			q->blank = ' ';
	}
	return SM_OK;
}

static int
content_byte(struct sm_qp_enc *q, uint8_t c, const struct sm_sink *sink)
{
	SM_TRY(release_blank(q, false, sink));
	if (c == ' ' || c == '\t') {
		q->blank = c;
		return SM_OK;
	}
	return put_byte(q, c, sink);
}

static int
enc_byte(struct sm_qp_enc *q, uint8_t c, const struct sm_sink *sink)
{
	bool fresh = q->column == 0 && q->blank == 0 && !q->cr;

	if (q->cr) {
		q->cr = false;
		if (c == '\n') {
			SM_TRY(release_blank(q, true, sink));
			return put_line_end(q, sink);
		}
		SM_TRY(content_byte(q, '\r', sink));
	}
	if (q->from < 5 && (q->from > 0 || fresh) && c == "From "[q->from]) {
		if (++q->from == 5)
			return release_from(q, sink);
		return SM_OK;
	}
	SM_TRY(release_from(q, sink));
	if (c == '\r') {
		q->cr = true;
		return SM_OK;
	}
	return content_byte(q, c, sink);
}

int
sm_qp_enc_write(struct sm_qp_enc *q, struct sm_bytes in,
    const struct sm_sink *sink)
{
	for (size_t i = 0; i < in.len; i++)
		SM_TRY(enc_byte(q, in.data[i], sink));
	return SM_OK;
}

int
sm_qp_enc_finish(struct sm_qp_enc *q, const struct sm_sink *sink)
{
	size_t n;

	SM_TRY(release_from(q, sink));
	if (q->cr)
		SM_TRY(content_byte(q, '\r', sink));
	q->cr = false;
	SM_TRY(release_blank(q, true, sink));
	n = q->out_len;
	q->out_len = 0;
	return sm_sink_write(sink, sm_bytes(q->out, n));
}
