#include <base/try.h>
#include <crypto/cipher_impl.h>
#include <crypto/ct.h>

/* Does the block end in PKCS#7 padding (RFC 5652 section 6.3)? *pad is its length.
 * Which byte was wrong takes no part in the time: the answer as a whole is all
 * that a padding oracle could learn, and the caller gives one error for every
 * cause. */
static bool
cbc_padding(const uint8_t *last, size_t block, size_t *pad)
{
	uint32_t size = (uint32_t)block, n = last[size - 1];
	uint32_t bad, i;

	bad = sm_ct_is_zero(n) | sm_ct_less(size, n);
	for (i = 0; i < size; i++)
		bad |= sm_ct_less(i, n) & (last[size - 1 - i] ^ n);
	*pad = n;
	return sm_ct_is_zero(bad) != 0;
}

int
sm_cbc_decrypt(struct sm_cipher *c, struct sm_bytes in,
    const struct sm_sink *out)
{
	size_t block = c->block;
	size_t n, emit, from;
	int got = 0;

	if (EVP_CipherUpdate(c->ctx, c->buf + block, &got, in.data,
		(int)in.len) != 1)
		return sm_evp_failure();
	n = (size_t)got;
	if (n == 0)
		return SM_OK;
	/* buf is: the block held so far (or nothing), then n new bytes. The last
	 * block of it is held back: it may be the padding. */
	from = c->holding ? 0 : block;
	emit = c->holding ? n : n - block;
	SM_TRY(sm_sink_write(out, sm_bytes(c->buf + from, emit)));
	memmove(c->buf, c->buf + n, block);
	c->holding = true;
	return SM_OK;
}

int
sm_cbc_decrypt_finish(struct sm_cipher *c, const struct sm_sink *out)
{
	size_t pad;

	if (!c->holding || c->total % c->block != 0)
		return SM_E_AUTH;
	if (!cbc_padding(c->buf, c->block, &pad))
		return SM_E_AUTH;
	return sm_sink_write(out, sm_bytes(c->buf, c->block - pad));
}
