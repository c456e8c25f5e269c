#include "test.h"
#include "scene.h"

#include <openssl/ocsp.h>
#include <openssl/x509v3.h>
#include <stdlib.h>

/* ---- anchors for some mail only ---- */

static enum sm_path_result
permitted(const char *name, const char *san)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint m = mint(&(struct mint_spec){ .cn = "x", .issuer = &root,
	    .ext = { { NID_subject_alt_name, san } } });
	struct scene s = scene();
	enum sm_path_result result;

	assert_int_equal(sm_pki_add_anchor_for(s.pki, root.cert, &name, 1), 0);
	scene_judge(&s, &m);
	result = s.v.result;
	if (result != SM_PATH_GOOD)
		assert_says(s.v.fix, "`sealmail trust add --domain ");
	scene_free(&s);
	mint_free(&m);
	mint_free(&root);
	return result;
}

static void
an_anchor_speaks_for_the_names_it_was_added_for(void **state)
{
	static const struct {
		const char *name, *san;
		bool good;
	} t[] = {
		{ "example.org", "email:a@example.org", true },
		{ "Example.ORG", "email:a@example.org", true },
		{ "example.org", "email:a@EXAMPLE.org", true },
		{ "example.org", "email:a@mail.example.org", false },
		{ "example.org", "email:a@notexample.org", false },
		{ "example.org", "email:a@example.org.evil.example", false },
		{ "example.org", "email:a@example.org,email:b@example.org", true },
		{ "example.org", "email:a@example.org,email:b@bank.example", false },
		{ "example.org", "DNS:example.org", false },
		{ ".example.org", "email:a@example.org", false },
		{ ".example.org", "email:a@mail.example.org", true },
		{ ".example.org", "email:a@x.mail.example.org", true },
		{ ".example.org", "email:a@xexample.org", false },
		{ "a@example.org", "email:a@example.org", true },
		{ "a@example.org", "email:A@example.org", false },
		{ "a@example.org", "email:b@example.org", false },
		{ "b\xc3\xbc" "cher.example", "email:a@xn--bcher-kva.example", true },
		{ "xn--bcher-kva.example", "email:a@xn--bcher-kva.example", true },
		{ ".example", "email:a@xn--bcher-kva.example", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		enum sm_path_result got = permitted(t[i].name, t[i].san);

		if ((got == SM_PATH_GOOD) != t[i].good)
			fail_msg("%s for %s: %d", t[i].name, t[i].san, (int)got);
		if (!t[i].good)
			assert_int_equal(got, SM_PATH_UNTRUSTED);
	}
}

static void
a_name_that_is_no_domain_limits_nothing_and_is_refused(void **state)
{
	static const char *const bad[] = { "", ".", "..", "a b", "@", "@x.example",
		"a@", "a@b@c", ".a@example.org", "example..org", "*", "*.example.org",
		"example.org\n", "a@.example.org" };
	struct mint root = mint_ca("Root", NULL);
	struct scene s = scene();

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
		assert_false(sm_mail_permit_valid(bad[i]));
		assert_int_equal(sm_pki_add_anchor_for(s.pki, root.cert, &bad[i], 1),
		    SM_E_USAGE);
		assert_false(sm_mail_permitted("a@example.org", &bad[i], 1));
	}
	assert_false(sm_pki_has_anchors(s.pki));
	scene_free(&s);
	mint_free(&root);
}

static void
what_a_message_carries_does_not_widen_an_anchor(void **state)
{
	const char *name = "partner.example";
	struct house h = house();
	struct scene s = scene();
	struct sm_buf crl = SM_BUF_INIT;
	struct sm_bytes list;

	(void)state;
	assert_int_equal(sm_pki_add_anchor_for(s.pki, h.root.cert, &name, 1), 0);
	scene_carry(&s, &h.ca);
	scene_carry(&s, &h.root);
	mint_crl(&crl, &h.ca, NOW - DAY, 0, NULL, NULL);
	list = sm_buf_bytes(&crl);
	s.opt.crls = &list; /* makes the check work on a copy */
	s.opt.crl_count = 1;
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_says(s.v.why, "alice@example.org is not in them");
	sm_buf_free(&crl);
	scene_free(&s);
	house_free(&h);
}

static void
a_trusted_certificate_is_bound_by_its_own_limit(void **state)
{
	const char *name = "partner.example", *own = "alice@example.org";
	struct house h = house();
	struct scene s = scene();

	(void)state;
	assert_int_equal(sm_pki_add_anchor_for(s.pki, h.alice.cert, &name, 1), 0);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_UNTRUSTED);
	assert_int_equal(sm_pki_add_anchor_for(s.pki, h.alice.cert, &own, 1), 0);
	scene_judge(&s, &h.alice);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	scene_free(&s);
	house_free(&h);
}

