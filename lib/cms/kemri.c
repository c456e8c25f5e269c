/* OtherRecipientInfo, and in it KEMRecipientInfo (RFC 9629) with RSA-KEM (RFC
 * 9690). ML-KEM is recognised by name. */
#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

/* id-ori-kem 1.2.840.113549.1.9.16.13.3 */
static const uint8_t kemri_type[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x09, 0x10, 0x0d, 0x03,
};

struct kemri {
	struct sm_bytes type; /* oriType */
	bool is_kem;          /* what follows is there */
	struct sm_cert_id rid;
	struct sm_bytes kem_oid, kem_params, ciphertext;
	const struct sm_alg *kem;
	struct sm_bytes kdf_oid, kdf_params;
	const struct sm_alg *kdf;
	uint64_t kek_len;
	bool has_ukm;
	struct sm_bytes ukm;
	struct sm_bytes wrap_der; /* whole */
	const struct sm_alg *wrap;
	struct sm_bytes wrapped;
};

/* What derives the shared secret and the key-encryption key. */
struct kemri_kdf {
	const struct sm_alg *alg;
	enum sm_alg_id digest;
};

static bool
kemri_get_kem(struct kemri *out, struct sm_bytes *in)
{
	if (!sm_der_get_algorithm(in, &out->kem_oid, &out->kem_params) ||
	    !sm_der_get(in, SM_DER_OCTET_STRING, &out->ciphertext) ||
	    !sm_der_get_algorithm(in, &out->kdf_oid, &out->kdf_params) ||
	    !sm_der_get_uint(in, &out->kek_len) || out->kek_len < 1 ||
	    out->kek_len > 65535)
		return false;
	out->kem = sm_alg_by_oid(SM_ALG_KEM, out->kem_oid);
	out->kdf = sm_alg_by_oid(SM_ALG_KDF, out->kdf_oid);
	return true;
}

static bool
kemri_get_wrap(struct kemri *out, struct sm_bytes *in)
{
	struct sm_bytes ukm, wrap, oid, none;

	if (!sm_der_get_opt(in, SM_DER_CTX_CONS(0), &ukm, &out->has_ukm))
		return false;
	if (out->has_ukm &&
	    (!sm_der_get(&ukm, SM_DER_OCTET_STRING, &out->ukm) || ukm.len != 0))
		return false;
	if (!sm_der_get_whole(in, SM_DER_SEQUENCE, &out->wrap_der))
		return false;
	wrap = out->wrap_der;
	if (!sm_der_get_algorithm(&wrap, &oid, &none))
		return false;
	out->wrap = sm_alg_by_oid(SM_ALG_WRAP, oid);
	return sm_der_get(in, SM_DER_OCTET_STRING, &out->wrapped);
}

static bool
kemri_get(struct kemri *out, struct sm_bytes der)
{
	struct sm_bytes in, kem;
	uint64_t version;

	memset(out, 0, sizeof(*out));
	if (!sm_der_get(&der, SM_DER_CTX_CONS(4), &in) || der.len != 0 ||
	    !sm_der_get_oid(&in, &out->type))
		return false;
	out->is_kem = sm_bytes_equal(out->type,
	    sm_bytes(kemri_type, sizeof(kemri_type)));
	if (!out->is_kem)
		return true;
	return sm_der_get(&in, SM_DER_SEQUENCE, &kem) && in.len == 0 &&
	    sm_der_get_uint(&kem, &version) && version == 0 &&
	    sm_cert_id_get(&kem, &out->rid) && kemri_get_kem(out, &kem) &&
	    kemri_get_wrap(out, &kem) && kem.len == 0;
}

static enum sm_recipient_kind
kemri_kind(const struct kemri *k)
{
	if (k->kem == NULL)
		return SM_RCPT_OTHER;
	switch (k->kem->id) {
	case SM_KEM_RSA:
	case SM_RSA_KEM_SPKI:
		return SM_RCPT_RSA_KEM;
	case SM_PK_ML_KEM_512:
	case SM_PK_ML_KEM_768:
	case SM_PK_ML_KEM_1024:
		return SM_RCPT_ML_KEM;
	default:
		return SM_RCPT_OTHER;
	}
}

