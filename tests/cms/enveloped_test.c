#include "envelope_kit.h"

#include <stdio.h>
#include <stdlib.h>

static struct kit_id rsa, p256, p384, p521, bp, x25519, x448, other_rsa,
    other_p256, bare;

static int
setup(void **state)
{
	(void)state;
	srand(1);
	kit_id_new(&rsa, "RSA", true);
	kit_id_new(&other_rsa, "RSA", true);
	kit_id_new(&bare, "RSA", false);
	kit_id_new(&p256, "P-256", true);
	kit_id_new(&other_p256, "P-256", true);
	kit_id_new(&p384, "P-384", true);
	kit_id_new(&p521, "P-521", true);
	kit_id_new(&bp, "brainpoolP256r1", true);
	kit_id_new(&x25519, "X25519", true);
	kit_id_new(&x448, "X448", true);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kit_id_wipe(&rsa);
	kit_id_wipe(&other_rsa);
	kit_id_wipe(&bare);
	kit_id_wipe(&p256);
	kit_id_wipe(&other_p256);
	kit_id_wipe(&p384);
	kit_id_wipe(&p521);
	kit_id_wipe(&bp);
	kit_id_wipe(&x25519);
	kit_id_wipe(&x448);
	return 0;
}

static const struct { enum sm_recipient_kind kind; struct kit_id *id; } keyed[] = {
	{ SM_RCPT_RSA_PKCS1, &rsa }, { SM_RCPT_RSA_OAEP, &rsa },
	{ SM_RCPT_RSA_KEM, &rsa }, { SM_RCPT_ECDH, &p256 },
	{ SM_RCPT_ECDH, &p384 }, { SM_RCPT_ECDH, &p521 }, { SM_RCPT_ECDH, &bp },
	{ SM_RCPT_X25519, &x25519 }, { SM_RCPT_X448, &x448 },
};
#define KEYED (sizeof(keyed) / sizeof(keyed[0]))

static const enum sm_alg_id ciphers[] = {
	SM_AES128_CBC, SM_AES192_CBC, SM_AES256_CBC, SM_AES128_GCM,
	SM_AES192_GCM, SM_AES256_GCM, SM_AES128_CCM, SM_AES192_CCM,
	SM_AES256_CCM, SM_CHACHA20_POLY1305,
};
#define CIPHERS (sizeof(ciphers) / sizeof(ciphers[0]))

static struct sm_recipient_new
rcpt(enum sm_recipient_kind kind, const struct kit_id *id)
{
	struct sm_recipient_new r = { .kind = kind, .cert = id->cert };

	return r;
}

static struct sm_envelope_options
options(enum sm_alg_id cipher, const struct sm_recipient_new *r, size_t n)
{
	struct sm_envelope_options o = {
		.cipher = cipher,
		.content_type = SM_CMS_DATA,
		.recipients = r,
		.recipient_count = n,
		.pbkdf2_iterations = 1000,
	};

	return o;
}