/* ---- one certificate ---- */

static enum sm_trust_result
judged(const struct scene *s, const struct mint *m, enum sm_trust_use use, int64_t at)
{
	struct sm_trust_answer a;
	enum sm_trust_result result;

	assert_int_equal(sm_pki_judge(&a, s->pki, m->cert, &s->carried, use, at, NULL), 0);
	assert_int_not_equal(a.why[0], '\0');
	if (a.result != SM_TRUST_GOOD)
		assert_int_not_equal(a.fix[0], '\0');
	result = a.result;
	sm_trust_answer_wipe(&a);
	return result;
}

static void
one_certificate_is_judged_for_one_use(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct sm_buf crl = SM_BUF_INIT;
	struct mint signs = mint(&(struct mint_spec){ .cn = "s", .issuer = &h.ca,
	    .ext = { { NID_key_usage, "digitalSignature" },
		{ NID_subject_alt_name, "email:s@example.org" } } });

	(void)state;
	assert_int_equal(judged(&s, &h.alice, SM_TRUST_SIGN, NOW), SM_TRUST_UNTRUSTED);
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	assert_int_equal(judged(&s, &h.alice, SM_TRUST_SIGN, NOW), SM_TRUST_GOOD);
	assert_int_equal(judged(&s, &h.alice, SM_TRUST_SIGN, NOW + 400 * DAY),
	    SM_TRUST_EXPIRED);
	assert_int_equal(judged(&s, &h.alice, SM_TRUST_SIGN, NOW - 400 * DAY),
	    SM_TRUST_NOT_YET);
	assert_int_equal(judged(&s, &signs, SM_TRUST_SIGN, NOW), SM_TRUST_GOOD);
	assert_int_equal(judged(&s, &signs, SM_TRUST_ENCRYPT, NOW), SM_TRUST_WRONG_USE);
	mint_crl(&crl, &h.ca, NOW - DAY, 0,
	    (struct mint_revoked[]){ { 7, NOW - 2 * DAY, 1 }, { 0, 0, 0 } }, NULL);
	scene_crl(&s, &crl);
	assert_int_equal(judged(&s, &h.alice, SM_TRUST_SIGN, NOW), SM_TRUST_REVOKED);
	mint_free(&signs);
	scene_free(&s);
	house_free(&h);
}

static void
the_path_is_told_or_the_certificate_whose_issuer_is_missing(void **state)
{
	struct house h = house();
	struct scene s = scene();
	struct sm_trust_answer a;

	(void)state;
	scene_trust(&s, &h.root);
	assert_int_equal(sm_pki_judge(&a, s.pki, h.alice.cert, NULL, SM_TRUST_SIGN, NOW,
	    NULL), 0);
	assert_int_equal(a.path.count, 1);
	assert_ptr_equal(a.path.list[0], h.alice.cert);
	sm_trust_answer_wipe(&a);
	scene_carry(&s, &h.ca);
	assert_int_equal(sm_pki_judge(&a, s.pki, h.alice.cert, &s.carried, SM_TRUST_SIGN,
	    NOW, NULL), 0);
	assert_int_equal(a.path.count, 3);
	assert_ptr_equal(a.path.list[0], h.alice.cert);
	assert_ptr_equal(a.path.list[2], h.root.cert);
	assert_string_equal(a.anchor, "CN=Root");
	sm_trust_answer_wipe(&a);
	scene_free(&s);
	house_free(&h);
}

/* ---- evidence ---- */

static void
urls_are_read_and_those_that_cannot_be_one_are_passed_over(void **state)
{
	struct mint m = mint(&(struct mint_spec){ .cn = "x", .ext = {
	    { NID_crl_distribution_points, "URI:http://a.example/1.crl,"
		"URI:http://a.example/two words,URI:ldap://b.example/cn=x" },
	    { NID_info_access, "OCSP;URI:http://o.example,caIssuers;URI:http://i.example/c,"
		"OCSP;URI:http://p.example" } } });
	struct mint none = mint(&(struct mint_spec){ .cn = "y" });
	static const struct {
		enum sm_url_kind kind;
		size_t i;
		const char *want;
	} t[] = {
		{ SM_URL_CRL, 0, "http://a.example/1.crl" },
		{ SM_URL_CRL, 1, "ldap://b.example/cn=x" },
		{ SM_URL_CRL, 2, NULL },
		{ SM_URL_OCSP, 0, "http://o.example" },
		{ SM_URL_OCSP, 1, "http://p.example" },
		{ SM_URL_OCSP, 2, NULL },
		{ SM_URL_ISSUER, 0, "http://i.example/c" },
		{ SM_URL_ISSUER, 1, NULL },
	};
	char *url;

	(void)state;
	for (size_t i = 0; i < sizeof t / sizeof t[0]; i++) {
		assert_int_equal(sm_cert_url(&url, m.cert, t[i].kind, t[i].i), 0);
		if (t[i].want == NULL)
			assert_null(url);
		else
			assert_string_equal(url, t[i].want);
		free(url);
		assert_int_equal(sm_cert_url(&url, none.cert, t[i].kind, 0), 0);
		assert_null(url);
	}
	mint_free(&none);
	mint_free(&m);
}

