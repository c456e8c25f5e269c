/* mime/header.h - the header block of a message or MIME entity, exact bytes
 * kept (RFC 5322 section 2.2, RFC 2045).
 *
 * Accepts: CRLF or LF line ends, folding, 8-bit and RFC 6532 text, a leading
 * mbox "From " line, an empty block. Whatever does not look like a header block
 * is not refused but reported as none (sm_header_found): the bytes collected so
 * far are then ordinary data.
 *
 * A first line that is neither field nor blank makes it none. A later line that is
 * neither field, continuation nor blank, or that holds a NUL, ends the block, and
 * the body begins with that line. Such a line may be recognised only after its
 * begin was consumed: sm_header_rest() hands that begin out.
 * Limits: header_bytes, header_fields. */
#ifndef SM_MIME_HEADER_H
#define SM_MIME_HEADER_H

#include <base/buf.h>
#include <sealmail/limits.h>

struct sm_header;

SM_MUST_CHECK int sm_header_new(struct sm_header **out,
    const struct sm_limits *limits, struct sm_error *err);
void sm_header_free(struct sm_header *h);

/* Feed bytes; *used says how many belong to the block (the blank line that ends
 * it included), *done that it has ended: then feed the rest elsewhere. When the
 * bytes turn out to be no header block, *done is set too, sm_header_found() is
 * false and sm_header_raw() gives back all that was consumed. */
SM_MUST_CHECK int sm_header_write(struct sm_header *h, struct sm_bytes in,
    size_t *used, bool *done);
/* The input ended; a block without its blank line is a block. */
SM_MUST_CHECK int sm_header_finish(struct sm_header *h);

bool sm_header_found(const struct sm_header *h);
/* All bytes consumed, exactly as they came. */
struct sm_bytes sm_header_raw(const struct sm_header *h);
/* Those at the end of raw that are body already: the begin of a damaged line that
 * ended the block. Empty for a sound header. Whoever reads the body reads these
 * bytes first. */
struct sm_bytes sm_header_rest(const struct sm_header *h);

size_t sm_header_count(const struct sm_header *h);
struct sm_bytes sm_header_name(const struct sm_header *h, size_t i);
/* After the colon, leading blanks removed, folding as it came. */
struct sm_bytes sm_header_value(const struct sm_header *h, size_t i);
/* The whole field as it came, its line end included. */
struct sm_bytes sm_header_field(const struct sm_header *h, size_t i);
/* Index of the n-th field of that name (case-insensitive), or -1. */
long sm_header_find(const struct sm_header *h, const char *name, size_t n);
/* Is there any field besides Content-* and MIME-Version? (contract: From) */
bool sm_header_is_message(const struct sm_header *h);
/* May other programs see fields here that we do not? A damaged line ended the
 * block, where many read on, or a CR stands in it alone, which some take for the
 * end of a line. */
bool sm_header_ambiguous(const struct sm_header *h);

/* A structured value with parameters (RFC 2045 section 5.1, RFC 2231), comments
 * removed. value is lower case: "multipart/signed", "base64". */
struct sm_mime_param {
	char *name;  /* lower case, RFC 2231 pieces joined and decoded to bytes */
	char *value;
};
struct sm_mime_value {
	char *value;
	struct sm_mime_param *params;
	size_t param_count;
	bool bad;       /* something was not understood: value and params before it */
	bool duplicate; /* the field, or one parameter, is there twice */
};
/* The field of that name; absent: value is NULL. Never fails on content. */
SM_MUST_CHECK int sm_mime_value_read(struct sm_mime_value *out,
    const struct sm_header *h, const char *field);
void sm_mime_value_wipe(struct sm_mime_value *v);
/* NULL when absent. */
const char *sm_mime_value_param(const struct sm_mime_value *v, const char *name);

/* RFC 5322 date-time, obsolete zones included; false when malformed. */
SM_MUST_CHECK bool sm_mime_date(struct sm_bytes value, int64_t *seconds);

#endif
