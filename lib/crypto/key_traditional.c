/* The key formats before PKCS#8. Exports sm_key_to_pkcs8_traditional. */
#include <base/der.h>
#include <base/try.h>
#include <crypto/key.h>
#include <crypto/pubkey_impl.h>

/* The curve stands inside ECPrivateKey (RFC 5915 section 3): [0] parameters. */
static int
traditional_ec_params(struct sm_bytes *params, struct sm_bytes der)
{
	struct sm_bytes seq, d;
	uint64_t version;
	bool present = false;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &seq) || der.len != 0 ||
	    !sm_der_get_uint(&seq, &version) || version != 1 ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &d) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX_CONS(0), params, &present) ||
	    !present)
		return SM_E_FORMAT;
	return SM_OK;
}

static int
traditional_rsa_check(struct sm_bytes der)
{
	struct sm_bytes seq;
	uint64_t version;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &seq) || der.len != 0 ||
	    !sm_der_get_uint(&seq, &version) || version > 1)
		return SM_E_FORMAT;
	return SM_OK;
}

int
sm_key_to_pkcs8_traditional(struct sm_buf *out_secret, enum sm_key_type type,
    struct sm_bytes der)
{
	static const uint8_t null_params[] = { SM_DER_NULL, 0 };
	struct sm_bytes params = sm_bytes(null_params, sizeof(null_params));
	enum sm_alg_id alg = SM_PK_RSA;
	struct sm_derw w;
	size_t seq;

	switch (type) {
	case SM_KEY_RSA:
		SM_TRY(traditional_rsa_check(der));
		break;
	case SM_KEY_EC:
		alg = SM_PK_EC;
		SM_TRY(traditional_ec_params(&params, der));
		break;
	default:
		return SM_E_USAGE;
	}
	sm_derw_init(&w, out_secret);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	sm_derw_algorithm(&w, sm_alg_get(alg)->oid, params);
	sm_derw_add(&w, SM_DER_OCTET_STRING, der);
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}
