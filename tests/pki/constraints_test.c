#include "test.h"
#include "scene.h"

#include <openssl/x509v3.h>

/* A subjectAltName with one SmtpUTF8Mailbox, as openssl.cnf takes raw DER. */
static void
utf8_san(char *out, size_t size, const char *mailbox)
{
	static const uint8_t oid[] = { 0x06, 0x08, 0x2b, 0x06, 0x01, 0x05, 0x05,
		0x07, 0x08, 0x09 };
	size_t len = strlen(mailbox), n;

	assert_true(len < 80);
	n = (size_t)snprintf(out, size, "DER:30%02zX%s%02zX", len + 16, "A0",
	    len + 14);
	for (size_t i = 0; i < sizeof(oid); i++)
		n += (size_t)snprintf(out + n, size - n, "%02X", oid[i]);
	n += (size_t)snprintf(out + n, size - n, "A0%02zX0C%02zX", len + 2, len);
	for (size_t i = 0; i < len; i++)
		n += (size_t)snprintf(out + n, size - n, "%02X",
		    (uint8_t)mailbox[i]);
}

/* Judge one address under an authority that is limited to names. */
static enum sm_path_result
constrained(const char *constraint, const char *san)
{
	char raw[300];
	struct mint root = mint_ca("Root", NULL);
	struct mint ca = mint(&(struct mint_spec){ .cn = "Limited CA",
	    .issuer = &root, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_name_constraints, constraint } } });
	struct scene s = scene();
	struct mint m;
	enum sm_path_result result;

	if (strncmp(san, "email:", 6) != 0) {
		utf8_san(raw, sizeof(raw), san);
		san = raw;
	}
	m = mint(&(struct mint_spec){ .cn = "x", .issuer = &ca,
	    .ext = { { NID_subject_alt_name, san } } });
	assert_non_null(sm_cert_mail(m.cert, 0));
	scene_trust(&s, &root);
	scene_carry(&s, &ca);
	scene_judge(&s, &m);
	if (strncmp(san, "email:", 6) == 0)
		assert_string_equal(sm_cert_mail(m.cert, 0), san + 6);
	result = s.v.result;
	scene_free(&s);
	mint_free(&m);
	mint_free(&ca);
	mint_free(&root);
	return result;
}

static void
mail_name_constraints_bind_both_kinds_of_address(void **state)
{
	static const struct {
		const char *constraint, *san;
		bool good;
	} t[] = {
		{ "permitted;email:example.org", "email:a@example.org", true },
		{ "permitted;email:example.org", "email:a@EXAMPLE.ORG", true },
		{ "permitted;email:example.org", "email:a@sub.example.org", false },
		{ "permitted;email:example.org", "email:a@example.com", false },
		{ "permitted;email:example.org", "email:a@notexample.org", false },
		{ "permitted;email:.example.org", "email:a@sub.example.org", true },
		{ "permitted;email:.example.org", "email:a@example.org", false },
		{ "permitted;email:a@example.org", "email:a@example.org", true },
		{ "permitted;email:a@example.org", "email:A@example.org", false },
		{ "permitted;email:a@example.org", "email:b@example.org", false },
		{ "excluded;email:example.org", "email:a@example.org", false },
		{ "excluded;email:example.org", "email:a@Example.Org", false },
		{ "excluded;email:example.org", "email:a@example.com", true },
		{ "excluded;email:.example.org", "email:a@x.example.org", false },
		{ "permitted;email:example.org", "\xc3\xa9@example.org", true },
		{ "permitted;email:example.org", "\xc3\xa9@example.com", false },
		{ "excluded;email:example.org", "\xc3\xa9@example.org", false },
		{ "excluded;email:example.org", "\xc3\xa9@EXAMPLE.org", false },
		{ "permitted;email:.example.org", "\xc3\xa9@a.example.org", true },
		{ "excluded;email:.example.org", "\xc3\xa9@a.example.org", false },
		{ "permitted;email:xn--bcher-kva.example",
		    "\xc3\xa9@xn--bcher-kva.example", true },
		{ "excluded;email:xn--bcher-kva.example",
		    "\xc3\xa9@xn--bcher-kva.example", false },
	};

	unsigned wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		enum sm_path_result r = constrained(t[i].constraint, t[i].san);

		if ((r == SM_PATH_GOOD) == t[i].good)
			continue;
		print_error("%s under %s: result %d\n", t[i].san,
		    t[i].constraint, r);
		wrong++;
	}
	assert_int_equal(wrong, 0);
}

static void
a_common_name_is_no_host_name(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint ca = mint(&(struct mint_spec){ .cn = "Limited CA",
	    .issuer = &root, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_name_constraints, "permitted;DNS:example.org" } } });
	struct mint m = mint(&(struct mint_spec){ .cn = "alice.example.com",
	    .issuer = &ca });
	struct scene s = scene();

	(void)state;
	scene_trust(&s, &root);
	scene_carry(&s, &ca);
	scene_judge(&s, &m);
	assert_int_equal(s.v.result, SM_PATH_GOOD);
	scene_free(&s);
	mint_free(&m);
	mint_free(&ca);
	mint_free(&root);
}

static void
the_mail_address_in_the_subject_is_constrained_too(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint ca = mint(&(struct mint_spec){ .cn = "Limited CA",
	    .issuer = &root, .ext = {
		{ NID_basic_constraints, "critical,CA:TRUE" },
		{ NID_name_constraints, "permitted;email:example.org" } } });
	static const char *const mails[] = { "a@example.org", "a@example.com" };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		struct mint m = mint(&(struct mint_spec){ .cn = "x",
		    .issuer = &ca, .subject_mail = mails[i] });
		struct scene s = scene();

		assert_string_equal(sm_cert_subject_mail(m.cert, 0), mails[i]);
		assert_null(sm_cert_mail(m.cert, 0));
		scene_trust(&s, &root);
		scene_carry(&s, &ca);
		scene_judge(&s, &m);
		assert_int_equal(s.v.result, i == 0 ? SM_PATH_GOOD :
		    SM_PATH_INVALID);
		scene_free(&s);
		mint_free(&m);
	}
	mint_free(&ca);
	mint_free(&root);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mail_name_constraints_bind_both_kinds_of_address),
		cmocka_unit_test(a_common_name_is_no_host_name),
		cmocka_unit_test(
		    the_mail_address_in_the_subject_is_constrained_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
