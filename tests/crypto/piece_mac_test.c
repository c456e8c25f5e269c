#include "test.h"

#include <crypto/cipher.h>

static uint8_t big[300001];

static void
piece_tags_tell_pieces_numbers_and_objects_apart(void **state)
{
	struct sm_piece_mac *a, *b;
	uint8_t t0[16], t1[16], t2[16];
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(big); i++)
		big[i] = (uint8_t)(i * 131 + i / 256 * 17);
	assert_ok(sm_piece_mac_new(&a));
	assert_ok(sm_piece_mac_new(&b));
	assert_ok(sm_piece_mac_tag(a, 0, sm_bytes(big, sizeof(big)), t0));
	assert_ok(sm_piece_mac_tag(a, 1, sm_bytes(big, sizeof(big)), t1));
	assert_memory_not_equal(t0, t1, 16);
	assert_ok(sm_piece_mac_tag(a, 0, sm_bytes(big, sizeof(big)), t2));
	assert_memory_equal(t0, t2, 16);
	assert_ok(sm_piece_mac_tag(a, UINT64_C(1) << 32, sm_bytes(big,
	    sizeof(big)), t2));
	assert_memory_not_equal(t0, t2, 16);
	assert_ok(sm_piece_mac_tag(b, 0, sm_bytes(big, sizeof(big)), t2));
	assert_memory_not_equal(t0, t2, 16);
	big[150000] ^= 1;
	assert_ok(sm_piece_mac_tag(a, 0, sm_bytes(big, sizeof(big)), t2));
	assert_memory_not_equal(t0, t2, 16);
	assert_ok(sm_piece_mac_tag(a, 7, sm_bytes(NULL, 0), t0));
	assert_ok(sm_piece_mac_tag(a, 7, sm_bytes(big, 1), t1));
	assert_memory_not_equal(t0, t1, 16);
	sm_piece_mac_free(a);
	sm_piece_mac_free(b);
	sm_piece_mac_free(NULL);
}

static void
random_bytes_differ_and_none_may_be_asked_for(void **state)
{
	uint8_t a[32] = { 0 }, b[32] = { 0 };

	(void)state;
	assert_ok(sm_random(a, sizeof(a)));
	assert_ok(sm_random(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(sm_random_secret(a, sizeof(a)));
	assert_ok(sm_random_secret(b, sizeof(b)));
	assert_memory_not_equal(a, b, sizeof(a));
	assert_ok(sm_random(NULL, 0));
	assert_ok(sm_random_secret(NULL, 0));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(piece_tags_tell_pieces_numbers_and_objects_apart),
		cmocka_unit_test(random_bytes_differ_and_none_may_be_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
