#include "curl_common.h"

#include <stdio.h>

enum { CONNECT_SECONDS = 30, SILENCE_SECONDS = 120 };

static size_t
give(char *out, size_t size, size_t count, void *ctx)
{
	struct talk *t = ctx;
	long n = job_read(t->job, out, size * count);

	return n < 0 ? CURL_READFUNC_ABORT : (size_t)n;
}

/* Lines without their ends, one by one. */
static void
each_line(struct talk *t, bool out, const char *data, size_t len)
{
	const char *end;
	size_t n;

	for (; len > 0; data += n + 1, len -= n + 1) {
		end = memchr(data, '\n', len);
		n = end != NULL ? (size_t)(end - data) : len;
		t->line(t, out, data, n > 0 && data[n - 1] == '\r' ? n - 1 : n);
		if (end == NULL)
			break;
	}
}

static int
listen_in(CURL *h, curl_infotype type, char *data, size_t len, void *ctx)
{
	(void)h;
	if (type == CURLINFO_HEADER_IN || type == CURLINFO_HEADER_OUT)
		each_line(ctx, type == CURLINFO_HEADER_OUT, data, len);
	return 0;
}

/* Never in clear over a network: with TLS from the first byte, or STARTTLS before
 * anything is said. On this machine itself nobody listens. */
static void
set_tls(CURL *h, const struct job *j)
{
	bool clear = job_is_loopback(j->url) && j->ca == NULL;

	(void)curl_easy_setopt(h, CURLOPT_USE_SSL,
	    (long)(clear ? CURLUSESSL_NONE : CURLUSESSL_ALL));
	(void)curl_easy_setopt(h, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYPEER, 1L);
	(void)curl_easy_setopt(h, CURLOPT_SSL_VERIFYHOST, 2L);
	if (j->ca != NULL)
		(void)curl_easy_setopt(h, CURLOPT_CAINFO, j->ca);
}

static void
set_login(CURL *h, const struct job *j)
{
	bool token = j->auth != NULL && strcmp(j->auth, "xoauth2") == 0;

	if (j->user == NULL)
		return;
	(void)curl_easy_setopt(h, CURLOPT_USERNAME, j->user);
	if (j->secret.len == 0)
		return;
	(void)curl_easy_setopt(h, token ? CURLOPT_XOAUTH2_BEARER : CURLOPT_PASSWORD,
	    (const char *)j->secret.data);
	if (token)
		(void)curl_easy_setopt(h, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
}

CURL *
talk_new(struct talk *t, const char *url, const char *schemes)
{
	CURL *h = curl_easy_init();

	if (h == NULL)
		return NULL;
	(void)curl_easy_setopt(h, CURLOPT_PROTOCOLS_STR, schemes);
	(void)curl_easy_setopt(h, CURLOPT_URL, url);
	set_tls(h, t->job);
	set_login(h, t->job);
	(void)curl_easy_setopt(h, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(h, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	(void)curl_easy_setopt(h, CURLOPT_LOW_SPEED_LIMIT, 1L);
	(void)curl_easy_setopt(h, CURLOPT_LOW_SPEED_TIME, (long)SILENCE_SECONDS);
	(void)curl_easy_setopt(h, CURLOPT_SERVER_RESPONSE_TIMEOUT, (long)SILENCE_SECONDS);
	(void)curl_easy_setopt(h, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(h, CURLOPT_UPLOAD, 1L);
	(void)curl_easy_setopt(h, CURLOPT_READFUNCTION, give);
	(void)curl_easy_setopt(h, CURLOPT_READDATA, t);
	(void)curl_easy_setopt(h, CURLOPT_DEBUGFUNCTION, listen_in);
	(void)curl_easy_setopt(h, CURLOPT_DEBUGDATA, t);
	(void)curl_easy_setopt(h, CURLOPT_VERBOSE, 1L);
	(void)curl_easy_setopt(h, CURLOPT_ERRORBUFFER, t->error);
	return h;
}

CURLcode
talk_run(CURL *h, struct talk *t)
{
	t->error[0] = '\0';
	return curl_easy_perform(h);
}

const char *
talk_why(const struct talk *t, CURLcode rc)
{
	if (t->reply[0] != '\0' && (rc == CURLE_OK || rc == CURLE_LOGIN_DENIED ||
		rc == CURLE_SEND_ERROR || rc == CURLE_WEIRD_SERVER_REPLY ||
		rc == CURLE_UPLOAD_FAILED || rc == CURLE_QUOTE_ERROR))
		return t->reply;
	if (rc == CURLE_USE_SSL_FAILED)
		return "the server offers no TLS: nothing is sent in clear over a network";
	return t->error[0] != '\0' ? t->error : curl_easy_strerror(rc);
}
