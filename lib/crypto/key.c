#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/key_object.h>
#include <crypto/pubkey_impl.h>

#include <stdio.h>

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

int
sm_sha256(uint8_t out[32], struct sm_bytes in)
{
	struct sm_digest_value d;

	SM_TRY(sm_digest(&d, SM_SHA256, in));
	memcpy(out, d.data, 32);
	return SM_OK;
}

int
sm_key_sha256(uint8_t out[32], const struct sm_key *k)
{
	return sm_sha256(out, sm_key_spki(k));
}

const struct sm_pubkey *
sm_key_public(const struct sm_key *k)
{
	return k->pub;
}

int
sm_key_to_pkcs8(struct sm_buf *out_secret, struct sm_key *k,
    struct sm_error *err)
{
	int rc;

	if (k->not_exportable)
		return sm_error_set(err, SM_E_POLICY, "key-not-exportable", NULL,
		    "The private key was made not exportable: it stays where it "
		    "is. Make a new key where one is needed elsewhere.");
	if (k->ops->pkcs8 == NULL)
		return sm_error_set(err, SM_E_UNSUPPORTED, "key-elsewhere", NULL,
		    "The private key lives in a token, or is of a kind that is "
		    "not written to files.");
	rc = k->ops->pkcs8(k, out_secret, err);
	return rc == 0 ? SM_OK : sm_error_set(err, rc, "key-write", NULL,
	    "The private key could not be written: %s.", sm_status_name(rc));
}

bool
sm_key_can_sign(const struct sm_key *k)
{
	return k->type == SM_KEY_RSA || k->type == SM_KEY_RSA_PSS ||
	    k->type == SM_KEY_EC || k->type == SM_KEY_ED25519 ||
	    k->type == SM_KEY_ED448;
}

static bool
type_decrypts(enum sm_key_type type)
{
	return type == SM_KEY_RSA || type == SM_KEY_EC ||
	    type == SM_KEY_X25519 || type == SM_KEY_X448;
}

bool
sm_key_can_decrypt(const struct sm_key *k)
{
	return type_decrypts(k->type);
}

static const char *
key_word(enum sm_key_type type)
{
	switch (type) {
	case SM_KEY_RSA:
		return "rsa";
	case SM_KEY_RSA_PSS:
		return "rsa-pss";
	case SM_KEY_ED25519:
		return "ed25519";
	case SM_KEY_ED448:
		return "ed448";
	case SM_KEY_X25519:
		return "x25519";
	case SM_KEY_X448:
		return "x448";
	case SM_KEY_DSA:
		return "dsa";
	default:
		return "other";
	}
}

static void
pubkey_kind(char *out, size_t size, const struct sm_pubkey *pub)
{
	enum sm_key_type type = sm_pubkey_type(pub);
	const char *curve = sm_pubkey_curve(pub);
	const char *word = curve != NULL ? curve : key_word(type);
	char text[64];
	size_t i;

	if (type == SM_KEY_RSA || type == SM_KEY_RSA_PSS)
		(void)snprintf(text, sizeof(text), "%s-%u", word,
		    sm_pubkey_bits(pub));
	else
		(void)snprintf(text, sizeof(text), "%s", word);
	/* "P-256" is "p-256" here. */
	for (i = 0; text[i] != '\0'; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] - 'A' + 'a');
	(void)snprintf(out, size, "%s", text);
}

void
sm_key_kind(char *out, size_t size, const struct sm_key *k)
{
	pubkey_kind(out, size, k->pub);
}

int
sm_spki_kind(char *out, size_t size, bool *encrypts, struct sm_bytes spki)
{
	struct sm_error ignored = SM_ERROR_INIT;
	struct sm_pubkey *pub = NULL;
	int rc = sm_pubkey_new(&pub, spki, &ignored);

	*encrypts = rc == 0 && type_decrypts(sm_pubkey_type(pub));
	if (rc == 0)
		pubkey_kind(out, size, pub);
	else
		(void)snprintf(out, size, "unknown");
	sm_pubkey_free(pub);
	return rc;
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
