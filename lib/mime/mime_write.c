#include <base/try.h>
#include <mime/codec.h>

enum { FOLD_AT = 76 };

void
sm_mime_boundary(char out[SM_BOUNDARY_SIZE], const uint8_t random[16])
{
	static const char digits[] = "0123456789abcdef";
	static const char prefix[] = "sealmail_";
	char *o = out + sizeof(prefix) - 1;

	memcpy(out, prefix, sizeof(prefix) - 1);
	for (int i = 0; i < 16; i++) {
		*o++ = digits[random[i] >> 4];
		*o++ = digits[random[i] & 15];
	}
	*o = '\0';
}

/* RFC 5322 section 2.2: printable ASCII except the colon. */
static bool
name_ok(const char *name)
{
	const char *p = name;

	for (; *p != '\0'; p++)
		if (*p <= ' ' || *p >= 0x7f || *p == ':')
			return false;
	return p > name;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

/* The next blanks and the word behind them: they stay together in a line. */
static struct sm_bytes
next_word(struct sm_bytes in)
{
	size_t n = 0;

	while (n < in.len && is_blank(in.data[n]))
		n++;
	while (n < in.len && !is_blank(in.data[n]))
		n++;
	return sm_bytes_first(in, n);
}

static int
field_append(struct sm_buf *out, const char *name, struct sm_bytes value)
{
	size_t column = strlen(name) + 2;
	bool first = true;

	SM_TRY(sm_buf_append_str(out, name));
	SM_TRY(sm_buf_append_str(out, ": "));
	while (value.len > 0) {
		struct sm_bytes word = next_word(value);
		/* A line of blanks alone would be taken for the header's end. */
		bool blank = is_blank(word.data[word.len - 1]);

		if (!first && !blank && column + word.len > FOLD_AT) {
			SM_TRY(sm_buf_append_str(out, "\r\n"));
			column = 0;
		}
		SM_TRY(sm_buf_append(out, word));
		column += word.len;
		value = sm_bytes_skip(value, word.len);
		first = false;
	}
	return sm_buf_append_str(out, "\r\n");
}

int
sm_mime_field_write(struct sm_buf *out, const char *name, const char *value)
{
	size_t before = out->len;
	int rc;

	/* A line end in a value would let its author write fields of his own. */
	if (!name_ok(name) || strpbrk(value, "\r\n") != NULL)
		return SM_E_USAGE;
	rc = field_append(out, name, sm_bytes_str(value));
	if (rc != 0)
		out->len = before;
	return rc;
}
