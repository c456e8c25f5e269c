#include <base/base64.h>
#include <base/base64_avx2.h>

enum { LINE_IN = 48, LINE_CHARS = 64 };
/* What a byte is to the decoder, besides the value of a sextet. */
enum { SPACE = 0x40, PAD = 0x41, BAD = 0x80 };

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* clang-format off */
#define B BAD
#define S SPACE
static const uint8_t kind_of[256] = {
	B, B, B, B, B, B, B, B, B, S, S, B, B, S, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	S, B, B, B, B, B, B, B, B, B, B,62, B, B, B,63,
	52,53,54,55,56,57,58,59,60,61, B, B, B,PAD, B, B,
	B, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9,10,11,12,13,14,
	15,16,17,18,19,20,21,22,23,24,25, B, B, B, B, B,
	B,26,27,28,29,30,31,32,33,34,35,36,37,38,39,40,
	41,42,43,44,45,46,47,48,49,50,51, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
	B, B, B, B, B, B, B, B, B, B, B, B, B, B, B, B,
};
#undef B
#undef S
/* clang-format on */

/* One sextet; the number of bytes it completes, 0 or 3. */
static size_t
dec_sextet(struct sm_base64_dec *d, uint8_t *out, uint32_t sextet)
{
	d->bits = d->bits << 6 | sextet;
	if (++d->have < 4)
		return 0;
	out[0] = (uint8_t)(d->bits >> 16);
	out[1] = (uint8_t)(d->bits >> 8);
	out[2] = (uint8_t)d->bits;
	d->bits = 0;
	d->have = 0;
	return 3;
}

/* One '='. have stays as the mark of a quantum that ended short, bits keep the
 * left-over ones for sm_base64_dec_finish(). */
static int
dec_pad(struct sm_base64_dec *d, uint8_t *out, size_t *out_len)
{
	if (d->have < 2 || d->have + d->pad >= 4)
		return SM_E_FORMAT;
	d->pad++;
	if (d->have + d->pad < 4)
		return SM_OK;
	if (d->have == 2) {
		out[(*out_len)++] = (uint8_t)(d->bits >> 4);
		d->bits &= 0x0f;
		return SM_OK;
	}
	out[(*out_len)++] = (uint8_t)(d->bits >> 10);
	out[(*out_len)++] = (uint8_t)(d->bits >> 2);
	d->bits &= 0x03;
	return SM_OK;
}

/* One byte of any kind. */
static int
dec_byte(struct sm_base64_dec *d, uint8_t *out, size_t *out_len, uint8_t c)
{
	uint8_t kind = kind_of[c];

	if (kind < SPACE && d->pad == 0)
		*out_len += dec_sextet(d, out + *out_len, kind);
	else if (kind == PAD)
		return dec_pad(d, out, out_len);
	else if (kind != SPACE)
		return SM_E_FORMAT;
	return SM_OK;
}

/* Whole quanta without anything between: the bytes consumed. */
static size_t
dec_quanta(uint8_t *out, size_t *out_len, struct sm_bytes in)
{
	const uint8_t *p = in.data;
	size_t i = 0;

	for (; in.len - i >= 4; i += 4) {
		uint32_t a = kind_of[p[i]], b = kind_of[p[i + 1]];
		uint32_t c = kind_of[p[i + 2]], e = kind_of[p[i + 3]];
		uint32_t v = a << 18 | b << 12 | c << 6 | e;

		if ((a | b | c | e) >= SPACE)
			break;
		out[(*out_len)++] = (uint8_t)(v >> 16);
		out[(*out_len)++] = (uint8_t)(v >> 8);
		out[(*out_len)++] = (uint8_t)v;
	}
	return i;
}

static size_t
dec_bulk(bool wide, uint8_t *out, size_t *out_len, struct sm_bytes in)
{
	size_t n, used;

	if (!wide || in.len < 32)
		return dec_quanta(out, out_len, in);
	used = sm_base64_avx2_dec(out + *out_len, &n, in);
	*out_len += n;
	return used;
}

static int
dec_update(bool wide, struct sm_base64_dec *d, uint8_t *out, size_t *out_len,
    struct sm_bytes in)
{
	size_t i = 0;

	*out_len = 0;
	while (i < in.len) {
		int rc;

		if (d->have == 0 && d->pad == 0) {
			size_t n = dec_bulk(wide, out, out_len,
			    sm_bytes_skip(in, i));

			i += n;
			d->in_bytes += n;
			if (i == in.len)
				break;
		}
		rc = dec_byte(d, out, out_len, in.data[i]);
		if (rc != 0)
			return rc;
		i++;
		d->in_bytes++;
	}
	return SM_OK;
}

