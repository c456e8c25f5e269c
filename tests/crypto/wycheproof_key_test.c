/* The vectors of Wycheproof through our own calls. "valid" must pass and "invalid"
 * must be refused; what we do with "acceptable" is said where it occurs. */
#include "wycheproof.h"

#include <base/der.h>
#include <crypto/cipher.h>

#include <stdio.h>

static bool
verifies(const char *line, const struct sm_sig_alg *alg)
{
	struct sm_pubkey *p = NULL;
	bool good = false;
	int rc;

	assert_ok(sm_pubkey_new(&p, bytes_of(line, "publicKeyDer"), NULL));
	rc = sm_pubkey_verify(&good, p, alg, bytes_of(line, "msg"),
	    bytes_of(line, "sig"));
	assert_int_equal(rc, 0);
	sm_pubkey_free(p);
	return good;
}

static struct sm_sig_alg
plain_alg(enum sm_alg_id id)
{
	struct sm_sig_alg s;

	memset(&s, 0, sizeof(s));
	s.alg = sm_alg_get(id);
	s.digest = s.alg->digest;
	return s;
}

static enum sm_alg_id
digest_of(const char *line, const char *name)
{
	const char *word = field(line, name);

	return sm_alg_from_micalg(sm_bytes_str(word));
}

static void
one_ecdsa(struct run *r, const char *line)
{
	enum sm_alg_id digest = digest_of(line, "sha");
	struct sm_sig_alg s = plain_alg(
	    digest == SM_SHA256 ? SM_ECDSA_SHA256 : SM_ECDSA_SHA384);

	judge(r, line, verifies(line, &s));
}

static void
ecdsa_signatures_are_taken_in_der_only(void **state)
{
	(void)state;
	run_file("ecdsa_secp256r1_sha256", one_ecdsa, 0);
	run_file("ecdsa_secp384r1_sha384", one_ecdsa, 0);
}

static void
one_eddsa(struct run *r, const char *line)
{
	struct sm_sig_alg s = plain_alg(SM_ED25519);

	judge(r, line, verifies(line, &s));
}

static void
ed25519_signatures_cannot_be_bent(void **state)
{
	(void)state;
	run_file("ed25519", one_eddsa, 0);
}

/* "acceptable": DigestInfo without the NULL parameter, refused. */
static void
one_rsa(struct run *r, const char *line)
{
	enum sm_alg_id digest = digest_of(line, "sha");
	struct sm_sig_alg s = plain_alg(
	    digest == SM_SHA256 ? SM_RSA_SHA256 : SM_RSA_SHA384);

	judge(r, line, verifies(line, &s));
}

static void
rsa_signatures_leave_no_room_beside_the_digest(void **state)
{
	(void)state;
	run_file("rsa_signature_2048_sha256", one_rsa, 0);
	run_file("rsa_signature_3072_sha384", one_rsa, 0);
}

static void
one_pss(struct run *r, const char *line)
{
	struct sm_sig_alg s = plain_alg(SM_RSA_PSS);

	s.digest = digest_of(line, "sha");
	s.mgf_digest = digest_of(line, "mgfSha");
	s.salt_len = (unsigned)number_of(line, "sLen");
	judge(r, line, verifies(line, &s));
}

static void
pss_signatures_have_exactly_the_salt_that_is_said(void **state)
{
	(void)state;
	run_file("rsa_pss_2048_sha1_mgf1_20", one_pss, 0);
	run_file("rsa_pss_2048_sha256_mgf1_32", one_pss, 0);
	run_file("rsa_pss_2048_sha256_mgf1_32_params", one_pss, 0);
	run_file("rsa_pss_3072_sha256_mgf1_32", one_pss, 0);
}

/* The private key of the line's group; the file writes it into each. */
static struct sm_key *
group_key(struct run *r, const char *line)
{
	const char *text = field(line, "privateKeyPkcs8");
	size_t n = strlen(text);
	const char *mark = n > 15 ? text + n - 15 : text;

	if (r->key == NULL || strcmp(mark, r->key_text) != 0) {
		sm_key_free(r->key);
		r->key = NULL;
		assert_ok(sm_key_from_pkcs8(&r->key, hex(text), NULL));
		snprintf(r->key_text, sizeof(r->key_text), "%s", mark);
	}
	return r->key;
}

