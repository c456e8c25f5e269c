#include <openssl/err.h>
#include <openssl/pkcs12.h>
#include <openssl/provider.h>
#include <stdlib.h>

#include <base/der.h>
#include <base/try.h>
#include <crypto/alg.h>
#include <pki/keyfile_parts.h>

/* pkcs-12PbeIds 1.2.840.113549.1.12.1.n, pkcs-5 1.2.840.113549.1.5.n, scrypt
 * 1.3.6.1.4.1.11591.4.11: password schemes of key files, no algorithms of
 * messages, so they are named here and not in crypto's table. */
static const uint8_t oid_pkcs12_pbe[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	0x01, 0x0c, 0x01 };
static const uint8_t oid_pkcs5[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x05 };
static const uint8_t oid_scrypt[] = { 0x2b, 0x06, 0x01, 0x04, 0x01, 0xda, 0x47,
	0x04, 0x0b };
enum { PKCS5_PBKDF2 = 12, PKCS5_PBES2 = 13 };
enum { PKCS12_3DES = 3, PKCS12_LAST = 6 };

/* libcrypto's own bound on scrypt in PBES2 is 32 MiB; named before it bites. */
#define SCRYPT_MIB_MAX 31u
/* Lanes times cost, as a multiple of the memory bound. */
#define SCRYPT_WORK_FACTOR 16u

/* RC2, RC4, DES and PBKDF1 live in libcrypto's legacy provider. A context of
 * our own for the one file: the program's settings stay as they are. */
struct sm_pbe_legacy {
	OSSL_LIB_CTX *ctx;
	OSSL_PROVIDER *base, *old;
};

static int
bad(struct sm_keyfile_reader *r)
{
	return sm_error_set(r->err, SM_E_FORMAT, "pbe-malformed",
	    "RFC 8018 appendix A", "The key file is damaged: the description of "
	    "its encryption cannot be read.");
}

static int
unknown(struct sm_keyfile_reader *r)
{
	return sm_error_set(r->err, SM_E_UNSUPPORTED, "pbe-unknown", NULL,
	    "The key file is encrypted with a scheme that is not known here. "
	    "Export it again with AES-256.");
}

int
sm_pbe_spend(struct sm_keyfile_reader *r, uint64_t iterations)
{
	if (iterations > r->limits->pbkdf2_iterations ||
	    iterations > r->work_left)
		return sm_error_set(r->err, SM_E_LIMIT, "pbkdf2-iterations", NULL,
		    "The key file asks for more password iterations than the "
		    "limit of %u.", r->limits->pbkdf2_iterations);
	return SM_OK;
}

/* The last arc of an OID below a prefix; 0 when it is not below it. */
static unsigned
arc_below(struct sm_bytes oid, const uint8_t *prefix, size_t len)
{
	if (oid.len != len + 1 || memcmp(oid.data, prefix, len) != 0)
		return 0;
	return oid.data[len];
}

static unsigned
pkcs5_arc(struct sm_bytes oid)
{
	return arc_below(oid, oid_pkcs5, sizeof(oid_pkcs5));
}

static bool
is_scrypt(struct sm_bytes oid)
{
	return sm_bytes_equal(oid, sm_bytes(oid_scrypt, sizeof(oid_scrypt)));
}

/* PBEParameter, pkcs-12PbeParams ::= SEQUENCE { salt, iterations } */
static bool
read_pbe1(struct sm_bytes params, uint64_t *iterations)
{
	struct sm_bytes seq, salt;

	return sm_der_get(&params, SM_DER_SEQUENCE, &seq) && params.len == 0 &&
	    sm_der_get(&seq, SM_DER_OCTET_STRING, &salt) &&
	    sm_der_get_uint(&seq, iterations) && seq.len == 0;
}

/* PBKDF2-params ::= SEQUENCE { salt, iterationCount, keyLength OPTIONAL,
 * prf DEFAULT } */
static bool
read_pbkdf2(struct sm_bytes params, uint64_t *iterations)
{
	struct sm_bytes seq, salt;

	return sm_der_get(&params, SM_DER_SEQUENCE, &seq) && params.len == 0 &&
	    sm_der_get(&seq, SM_DER_OCTET_STRING, &salt) &&
	    sm_der_get_uint(&seq, iterations);
}

/* scrypt-params, RFC 7914 section 7: memory is 128 N r bytes, work p times
 * that. */
