/* EncryptedData (RFC 5652 section 8): no recipients, the key is known. */
#include <base/der.h>
#include <cms/envelope_impl.h>

int
sm_encrypted_writer_new(struct sm_envelope_writer **out, enum sm_alg_id cipher,
    struct sm_bytes key, enum sm_cms_type content_type,
    const struct sm_sink *sink, struct sm_error *err)
{
	static const uint8_t version[] = { SM_DER_INTEGER, 1, 0 };
	const struct sm_alg *alg = sm_alg_get(cipher);
	struct sm_cipher_params params;
	struct sm_envelope_head h = {
		.type = SM_CMS_ENCRYPTED,
		.content_type = content_type,
		.before = sm_bytes(version, sizeof(version)),
		.params = &params,
		.cek = key,
	};
	int rc;

	*out = NULL;
	/* There is no place for a tag. */
	if (alg->kind != SM_ALG_CIPHER || alg->tag_bytes != 0)
		return sm_error_set(err, SM_E_USAGE, "aead-in-enveloped-data",
		    "RFC 5652 section 8",
		    "EncryptedData cannot carry the tag of an authenticated "
		    "cipher.");
	rc = sm_cipher_params_new(&params, cipher);
	if (rc == 0)
		rc = sm_envelope_writer_start(out, &h, sink, err);
	if (rc != 0)
		sm_error_set(err, rc, "encrypt", NULL,
		    "The content could not be encrypted: %s.",
		    sm_status_name(rc));
	return rc;
}
