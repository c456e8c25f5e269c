#include "imap_link.h"

#include <curl/curl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "speak.h"

enum { CONNECT_SECONDS = 30, SILENCE_MS = 60000 };

struct imap_link {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
};

/* ---- the address ---- */

static char *
part_of(CURLU *url, CURLUPart what, unsigned flags)
{
	char *text = NULL, *out = NULL;

	if (curl_url_get(url, what, &text, flags) == CURLUE_OK && text != NULL) {
		out = strdup(text);
		if (out == NULL)
			speak_fault(70, "out of memory");
	}
	curl_free(text);
	return out;
}

static bool
is_this_machine(const char *host)
{
	return host != NULL && (strcmp(host, "localhost") == 0 ||
	    strncmp(host, "127.", 4) == 0 || strcmp(host, "[::1]") == 0);
}

/* What was parsed is what libcurl connects to: it gets the same handle. */
static CURLU *
parse(const struct imap_account *a, char **folder, bool *local)
{
	CURLU *url = curl_url();
	char *path, *scheme, *host, *password;

	if (url == NULL || curl_url_set(url, CURLUPART_URL, a->url, 0) != CURLUE_OK)
		speak_fault(64, "%s is no address of a mail folder: imaps://HOST/FOLDER", a->url);
	scheme = part_of(url, CURLUPART_SCHEME, 0);
	if (scheme == NULL || (strcmp(scheme, "imaps") != 0 && strcmp(scheme, "imap") != 0))
		speak_fault(64, "%s is no address of a mail folder: it begins with imaps:// or "
		    "imap://", a->url);
	password = part_of(url, CURLUPART_PASSWORD, 0);
	if (password != NULL)
		speak_fault(64, "a password does not belong into an address: give it with "
		    "--password-file, or type it");
	path = part_of(url, CURLUPART_PATH, CURLU_URLDECODE);
	*folder = strdup(path != NULL && path[0] == '/' && path[1] != '\0' ? path + 1 :
	    "INBOX");
	host = part_of(url, CURLUPART_HOST, 0);
	*local = is_this_machine(host);
	if (a->user != NULL)
		(void)curl_url_set(url, CURLUPART_USER, NULL, 0);
	(void)curl_url_set(url, CURLUPART_PATH, "/", 0);
	free(scheme);
	free(path);
	free(host);
	return url;
}

/* ---- opening ---- */

static int
code_of(CURLcode code)
{
	switch (code) {
	case CURLE_LOGIN_DENIED:
	case CURLE_PEER_FAILED_VERIFICATION:
	case CURLE_USE_SSL_FAILED:
	case CURLE_SSL_CACERT_BADFILE:
	case CURLE_REMOTE_ACCESS_DENIED:
		return 77;
	case CURLE_OUT_OF_MEMORY:
		return 70;
	default:
		return 75;
	}
}

static const char *
advice_for(CURLcode code)
{
	switch (code) {
	case CURLE_LOGIN_DENIED:
		return "; is the password right?";
	case CURLE_PEER_FAILED_VERIFICATION:
		return "; --tls-ca FILE names the certificates to trust";
	case CURLE_USE_SSL_FAILED:
		return "; the server does not offer TLS, and nothing is sent without it";
	default:
		return "";
	}
}

static void
set_secret(CURL *c, struct imap_account *a, const char *user)
{
	if (sm_buf_append_byte(&a->secret, 0) != 0)
		speak_fault(70, "out of memory");
	if (user != NULL)
		(void)curl_easy_setopt(c, CURLOPT_USERNAME, user);
	if (a->xoauth2) {
		(void)curl_easy_setopt(c, CURLOPT_XOAUTH2_BEARER, (char *)a->secret.data);
		(void)curl_easy_setopt(c, CURLOPT_LOGIN_OPTIONS, "AUTH=XOAUTH2");
	} else
		(void)curl_easy_setopt(c, CURLOPT_PASSWORD, (char *)a->secret.data);
	sm_buf_free(&a->secret);
}

static void
set_up(struct imap_link *l, struct imap_account *a, CURLU *url, bool local)
{
	CURL *c = l->curl;
	char *user = a->user != NULL ? strdup(a->user) :
	    part_of(url, CURLUPART_USER, CURLU_URLDECODE);

	(void)curl_easy_setopt(c, CURLOPT_CURLU, url);
	(void)curl_easy_setopt(c, CURLOPT_CONNECT_ONLY, 1L);
	(void)curl_easy_setopt(c, CURLOPT_ERRORBUFFER, l->error);
	(void)curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	(void)curl_easy_setopt(c, CURLOPT_TIMEOUT, (long)CONNECT_SECONDS);
	(void)curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	(void)curl_easy_setopt(c, CURLOPT_USE_SSL, local ? (long)CURLUSESSL_TRY :
	    (long)CURLUSESSL_ALL);
	if (a->ca != NULL) {
		(void)curl_easy_setopt(c, CURLOPT_CAINFO, a->ca);
		(void)curl_easy_setopt(c, CURLOPT_CAPATH, NULL);
	}
	set_secret(c, a, user);
	free(user);
}

struct imap_link *
imap_link_open(struct imap_account *a, char **folder)
{
	struct imap_link *l = calloc(1, sizeof(*l));
	bool local;
	CURLU *url = parse(a, folder, &local);
	CURLcode code;

	if (l == NULL || *folder == NULL || (l->curl = curl_easy_init()) == NULL)
		speak_fault(70, "out of memory");
	set_up(l, a, url, local);
	code = curl_easy_perform(l->curl);
	curl_url_cleanup(url);
	if (code != CURLE_OK)
		speak_fault(code_of(code), "%s: %s%s", a->url, l->error[0] != '\0' ? l->error :
		    curl_easy_strerror(code), advice_for(code));
	return l;
}

void
imap_link_close(struct imap_link *l)
{
	curl_easy_cleanup(l->curl);
	free(l);
}

/* ---- bytes ---- */

static void
wait_for(struct imap_link *l, short events)
{
	curl_socket_t fd = CURL_SOCKET_BAD;
	struct pollfd p;

	(void)curl_easy_getinfo(l->curl, CURLINFO_ACTIVESOCKET, &fd);
	if (fd == CURL_SOCKET_BAD)
		speak_fault(75, "the mail server has gone");
	p = (struct pollfd){ .fd = fd, .events = events };
	if (poll(&p, 1, SILENCE_MS) == 0)
		speak_fault(75, "the mail server says nothing for %d seconds",
		    SILENCE_MS / 1000);
}

void
imap_link_send(struct imap_link *l, struct sm_bytes in)
{
	size_t n;
	CURLcode code;

	while (in.len > 0) {
		n = 0;
		code = curl_easy_send(l->curl, in.data, in.len, &n);
		if (code == CURLE_AGAIN)
			wait_for(l, POLLOUT);
		else if (code != CURLE_OK)
			speak_fault(75, "the mail server does not listen: %s",
			    curl_easy_strerror(code));
		in = sm_bytes_skip(in, n);
	}
}

size_t
imap_link_receive(struct imap_link *l, uint8_t *out, size_t size)
{
	size_t n = 0;
	CURLcode code;

	while ((code = curl_easy_recv(l->curl, out, size, &n)) == CURLE_AGAIN)
		wait_for(l, POLLIN);
	if (code != CURLE_OK || n == 0)
		speak_fault(75, "the mail server ended the connection");
	return n;
}
