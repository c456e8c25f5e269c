/* Private keys out of PKCS#8 PrivateKeyInfo (RFC 5208, RFC 5958). Exports
 * sm_key_from_pkcs8 of sealmail/key.h. */
#include <base/der.h>
#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/key_soft.h>
#include <crypto/pkey.h>
#include <crypto/pubkey_impl.h>

#include <openssl/bn.h>

enum {
	PKCS8_NUMBER = 4096, /* bytes; the limit is rsa_bits */
	PKCS8_EC_NUMBER = 128,
	PKCS8_DSA_NUMBER = 1250,
};

struct pkcs8 {
	const struct sm_alg *alg;
	struct sm_bytes oid, params, key;
	struct sm_bytes public; /* version 2: contents of [1] */
	bool not_exportable;
	struct sm_buf spki;
	EVP_PKEY *pkey;
	const uint8_t *reject;
	uint8_t reject_room[32];
};

static int
pkcs8_bad(struct sm_error *err, const char *text)
{
	return sm_error_set(err, SM_E_FORMAT, "private-key", "RFC 5958",
	    "The private key %s: the file is damaged or no private key; use a "
	    "copy of it.", text);
}

/* The attribute that says: not to be exported. Its OID is one of those made from a
 * UUID (2.25, ITU-T X.667), which nobody need register. */
static const uint8_t not_exportable_oid[] = { 0x69, 0x83, 0xb2, 0xac, 0xd0, 0xd0,
	0xfc, 0xad, 0xca, 0xe2, 0xf1, 0x9b, 0xe9, 0xad, 0xf9, 0xbf, 0xcd, 0xbe,
	0x9e, 0x09 };

static bool
pkcs8_has_mark(struct sm_bytes attributes)
{
	struct sm_bytes attribute, oid;

	while (sm_der_get(&attributes, SM_DER_SEQUENCE, &attribute))
		if (sm_der_get_oid(&attribute, &oid) && sm_bytes_equal(oid,
			sm_bytes(not_exportable_oid, sizeof(not_exportable_oid))))
			return true;
	return false;
}

int
sm_key_pkcs8_mark(struct sm_buf *out_secret, struct sm_bytes der)
{
	struct sm_bytes contents;
	struct sm_derw w;
	size_t key, attributes, attribute, values;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &contents) || der.len != 0)
		return SM_E_FORMAT;
	sm_derw_init(&w, out_secret);
	key = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, contents);
	attributes = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	attribute = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_bytes(not_exportable_oid, sizeof(not_exportable_oid)));
	values = sm_derw_begin(&w, SM_DER_SET);
	sm_derw_null(&w);
	sm_derw_end(&w, values);
	sm_derw_end(&w, attribute);
	sm_derw_end(&w, attributes);
	sm_derw_end(&w, key);
	return sm_derw_status(&w);
}

/* [0] attributes and [1] publicKey may follow, in this order. */
static bool
pkcs8_read(struct pkcs8 *k, struct sm_bytes in)
{
	struct sm_bytes seq, attributes, public;
	uint64_t version;
	bool has_attributes = false, has_public = false;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_uint(&seq, &version) || version > 1 ||
	    !sm_der_get_algorithm(&seq, &k->oid, &k->params) ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &k->key) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX_CONS(0), &attributes,
		&has_attributes) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX(1), &public, &has_public) ||
	    seq.len != 0)
		return false;
	k->not_exportable = has_attributes && pkcs8_has_mark(attributes);
	if (!has_public)
		return true;
	if (version != 1 || public.len < 2 || public.data[0] != 0)
		return false;
	k->public = sm_bytes_skip(public, 1);
	return true;
}

/* a*b = c ? */
static bool
rsa_product_is(const BIGNUM *a, const BIGNUM *b, const BIGNUM *c, BIGNUM *tmp,
    BN_CTX *ctx)
{
	return BN_mul(tmp, a, b, ctx) == 1 && BN_cmp(tmp, c) == 0;
}

