/* PKCS#10 (RFC 2986) with the extensions that mail certificates need. */
#include <base/der.h>
#include <base/try.h>
#include <crypto/key.h>
#include <pki/cert_fields.h>
#include <sealmail/export.h>

/* DER contents of OIDs that only a request needs. */
static const uint8_t oid_cn[] = { 0x55, 0x04, 0x03 };
static const uint8_t oid_extension_request[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7,
	0x0d, 0x01, 0x09, 0x0e };
static const uint8_t oid_key_usage[] = { 0x55, 0x1d, 0x0f };
static const uint8_t oid_ext_key_usage[] = { 0x55, 0x1d, 0x25 };
static const uint8_t oid_san[] = { 0x55, 0x1d, 0x11 };
static const uint8_t oid_email_protection[] = { 0x2b, 0x06, 0x01, 0x05, 0x05,
	0x07, 0x03, 0x04 };
static const uint8_t oid_smtp_utf8[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x08, 0x09 };

#define OID(name) sm_bytes(name, sizeof(name))

static void
write_name(struct sm_derw *w, const char *name)
{
	size_t rdns = sm_derw_begin(w, SM_DER_SEQUENCE), set, pair;

	if (name != NULL) {
		set = sm_derw_begin(w, SM_DER_SET);
		pair = sm_derw_begin(w, SM_DER_SEQUENCE);
		sm_derw_oid(w, OID(oid_cn));
		sm_derw_add(w, SM_DER_UTF8_STRING, sm_bytes_str(name));
		sm_derw_end(w, pair);
		sm_derw_end(w, set);
	}
	sm_derw_end(w, rdns);
}

static void
write_subject(struct sm_derw *w, const struct sm_request *r)
{
	if (r->subject.len > 0)
		sm_derw_raw(w, r->subject);
	else
		write_name(w, r->name);
}

/* An empty SEQUENCE, or none. */
static bool
has_subject(const struct sm_request *r)
{
	return r->subject.len > 2 || (r->subject.len == 0 && r->name != NULL);
}

static bool
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if ((unsigned char)*s >= 0x80)
			return false;
	return true;
}

/* rfc822Name is IA5String; others are SmtpUTF8Mailbox (RFC 9598 section 3). */
static void
write_mail(struct sm_derw *w, const char *mail)
{
	size_t other, value;

	if (is_ascii(mail)) {
		sm_derw_add(w, SM_DER_CTX(1), sm_bytes_str(mail));
		return;
	}
	other = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_oid(w, OID(oid_smtp_utf8));
	value = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_add(w, SM_DER_UTF8_STRING, sm_bytes_str(mail));
	sm_derw_end(w, value);
	sm_derw_end(w, other);
}

/* Bit 0 is the highest; trailing zero bits are left out (X.690 section 11.2.2). */
static void
write_usage_bits(struct sm_derw *w, unsigned usage)
{
	uint8_t bits[2] = { 0, 0 };
	unsigned i, last = 0;

	for (i = 0; i < 8; i++)
		if ((usage & 1u << i) != 0) {
			bits[1] = (uint8_t)(bits[1] | 0x80u >> i);
			last = i;
		}
	bits[0] = (uint8_t)(7 - last);
	sm_derw_add(w, SM_DER_BIT_STRING, sm_bytes(bits, sizeof(bits)));
}

static unsigned
usage_of(enum sm_key_type type, const struct sm_request *r)
{
	unsigned usage = r->sign ? SM_KU_DIGITAL_SIGNATURE : 0;

	if (r->encrypt)
		usage |= type == SM_KEY_RSA ? SM_KU_KEY_ENCIPHERMENT :
		    SM_KU_KEY_AGREEMENT;
	return usage;
}

/* Extension ::= SEQUENCE { extnID, critical, OCTET STRING { value } } */
struct extension {
	size_t seq, value;
};

static struct extension
begin_extension(struct sm_derw *w, struct sm_bytes oid, bool critical)
{
	static const uint8_t yes = 0xff;
	struct extension e;

	e.seq = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, oid);
	if (critical)
		sm_derw_add(w, SM_DER_BOOLEAN, sm_bytes(&yes, 1));
	e.value = sm_derw_begin(w, SM_DER_OCTET_STRING);
	return e;
}

