#include <openssl/err.h>
#include <openssl/pkcs12.h>

#include <base/der.h>
#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/digest.h>
#include <pki/keyfile_parts.h>

/* id-PBMAC1 and id-PBKDF2, 1.2.840.113549.1.5.14 and .12 (RFC 9579) */
static const uint8_t oid_pbmac1[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x05, 0x0e };
static const uint8_t oid_pbkdf2[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x05, 0x0c };
#define PBMAC1_KEY_MAX 1024

static int
bad(struct sm_keyfile_reader *r, const char *what)
{
	return sm_error_set(r->err, SM_E_FORMAT, "pkcs12-mac-malformed",
	    "RFC 9579 section 4", "The PKCS#12 file cannot be checked: %s. Export "
	    "it again from the program that holds the key.", what);
}

static int
unknown(struct sm_keyfile_reader *r)
{
	return sm_error_set(r->err, SM_E_UNSUPPORTED, "pkcs12-mac-unknown", NULL,
	    "The PKCS#12 file is protected with a digest that is not known here.");
}

struct mac {
	struct sm_bytes alg, params; /* digest, or PBMAC1 */
	struct sm_bytes value;
	struct sm_bytes salt;
	uint64_t iterations;
};

/* MacData ::= SEQUENCE { mac DigestInfo, macSalt, iterations DEFAULT 1 } */
static bool
read_mac(struct mac *m, struct sm_bytes in)
{
	struct sm_bytes info;

	m->iterations = 1;
	return sm_der_get(&in, SM_DER_SEQUENCE, &info) &&
	    sm_der_get_algorithm(&info, &m->alg, &m->params) &&
	    sm_der_get(&info, SM_DER_OCTET_STRING, &m->value) &&
	    info.len == 0 && sm_der_get(&in, SM_DER_OCTET_STRING, &m->salt) &&
	    (in.len == 0 || (sm_der_get_uint(&in, &m->iterations) &&
	    in.len == 0));
}

/* HMAC under key against the file's value. */
static int
compare(const struct mac *m, enum sm_alg_id digest, struct sm_bytes key,
    struct sm_bytes content)
{
	struct sm_buf tag = SM_BUF_INIT;
	int rc = sm_hmac(&tag, digest, key, content);

	if (rc == SM_OK && (tag.len != m->value.len ||
	    !sm_equal_ct(tag.data, m->value.data, tag.len)))
		rc = SM_E_SECRET;
	sm_buf_free(&tag);
	return rc;
}

/* ---- PKCS#12's own derivation, RFC 7292 appendix B ---- */

static int
derive(struct sm_buf *key, const struct sm_alg *digest, const struct mac *m,
    const struct sm_pbe_password *pw)
{
	EVP_MD *md;
	int good;

	SM_TRY(sm_buf_resize(key, digest->out_bytes));
	ERR_set_mark();
	md = EVP_MD_fetch(NULL, digest->evp, NULL);
	good = md != NULL && PKCS12_key_gen_utf8_ex(
	    pw->none ? NULL : (const char *)pw->bytes.data,
	    pw->none ? 0 : (int)pw->bytes.len, (unsigned char *)m->salt.data,
	    (int)m->salt.len, PKCS12_MAC_ID, (int)m->iterations,
	    (int)key->len, key->data, md, NULL, NULL) == 1;
	EVP_MD_free(md);
	ERR_pop_to_mark();
	return good ? SM_OK : SM_E_SECRET;
}

static int
check_classic(struct sm_keyfile_reader *r, const struct mac *m,
    struct sm_bytes content, const struct sm_pbe_password *pw)
{
	const struct sm_alg *digest = sm_alg_by_oid(SM_ALG_DIGEST, m->alg);
	struct sm_buf key = SM_BUF_SECRET_INIT;
	int rc;

