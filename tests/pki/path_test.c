#include "test.h"
#include "scene.h"

#include <openssl/core_names.h>
#include <openssl/x509v3.h>

static void
a_path_to_an_anchor_is_good_and_names_it(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_true(s.v.usage_ok);
	assert_false(s.v.weak);
	assert_string_equal(s.v.anchor, "CN=Root");
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_int_equal(s.v.fix[0], '\0');
	scene_free(&s);
	house_free(&h);
}

static void
an_anchor_need_not_be_self_signed(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.ca);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_string_equal(s.v.anchor, "CN=Issuing CA");
	scene_free(&s);
	house_free(&h);
}

static void
a_certificate_that_is_an_anchor_is_good_within_its_dates(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.alice);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	s.opt.at = NOW + 200 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_EXPIRED);
	s.opt.at = NOW - 200 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_NOT_YET);
	scene_free(&s);
	house_free(&h);
}

static void
without_an_anchor_it_says_where_the_path_ends_and_what_to_do(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct mint self = mint_mail("eve@example.org", NULL, 1);

	(void)state;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "issuer of the certificate of alice@example.org");
	assert_says(s.v.fix, "--trust FILE");
	scene_carry(&s, &h.ca);
	scene_carry(&s, &h.root);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "ends at Root");
	scene_judge(&s, &self);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "self-signed");
	assert_says(s.v.fix, "--trust FILE");
	mint_free(&self);
	scene_free(&s);
	house_free(&h);
}

static void
an_expired_path_is_only_expired_and_good_at_its_time(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	s.opt.at = NOW + 181 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_EXPIRED);
	assert_says(s.v.why, "expired on 2026-12-12");
	s.opt.at = NOW - 181 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_NOT_YET);
	scene_free(&s);
	house_free(&h);
}

static void
dates_are_right_to_the_second(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	s.opt.at = NOW + 180 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	s.opt.at++;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_EXPIRED);
	s.opt.at = NOW - 180 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	s.opt.at--;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_NOT_YET);
	scene_free(&s);
	house_free(&h);
}

static void
a_forged_signature_is_invalid_also_when_expired(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct mint fake_root = mint_ca("Root", NULL);
	struct mint forged = mint(&(struct mint_spec){ .cn = "mallory",
	    .issuer = &fake_root, .no_ids = true });

	(void)state;
	scene_trust(&s, &h.root);
	scene_judge(&s, &forged);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	assert_says(s.v.why, "signature does not fit");
	s.opt.at = NOW + 1000 * DAY;
	scene_judge(&s, &forged);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	mint_free(&forged);
	mint_free(&fake_root);
	scene_free(&s);
	house_free(&h);
}

static void
weak_keys_and_digests_are_weak_unless_allowed(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct mint sha1 = mint(&(struct mint_spec){ .cn = "sha1",
	    .issuer = &h.root, .digest = "SHA1" });
	struct mint small = mint(&(struct mint_spec){ .cn = "small",
	    .issuer = &h.root, .rsa_bits = 1024 });

	(void)state;
	scene_trust(&s, &h.root);
	scene_judge(&s, &sha1);
	assert_int_equal(s.v.result, SM_PATH_WEAK);
	assert_true(s.v.weak);
	assert_says(s.v.why, "SHA1");
	scene_judge(&s, &small);
	assert_int_equal(s.v.result, SM_PATH_WEAK);
	assert_says(s.v.why, "1024 bits");
	s.opt.allow_weak = true;
	scene_judge(&s, &sha1);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_true(s.v.weak);
	scene_judge(&s, &small);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_true(s.v.weak);
	mint_free(&small);
	mint_free(&sha1);
	scene_free(&s);
	house_free(&h);
}

