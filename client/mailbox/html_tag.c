#include "html_tag.h"

#include <string.h>

static uint8_t
lower(uint8_t c)
{
	return c >= 'A' && c <= 'Z' ? (uint8_t)(c | 0x20) : c;
}

static bool
is_letter(uint8_t c)
{
	return lower(c) >= 'a' && lower(c) <= 'z';
}

static bool
is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f';
}

bool
html_same_word(struct sm_bytes a, const char *word)
{
	size_t i;

	for (i = 0; i < a.len && word[i] != '\0'; i++)
		if (lower(a.data[i]) != (uint8_t)word[i])
			return false;
	return i == a.len && word[i] == '\0';
}

/* ---- styles that hide ---- */

/* "0" and "0px" are nothing, "0.9" is something. */
static bool
ends_value(struct sm_bytes style, size_t at, char last)
{
	return last != '0' || at == style.len ||
	    (style.data[at] != '.' && !(style.data[at] >= '0' && style.data[at] <= '9'));
}

/* Does the style say this? Blanks and case aside. */
static bool
style_says(struct sm_bytes style, const char *what)
{
	size_t i, at, n;

	for (i = 0; i < style.len; i++) {
		if (is_space(style.data[i]))
			continue;
		for (at = i, n = 0; at < style.len && what[n] != '\0'; at++) {
			if (is_space(style.data[at]))
				continue;
			if (lower(style.data[at]) != (uint8_t)what[n])
				break;
			n++;
		}
		if (what[n] == '\0' && ends_value(style, at, what[n - 1]))
			return true;
	}
	return false;
}

static bool
style_hides(struct sm_bytes style)
{
	static const char *const ways[] = { "display:none", "visibility:hidden",
		"font-size:0", "opacity:0", "max-height:0", "line-height:0", "mso-hide:all",
		"text-indent:-99", "left:-999", "top:-999", "color:transparent" };

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++)
		if (style_says(style, ways[i]))
			return true;
	return false;
}

/* ---- attributes ---- */

static void
take(struct html_tag *tag, struct sm_bytes name, struct sm_bytes value)
{
	static const char *const sources[] = { "src", "srcset", "background", "data",
		"poster", "action", "formaction" };

	if (html_same_word(name, "href") && tag->href.len == 0)
		tag->href = value;
	else if (html_same_word(name, "alt"))
		tag->alt = value;
	else if (html_same_word(name, "hidden"))
		tag->hidden = true;
	else if (html_same_word(name, "style")) {
		tag->hidden = tag->hidden || style_hides(value);
		tag->styled_url = style_says(value, "url(");
	}
	for (size_t i = 0; i < sizeof(sources) / sizeof(sources[0]); i++)
		if (html_same_word(name, sources[i]) && tag->source.len == 0)
			tag->source = value;
}

static size_t
skip_space(struct sm_bytes in, size_t at)
{
	while (at < in.len && (is_space(in.data[at]) || in.data[at] == '/'))
		at++;
	return at;
}

/* After the equals sign. */
static size_t
read_value(struct sm_bytes *value, struct sm_bytes in, size_t at)
{
	uint8_t quote = 0;
	size_t start;

	while (at < in.len && is_space(in.data[at]))
		at++;
	if (at < in.len && (in.data[at] == '"' || in.data[at] == '\''))
		quote = in.data[at++];
	for (start = at; at < in.len; at++)
		if (quote != 0 ? in.data[at] == quote :
		    is_space(in.data[at]) || in.data[at] == '>')
			break;
	*value = sm_bytes(in.data + start, at - start);
	return quote != 0 && at < in.len ? at + 1 : at;
}

static size_t
read_attribute(struct html_tag *tag, struct sm_bytes in, size_t at)
{
	struct sm_bytes value = { NULL, 0 };
	size_t start = at, end;

	/* An equals sign may begin a name, and nothing else may loop. */
	for (at++; at < in.len && !is_space(in.data[at]) && in.data[at] != '=' &&
	    in.data[at] != '>' && in.data[at] != '/'; at++)
		;
	end = at;
	while (at < in.len && is_space(in.data[at]))
		at++;
	if (at < in.len && in.data[at] == '=')
		at = read_value(&value, in, at + 1);
	else
		at = end;
	take(tag, sm_bytes(in.data + start, end - start), value);
	return at;
}

/* ---- tags ---- */

static size_t
find(struct sm_bytes in, size_t at, const char *what)
{
	const uint8_t *hit = at < in.len ? memmem(in.data + at, in.len - at, what,
	    strlen(what)) : NULL;

	return hit != NULL ? (size_t)(hit - in.data) + strlen(what) : in.len;
}

static size_t
read_name(struct html_tag *tag, struct sm_bytes in, size_t at)
{
	size_t n = 0;

	for (; at < in.len && !is_space(in.data[at]) && in.data[at] != '>' &&
	    in.data[at] != '/'; at++)
		if (n < HTML_NAME_CHARS)
			tag->name[n++] = (char)lower(in.data[at]);
	return at;
}

size_t
html_tag_read(struct html_tag *tag, struct sm_bytes in)
{
	size_t at = 1;

	memset(tag, 0, sizeof(*tag));
	/* "<!-->" is a whole comment: its dashes count twice. */
	if (in.len >= 4 && memcmp(in.data, "<!--", 4) == 0)
		return find(in, 2, "-->");
	if (in.len >= 2 && (in.data[1] == '!' || in.data[1] == '?'))
		return find(in, 2, ">");
	tag->end = in.len >= 2 && in.data[1] == '/';
	at += tag->end;
	if (at >= in.len || !is_letter(in.data[at]))
		return 0;
	at = read_name(tag, in, at);
	while ((at = skip_space(in, at)) < in.len && in.data[at] != '>')
		at = read_attribute(tag, in, at);
	tag->empty = at > 0 && at < in.len && in.data[at - 1] == '/';
	return at < in.len ? at + 1 : at;
}
