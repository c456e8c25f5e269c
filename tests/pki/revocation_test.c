#include "test.h"
#include "scene.h"

#include <openssl/x509v3.h>

/* CRLReason */
enum { KEY_COMPROMISE = 1, SUPERSEDED = 4 };

static const struct mint_revoked nobody[] = { { 0, 0, 0 } };
static const struct mint_revoked alice_revoked[] = {
	{ 7, NOW - 5 * DAY, KEY_COMPROMISE }, { 0, 0, 0 } };

static void
add_crl(struct scene *s, const struct mint *issuer, int64_t from, int64_t to,
    const struct mint_revoked *revoked)
{
	struct sm_buf der = SM_BUF_INIT;

	mint_crl(&der, issuer, from, to, revoked, NULL);
	scene_crl(s, &der);
}

/* Alice's house under judgement, with what the root says about the CA. */
static struct scene
scene_for(const struct house *h)
{
	struct scene s = scene();

	scene_trust(&s, &h->root);
	scene_carry(&s, &h->ca);
	add_crl(&s, &h->root, NOW - DAY, 0, nobody);
	return s;
}

static void
lists_for_the_whole_path_make_it_good(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "alice@example.org");
	add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	assert_int_equal(s.v.revocation_reason, -1);
	scene_free(&s);
	house_free(&h);
}

static void
a_list_for_the_leaf_alone_leaves_the_authority_unknown(void **state)
{
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "Issuing CA");
	scene_free(&s);
	house_free(&h);
}

static void
a_revoked_certificate_is_told_with_reason_and_day(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	add_crl(&s, &h.ca, NOW - DAY, 0, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	assert_int_equal(s.v.revocation_reason, KEY_COMPROMISE);
	assert_true(s.v.revoked_at == NOW - 5 * DAY);
	assert_says(s.v.revocation_why, "revoked by its issuer on 2026-06-10");
	scene_free(&s);
	house_free(&h);
}

static void
a_revocation_without_reason_has_none(void **state)
{
	static const struct mint_revoked r[] = { { 7, NOW - DAY, -1 },
		{ 0, 0, 0 } };
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	add_crl(&s, &h.ca, NOW - DAY, 0, r);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	assert_int_equal(s.v.revocation_reason, -1);
	scene_free(&s);
	house_free(&h);
}

static void
an_ended_list_is_no_news_but_its_revocations_stand(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	add_crl(&s, &h.ca, NOW - 40 * DAY, NOW - 10 * DAY, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "ended on 2026-06-05");
	scene_free(&s);
	s = scene_for(&h);
	add_crl(&s, &h.ca, NOW - 40 * DAY, NOW - 10 * DAY, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	house_free(&h);
}

static void
a_list_from_later_proves_nothing_good_but_its_revocations_stand(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	add_crl(&s, &h.ca, NOW + 10 * DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "begins only on 2026-06-25");
	scene_free(&s);
	s = scene_for(&h);
	add_crl(&s, &h.ca, NOW + 10 * DAY, 0, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	house_free(&h);
}

static void
a_fresh_list_outweighs_an_ended_one(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);

	(void)state;
	add_crl(&s, &h.ca, NOW - 40 * DAY, NOW - 10 * DAY, nobody);
	add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	scene_free(&s);
	house_free(&h);
}

static void
a_forged_list_neither_revokes_nor_hides_the_genuine_one(void **state)
{
	static const int64_t when[] = { NOW - 2 * DAY, NOW - DAY / 2 };
	struct house h = house();
	struct mint fake = mint_ca("Issuing CA", NULL);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct scene s = scene_for(&h);

		add_crl(&s, &fake, when[i], 0, alice_revoked);
		scene_judge(&s, &h.alice);
		assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
		add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
		scene_judge(&s, &h.alice);
		assert_int_equal(s.v.revocation, SM_REV_GOOD);
		scene_free(&s);
		s = scene_for(&h);
		add_crl(&s, &fake, when[i], 0, nobody);
		scene_carry(&s, &fake);
		add_crl(&s, &h.ca, NOW - DAY, 0, alice_revoked);
		scene_judge(&s, &h.alice);
		assert_int_equal(s.v.revocation, SM_REV_REVOKED);
		scene_free(&s);
	}
	mint_free(&fake);
	house_free(&h);
}

static void
a_forged_delta_does_not_take_the_genuine_list_with_it(void **state)
{
	static const struct mint_ext number[] = { { NID_crl_number, "DER:020105" },
		{ 0, NULL } };
	static const struct mint_ext delta[] = { { NID_crl_number, "DER:020106" },
		{ NID_delta_crl, "critical,DER:020105" }, { 0, NULL } };
	struct house h = house();
	struct mint fake = mint_ca("Issuing CA", NULL);
	struct scene s = scene_for(&h);
	struct sm_buf der = SM_BUF_INIT;

	(void)state;
	mint_crl(&der, &h.ca, NOW - DAY, 0, alice_revoked, number);
	scene_crl(&s, &der);
	mint_crl(&der, &fake, NOW - DAY, 0, nobody, delta);
	scene_crl(&s, &der);
	scene_carry(&s, &fake);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	mint_free(&fake);
	house_free(&h);
}

static void
a_revoked_authority_revokes_the_path(void **state)
{
	static const struct mint_revoked ca_revoked[] = {
		{ 1, NOW - DAY, SUPERSEDED }, { 0, 0, 0 } };
	struct house h = house();
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	add_crl(&s, &h.root, NOW - DAY, 0, ca_revoked);
	add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	assert_int_equal(s.v.revocation_reason, SUPERSEDED);
	assert_says(s.v.revocation_why, "Issuing CA");
	scene_free(&s);
	house_free(&h);
}

static void
a_path_around_a_revoked_authority_is_found(void **state)
{
	static const struct mint_revoked ca_revoked[] = {
		{ 1, NOW - DAY, SUPERSEDED }, { 0, 0, 0 } };
	struct house h = house();
	struct mint renewed = mint(&(struct mint_spec){ .cn = "Issuing CA",
	    .issuer = &h.root, .serial = 2, .key = h.ca.key, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "keyCertSign,cRLSign" } } });
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	scene_carry(&s, &renewed);
	add_crl(&s, &h.root, NOW - DAY, 0, ca_revoked);
	add_crl(&s, &h.ca, NOW - DAY, 0, nobody);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	scene_free(&s);
	mint_free(&renewed);
	house_free(&h);
}

