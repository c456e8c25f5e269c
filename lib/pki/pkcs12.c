#include <stdlib.h>

#include <base/ber.h>
#include <base/der.h>
#include <base/try.h>
#include <pki/keyfile_parts.h>

/* Content types 1.2.840.113549.1.7.n; bags 1.2.840.113549.1.12.10.1.n; the
 * X.509 kind of a certBag 1.2.840.113549.1.9.22.1 (RFC 7292 section 4.2). */
static const uint8_t oid_pkcs7[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x07 };
static const uint8_t oid_bag[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x0c, 0x0a, 0x01 };
static const uint8_t oid_x509[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01,
	0x09, 0x16, 0x01 };
enum { TYPE_DATA = 1, TYPE_ENVELOPED = 3, TYPE_ENCRYPTED = 6 };
enum { BAG_KEY = 1, BAG_SHROUDED = 2, BAG_CERT = 3, BAG_SAFE = 6 };

/* Bags inside bags that are still to be read, and bags in one file. */
#define SAFES_MAX 16
#define BAGS_MAX 1000

static int
bad(struct sm_keyfile_reader *r, const char *what)
{
	return sm_error_set(r->err, SM_E_FORMAT, "pkcs12-malformed",
	    "RFC 7292 section 4", "The PKCS#12 file is damaged: %s cannot be "
	    "read. Export it again from the program that holds the key.", what);
}

static unsigned
last_arc(struct sm_bytes oid, const uint8_t *prefix, size_t len)
{
	if (oid.len != len + 1 || memcmp(oid.data, prefix, len) != 0)
		return 0;
	return oid.data[len];
}

/* ContentInfo: its type's last arc and what is in [0], if anything. */
static bool
get_content(struct sm_bytes *in, unsigned *type, struct sm_bytes *content)
{
	struct sm_bytes seq, oid;
	bool present;

	if (!sm_der_get(in, SM_DER_SEQUENCE, &seq) ||
	    !sm_der_get(&seq, SM_DER_OID, &oid) ||
	    !sm_der_get_opt(&seq, SM_DER_CTX_CONS(0), content, &present) ||
	    seq.len != 0)
		return false;
	if (!present)
		*content = sm_bytes(NULL, 0);
	*type = last_arc(oid, oid_pkcs7, sizeof(oid_pkcs7));
	return true;
}

/* ---- bags ---- */

/* SafeContents still to be read: nesting without recursion. */
struct safes {
	struct sm_bytes list[SAFES_MAX];
	size_t count;
	unsigned bags;
};

static int
read_cert_bag(struct sm_keyfile_reader *r, struct sm_bytes value)
{
	struct sm_bytes seq, oid, outer, der;

	if (!sm_der_get(&value, SM_DER_SEQUENCE, &seq) ||
	    !sm_der_get(&seq, SM_DER_OID, &oid) ||
	    !sm_der_get(&seq, SM_DER_CTX_CONS(0), &outer))
		return bad(r, "a certificate bag");
	if (!sm_bytes_equal(oid, sm_bytes(oid_x509, sizeof(oid_x509))))
		return SM_OK; /* an SDSI certificate: nobody has one */
	if (!sm_der_get(&outer, SM_DER_OCTET_STRING, &der) || outer.len != 0)
		return bad(r, "a certificate bag");
	return sm_keyfile_add_cert(r, der);
}

static int
read_bag(struct sm_keyfile_reader *r, struct safes *s, struct sm_bytes bag)
{
	struct sm_bytes oid, value;

	if (!sm_der_get(&bag, SM_DER_OID, &oid) ||
	    !sm_der_get(&bag, SM_DER_CTX_CONS(0), &value))
		return bad(r, "a bag");
	switch (last_arc(oid, oid_bag, sizeof(oid_bag))) {
	case BAG_KEY:
		return sm_keyfile_add_pkcs8(r, value);
	case BAG_SHROUDED:
		return sm_keyfile_add_encrypted(r, value,
		    "private key in the PKCS#12 file");
	case BAG_CERT:
		return read_cert_bag(r, value);
	case BAG_SAFE:
		if (s->count == SAFES_MAX)
			return bad(r, "a bag (too many lie in one another)");
		s->list[s->count++] = value;
		return SM_OK;
	default:
		return SM_OK; /* CRLs, secrets: not ours */
	}
}

