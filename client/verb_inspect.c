/* inspect: what a message is made of. Nothing here is a judgement. */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include <base/der.h>
#include <base/try.h>

#include "output.h"
#include "reading.h"

enum { SHOWN_RECIPIENTS = 20 };

/* Lines of "name: value"; values come from the message and are made safe. */
static int
line(struct sm_buf *b, unsigned indent, const char *name, const char *value)
{
	char text[1000];

	if (value == NULL || *value == '\0')
		return 0;
	(void)snprintf(text, sizeof(text), "%s", value);
	client_make_printable(text);
	return sm_buf_printf(b, "%*s%-14s%s\n", (int)indent, "", name, text);
}

static int
show_recipients(struct sm_buf *b, const struct sm_report_layer *l)
{
	char text[600];
	size_t i;

	for (i = 0; i < l->recipient_count && i < SHOWN_RECIPIENTS; i++) {
		(void)snprintf(text, sizeof(text), "%s  %s",
		    l->recipients[i].kind != NULL ? l->recipients[i].kind : "?",
		    l->recipients[i].id != NULL ? l->recipients[i].id : "");
		SM_TRY(line(b, 2, "recipient", text));
	}
	if (l->recipient_total > i)
		return sm_buf_printf(b, "  and %zu more recipients\n",
		    l->recipient_total - i);
	return 0;
}

static int
show_signer(struct sm_buf *b, const struct sm_report_signer *s)
{
	char text[64];
	char **mail, **at;

	SM_TRY(line(b, 2, "signer", s->subject != NULL ? s->subject :
	    "(its certificate is not in the message)"));
	for (mail = s->mail; mail != NULL && *mail != NULL; mail++)
		SM_TRY(line(b, 4, "mail", *mail));
	SM_TRY(line(b, 4, "issuer", s->issuer));
	SM_TRY(line(b, 4, "serial", s->serial));
	SM_TRY(line(b, 4, "sha256", s->sha256));
	SM_TRY(line(b, 4, "digest", s->digest));
	SM_TRY(line(b, 4, "algorithm", s->algorithm));
	if (s->has_signed_at) {
		sm_time_text(text, s->signed_at);
		SM_TRY(line(b, 4, "signed at", text));
	}
	for (at = s->attributes; at != NULL && *at != NULL; at++)
		SM_TRY(line(b, 4, "attribute", *at));
	for (at = s->unsigned_attributes; at != NULL && *at != NULL; at++)
		SM_TRY(line(b, 4, "unsigned", *at));
	return 0;
}

static int
show_layer(struct sm_buf *b, const struct sm_report_layer *l)
{
	char text[64];
	size_t i;

	SM_TRY(sm_buf_printf(b, "part %s: %s%s\n", l->part != NULL ? l->part : "?",
	    l->type != NULL ? l->type : "?", l->root ? "" : " (not at the root)"));
	SM_TRY(line(b, 2, "cipher", l->cipher));
	if (l->cipher != NULL && !l->integrity)
		SM_TRY(line(b, 2, "integrity", "none: this cipher does not show changes"));
	SM_TRY(line(b, 2, "contains", l->content_type));
	if (l->content_bytes > 0) {
		(void)snprintf(text, sizeof(text), "%" PRIu64 " bytes", l->content_bytes);
		SM_TRY(line(b, 2, "size", text));
	}
	SM_TRY(show_recipients(b, l));
	for (i = 0; i < l->signer_count; i++)
		SM_TRY(show_signer(b, &l->signers[i]));
	return 0;
}

static int
describe(struct sm_buf *b, const struct sm_report *r)
{
	char text[500];
	size_t i;
	char **from;

	if (r->error.status != 0)
		SM_TRY(line(b, 0, "fault", r->error.text));
	for (from = r->from; from != NULL && *from != NULL; from++)
		SM_TRY(line(b, 0, "From", *from));
	if (r->layer_count == 0 && r->error.status == 0)
		SM_TRY(sm_buf_append_str(b, "neither signed nor encrypted\n"));
	for (i = 0; i < r->layer_count; i++)
		SM_TRY(show_layer(b, &r->layers[i]));
	for (i = 0; i < r->errant_count; i++) {
		(void)snprintf(text, sizeof(text), "part %s: %s", r->errant[i].part,
		    r->errant[i].why);
		SM_TRY(line(b, 0, "apart", text));
	}
	return 0;
}

static int
show(struct client *c, const struct sm_report *report)
{
	struct sm_buf text = SM_BUF_INIT;
	struct output out;
	struct sm_sink sink;
	int rc;

	if (report->error.status != 0)
		client_note(c, "%s", report->error.text);
	if (c->json.to_stdout)
		return 0;
	rc = output_open_fd(c, &out, STDOUT_FILENO, "standard output");
	if (rc == 0 && describe(&text, report) != 0)
		rc = client_out_of_memory(c);
	sink = output_sink(&out);
	if (rc == 0 && sm_sink_write(&sink, sm_buf_bytes(&text)) != 0)
		rc = output_fault(c, &out);
	if (rc == 0)
		rc = output_commit(c, &out);
	output_close(&out);
	sm_buf_free(&text);
	return rc;
}

int
verb_inspect(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_INSPECT, .show = show };

	return reading_run(c, &plan);
}
