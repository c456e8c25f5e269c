#include <base/der.h>
#include <base/try.h>
#include <crypto/cipher_impl.h>

/* RFC 5084 section 3.2: aes-ICVlen DEFAULT 12. */
enum { PARAMS_ICV_DEFAULT = 12 };

enum params_form { FORM_CBC, FORM_RC2, FORM_GCM, FORM_CCM, FORM_CHACHA };

static enum params_form
params_form(const struct sm_alg *alg)
{
	switch (alg->id) {
	case SM_RC2_CBC:
		return FORM_RC2;
	case SM_CHACHA20_POLY1305:
		return FORM_CHACHA;
	case SM_AES128_GCM:
	case SM_AES192_GCM:
	case SM_AES256_GCM:
		return FORM_GCM;
	case SM_AES128_CCM:
	case SM_AES192_CCM:
	case SM_AES256_CCM:
		return FORM_CCM;
	default:
		return FORM_CBC;
	}
}

static bool
params_nonce_valid(enum params_form form, const struct sm_alg *alg, size_t len)
{
	if (form == FORM_CCM)
		return len >= 7 && len <= 13;
	return len == alg->iv_bytes;
}

static bool
params_tag_valid(enum params_form form, uint64_t len)
{
	switch (form) {
	case FORM_GCM:
		return len >= 12 && len <= 16;
	case FORM_CCM:
		return len == 12 || len == 14 || len == 16;
	case FORM_CHACHA:
		return len == 16;
	default:
		return len == 0;
	}
}

bool
sm_cipher_params_valid(const struct sm_cipher_params *p)
{
	enum params_form form;

	if (p->alg == NULL || p->alg->kind != SM_ALG_CIPHER)
		return false;
	form = params_form(p->alg);
	if (form == FORM_RC2 && (p->rc2_bits < 1 || p->rc2_bits > 1024))
		return false;
	return params_nonce_valid(form, p->alg, p->iv_len) &&
	    params_tag_valid(form, p->tag_len);
}

/* RFC 2268 section 6: the version number stands for the effective key bits. */
static unsigned
params_rc2_bits(uint64_t version)
{
	switch (version) {
	case 160:
		return 40;
	case 120:
		return 64;
	case 58:
		return 128;
	default:
		return version >= 256 && version <= 1024 ? (unsigned)version :
		    0;
	}
}

static uint64_t
params_rc2_version(unsigned bits)
{
	switch (bits) {
	case 40:
		return 160;
	case 64:
		return 120;
	case 128:
		return 58;
	default:
		return bits;
	}
}

static const char *
params_rfc(enum params_form form)
{
	switch (form) {
	case FORM_GCM:
		return "RFC 5084 section 3.2";
	case FORM_CCM:
		return "RFC 5084 section 3.1";
	case FORM_CHACHA:
		return "RFC 8103 section 3";
	case FORM_RC2:
		return "RFC 3370 section 5.2";
	default:
		return "RFC 5652 section 6.3";
	}
}

static int
params_bad_form(const struct sm_alg *alg, struct sm_error *err)
{
	return sm_error_set(err, SM_E_FORMAT, "cipher-params",
	    params_rfc(params_form(alg)),
	    "The parameters of %s are missing or malformed: the message was "
	    "damaged or made by a faulty program; ask for it to be sent again.",
	    alg->name);
}

/* The elements, whatever their values. */
static bool
params_parse(enum params_form form, struct sm_bytes in, struct sm_bytes *iv,
    uint64_t *tag_len, uint64_t *version)
{
	struct sm_bytes seq;

	if (form == FORM_CBC || form == FORM_CHACHA)
		return sm_der_get(&in, SM_DER_OCTET_STRING, iv) && in.len == 0;
	if (!sm_der_get(&in, SM_DER_SEQUENCE, &seq) || in.len != 0)
		return false;
	if (form == FORM_RC2 && !sm_der_get_uint(&seq, version))
		return false;
	if (!sm_der_get(&seq, SM_DER_OCTET_STRING, iv))
		return false;
	if (form != FORM_RC2 && seq.len > 0 && !sm_der_get_uint(&seq, tag_len))
		return false;
	return seq.len == 0;
}

