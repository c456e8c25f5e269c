/* Whole messages: what stays outside, what is protected, and that others read
 * it. */
#include "seal_kit.h"

#include "../support/cuts.h"

#include <stdlib.h>

static struct identity alice, bob, carol;

static int
setup(void **state)
{
	(void)state;
	identity_simple(&alice, "alice@example.org", "P-256");
	identity_simple(&bob, "bob@example.org", "RSA");
	identity_new(&carol, &(struct identity_spec){
	    .mail = "carol@example.org", .type = "P-384", .serial = 18 });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&alice);
	identity_wipe(&bob);
	identity_wipe(&carol);
	return 0;
}

#define HEAD "Received: by mx.example.org;\n Mon, 15 Jun 2026 12:00:00 +0000\n" \
	"From: Alice <alice@example.org>\nTo: bob@example.org\n"
#define INNER "Content-Type: text/plain; charset=us-ascii\n" \
	"Content-Transfer-Encoding: 7bit\n"

static const char letter[] = HEAD "MIME-Version: 1.0\n" INNER
    "Subject: Tuesday\nX-Last: yes\n\nDear Bob,\n\nsee you.\n";
static const char entity[] = "Content-Type: text/plain; charset=us-ascii\r\n"
    "Content-Transfer-Encoding: 7bit\r\n\r\nDear Bob,\r\n\r\nsee you.\r\n";
static const char outside[] = HEAD "Subject: Tuesday\nX-Last: yes\n"
    "MIME-Version: 1.0\n";

/* The letter with CRLF. */
static struct sm_bytes
with_crlf(struct sm_buf *b, struct sm_bytes in)
{
	size_t i;

	for (i = 0; i < in.len; i++) {
		if (in.data[i] == '\n')
			assert_int_equal(sm_buf_append_byte(b, '\r'), 0);
		assert_int_equal(sm_buf_append_byte(b, in.data[i]), 0);
	}
	return sm_buf_bytes(b);
}

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

static void
a_clear_signed_letter_keeps_its_fields_outside(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct sm_buf crlf = SM_BUF_INIT, got = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	kit_seal_ok(&k, &o, LIT(letter));
	assert_starts(&k.out, outside);
	assert_true(kit_contains(sm_buf_bytes(&k.out),
	    "Content-Type: multipart/signed;"));
	assert_true(kit_contains(sm_buf_bytes(&k.out),
	    "protocol=\"application/pkcs7-signature\""));
	assert_true(kit_contains(sm_buf_bytes(&k.out), "micalg=\"sha-256\""));
	assert_true(kit_contains(sm_buf_bytes(&k.out),
	    "\n" INNER "\nDear Bob,\n\nsee you.\n\n--"));
	assert_null(memchr(k.out.data, '\r', k.out.len));
	kit_sealed_wipe(&k);
	/* With CRLF, OpenSSL can take it as it stands. */
	kit_seal_ok(&k, &o, with_crlf(&crlf, LIT(letter)));
	sm_buf_clear(&got);
	assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), KIT_MAIL,
	    NULL));
	assert_true(sm_bytes_equal(sm_buf_bytes(&got), LIT(entity)));
	assert_string_equal(sm_seal_choice(k.s)->signature, "ecdsa sha-256");
	assert_null(sm_seal_choice(k.s)->cipher);
	assert_null(sm_seal_choice(k.s)->advice[0]);
	kit_sealed_wipe(&k);
	sm_buf_free(&got);
	sm_buf_free(&crlf);
}

static void
lines_of_the_output_are_those_of_the_input(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct sm_buf crlf = SM_BUF_INIT;
	struct kit_sealed k;
	size_t i, form;

	(void)state;
	with_crlf(&crlf, LIT(letter));
	for (form = 0; form < 4; form++) {
		o.opaque = form & 1;
		o.recipients = &to;
		o.recipient_count = form >> 1;
		kit_seal_ok(&k, &o, LIT(letter));
		assert_null(memchr(k.out.data, '\r', k.out.len));
		kit_sealed_wipe(&k);
		kit_seal_ok(&k, &o, sm_buf_bytes(&crlf));
		for (i = 0; i < k.out.len; i++)
			if (k.out.data[i] == '\n')
				assert_int_equal(k.out.data[i - 1], '\r');
		kit_sealed_wipe(&k);
	}
	sm_buf_free(&crlf);
}