static void
kemri_name(char *out, size_t size, const struct kemri *k)
{
	sm_alg_oid_name(out, size, k->is_kem ? k->kem_oid : k->type);
}

static int
kemri_view(struct sm_recipients *r, struct sm_bytes der)
{
	enum sm_recipient_kind kind;
	char name[32];
	struct kemri k;

	if (!kemri_get(&k, der))
		return SM_E_FORMAT;
	kemri_name(name, sizeof(name), &k);
	if (!k.is_kem)
		return sm_recipients_note(r, SM_RCPT_OTHER, name, NULL);
	kind = kemri_kind(&k);
	if (kind == SM_RCPT_OTHER)
		return sm_recipients_note_cert(r, kind, name, &k.rid);
	return sm_recipients_note_cert(r, kind,
	    kind == SM_RCPT_ML_KEM ? k.kem->name : NULL, &k.rid);
}

/* KDF2 and KDF3 carry their digest as a parameter, HKDF names it. */
static bool
kemri_get_kdf(struct kemri_kdf *out, const struct sm_alg *alg,
    struct sm_bytes params)
{
	const struct sm_alg *digest;
	struct sm_bytes oid, none;

	out->alg = alg;
	if (alg == NULL)
		return false;
	switch (alg->id) {
	case SM_HKDF_SHA256:
	case SM_HKDF_SHA384:
	case SM_HKDF_SHA512:
		out->digest = alg->digest;
		return true;
	case SM_KDF2:
	case SM_KDF3:
		if (!sm_der_get_algorithm(&params, &oid, &none))
			return false;
		digest = sm_alg_by_oid(SM_ALG_DIGEST, oid);
		if (digest == NULL)
			return false;
		out->digest = digest->id;
		return true;
	default:
		return false;
	}
}

static int
kemri_derive(struct sm_buf *out, size_t len, const struct kemri_kdf *kdf,
    struct sm_bytes secret, struct sm_bytes info)
{
	switch (kdf->alg->id) {
	case SM_KDF2:
		return sm_kdf_x963(out, len, kdf->digest, secret, info);
	case SM_KDF3:
		return sm_kdf3(out, len, kdf->digest, secret, info);
	default:
		return sm_hkdf(out, len, kdf->digest, secret,
		    sm_bytes(NULL, 0), info);
	}
}

/* CMSORIforKEMOtherInfo, RFC 9629 section 5. */
static int
kemri_info(struct sm_buf *out, struct sm_bytes wrap_der, size_t kek_len,
    const struct sm_bytes *ukm)
{
	struct sm_derw w;
	size_t seq, field;

	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, wrap_der);
	sm_derw_uint(&w, kek_len);
	if (ukm != NULL) {
		field = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
		sm_derw_add(&w, SM_DER_OCTET_STRING, *ukm);
		sm_derw_end(&w, field);
	}
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

/* RFC 9690 section 2.2: the shared secret is derived from z, as long as the
 * key-encryption key, which is derived from it. */
static int
kemri_kek(struct sm_buf *kek, const struct kemri_kdf *kdf, size_t kek_len,
    struct sm_bytes z, struct sm_bytes info)
{
	struct sm_buf secret = SM_BUF_SECRET_INIT;
	int rc;

	rc = kemri_derive(&secret, kek_len, kdf, z, sm_bytes(NULL, 0));
	if (rc == 0)
		rc = kemri_derive(kek, kek_len, kdf, sm_buf_bytes(&secret),
		    info);
	sm_buf_free(&secret);
	return rc;
}

/* ---- reading ---- */

static bool
kemri_usable(struct sm_recipient_search *s, const struct kemri *k,
    struct kemri_kdf *kdf)
{
	char name[64];

