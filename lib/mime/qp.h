/* mime/qp.h - quoted-printable (RFC 2045 section 6.7), both ways. Within the
 * room: codec.h is the face. */
#ifndef SM_MIME_QP_H
#define SM_MIME_QP_H

#include <sealmail/stream.h>

/* Blanks at the end of a line are not content; more of them than a line of
 * RFC 5322 can hold are given out. */
enum { SM_QP_BLANKS = 998, SM_QP_OUT = 1024 };

struct sm_qp_dec {
	int state;     /* enum state in qp_dec.c */
	uint8_t first; /* hex digit behind '=' */
	uint64_t offset;
	uint64_t escape; /* where the last '=' stood */
	uint8_t blanks[SM_QP_BLANKS];
	size_t blank_count;
	uint8_t out[SM_QP_OUT];
	size_t out_len;
};
SM_MUST_CHECK int sm_qp_dec_write(struct sm_qp_dec *q, struct sm_bytes in,
    const struct sm_sink *sink, struct sm_error *err);
SM_MUST_CHECK int sm_qp_dec_finish(struct sm_qp_dec *q,
    const struct sm_sink *sink, struct sm_error *err);

struct sm_qp_enc {
	bool crlf;
	bool cr;       /* a CR is held */
	int blank;     /* a held blank, or 0 */
	size_t from;   /* how much of "From " is held, from the begin of a line */
	size_t column;
	uint8_t out[SM_QP_OUT];
	size_t out_len;
};
SM_MUST_CHECK int sm_qp_enc_write(struct sm_qp_enc *q, struct sm_bytes in,
    const struct sm_sink *sink);
SM_MUST_CHECK int sm_qp_enc_finish(struct sm_qp_enc *q,
    const struct sm_sink *sink);

#endif