static void
assert_opened(struct kit_opened *o, struct sm_bytes want)
{
	if (o->rc != 0)
		fail_msg("%d %s: %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text);
	assert_kit_bytes(sm_buf_bytes(&o->content), want);
	kit_opened_wipe(o);
}

static void
assert_refused(struct kit_opened *o, int rc, const char *reason)
{
	if (o->rc != rc || o->err.reason == NULL ||
	    strcmp(o->err.reason, reason) != 0)
		fail_msg("%d %s: %s, not %d %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text,
		    rc, reason);
	assert_true(o->err.text[0] != '\0');
	kit_opened_wipe(o);
}

static void
every_kind_of_recipient_opens_what_was_written_to_it(void **state)
{
	struct sm_buf content = SM_BUF_INIT, msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t i, cert;

	(void)state;
	kit_bytes(&content, 5000);
	for (i = 0; i < KEYED; i++) {
		struct sm_recipient_new r = rcpt(keyed[i].kind, keyed[i].id);
		struct sm_envelope_options opt = options(SM_AES256_GCM, &r, 1);

		sm_buf_clear(&msg);
		kit_seal(&msg, &opt, sm_buf_bytes(&content), 700);
		for (cert = 0; cert < 2; cert++) {
			kit_open_by(&o, sm_buf_bytes(&msg), keyed[i].id,
			    cert != 0, 0);
			assert_int_equal(o.passes, 2);
			assert_int_equal(o.count, 1);
			assert_int_equal(o.view[0].kind, keyed[i].kind);
			assert_true(o.view[0].mine);
			assert_true(o.aead);
			assert_string_equal(o.cipher, "aes-256-gcm");
			assert_opened(&o, sm_buf_bytes(&content));
		}
	}
	sm_buf_free(&content);
	sm_buf_free(&msg);
}

static void
every_cipher_gives_back_its_content_at_any_cut(void **state)
{
	static const size_t sizes[] = { 0, 1, 15, 16, 17, 4096, 200000 };
	static const size_t cuts[] = { 0, 1, 13, 5000 };
	struct sm_recipient_new r = rcpt(SM_RCPT_ECDH, &p256);
	struct sm_buf content = SM_BUF_INIT, msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t c, s, k, hkdf;

	(void)state;
	for (c = 0; c < CIPHERS; c++)
		for (s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++)
			for (hkdf = 0; hkdf < 2; hkdf++) {
				struct sm_envelope_options opt =
				    options(ciphers[c], &r, 1);

				opt.cek_hkdf = hkdf != 0;
				opt.has_length = true;
				opt.length = sizes[s];
				kit_bytes(&content, sizes[s]);
				sm_buf_clear(&msg);
				kit_seal(&msg, &opt, sm_buf_bytes(&content),
				    hkdf == 0 ? 0 : 999);
				for (k = 0; k < 4; k++) {
					if (cuts[k] == 1 && sizes[s] > 5000)
						continue;
					kit_open_by(&o, sm_buf_bytes(&msg),
					    &p256, true, cuts[k]);
					assert_string_equal(o.cipher,
					    sm_alg_get(ciphers[c])->name);
					assert_int_equal(o.state, SM_ENV_OPEN);
					assert_opened(&o,
					    sm_buf_bytes(&content));
				}
			}
	sm_buf_free(&content);
	sm_buf_free(&msg);
}

static void
passwords_and_shared_keys_open_what_was_written_to_them(void **state)
{
	static const size_t lens[] = { 16, 24, 32 };
	struct sm_recipient_new r = { .kind = SM_RCPT_PASSWORD,
		.secret = LIT("correct horse") };
	struct sm_envelope_options opt = options(SM_AES256_GCM, &r, 1);
	struct sm_buf msg = SM_BUF_INIT, key = SM_BUF_INIT;
	struct kit_opened o;
	size_t i;

	(void)state;
	kit_seal(&msg, &opt, LIT("hello"), 0);
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("correct horse"), 3);
	assert_string_equal(o.view[0].kind_name, "password");
	assert_opened(&o, LIT("hello"));
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("correct horsf"), 3);
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	r.kind = SM_RCPT_KEK;
	r.kek_id = LIT("office 2026");
	for (i = 0; i < 3; i++) {
		kit_bytes(&key, lens[i]);
		r.secret = sm_buf_bytes(&key);
		sm_buf_clear(&msg);
		kit_seal(&msg, &opt, LIT("hello"), 0);
		kit_open_secret(&o, sm_buf_bytes(&msg), sm_buf_bytes(&key), 1);
		assert_string_equal(o.view[0].id, "office 2026");
		assert_opened(&o, LIT("hello"));
	}
	key.data[0] ^= 1;
	kit_open_secret(&o, sm_buf_bytes(&msg), sm_buf_bytes(&key), 1);
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	sm_buf_free(&msg);
	sm_buf_free(&key);
}

