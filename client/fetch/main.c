/* sealmail-fetch [private] - started by sealmail, which has decided that something may
 * be asked of the network; see ../fetching.h. Frames (../frame.h):
 *
 *   get URL             what stands there
 *   ocsp URL LF DER     the response to an OCSP request: by GET when it is short, which
 *                       caches answer (RFC 5019), else or thereupon by POST
 *
 *   reach HOST:PORT     whether it takes connections
 *
 * Each is answered by "body" or by "none" and a phrase that says why. "private" allows
 * addresses of one's own network. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <curl/curl.h>

#include "frame.h"
#include "http.h"

/* A sanitizer's shadow is larger than any limit. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED 0
#endif

enum {
	REQUEST_BYTES = 64 << 10,
	BODY_BYTES = 32 << 20,
	OCSP_BYTES = 256 << 10,
	GET_SECONDS = 20,
	OCSP_SECONDS = 8,
	SHORT_BYTES = 255, /* RFC 5019 section 5 */
	MEMORY = 512 << 20,
};

static int
answer(const char *fault, const struct sm_buf *body)
{
	return fault == NULL ? frame_write(STDOUT_FILENO, "body", sm_buf_bytes(body)) :
	    frame_write(STDOUT_FILENO, "none", sm_bytes_str(fault));
}

static int
get(const char *url, bool allow_private)
{
	struct http_rules rules = { BODY_BYTES, GET_SECONDS, allow_private };
	struct sm_buf body = SM_BUF_INIT;
	char why[300];
	int rc = answer(http_fetch(&body, url, sm_bytes(NULL, 0), &rules, why), &body);

	sm_buf_free(&body);
	return rc;
}

/* URL/base64, percent-encoded (RFC 6960 appendix A.1); NULL without memory. */
static char *
short_url(const char *url, struct sm_bytes der)
{
	static const char digits[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	size_t len = strlen(url), i, k;
	char *out = malloc(len + 2 + (der.len + 2) / 3 * 12), *p = out;

	if (out == NULL)
		return NULL;
	memcpy(p, url, len);
	p += len;
	if (len > 0 && p[-1] != '/')
		*p++ = '/';
	for (i = 0; i < der.len; i += 3) {
		uint32_t v = (uint32_t)der.data[i] << 16;

		if (i + 1 < der.len)
			v |= (uint32_t)der.data[i + 1] << 8;
		if (i + 2 < der.len)
			v |= der.data[i + 2];
		for (k = 0; k < 4; k++) {
			char c = i + k > der.len ? '=' : digits[v >> (18 - 6 * k) & 63];

			if (c == '+' || c == '/' || c == '=')
				p += snprintf(p, 4, "%%%02X", (unsigned)(unsigned char)c);
			else
				*p++ = c;
		}
	}
	*p = '\0';
	return out;
}

static int
ocsp(const char *url, struct sm_bytes der, bool allow_private)
{
	struct http_rules rules = { OCSP_BYTES, OCSP_SECONDS, allow_private };
	struct sm_buf body = SM_BUF_INIT;
	const char *fault = "";
	char why[300], *address = NULL;
	int rc;

	if (der.len <= SHORT_BYTES)
		address = short_url(url, der);
	if (address != NULL)
		fault = http_fetch(&body, address, sm_bytes(NULL, 0), &rules, why);
	free(address);
	if (fault != NULL)
		fault = http_fetch(&body, url, der, &rules, why);
	rc = answer(fault, &body);
	sm_buf_free(&body);
	return rc;
}

static int
reach(const char *where, bool allow_private)
{
	struct http_rules rules = { 0, OCSP_SECONDS, allow_private };
	struct sm_buf none = SM_BUF_INIT;
	char why[300];

	return answer(http_reach(where, &rules, why), &none);
}

static int
serve(struct frame *f, bool allow_private)
{
	uint8_t *end = f->body.len > 0 ? memchr(f->body.data, '\n', f->body.len) : NULL;
	struct sm_bytes der;

	if (strcmp(f->word, "ocsp") == 0 && end != NULL) {
		*end++ = '\0';
		der = sm_bytes_skip(sm_buf_bytes(&f->body),
		    (size_t)(end - f->body.data));
		return ocsp((const char *)f->body.data, der, allow_private);
	}
	if (strcmp(f->word, "reach") == 0 && end == NULL &&
	    sm_buf_append_byte(&f->body, 0) == 0)
		return reach((const char *)f->body.data, allow_private);
	if (strcmp(f->word, "get") != 0 || end != NULL ||
	    sm_buf_append_byte(&f->body, 0) != 0)
		return answer("it was asked for something it does not know", &f->body);
	return get((const char *)f->body.data, allow_private);
}

int
main(int argc, char **argv)
{
	struct rlimit memory = { MEMORY, MEMORY }, none = { 0, 0 };
	struct frame f = { "", SM_BUF_INIT };
	bool allow_private = argc > 1 && strcmp(argv[1], "private") == 0;
	int rc;

	/* What comes from the network must not fill memory, nor write a file. */
	if (!SANITIZED)
		(void)setrlimit(RLIMIT_AS, &memory);
	(void)setrlimit(RLIMIT_FSIZE, &none);
	(void)setrlimit(RLIMIT_CORE, &none);
	if (curl_global_init(CURL_GLOBAL_DEFAULT) != 0)
		return 70;
	while ((rc = frame_read(STDIN_FILENO, &f, REQUEST_BYTES, -1)) > 0)
		if (serve(&f, allow_private) != 0)
			break;
	sm_buf_free(&f.body);
	curl_global_cleanup();
	return rc == 0 ? 0 : 70;
}