static int
check_scrypt(struct sm_keyfile_reader *r, struct sm_bytes params,
    uint64_t *iterations)
{
	uint64_t n, rr, p, mib = r->limits->scrypt_mib, blocks;
	struct sm_bytes seq, salt;

	if (!sm_der_get(&params, SM_DER_SEQUENCE, &seq) || params.len != 0 ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &salt) ||
	    !sm_der_get_uint(&seq, &n) || !sm_der_get_uint(&seq, &rr) ||
	    !sm_der_get_uint(&seq, &p))
		return bad(r);
	if (mib > SCRYPT_MIB_MAX)
		mib = SCRYPT_MIB_MAX;
	blocks = mib << 13; /* of 128 bytes */
	if (n == 0 || rr == 0 || p == 0)
		return bad(r);
	if (n > blocks || rr > blocks / n ||
	    p > SCRYPT_WORK_FACTOR * blocks / (n * rr))
		return sm_error_set(r->err, SM_E_LIMIT, "scrypt-mib", NULL,
		    "The key file asks for more memory or work in its password "
		    "function (scrypt) than the limit of %u MiB.", (unsigned)mib);
	*iterations = n * rr * p / 4; /* about as dear */
	return SM_OK;
}

static bool
cipher_weak(struct sm_bytes oid)
{
	const struct sm_alg *a = sm_alg_by_oid(SM_ALG_CIPHER, oid);

	return a != NULL && (a->id == SM_DES3_CBC || a->id == SM_DES_CBC ||
	    a->id == SM_RC2_CBC);
}

static int
check_pbes2(struct sm_keyfile_reader *r, struct sm_bytes params,
    uint64_t *iterations, bool *weak)
{
	struct sm_bytes seq, kdf, kdf_params, enc, enc_params;

	if (!sm_der_get(&params, SM_DER_SEQUENCE, &seq) || params.len != 0 ||
	    !sm_der_get_algorithm(&seq, &kdf, &kdf_params) ||
	    !sm_der_get_algorithm(&seq, &enc, &enc_params) || seq.len != 0)
		return bad(r);
	*weak = cipher_weak(enc);
	if (is_scrypt(kdf))
		return check_scrypt(r, kdf_params, iterations);
	if (pkcs5_arc(kdf) != PKCS5_PBKDF2)
		return unknown(r);
	return read_pbkdf2(kdf_params, iterations) ? SM_OK : bad(r);
}

/* Costs and kind of an AlgorithmIdentifier; *legacy: needs the old provider. */
static int
read_scheme(struct sm_keyfile_reader *r, struct sm_bytes alg,
    uint64_t *iterations, bool *weak, bool *legacy)
{
	struct sm_bytes oid, params;
	unsigned arc;

	if (!sm_der_get_algorithm(&alg, &oid, &params) || alg.len != 0)
		return bad(r);
	*weak = *legacy = false;
	arc = pkcs5_arc(oid);
	if (arc == PKCS5_PBES2) {
		SM_TRY(check_pbes2(r, params, iterations, weak));
		*legacy = *weak;
		return SM_OK;
	}
	*weak = true;
	if (arc != 0) {
		*legacy = true; /* PBES1 */
	} else {
		arc = arc_below(oid, oid_pkcs12_pbe, sizeof(oid_pkcs12_pbe));
		if (arc == 0 || arc > PKCS12_LAST)
			return unknown(r);
		*legacy = arc != PKCS12_3DES;
	}
	return read_pbe1(params, iterations) ? SM_OK : bad(r);
}

int
sm_pbe_check(struct sm_keyfile_reader *r, struct sm_bytes alg)
{
	uint64_t iterations = 0;
	bool weak, legacy;

	SM_TRY(read_scheme(r, alg, &iterations, &weak, &legacy));
	if (weak)
		r->out->weak_pbe = true;
	return sm_pbe_spend(r, iterations);
}

static int
legacy_begin(struct sm_keyfile_reader *r, OSSL_LIB_CTX **out)
{
	struct sm_pbe_legacy *l = r->legacy;

	if (l == NULL) {
		l = r->legacy = calloc(1, sizeof(*l));
		if (l == NULL)
			return SM_E_NOMEM;
		l->ctx = OSSL_LIB_CTX_new();
		if (l->ctx == NULL)
			return SM_E_NOMEM;
		l->base = OSSL_PROVIDER_load(l->ctx, "default");
		l->old = OSSL_PROVIDER_load(l->ctx, "legacy");
	}
	*out = l->ctx;
	if (l->ctx != NULL && l->base != NULL && l->old != NULL)
		return SM_OK;
	return sm_error_set(r->err, SM_E_UNSUPPORTED, "legacy-provider", NULL,
	    "The key file is encrypted with an old cipher (RC2, RC4 or DES) that "
	    "this OpenSSL came without. Install its legacy provider (Debian: "
	    "openssl-provider-legacy), or export the file with AES-256.");
}

