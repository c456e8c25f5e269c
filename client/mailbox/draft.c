#include "draft.h"

#include <stdlib.h>

#include "attachment.h"
#include "html_text.h"
#include "plain_text.h"
#include "speak.h"

enum { PEOPLE_MAX = 1000, REFERENCES_MAX = 20, PIECE = 256 << 10 };

static void
must(int rc)
{
	if (rc != 0)
		speak_fault(70, "out of memory");
}

/* A text of the letter on one line, safe to be written into a header. g_free() it. */
static char *
clean_line(const char *text)
{
	struct sm_buf b = SM_BUF_INIT;
	char *out;

	if (text != NULL)
		must(plain_text(&b, sm_bytes_str(text), PLAIN_LINE));
	out = g_strstrip(b.len > 0 ? g_strndup((const char *)b.data, b.len) : g_strdup(""));
	sm_buf_free(&b);
	return out;
}

/* ---- whom it concerns ---- */

static void
say_person(const char *field, InternetAddress *a, const char *where)
{
	char *name = clean_line(internet_address_get_name(a));

	speak_list("person", (const char *const[]){ field, name,
	    internet_address_mailbox_get_addr(INTERNET_ADDRESS_MAILBOX(a)), where }, 4);
	g_free(name);
}

/* Groups are not expanded: who they are is not told here. */
static void
say_people(const struct letter *l, const char *field)
{
	InternetAddressList *list = letter_addresses(l, field);
	InternetAddress *a;
	int i;

	for (i = 0; list != NULL && i < internet_address_list_length(list) &&
	    i < PEOPLE_MAX; i++) {
		a = internet_address_list_get_address(list, i);
		if (INTERNET_ADDRESS_IS_MAILBOX(a))
			say_person(field, a, l->inner != NULL ? "protected" : "outer");
	}
	if (list != NULL)
		g_object_unref(list);
}

void
draft_people(const struct letter *l)
{
	static const char *const fields[] = { "From", "Reply-To", "To", "Cc" };

	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		say_people(l, fields[i]);
	speak_text("end", "");
}

/* ---- header ---- */

static void
set_people(GMimeMessage *m, const char *field, struct sm_bytes body, const char *key)
{
	InternetAddressList *list = internet_address_list_new();
	InternetAddress *a;
	struct sm_bytes at = body;
	char *entry, *name, *encoded;

	while ((entry = speak_next(&at, key)) != NULL) {
		name = strchr(entry, '\t');
		if (name != NULL)
			*name++ = '\0';
		a = internet_address_mailbox_new(name != NULL && *name != '\0' ? name : NULL,
		    entry);
		(void)internet_address_list_add(list, a);
		g_object_unref(a);
		free(entry);
	}
	encoded = internet_address_list_to_string(list, NULL, TRUE);
	if (encoded != NULL && *encoded != '\0')
		g_mime_object_set_header(GMIME_OBJECT(m), field, encoded, "utf-8");
	g_free(encoded);
	g_object_unref(list);
}

static bool
begins(const char *subject, const char *prefix)
{
	return g_ascii_strncasecmp(subject, prefix, strlen(prefix)) == 0;
}

static void
set_subject(GMimeMessage *m, const struct letter *l, bool forward)
{
	char *raw = letter_field(l, "Subject", 0), *subject = clean_line(raw), *full;
	bool has = forward ? begins(subject, "Fwd:") : begins(subject, "Re:");

	full = has ? g_strdup(subject) : g_strconcat(forward ? "Fwd: " : "Re: ", subject, NULL);
	g_mime_message_set_subject(m, full, "utf-8");
	g_free(full);
	g_free(subject);
	g_free(raw);
}

/* Message-IDs only: "<", no blank or control character, ">". */
static void
add_ids(GPtrArray *ids, const char *text)
{
	const char *at = text, *end;

	while (at != NULL && (at = strchr(at, '<')) != NULL) {
		end = at + 1 + strcspn(at + 1, "<> \t\r\n");
		if (*end == '>' && end > at + 1 && end - at < 250 &&
		    strchr(at, '@') != NULL && strchr(at, '@') < end)
			g_ptr_array_add(ids, g_strndup(at, (gsize)(end - at) + 1));
		at++;
	}
}