static void
one_oaep(struct run *r, const char *line)
{
	struct sm_key *k = group_key(r, line);
	struct sm_buf out = SM_BUF_SECRET_INIT;
	int rc = sm_key_rsa_oaep(k, &out, digest_of(line, "sha"),
	    digest_of(line, "mgfSha"), bytes_of(line, "label"),
	    bytes_of(line, "ct"));

	assert_true(rc == 0 || rc == SM_E_AUTH);
	judge(r, line, rc == 0 &&
	    sm_bytes_equal(sm_buf_bytes(&out), bytes_of(line, "msg")));
	sm_buf_free(&out);
}

static void
oaep_refuses_every_fault_alike(void **state)
{
	(void)state;
	run_file("rsa_oaep_2048_sha1_mgf1sha1", one_oaep, 0);
	run_file("rsa_oaep_2048_sha256_mgf1sha1", one_oaep, 0);
	run_file("rsa_oaep_2048_sha256_mgf1sha256", one_oaep, 0);
	run_file("rsa_oaep_3072_sha512_mgf1sha512", one_oaep, 0);
}

/* For a ciphertext as long as n there is always an answer of the length asked
 * for, and the same one again. */
static bool
pkcs1_decrypts(struct sm_key *k, struct sm_bytes ct, struct sm_bytes msg)
{
	struct sm_buf a = SM_BUF_SECRET_INIT, b = SM_BUF_SECRET_INIT;
	uint8_t ok = 1, again = 1;
	bool right = false;
	int rc = sm_key_rsa_pkcs1(k, &a, &ok, ct, msg.len);

	assert_int_equal(sm_key_rsa_pkcs1(k, &b, &again, ct, msg.len), rc);
	if (rc == 0) {
		assert_int_equal(a.len, msg.len);
		assert_bytes(sm_buf_bytes(&a), sm_buf_bytes(&b));
		assert_int_equal(ok, again);
		assert_true(ok == 0 || ok == 0xff);
		right = ok == 0xff;
		if (right)
			assert_bytes(sm_buf_bytes(&a), msg);
	} else {
		assert_int_equal(rc, SM_E_AUTH);
		/* The length is public, and so is "not below n". */
		assert_true(ct.len != 256 ||
		    memcmp(ct.data, hex("b3510a2bcd4c").data, 6) >= 0);
		assert_int_equal(ok, 0);
	}
	sm_buf_free(&a);
	sm_buf_free(&b);
	return right;
}

static void
one_pkcs1(struct run *r, const char *line)
{
	static const size_t lengths[] = { 0, 5, 8, 16, 24, 32, 245 };
	struct sm_key *k = group_key(r, line);
	struct sm_bytes ct = bytes_of(line, "ct"), msg = bytes_of(line, "msg");
	uint8_t other[245] = { 0 };
	size_t i;

	judge(r, line, pkcs1_decrypts(k, ct, msg));
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++)
		if (lengths[i] != msg.len)
			assert_false(pkcs1_decrypts(k, ct,
			    sm_bytes(other, lengths[i])));
}

static void
pkcs1_answers_every_ciphertext_in_the_same_way(void **state)
{
	(void)state;
	run_file("rsa_pkcs1_2048", one_pkcs1, 0);
}

/* PKCS#8 of a bare private value. */
static void
write_pkcs8(struct sm_buf *out, enum sm_alg_id alg, struct sm_bytes params,
    struct sm_bytes value)
{
	struct sm_derw w;
	size_t seq, octets, inner;

	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	sm_derw_algorithm(&w, sm_alg_get(alg)->oid, params);
	octets = sm_derw_begin(&w, SM_DER_OCTET_STRING);
	if (alg == SM_PK_EC) {
		inner = sm_derw_begin(&w, SM_DER_SEQUENCE);
		sm_derw_uint(&w, 1);
		sm_derw_add(&w, SM_DER_OCTET_STRING, value);
		sm_derw_end(&w, inner);
	} else {
		sm_derw_add(&w, SM_DER_OCTET_STRING, value);
	}
	sm_derw_end(&w, octets);
	sm_derw_end(&w, seq);
	assert_ok(sm_derw_status(&w));
}

static bool
agrees(enum sm_alg_id alg, struct sm_bytes params, struct sm_bytes value,
    struct sm_bytes spki, struct sm_bytes shared)
{
	struct sm_buf der = SM_BUF_SECRET_INIT, out = SM_BUF_SECRET_INIT;
	struct sm_pubkey *peer = NULL;
	struct sm_key *k = NULL;
	int rc;

