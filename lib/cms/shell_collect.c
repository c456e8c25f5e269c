#include <cms/shell_collect.h>

int
sm_ber_header_push(struct sm_ber_header *h, uint8_t byte, const char **why)
{
	h->raw[h->have++] = byte;
	if (h->have == 1) {
		h->tag = byte;
		if ((byte & 0x1f) != 0x1f)
			return 0;
		*why = "a tag number above 30";
		return SM_E_FORMAT;
	}
	if (h->have == 2) {
		h->length = byte;
		if (byte < 0x80)
			return 1;
		if (byte == 0x80) {
			h->length = SM_BER_INDEFINITE;
			if ((h->tag & 0x20) != 0)
				return 1;
			*why = "a primitive element of indefinite length";
			return SM_E_FORMAT;
		}
		h->length = 0;
		if (byte <= 0x88)
			return 0;
		*why = "a length of more than 8 bytes";
		return SM_E_FORMAT;
	}
	if (h->length >> 54 != 0) {
		*why = "a length above 2^62";
		return SM_E_FORMAT;
	}
	h->length = h->length << 8 | byte;
	return h->have == 2u + (h->raw[1] & 0x7fu);
}

void
sm_collect_free(struct sm_collect *c)
{
	sm_buf_free(&c->buf);
}

/* Close every element whose bytes are used up. 1 when none is open. */
static int
collect_close(struct sm_collect *c)
{
	while (c->depth > 0 && c->left[c->depth - 1] == 0)
		c->depth--;
	return c->depth == 0;
}

/* Open the element whose header is complete. */
static int
collect_open(struct sm_collect *c, const char **why)
{
	if (c->depth >= c->depth_max) {
		*why = "asn1-depth";
		return SM_E_LIMIT;
	}
	c->left[c->depth++] = c->header.length;
	c->header.have = 0;
	return 0;
}

int
sm_collect_begin(struct sm_collect *c, const struct sm_ber_header *h,
    size_t max, unsigned depth_max)
{
	c->buf.len = 0;
	c->max = max;
	c->depth_max = depth_max < SM_BER_DEPTH_MAX ? depth_max : SM_BER_DEPTH_MAX;
	c->header.have = 0;
	c->depth = 1;
	c->left[0] = h->length;
	if (h->length != SM_BER_INDEFINITE && h->length > max)
		return SM_E_LIMIT;
	int rc = sm_buf_append(&c->buf, sm_bytes(h->raw, h->have));
	if (rc != 0)
		return rc;
	return collect_close(c);
}

/* The bytes of definite elements need no look inside. */
static int
collect_bulk(struct sm_collect *c, struct sm_bytes in, size_t *used)
{
	uint64_t left = c->left[c->depth - 1];
	size_t n = in.len < left ? in.len : (size_t)left;

	c->left[c->depth - 1] -= n;
	*used += n;
	return sm_buf_append(&c->buf, sm_bytes_first(in, n));
}

/* Inside an indefinite element: headers, and the two zero bytes of its end. */
static int
collect_header_byte(struct sm_collect *c, uint8_t byte, const char **why)
{
	int rc = sm_ber_header_push(&c->header, byte, why);

	if (rc < 0)
		return rc;
	if (sm_buf_append_byte(&c->buf, byte) != 0)
		return SM_E_NOMEM;
	if (rc == 0)
		return 0;
	if (sm_ber_header_is_eoc(&c->header)) {
		c->header.have = 0;
		c->depth--;
		return 0;
	}
	if (c->header.tag == 0) {
		*why = "an end-of-contents with a length";
		return SM_E_FORMAT;
	}
	return collect_open(c, why);
}

int
sm_collect_write(struct sm_collect *c, struct sm_bytes in, size_t *used,
    const char **why)
{
	*used = 0;
	while (!collect_close(c)) {
		struct sm_bytes rest = sm_bytes_skip(in, *used);
		int rc;

		if (rest.len == 0)
			return 0;
		if (c->left[c->depth - 1] != SM_BER_INDEFINITE) {
			rc = collect_bulk(c, rest, used);
		} else {
			*used += 1;
			rc = collect_header_byte(c, rest.data[0], why);
		}
		if (rc != 0)
			return rc;
		if (c->buf.len > c->max) {
			*why = "size";
			return SM_E_LIMIT;
		}
	}
	return 1;
}