/* part = d mod (prime - 1), and e * part = 1 mod (prime - 1) ? */
static bool
rsa_exponent_fits(const BIGNUM *prime, const BIGNUM *part, const BIGNUM *d,
    const BIGNUM *e, BIGNUM *less, BIGNUM *tmp, BN_CTX *ctx)
{
	return BN_sub(less, prime, BN_value_one()) == 1 &&
	    BN_mod(tmp, d, less, ctx) == 1 && BN_cmp(tmp, part) == 0 &&
	    BN_mod_mul(tmp, e, part, less, ctx) == 1 && BN_is_one(tmp);
}

enum { RSA_N, RSA_E, RSA_FIRST_PRIVATE, RSA_ALL = 2 + SM_RSA_PRIVATE_PARTS };

/* Everything of RFC 8017 section 3.2 but the primality of p and q: a test of that
 * takes longer than the operation the key is loaded for, and a composite factor
 * harms nobody but the key's maker. */
static bool
rsa_numbers_fit(BIGNUM *const v[RSA_ALL], BN_CTX *ctx)
{
	const BIGNUM *p = v[RSA_FIRST_PRIVATE + SM_RSA_P];
	const BIGNUM *q = v[RSA_FIRST_PRIVATE + SM_RSA_Q];
	const BIGNUM *d = v[RSA_FIRST_PRIVATE + SM_RSA_D];
	BIGNUM *less = BN_CTX_get(ctx), *tmp = BN_CTX_get(ctx);

	if (tmp == NULL)
		return false;
	return BN_cmp(d, v[RSA_N]) < 0 && !BN_is_one(p) && !BN_is_one(q) &&
	    BN_is_odd(p) && BN_is_odd(q) &&
	    rsa_product_is(p, q, v[RSA_N], tmp, ctx) &&
	    rsa_exponent_fits(p, v[RSA_FIRST_PRIVATE + SM_RSA_DP], d, v[RSA_E],
		less, tmp, ctx) &&
	    rsa_exponent_fits(q, v[RSA_FIRST_PRIVATE + SM_RSA_DQ], d, v[RSA_E],
		less, tmp, ctx) &&
	    BN_cmp(v[RSA_FIRST_PRIVATE + SM_RSA_QINV], p) < 0 &&
	    BN_mod_mul(tmp, v[RSA_FIRST_PRIVATE + SM_RSA_QINV], q, p,
		ctx) == 1 &&
	    BN_is_one(tmp);
}

static int
rsa_check(const struct sm_bytes part[RSA_ALL], struct sm_error *err)
{
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *v[RSA_ALL];
	int i, rc = SM_OK;

	if (ctx == NULL)
		return SM_E_NOMEM;
	BN_CTX_start(ctx);
	for (i = 0; i < RSA_ALL; i++) {
		v[i] = BN_CTX_get(ctx);
		if (v[i] == NULL || BN_bin2bn(part[i].data, (int)part[i].len,
			v[i]) == NULL) {
			rc = SM_E_NOMEM;
			goto out;
		}
	}
	if (!rsa_numbers_fit(v, ctx))
		rc = sm_error_set(err, SM_E_FORMAT, "rsa-private-key",
		    "RFC 8017 section 3.2", "The numbers of the RSA private "
		    "key do not belong together: the file is damaged; use a "
		    "copy of it.");
out:
	BN_CTX_end(ctx);
	BN_CTX_free(ctx); /* a secure context wipes what it lent */
	return rc;
}

