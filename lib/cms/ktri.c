/* KeyTransRecipientInfo: RSA PKCS#1 v1.5 (RFC 3370 section 4.2.1) and OAEP
 * (RFC 3560, RFC 4055 section 4). */
#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

struct ktri_oaep {
	bool usable;
	enum sm_alg_id digest, mgf_digest;
	struct sm_bytes label;
};

struct ktri {
	struct sm_cert_id rid;
	struct sm_bytes oid, params, key;
	const struct sm_alg *alg; /* NULL: unknown */
	struct ktri_oaep oaep;    /* read when it is opened */
};

/* id-pSpecified 1.2.840.113549.1.1.9 */
static const uint8_t ktri_p_specified[] = {
	0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x09,
};

static bool
ktri_get(struct ktri *out, struct sm_bytes der)
{
	struct sm_bytes in;
	uint64_t version;

	if (!sm_der_get(&der, SM_DER_SEQUENCE, &in) || der.len != 0)
		return false;
	if (!sm_der_get_uint(&in, &version) || version > 4 ||
	    !sm_cert_id_get(&in, &out->rid) ||
	    !sm_der_get_algorithm(&in, &out->oid, &out->params) ||
	    !sm_der_get(&in, SM_DER_OCTET_STRING, &out->key) || in.len != 0)
		return false;
	out->alg = sm_alg_by_oid(SM_ALG_KEYTRANS, out->oid);
	return true;
}

static int
ktri_view(struct sm_recipients *r, struct sm_bytes der)
{
	struct ktri k;
	char name[32];

	if (!ktri_get(&k, der))
		return SM_E_FORMAT;
	if (k.alg != NULL && k.alg->id == SM_RSA_PKCS1)
		return sm_recipients_note_cert(r, SM_RCPT_RSA_PKCS1, NULL,
		    &k.rid);
	if (k.alg != NULL && k.alg->id == SM_RSA_OAEP)
		return sm_recipients_note_cert(r, SM_RCPT_RSA_OAEP, NULL,
		    &k.rid);
	sm_alg_oid_name(name, sizeof(name), k.oid);
	return sm_recipients_note_cert(r, SM_RCPT_OTHER, name, &k.rid);
}

/* ---- reading ---- */

/* [n] EXPLICIT AlgorithmIdentifier; absent leaves *oid empty. */
static bool
ktri_get_alg(struct sm_bytes *in, unsigned n, struct sm_bytes *oid,
    struct sm_bytes *params)
{
	struct sm_bytes inner;
	bool present;

	*oid = sm_bytes(NULL, 0);
	if (!sm_der_get_opt(in, SM_DER_CTX_CONS(n), &inner, &present))
		return false;
	return !present ||
	    (sm_der_get_algorithm(&inner, oid, params) && inner.len == 0);
}

static bool
ktri_get_digest(enum sm_alg_id *out, struct sm_bytes oid)
{
	const struct sm_alg *alg = sm_alg_by_oid(SM_ALG_DIGEST, oid);

	if (alg == NULL)
		return false;
	*out = alg->id;
	return true;
}

static bool
ktri_get_mgf(struct ktri_oaep *out, struct sm_bytes *in)
{
	const struct sm_alg *mgf;
	struct sm_bytes oid, params, inner, none;

	if (!ktri_get_alg(in, 1, &oid, &params))
		return false;
	if (oid.len == 0)
		return true;
	mgf = sm_alg_by_oid(SM_ALG_KDF, oid);
	return mgf != NULL && mgf->id == SM_MGF1 &&
	    sm_der_get_algorithm(&params, &inner, &none) &&
	    ktri_get_digest(&out->mgf_digest, inner);
}

static bool
ktri_get_label(struct ktri_oaep *out, struct sm_bytes *in)
{
	struct sm_bytes oid, params;

	if (!ktri_get_alg(in, 2, &oid, &params))
		return false;
	if (oid.len == 0)
		return true;
	return sm_bytes_equal(oid,
	    sm_bytes(ktri_p_specified, sizeof(ktri_p_specified))) &&
	    sm_der_get(&params, SM_DER_OCTET_STRING, &out->label);
}

