/* KeyAgreeRecipientInfo: ephemeral-static ECDH (RFC 5753), X25519 and X448 (RFC
 * 8418). Reading; writing is in kari_writer.c. */
#include <base/der.h>
#include <base/try.h>
#include <cms/kari.h>

struct kari {
	struct sm_bytes originator; /* id-ecPublicKey ...; len 0: a certificate's */
	struct sm_bytes originator_params, point;
	struct sm_bytes ukm;
	bool has_ukm;
	struct sm_bytes scheme_oid;
	const struct sm_alg *scheme; /* NULL: unknown */
	struct sm_bytes wrap_der;    /* AlgorithmIdentifier, whole; len 0: absent */
	const struct sm_alg *wrap;   /* NULL: unknown */
	struct sm_bytes keys;        /* RecipientEncryptedKeys, contents */
};

/* One recipient of it. */
struct kari_key {
	struct sm_cert_id rid;
	struct sm_bytes wrapped;
};

/* OriginatorPublicKey, or issuer and serial, or key identifier. */
static bool
kari_get_originator(struct kari *out, struct sm_bytes in)
{
	struct sm_bytes key;
	struct sm_cert_id id;

	if (!sm_der_next_is(in, SM_DER_CTX_CONS(1)))
		return sm_cert_id_get(&in, &id) && in.len == 0;
	return sm_der_get(&in, SM_DER_CTX_CONS(1), &key) && in.len == 0 &&
	    sm_der_get_algorithm(&key, &out->originator,
	    &out->originator_params) &&
	    sm_der_get_bits(&key, &out->point) && key.len == 0;
}

static bool
kari_get_ukm(struct kari *out, struct sm_bytes *in)
{
	struct sm_bytes ukm;

	if (!sm_der_get_opt(in, SM_DER_CTX_CONS(1), &ukm, &out->has_ukm))
		return false;
	return !out->has_ukm ||
	    (sm_der_get(&ukm, SM_DER_OCTET_STRING, &out->ukm) && ukm.len == 0);
}

/* The wrap stands in the parameters of the scheme (absent: CVE-2026-28389). */
static bool
kari_get_scheme(struct kari *out, struct sm_bytes *in)
{
	struct sm_bytes wrap, oid, none;

	if (!sm_der_get_algorithm(in, &out->scheme_oid, &out->wrap_der))
		return false;
	out->scheme = sm_alg_by_oid(SM_ALG_KEYAGREE, out->scheme_oid);
	wrap = out->wrap_der;
	if (wrap.len != 0 && sm_der_get_algorithm(&wrap, &oid, &none))
		out->wrap = sm_alg_by_oid(SM_ALG_WRAP, oid);
	return true;
}

static bool
kari_get(struct kari *out, struct sm_bytes der)
{
	struct sm_bytes in, originator;
	uint64_t version;

	memset(out, 0, sizeof(*out));
	return sm_der_get(&der, SM_DER_CTX_CONS(1), &in) && der.len == 0 &&
	    sm_der_get_uint(&in, &version) && version <= 4 &&
	    sm_der_get(&in, SM_DER_CTX_CONS(0), &originator) &&
	    kari_get_originator(out, originator) && kari_get_ukm(out, &in) &&
	    kari_get_scheme(out, &in) &&
	    sm_der_get(&in, SM_DER_SEQUENCE, &out->keys) && in.len == 0;
}

/* KeyAgreeRecipientIdentifier: issuer and serial, or [0] RecipientKeyIdentifier
 * of which date and the other attribute are not looked at. */
static bool
kari_get_rid(struct sm_bytes *in, struct sm_cert_id *out)
{
	struct sm_bytes id;

	if (!sm_der_next_is(*in, SM_DER_CTX_CONS(0)))
		return sm_der_next_is(*in, SM_DER_SEQUENCE) &&
		    sm_cert_id_get(in, out);
	memset(out, 0, sizeof(*out));
	out->is_ski = true;
	return sm_der_get(in, SM_DER_CTX_CONS(0), &id) &&
	    sm_der_get(&id, SM_DER_OCTET_STRING, &out->ski);
}

static bool
kari_next(struct sm_bytes *keys, struct kari_key *out)
{
	struct sm_bytes in;

	return sm_der_get(keys, SM_DER_SEQUENCE, &in) &&
	    kari_get_rid(&in, &out->rid) &&
	    sm_der_get(&in, SM_DER_OCTET_STRING, &out->wrapped) && in.len == 0;
}

