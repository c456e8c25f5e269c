#include <base/der.h>
#include <base/try.h>
#include <cms/attributes.h>
#include <cms/attributes_oid.h>

/* Begin Attribute { type, SET OF: the value goes there; end it with both marks. */
struct marks {
	size_t attribute;
	size_t values;
};

static struct marks
attribute_begin(struct sm_derw *w, struct sm_bytes oid)
{
	struct marks m;

	m.attribute = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, oid);
	m.values = sm_derw_begin(w, SM_DER_SET);
	return m;
}

static void
attribute_end(struct sm_derw *w, struct marks m)
{
	sm_derw_end(w, m.values);
	sm_derw_end(w, m.attribute);
}

static void
write_content_type(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_CONTENT_TYPE);
	struct marks m = attribute_begin(w, oid);

	sm_derw_oid(w, sm_cms_type_oid(a->content_type));
	attribute_end(w, m);
}

static void
write_message_digest(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_MESSAGE_DIGEST);
	struct marks m = attribute_begin(w, oid);

	sm_derw_add(w, SM_DER_OCTET_STRING,
	    sm_bytes(a->message_digest->data, a->message_digest->len));
	attribute_end(w, m);
}

static void
write_signing_time(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_SIGNING_TIME);
	struct marks m = attribute_begin(w, oid);

	sm_derw_time(w, a->signing_time);
	attribute_end(w, m);
}

/* IssuerSerial ::= SEQUENCE { GeneralNames { [4] EXPLICIT Name }, INTEGER } */
static void
write_issuer_serial(struct sm_derw *w, const struct sm_cert *c)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE);
	size_t names = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_add(w, SM_DER_CTX_CONS(4), sm_cert_issuer(c));
	sm_derw_end(w, names);
	sm_derw_add(w, SM_DER_INTEGER, sm_cert_serial(c));
	sm_derw_end(w, seq);
}

/* SHA-256 is the DEFAULT and so left out (RFC 5035 section 4). */
static void
write_signing_cert(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_SIGNING_CERT_V2);
	struct marks m = attribute_begin(w, oid);
	size_t value = sm_derw_begin(w, SM_DER_SEQUENCE);
	size_t certs = sm_derw_begin(w, SM_DER_SEQUENCE);
	size_t id = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_add(w, SM_DER_OCTET_STRING,
	    sm_bytes(sm_cert_sha256(a->cert), 32));
	write_issuer_serial(w, a->cert);
	sm_derw_end(w, id);
	sm_derw_end(w, certs);
	sm_derw_end(w, value);
	attribute_end(w, m);
}

/* signatureAlgorithm is [1] IMPLICIT: the SEQUENCE's contents under 0xa1. */
static void
write_protection(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_PROTECTION);
	struct sm_bytes sig = a->sig_der, inner;
	struct marks m = attribute_begin(w, oid);
	size_t value = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_raw(w, a->digest_der);
	if (sm_der_get(&sig, SM_DER_SEQUENCE, &inner))
		sm_derw_add(w, SM_DER_CTX_CONS(1), inner);
	else
		w->rc = SM_E_CRYPTO;
	sm_derw_end(w, value);
	attribute_end(w, m);
}

static void
write_capabilities(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_CAPABILITIES);
	struct marks m;

	if (a->capabilities.len == 0)
		return;
	m = attribute_begin(w, oid);
	sm_derw_raw(w, a->capabilities);
	attribute_end(w, m);
}

static void
write_enc_key(struct sm_derw *w, const struct sm_attributes_new *a)
{
	const struct sm_bytes oid = SM_AT(SM_AT_ENC_KEY_PREF);
	struct marks m;
	size_t id;

	if (a->enc_cert == NULL)
		return;
	m = attribute_begin(w, oid);
	id = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_raw(w, sm_cert_issuer(a->enc_cert));
	sm_derw_add(w, SM_DER_INTEGER, sm_cert_serial(a->enc_cert));
	sm_derw_end(w, id);
	attribute_end(w, m);
}

int
sm_attributes_write(struct sm_buf *out, const struct sm_attributes_new *a)
{
	struct sm_derw w;
	size_t set;

	sm_derw_init(&w, out);
	set = sm_derw_begin(&w, SM_DER_SET);
	write_content_type(&w, a);
	write_signing_time(&w, a);
	write_message_digest(&w, a);
	write_signing_cert(&w, a);
	write_protection(&w, a);
	write_capabilities(&w, a);
	write_enc_key(&w, a);
	sm_derw_end_set_of(&w, set);
	return sm_derw_status(&w);
}