static int
pkcs8_rsa_spki(struct pkcs8 *k, struct sm_bytes n, struct sm_bytes e)
{
	static const uint8_t zero[1];
	struct sm_buf bits = SM_BUF_INIT, number = SM_BUF_INIT;
	struct sm_bytes both[2] = { n, e };
	struct sm_derw w;
	size_t i, seq;
	int rc;

	sm_derw_init(&w, &bits);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	for (i = 0; i < 2; i++) {
		sm_buf_clear(&number);
		if ((both[i].data[0] & 0x80) != 0)
			SM_TRY_OUT(sm_buf_append(&number, sm_bytes(zero, 1)));
		SM_TRY_OUT(sm_buf_append(&number, both[i]));
		sm_derw_add(&w, SM_DER_INTEGER, sm_buf_bytes(&number));
	}
	sm_derw_end(&w, seq);
	SM_TRY_OUT(sm_derw_status(&w));
	rc = sm_pubkey_write_spki(&k->spki, k->oid, k->params,
	    sm_buf_bytes(&bits));
out:
	sm_buf_free(&number);
	sm_buf_free(&bits);
	return rc;
}

/* What implicit rejection answers with follows from the private key alone, so
 * that it is the same in every process that holds the key. */
static int
pkcs8_rsa_reject(struct pkcs8 *k)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	int rc;

	rc = sm_hmac(&out, SM_SHA256, sm_bytes_str("sealmail rejection secret"),
	    k->key);
	if (rc == 0) {
		memcpy(k->reject_room, out.data, sizeof(k->reject_room));
		k->reject = k->reject_room;
	}
	sm_buf_free(&out);
	return rc;
}

static int
pkcs8_rsa(struct pkcs8 *k, struct sm_error *err)
{
	struct sm_bytes in = k->key, seq, part[RSA_ALL];
	uint64_t version;
	int i;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_uint(&seq, &version))
		return pkcs8_bad(err, "is malformed");
	if (version == 1)
		return sm_error_set(err, SM_E_UNSUPPORTED, "rsa-multi-prime",
		    "RFC 8017 appendix A.1.2", "The RSA key has more than two "
		    "primes, which this program does not take.");
	for (i = 0; i < RSA_ALL; i++)
		if (!sm_pubkey_get_number(&seq, PKCS8_NUMBER, &part[i]))
			return pkcs8_bad(err, "is malformed");
	if (version != 0 || seq.len != 0)
		return pkcs8_bad(err, "is malformed");
	SM_TRY(sm_pubkey_check_rsa(part[RSA_N], part[RSA_E], err));
	SM_TRY(rsa_check(part, err));
	SM_TRY(pkcs8_rsa_spki(k, part[RSA_N], part[RSA_E]));
	SM_TRY(pkcs8_rsa_reject(k));
	return sm_pkey_rsa(&k->pkey, part[RSA_N], part[RSA_E],
	    part + RSA_FIRST_PRIVATE);
}

struct ec_private {
	const struct sm_curve *curve;
	struct sm_bytes d, public;
};

/* RFC 5915 section 3. */
static int
ec_read(struct ec_private *ec, const struct pkcs8 *k, struct sm_error *err)
{
	struct sm_bytes in = k->key, seq, params, bits;
	const struct sm_curve *again;
	uint64_t version;
	bool has_params = false, has_public = false;

	SM_TRY(sm_pubkey_read_curve(&ec->curve, k->params, err));
	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_uint(&seq, &version) || version != 1 ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &ec->d) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX_CONS(0), &params, &has_params) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX_CONS(1), &bits, &has_public) ||
	    seq.len != 0 || ec->d.len > PKCS8_EC_NUMBER)
		return pkcs8_bad(err, "is malformed");
	if (has_params) {
		SM_TRY(sm_pubkey_read_curve(&again, params, err));
		if (again != ec->curve)
			return pkcs8_bad(err, "names two different curves");
	}
	if (has_public &&
	    (!sm_der_get_bits(&bits, &ec->public) || bits.len != 0))
		return pkcs8_bad(err, "is malformed");
	return SM_OK;
}

/* The public key is computed, never believed: one that does not fit would sign
 * and decrypt for a key that nobody knows. */
