#include "http.h"

#include <arpa/inet.h>
#include <curl/curl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

enum { CONNECT_SECONDS = 5, REDIRECTS = 3 };

struct request {
	struct sm_buf *out;
	const struct http_rules *rules;
	size_t start;
	bool too_large, no_memory, refused;
};

/* ---- where to ---- */

/* The scheme, for curl; NULL for any other. */
static const char *
scheme_of(const char *url)
{
	if (strncasecmp(url, "http://", 7) == 0)
		return "http";
	return strncasecmp(url, "https://", 8) == 0 ? "https" : NULL;
}

static bool
has_user(const char *url)
{
	const char *host = strstr(url, "://");

	if (host == NULL)
		return true;
	host += 3;
	return memchr(host, '@', strcspn(host, "/?#")) != NULL ||
	    memchr(host, '\\', strcspn(host, "/?#")) != NULL;
}

enum reach { PUBLIC, PRIVATE, FORBIDDEN };

static enum reach
reach_v4(uint32_t a)
{
	static const struct { uint32_t net; unsigned bits; enum reach what; } nets[] = {
		{ 0xa9fe0000, 16, FORBIDDEN }, /* 169.254/16: link-local, metadata */
		{ 0xe0000000, 3, FORBIDDEN },  /* multicast and above */
		{ 0x00000000, 8, FORBIDDEN },
		{ 0x7f000000, 8, PRIVATE }, { 0x0a000000, 8, PRIVATE },
		{ 0xac100000, 12, PRIVATE }, { 0xc0a80000, 16, PRIVATE },
		{ 0x64400000, 10, PRIVATE },   /* shared: RFC 6598 */
	};

	for (size_t i = 0; i < sizeof(nets) / sizeof(nets[0]); i++)
		if ((a ^ nets[i].net) >> (32 - nets[i].bits) == 0)
			return nets[i].what;
	return PUBLIC;
}

static enum reach
reach_v6(const struct in6_addr *a)
{
	const uint8_t *b = a->s6_addr;
	uint32_t v4;

	memcpy(&v4, b + 12, 4);
	if (IN6_IS_ADDR_V4MAPPED(a))
		return reach_v4(ntohl(v4));
	if (b[0] == 0 && b[1] == 0x64 && b[2] == 0xff && b[3] == 0x9b)
		return reach_v4(ntohl(v4)); /* NAT64: RFC 6052 */
	if (IN6_IS_ADDR_LINKLOCAL(a) || IN6_IS_ADDR_MULTICAST(a) ||
	    IN6_IS_ADDR_UNSPECIFIED(a) || IN6_IS_ADDR_SITELOCAL(a))
		return FORBIDDEN;
	return IN6_IS_ADDR_LOOPBACK(a) || (b[0] & 0xfe) == 0xfc ? PRIVATE : PUBLIC;
}

static enum reach
reach_of(const struct curl_sockaddr *to)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;

	if (to->family == AF_INET && to->addrlen >= sizeof(v4)) {
		memcpy(&v4, &to->addr, sizeof(v4));
		return reach_v4(ntohl(v4.sin_addr.s_addr));
	}
	if (to->family == AF_INET6 && to->addrlen >= sizeof(v6)) {
		memcpy(&v6, (const void *)&to->addr, sizeof(v6));
		return reach_v6(&v6.sin6_addr);
	}
	return FORBIDDEN;
}

static curl_socket_t
open_socket(void *ctx, curlsocktype purpose, struct curl_sockaddr *to)
{
	struct request *r = ctx;
	enum reach reach = reach_of(to);

	if (purpose != CURLSOCKTYPE_IPCXN || reach == FORBIDDEN ||
	    (reach == PRIVATE && !r->rules->allow_private)) {
		r->refused = true;
		return CURL_SOCKET_BAD;
	}
	return socket(to->family, to->socktype | SOCK_CLOEXEC, to->protocol);
}

/* ---- what comes ---- */

static size_t
take(char *data, size_t size, size_t n, void *ctx)
{
	struct request *r = ctx;

	(void)size; /* 1, by the manual */
	r->too_large = r->out->len - r->start + n > r->rules->max_bytes;
	if (r->too_large)
		return 0;
	r->no_memory = sm_buf_append(r->out, sm_bytes(data, n)) != 0;
	return r->no_memory ? 0 : n;
}

#define SET(option, value) \
	(ok = ok && curl_easy_setopt(curl, option, value) == CURLE_OK)

