/* sealmail mail save: one part of a letter to a file. It is never opened, and never
 * made executable; what looks like a program is named as such. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <base/json.h>
#include <base/try.h>

#include "attachment.h"
#include "json_place.h"
#include "mail_box.h"
#include "mail_words.h"
#include "output.h"
#include "plain_text.h"
#include "scan.h"

enum { NAMES_MAX = 1000 };

struct saved {
	const char *part;      /* its number, as given */
	struct frame f;
	struct sm_buf given, type, name;
	struct sm_buf content; /* a limit of the helper bounds it */
	const char *warning;
	char *path;            /* where it goes; NULL: standard output */
};

/* ---- what it is ---- */

static int
take_about(struct saved *s, const struct mail_texts *t)
{
	SM_TRY(sm_buf_append(&s->given, sm_bytes(t->text[1], strlen(t->text[1]) + 1)));
	SM_TRY(plain_text(&s->type, sm_bytes_first(sm_bytes_str(t->text[2]), 200),
	    PLAIN_LINE));
	SM_TRY(sm_buf_append_byte(&s->type, 0));
	return attachment_name(&s->name, t->text[1], (const char *)s->type.data,
	    (unsigned)strtoul(t->text[0], NULL, 10));
}

static int
take(struct client *c, struct saved *s)
{
	struct mail_texts t;
	int rc = 0, status = 0;

	if (strcmp(s->f.word, "bytes") == 0)
		status = sm_buf_append(&s->content, sm_buf_bytes(&s->f.body));
	else if (strcmp(s->f.word, "part") == 0 && s->given.len == 0) {
		rc = mail_texts(c, &t, &s->f);
		status = rc == 0 ? take_about(s, &t) : 0;
	} else if (strcmp(s->f.word, "head") == 0 && s->given.len > 0)
		s->warning = attachment_warning((const char *)s->given.data,
		    (const char *)s->type.data, sm_buf_bytes(&s->f.body));
	return status != 0 ? client_out_of_memory(c) : rc;
}

static int
fetch(struct mail_letter *m, struct saved *s)
{
	char body[40];
	int rc;

	(void)snprintf(body, sizeof(body), "number=%s\n", s->part);
	rc = helper_send(&m->helper, "part", sm_bytes_str(body));
	while (rc == 0) {
		rc = mail_receive(m->c, &m->helper, &s->f);
		if (rc != 0 || strcmp(s->f.word, "end") == 0)
			break;
		rc = take(m->c, s);
	}
	if (rc == 0 && s->given.len == 0)
		rc = client_fault(m->c, EXIT_INTERNAL, "%s gave no part", m->helper.name);
	return rc;
}

/* ---- where to ---- */