static void
the_digest_of_an_anchors_own_signature_does_not_matter(void **state)
{
	struct scene s = scene();
	struct mint root = mint(&(struct mint_spec){ .cn = "Old root",
	    .digest = "SHA1", .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" } } });
	struct mint alice = mint_mail("alice@example.org", &root, 2);

	(void)state;
	scene_trust(&s, &root);
	scene_judge(&s, &alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_false(s.v.weak);
	mint_free(&alice);
	mint_free(&root);
	scene_free(&s);
}

static void
usage_is_judged_apart_from_the_path(void **state)
{
	static const struct {
		const char *ku, *eku;
		bool sign, encrypt;
	} t[] = {
		{ NULL, NULL, true, true },
		{ "digitalSignature", NULL, true, false },
		{ "nonRepudiation", "emailProtection", true, false },
		{ "keyEncipherment", "emailProtection", false, true },
		{ "keyAgreement", "anyExtendedKeyUsage", false, true },
		{ "digitalSignature,keyEncipherment", "clientAuth", false, false },
		{ "keyCertSign", NULL, false, false },
		{ "dataEncipherment", NULL, false, false },
	};
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mint_spec spec = { .cn = "x", .issuer = &h.root };
		struct mint m;
		size_t n = 0;

		if (t[i].ku != NULL)
			spec.ext[n++] = (struct mint_ext){ NID_key_usage, t[i].ku };
		if (t[i].eku != NULL)
			spec.ext[n++] = (struct mint_ext){ NID_ext_key_usage,
				t[i].eku };
		m = mint(&spec);
		s.opt.purpose = SM_PURPOSE_SIGN;
		scene_judge(&s, &m);
		assert_int_equal(s.v.result, SM_PATH_GOOD);
		assert_int_equal(s.v.usage_ok, t[i].sign);
		s.opt.purpose = SM_PURPOSE_ENCRYPT;
		scene_judge(&s, &m);
		assert_int_equal(s.v.result, SM_PATH_GOOD);
		assert_int_equal(s.v.usage_ok, t[i].encrypt);
		s.opt.purpose = SM_PURPOSE_ANY;
		scene_judge(&s, &m);
		assert_true(s.v.usage_ok);
		mint_free(&m);
	}
	scene_free(&s);
	house_free(&h);
}

static void
an_authority_for_other_uses_is_not_trusted_for_mail(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint web = mint(&(struct mint_spec){ .cn = "Web CA",
	    .issuer = &root, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_ext_key_usage, "serverAuth" } } });
	struct mint alice = mint_mail("alice@example.org", &web, 3);
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &root);
	scene_carry(&s, &web);
	scene_judge(&s, &alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "Web CA");
	s.opt.purpose = SM_PURPOSE_ANY;
	scene_judge(&s, &alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	mint_free(&alice);
	mint_free(&web);
	mint_free(&root);
	scene_free(&s);
}

static void
an_end_entity_cannot_issue(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct mint mallory = mint_mail("ceo@example.org", &h.alice, 1);

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	scene_carry(&s, &h.alice);
	scene_judge(&s, &mallory);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	assert_says(s.v.why, "without being an authority");
	mint_free(&mallory);
	scene_free(&s);
	house_free(&h);
}

static void
an_unknown_critical_extension_is_refused(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct mint m = mint(&(struct mint_spec){ .cn = "x", .issuer = &h.root,
	    .ext = { { NID_netscape_comment, "critical,hello" } } });

	(void)state;
	scene_trust(&s, &h.root);
	scene_judge(&s, &m);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	assert_says(s.v.why, "critical extension");
	mint_free(&m);
	scene_free(&s);
	house_free(&h);
}

static void
a_curve_that_is_spelled_out_is_refused(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	EVP_PKEY *key = EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256");
	struct scene s = scene();
	struct mint m;

	(void)state;
	assert_int_equal(EVP_PKEY_set_utf8_string_param(key,
	    OSSL_PKEY_PARAM_EC_ENCODING, OSSL_PKEY_EC_ENCODING_EXPLICIT), 1);
	m = mint(&(struct mint_spec){ .cn = "x", .issuer = &root, .key = key });
	scene_trust(&s, &root);
	scene_judge(&s, &m);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	assert_says(s.v.why, "curve");
	scene_free(&s);
	EVP_PKEY_free(key);
	mint_free(&m);
	mint_free(&root);
}

/* Two authorities that certified each other, each also with a root of its own:
 * any of the roots serves. */
