/* What of the input is protected, and what it becomes when it is no mail. */
#include "seal_kit.h"

static struct identity alice, bob;

static int
setup(void **state)
{
	(void)state;
	identity_simple(&alice, "alice@example.org", "P-256");
	identity_simple(&bob, "bob@example.org", "RSA");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&alice);
	identity_wipe(&bob);
	return 0;
}

#define INNER "Content-Type: text/plain; charset=us-ascii\n" \
	"Content-Transfer-Encoding: 7bit\n"

static struct sm_seal_options
signing(const struct sm_seal_signer *who, size_t count)
{
	struct sm_seal_options o = sm_seal_options_default();

	o.now = NOW;
	o.signers = who;
	o.signer_count = count;
	return o;
}

static void
assert_starts(const struct sm_buf *b, const char *want)
{
	assert_true(b->len >= strlen(want));
	assert_memory_equal(b->data, want, strlen(want));
}

struct body_case {
	const char *in;
	size_t len;
	const char *want; /* the entity, whole */
};

static void
input_without_a_header_gets_one(void **state)
{
#define BODY(s) s, sizeof(s) - 1
	static const struct body_case cases[] = {
		{ BODY("Hello there\nsecond \n"),
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "Hello there\r\nsecond=20\r\n" },
		{ BODY("just words"),
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "just words" },
		{ BODY("Gr\xc3\xbc\xc3\x9f" "e\n"),
		    "Content-Type: text/plain; charset=utf-8\r\n"
		    "Content-Transfer-Encoding: quoted-printable\r\n\r\n"
		    "Gr=C3=BC=C3=9Fe\r\n" },
		{ BODY("\x00\x01\x02\n\xff"),
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\nAAECCv8=\r\n" },
		{ BODY("caf\xe9\n"),
		    "Content-Type: application/octet-stream\r\n"
		    "Content-Transfer-Encoding: base64\r\n\r\nY2Fm6Qo=\r\n" },
		{ BODY("\nbody after an empty header\n"),
		    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
		    "body after an empty header\r\n" },
		{ BODY("Subject: x\n\nold mail\n"),
		    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
		    "old mail\r\n" },
	};
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	size_t i;

	(void)state;
	o.opaque = true;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct sm_buf got = SM_BUF_INIT;
		struct kit_sealed k;

		kit_seal_ok(&k, &o, sm_bytes(cases[i].in, cases[i].len));
		assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out),
		    KIT_MAIL, NULL));
		assert_int_equal(sm_buf_append_byte(&got, 0), 0);
		assert_string_equal((char *)got.data, cases[i].want);
		assert_int_equal(kit_advised(&k, "does not begin with a mail"),
		    i < 5);
		kit_sealed_wipe(&k);
		sm_buf_free(&got);
	}
}

static void
the_mailbox_line_is_left_out(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct kit_sealed k;

	(void)state;
	kit_seal_ok(&k, &o, LIT("From alice Mon Jun 15 12:00:00 2026\n"
	    "From: alice@example.org\nSubject: x\n\nbody\n"));
	assert_starts(&k.out, "From: alice@example.org\nSubject: x\n"
	    "MIME-Version: 1.0\n");
	kit_sealed_wipe(&k);
	o.bare = true;
	kit_seal_ok(&k, &o, LIT("From: alice@example.org\n\nbody\n"));
	assert_starts(&k.out, "Content-Type: multipart/signed;");
	kit_sealed_wipe(&k);
}