static int
read_safe(struct sm_keyfile_reader *r, struct safes *s, struct sm_bytes safe)
{
	struct sm_bytes list, bag;

	if (!sm_der_get(&safe, SM_DER_SEQUENCE, &list) || safe.len != 0)
		return bad(r, "its contents");
	while (list.len != 0) {
		if (++s->bags > BAGS_MAX || !sm_der_get(&list, SM_DER_SEQUENCE,
		    &bag))
			return bad(r, "a bag");
		SM_TRY(read_bag(r, s, bag));
	}
	return SM_OK;
}

static int
read_safes(struct sm_keyfile_reader *r, struct safes *s, struct sm_bytes first)
{
	s->list[0] = first;
	s->count = 1;
	while (s->count != 0)
		SM_TRY(read_safe(r, s, s->list[--s->count]));
	return SM_OK;
}

/* SafeContents as bytes, DER or BER. */
static int
read_safe_bytes(struct sm_keyfile_reader *r, struct safes *s,
    struct sm_bytes raw)
{
	struct sm_buf clean = SM_BUF_SECRET_INIT;
	int rc = sm_ber_to_der(&clean, raw, r->limits);

	if (rc == SM_E_FORMAT)
		rc = bad(r, "its contents");
	if (rc == SM_OK)
		rc = read_safes(r, s, sm_buf_bytes(&clean));
	sm_buf_free(&clean);
	return rc;
}

/* ---- encrypted safes ---- */

struct encrypted {
	struct sm_bytes alg, data;
	struct sm_buf joined; /* data, when it came in pieces */
	struct sm_buf plain;
};

/* [0] IMPLICIT OCTET STRING: in BER it may be constructed, and the tag does not
 * tell the DER converter that it is a string. */
static bool
get_ciphertext(struct encrypted *e, struct sm_bytes *in)
{
	struct sm_bytes pieces, piece;

	if (sm_der_get(in, SM_DER_CTX(0), &e->data))
		return true;
	if (!sm_der_get(in, SM_DER_CTX_CONS(0), &pieces))
		return false;
	while (pieces.len != 0)
		if (!sm_der_get(&pieces, SM_DER_OCTET_STRING, &piece) ||
		    sm_buf_append(&e->joined, piece) != SM_OK)
			return false;
	e->data = sm_buf_bytes(&e->joined);
	return true;
}

/* EncryptedData ::= SEQUENCE { version, SEQUENCE { type, alg, [0] } } */
static bool
get_encrypted(struct encrypted *e, struct sm_bytes content)
{
	struct sm_bytes seq, version, info, oid;

	return sm_der_get(&content, SM_DER_SEQUENCE, &seq) &&
	    content.len == 0 && sm_der_get(&seq, SM_DER_INTEGER, &version) &&
	    sm_der_get(&seq, SM_DER_SEQUENCE, &info) &&
	    sm_der_get(&info, SM_DER_OID, &oid) &&
	    sm_der_get_whole(&info, SM_DER_SEQUENCE, &e->alg) &&
	    get_ciphertext(e, &info);
}

static int
encrypted_fits(void *ctx, struct sm_keyfile_reader *r,
    const struct sm_pbe_password *pw)
{
	struct encrypted *e = ctx;

	return sm_pbe_decrypt(r, &e->plain, e->alg, e->data, pw);
}

static int
read_encrypted(struct sm_keyfile_reader *r, struct safes *s,
    struct sm_bytes content)
{
	struct encrypted e = { .plain = SM_BUF_SECRET_INIT };
	int rc;

	if (!get_encrypted(&e, content)) {
		rc = bad(r, "an encrypted part");
		goto out;
	}
	SM_TRY_OUT(sm_pbe_check(r, e.alg));
	SM_TRY_OUT(sm_keyfile_unlock(r, "PKCS#12 file", encrypted_fits, &e));
	rc = read_safe_bytes(r, s, sm_buf_bytes(&e.plain));
out:
	sm_buf_free(&e.plain);
	sm_buf_free(&e.joined);
	return rc;
}

