/* sealmail mail list, mail search: the messages of a Maildir, a line each. */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <base/der.h>
#include <base/json.h>
#include <base/try.h>

#include "json_place.h"
#include "mail_box.h"
#include "mail_server.h"
#include "mail_text.h"
#include "output.h"
#include "plain_text.h"

enum { LAST_DEFAULT = 50, FROM_COLUMNS = 28, BEFORE_SUBJECT = 68, TEXT_CHARS = 500, HOLD = 64 << 10 };

struct listing {
	struct client *c;
	struct output out;
	struct sm_sink sink;
	struct sm_buf text;
	struct sm_json json;
	struct sm_buf json_text, field;
	int64_t *found;      /* numbers of encrypted messages that are listed */
	size_t found_count;
	struct mail_texts_kept kept;  /* while these are searched */
	const char **text_words;      /* that the text shall have */
	size_t text_word_count;
	const char *maildir;
	unsigned columns;    /* of the terminal; 0: none */
	long long *skipped;
};

/* ---- words ---- */

/* What is known of its protection, in a word. A verdict that was reached counts as of
 * then; "signed" alone was not looked at yet. */
static const char *
state_of(const struct mail_row *row)
{
	if (row->verdict == EXIT_GOOD)
		return strcmp(row->kind, "encrypted") == 0 ? "good+enc" : "good";
	if (row->verdict > 0 && row->verdict != EXIT_UNSIGNED)
		return row->verdict == EXIT_NO_KEY ? "no-key" : "BAD";
	if (strcmp(row->kind, "encrypted") == 0)
		return "encrypted";
	return strcmp(row->kind, "signed") == 0 ? "signed" : "-";
}

static const char *
verdict_name(int verdict)
{
	const struct exit_info *info = verdict >= 0 ? exit_of(verdict) : NULL;

	return info != NULL ? info->name : NULL;
}

static void
day_of(char out[17], int64_t seconds)
{
	time_t t = (time_t)seconds;
	struct tm tm;

	if (seconds <= 0 || gmtime_r(&t, &tm) == NULL ||
	    strftime(out, 17, "%Y-%m-%d %H:%M", &tm) == 0)
		memcpy(out, "                ", 17);
}

/* The display name, or the address: what stands before " <". */
static struct sm_bytes
short_name(const char *from)
{
	struct sm_bytes name = sm_bytes_str(from);
	const char *angle = strstr(from, " <");

	if (angle != NULL && angle > from)
		name.len = (size_t)(angle - from);
	if (name.len > 2 && name.data[0] == '"' && name.data[name.len - 1] == '"')
		name = sm_bytes(name.data + 1, name.len - 2);
	return name;
}

/* So many columns, a character each; enough for a list. */
static int
put_column(struct listing *l, struct sm_bytes text, size_t columns)
{
	struct sm_bytes rest;
	size_t len, wide, n = 0;

	sm_buf_clear(&l->field);
	SM_TRY(plain_text(&l->field, sm_bytes_first(text, TEXT_CHARS), PLAIN_LINE));
	for (rest = sm_buf_bytes(&l->field); rest.len > 0; n += wide) {
		wide = plain_text_columns(plain_text_char(rest, &len));
		if (n + wide > columns)
			break;
		SM_TRY(sm_buf_append(&l->text, sm_bytes_first(rest, len)));
		rest = sm_bytes_skip(rest, len);
	}
	return sm_buf_printf(&l->text, "%*s", (int)(columns - n), "");
}

static int
put_line(struct listing *l, const struct mail_row *row)
{
	/* A good signature is about an address; the name beside it is anybody's. */
	struct sm_bytes who = row->verdict == EXIT_GOOD && *row->signer != '\0' ?
	    sm_bytes_str(row->signer) : short_name(row->from);
	char day[17];

	day_of(day, row->date);
	SM_TRY(sm_buf_printf(&l->text, "%6lld  %-9s  %s  ", (long long)row->number,
	    state_of(row), day));
	SM_TRY(put_column(l, who, FROM_COLUMNS));
	SM_TRY(sm_buf_append_str(&l->text, "  "));
	/* What went over the edge of a terminal would begin a line. */
	if (l->columns > BEFORE_SUBJECT)
		SM_TRY(put_column(l, sm_bytes_str(row->subject), l->columns - BEFORE_SUBJECT));
	else
		SM_TRY(plain_text(&l->text, sm_bytes_first(sm_bytes_str(row->subject),
		    TEXT_CHARS), PLAIN_LINE));
	return sm_buf_append_byte(&l->text, '\n');
}

/* ---- JSON ---- */

static int
put_member(struct listing *l, const char *key, const char *text)
{
	sm_buf_clear(&l->field);
	SM_TRY(plain_text(&l->field, sm_bytes_str(text), PLAIN_LINE));
	SM_TRY(sm_buf_append_byte(&l->field, 0));
	sm_json_key(&l->json, key);
	sm_json_string(&l->json, *text != '\0' ? (const char *)l->field.data : NULL);
	return 0;
}

