/* mime/codec.h - transfer codings, canonical line ends, and writing entities.
 *
 * Each is a push stage: write in pieces of any size, finish, output to a sink
 * that must outlive it. */
#ifndef SM_MIME_CODEC_H
#define SM_MIME_CODEC_H

#include <mime/header.h>
#include <sealmail/stream.h>

enum sm_cte {
	SM_CTE_IDENTITY, /* 7bit, 8bit, binary, absent */
	SM_CTE_BASE64,
	SM_CTE_QP,
	SM_CTE_UNKNOWN,
};
/* Of a Content-Transfer-Encoding value (NULL: absent). */
enum sm_cte sm_cte_read(const char *value);

/* Decoding. base64 is strict (base/base64.h); quoted-printable too: "=" must
 * be followed by two hex digits or (blanks and) a line end; blanks at the end of
 * a line are not content. Faults: SM_E_FORMAT with the offset within the encoded
 * body; what stands before it has gone to the sink. */
struct sm_decoder;
SM_MUST_CHECK int sm_decoder_new(struct sm_decoder **out, enum sm_cte cte,
    const struct sm_sink *sink, struct sm_error *err);
void sm_decoder_free(struct sm_decoder *d);
SM_MUST_CHECK int sm_decoder_write(struct sm_decoder *d, struct sm_bytes in);
SM_MUST_CHECK int sm_decoder_finish(struct sm_decoder *d);

/* Encoding: base64 lines of 64 with CRLF (or LF), or quoted-printable of text
 * (canonical CRLF in, soft breaks at 76). */
struct sm_encoder;
SM_MUST_CHECK int sm_encoder_new(struct sm_encoder **out, enum sm_cte cte,
    bool crlf, const struct sm_sink *sink);
void sm_encoder_free(struct sm_encoder *e);
SM_MUST_CHECK int sm_encoder_write(struct sm_encoder *e, struct sm_bytes in);
SM_MUST_CHECK int sm_encoder_finish(struct sm_encoder *e);

/* PEM armour around base64 ("-----BEGIN CMS-----"): a reader that looks for
 * BEGIN of one of the labels CMS, PKCS7, "PKCS #7 SIGNED DATA" (OpenSSL), SIGNED
 * MESSAGE, ENCRYPTED MESSAGE (both gpgsm), and decodes to sink up to END; text before BEGIN and after END is skipped. */
struct sm_pem;
SM_MUST_CHECK int sm_pem_new(struct sm_pem **out, const struct sm_sink *sink,
    struct sm_error *err);
void sm_pem_free(struct sm_pem *p);
SM_MUST_CHECK int sm_pem_write(struct sm_pem *p, struct sm_bytes in);
SM_MUST_CHECK int sm_pem_finish(struct sm_pem *p); /* no END: SM_E_FORMAT */

/* Canonical line ends: LF becomes CRLF, CRLF stays, a bare CR stays. */
struct sm_canon {
	bool cr;          /* the last byte was CR */
	uint64_t changed; /* line ends that were not CRLF */
};
SM_MUST_CHECK int sm_canon_write(struct sm_canon *c, struct sm_bytes in,
    const struct sm_sink *out);

/* A boundary that no body can be expected to hold: 32 random characters given
 * by the caller as 16 bytes; out is NUL-terminated. */
#define SM_BOUNDARY_SIZE 48
void sm_mime_boundary(char out[SM_BOUNDARY_SIZE], const uint8_t random[16]);

/* Append "Name: value CRLF" folded at 76. SM_E_USAGE when name or value hold
 * CR, LF or NUL (header injection). */
SM_MUST_CHECK int sm_mime_field_write(struct sm_buf *out, const char *name,
    const char *value);

#endif
