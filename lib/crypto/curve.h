/* crypto/curve.h - the named curves (RFC 5480, RFC 5639); for this room alone.
 *
 * All have cofactor 1, so a point that lies on the curve and is not the point at
 * infinity has the full order: that is the whole validation of RFC 5753
 * section 9 and SP 800-56A section 5.6.2.3.3. */
#ifndef SM_CRYPTO_CURVE_H
#define SM_CRYPTO_CURVE_H

#include <base/buf.h>

struct sm_curve {
	const char *name;  /* as in reports: "P-256" */
	const char *group; /* libcrypto's */
	int nid;
	unsigned bits;
	struct sm_bytes oid;
};

/* NULL when we do not know it. */
const struct sm_curve *sm_curve_by_oid(struct sm_bytes oid);

static inline size_t
sm_curve_bytes(const struct sm_curve *c)
{
	return (c->bits + 7) / 8;
}

/* Is it the encoding of a point by its form and length? Compressed and
 * uncompressed; hybrid forms and the point at infinity are refused. */
bool sm_curve_point_form(const struct sm_curve *c, struct sm_bytes point);

/* Append d*G, uncompressed. SM_E_FORMAT when d is not in 1..order-1. */
SM_MUST_CHECK int sm_curve_public(const struct sm_curve *c, struct sm_buf *out,
    struct sm_bytes d);

#endif
