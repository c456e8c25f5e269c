#include "test.h"

#include "keys.h"

#include <base/der.h>
#include <crypto/key_object.h>

#include <stdio.h>
#include <stdlib.h>

static const struct {
	const char *type;
	unsigned bits;
	const char *curve;
	enum sm_key_type ours;
	const char *name;
	bool weak;
} kinds[] = {
	{ "RSA", 2048, NULL, SM_KEY_RSA, NULL, false },
	{ "RSA", 1024, NULL, SM_KEY_RSA, NULL, true },
	{ "RSA", 1031, NULL, SM_KEY_RSA, NULL, true },
	{ "RSA-PSS", 1024, NULL, SM_KEY_RSA_PSS, NULL, true },
	{ "EC", 0, "P-256", SM_KEY_EC, "P-256", false },
	{ "EC", 0, "P-384", SM_KEY_EC, "P-384", false },
	{ "EC", 0, "P-521", SM_KEY_EC, "P-521", false },
	{ "EC", 0, "P-224", SM_KEY_EC, "P-224", false },
	{ "EC", 0, "P-192", SM_KEY_EC, "P-192", true },
	{ "EC", 0, "secp256k1", SM_KEY_EC, "secp256k1", false },
	{ "EC", 0, "brainpoolP160r1", SM_KEY_EC, "brainpoolP160r1", true },
	{ "EC", 0, "brainpoolP256r1", SM_KEY_EC, "brainpoolP256r1", false },
	{ "EC", 0, "brainpoolP320r1", SM_KEY_EC, "brainpoolP320r1", false },
	{ "EC", 0, "brainpoolP512r1", SM_KEY_EC, "brainpoolP512r1", false },
	{ "ED25519", 0, NULL, SM_KEY_ED25519, NULL, false },
	{ "ED448", 0, NULL, SM_KEY_ED448, NULL, false },
	{ "X25519", 0, NULL, SM_KEY_X25519, NULL, false },
	{ "X448", 0, NULL, SM_KEY_X448, NULL, false },
};
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void
keys_of_every_kind_load_and_know_their_public_half(void **state)
{
	struct sm_buf spki = SM_BUF_INIT, other_spki = SM_BUF_INIT;
	const struct sm_pubkey *p;
	struct sm_key *k;
	EVP_PKEY *pkey, *other;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		pkey = make_pkey(kinds[i].type, kinds[i].bits, kinds[i].curve);
		other = make_pkey(kinds[i].type, kinds[i].bits, kinds[i].curve);
		k = key_of(pkey);
		put_spki(&spki, pkey);
		put_spki(&other_spki, other);
		assert_int_equal(sm_key_type(k), kinds[i].ours);
		assert_bytes(sm_key_spki(k), sm_buf_bytes(&spki));
		assert_true(sm_key_fits(k, sm_buf_bytes(&spki)));
		assert_false(sm_key_fits(k, sm_buf_bytes(&other_spki)));
		assert_false(sm_key_fits(k, sm_bytes(spki.data, spki.len - 1)));
		p = sm_key_public(k);
		assert_int_equal(sm_pubkey_type(p), kinds[i].ours);
		assert_int_equal(sm_pubkey_weak(p), kinds[i].weak);
		if (kinds[i].bits > 0)
			assert_int_equal(sm_pubkey_bits(p), kinds[i].bits);
		if (kinds[i].name != NULL)
			assert_string_equal(sm_pubkey_curve(p), kinds[i].name);
		else
			assert_null(sm_pubkey_curve(p));
		sm_key_free(k);
		EVP_PKEY_free(pkey);
		EVP_PKEY_free(other);
	}
	sm_buf_free(&spki);
	sm_buf_free(&other_spki);
	sm_key_free(NULL);
	sm_pubkey_free(NULL);
}

/* Cut anywhere, with a byte more, with any one byte changed: never a crash, and
 * what still loads is a whole key. */