static void
put_time(struct listing *l, const char *key, int64_t seconds)
{
	char text[32];

	if (seconds > 0)
		sm_time_text(text, seconds);
	sm_json_key(&l->json, key);
	sm_json_string(&l->json, seconds > 0 ? text : NULL);
}

static int
put_object(struct listing *l, const struct mail_row *row)
{
	sm_json_object_begin(&l->json);
	sm_json_key(&l->json, "number");
	sm_json_int(&l->json, row->number);
	put_time(l, "date", row->date);
	sm_json_key(&l->json, "size");
	sm_json_int(&l->json, row->size);
	SM_TRY(put_member(l, "kind", row->kind));
	sm_json_key(&l->json, "verdict");
	sm_json_string(&l->json, verdict_name(row->verdict));
	put_time(l, "judged_at", row->judged_at);
	SM_TRY(put_member(l, "signer", row->signer));
	SM_TRY(put_member(l, "from", row->from));
	SM_TRY(put_member(l, "to", row->to));
	SM_TRY(put_member(l, "subject", row->subject));
	SM_TRY(put_member(l, "message_id", row->id));
	SM_TRY(put_member(l, "file", row->file));
	sm_json_object_end(&l->json);
	return 0;
}

/* ---- the list ---- */

static int
flush(struct listing *l, size_t above)
{
	int rc = 0;

	if (l->text.len <= above)
		return 0;
	if (sm_sink_write(&l->sink, sm_buf_bytes(&l->text)) != 0)
		rc = output_fault(l->c, &l->out);
	sm_buf_clear(&l->text);
	return rc;
}

static int
remember_found(struct listing *l, int64_t number)
{
	int64_t *more = reallocarray(l->found, l->found_count + 1, sizeof(*more));

	if (more == NULL)
		return SM_E_NOMEM;
	l->found = more;
	more[l->found_count++] = number;
	return 0;
}

static int
take_row(void *ctx, const struct mail_row *row)
{
	struct listing *l = ctx;
	int status = 0;

	if (l->skipped != NULL && strcmp(row->kind, "encrypted") == 0)
		status = remember_found(l, row->number);
	if (status == 0 && l->c->json.wanted)
		status = put_object(l, row);
	if (status == 0 && !l->c->json.to_stdout)
		status = put_line(l, row);
	return status != 0 ? client_out_of_memory(l->c) : flush(l, HOLD);
}

static int
write_json(struct listing *l, long long skipped)
{
	struct sm_sink sink = json_place_sink(l->c);

	sm_json_array_end(&l->json);
	if (skipped >= 0) {
		sm_json_key(&l->json, "not_searched");
		sm_json_int(&l->json, skipped);
	}
	sm_json_object_end(&l->json);
	if (sm_json_status(&l->json) != 0 || sm_buf_append_byte(&l->json_text, '\n') != 0)
		return client_out_of_memory(l->c);
	if (sm_sink_write(&sink, sm_buf_bytes(&l->json_text)) != 0)
		return output_fault(l->c, l->c->json.out);
	return json_place_done(l->c);
}

static void
begin_json(struct listing *l, const char *kind, const char *place)
{
	sm_json_init(&l->json, &l->json_text, true);
	sm_json_object_begin(&l->json);
	sm_json_key(&l->json, "version");
	sm_json_int(&l->json, 1);
	sm_json_key(&l->json, kind);
	sm_json_string(&l->json, place);
	sm_json_key(&l->json, "messages");
	sm_json_array_begin(&l->json);
}

static int
ask_server(struct listing *l, long last)
{
	struct mail_server server;
	int rc = mail_server_open(l->c, &server);

	if (rc == 0 && l->c->json.wanted)
		begin_json(l, "imap", server.url);
	if (rc == 0)
		rc = mail_server_list(&server, last, take_row, l);
	mail_server_close(&server);
	return rc;
}

/* "from:ann" is about a field (mailbox/box_index.c), and no text can have it. */
static bool
names_field(const char *word)
{
	static const char *const prefixes[] = { "from:", "to:", "subject:", "kind:" };

	for (size_t i = 0; i < sizeof(prefixes) / sizeof(prefixes[0]); i++)
		if (strncmp(word, prefixes[i], strlen(prefixes[i])) == 0)
			return true;
	return false;
}

/* Line ends and tabs divide the request. */
static int
put_words(struct client *c, struct sm_buf *body, bool fields_only)
{
	const char *word, *between = "";
	size_t i;

	SM_TRY(sm_buf_append_str(body, "words="));
	for (i = 0; i < c->opt.operand_count; i++) {
		word = c->opt.operands[i];
		if (fields_only && !names_field(word))
			continue;
		SM_TRY(sm_buf_append_str(body, between));
		SM_TRY(plain_text(body, sm_bytes_str(word), PLAIN_LINE));
		between = "\t";
	}
	return sm_buf_append_byte(body, '\n');
}

/* ---- the text of encrypted letters, where it is kept ---- */

static bool
is_found(const struct listing *l, int64_t number)
{
	for (size_t i = 0; i < l->found_count; i++)
		if (l->found[i] == number)
			return true;
	return false;
}

