/* client/fetch/http.h - one thing from one http or https address.
 *
 * The address comes out of a certificate: an authority that is trusted wrote it, or,
 * for the issuer of a certificate that leads nowhere yet, anybody. So: http and https
 * only; at most three redirections, none to the other scheme, none of a POST; no name
 * or password in the address, no cookies, no content codings; a cap on the size and
 * on the time of all of it. Link-local addresses, which are the machine's own and its
 * hypervisor's, are never connected to; other private ones only when the caller says
 * so. The check is made on the address that is connected to, after the name was looked
 * up, so that no name can be exchanged in between. */
#ifndef SEALMAIL_CLIENT_FETCH_HTTP_H
#define SEALMAIL_CLIENT_FETCH_HTTP_H

#include <base/buf.h>

struct http_rules {
	size_t max_bytes;
	unsigned seconds;
	bool allow_private;  /* loopback, RFC 1918, unique local, and a proxy */
};

/* GET, or POST of an OCSP request when post.len > 0; the body is appended to out.
 * NULL, or a plain phrase: why not. It is static or lives in why. */
const char *http_fetch(struct sm_buf *out, const char *url, struct sm_bytes post,
    const struct http_rules *rules, char why[300]);
/* Does HOST:PORT take connections? NULL, or a phrase as above. */
const char *http_reach(const char *where, const struct http_rules *rules,
    char why[300]);

#endif