static enum sm_recipient_kind
kari_kind(const struct kari *k)
{
	const struct sm_alg *pk = sm_alg_by_oid(SM_ALG_PUBKEY, k->originator);

	if (k->scheme == NULL)
		return SM_RCPT_OTHER;
	if (pk != NULL && pk->id == SM_PK_X25519)
		return SM_RCPT_X25519;
	if (pk != NULL && pk->id == SM_PK_X448)
		return SM_RCPT_X448;
	return SM_RCPT_ECDH;
}

static int
kari_view(struct sm_recipients *r, struct sm_bytes der)
{
	enum sm_recipient_kind kind;
	char name[32], *shown = NULL;
	struct kari_key key;
	struct kari k;

	if (!kari_get(&k, der) || k.keys.len == 0)
		return SM_E_FORMAT;
	kind = kari_kind(&k);
	if (kind == SM_RCPT_OTHER) {
		sm_alg_oid_name(name, sizeof(name), k.scheme_oid);
		shown = name;
	}
	while (k.keys.len > 0) {
		if (!kari_next(&k.keys, &key))
			return SM_E_FORMAT;
		SM_TRY(sm_recipients_note_cert(r, kind, shown, &key.rid));
	}
	return SM_OK;
}

size_t
sm_kari_count(struct sm_bytes der)
{
	struct kari_key key;
	struct kari k;
	size_t n = 0;

	if (kari_get(&k, der))
		while (k.keys.len > 0 && kari_next(&k.keys, &key))
			n++;
	return n;
}

int
sm_kari_info(struct sm_buf *out, struct sm_bytes wrap_der,
    const struct sm_bytes *ukm, size_t kek_len)
{
	uint8_t bits[4] = { 0, 0, 0, 0 };
	struct sm_derw w;
	size_t seq, field;

	bits[2] = (uint8_t)(kek_len * 8 >> 8);
	bits[3] = (uint8_t)(kek_len * 8);
	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, wrap_der);
	if (ukm != NULL) {
		field = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
		sm_derw_add(&w, SM_DER_OCTET_STRING, *ukm);
		sm_derw_end(&w, field);
	}
	field = sm_derw_begin(&w, SM_DER_CTX_CONS(2));
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(bits, sizeof(bits)));
	sm_derw_end(&w, field);
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

int
sm_kari_kek(struct sm_buf *kek, const struct sm_alg *scheme, size_t kek_len,
    struct sm_bytes z, const struct sm_bytes *ukm, struct sm_bytes info)
{
	switch (scheme->id) {
	case SM_ECDH_HKDF_SHA256:
	case SM_ECDH_HKDF_SHA384:
	case SM_ECDH_HKDF_SHA512:
		/* RFC 8418 section 2.2: the ukm is the salt as well */
		return sm_hkdf(kek, kek_len, scheme->digest, z,
		    ukm != NULL ? *ukm : sm_bytes(NULL, 0), info);
	default:
		return sm_kdf_x963(kek, kek_len, scheme->digest, z, info);
	}
}

/* Agree with the originator and derive the key-encryption key. */
static int
kari_agree(struct sm_buf *kek, const struct kari *k, struct sm_key *key)
{
	struct sm_error scratch = SM_ERROR_INIT;
	struct sm_buf z = SM_BUF_SECRET_INIT;
	struct sm_buf info = SM_BUF_INIT;
	struct sm_pubkey *peer = NULL;
	const struct sm_bytes *ukm = k->has_ukm ? &k->ukm : NULL;
	int rc;

	SM_TRY_OUT(sm_pubkey_from_originator(&peer, key, k->originator,
	    k->originator_params, k->point, &scratch));
	SM_TRY_OUT(sm_key_agree(key, &z, peer));
	SM_TRY_OUT(sm_kari_info(&info, k->wrap_der, ukm, k->wrap->key_bytes));
	rc = sm_kari_kek(kek, k->scheme, k->wrap->key_bytes, sm_buf_bytes(&z),
	    ukm, sm_buf_bytes(&info));
out:
	sm_pubkey_free(peer);
	sm_buf_free(&info);
	sm_buf_free(&z);
	return rc;
}

