#include "attachment.h"

#include <stdio.h>
#include <strings.h>

#include <base/try.h>

#include "plain_text.h"

/* ---- names ---- */

/* After the last slash or backslash: folders are the sender's wish. */
static const char *
base_of(const char *name)
{
	const char *p, *base = name;

	for (p = name; *p != '\0'; p++)
		if (*p == '/' || *p == '\\')
			base = p + 1;
	return base;
}

/* Characters that a shell, a file manager or Windows reads as more than a letter. */
static bool
is_special(uint8_t c)
{
	return c < 0x20 || c == 0x7f || strchr("<>:\"|?*`$;&'!", c) != NULL;
}

static int
put_char(struct sm_buf *out, struct sm_bytes c)
{
	uint32_t code;
	size_t len;

	code = plain_text_char(c, &len);
	if (code == 0xfffd || plain_text_removes(code, PLAIN_LINE))
		return 0;
	if (len == 1 && is_special((uint8_t)code))
		return sm_buf_append_byte(out, '_');
	if (out->len == 0 && (code == '.' || code == '-' || code == ' ' || code == '~'))
		return sm_buf_append_byte(out, '_');
	return sm_buf_append(out, sm_bytes_first(c, len));
}

static const char *
extension_for(const char *type)
{
	static const struct {
		const char *type, *extension;
	} known[] = {
		{ "application/pdf", "pdf" }, { "image/png", "png" },
		{ "image/jpeg", "jpg" }, { "image/gif", "gif" }, { "text/plain", "txt" },
		{ "text/html", "html.txt" }, { "text/calendar", "ics" },
		{ "text/csv", "csv" }, { "message/rfc822", "eml" },
		{ "application/zip", "zip" }, { "application/pkcs7-mime", "p7m" },
		{ "application/pkcs7-signature", "p7s" },
		{ "application/pgp-signature", "asc" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcasecmp(known[i].type, type) == 0)
			return known[i].extension;
	return "bin";
}

/* Too long: the middle goes, so that what decides the kind is still seen. */
static int
shorten(struct sm_buf *b)
{
	const uint8_t *dot = memrchr(b->data, '.', b->len);
	size_t tail = dot != NULL ? b->len - (size_t)(dot - b->data) : 0;
	size_t keep;

	if (b->len <= ATTACHMENT_NAME_BYTES)
		return 0;
	if (tail > 20)
		tail = 0;
	keep = ATTACHMENT_NAME_BYTES - tail;
	while (keep > 0 && (b->data[keep] & 0xc0) == 0x80)
		keep--;
	memmove(b->data + keep, b->data + b->len - tail, tail);
	return sm_buf_resize(b, keep + tail);
}

int
attachment_name(struct sm_buf *out, const char *given, const char *type,
    unsigned number)
{
	struct sm_bytes rest = sm_bytes_str(base_of(given));
	size_t len;

	sm_buf_clear(out);
	while (rest.len > 0) {
		(void)plain_text_char(rest, &len);
		SM_TRY(put_char(out, rest));
		rest = sm_bytes_skip(rest, len);
	}
	/* Windows drops dots and blanks at the end, and so shows another kind. */
	while (out->len > 0 && (out->data[out->len - 1] == '.' ||
	    out->data[out->len - 1] == ' '))
		out->len--;
	if (out->len == 0)
		SM_TRY(sm_buf_printf(out, "part-%u.%s", number, extension_for(type)));
	SM_TRY(shorten(out));
	SM_TRY(sm_buf_append_byte(out, 0));
	out->len--;
	return 0;
}

/* ---- programs ---- */

static bool
is_one_of(const char *word, size_t len, const char *const *list)
{
	for (; *list != NULL; list++)
		if (strlen(*list) == len && strncasecmp(*list, word, len) == 0)
			return true;
	return false;
}

/* What runs, or makes something run, when it is opened. */
static const char *const programs[] = { "exe", "com", "scr", "pif", "bat", "cmd", "msi",
	"msp", "msix", "appx", "cpl", "dll", "ocx", "sys", "vbs", "vbe", "vb", "js", "jse",
	"mjs", "ws", "wsf", "wsh", "wsc", "sct", "ps1", "psm1", "psd1", "hta", "lnk",
	"url", "scf", "reg", "inf", "chm", "hlp", "jar", "jnlp", "class", "apk", "ipa",
	"app", "command", "workflow", "scpt", "pkg", "dmg", "sh", "bash", "zsh", "csh",
	"ksh", "run", "bin", "out", "elf", "so", "ko", "desktop", "deb", "rpm", "snap",
	"flatpak", "appimage", "py", "pyc", "pyw", "pl", "rb", "php", "lua", "tcl", "iso",
	"img", "vhd", "vhdx", "xll", "wll", "docm", "dotm", "xlsm", "xltm", "xlam", "pptm",
	"potm", "ppsm", "ppam", "one", "slk", "svg", "htm", "html", "xhtml", "mht",
	"mhtml", "shtml", "library-ms", "search-ms", "settingcontent-ms", "application",
	NULL };

/* What people take for harmless before another extension. */
static const char *const documents[] = { "pdf", "doc", "docx", "xls", "xlsx", "ppt",
	"pptx", "odt", "ods", "odp", "rtf", "txt", "csv", "jpg", "jpeg", "png", "gif",
	"bmp", "tif", "tiff", "mp3", "mp4", "avi", "mov", "zip", "eml", NULL };

/* The n-th extension from the end; *len is its length, 0 when there is none. */
static const char *
extension(const char *name, unsigned n, size_t *len)
{
	const char *end = name + strlen(name), *dot;

	while (end > name && (end[-1] == '.' || end[-1] == ' '))
		end--;
	for (;; end = dot) {
		dot = end > name ? memrchr(name, '.', (size_t)(end - name)) : NULL;
		if (dot == NULL)
			break;
		if (n-- == 0) {
			*len = (size_t)(end - dot) - 1;
			return dot + 1;
		}
	}
	*len = 0;
	return name;
}

static bool
begins(struct sm_bytes head, const char *magic, size_t len)
{
	return head.len >= len && memcmp(head.data, magic, len) == 0;
}

static bool
runs(struct sm_bytes head)
{
	return begins(head, "MZ", 2) || begins(head, "\177ELF", 4) ||
	    begins(head, "#!", 2) || begins(head, "\xcf\xfa\xed\xfe", 4) ||
	    begins(head, "\xce\xfa\xed\xfe", 4) || begins(head, "\xfe\xed\xfa", 3) ||
	    begins(head, "\xca\xfe\xba\xbe", 4) || begins(head, "dex\n", 4) ||
	    begins(head, "L\0\0\0\x01\x14\x02\0", 8) || begins(head, "!<arch>\ndebian", 14) ||
	    begins(head, "\xed\xab\xee\xdb", 4);
}

static bool
turns_writing(const char *name)
{
	struct sm_bytes rest = sm_bytes_str(name);
	size_t len;
	uint32_t c;

	for (; rest.len > 0; rest = sm_bytes_skip(rest, len)) {
		c = plain_text_char(rest, &len);
		if (c != 0xfffd && plain_text_removes(c, PLAIN_LINE))
			return true;
	}
	return false;
}

/* What the type promises and the first bytes deny. */
static bool
contradicts(const char *type, const char *name, struct sm_bytes head)
{
	static const struct {
		const char *type, *extension, *magic;
		size_t len;
	} known[] = {
		{ "application/pdf", "pdf", "%PDF", 4 }, { "image/png", "png", "\x89PNG", 4 },
		{ "image/jpeg", "jpg", "\xff\xd8\xff", 3 },
		{ "image/jpeg", "jpeg", "\xff\xd8\xff", 3 },
		{ "image/gif", "gif", "GIF8", 4 }, { "application/zip", "zip", "PK", 2 },
	};
	const char *ext;
	size_t len, i;

	ext = extension(name, 0, &len);
	for (i = 0; head.len > 0 && i < sizeof(known) / sizeof(known[0]); i++)
		if ((strcasecmp(known[i].type, type) == 0 ||
		    (len == strlen(known[i].extension) &&
			strncasecmp(ext, known[i].extension, len) == 0)) &&
		    !begins(head, known[i].magic, known[i].len))
			return true;
	return false;
}

const char *
attachment_warning(const char *given, const char *type, struct sm_bytes head)
{
	const char *name = base_of(given), *ext, *before;
	size_t len, before_len;
	bool program;

	ext = extension(name, 0, &len);
	before = extension(name, 1, &before_len);
	program = len > 0 && is_one_of(ext, len, programs);
	if (turns_writing(name))
		return "its name holds characters that hide what it is called; do not open it";
	if (program && before_len > 0 && is_one_of(before, before_len, documents))
		return "a PROGRAM that calls itself a document; do not open it";
	if (runs(head) && !program)
		return "a PROGRAM, although its name does not say so; do not open it";
	if (program || runs(head))
		return "a PROGRAM, or it can run one; do not open it unless you know why "
		    "it was sent";
	if (contradicts(type, name, head))
		return "it is not what its name or type says";
	return NULL;
}
