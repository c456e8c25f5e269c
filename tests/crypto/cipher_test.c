#include "test.h"

#include <crypto/cipher.h>

#include <openssl/evp.h>
#include <stdio.h>

static const enum sm_alg_id every_cipher[] = { SM_AES128_CBC, SM_AES192_CBC,
	SM_AES256_CBC, SM_AES128_GCM, SM_AES192_GCM, SM_AES256_GCM,
	SM_AES128_CCM, SM_AES192_CCM, SM_AES256_CCM, SM_CHACHA20_POLY1305,
	SM_DES3_CBC, SM_DES_CBC, SM_RC2_CBC };
enum { CIPHERS = sizeof(every_cipher) / sizeof(every_cipher[0]) };

static const uint8_t key_room[32] = "0123456789abcdefghijklmnopqrstu";

static struct sm_cipher_params
params_for(enum sm_alg_id id)
{
	struct sm_cipher_params p;
	const struct sm_alg *a = sm_alg_get(id);
	size_t i;

	memset(&p, 0, sizeof(p));
	p.alg = a;
	p.iv_len = a->iv_bytes;
	p.tag_len = a->tag_bytes;
	p.rc2_bits = 128;
	for (i = 0; i < p.iv_len; i++)
		p.iv[i] = (uint8_t)(0xa0 + i);
	return p;
}

static struct sm_bytes
key_for(enum sm_alg_id id)
{
	size_t n = sm_alg_get(id)->key_bytes;

	return sm_bytes(key_room, n == 0 ? 16 : n);
}

/* One whole run; update gets pieces of cut bytes. */
static int
run(struct sm_buf *out, enum sm_cipher_dir dir, const struct sm_cipher_params *p,
    struct sm_bytes key, struct sm_bytes aad, struct sm_bytes in, size_t cut,
    uint8_t tag[16])
{
	struct sm_sink sink = { NULL, NULL };
	struct sm_cipher *c = NULL;
	int rc;

	if (out != NULL)
		sink = sm_buf_sink(out);
	rc = sm_cipher_new(&c, dir, p, key, aad, true, in.len, NULL);
	for (; rc == 0 && in.len > 0; in = sm_bytes_skip(in, cut))
		rc = sm_cipher_update(c, sm_bytes_first(in, cut),
		    out != NULL ? &sink : NULL);
	if (rc == 0)
		rc = sm_cipher_finish(c, p->tag_len > 0 ? tag : NULL,
		    p->tag_len, out != NULL ? &sink : NULL);
	sm_cipher_free(c);
	return rc;
}

static bool
here(enum sm_alg_id id)
{
	if (sm_alg_available(id))
		return true;
	print_message("%s is missing here\n", sm_alg_get(id)->name);
	return false;
}

static uint8_t big[300001];

static void
fill_big(void)
{
	size_t i;

	for (i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 131 + i / 256 * 17);
}

static void
every_cipher_gives_back_what_it_took_however_it_is_cut(void **state)
{
	static const size_t sizes[] = { 0, 1, 7, 8, 15, 16, 17, 31, 32, 65535,
		65536, 65537, 300001 };
	static const size_t cuts[] = { 1, 13, 16, 4096, 65536, 1 << 20 };
	struct sm_buf whole = SM_BUF_INIT, enc = SM_BUF_INIT, dec = SM_BUF_INIT;
	struct sm_cipher_params p;
	struct sm_bytes in, aad, key;
	uint8_t tag[16], tag2[16];
	size_t i, s, k;

	(void)state;
	fill_big();
	for (i = 0; i < CIPHERS; i++) {
		if (!here(every_cipher[i]))
			continue;
		p = params_for(every_cipher[i]);
		key = key_for(every_cipher[i]);
		aad = p.tag_len > 0 ? LIT("header") : sm_bytes(NULL, 0);
		for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
			in = sm_bytes(big, sizes[s]);
			sm_buf_clear(&whole);
			assert_ok(run(&whole, SM_ENCRYPT, &p, key, aad, in,
			    in.len + 1, tag));
			for (k = 0; k < sizeof(cuts) / sizeof(cuts[0]); k++) {
				if (cuts[k] == 1 && in.len > 70000)
					continue;
				sm_buf_clear(&enc);
				assert_ok(run(&enc, SM_ENCRYPT, &p, key, aad,
				    in, cuts[k], tag2));
				assert_bytes(sm_buf_bytes(&enc),
				    sm_buf_bytes(&whole));
				assert_memory_equal(tag, tag2, p.tag_len);
				sm_buf_clear(&dec);
				assert_ok(run(&dec, SM_DECRYPT, &p, key, aad,
				    sm_buf_bytes(&enc), cuts[k], tag));
				assert_bytes(sm_buf_bytes(&dec), in);
			}
			/* a pass that only checks */
			assert_ok(run(NULL, SM_DECRYPT, &p, key, aad,
			    sm_buf_bytes(&whole), 4096, tag));
		}
	}
	sm_buf_free(&whole);
	sm_buf_free(&enc);
	sm_buf_free(&dec);
}

