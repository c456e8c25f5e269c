#include <base/der.h>
#include <base/try.h>
#include <cms/enveloped_impl.h>

#include <stdlib.h>

int
sm_enveloped_new(struct sm_enveloped **out, enum sm_cms_type type,
    const struct sm_open_secrets *secrets, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_enveloped *e;

	*out = NULL;
	if (type != SM_CMS_ENVELOPED && type != SM_CMS_AUTH_ENVELOPED &&
	    type != SM_CMS_ENCRYPTED)
		return SM_E_USAGE;
	e = calloc(1, sizeof(*e));
	if (e == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "Out of memory.");
	e->type = type;
	if (secrets != NULL)
		e->secrets = *secrets;
	e->limits = *limits;
	e->err = err;
	e->ended = true;
	e->key.secret = true;
	sm_recipients_init(&e->recipients, &e->limits, err);
	*out = e;
	return SM_OK;
}

void
sm_enveloped_free(struct sm_enveloped *e)
{
	if (e == NULL)
		return;
	sm_cipher_free(e->cipher);
	sm_recipients_wipe(&e->recipients);
	sm_buf_free(&e->content_type);
	sm_buf_free(&e->content_alg);
	sm_buf_free(&e->auth_attrs);
	sm_buf_free(&e->mac);
	sm_buf_free(&e->key);
	sm_wipe(e, sizeof(*e));
	free(e);
}

int
sm_enveloped_fail(struct sm_enveloped *e, int rc)
{
	if (rc == SM_E_NOMEM)
		sm_error_set(e->err, rc, "memory", NULL, "Out of memory.");
	if (rc != 0) {
		e->rc = rc;
		e->state = SM_ENV_FAILED;
		sm_buf_free(&e->key);
	}
	return rc;
}

int
sm_enveloped_not_authentic(struct sm_enveloped *e)
{
	return sm_error_set(e->err, SM_E_AUTH, "content-not-authentic",
	    "RFC 5652 section 6.3",
	    "The encrypted content is not what the sender encrypted, or the key "
	    "is not the right one; nothing of it can be trusted. Ask the sender "
	    "to send it again.");
}

int
sm_enveloped_pass(struct sm_enveloped *e, const struct sm_sink *sink)
{
	if (e->rc != 0)
		return e->rc;
	if (!e->ended)
		return sm_enveloped_fail(e, SM_E_USAGE);
	e->ended = false;
	e->passes++;
	e->has_content = false;
	e->seen = 0;
	e->out = NULL;
	if (sink != NULL) {
		e->sink = *sink;
		e->out = &e->sink;
	}
	return SM_OK;
}

/* ---- fields ---- */

static int
env_version(struct sm_enveloped *e, struct sm_bytes der)
{
	uint64_t version;

	if (!sm_der_get_uint(&der, &version) || version > 4)
		return sm_error_set(e->err, SM_E_FORMAT, "cms-version",
		    "RFC 5652 section 6.1",
		    "The encrypted message has a version that is not defined; "
		    "ask the sender to use another program.");
	return SM_OK;
}

static int
env_content_type(struct sm_enveloped *e, struct sm_bytes der)
{
	struct sm_bytes oid;

	if (!sm_der_get_oid(&der, &oid))
		return sm_error_set(e->err, SM_E_FORMAT, "content-type",
		    "RFC 5652 section 6.1",
		    "The type of the encrypted content is malformed.");
	sm_buf_clear(&e->content_type);
	return sm_buf_append(&e->content_type, oid);
}

/* The cipher must be of the kind that the type is for: garbage that an attacker
 * makes of the one in the dress of the other would come out (smime-rules 3, 4;
 * CVE-2026-34182). */
static int
env_check_kind(struct sm_enveloped *e)
{
	bool aead = e->params.alg->tag_bytes != 0;

	if (aead && e->type != SM_CMS_AUTH_ENVELOPED)
		return sm_error_set(e->err, SM_E_FORMAT,
		    "aead-in-enveloped-data", "RFC 5083 section 2.1",
		    "The content is encrypted with %s but says so in a form "
		    "without authentication: the message was made by a faulty "
		    "program or is an attack; it is not opened.",
		    e->params.alg->name);
	if (!aead && e->type == SM_CMS_AUTH_ENVELOPED)
		return sm_error_set(e->err, SM_E_FORMAT, "not-aead",
		    "RFC 5083 section 2.1",
		    "The content claims authentication but is encrypted with "
		    "%s, which has none: the message was made by a faulty "
		    "program or is an attack; it is not opened.",
		    e->params.alg->name);
	return SM_OK;
}