static void
many_recipients_of_all_kinds_all_open_one_message(void **state)
{
	struct sm_recipient_new r[KEYED + 3];
	struct sm_envelope_options opt = options(SM_AES128_GCM, r, KEYED + 3);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t i;

	(void)state;
	for (i = 0; i < KEYED; i++)
		r[i] = rcpt(keyed[i].kind, keyed[i].id);
	r[KEYED] = rcpt(SM_RCPT_ECDH, &other_p256);
	r[KEYED + 1] = (struct sm_recipient_new) { .kind = SM_RCPT_PASSWORD,
		.secret = LIT("word") };
	r[KEYED + 2] = (struct sm_recipient_new) { .kind = SM_RCPT_KEK,
		.secret = LIT("0123456789abcdef"), .kek_id = LIT("\x01\xff") };
	kit_seal(&msg, &opt, LIT("to all of you"), 0);
	for (i = 0; i < KEYED; i++) {
		kit_open_by(&o, sm_buf_bytes(&msg), keyed[i].id, true, 100);
		assert_int_equal(o.count, KEYED + 3);
		assert_opened(&o, LIT("to all of you"));
		kit_open_by(&o, sm_buf_bytes(&msg), keyed[i].id, false, 100);
		assert_opened(&o, LIT("to all of you"));
	}
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("word"), 0);
	assert_opened(&o, LIT("to all of you"));
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("0123456789abcdef"), 0);
	assert_opened(&o, LIT("to all of you"));
	sm_buf_free(&msg);
}

static void
a_key_that_the_message_is_not_for_is_told_who_it_is_for(void **state)
{
	struct sm_recipient_new r[2] = { rcpt(SM_RCPT_RSA_PKCS1, &rsa),
		rcpt(SM_RCPT_ECDH, &p256) };
	struct sm_envelope_options opt = options(SM_AES128_CBC, r, 2);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;

	(void)state;
	kit_seal(&msg, &opt, LIT("hello"), 0);
	kit_open_by(&o, sm_buf_bytes(&msg), &other_rsa, true, 0);
	assert_non_null(strstr(o.err.text, "2 recipients (1 rsa-pkcs1, 1 ecdh)"));
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	kit_open_by(&o, sm_buf_bytes(&msg), &other_p256, false, 0);
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	kit_open_by(&o, sm_buf_bytes(&msg), &x25519, false, 0);
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	sm_buf_free(&msg);
}

/* Where bytes of msg are. */
static size_t
find(const struct sm_buf *msg, struct sm_bytes what)
{
	uint8_t *p = memmem(msg->data, msg->len, what.data, what.len);

	assert_non_null(p);
	return (size_t)(p - msg->data);
}

static void
every_fault_of_key_and_content_is_the_same_refusal(void **state)
{
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	char text[400] = "";
	size_t i, at;

	(void)state;
	for (i = 0; i < KEYED; i++) {
		struct sm_recipient_new r = rcpt(keyed[i].kind, keyed[i].id);
		struct sm_envelope_options opt = options(SM_AES256_GCM, &r, 1);

		sm_buf_clear(&msg);
		kit_seal(&msg, &opt, LIT("hello, this is the content"), 0);
		/* the last byte of the wrapped key, which stands before the
		 * encrypted content info */
		at = find(&msg, LIT("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d"
		    "\x01\x07\x01")) - 1;
		msg.data[at] ^= 1;
		kit_open_by(&o, sm_buf_bytes(&msg), keyed[i].id, true, 0);
		if (text[0] == '\0')
			snprintf(text, sizeof(text), "%s", o.err.text);
		assert_string_equal(o.err.text, text);
		assert_refused(&o, SM_E_AUTH, "content-not-authentic");
		msg.data[at] ^= 1;
		/* the tag */
		at = find(&msg, LIT("\x04\x10")) ;
		at = msg.len - 7;
		msg.data[at] ^= 0x80;
		kit_open_by(&o, sm_buf_bytes(&msg), keyed[i].id, true, 0);
		assert_string_equal(o.err.text, text);
		assert_refused(&o, SM_E_AUTH, "content-not-authentic");
	}
	sm_buf_free(&msg);
}

