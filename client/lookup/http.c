/* Certificate stores by HTTP (RFC 4387): GET URL?email=ADDRESS gives one certificate, or
 * several as multipart/mixed. Redirections stay within http, or within https. */
#include "lookup.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include <curl/curl.h>

#include <base/base64.h>

enum { BODY_MOST = 2 << 20, REDIRECTS = 3, PARTS = 64 };

struct fetch {
	struct lookup *l;
	CURL *curl;
	struct sm_buf body;
	bool too_large;
	char fault[CURL_ERROR_SIZE];
};

/* ---- asking ---- */

static size_t
take_bytes(char *data, size_t one, size_t count, void *ctx)
{
	struct fetch *f = ctx;

	(void)one; /* always 1 */
	f->too_large = f->body.len + count > BODY_MOST;
	if (f->too_large || sm_buf_append(&f->body, sm_bytes(data, count)) != 0)
		return 0;
	return count;
}

static char *
make_url(struct fetch *f)
{
	char *value = curl_easy_escape(f->curl, f->l->what, 0), *url = NULL;

	if (value == NULL || asprintf(&url, "%s%semail=%s", f->l->url,
		strchr(f->l->url, '?') != NULL ? "&" : "?", value) < 0)
		url = NULL;
	curl_free(value);
	return url;
}

static CURLcode
set_options(struct fetch *f, const char *url)
{
	const char *ca = f->l->set->ca;
	const char *scheme = strncasecmp(url, "https:", 6) == 0 ? "https" : "http";
	const struct { CURLoption option; long value; } numbers[] = {
		{ CURLOPT_NOSIGNAL, 1 }, { CURLOPT_FOLLOWLOCATION, 1 },
		{ CURLOPT_MAXREDIRS, REDIRECTS }, { CURLOPT_TIMEOUT, LOOKUP_SECONDS },
		{ CURLOPT_CONNECTTIMEOUT, LOOKUP_CONNECT_SECONDS },
		{ CURLOPT_MAXFILESIZE, BODY_MOST },
		{ CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2 },
	};
	CURLcode rc = curl_easy_setopt(f->curl, CURLOPT_URL, url);
	size_t i;

	for (i = 0; rc == 0 && i < sizeof(numbers) / sizeof(numbers[0]); i++)
		rc = curl_easy_setopt(f->curl, numbers[i].option, numbers[i].value);
	if (rc == 0)
		rc = curl_easy_setopt(f->curl, CURLOPT_PROTOCOLS_STR, scheme);
	if (rc == 0)
		rc = curl_easy_setopt(f->curl, CURLOPT_REDIR_PROTOCOLS_STR, scheme);
	if (rc == 0 && ca != NULL)
		rc = curl_easy_setopt(f->curl, CURLOPT_CAINFO, ca);
	if (rc == 0)
		rc = curl_easy_setopt(f->curl, CURLOPT_ERRORBUFFER, f->fault);
	if (rc == 0)
		rc = curl_easy_setopt(f->curl, CURLOPT_WRITEFUNCTION, take_bytes);
	return rc == 0 ? curl_easy_setopt(f->curl, CURLOPT_WRITEDATA, f) : rc;
}

/* ---- the answer ---- */

/* The boundary parameter of a Content-Type, to free; NULL when it has none. */
static char *
boundary_of(const char *type)
{
	const char *at = strcasestr(type, "boundary=");
	char *out = NULL;
	size_t len;

	if (at == NULL)
		return NULL;
	at += strlen("boundary=");
	if (*at == '"') {
		at++;
		len = strcspn(at, "\"");
	} else
		len = strcspn(at, "; \t");
	if (len == 0 || len > 70 || asprintf(&out, "--%.*s", (int)len, at) < 0)
		return NULL;
	return out;
}

static const uint8_t *
find(struct sm_bytes in, const char *what)
{
	return memmem(in.data, in.len, what, strlen(what));
}

