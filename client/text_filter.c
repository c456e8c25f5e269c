#include "text_filter.h"

static bool
plain_byte(unsigned c)
{
	return (c >= 0x20 && c < 0x7f) || (c >= '\t' && c <= '\r' && c != '\v');
}

/* The first byte of a character of more than one byte. */
static bool
lead_byte(struct text_filter *f, unsigned c)
{
	if (c < 0xc2 || c > 0xf4)
		return false;
	f->need = c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	f->lead = c;
	f->second = true;
	return true;
}

/* Overlong forms, surrogates, above U+10FFFF, and the controls U+0080..U+009F
 * all show in the second byte. */
static bool
second_byte_fits(unsigned lead, unsigned c)
{
	switch (lead) {
	case 0xc2:
		return c >= 0xa0;
	case 0xe0:
		return c >= 0xa0;
	case 0xed:
		return c <= 0x9f;
	case 0xf0:
		return c >= 0x90;
	case 0xf4:
		return c <= 0x8f;
	default:
		return true;
	}
}

static bool
later_byte(struct text_filter *f, unsigned c)
{
	if ((c & 0xc0) != 0x80)
		return false;
	if (f->second && !second_byte_fits(f->lead, c))
		return false;
	f->second = false;
	f->need--;
	return true;
}

bool
text_filter_pass(struct text_filter *f, struct sm_bytes in)
{
	size_t i;
	unsigned c;

	for (i = 0; i < in.len; i++) {
		c = in.data[i];
		if (f->need > 0 ? !later_byte(f, c) : !plain_byte(c) && !lead_byte(f, c))
			return false;
	}
	return true;
}

bool
text_filter_end(const struct text_filter *f)
{
	return f->need == 0;
}