static int
look_into(void *ctx, const struct mail_row *row)
{
	struct listing *l = ctx;
	bool has, there;
	char *path;
	int rc;

	if (strcmp(row->kind, "encrypted") != 0 || is_found(l, row->number))
		return 0;
	if (asprintf(&path, "%s/%s", l->maildir, row->file) < 0)
		return client_out_of_memory(l->c);
	rc = mail_text_has(&l->kept, path, l->text_words, l->text_word_count, &has, &there);
	free(path);
	*l->skipped -= there;
	return rc == 0 && has ? take_row(l, row) : rc;
}

static int
choose_words(struct listing *l)
{
	const struct options *o = &l->c->opt;

	l->text_words = calloc(o->operand_count + 1, sizeof(*l->text_words));
	if (l->text_words == NULL)
		return SM_E_NOMEM;
	for (size_t i = 0; i < o->operand_count; i++)
		if (!names_field(o->operands[i]))
			l->text_words[l->text_word_count++] = o->operands[i];
	return 0;
}

static int
search_kept(struct listing *l, struct mail_box *box)
{
	struct sm_buf body = SM_BUF_INIT;
	bool wanted;
	int rc = mail_text_wanted(l->c, &wanted);

	if (rc != 0 || !wanted || *l->skipped <= 0)
		return rc;
	rc = mail_text_open(l->c, &l->kept);
	l->maildir = box->path;
	if (rc == 0 && (choose_words(l) != 0 || put_words(l->c, &body, true) != 0))
		rc = client_out_of_memory(l->c);
	if (rc == 0)
		rc = mail_box_ask(box, "search", sm_buf_bytes(&body), look_into, l, NULL);
	mail_text_close(&l->kept);
	sm_buf_free(&body);
	free(l->text_words);
	return rc;
}

static int
ask(struct listing *l, const char *word, struct sm_bytes body, long long *skipped)
{
	struct mail_box box;
	int rc = mail_box_open(l->c, &box);

	if (rc == 0 && l->c->json.wanted)
		begin_json(l, "maildir", box.path);
	if (rc == 0)
		rc = mail_box_ask(&box, word, body, take_row, l, skipped);
	if (rc == 0 && l->skipped != NULL)
		rc = search_kept(l, &box);
	mail_box_close(&box);
	return rc;
}

static int
run(struct client *c, const char *word, struct sm_bytes body, long last,
    long long *skipped)
{
	struct listing l = { .c = c };
	int rc = output_open_fd(c, &l.out, STDOUT_FILENO, "standard output");

	l.sink = output_sink(&l.out);
	l.columns = output_columns();
	if (options_has(&c->opt, OPT_BODY))
		l.skipped = skipped;
	if (rc == 0)
		rc = json_place_open(c, false);
	if (rc == 0)
		rc = mail_server_wanted(c) ? ask_server(&l, last) : ask(&l, word, body, skipped);
	if (rc == 0)
		rc = flush(&l, 0);
	if (rc == 0)
		rc = output_commit(c, &l.out);
	if (rc == 0 && c->json.wanted)
		rc = write_json(&l, *skipped);
	output_close(&l.out);
	sm_buf_free(&l.text);
	sm_buf_free(&l.json_text);
	sm_buf_free(&l.field);
	free(l.found);
	return rc;
}

/* How many, the newest: --last, or all. */
static int
last_of(struct client *c, long *out)
{
	const char *text = options_value(&c->opt, OPT_LAST);
	char *end;

	*out = LAST_DEFAULT;
	if (text == NULL)
		return 0;
	if (strcmp(text, "all") == 0) {
		*out = 0;
		return 0;
	}
	*out = strtol(text, &end, 10);
	if (*end != '\0' || *out < 1 || *out > 100000000)
		return client_fault(c, EXIT_USAGE, "--last takes a number from 1, or all");
	return 0;
}

int
verb_mail_list(struct client *c)
{
	char body[40];
	long long skipped = -1;
	long last;
	int rc = last_of(c, &last);

	if (rc != 0)
		return rc;
	(void)snprintf(body, sizeof(body), "last=%ld\n", last);
	return run(c, "list", sm_bytes_str(body), last, &skipped);
}

int
verb_mail_search(struct client *c)
{
	struct sm_buf body = SM_BUF_INIT;
	long long skipped = -1;
	long last;
	int rc = last_of(c, &last);

	if (rc == 0 && (sm_buf_printf(&body, "last=%ld\n%s", options_has(&c->opt, OPT_LAST) ?
	    last : 0, options_has(&c->opt, OPT_BODY) ? "body\n" : "") != 0 ||
	    put_words(c, &body, false) != 0))
		rc = client_out_of_memory(c);
	if (rc == 0)
		rc = run(c, "search", sm_buf_bytes(&body), last, &skipped);
	if (rc == 0 && skipped > 0)
		client_note(c, "%lld messages are encrypted, or signed in one piece: their "
		    "text was not searched", skipped);
	if (rc == 0 && !options_has(&c->opt, OPT_BODY))
		client_note(c, "looked at From, To and Subject; --body looks into the text too");
	sm_buf_free(&body);
	return rc;
}
