/* Key agreement: ephemeral keys, the originator's key, the shared secret. Exports
 * sm_key_ephemeral, sm_key_agree, sm_pubkey_from_originator. */
#include <base/der.h>
#include <base/try.h>
#include <crypto/key_soft.h>
#include <crypto/pubkey_impl.h>

#include <openssl/core_names.h>
#include <openssl/params.h>

enum { AGREE_POINT_MAX = 1 + 2 * 72 };

static int
agree_generate(EVP_PKEY **out, const struct sm_pubkey *like)
{
	OSSL_PARAM params[2] = { OSSL_PARAM_construct_end(),
		OSSL_PARAM_construct_end() };
	EVP_PKEY_CTX *ctx;
	int rc = SM_OK;

	if (like->curve != NULL)
		params[0] = OSSL_PARAM_construct_utf8_string(
		    OSSL_PKEY_PARAM_GROUP_NAME,
		    (char *)(uintptr_t)like->curve->group, 0);
	sm_evp_begin();
	ctx = EVP_PKEY_CTX_new_from_name(NULL, like->alg->evp, NULL);
	if (ctx == NULL || EVP_PKEY_keygen_init(ctx) != 1 ||
	    (like->curve != NULL && EVP_PKEY_CTX_set_params(ctx, params) != 1) ||
	    EVP_PKEY_generate(ctx, out) != 1)
		rc = sm_evp_failure();
	EVP_PKEY_CTX_free(ctx);
	sm_evp_end();
	return rc;
}

/* The parameters of a curve's AlgorithmIdentifier: its OID; nothing for X25519. */
static int
agree_params(struct sm_buf *out, const struct sm_pubkey *like)
{
	struct sm_derw w;

	if (like->curve == NULL)
		return SM_OK;
	sm_derw_init(&w, out);
	sm_derw_oid(&w, like->curve->oid);
	return sm_derw_status(&w);
}

static int
agree_spki(struct sm_buf *out, const struct sm_pubkey *like,
    struct sm_bytes point)
{
	struct sm_buf params = SM_BUF_INIT;
	int rc;

	rc = agree_params(&params, like);
	if (rc == 0)
		rc = sm_pubkey_write_spki(out, sm_alg_get(like->alg->id)->oid,
		    sm_buf_bytes(&params), point);
	sm_buf_free(&params);
	return rc;
}

static bool
agree_possible(enum sm_key_type type)
{
	return type == SM_KEY_EC || type == SM_KEY_X25519 || type == SM_KEY_X448;
}

int
sm_key_ephemeral(struct sm_key **out, const struct sm_pubkey *like)
{
	uint8_t point[AGREE_POINT_MAX];
	struct sm_buf spki = SM_BUF_INIT;
	EVP_PKEY *pkey = NULL;
	size_t len = 0;
	int rc;

	*out = NULL;
	if (!agree_possible(like->type))
		return SM_E_USAGE;
	SM_TRY(agree_generate(&pkey, like));
	if (EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_PUB_KEY,
		point, sizeof(point), &len) != 1) {
		rc = sm_evp_failure();
		goto out;
	}
	SM_TRY_OUT(agree_spki(&spki, like, sm_bytes(point, len)));
	rc = sm_key_soft_new(out, pkey, sm_buf_bytes(&spki), NULL, NULL);
	pkey = NULL;
out:
	EVP_PKEY_free(pkey);
	sm_buf_free(&spki);
	return rc;
}

int
sm_key_agree(struct sm_key *k, struct sm_buf *secret,
    const struct sm_pubkey *peer)
{
	const uint8_t *shared;
	size_t had = secret->len, i;
	unsigned seen = 0;

	if (k->ops->derive == NULL || peer->pkey == NULL)
		return SM_E_USAGE;
	if (!sm_pubkey_same_group(k->pub, peer))
		return SM_E_AUTH;
	SM_TRY(k->ops->derive(k, secret, peer));
	if (k->type == SM_KEY_EC)
		return SM_OK;
	/* RFC 8418 section 2: a token might not have looked. */
	shared = secret->data;
	for (i = had; i < secret->len; i++)
		seen |= shared[i];
	if (seen != 0)
		return SM_OK;
	secret->len = had;
	return SM_E_AUTH;
}

/* Is the algorithm the key's own, and do its parameters say nothing else? */
static bool
agree_originator_fits(const struct sm_pubkey *own, struct sm_bytes oid,
    struct sm_bytes params)
{
	const struct sm_alg *alg = sm_alg_by_oid(SM_ALG_PUBKEY, oid);
	struct sm_bytes curve, null;

	if (alg == NULL || alg->id != own->alg->id)
		return false;
	if (params.len == 0)
		return true;
	if (own->curve == NULL)
		return false;
	if (sm_der_next_is(params, SM_DER_NULL))
		return sm_der_get(&params, SM_DER_NULL, &null) &&
		    null.len == 0 && params.len == 0;
	return sm_der_get_oid(&params, &curve) && params.len == 0 &&
	    sm_bytes_equal(curve, own->curve->oid);
}

int
sm_pubkey_from_originator(struct sm_pubkey **out, const struct sm_key *k,
    struct sm_bytes alg_oid, struct sm_bytes alg_params, struct sm_bytes point,
    struct sm_error *err)
{
	struct sm_buf spki = SM_BUF_INIT;
	int rc;

	*out = NULL;
	if (!agree_possible(k->type))
		return SM_E_USAGE;
	if (!agree_originator_fits(k->pub, alg_oid, alg_params))
		return sm_error_set(err, SM_E_FORMAT, "originator-key",
		    "RFC 5753 section 3.1.1", "The sender's ephemeral key is of "
		    "another kind or curve than the recipient's key: the "
		    "message was made for another key or by a faulty "
		    "program.");
	rc = agree_spki(&spki, k->pub, point);
	if (rc == 0)
		rc = sm_pubkey_new(out, sm_buf_bytes(&spki), err);
	sm_buf_free(&spki);
	return rc;
}
