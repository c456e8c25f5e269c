#include <base/der.h>
#include <base/try.h>
#include <crypto/key_object.h>
#include <crypto/pubkey_impl.h>

enum {
	PSS_SALT_DEFAULT = 20, /* RFC 4055 section 3.1 */
	PSS_SALT_MAX = 2048,   /* no key within rsa_bits has room for more */
	PSS_TRAILER = 1,
};

enum sm_sig_family
sm_sig_alg_family(enum sm_alg_id alg)
{
	const char *evp = sm_alg_get(alg)->evp;

	if (alg == SM_RSA_PSS)
		return SM_SIG_RSA_PSS;
	if (alg == SM_RSA_PSS_SHAKE128 || alg == SM_RSA_PSS_SHAKE256)
		return SM_SIG_RSA_PSS_SHAKE;
	if (strcmp(evp, "RSA") == 0)
		return SM_SIG_RSA_PKCS1;
	if (strcmp(evp, "EC") == 0)
		return SM_SIG_ECDSA;
	if (strcmp(evp, "DSA") == 0)
		return SM_SIG_DSA;
	return SM_SIG_PURE;
}

static bool
sig_alg_is_shake(enum sm_alg_id digest)
{
	return digest == SM_SHAKE128 || digest == SM_SHAKE256;
}

/* Absent, or one NULL element. */
static bool
sig_alg_no_params(struct sm_bytes params, bool null_allowed)
{
	struct sm_bytes contents;

	if (params.len == 0)
		return true;
	return null_allowed && sm_der_get(&params, SM_DER_NULL, &contents) &&
	    contents.len == 0 && params.len == 0;
}

/* A digest's AlgorithmIdentifier; RFC 4055 section 2.1: NULL and absent are the
 * same. */
static enum sm_alg_id
sig_alg_get_digest(struct sm_bytes *in)
{
	struct sm_bytes oid, params;
	const struct sm_alg *a;

	if (!sm_der_get_algorithm(in, &oid, &params) ||
	    !sig_alg_no_params(params, true))
		return SM_ALG_NONE;
	a = sm_alg_by_oid(SM_ALG_DIGEST, oid);
	return a == NULL ? SM_ALG_NONE : a->id;
}

static enum sm_alg_id
sig_alg_get_mgf(struct sm_bytes *in)
{
	struct sm_bytes oid, params;
	enum sm_alg_id digest;

	if (!sm_der_get_algorithm(in, &oid, &params) ||
	    !sm_bytes_equal(oid, sm_alg_get(SM_MGF1)->oid))
		return SM_ALG_NONE;
	digest = sig_alg_get_digest(&params);
	return params.len == 0 ? digest : SM_ALG_NONE;
}

struct pss_fields {
	struct sm_bytes hash, mgf, salt, trailer;
	bool has_hash, has_mgf, has_salt, has_trailer;
};

static bool
sig_alg_pss_fields(struct pss_fields *f, struct sm_bytes params)
{
	struct sm_bytes seq;

	return sm_der_get(&params, SM_DER_SEQUENCE, &seq) && params.len == 0 &&
	    sm_der_get_opt(&seq, SM_DER_CTX_CONS(0), &f->hash, &f->has_hash) &&
	    sm_der_get_opt(&seq, SM_DER_CTX_CONS(1), &f->mgf, &f->has_mgf) &&
	    sm_der_get_opt(&seq, SM_DER_CTX_CONS(2), &f->salt, &f->has_salt) &&
	    sm_der_get_opt(&seq, SM_DER_CTX_CONS(3), &f->trailer,
		&f->has_trailer) &&
	    seq.len == 0;
}

static int
sig_alg_pss_bad(struct sm_error *err, const char *text)
{
	return sm_error_set(err, SM_E_FORMAT, "pss-params",
	    "RFC 4055 section 3.1", "The parameters of the RSASSA-PSS signature "
	    "%s: its maker is at fault; ask for the message again.", text);
}

int
sm_sig_alg_read_pss(struct sm_sig_alg *s, struct sm_bytes params,
    struct sm_error *err)
{
	struct pss_fields f;
	uint64_t salt = PSS_SALT_DEFAULT, trailer = PSS_TRAILER;