/* ---- the whole ---- */

static int
read_part(struct sm_keyfile_reader *r, struct safes *s, unsigned type,
    struct sm_bytes content)
{
	struct sm_bytes raw;

	switch (type) {
	case TYPE_DATA:
		if (content.len == 0)
			return SM_OK;
		if (!sm_der_get(&content, SM_DER_OCTET_STRING, &raw) ||
		    content.len != 0)
			return bad(r, "a part");
		return read_safe_bytes(r, s, raw);
	case TYPE_ENCRYPTED:
		return read_encrypted(r, s, content);
	case TYPE_ENVELOPED:
		return SM_OK; /* for the holder of some other key: not for us */
	default:
		return bad(r, "a part");
	}
}

/* AuthenticatedSafe ::= SEQUENCE OF ContentInfo */
static int
read_auth_safe(struct sm_keyfile_reader *r, struct sm_bytes raw)
{
	struct sm_buf clean = SM_BUF_INIT;
	struct safes s = { .bags = 0 };
	struct sm_bytes in, list, content;
	unsigned type;
	int rc = sm_ber_to_der(&clean, raw, r->limits);

	if (rc == SM_E_FORMAT)
		rc = bad(r, "its list of parts");
	if (rc != SM_OK)
		goto out;
	in = sm_buf_bytes(&clean);
	if (!sm_der_get(&in, SM_DER_SEQUENCE, &list)) {
		rc = bad(r, "its list of parts");
		goto out;
	}
	while (list.len != 0) {
		if (++s.bags > BAGS_MAX || !get_content(&list, &type, &content)) {
			rc = bad(r, "a part");
			goto out;
		}
		SM_TRY_OUT(read_part(r, &s, type, content));
	}
out:
	sm_buf_free(&clean);
	return rc;
}

struct mac_question {
	struct sm_bytes mac, content;
};

static int
mac_fits(void *ctx, struct sm_keyfile_reader *r,
    const struct sm_pbe_password *pw)
{
	const struct mac_question *q = ctx;

	return sm_pkcs12_mac_check(r, q->mac, q->content, pw);
}

/* PFX ::= SEQUENCE { version v3, authSafe ContentInfo, macData OPTIONAL } */
int
sm_pkcs12_read(struct sm_keyfile_reader *r, struct sm_bytes file)
{
	struct sm_bytes pfx, version, outer;
	struct mac_question q;
	unsigned type;
	bool has_mac;

	if (!sm_der_get(&file, SM_DER_SEQUENCE, &pfx) || file.len != 0 ||
	    !sm_der_get(&pfx, SM_DER_INTEGER, &version) ||
	    !get_content(&pfx, &type, &outer) ||
	    !sm_der_get_opt(&pfx, SM_DER_SEQUENCE, &q.mac, &has_mac) ||
	    pfx.len != 0)
		return bad(r, "its outer structure");
	if (type != TYPE_DATA)
		return sm_error_set(r->err, SM_E_UNSUPPORTED, "pkcs12-signed",
		    "RFC 7292 section 4", "The PKCS#12 file is protected by a "
		    "signature, not by a password. Export it with a password.");
	if (!sm_der_get(&outer, SM_DER_OCTET_STRING, &q.content) ||
	    outer.len != 0)
		return bad(r, "its content");
	r->out->was_pkcs12 = true;
	if (has_mac) {
		SM_TRY(sm_keyfile_unlock(r, "PKCS#12 file", mac_fits, &q));
	} else if (r->allow_no_mac) {
		r->out->no_mac = true;
	} else {
		return sm_error_set(r->err, SM_E_FORMAT, "pkcs12-no-mac",
		    "RFC 7292 section 4", "The PKCS#12 file has no integrity "
		    "protection: anybody may have changed it. If it comes from a "
		    "safe place, import it with the option that allows this.");
	}
	return read_auth_safe(r, q.content);
}
