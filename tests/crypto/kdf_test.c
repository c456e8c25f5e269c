#include "test.h"

#include <crypto/cipher.h>

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

static void
x963_gives_the_known_answer(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;

	(void)state;
	/* NIST CAVP, ANSI X9.63, SHA-256 */
	assert_ok(sm_kdf_x963(&out, 16, SM_SHA256,
	    hex("96c05619d56c328ab95fe84b18264b08725b85e33fd34f08"),
	    sm_bytes(NULL, 0)));
	assert_bytes(sm_buf_bytes(&out), hex("443024c3dae66b95e6f5670601558f71"));
	sm_buf_free(&out);
}

/* The same by libcrypto: X963KDF, and SSKDF for KDF3. */
static void
judge_kdf(struct sm_buf *out, const char *name, const char *digest, size_t len,
    struct sm_bytes secret, struct sm_bytes info)
{
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, name, NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	OSSL_PARAM p[4] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST,
		    (char *)(uintptr_t)digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
		    (void *)(uintptr_t)secret.data, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO,
		    (void *)(uintptr_t)info.data, info.len),
		OSSL_PARAM_construct_end()
	};

	sm_buf_clear(out);
	assert_ok(sm_buf_resize(out, len));
	assert_int_equal(EVP_KDF_derive(ctx, out->data, len, p), 1);
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
}

static void
kdf2_and_kdf3_are_those_of_libcrypto_at_every_length(void **state)
{
	struct sm_bytes secret = LIT("a shared secret"), info = LIT("and info");
	struct sm_buf mine = SM_BUF_INIT, theirs = SM_BUF_INIT;
	size_t len;

	(void)state;
	for (len = 1; len < 200; len += 13) {
		judge_kdf(&theirs, "X963KDF", "SHA384", len, secret, info);
		sm_buf_clear(&mine);
		assert_ok(sm_kdf_x963(&mine, len, SM_SHA384, secret, info));
		assert_bytes(sm_buf_bytes(&mine), sm_buf_bytes(&theirs));
		judge_kdf(&theirs, "SSKDF", "SHA256", len, secret, info);
		sm_buf_clear(&mine);
		assert_ok(sm_kdf3(&mine, len, SM_SHA256, secret, info));
		assert_bytes(sm_buf_bytes(&mine), sm_buf_bytes(&theirs));
	}
	sm_buf_free(&mine);
	sm_buf_free(&theirs);
}

static void
hkdf_of_nothing_is_defined(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	struct sm_bytes none = { NULL, 0 };

	(void)state;
	/* RFC 5869 test case 3: no salt, no info */
	assert_ok(sm_hkdf(&out, 42, SM_SHA256,
	    hex("0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b0b"), none, none));
	assert_bytes(sm_buf_bytes(&out), hex("8da4e775a563c18f715f802a063c5a31b8"
	    "a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8"));
	sm_buf_clear(&out);
	assert_int_equal(sm_hkdf(&out, 255 * 32 + 1, SM_SHA256, LIT("k"), none,
	    none), SM_E_USAGE);
	assert_ok(sm_hkdf(&out, 255 * 32, SM_SHA256, LIT("k"), none, none));
	assert_int_equal(sm_hkdf(&out, 0, SM_SHA256, LIT("k"), none, none),
	    SM_E_USAGE);
	sm_buf_free(&out);
}

static void
hmac_takes_empty_keys_and_messages(void **state)
{
	struct sm_buf out = SM_BUF_INIT;
	struct sm_bytes none = { NULL, 0 };

	(void)state;
	assert_ok(sm_hmac(&out, SM_SHA256, none, none));
	assert_bytes(sm_buf_bytes(&out), hex("b613679a0814d9ec772f95d778c35fc5ff"
	    "1697c493715653c6c712144292c5ad"));
	assert_int_equal(sm_hmac(&out, SM_ALG_NONE, none, none), SM_E_USAGE);
	assert_int_equal(sm_hmac(&out, SM_AES128_CBC, none, none), SM_E_USAGE);
	sm_buf_free(&out);
}

static void
pbkdf2_takes_what_old_mail_has_and_no_absurd_counts(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	struct sm_bytes none = { NULL, 0 };

	(void)state;
	/* RFC 3211 section 3: 64-bit salt, 5 iterations, HMAC-SHA1 */
	assert_ok(sm_pbkdf2(&out, 8, SM_SHA1, LIT("password"),
	    hex("1234567878563412"), 5));
	assert_bytes(sm_buf_bytes(&out), hex("D1DAA78615F287E6"));
	sm_buf_clear(&out);
	assert_ok(sm_pbkdf2(&out, 8, SM_SHA1, none, none, 1));
	assert_int_equal(sm_pbkdf2(&out, 8, SM_SHA1, none, none, 0), SM_E_USAGE);
	assert_int_equal(sm_pbkdf2(&out, 8, SM_SHA1, none, none, UINT64_MAX),
	    SM_E_USAGE);
	assert_int_equal(sm_pbkdf2(&out, 8, SM_SHA1, none, none,
	    UINT64_C(0x100000001)), SM_E_USAGE);
	sm_buf_free(&out);
}

static void
cek_hkdf_is_that_of_rfc_9709(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;

	(void)state;
	/* by another program, from the text of section 2 */
	assert_ok(sm_cek_hkdf(&out, hex("000102030405060708090a0b0c0d0e0f"
	    "101112131415161718191a1b1c1d1e1f"), hex("301e06096086480165030401"
	    "2e3011040c000102030405060708090a0b020110")));
	assert_bytes(sm_buf_bytes(&out), hex("3ac6dd0d7d27a8498f754d82c865c42310"
	    "bbf785bb45ceb4c8724cbda3720e94"));
	sm_buf_free(&out);
}

static void
what_was_in_the_buffer_stays(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;

	(void)state;
	assert_ok(sm_buf_append_str(&out, "before"));
	assert_ok(sm_kdf_x963(&out, 10, SM_SHA256, LIT("s"), LIT("i")));
	assert_ok(sm_hkdf(&out, 10, SM_SHA256, LIT("s"), LIT("t"), LIT("i")));
	assert_ok(sm_hmac(&out, SM_SHA1, LIT("k"), LIT("m")));
	assert_int_equal(out.len, 6 + 10 + 10 + 20);
	assert_memory_equal(out.data, "before", 6);
	assert_int_equal(sm_kdf3(&out, 1 << 20, SM_SHA256, LIT("s"), LIT("i")),
	    SM_E_USAGE);
	assert_int_equal(out.len, 46);
	sm_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(x963_gives_the_known_answer),
		cmocka_unit_test(
		    kdf2_and_kdf3_are_those_of_libcrypto_at_every_length),
		cmocka_unit_test(hkdf_of_nothing_is_defined),
		cmocka_unit_test(hmac_takes_empty_keys_and_messages),
		cmocka_unit_test(
		    pbkdf2_takes_what_old_mail_has_and_no_absurd_counts),
		cmocka_unit_test(cek_hkdf_is_that_of_rfc_9709),
		cmocka_unit_test(what_was_in_the_buffer_stays),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