	write_pkcs8(&der, alg, params, value);
	assert_ok(sm_key_from_pkcs8(&k, sm_buf_bytes(&der), NULL));
	rc = sm_pubkey_new(&peer, spki, NULL);
	if (rc == 0)
		rc = sm_key_agree(k, &out, peer);
	if (rc == 0 && !sm_bytes_equal(sm_buf_bytes(&out), shared))
		rc = SM_E_AUTH;
	sm_pubkey_free(peer);
	sm_key_free(k);
	sm_buf_free(&der);
	sm_buf_free(&out);
	return rc == 0;
}

/* "acceptable" are here, among others: compressed points (taken), curves by their
 * equation or unnamed, and odd encodings (refused). */
static void
one_ecdh(struct run *r, const char *line)
{
	struct sm_bytes params = hex("06082a8648ce3d030107");
	struct sm_bytes value = bytes_of(line, "private");
	bool passed;

	if (value.len > 0 && value.data[0] == 0)
		value = sm_bytes_skip(value, 1);
	passed = agrees(SM_PK_EC, params, value, bytes_of(line, "public"),
	    bytes_of(line, "shared"));
	if (passed && strcmp(field(line, "result"), "acceptable") == 0)
		assert_true(flagged(line, "CompressedPublic") ||
		    flagged(line, "CompressedPoint"));
	judge(r, line, passed);
}

static void
ecdh_takes_named_curves_and_points_on_them_only(void **state)
{
	(void)state;
	run_file("ecdh_secp256r1", one_ecdh, 1);
}

/* "acceptable": points of the twist and of small order. The former agree as RFC
 * 7748 has it, the latter give zeros and are refused. */
static void
one_x25519(struct run *r, const char *line)
{
	static const uint8_t zero[32];
	struct sm_buf spki = SM_BUF_INIT;
	struct sm_bytes none = { NULL, 0 };
	struct sm_bytes shared = bytes_of(line, "shared");
	bool passed;

	assert_ok(sm_buf_append(&spki, hex("302a300506032b656e032100")));
	assert_ok(sm_buf_append(&spki, bytes_of(line, "public")));
	passed = agrees(SM_PK_X25519, none, bytes_of(line, "private"),
	    sm_buf_bytes(&spki), shared);
	if (memcmp(shared.data, zero, sizeof(zero)) == 0)
		assert_false(passed);
	judge(r, line, passed);
	sm_buf_free(&spki);
}

static void
x25519_agrees_but_never_on_zeros(void **state)
{
	(void)state;
	run_file("x25519", one_x25519, 223);
}

/* libcrypto has it from 3.5 on. */
static void
one_ml_dsa(struct run *r, const char *line)
{
	struct sm_sig_alg s = plain_alg(SM_ML_DSA_44);
	struct sm_pubkey *p = NULL;
	bool good = false;

	if (field(line, "ctx")[0] != '\0') {
		r->count++; /* mail has no context: RFC 9882 section 3 */
		return;
	}
	if (sm_pubkey_new(&p, bytes_of(line, "publicKeyDer"), NULL) == 0 &&
	    sm_pubkey_verify(&good, p, &s, bytes_of(line, "msg"),
		bytes_of(line, "sig")) != 0)
		good = false;
	sm_pubkey_free(p);
	judge(r, line, good);
}

static void
ml_dsa_signatures_are_verified_where_libcrypto_can(void **state)
{
	(void)state;
	if (!sm_alg_available(SM_ML_DSA_44)) {
		printf("skip: this libcrypto has no ML-DSA\n");
		skip();
	}
	run_file("mldsa_44_verify", one_ml_dsa, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(ecdsa_signatures_are_taken_in_der_only),
		cmocka_unit_test(ed25519_signatures_cannot_be_bent),
		cmocka_unit_test(
		    rsa_signatures_leave_no_room_beside_the_digest),
		cmocka_unit_test(
		    pss_signatures_have_exactly_the_salt_that_is_said),
		cmocka_unit_test(oaep_refuses_every_fault_alike),
		cmocka_unit_test(
		    pkcs1_answers_every_ciphertext_in_the_same_way),
		cmocka_unit_test(
		    ecdh_takes_named_curves_and_points_on_them_only),
		cmocka_unit_test(x25519_agrees_but_never_on_zeros),
		cmocka_unit_test(
		    ml_dsa_signatures_are_verified_where_libcrypto_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