	if (digest == NULL || digest->evp == NULL || digest->out_bytes == 0)
		return unknown(r);
	if (m->value.len != digest->out_bytes)
		return bad(r, "its check value has the wrong length");
	if (m->iterations == 0 || m->salt.len > 4096 || pw->bytes.len > 4096)
		return bad(r, "its salt or iteration count is impossible");
	SM_TRY(sm_pbe_spend(r, m->iterations));
	r->work_left -= m->iterations;
	rc = derive(&key, digest, m, pw);
	if (rc == SM_OK)
		rc = compare(m, digest->id, sm_buf_bytes(&key), content);
	sm_buf_free(&key);
	return rc;
}

/* ---- PBMAC1, RFC 9579 ---- */

struct pbmac1 {
	struct sm_bytes salt;
	uint64_t iterations, key_len;
	enum sm_alg_id prf, hmac; /* their digests */
};

static bool
hmac_digest(enum sm_alg_id *out, struct sm_bytes oid)
{
	const struct sm_alg *a = sm_alg_by_oid(SM_ALG_MAC, oid);

	if (a == NULL)
		return false;
	*out = a->digest;
	return a->digest != SM_ALG_NONE;
}

/* PBKDF2-params; keyLength is OPTIONAL in RFC 8018, but RFC 9579 section 4
 * wants it, since an HMAC has no key length of its own. */
static int
read_pbkdf2(struct sm_keyfile_reader *r, struct pbmac1 *p, struct sm_bytes in)
{
	struct sm_bytes seq, oid, params;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get(&seq, SM_DER_OCTET_STRING, &p->salt) ||
	    !sm_der_get_uint(&seq, &p->iterations))
		return bad(r, "the parameters of its check value are damaged");
	if (!sm_der_get_uint(&seq, &p->key_len) || p->key_len == 0 ||
	    p->key_len > PBMAC1_KEY_MAX || p->iterations == 0)
		return bad(r, "its check value names no usable key length");
	p->prf = SM_SHA1; /* DEFAULT algid-hmacWithSHA1 */
	if (seq.len == 0)
		return SM_OK;
	if (!sm_der_get_algorithm(&seq, &oid, &params) || seq.len != 0)
		return bad(r, "the parameters of its check value are damaged");
	return hmac_digest(&p->prf, oid) ? SM_OK : unknown(r);
}

static int
read_pbmac1(struct sm_keyfile_reader *r, struct pbmac1 *p, struct sm_bytes in)
{
	struct sm_bytes seq, kdf, kdf_params, mac, mac_params;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get_algorithm(&seq, &kdf, &kdf_params) ||
	    !sm_der_get_algorithm(&seq, &mac, &mac_params) || seq.len != 0)
		return bad(r, "the parameters of its check value are damaged");
	if (!sm_bytes_equal(kdf, sm_bytes(oid_pbkdf2, sizeof(oid_pbkdf2))) ||
	    !hmac_digest(&p->hmac, mac))
		return unknown(r);
	return read_pbkdf2(r, p, kdf_params);
}

static int
check_pbmac1(struct sm_keyfile_reader *r, const struct mac *m,
    struct sm_bytes content, const struct sm_pbe_password *pw)
{
	struct sm_buf key = SM_BUF_SECRET_INIT;
	struct pbmac1 p = { 0 };
	int rc;

	SM_TRY(read_pbmac1(r, &p, m->params));
	SM_TRY(sm_pbe_spend(r, p.iterations));
	r->work_left -= p.iterations;
	rc = sm_pbkdf2(&key, (size_t)p.key_len, p.prf, pw->bytes, p.salt,
	    p.iterations);
	if (rc == SM_OK)
		rc = compare(m, p.hmac, sm_buf_bytes(&key), content);
	sm_buf_free(&key);
	return rc;
}

int
sm_pkcs12_mac_check(struct sm_keyfile_reader *r, struct sm_bytes mac_data,
    struct sm_bytes content, const struct sm_pbe_password *pw)
{
	struct mac m;

	if (!read_mac(&m, mac_data))
		return bad(r, "its check value is damaged");
	if (sm_bytes_equal(m.alg, sm_bytes(oid_pbmac1, sizeof(oid_pbmac1))))
		return check_pbmac1(r, &m, content, pw);
	return check_classic(r, &m, content, pw);
}