static void
a_changed_bit_of_ciphertext_header_tag_or_key_is_noticed(void **state)
{
	struct sm_buf enc = SM_BUF_INIT;
	struct sm_cipher_params p, other;
	struct sm_bytes in = LIT("What is shown is exactly what was signed.");
	uint8_t tag[16], bad[16], key[32];
	size_t i, n;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		p = params_for(every_cipher[i]);
		if (p.tag_len == 0)
			continue;
		memcpy(key, key_room, sizeof(key));
		n = p.alg->key_bytes;
		sm_buf_clear(&enc);
		assert_ok(run(&enc, SM_ENCRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), in, 9, tag));
		assert_ok(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), sm_buf_bytes(&enc), 9, tag));
		assert_int_equal(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aae"), sm_buf_bytes(&enc), 9, tag), SM_E_AUTH);
		memcpy(bad, tag, sizeof(bad));
		bad[p.tag_len - 1] ^= 1;
		assert_int_equal(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), sm_buf_bytes(&enc), 9, bad), SM_E_AUTH);
		enc.data[enc.len - 1] ^= 0x80;
		assert_int_equal(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), sm_buf_bytes(&enc), 9, tag), SM_E_AUTH);
		enc.data[enc.len - 1] ^= 0x80;
		assert_int_equal(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), sm_bytes(enc.data, enc.len - 1), 9, tag),
		    SM_E_AUTH);
		other = p;
		other.iv[0] ^= 1;
		assert_int_equal(run(NULL, SM_DECRYPT, &other, sm_bytes(key, n),
		    LIT("aad"), sm_buf_bytes(&enc), 9, tag), SM_E_AUTH);
		key[0] ^= 1;
		assert_int_equal(run(NULL, SM_DECRYPT, &p, sm_bytes(key, n),
		    LIT("aad"), sm_buf_bytes(&enc), 9, tag), SM_E_AUTH);
	}
	sm_buf_free(&enc);
}

static void
tags_of_every_legal_length_work_and_others_are_refused(void **state)
{
	static const enum sm_alg_id algs[] = { SM_AES256_GCM, SM_AES128_CCM,
		SM_CHACHA20_POLY1305 };
	struct sm_cipher_params p;
	struct sm_cipher *c;
	struct sm_buf enc = SM_BUF_INIT;
	uint8_t tag[32] = { 0 };
	size_t i, n;
	bool legal;

	(void)state;
	for (i = 0; i < 3; i++) {
		for (n = 0; n <= 20; n++) {
			p = params_for(algs[i]);
			p.tag_len = n;
			legal = i == 0 ? n >= 12 && n <= 16 :
			    i == 1 ? n == 12 || n == 14 || n == 16 : n == 16;
			sm_buf_clear(&enc);
			assert_int_equal(run(&enc, SM_ENCRYPT, &p,
			    key_for(algs[i]), LIT("a"), LIT("text"), 4, tag),
			    legal ? 0 : SM_E_USAGE);
			if (!legal)
				continue;
			assert_ok(run(NULL, SM_DECRYPT, &p, key_for(algs[i]),
			    LIT("a"), sm_buf_bytes(&enc), 4, tag));
			/* a shorter tag than agreed is no tag */
			assert_ok(sm_cipher_new(&c, SM_DECRYPT, &p,
			    key_for(algs[i]), LIT("a"), true, 4, NULL));
			assert_ok(sm_cipher_update(c, sm_buf_bytes(&enc), NULL));
			assert_int_equal(sm_cipher_finish(c, tag, n - 1, NULL),
			    SM_E_AUTH);
			sm_cipher_free(c);
		}
	}
	sm_buf_free(&enc);
}

