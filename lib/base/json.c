#include <base/json.h>

#include <inttypes.h>

enum { JSON_DEPTH = 63 }; /* one bit of a word for each */

void
sm_json_init(struct sm_json *j, struct sm_buf *out, bool pretty)
{
	*j = (struct sm_json){ .out = out, .first = 1, .pretty = pretty };
}

int
sm_json_status(const struct sm_json *j)
{
	return j->rc;
}

static uint64_t
json_bit(const struct sm_json *j)
{
	return UINT64_C(1) << j->depth;
}

static void
json_put(struct sm_json *j, struct sm_bytes in)
{
	if (j->rc == 0)
		j->rc = sm_buf_append(j->out, in);
}

static void
json_text(struct sm_json *j, const char *s)
{
	json_put(j, sm_bytes_str(s));
}

static void
json_fail(struct sm_json *j)
{
	if (j->rc == 0)
		j->rc = SM_E_USAGE;
}

static void
json_newline(struct sm_json *j)
{
	unsigned i;

	if (!j->pretty)
		return;
	json_text(j, "\n");
	for (i = 0; i < j->depth; i++)
		json_text(j, "  ");
}

/* Comma and indentation before a key, or before a value of an array. */
static void
json_next(struct sm_json *j)
{
	bool first = (j->first & json_bit(j)) != 0;

	j->first &= ~json_bit(j);
	if (j->depth == 0) {
		if (!first)
			json_fail(j);
		return;
	}
	if (!first)
		json_text(j, ",");
	json_newline(j);
}

/* What stands before any value: nothing after a key, and in an object a value
 * has one. */
static void
json_value(struct sm_json *j)
{
	if (j->after_key)
		j->after_key = false;
	else if ((j->objects & json_bit(j)) != 0)
		json_fail(j);
	else
		json_next(j);
}

static void
json_begin(struct sm_json *j, const char *bracket, bool object)
{
	json_value(j);
	if (j->depth >= JSON_DEPTH)
		json_fail(j);
	if (j->rc != 0)
		return;
	json_text(j, bracket);
	j->depth++;
	j->first |= json_bit(j);
	if (object)
		j->objects |= json_bit(j);
	else
		j->objects &= ~json_bit(j);
}

static void
json_end(struct sm_json *j, const char *bracket, bool object)
{
	bool empty = (j->first & json_bit(j)) != 0;

	if (j->depth == 0 || j->after_key ||
	    object != ((j->objects & json_bit(j)) != 0))
		json_fail(j);
	if (j->rc != 0)
		return;
	j->depth--;
	if (!empty)
		json_newline(j);
	json_text(j, bracket);
}

void
sm_json_object_begin(struct sm_json *j)
{
	json_begin(j, "{", true);
}

void
sm_json_object_end(struct sm_json *j)
{
	json_end(j, "}", true);
}

void
sm_json_array_begin(struct sm_json *j)
{
	json_begin(j, "[", false);
}

void
sm_json_array_end(struct sm_json *j)
{
	json_end(j, "]", false);
}

/* The length of the UTF-8 sequence at the front of s (RFC 3629 section 4: no
 * overlong form, no surrogate, nothing past U+10FFFF), or 0. */
static size_t
utf8_length(struct sm_bytes s)
{
	unsigned c = s.data[0];
	unsigned low = 0x80, high = 0xbf;
	size_t n = c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
	size_t i;

	if (c < 0x80)
		return 1;
	if (c < 0xc2 || c > 0xf4 || s.len < n)
		return 0;
	if (c == 0xe0)
		low = 0xa0;
	if (c == 0xf0)
		low = 0x90;
	if (c == 0xed)
		high = 0x9f;
	if (c == 0xf4)
		high = 0x8f;
	if (s.data[1] < low || s.data[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* A byte that stands for itself and needs no look at its neighbours. */
static bool
json_is_plain(uint8_t c)
{
	return c >= 0x20 && c < 0x80 && c != '"' && c != '\\';
}

static void
json_escape(struct sm_json *j, uint8_t c)
{
	static const char hex[] = "0123456789abcdef";
	char u[7] = { '\\', 'u', '0', '0', hex[c >> 4], hex[c & 15], '\0' };
	char e[3] = { '\\', (char)c, '\0' };

	switch (c) {
	case '"':
	case '\\':
		json_text(j, e);
		break;
	case '\n':
		json_text(j, "\\n");
		break;
	case '\r':
		json_text(j, "\\r");
		break;
	case '\t':
		json_text(j, "\\t");
		break;
	default:
		json_text(j, u);
		break;
	}
}

/* Write one character that is not plain; returns how many bytes it had. */
static size_t
json_special(struct sm_json *j, struct sm_bytes s)
{
	size_t n;

	if (s.data[0] < 0x80) {
		json_escape(j, s.data[0]);
		return 1;
	}
	n = utf8_length(s);
	if (n == 0) {
		json_text(j, "\xef\xbf\xbd"); /* U+FFFD */
		return 1;
	}
	json_put(j, sm_bytes_first(s, n));
	return n;
}

static void
json_quoted(struct sm_json *j, const char *text)
{
	struct sm_bytes s = sm_bytes_str(text);
	size_t n;

	json_text(j, "\"");
	while (s.len > 0 && j->rc == 0) {
		for (n = 0; n < s.len && json_is_plain(s.data[n]); n++)
			continue;
		json_put(j, sm_bytes_first(s, n));
		if (n == 0)
			n = json_special(j, s);
		s = sm_bytes_skip(s, n);
	}
	json_text(j, "\"");
}

void
sm_json_key(struct sm_json *j, const char *key)
{
	if (j->after_key || (j->objects & json_bit(j)) == 0) {
		json_fail(j);
		return;
	}
	json_next(j);
	json_quoted(j, key);
	json_text(j, j->pretty ? ": " : ":");
	j->after_key = true;
}

void
sm_json_string(struct sm_json *j, const char *s)
{
	if (s == NULL) {
		sm_json_null(j);
		return;
	}
	json_value(j);
	json_quoted(j, s);
}

void
sm_json_int(struct sm_json *j, int64_t v)
{
	json_value(j);
	if (j->rc == 0)
		j->rc = sm_buf_printf(j->out, "%" PRId64, v);
}

void
sm_json_bool(struct sm_json *j, bool v)
{
	json_value(j);
	json_text(j, v ? "true" : "false");
}

void
sm_json_null(struct sm_json *j)
{
	json_value(j);
	json_text(j, "null");
}