/* RFC 5322 section 3.6.4; of a long row, the first and the newest. */
static void
set_references(GMimeMessage *m, const struct letter *l)
{
	GPtrArray *ids = g_ptr_array_new_with_free_func(g_free);
	char *refs = letter_field(l, "References", 0), *id = letter_field(l, "Message-ID", 0);
	char *in_reply = letter_field(l, "In-Reply-To", 0), *row;
	guint before;

	add_ids(ids, refs != NULL ? refs : in_reply);
	before = ids->len;
	add_ids(ids, id);
	if (ids->len > before)
		g_mime_object_set_header(GMIME_OBJECT(m), "In-Reply-To",
		    ids->pdata[ids->len - 1], NULL);
	while (ids->len > REFERENCES_MAX)
		g_ptr_array_remove_index(ids, 1);
	g_ptr_array_add(ids, NULL);
	row = g_strjoinv(" ", (char **)ids->pdata);
	if (ids->len > 1)
		g_mime_object_set_header(GMIME_OBJECT(m), "References", row, NULL);
	g_free(row);
	g_ptr_array_unref(ids);
	g_free(refs);
	g_free(id);
	g_free(in_reply);
}

/* ---- text ---- */

static void
put_shown(struct sm_buf *out, const struct letter *l)
{
	struct html_found found;
	struct sm_buf raw = SM_BUF_INIT;
	size_t i;

	for (i = 0; i < l->part_count; i++) {
		if (!l->parts[i].shown)
			continue;
		sm_buf_clear(&raw);
		must(letter_text(&raw, &found, l, &l->parts[i]));
		must(plain_text(out, sm_buf_bytes(&raw), PLAIN_BODY));
		if (out->len > 0 && out->data[out->len - 1] != '\n')
			must(sm_buf_append_byte(out, '\n'));
	}
	sm_buf_free(&raw);
}

static void
put_field(struct sm_buf *out, const struct letter *l, const char *name)
{
	char *raw = letter_field(l, name, 0), *text = clean_line(raw);

	if (*text != '\0')
		must(sm_buf_printf(out, "%s: %s\n", name, text));
	g_free(text);
	g_free(raw);
}

static void
put_forwarded(struct sm_buf *out, const struct letter *l)
{
	static const char *const names[] = { "From", "To", "Cc", "Date", "Subject" };

	must(sm_buf_append_str(out, "\n---------- Forwarded letter ----------\n"));
	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		put_field(out, l, names[i]);
	must(sm_buf_append_byte(out, '\n'));
	put_shown(out, l);
}

static void
put_quoted(struct sm_buf *out, const struct letter *l)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_bytes rest;
	const uint8_t *end;
	char *raw = letter_field(l, "From", 0), *from = clean_line(raw);
	size_t n;

	must(sm_buf_printf(out, "%s wrote:\n", *from != '\0' ? from : "You"));
	put_shown(&text, l);
	for (rest = sm_buf_bytes(&text); rest.len > 0; rest = sm_bytes_skip(rest, n)) {
		end = memchr(rest.data, '\n', rest.len);
		n = end != NULL ? (size_t)(end - rest.data) + 1 : rest.len;
		must(sm_buf_append_str(out, rest.data[0] == '>' ? ">" : n == 1 ? ">" : "> "));
		must(sm_buf_append(out, sm_bytes_first(rest, n)));
	}
	sm_buf_free(&text);
	g_free(from);
	g_free(raw);
}

static GMimeObject *
text_part(const struct letter *l, bool forward)
{
	GMimeTextPart *part = g_mime_text_part_new_with_subtype("plain");
	struct sm_buf text = SM_BUF_INIT;

	if (forward)
		put_forwarded(&text, l);
	else
		put_quoted(&text, l);
	must(sm_buf_append_byte(&text, 0));
	g_mime_text_part_set_charset(part, "utf-8");
	g_mime_text_part_set_text(part, (const char *)text.data);
	g_mime_object_set_content_type_parameter(GMIME_OBJECT(part), "charset", "utf-8");
	g_mime_part_set_content_encoding(GMIME_PART(part),
	    GMIME_CONTENT_ENCODING_QUOTEDPRINTABLE);
	sm_buf_free(&text);
	return GMIME_OBJECT(part);
}

/* ---- attachments of a forwarded letter ---- */

/* Layers of their own: nobody read what is inside. */
static bool
is_sealed(const char *type)
{
	return g_str_has_prefix(type, "application/pkcs7") ||
	    g_str_has_prefix(type, "application/x-pkcs7") ||
	    g_str_has_prefix(type, "application/pgp") ||
	    g_str_has_prefix(type, "multipart/");
}

