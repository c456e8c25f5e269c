/* Submission (RFC 6409) by libcurl. What became of each recipient is read from the
 * conversation, because libcurl itself tells of the whole alone. */
#include <ctype.h>
#include <stdio.h>

#include "curl_common.h"

enum stage { STAGE_OTHER, STAGE_MAIL, STAGE_RCPT, STAGE_DATA };

struct smtp {
	struct talk talk; /* first */
	enum stage stage;
	size_t at;        /* the recipient that the next reply is about */
	int mail, data;   /* what was replied; 0: nothing yet */
};

static bool
is_command(const char *text, size_t len, const char *word)
{
	size_t n = strlen(word);

	return len >= n && memcmp(text, word, n) == 0;
}

static void
heard_out(struct smtp *s, const char *text, size_t len)
{
	if (is_command(text, len, "MAIL FROM:"))
		s->stage = STAGE_MAIL;
	else if (is_command(text, len, "RCPT TO:")) {
		s->at += s->stage == STAGE_RCPT;
		s->stage = STAGE_RCPT;
	} else if (is_command(text, len, "DATA"))
		s->stage = STAGE_DATA;
	else if (is_command(text, len, "QUIT"))
		s->stage = STAGE_OTHER;
}

/* The last line of a reply: "250 ok"; lines before it have a dash. */
static int
reply_code(const char *text, size_t len)
{
	if (len < 3 || !isdigit((unsigned char)text[0]) || !isdigit((unsigned char)text[1]) ||
	    !isdigit((unsigned char)text[2]) || (len > 3 && text[3] == '-'))
		return 0;
	return (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
}

static void
about_recipient(struct smtp *s, int code)
{
	struct job *j = s->talk.job;

	if (s->at >= j->count || code / 100 == 2)
		return;
	job_set(&j->to[s->at], code / 100 == 5 ? OUTCOME_NEVER : OUTCOME_LATER, "%s",
	    s->talk.reply);
}

static void
heard(struct talk *t, bool out, const char *text, size_t len)
{
	struct smtp *s = (struct smtp *)t;
	int code = out ? 0 : reply_code(text, len);

	if (out) {
		heard_out(s, text, len);
		return;
	}
	if (code == 0)
		return;
	(void)snprintf(t->reply, sizeof(t->reply), "%.*s", (int)(len < 280 ? len : 280),
	    text);
	if (s->stage == STAGE_MAIL)
		s->mail = code;
	else if (s->stage == STAGE_RCPT)
		about_recipient(s, code);
	else if (s->stage == STAGE_DATA && code != 354)
		s->data = code;
}

static struct curl_slist *
recipients(const struct job *j)
{
	struct curl_slist *list = NULL, *longer;
	char text[600];
	size_t i;

	for (i = 0; i < j->count; i++) {
		(void)snprintf(text, sizeof(text), "<%.590s>", j->to[i].address);
		longer = curl_slist_append(list, text);
		if (longer == NULL) {
			curl_slist_free_all(list);
			return NULL;
		}
		list = longer;
	}
	return list;
}

static void
conclude(struct smtp *s, CURLcode rc)
{
	struct job *j = s->talk.job;
	const char *why = talk_why(&s->talk, rc);

	if (rc == CURLE_OK && s->data / 100 == 2)
		job_conclude(j, OUTCOME_DONE, "%s", s->talk.reply);
	else if (s->data / 100 == 5 || s->mail / 100 == 5)
		job_conclude(j, OUTCOME_NEVER, "%s", s->talk.reply);
	else
		job_conclude(j, OUTCOME_LATER, "%s", why);
}

#if LIBCURL_VERSION_NUM >= 0x080200
#define RCPT_ALLOWFAILS CURLOPT_MAIL_RCPT_ALLOWFAILS
#else
#define RCPT_ALLOWFAILS CURLOPT_MAIL_RCPT_ALLLOWFAILS /* as it was named then */
#endif

void
submit_smtp(struct job *j)
{
	struct smtp s = { .talk = { .job = j, .line = heard } };
	struct curl_slist *to = recipients(j);
	CURL *h = talk_new(&s.talk, j->url, "smtp,smtps");
	char from[600];

	if (h == NULL || to == NULL)
		job_conclude(j, OUTCOME_LATER, "out of memory");
	else {
		(void)snprintf(from, sizeof(from), "<%.590s>",
		    j->sender != NULL ? j->sender : "");
		(void)curl_easy_setopt(h, CURLOPT_MAIL_FROM, from);
		(void)curl_easy_setopt(h, CURLOPT_MAIL_RCPT, to);
		(void)curl_easy_setopt(h, RCPT_ALLOWFAILS, 1L);
		conclude(&s, talk_run(h, &s.talk));
	}
	curl_slist_free_all(to);
	curl_easy_cleanup(h);
}
