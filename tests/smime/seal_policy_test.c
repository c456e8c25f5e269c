/* Who can read what, and what is therefore written. */
#include "seal_kit.h"

#include <base/der.h>

#define GCM256 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2e"
#define GCM128 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x06"
#define CBC256 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x2a"
#define CBC128 "\x30\x0b\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02"
#define CHACHA "\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x12"
#define DES3 "\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07"
#define OAEP_SHA1 "\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x00"
#define OAEP "\x30\x38\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07\x30\x2b" \
	"\x30\x0d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"     \
	"\x30\x1a\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08\x30\x0d\x06" \
	"\x09\x60\x86\x48\x01\x65\x03\x04\x02\x01\x05\x00"
#define HKDF "\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f"

static struct identity rsa, ec, x25519, signer_only, ed, old;

static int
setup(void **state)
{
	(void)state;
	identity_simple(&rsa, "rsa@example.org", "RSA");
	identity_new(&ec, &(struct identity_spec){ .mail = "ec@example.org",
	    .serial = 2 });
	identity_new(&x25519, &(struct identity_spec){
	    .mail = "x@example.org", .type = "X25519", .serial = 3 });
	identity_new(&signer_only, &(struct identity_spec){
	    .mail = "s@example.org", .type = "RSA", .serial = 4,
	    .usage = "critical,digitalSignature" });
	identity_new(&ed, &(struct identity_spec){
	    .mail = "ed@example.org", .type = "ED25519", .serial = 5 });
	identity_new(&old, &(struct identity_spec){
	    .mail = "old@example.org", .type = "RSA-1024", .serial = 6,
	    .from = NOW - 400 * DAY, .to = NOW - DAY });
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&rsa);
	identity_wipe(&ec);
	identity_wipe(&x25519);
	identity_wipe(&signer_only);
	identity_wipe(&ed);
	identity_wipe(&old);
	return 0;
}

/* At most three people, and the SEQUENCE around what they list. */
struct people {
	struct sm_seal_recipient r[3];
	struct sm_buf caps[3];
	size_t count;
};

static void
add(struct people *p, const struct identity *id, struct sm_bytes caps)
{
	struct sm_seal_recipient *r = &p->r[p->count];
	struct sm_derw w;

	r->cert = id->cert;
	if (caps.len > 0) {
		sm_derw_init(&w, &p->caps[p->count]);
		sm_derw_add(&w, SM_DER_SEQUENCE, caps);
		assert_int_equal(sm_derw_status(&w), 0);
		r->capabilities = sm_buf_bytes(&p->caps[p->count]);
	}
	p->count++;
}

static void
people_wipe(struct people *p)
{
	while (p->count > 0)
		sm_buf_free(&p->caps[--p->count]);
}

static struct sm_seal_options
to_people(const struct people *p, enum sm_seal_alg alg)
{
	struct sm_seal_options o = sm_seal_options_default();

	o.now = NOW;
	o.alg = alg;
	o.recipients = p->r;
	o.recipient_count = p->count;
	return o;
}

#define NOBODY { NULL, 0 }
#define CAPS(s) { (const uint8_t *)(s), sizeof(s) - 1 }

struct row {
	struct sm_bytes first, second; /* of an RSA and an EC person */
	enum sm_seal_alg alg;
	const char *cipher;            /* NULL: refused */
	const char *key_management;    /* of the RSA person */
	const char *why;
};