int
sm_base64_dec_update(struct sm_base64_dec *d, uint8_t *out, size_t *out_len,
    struct sm_bytes in)
{
	return dec_update(sm_base64_avx2_usable(), d, out, out_len, in);
}

int
sm_base64_dec_update_plain(struct sm_base64_dec *d, uint8_t *out,
    size_t *out_len, struct sm_bytes in)
{
	return dec_update(false, d, out, out_len, in);
}

int
sm_base64_dec_finish(const struct sm_base64_dec *d)
{
	if (d->pad == 0)
		return d->have == 0 ? SM_OK : SM_E_FORMAT;
	if (d->have + d->pad != 4)
		return SM_E_FORMAT;
	/* Left-over bits would let one content have many encodings: RFC 4648
	 * section 3.5. */
	return d->bits == 0 ? SM_OK : SM_E_FORMAT;
}

/* Up to 48 bytes and the line end; the length written. */
static size_t
enc_line(uint8_t *out, const uint8_t *p, size_t n, bool crlf)
{
	uint8_t *o = out;

	for (; n >= 3; n -= 3, p += 3) {
		uint32_t v = (uint32_t)p[0] << 16 | (uint32_t)p[1] << 8 | p[2];

		*o++ = (uint8_t)alphabet[v >> 18];
		*o++ = (uint8_t)alphabet[v >> 12 & 63];
		*o++ = (uint8_t)alphabet[v >> 6 & 63];
		*o++ = (uint8_t)alphabet[v & 63];
	}
	if (n > 0) {
		uint32_t v = (uint32_t)p[0] << 16 |
		    (n == 2 ? (uint32_t)p[1] << 8 : 0);

		*o++ = (uint8_t)alphabet[v >> 18];
		*o++ = (uint8_t)alphabet[v >> 12 & 63];
		*o++ = n == 2 ? (uint8_t)alphabet[v >> 6 & 63] : '=';
		*o++ = '=';
	}
	if (crlf)
		*o++ = '\r';
	*o++ = '\n';
	return (size_t)(o - out);
}

/* Fill up the line that an earlier call began; the bytes of in it took. */
static size_t
enc_resume(struct sm_base64_enc *e, uint8_t *out, size_t *out_len,
    struct sm_bytes in)
{
	size_t take = LINE_IN - e->held;

	if (e->held == 0)
		return 0;
	if (take > in.len)
		take = in.len;
	if (take > 0)
		memcpy(e->hold + e->held, in.data, take);
	e->held += take;
	if (e->held == LINE_IN) {
		*out_len += enc_line(out + *out_len, e->hold, LINE_IN, e->crlf);
		e->held = 0;
	}
	return take;
}

static void
enc_update(bool wide, struct sm_base64_enc *e, uint8_t *out, size_t *out_len,
    struct sm_bytes in)
{
	size_t line = LINE_CHARS + (e->crlf ? 2u : 1u);

	*out_len = 0;
	in = sm_bytes_skip(in, enc_resume(e, out, out_len, in));
	if (wide) {
		size_t n = sm_base64_avx2_enc(out + *out_len, in, e->crlf);

		*out_len += n / LINE_IN * line;
		in = sm_bytes_skip(in, n);
	}
	for (; in.len >= LINE_IN; in = sm_bytes_skip(in, LINE_IN))
		*out_len += enc_line(out + *out_len, in.data, LINE_IN, e->crlf);
	if (in.len > 0) {
		memcpy(e->hold, in.data, in.len);
		e->held = in.len;
	}
}

void
sm_base64_enc_update(struct sm_base64_enc *e, uint8_t *out, size_t *out_len,
    struct sm_bytes in)
{
	enc_update(sm_base64_avx2_usable(), e, out, out_len, in);
}

void
sm_base64_enc_update_plain(struct sm_base64_enc *e, uint8_t *out,
    size_t *out_len, struct sm_bytes in)
{
	enc_update(false, e, out, out_len, in);
}

void
sm_base64_enc_finish(struct sm_base64_enc *e, uint8_t *out, size_t *out_len)
{
	*out_len = 0;
	if (e->held > 0)
		*out_len = enc_line(out, e->hold, e->held, e->crlf);
	/* What was encoded may be a secret. */
	sm_wipe(e->hold, sizeof(e->hold));
	e->held = 0;
}
