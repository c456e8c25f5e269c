#include "test.h"
#include "scene.h"

#include <openssl/x509v3.h>

static void
the_fields_are_shown_as_plain_values(void **state)
{
	struct mint ca = mint_ca("CA, the \"best\"", NULL);
	struct mint m = mint(&(struct mint_spec){ .cn = "J\xc3\xbcrgen",
	    .issuer = &ca, .serial = 0x1ff00, .ext = {
		{ NID_key_usage, "digitalSignature" },
		{ NID_subject_alt_name, "email:j@example.org,email:J@x.example" },
	    } });
	struct sm_bytes serial = sm_cert_serial(m.cert);

	(void)state;
	assert_string_equal(sm_cert_subject_text(m.cert), "CN=J\xc3\xbcrgen");
	assert_string_equal(sm_cert_issuer_text(m.cert),
	    "CN=CA\\, the \\\"best\\\"");
	assert_string_equal(sm_cert_serial_hex(m.cert), "01ff00");
	assert_int_equal(serial.len, 3);
	assert_true(sm_cert_not_before(m.cert) == NOW - 180 * DAY);
	assert_true(sm_cert_not_after(m.cert) == NOW + 180 * DAY);
	assert_string_equal(sm_cert_mail(m.cert, 0), "j@example.org");
	assert_string_equal(sm_cert_mail(m.cert, 1), "J@x.example");
	assert_null(sm_cert_mail(m.cert, 2));
	assert_null(sm_cert_subject_mail(m.cert, 0));
	assert_true(sm_cert_may_sign(m.cert));
	assert_false(sm_cert_may_encrypt(m.cert));
	assert_false(sm_cert_is_ca(m.cert));
	assert_true(sm_cert_is_ca(ca.cert));
	assert_int_equal(sm_cert_ski(m.cert).len, 20);
	assert_true(sm_bytes_equal(sm_cert_issuer(m.cert),
	    sm_cert_subject(ca.cert)));
	mint_free(&m);
	mint_free(&ca);
}

static void
the_public_key_is_the_bytes_of_the_certificate(void **state)
{
	struct mint m = mint_ca("CA", NULL);
	unsigned char *der = NULL;
	int len = i2d_PUBKEY(m.key, &der);

	(void)state;
	assert_true(sm_bytes_equal(sm_cert_spki(m.cert),
	    sm_bytes(der, (size_t)len)));
	OPENSSL_free(der);
	mint_free(&m);
}

/* A certificate whose subjectAltName is one general name, given as its tag and
 * contents: libcrypto's own reader of configurations is choosier. */
static struct mint
with_name(unsigned tag, struct sm_bytes name)
{
	char value[300];
	int n = snprintf(value, sizeof(value), "DER:30%02zx%02x%02zx",
	    name.len + 2, tag, name.len);

	assert_true(name.len < 100);
	for (size_t i = 0; i < name.len; i++)
		n += snprintf(value + n, sizeof(value) - (size_t)n, "%02x",
		    name.data[i]);
	return mint(&(struct mint_spec){ .cn = "x",
	    .ext = { { NID_subject_alt_name, value } } });
}

static void
names_that_are_no_address_are_left_out(void **state)
{
	static const struct {
		unsigned tag;
		struct sm_bytes name;
	} t[] = {
		{ 0x81, { (const uint8_t *)"", 0 } },
#define MAIL(s) { 0x81, { (const uint8_t *)(s), sizeof(s) - 1 } }
		MAIL("a"), MAIL("a@"), MAIL("@b"), MAIL("a b@c"), MAIL("<a@b>"),
		MAIL("a@b@c"), MAIL("a@b..c"), MAIL("a@b c"), MAIL("a@b."),
		MAIL("a@.b"), MAIL("a@b\0.c"), MAIL("a\r\n@b"), MAIL("a\0@b"),
		MAIL("\xc3\xbc@b"), MAIL("a,b@c"), MAIL("a@b>"),
#define EAI(n, s) { 0xa0, { (const uint8_t *)("\x06\x08\x2b\x06\x01\x05"  \
	"\x05\x07\x08\x09\xa0" n s), 11 + sizeof(n s) - 1 } }
		/* broken UTF-8, a surrogate, a domain in Unicode, another type */
		EAI("\x07\x0c\x05", "\xc3(@bc"),
		EAI("\x07\x0c\x05", "\xed\xa0\x80@b"),
		EAI("\x06\x0c\x04", "a@\xc3\xbc"),
		EAI("\x06\x16\x04", "aa@b"),
		EAI("\x06\x0c\x05", "aa@b"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mint m = with_name(t[i].tag, t[i].name);

		if (sm_cert_mail(m.cert, 0) != NULL)
			fail_msg("name %zu gives %s", i, sm_cert_mail(m.cert, 0));
		mint_free(&m);
	}
}

