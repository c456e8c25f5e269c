#include "box_search.h"

#include <inttypes.h>
#include <stdio.h>

#include "html_text.h"
#include "letter.h"
#include "maildir.h"
#include "speak.h"

enum { MESSAGE_MAX = 16 << 20 };

struct finder {
	struct box_search *s;
	GHashTable *by_field; /* numbers that the fields gave */
	GPtrArray *named;     /* words that name a field; NULL at the end */
	GPtrArray *others;    /* those that the text may have */
	int64_t skipped;
};

static void
must(int rc)
{
	if (rc != 0)
		speak_fault(70, "out of memory");
}

static void
remember(void *ctx, const struct box_message *m)
{
	int64_t *key = g_new(int64_t, 1);

	*key = m->number;
	(void)g_hash_table_add(ctx, key);
}

static bool
text_has(struct sm_bytes text, char *const *words)
{
	char *folded = g_utf8_make_valid((const char *)text.data, (gssize)text.len);
	char *hay = g_utf8_casefold(folded, -1), *needle;
	bool all = true;

	for (; all && *words != NULL; words++) {
		needle = g_utf8_casefold(*words, -1);
		all = strstr(hay, needle) != NULL;
		g_free(needle);
	}
	g_free(hay);
	g_free(folded);
	return all;
}

static bool
letter_has(const struct letter *l, char *const *words)
{
	struct sm_buf text = SM_BUF_INIT;
	struct html_found found;
	size_t i;
	bool has;

	for (i = 0; i < l->part_count; i++)
		if (l->parts[i].shown)
			must(letter_text(&text, &found, l, &l->parts[i]));
	has = text.len > 0 && text_has(sm_buf_bytes(&text), words);
	sm_buf_free(&text);
	return has;
}

static bool
is_cms(const struct letter *l)
{
	GMimeContentType *t = g_mime_object_get_content_type(l->entity);

	return t != NULL && (g_mime_content_type_is_type(t, "application", "pkcs7-mime") ||
	    g_mime_content_type_is_type(t, "application", "x-pkcs7-mime"));
}

static bool
body_has(struct finder *f, const struct box_message *m)
{
	struct sm_buf bytes = SM_BUF_INIT;
	struct letter l;
	int64_t size;
	bool has = false;

	if (!maildir_read(f->s->maildir, m->file, MESSAGE_MAX, &bytes, &size))
		goto out;
	must(letter_read(&l, sm_bytes(NULL, 0), sm_buf_bytes(&bytes), false, false));
	if (l.entity != NULL && (is_cms(&l) || size > MESSAGE_MAX))
		f->skipped++;
	else if (l.entity != NULL)
		has = letter_has(&l, (char *const *)f->others->pdata);
	letter_wipe(&l);
out:
	sm_buf_free(&bytes);
	return has;
}

static void
look(void *ctx, const struct box_message *m)
{
	struct finder *f = ctx;

	if (g_hash_table_contains(f->by_field, &m->number))
		f->s->found(f->s->ctx, m);
	else if (strcmp(m->kind, "encrypted") == 0)
		f->skipped++;
	else if (f->s->bodies && body_has(f, m))
		f->s->found(f->s->ctx, m);
}

/* "from:ann" is about that field: no text can have it. */
static void
divide(struct finder *f)
{
	char **word;

	f->named = g_ptr_array_new();
	f->others = g_ptr_array_new();
	for (word = f->s->words; *word != NULL; word++)
		g_ptr_array_add(box_index_names_field(*word) ? f->named : f->others, *word);
	g_ptr_array_add(f->named, NULL);
	g_ptr_array_add(f->others, NULL);
}

void
box_search(struct box_search *s)
{
	struct finder f = { .s = s };

	if (!s->bodies) {
		box_index_each(s->index, s->last, s->words, s->found, s->ctx);
	} else {
		f.by_field = g_hash_table_new_full(g_int64_hash, g_int64_equal, g_free, NULL);
		box_index_each(s->index, 0, s->words, remember, f.by_field);
		divide(&f);
		box_index_each(s->index, s->last, (char *const *)f.named->pdata, look, &f);
		g_hash_table_unref(f.by_field);
		g_ptr_array_unref(f.named);
		g_ptr_array_unref(f.others);
	}
	(void)snprintf(s->skipped_text, sizeof(s->skipped_text), "%" PRId64, f.skipped);
}