static void
known_answer(enum sm_alg_id alg, const char *key, const char *iv,
    size_t tag_len, struct sm_bytes aad, struct sm_bytes plain,
    const char *cipher, const char *tag_text)
{
	struct sm_cipher_params p;
	struct sm_buf out = SM_BUF_INIT;
	struct sm_bytes nonce = hex(iv);
	uint8_t tag[16];

	memset(&p, 0, sizeof(p));
	p.alg = sm_alg_get(alg);
	p.iv_len = nonce.len;
	memcpy(p.iv, nonce.data, nonce.len);
	p.tag_len = tag_len;
	assert_ok(run(&out, SM_ENCRYPT, &p, hex(key), aad, plain, 5, tag));
	assert_bytes(sm_bytes_first(sm_buf_bytes(&out), strlen(cipher) / 2),
	    hex(cipher));
	if (tag_len > 0)
		assert_bytes(sm_bytes(tag, tag_len), hex(tag_text));
	sm_buf_free(&out);
}

static void
known_answers_of_the_standards_come_out(void **state)
{
	static uint8_t aad[65536];
	size_t i;

	(void)state;
	/* RFC 8439 section 2.8.2 */
	known_answer(SM_CHACHA20_POLY1305, "808182838485868788898a8b8c8d8e8f"
	    "909192939495969798999a9b9c9d9e9f", "070000004041424344454647", 16,
	    hex("50515253c0c1c2c3c4c5c6c7"), LIT("Ladies and Gentlemen of the "
	    "class of '99: If I could offer you only one tip for the future, "
	    "sunscreen would be it."), "d31a8d34648e60db7b86afbc53ef7ec2",
	    "1ae10b594f09e26a7e902ecbd0600691");
	/* NIST SP 800-38C example 4 */
	for (i = 0; i < sizeof(aad); i++)
		aad[i] = (uint8_t)i;
	known_answer(SM_AES128_CCM, "404142434445464748494a4b4c4d4e4f",
	    "101112131415161718191a1b1c", 14, sm_bytes(aad, sizeof(aad)),
	    hex("202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e"
		"3f"), "69915dad1e84c6376a68c2967e4dab615ae0fd1faec44cc484828529"
	    "463ccf72", "b4ac6bec93e8598e7f0dadbcea5b");
	/* FIPS 81 appendix C */
	if (here(SM_DES_CBC))
		known_answer(SM_DES_CBC, "0123456789abcdef", "1234567890abcdef",
		    0, sm_bytes(NULL, 0), LIT("Now is the time for all "),
		    "e5c7cdde872bf27c43e934008c389c0f683788499a7c05f6", "");
	/* by openssl(1) */
	known_answer(SM_DES3_CBC, "0123456789abcdef23456789abcdef01456789abcdef"
	    "0123", "1234567890abcdef", 0, sm_bytes(NULL, 0),
	    LIT("Now is the time for all "),
	    "f3c0ff026c023089656fbb169def7edb30ba36075d6f0176c55961ed6a941845",
	    "");
}