	kemri_name(name, sizeof(name), k);
	if (kemri_kind(k) != SM_RCPT_RSA_KEM) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED, "kem-unsupported",
		    "RFC 9629 section 3",
		    "encapsulated by a mechanism that is missing here:", name);
	} else if (!kemri_get_kdf(kdf, k->kdf, k->kdf_params)) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "kem-kdf-unsupported", "RFC 9629 section 3",
		    "derived by a function that is unknown", "");
	} else if (k->wrap == NULL || k->wrap->key_bytes != k->kek_len) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "kem-wrap-unsupported", "RFC 9629 section 3",
		    "wrapped by an unknown algorithm or with a key length that "
		    "does not fit it", "");
	} else {
		return true;
	}
	return false;
}

static int
kemri_decapsulate(struct sm_buf *kek, const struct kemri *k,
    const struct kemri_kdf *kdf, struct sm_key *key)
{
	struct sm_buf z = SM_BUF_SECRET_INIT, info = SM_BUF_INIT;
	int rc;

	SM_TRY_OUT(sm_key_rsa_kem(key, &z, k->ciphertext));
	SM_TRY_OUT(kemri_info(&info, k->wrap_der, k->wrap->key_bytes,
	    k->has_ukm ? &k->ukm : NULL));
	rc = kemri_kek(kek, kdf, k->wrap->key_bytes, sm_buf_bytes(&z),
	    sm_buf_bytes(&info));
out:
	sm_buf_free(&z);
	sm_buf_free(&info);
	return rc;
}

static int
kemri_try(struct sm_recipient_search *s, size_t opener, size_t i,
    const struct kemri *k)
{
	struct sm_buf kek = SM_BUF_SECRET_INIT;
	struct kemri_kdf kdf;
	enum sm_addressed a;
	int rc;

	a = sm_recipient_search_addressed(s, opener, i, &k->rid);
	if (a == SM_ADDRESSED_NO || (a == SM_ADDRESSED_MAYBE &&
	    (s->openers[opener].type != SM_KEY_RSA ||
	    kemri_kind(k) != SM_RCPT_RSA_KEM)))
		return SM_OK;
	if (!kemri_usable(s, k, &kdf))
		return SM_OK;
	if (a == SM_ADDRESSED_YES)
		s->tried = true;
	if (s->openers[opener].type != SM_KEY_RSA ||
	    k->ciphertext.len != s->openers[opener].rsa_len)
		return SM_OK;
	SM_TRY(sm_recipient_search_spend(s));
	rc = kemri_decapsulate(&kek, k, &kdf, s->secrets->openers[opener].key);
	if (rc == 0)
		rc = sm_recipient_search_unwrap(s, i, k->wrap->id,
		    sm_buf_bytes(&kek), k->wrapped);
	else
		rc = sm_recipient_search_fault(s, rc);
	sm_buf_free(&kek);
	return rc;
}

static int
kemri_open(struct sm_recipient_search *s, struct sm_bytes der, size_t first)
{
	struct kemri k;
	size_t n;

	if (s->pkcs1)
		return SM_OK;
	if (!kemri_get(&k, der))
		return SM_E_FORMAT;
	for (n = 0; k.is_kem && n < s->secrets->opener_count && !s->found; n++)
		SM_TRY(kemri_try(s, n, first, &k));
	return SM_OK;
}

const struct sm_recipient_ops sm_kemri_ops = {
	SM_DER_CTX_CONS(4), kemri_view, kemri_open,
};

/* ---- writing ---- */

/* KDF3 with SHA-256, which every RSA-KEM reader has (RFC 9690 section 2.3). */
static void
kemri_put_kdf(struct sm_derw *w)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };
	size_t alg = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, sm_alg_get(SM_KDF3)->oid);
	sm_derw_algorithm(w, sm_alg_get(SM_SHA256)->oid, sm_bytes(null, 2));
	sm_derw_end(w, alg);
}

