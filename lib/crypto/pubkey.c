#include <base/der.h>
#include <base/try.h>
#include <crypto/pkey.h>
#include <crypto/pubkey_impl.h>
#include <sealmail/limits.h>

#include <stdlib.h>

enum {
	PUBKEY_RSA_MIN_BITS = 512,   /* the oldest mail; policy asks for more */
	PUBKEY_RSA_EXPONENT = 8,     /* bytes: a longer one only costs us time */
	PUBKEY_RSA_BYTES = 4096,     /* parser's bound; rsa_bits is the limit */
	PUBKEY_DSA_BYTES = 1250,     /* libcrypto's: 10000 bits */
};

int
sm_pubkey_write_spki(struct sm_buf *out, struct sm_bytes oid,
    struct sm_bytes params, struct sm_bytes key_bits)
{
	static const uint8_t unused[1]; /* 0 unused bits */
	struct sm_buf bits = SM_BUF_INIT;
	struct sm_derw w;
	size_t spki;
	int rc;

	SM_TRY_OUT(sm_buf_append(&bits, sm_bytes(unused, 1)));
	SM_TRY_OUT(sm_buf_append(&bits, key_bits));
	sm_derw_init(&w, out);
	spki = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_algorithm(&w, oid, params);
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&bits));
	sm_derw_end(&w, spki);
	rc = sm_derw_status(&w);
out:
	sm_buf_free(&bits);
	return rc;
}

bool
sm_pubkey_get_number(struct sm_bytes *in, size_t max_bytes,
    struct sm_bytes *out)
{
	struct sm_bytes n, saved = *in;

	if (!sm_der_get_integer(in, max_bytes + 1, &n))
		return false;
	if (n.len > 0 && n.data[0] == 0)
		n = sm_bytes_skip(n, 1);
	else if (n.len > 0 && n.data[0] >= 0x80)
		n.len = 0; /* negative */
	if (n.len == 0 || n.len > max_bytes) {
		*in = saved;
		return false;
	}
	*out = n;
	return true;
}

unsigned
sm_pubkey_number_bits(struct sm_bytes n)
{
	unsigned bits = (unsigned)n.len * 8;
	uint8_t top = n.len > 0 ? n.data[0] : 0;

	for (; bits > 0 && top < 0x80; top = (uint8_t)(top << 1))
		bits--;
	return bits;
}

static int
pubkey_bad(struct sm_error *err, const char *reason, const char *text)
{
	return sm_error_set(err, SM_E_FORMAT, reason, "RFC 5280 section 4.1.2.7",
	    "%s", text);
}

int
sm_pubkey_check_rsa(struct sm_bytes n, struct sm_bytes e, struct sm_error *err)
{
	unsigned bits = sm_pubkey_number_bits(n);
	unsigned most = sm_limits_default().rsa_bits;

	if (bits > most)
		return sm_error_set(err, SM_E_LIMIT, "rsa-bits", NULL,
		    "The RSA key has %u bits, more than the limit of %u "
		    "(rsa_bits): it would only cost time.", bits, most);
	if (bits < PUBKEY_RSA_MIN_BITS || (n.data[n.len - 1] & 1) == 0)
		return pubkey_bad(err, "rsa-modulus", "The RSA modulus is too "
		    "short or even: this is no RSA key.");
	if (e.len > PUBKEY_RSA_EXPONENT)
		return sm_error_set(err, SM_E_UNSUPPORTED, "rsa-exponent", NULL,
		    "The public exponent of the RSA key has more than 64 bits: "
		    "use a key with the usual exponent 65537.");
	if ((e.data[e.len - 1] & 1) == 0 || (e.len == 1 && e.data[0] < 3))
		return pubkey_bad(err, "rsa-exponent", "The public exponent of "
		    "the RSA key is even or 1: this is no RSA key.");
	return SM_OK;
}

static int
pubkey_rsa(struct sm_pubkey *p, struct sm_error *err)
{
	struct sm_bytes in = p->key_bits, seq, n, e;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_pubkey_get_number(&seq, PUBKEY_RSA_BYTES, &n) ||
	    !sm_pubkey_get_number(&seq, PUBKEY_RSA_BYTES, &e) || seq.len != 0)
		return pubkey_bad(err, "rsa-key", "The RSA public key is "
		    "malformed.");
	SM_TRY(sm_pubkey_check_rsa(n, e, err));
	p->bits = sm_pubkey_number_bits(n);
	return sm_pkey_rsa(&p->pkey, n, e, NULL);
}

