#include "plain_text.h"

#include <base/try.h>

#define REPLACEMENT "\xef\xbf\xbd" /* U+FFFD */

/* Length by the first byte; 0: none begins so. */
static size_t
length_of(uint8_t lead)
{
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf)
		return 2;
	if (lead >= 0xe0 && lead <= 0xef)
		return 3;
	return lead >= 0xf0 && lead <= 0xf4 ? 4 : 0;
}

uint32_t
plain_text_char(struct sm_bytes in, size_t *len)
{
	static const uint8_t masks[] = { 0, 0x7f, 0x1f, 0x0f, 0x07 };
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n = length_of(in.data[0]);
	uint32_t c;

	*len = 1;
	if (n == 0 || n > in.len)
		return 0xfffd;
	c = in.data[0] & masks[n];
	for (i = 1; i < n; i++) {
		if ((in.data[i] & 0xc0) != 0x80)
			return 0xfffd;
		c = c << 6 | (in.data[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0xfffd;
	*len = n;
	return c;
}

static bool
between(uint32_t c, uint32_t first, uint32_t last)
{
	return c >= first && c <= last;
}

bool
plain_text_removes(uint32_t c, enum plain_text how)
{
	/* C0, DEL and C1: terminals obey them. */
	if (c < 0x20 || between(c, 0x7f, 0x9f))
		return true;
	/* Embeddings, overrides and isolates turn the order of what stands around
	 * them ("exe.pdf"); tags and interlinear marks are not seen at all. */
	if (between(c, 0x202a, 0x202e) || between(c, 0x2066, 0x206f) ||
	    between(c, 0xfff9, 0xfffb) || between(c, 0xe0000, 0xe0fff) || c == 0xfeff)
		return true;
	/* In a word or a name, what has no width serves only to deceive. */
	return how == PLAIN_LINE && (c == 0xad || c == 0x61c || c == 0x180e ||
	    between(c, 0x200b, 0x200f) || between(c, 0x2060, 0x2065));
}

int
plain_text(struct sm_buf *out, struct sm_bytes in, enum plain_text how)
{
	size_t len;
	uint32_t c;

	for (; in.len > 0; in = sm_bytes_skip(in, len)) {
		c = plain_text_char(in, &len);
		if (c == '\r' && in.len > 1 && in.data[1] == '\n')
			continue;
		if (c == '\n' || c == '\t' || c == 0x2028 || c == 0x2029)
			SM_TRY(sm_buf_append_byte(out, how == PLAIN_LINE ? ' ' :
			    c == '\t' ? '\t' : '\n'));
		else if (c == 0xfffd || plain_text_removes(c, how))
			SM_TRY(sm_buf_append_str(out, REPLACEMENT));
		else
			SM_TRY(sm_buf_append(out, sm_bytes_first(in, len)));
	}
	return 0;
}

unsigned
plain_text_columns(uint32_t c)
{
	enum { TAB_COLUMNS = 8, FIRST_WIDE = 0x1100 };

	if (c == '\t')
		return TAB_COLUMNS;
	return c < FIRST_WIDE ? 1 : 2;
}
