#include "test.h"

#include <crypto/cipher.h>

/* RFC 3394 section 4. */
static const struct {
	enum sm_alg_id alg;
	const char *kek, *key, *wrapped;
} aes[] = {
	{ SM_AES128_WRAP, "000102030405060708090A0B0C0D0E0F",
	    "00112233445566778899AABBCCDDEEFF",
	    "1FA68B0A8112B447AEF34BD8FB5A7B829D3E862371D2CFE5" },
	{ SM_AES192_WRAP, "000102030405060708090A0B0C0D0E0F1011121314151617",
	    "00112233445566778899AABBCCDDEEFF",
	    "96778B25AE6CA435F92B5B97C050AED2468AB8A17AD84E5D" },
	{ SM_AES256_WRAP, "000102030405060708090A0B0C0D0E0F"
			  "101112131415161718191A1B1C1D1E1F",
	    "00112233445566778899AABBCCDDEEFF",
	    "64E8C3F9CE0F5BA263E9777905818A2A93C8191E7D6E8AE7" },
	{ SM_AES256_WRAP, "000102030405060708090A0B0C0D0E0F"
			  "101112131415161718191A1B1C1D1E1F",
	    "00112233445566778899AABBCCDDEEFF000102030405060708090A0B0C0D0E0F",
	    "28C9F404C4B810F4CBCCB35CFB87F8263F5786E2D80ED326CBC7F0E71A99F43B"
	    "FB988B9B7A02DD21" },
};

static void
aes_wrap_gives_the_answers_of_rfc_3394(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(aes) / sizeof(aes[0]); i++) {
		sm_buf_clear(&out);
		assert_ok(sm_wrap(&out, aes[i].alg, hex(aes[i].kek),
		    hex(aes[i].key)));
		assert_bytes(sm_buf_bytes(&out), hex(aes[i].wrapped));
		sm_buf_clear(&out);
		assert_ok(sm_unwrap(&out, aes[i].alg, hex(aes[i].kek),
		    hex(aes[i].wrapped)));
		assert_bytes(sm_buf_bytes(&out), hex(aes[i].key));
	}
	sm_buf_free(&out);
}

/* RFC 3217 section 3.4. */
static const char des3_kek[] =
    "255e0d1c07b646dfb3134cc843ba8aa71f025b7c0838251f";
static const char des3_key[] =
    "2923bf85e06dd6ae529149f1f1bae9eab3a7da3d860d3e98";
static const char des3_wrapped[] =
    "690107618ef092b3b48ca1796b234ae9fa33ebb4159604037db5d6a84eb3aac2768c6327"
    "75a467d4";

static void
des3_wrap_gives_the_answer_of_rfc_3217(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT, back = SM_BUF_SECRET_INIT;

	(void)state;
	assert_ok(sm_unwrap(&out, SM_DES3_WRAP, hex(des3_kek),
	    hex(des3_wrapped)));
	assert_bytes(sm_buf_bytes(&out), hex(des3_key));
	sm_buf_clear(&out);
	assert_ok(sm_wrap(&out, SM_DES3_WRAP, hex(des3_kek), hex(des3_key)));
	assert_int_equal(out.len, 40);
	assert_ok(sm_unwrap(&back, SM_DES3_WRAP, hex(des3_kek),
	    sm_buf_bytes(&out)));
	assert_bytes(sm_buf_bytes(&back), hex(des3_key));
	sm_buf_free(&out);
	sm_buf_free(&back);
}

static void
every_changed_bit_of_a_wrapped_key_is_noticed(void **state)
{
	struct sm_buf out = SM_BUF_SECRET_INIT;
	uint8_t room[64];
	struct sm_bytes w;
	size_t bit;

	(void)state;
	w = hex(aes[0].wrapped);
	for (bit = 0; bit < w.len * 8; bit++) {
		memcpy(room, w.data, w.len);
		room[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sm_unwrap(&out, SM_AES128_WRAP,
		    hex(aes[0].kek), sm_bytes(room, w.len)), SM_E_AUTH);
		w = hex(aes[0].wrapped);
	}
	w = hex(des3_wrapped);
	for (bit = 0; bit < w.len * 8; bit++) {
		memcpy(room, w.data, w.len);
		room[bit / 8] ^= (uint8_t)(1 << bit % 8);
		assert_int_equal(sm_unwrap(&out, SM_DES3_WRAP, hex(des3_kek),
		    sm_bytes(room, w.len)), SM_E_AUTH);
		w = hex(des3_wrapped);
	}
	assert_int_equal(out.len, 0);
	sm_buf_free(&out);
}

