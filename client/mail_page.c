#include "mail_page.h"

#include <stdio.h>
#include <stdlib.h>

#include <base/try.h>

#include "attachment.h"
#include "mail_words.h"
#include "plain_text.h"

enum { FIELD_CHARS = 2000, NAME_COLUMN = 10, MARGIN_LEFT = 10,
	TEXT_MAX = 32 << 20 };

static int
put_clean(struct sm_buf *out, const char *text)
{
	return plain_text(out, sm_bytes_first(sm_bytes_str(text), FIELD_CHARS), PLAIN_LINE);
}

/* Text that stands at column `margin`: where the terminal would go on in the first
 * column, which is ours, the next line begins at the margin. */
static int
put_wrapped(struct mail_page *p, struct sm_bytes text, unsigned margin)
{
	unsigned used = margin, wide;
	size_t len;

	for (; text.len > 0; text = sm_bytes_skip(text, len)) {
		wide = plain_text_columns(plain_text_char(text, &len));
		if (p->columns > margin + MARGIN_LEFT && used + wide > p->columns) {
			SM_TRY(sm_buf_printf(&p->text, "\n%*s", (int)margin, ""));
			used = margin;
		}
		used += wide;
		SM_TRY(sm_buf_append(&p->text, sm_bytes_first(text, len)));
	}
	return 0;
}

/* A member of an object: the text made safe. */
static int
put_member(struct mail_page *p, const char *key, const char *text)
{
	struct sm_buf clean = SM_BUF_INIT;
	int rc = put_clean(&clean, text);

	if (rc == 0)
		rc = sm_buf_append_byte(&clean, 0);
	if (rc == 0) {
		sm_json_key(&p->json, key);
		sm_json_string(&p->json, (const char *)clean.data);
	}
	sm_buf_free(&clean);
	return rc;
}

/* ---- fields ---- */

static int
put_value(struct mail_page *p, const char *text)
{
	struct sm_buf clean = SM_BUF_INIT;
	int rc = put_clean(&clean, text);

	if (rc == 0)
		rc = put_wrapped(p, sm_buf_bytes(&clean), NAME_COLUMN);
	sm_buf_free(&clean);
	return rc;
}

/* name, text, where, other: the same field of the header in the open. */
static int
show_field(struct mail_page *p, const struct mail_texts *t)
{
	bool is_open = strcmp(t->text[2], "outer") == 0;

	SM_TRY(put_clean(&p->text, t->text[0]));
	SM_TRY(sm_buf_printf(&p->text, ":%*s", strlen(t->text[0]) < NAME_COLUMN - 1 ?
	    (int)(NAME_COLUMN - 1 - strlen(t->text[0])) : 1, ""));
	SM_TRY(put_value(p, t->text[1]));
	SM_TRY(sm_buf_append_byte(&p->text, '\n'));
	if (is_open && strcmp(t->text[0], "From") != 0) {
		SM_TRY(sm_buf_append_str(&p->open_fields, p->open_fields.len > 0 ? ", " : ""));
		SM_TRY(put_clean(&p->open_fields, t->text[0]));
	}
	sm_json_object_begin(&p->json);
	SM_TRY(put_member(p, "name", t->text[0]));
	SM_TRY(put_member(p, "text", t->text[1]));
	sm_json_key(&p->json, "protected");
	sm_json_bool(&p->json, !is_open);
	if (!is_open && *t->text[3] != '\0' && strcmp(t->text[1], t->text[3]) != 0)
		SM_TRY(put_member(p, "outside", t->text[3]));
	sm_json_object_end(&p->json);
	return 0;
}

/* What is not protected is named once. */
static int
tell_open_fields(struct mail_page *p)
{
	if (!mail_is_protected(p->letter->report) || p->open_fields.len == 0)
		return 0;
	SM_TRY(sm_buf_append_byte(&p->text, '('));
	SM_TRY(sm_buf_append(&p->text, sm_buf_bytes(&p->open_fields)));
	return sm_buf_append_str(&p->text, ": outside the protection; anybody could have "
	    "written it)\n");
}

/* ---- text ---- */

/* Lines of the letter, each with its margin. */
static int
put_lines(struct mail_page *p, struct sm_bytes in)
{
	const uint8_t *end;
	size_t n;

	while (in.len > 0) {
		end = memchr(in.data, '\n', in.len);
		n = end != NULL ? (size_t)(end - in.data) : in.len;
		SM_TRY(n > 0 ? sm_buf_append_str(&p->text, "  ") : 0);
		SM_TRY(put_wrapped(p, sm_bytes_first(in, n), 2));
		SM_TRY(sm_buf_append_byte(&p->text, '\n'));
		in = sm_bytes_skip(in, n + 1);
	}
	return 0;
}

/* Pieces are cut anywhere, within a character too: the whole text of a part was
 * gathered first. */
