/* base/ber.h - BER in memory, turned into DER lengths.
 *
 * For the small structures of CMS that may arrive in BER: indefinite lengths
 * become definite, long lengths minimal, constructed strings one primitive.
 * Order of SET OF elements and contents of primitives stay as they are, so the
 * result of an input that is DER already is the same bytes.
 *
 * A string with a context tag ([0] IMPLICIT OCTET STRING) in constructed form
 * cannot be told from a structure and stays constructed.
 *
 * Limits: depth (asn1_depth), no high tag numbers; no recursion. */
#ifndef SM_BASE_BER_H
#define SM_BASE_BER_H

#include <base/buf.h>
#include <sealmail/limits.h>

/* Append the one element that in holds to out. Returns 0; SM_E_FORMAT (also
 * for trailing bytes), SM_E_LIMIT, SM_E_NOMEM: then out is as it was. */
SM_MUST_CHECK int sm_ber_to_der(struct sm_buf *out, struct sm_bytes in,
    const struct sm_limits *limits);

#endif
