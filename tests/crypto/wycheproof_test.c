/* The vectors of Wycheproof through our own calls. "valid" must pass and "invalid"
 * must be refused; what we do with "acceptable" is said where it occurs. */
#include "test.h"

#include <base/der.h>
#include <crypto/cipher.h>
#include <crypto/key.h>

#include <stdio.h>
#include <stdlib.h>

struct run {
	void (*one)(struct run *r, const char *line);
	struct sm_key *key; /* private key of the group, kept between lines */
	char key_text[16];
	unsigned count;
	unsigned wrong;
	unsigned accepted; /* of "acceptable" ones */
};

/* The value of a field; "" when it has none or is not there. */
static const char *
field(const char *line, const char *name)
{
	static char *values[16];
	static unsigned next;
	size_t n = strlen(name);
	const char *p = line;
	char **v = &values[next++ % 16];

	for (; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ' ? 1 : 0;
		if (strncmp(p, name, n) == 0 && p[n] == '=') {
			p += n + 1;
			break;
		}
	}
	free(*v);
	*v = p == NULL ? strdup("") : strndup(p, strcspn(p, " "));
	assert_non_null(*v);
	return *v;
}

static struct sm_bytes
bytes_of(const char *line, const char *name)
{
	return hex(field(line, name));
}

static size_t
number_of(const char *line, const char *name)
{
	return (size_t)strtoul(field(line, name), NULL, 10);
}

static bool
flagged(const char *line, const char *flag)
{
	return strstr(field(line, "flags"), flag) != NULL;
}

/* Compare what happened with what is written. */
static void
judge(struct run *r, const char *line, bool passed)
{
	const char *result = field(line, "result");

	r->count++;
	if (strcmp(result, "acceptable") == 0) {
		r->accepted += passed ? 1 : 0;
		return;
	}
	if (passed == (strcmp(result, "valid") == 0))
		return;
	r->wrong++;
	print_message("tcId %s: %s, but %s (%s)\n", field(line, "tcId"), result,
	    passed ? "passed" : "refused", field(line, "flags"));
}

static void
each_line(char *line, void *ctx)
{
	struct run *r = ctx;

	r->one(r, line);
}

static void
run_file(const char *name, void (*one)(struct run *, const char *),
    unsigned accepted)
{
	struct run r = { one, NULL, "", 0, 0, 0 };
	char file[128], command[2400];
	const char *path;

	snprintf(file, sizeof(file), "wycheproof/testvectors_v1/%s_test.json",
	    name);
	path = corpus_path(file);
	if (path == NULL) {
		printf("skip: the corpora are not here\n");
		skip();
	}
	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' '%s'",
	    TEST_ROOT "/tests/crypto/wycheproof.py", path);
	lines_of(command, each_line, &r);
	sm_key_free(r.key);
	assert_true(r.count > 30);
	assert_int_equal(r.wrong, 0);
	assert_int_equal(r.accepted, accepted);
}

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
		cmocka_unit_test(cbc_padding_is_checked),
		cmocka_unit_test(
		    gcm_tags_are_checked_and_other_nonces_than_twelve_bytes_refused),
		cmocka_unit_test(aes_wraps_are_undone_only_when_whole),
		cmocka_unit_test(
		    hkdf_gives_the_known_answers_and_ends_at_its_limit),
		cmocka_unit_test(hmac_gives_the_known_answers),
		cmocka_unit_test(pbkdf2_gives_the_known_answers),
		cmocka_unit_test(ecdsa_signatures_are_taken_in_der_only),
		cmocka_unit_test(ed25519_signatures_cannot_be_bent),
		cmocka_unit_test(rsa_signatures_leave_no_room_beside_the_digest),
		cmocka_unit_test(
		    pss_signatures_have_exactly_the_salt_that_is_said),
		cmocka_unit_test(oaep_refuses_every_fault_alike),
		cmocka_unit_test(pkcs1_answers_every_ciphertext_in_the_same_way),
		cmocka_unit_test(ecdh_takes_named_curves_and_points_on_them_only),
		cmocka_unit_test(x25519_agrees_but_never_on_zeros),
		cmocka_unit_test(
		    ml_dsa_signatures_are_verified_where_libcrypto_can),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