static void
any_changed_byte_of_a_gcm_message_is_noticed(void **state)
{
	struct sm_recipient_new r = rcpt(SM_RCPT_X25519, &x25519);
	struct sm_envelope_options opt = options(SM_AES128_GCM, &r, 1);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t i;

	(void)state;
	kit_seal(&msg, &opt, LIT("hello"), 0);
	for (i = 0; i < msg.len; i++) {
		msg.data[i] ^= 0x01;
		kit_open_by(&o, sm_buf_bytes(&msg), &x25519, false, 0);
		/* the version, or the form of a parameter, may not matter */
		if (o.rc == 0)
			assert_kit_bytes(sm_buf_bytes(&o.content), LIT("hello"));
		else
			assert_int_equal(o.content.len, 0);
		kit_opened_wipe(&o);
		msg.data[i] ^= 0x01;
	}
	sm_buf_free(&msg);
}

static void
a_truncated_message_is_never_opened(void **state)
{
	static const enum sm_alg_id algs[] = { SM_AES256_GCM, SM_AES256_CBC };
	struct sm_recipient_new r = rcpt(SM_RCPT_ECDH, &p256);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t a, n;

	(void)state;
	for (a = 0; a < 2; a++) {
		struct sm_envelope_options opt = options(algs[a], &r, 1);

		sm_buf_clear(&msg);
		kit_seal(&msg, &opt, LIT("hello"), 0);
		for (n = 0; n < msg.len; n++) {
			kit_open_by(&o, sm_bytes(msg.data, n), &p256, true, 0);
			assert_true(o.rc < 0);
			if (o.aead)
				assert_int_equal(o.content.len, 0);
			kit_opened_wipe(&o);
		}
	}
	sm_buf_free(&msg);
}

static void
content_that_is_not_data_carries_its_type_authenticated(void **state)
{
	static const enum sm_alg_id algs[] = { SM_AES256_GCM, SM_AES128_CCM,
		SM_CHACHA20_POLY1305 };
	struct sm_recipient_new r = rcpt(SM_RCPT_ECDH, &p256);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t a, at;

	(void)state;
	for (a = 0; a < 3; a++) {
		struct sm_envelope_options opt = options(algs[a], &r, 1);

		opt.content_type = SM_CMS_SIGNED;
		opt.has_length = true;
		opt.length = 5;
		sm_buf_clear(&msg);
		kit_seal(&msg, &opt, LIT("hello"), 0);
		kit_open_by(&o, sm_buf_bytes(&msg), &p256, true, 7);
		assert_int_equal(o.passes, 3);
		assert_opened(&o, LIT("hello"));
		/* the type before the content to id-data: attribute differs */
		at = find(&msg, LIT("\x30\x80\x06\x09\x2a\x86\x48\x86\xf7\x0d"
		    "\x01\x07\x02"));
		msg.data[at + 12] = 1;
		kit_open_by(&o, sm_buf_bytes(&msg), &p256, true, 0);
		assert_refused(&o, SM_E_FORMAT, "auth-content-type");
		/* both: the tag covers it */
		at = find(&msg, LIT("\x31\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d"
		    "\x01\x07\x02"));
		msg.data[at + 12] = 1;
		kit_open_by(&o, sm_buf_bytes(&msg), &p256, true, 0);
		assert_refused(&o, SM_E_AUTH, "content-not-authentic");
	}
	sm_buf_free(&msg);
}

static void
a_thousand_recipients_fit_and_are_shown(void **state)
{
	enum { N = 1200 };
	struct sm_recipient_new *r = calloc(N, sizeof(*r));
	struct sm_envelope_options opt = options(SM_AES256_GCM, r, N);
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t i;

	(void)state;
	for (i = 0; i < N; i++)
		r[i] = rcpt(SM_RCPT_ECDH, i == 600 ? &p256 : &other_p256);
	kit_seal(&msg, &opt, LIT("hello"), 0);
	kit_open_by(&o, sm_buf_bytes(&msg), &p256, true, 1000);
	assert_int_equal(o.count, N);
	assert_opened(&o, LIT("hello"));
	free(r);
	sm_buf_free(&msg);
}