/* RFC 2268 section 5; the first block of CBC with a zero IV is that of ECB. */
static void
rc2_knows_effective_key_bits(void **state)
{
	static const struct {
		const char *key, *plain, *cipher;
		unsigned bits;
	} v[] = {
		{ "0000000000000000", "0000000000000000", "ebb773f993278eff",
		    63 },
		{ "ffffffffffffffff", "ffffffffffffffff", "278b27e42e2f0d49",
		    64 },
		{ "3000000000000000", "1000000000000001", "30649edf9be7d2c2",
		    64 },
		{ "88bca90e90875a", "0000000000000000", "6ccf4308974c267f", 64 },
		{ "88bca90e90875a7f0f79c384627bafb2", "0000000000000000",
		    "1a807d272bbe5db1", 64 },
		{ "88bca90e90875a7f0f79c384627bafb2", "0000000000000000",
		    "2269552ab0f85ca6", 128 },
	};
	struct sm_cipher_params p;
	struct sm_buf out = SM_BUF_INIT, back = SM_BUF_INIT;
	size_t i;

	(void)state;
	if (!here(SM_RC2_CBC)) {
		printf("skip: no legacy provider\n");
		skip();
	}
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		p = params_for(SM_RC2_CBC);
		memset(p.iv, 0, sizeof(p.iv));
		p.rc2_bits = v[i].bits;
		sm_buf_clear(&out);
		sm_buf_clear(&back);
		assert_ok(run(&out, SM_ENCRYPT, &p, hex(v[i].key),
		    sm_bytes(NULL, 0), hex(v[i].plain), 8, NULL));
		assert_bytes(sm_bytes_first(sm_buf_bytes(&out), 8),
		    hex(v[i].cipher));
		assert_ok(run(&back, SM_DECRYPT, &p, hex(v[i].key),
		    sm_bytes(NULL, 0), sm_buf_bytes(&out), 8, NULL));
		assert_bytes(sm_buf_bytes(&back), hex(v[i].plain));
	}
	sm_buf_free(&out);
	sm_buf_free(&back);
}

/* libcrypto's CCM in one call, for every nonce length. */
static void
ccm_is_the_ccm_of_libcrypto(void **state)
{
	static const char *const names[] = { "AES-128-CCM", "AES-192-CCM",
		"AES-256-CCM" };
	static const enum sm_alg_id algs[] = { SM_AES128_CCM, SM_AES192_CCM,
		SM_AES256_CCM };
	static uint8_t want[70000], aad_room[70000];
	static const size_t aads[] = { 0, 1, 14, 16, 0xfeff, 0xff00, 70000 };
	struct sm_cipher_params p;
	struct sm_buf got = SM_BUF_INIT;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher;
	uint8_t tag[16], want_tag[16];
	size_t i, nonce, a, len;
	int n;

	(void)state;
	fill_big();
	for (i = 0; i < 21; i++) {
		p = params_for(algs[i % 3]);
		nonce = 7 + i / 3;
		a = aads[i % 7];
		len = nonce == 13 ? 65535 : 1 + i * 3333;
		p.iv_len = nonce;
		p.tag_len = 12 + 2 * (i % 3);
		sm_buf_clear(&got);
		assert_ok(run(&got, SM_ENCRYPT, &p, key_for(algs[i % 3]),
		    sm_bytes(aad_room, a), sm_bytes(big, len), 1000, tag));
		cipher = EVP_CIPHER_fetch(NULL, names[i % 3], NULL);
		assert_int_equal(EVP_EncryptInit_ex2(ctx, cipher, NULL, NULL,
		    NULL), 1);
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_IVLEN,
		    (int)nonce, NULL), 1);
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG,
		    (int)p.tag_len, NULL), 1);
		assert_int_equal(EVP_EncryptInit_ex2(ctx, NULL, key_room, p.iv,
		    NULL), 1);
		assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n, NULL,
		    (int)len), 1);
		if (a > 0)
			assert_int_equal(EVP_EncryptUpdate(ctx, NULL, &n,
			    aad_room, (int)a), 1);
		assert_int_equal(EVP_EncryptUpdate(ctx, want, &n, big,
		    (int)len), 1);
		assert_int_equal(EVP_EncryptFinal_ex(ctx, want + n, &n), 1);
		assert_int_equal(EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG,
		    (int)p.tag_len, want_tag), 1);
		assert_bytes(sm_buf_bytes(&got), sm_bytes(want, len));
		assert_memory_equal(tag, want_tag, p.tag_len);
		EVP_CIPHER_free(cipher);
	}
	EVP_CIPHER_CTX_free(ctx);
	sm_buf_free(&got);
}