static int
pubkey_rsa_any(struct sm_pubkey *p, struct sm_bytes params, struct sm_error *err)
{
	p->type = SM_KEY_RSA;
	switch (p->alg->id) {
	case SM_PK_RSA_PSS:
		p->type = SM_KEY_RSA_PSS;
		if (params.len > 0) {
			p->pss.alg = sm_alg_get(SM_RSA_PSS);
			SM_TRY(sm_sig_alg_read_pss(&p->pss, params, err));
		}
		break;
	case SM_RSA_PSS_SHAKE128:
	case SM_RSA_PSS_SHAKE256:
		p->type = SM_KEY_RSA_PSS;
		p->pss.alg = p->alg;
		p->pss.digest = p->pss.mgf_digest = p->alg->digest;
		p->pss.salt_len = sm_alg_get(p->alg->digest)->out_bytes;
		break;
	case SM_PK_RSA:
		if (params.len > 0 && !sm_der_next_is(params, SM_DER_NULL))
			return pubkey_bad(err, "rsa-key", "The algorithm "
			    "parameters of an RSA key must be NULL.");
		break;
	default: /* OAEP, RSA-KEM: what they say binds the sender */
		break;
	}
	return pubkey_rsa(p, err);
}

int
sm_pubkey_read_curve(const struct sm_curve **out, struct sm_bytes params,
    struct sm_error *err)
{
	struct sm_bytes oid;
	char name[64];

	if (sm_der_next_is(params, SM_DER_SEQUENCE))
		return sm_error_set(err, SM_E_UNSUPPORTED, "ec-explicit",
		    "RFC 5480 section 2.1.1", "The elliptic curve is given by "
		    "its equation instead of its name: such keys are refused, "
		    "for they can be made to leak private keys.");
	if (!sm_der_get_oid(&params, &oid) || params.len != 0)
		return sm_error_set(err, SM_E_FORMAT, "ec-parameters",
		    "RFC 5480 section 2.1.1",
		    "The elliptic-curve key does not name its curve.");
	*out = sm_curve_by_oid(oid);
	if (*out != NULL)
		return SM_OK;
	sm_alg_oid_name(name, sizeof(name), oid);
	return sm_error_set(err, SM_E_UNSUPPORTED, "ec-curve", NULL,
	    "This program does not know the elliptic curve %s.", name);
}

static int
pubkey_ec(struct sm_pubkey *p, struct sm_bytes params, struct sm_error *err)
{
	struct sm_bytes no_private = { NULL, 0 };
	int rc;

	p->type = SM_KEY_EC;
	SM_TRY(sm_pubkey_read_curve(&p->curve, params, err));
	p->bits = p->curve->bits;
	if (!sm_curve_point_form(p->curve, p->key_bits))
		return pubkey_bad(err, "ec-point", "The public key is not a "
		    "point of its elliptic curve.");
	rc = sm_pkey_ec(&p->pkey, p->curve, p->key_bits, no_private);
	if (rc == SM_E_FORMAT)
		return pubkey_bad(err, "ec-point", "The public key is not a "
		    "point of its elliptic curve.");
	return rc;
}

/* Parameters may be absent: inherited from the issuer (RFC 3279 section 2.3.2).
 * Then the key is known, but nothing can be verified with it. */
static int
pubkey_dsa(struct sm_pubkey *k, struct sm_bytes params, struct sm_error *err)
{
	struct sm_bytes in = k->key_bits, seq, p, q, g, y;
	int rc;

	k->type = SM_KEY_DSA;
	if (!sm_pubkey_get_number(&in, PUBKEY_DSA_BYTES, &y) || in.len != 0)
		return pubkey_bad(err, "dsa-key", "The DSA public key is "
		    "malformed.");
	if (params.len == 0 || sm_der_next_is(params, SM_DER_NULL)) {
		k->bits = sm_pubkey_number_bits(y);
		return SM_OK;
	}
	if (!sm_der_get(&params, SM_DER_SEQUENCE, &seq) || params.len != 0 ||
	    !sm_pubkey_get_number(&seq, PUBKEY_DSA_BYTES, &p) ||
	    !sm_pubkey_get_number(&seq, PUBKEY_DSA_BYTES, &q) ||
	    !sm_pubkey_get_number(&seq, PUBKEY_DSA_BYTES, &g) || seq.len != 0)
		return pubkey_bad(err, "dsa-key", "The DSA parameters are "
		    "malformed.");
	k->bits = sm_pubkey_number_bits(p);
	rc = sm_pkey_dsa(&k->pkey, p, q, g, y);
	if (rc == SM_E_FORMAT)
		return pubkey_bad(err, "dsa-key", "The DSA public key is out "
		    "of range.");
	return rc;
}

