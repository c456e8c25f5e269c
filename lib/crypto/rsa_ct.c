/* RSA decryption of keys, in constant time. Exports sm_key_rsa_pkcs1,
 * sm_key_rsa_oaep and sm_key_rsa_kem.
 *
 * Raw RSA comes from the key object; what follows looks at every byte of the
 * result in the same way whatever it holds (Bleichenbacher 1998, Manger 2001,
 * Marvin: CVE-2022-4304). libcrypto before 3.2 has no implicit rejection, so
 * PKCS#1 v1.5 is taken apart here in every version. */
#include <base/try.h>
#include <crypto/cipher.h>
#include <crypto/ct.h>
#include <crypto/key_object.h>
#include <crypto/pubkey_impl.h>

enum {
	RSA_PKCS1_OVERHEAD = 11, /* RFC 8017 section 7.2.1 */
};

/* em = c^d; one status for every fault of the ciphertext. */
static int
rsa_ct_raw(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	if (k->type != SM_KEY_RSA || k->ops->rsa_raw == NULL)
		return SM_E_USAGE;
	if (c.len != sm_pubkey_rsa_bytes(k->pub))
		return SM_E_AUTH;
	SM_TRY(k->ops->rsa_raw(k, em, c));
	return em->len == c.len ? SM_OK : SM_E_CRYPTO;
}

/* A place that does no raw RSA took the padding off itself: put back what says the
 * same, so that from here on a good message and a bad one go one way. */
static int
rsa_ct_rebuild(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	struct sm_buf message = SM_BUF_SECRET_INIT;
	size_t len = sm_pubkey_rsa_bytes(k->pub);
	int rc;

	sm_buf_clear(em);
	SM_TRY_OUT(sm_buf_resize(em, len)); /* zeros: no padding at all */
	SM_TRY_OUT(k->ops->rsa_padded(k, &message, NULL, c));
	if (message.len + RSA_PKCS1_OVERHEAD > len) {
		rc = SM_E_CRYPTO;
		goto out;
	}
	em->data[1] = 2;
	memset(em->data + 2, 0xff, len - 3 - message.len);
	memcpy(em->data + len - message.len, message.data, message.len);
out:
	sm_buf_free(&message);
	return rc == SM_E_AUTH ? SM_OK : rc;
}

/* em of a PKCS#1 v1.5 ciphertext, by whichever way there is. */
static int
rsa_ct_pkcs1_em(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	int rc = rsa_ct_raw(k, em, c);

	return rc == SM_E_UNSUPPORTED && k->ops->rsa_padded != NULL ?
	    rsa_ct_rebuild(k, em, c) : rc;
}

/* What is answered instead of the message: HMAC-SHA256 in counter mode (the
 * expand step of RFC 5869) with the ciphertext as context. */
static int
rsa_ct_reject(struct sm_buf *out, const struct sm_key *k, struct sm_bytes c,
    size_t len)
{
	struct sm_buf in = SM_BUF_INIT, block = SM_BUF_SECRET_INIT;
	struct sm_bytes part;
	uint8_t counter = 0;
	int rc;

	SM_TRY(sm_buf_append(&in, c));
	SM_TRY_OUT(sm_buf_append_byte(&in, 0));
	while (out->len < len) {
		in.data[in.len - 1] = ++counter;
		sm_buf_clear(&block);
		SM_TRY_OUT(sm_hmac(&block, SM_SHA256,
		    sm_bytes(k->reject, sizeof(k->reject)), sm_buf_bytes(&in)));
		part = sm_bytes_first(sm_buf_bytes(&block), len - out->len);
		SM_TRY_OUT(sm_buf_append(out, part));
	}
out:
	sm_buf_free(&block);
	sm_buf_free(&in);
	return rc;
}

/* Is em = 00 02, nonzero bytes, 00, and then exactly len bytes? */
static uint32_t
rsa_ct_pkcs1_good(const uint8_t *em, size_t em_len, size_t len)
{
	size_t separator = em_len - len - 1, i;
	uint32_t good;

	good = sm_ct_is_zero(em[0]) & sm_ct_equal(em[1], 2) &
	    sm_ct_is_zero(em[separator]);
	for (i = 2; i < separator; i++)
		good &= ~sm_ct_is_zero(em[i]);
	return good;
}

int
sm_key_rsa_pkcs1(struct sm_key *k, struct sm_buf *out, uint8_t *ok_mask,
    struct sm_bytes c, size_t cek_len)
{
	struct sm_buf em = SM_BUF_SECRET_INIT, instead = SM_BUF_SECRET_INIT;
	const uint8_t *message;
	uint32_t good;
	size_t i;
	int rc;

	*ok_mask = 0;
	if (cek_len > 255 * 32 || cek_len + RSA_PKCS1_OVERHEAD >
	    sm_pubkey_rsa_bytes(k->pub))
		return SM_E_USAGE;
	SM_TRY_OUT(rsa_ct_pkcs1_em(k, &em, c));
	SM_TRY_OUT(rsa_ct_reject(&instead, k, c, cek_len));
	good = rsa_ct_pkcs1_good(em.data, em.len, cek_len);
	message = em.data + em.len - cek_len;
	for (i = 0; i < cek_len; i++)
		instead.data[i] = (uint8_t)sm_ct_select(good, message[i],
		    instead.data[i]);
	SM_TRY_OUT(sm_buf_append(out, sm_buf_bytes(&instead)));
	*ok_mask = (uint8_t)good;
out:
	sm_buf_free(&instead);
	sm_buf_free(&em);
	return rc;
}

