/* IMAP APPEND (RFC 3501 section 6.3.11) by libcurl, which marks the message as read. */
#include <stdio.h>
#include <stdlib.h>

#include "curl_common.h"

/* "A003 NO [TRYCREATE] no such folder": what is worth telling. */
static void
heard(struct talk *t, bool out, const char *text, size_t len)
{
	const char *word = memchr(text, ' ', len);
	size_t rest = word != NULL ? len - (size_t)(word - text) : 0;

	if (out || rest < 4 || text[0] == '*' || text[0] == '+')
		return;
	if (memcmp(word, " NO ", 4) == 0 || (rest >= 5 && memcmp(word, " BAD ", 5) == 0))
		(void)snprintf(t->reply, sizeof(t->reply), "the mail store says:%.*s",
		    (int)(rest < 250 ? rest : 250), word);
}

static char *
folder_url(CURL *h, const struct job *j)
{
	char *name = curl_easy_escape(h, j->folder, 0), *url = NULL;
	size_t len = strlen(j->url);

	while (len > 0 && j->url[len - 1] == '/')
		len--;
	if (name == NULL || asprintf(&url, "%.*s/%s", (int)len, j->url, name) < 0)
		url = NULL;
	curl_free(name);
	return url;
}

void
submit_imap(struct job *j)
{
	struct talk t = { .job = j, .line = heard };
	CURL *h = talk_new(&t, j->url, "imap,imaps");
	char *url = h != NULL && j->folder != NULL ? folder_url(h, j) : NULL;
	CURLcode rc;

	if (url == NULL)
		job_conclude(j, OUTCOME_LATER, "no folder is named");
	else {
		(void)curl_easy_setopt(h, CURLOPT_URL, url);
		(void)curl_easy_setopt(h, CURLOPT_INFILESIZE_LARGE, (curl_off_t)j->size);
		rc = talk_run(h, &t);
		if (rc == CURLE_OK)
			job_conclude(j, OUTCOME_DONE, "stored");
		else
			job_conclude(j, OUTCOME_LATER, "%s", t.reply[0] != '\0' ? t.reply :
			    talk_why(&t, rc));
	}
	free(url);
	curl_easy_cleanup(h);
}