static bool
set_rules(CURL *curl, const char *url, struct request *r)
{
	bool ok = true;

	SET(CURLOPT_URL, url);
	SET(CURLOPT_PROTOCOLS_STR, scheme_of(url));
	SET(CURLOPT_REDIR_PROTOCOLS_STR, scheme_of(url));
	SET(CURLOPT_MAXREDIRS, (long)REDIRECTS);
	SET(CURLOPT_CONNECTTIMEOUT, (long)CONNECT_SECONDS);
	SET(CURLOPT_TIMEOUT, (long)r->rules->seconds);
	SET(CURLOPT_MAXFILESIZE_LARGE, (curl_off_t)r->rules->max_bytes);
	SET(CURLOPT_NOSIGNAL, 1L);
	SET(CURLOPT_FAILONERROR, 1L);
	SET(CURLOPT_HTTP09_ALLOWED, 0L);
	SET(CURLOPT_USERAGENT, "sealmail");
	SET(CURLOPT_OPENSOCKETFUNCTION, open_socket);
	SET(CURLOPT_OPENSOCKETDATA, r);
	SET(CURLOPT_WRITEFUNCTION, take);
	SET(CURLOPT_WRITEDATA, r);
	/* A proxy would look the name up where the check does not reach. */
	if (!r->rules->allow_private)
		SET(CURLOPT_PROXY, "");
	return ok;
}

static bool
set_post(CURL *curl, struct sm_bytes post, struct curl_slist *headers)
{
	bool ok = headers != NULL;

	SET(CURLOPT_POST, 1L);
	SET(CURLOPT_POSTFIELDSIZE, (long)post.len);
	SET(CURLOPT_POSTFIELDS, post.data);
	SET(CURLOPT_HTTPHEADER, headers);
	return ok;
}

static const char *
why_not(const struct request *r, CURLcode code, CURL *curl, char why[300])
{
	long status = 0;

	const char *known = NULL;

	if (r->refused)
		known = "its address is a private one, which is not asked";
	else if (r->too_large || code == CURLE_FILESIZE_EXCEEDED)
		known = "the answer is too large";
	else if (r->no_memory || curl == NULL)
		known = "out of memory";
	else if (code == CURLE_UNSUPPORTED_PROTOCOL)
		known = "it leads to another kind of address, or speaks no HTTP";
	else if (code == CURLE_OPERATION_TIMEDOUT)
		known = "it did not answer in time";
	if (known != NULL) {
		(void)snprintf(why, 300, "%s", known);
		return why;
	}
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code == CURLE_HTTP_RETURNED_ERROR || status >= 300)
		(void)snprintf(why, 300, "it answered with HTTP status %ld", status);
	else
		(void)snprintf(why, 300, "%s", curl_easy_strerror(code));
	return why;
}

static const char *
perform(CURL *curl, struct request *r, const char *url, struct sm_bytes post,
    char why[300])
{
	struct curl_slist *headers = NULL;
	long status = 0;
	CURLcode code;
	bool ok = set_rules(curl, url, r);

	if (post.len > 0) {
		headers = curl_slist_append(NULL, "Content-Type: application/ocsp-request");
		ok = ok && set_post(curl, post, headers);
	} else
		SET(CURLOPT_FOLLOWLOCATION, 1L);
	code = ok ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
	(void)curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_slist_free_all(headers);
	return code == CURLE_OK && status == 200 ? NULL : why_not(r, code, curl, why);
}

const char *
http_fetch(struct sm_buf *out, const char *url, struct sm_bytes post,
    const struct http_rules *rules, char why[300])
{
	struct request r = { .out = out, .rules = rules, .start = out->len };
	const char *fault;
	CURL *curl;

	if (scheme_of(url) == NULL)
		return "it is no http or https address";
	if (has_user(url))
		return "the address has a user name in it";
	curl = curl_easy_init();
	if (curl == NULL)
		return "out of memory";
	fault = perform(curl, &r, url, post, why);
	curl_easy_cleanup(curl);
	if (fault != NULL)
		out->len = r.start;
	return fault;
}

const char *
http_reach(const char *where, const struct http_rules *rules, char why[300])
{
	struct sm_buf none = SM_BUF_INIT;
	struct request r = { .out = &none, .rules = rules };
	CURL *curl = curl_easy_init();
	CURLcode code = CURLE_OUT_OF_MEMORY;
	char url[400];
	bool ok = curl != NULL;

	if (snprintf(url, sizeof(url), "http://%s/", where) >= (int)sizeof(url))
		ok = false;
	ok = ok && set_rules(curl, url, &r);
	if (ok) {
		SET(CURLOPT_CONNECT_ONLY, 1L);
		SET(CURLOPT_PROXY, "");
	}
	if (ok)
		code = curl_easy_perform(curl);
	if (code != CURLE_OK)
		(void)why_not(&r, code, curl, why);
	curl_easy_cleanup(curl);
	sm_buf_free(&none);
	return code == CURLE_OK ? NULL : why;
}