/* data ^= MGF1(seed), RFC 8017 appendix B.2.1. */
static int
rsa_ct_mgf1(uint8_t *data, size_t len, enum sm_alg_id digest,
    struct sm_bytes seed)
{
	struct sm_buf in = SM_BUF_SECRET_INIT;
	struct sm_digest_value block;
	uint32_t counter;
	size_t done = 0, i;
	int rc;

	SM_TRY_OUT(sm_buf_append(&in, seed));
	SM_TRY_OUT(sm_buf_resize(&in, seed.len + 4));
	for (counter = 0; done < len; counter++) {
		in.data[seed.len + 2] = (uint8_t)(counter >> 8);
		in.data[seed.len + 3] = (uint8_t)counter;
		SM_TRY_OUT(sm_digest(&block, digest, sm_buf_bytes(&in)));
		for (i = 0; i < block.len && done < len; i++, done++)
			data[done] ^= block.data[i];
	}
out:
	sm_wipe(&block, sizeof(block));
	sm_buf_free(&in);
	return rc;
}

/* DB = lHash, zeros, 01, message. The mask of "good"; *start is the message's
 * place, of use only then. */
static uint32_t
rsa_ct_oaep_db(const uint8_t *db, size_t len,
    const struct sm_digest_value *label, size_t *start)
{
	uint32_t good = ~0u, looking = ~0u, at = 0, one, zero;
	size_t i;

	for (i = 0; i < label->len; i++)
		good &= sm_ct_equal(db[i], label->data[i]);
	for (; i < len; i++) {
		zero = sm_ct_is_zero(db[i]);
		one = sm_ct_equal(db[i], 1);
		at = sm_ct_select(looking & one, (uint32_t)i + 1, at);
		good &= ~looking | zero | one;
		looking &= ~one;
	}
	*start = at;
	return good & ~looking;
}

/* RFC 8017 section 7.1.2 steps 3b to 3g, in em itself. */
static int
rsa_ct_oaep_decode(struct sm_buf *out, struct sm_buf *em,
    enum sm_alg_id mgf_digest, const struct sm_digest_value *label)
{
	size_t hash = label->len, start;
	uint8_t *seed = em->data + 1, *db = seed + hash;
	size_t db_len = em->len - 1 - hash;
	uint32_t good;

	SM_TRY(rsa_ct_mgf1(seed, hash, mgf_digest, sm_bytes(db, db_len)));
	SM_TRY(rsa_ct_mgf1(db, db_len, mgf_digest, sm_bytes(seed, hash)));
	good = rsa_ct_oaep_db(db, db_len, label, &start) &
	    sm_ct_is_zero(em->data[0]);
	if (good == 0)
		return SM_E_AUTH;
	return sm_buf_append(out, sm_bytes(db + start, db_len - start));
}

/* libcrypto offers OAEP no XOF, and RFC 8702 defines none. */
static bool
rsa_ct_oaep_digest(enum sm_alg_id digest)
{
	return sm_alg_get(digest)->kind == SM_ALG_DIGEST &&
	    sm_alg_get(digest)->out_bytes > 0 && digest != SM_SHAKE128 &&
	    digest != SM_SHAKE256;
}

int
sm_key_rsa_oaep(struct sm_key *k, struct sm_buf *out, enum sm_alg_id digest,
    enum sm_alg_id mgf_digest, struct sm_bytes label, struct sm_bytes c)
{
	struct sm_buf em = SM_BUF_SECRET_INIT;
	struct sm_digest_value label_hash;
	int rc;

	if (!rsa_ct_oaep_digest(digest) || !rsa_ct_oaep_digest(mgf_digest))
		return SM_E_UNSUPPORTED;
	SM_TRY(sm_digest(&label_hash, digest, label));
	if (sm_pubkey_rsa_bytes(k->pub) < 2 * label_hash.len + 2)
		return SM_E_AUTH;
	rc = rsa_ct_raw(k, &em, c);
	if (rc == SM_E_UNSUPPORTED && k->ops->rsa_padded != NULL)
		rc = k->ops->rsa_padded(k, out, &(struct sm_rsa_oaep){ digest,
		    mgf_digest, label }, c);
	else if (rc == 0)
		rc = rsa_ct_oaep_decode(out, &em, mgf_digest, &label_hash);
	sm_buf_free(&em);
	return rc;
}

int
sm_key_rsa_kem(struct sm_key *k, struct sm_buf *z, struct sm_bytes c)
{
	struct sm_buf em = SM_BUF_SECRET_INIT;
	int rc;

	rc = rsa_ct_raw(k, &em, c);
	if (rc == 0)
		rc = sm_buf_append(z, sm_buf_bytes(&em));
	sm_buf_free(&em);
	return rc;
}
