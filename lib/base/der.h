/* base/der.h - reading and writing DER (X.690) in memory.
 *
 * Reading: a struct sm_bytes is the cursor. Each sm_der_get_* consumes one
 * element from its front and returns true, or returns false and leaves the
 * cursor where it was. Contents may be handed out into the cursor itself, which
 * so descends into the element. Lengths are definite and minimal, tags one byte:
 * anything else is refused. Nothing is copied, nothing recurses.
 *
 * Writing: a struct sm_derw appends to a buffer; elements nest by begin/end. A
 * failure sticks and is asked for once, by sm_derw_status().
 *
 * Not done: high tag numbers, REAL, and BER (base/ber.h). */
#ifndef SM_BASE_DER_H
#define SM_BASE_DER_H

#include <base/buf.h>

enum sm_der_tag {
	SM_DER_BOOLEAN = 0x01,
	SM_DER_INTEGER = 0x02,
	SM_DER_BIT_STRING = 0x03,
	SM_DER_OCTET_STRING = 0x04,
	SM_DER_NULL = 0x05,
	SM_DER_OID = 0x06,
	SM_DER_ENUMERATED = 0x0a,
	SM_DER_UTF8_STRING = 0x0c,
	SM_DER_PRINTABLE_STRING = 0x13,
	SM_DER_IA5_STRING = 0x16,
	SM_DER_UTC_TIME = 0x17,
	SM_DER_GENERALIZED_TIME = 0x18,
	SM_DER_SEQUENCE = 0x30,
	SM_DER_SET = 0x31,
};
/* Context tag [n], primitive (IMPLICIT string) and constructed. */
#define SM_DER_CTX(n) (0x80u | (unsigned)(n))
#define SM_DER_CTX_CONS(n) (0xa0u | (unsigned)(n))

/* One element of any tag: its contents and, where asked for (not NULL), its
 * tag and the whole encoding. */
SM_MUST_CHECK bool sm_der_get_any(struct sm_bytes *in, unsigned *tag,
    struct sm_bytes *contents, struct sm_bytes *whole);
/* One element with this tag: contents. */
SM_MUST_CHECK bool sm_der_get(struct sm_bytes *in, unsigned tag,
    struct sm_bytes *contents);
/* The same, handing out the whole encoding. */
SM_MUST_CHECK bool sm_der_get_whole(struct sm_bytes *in, unsigned tag,
    struct sm_bytes *whole);
/* Is the next element of this tag? False at the end. */
bool sm_der_next_is(struct sm_bytes in, unsigned tag);
/* An OPTIONAL element: *present tells; false only when it is there and bad. */
SM_MUST_CHECK bool sm_der_get_opt(struct sm_bytes *in, unsigned tag,
    struct sm_bytes *contents, bool *present);
/* A non-negative INTEGER of at most 64 bits, minimal. */
SM_MUST_CHECK bool sm_der_get_uint(struct sm_bytes *in, uint64_t *value);
/* An INTEGER's contents, checked minimal, at most max_len bytes, any sign. */
SM_MUST_CHECK bool sm_der_get_integer(struct sm_bytes *in, size_t max_len,
    struct sm_bytes *contents);
/* BOOLEAN: 00 or ff only. */
SM_MUST_CHECK bool sm_der_get_bool(struct sm_bytes *in, bool *value);
/* An OID's contents, each arc minimal, at most 64 bytes. */
SM_MUST_CHECK bool sm_der_get_oid(struct sm_bytes *in, struct sm_bytes *oid);
/* A BIT STRING of whole bytes (0 unused bits). */
SM_MUST_CHECK bool sm_der_get_bits(struct sm_bytes *in, struct sm_bytes *bits);
/* UTCTime or GeneralizedTime in the RFC 5280 forms (seconds, Z): seconds since
 * 1970, negative before. */
SM_MUST_CHECK bool sm_der_get_time(struct sm_bytes *in, int64_t *seconds);
/* AlgorithmIdentifier: the OID's contents and the whole parameters element
 * (len 0 when absent). */
SM_MUST_CHECK bool sm_der_get_algorithm(struct sm_bytes *in,
    struct sm_bytes *oid, struct sm_bytes *params);

/* "1.2.840.113549.1.7.2" of OID contents; at most out_size - 1 characters. A
 * malformed OID ends in "?". */
void sm_der_oid_text(char *out, size_t out_size, struct sm_bytes oid);

struct sm_derw {
	struct sm_buf *buf;
	int rc;
};

void sm_derw_init(struct sm_derw *w, struct sm_buf *out);
/* Begin a constructed element, end it with the mark that begin returned. */
size_t sm_derw_begin(struct sm_derw *w, unsigned tag);
void sm_derw_end(struct sm_derw *w, size_t mark);
void sm_derw_add(struct sm_derw *w, unsigned tag, struct sm_bytes contents);
/* An element that is encoded already. */
void sm_derw_raw(struct sm_derw *w, struct sm_bytes encoded);
void sm_derw_uint(struct sm_derw *w, uint64_t value);
void sm_derw_oid(struct sm_derw *w, struct sm_bytes oid_contents);
void sm_derw_null(struct sm_derw *w);
/* UTCTime from 1950 through 2049, else GeneralizedTime (RFC 5652 section 11.3);
 * SM_E_USAGE outside the years 0 to 9999. */
void sm_derw_time(struct sm_derw *w, int64_t seconds);
/* AlgorithmIdentifier; params is a whole element, or len 0 for absent. */
void sm_derw_algorithm(struct sm_derw *w, struct sm_bytes oid_contents,
    struct sm_bytes params);
/* End a SET OF: as sm_derw_end, its elements put into DER order. SM_E_FORMAT
 * when they are not DER. */
void sm_derw_end_set_of(struct sm_derw *w, size_t mark);
/* 0, or the first failure. */
SM_MUST_CHECK int sm_derw_status(const struct sm_derw *w);

/* Seconds since 1970 <-> civil UTC, proleptic Gregorian, years 0 to 9999. The
 * fields given to from_civil are in range (sm_time_civil_ok); to_civil clips to
 * the first or last second of those years. weekday 0 is Sunday. */
int64_t sm_time_from_civil(int year, int month, int day, int hour, int min,
    int sec);
struct sm_civil { int year, month, day, hour, min, sec, weekday; };
struct sm_civil sm_time_to_civil(int64_t seconds);
/* Is there such a second? Leap seconds are not; weekday is not looked at. */
bool sm_time_civil_ok(const struct sm_civil *c);
/* RFC 3339 "2026-11-22T09:14:00Z", 20 bytes and a NUL. */
void sm_time_text(char out[32], int64_t seconds);
/* The reverse; offsets are accepted, fractions too and cut off. False when
 * malformed, a leap second, or outside the years 0 to 9999. */
SM_MUST_CHECK bool sm_time_parse(const char *text, int64_t *seconds);

#endif
