/* mime/multipart.h - cutting a multipart body at its boundary, as it streams.
 *
 * RFC 2046 section 5.1: the line end before a delimiter belongs to the
 * delimiter. Accepts CRLF and LF, trailing blanks after the delimiter. What
 * follows the close delimiter is epilogue; a body that ends without one is
 * reported (closed = false), never repaired. A delimiter may be the first line of
 * the body, may follow another one at once, and may end with the input; a line of
 * more than 998 characters is none. Held back is only what may still become one.
 *
 * sm_walk reads the tree of a whole entity the same way and tells its parts,
 * for finding layers that are not at the root. */
#ifndef SM_MIME_MULTIPART_H
#define SM_MIME_MULTIPART_H

#include <mime/header.h>
#include <sealmail/stream.h>

struct sm_multipart_events {
	void *ctx;
	/* part counts from 1. All return 0 or a status that stops. Any may be NULL. */
	int (*preamble)(void *ctx, struct sm_bytes in);
	int (*part_begin)(void *ctx, unsigned part);
	int (*part_data)(void *ctx, struct sm_bytes in); /* exact bytes */
	int (*part_end)(void *ctx, unsigned part);
	int (*epilogue)(void *ctx, struct sm_bytes in);
};

struct sm_multipart;
/* boundary: 1..boundary_bytes characters, else SM_E_FORMAT. */
SM_MUST_CHECK int sm_multipart_new(struct sm_multipart **out,
    const char *boundary, const struct sm_multipart_events *ev,
    const struct sm_limits *limits, struct sm_error *err);
void sm_multipart_free(struct sm_multipart *m);
SM_MUST_CHECK int sm_multipart_write(struct sm_multipart *m, struct sm_bytes in);
/* *closed: the close delimiter was seen. Ends an open part first. */
SM_MUST_CHECK int sm_multipart_finish(struct sm_multipart *m, bool *closed);

/* A line that is a delimiter of several open multiparts is the outermost one's.
 * The message in a message/rfc822 part 1 is part 1.1. Bodies that are encoded
 * are not entered, nor multiparts without a usable boundary.
 *
 * Walks an entity: for each part (the root is "", its children "1", "2", theirs
 * "1.1" ...) the header is shown once. message/rfc822 parts are entered. Depth
 * and number are limited (mime_depth, mime_parts): past them SM_E_LIMIT. */
struct sm_walk_events {
	void *ctx;
	int (*part)(void *ctx, const char *path, const struct sm_header *h);
};
struct sm_walk;
SM_MUST_CHECK int sm_walk_new(struct sm_walk **out,
    const struct sm_walk_events *ev, const struct sm_limits *limits,
    struct sm_error *err);
void sm_walk_free(struct sm_walk *w);
SM_MUST_CHECK int sm_walk_write(struct sm_walk *w, struct sm_bytes in);
SM_MUST_CHECK int sm_walk_finish(struct sm_walk *w);

#endif
