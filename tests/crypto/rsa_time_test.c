/* Does what is done with a decrypted block depend on its bytes? Under valgrind the
 * block is marked as undefined: every branch and every address that depends on it
 * is then reported. Without valgrind these tests only run the code. */
#include "test.h"

#include "keys.h"

#include <crypto/cipher.h>
#include <crypto/key_object.h>

#if __has_include(<valgrind/memcheck.h>)
#include <valgrind/memcheck.h>
#else
#define VALGRIND_MAKE_MEM_UNDEFINED(p, n) ((void)(p), (void)(n))
#define VALGRIND_MAKE_MEM_DEFINED(p, n) ((void)(p), (void)(n))
#define VALGRIND_COUNT_ERRORS 0
#endif

struct block_key {
	struct sm_key base;
	uint8_t em[128];
};

static int
block_raw(struct sm_key *k, struct sm_buf *em, struct sm_bytes c)
{
	struct block_key *b = (struct block_key *)k;

	(void)c;
	assert_ok(sm_buf_append(em, sm_bytes(b->em, sizeof(b->em))));
	(void)VALGRIND_MAKE_MEM_UNDEFINED(em->data, em->len);
	return 0;
}

static void
block_free(struct sm_key *k)
{
	(void)k;
}

static const struct sm_key_ops block_ops = {
	.rsa_raw = block_raw,
	.free = block_free,
};

static void
block_key_init(struct block_key *k)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	struct sm_buf spki = SM_BUF_INIT;

	put_spki(&spki, pkey);
	memset(k, 0, sizeof(*k));
	assert_ok(sm_key_object_init(&k->base, &block_ops, sm_buf_bytes(&spki),
	    NULL));
	sm_buf_free(&spki);
	EVP_PKEY_free(pkey);
}

static void
pkcs1_unpadding_does_not_look_where_it_goes(void **state)
{
	static const uint8_t c[128];
	struct block_key k;
	struct sm_buf out = SM_BUF_SECRET_INIT;
	unsigned before, kind;
	uint8_t ok;

	(void)state;
	block_key_init(&k);
	before = (unsigned)VALGRIND_COUNT_ERRORS;
	for (kind = 0; kind < 4; kind++) {
		memset(k.em, 0x33, sizeof(k.em));
		k.em[0] = kind == 3 ? 1 : 0;
		k.em[1] = 2;
		k.em[128 - 17] = kind == 2 ? 1 : 0;
		k.em[40] = kind == 1 ? 0 : 9;
		sm_buf_clear(&out);
		assert_ok(sm_key_rsa_pkcs1(&k.base, &out, &ok,
		    sm_bytes(c, sizeof(c)), 16));
		(void)VALGRIND_MAKE_MEM_DEFINED(&ok, 1);
		(void)VALGRIND_MAKE_MEM_DEFINED(out.data, out.len);
		assert_int_equal(ok, kind == 0 ? 0xff : 0);
		assert_int_equal(out.len, 16);
	}
	assert_int_equal(VALGRIND_COUNT_ERRORS, before);
	sm_buf_free(&out);
	sm_key_free(&k.base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(pkcs1_unpadding_does_not_look_where_it_goes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