void
sm_pbe_end(struct sm_keyfile_reader *r)
{
	struct sm_pbe_legacy *l = r->legacy;

	if (l == NULL)
		return;
	if (l->old != NULL)
		OSSL_PROVIDER_unload(l->old);
	if (l->base != NULL)
		OSSL_PROVIDER_unload(l->base);
	OSSL_LIB_CTX_free(l->ctx);
	free(l);
	r->legacy = NULL;
}

/* One element and nothing behind it: what a right password gives. */
static bool
looks_whole(struct sm_bytes plain)
{
	struct sm_bytes whole;

	if (plain.len < 2 || plain.data[0] != SM_DER_SEQUENCE)
		return false;
	if (plain.data[1] == 0x80) /* BER, ends with its end-of-contents */
		return true;
	return sm_der_get_whole(&plain, SM_DER_SEQUENCE, &whole) &&
	    plain.len == 0;
}

static int
crypt(struct sm_buf *out, const X509_ALGOR *alg, struct sm_bytes data,
    const struct sm_pbe_password *pw, OSSL_LIB_CTX *ctx)
{
	unsigned char *plain = NULL;
	int len = 0, rc = SM_E_SECRET;

	if (PKCS12_pbe_crypt_ex(alg, pw->none ? NULL :
	    (const char *)pw->bytes.data, pw->none ? 0 : (int)pw->bytes.len,
	    data.data, (int)data.len, &plain, &len, 0, ctx, NULL) == NULL)
		return SM_E_SECRET;
	if (len >= 0 && looks_whole(sm_bytes(plain, (size_t)len)))
		rc = sm_buf_append(out, sm_bytes(plain, (size_t)len));
	OPENSSL_clear_free(plain, len >= 0 ? (size_t)len : 0);
	return rc;
}

int
sm_pbe_decrypt(struct sm_keyfile_reader *r, struct sm_buf *out,
    struct sm_bytes alg, struct sm_bytes data, const struct sm_pbe_password *pw)
{
	const unsigned char *p = alg.data;
	uint64_t iterations = 0;
	OSSL_LIB_CTX *ctx = NULL;
	X509_ALGOR *a;
	bool weak, legacy;
	int rc;

	if (data.len > INT32_MAX || pw->bytes.len > 4096)
		return SM_E_SECRET;
	SM_TRY(read_scheme(r, alg, &iterations, &weak, &legacy));
	SM_TRY(sm_pbe_spend(r, iterations));
	r->work_left -= iterations;
	if (legacy)
		SM_TRY(legacy_begin(r, &ctx));
	ERR_set_mark();
	a = d2i_X509_ALGOR(NULL, &p, (long)alg.len);
	rc = a != NULL ? crypt(out, a, data, pw, ctx) : bad(r);
	X509_ALGOR_free(a);
	ERR_pop_to_mark();
	return rc;
}

/* ---- spellings ---- */

static bool
has_high(struct sm_bytes pw)
{
	for (size_t i = 0; i < pw.len; i++)
		if (pw.data[i] >= 0x80)
			return true;
	return false;
}

/* Each byte a character: what OpenSSL before 1.1 made of UTF-8. */
static bool
bytes_as_latin1(struct sm_buf *out, struct sm_bytes pw)
{
	for (size_t i = 0; i < pw.len; i++) {
		uint8_t c = pw.data[i];

		if (c >= 0x80 &&
		    sm_buf_append_byte(out, (uint8_t)(0xc0 | c >> 6)) != SM_OK)
			return false;
		if (sm_buf_append_byte(out, c < 0x80 ? c :
		    (uint8_t)(0x80 | (c & 0x3f))) != SM_OK)
			return false;
	}
	return true;
}

/* UTF-8 to Latin-1, for schemes that hash the bytes as they were typed. */
static bool
to_latin1(struct sm_buf *out, struct sm_bytes pw)
{
	for (size_t i = 0; i < pw.len; i++) {
		uint8_t c = pw.data[i];

		if (c >= 0x80) {
			if ((c != 0xc2 && c != 0xc3) || i + 1 == pw.len ||
			    (pw.data[i + 1] & 0xc0) != 0x80)
				return false;
			c = (uint8_t)(c << 6 | (pw.data[++i] & 0x3f));
		}
		if (sm_buf_append_byte(out, c) != SM_OK)
			return false;
	}
	return true;
}

bool
sm_pbe_spelling(struct sm_buf *out, unsigned n, struct sm_bytes pw)
{
	sm_buf_clear(out);
	if (n > 1 || !has_high(pw))
		return false;
	return n == 0 ? bytes_as_latin1(out, pw) : to_latin1(out, pw);
}
