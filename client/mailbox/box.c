#include "box.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "box_index.h"
#include "box_search.h"
#include "frame.h"
#include "letter.h"
#include "maildir.h"
#include "speak.h"

enum { HEADER_MAX = 256 << 10, ROWS_BYTES = 256 << 10, REQUEST_MAX = 64 << 10 };

struct box {
	const char *maildir;
	struct box_index *index;
	struct sm_buf rows; /* waiting to be said */
};

static void
must(int rc)
{
	if (rc != 0)
		speak_fault(70, "out of memory");
}

/* ---- what the header in the open says ---- */

static struct sm_bytes
header_of(struct sm_bytes in)
{
	size_t i;

	for (i = 0; i + 1 < in.len; i++)
		if (in.data[i] == '\n' && (in.data[i + 1] == '\n' ||
		    (i + 2 < in.len && memcmp(in.data + i + 1, "\r\n", 2) == 0)))
			return sm_bytes_first(in, i + 1);
	return in;
}

static const char *
kind_of(const struct letter *l)
{
	GMimeContentType *t = l->outer != NULL ? g_mime_object_get_content_type(l->outer) :
	    NULL;
	const char *smime;

	if (t == NULL)
		return "plain";
	smime = g_mime_object_get_content_type_parameter(l->outer, "smime-type");
	if (g_mime_content_type_is_type(t, "multipart", "signed"))
		return "signed";
	if (!g_mime_content_type_is_type(t, "application", "pkcs7-mime") &&
	    !g_mime_content_type_is_type(t, "application", "x-pkcs7-mime"))
		return g_mime_content_type_is_type(t, "multipart", "encrypted") ?
		    "encrypted" : "plain";
	return smime != NULL && g_ascii_strcasecmp(smime, "signed-data") == 0 ? "signed" :
	    smime != NULL && g_ascii_strcasecmp(smime, "compressed-data") == 0 ? "plain" :
	    "encrypted";
}

static int64_t
date_of(const struct letter *l)
{
	char *text = letter_outer_field(l, "Date", 0);
	GDateTime *d = text != NULL ? g_mime_utils_header_decode_date(text) : NULL;
	int64_t out = d != NULL ? g_date_time_to_unix(d) : 0;

	if (d != NULL)
		g_date_time_unref(d);
	g_free(text);
	return out;
}

/* Texts to be freed with the message. */
struct described {
	struct box_message m;
	char *from, *to, *subject, *id;
};

static void
describe(struct described *d, struct sm_bytes header)
{
	struct letter l;

	must(letter_read(&l, header, sm_bytes(NULL, 0), false, false));
	d->m.from = d->from = letter_outer_field(&l, "From", 0);
	d->m.to = d->to = letter_outer_field(&l, "To", 0);
	d->m.subject = d->subject = letter_outer_field(&l, "Subject", 0);
	d->m.id = d->id = letter_outer_field(&l, "Message-ID", 0);
	d->m.date = date_of(&l);
	d->m.kind = kind_of(&l);
	d->m.verdict = -1;
	letter_wipe(&l);
}

static void
described_wipe(struct described *d)
{
	g_free(d->from);
	g_free(d->to);
	g_free(d->subject);
	g_free(d->id);
}

static void
add(struct box *b, const struct maildir_entry *e)
{
	struct sm_buf bytes = SM_BUF_INIT;
	struct described d = { .m = { .name = e->name, .file = e->file } };

	/* False: moved or deleted meanwhile. */
	if (maildir_read(b->maildir, e->file, HEADER_MAX, &bytes, &d.m.size)) {
		describe(&d, header_of(sm_buf_bytes(&bytes)));
		box_index_add(b->index, &d.m);
		described_wipe(&d);
	}
	sm_buf_free(&bytes);
}

/* ---- folder and index made equal ---- */

static void
forget_missing(struct box *b, GHashTable *known)
{
	GHashTableIter at;
	gpointer name;

	g_hash_table_iter_init(&at, known);
	while (g_hash_table_iter_next(&at, &name, NULL))
		box_index_gone(b->index, name);
}

static bool
is_same(GHashTable *known, const GPtrArray *entries)
{
	const struct maildir_entry *e;
	const char *file;

	if (g_hash_table_size(known) != entries->len)
		return false;
	for (guint i = 0; i < entries->len; i++) {
		e = entries->pdata[i];
		file = g_hash_table_lookup(known, e->name);
		if (file == NULL || strcmp(file, e->file) != 0)
			return false;
	}
	return true;
}

static void
update(struct box *b, GHashTable *known, const GPtrArray *entries)
{
	const struct maildir_entry *e;
	const char *file;

	for (guint i = 0; i < entries->len; i++) {
		e = entries->pdata[i];
		file = g_hash_table_lookup(known, e->name);
		if (file == NULL)
			add(b, e);
		else if (strcmp(file, e->file) != 0)
			box_index_moved(b->index, e->name, e->file);
		(void)g_hash_table_remove(known, e->name);
	}
	forget_missing(b, known);
}

static void
refresh(struct box *b)
{
	GPtrArray *entries = maildir_entries(b->maildir);
	GHashTable *known = box_index_files(b->index);

	if (!is_same(known, entries)) {
		/* Another program may be at it, too. */
		box_index_begin(b->index);
		g_hash_table_unref(known);
		known = box_index_files(b->index);
		update(b, known, entries);
		box_index_commit(b->index);
	}
	g_hash_table_unref(known);
	g_ptr_array_unref(entries);
}

