#include <base/try.h>
#include <mime/lex.h>

uint8_t
sm_lex_lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c + 32) : c;
}

bool
sm_lex_same_word(struct sm_bytes a, struct sm_bytes b)
{
	if (a.len != b.len)
		return false;
	for (size_t i = 0; i < a.len; i++)
		if (sm_lex_lower(a.data[i]) != sm_lex_lower(b.data[i]))
			return false;
	return true;
}

bool
sm_lex_is_blank(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool
sm_lex_is_atext(uint8_t c)
{
	if (c <= ' ' || c == 0x7f)
		return false;
	return c >= 0x80 || memchr("()<>[]:;@\\,.\"", c, 13) == NULL;
}

bool
sm_lex_take(struct sm_bytes *in, uint8_t c)
{
	if (in->len == 0 || in->data[0] != c)
		return false;
	*in = sm_bytes_skip(*in, 1);
	return true;
}

struct sm_bytes
sm_lex_run(struct sm_bytes *in, bool (*is)(uint8_t c))
{
	struct sm_bytes run;
	size_t n = 0;

	while (n < in->len && is(in->data[n]))
		n++;
	run = sm_bytes_first(*in, n);
	*in = sm_bytes_skip(*in, n);
	return run;
}

/* The cursor stands on '('. */
static bool
lex_comment(struct sm_bytes *in)
{
	size_t depth = 0;

	for (size_t i = 0; i < in->len; i++) {
		uint8_t c = in->data[i];

		if (c == '\\')
			i++;
		else if (c == '(')
			depth++;
		else if (c == ')' && --depth == 0) {
			*in = sm_bytes_skip(*in, i + 1);
			return true;
		}
	}
	return false;
}

bool
sm_lex_cfws(struct sm_bytes *in)
{
	for (;;) {
		(void)sm_lex_run(in, sm_lex_is_blank);
		if (in->len == 0 || in->data[0] != '(')
			return true;
		if (!lex_comment(in))
			return false;
	}
}

int
sm_lex_quoted(struct sm_bytes *in, struct sm_buf *out, bool *ok)
{
	*ok = false;
	for (size_t i = 1; i < in->len; i++) {
		uint8_t c = in->data[i];

		if (c == '"') {
			*in = sm_bytes_skip(*in, i + 1);
			*ok = true;
			return SM_OK;
		}
		if (c == '\r' || c == '\n')
			continue;
		if (c == '\\' && ++i < in->len)
			c = in->data[i];
		SM_TRY(sm_buf_append_byte(out, c));
	}
	return SM_OK;
}

bool
sm_lex_number(struct sm_bytes *in, unsigned lo, unsigned hi, int *value)
{
	size_t n = 0;
	int v = 0;

	for (; n < in->len; n++) {
		uint8_t c = in->data[n];

		if (c < '0' || c > '9')
			break;
		if (n == hi)
			return false;
		v = v * 10 + (c - '0');
	}
	if (n < lo)
		return false;
	*value = v;
	*in = sm_bytes_skip(*in, n);
	return true;
}