static int
pkcs8_ec(struct pkcs8 *k, struct sm_error *err)
{
	struct ec_private ec = { NULL, { NULL, 0 }, { NULL, 0 } };
	struct sm_buf point = SM_BUF_INIT;
	struct sm_bytes d;
	int rc;

	SM_TRY(ec_read(&ec, k, err));
	rc = sm_curve_public(ec.curve, &point, ec.d);
	if (rc == SM_E_FORMAT)
		rc = pkcs8_bad(err, "is out of range for its curve");
	if (rc != 0)
		goto out;
	SM_TRY_OUT(sm_pubkey_write_spki(&k->spki, k->oid, k->params,
	    sm_buf_bytes(&point)));
	for (d = ec.d; d.len > 0 && d.data[0] == 0;)
		d = sm_bytes_skip(d, 1);
	SM_TRY_OUT(sm_pkey_ec(&k->pkey, ec.curve, sm_buf_bytes(&point), d));
	if (k->public.len == 0)
		k->public = ec.public;
out:
	sm_buf_free(&point);
	return rc;
}

static int
pkcs8_raw(struct pkcs8 *k, struct sm_error *err)
{
	struct sm_bytes in = k->key, raw;
	uint8_t public[64];
	size_t len = sizeof(public);
	int rc;

	if (k->params.len != 0 || !sm_der_get(&in, SM_DER_OCTET_STRING, &raw) ||
	    in.len != 0)
		return pkcs8_bad(err, "is malformed");
	rc = sm_pkey_raw_private(&k->pkey, k->alg->evp, raw);
	if (rc == SM_E_FORMAT)
		return pkcs8_bad(err, "has a wrong length");
	SM_TRY(rc);
	if (EVP_PKEY_get_raw_public_key(k->pkey, public, &len) != 1)
		return sm_evp_failure();
	return sm_pubkey_write_spki(&k->spki, k->oid, k->params,
	    sm_bytes(public, len));
}

/* Append y = g^x mod p as an INTEGER. */
static int
dsa_public(struct sm_buf *out, const struct sm_bytes number[4])
{
	enum { P, G = 2, X = 3 };
	BN_CTX *ctx = BN_CTX_secure_new();
	BIGNUM *v[4], *y = NULL;
	uint8_t room[PKCS8_DSA_NUMBER + 1] = { 0 };
	struct sm_derw w;
	size_t i, len, sign;
	int rc = SM_E_NOMEM;

	if (ctx == NULL)
		return SM_E_NOMEM;
	BN_CTX_start(ctx);
	for (i = 0; i < 4; i++) {
		v[i] = BN_CTX_get(ctx);
		if (v[i] == NULL || BN_bin2bn(number[i].data,
			(int)number[i].len, v[i]) == NULL)
			goto out;
	}
	y = BN_CTX_get(ctx);
	if (y == NULL || !BN_is_odd(v[P]) || BN_mod_exp_mont_consttime(y, v[G],
		v[X], v[P], ctx, NULL) != 1) {
		rc = SM_E_FORMAT;
		goto out;
	}
	len = (size_t)BN_num_bytes(y);
	sign = len > 0 && BN_num_bits(y) % 8 == 0 ? 1 : 0;
	if (len == 0 || BN_bn2bin(y, room + sign) != (int)len) {
		rc = SM_E_FORMAT;
		goto out;
	}
	sm_derw_init(&w, out);
	sm_derw_add(&w, SM_DER_INTEGER, sm_bytes(room, len + sign));
	rc = sm_derw_status(&w);
out:
	BN_CTX_end(ctx);
	BN_CTX_free(ctx);
	return rc;
}