static void
take_base64(struct lookup *l, struct sm_bytes text)
{
	struct sm_base64_dec dec = { 0 };
	struct sm_buf out = SM_BUF_INIT;
	size_t n = 0;

	if (sm_buf_reserve(&out, sm_base64_dec_room(text.len)) == 0 &&
	    sm_base64_dec_update(&dec, out.data, &n, text) == 0 &&
	    sm_base64_dec_finish(&dec) == 0)
		lookup_found(l, "found", sm_bytes(out.data, n));
	sm_buf_free(&out);
}

/* Header, blank line, certificate. */
static void
take_part(struct lookup *l, struct sm_bytes part)
{
	const uint8_t *blank = find(part, "\r\n\r\n");
	struct sm_bytes head, body;
	size_t skip = 4;
	char text[1000];

	if (blank == NULL) {
		blank = find(part, "\n\n");
		skip = 2;
	}
	if (blank == NULL)
		return;
	head = sm_bytes_first(part, (size_t)(blank - part.data));
	body = sm_bytes_skip(part, head.len + skip);
	/* The line end before a boundary belongs to it. */
	if (body.len > 0 && body.data[body.len - 1] == '\n')
		body.len--;
	if (body.len > 0 && body.data[body.len - 1] == '\r')
		body.len--;
	(void)snprintf(text, sizeof(text), "%.*s", (int)(head.len < sizeof(text) ?
	    head.len : sizeof(text) - 1), (const char *)head.data);
	if (strcasestr(text, "base64") != NULL)
		take_base64(l, body);
	else
		lookup_found(l, "found", body);
}

static void
take_parts(struct lookup *l, struct sm_bytes body, const char *boundary)
{
	const uint8_t *at = find(body, boundary), *next;
	unsigned n;

	for (n = 0; at != NULL && n < PARTS; n++) {
		body = sm_bytes_skip(body, (size_t)(at - body.data) + strlen(boundary));
		next = find(body, boundary);
		if (next == NULL)
			return;
		take_part(l, sm_bytes_first(body, (size_t)(next - body.data)));
		at = next;
	}
}

static void
take_body(struct fetch *f)
{
	const char *type = NULL;
	char *boundary;

	(void)curl_easy_getinfo(f->curl, CURLINFO_CONTENT_TYPE, &type);
	if (type == NULL || strncasecmp(type, "multipart/", 10) != 0) {
		lookup_found(f->l, "found", sm_buf_bytes(&f->body));
		return;
	}
	boundary = boundary_of(type);
	if (boundary != NULL)
		take_parts(f->l, sm_buf_bytes(&f->body), boundary);
	free(boundary);
}

static void
perform(struct fetch *f)
{
	CURLcode rc = curl_easy_perform(f->curl);
	long status = 0;

	(void)curl_easy_getinfo(f->curl, CURLINFO_RESPONSE_CODE, &status);
	if (f->too_large || rc == CURLE_FILESIZE_EXCEEDED)
		lookup_failed(f->l, "The answer is larger than %d bytes.", BODY_MOST);
	else if (rc == CURLE_OPERATION_TIMEDOUT)
		lookup_failed(f->l, "No answer within %d seconds.", LOOKUP_SECONDS);
	else if (rc != 0)
		lookup_failed(f->l, "%s", f->fault[0] != '\0' ? f->fault :
		    curl_easy_strerror(rc));
	else if (status == 200)
		take_body(f);
	else if (status != 404 && status != 204)
		lookup_failed(f->l, "The server says %ld.", status);
}

void
lookup_http(struct lookup *l)
{
	struct fetch f = { .l = l };
	char *url;

	if (l->by_name) {
		lookup_failed(l, "A certificate store cannot be asked for names.");
		return;
	}
	f.curl = curl_easy_init();
	url = f.curl != NULL ? make_url(&f) : NULL;
	if (url == NULL || set_options(&f, url) != 0)
		lookup_failed(l, "The connection could not be prepared.");
	else
		perform(&f);
	free(url);
	curl_easy_cleanup(f.curl);
	sm_buf_free(&f.body);
}