static void
damaged_keys_are_refused_or_whole(void **state)
{
	struct sm_buf der = SM_BUF_INIT;
	struct sm_pubkey *p;
	struct sm_key *k;
	EVP_PKEY *pkey;
	size_t i, n;
	int rc;

	(void)state;
	for (i = 1; i < KINDS; i++) {
		pkey = make_pkey(kinds[i].type, kinds[i].bits, kinds[i].curve);
		put_pkcs8(&der, pkey);
		for (n = 0; n < der.len; n++) {
			assert_int_not_equal(sm_key_from_pkcs8(&k,
			    sm_bytes(der.data, n), NULL), 0);
			assert_null(k);
		}
		for (n = 0; n < der.len; n += 1 + der.len / 200) {
			der.data[n] ^= 1;
			if (sm_key_from_pkcs8(&k, sm_buf_bytes(&der), NULL) == 0)
				sm_key_free(k);
			der.data[n] ^= 1;
		}
		assert_ok(sm_buf_append_byte(&der, 0));
		assert_int_equal(sm_key_from_pkcs8(&k, sm_buf_bytes(&der), NULL),
		    SM_E_FORMAT);
		put_spki(&der, pkey);
		for (n = 0; n < der.len; n++) {
			rc = sm_pubkey_new(&p, sm_bytes(der.data, n), NULL);
			assert_int_not_equal(rc, 0);
			assert_null(p);
		}
		for (n = 0; n < der.len; n++) {
			der.data[n] ^= 1;
			if (sm_pubkey_new(&p, sm_buf_bytes(&der), NULL) == 0)
				sm_pubkey_free(p);
			der.data[n] ^= 1;
		}
		EVP_PKEY_free(pkey);
	}
	sm_buf_free(&der);
}

/* Each number of an RSA key, changed by one bit. */
static void
rsa_numbers_that_do_not_belong_together_are_refused(void **state)
{
	EVP_PKEY *pkey = make_pkey("RSA", 1024, NULL);
	struct sm_buf der = SM_BUF_INIT;
	struct sm_bytes in, seq, key, number, oid, params;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_key *k;
	size_t at;
	int i;

	(void)state;
	put_pkcs8(&der, pkey);
	in = sm_buf_bytes(&der);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &seq));
	assert_true(sm_der_get(&seq, SM_DER_INTEGER, &number));
	assert_true(sm_der_get_algorithm(&seq, &oid, &params));
	assert_true(sm_der_get(&seq, SM_DER_OCTET_STRING, &key));
	assert_true(sm_der_get(&key, SM_DER_SEQUENCE, &seq));
	for (i = 0; i < 9; i++) {
		assert_true(sm_der_get(&seq, SM_DER_INTEGER, &number));
		at = (size_t)(number.data - der.data) + number.len / 2;
		der.data[at] ^= 0x10;
		sm_error_clear(&err);
		assert_int_not_equal(sm_key_from_pkcs8(&k, sm_buf_bytes(&der),
		    &err), 0);
		if (i > 2)
			assert_string_equal(err.reason, "rsa-private-key");
		der.data[at] ^= 0x10;
	}
	assert_ok(sm_key_from_pkcs8(&k, sm_buf_bytes(&der), NULL));
	sm_key_free(k);
	sm_buf_free(&der);
	EVP_PKEY_free(pkey);
}

static int
load(const char *text, struct sm_error *err)
{
	struct sm_key *k = NULL;
	int rc;

	sm_error_clear(err);
	rc = sm_key_from_pkcs8(&k, hex(text), err);
	sm_key_free(k);
	return rc;
}