static void
ccm_holds_the_caller_to_the_length_it_named(void **state)
{
	struct sm_cipher_params p = params_for(SM_AES128_CCM);
	struct sm_bytes key = key_for(SM_AES128_CCM), none = { NULL, 0 };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_cipher *c;
	uint8_t tag[16];

	(void)state;
	assert_int_equal(sm_cipher_new(&c, SM_ENCRYPT, &p, key, none, false, 0,
	    &err), SM_E_USAGE);
	assert_string_equal(err.reason, "ccm-length");
	assert_null(c);
	assert_ok(sm_cipher_new(&c, SM_ENCRYPT, &p, key, none, true, 4, NULL));
	assert_int_equal(sm_cipher_update(c, LIT("12345"), NULL), SM_E_USAGE);
	assert_int_equal(sm_cipher_finish(c, tag, 16, NULL), SM_E_USAGE);
	sm_cipher_free(c);
	assert_ok(sm_cipher_new(&c, SM_ENCRYPT, &p, key, none, true, 4, NULL));
	assert_ok(sm_cipher_update(c, LIT("123"), NULL));
	assert_int_equal(sm_cipher_finish(c, tag, 16, NULL), SM_E_USAGE);
	sm_cipher_free(c);
	p.iv_len = 13; /* two bytes of length are left */
	sm_error_clear(&err);
	assert_int_equal(sm_cipher_new(&c, SM_ENCRYPT, &p, key, none, true,
	    65536, &err), SM_E_LIMIT);
	assert_ok(sm_cipher_new(&c, SM_ENCRYPT, &p, key, none, true, 65535,
	    NULL));
	sm_cipher_free(c);
}

static void
what_does_not_fit_the_cipher_is_refused_before_libcrypto_sees_it(void **state)
{
	struct sm_bytes none = { NULL, 0 };
	struct sm_cipher_params p;
	struct sm_cipher *c;
	struct sm_error err = SM_ERROR_INIT;
	size_t i, n;

	(void)state;
	for (i = 0; i < CIPHERS; i++) {
		p = params_for(every_cipher[i]);
		for (n = 0; n <= 200; n++) {
			static const uint8_t room[200];
			bool fits = p.alg->key_bytes == 0 ? n >= 5 && n <= 128 :
			    n == p.alg->key_bytes;

			if (!fits)
				assert_int_equal(sm_cipher_new(&c, SM_DECRYPT,
				    &p, sm_bytes(room, n), none, true, 0, NULL),
				    SM_E_USAGE);
		}
		p.iv_len++;
		if (p.alg->iv_bytes != 10) /* CCM has a choice */
			assert_int_equal(sm_cipher_new(&c, SM_DECRYPT, &p,
			    key_for(every_cipher[i]), none, true, 0, NULL),
			    SM_E_USAGE);
	}
	p = params_for(SM_AES128_CBC);
	assert_int_equal(sm_cipher_new(&c, SM_DECRYPT, &p,
	    key_for(SM_AES128_CBC), LIT("aad"), true, 0, &err), SM_E_USAGE);
	assert_string_equal(err.reason, "cbc-aad");
	p.alg = sm_alg_get(SM_SHA256);
	assert_int_equal(sm_cipher_new(&c, SM_DECRYPT, &p,
	    key_for(SM_AES128_CBC), none, true, 0, NULL), SM_E_USAGE);
	sm_cipher_free(NULL);
}