static int
pubkey_raw(struct sm_pubkey *p, struct sm_bytes params, struct sm_error *err)
{
	int rc;

	if (params.len > 0)
		return sm_error_set(err, SM_E_FORMAT, "key-parameters",
		    "RFC 8410 section 3",
		    "A key of %s must have no algorithm parameters.",
		    p->alg->name);
	p->bits = (unsigned)(p->key_bits.len < 8192 ? p->key_bits.len * 8 : 0);
	rc = sm_pkey_raw_public(&p->pkey, p->alg->evp, p->key_bits);
	if (rc == SM_E_UNSUPPORTED)
		return SM_OK; /* known, no operation */
	if (rc == SM_E_FORMAT)
		return sm_error_set(err, SM_E_FORMAT, "key-length",
		    "RFC 8410 section 4", "A key of %s cannot have %zu bytes.",
		    p->alg->name, p->key_bits.len);
	return rc;
}

static int
pubkey_by_alg(struct sm_pubkey *p, struct sm_bytes params, struct sm_error *err)
{
	switch (p->alg->id) {
	case SM_PK_EC:
		return pubkey_ec(p, params, err);
	case SM_PK_DSA:
		return pubkey_dsa(p, params, err);
	case SM_ED25519:
		p->type = SM_KEY_ED25519;
		return pubkey_raw(p, params, err);
	case SM_ED448:
		p->type = SM_KEY_ED448;
		return pubkey_raw(p, params, err);
	case SM_PK_X25519:
		p->type = SM_KEY_X25519;
		return pubkey_raw(p, params, err);
	case SM_PK_X448:
		p->type = SM_KEY_X448;
		return pubkey_raw(p, params, err);
	case SM_ML_DSA_44:
	case SM_ML_DSA_65:
	case SM_ML_DSA_87:
	case SM_PK_ML_KEM_512:
	case SM_PK_ML_KEM_768:
	case SM_PK_ML_KEM_1024:
		p->type = SM_KEY_OTHER;
		return pubkey_raw(p, params, err);
	default:
		return pubkey_rsa_any(p, params, err);
	}
}

static int
pubkey_parse(struct sm_pubkey *p, struct sm_error *err)
{
	struct sm_bytes in = sm_buf_bytes(&p->spki), seq, oid, params;
	char name[64];

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_algorithm(&seq, &oid, &params) ||
	    !sm_der_get_bits(&seq, &p->key_bits) || seq.len != 0)
		return pubkey_bad(err, "spki", "The public key is malformed.");
	p->alg = sm_alg_by_oid(SM_ALG_PUBKEY, oid);
	if (p->alg != NULL)
		return pubkey_by_alg(p, params, err);
	sm_alg_oid_name(name, sizeof(name), oid);
	return sm_error_set(err, SM_E_UNSUPPORTED, "key-unknown", NULL,
	    "This program does not know keys of the kind %s.", name);
}

int
sm_pubkey_new(struct sm_pubkey **out, struct sm_bytes spki,
    struct sm_error *err)
{
	struct sm_pubkey *p = calloc(1, sizeof(*p));
	int rc;

	*out = NULL;
	if (p == NULL)
		return SM_E_NOMEM;
	rc = sm_buf_append(&p->spki, spki);
	if (rc == 0)
		rc = pubkey_parse(p, err);
	if (rc != 0) {
		sm_pubkey_free(p);
		return sm_error_set(err, rc, "public-key", NULL,
		    "OpenSSL could not take the public key.");
	}
	*out = p;
	return SM_OK;
}

void
sm_pubkey_free(struct sm_pubkey *p)
{
	if (p == NULL)
		return;
	EVP_PKEY_free(p->pkey);
	sm_buf_free(&p->spki);
	free(p);
}

enum sm_key_type
sm_pubkey_type(const struct sm_pubkey *p)
{
	return p->type;
}

unsigned
sm_pubkey_bits(const struct sm_pubkey *p)
{
	return p->bits;
}

const char *
sm_pubkey_curve(const struct sm_pubkey *p)
{
	return p->curve == NULL ? NULL : p->curve->name;
}

bool
sm_pubkey_weak(const struct sm_pubkey *p)
{
	switch (p->type) {
	case SM_KEY_RSA:
	case SM_KEY_RSA_PSS:
		return p->bits < 2048;
	case SM_KEY_DSA:
		return true;
	case SM_KEY_EC:
		return p->bits < 224;
	default:
		return false;
	}
}

bool
sm_pubkey_same_group(const struct sm_pubkey *a, const struct sm_pubkey *b)
{
	if (a->type != b->type)
		return false;
	if (a->type == SM_KEY_EC)
		return a->curve == b->curve;
	return a->type == SM_KEY_X25519 || a->type == SM_KEY_X448;
}