static void
end_extension(struct sm_derw *w, struct extension e)
{
	sm_derw_end(w, e.value);
	sm_derw_end(w, e.seq);
}

static void
write_extensions(struct sm_derw *w, enum sm_key_type type,
    const struct sm_request *r)
{
	size_t all = sm_derw_begin(w, SM_DER_SEQUENCE), list, i;
	struct extension e = begin_extension(w, OID(oid_key_usage), true);

	write_usage_bits(w, usage_of(type, r));
	end_extension(w, e);
	e = begin_extension(w, OID(oid_ext_key_usage), false);
	list = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, OID(oid_email_protection));
	sm_derw_end(w, list);
	end_extension(w, e);
	if (r->mail_count > 0) {
		/* critical where the subject is empty (RFC 5280 4.2.1.6) */
		e = begin_extension(w, OID(oid_san), !has_subject(r));
		list = sm_derw_begin(w, SM_DER_SEQUENCE);
		for (i = 0; i < r->mail_count; i++)
			write_mail(w, r->mails[i]);
		sm_derw_end(w, list);
		end_extension(w, e);
	}
	sm_derw_end(w, all);
}

/* CertificationRequestInfo, RFC 2986 section 4.1. */
static int
write_info(struct sm_buf *out, struct sm_key *key, const struct sm_request *r)
{
	size_t info, attributes, attribute, values;
	struct sm_derw w;

	sm_derw_init(&w, out);
	info = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	write_subject(&w, r);
	sm_derw_raw(&w, sm_key_spki(key));
	attributes = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	attribute = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, OID(oid_extension_request));
	values = sm_derw_begin(&w, SM_DER_SET);
	write_extensions(&w, sm_key_type(key), r);
	sm_derw_end(&w, values);
	sm_derw_end(&w, attribute);
	sm_derw_end(&w, attributes);
	sm_derw_end(&w, info);
	return sm_derw_status(&w);
}

/* CertificationRequest ::= SEQUENCE { info, signatureAlgorithm, BIT STRING } */
static int
write_signed(struct sm_buf *out, struct sm_key *key, struct sm_bytes info,
    struct sm_error *err)
{
	struct sm_buf alg_der = SM_BUF_INIT, bits = SM_BUF_INIT;
	enum sm_alg_id digest = SM_ALG_NONE;
	struct sm_sig_alg alg;
	struct sm_derw w;
	size_t seq;
	int rc;

	SM_TRY_OUT(sm_sig_alg_for_key(&alg, &digest, key, false, err));
	SM_TRY_OUT(sm_sig_alg_write(&alg, &alg_der));
	SM_TRY_OUT(sm_buf_append_byte(&bits, 0));
	SM_TRY_OUT(sm_key_sign(key, &bits, &alg, info, err));
	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, info);
	sm_derw_raw(&w, sm_buf_bytes(&alg_der));
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&bits));
	sm_derw_end(&w, seq);
	rc = sm_derw_status(&w);
out:
	sm_buf_free(&alg_der);
	sm_buf_free(&bits);
	return rc;
}

int
sm_export_request(struct sm_key *key, const struct sm_request *what,
    const struct sm_sink *sink, struct sm_error *err)
{
	struct sm_buf info = SM_BUF_INIT, request = SM_BUF_INIT;
	int rc;

	if (!sm_key_can_sign(key))
		return sm_error_set(err, SM_E_UNSUPPORTED, "request-no-proof",
		    "RFC 2986", "This key cannot sign, so that a certificate request "
		    "could not prove that we have it; hand the public key itself to "
		    "the CA, or use a key that signs as well (p-256, rsa-3072).");
	SM_TRY_OUT(write_info(&info, key, what));
	SM_TRY_OUT(write_signed(&request, key, sm_buf_bytes(&info), err));
	rc = sm_export_pem("CERTIFICATE REQUEST", sm_buf_bytes(&request), sink);
out:
	sm_buf_free(&info);
	sm_buf_free(&request);
	return rc == 0 ? SM_OK : sm_error_set(err, rc, "request-write", NULL,
	    "The certificate request could not be written: %s.",
	    sm_status_name(rc));
}
