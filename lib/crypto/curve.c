#include <crypto/curve.h>
#include <crypto/evp.h>

#include <openssl/ec.h>
#include <openssl/obj_mac.h>

#define OID(...)                                                             \
	{ (const uint8_t[]) { __VA_ARGS__ },                                 \
	    sizeof((const uint8_t[]) { __VA_ARGS__ }) }
/* 1.2.840.10045.3.1 */
#define X962 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01
/* 1.3.132.0 */
#define CERTICOM 0x2b, 0x81, 0x04, 0x00
/* 1.3.36.3.3.2.8.1.1 */
#define TELETRUST 0x2b, 0x24, 0x03, 0x03, 0x02, 0x08, 0x01, 0x01

static const struct sm_curve curve_table[] = {
	{ "P-256", "prime256v1", NID_X9_62_prime256v1, 256, OID(X962, 7) },
	{ "P-384", "secp384r1", NID_secp384r1, 384, OID(CERTICOM, 34) },
	{ "P-521", "secp521r1", NID_secp521r1, 521, OID(CERTICOM, 35) },
	{ "P-224", "secp224r1", NID_secp224r1, 224, OID(CERTICOM, 33) },
	{ "P-192", "prime192v1", NID_X9_62_prime192v1, 192, OID(X962, 1) },
	{ "secp256k1", "secp256k1", NID_secp256k1, 256, OID(CERTICOM, 10) },
	{ "brainpoolP160r1", "brainpoolP160r1", NID_brainpoolP160r1, 160,
	    OID(TELETRUST, 1) },
	{ "brainpoolP192r1", "brainpoolP192r1", NID_brainpoolP192r1, 192,
	    OID(TELETRUST, 3) },
	{ "brainpoolP224r1", "brainpoolP224r1", NID_brainpoolP224r1, 224,
	    OID(TELETRUST, 5) },
	{ "brainpoolP256r1", "brainpoolP256r1", NID_brainpoolP256r1, 256,
	    OID(TELETRUST, 7) },
	{ "brainpoolP320r1", "brainpoolP320r1", NID_brainpoolP320r1, 320,
	    OID(TELETRUST, 9) },
	{ "brainpoolP384r1", "brainpoolP384r1", NID_brainpoolP384r1, 384,
	    OID(TELETRUST, 11) },
	{ "brainpoolP512r1", "brainpoolP512r1", NID_brainpoolP512r1, 512,
	    OID(TELETRUST, 13) },
};

const struct sm_curve *
sm_curve_by_oid(struct sm_bytes oid)
{
	size_t i;

	for (i = 0; i < sizeof(curve_table) / sizeof(curve_table[0]); i++)
		if (sm_bytes_equal(curve_table[i].oid, oid))
			return &curve_table[i];
	return NULL;
}

bool
sm_curve_point_form(const struct sm_curve *c, struct sm_bytes point)
{
	size_t n = sm_curve_bytes(c);

	if (point.len == 0)
		return false;
	switch (point.data[0]) {
	case 0x02:
	case 0x03:
		return point.len == 1 + n;
	case 0x04:
		return point.len == 1 + 2 * n;
	default:
		return false;
	}
}

/* d*G of a checked d. One scalar with the generator is libcrypto's constant-time
 * path. */
static int
curve_multiply(const EC_GROUP *group, struct sm_buf *out, size_t len,
    const BIGNUM *d, BN_CTX *ctx)
{
	EC_POINT *point = EC_POINT_new(group);
	int rc;

	if (point == NULL)
		return SM_E_NOMEM;
	rc = sm_buf_reserve(out, len);
	if (rc == 0 &&
	    (EC_POINT_mul(group, point, d, NULL, NULL, ctx) != 1 ||
		EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED,
		    out->data + out->len, len, ctx) != len))
		rc = sm_evp_failure();
	if (rc == 0)
		out->len += len;
	EC_POINT_clear_free(point);
	return rc;
}

int
sm_curve_public(const struct sm_curve *c, struct sm_buf *out, struct sm_bytes d)
{
	EC_GROUP *group = EC_GROUP_new_by_curve_name(c->nid);
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *n = BN_secure_new();
	int rc;

	if (group == NULL || ctx == NULL || n == NULL || d.len > 128 ||
	    BN_bin2bn(d.data, (int)d.len, n) == NULL) {
		rc = group == NULL ? SM_E_UNSUPPORTED : SM_E_NOMEM;
		goto out;
	}
	BN_set_flags(n, BN_FLG_CONSTTIME);
	if (BN_is_zero(n) || BN_cmp(n, EC_GROUP_get0_order(group)) >= 0)
		rc = SM_E_FORMAT;
	else
		rc = curve_multiply(group, out, 1 + 2 * sm_curve_bytes(c), n,
		    ctx);
out:
	BN_clear_free(n);
	BN_CTX_free(ctx);
	EC_GROUP_free(group);
	return rc;
}
