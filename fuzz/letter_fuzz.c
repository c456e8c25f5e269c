/* Any letter is read, its text is harmless to a terminal, and its attachments get
 * names that lead nowhere. */
#include "fuzz.h"

#include "attachment.h"
#include "html_text.h"
#include "letter.h"
#include "plain_text.h"

static void
check_plain(struct sm_bytes in, enum plain_text how)
{
	struct sm_buf out = SM_BUF_INIT;
	struct sm_bytes rest;
	size_t len;
	uint32_t c;

	if (plain_text(&out, in, how) != 0)
		return;
	for (rest = sm_buf_bytes(&out); rest.len > 0; rest = sm_bytes_skip(rest, len)) {
		c = plain_text_char(rest, &len);
		FUZZ_CHECK(c != 0xfffd || len == 3); /* it is UTF-8 */
		FUZZ_CHECK(!plain_text_removes(c, how) ||
		    (how == PLAIN_BODY && (c == '\n' || c == '\t')));
	}
	sm_buf_free(&out);
}

static void
check_name(const char *given, const char *type)
{
	struct sm_buf name = SM_BUF_INIT;

	if (attachment_name(&name, given, type, 1) == 0) {
		FUZZ_CHECK(name.len > 0 && name.len <= ATTACHMENT_NAME_BYTES);
		FUZZ_CHECK(strlen((char *)name.data) == name.len);
		FUZZ_CHECK(strpbrk((char *)name.data, "/\\") == NULL && name.data[0] != '.');
	}
	sm_buf_free(&name);
}

static void
check_part(const struct letter *l, const struct letter_part *p)
{
	GByteArray *content = letter_content(p);
	const char *name = letter_part_name(p) != NULL ? letter_part_name(p) : "";
	char *type = letter_part_type(p);
	struct sm_buf text = SM_BUF_INIT;
	struct html_found found;

	(void)attachment_warning(name, type, sm_bytes(content->data, content->len));
	check_name(name, type);
	if (p->shown && letter_text(&text, &found, l, p) == 0) {
		FUZZ_CHECK(text.len <= LETTER_TEXT_MAX + 4096);
		check_plain(sm_buf_bytes(&text), PLAIN_BODY);
	}
	sm_buf_free(&text);
	g_free(type);
	g_byte_array_unref(content);
}

static void
check_field(const struct letter *l, const char *name)
{
	char *text = letter_field(l, name, 0);

	if (text != NULL)
		check_plain(sm_bytes_str(text), PLAIN_LINE);
	g_free(text);
}

static void
quiet(const gchar *domain, GLogLevelFlags level, const gchar *message, gpointer ctx)
{
	(void)domain;
	(void)level;
	(void)message;
	(void)ctx;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static bool ready;
	struct sm_bytes in = sm_bytes(data, size);
	struct letter l;
	int how;

	if (!ready) {
		(void)g_log_set_default_handler(quiet, NULL);
		g_mime_init();
		ready = true;
	}
	for (how = 0; how < 4; how++) {
		if (letter_read(&l, in, in, (how & 1) != 0, (how & 2) != 0) == 0) {
			check_field(&l, "From");
			check_field(&l, "Subject");
			for (size_t i = 0; i < l.part_count; i++)
				check_part(&l, &l.parts[i]);
		}
		letter_wipe(&l);
	}
	check_name("", "x/y");
	return 0;
}
