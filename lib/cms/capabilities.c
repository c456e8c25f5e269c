#include <base/der.h>
#include <base/try.h>
#include <cms/capabilities.h>
#include <sealmail/seal.h>

enum { CAPABILITIES_MAX = 256 };

static void
note_cipher(struct sm_capabilities *out, enum sm_alg_id id)
{
	switch (id) {
	case SM_AES128_CBC: out->aes128_cbc = true; break;
	case SM_AES192_CBC: out->aes192_cbc = true; break;
	case SM_AES256_CBC: out->aes256_cbc = true; break;
	case SM_AES128_GCM: out->aes128_gcm = true; break;
	case SM_AES192_GCM: out->aes192_gcm = true; break;
	case SM_AES256_GCM: out->aes256_gcm = true; break;
	case SM_CHACHA20_POLY1305: out->chacha20 = true; break;
	case SM_DES3_CBC: out->des3 = true; break;
	default: break;
	}
}

/* RFC 3560 section 5: empty or absent parameters mean SHA-1. */
static void
note_oaep(struct sm_capabilities *out, struct sm_bytes params)
{
	struct sm_bytes seq;

	out->rsa_oaep = true;
	if (sm_der_get(&params, SM_DER_SEQUENCE, &seq) && seq.len > 0)
		out->rsa_oaep_sha2 = true;
}

static void
note_agreement(struct sm_capabilities *out, enum sm_alg_id id)
{
	switch (id) {
	case SM_ECDH_SHA224KDF:
	case SM_ECDH_SHA256KDF:
	case SM_ECDH_SHA384KDF:
	case SM_ECDH_SHA512KDF:
		out->ecdh = true;
		break;
	case SM_ECDH_HKDF_SHA256:
	case SM_ECDH_HKDF_SHA384:
	case SM_ECDH_HKDF_SHA512:
		out->ecdh_hkdf = true;
		break;
	default:
		break;
	}
}

static void
note(struct sm_capabilities *out, struct sm_bytes oid, struct sm_bytes params)
{
	/* preferSignedData, RFC 8551 section 2.5.2 */
	static const uint8_t prefer[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d,
	    0x01, 0x09, 0x0f, 0x01 };
	const struct sm_alg *alg;

	if (sm_bytes_equal(oid, sm_bytes(prefer, sizeof(prefer))))
		out->prefer_signed = true;
	alg = sm_alg_by_oid(SM_ALG_CIPHER, oid);
	if (alg != NULL)
		note_cipher(out, alg->id);
	alg = sm_alg_by_oid(SM_ALG_KEYTRANS, oid);
	if (alg != NULL && alg->id == SM_RSA_OAEP)
		note_oaep(out, params);
	alg = sm_alg_by_oid(SM_ALG_KEYAGREE, oid);
	if (alg != NULL)
		note_agreement(out, alg->id);
	alg = sm_alg_by_oid(SM_ALG_KEM, oid);
	if (alg != NULL && (alg->id == SM_KEM_RSA || alg->id == SM_RSA_KEM_SPKI))
		out->rsa_kem = true;
	alg = sm_alg_by_oid(SM_ALG_KDF, oid);
	if (alg != NULL && alg->id == SM_CEK_HKDF_SHA256)
		out->cek_hkdf = true;
}

bool
sm_capabilities_read(struct sm_capabilities *out, struct sm_bytes der)
{
	struct sm_capabilities c = { .known = true };
	struct sm_bytes list, one, oid, params;
	size_t n;

	*out = (struct sm_capabilities) { .known = false };
	if (!sm_der_get(&der, SM_DER_SEQUENCE, &list) || der.len != 0)
		return false;
	for (n = 0; list.len > 0; n++) {
		if (n == CAPABILITIES_MAX ||
		    !sm_der_get(&list, SM_DER_SEQUENCE, &one) ||
		    !sm_der_get_oid(&one, &oid))
			return false;
		params = sm_bytes(NULL, 0);
		if (one.len > 0 && !sm_der_get_any(&one, NULL, NULL, &params))
			return false;
		note(&c, oid, params);
	}
	*out = c;
	return true;
}

/* Where a capability may stand in the table of algorithms. */
static const char *
name_of(struct sm_bytes oid)
{
	static const enum sm_alg_kind kinds[] = { SM_ALG_CIPHER, SM_ALG_KEYTRANS, SM_ALG_KEYAGREE,
		SM_ALG_KEM, SM_ALG_KDF };
	const struct sm_alg *alg;
	size_t i;

	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		alg = sm_alg_by_oid(kinds[i], oid);
		if (alg != NULL)
			return alg->name;
	}
	return NULL;
}

