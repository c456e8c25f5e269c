/* The vectors of Wycheproof through our own calls. "valid" must pass and "invalid"
 * must be refused; what we do with "acceptable" is said where it occurs. */
#include "wycheproof.h"

#include <crypto/cipher.h>

static bool
decrypts(const struct sm_cipher_params *p, const char *line, uint8_t *tag,
    size_t tag_len)
{
	struct sm_bytes ct = bytes_of(line, "ct"), msg = bytes_of(line, "msg");
	struct sm_buf out = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&out);
	struct sm_cipher *c = NULL;
	int rc;

	rc = sm_cipher_new(&c, SM_DECRYPT, p, bytes_of(line, "key"),
	    bytes_of(line, "aad"), true, ct.len, NULL);
	if (rc == 0)
		rc = sm_cipher_update(c, ct, &sink);
	if (rc == 0)
		rc = sm_cipher_finish(c, tag, tag_len, &sink);
	sm_cipher_free(c);
	if (rc == 0 && !sm_bytes_equal(sm_buf_bytes(&out), msg))
		rc = SM_E_AUTH;
	sm_buf_free(&out);
	return rc == 0;
}

static struct sm_cipher_params
params_of(const char *line, enum sm_alg_id a128, enum sm_alg_id a192,
    enum sm_alg_id a256)
{
	size_t bits = number_of(line, "keySize");
	struct sm_bytes iv = bytes_of(line, "iv");
	struct sm_cipher_params p;

	memset(&p, 0, sizeof(p));
	p.alg = sm_alg_get(bits == 128 ? a128 : bits == 192 ? a192 : a256);
	p.iv_len = iv.len;
	if (iv.len <= sizeof(p.iv))
		memcpy(p.iv, iv.data, iv.len);
	return p;
}

static void
one_cbc(struct run *r, const char *line)
{
	struct sm_cipher_params p = params_of(line, SM_AES128_CBC,
	    SM_AES192_CBC, SM_AES256_CBC);

	judge(r, line, decrypts(&p, line, NULL, 0));
}

static void
cbc_padding_is_checked(void **state)
{
	(void)state;
	run_file("aes_cbc_pkcs5", one_cbc, 0);
}

/* Nonces of other lengths than 12 are valid for GCM, but not in mail. */
static void
one_gcm(struct run *r, const char *line)
{
	struct sm_cipher_params p = params_of(line, SM_AES128_GCM,
	    SM_AES192_GCM, SM_AES256_GCM);
	struct sm_bytes tag = bytes_of(line, "tag");
	uint8_t room[16];
	bool passed;

	assert_int_equal(tag.len, 16);
	memcpy(room, tag.data, 16);
	p.tag_len = 16;
	passed = decrypts(&p, line, room, 16);
	if (p.iv_len == 12) {
		judge(r, line, passed);
	} else {
		r->count++;
		r->wrong += passed ? 1 : 0;
	}
}

static void
gcm_tags_are_checked_and_other_nonces_than_twelve_bytes_refused(void **state)
{
	(void)state;
	run_file("aes_gcm", one_gcm, 0);
}

/* "acceptable": keys shorter than two blocks, which RFC 3394 does not have. */
static void
one_wrap(struct run *r, const char *line)
{
	size_t bits = number_of(line, "keySize");
	enum sm_alg_id alg = bits == 128 ? SM_AES128_WRAP :
	    bits == 192 ? SM_AES192_WRAP : SM_AES256_WRAP;
	struct sm_bytes key = bytes_of(line, "key"), ct = bytes_of(line, "ct");
	struct sm_bytes msg = bytes_of(line, "msg");
	struct sm_buf out = SM_BUF_SECRET_INIT, again = SM_BUF_INIT;
	bool passed = sm_unwrap(&out, alg, key, ct) == 0 &&
	    sm_bytes_equal(sm_buf_bytes(&out), msg);

	if (passed) {
		assert_ok(sm_wrap(&again, alg, key, sm_buf_bytes(&out)));
		assert_bytes(sm_buf_bytes(&again), ct);
	}
	judge(r, line, passed);
	sm_buf_free(&again);
	sm_buf_free(&out);
}

static void
aes_wraps_are_undone_only_when_whole(void **state)
{
	(void)state;
	run_file("aes_wrap", one_wrap, 0);
}

static void
one_hkdf(struct run *r, const char *line)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	int rc = sm_hkdf(&out, number_of(line, "size"), SM_SHA256,
	    bytes_of(line, "ikm"), bytes_of(line, "salt"),
	    bytes_of(line, "info"));

	judge(r, line, rc == 0 &&
	    sm_bytes_equal(sm_buf_bytes(&out), bytes_of(line, "okm")));
	sm_buf_free(&out);
}

static void
hkdf_gives_the_known_answers_and_ends_at_its_limit(void **state)
{
	(void)state;
	run_file("hkdf_sha256", one_hkdf, 0);
}

static void
one_hmac(struct run *r, const char *line)
{
	struct sm_buf out = SM_BUF_INIT;

	assert_ok(sm_hmac(&out, SM_SHA256, bytes_of(line, "key"),
	    bytes_of(line, "msg")));
	judge(r, line, sm_bytes_equal(
	    sm_bytes_first(sm_buf_bytes(&out), number_of(line, "tagSize") / 8),
	    bytes_of(line, "tag")));
	sm_buf_free(&out);
}

static void
hmac_gives_the_known_answers(void **state)
{
	(void)state;
	run_file("hmac_sha256", one_hmac, 0);
}

static void
one_pbkdf2(struct run *r, const char *line)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;

	assert_ok(sm_pbkdf2(&out, number_of(line, "dkLen"), SM_SHA256,
	    bytes_of(line, "password"), bytes_of(line, "salt"),
	    number_of(line, "iterationCount")));
	judge(r, line,
	    sm_bytes_equal(sm_buf_bytes(&out), bytes_of(line, "dk")));
	sm_buf_free(&out);
}

static void
pbkdf2_gives_the_known_answers(void **state)
{
	(void)state;
	run_file("pbkdf2_hmacsha256", one_pbkdf2, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cbc_padding_is_checked),
		cmocka_unit_test(
		    gcm_tags_are_checked_and_other_nonces_than_twelve_bytes_refused),
		cmocka_unit_test(aes_wraps_are_undone_only_when_whole),
		cmocka_unit_test(
		    hkdf_gives_the_known_answers_and_ends_at_its_limit),
		cmocka_unit_test(hmac_gives_the_known_answers),
		cmocka_unit_test(pbkdf2_gives_the_known_answers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