static void
opaque_signed_letters_verify(void **state)
{
	struct sm_seal_signer who[2] = {
		{ .key = bob.key, .cert = bob.cert, .pss = true },
		{ .key = carol.key, .cert = carol.cert },
	};
	struct sm_seal_options o = signing(who, 2);
	struct sm_buf got = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	o.opaque = true;
	kit_seal_ok(&k, &o, LIT(letter));
	assert_starts(&k.out, outside);
	assert_true(kit_contains(sm_buf_bytes(&k.out),
	    "smime-type=signed-data"));
	assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), KIT_MAIL,
	    NULL));
	assert_true(sm_bytes_equal(sm_buf_bytes(&got), LIT(entity)));
	assert_string_equal(sm_seal_choice(k.s)->signature,
	    "rsa-pss sha-256, ecdsa sha-384");
	kit_sealed_wipe(&k);
	sm_buf_free(&got);
}

static void
the_digest_can_be_named(void **state)
{
	struct sm_seal_signer who[2] = {
		{ .key = bob.key, .cert = bob.cert },
		{ .key = carol.key, .cert = carol.cert },
	};
	struct sm_seal_options o = signing(who, 2);
	struct kit_sealed k;

	(void)state;
	o.digest = "sha-512";
	kit_seal_ok(&k, &o, LIT(letter));
	assert_string_equal(sm_seal_choice(k.s)->signature,
	    "rsa-pkcs1 sha-512, ecdsa sha-512");
	assert_true(kit_contains(sm_buf_bytes(&k.out), "micalg=\"sha-512\""));
	kit_sealed_wipe(&k);
	o.digest = "sha-1";
	kit_seal(&k, &o, LIT(letter), 0);
	assert_int_equal(k.rc, SM_E_POLICY);
	assert_string_equal(k.err.reason, "digest-not-sent");
	kit_sealed_wipe(&k);
	o.digest = "crc32";
	kit_seal(&k, &o, LIT(letter), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	kit_sealed_wipe(&k);
}

static void
encrypted_letters_open_for_every_recipient(void **state)
{
	struct sm_seal_recipient to[3] = { { .cert = alice.cert },
		{ .cert = bob.cert }, { .cert = carol.cert } };
	const struct identity *who[3] = { &alice, &bob, &carol };
	struct sm_seal_options o = signing(NULL, 0);
	enum sm_seal_alg alg[3] = { SM_SEAL_AUTO, SM_SEAL_STRONG,
		SM_SEAL_COMPAT };
	struct kit_sealed k;
	size_t i, j;

	(void)state;
	o.recipients = to;
	o.recipient_count = 3;
	for (i = 0; i < 3; i++) {
		o.alg = alg[i];
		kit_seal_ok(&k, &o, LIT(letter));
		assert_starts(&k.out, outside);
		assert_true(kit_contains(sm_buf_bytes(&k.out), i == 1 ?
		    "smime-type=authEnveloped-data" :
		    "smime-type=enveloped-data"));
		assert_int_equal(sm_seal_choice(k.s)->recipient_count, 3);
		for (j = 0; j < 3; j++) {
			struct sm_buf got = SM_BUF_INIT;

			assert_true(kit_openssl_decrypt(&got,
			    sm_buf_bytes(&k.out), KIT_MAIL, who[j]));
			assert_true(sm_bytes_equal(sm_buf_bytes(&got),
			    LIT(entity)));
			sm_buf_free(&got);
		}
		kit_sealed_wipe(&k);
	}
}

static void
signed_and_encrypted_letters_hold_a_signed_entity(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(&who, 1);
	size_t opaque;

	(void)state;
	o.recipients = &to;
	o.recipient_count = 1;
	o.alg = SM_SEAL_STRONG;
	for (opaque = 0; opaque < 2; opaque++) {
		struct sm_buf inner = SM_BUF_INIT, got = SM_BUF_INIT;
		struct kit_sealed k;

		o.opaque = opaque == 1;
		kit_seal_ok(&k, &o, LIT(letter));
		assert_true(kit_openssl_decrypt(&inner, sm_buf_bytes(&k.out),
		    KIT_MAIL, &bob));
		assert_starts(&inner, "Content-Type: ");
		assert_true(kit_openssl_verify(&got, sm_buf_bytes(&inner),
		    KIT_MAIL, NULL));
		assert_true(sm_bytes_equal(sm_buf_bytes(&got), LIT(entity)));
		sm_buf_free(&inner);
		sm_buf_free(&got);
		kit_sealed_wipe(&k);
	}
}

static void
cms_files_protect_every_byte_as_it_is(void **state)
{
	static const char bytes[] = "a\nb\r\nc\0d\r";
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_bytes in = LIT(bytes);
	struct kit_sealed k;
	size_t form;

	(void)state;
	for (form = 1; form < 3; form++) {
		struct sm_seal_options o = signing(&who, 1);
		enum kit_form f = form == 1 ? KIT_DER : KIT_PEM;
		struct sm_buf got = SM_BUF_INIT;

		o.form = form == 1 ? SM_FORM_DER : SM_FORM_PEM;
		kit_seal_ok(&k, &o, in);
		assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), f,
		    &in));
		kit_sealed_wipe(&k);
		sm_buf_clear(&got);
		o.opaque = true;
		kit_seal_ok(&k, &o, in);
		assert_true(kit_openssl_verify(&got, sm_buf_bytes(&k.out), f,
		    NULL));
		assert_true(sm_bytes_equal(sm_buf_bytes(&got), in));
		kit_sealed_wipe(&k);
		sm_buf_clear(&got);
		o.signer_count = 0;
		o.recipients = &to;
		o.recipient_count = 1;
		kit_seal_ok(&k, &o, in);
		assert_true(kit_openssl_decrypt(&got, sm_buf_bytes(&k.out), f,
		    &bob));
		assert_true(sm_bytes_equal(sm_buf_bytes(&got), in));
		kit_sealed_wipe(&k);
		sm_buf_free(&got);
	}
}

