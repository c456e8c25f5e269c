#include "box_index.h"

#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "speak.h"

enum { VERSION = 1, WORDS_MAX = 20, BUSY_MS = 20000 };

struct box_index {
	sqlite3 *db;
	char *file;
};

#define COLUMNS "number, date, size, name, file, kind, sender, recipients, subject, " \
	"id, verdict, judged_at, signer"

/* folded_*: without regard to case, for searching. */
static const char schema[] =
    "CREATE TABLE message (number INTEGER PRIMARY KEY AUTOINCREMENT,"
    " name TEXT NOT NULL UNIQUE, file TEXT NOT NULL, date INTEGER, size INTEGER,"
    " kind TEXT NOT NULL, sender TEXT, recipients TEXT, subject TEXT, id TEXT,"
    " folded_sender TEXT, folded_recipients TEXT, folded_subject TEXT,"
    " verdict INTEGER NOT NULL DEFAULT -1, judged_at INTEGER, signer TEXT);"
    "PRAGMA user_version = 1;";

static void __attribute__((noreturn))
fail(struct box_index *b)
{
	int code = sqlite3_errcode(b->db);

	speak_fault(code == SQLITE_BUSY ? 75 : code == SQLITE_FULL || code == SQLITE_IOERR ?
	    74 : 70, "the list of the mail folder (%s): %s", b->file,
	    sqlite3_errmsg(b->db));
}

static void
run(struct box_index *b, const char *sql)
{
	if (sqlite3_exec(b->db, sql, NULL, NULL, NULL) != SQLITE_OK)
		fail(b);
}

static sqlite3_stmt *
prepare(struct box_index *b, const char *sql)
{
	sqlite3_stmt *s = NULL;

	if (sqlite3_prepare_v2(b->db, sql, -1, &s, NULL) != SQLITE_OK)
		fail(b);
	return s;
}

/* ---- opening ---- */

static int
version(struct box_index *b)
{
	sqlite3_stmt *s = NULL;
	int v = -1;

	if (sqlite3_prepare_v2(b->db, "PRAGMA user_version", -1, &s, NULL) == SQLITE_OK &&
	    sqlite3_step(s) == SQLITE_ROW)
		v = sqlite3_column_int(s, 0);
	(void)sqlite3_finalize(s);
	return v;
}

static bool
try_open(struct box_index *b)
{
	if (sqlite3_open_v2(*b->file != '\0' ? b->file : ":memory:", &b->db,
		SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOFOLLOW, NULL) !=
	    SQLITE_OK)
		return false;
	(void)sqlite3_busy_timeout(b->db, BUSY_MS);
	(void)sqlite3_db_config(b->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	return sqlite3_exec(b->db, "PRAGMA trusted_schema = OFF; PRAGMA synchronous = "
	    "NORMAL; PRAGMA temp_store = MEMORY;", NULL, NULL, NULL) == SQLITE_OK;
}

/* Two programs may find a new file at once: one makes the tables. */
static bool
set_up(struct box_index *b)
{
	if (version(b) == VERSION)
		return true;
	if (sqlite3_exec(b->db, "BEGIN IMMEDIATE", NULL, NULL, NULL) != SQLITE_OK)
		return false;
	if (version(b) != VERSION && sqlite3_exec(b->db, "DROP TABLE IF EXISTS message;",
		NULL, NULL, NULL) == SQLITE_OK)
		(void)sqlite3_exec(b->db, schema, NULL, NULL, NULL);
	return sqlite3_exec(b->db, "COMMIT", NULL, NULL, NULL) == SQLITE_OK &&
	    version(b) == VERSION;
}

static bool
is_damaged(struct box_index *b)
{
	int code = sqlite3_errcode(b->db);

	return code == SQLITE_NOTADB || code == SQLITE_CORRUPT || code == SQLITE_ERROR;
}

struct box_index *
box_index_open(const char *file)
{
	struct box_index *b = g_new0(struct box_index, 1);

	b->file = g_strdup(file);
	if (try_open(b) && set_up(b))
		return b;
	if (*file == '\0' || !is_damaged(b))
		fail(b);
	(void)sqlite3_close(b->db);
	(void)unlink(file);
	if (!try_open(b) || !set_up(b))
		fail(b);
	return b;
}

void
box_index_close(struct box_index *b)
{
	if (sqlite3_close(b->db) != SQLITE_OK)
		fail(b);
	g_free(b->file);
	g_free(b);
}

void
box_index_begin(struct box_index *b)
{
	run(b, "BEGIN IMMEDIATE");
}

void
box_index_commit(struct box_index *b)
{
	run(b, "COMMIT");
}

/* ---- changes ---- */

static void
bind_text(sqlite3_stmt *s, int at, const char *text)
{
	(void)sqlite3_bind_text(s, at, text, -1, SQLITE_TRANSIENT);
}

static void
bind_folded(sqlite3_stmt *s, int at, const char *text)
{
	char *folded = text != NULL ? g_utf8_casefold(text, -1) : NULL;

	bind_text(s, at, folded);
	g_free(folded);
}

static void
finish(struct box_index *b, sqlite3_stmt *s)
{
	if (sqlite3_step(s) != SQLITE_DONE)
		fail(b);
	(void)sqlite3_finalize(s);
}

GHashTable *
box_index_files(struct box_index *b)
{
	GHashTable *out = g_hash_table_new_full(g_str_hash, g_str_equal, g_free, g_free);
	sqlite3_stmt *s = prepare(b, "SELECT name, file FROM message");
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW)
		(void)g_hash_table_insert(out,
		    g_strdup((const char *)sqlite3_column_text(s, 0)),
		    g_strdup((const char *)sqlite3_column_text(s, 1)));
	if (rc != SQLITE_DONE)
		fail(b);
	(void)sqlite3_finalize(s);
	return out;
}

