/* cms/shell_collect.h - gathering one whole BER element from a stream. */
#ifndef SM_CMS_SHELL_COLLECT_H
#define SM_CMS_SHELL_COLLECT_H

#include <base/buf.h>
#include <sealmail/limits.h>

#define SM_BER_HEADER_MAX 10  /* tag, length of length, 8 bytes of length */
#define SM_BER_DEPTH_MAX 64
#define SM_BER_INDEFINITE UINT64_MAX

/* An identifier and length as they stream in. */
struct sm_ber_header {
	uint8_t raw[SM_BER_HEADER_MAX];
	size_t have;
	unsigned tag;
	uint64_t length;     /* SM_BER_INDEFINITE when indefinite */
};
/* Take one byte. 1: complete, 0: more, SM_E_FORMAT: high tag number, length
 * above 2^62, or indefinite primitive (*why says which). */
int sm_ber_header_push(struct sm_ber_header *h, uint8_t byte, const char **why);
static inline bool
sm_ber_header_is_eoc(const struct sm_ber_header *h)
{
	return h->tag == 0 && h->length == 0;
}

/* Collects an element whose header has been read; nested indefinite lengths
 * are followed, not recursed. */
struct sm_collect {
	struct sm_buf buf;
	size_t max;
	unsigned depth_max;
	struct sm_ber_header header;       /* of the inner element being read */
	unsigned depth;                    /* open elements */
	uint64_t left[SM_BER_DEPTH_MAX];   /* bytes left in each, or INDEFINITE */
};
void sm_collect_free(struct sm_collect *c);
/* Begin with a header. 1: already complete (length 0), 0: feed bytes. */
int sm_collect_begin(struct sm_collect *c, const struct sm_ber_header *h,
    size_t max, unsigned depth_max);
/* Feed; *used bytes were taken. 1 when the element is complete, 0 for more,
 * SM_E_FORMAT, SM_E_LIMIT, SM_E_NOMEM (*why names it). */
int sm_collect_write(struct sm_collect *c, struct sm_bytes in, size_t *used,
    const char **why);

#endif
