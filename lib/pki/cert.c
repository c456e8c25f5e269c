#include <openssl/err.h>
#include <stdlib.h>

#include <base/der.h>
#include <base/try.h>
#include <crypto/digest.h>
#include <pki/cert_fields.h>

static int
bad(struct sm_error *err, const char *what)
{
	return sm_error_set(err, SM_E_FORMAT, "certificate-malformed",
	    "RFC 5280 section 4.1",
	    "The certificate is damaged: %s cannot be read. Ask for it again.",
	    what);
}

/* version [0] EXPLICIT INTEGER DEFAULT v1 */
static bool
read_version(struct sm_cert *c, struct sm_bytes *tbs)
{
	struct sm_bytes inner;
	bool present;
	uint64_t v;

	c->version = 1;
	if (!sm_der_get_opt(tbs, SM_DER_CTX_CONS(0), &inner, &present))
		return false;
	if (!present)
		return true;
	if (!sm_der_get_uint(&inner, &v) || inner.len != 0 || v > 2)
		return false;
	c->version = (unsigned)v + 1;
	return true;
}

static bool
read_validity(struct sm_cert *c, struct sm_bytes *tbs)
{
	struct sm_bytes v;

	return sm_der_get(tbs, SM_DER_SEQUENCE, &v) &&
	    sm_der_get_time(&v, &c->not_before) &&
	    sm_der_get_time(&v, &c->not_after) && v.len == 0;
}

/* issuerUniqueID [1], subjectUniqueID [2], extensions [3] EXPLICIT */
static bool
read_tail(struct sm_cert *c, struct sm_bytes *tbs)
{
	struct sm_bytes skip, outer, list;
	bool present;

	if (!sm_der_get_opt(tbs, SM_DER_CTX(1), &skip, &present) ||
	    !sm_der_get_opt(tbs, SM_DER_CTX(2), &skip, &present) ||
	    !sm_der_get_opt(tbs, SM_DER_CTX_CONS(3), &outer, &present))
		return false;
	if (!present)
		return true;
	return sm_der_get(&outer, SM_DER_SEQUENCE, &list) && outer.len == 0 &&
	    sm_cert_ext_read(&c->ext, list);
}

static int
read_tbs(struct sm_cert *c, struct sm_bytes tbs, struct sm_error *err)
{
	struct sm_bytes alg;

	if (!read_version(c, &tbs))
		return bad(err, "its version");
	/* Old certificates have serial numbers of any length, sign and padding:
	 * they are names here, compared byte by byte. */
	if (!sm_der_get(&tbs, SM_DER_INTEGER, &c->serial) || c->serial.len == 0)
		return bad(err, "its serial number");
	if (!sm_der_get_whole(&tbs, SM_DER_SEQUENCE, &alg))
		return bad(err, "its signature algorithm");
	if (!sm_der_get_whole(&tbs, SM_DER_SEQUENCE, &c->issuer))
		return bad(err, "its issuer name");
	if (!read_validity(c, &tbs))
		return bad(err, "its period of validity");
	if (!sm_der_get_whole(&tbs, SM_DER_SEQUENCE, &c->subject))
		return bad(err, "its subject name");
	if (!sm_der_get_whole(&tbs, SM_DER_SEQUENCE, &c->spki))
		return bad(err, "its public key");
	if (!read_tail(c, &tbs) || tbs.len != 0)
		return bad(err, "its list of extensions");
	return SM_OK;
}

static int
read_all(struct sm_cert *c, struct sm_error *err)
{
	struct sm_bytes in = sm_bytes(c->der, c->der_len), seq, tbs, part;
	struct sm_digest_value d;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0 ||
	    !sm_der_get(&seq, SM_DER_SEQUENCE, &tbs) ||
	    !sm_der_get(&seq, SM_DER_SEQUENCE, &part) ||
	    !sm_der_get(&seq, SM_DER_BIT_STRING, &part) || seq.len != 0)
		return bad(err, "its outer structure");
	SM_TRY(read_tbs(c, tbs, err));
	SM_TRY(sm_cert_names_read(c, err));
	SM_TRY(sm_digest(&d, SM_SHA256, sm_cert_der(c)));
	memcpy(c->sha256, d.data, sizeof(c->sha256));
	return SM_OK;
}