/* ---- any cut of the input gives the same output ---- */

/* The boundary is random: all that looks like one becomes the same. */
static void
log_without_boundary(struct sm_buf *log, struct sm_bytes out)
{
	const char *b = out.len == 0 ? NULL :
	    memmem(out.data, out.len, "boundary=\"", 10);
	char boundary[80];
	size_t n = 0;

	if (b != NULL)
		while (n < sizeof(boundary) - 1 && b[10 + n] != '"') {
			boundary[n] = b[10 + n];
			n++;
		}
	while (out.len > 0) {
		const uint8_t *at = n == 0 ? NULL :
		    memmem(out.data, out.len, boundary, n);
		size_t len = at == NULL ? out.len : (size_t)(at - out.data);

		assert_int_equal(sm_buf_append(log, sm_bytes_first(out, len)), 0);
		out = sm_bytes_skip(out, len + (at == NULL ? 0 : n));
	}
}

static void
seal_case(struct sm_buf *log, struct cuts *c, void *arg)
{
	const struct sm_seal_options *o = arg;
	struct sm_buf out = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&out);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_bytes piece;
	struct sm_seal *s;
	int rc = 0;

	assert_int_equal(sm_seal_new(&s, o, &sink, &err), 0);
	while (rc == 0 && cuts_next(c, &piece))
		rc = sm_seal_write(s, piece);
	if (rc == 0)
		rc = sm_seal_finish(s);
	if (rc == 0)
		log_without_boundary(log, sm_buf_bytes(&out));
	else
		assert_int_equal(sm_buf_append_str(log, err.reason), 0);
	sm_seal_free(s);
	sm_buf_free(&out);
}

static void
any_cut_gives_the_same_message(void **state)
{
	static const char *const inputs[] = { letter, "words alone\r\nmore",
		"From x\nA: b\r\nContent-Type: text/plain\n\nab\r\rcd\n\r\n\r",
		"A: b\r\nno field\r\n\r\nbody\r\n", "\n", "A: b", "",
		"A: b\nnofield", "A: b\n\r", "A: b\r\n" };
	struct identity ed;
	struct sm_seal_signer who;
	struct sm_seal_options o;
	uint64_t rng = rnd_seed();
	size_t i, form;

	(void)state;
	identity_simple(&ed, "ed@example.org", "ED25519");
	who = (struct sm_seal_signer){ .key = ed.key, .cert = ed.cert };
	for (form = 0; form < 6; form++) {
		o = signing(&who, 1);
		o.opaque = form & 1;
		o.form = (enum sm_seal_form)(form >> 1);
		for (i = 0; i < sizeof(inputs) / sizeof(inputs[0]); i++)
			cuts_check(seal_case, &o, sm_bytes_str(inputs[i]),
			    &rng, rnd_loops(10), NULL);
	}
	identity_wipe(&ed);
}

/* ---- limits and failures ---- */

static void
ccm_holds_the_letter_up_to_its_limit(void **state)
{
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(NULL, 0);
	struct sm_buf big = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	o.recipients = &to;
	o.recipient_count = 1;
	o.cipher = "aes-256-ccm";
	kit_seal_ok(&k, &o, LIT(letter));
	assert_string_equal(sm_seal_choice(k.s)->cipher, "aes-256-ccm");
	assert_true(sm_seal_choice(k.s)->authenticated);
	kit_sealed_wipe(&k);
	assert_int_equal(sm_buf_append_str(&big, "A: b\n\n"), 0);
	assert_int_equal(sm_buf_resize(&big, SM_SEAL_CCM_BYTES + 1), 0);
	kit_seal(&k, &o, sm_buf_bytes(&big), 0);
	assert_int_equal(k.rc, SM_E_LIMIT);
	assert_string_equal(k.err.reason, "ccm-bytes");
	kit_sealed_wipe(&k);
	sm_buf_free(&big);
}

