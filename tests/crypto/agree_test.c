#include "test.h"

#include "keys.h"

#include <base/der.h>
#include <crypto/key_object.h>

static const struct {
	const char *type, *curve;
} groups[] = {
	{ "EC", "P-256" }, { "EC", "P-384" }, { "EC", "P-521" },
	{ "EC", "P-224" }, { "EC", "secp256k1" }, { "EC", "brainpoolP256r1" },
	{ "EC", "brainpoolP512r1" }, { "X25519", NULL }, { "X448", NULL },
};
enum { GROUPS = sizeof(groups) / sizeof(groups[0]) };

static void
sender_and_recipient_agree_in_every_group(void **state)
{
	struct sm_buf a = SM_BUF_SECRET_INIT, b = SM_BUF_SECRET_INIT;
	struct sm_key *mine, *eph;
	struct sm_pubkey *from;
	struct sm_bytes in, seq, oid, params, point;
	EVP_PKEY *pkey;
	size_t i;

	(void)state;
	for (i = 0; i < GROUPS; i++) {
		pkey = make_pkey(groups[i].type, 0, groups[i].curve);
		mine = key_of(pkey);
		assert_ok(sm_key_ephemeral(&eph, sm_key_public(mine)));
		assert_true(sm_pubkey_same_group(sm_key_public(eph),
		    sm_key_public(mine)));
		sm_buf_clear(&a);
		sm_buf_clear(&b);
		assert_ok(sm_key_agree(eph, &a, sm_key_public(mine)));
		/* as it comes in an originatorKey */
		in = sm_key_spki(eph);
		assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &seq));
		assert_true(sm_der_get_algorithm(&seq, &oid, &params));
		assert_true(sm_der_get_bits(&seq, &point));
		assert_ok(sm_pubkey_from_originator(&from, mine, oid, params,
		    point, NULL));
		assert_ok(sm_key_agree(mine, &b, from));
		assert_bytes(sm_buf_bytes(&a), sm_buf_bytes(&b));
		assert_true(a.len >= 28);
		sm_pubkey_free(from);
		/* RFC 5753 section 3.1.1: absent, or NULL */
		sm_buf_clear(&b);
		assert_ok(sm_pubkey_from_originator(&from, mine, oid,
		    sm_bytes(NULL, 0), point, NULL));
		assert_ok(sm_key_agree(mine, &b, from));
		assert_bytes(sm_buf_bytes(&a), sm_buf_bytes(&b));
		sm_pubkey_free(from);
		if (groups[i].curve != NULL) {
			assert_ok(sm_pubkey_from_originator(&from, mine, oid,
			    hex("0500"), point, NULL));
			sm_pubkey_free(from);
		} else {
			assert_int_equal(sm_pubkey_from_originator(&from, mine,
			    oid, hex("0500"), point, NULL), SM_E_FORMAT);
		}
		sm_key_free(eph);
		sm_key_free(mine);
		EVP_PKEY_free(pkey);
	}
	sm_buf_free(&a);
	sm_buf_free(&b);
}

static void
keys_of_different_groups_do_not_agree(void **state)
{
	struct sm_key *k[GROUPS];
	struct sm_buf out = SM_BUF_SECRET_INIT;
	EVP_PKEY *pkey;
	size_t i, j;

	(void)state;
	for (i = 0; i < GROUPS; i++) {
		pkey = make_pkey(groups[i].type, 0, groups[i].curve);
		k[i] = key_of(pkey);
		EVP_PKEY_free(pkey);
	}
	for (i = 0; i < GROUPS; i++)
		for (j = 0; j < GROUPS; j++)
			if (i != j)
				assert_int_equal(sm_key_agree(k[i], &out,
				    sm_key_public(k[j])), SM_E_AUTH);
	assert_int_equal(out.len, 0);
	for (i = 0; i < GROUPS; i++)
		sm_key_free(k[i]);
	sm_buf_free(&out);
}