int
sm_capabilities_own(const struct sm_sink *out)
{
	struct sm_buf der = SM_BUF_INIT;
	int rc = sm_capabilities_write(&der);

	if (rc == 0)
		rc = sm_sink_write(out, sm_buf_bytes(&der));
	sm_buf_free(&der);
	return rc;
}

int
sm_capabilities_each(struct sm_bytes der, int (*each)(void *ctx, const char *name),
    void *ctx)
{
	struct sm_bytes list, one, oid;
	struct sm_capabilities whole;
	const char *name;
	int rc = 0;

	if (!sm_capabilities_read(&whole, der) ||
	    !sm_der_get(&der, SM_DER_SEQUENCE, &list))
		return 0;
	while (rc == 0 && sm_der_get(&list, SM_DER_SEQUENCE, &one) &&
	    sm_der_get_oid(&one, &oid)) {
		name = name_of(oid);
		if (name != NULL)
			rc = each(ctx, name);
	}
	return rc;
}

static void
write_plain(struct sm_derw *w, enum sm_alg_id id)
{
	sm_derw_algorithm(w, sm_alg_get(id)->oid, sm_bytes(NULL, 0));
}

/* RFC 5753 section 6, RFC 8418 section 8: the parameter is the key wrap. */
static void
write_agreement(struct sm_derw *w, enum sm_alg_id scheme, enum sm_alg_id wrap)
{
	size_t one = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, sm_alg_get(scheme)->oid);
	write_plain(w, wrap);
	sm_derw_end(w, one);
}

static void
write_hash_null(struct sm_derw *w, enum sm_alg_id digest)
{
	static const uint8_t null[] = { SM_DER_NULL, 0 };

	sm_derw_algorithm(w, sm_alg_get(digest)->oid,
	    sm_bytes(null, sizeof(null)));
}

/* The encoding that RFC 3560 section 5 prints, which leaves the context tags of
 * RSAES-OAEP-params out: capabilities are compared byte by byte. */
static void
write_oaep_sha256(struct sm_derw *w)
{
	size_t one = sm_derw_begin(w, SM_DER_SEQUENCE), params, mgf;

	sm_derw_oid(w, sm_alg_get(SM_RSA_OAEP)->oid);
	params = sm_derw_begin(w, SM_DER_SEQUENCE);
	write_hash_null(w, SM_SHA256);
	mgf = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, sm_alg_get(SM_MGF1)->oid);
	write_hash_null(w, SM_SHA256);
	sm_derw_end(w, mgf);
	sm_derw_end(w, params);
	sm_derw_end(w, one);
}

static void
write_oaep_default(struct sm_derw *w)
{
	static const uint8_t empty[] = { SM_DER_SEQUENCE, 0 };

	sm_derw_algorithm(w, sm_alg_get(SM_RSA_OAEP)->oid,
	    sm_bytes(empty, sizeof(empty)));
}

int
sm_capabilities_write(struct sm_buf *out)
{
	static const enum sm_alg_id ciphers[] = {
		SM_AES256_GCM, SM_CHACHA20_POLY1305, SM_AES128_GCM,
		SM_AES256_CBC, SM_AES128_CBC,
	};
	static const enum sm_alg_id schemes[] = {
		SM_ECDH_HKDF_SHA256, SM_ECDH_HKDF_SHA512, SM_ECDH_SHA256KDF,
		SM_ECDH_SHA384KDF, SM_ECDH_SHA512KDF,
	};
	struct sm_derw w;
	size_t i, list;

	sm_derw_init(&w, out);
	list = sm_derw_begin(&w, SM_DER_SEQUENCE);
	for (i = 0; i < sizeof(ciphers) / sizeof(ciphers[0]); i++)
		write_plain(&w, ciphers[i]);
	write_oaep_sha256(&w);
	write_oaep_default(&w);
	for (i = 0; i < sizeof(schemes) / sizeof(schemes[0]); i++) {
		write_agreement(&w, schemes[i], SM_AES256_WRAP);
		write_agreement(&w, schemes[i], SM_AES128_WRAP);
	}
	write_plain(&w, SM_CEK_HKDF_SHA256);
	sm_derw_end(&w, list);
	return sm_derw_status(&w);
}
