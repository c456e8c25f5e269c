#include "mail_letter.h"

#include <stdio.h>
#include <unistd.h>

#include "mail_words.h"
#include "reading.h"

enum { ENTITY_MAX = 128 << 20, ANSWER_MAX = 1 << 20, ANSWER_SECONDS = 1800 };

/* ---- the header in the open ---- */

/* A field's name and its colon: a CMS file begins otherwise. */
static bool
is_header(struct sm_bytes in)
{
	size_t i;

	for (i = 0; i < in.len && in.data[i] > ' ' && in.data[i] < 0x7f; i++)
		if (in.data[i] == ':')
			return i > 0;
	return in.len > 5 && memcmp(in.data, "From ", 5) == 0;
}

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

static int
begin(void *ctx, struct sm_bytes in)
{
	struct mail_letter *m = ctx;

	if (!is_header(in))
		return 0;
	return helper_send(&m->helper, "outer", header_of(in));
}

/* ---- the content ---- */

static int
take_content(void *ctx, struct sm_bytes in)
{
	struct mail_letter *m = ctx;

	m->sent += in.len;
	if (m->sent > ENTITY_MAX)
		m->too_large = true;
	/* A helper that died is noticed by the next request. */
	if (!m->too_large && !m->broken)
		m->broken = frame_write(m->helper.to, "entity", in) != 0;
	return 0;
}

static int
judged(void *ctx, const struct sm_report *report, bool released)
{
	struct mail_letter *m = ctx;
	char how[40];
	int rc;

	if (m->too_large)
		return client_fault(m->c, EXIT_LIMIT, "limit view-bytes (%d) reached: the "
		    "letter is too large to be shown; `sealmail open -o FILE` writes it",
		    (int)ENTITY_MAX);
	m->report = report;
	m->released = released;
	(void)snprintf(how, sizeof(how), "%s%s", mail_is_protected(report) ?
	    "protected\n" : "", m->html ? "html\n" : "");
	rc = helper_send(&m->helper, "read", sm_bytes_str(how));
	return rc == 0 ? m->then(m, m->ctx) : rc;
}

int
mail_letter_read(struct mail_letter *m, const char *path)
{
	const struct sm_sink sink = { take_content, m };
	const struct reading_plan plan = { .mode = SM_OPEN_ALL, .content = true,
		.input = path != NULL ? path : "-", .sink = &sink, .begin = begin,
		.judged = judged, .ctx = m };
	static const char *const args[] = { "view", NULL };
	int rc = helper_start(m->c, &m->helper, "sealmail-mail", args);

	if (rc == 0)
		rc = reading_run(m->c, &plan);
	(void)helper_stop(&m->helper);
	return m->answered && rc == EXIT_UNSIGNED ? 0 : rc;
}

/* ---- answers ---- */

int
mail_receive(struct client *c, struct helper *h, struct frame *f)
{
	int rc = helper_receive(h, f, ANSWER_MAX, ANSWER_SECONDS);

	if (rc == 0 && f->word[0] == '\0')
		return client_fault(c, EXIT_INTERNAL, "%s ended too early: the letter asks "
		    "for more memory or time than it may have", h->name);
	return rc;
}

int
mail_texts(struct client *c, struct mail_texts *out, struct frame *f)
{
	const char *at, *end;
	size_t i;

	if (sm_buf_append_byte(&f->body, 0) != 0)
		return client_out_of_memory(c);
	at = (const char *)f->body.data;
	end = at + f->body.len - 1;
	for (out->count = 0; out->count < MAIL_TEXTS_MAX && at < end; out->count++) {
		out->text[out->count] = at;
		at += strlen(at) + 1;
	}
	for (i = out->count; i < MAIL_TEXTS_MAX; i++)
		out->text[i] = "";
	return 0;
}