	memset(&f, 0, sizeof(f));
	if (params.len == 0 || !sig_alg_pss_fields(&f, params))
		return sig_alg_pss_bad(err, "are missing or malformed");
	s->digest = f.has_hash ? sig_alg_get_digest(&f.hash) : SM_SHA1;
	s->mgf_digest = f.has_mgf ? sig_alg_get_mgf(&f.mgf) : SM_SHA1;
	if (f.hash.len > 0 || f.mgf.len > 0)
		return sig_alg_pss_bad(err, "have bytes too many, or a digest "
		    "or mask generator that cannot be read");
	if (s->digest == SM_ALG_NONE || s->mgf_digest == SM_ALG_NONE ||
	    sig_alg_is_shake(s->digest))
		return sm_error_set(err, SM_E_UNSUPPORTED, "pss-digest",
		    "RFC 4055 section 3.1", "The RSASSA-PSS signature uses a "
		    "digest or mask generator that this program does not "
		    "know.");
	if ((f.has_salt && (!sm_der_get_uint(&f.salt, &salt) ||
		f.salt.len != 0)) || salt > PSS_SALT_MAX)
		return sig_alg_pss_bad(err, "have an impossible salt length");
	if ((f.has_trailer && (!sm_der_get_uint(&f.trailer, &trailer) ||
		f.trailer.len != 0)) || trailer != PSS_TRAILER)
		return sig_alg_pss_bad(err, "have an unknown trailer field");
	if (s->mgf_digest != s->digest)
		return sm_error_set(err, SM_E_FORMAT, "pss-mgf-digest",
		    "RFC 4056 section 3", "The RSASSA-PSS signature uses %s "
		    "for the digest but %s in the mask: they must be the same.",
		    sm_alg_get(s->digest)->name,
		    sm_alg_get(s->mgf_digest)->name);
	s->salt_len = (unsigned)salt;
	return SM_OK;
}

static int
sig_alg_read_by_family(struct sm_sig_alg *out, struct sm_bytes params,
    enum sm_alg_id msg_digest, struct sm_error *err)
{
	bool null_allowed;

	switch (sm_sig_alg_family(out->alg->id)) {
	case SM_SIG_RSA_PSS:
		SM_TRY(sm_sig_alg_read_pss(out, params, err));
		if (msg_digest == SM_ALG_NONE || msg_digest == out->digest)
			return SM_OK;
		return sm_error_set(err, SM_E_FORMAT, "pss-digest",
		    "RFC 4056 section 3", "The RSASSA-PSS signature is made "
		    "over %s, but the signer says %s: they must be the same.",
		    sm_alg_get(out->digest)->name,
		    sm_alg_get(msg_digest)->name);
	case SM_SIG_RSA_PSS_SHAKE:
		out->mgf_digest = out->digest;
		out->salt_len = sm_alg_get(out->digest)->out_bytes;
		null_allowed = false;
		break;
	case SM_SIG_PURE:
		null_allowed = false;
		break;
	default:
		/* RFC 4055: NULL for RSA; RFC 5754: absent for ECDSA and DSA;
		 * both are met in both (RFC 5754 section 2, RFC 3278). */
		null_allowed = true;
		break;
	}
	if (sig_alg_no_params(params, null_allowed))
		return SM_OK;
	return sm_error_set(err, SM_E_FORMAT, "signature-params",
	    "RFC 5754 section 3", "The signature algorithm %s must have no "
	    "parameters here.", out->alg->name);
}

int
sm_sig_alg_read(struct sm_sig_alg *out, struct sm_bytes oid,
    struct sm_bytes params, enum sm_alg_id msg_digest, struct sm_error *err)
{
	char name[64];

	memset(out, 0, sizeof(*out));
	out->alg = sm_alg_by_oid(SM_ALG_SIGNATURE, oid);
	if (out->alg == NULL) {
		sm_alg_oid_name(name, sizeof(name), oid);
		return sm_error_set(err, SM_E_UNSUPPORTED, "signature-unknown",
		    NULL, "The signature algorithm %s is not known to this "
		    "program.", name);
	}
	switch (out->alg->id) {
	case SM_RSA_PLAIN:
	case SM_EC_PLAIN:
	case SM_DSA_PLAIN:
		out->digest = msg_digest;
		break;
	default:
		out->digest = out->alg->digest;
		break;
	}
	return sig_alg_read_by_family(out, params, msg_digest, err);
}

static void
sig_alg_put_digest(struct sm_derw *w, enum sm_alg_id digest)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, sm_alg_get(digest)->oid);
	sm_derw_null(w);
	sm_derw_end(w, seq);
}

/* DER: what has its DEFAULT is left out. */
static void
sig_alg_put_pss(struct sm_derw *w, const struct sm_sig_alg *s)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE), tagged, mgf;

	if (s->digest != SM_SHA1) {
		tagged = sm_derw_begin(w, SM_DER_CTX_CONS(0));
		sig_alg_put_digest(w, s->digest);
		sm_derw_end(w, tagged);
	}
	if (s->mgf_digest != SM_SHA1) {
		tagged = sm_derw_begin(w, SM_DER_CTX_CONS(1));
		mgf = sm_derw_begin(w, SM_DER_SEQUENCE);
		sm_derw_oid(w, sm_alg_get(SM_MGF1)->oid);
		sig_alg_put_digest(w, s->mgf_digest);
		sm_derw_end(w, mgf);
		sm_derw_end(w, tagged);
	}
	if (s->salt_len != PSS_SALT_DEFAULT) {
		tagged = sm_derw_begin(w, SM_DER_CTX_CONS(2));
		sm_derw_uint(w, s->salt_len);
		sm_derw_end(w, tagged);
	}
	sm_derw_end(w, seq);
}