static void
the_issuer_can_revoke_what_is_trusted_by_itself(void **state)
{
	struct house h = house();
	struct mint fake = mint_ca("Issuing CA", NULL);
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &h.alice);
	scene_carry(&s, &fake);
	add_crl(&s, &fake, NOW - DAY, 0, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	add_crl(&s, &h.ca, NOW - DAY, 0, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	scene_carry(&s, &h.ca);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	mint_free(&fake);
	house_free(&h);
}

static void
a_weakly_signed_list_only_warns(void **state)
{
	/* mint signs lists with SHA-256: the weak one comes ready-made */
	struct house h = house();
	struct scene s = scene_for(&h);
	struct sm_buf der = SM_BUF_INIT;
	const unsigned char *p;
	unsigned char *out = NULL;
	X509_CRL *crl;
	int len;

	(void)state;
	mint_crl(&der, &h.ca, NOW - DAY, 0, nobody, NULL);
	p = der.data;
	crl = d2i_X509_CRL(NULL, &p, (long)der.len);
	assert_non_null(crl);
	assert_true(X509_CRL_sign(crl, h.ca.key, EVP_sha1()) > 0);
	len = i2d_X509_CRL(crl, &out);
	sm_buf_clear(&der);
	assert_int_equal(sm_buf_append(&der, sm_bytes(out, (size_t)len)), 0);
	OPENSSL_free(out);
	X509_CRL_free(crl);
	scene_crl(&s, &der);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "too weak");
	s.opt.allow_weak = true;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	scene_free(&s);
	house_free(&h);
}

static void
an_ocsp_response_of_the_issuer_counts(void **state)
{
	static const struct {
		int status;
		int64_t from, to;
		enum sm_revocation answer;
		const char *says;
	} t[] = {
		{ V_OCSP_CERTSTATUS_GOOD, NOW - DAY, NOW + DAY, SM_REV_GOOD,
		    "Not revoked" },
		{ V_OCSP_CERTSTATUS_REVOKED, NOW - DAY, NOW + DAY,
		    SM_REV_REVOKED, "revoked by its issuer" },
		{ V_OCSP_CERTSTATUS_UNKNOWN, NOW - DAY, NOW + DAY,
		    SM_REV_UNKNOWN, "does not know" },
		{ V_OCSP_CERTSTATUS_GOOD, NOW - 9 * DAY, NOW - 2 * DAY,
		    SM_REV_UNKNOWN, "ended on 2026-06-13" },
		{ V_OCSP_CERTSTATUS_REVOKED, NOW - 9 * DAY, NOW - 2 * DAY,
		    SM_REV_REVOKED, "revoked by its issuer" },
		{ V_OCSP_CERTSTATUS_GOOD, NOW + 2 * DAY, NOW + 9 * DAY,
		    SM_REV_UNKNOWN, "begins only on 2026-06-17" },
		{ V_OCSP_CERTSTATUS_GOOD, NOW - 3600, 0, SM_REV_GOOD,
		    "Not revoked" },
		{ V_OCSP_CERTSTATUS_GOOD, NOW - 3 * DAY, 0, SM_REV_UNKNOWN,
		    "ended on" },
		{ V_OCSP_CERTSTATUS_GOOD, NOW + 200, NOW + DAY, SM_REV_GOOD,
		    "Not revoked" },
	};
	struct house h = house();

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct sm_buf der = SM_BUF_INIT;
		struct scene s = scene_for(&h);

		mint_ocsp(&der, &h.alice, &h.ca, &h.ca, t[i].status, t[i].from,
		    t[i].to);
		scene_ocsp(&s, &der);
		scene_judge(&s, &h.alice);
		assert_int_equal(s.v.revocation, t[i].answer);
		assert_says(s.v.revocation_why, t[i].says);
		scene_free(&s);
	}
	house_free(&h);
}

