#include "html_entity.h"

#include <base/try.h>

/* The names that letters use; others stay as they are written. */
static const struct {
	const char *name;
	uint32_t code;
} names[] = {
	{ "amp", '&' }, { "lt", '<' }, { "gt", '>' }, { "quot", '"' },
	{ "apos", '\'' }, { "nbsp", 0xa0 }, { "copy", 0xa9 }, { "reg", 0xae },
	{ "trade", 0x2122 }, { "euro", 0x20ac }, { "pound", 0xa3 },
	{ "yen", 0xa5 }, { "cent", 0xa2 }, { "sect", 0xa7 }, { "para", 0xb6 },
	{ "deg", 0xb0 }, { "plusmn", 0xb1 }, { "micro", 0xb5 },
	{ "middot", 0xb7 }, { "bull", 0x2022 }, { "hellip", 0x2026 },
	{ "ndash", 0x2013 }, { "mdash", 0x2014 }, { "lsquo", 0x2018 },
	{ "rsquo", 0x2019 }, { "sbquo", 0x201a }, { "ldquo", 0x201c },
	{ "rdquo", 0x201d }, { "bdquo", 0x201e }, { "laquo", 0xab },
	{ "raquo", 0xbb }, { "lsaquo", 0x2039 }, { "rsaquo", 0x203a },
	{ "times", 0xd7 }, { "divide", 0xf7 }, { "frac12", 0xbd },
	{ "frac14", 0xbc }, { "frac34", 0xbe }, { "rarr", 0x2192 },
	{ "larr", 0x2190 }, { "uarr", 0x2191 }, { "darr", 0x2193 },
	{ "iexcl", 0xa1 }, { "iquest", 0xbf }, { "szlig", 0xdf },
	{ "auml", 0xe4 }, { "ouml", 0xf6 }, { "uuml", 0xfc }, { "Auml", 0xc4 },
	{ "Ouml", 0xd6 }, { "Uuml", 0xdc }, { "aacute", 0xe1 },
	{ "eacute", 0xe9 }, { "iacute", 0xed }, { "oacute", 0xf3 },
	{ "uacute", 0xfa }, { "Aacute", 0xc1 }, { "Eacute", 0xc9 },
	{ "Iacute", 0xcd }, { "Oacute", 0xd3 }, { "Uacute", 0xda },
	{ "agrave", 0xe0 }, { "egrave", 0xe8 }, { "igrave", 0xec },
	{ "ograve", 0xf2 }, { "ugrave", 0xf9 }, { "Agrave", 0xc0 },
	{ "Egrave", 0xc8 }, { "acirc", 0xe2 }, { "ecirc", 0xea },
	{ "icirc", 0xee }, { "ocirc", 0xf4 }, { "ucirc", 0xfb },
	{ "atilde", 0xe3 }, { "ntilde", 0xf1 }, { "otilde", 0xf5 },
	{ "Ntilde", 0xd1 }, { "aring", 0xe5 }, { "Aring", 0xc5 },
	{ "aelig", 0xe6 }, { "AElig", 0xc6 }, { "oslash", 0xf8 },
	{ "Oslash", 0xd8 }, { "ccedil", 0xe7 }, { "Ccedil", 0xc7 },
	{ "euml", 0xeb }, { "iuml", 0xef }, { "yacute", 0xfd },
	{ "thorn", 0xfe }, { "eth", 0xf0 }, { "shy", 0xad }, { "zwnj", 0x200c },
	{ "zwj", 0x200d }, { "ensp", 0x2002 }, { "emsp", 0x2003 },
	{ "thinsp", 0x2009 },
};

static size_t
utf8(uint8_t out[HTML_CHAR_BYTES], uint32_t c)
{
	/* HTML: NUL, surrogates and what is no character become U+FFFD. */
	if (c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		c = 0xfffd;
	if (c < 0x80) {
		out[0] = (uint8_t)c;
		return 1;
	}
	if (c < 0x800) {
		out[0] = (uint8_t)(0xc0 | c >> 6);
		out[1] = (uint8_t)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		out[0] = (uint8_t)(0xe0 | c >> 12);
		out[1] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
		out[2] = (uint8_t)(0x80 | (c & 0x3f));
		return 3;
	}
	out[0] = (uint8_t)(0xf0 | c >> 18);
	out[1] = (uint8_t)(0x80 | (c >> 12 & 0x3f));
	out[2] = (uint8_t)(0x80 | (c >> 6 & 0x3f));
	out[3] = (uint8_t)(0x80 | (c & 0x3f));
	return 4;
}

static int
digit(uint8_t c, unsigned base)
{
	int d = -1;

	if (c >= '0' && c <= '9')
		d = c - '0';
	else if (base == 16 && (c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		d = (c | 0x20) - 'a' + 10;
	return d;
}

/* After "&#": the number, a semicolon if there is one. */
static size_t
numeric(uint8_t out[HTML_CHAR_BYTES], size_t *len, struct sm_bytes in)
{
	unsigned base = in.len > 2 && (in.data[2] | 0x20) == 'x' ? 16 : 10;
	size_t at = base == 16 ? 3 : 2, start = at;
	uint32_t code = 0;

	for (; at < in.len && digit(in.data[at], base) >= 0; at++)
		if (code <= 0x10ffff)
			code = code * base + (uint32_t)digit(in.data[at], base);
	if (at == start)
		return 0;
	*len = utf8(out, code);
	return at < in.len && in.data[at] == ';' ? at + 1 : at;
}

size_t
html_entity(uint8_t out[HTML_CHAR_BYTES], size_t *len, struct sm_bytes in)
{
	size_t i, n;

	if (in.len < 3 || in.data[0] != '&')
		return 0;
	if (in.data[1] == '#')
		return numeric(out, len, in);
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		n = strlen(names[i].name);
		if (in.len >= n + 2 && in.data[n + 1] == ';' &&
		    memcmp(in.data + 1, names[i].name, n) == 0) {
			*len = utf8(out, names[i].code);
			return n + 2;
		}
	}
	return 0;
}

int
html_entity_text(struct sm_buf *out, struct sm_bytes in)
{
	uint8_t c[HTML_CHAR_BYTES];
	size_t took, len = 0;

	while (in.len > 0) {
		took = html_entity(c, &len, in);
		if (took == 0) {
			c[0] = in.data[0];
			len = took = 1;
		}
		SM_TRY(sm_buf_append(out, sm_bytes(c, len)));
		in = sm_bytes_skip(in, took);
	}
	return 0;
}