static void
what_transports_may_change_is_told(void **state)
{
	static const struct { const char *body, *words; } cases[] = {
		{ "Gr\xc3\xbc\xc3\x9f" "e\n", "8-bit" },
		{ "x\nFrom me\n", "From" },
		{ "blank \n", "ends with blanks" },
		{ "tab\t\n", "ends with blanks" },
		{ "bare\rCR\n", "carriage returns" },
		{ "From", "" }, { "Frog From \nx", "ends with blanks" },
		{ " From \tx\nFro\nm \tx\n", "" },
	};
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(&who, 1);
	char body[1200];
	size_t i, chunk;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (chunk = 0; chunk < 3; chunk++) {
			struct kit_sealed k;

			snprintf(body, sizeof(body), INNER "\n%s",
			    cases[i].body);
			kit_seal(&k, &o, sm_bytes_str(body), chunk);
			assert_int_equal(k.rc, 0);
			if (cases[i].words[0] == '\0')
				assert_null(sm_seal_choice(k.s)->advice[0]);
			else
				assert_true(kit_advised(&k, cases[i].words));
			if (cases[i].words[0] != '\0')
				assert_null(sm_seal_choice(k.s)->advice[1]);
			kit_sealed_wipe(&k);
		}
	}
	memset(body, 'x', 1100);
	body[1099] = '\0';
	memcpy(body, "A: b\n\n", 6);
	for (i = 0; i < 3; i++) {
		struct kit_sealed k;

		o.opaque = i == 1;
		o.recipients = i == 2 ? &to : NULL;
		o.recipient_count = i == 2;
		body[6 + 999] = '\n';
		kit_seal_ok(&k, &o, sm_bytes_str(body));
		assert_int_equal(kit_advised(&k, "longer than 998"), i == 0);
		kit_sealed_wipe(&k);
		body[6 + 998] = '\n';
		kit_seal_ok(&k, &o, sm_bytes_str(body));
		assert_false(kit_advised(&k, "longer than 998"));
		body[6 + 998] = 'x';
		kit_sealed_wipe(&k);
	}
}

static void
a_binary_body_is_kept_or_refused(void **state)
{
	static const char in[] = "Content-Type: image/png\n"
	    "Content-Transfer-Encoding: binary\n\na\nb\r\nc\r";
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct sm_buf got = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	kit_seal(&k, &o, LIT(in), 0);
	assert_int_equal(k.rc, SM_E_POLICY);
	assert_string_equal(k.err.reason, "binary-clear-signed");
	kit_sealed_wipe(&k);
	o.opaque = true;
	kit_seal_ok(&k, &o, LIT(in));
	assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), KIT_MAIL,
	    NULL));
	assert_true(sm_bytes_equal(sm_buf_bytes(&got), LIT(
	    "Content-Type: image/png\r\n"
	    "Content-Transfer-Encoding: binary\r\n\r\na\nb\r\nc\r")));
	kit_sealed_wipe(&k);
	sm_buf_free(&got);
}

static void
an_empty_input_is_a_letter_too(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct sm_buf got = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	o.opaque = true;
	kit_seal_ok(&k, &o, sm_bytes(NULL, 0));
	assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), KIT_MAIL,
	    NULL));
	kit_sealed_wipe(&k);
	sm_buf_clear(&got);
	o = signing(NULL, 0);
	o.form = SM_FORM_DER;
	o.recipients = &to;
	o.recipient_count = 1;
	kit_seal_ok(&k, &o, sm_bytes(NULL, 0));
	assert_true(kit_openssl_decrypt(&got, sm_buf_bytes(&k.out), KIT_DER,
	    &bob));
	assert_int_equal(got.len, 0);
	kit_sealed_wipe(&k);
	sm_buf_free(&got);
}

static void
a_damaged_header_is_not_passed_on(void **state)
{
	static const char *const cases[] = { "A: b\nno field\n\nbody\n",
		"A: b\nnofield", "A: b\rEvil: c\n\nbody\n",
		"A: b\nC: d\n\001\n\nbody\n" };
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kit_sealed k;

		kit_seal(&k, &o, sm_bytes_str(cases[i]), 0);
		assert_int_equal(k.rc, SM_E_FORMAT);
		assert_string_equal(k.err.reason, "header-damaged");
		kit_sealed_wipe(&k);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(input_without_a_header_gets_one),
		cmocka_unit_test(a_damaged_header_is_not_passed_on),
		cmocka_unit_test(the_mailbox_line_is_left_out),
		cmocka_unit_test(what_transports_may_change_is_told),
		cmocka_unit_test(a_binary_body_is_kept_or_refused),
		cmocka_unit_test(an_empty_input_is_a_letter_too),
	};

	return cmocka_run_group_tests_name("seal_entity", tests, setup,
	    teardown);
}