/* Who signs Alice's response: judge it. */
static enum sm_revocation
answered_by(const struct house *h, const struct mint *signer)
{
	struct sm_buf der = SM_BUF_INIT;
	struct scene s = scene_for(h);
	enum sm_revocation answer;

	mint_ocsp(&der, &h->alice, &h->ca, signer, V_OCSP_CERTSTATUS_GOOD,
	    NOW - DAY, NOW + DAY);
	scene_ocsp(&s, &der);
	scene_carry(&s, signer);
	scene_judge(&s, &h->alice);
	answer = s.v.revocation;
	scene_free(&s);
	return answer;
}

static void
only_the_issuers_own_responder_may_answer(void **state)
{
	struct house h = house();
	struct mint_spec good = { .cn = "Responder", .issuer = &h.ca, .ext = {
	    { NID_ext_key_usage, "OCSPSigning" },
	    { NID_key_usage, "digitalSignature" } } };
	struct mint_spec plain = { .cn = "Colleague", .issuer = &h.ca };
	struct mint_spec above = good, old = good;
	struct mint m[4];

	(void)state;
	above.issuer = &h.root;
	old.to = NOW - DAY;
	m[0] = mint(&good);
	m[1] = mint(&plain);
	m[2] = mint(&above);
	m[3] = mint(&old);
	assert_int_equal(answered_by(&h, &m[0]), SM_REV_GOOD);
	assert_int_equal(answered_by(&h, &m[1]), SM_REV_UNKNOWN);
	assert_int_equal(answered_by(&h, &m[2]), SM_REV_UNKNOWN);
	assert_int_equal(answered_by(&h, &m[3]), SM_REV_UNKNOWN);
	assert_int_equal(answered_by(&h, &h.root), SM_REV_UNKNOWN);
	assert_int_equal(answered_by(&h, &h.alice), SM_REV_UNKNOWN);
	for (size_t i = 0; i < 4; i++)
		mint_free(&m[i]);
	house_free(&h);
}

static void
a_response_about_somebody_else_says_nothing(void **state)
{
	struct house h = house();
	struct mint bob = mint_mail("bob@example.org", &h.ca, 8);
	struct scene s = scene_for(&h);
	struct sm_buf der = SM_BUF_INIT;

	(void)state;
	mint_ocsp(&der, &bob, &h.ca, &h.ca, V_OCSP_CERTSTATUS_GOOD, NOW - DAY,
	    NOW + DAY);
	scene_ocsp(&s, &der);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	mint_free(&bob);
	scene_free(&s);
	house_free(&h);
}

static void
revoked_on_a_list_outweighs_good_by_ocsp(void **state)
{
	struct house h = house();
	struct scene s = scene_for(&h);
	struct sm_buf der = SM_BUF_INIT;

	(void)state;
	mint_ocsp(&der, &h.alice, &h.ca, &h.ca, V_OCSP_CERTSTATUS_GOOD,
	    NOW - DAY, NOW + DAY);
	scene_ocsp(&s, &der);
	add_crl(&s, &h.ca, NOW - DAY, 0, alice_revoked);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	house_free(&h);
}

static void
garbage_is_no_evidence(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	struct scene s = scene();
	struct house h = house();
	struct sm_buf der = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_pki_add_crl(s.pki, LIT("0\3\2\1\1"), &err),
	    SM_E_FORMAT);
	assert_string_equal(err.reason, "crl-malformed");
	sm_error_clear(&err);
	assert_int_equal(sm_pki_add_ocsp(s.pki, LIT(""), &err), SM_E_FORMAT);
	assert_string_equal(err.reason, "ocsp-malformed");
	mint_crl(&der, &h.ca, NOW, 0, nobody, NULL);
	assert_int_equal(sm_buf_append_byte(&der, 0), 0);
	assert_int_equal(sm_pki_add_crl(s.pki, sm_buf_bytes(&der), NULL),
	    SM_E_FORMAT);
	sm_buf_free(&der);
	/* tryLater: well formed, and no evidence */
	assert_int_equal(sm_pki_add_ocsp(s.pki, LIT("0\3\n\1\3"), NULL), 0);
	house_free(&h);
	scene_free(&s);
}