static GMimeObject *
copy_part(const struct letter_part *p, const char *type, unsigned number)
{
	char **words = g_strsplit(type, "/", 2);
	GMimePart *copy = g_mime_part_new_with_type("application", "octet-stream");
	GByteArray *content = letter_content(p);
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)content->data,
	    content->len);
	GMimeDataWrapper *wrapper = g_mime_data_wrapper_new_with_stream(stream,
	    GMIME_CONTENT_ENCODING_DEFAULT);
	struct sm_buf name = SM_BUF_INIT;

	/* Text types would ask for a charset: the bytes go as they are. */
	if (words[0] != NULL && words[1] != NULL && strcmp(words[0], "text") != 0 &&
	    strcmp(words[0], "message") != 0) {
		g_mime_content_type_set_media_type(g_mime_object_get_content_type(
		    GMIME_OBJECT(copy)), words[0]);
		g_mime_content_type_set_media_subtype(g_mime_object_get_content_type(
		    GMIME_OBJECT(copy)), words[1]);
	}
	must(attachment_name(&name, letter_part_name(p) != NULL ? letter_part_name(p) : "",
	    type, number));
	g_mime_part_set_content(copy, wrapper);
	g_mime_part_set_content_encoding(copy, GMIME_CONTENT_ENCODING_BASE64);
	g_mime_object_set_disposition(GMIME_OBJECT(copy), "attachment");
	g_mime_part_set_filename(copy, (const char *)name.data);
	g_object_unref(wrapper);
	g_object_unref(stream);
	g_byte_array_unref(content);
	g_strfreev(words);
	sm_buf_free(&name);
	return GMIME_OBJECT(copy);
}

static void
add_attachments(GMimeMultipart *m, const struct letter *l)
{
	GMimeObject *copy;
	char *type;
	size_t i;

	for (i = 0; i < l->part_count; i++) {
		if (l->parts[i].shown || l->parts[i].unchosen)
			continue;
		type = letter_part_type(&l->parts[i]);
		if (is_sealed(type))
			speak_list("warn", (const char *const[]){ "sealed", type }, 2);
		else {
			copy = copy_part(&l->parts[i], type, (unsigned)i + 1);
			g_mime_multipart_add(m, copy);
			g_object_unref(copy);
		}
		g_free(type);
	}
}

static GMimeObject *
body_of(const struct letter *l, bool forward)
{
	GMimeObject *text = text_part(l, forward);
	GMimeMultipart *m;

	if (!forward)
		return text;
	m = g_mime_multipart_new_with_subtype("mixed");
	g_mime_multipart_add(m, text);
	add_attachments(m, l);
	if (g_mime_multipart_get_count(m) == 1) {
		g_object_unref(m);
		return text;
	}
	g_object_unref(text);
	return GMIME_OBJECT(m);
}

/* ---- the whole ---- */

static void
say_message(GMimeMessage *m)
{
	char *text = g_mime_object_to_string(GMIME_OBJECT(m), NULL);
	struct sm_bytes rest = sm_bytes_str(text);

	for (; rest.len > 0; rest = sm_bytes_skip(rest, PIECE))
		speak("draft", sm_bytes_first(rest, PIECE));
	g_free(text);
	speak_text("end", "");
}

/* Text of an encrypted letter: sealmail send keeps it from people outside, but for those
 * who are named here. */
static void
set_mark(GMimeMessage *m, struct sm_bytes body)
{
	char *author = speak_value(body, "author");

	g_mime_object_set_header(GMIME_OBJECT(m), "X-Sealmail-From-Encrypted",
	    author != NULL ? author : "yes", NULL);
	free(author);
}

void
draft_make(const struct letter *l, struct sm_bytes body)
{
	GMimeMessage *m = g_mime_message_new(TRUE);
	bool forward = speak_has(body, "forward");
	GMimeObject *content;

	set_people(m, "From", body, "from");
	set_people(m, "To", body, "to");
	set_people(m, "Cc", body, "cc");
	set_subject(m, l, forward);
	if (!forward)
		set_references(m, l);
	if (speak_has(body, "encrypted"))
		set_mark(m, body);
	content = body_of(l, forward);
	g_mime_message_set_mime_part(m, content);
	g_object_unref(content);
	say_message(m);
	g_object_unref(m);
}