static int
env_content_alg(struct sm_enveloped *e, struct sm_bytes der)
{
	const struct sm_alg *kdf;
	struct sm_bytes in = der, oid, params;

	if (!sm_der_get_algorithm(&in, &oid, &params))
		goto bad;
	kdf = sm_alg_by_oid(SM_ALG_KDF, oid);
	if (kdf != NULL && kdf->id == SM_CEK_HKDF_SHA256) {
		/* RFC 9709 section 3: the parameters are the real algorithm */
		e->cek_hkdf = true;
		SM_TRY(sm_buf_append(&e->content_alg, params));
		if (!sm_der_get_algorithm(&params, &oid, &params))
			goto bad;
	}
	SM_TRY(sm_cipher_params_read(&e->params, oid, params, e->err));
	e->has_alg = true;
	return env_check_kind(e);
bad:
	return sm_error_set(e->err, SM_E_FORMAT, "content-algorithm",
	    "RFC 5652 section 6.1",
	    "The content encryption algorithm is malformed; ask the sender to "
	    "send the message again.");
}

static int
env_mac(struct sm_enveloped *e, struct sm_bytes der)
{
	struct sm_bytes mac;

	if (!sm_der_get(&der, SM_DER_OCTET_STRING, &mac) || !e->has_alg ||
	    mac.len != e->params.tag_len)
		return sm_error_set(e->err, SM_E_FORMAT, "mac-length",
		    "RFC 5084 section 3",
		    "The authentication tag does not have the %zu bytes that the "
		    "message announces; it is not opened.", e->params.tag_len);
	sm_buf_clear(&e->mac);
	return sm_buf_append(&e->mac, mac);
}

static int
env_field(struct sm_enveloped *e, enum sm_cms_field field, struct sm_bytes der,
    bool was_der)
{
	switch (field) {
	case SM_F_VERSION:
		return env_version(e, der);
	case SM_F_RECIPIENT:
		return sm_recipients_add(&e->recipients, der);
	case SM_F_CONTENT_TYPE:
		return env_content_type(e, der);
	case SM_F_CONTENT_ALG:
		return env_content_alg(e, der);
	case SM_F_AUTH_ATTRS:
		return sm_enveloped_attrs(e, der, was_der);
	case SM_F_MAC:
		return env_mac(e, der);
	case SM_F_CERT:        /* of originatorInfo: nothing here needs it */
	case SM_F_CRL:
	case SM_F_UNAUTH_ATTRS:
		return SM_OK;
	default:
		return SM_E_USAGE;
	}
}

int
sm_enveloped_field(struct sm_enveloped *e, enum sm_cms_field field,
    struct sm_bytes der, bool was_der)
{
	if (e->rc != 0)
		return e->rc;
	if (e->passes == 0 || e->ended)
		return sm_enveloped_fail(e, SM_E_USAGE);
	if (e->passes > 1)
		return SM_OK;
	return sm_enveloped_fail(e, env_field(e, field, der, was_der));
}

/* ---- what there is to tell ---- */

enum sm_env_state
sm_enveloped_state(const struct sm_enveloped *e)
{
	return e->state;
}

bool
sm_enveloped_aead(const struct sm_enveloped *e)
{
	return e->has_alg && e->params.alg->tag_bytes != 0;
}

const char *
sm_enveloped_cipher(const struct sm_enveloped *e)
{
	return e->has_alg ? e->params.alg->name : "unknown";
}

bool
sm_enveloped_cipher_weak(const struct sm_enveloped *e)
{
	return e->has_alg && e->params.alg->use <= SM_USE_ARCHIVE;
}

struct sm_bytes
sm_enveloped_content_type(const struct sm_enveloped *e)
{
	return sm_buf_bytes(&e->content_type);
}

size_t
sm_enveloped_recipient_count(const struct sm_enveloped *e)
{
	return e->recipients.count;
}

void
sm_enveloped_recipient(struct sm_recipient_view *out,
    const struct sm_enveloped *e, size_t i)
{
	memset(out, 0, sizeof(*out));
	out->kind = SM_RCPT_OTHER;
	if (i < e->recipients.view_count)
		*out = e->recipients.views[i];
}