static void
cross_certificates_lead_to_either_root(void **state)
{
	struct mint a = mint_ca("A", NULL), b = mint_ca("B", NULL);
	struct mint ab = mint(&(struct mint_spec){ .cn = "A", .issuer = &b,
	    .key = a.key, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" } } });
	struct mint ba = mint(&(struct mint_spec){ .cn = "B", .issuer = &a,
	    .key = b.key, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" } } });
	struct mint alice = mint_mail("alice@example.org", &a, 1);
	const struct mint *roots[] = { &a, &b };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s = scene();

		scene_trust(&s, roots[i]);
		scene_carry(&s, &ba);
		scene_carry(&s, &ab);
		scene_judge(&s, &alice);
		assert_int_equal(s.v.result, SM_PATH_GOOD);
		scene_free(&s);
	}
	mint_free(&alice);
	mint_free(&ba);
	mint_free(&ab);
	mint_free(&b);
	mint_free(&a);
}

static void
a_broken_intermediate_does_not_hide_a_good_one(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint old = mint(&(struct mint_spec){ .cn = "CA", .issuer = &root,
	    .to = NOW - 10 * DAY, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" } } });
	struct mint web = mint(&(struct mint_spec){ .cn = "CA", .issuer = &root,
	    .key = old.key, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_name_constraints, "critical,permitted;email:example.com" } } });
	struct mint good = mint(&(struct mint_spec){ .cn = "CA",
	    .issuer = &root, .key = old.key, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" } } });
	struct mint alice = mint_mail("alice@example.org", &good, 5);
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &root);
	scene_carry(&s, &old);
	scene_carry(&s, &web);
	scene_judge(&s, &alice);
	assert_int_equal(s.v.result, SM_PATH_EXPIRED);
	scene_carry(&s, &good);
	scene_judge(&s, &alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	scene_free(&s);
	mint_free(&alice);
	mint_free(&good);
	mint_free(&web);
	mint_free(&old);
	mint_free(&root);
}

static void
a_maze_of_equal_names_ends(void **state)
{
	struct scene s = scene();
	struct mint root = mint_ca("Root", NULL), m[30];
	struct mint leaf;

	(void)state;
	m[0] = mint(&(struct mint_spec){ .cn = "Maze", .no_ids = true,
	    .ext = { { NID_basic_constraints, "critical,CA:TRUE" } } });
	for (size_t i = 1; i < 30; i++)
		m[i] = mint(&(struct mint_spec){ .cn = "Maze", .key = m[0].key,
		    .no_ids = true, .serial = (long)i + 1,
		    .ext = { { NID_basic_constraints, "critical,CA:TRUE" } } });
	leaf = mint(&(struct mint_spec){ .cn = "alice", .issuer = &m[0],
	    .no_ids = true });
	scene_trust(&s, &root);
	for (size_t i = 0; i < 30; i++)
		scene_carry(&s, &m[i]);
	scene_judge(&s, &leaf);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "limit");
	scene_free(&s);
	mint_free(&leaf);
	for (size_t i = 0; i < 30; i++)
		mint_free(&m[i]);
	mint_free(&root);
}

static void
a_path_longer_than_the_limit_is_said_to_be(void **state)
{
	struct sm_limits l = sm_limits_default();
	struct scene s = { .opt = { .purpose = SM_PURPOSE_SIGN, .at = NOW } };
	struct house h = house();

	(void)state;
	l.path_length = 2;
	assert_int_equal(sm_pki_new(&s.pki, &l), 0);
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "limit of 2");
	scene_free(&s);
	house_free(&h);
}

static void
a_policy_that_is_no_oid_is_an_error(void **state)
{
	static const char *const policies[] = { "no oid", NULL };
	struct sm_error err = SM_ERROR_INIT;
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.ca);
	s.opt.policies = policies;
	assert_int_equal(sm_path_check(&s.v, s.pki, h.alice.cert, NULL, &s.opt,
	    &err), SM_E_USAGE);
	assert_string_equal(err.reason, "policy-oid");
	scene_free(&s);
	house_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_path_to_an_anchor_is_good_and_names_it),
		cmocka_unit_test(an_anchor_need_not_be_self_signed),
		cmocka_unit_test(
		    a_certificate_that_is_an_anchor_is_good_within_its_dates),
		cmocka_unit_test(
		    without_an_anchor_it_says_where_the_path_ends_and_what_to_do),
		cmocka_unit_test(
		    an_expired_path_is_only_expired_and_good_at_its_time),
		cmocka_unit_test(dates_are_right_to_the_second),
		cmocka_unit_test(a_forged_signature_is_invalid_also_when_expired),
		cmocka_unit_test(weak_keys_and_digests_are_weak_unless_allowed),
		cmocka_unit_test(
		    the_digest_of_an_anchors_own_signature_does_not_matter),
		cmocka_unit_test(usage_is_judged_apart_from_the_path),
		cmocka_unit_test(
		    an_authority_for_other_uses_is_not_trusted_for_mail),
		cmocka_unit_test(an_end_entity_cannot_issue),
		cmocka_unit_test(an_unknown_critical_extension_is_refused),
		cmocka_unit_test(a_curve_that_is_spelled_out_is_refused),
		cmocka_unit_test(cross_certificates_lead_to_either_root),
		cmocka_unit_test(a_broken_intermediate_does_not_hide_a_good_one),
		cmocka_unit_test(a_maze_of_equal_names_ends),
		cmocka_unit_test(a_path_longer_than_the_limit_is_said_to_be),
		cmocka_unit_test(a_policy_that_is_no_oid_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