/* RSAES-OAEP-params, RFC 4055 section 4.1. The whole may be absent in mail of
 * careless senders (CVE-2026-28390): then all defaults hold. */
static bool
ktri_get_oaep(struct ktri_oaep *out, struct sm_bytes params)
{
	struct sm_bytes in, oid, none;

	out->digest = SM_SHA1;
	out->mgf_digest = SM_SHA1;
	out->label = sm_bytes(NULL, 0);
	if (params.len == 0)
		return true;
	if (!sm_der_get(&params, SM_DER_SEQUENCE, &in) ||
	    !ktri_get_alg(&in, 0, &oid, &none) ||
	    (oid.len != 0 && !ktri_get_digest(&out->digest, oid)))
		return false;
	return ktri_get_mgf(out, &in) && ktri_get_label(out, &in) &&
	    in.len == 0;
}

static int
ktri_try_pkcs1(struct sm_recipient_search *s, struct sm_key *key, size_t i,
    const struct ktri *k)
{
	struct sm_buf cek = SM_BUF_SECRET_INIT;
	uint8_t ok_mask = 0;
	int rc;

	rc = sm_key_rsa_pkcs1(key, &cek, &ok_mask, k->key, s->cek_len);
	if (rc == 0)
		rc = sm_recipient_search_offer(s, i, sm_buf_bytes(&cek),
		    ok_mask);
	else
		rc = sm_recipient_search_fault(s, rc);
	sm_buf_free(&cek);
	return rc;
}

static int
ktri_try_oaep(struct sm_recipient_search *s, struct sm_key *key, size_t i,
    const struct ktri *k)
{
	struct sm_buf cek = SM_BUF_SECRET_INIT;
	int rc;

	rc = sm_key_rsa_oaep(key, &cek, k->oaep.digest, k->oaep.mgf_digest,
	    k->oaep.label, k->key);
	if (rc == 0)
		rc = sm_recipient_search_take(s, i, sm_buf_bytes(&cek));
	else
		rc = sm_recipient_search_fault(s, rc);
	sm_buf_free(&cek);
	return rc;
}

/* Can the form be used at all? */
static bool
ktri_usable(struct sm_recipient_search *s, const struct ktri *k)
{
	char name[64];

	if (k->alg == NULL) {
		sm_alg_oid_name(name, sizeof(name), k->oid);
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "key-transport-unsupported", "RFC 5652 section 6.2.1",
		    "encrypted by an unknown key transport algorithm,", name);
	} else if (k->alg->id == SM_RSA_OAEP && !k->oaep.usable) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED, "oaep-params",
		    "RFC 4055 section 4.1",
		    "encrypted by RSA-OAEP with parameters that cannot be used",
		    "");
	} else {
		return true;
	}
	return false;
}

static int
ktri_try(struct sm_recipient_search *s, size_t opener, size_t i,
    const struct ktri *k)
{
	struct sm_key *key = s->secrets->openers[opener].key;
	enum sm_addressed a;

	a = sm_recipient_search_addressed(s, opener, i, &k->rid);
	if (a == SM_ADDRESSED_NO)
		return SM_OK;
	if (a == SM_ADDRESSED_MAYBE &&
	    (k->alg == NULL || s->openers[opener].type != SM_KEY_RSA ||
	    k->key.len != s->openers[opener].rsa_len))
		return SM_OK;
	if (!ktri_usable(s, k))
		return SM_OK;
	if (a == SM_ADDRESSED_YES)
		s->tried = true;
	if (s->openers[opener].type != SM_KEY_RSA ||
	    k->key.len != s->openers[opener].rsa_len)
		return SM_OK;
	SM_TRY(sm_recipient_search_spend(s));
	return k->alg->id == SM_RSA_PKCS1 ? ktri_try_pkcs1(s, key, i, k) :
	    ktri_try_oaep(s, key, i, k);
}

