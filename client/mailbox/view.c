#include "view.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "draft.h"
#include "frame.h"
#include "html_text.h"
#include "letter.h"
#include "speak.h"

enum { HEAD_BYTES = 512, SAME_FIELDS_MAX = 3 };

struct view {
	struct sm_buf outer, entity;
	struct letter letter;
	bool read;
};

static void
must(int rc)
{
	if (rc != 0)
		speak_fault(70, "out of memory");
}

/* ---- show ---- */

static void
say_field(const struct letter *l, const char *name)
{
	char *text, *other;
	int n;

	for (n = 0; n < SAME_FIELDS_MAX; n++) {
		text = letter_field(l, name, n);
		if (text == NULL)
			return;
		other = l->inner != NULL ? letter_outer_field(l, name, n) : NULL;
		speak_list("field", (const char *const[]){ name, text,
		    l->inner != NULL ? "protected" : "outer", other }, 4);
		g_free(other);
		g_free(text);
	}
}

static void
say_fields(const struct letter *l)
{
	static const char *const names[] = { "From", "Sender", "Reply-To", "To", "Cc",
		"Date", "Subject" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		say_field(l, names[i]);
}

static void
say_pieces(const char *word, struct sm_bytes in)
{
	for (; in.len > 0; in = sm_bytes_skip(in, VIEW_PIECE))
		speak(word, sm_bytes_first(in, VIEW_PIECE));
}

static void
say_count(const char *what, unsigned n)
{
	char number[16];

	(void)snprintf(number, sizeof(number), "%u", n);
	if (n > 0)
		speak_list("note", (const char *const[]){ what, number }, 2);
}

static void
say_body(const struct letter *l, size_t i)
{
	struct letter_part *p = &l->parts[i];
	struct sm_buf text = SM_BUF_INIT;
	struct html_found found;
	char number[24];
	char *type = letter_part_type(p);

	must(letter_text(&text, &found, l, p));
	(void)snprintf(number, sizeof(number), "%zu", i + 1);
	speak_list("body", (const char *const[]){ number, type,
	    p->html ? "html" : "plain" }, 3);
	say_pieces("text", sm_buf_bytes(&text));
	say_count("misleading", found.misleading);
	say_count("remote", found.remote);
	say_count("hidden", found.hidden);
	say_count("cut", found.cut || text.len >= LETTER_TEXT_MAX);
	sm_buf_free(&text);
	g_free(type);
}

static void
say_part(const struct letter *l, size_t i, const GByteArray *content)
{
	const struct letter_part *p = &l->parts[i];
	char number[24], size[24];
	char *type = letter_part_type(p);

	(void)snprintf(number, sizeof(number), "%zu", i + 1);
	(void)snprintf(size, sizeof(size), "%u", content->len);
	speak_list("part", (const char *const[]){ number, letter_part_name(p), type, size,
	    p->shown ? "shown" : "attached" }, 5);
	speak("head", sm_bytes_first(sm_bytes(content->data, content->len), HEAD_BYTES));
	g_free(type);
}

static void
show(const struct letter *l)
{
	GByteArray *content;
	size_t i;

	say_fields(l);
	for (i = 0; i < l->part_count; i++)
		if (l->parts[i].shown)
			say_body(l, i);
	for (i = 0; i < l->part_count; i++) {
		content = letter_content(&l->parts[i]);
		say_part(l, i, content);
		g_byte_array_unref(content);
	}
	say_count("more-parts", l->more_parts);
	speak_text("end", "");
}

/* ---- one part ---- */

static void
give_part(const struct letter *l, struct sm_bytes body)
{
	char *number = speak_value(body, "number"), *end = number;
	unsigned long n = number != NULL ? strtoul(number, &end, 10) : 0;
	GByteArray *content;

	if (n == 0 || *end != '\0' || n > l->part_count)
		speak_fault(64, "the letter has no part %s; `sealmail mail show` lists "
		    "its %zu", number != NULL ? number : "", l->part_count);
	free(number);
	content = letter_content(&l->parts[n - 1]);
	say_part(l, n - 1, content);
	say_pieces("bytes", sm_bytes(content->data, content->len));
	g_byte_array_unref(content);
	speak_text("end", "");
}

/* ---- requests ---- */

static void
gather(struct sm_buf *to, struct sm_bytes piece, size_t max)
{
	if (to->len + piece.len > max)
		speak_fault(40, "limit view-bytes (%zu) reached: the letter is too large to "
		    "be shown; `sealmail open -o FILE` writes it", max);
	must(sm_buf_append(to, piece));
}

static void
read_letter(struct view *v, struct sm_bytes body)
{
	letter_wipe(&v->letter);
	must(letter_read(&v->letter, sm_buf_bytes(&v->outer), sm_buf_bytes(&v->entity),
	    speak_has(body, "protected"), speak_has(body, "html")));
	v->read = true;
}

static void
serve(struct view *v, const char *word, struct sm_bytes body)
{
	if (strcmp(word, "outer") == 0)
		gather(&v->outer, body, VIEW_OUTER_MAX);
	else if (strcmp(word, "entity") == 0)
		gather(&v->entity, body, VIEW_ENTITY_MAX);
	else if (strcmp(word, "read") == 0)
		read_letter(v, body);
	else if (strcmp(word, "show") == 0 && v->read)
		show(&v->letter);
	else if (strcmp(word, "part") == 0 && v->read)
		give_part(&v->letter, body);
	else if (strcmp(word, "people") == 0 && v->read)
		draft_people(&v->letter);
	else if (strcmp(word, "draft") == 0 && v->read)
		draft_make(&v->letter, body);
	else
		speak_fault(70, "unknown request %s", word);
}

int
view_serve(void)
{
	struct view v = { .outer = SM_BUF_INIT, .entity = SM_BUF_INIT };
	struct frame f = { .body = SM_BUF_INIT };
	int rc;

	while ((rc = frame_read(STDIN_FILENO, &f, VIEW_ENTITY_MAX, -1)) == 1)
		serve(&v, f.word, sm_buf_bytes(&f.body));
	letter_wipe(&v.letter);
	sm_buf_free(&v.outer);
	sm_buf_free(&v.entity);
	sm_buf_free(&f.body);
	return rc == 0 ? 0 : 70;
}
