/* mime/mime_param.h - parameters of a structured field while they are collected,
 * and RFC 2231 sections joined. Within the room. */
#ifndef SM_MIME_MIME_PARAM_H
#define SM_MIME_MIME_PARAM_H

#include <mime/header.h>

/* One parameter as it stood: "name*1*=value". */
struct sm_mime_piece {
	char *name;   /* lower case, without the asterisks */
	int section;  /* -1: none */
	bool encoded; /* ended by an asterisk: %xx, in the first also charset'lang' */
	bool used;
	struct sm_buf value;
};

/* More than any mail needs; joining compares each with each. */
#define SM_MIME_PIECES_MAX 128
struct sm_mime_pieces {
	struct sm_mime_piece list[SM_MIME_PIECES_MAX];
	size_t count;
};

/* Give name (as it stood) to piece: false when its asterisks make no sense.
 * SM_E_NOMEM. */
SM_MUST_CHECK int sm_mime_piece_name(struct sm_mime_piece *p,
    struct sm_bytes name, bool *ok);
/* Join to parameters of out, setting its bad and duplicate. SM_E_NOMEM. */
SM_MUST_CHECK int sm_mime_pieces_join(struct sm_mime_value *out,
    struct sm_mime_pieces *pieces);
void sm_mime_pieces_wipe(struct sm_mime_pieces *pieces);

#endif
