#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/key_object.h>
#include <crypto/pubkey_impl.h>

int
sm_key_object_init(struct sm_key *k, const struct sm_key_ops *ops,
    struct sm_bytes spki, struct sm_error *err)
{
	SM_TRY(sm_pubkey_new(&k->pub, spki, err));
	k->ops = ops;
	k->type = k->pub->type;
	return sm_random_secret(k->reject, sizeof(k->reject));
}

void
sm_key_free(struct sm_key *k)
{
	const struct sm_key_ops *ops;

	if (k == NULL)
		return;
	ops = k->ops;
	sm_pubkey_free(k->pub);
	k->pub = NULL;
	sm_wipe(k->reject, sizeof(k->reject));
	ops->free(k);
}

enum sm_key_type
sm_key_type(const struct sm_key *k)
{
	return k->type;
}

struct sm_bytes
sm_key_spki(const struct sm_key *k)
{
	return sm_buf_bytes(&k->pub->spki);
}

const struct sm_pubkey *
sm_key_public(const struct sm_key *k)
{
	return k->pub;
}

int
sm_key_sign(struct sm_key *k, struct sm_buf *sig, const struct sm_sig_alg *alg,
    struct sm_bytes tbs, struct sm_error *err)
{
	int rc;

	if (k->ops->sign == NULL || !sm_pubkey_fits_sig(k->pub, alg))
		return sm_error_set(err, SM_E_UNSUPPORTED, "sign-key", NULL,
		    "This key cannot sign with %s.", alg->alg->name);
	rc = k->ops->sign(k, sig, alg, tbs);
	if (rc == 0)
		return SM_OK;
	return sm_error_set(err, rc, "sign-failed", NULL,
	    "Signing with %s failed in the key's own store or in OpenSSL: %s.",
	    alg->alg->name, sm_status_name(rc));
}

bool
sm_key_fits(const struct sm_key *k, struct sm_bytes spki)
{
	struct sm_pubkey *other = NULL;
	bool fits;

	if (sm_pubkey_new(&other, spki, NULL) != 0)
		return false;
	/* The algorithm may be named in two ways (rsaEncryption for a PSS or OAEP
	 * key), and a point may be compressed in one of them. */
	fits = other->curve == k->pub->curve &&
	    sm_bytes_equal(other->key_bits, k->pub->key_bits);
	if (!fits && other->pkey != NULL && k->pub->pkey != NULL)
		fits = EVP_PKEY_eq(other->pkey, k->pub->pkey) == 1;
	sm_pubkey_free(other);
	return fits;
}