/* Kept for what it identifies; nothing is signed with DSA. */
static int
pkcs8_dsa(struct pkcs8 *k, struct sm_error *err)
{
	struct sm_bytes params = k->params, in = k->key, seq, number[4];
	struct sm_buf y = SM_BUF_INIT;
	int rc;

	if (!sm_der_get(&params, SM_DER_SEQUENCE, &seq) || params.len != 0 ||
	    !sm_pubkey_get_number(&seq, PKCS8_DSA_NUMBER, &number[0]) ||
	    !sm_pubkey_get_number(&seq, PKCS8_DSA_NUMBER, &number[1]) ||
	    !sm_pubkey_get_number(&seq, PKCS8_DSA_NUMBER, &number[2]) ||
	    seq.len != 0 ||
	    !sm_pubkey_get_number(&in, PKCS8_DSA_NUMBER, &number[3]) ||
	    in.len != 0)
		return pkcs8_bad(err, "is malformed");
	rc = dsa_public(&y, number);
	if (rc == 0)
		rc = sm_pubkey_write_spki(&k->spki, k->oid, k->params,
		    sm_buf_bytes(&y));
	sm_buf_free(&y);
	return rc == SM_E_FORMAT ? pkcs8_bad(err, "is out of range") : rc;
}

static int
pkcs8_by_alg(struct pkcs8 *k, struct sm_error *err)
{
	switch (k->alg->id) {
	case SM_PK_RSA:
	case SM_PK_RSA_PSS:
	case SM_PK_RSA_OAEP:
	case SM_RSA_KEM_SPKI:
	case SM_RSA_PSS_SHAKE128:
	case SM_RSA_PSS_SHAKE256:
		return pkcs8_rsa(k, err);
	case SM_PK_EC:
		return pkcs8_ec(k, err);
	case SM_PK_DSA:
		return pkcs8_dsa(k, err);
	case SM_ED25519:
	case SM_ED448:
	case SM_PK_X25519:
	case SM_PK_X448:
		return pkcs8_raw(k, err);
	default:
		return sm_error_set(err, SM_E_UNSUPPORTED, "private-key-kind",
		    NULL, "This program cannot use a private key for %s yet.",
		    k->alg->name);
	}
}

static int
pkcs8_parse(struct pkcs8 *k, struct sm_bytes der, struct sm_error *err)
{
	char name[64];

	if (!pkcs8_read(k, der))
		return pkcs8_bad(err, "is malformed");
	k->alg = sm_alg_by_oid(SM_ALG_PUBKEY, k->oid);
	if (k->alg != NULL)
		return pkcs8_by_alg(k, err);
	sm_alg_oid_name(name, sizeof(name), k->oid);
	return sm_error_set(err, SM_E_UNSUPPORTED, "private-key-kind", NULL,
	    "This program does not know private keys for %s.", name);
}

/* The public key that came with the private one must be its own. */
static bool
pkcs8_public_fits(const struct pkcs8 *k, const struct sm_key *key)
{
	struct sm_buf spki = SM_BUF_INIT;
	bool fits;

	if (k->public.len == 0)
		return true;
	fits = sm_pubkey_write_spki(&spki, k->oid, k->params, k->public) == 0 &&
	    sm_key_fits(key, sm_buf_bytes(&spki));
	sm_buf_free(&spki);
	return fits;
}

int
sm_key_from_pkcs8(struct sm_key **out, struct sm_bytes der,
    struct sm_error *err)
{
	struct pkcs8 k;
	struct sm_key *key = NULL;
	int rc;

	*out = NULL;
	memset(&k, 0, sizeof(k));
	SM_TRY_OUT(pkcs8_parse(&k, der, err));
	rc = sm_key_soft_new(&key, k.pkey, sm_buf_bytes(&k.spki), k.reject, err);
	k.pkey = NULL;
	if (rc != 0)
		goto out;
	if (!pkcs8_public_fits(&k, key)) {
		rc = pkcs8_bad(err, "and the public key beside it do not "
		    "belong together");
		goto out;
	}
	key->not_exportable = k.not_exportable;
	*out = key;
	key = NULL;
out:
	sm_key_free(key);
	EVP_PKEY_free(k.pkey);
	sm_buf_free(&k.spki);
	sm_wipe(&k, sizeof(k));
	if (rc != 0)
		return sm_error_set(err, rc, "private-key", NULL,
		    "OpenSSL could not take the private key: %s.",
		    sm_status_name(rc));
	return SM_OK;
}
