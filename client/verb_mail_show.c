/* sealmail mail show: a letter, and what protects it. */
#include <stdlib.h>
#include <unistd.h>

#include "json_place.h"
#include "mail_box.h"
#include "mail_page.h"
#include "mail_server.h"
#include "mail_text.h"
#include "mail_words.h"
#include "output.h"

struct shown {
	struct mail_box *box;  /* NULL: the letter is no message of a folder */
	const char *number;
	const char *path;
};

static int
write_page(struct client *c, const struct mail_page *p)
{
	struct output out;
	struct sm_sink sink;
	int rc = output_open(c, &out, options_value(&c->opt, OPT_OUTPUT), false);

	sink = output_sink(&out);
	if (rc == 0 && sm_sink_write(&sink, sm_buf_bytes(&p->text)) != 0)
		rc = output_fault(c, &out);
	if (rc == 0)
		rc = output_commit(c, &out);
	output_close(&out);
	return rc;
}

/* The engine's report, with "letter" as one more member. */
static int
write_json(struct client *c, const struct mail_page *p)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink into = sm_buf_sink(&text), sink = json_place_sink(c);
	int status = sm_report_json(p->letter->report, &into);

	while (status == 0 && text.len > 0 && text.data[text.len - 1] != '}')
		text.len--;
	if (status == 0 && text.len > 0) {
		text.len--;
		while (text.len > 0 && text.data[text.len - 1] <= ' ')
			text.len--;
		status = sm_buf_append_str(&text, ",\n\"letter\": ");
	}
	if (status == 0)
		status = sm_buf_append(&text, sm_buf_bytes(&p->json_text));
	if (status == 0)
		status = sm_buf_append_str(&text, "}\n");
	if (status == 0 && sm_sink_write(&sink, sm_buf_bytes(&text)) != 0) {
		sm_buf_free(&text);
		return output_fault(c, c->json.out);
	}
	sm_buf_free(&text);
	return status != 0 ? client_out_of_memory(c) : json_place_done(c);
}

/* The list shows what was found out. */
static int
remember(struct mail_letter *m, const struct shown *s)
{
	const struct sm_report_signer *by = mail_signer(m->report);

	return mail_box_judged(s->box, s->number, m->report->exit,
	    by != NULL && by->mail != NULL ? by->mail[0] : NULL);
}

static int
keep_text(struct mail_letter *m, const struct shown *s, const struct mail_page *p)
{
	bool wanted;
	int rc;

	if (!m->released || !mail_is_encrypted(m->report))
		return 0;
	rc = mail_text_wanted(m->c, &wanted);
	return rc == 0 && wanted ? mail_text_put(m->c, s->path, sm_buf_bytes(&p->text)) : rc;
}

static int
show(struct mail_letter *m, void *ctx)
{
	const struct shown *s = ctx;
	struct mail_page page;
	struct client *c = m->c;
	int rc;

	memset(&page, 0, sizeof(page));
	if (!options_has(&c->opt, OPT_OUTPUT))
		page.columns = output_columns();
	rc = mail_page_make(&page, m);
	if (rc == 0 && !c->json.to_stdout)
		rc = write_page(c, &page);
	if (rc == 0 && c->json.wanted)
		rc = write_json(c, &page);
	if (rc == 0 && s->box != NULL)
		rc = remember(m, s);
	if (rc == 0 && s->box != NULL)
		rc = keep_text(m, s, &page);
	mail_page_free(&page);
	return rc;
}

int
verb_mail_show(struct client *c)
{
	struct mail_letter letter = { .c = c, .html = options_has(&c->opt, OPT_HTML),
		.then = show };
	const char *which = c->opt.operand;
	struct mail_box box;
	struct shown s = { NULL, which, NULL };
	char *path = NULL;
	int rc = json_place_open(c, false);

	letter.ctx = &s;
	if (rc == 0 && mail_server_wanted(c))
		rc = mail_find_operand(c, &path);
	else if (rc == 0 && which != NULL && mail_is_number(which)) {
		s.box = &box;
		rc = mail_box_open(c, &box);
		if (rc == 0)
			rc = mail_box_find(&box, which, &path);
	}
	s.path = path;
	if (rc == 0)
		rc = mail_letter_read(&letter, path != NULL ? path : which);
	if (s.box != NULL)
		mail_box_close(&box);
	free(path);
	return rc;
}