static void
ec_keys_out_of_range_or_with_a_foreign_point_are_refused(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	char text[600];
	static const struct {
		const char *d;
		int rc;
	} v[] = {
		{ "0000000000000000000000000000000000000000000000000000000000000000",
		    SM_E_FORMAT },
		{ "0000000000000000000000000000000000000000000000000000000000000001",
		    SM_OK },
		/* order - 1, order, all ones */
		{ "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550",
		    SM_OK },
		{ "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551",
		    SM_E_FORMAT },
		{ "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
		    SM_E_FORMAT },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		snprintf(text, sizeof(text), "3041020100301306072a8648ce3d020106"
		    "082a8648ce3d030107042730250201010420%s", v[i].d);
		assert_int_equal(load(text, &err), v[i].rc);
	}
	/* private 1 beside the point of private 1, and beside another */
	snprintf(text, sizeof(text), "308187020100301306072a8648ce3d020106082a86"
	    "48ce3d030107046d306b0201010420%sa14403420004%s%s", v[1].d,
	    "6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296",
	    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5");
	assert_int_equal(load(text, &err), SM_OK);
	snprintf(text, sizeof(text), "308187020100301306072a8648ce3d020106082a86"
	    "48ce3d030107046d306b0201010420%sa14403420004%s%s", v[1].d,
	    "7cf27b188d034f7e8a52380304b51ac3c08969e277f21b35a60b48fc47669978",
	    "07775510db8ed040293d9ac69f7430dbba7dade63ce982299e04b79d227873d1");
	assert_int_equal(load(text, &err), SM_E_FORMAT);
	/* P-256 outside, P-384 inside */
	snprintf(text, sizeof(text), "304a020100301306072a8648ce3d020106082a8648"
	    "ce3d0301070430302e0201010420%sa00706052b81040022", v[1].d);
	assert_int_equal(load(text, &err), SM_E_FORMAT);
	/* a curve that nobody knows; no curve */
	snprintf(text, sizeof(text), "303c020100300e06072a8648ce3d020106032a0304"
	    "042730250201010420%s", v[1].d);
	assert_int_equal(load(text, &err), SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "ec-curve");
	snprintf(text, sizeof(text), "3037020100300906072a8648ce3d02010427"
	    "30250201010420%s", v[1].d);
	assert_int_equal(load(text, &err), SM_E_FORMAT);
}

static void
older_forms_become_pkcs8(void **state)
{
	struct sm_buf old = SM_BUF_INIT, p8 = SM_BUF_SECRET_INIT;
	struct sm_buf spki = SM_BUF_INIT;
	struct sm_key *k;
	EVP_PKEY *pkey;
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		pkey = i == 0 ? make_pkey("RSA", 1024, NULL) :
		    make_pkey("EC", 0, "P-384");
		put_traditional(&old, pkey);
		put_spki(&spki, pkey);
		sm_buf_clear(&p8);
		assert_ok(sm_key_to_pkcs8_traditional(&p8,
		    i == 0 ? SM_KEY_RSA : SM_KEY_EC, sm_buf_bytes(&old)));
		assert_ok(sm_key_from_pkcs8(&k, sm_buf_bytes(&p8), NULL));
		assert_bytes(sm_key_spki(k), sm_buf_bytes(&spki));
		sm_key_free(k);
		assert_int_equal(sm_key_to_pkcs8_traditional(&p8,
		    i == 0 ? SM_KEY_RSA : SM_KEY_EC,
		    sm_bytes(old.data, old.len - 1)), SM_E_FORMAT);
		assert_int_equal(sm_key_to_pkcs8_traditional(&p8, SM_KEY_X25519,
		    sm_buf_bytes(&old)), SM_E_USAGE);
		EVP_PKEY_free(pkey);
	}
	/* without a curve inside there is no telling */
	assert_int_equal(sm_key_to_pkcs8_traditional(&p8, SM_KEY_EC,
	    hex("3006020101040101")), SM_E_FORMAT);
	sm_buf_free(&old);
	sm_buf_free(&p8);
	sm_buf_free(&spki);
}

/* RFC 8410 section 10.3: the same key without and with its public half. */
static void
version_two_must_bring_its_own_public_key(void **state)
{
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_ok(load("302e020100300506032b657004220420d4ee72dbf913584ad5b6d8f1f7"
	    "69f8ad3afe7c28cbf1d4fbe097a88f44755842", &err));
	assert_ok(load("3072020101300506032b657004220420d4ee72dbf913584ad5b6d8f1f7"
	    "69f8ad3afe7c28cbf1d4fbe097a88f44755842a01f301d060a2a864886f70d0109"
	    "0914310f0c0d437572646c6520436861697273812100" "19bf44096984cdfe8541"
	    "bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e1", &err));
	assert_int_equal(load("3072020101300506032b657004220420d4ee72dbf913584ad5"
	    "b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842a01f301d060a2a864886"
	    "f70d01090914310f0c0d437572646c6520436861697273812100" "19bf44096984"
	    "cdfe8541bac167dc3b96c85086aa30b6b6cb0c5c38ad703166e0", &err),
	    SM_E_FORMAT);
	/* Ed25519 with 31 bytes; with parameters; version 3; unknown OID */
	assert_int_equal(load("302d020100300506032b657004210" "41f"
	    "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f447558",
	    &err), SM_E_FORMAT);
	assert_int_equal(load("3030020100300706032b6570050004220420d4ee72dbf91358"
	    "4ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842", &err),
	    SM_E_FORMAT);
	assert_int_equal(load("302e020102300506032b657004220420d4ee72dbf913584ad5"
	    "b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842", &err),
	    SM_E_FORMAT);
	assert_int_equal(load("300f020100300506032a03040403020101", &err),
	    SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "private-key-kind");
}