static void
the_cipher_is_the_best_that_all_can_read(void **state)
{
	static const struct row rows[] = {
		/* nothing known: what Outlook and Thunderbird read */
		{ NOBODY, NOBODY, SM_SEAL_AUTO, "aes-256-cbc", "rsa-pkcs1",
		    "nothing is known of what rsa@example.org can read" },
		{ CAPS(GCM256 OAEP), NOBODY, SM_SEAL_AUTO, "aes-128-cbc",
		    "rsa-oaep", "nothing is known of what ec@example.org" },
		{ CAPS(GCM256 CBC256 OAEP), NOBODY, SM_SEAL_AUTO,
		    "aes-256-cbc", "rsa-oaep", "ec@example.org" },
		/* all are known */
		{ CAPS(GCM256 OAEP), CAPS(GCM256), SM_SEAL_AUTO, "aes-256-gcm",
		    "rsa-oaep", "all recipients can read it" },
		{ CAPS(GCM256), CAPS(GCM256), SM_SEAL_AUTO, "aes-256-gcm",
		    "rsa-pkcs1", "all recipients" },
		{ CAPS(GCM128 GCM256 OAEP), CAPS(GCM128 CBC256), SM_SEAL_AUTO,
		    "aes-128-gcm", "rsa-oaep",
		    "ec@example.org does not say to read aes-256-gcm" },
		{ CAPS(CHACHA GCM256), CAPS(CHACHA), SM_SEAL_AUTO,
		    "chacha20-poly1305", "rsa-pkcs1", "ec@example.org" },
		{ CAPS(CBC256), CAPS(GCM256), SM_SEAL_AUTO, "aes-128-cbc",
		    "rsa-pkcs1", "rsa@example.org does not say" },
		{ CAPS(DES3), CAPS(GCM256 CBC256), SM_SEAL_AUTO, "aes-128-cbc",
		    "rsa-pkcs1", "rsa@example.org does not say" },
		/* only key management listed: nothing is known of ciphers */
		{ CAPS(OAEP), CAPS(GCM256 CBC256), SM_SEAL_AUTO, "aes-256-cbc",
		    "rsa-pkcs1", "nothing is known" },
		/* compat is one floor for all */
		{ CAPS(GCM256 OAEP), CAPS(GCM256), SM_SEAL_COMPAT,
		    "aes-256-cbc", "rsa-pkcs1", "every mail program" },
		/* strong believes the sender, but not against what is known */
		{ NOBODY, NOBODY, SM_SEAL_STRONG, "aes-256-gcm", "rsa-oaep",
		    "authenticated encryption was asked for" },
		{ CAPS(GCM256), NOBODY, SM_SEAL_STRONG, "aes-256-gcm",
		    "rsa-pkcs1", "asked for" },
		{ CAPS(GCM128 OAEP_SHA1), NOBODY, SM_SEAL_STRONG,
		    "aes-128-gcm", "rsa-oaep", "asked for" },
		{ NOBODY, CAPS(CBC256), SM_SEAL_STRONG, NULL, NULL,
		    "ec@example.org does not say to read" },
		{ CAPS(CHACHA), CAPS(GCM128), SM_SEAL_STRONG, NULL, NULL,
		    "rsa@example.org" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct people p = { 0 };
		struct sm_seal_options o;
		struct kit_sealed k;

		add(&p, &rsa, rows[i].first);
		add(&p, &ec, rows[i].second);
		o = to_people(&p, rows[i].alg);
		kit_seal(&k, &o, LIT("A: b\n\nx\n"), 0);
		if (rows[i].cipher == NULL) {
			assert_int_equal(k.rc, SM_E_POLICY);
			assert_false(k.made);
			assert_string_equal(k.err.reason, "strong-not-readable");
			assert_non_null(strstr(k.err.text, rows[i].why));
		} else {
			const struct sm_seal_choice *c;

			if (k.rc != 0)
				print_message("row %zu: %s\n", i, k.err.text);
			assert_int_equal(k.rc, 0);
			c = sm_seal_choice(k.s);
			assert_string_equal(c->cipher, rows[i].cipher);
			assert_string_equal(c->key_management[0],
			    rows[i].key_management);
			assert_string_equal(c->key_management[1], "ecdh");
			if (strstr(c->why, rows[i].why) == NULL)
				print_message("row %zu: %s\n", i, c->why);
			assert_non_null(strstr(c->why, rows[i].why));
			assert_int_equal(c->authenticated,
			    strstr(rows[i].cipher, "cbc") == NULL);
		}
		kit_sealed_wipe(&k);
		people_wipe(&p);
	}
}

static void
capabilities_of_the_certificate_count(void **state)
{
	struct identity id;
	struct people p = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;

	(void)state;
	identity_new(&id, &(struct identity_spec){ .mail = "c@example.org",
	    .type = "RSA", .capabilities = "301c"
	    "300b060960864801650304012e" "300d06092a864886f70d0101073000" });
	add(&p, &id, sm_bytes(NULL, 0));
	o = to_people(&p, SM_SEAL_AUTO);
	kit_seal_ok(&k, &o, LIT("A: b\n\nx\n"));
	assert_string_equal(sm_seal_choice(k.s)->cipher, "aes-256-gcm");
	assert_string_equal(sm_seal_choice(k.s)->key_management[0], "rsa-oaep");
	kit_sealed_wipe(&k);
	people_wipe(&p);
	identity_wipe(&id);
}

/* RFC 9709's algorithm stands inside the content algorithm. */
static void
cek_hkdf_is_written_where_all_read_it(void **state)
{
	static const char oid[] = "\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f";
	struct people both = { 0 }, one = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;
	size_t i;

	(void)state;
	add(&both, &rsa, LIT(GCM256 OAEP HKDF));
	add(&both, &ec, LIT(GCM256 HKDF));
	add(&one, &rsa, LIT(GCM256 OAEP HKDF));
	add(&one, &ec, LIT(GCM256));
	for (i = 0; i < 3; i++) {
		o = to_people(i == 0 ? &both : &one, SM_SEAL_AUTO);
		o.form = SM_FORM_DER;
		o.cek_hkdf = i == 2;
		kit_seal_ok(&k, &o, LIT("x"));
		assert_int_equal(memmem(k.out.data, k.out.len, oid, 11) != NULL,
		    i != 1);
		kit_sealed_wipe(&k);
	}
	people_wipe(&both);
	people_wipe(&one);
}

static void
who_cannot_be_written_to_is_named(void **state)
{
	const struct identity *bad[2] = { &signer_only, &ed };
	static const char *const names[2] = { "s@example.org",
		"ed@example.org" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct people p = { 0 };
		struct sm_seal_options o;
		struct kit_sealed k;

		add(&p, &rsa, sm_bytes(NULL, 0));
		add(&p, bad[i], sm_bytes(NULL, 0));
		o = to_people(&p, SM_SEAL_AUTO);
		kit_seal(&k, &o, LIT("x"), 0);
		assert_int_equal(k.rc, SM_E_POLICY);
		assert_int_equal(k.out.len, 0);
		assert_string_equal(k.err.reason, "recipient-unusable");
		assert_non_null(strstr(k.err.text, names[i]));
		kit_sealed_wipe(&k);
		people_wipe(&p);
	}
}

static void
weak_and_expired_certificates_are_told(void **state)
{
	struct people p = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;

	(void)state;
	add(&p, &old, sm_bytes(NULL, 0));
	o = to_people(&p, SM_SEAL_AUTO);
	kit_seal_ok(&k, &o, LIT("x"));
	assert_true(kit_advised(&k, "old@example.org is too weak"));
	assert_true(kit_advised(&k, "old@example.org is not valid now"));
	kit_sealed_wipe(&k);
	o.alg = SM_SEAL_STRONG;
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_POLICY);
	assert_string_equal(k.err.reason, "recipient-unusable");
	kit_sealed_wipe(&k);
	people_wipe(&p);
}

