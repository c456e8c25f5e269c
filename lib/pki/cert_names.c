#include <openssl/bio.h>
#include <openssl/err.h>
#include <stdlib.h>

#include <base/der.h>
#include <base/try.h>
#include <pki/cert_fields.h>

static const uint8_t oid_email[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x01 };
/* id-on-SmtpUTF8Mailbox 1.3.6.1.5.5.7.8.9 (RFC 9598) */
static const uint8_t oid_smtp_utf8[] = { 0x2b, 0x06, 0x01, 0x05, 0x05, 0x07,
	0x08, 0x09 };

/* One UTF-8 character's length at the front, 0 when there is none: shortest
 * forms only, no surrogates (RFC 3629). */
static size_t
utf8_len(struct sm_bytes s)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	uint32_t c = s.data[0];
	size_t n = c < 0x80 ? 1 : c < 0xc2 ? 0 : c < 0xe0 ? 2 : c < 0xf0 ? 3 :
	    c < 0xf5 ? 4 : 0;

	if (n < 2)
		return n;
	if (n > s.len)
		return 0;
	c &= 0x7fu >> n;
	for (size_t i = 1; i < n; i++) {
		if ((s.data[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (s.data[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c < 0xe000))
		return 0;
	return n;
}

static bool
is_utf8(struct sm_bytes s)
{
	while (s.len != 0) {
		size_t n = utf8_len(s);

		if (n == 0)
			return false;
		s = sm_bytes_skip(s, n);
	}
	return true;
}

/* Letters, digits and hyphens between single dots, or a [literal]. */
static bool
is_domain(struct sm_bytes d)
{
	uint8_t last = '.';

	if (d.len > 2 && d.data[0] == '[')
		return memchr(d.data, ']', d.len) == d.data + d.len - 1;
	for (size_t i = 0; i < d.len; i++) {
		uint8_t c = d.data[i];

		if (c == '.' ? last == '.' : !((c >= 'a' && c <= 'z') ||
		    (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		    c == '-' || c == '_'))
			return false;
		last = c;
	}
	return last != '.';
}

/* Dot-atom or quoted string, RFC 5321 section 4.1.2; with utf8 RFC 6531. */
static bool
is_local(struct sm_bytes l, bool utf8)
{
	bool quoted = l.len > 2 && l.data[0] == '"' && l.data[l.len - 1] == '"';

	if (l.len == 0)
		return false;
	for (size_t i = 0; i < l.len; i++) {
		uint8_t c = l.data[i];

		if (c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8))
			return false;
		if (!quoted && strchr(" \"(),:;<>@[\\]", c) != NULL)
			return false;
	}
	return true;
}

static bool
is_mailbox(struct sm_bytes m, bool utf8)
{
	const uint8_t *at = m.len != 0 ? memrchr(m.data, '@', m.len) : NULL;
	size_t n;

	if (at == NULL)
		return false;
	n = (size_t)(at - m.data);
	return is_local(sm_bytes_first(m, n), utf8) &&
	    is_domain(sm_bytes_skip(m, n + 1)) && (!utf8 || is_utf8(m));
}

/* Put a string into the pool; *at is where. */
static int
add_text(struct sm_cert *c, size_t *at, struct sm_bytes s)
{
	*at = c->text.len;
	SM_TRY(sm_buf_append(&c->text, s));
	return sm_buf_append_byte(&c->text, 0);
}

static int
add_name(struct sm_cert *c, struct sm_cert_names *n, struct sm_bytes s)
{
	size_t at;

	if (n->count == n->cap) {
		size_t cap = n->cap == 0 ? 4 : n->cap * 2;
		size_t *p = reallocarray(n->at, cap, sizeof(*p));

		if (p == NULL)
			return SM_E_NOMEM;
		n->at = p;
		n->cap = cap;
	}
	SM_TRY(add_text(c, &at, s));
	n->at[n->count++] = at;
	return SM_OK;
}

/* OtherName ::= SEQUENCE { type-id, value [0] EXPLICIT }, implicit in [0] */
static int
read_other_name(struct sm_cert *c, struct sm_bytes in)
{
	struct sm_bytes oid, value, text;

	if (!sm_der_get_oid(&in, &oid) ||
	    !sm_der_get(&in, SM_DER_CTX_CONS(0), &value) || in.len != 0) {
		c->ext.fault = "an other name in the subjectAltName is malformed";
		return SM_OK;
	}
	if (!sm_bytes_equal(oid, sm_bytes(oid_smtp_utf8, sizeof(oid_smtp_utf8))))
		return SM_OK;
	c->ext.has_utf8_mail = true;
	if (!sm_der_get(&value, SM_DER_UTF8_STRING, &text) || value.len != 0) {
		c->ext.fault = "an SmtpUTF8Mailbox is malformed";
		return SM_OK;
	}
	return is_mailbox(text, true) ? add_name(c, &c->mail, text) : SM_OK;
}

static int
read_san(struct sm_cert *c)
{
	struct sm_bytes list = c->ext.san, value;
	unsigned tag;

	while (list.len != 0) {
		if (!sm_der_get_any(&list, &tag, &value, NULL)) {
			c->ext.fault = "the subjectAltName is malformed";
			return SM_OK;
		}
		if (tag == SM_DER_CTX_CONS(0))
			SM_TRY(read_other_name(c, value));
		else if (tag == SM_DER_CTX(1) && is_mailbox(value, false))
			SM_TRY(add_name(c, &c->mail, value));
	}
	return SM_OK;
}

/* AttributeTypeAndValue: keep an emailAddress. */
static int
read_attribute(struct sm_cert *c, struct sm_bytes atv)
{
	struct sm_bytes oid, value;
	unsigned tag;

	if (!sm_der_get_oid(&atv, &oid) ||
	    !sm_der_get_any(&atv, &tag, &value, NULL) ||
	    !sm_bytes_equal(oid, sm_bytes(oid_email, sizeof(oid_email))) ||
	    !is_mailbox(value, tag == SM_DER_UTF8_STRING))
		return SM_OK;
	return add_name(c, &c->subject_mail, value);
}

static int
read_subject_mail(struct sm_cert *c)
{
	struct sm_bytes in = c->subject, name, rdn, atv;

	if (!sm_der_get(&in, SM_DER_SEQUENCE, &name))
		return SM_OK;
	while (sm_der_get(&name, SM_DER_SET, &rdn))
		while (sm_der_get(&rdn, SM_DER_SEQUENCE, &atv))
			SM_TRY(read_attribute(c, atv));
	return SM_OK;
}

/* A Name as RFC 2253 text in UTF-8, control characters escaped. */
static int
add_name_text(struct sm_cert *c, size_t *at, struct sm_bytes der)
{
	const unsigned char *p = der.data;
	X509_NAME *name;
	BIO *bio = NULL;
	char *text;
	long len;
	int rc = SM_E_NOMEM;

	ERR_set_mark();
	name = d2i_X509_NAME(NULL, &p, (long)der.len);
	bio = BIO_new(BIO_s_mem());
	if (bio == NULL)
		goto out;
	if (name == NULL || X509_NAME_print_ex(bio, name, 0,
	    XN_FLAG_RFC2253 & ~(unsigned long)ASN1_STRFLGS_ESC_MSB) < 0) {
		rc = add_text(c, at, sm_bytes_str("(unreadable name)"));
		goto out;
	}
	len = BIO_get_mem_data(bio, &text);
	rc = add_text(c, at, sm_bytes(text, len > 0 ? (size_t)len : 0));
out:
	BIO_free(bio);
	X509_NAME_free(name);
	ERR_pop_to_mark();
	return rc;
}

static int
add_serial_text(struct sm_cert *c)
{
	struct sm_bytes s = c->serial;

	/* the octet that only says "positive" is no part of the number */
	if (s.len > 1 && s.data[0] == 0)
		s = sm_bytes_skip(s, 1);
	c->serial_at = c->text.len;
	for (size_t i = 0; i < s.len; i++) {
		SM_TRY(sm_buf_append_byte(&c->text,
		    (uint8_t)"0123456789abcdef"[s.data[i] >> 4]));
		SM_TRY(sm_buf_append_byte(&c->text,
		    (uint8_t)"0123456789abcdef"[s.data[i] & 15]));
	}
	return sm_buf_append_byte(&c->text, 0);
}

static int
names_read(struct sm_cert *c)
{
	SM_TRY(sm_buf_reserve(&c->text, 512));
	SM_TRY(add_name_text(c, &c->subject_at, c->subject));
	if (sm_bytes_equal(c->subject, c->issuer))
		c->issuer_at = c->subject_at;
	else
		SM_TRY(add_name_text(c, &c->issuer_at, c->issuer));
	SM_TRY(add_serial_text(c));
	SM_TRY(read_san(c));
	return read_subject_mail(c);
}

int
sm_cert_names_read(struct sm_cert *c, struct sm_error *err)
{
	if (names_read(c) == SM_OK)
		return SM_OK;
	return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
	    "There is not enough memory to read a certificate.");
}