static void
an_ocsp_request_names_the_certificate_and_nothing_of_us(void **state)
{
	struct house h = house();
	struct sm_buf der = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&der);
	const unsigned char *at;
	OCSP_REQUEST *req;
	OCSP_CERTID *want = OCSP_cert_to_id(EVP_sha1(), h.alice.x, h.ca.x);

	(void)state;
	assert_int_equal(sm_ocsp_request(h.alice.cert, h.ca.cert, &sink), 0);
	at = der.data;
	req = d2i_OCSP_REQUEST(NULL, &at, (long)der.len);
	assert_non_null(req);
	assert_int_equal(OCSP_request_onereq_count(req), 1);
	assert_int_equal(OCSP_id_cmp(want, OCSP_onereq_get0_id(
	    OCSP_request_onereq_get0(req, 0))), 0);
	assert_int_equal(OCSP_REQUEST_get_ext_count(req), 0);
	assert_true(der.len < 120);
	OCSP_CERTID_free(want);
	OCSP_REQUEST_free(req);
	sm_buf_free(&der);
	house_free(&h);
}

static bool
speaks(const struct house *h, enum sm_url_kind kind, const struct sm_buf *der,
    int64_t at, int64_t *end)
{
	struct sm_certs path = { NULL, 0, 0 };
	bool yes = false;

	assert_int_equal(sm_certs_add(&path, h->alice.cert), 0);
	assert_int_equal(sm_certs_add(&path, h->ca.cert), 0);
	assert_int_equal(sm_certs_add(&path, h->root.cert), 0);
	assert_int_equal(sm_pki_evidence_speaks(&yes, end, kind, sm_buf_bytes(der), &path,
	    0, at, NULL), 0);
	sm_certs_wipe(&path);
	return yes;
}

static void
evidence_speaks_when_it_is_genuine_and_of_the_time(void **state)
{
	struct house h = house();
	struct mint stranger = mint_ca("Issuing CA", NULL);
	struct sm_buf crl = SM_BUF_INIT, forged = SM_BUF_INIT, ocsp = SM_BUF_INIT,
	    bad = SM_BUF_INIT;
	int64_t end;

	(void)state;
	mint_crl(&crl, &h.ca, NOW - DAY, NOW + DAY, NULL, NULL);
	mint_crl(&forged, &stranger, NOW - DAY, NOW + DAY, NULL, NULL);
	mint_ocsp(&ocsp, &h.alice, &h.ca, &h.ca, V_OCSP_CERTSTATUS_GOOD, NOW - DAY,
	    NOW + 2 * DAY);
	mint_ocsp(&bad, &h.alice, &h.ca, &stranger, V_OCSP_CERTSTATUS_GOOD, NOW - DAY,
	    NOW + DAY);
	assert_true(speaks(&h, SM_URL_CRL, &crl, NOW, &end));
	assert_int_equal(end, NOW + DAY);
	assert_false(speaks(&h, SM_URL_CRL, &crl, NOW + 9 * DAY, &end));
	assert_false(speaks(&h, SM_URL_CRL, &forged, NOW, &end));
	assert_true(speaks(&h, SM_URL_OCSP, &ocsp, NOW, &end));
	assert_int_equal(end, NOW + 2 * DAY);
	assert_false(speaks(&h, SM_URL_OCSP, &ocsp, NOW + 9 * DAY, &end));
	assert_false(speaks(&h, SM_URL_OCSP, &bad, NOW, &end));
	sm_buf_free(&bad);
	sm_buf_free(&ocsp);
	sm_buf_free(&forged);
	sm_buf_free(&crl);
	mint_free(&stranger);
	house_free(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_anchor_speaks_for_the_names_it_was_added_for),
		cmocka_unit_test(a_name_that_is_no_domain_limits_nothing_and_is_refused),
		cmocka_unit_test(what_a_message_carries_does_not_widen_an_anchor),
		cmocka_unit_test(a_trusted_certificate_is_bound_by_its_own_limit),
		cmocka_unit_test(one_certificate_is_judged_for_one_use),
		cmocka_unit_test(the_path_is_told_or_the_certificate_whose_issuer_is_missing),
		cmocka_unit_test(urls_are_read_and_those_that_cannot_be_one_are_passed_over),
		cmocka_unit_test(an_ocsp_request_names_the_certificate_and_nothing_of_us),
		cmocka_unit_test(evidence_speaks_when_it_is_genuine_and_of_the_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