/* Can the form be used at all? */
static bool
kari_usable(struct sm_recipient_search *s, const struct kari *k)
{
	char name[64];

	if (k->scheme == NULL) {
		sm_alg_oid_name(name, sizeof(name), k->scheme_oid);
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "key-agreement-unsupported", "RFC 5753 section 7.1.4",
		    "encrypted by an unknown key agreement scheme", name);
	} else if (k->originator.len == 0) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "static-static-ecdh", "RFC 5652 section 6.2.2",
		    "agreed with a static key of the sender", "(static-static)");
	} else if (k->wrap == NULL) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "key-wrap-unsupported", "RFC 5753 section 7.1.5",
		    "wrapped by an algorithm that is missing or unknown", "");
	} else {
		return true;
	}
	return false;
}

/* Does the private key's type fit the originator's? */
static bool
kari_fits(const struct kari *k, enum sm_key_type type)
{
	const struct sm_alg *pk = sm_alg_by_oid(SM_ALG_PUBKEY, k->originator);

	if (pk == NULL)
		return false;
	return (pk->id == SM_PK_EC && type == SM_KEY_EC) ||
	    (pk->id == SM_PK_X25519 && type == SM_KEY_X25519) ||
	    (pk->id == SM_PK_X448 && type == SM_KEY_X448);
}

static bool
kari_type(enum sm_key_type type)
{
	return type == SM_KEY_EC || type == SM_KEY_X25519 ||
	    type == SM_KEY_X448;
}

/* One opener at one KeyAgreeRecipientInfo. The key-encryption key is the same
 * for all recipients in it, so it is made once, when the first one needs it. */
struct kari_attempt {
	const struct kari *k;
	size_t opener;
	bool fits;         /* the opener's key is of the originator's type */
	bool made;
	struct sm_buf kek; /* secret; empty when it could not be made */
};

static int
kari_make(struct sm_recipient_search *s, struct kari_attempt *t)
{
	int rc;

	if (t->made || !t->fits)
		return SM_OK;
	t->made = true;
	SM_TRY(sm_recipient_search_spend(s));
	rc = kari_agree(&t->kek, t->k, s->secrets->openers[t->opener].key);
	if (rc == 0)
		return SM_OK;
	sm_buf_clear(&t->kek);
	return sm_recipient_search_fault(s, rc);
}

static int
kari_try(struct sm_recipient_search *s, struct kari_attempt *t, size_t i,
    const struct kari_key *key)
{
	enum sm_addressed a;

	a = sm_recipient_search_addressed(s, t->opener, i, &key->rid);
	if (a == SM_ADDRESSED_NO ||
	    (a == SM_ADDRESSED_MAYBE && t->k->originator.len != 0 && !t->fits))
		return SM_OK;
	if (!kari_usable(s, t->k))
		return SM_OK;
	if (a == SM_ADDRESSED_YES)
		s->tried = true;
	SM_TRY(kari_make(s, t));
	if (t->kek.len == 0)
		return SM_OK;
	return sm_recipient_search_unwrap(s, i, t->k->wrap->id,
	    sm_buf_bytes(&t->kek), key->wrapped);
}

static int
kari_open_with(struct sm_recipient_search *s, size_t opener,
    const struct kari *k, size_t first)
{
	struct kari_attempt t = { .k = k, .opener = opener,
		.fits = kari_fits(k, s->openers[opener].type),
		.kek = SM_BUF_SECRET_INIT };
	struct sm_bytes keys = k->keys;
	struct kari_key key;
	size_t i;
	int rc = SM_OK;

	for (i = first; keys.len > 0 && !s->found && rc == 0; i++) {
		if (!kari_next(&keys, &key))
			rc = SM_E_FORMAT;
		else
			rc = kari_try(s, &t, i, &key);
	}
	sm_buf_free(&t.kek);
	return rc;
}

static int
kari_open(struct sm_recipient_search *s, struct sm_bytes der, size_t first)
{
	struct kari k;
	size_t n;

	if (s->pkcs1)
		return SM_OK;
	if (!kari_get(&k, der))
		return SM_E_FORMAT;
	for (n = 0; n < s->secrets->opener_count && !s->found; n++)
		if (kari_type(s->openers[n].type))
			SM_TRY(kari_open_with(s, n, &k, first));
	return SM_OK;
}

const struct sm_recipient_ops sm_kari_ops = {
	SM_DER_CTX_CONS(1), kari_view, kari_open,
};