static void
an_originator_key_of_another_kind_or_curve_is_refused(void **state)
{
	EVP_PKEY *pkey = make_pkey("EC", 0, "P-256");
	struct sm_key *k = key_of(pkey), *eph;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_pubkey *p;
	struct sm_bytes ec = hex("2a8648ce3d0201"), none = { NULL, 0 };
	struct sm_bytes point = { NULL, 0 }, in, seq, oid, params;
	uint8_t room[65];

	(void)state;
	assert_ok(sm_key_ephemeral(&eph, sm_key_public(k)));
	in = sm_key_spki(eph);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &seq));
	assert_true(sm_der_get_algorithm(&seq, &oid, &params));
	assert_true(sm_der_get_bits(&seq, &point));
	assert_int_equal(point.len, 65);
	/* P-384 named; explicit parameters; X25519; unknown */
	assert_int_equal(sm_pubkey_from_originator(&p, k, ec,
	    hex("06052b81040022"), point, &err), SM_E_FORMAT);
	assert_string_equal(err.reason, "originator-key");
	assert_int_equal(sm_pubkey_from_originator(&p, k, ec, hex("3003020101"),
	    point, NULL), SM_E_FORMAT);
	assert_int_equal(sm_pubkey_from_originator(&p, k, hex("2b656e"), none,
	    point, NULL), SM_E_FORMAT);
	assert_int_equal(sm_pubkey_from_originator(&p, k, hex("2a03"), none,
	    point, NULL), SM_E_FORMAT);
	assert_int_equal(sm_pubkey_from_originator(&p, k, none, none, point,
	    NULL), SM_E_FORMAT);
	/* a point beside the curve (the invalid-curve attack) */
	memcpy(room, point.data, 65);
	room[64] ^= 1;
	assert_int_equal(sm_pubkey_from_originator(&p, k, ec, none,
	    sm_bytes(room, 65), NULL), SM_E_FORMAT);
	assert_int_equal(sm_pubkey_from_originator(&p, k, ec, none,
	    sm_bytes(room, 0), NULL), SM_E_FORMAT);
	assert_null(p);
	sm_key_free(eph);
	sm_key_free(k);
	EVP_PKEY_free(pkey);
}

/* A token might not have looked. */
static int
zero_derive(struct sm_key *k, struct sm_buf *secret,
    const struct sm_pubkey *peer)
{
	(void)k;
	(void)peer;
	return sm_buf_resize(secret, secret->len + 32);
}

static void
zero_free(struct sm_key *k)
{
	(void)k;
}

static void
an_all_zero_secret_is_refused_whoever_computed_it(void **state)
{
	static const struct sm_key_ops ops = {
		.derive = zero_derive, .free = zero_free
	};
	EVP_PKEY *pkey = make_pkey("X25519", 0, NULL);
	struct sm_key *k = key_of(pkey), zero;
	struct sm_buf out = SM_BUF_SECRET_INIT;
	struct sm_pubkey *p;

	(void)state;
	assert_ok(sm_pubkey_from_originator(&p, k, hex("2b656e"),
	    sm_bytes(NULL, 0), hex("0000000000000000000000000000000000000000"
	    "000000000000000000000000"), NULL));
	assert_int_equal(sm_key_agree(k, &out, p), SM_E_AUTH);
	assert_int_equal(out.len, 0);
	memset(&zero, 0, sizeof(zero));
	assert_ok(sm_key_object_init(&zero, &ops, sm_key_spki(k), NULL));
	assert_int_equal(sm_key_agree(&zero, &out, sm_key_public(k)), SM_E_AUTH);
	assert_int_equal(out.len, 0);
	sm_key_free(&zero);
	sm_pubkey_free(p);
	sm_key_free(k);
	sm_buf_free(&out);
	EVP_PKEY_free(pkey);
}

static void
keys_that_cannot_agree_say_so(void **state)
{
	static const char *const types[] = { "ED25519", "RSA" };
	struct sm_buf out = SM_BUF_SECRET_INIT;
	struct sm_key *k, *eph;
	struct sm_pubkey *p;
	EVP_PKEY *pkey;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pkey = make_pkey(types[i], i == 1 ? 1024 : 0, NULL);
		k = key_of(pkey);
		assert_int_equal(sm_key_agree(k, &out, sm_key_public(k)),
		    SM_E_USAGE);
		assert_int_equal(sm_key_ephemeral(&eph, sm_key_public(k)),
		    SM_E_USAGE);
		assert_null(eph);
		assert_int_equal(sm_pubkey_from_originator(&p, k,
		    hex("2b656e"), sm_bytes(NULL, 0), LIT("x"), NULL),
		    SM_E_USAGE);
		sm_key_free(k);
		EVP_PKEY_free(pkey);
	}
	sm_buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sender_and_recipient_agree_in_every_group),
		cmocka_unit_test(keys_of_different_groups_do_not_agree),
		cmocka_unit_test(
		    an_originator_key_of_another_kind_or_curve_is_refused),
		cmocka_unit_test(an_all_zero_secret_is_refused_whoever_computed_it),
		cmocka_unit_test(keys_that_cannot_agree_say_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