static void
a_list_made_after_a_certificate_expired_says_nothing_of_it(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct sm_buf crl = SM_BUF_INIT;
	int64_t end = sm_cert_not_after(h.alice.cert);

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	mint_crl(&crl, &h.root, end - DAY, end + 60 * DAY, NULL, NULL);
	scene_crl(&s, &crl);
	mint_crl(&crl, &h.ca, end + DAY, end + 60 * DAY, NULL, NULL);
	scene_crl(&s, &crl);
	s.opt.at = end + 2 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "leave the expired out");
	/* one that was still made for it tells */
	mint_crl(&crl, &h.ca, end - DAY, end + 60 * DAY, NULL, NULL);
	scene_crl(&s, &crl);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	scene_free(&s);
	house_free(&h);
}

static void
a_list_that_still_names_an_expired_certificate_is_heard(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct sm_buf crl = SM_BUF_INIT;
	int64_t end = sm_cert_not_after(h.alice.cert);

	(void)state;
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	mint_crl(&crl, &h.ca, end + DAY, end + 60 * DAY,
	    (struct mint_revoked[]){ { 7, NOW, 1 }, { 0, 0, 0 } }, NULL);
	scene_crl(&s, &crl);
	s.opt.at = end + 2 * DAY;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.revocation, SM_REV_REVOKED);
	scene_free(&s);
	house_free(&h);
}

static void
a_response_about_an_expired_certificate_counts_when_it_is_older_than_that(void **state)
{
	struct mint ca = mint(&(struct mint_spec){ .cn = "Old CA", .from = NOW - DAY,
	    .to = NOW + 4000 * DAY, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_key_usage, "keyCertSign,cRLSign" } } });
	struct mint alice = mint_mail("alice@example.org", &ca, 7);
	struct scene s = scene();
	struct sm_buf ocsp = SM_BUF_INIT;
	int64_t end = sm_cert_not_after(alice.cert);

	(void)state;
	scene_trust(&s, &ca);
	mint_ocsp(&ocsp, &alice, &ca, &ca, V_OCSP_CERTSTATUS_GOOD, end + DAY,
	    end + 60 * DAY);
	scene_ocsp(&s, &ocsp);
	s.opt.at = end + 2 * DAY;
	scene_judge(&s, &alice);
	assert_int_equal(s.v.revocation, SM_REV_UNKNOWN);
	assert_says(s.v.revocation_why, "responders forget the expired");
	mint_ocsp(&ocsp, &alice, &ca, &ca, V_OCSP_CERTSTATUS_GOOD, end - DAY,
	    end + 60 * DAY);
	scene_ocsp(&s, &ocsp);
	scene_judge(&s, &alice);
	assert_int_equal(s.v.revocation, SM_REV_GOOD);
	scene_free(&s);
	mint_free(&alice);
	mint_free(&ca);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lists_for_the_whole_path_make_it_good),
		cmocka_unit_test(
		    a_list_for_the_leaf_alone_leaves_the_authority_unknown),
		cmocka_unit_test(a_revoked_certificate_is_told_with_reason_and_day),
		cmocka_unit_test(a_revocation_without_reason_has_none),
		cmocka_unit_test(
		    an_ended_list_is_no_news_but_its_revocations_stand),
		cmocka_unit_test(
		    a_list_from_later_proves_nothing_good_but_its_revocations_stand),
		cmocka_unit_test(a_fresh_list_outweighs_an_ended_one),
		cmocka_unit_test(
		    a_forged_list_neither_revokes_nor_hides_the_genuine_one),
		cmocka_unit_test(
		    a_forged_delta_does_not_take_the_genuine_list_with_it),
		cmocka_unit_test(a_revoked_authority_revokes_the_path),
		cmocka_unit_test(a_path_around_a_revoked_authority_is_found),
		cmocka_unit_test(the_issuer_can_revoke_what_is_trusted_by_itself),
		cmocka_unit_test(a_weakly_signed_list_only_warns),
		cmocka_unit_test(an_ocsp_response_of_the_issuer_counts),
		cmocka_unit_test(only_the_issuers_own_responder_may_answer),
		cmocka_unit_test(a_response_about_somebody_else_says_nothing),
		cmocka_unit_test(revoked_on_a_list_outweighs_good_by_ocsp),
		cmocka_unit_test(garbage_is_no_evidence),
		cmocka_unit_test(a_list_made_after_a_certificate_expired_says_nothing_of_it),
		cmocka_unit_test(a_list_that_still_names_an_expired_certificate_is_heard),
		cmocka_unit_test(
		    a_response_about_an_expired_certificate_counts_when_it_is_older_than_that),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