static void
wrapped_keys_of_impossible_lengths_are_refused(void **state)
{
	static const uint8_t room[2048];
	struct sm_buf out = SM_BUF_SECRET_INIT;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(room); n++) {
		assert_int_equal(sm_unwrap(&out, SM_AES256_WRAP,
		    sm_bytes(room, 32), sm_bytes(room, n)), SM_E_AUTH);
		assert_int_equal(sm_unwrap(&out, SM_DES3_WRAP,
		    sm_bytes(room, 24), sm_bytes(room, n)), SM_E_AUTH);
		if (n % 8 != 0 || n < 16 || n > 1024)
			assert_int_equal(sm_wrap(&out, SM_AES256_WRAP,
			    sm_bytes(room, 32), sm_bytes(room, n)), SM_E_USAGE);
		if (n != 24)
			assert_int_equal(sm_wrap(&out, SM_DES3_WRAP,
			    sm_bytes(room, 24), sm_bytes(room, n)), SM_E_USAGE);
		if (n != 32)
			assert_int_equal(sm_unwrap(&out, SM_AES256_WRAP,
			    sm_bytes(room, n), sm_bytes(room, 40)), SM_E_USAGE);
	}
	assert_int_equal(sm_unwrap(&out, SM_PWRI_KEK, sm_bytes(room, 16),
	    sm_bytes(room, 32)), SM_E_USAGE);
	assert_int_equal(sm_unwrap(&out, SM_SHA256, sm_bytes(room, 16),
	    sm_bytes(room, 32)), SM_E_USAGE);
	assert_int_equal(out.len, 0);
	sm_buf_free(&out);
}

static struct sm_cipher_params
inner(enum sm_alg_id alg, const char *iv)
{
	struct sm_cipher_params p;
	struct sm_bytes b = hex(iv);

	memset(&p, 0, sizeof(p));
	p.alg = sm_alg_get(alg);
	p.iv_len = b.len;
	memcpy(p.iv, b.data, b.len);
	p.rc2_bits = 128;
	return p;
}

/* RFC 3211 section 3. */
static void
pwri_gives_the_answers_of_rfc_3211(void **state)
{
	struct sm_cipher_params p = inner(SM_DES_CBC, "EFE598EF21B33D6D");
	struct sm_buf out = SM_BUF_SECRET_INIT;

	(void)state;
	if (sm_alg_available(SM_DES_CBC)) {
		assert_ok(sm_pwri_unwrap(&out, &p, hex("D1DAA78615F287E6"),
		    hex("B81B2565EE373CA6DEDCA26A178B0C10")));
		assert_bytes(sm_buf_bytes(&out), hex("8C627C897323A2F8"));
	}
	p = inner(SM_DES3_CBC, "BAF1CA7931213C4E");
	sm_buf_clear(&out);
	assert_ok(sm_pwri_unwrap(&out, &p,
	    hex("6A8970BF68C92CAEA84A8DF28510858607126380CC47AB2D"),
	    hex("C03C514ABDB9E2C5AAC038572B5E24553876B377AAFB82ECA5A9D73F8AB143"
		"D9EC74E6CAD7DB260C")));
	assert_bytes(sm_buf_bytes(&out), hex("8C637D887223A2F965B566EB014B0FA5D5"
	    "2300A3F7EA40FFFC577203C71BAF3B"));
	sm_buf_free(&out);
}

static void
pwri_gives_back_keys_of_every_length(void **state)
{
	struct sm_cipher_params p = inner(SM_AES256_CBC,
	    "000102030405060708090a0b0c0d0e0f");
	struct sm_buf out = SM_BUF_SECRET_INIT, back = SM_BUF_SECRET_INIT;
	uint8_t key[300], kek[32] = { 9 };
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(key); n++)
		key[n] = (uint8_t)(n * 3 + 1);
	for (n = 0; n < sizeof(key); n++) {
		sm_buf_clear(&out);
		sm_buf_clear(&back);
		if (n < 8 || n > 255) {
			assert_int_equal(sm_pwri_wrap(&out, &p,
			    sm_bytes(kek, 32), sm_bytes(key, n)), SM_E_USAGE);
			continue;
		}
		assert_ok(sm_pwri_wrap(&out, &p, sm_bytes(kek, 32),
		    sm_bytes(key, n)));
		assert_true(out.len % 16 == 0 && out.len >= 32);
		assert_ok(sm_pwri_unwrap(&back, &p, sm_bytes(kek, 32),
		    sm_buf_bytes(&out)));
		assert_bytes(sm_buf_bytes(&back), sm_bytes(key, n));
	}
	sm_buf_free(&out);
	sm_buf_free(&back);
}

