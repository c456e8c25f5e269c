/* client/submit/curl_common.h - what SMTP and IMAP by libcurl have in common. */
#ifndef SEALMAIL_CLIENT_SUBMIT_CURL_H
#define SEALMAIL_CLIENT_SUBMIT_CURL_H

#include <curl/curl.h>

#include "submit.h"

/* The last thing that the server said, and where in the conversation we are. */
struct talk {
	struct job *job;
	char reply[SUBMIT_WHY];
	char error[CURL_ERROR_SIZE];
	/* Called with each line that goes out or comes in; not with secrets. */
	void (*line)(struct talk *t, bool out, const char *text, size_t len);
};

/* A handle with everything that is the same: TLS by the rules, the secret, limits of
 * time, the message as its upload. NULL: no memory. */
CURL *talk_new(struct talk *t, const char *url, const char *schemes);
/* Run it; CURLE_OK or why not. Without curl's own words t->error is empty. */
CURLcode talk_run(CURL *h, struct talk *t);
/* A sentence about a failure: the server's words, else curl's. */
const char *talk_why(const struct talk *t, CURLcode rc);

#endif