static int
params_check(struct sm_cipher_params *out, enum params_form form,
    struct sm_bytes iv, uint64_t tag_len, struct sm_error *err)
{
	const struct sm_alg *alg = out->alg;

	if (!params_nonce_valid(form, alg, iv.len))
		return sm_error_set(err, SM_E_FORMAT,
		    form == FORM_CBC || form == FORM_RC2 ? "cipher-iv-length" :
		    "aead-nonce-length", params_rfc(form),
		    "The nonce or IV of %s has %zu bytes: the message was made "
		    "by a faulty program or is an attack; it is not opened.",
		    alg->name, iv.len);
	if (!params_tag_valid(form, tag_len))
		return sm_error_set(err, SM_E_FORMAT,
		    form == FORM_CCM ? "ccm-tag-length" : "gcm-tag-length",
		    params_rfc(form),
		    "The authentication tag of %s is said to have %llu bytes: "
		    "too weak or impossible, so the message is not opened.",
		    alg->name, (unsigned long long)tag_len);
	memcpy(out->iv, iv.data, iv.len);
	out->iv_len = iv.len;
	out->tag_len = (size_t)tag_len;
	return SM_OK;
}

int
sm_cipher_params_read(struct sm_cipher_params *out, struct sm_bytes oid,
    struct sm_bytes params, struct sm_error *err)
{
	const struct sm_alg *alg = sm_alg_by_oid(SM_ALG_CIPHER, oid);
	struct sm_bytes iv = { NULL, 0 };
	uint64_t tag_len = 0, version = 0;
	enum params_form form;
	char name[64];

	memset(out, 0, sizeof(*out));
	if (alg == NULL) {
		sm_alg_oid_name(name, sizeof(name), oid);
		return sm_error_set(err, SM_E_UNSUPPORTED, "cipher-unknown",
		    NULL, "The content is encrypted with %s, which this program "
		    "does not know: ask the sender for AES-256-GCM.", name);
	}
	out->alg = alg;
	form = params_form(alg);
	if (form == FORM_GCM || form == FORM_CCM)
		tag_len = PARAMS_ICV_DEFAULT;
	else if (form == FORM_CHACHA)
		tag_len = 16;
	if (!params_parse(form, params, &iv, &tag_len, &version))
		return params_bad_form(alg, err);
	if (form == FORM_RC2) {
		out->rc2_bits = params_rc2_bits(version);
		if (out->rc2_bits == 0)
			return sm_error_set(err, SM_E_UNSUPPORTED, "rc2-version",
			    "RFC 2268 section 6",
			    "RC2 parameter version %llu stands for no key size "
			    "that this program knows.",
			    (unsigned long long)version);
	}
	return params_check(out, form, iv, tag_len, err);
}

int
sm_cipher_params_write(const struct sm_cipher_params *p, struct sm_buf *out)
{
	struct sm_derw w;
	enum params_form form;
	size_t alg, seq;

	if (!sm_cipher_params_valid(p))
		return SM_E_USAGE;
	form = params_form(p->alg);
	sm_derw_init(&w, out);
	alg = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, p->alg->oid);
	if (form == FORM_CBC || form == FORM_CHACHA) {
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(p->iv, p->iv_len));
	} else {
		seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
		if (form == FORM_RC2)
			sm_derw_uint(&w, params_rc2_version(p->rc2_bits));
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(p->iv, p->iv_len));
		if (form != FORM_RC2 && p->tag_len != PARAMS_ICV_DEFAULT)
			sm_derw_uint(&w, p->tag_len);
		sm_derw_end(&w, seq);
	}
	sm_derw_end(&w, alg);
	return sm_derw_status(&w);
}

int
sm_cipher_params_new(struct sm_cipher_params *out, enum sm_alg_id alg)
{
	const struct sm_alg *a = sm_alg_get(alg);

	memset(out, 0, sizeof(*out));
	if (a->kind != SM_ALG_CIPHER)
		return SM_E_USAGE;
	if (a->use < SM_USE_ACCEPT)
		return SM_E_POLICY;
	out->alg = a;
	out->iv_len = a->iv_bytes;
	out->tag_len = a->tag_bytes;
	return sm_random(out->iv, out->iv_len);
}
