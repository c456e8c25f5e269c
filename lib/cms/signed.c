#include <base/der.h>
#include <base/try.h>
#include <cms/attributes.h>
#include <cms/signer.h>

#include <stdlib.h>

/* Elements of the message that are kept, each in memory of its own. */
struct held {
	struct held *next;
	size_t len;
	uint8_t data[];
};

struct list {
	struct sm_bytes *item;
	size_t count;
	size_t cap;
};

enum { DIGESTS_MAX = 32 };

struct sm_signed {
	struct sm_limits limits;
	struct sm_error *err;
	struct held *held;
	size_t held_bytes;
	struct sm_bytes content_type;
	enum sm_alg_id digests[DIGESTS_MAX]; /* each once */
	size_t digest_count;
	struct sm_signer_info *signers;
	size_t signer_count, signer_cap;
	uint32_t certs_seen, crls_seen; /* of any kind */
	struct list certs, crls, ocsps;
};

static int
no_memory(struct sm_signed *s)
{
	return sm_error_set(s->err, SM_E_NOMEM, "memory", NULL,
	    "There is not enough memory to read the signatures.");
}

int
sm_signed_new(struct sm_signed **out, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_signed *s = calloc(1, sizeof(*s));

	*out = s;
	if (s == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is not enough memory to read the signatures.");
	s->limits = *limits;
	s->err = err;
	return SM_OK;
}

void
sm_signed_free(struct sm_signed *s)
{
	struct held *h, *next;

	if (s == NULL)
		return;
	for (h = s->held; h != NULL; h = next) {
		next = h->next;
		free(h);
	}
	free(s->signers);
	free(s->certs.item);
	free(s->crls.item);
	free(s->ocsps.item);
	free(s);
}

/* Keep a copy of der. */
static int
hold(struct sm_signed *s, struct held **out, struct sm_bytes der)
{
	struct held *h;
	size_t size;

	if (!sm_size_add(&size, s->held_bytes, der.len) ||
	    size > s->limits.cms_collected_bytes)
		return sm_error_set(s->err, SM_E_LIMIT, "cms-collected-bytes",
		    NULL, "Signatures and certificates take more than %u bytes.",
		    (unsigned)s->limits.cms_collected_bytes);
	s->held_bytes = size;
	h = malloc(sizeof(*h) + der.len);
	if (h == NULL)
		return no_memory(s);
	h->len = der.len;
	if (der.len > 0)
		memcpy(h->data, der.data, der.len);
	h->next = s->held;
	s->held = h;
	*out = h;
	return SM_OK;
}

/* Room for one more of size bytes each. */
static int
grow(struct sm_signed *s, void *list, size_t *cap, size_t count, size_t size)
{
	size_t want = *cap == 0 ? 4 : *cap * 2, bytes;
	void *p;

	if (count < *cap)
		return SM_OK;
	if (!sm_size_mul(&bytes, want, size))
		return no_memory(s);
	memcpy(&p, list, sizeof(p));
	p = realloc(p, bytes);
	if (p == NULL)
		return no_memory(s);
	memcpy(list, &p, sizeof(p));
	*cap = want;
	return SM_OK;
}

static int
list_add(struct sm_signed *s, struct list *l, struct sm_bytes der)
{
	struct held *h;

	SM_TRY(grow(s, &l->item, &l->cap, l->count, sizeof(l->item[0])));
	SM_TRY(hold(s, &h, der));
	l->item[l->count++] = sm_bytes(h->data, h->len);
	return SM_OK;
}

static int
too_many(struct sm_signed *s, const char *reason, const char *what, uint32_t n)
{
	return sm_error_set(s->err, SM_E_LIMIT, reason, NULL,
	    "The message carries more than %u %s.", (unsigned)n, what);
}

static int
field_digest(struct sm_signed *s, struct sm_bytes der)
{
	enum sm_alg_id id = sm_attributes_digest(der, NULL, 0);
	size_t i;

	for (i = 0; i < s->digest_count; i++)
		if (s->digests[i] == id)
			return SM_OK;
	if (s->digest_count < DIGESTS_MAX)
		s->digests[s->digest_count++] = id;
	return SM_OK;
}

static int
field_content_type(struct sm_signed *s, struct sm_bytes der)
{
	struct sm_bytes oid;
	struct held *h;

	if (!sm_der_get_oid(&der, &oid) || der.len != 0)
		return sm_error_set(s->err, SM_E_FORMAT,
		    "content-type-malformed", "RFC 5652 section 5.2",
		    "The type of the signed content cannot be read.");
	SM_TRY(hold(s, &h, oid));
	s->content_type = sm_bytes(h->data, h->len);
	return SM_OK;
}

/* CertificateChoices: attribute certificates and the forms of older standards
 * are passed over. */
static int
field_cert(struct sm_signed *s, struct sm_bytes der)
{
	if (s->certs_seen++ >= s->limits.certificates)
		return too_many(s, "certificates", "certificates",
		    s->limits.certificates);
	if (!sm_der_next_is(der, SM_DER_SEQUENCE))
		return SM_OK;
	return list_add(s, &s->certs, der);
}

/* id-ri-ocsp-response, and id-pkix-ocsp-basic as CAdES writers use it */
static bool
is_ocsp(struct sm_bytes oid)
{
	static const uint8_t response[] = { 0x2b, 6, 1, 5, 5, 7, 16, 2 };
	static const uint8_t basic[] = { 0x2b, 6, 1, 5, 5, 7, 48, 1, 1 };

	return sm_bytes_equal(oid, sm_bytes(response, sizeof(response))) ||
	    sm_bytes_equal(oid, sm_bytes(basic, sizeof(basic)));
}

/* RevocationInfoChoice ::= CHOICE { crl, other [1] IMPLICIT SEQUENCE { OID, ANY
 * } }; RFC 5940 section 2.1. What we do not know is passed over. */
static int
field_crl(struct sm_signed *s, struct sm_bytes der)
{
	struct sm_bytes other, oid, whole;

	if (s->crls_seen++ >= s->limits.crls)
		return too_many(s, "crls", "revocation lists", s->limits.crls);
	if (sm_der_next_is(der, SM_DER_SEQUENCE))
		return list_add(s, &s->crls, der);
	if (sm_der_get(&der, SM_DER_CTX_CONS(1), &other) &&
	    sm_der_get_oid(&other, &oid) && is_ocsp(oid) &&
	    sm_der_get_whole(&other, SM_DER_SEQUENCE, &whole) && other.len == 0)
		return list_add(s, &s->ocsps, whole);
	return SM_OK;
}

static int
field_signer(struct sm_signed *s, struct sm_bytes der, bool was_der)
{
	struct held *h;

	if (s->signer_count >= s->limits.signers)
		return too_many(s, "signers", "signatures", s->limits.signers);
	SM_TRY(grow(s, &s->signers, &s->signer_cap, s->signer_count,
	    sizeof(s->signers[0])));
	SM_TRY(hold(s, &h, der));
	SM_TRY(sm_signer_read(&s->signers[s->signer_count], h->data, h->len,
	    was_der, &s->limits, s->err));
	s->signer_count++;
	return SM_OK;
}

int
sm_signed_field(struct sm_signed *s, enum sm_cms_field field,
    struct sm_bytes der, bool was_der)
{
	switch (field) {
	case SM_F_VERSION:
		return SM_OK; /* what is there says more than its number */
	case SM_F_DIGEST_ALG:
		return field_digest(s, der);
	case SM_F_CONTENT_TYPE:
		return field_content_type(s, der);
	case SM_F_CERT:
		return field_cert(s, der);
	case SM_F_CRL:
		return field_crl(s, der);
	case SM_F_SIGNER:
		return field_signer(s, der, was_der);
	default:
		return sm_error_set(s->err, SM_E_USAGE, "not-signed-data", NULL,
		    "This element belongs to no signed message.");
	}
}

struct sm_bytes
sm_signed_content_type(const struct sm_signed *s)
{
	return s->content_type;
}

size_t
sm_signed_digest_count(const struct sm_signed *s)
{
	return s->digest_count;
}

enum sm_alg_id
sm_signed_digest(const struct sm_signed *s, size_t i)
{
	return i < s->digest_count ? s->digests[i] : SM_ALG_NONE;
}

size_t
sm_signed_signer_count(const struct sm_signed *s)
{
	return s->signer_count;
}

const struct sm_signer_info *
sm_signed_signer(const struct sm_signed *s, size_t i)
{
	return i < s->signer_count ? &s->signers[i] : NULL;
}

static struct sm_bytes
list_get(const struct list *l, size_t i)
{
	return i < l->count ? l->item[i] : sm_bytes(NULL, 0);
}

size_t
sm_signed_cert_count(const struct sm_signed *s)
{
	return s->certs.count;
}

struct sm_bytes
sm_signed_cert(const struct sm_signed *s, size_t i)
{
	return list_get(&s->certs, i);
}

size_t
sm_signed_crl_count(const struct sm_signed *s)
{
	return s->crls.count;
}

struct sm_bytes
sm_signed_crl(const struct sm_signed *s, size_t i)
{
	return list_get(&s->crls, i);
}

size_t
sm_signed_ocsp_count(const struct sm_signed *s)
{
	return s->ocsps.count;
}

struct sm_bytes
sm_signed_ocsp(const struct sm_signed *s, size_t i)
{
	return list_get(&s->ocsps, i);
}