static void
signers_that_readers_would_refuse_do_not_sign(void **state)
{
	struct identity enc;
	struct sm_seal_signer who = { .key = old.key, .cert = old.cert };
	struct sm_seal_options o = sm_seal_options_default();
	struct kit_sealed k;

	(void)state;
	o.now = NOW;
	o.signers = &who;
	o.signer_count = 1;
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_POLICY);
	assert_string_equal(k.err.reason, "signer-weak");
	kit_sealed_wipe(&k);
	identity_new(&enc, &(struct identity_spec){ .mail = "e@example.org",
	    .usage = "critical,keyAgreement" });
	who = (struct sm_seal_signer){ .key = enc.key, .cert = enc.cert };
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_POLICY);
	assert_string_equal(k.err.reason, "signer-unusable");
	kit_sealed_wipe(&k);
	who = (struct sm_seal_signer){ .key = rsa.key, .cert = ec.cert };
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	assert_string_equal(k.err.reason, "signer-key-mismatch");
	kit_sealed_wipe(&k);
	who = (struct sm_seal_signer){ .key = ec.key };
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	kit_sealed_wipe(&k);
	identity_wipe(&enc);
}

static void
unsigned_cbc_is_warned_of(void **state)
{
	struct sm_seal_signer who = { .key = rsa.key, .cert = rsa.cert };
	struct people p = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;

	(void)state;
	add(&p, &ec, sm_bytes(NULL, 0));
	o = to_people(&p, SM_SEAL_AUTO);
	kit_seal_ok(&k, &o, LIT("A: b\n\nx\n"));
	assert_true(kit_advised(&k, "-s"));
	assert_true(kit_advised(&k, "--alg strong"));
	kit_sealed_wipe(&k);
	o.signers = &who;
	o.signer_count = 1;
	kit_seal_ok(&k, &o, LIT("A: b\n\nx\n"));
	assert_false(kit_advised(&k, "--alg strong"));
	kit_sealed_wipe(&k);
	o.signer_count = 0;
	o.alg = SM_SEAL_STRONG;
	kit_seal_ok(&k, &o, LIT("A: b\n\nx\n"));
	assert_false(kit_advised(&k, "--alg strong"));
	kit_sealed_wipe(&k);
	people_wipe(&p);
}

