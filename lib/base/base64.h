/* base/base64.h - base64 (RFC 4648 section 4) in bulk, as mail uses it.
 *
 * Encoding writes lines; decoding skips line ends and blanks and is strict in
 * all else. Fast paths are chosen at run time and have a plain twin with which
 * the tests compare them. */
#ifndef SM_BASE_BASE64_H
#define SM_BASE_BASE64_H

#include <base/buf.h>

/* Decoder: a small struct that the caller owns; zero-initialise. */
struct sm_base64_dec {
	uint32_t bits;      /* sextets collected, newest lowest */
	unsigned have;      /* how many: 0..3 */
	unsigned pad;       /* '=' seen */
	uint64_t in_bytes;  /* consumed, for the offset of a fault */
};
/* Decode in; out must have room for sm_base64_dec_room(in.len). *out_len is set.
 * SM_E_FORMAT: a character outside the alphabet, or anything but white space
 * after the padding; in_bytes is then its offset. */
SM_MUST_CHECK int sm_base64_dec_update(struct sm_base64_dec *d, uint8_t *out,
    size_t *out_len, struct sm_bytes in);
static inline size_t
sm_base64_dec_room(size_t in)
{
	return in / 4 * 3 + 3 + 64; /* 64: room for wide stores */
}
/* The same without wide instructions: the twin that tests compare with. */
SM_MUST_CHECK int sm_base64_dec_update_plain(struct sm_base64_dec *d,
    uint8_t *out, size_t *out_len, struct sm_bytes in);
/* SM_E_FORMAT when the input ends inside a quantum (missing '='), or has
 * non-zero left-over bits. */
SM_MUST_CHECK int sm_base64_dec_finish(const struct sm_base64_dec *d);

/* Encoder, lines of 64 characters ended by CRLF (crlf) or LF. */
struct sm_base64_enc {
	uint8_t hold[48];
	size_t held;
	bool crlf;
};
static inline size_t
sm_base64_enc_room(size_t in)
{
	return (in / 48 + 2) * 66 + 64;
}
void sm_base64_enc_update(struct sm_base64_enc *e, uint8_t *out,
    size_t *out_len, struct sm_bytes in);
void sm_base64_enc_update_plain(struct sm_base64_enc *e, uint8_t *out,
    size_t *out_len, struct sm_bytes in);
/* The last, short line with its line end; nothing when there is none. */
void sm_base64_enc_finish(struct sm_base64_enc *e, uint8_t *out,
    size_t *out_len);

#endif
