#include "test.h"

#include <crypto/digest.h>

static const struct {
	enum sm_alg_id alg;
	const char *abc;
} known[] = {
	{ SM_MD5, "900150983cd24fb0d6963f7d28e17f72" },
	{ SM_SHA1, "a9993e364706816aba3e25717850c26c9cd0d89d" },
	{ SM_SHA224,
	    "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7" },
	{ SM_SHA256, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61"
		     "f20015ad" },
	{ SM_SHA384, "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a"
		     "43ff5bed8086072ba1e7cc2358baeca134c825a7" },
	{ SM_SHA512, "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee6"
		     "4b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e"
		     "2a9ac94fa54ca49f" },
	{ SM_SHA512_256, "53048e2681941ef99b2e29b76b4c7dabe4c2d0c634fc6d46e0e2"
			 "f13107e7af23" },
	{ SM_SHA3_224,
	    "e642824c3f8cf24ad09234ee7d3c766fc9a3a5168d0c94ad73b46fdf" },
	{ SM_SHA3_256, "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe2"
		       "4511431532" },
	{ SM_SHA3_384, "ec01498288516fc926459f58e2c6ad8df9b473cb0fc08c2596da7c"
		       "f0e49be4b298d88cea927ac7f539f1edf228376d25" },
	{ SM_SHA3_512, "b751850b1a57168a5693cd924b6b096e08f621827444f70d884f5d"
		       "0240d2712e10e116e9192af3c91a7ec57647e3934057340b4cf408"
		       "d5a56592f8274eec53f0" },
	{ SM_SHAKE128, "5881092dd818bf5cf8a3ddb793fbcba74097d5c526a6d35f97b833"
		       "51940f2cc8" },
	{ SM_SHAKE256, "483366601360a8771c6863080cc4114d8db44530f8f1e1ee4f94ea"
		       "37e78b5739d5a15bef186a5386c75744c0527e1faa9f8726e462a1"
		       "2a4feb06bd8801e751e4" },
};
enum { KNOWN = sizeof(known) / sizeof(known[0]) };

static void
each_digest_gives_the_known_answer(void **state)
{
	struct sm_digest_value v;
	size_t i;

	(void)state;
	for (i = 0; i < KNOWN; i++) {
		assert_ok(sm_digest(&v, known[i].alg, LIT("abc")));
		assert_int_equal(v.alg, known[i].alg);
		assert_bytes(sm_bytes(v.data, v.len), hex(known[i].abc));
	}
	assert_ok(sm_digest(&v, SM_MD5, sm_bytes(NULL, 0)));
	assert_bytes(sm_bytes(v.data, v.len),
	    hex("d41d8cd98f00b204e9800998ecf8427e"));
}

static void
what_is_no_digest_is_refused(void **state)
{
	struct sm_digest_value v;
	struct sm_digest_set *s;

	(void)state;
	assert_int_equal(sm_digest(&v, SM_AES128_CBC, LIT("x")),
	    SM_E_UNSUPPORTED);
	assert_int_equal(sm_digest(&v, SM_ALG_NONE, LIT("x")),
	    SM_E_UNSUPPORTED);
	assert_ok(sm_digest_set_new(&s));
	assert_int_equal(sm_digest_set_add(s, SM_RSA_SHA256), SM_E_UNSUPPORTED);
	sm_digest_set_free(s);
	sm_digest_set_free(NULL);
}

static void
a_set_gives_the_same_however_the_input_is_cut(void **state)
{
	static uint8_t data[200000];
	struct sm_digest_set *s;
	struct sm_digest_value whole;
	struct sm_bytes in = sm_bytes(data, sizeof(data));
	size_t cut, i;

	(void)state;
	for (i = 0; i < sizeof(data); i++)
		data[i] = (uint8_t)(i * 7 + i / 251);
	for (cut = 1; cut <= sizeof(data); cut = cut * 5 + 2) {
		assert_ok(sm_digest_set_new(&s));
		for (i = 0; i < 8; i++)
			assert_ok(sm_digest_set_add(s, known[i].alg));
		assert_ok(sm_digest_set_add(s, known[0].alg));
		for (in = sm_bytes(data, sizeof(data)); in.len > 0;
		     in = sm_bytes_skip(in, cut))
			assert_ok(sm_digest_set_update(s,
			    sm_bytes_first(in, cut)));
		assert_ok(sm_digest_set_finish(s));
		for (i = 0; i < 8; i++) {
			assert_ok(sm_digest(&whole, known[i].alg,
			    sm_bytes(data, sizeof(data))));
			assert_memory_equal(
			    sm_digest_set_get(s, known[i].alg)->data, whole.data,
			    whole.len);
		}
		assert_null(sm_digest_set_get(s, SM_SHAKE256));
		sm_digest_set_free(s);
	}
}

static void
a_set_holds_eight_and_is_closed_once_bytes_came(void **state)
{
	struct sm_digest_set *s;
	size_t i;

	(void)state;
	assert_ok(sm_digest_set_new(&s));
	for (i = 0; i < 8; i++)
		assert_ok(sm_digest_set_add(s, known[i].alg));
	assert_int_equal(sm_digest_set_add(s, known[8].alg), SM_E_LIMIT);
	assert_ok(sm_digest_set_add(s, known[3].alg));
	assert_null(sm_digest_set_get(s, known[0].alg));
	assert_ok(sm_digest_set_update(s, LIT("a")));
	assert_int_equal(sm_digest_set_add(s, known[0].alg), SM_E_USAGE);
	assert_ok(sm_digest_set_finish(s));
	assert_int_equal(sm_digest_set_finish(s), SM_E_USAGE);
	assert_int_equal(sm_digest_set_update(s, LIT("a")), SM_E_USAGE);
	sm_digest_set_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_digest_gives_the_known_answer),
		cmocka_unit_test(what_is_no_digest_is_refused),
		cmocka_unit_test(a_set_gives_the_same_however_the_input_is_cut),
		cmocka_unit_test(a_set_holds_eight_and_is_closed_once_bytes_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
