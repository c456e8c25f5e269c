#include "pem.h"

#include <stdio.h>

#include <base/base64.h>

/* The bytes before the next mark, which must begin a line; *text is moved past
 * the mark. False when there is none. */
static bool
cut_at(struct sm_bytes *text, const char *mark, struct sm_bytes *before)
{
	const uint8_t *hit = text->len == 0 ? NULL :
	    memmem(text->data, text->len, mark, strlen(mark));

	if (hit == NULL)
		return false;
	*before = sm_bytes_first(*text, (size_t)(hit - text->data));
	*text = sm_bytes_skip(*text, before->len + strlen(mark));
	return true;
}

static int
decode(struct sm_buf *out, struct sm_bytes body)
{
	struct sm_base64_dec d = { 0, 0, 0, 0 };
	size_t n = 0;

	sm_buf_clear(out);
	if (sm_buf_reserve(out, sm_base64_dec_room(body.len)) != 0)
		return PEM_NO_MEMORY;
	if (sm_base64_dec_update(&d, out->data, &n, body) != 0 ||
	    sm_base64_dec_finish(&d) != 0)
		return PEM_MALFORMED;
	out->len = n;
	return 0;
}

int
pem_each(struct sm_bytes text, const char *label,
    int (*each)(void *ctx, struct sm_bytes der), void *ctx, size_t *found)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_bytes body;
	char begin[64], end[64];
	int rc = 0;

	(void)snprintf(begin, sizeof(begin), "-----BEGIN %s-----", label);
	(void)snprintf(end, sizeof(end), "-----END %s-----", label);
	for (*found = 0; rc == 0 && cut_at(&text, begin, &body); (*found)++) {
		if (!cut_at(&text, end, &body))
			rc = PEM_MALFORMED;
		if (rc == 0)
			rc = decode(&der, body);
		if (rc == 0)
			rc = each(ctx, sm_buf_bytes(&der));
	}
	sm_buf_free(&der);
	return rc;
}