static int
end_text(struct mail_page *p)
{
	struct sm_buf clean = SM_BUF_INIT;
	int rc = 0;

	if (p->raw.len == 0)
		return 0;
	rc = plain_text(&clean, sm_buf_bytes(&p->raw), PLAIN_BODY);
	if (rc == 0)
		rc = put_lines(p, sm_buf_bytes(&clean));
	if (rc == 0)
		rc = sm_buf_append_byte(&clean, 0);
	if (rc == 0)
		sm_json_string(&p->json, (const char *)clean.data);
	sm_buf_clear(&p->raw);
	sm_buf_free(&clean);
	return rc;
}

static const char *
note_words(const char *word)
{
	static const struct {
		const char *word, *sentence;
	} known[] = {
		{ "misleading", "links that say one place and lead to another, marked [!]" },
		{ "remote", "pictures and the like from elsewhere, not fetched" },
		{ "hidden", "pieces hidden from the reader, left out" },
		{ "cut", "the text is longer than this; save the part to read all" },
		{ "more-parts", "the letter has more parts than are listed" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strcmp(known[i].word, word) == 0)
			return known[i].sentence;
	return NULL;
}

static int
show_note(struct mail_page *p, const struct mail_texts *t)
{
	const char *sentence = note_words(t->text[0]);
	bool counted = strcmp(t->text[0], "cut") != 0 &&
	    strcmp(t->text[0], "more-parts") != 0;

	if (sentence == NULL)
		return 0;
	if (!counted)
		return sm_buf_printf(&p->text, "(%s)\n", sentence);
	return sm_buf_printf(&p->text, "(%s: %lu)\n", sentence,
	    strtoul(t->text[1], NULL, 10));
}

/* ---- parts ---- */

/* number, name, type, size, shown or attached */
static int
keep_part(struct mail_page *p, const struct mail_texts *t)
{
	p->part_number = (unsigned)strtoul(t->text[0], NULL, 10);
	p->part_size = strtoll(t->text[3], NULL, 10);
	p->part_shown = strcmp(t->text[4], "shown") == 0;
	sm_buf_clear(&p->part_name);
	sm_buf_clear(&p->part_type);
	SM_TRY(sm_buf_append(&p->part_name, sm_bytes(t->text[1], strlen(t->text[1]) + 1)));
	SM_TRY(put_clean(&p->part_type, t->text[2]));
	return sm_buf_append_byte(&p->part_type, 0);
}

static int
put_part_json(struct mail_page *p, const char *name, const char *warning)
{
	sm_json_object_begin(&p->json);
	sm_json_key(&p->json, "number");
	sm_json_int(&p->json, p->part_number);
	SM_TRY(put_member(p, "name", name));
	SM_TRY(put_member(p, "type", (const char *)p->part_type.data));
	sm_json_key(&p->json, "size");
	sm_json_int(&p->json, p->part_size);
	sm_json_key(&p->json, "shown");
	sm_json_bool(&p->json, p->part_shown);
	sm_json_key(&p->json, "warning");
	sm_json_string(&p->json, warning);
	sm_json_object_end(&p->json);
	return 0;
}

/* The first bytes of the part that was told of last. */
static int
show_part(struct mail_page *p, struct sm_bytes head)
{
	const char *given = (const char *)p->part_name.data;
	const char *type = (const char *)p->part_type.data;
	const char *warning = attachment_warning(given, type, head);
	struct sm_buf name = SM_BUF_INIT;
	int rc = attachment_name(&name, given, type, p->part_number);

	if (rc == 0)
		rc = put_part_json(p, (const char *)name.data, p->part_shown ? NULL : warning);
	if (rc == 0 && !p->part_shown) {
		rc = sm_buf_printf(&p->text, "%sPart %u: %s  %s  %lld bytes\n",
		    p->listed ? "" : "\n", p->part_number, (const char *)name.data, type,
		    p->part_size);
		p->listed = true;
	}
	if (rc == 0 && !p->part_shown && warning != NULL)
		rc = sm_buf_printf(&p->text, "        %s\n", warning);
	sm_buf_free(&name);
	return rc;
}

/* ---- the page ---- */

static int
begin_page(struct mail_page *p)
{
	const struct sm_report *r = p->letter->report;
	size_t i;

	SM_TRY(mail_words(&p->text, r));
	SM_TRY(sm_buf_append_byte(&p->text, '\n'));
	for (i = 0; i < r->errant_count; i++) {
		SM_TRY(sm_buf_printf(&p->text, "Part %s: ", r->errant[i].part));
		SM_TRY(put_clean(&p->text, r->errant[i].why));
		SM_TRY(sm_buf_append_byte(&p->text, '\n'));
	}
	sm_json_init(&p->json, &p->json_text, true);
	sm_json_object_begin(&p->json);
	sm_json_key(&p->json, "protection");
	p->text.data[p->text.len - 1] = 0;
	sm_json_string(&p->json, (const char *)p->text.data);
	p->text.data[p->text.len - 1] = '\n';
	sm_json_key(&p->json, "released");
	sm_json_bool(&p->json, p->letter->released);
	sm_json_key(&p->json, "fields");
	sm_json_array_begin(&p->json);
	return 0;
}

static int
advance(struct mail_page *p, enum mail_page_state to)
{
	static const char *const names[] = { "fields", "text", "parts" };

	SM_TRY(end_text(p));
	while (p->state < to) {
		if (p->state == MAIL_PAGE_FIELDS)
			SM_TRY(tell_open_fields(p));
		p->state++;
		sm_json_array_end(&p->json);
		sm_json_key(&p->json, names[p->state]);
		sm_json_array_begin(&p->json);
	}
	return 0;
}

/* Why there is no text, and what would show it. */
static int
tell_withheld(struct mail_page *p)
{
	int code = p->letter->report->exit;

	if (p->letter->released)
		return 0;
	if (code == EXIT_UNAUTHENTICATED)
		return sm_buf_append_str(&p->text, "(the text is not shown; "
		    "--unauthenticated shows it)\n");
	if ((code >= EXIT_INVALID && code <= EXIT_EXPIRED) || code == EXIT_WEAK)
		return sm_buf_append_str(&p->text, "(the text is not shown; --force shows "
		    "it)\n");
	return 0;
}

static int
end_page(struct mail_page *p)
{
	SM_TRY(advance(p, MAIL_PAGE_PARTS));
	sm_json_array_end(&p->json);
	sm_json_object_end(&p->json);
	SM_TRY(tell_withheld(p));
	return sm_json_status(&p->json);
}

static int
add_text(struct mail_page *p, struct sm_bytes piece)
{
	if (p->raw.len + p->text.len + piece.len > TEXT_MAX)
		return SM_E_LIMIT;
	return sm_buf_append(&p->raw, piece);
}

static int
begin_body(struct mail_page *p)
{
	SM_TRY(advance(p, MAIL_PAGE_TEXT));
	return sm_buf_append_byte(&p->text, '\n');
}

static int
take(struct mail_page *p, struct frame *f, const struct mail_texts *t)
{
	if (strcmp(f->word, "field") == 0 && p->state == MAIL_PAGE_FIELDS)
		return show_field(p, t);
	if (strcmp(f->word, "body") == 0 && p->state <= MAIL_PAGE_TEXT)
		return begin_body(p);
	if (strcmp(f->word, "note") == 0)
		return end_text(p) == 0 ? show_note(p, t) : SM_E_NOMEM;
	if (strcmp(f->word, "part") == 0)
		return advance(p, MAIL_PAGE_PARTS) == 0 ? keep_part(p, t) : SM_E_NOMEM;
	if (strcmp(f->word, "head") == 0 && p->part_type.len > 0)
		return show_part(p, sm_bytes_first(sm_buf_bytes(&f->body), f->body.len - 1));
	return strcmp(f->word, "end") == 0 ? end_page(p) : SM_E_FORMAT;
}

static int
next(struct mail_page *p, struct frame *f)
{
	struct client *c = p->letter->c;
	struct mail_texts t;
	int status, rc = mail_receive(c, &p->letter->helper, f);

	if (rc == 0 && strcmp(f->word, "text") == 0 && p->state == MAIL_PAGE_TEXT)
		status = add_text(p, sm_buf_bytes(&f->body));
	else {
		rc = rc == 0 ? mail_texts(c, &t, f) : rc;
		status = rc == 0 ? take(p, f, &t) : 0;
	}
	if (status == SM_E_LIMIT)
		return client_fault(c, EXIT_LIMIT, "limit view-text-bytes (%d) reached: save "
		    "the parts of this letter instead", (int)TEXT_MAX);
	if (status == SM_E_FORMAT)
		return client_fault(c, EXIT_INTERNAL, "%s says what was not asked",
		    p->letter->helper.name);
	return status != 0 ? client_out_of_memory(c) : rc;
}

int
mail_page_make(struct mail_page *p, struct mail_letter *letter)
{
	struct frame f = { .body = SM_BUF_INIT };
	int rc;

	p->letter = letter;
	rc = begin_page(p) != 0 ? client_out_of_memory(letter->c) : 0;
	if (rc == 0)
		rc = helper_send(&letter->helper, "show", sm_bytes(NULL, 0));
	do
		rc = rc == 0 ? next(p, &f) : rc;
	while (rc == 0 && strcmp(f.word, "end") != 0);
	sm_buf_free(&f.body);
	return rc;
}

void
mail_page_free(struct mail_page *p)
{
	sm_buf_free(&p->text);
	sm_buf_free(&p->json_text);
	sm_buf_free(&p->open_fields);
	sm_buf_free(&p->raw);
	sm_buf_free(&p->part_name);
	sm_buf_free(&p->part_type);
	memset(p, 0, sizeof(*p));
}