static void
a_named_cipher_overrules(void **state)
{
	static const struct { const char *name; int rc; const char *reason; }
	    rows[] = {
		{ "aes-128-gcm", 0, NULL }, { "aes-192-cbc", 0, NULL },
		{ "chacha20-poly1305", 0, NULL }, { "aes-128-ccm", 0, NULL },
		{ "des-ede3-cbc", SM_E_POLICY, "cipher-not-sent" },
		{ "rot13", SM_E_USAGE, "cipher-name" },
	};
	struct people p = { 0 };
	size_t i;

	(void)state;
	add(&p, &rsa, LIT(CBC256));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct sm_seal_options o = to_people(&p, SM_SEAL_AUTO);
		struct kit_sealed k;

		o.cipher = rows[i].name;
		kit_seal(&k, &o, LIT("A: b\n\nx\n"), 0);
		if (k.rc != rows[i].rc)
			print_message("%s: %s\n", rows[i].name, k.err.text);
		assert_int_equal(k.rc, rows[i].rc);
		if (k.rc == 0)
			assert_string_equal(sm_seal_choice(k.s)->cipher,
			    rows[i].name);
		else
			assert_string_equal(k.err.reason, rows[i].reason);
		kit_sealed_wipe(&k);
	}
	people_wipe(&p);
}

static void
post_quantum_is_not_pretended(void **state)
{
	struct people p = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;

	(void)state;
	add(&p, &rsa, sm_bytes(NULL, 0));
	o = to_people(&p, SM_SEAL_PQ);
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_UNSUPPORTED);
	assert_string_equal(k.err.reason, "pq-not-supported");
	kit_sealed_wipe(&k);
	people_wipe(&p);
}

static void
passwords_and_shared_keys_are_recipients(void **state)
{
	struct sm_seal_recipient r[2] = {
		{ .secret = LIT("correct horse") },
		{ .secret = LIT("0123456789abcdef"), .secret_is_kek = true },
	};
	struct sm_seal_options o = sm_seal_options_default();
	struct sm_buf got = SM_BUF_INIT;
	struct kit_sealed k;

	(void)state;
	o.now = NOW;
	o.form = SM_FORM_DER;
	o.recipients = r;
	o.recipient_count = 2;
	kit_seal_ok(&k, &o, LIT("for those who know"));
	assert_string_equal(sm_seal_choice(k.s)->cipher, "aes-256-gcm");
	assert_string_equal(sm_seal_choice(k.s)->key_management[0], "password");
	assert_string_equal(sm_seal_choice(k.s)->key_management[1], "kek");
	assert_true(kit_openssl_password(&got, sm_buf_bytes(&k.out), KIT_DER,
	    LIT("correct horse")));
	assert_true(sm_bytes_equal(sm_buf_bytes(&got),
	    LIT("for those who know")));
	kit_sealed_wipe(&k);
	r[1].secret = LIT("short");
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	assert_string_equal(k.err.reason, "kek-length");
	kit_sealed_wipe(&k);
	r[0].secret.len = 0;
	kit_seal(&k, &o, LIT("x"), 0);
	assert_int_equal(k.rc, SM_E_USAGE);
	assert_string_equal(k.err.reason, "recipient-empty");
	kit_sealed_wipe(&k);
	sm_buf_free(&got);
}

static void
every_curve_has_its_key_management(void **state)
{
	struct people p = { 0 };
	struct sm_seal_options o;
	struct kit_sealed k;

	(void)state;
	add(&p, &ec, sm_bytes(NULL, 0));
	add(&p, &x25519, sm_bytes(NULL, 0));
	add(&p, &ec, sm_bytes(NULL, 0)); /* given twice, written once */
	o = to_people(&p, SM_SEAL_AUTO);
	o.form = SM_FORM_DER;
	kit_seal_ok(&k, &o, LIT("x"));
	assert_int_equal(sm_seal_choice(k.s)->recipient_count, 3);
	assert_string_equal(sm_seal_choice(k.s)->key_management[0], "ecdh");
	assert_string_equal(sm_seal_choice(k.s)->key_management[1], "x25519");
	assert_string_equal(sm_seal_choice(k.s)->key_management[2], "ecdh");
	kit_sealed_wipe(&k);
	people_wipe(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_cipher_is_the_best_that_all_can_read),
		cmocka_unit_test(capabilities_of_the_certificate_count),
		cmocka_unit_test(cek_hkdf_is_written_where_all_read_it),
		cmocka_unit_test(who_cannot_be_written_to_is_named),
		cmocka_unit_test(weak_and_expired_certificates_are_told),
		cmocka_unit_test(signers_that_readers_would_refuse_do_not_sign),
		cmocka_unit_test(unsigned_cbc_is_warned_of),
		cmocka_unit_test(a_named_cipher_overrules),
		cmocka_unit_test(post_quantum_is_not_pretended),
		cmocka_unit_test(passwords_and_shared_keys_are_recipients),
		cmocka_unit_test(every_curve_has_its_key_management),
	};

	return cmocka_run_group_tests_name("seal_policy", tests, setup,
	    teardown);
}