int
sm_cert_parse(struct sm_cert **out, struct sm_bytes der, struct sm_error *err)
{
	struct sm_cert *c;
	size_t size;
	int rc;

	*out = NULL;
	if (der.len == 0)
		return bad(err, "anything (it is empty)");
	if (!sm_size_add(&size, sizeof(*c), der.len))
		return SM_E_NOMEM;
	c = calloc(1, size);
	if (c == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is not enough memory to read a certificate.");
	atomic_init(&c->refs, 1);
	atomic_init(&c->x509, NULL);
	c->der_len = der.len;
	memcpy(c->der, der.data, der.len);
	rc = read_all(c, err);
	if (rc != SM_OK) {
		sm_cert_free(c);
		return rc;
	}
	*out = c;
	return SM_OK;
}

struct sm_cert *
sm_cert_ref(struct sm_cert *c)
{
	if (c != NULL)
		atomic_fetch_add_explicit(&c->refs, 1, memory_order_relaxed);
	return c;
}

void
sm_cert_free(struct sm_cert *c)
{
	if (c == NULL ||
	    atomic_fetch_sub_explicit(&c->refs, 1, memory_order_acq_rel) != 1)
		return;
	X509_free(atomic_load(&c->x509));
	sm_buf_free(&c->text);
	free(c->mail.at);
	free(c->subject_mail.at);
	free(c);
}

X509 *
sm_cert_x509(struct sm_cert *c)
{
	const unsigned char *p = c->der;
	X509 *x = atomic_load(&c->x509), *none = NULL;

	if (x != NULL)
		return x;
	if (c->der_len > LONG_MAX)
		return NULL;
	ERR_set_mark();
	x = d2i_X509(NULL, &p, (long)c->der_len);
	ERR_pop_to_mark();
	if (x == NULL)
		return NULL;
	/* two threads may have made one each: the first stays */
	if (!atomic_compare_exchange_strong(&c->x509, &none, x)) {
		X509_free(x);
		return none;
	}
	return x;
}

struct sm_bytes
sm_cert_der(const struct sm_cert *c)
{
	return sm_bytes(c->der, c->der_len);
}

struct sm_bytes
sm_cert_spki(const struct sm_cert *c)
{
	return c->spki;
}

struct sm_bytes
sm_cert_issuer(const struct sm_cert *c)
{
	return c->issuer;
}

struct sm_bytes
sm_cert_subject(const struct sm_cert *c)
{
	return c->subject;
}

struct sm_bytes
sm_cert_serial(const struct sm_cert *c)
{
	return c->serial;
}

struct sm_bytes
sm_cert_ski(const struct sm_cert *c)
{
	return c->ext.ski;
}

struct sm_bytes
sm_cert_smime_capabilities(const struct sm_cert *c)
{
	return c->ext.smime_capabilities;
}

static const char *
text_at(const struct sm_cert *c, size_t at)
{
	return (const char *)c->text.data + at;
}

const char *
sm_cert_subject_text(const struct sm_cert *c)
{
	return text_at(c, c->subject_at);
}

const char *
sm_cert_issuer_text(const struct sm_cert *c)
{
	return text_at(c, c->issuer_at);
}

const char *
sm_cert_serial_hex(const struct sm_cert *c)
{
	return text_at(c, c->serial_at);
}

const uint8_t *
sm_cert_sha256(const struct sm_cert *c)
{
	return c->sha256;
}

int64_t
sm_cert_not_before(const struct sm_cert *c)
{
	return c->not_before;
}

int64_t
sm_cert_not_after(const struct sm_cert *c)
{
	return c->not_after;
}

const char *
sm_cert_mail(const struct sm_cert *c, size_t i)
{
	return i < c->mail.count ? text_at(c, c->mail.at[i]) : NULL;
}

const char *
sm_cert_subject_mail(const struct sm_cert *c, size_t i)
{
	return i < c->subject_mail.count ?
	    text_at(c, c->subject_mail.at[i]) : NULL;
}

bool
sm_cert_may_sign(const struct sm_cert *c)
{
	return !c->ext.has_key_usage || (c->ext.key_usage &
	    (SM_KU_DIGITAL_SIGNATURE | SM_KU_NON_REPUDIATION)) != 0;
}

bool
sm_cert_may_encrypt(const struct sm_cert *c)
{
	return !c->ext.has_key_usage || (c->ext.key_usage &
	    (SM_KU_KEY_ENCIPHERMENT | SM_KU_KEY_AGREEMENT)) != 0;
}

bool
sm_cert_is_ca(const struct sm_cert *c)
{
	return c->ext.is_ca;
}