/* RFC 4134's keys, DSA among them: known, but they sign nothing. */
static void
keys_of_rfc_4134_load_and_fit_their_certificates(void **state)
{
	static const struct {
		const char *key, *cert;
		enum sm_key_type type;
	} v[] = {
		{ "AlicePrivRSASign.pri", "AliceRSASignByCarl.cer", SM_KEY_RSA },
		{ "BobPrivRSAEncrypt.pri", "BobRSASignByCarl.cer", SM_KEY_RSA },
		{ "CarlPrivRSASign.pri", "CarlRSASelf.cer", SM_KEY_RSA },
		{ "DianePrivRSASignEncrypt.pri", "DianeRSASignByCarl.cer",
		    SM_KEY_RSA },
		{ "AlicePrivDSSSign.pri", "AliceDSSSignByCarlNoInherit.cer",
		    SM_KEY_DSA },
		{ "CarlPrivDSSSign.pri", "CarlDSSSelf.cer", SM_KEY_DSA },
		{ "DianePrivDSSSign.pri", "DianeDSSSignByCarlInherit.cer",
		    SM_KEY_DSA },
	};
	struct sm_buf der = SM_BUF_INIT, cert = SM_BUF_INIT, out = SM_BUF_INIT;
	struct sm_bytes in, inner, tbs, spki = { NULL, 0 };
	struct sm_sig_alg s;
	struct sm_key *k;
	char path[128];
	unsigned tag;
	size_t i;
	int n;

	(void)state;
	for (i = 0; i < sizeof(v) / sizeof(v[0]); i++) {
		sm_buf_clear(&der);
		sm_buf_clear(&cert);
		snprintf(path, sizeof(path), "rfc4134-examples/%s", v[i].key);
		corpus_read(&der, path);
		snprintf(path, sizeof(path), "rfc4134-examples/%s", v[i].cert);
		corpus_read(&cert, path);
		in = sm_buf_bytes(&cert);
		assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &inner));
		assert_true(sm_der_get(&inner, SM_DER_SEQUENCE, &tbs));
		for (n = 0; n < 7; n++)
			assert_true(sm_der_get_any(&tbs, &tag, NULL, &spki));
		assert_ok(sm_key_from_pkcs8(&k, sm_buf_bytes(&der), NULL));
		assert_int_equal(sm_key_type(k), v[i].type);
		assert_true(sm_key_fits(k, spki));
		memset(&s, 0, sizeof(s));
		s.alg = sm_alg_get(SM_DSA_SHA1);
		s.digest = SM_SHA1;
		if (v[i].type == SM_KEY_DSA)
			assert_int_equal(sm_key_sign(k, &out, &s, LIT("x"),
			    NULL), SM_E_UNSUPPORTED);
		sm_key_free(k);
	}
	sm_buf_free(&der);
	sm_buf_free(&cert);
	sm_buf_free(&out);
}

/* A token, or another process: the same face over other operations. */
struct foreign {
	struct sm_key base;
	unsigned *freed;
};

static void
foreign_free(struct sm_key *k)
{
	struct foreign *f = (struct foreign *)k;

	++*f->freed;
	free(f);
}

static int
foreign_sign(struct sm_key *k, struct sm_buf *sig, const struct sm_sig_alg *alg,
    struct sm_bytes tbs)
{
	(void)k;
	(void)alg;
	return sm_buf_append(sig, tbs);
}

static void
a_key_may_live_elsewhere(void **state)
{
	static const struct sm_key_ops ops = {
		.sign = foreign_sign, .free = foreign_free
	};
	EVP_PKEY *pkey = make_pkey("EC", 0, "P-256");
	struct sm_buf spki = SM_BUF_INIT, sig = SM_BUF_INIT;
	struct foreign *f = calloc(1, sizeof(*f));
	unsigned freed = 0;
	struct sm_sig_alg s;
	enum sm_alg_id digest = SM_ALG_NONE;

	(void)state;
	assert_non_null(f);
	put_spki(&spki, pkey);
	f->freed = &freed;
	assert_ok(sm_key_object_init(&f->base, &ops, sm_buf_bytes(&spki), NULL));
	assert_ok(sm_sig_alg_for_key(&s, &digest, &f->base, false, NULL));
	assert_ok(sm_key_sign(&f->base, &sig, &s, LIT("tbs"), NULL));
	assert_bytes(sm_buf_bytes(&sig), LIT("tbs"));
	assert_int_equal(sm_key_agree(&f->base, &sig, sm_key_public(&f->base)),
	    SM_E_USAGE);
	sm_key_free(&f->base);
	assert_int_equal(freed, 1);
	sm_buf_free(&spki);
	sm_buf_free(&sig);
	EVP_PKEY_free(pkey);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    keys_of_every_kind_load_and_know_their_public_half),
		cmocka_unit_test(damaged_keys_are_refused_or_whole),
		cmocka_unit_test(
		    rsa_numbers_that_do_not_belong_together_are_refused),
		cmocka_unit_test(
		    ec_keys_out_of_range_or_with_a_foreign_point_are_refused),
		cmocka_unit_test(older_forms_become_pkcs8),
		cmocka_unit_test(version_two_must_bring_its_own_public_key),
		cmocka_unit_test(keys_of_rfc_4134_load_and_fit_their_certificates),
		cmocka_unit_test(a_key_may_live_elsewhere),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