/* ---- answers ---- */

static void
flush_rows(struct box *b)
{
	if (b->rows.len > 0)
		speak("rows", sm_buf_bytes(&b->rows));
	sm_buf_clear(&b->rows);
}

static void
row_text(struct box *b, const char *text)
{
	must(sm_buf_append_str(&b->rows, text != NULL ? text : ""));
	must(sm_buf_append_byte(&b->rows, 0));
}

static void
row_number(struct box *b, int64_t n)
{
	char text[24];

	(void)snprintf(text, sizeof(text), "%" PRId64, n);
	row_text(b, text);
}

static void
say_row(void *ctx, const struct box_message *m)
{
	struct box *b = ctx;

	row_number(b, m->number);
	row_number(b, m->date);
	row_number(b, m->size);
	row_text(b, m->kind);
	row_number(b, m->verdict);
	row_number(b, m->judged_at);
	row_text(b, m->signer);
	row_text(b, m->file);
	row_text(b, m->from);
	row_text(b, m->to);
	row_text(b, m->subject);
	row_text(b, m->id);
	if (b->rows.len >= ROWS_BYTES)
		flush_rows(b);
}

/* ---- requests ---- */

static int64_t
number_in(struct sm_bytes body, const char *name)
{
	char *text = speak_value(body, name);
	int64_t n = text != NULL ? strtoll(text, NULL, 10) : 0;

	free(text);
	return n;
}

static void
list(struct box *b, struct sm_bytes body)
{
	refresh(b);
	box_index_each(b->index, number_in(body, "last"), NULL, say_row, b);
	flush_rows(b);
}

static void
search(struct box *b, struct sm_bytes body)
{
	char *words = speak_value(body, "words");
	struct box_search s = { .index = b->index, .maildir = b->maildir,
		.last = number_in(body, "last"), .bodies = speak_has(body, "body"),
		.words = g_strsplit(words != NULL ? words : "", "\t", -1),
		.found = say_row, .ctx = b };

	refresh(b);
	box_search(&s);
	flush_rows(b);
	speak_list("skipped", (const char *const[]){ s.skipped_text }, 1);
	g_strfreev(s.words);
	free(words);
}

static void
find(struct box *b, struct sm_bytes body)
{
	int64_t number = number_in(body, "number");

	refresh(b);
	if (!box_index_find(b->index, number, say_row, b))
		speak_fault(66, "there is no message %" PRId64 " in %s; `sealmail mail list` "
		    "shows the numbers", number, b->maildir);
	flush_rows(b);
}

static void
judged(struct box *b, struct sm_bytes body)
{
	char *signer = speak_value(body, "signer");

	box_index_judged(b->index, number_in(body, "number"),
	    (int)number_in(body, "exit"), number_in(body, "at"), signer);
	free(signer);
}

static void
serve(struct box *b, const char *word, struct sm_bytes body)
{
	if (strcmp(word, "list") == 0)
		list(b, body);
	else if (strcmp(word, "search") == 0)
		search(b, body);
	else if (strcmp(word, "find") == 0)
		find(b, body);
	else if (strcmp(word, "judged") == 0)
		judged(b, body);
	else
		speak_fault(70, "unknown request %s", word);
	speak_text("end", "");
}

int
box_serve(const char *maildir, const char *index)
{
	struct box b = { .maildir = maildir, .index = box_index_open(index),
		.rows = SM_BUF_INIT };
	struct frame f = { .body = SM_BUF_INIT };
	int rc;

	while ((rc = frame_read(STDIN_FILENO, &f, REQUEST_MAX, -1)) == 1)
		serve(&b, f.word, sm_buf_bytes(&f.body));
	box_index_close(b.index);
	sm_buf_free(&b.rows);
	sm_buf_free(&f.body);
	return rc == 0 ? 0 : 70;
}

/* ---- headers from elsewhere ---- */

static void
say_header(struct box *b, struct sm_bytes body)
{
	const uint8_t *nl = body.len > 0 ? memchr(body.data, '\n', body.len) : NULL;
	struct described d = { .from = NULL };
	char *end;

	/* The line ends with a digit or LF: strtoll stops there. */
	if (nl == NULL)
		speak_fault(70, "a header without its number");
	d.m.number = strtoll((const char *)body.data, &end, 10);
	d.m.size = strtoll(end, NULL, 10);
	d.m.file = "";
	describe(&d, sm_bytes_skip(body, (size_t)(nl - body.data) + 1));
	say_row(b, &d.m);
	flush_rows(b);
	described_wipe(&d);
}

int
box_serve_headers(void)
{
	struct box b = { .rows = SM_BUF_INIT };
	struct frame f = { .body = SM_BUF_INIT };
	int rc;

	while ((rc = frame_read(STDIN_FILENO, &f, HEADER_MAX + REQUEST_MAX, -1)) == 1)
		if (strcmp(f.word, "header") == 0)
			say_header(&b, sm_buf_bytes(&f.body));
	sm_buf_free(&b.rows);
	sm_buf_free(&f.body);
	return rc == 0 ? 0 : 70;
}