/* CVE-2025-9230: one in 2^24 of wrong keys passes the check bytes, so that the
 * count must be measured against what is there. Here every block is tried that
 * decrypts to a right check with a wrong count. */
static void
pwri_does_not_believe_the_count(void **state)
{
	struct sm_cipher_params p = inner(SM_AES128_CBC,
	    "00000000000000000000000000000000");
	struct sm_cipher *c;
	struct sm_sink sink;
	struct sm_buf once = SM_BUF_INIT, twice = SM_BUF_INIT;
	struct sm_buf out = SM_BUF_SECRET_INIT;
	struct sm_cipher_params second = p;
	uint8_t plain[32] = { 0 }, kek[16] = { 1 };
	unsigned count;
	int rc;

	(void)state;
	for (count = 0; count < 256; count++) {
		plain[0] = (uint8_t)count;
		plain[1] = plain[2] = plain[3] = 0xff; /* the key begins 000000 */
		sm_buf_clear(&once);
		sm_buf_clear(&twice);
		sink = sm_buf_sink(&once);
		assert_ok(sm_cipher_new(&c, SM_ENCRYPT, &p, sm_bytes(kek, 16),
		    sm_bytes(NULL, 0), false, 0, NULL));
		assert_ok(sm_cipher_update(c, sm_bytes(plain, 32), &sink));
		sm_cipher_free(c);
		assert_int_equal(once.len, 32);
		memcpy(second.iv, once.data + 16, 16);
		sink = sm_buf_sink(&twice);
		assert_ok(sm_cipher_new(&c, SM_ENCRYPT, &second,
		    sm_bytes(kek, 16), sm_bytes(NULL, 0), false, 0, NULL));
		assert_ok(sm_cipher_update(c, sm_buf_bytes(&once), &sink));
		sm_cipher_free(c);
		sm_buf_clear(&out);
		rc = sm_pwri_unwrap(&out, &p, sm_bytes(kek, 16),
		    sm_buf_bytes(&twice));
		if (count >= 8 && count <= 28) {
			assert_int_equal(rc, 0);
			assert_int_equal(out.len, count);
		} else {
			assert_int_equal(rc, SM_E_AUTH);
			assert_int_equal(out.len, 0);
		}
	}
	sm_buf_free(&once);
	sm_buf_free(&twice);
	sm_buf_free(&out);
}

static void
pwri_refuses_impossible_lengths_and_ciphers(void **state)
{
	static const uint8_t room[1024];
	struct sm_cipher_params p = inner(SM_AES128_CBC,
	    "00000000000000000000000000000000");
	struct sm_buf out = SM_BUF_SECRET_INIT;
	size_t n;

	(void)state;
	for (n = 0; n < sizeof(room); n++)
		if (n % 16 != 0 || n < 32 || n > 512)
			assert_int_equal(sm_pwri_unwrap(&out, &p,
			    sm_bytes(room, 16), sm_bytes(room, n)), SM_E_AUTH);
	assert_int_equal(sm_pwri_unwrap(&out, &p, sm_bytes(room, 24),
	    sm_bytes(room, 32)), SM_E_USAGE);
	p = inner(SM_AES128_GCM, "000000000000000000000000");
	p.tag_len = 16;
	assert_int_equal(sm_pwri_unwrap(&out, &p, sm_bytes(room, 16),
	    sm_bytes(room, 32)), SM_E_USAGE);
	sm_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(aes_wrap_gives_the_answers_of_rfc_3394),
		cmocka_unit_test(des3_wrap_gives_the_answer_of_rfc_3217),
		cmocka_unit_test(every_changed_bit_of_a_wrapped_key_is_noticed),
		cmocka_unit_test(wrapped_keys_of_impossible_lengths_are_refused),
		cmocka_unit_test(pwri_gives_the_answers_of_rfc_3211),
		cmocka_unit_test(pwri_gives_back_keys_of_every_length),
		cmocka_unit_test(pwri_does_not_believe_the_count),
		cmocka_unit_test(pwri_refuses_impossible_lengths_and_ciphers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