/* Every last byte, and for those that could be padding every fault in it. */
static void
only_right_cbc_padding_passes(void **state)
{
	struct sm_cipher_params p = params_for(SM_AES128_CBC);
	struct sm_bytes key = key_for(SM_AES128_CBC), none = { NULL, 0 };
	struct sm_buf enc = SM_BUF_INIT, dec = SM_BUF_INIT;
	EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	EVP_CIPHER *cipher = EVP_CIPHER_fetch(NULL, "AES-128-CBC", NULL);
	uint8_t plain[32], sealed[48];
	unsigned pad, at;
	int n, rc;
	bool right;

	(void)state;
	for (pad = 0; pad < 256; pad++) {
		for (at = 0; at <= 16; at++) {
			memset(plain, 0x77, sizeof(plain));
			memset(plain + 32 - (pad <= 16 ? pad : 16), (int)pad,
			    pad <= 16 ? pad : 16);
			plain[31] = (uint8_t)pad;
			if (at > 0)
				plain[32 - at] ^= 0x40;
			right = pad >= 1 && pad <= 16 && (at == 0 || at > pad);
			if (at == 1)
				right = plain[31] >= 1 && plain[31] <= 16 &&
				    plain[31] == 1;
			EVP_EncryptInit_ex2(ctx, cipher, key.data, p.iv, NULL);
			EVP_CIPHER_CTX_set_padding(ctx, 0);
			assert_int_equal(EVP_EncryptUpdate(ctx, sealed, &n,
			    plain, 32), 1);
			assert_int_equal(n, 32);
			sm_buf_clear(&dec);
			rc = run(&dec, SM_DECRYPT, &p, key, none,
			    sm_bytes(sealed, 32), 5, NULL);
			assert_int_equal(rc, right ? 0 : SM_E_AUTH);
			if (right)
				assert_bytes(sm_buf_bytes(&dec),
				    sm_bytes(plain, 32 - plain[31]));
			else
				assert_true(dec.len <= 16);
		}
	}
	EVP_CIPHER_free(cipher);
	EVP_CIPHER_CTX_free(ctx);
	sm_buf_free(&enc);
	sm_buf_free(&dec);
}

static void
cbc_of_no_or_half_blocks_is_refused(void **state)
{
	struct sm_cipher_params p = params_for(SM_AES128_CBC);
	struct sm_bytes key = key_for(SM_AES128_CBC), none = { NULL, 0 };
	size_t n;

	(void)state;
	for (n = 0; n < 48; n++)
		if (n % 16 != 0 || n == 0)
			assert_int_equal(run(NULL, SM_DECRYPT, &p, key, none,
			    sm_bytes(big, n), 7, NULL), SM_E_AUTH);
}

static int
sink_full(void *ctx, struct sm_bytes in)
{
	size_t *room = ctx;

	if (in.len > *room)
		return SM_E_IO;
	*room -= in.len;
	return 0;
}

static void
a_sink_that_fails_ends_the_stream(void **state)
{
	struct sm_cipher_params p = params_for(SM_AES256_GCM);
	size_t room = 100;
	struct sm_sink sink = { sink_full, &room };
	struct sm_cipher *c;
	uint8_t tag[16] = { 0 };

	(void)state;
	assert_ok(sm_cipher_new(&c, SM_DECRYPT, &p, key_for(SM_AES256_GCM),
	    sm_bytes(NULL, 0), false, 0, NULL));
	assert_ok(sm_cipher_update(c, sm_bytes(big, 100), &sink));
	assert_int_equal(sm_cipher_update(c, sm_bytes(big, 1), &sink), SM_E_IO);
	assert_int_equal(sm_cipher_update(c, sm_bytes(big, 1), &sink),
	    SM_E_USAGE);
	assert_int_equal(sm_cipher_finish(c, tag, 16, &sink), SM_E_USAGE);
	sm_cipher_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    every_cipher_gives_back_what_it_took_however_it_is_cut),
		cmocka_unit_test(
		    a_changed_bit_of_ciphertext_header_tag_or_key_is_noticed),
		cmocka_unit_test(
		    tags_of_every_legal_length_work_and_others_are_refused),
		cmocka_unit_test(known_answers_of_the_standards_come_out),
		cmocka_unit_test(rc2_knows_effective_key_bits),
		cmocka_unit_test(ccm_is_the_ccm_of_libcrypto),
		cmocka_unit_test(ccm_holds_the_caller_to_the_length_it_named),
		cmocka_unit_test(
		    what_does_not_fit_the_cipher_is_refused_before_libcrypto_sees_it),
		cmocka_unit_test(only_right_cbc_padding_passes),
		cmocka_unit_test(cbc_of_no_or_half_blocks_is_refused),
		cmocka_unit_test(a_sink_that_fails_ends_the_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