static bool
is_folder(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool
is_free(const char *path)
{
	struct stat st;

	return lstat(path, &st) != 0 && errno == ENOENT;
}

/* A name that the sender chose replaces nothing: "report.pdf" becomes
 * "report-2.pdf". */
static int
free_name(struct client *c, struct saved *s, const char *folder)
{
	const char *name = (const char *)s->name.data, *dot = strrchr(name, '.');
	size_t stem = dot != NULL ? (size_t)(dot - name) : strlen(name);
	unsigned i;

	if (asprintf(&s->path, "%s/%s", folder, name) < 0)
		goto no_memory;
	for (i = 2; !is_free(s->path) && i < NAMES_MAX; i++) {
		free(s->path);
		if (asprintf(&s->path, "%s/%.*s-%u%s", folder, (int)stem, name, i,
		    name + stem) < 0)
			goto no_memory;
	}
	return 0;
no_memory:
	s->path = NULL;
	return client_out_of_memory(c);
}

static int
choose_path(struct client *c, struct saved *s)
{
	const char *given = options_value(&c->opt, OPT_SAVE_AS);

	if (given != NULL && strcmp(given, "-") == 0)
		return 0;
	if (given == NULL || is_folder(given))
		return free_name(c, s, given != NULL ? given : ".");
	s->path = strdup(given);
	return s->path != NULL ? 0 : client_out_of_memory(c);
}

static int
write_content(struct client *c, const struct saved *s)
{
	struct output out;
	struct sm_sink sink;
	int rc = output_open(c, &out, s->path, false);

	sink = output_sink(&out);
	if (rc == 0 && sm_sink_write(&sink, sm_buf_bytes(&s->content)) != 0)
		rc = output_fault(c, &out);
	if (rc == 0)
		rc = output_commit(c, &out);
	output_close(&out);
	return rc;
}

/* ---- what was done ---- */

static int
write_json(struct client *c, const struct saved *s)
{
	struct sm_sink sink = json_place_sink(c);
	struct sm_buf text = SM_BUF_INIT;
	struct sm_json j;
	int rc = 0;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "saved");
	sm_json_string(&j, s->path);
	sm_json_key(&j, "name");
	sm_json_string(&j, (const char *)s->name.data);
	sm_json_key(&j, "type");
	sm_json_string(&j, (const char *)s->type.data);
	sm_json_key(&j, "size");
	sm_json_int(&j, (int64_t)s->content.len);
	sm_json_key(&j, "warning");
	sm_json_string(&j, s->warning);
	sm_json_object_end(&j);
	if (sm_json_status(&j) != 0 || sm_buf_append_byte(&text, '\n') != 0)
		rc = client_out_of_memory(c);
	else if (sm_sink_write(&sink, sm_buf_bytes(&text)) != 0)
		rc = output_fault(c, c->json.out);
	sm_buf_free(&text);
	return rc == 0 ? json_place_done(c) : rc;
}

static void
tell(struct client *c, const struct mail_letter *m, const struct saved *s)
{
	struct sm_buf words = SM_BUF_INIT;

	if (mail_words(&words, m->report) == 0 && sm_buf_append_byte(&words, 0) == 0)
		client_note(c, "%s", (const char *)words.data);
	sm_buf_free(&words);
	if (s->path != NULL)
		client_note(c, "saved %s (%s, %zu bytes)", s->path,
		    (const char *)s->type.data, s->content.len);
	if (s->warning != NULL)
		client_note(c, "%s: %s", (const char *)s->name.data, s->warning);
}

static int
save(struct mail_letter *m, void *ctx)
{
	struct saved *s = ctx;
	struct client *c = m->c;
	int rc;

	if (!m->released)
		return client_fault(c, m->report->exit != 0 ? m->report->exit : EXIT_INTERNAL,
		    "nothing is saved from this letter: `sealmail mail show` says why");
	rc = fetch(m, s);
	if (rc == 0)
		rc = scan_run(c, sm_buf_bytes(&s->content), (const char *)s->name.data);
	if (rc == 0)
		rc = choose_path(c, s);
	if (rc == 0)
		rc = write_content(c, s);
	if (rc == 0)
		tell(c, m, s);
	return rc == 0 && c->json.wanted ? write_json(c, s) : rc;
}

static bool
to_stdout(const struct client *c)
{
	const char *given = options_value(&c->opt, OPT_SAVE_AS);

	return given != NULL && strcmp(given, "-") == 0;
}

static int
run(struct client *c, struct saved *s)
{
	struct mail_letter letter = { .c = c, .then = save, .ctx = s };
	char *path;
	int rc = mail_find_operand(c, &path);

	if (rc == 0)
		rc = mail_letter_read(&letter, path);
	free(path);
	return rc;
}

int
verb_mail_save(struct client *c)
{
	struct saved s;
	int rc = json_place_open(c, to_stdout(c));

	memset(&s, 0, sizeof(s));
	if (rc == 0 && (c->opt.operand_count != 2 || !mail_is_number(c->opt.operands[1])))
		rc = client_fault(c, EXIT_USAGE, "which part? `sealmail mail save N PART`; "
		    "`sealmail mail show N` lists the parts");
	if (rc == 0) {
		s.part = c->opt.operands[1];
		rc = run(c, &s);
	}
	sm_buf_free(&s.f.body);
	sm_buf_free(&s.given);
	sm_buf_free(&s.type);
	sm_buf_free(&s.name);
	sm_buf_free(&s.content);
	free(s.path);
	return rc;
}