int
sm_sig_alg_write(const struct sm_sig_alg *s, struct sm_buf *out)
{
	struct sm_derw w;
	size_t seq;

	if (s->alg == NULL || s->alg->kind != SM_ALG_SIGNATURE)
		return SM_E_USAGE;
	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, s->alg->oid);
	switch (sm_sig_alg_family(s->alg->id)) {
	case SM_SIG_RSA_PSS:
		sig_alg_put_pss(&w, s);
		break;
	case SM_SIG_RSA_PKCS1:
		sm_derw_null(&w);
		break;
	default:
		break;
	}
	sm_derw_end(&w, seq);
	return sm_derw_status(&w);
}

/* The row of that family whose digest this is, by which we may send. */
static const struct sm_alg *
sig_alg_find(enum sm_sig_family family, enum sm_alg_id digest)
{
	const struct sm_alg *a;
	unsigned i;

	for (i = 1; i < SM_ALG_COUNT; i++) {
		a = sm_alg_get((enum sm_alg_id)i);
		if (a->kind == SM_ALG_SIGNATURE && a->digest == digest &&
		    a->use >= SM_USE_ACCEPT &&
		    sm_sig_alg_family(a->id) == family)
			return a;
	}
	return NULL;
}

static enum sm_alg_id
sig_alg_default_digest(const struct sm_pubkey *p)
{
	if (p->type != SM_KEY_EC || p->bits <= 320)
		return SM_SHA256;
	return p->bits <= 384 ? SM_SHA384 : SM_SHA512;
}

static int
sig_alg_for_pss(struct sm_sig_alg *out, enum sm_alg_id *digest,
    const struct sm_pubkey *p, struct sm_error *err)
{
	if (p->pss.alg != NULL) {
		*out = p->pss;
		*digest = p->pss.digest;
		return SM_OK;
	}
	if (*digest == SM_ALG_NONE)
		*digest = sig_alg_default_digest(p);
	if (sm_alg_get(*digest)->use < SM_USE_ACCEPT ||
	    sm_alg_get(*digest)->kind != SM_ALG_DIGEST ||
	    sig_alg_is_shake(*digest))
		return sm_error_set(err, SM_E_POLICY, "sign-digest", NULL,
		    "Nothing new is signed with RSASSA-PSS and %s.",
		    sm_alg_get(*digest)->name);
	out->alg = sm_alg_get(SM_RSA_PSS);
	out->digest = out->mgf_digest = *digest;
	out->salt_len = sm_alg_get(*digest)->out_bytes;
	return SM_OK;
}

static int
sig_alg_for_hashed(struct sm_sig_alg *out, enum sm_alg_id *digest,
    const struct sm_pubkey *p, enum sm_sig_family family, struct sm_error *err)
{
	if (*digest == SM_ALG_NONE)
		*digest = sig_alg_default_digest(p);
	out->alg = sig_alg_find(family, *digest);
	if (out->alg == NULL)
		return sm_error_set(err, SM_E_POLICY, "sign-digest", NULL,
		    "Nothing new is signed with %s and this key: use SHA-256.",
		    sm_alg_get(*digest)->name);
	out->digest = *digest;
	return SM_OK;
}

int
sm_sig_alg_for_key(struct sm_sig_alg *out, enum sm_alg_id *digest,
    const struct sm_key *k, bool pss, struct sm_error *err)
{
	memset(out, 0, sizeof(*out));
	switch (k->type) {
	case SM_KEY_RSA:
		if (!pss)
			return sig_alg_for_hashed(out, digest, k->pub,
			    SM_SIG_RSA_PKCS1, err);
		return sig_alg_for_pss(out, digest, k->pub, err);
	case SM_KEY_RSA_PSS:
		return sig_alg_for_pss(out, digest, k->pub, err);
	case SM_KEY_EC:
		return sig_alg_for_hashed(out, digest, k->pub, SM_SIG_ECDSA,
		    err);
	case SM_KEY_ED25519: /* RFC 8419 section 3.1 fixes the digests */
		out->alg = sm_alg_get(SM_ED25519);
		*digest = SM_SHA512;
		return SM_OK;
	case SM_KEY_ED448:
		out->alg = sm_alg_get(SM_ED448);
		*digest = SM_SHAKE256;
		return SM_OK;
	default:
		return sm_error_set(err, SM_E_UNSUPPORTED, "sign-key", NULL,
		    "This key cannot sign mail: choose a signing key (RSA, "
		    "elliptic curve, Ed25519 or Ed448).");
	}
}