static void
an_internationalised_mailbox_is_read(void **state)
{
	static const char name[] = "\x06\x08\x2b\x06\x01\x05\x05\x07\x08\x09"
	    "\xa0\x0a\x0c\x08" "\xc3\xbc@xn--a";
	struct mint m = with_name(0xa0, LIT(name));

	(void)state;
	assert_string_equal(sm_cert_mail(m.cert, 0), "\xc3\xbc@xn--a");
	assert_null(sm_cert_mail(m.cert, 1));
	mint_free(&m);
}

static void
odd_addresses_that_are_ones_are_kept(void **state)
{
	static const char *const t[] = { "a@b", "\"a b\"@c", "a.b+c=d/e'f@x-y.z",
		"a@[192.0.2.1]", "o'neill@Example.ORG" };

	(void)state;
	for (size_t i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		struct mint m = with_name(0x81, sm_bytes_str(t[i]));

		assert_string_equal(sm_cert_mail(m.cert, 0), t[i]);
		mint_free(&m);
	}
}

/* Every certificate that differs in one byte is read or refused, and judged,
 * without harm. */
static void
a_changed_byte_anywhere_does_no_harm(void **state)
{
	struct house h = house();
	struct sm_bytes der = sm_cert_der(h.alice.cert);
	uint8_t *copy = malloc(der.len);
	struct scene s = scene();

	(void)state;
	assert_non_null(copy);
	scene_trust(&s, &h.root);
	scene_carry(&s, &h.ca);
	for (size_t i = 0; i < der.len; i++) {
		struct sm_cert *c;

		memcpy(copy, der.data, der.len);
		copy[i] ^= 0x41;
		if (sm_cert_parse(&c, sm_bytes(copy, der.len), NULL) != 0)
			continue;
		assert_int_equal(sm_path_check(&s.v, s.pki, c, &s.carried,
		    &s.opt, NULL), 0);
		assert_int_not_equal(s.v.result, SM_PATH_GOOD);
		sm_cert_free(c);
	}
	for (size_t n = 0; n < der.len; n++) {
		struct sm_cert *c;

		assert_int_equal(sm_cert_parse(&c, sm_bytes_first(der, n), NULL),
		    SM_E_FORMAT);
		assert_null(c);
	}
	free(copy);
	scene_free(&s);
	house_free(&h);
}

static void
trailing_bytes_are_refused(void **state)
{
	struct mint m = mint_ca("CA", NULL);
	struct sm_buf b = SM_BUF_INIT;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_cert *c;

	(void)state;
	assert_int_equal(sm_buf_append(&b, sm_cert_der(m.cert)), 0);
	assert_int_equal(sm_buf_append_byte(&b, 0), 0);
	assert_int_equal(sm_cert_parse(&c, sm_buf_bytes(&b), &err), SM_E_FORMAT);
	assert_string_equal(err.reason, "certificate-malformed");
	sm_buf_free(&b);
	mint_free(&m);
}

static void
an_extension_that_comes_twice_breaks_the_path(void **state)
{
	struct mint root = mint_ca("Root", NULL);
	struct mint m = mint(&(struct mint_spec){ .cn = "x", .issuer = &root,
	    .ext = { { NID_key_usage, "digitalSignature" },
		{ NID_key_usage, "keyEncipherment" } } });
	struct scene s = scene();

	(void)state;
	assert_true(sm_cert_may_sign(m.cert)); /* the first one counts */
	assert_false(sm_cert_may_encrypt(m.cert));
	scene_trust(&s, &root);
	scene_judge(&s, &m);
	assert_int_equal(s.v.result, SM_PATH_INVALID);
	assert_says(s.v.why, "twice");
	scene_free(&s);
	mint_free(&m);
	mint_free(&root);
}

static void
a_list_keeps_one_reference_and_no_doubles(void **state)
{
	struct mint m = mint_ca("CA", NULL), other = mint_ca("CB", NULL);
	struct sm_certs s = { NULL, 0, 0 };
	struct sm_cert *again;

	(void)state;
	assert_int_equal(sm_cert_parse(&again, sm_cert_der(m.cert), NULL), 0);
	assert_int_equal(sm_certs_add(&s, m.cert), 0);
	assert_int_equal(sm_certs_add(&s, again), 0);
	assert_int_equal(sm_certs_add(&s, other.cert), 0);
	assert_int_equal(s.count, 2);
	sm_cert_free(again);
	mint_free(&m);
	assert_string_equal(sm_cert_subject_text(s.list[0]), "CN=CA");
	sm_certs_wipe(&s);
	assert_int_equal(s.count, 0);
	mint_free(&other);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_fields_are_shown_as_plain_values),
		cmocka_unit_test(the_public_key_is_the_bytes_of_the_certificate),
		cmocka_unit_test(names_that_are_no_address_are_left_out),
		cmocka_unit_test(an_internationalised_mailbox_is_read),
		cmocka_unit_test(odd_addresses_that_are_ones_are_kept),
		cmocka_unit_test(a_changed_byte_anywhere_does_no_harm),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(an_extension_that_comes_twice_breaks_the_path),
		cmocka_unit_test(a_list_keeps_one_reference_and_no_doubles),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
