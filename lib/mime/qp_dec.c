#include <base/try.h>
#include <mime/qp.h>

enum state {
	Q_TEXT = 0,
	Q_CR,     /* a CR that may begin a line end */
	Q_ESCAPE, /* behind '=' */
	Q_HEX,    /* behind '=' and a digit */
	Q_SOFT,   /* behind '=' and blanks: a line end must follow */
	Q_SOFT_CR,
};

static int
put(struct sm_qp_dec *q, struct sm_bytes in, const struct sm_sink *sink)
{
	while (in.len > 0) {
		struct sm_bytes part = sm_bytes_first(in, SM_QP_OUT - q->out_len);

		memcpy(q->out + q->out_len, part.data, part.len);
		q->out_len += part.len;
		in = sm_bytes_skip(in, part.len);
		if (q->out_len < SM_QP_OUT)
			continue;
		q->out_len = 0;
		SM_TRY(sm_sink_write(sink, sm_bytes(q->out, SM_QP_OUT)));
	}
	return SM_OK;
}

static int
put_byte(struct sm_qp_dec *q, uint8_t c, const struct sm_sink *sink)
{
	return put(q, sm_bytes(&c, 1), sink);
}

/* The held blanks were not at the end of a line. */
static int
put_blanks(struct sm_qp_dec *q, const struct sm_sink *sink)
{
	size_t n = q->blank_count;

	q->blank_count = 0;
	return put(q, sm_bytes(q->blanks, n), sink);
}

static int
hex_value(uint8_t c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static int
text_byte(struct sm_qp_dec *q, uint8_t c, const struct sm_sink *sink)
{
	if (c == ' ' || c == '\t') {
		if (q->blank_count == SM_QP_BLANKS)
			SM_TRY(put_blanks(q, sink));
		q->blanks[q->blank_count++] = c;
		return SM_OK;
	}
	if (c == '\r') {
		q->state = Q_CR;
		return SM_OK;
	}
	if (c == '\n') {
		q->blank_count = 0;
		return put_byte(q, c, sink);
	}
	SM_TRY(put_blanks(q, sink));
	if (c != '=')
		return put_byte(q, c, sink);
	q->state = Q_ESCAPE;
	q->escape = q->offset;
	return SM_OK;
}

/* Behind a CR: the line end goes out whole, a CR alone is content. */
static int
cr_byte(struct sm_qp_dec *q, uint8_t c, const struct sm_sink *sink)
{
	q->state = Q_TEXT;
	if (c == '\n') {
		q->blank_count = 0;
		return put(q, sm_bytes_str("\r\n"), sink);
	}
	SM_TRY(put_blanks(q, sink));
	SM_TRY(put_byte(q, '\r', sink));
	return text_byte(q, c, sink);
}

/* Within an escape. SM_E_FORMAT when it is none. */
static int
escape_byte(struct sm_qp_dec *q, uint8_t c, const struct sm_sink *sink)
{
	if (q->state == Q_HEX) {
		if (hex_value(c) < 0)
			return SM_E_FORMAT;
		q->state = Q_TEXT;
		return put_byte(q, (uint8_t)(hex_value(q->first) << 4 |
		    hex_value(c)), sink);
	}
	if (c == '\n') {
		q->state = Q_TEXT;
		return SM_OK;
	}
	if (q->state == Q_SOFT_CR)
		return SM_E_FORMAT;
	if (q->state == Q_ESCAPE && hex_value(c) >= 0) {
		q->first = c;
		q->state = Q_HEX;
	} else if (c == '\r') {
		q->state = Q_SOFT_CR;
	} else if (c == ' ' || c == '\t') {
		q->state = Q_SOFT;
	} else {
		return SM_E_FORMAT;
	}
	return SM_OK;
}

static int
flush(struct sm_qp_dec *q, const struct sm_sink *sink)
{
	size_t n = q->out_len;

	q->out_len = 0;
	return sm_sink_write(sink, sm_bytes(q->out, n));
}

/* What stands before the fault goes out first, whatever the cuts were. */
static int
escape_fault(struct sm_qp_dec *q, const struct sm_sink *sink,
    struct sm_error *err)
{
	SM_TRY(flush(q, sink));
	return sm_error_set_at(err, SM_E_FORMAT, "quoted-printable",
	    "RFC 2045 section 6.7", q->escape,
	    "In the quoted-printable text a '=' is followed by neither two "
	    "hexadecimal digits nor a line end. It was damaged on its way: ask "
	    "for the message again.");
}

int
sm_qp_dec_write(struct sm_qp_dec *q, struct sm_bytes in,
    const struct sm_sink *sink, struct sm_error *err)
{
	for (size_t i = 0; i < in.len; i++, q->offset++) {
		uint8_t c = in.data[i];
		int rc;

		if (q->state == Q_TEXT)
			rc = text_byte(q, c, sink);
		else if (q->state == Q_CR)
			rc = cr_byte(q, c, sink);
		else
			rc = escape_byte(q, c, sink);
		if (rc == SM_E_FORMAT && q->state > Q_CR)
			return escape_fault(q, sink, err);
		if (rc != 0)
			return rc;
	}
	return SM_OK;
}

int
sm_qp_dec_finish(struct sm_qp_dec *q, const struct sm_sink *sink,
    struct sm_error *err)
{
	if (q->state > Q_CR)
		return escape_fault(q, sink, err);
	if (q->state == Q_CR) {
		q->state = Q_TEXT;
		SM_TRY(put_blanks(q, sink));
		SM_TRY(put_byte(q, '\r', sink));
	}
	return flush(q, sink);
}
