/* What people read of a part: charset, HTML, and what RFC 9788 adds for others. */
#include <errno.h>

#include "html_text.h"
#include "letter.h"

/* Bytes of which nobody says what they are: UTF-8 when they are that, else what
 * most old programs meant. */
static const char *
charset_of(const struct letter_part *p, struct sm_bytes in)
{
	const char *named = g_mime_object_get_content_type_parameter(p->object, "charset");

	if (named != NULL && *named != '\0' && g_ascii_strcasecmp(named, "us-ascii") != 0 &&
	    g_ascii_strcasecmp(named, "utf-8") != 0 && g_ascii_strcasecmp(named, "utf8") != 0)
		return named;
	return g_utf8_validate((const char *)in.data, (gssize)in.len, NULL) ? "utf-8" :
	    named != NULL && g_ascii_strncasecmp(named, "utf", 3) == 0 ? "utf-8" :
	    "windows-1252";
}

/* As much as the converter makes of it; a byte that it does not know is one U+FFFD. */
static int
convert(struct sm_buf *out, iconv_t cd, struct sm_bytes in)
{
	char room[4096], *from = (char *)(uintptr_t)in.data, *to;
	size_t left = in.len, space, n;
	int rc = 0;

	while (rc == 0 && left > 0 && out->len < LETTER_TEXT_MAX) {
		to = room;
		space = sizeof(room);
		n = iconv(cd, &from, &left, &to, &space);
		rc = sm_buf_append(out, sm_bytes(room, sizeof(room) - space));
		if (n != (size_t)-1 || errno == E2BIG || rc != 0)
			continue;
		rc = sm_buf_append_str(out, "\xef\xbf\xbd");
		from++;
		left--;
	}
	return rc;
}

static int
to_utf8(struct sm_buf *out, const struct letter_part *p, struct sm_bytes in)
{
	const char *charset;
	iconv_t cd;
	int rc;

	in = sm_bytes_first(in, LETTER_TEXT_MAX);
	charset = in.len > 0 ? charset_of(p, in) : "utf-8";
	if (g_ascii_strcasecmp(charset, "utf-8") == 0)
		return sm_buf_append(out, in);
	cd = g_mime_iconv_open("utf-8", charset);
	if (cd == (iconv_t)-1)
		cd = g_mime_iconv_open("utf-8", "windows-1252");
	if (cd == (iconv_t)-1)
		return sm_buf_append(out, in);
	rc = convert(out, cd, in);
	(void)g_mime_iconv_close(cd);
	return rc;
}

/* RFC 9788 section 5.3: lines that repeat the protected fields for programs that do
 * not show them; up to the first empty line. */
static struct sm_bytes
after_legacy_display(const struct letter *l, const struct letter_part *p,
    struct sm_bytes text)
{
	const char *says = g_mime_object_get_content_type_parameter(p->object,
	    "hp-legacy-display");
	size_t at;

	if (says == NULL || strcmp(says, "1") != 0 || l->inner == NULL || !l->hides ||
	    p->html)
		return text;
	for (at = 0; at + 1 < text.len; at++)
		if (text.data[at] == '\n' && (text.data[at + 1] == '\n' ||
		    (at + 2 < text.len && memcmp(text.data + at + 1, "\r\n", 2) == 0)))
			return sm_bytes_skip(text, at + (text.data[at + 1] == '\n' ? 2 : 3));
	return text;
}

int
letter_text(struct sm_buf *out, struct html_found *found, const struct letter *l,
    const struct letter_part *p)
{
	GByteArray *content = letter_content(p);
	struct sm_buf text = SM_BUF_INIT;
	int rc = to_utf8(&text, p, sm_bytes(content->data, content->len));

	memset(found, 0, sizeof(*found));
	g_byte_array_unref(content);
	if (rc == 0 && p->html)
		rc = html_text(out, found, sm_buf_bytes(&text), LETTER_TEXT_MAX);
	else if (rc == 0)
		rc = sm_buf_append(out, after_legacy_display(l, p, sm_buf_bytes(&text)));
	sm_buf_free(&text);
	return rc;
}
