/* RSASSA-PSS with SHAKE (RFC 8702 section 3.2.1): EMSA-PSS of RFC 8017 section
 * 9.1.2 with the SHAKE function itself as digest and as mask generator. Public
 * values only. */
#include <base/try.h>
#include <crypto/pubkey_impl.h>

enum {
	PSS_EM_MAX = 2048,  /* bytes of the largest modulus, 16384 bits */
	PSS_TRAILER = 0xbc,
	PSS_PREFIX = 8,     /* zero bytes before the digest in M' */
};

/* out = SHAKE(in), len bytes. */
static int
pss_shake_xof(uint8_t *out, size_t len, enum sm_alg_id shake,
    struct sm_bytes in)
{
	EVP_MD *md = NULL;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	int rc = SM_E_NOMEM;

	if (ctx == NULL)
		return rc;
	SM_TRY_OUT(sm_evp_digest(&md, shake));
	if (EVP_DigestInit_ex2(ctx, md, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, in.data, in.len) != 1 ||
	    EVP_DigestFinalXOF(ctx, out, len) != 1)
		rc = sm_evp_failure();
out:
	EVP_MD_CTX_free(ctx);
	EVP_MD_free(md);
	return rc;
}

/* DB after unmasking: zeros, 01, salt. */
static bool
pss_shake_db_good(const uint8_t *db, size_t zeros)
{
	uint8_t seen = 0;
	size_t i;

	for (i = 0; i < zeros; i++)
		seen |= db[i];
	return seen == 0 && db[zeros] == 1;
}

int
sm_pss_shake_verify(bool *good, enum sm_alg_id shake, struct sm_bytes em,
    unsigned key_bits, const struct sm_digest_value *digest)
{
	size_t hash = sm_alg_get(shake)->out_bytes, salt = hash, db_len, i;
	unsigned em_bits = key_bits - 1;
	uint8_t db[PSS_EM_MAX], m[PSS_PREFIX + 2 * SM_DIGEST_MAX] = { 0 };
	uint8_t mine[SM_DIGEST_MAX];
	const uint8_t *h;

	*good = false;
	if (em_bits % 8 == 0) { /* the number has one byte less than the key */
		if (em.len == 0 || em.data[0] != 0)
			return SM_OK;
		em = sm_bytes_skip(em, 1);
	}
	if (em.len < hash + salt + 2 || em.len > PSS_EM_MAX ||
	    digest->len != hash || em.data[em.len - 1] != PSS_TRAILER)
		return SM_OK;
	db_len = em.len - hash - 1;
	h = em.data + db_len;
	if (em_bits % 8 != 0 && (em.data[0] >> (em_bits % 8)) != 0)
		return SM_OK;
	SM_TRY(pss_shake_xof(db, db_len, shake, sm_bytes(h, hash)));
	for (i = 0; i < db_len; i++)
		db[i] ^= em.data[i];
	if (em_bits % 8 != 0)
		db[0] &= (uint8_t)(0xff >> (8 - em_bits % 8));
	if (!pss_shake_db_good(db, db_len - salt - 1))
		return SM_OK;
	memcpy(m + PSS_PREFIX, digest->data, hash);
	memcpy(m + PSS_PREFIX + hash, db + db_len - salt, salt);
	SM_TRY(pss_shake_xof(mine, hash, shake,
	    sm_bytes(m, PSS_PREFIX + hash + salt)));
	*good = memcmp(mine, h, hash) == 0;
	return SM_OK;
}