static int
full(void *ctx, struct sm_bytes in)
{
	size_t *left = ctx;

	if (in.len > *left)
		return SM_E_IO;
	*left -= in.len;
	return SM_OK;
}

static void
a_sink_that_fails_ends_it_for_good(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_recipient to = { .cert = bob.cert };
	struct sm_seal_options o = signing(&who, 1);
	size_t room;

	(void)state;
	o.recipients = &to;
	o.recipient_count = 1;
	for (room = 0; room < 3000; room += 100) {
		struct sm_error err = SM_ERROR_INIT;
		size_t left = room;
		struct sm_sink sink = { full, &left };
		struct sm_seal *s;
		int rc;

		assert_int_equal(sm_seal_new(&s, &o, &sink, &err), 0);
		rc = sm_seal_write(s, LIT(letter));
		if (rc == 0)
			rc = sm_seal_finish(s);
		assert_int_equal(rc, SM_E_IO);
		assert_int_equal(err.status, SM_E_IO);
		assert_int_equal(sm_seal_write(s, LIT("more")), SM_E_IO);
		assert_int_equal(sm_seal_finish(s), SM_E_IO);
		sm_seal_free(s);
	}
}

static void
nothing_follows_the_end(void **state)
{
	struct sm_seal_signer who = { .key = alice.key, .cert = alice.cert };
	struct sm_seal_options o = signing(&who, 1);
	struct kit_sealed k;

	(void)state;
	kit_seal_ok(&k, &o, LIT(letter));
	assert_int_equal(sm_seal_write(k.s, LIT("x")), SM_E_USAGE);
	assert_int_equal(sm_seal_finish(k.s), SM_E_USAGE);
	kit_sealed_wipe(&k);
	o.signer_count = 0;
	kit_seal(&k, &o, LIT(letter), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	assert_string_equal(k.err.reason, "nothing-to-do");
	kit_sealed_wipe(&k);
}

static void
certificates_alone_make_a_message(void **state)
{
	struct sm_certs certs = { 0 };
	size_t form;

	(void)state;
	assert_int_equal(sm_certs_add(&certs, alice.cert), 0);
	assert_int_equal(sm_certs_add(&certs, bob.cert), 0);
	for (form = 0; form < 3; form++) {
		struct sm_buf out = SM_BUF_INIT;
		struct sm_sink sink = sm_buf_sink(&out);
		struct sm_limits limits = sm_limits_default();
		struct sm_keyfile kf = { 0 };

		assert_int_equal(sm_seal_certs_only(&certs,
		    (enum sm_seal_form)form, &sink, NULL), 0);
		if (form == SM_FORM_MAIL) {
			assert_starts(&out, "MIME-Version: 1.0\n");
			assert_true(kit_contains(sm_buf_bytes(&out),
			    "smime-type=certs-only"));
		}
		if (form == SM_FORM_DER) {
			assert_int_equal(sm_keyfile_read(&kf, sm_buf_bytes(&out),
			    false, NULL, &limits, NULL), 0);
			assert_int_equal(kf.certs.count, 2);
			sm_keyfile_wipe(&kf);
		}
		sm_buf_free(&out);
	}
	sm_certs_wipe(&certs);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_clear_signed_letter_keeps_its_fields_outside),
		cmocka_unit_test(lines_of_the_output_are_those_of_the_input),
		cmocka_unit_test(opaque_signed_letters_verify),
		cmocka_unit_test(the_digest_can_be_named),
		cmocka_unit_test(encrypted_letters_open_for_every_recipient),
		cmocka_unit_test(
		    signed_and_encrypted_letters_hold_a_signed_entity),
		cmocka_unit_test(cms_files_protect_every_byte_as_it_is),
		cmocka_unit_test(any_cut_gives_the_same_message),
		cmocka_unit_test(ccm_holds_the_letter_up_to_its_limit),
		cmocka_unit_test(a_sink_that_fails_ends_it_for_good),
		cmocka_unit_test(nothing_follows_the_end),
		cmocka_unit_test(certificates_alone_make_a_message),
	};

	return cmocka_run_group_tests_name("seal", tests, setup, teardown);
}