static void
key_operations_are_bounded(void **state)
{
	enum { N = 6 };
	struct sm_recipient_new r[N];
	struct sm_envelope_options opt = options(SM_AES128_CBC, r, N);
	struct sm_opener opener = { rsa.key, NULL };
	struct sm_open_secrets s = { &opener, 1, NULL, 0 };
	struct sm_limits limits = sm_limits_default();
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	size_t i;

	(void)state;
	for (i = 0; i < N; i++)
		r[i] = rcpt(SM_RCPT_RSA_PKCS1, i == 3 ? &rsa : &other_rsa);
	kit_seal(&msg, &opt, LIT("hello"), 0);
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_opened(&o, LIT("hello"));
	limits.recipient_tries = N - 1;
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_refused(&o, SM_E_LIMIT, "recipient-tries");
	limits.recipients = N - 1;
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_refused(&o, SM_E_LIMIT, "recipients");
	sm_buf_free(&msg);
}

static void
password_rounds_are_bounded_before_deriving(void **state)
{
	struct sm_recipient_new r[2] = {
		{ .kind = SM_RCPT_PASSWORD, .secret = LIT("a") },
		{ .kind = SM_RCPT_PASSWORD, .secret = LIT("b") },
	};
	struct sm_envelope_options opt = options(SM_AES128_CBC, r, 2);
	struct sm_bytes secret = LIT("c");
	struct sm_open_secrets s = { NULL, 0, &secret, 1 };
	struct sm_limits limits = sm_limits_default();
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;

	(void)state;
	kit_seal(&msg, &opt, LIT("hello"), 0);
	limits.pbkdf2_iterations = 999;
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_refused(&o, SM_E_LIMIT, "pbkdf2-iterations");
	limits.pbkdf2_iterations = 1999;
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_refused(&o, SM_E_LIMIT, "pbkdf2-iterations");
	limits.pbkdf2_iterations = 2000;
	kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
	assert_refused(&o, SM_E_NOKEY, "no-recipient");
	sm_buf_free(&msg);
}

static void
a_key_both_know_opens_encrypted_data(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf msg = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&msg);
	struct sm_bytes key = LIT("0123456789abcdef0123456789abcdef");
	struct sm_envelope_writer *w;
	struct kit_opened o;

	(void)state;
	assert_int_equal(sm_encrypted_writer_new(&w, SM_AES256_GCM, key,
	    SM_CMS_DATA, &sink, &err), SM_E_USAGE);
	sm_error_clear(&err);
	assert_int_equal(sm_encrypted_writer_new(&w, SM_AES256_CBC, key,
	    SM_CMS_DATA, &sink, &err), 0);
	assert_int_equal(sm_envelope_writer_write(w, LIT("hello")), 0);
	assert_int_equal(sm_envelope_writer_finish(w), 0);
	sm_envelope_writer_free(w);
	kit_open_secret(&o, sm_buf_bytes(&msg), key, 1);
	assert_int_equal(o.state, SM_ENV_OPEN);
	assert_opened(&o, LIT("hello"));
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("short"), 1);
	assert_refused(&o, SM_E_NOKEY, "no-content-key");
	sm_buf_free(&msg);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_kind_of_recipient_opens_what_was_written_to_it),
		cmocka_unit_test(every_cipher_gives_back_its_content_at_any_cut),
		cmocka_unit_test(passwords_and_shared_keys_open_what_was_written_to_them),
		cmocka_unit_test(many_recipients_of_all_kinds_all_open_one_message),
		cmocka_unit_test(a_key_that_the_message_is_not_for_is_told_who_it_is_for),
		cmocka_unit_test(every_fault_of_key_and_content_is_the_same_refusal),
		cmocka_unit_test(any_changed_byte_of_a_gcm_message_is_noticed),
		cmocka_unit_test(a_truncated_message_is_never_opened),
		cmocka_unit_test(content_that_is_not_data_carries_its_type_authenticated),
		cmocka_unit_test(a_thousand_recipients_fit_and_are_shown),
		cmocka_unit_test(key_operations_are_bounded),
		cmocka_unit_test(password_rounds_are_bounded_before_deriving),
		cmocka_unit_test(a_key_both_know_opens_encrypted_data),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