static int
kemri_put(struct sm_buf *out, const struct sm_cert *cert, struct sm_bytes c,
    const struct sm_alg *wrap, struct sm_bytes wrapped)
{
	struct sm_derw w;
	size_t ori, info;

	sm_derw_init(&w, out);
	ori = sm_derw_begin(&w, SM_DER_CTX_CONS(4));
	sm_derw_oid(&w, sm_bytes(kemri_type, sizeof(kemri_type)));
	info = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	sm_recipient_put_rid(&w, cert);
	sm_derw_algorithm(&w, sm_alg_get(SM_KEM_RSA)->oid, sm_bytes(NULL, 0));
	sm_derw_add(&w, SM_DER_OCTET_STRING, c);
	kemri_put_kdf(&w);
	sm_derw_uint(&w, wrap->key_bytes);
	sm_derw_algorithm(&w, wrap->oid, sm_bytes(NULL, 0));
	sm_derw_add(&w, SM_DER_OCTET_STRING, wrapped);
	sm_derw_end(&w, info);
	sm_derw_end(&w, ori);
	return sm_derw_status(&w);
}

/* Wrap the content key under a fresh encapsulation to pub. */
static int
kemri_encapsulate(struct sm_buf *c, struct sm_buf *wrapped,
    const struct sm_pubkey *pub, const struct sm_alg *wrap, struct sm_bytes cek)
{
	const struct kemri_kdf kdf = { sm_alg_get(SM_KDF3), SM_SHA256 };
	struct sm_buf z = SM_BUF_SECRET_INIT, kek = SM_BUF_SECRET_INIT;
	struct sm_buf wrap_der = SM_BUF_INIT, info = SM_BUF_INIT;
	struct sm_derw w;
	int rc;

	sm_derw_init(&w, &wrap_der);
	sm_derw_algorithm(&w, wrap->oid, sm_bytes(NULL, 0));
	SM_TRY_OUT(sm_derw_status(&w));
	SM_TRY_OUT(kemri_info(&info, sm_buf_bytes(&wrap_der), wrap->key_bytes,
	    NULL));
	SM_TRY_OUT(sm_pubkey_rsa_kem(&z, c, pub));
	SM_TRY_OUT(kemri_kek(&kek, &kdf, wrap->key_bytes, sm_buf_bytes(&z),
	    sm_buf_bytes(&info)));
	rc = sm_wrap(wrapped, wrap->id, sm_buf_bytes(&kek), cek);
out:
	sm_buf_free(&z);
	sm_buf_free(&kek);
	sm_buf_free(&wrap_der);
	sm_buf_free(&info);
	return rc;
}

int
sm_kemri_write(struct sm_buf *out, const struct sm_recipient_new *r,
    struct sm_bytes cek, struct sm_error *err)
{
	const struct sm_alg *wrap = sm_recipient_wrap(cek.len);
	struct sm_buf c = SM_BUF_INIT, wrapped = SM_BUF_INIT;
	struct sm_pubkey *pub = NULL;
	int rc;

	if (wrap == NULL)
		return SM_E_USAGE;
	SM_TRY_OUT(sm_pubkey_new(&pub, sm_cert_spki(r->cert), err));
	if (sm_pubkey_type(pub) != SM_KEY_RSA) {
		rc = sm_error_set(err, SM_E_USAGE, "recipient-key-type", NULL,
		    "The certificate of %s holds no RSA key for encryption; "
		    "choose another certificate.",
		    sm_cert_subject_text(r->cert));
		goto out;
	}
	SM_TRY_OUT(kemri_encapsulate(&c, &wrapped, pub, wrap, cek));
	rc = kemri_put(out, r->cert, sm_buf_bytes(&c), wrap,
	    sm_buf_bytes(&wrapped));
out:
	sm_buf_free(&c);
	sm_buf_free(&wrapped);
	sm_pubkey_free(pub);
	return rc;
}