static int
ktri_open(struct sm_recipient_search *s, struct sm_bytes der, size_t first)
{
	struct ktri k;
	size_t n;

	if (!ktri_get(&k, der))
		return SM_E_FORMAT;
	if (s->pkcs1 != (k.alg != NULL && k.alg->id == SM_RSA_PKCS1))
		return SM_OK;
	k.oaep.usable = ktri_get_oaep(&k.oaep, k.params);
	for (n = 0; n < s->secrets->opener_count && !s->found; n++)
		SM_TRY(ktri_try(s, n, first, &k));
	return SM_OK;
}

const struct sm_recipient_ops sm_ktri_ops = {
	SM_DER_SEQUENCE, ktri_view, ktri_open,
};

/* ---- writing ---- */

static void
ktri_put_digest(struct sm_derw *w, enum sm_alg_id digest)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };

	/* RFC 4055 section 2.1: NULL parameters, for the sake of old readers */
	sm_derw_algorithm(w, sm_alg_get(digest)->oid, sm_bytes(null, 2));
}

/* Hash and mask generation are always said, the empty label never. */
static void
ktri_put_oaep(struct sm_derw *w, enum sm_alg_id digest)
{
	size_t alg = sm_derw_begin(w, SM_DER_SEQUENCE);
	size_t params, field, mgf;

	sm_derw_oid(w, sm_alg_get(SM_RSA_OAEP)->oid);
	params = sm_derw_begin(w, SM_DER_SEQUENCE);
	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	ktri_put_digest(w, digest);
	sm_derw_end(w, field);
	field = sm_derw_begin(w, SM_DER_CTX_CONS(1));
	mgf = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, sm_alg_get(SM_MGF1)->oid);
	ktri_put_digest(w, digest);
	sm_derw_end(w, mgf);
	sm_derw_end(w, field);
	sm_derw_end(w, params);
	sm_derw_end(w, alg);
}

static void
ktri_put_pkcs1(struct sm_derw *w)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };

	sm_derw_algorithm(w, sm_alg_get(SM_RSA_PKCS1)->oid, sm_bytes(null, 2));
}

static int
ktri_put(struct sm_buf *out, const struct sm_cert *cert, enum sm_alg_id digest,
    struct sm_bytes key)
{
	struct sm_derw w;
	size_t seq;

	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	sm_recipient_put_rid(&w, cert);
	if (digest == SM_ALG_NONE)
		ktri_put_pkcs1(&w);
	else
		ktri_put_oaep(&w, digest);
	sm_derw_add(&w, SM_DER_OCTET_STRING, key);
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

int
sm_ktri_write(struct sm_buf *out, const struct sm_recipient_new *r,
    struct sm_bytes cek, struct sm_error *err)
{
	struct sm_pubkey *pub = NULL;
	struct sm_buf key = SM_BUF_INIT;
	enum sm_alg_id digest = SM_ALG_NONE;
	int rc;

	if (r->kind == SM_RCPT_RSA_OAEP)
		digest = r->oaep_digest != SM_ALG_NONE ? r->oaep_digest :
		    SM_SHA256;
	SM_TRY_OUT(sm_pubkey_new(&pub, sm_cert_spki(r->cert), err));
	if (sm_pubkey_type(pub) != SM_KEY_RSA) {
		rc = sm_error_set(err, SM_E_USAGE, "recipient-key-type", NULL,
		    "The certificate of %s holds no RSA key for encryption; "
		    "choose another certificate.",
		    sm_cert_subject_text(r->cert));
		goto out;
	}
	SM_TRY_OUT(sm_pubkey_rsa_encrypt(&key, pub, digest, cek));
	rc = ktri_put(out, r->cert, digest, sm_buf_bytes(&key));
out:
	sm_buf_free(&key);
	sm_pubkey_free(pub);
	return rc;
}