void
box_index_add(struct box_index *b, const struct box_message *m)
{
	sqlite3_stmt *s = prepare(b, "INSERT INTO message (name, file, date, "
	    "size, kind, sender, recipients, subject, id, folded_sender, "
	    "folded_recipients, folded_subject) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)");

	bind_text(s, 1, m->name);
	bind_text(s, 2, m->file);
	(void)sqlite3_bind_int64(s, 3, m->date);
	(void)sqlite3_bind_int64(s, 4, m->size);
	bind_text(s, 5, m->kind);
	bind_text(s, 6, m->from);
	bind_text(s, 7, m->to);
	bind_text(s, 8, m->subject);
	bind_text(s, 9, m->id);
	bind_folded(s, 10, m->from);
	bind_folded(s, 11, m->to);
	bind_folded(s, 12, m->subject);
	finish(b, s);
}

void
box_index_moved(struct box_index *b, const char *name, const char *file)
{
	sqlite3_stmt *s = prepare(b, "UPDATE message SET file = ? WHERE name = ?");

	bind_text(s, 1, file);
	bind_text(s, 2, name);
	finish(b, s);
}

void
box_index_gone(struct box_index *b, const char *name)
{
	sqlite3_stmt *s = prepare(b, "DELETE FROM message WHERE name = ?");

	bind_text(s, 1, name);
	finish(b, s);
}

void
box_index_judged(struct box_index *b, int64_t number, int verdict, int64_t at,
    const char *signer)
{
	sqlite3_stmt *s = prepare(b, "UPDATE message SET verdict = ?, judged_at = ?, "
	    "signer = ? WHERE number = ?");

	(void)sqlite3_bind_int(s, 1, verdict);
	(void)sqlite3_bind_int64(s, 2, at);
	bind_text(s, 3, signer);
	(void)sqlite3_bind_int64(s, 4, number);
	finish(b, s);
}

/* ---- questions ---- */

static const char *
text(sqlite3_stmt *s, int column)
{
	return (const char *)sqlite3_column_text(s, column);
}

static struct box_message
message_of(sqlite3_stmt *s)
{
	return (struct box_message){
		.number = sqlite3_column_int64(s, 0), .date = sqlite3_column_int64(s, 1),
		.size = sqlite3_column_int64(s, 2), .name = text(s, 3), .file = text(s, 4),
		.kind = text(s, 5), .from = text(s, 6), .to = text(s, 7),
		.subject = text(s, 8), .id = text(s, 9),
		.verdict = sqlite3_column_int(s, 10),
		.judged_at = sqlite3_column_int64(s, 11), .signer = text(s, 12),
	};
}

static void
each(struct box_index *b, sqlite3_stmt *s, box_message_fn fn, void *ctx)
{
	struct box_message m;
	int rc;

	while ((rc = sqlite3_step(s)) == SQLITE_ROW) {
		m = message_of(s);
		fn(ctx, &m);
	}
	if (rc != SQLITE_DONE)
		fail(b);
	(void)sqlite3_finalize(s);
}

static const struct {
	const char *prefix, *sql;
} fields[] = {
	{ "from:", " AND instr(folded_sender, ?)" },
	{ "to:", " AND instr(folded_recipients, ?)" },
	{ "subject:", " AND instr(folded_subject, ?)" },
	{ "kind:", " AND kind = ?" },
};

bool
box_index_names_field(const char *word)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_str_has_prefix(word, fields[i].prefix))
			return true;
	return false;
}

/* "from:ann" looks in one field, "ann" in all. The words themselves are bound. */
static const char *
condition(const char *word, const char **needle)
{
	for (size_t i = 0; i < G_N_ELEMENTS(fields); i++)
		if (g_str_has_prefix(word, fields[i].prefix)) {
			*needle = word + strlen(fields[i].prefix);
			return fields[i].sql;
		}
	*needle = word;
	return " AND instr(ifnull(folded_sender, '') || char(10) || "
	    "ifnull(folded_recipients, '') || char(10) || ifnull(folded_subject, ''), ?)";
}

void
box_index_each(struct box_index *b, int64_t last, char *const *words, box_message_fn fn,
    void *ctx)
{
	GString *sql = g_string_new("SELECT " COLUMNS " FROM (SELECT * FROM message "
	    "WHERE 1");
	const char *needle;
	sqlite3_stmt *s;
	int i;

	for (i = 0; words != NULL && words[i] != NULL && i < WORDS_MAX; i++)
		g_string_append(sql, condition(words[i], &needle));
	g_string_append(sql, " ORDER BY number DESC LIMIT ?) ORDER BY number");
	s = prepare(b, sql->str);
	for (i = 0; words != NULL && words[i] != NULL && i < WORDS_MAX; i++) {
		(void)condition(words[i], &needle);
		bind_folded(s, i + 1, needle);
	}
	(void)sqlite3_bind_int64(s, i + 1, last > 0 ? last : -1);
	(void)g_string_free(sql, TRUE);
	each(b, s, fn, ctx);
}

struct found {
	box_message_fn fn;
	void *ctx;
	bool any;
};

static void
found_one(void *ctx, const struct box_message *m)
{
	struct found *f = ctx;

	f->any = true;
	f->fn(f->ctx, m);
}

bool
box_index_find(struct box_index *b, int64_t number, box_message_fn fn, void *ctx)
{
	struct found f = { fn, ctx, false };
	sqlite3_stmt *s = prepare(b, "SELECT " COLUMNS " FROM message WHERE number = ?");

	(void)sqlite3_bind_int64(s, 1, number);
	each(b, s, found_one, &f);
	return f.any;
}
