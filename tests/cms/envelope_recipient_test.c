/* Key transport, passwords and unknown recipients that no honest writer makes. */
#include "envelope_parts.h"

#include <cms/recipient.h>
#include <stdlib.h>

/* ---- KeyTransRecipientInfo ---- */

/* With any identifier and algorithm; key: encrypted content key. */
static void
put_ktri(struct parts *p, struct sm_bytes rid, struct sm_bytes alg,
    struct sm_bytes key)
{
	struct sm_derw w;
	size_t seq;

	sm_buf_clear(&p->recipients);
	sm_derw_init(&w, &p->recipients);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 2);
	sm_derw_raw(&w, rid);
	sm_derw_raw(&w, alg);
	sm_derw_add(&w, SM_DER_OCTET_STRING, key);
	sm_derw_end(&w, seq);
	assert_int_equal(sm_derw_status(&w), 0);
}

static void
rid_of(struct sm_buf *out, const struct kit_id *id)
{
	struct sm_derw w;

	sm_buf_clear(out);
	sm_derw_init(&w, out);
	sm_recipient_put_rid(&w, id->cert);
	assert_int_equal(sm_derw_status(&w), 0);
}

static void
encrypt_cek(struct sm_buf *out, const struct kit_id *id, enum sm_alg_id digest)
{
	sm_buf_clear(out);
	assert_int_equal(sm_pubkey_rsa_encrypt(out, sm_key_public(id->key),
	    digest, CEK), 0);
}

#define OAEP_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x07"

static void
oaep_parameters_may_be_absent_and_must_make_sense(void **state)
{
	static const struct { struct sm_bytes alg; int rc; const char *reason; }
	cases[] = {
		/* absent, and all of their parts absent: the defaults */
		{ { (const uint8_t *)"\x30\x0b" OAEP_OID, 13 }, 0, NULL },
		{ { (const uint8_t *)"\x30\x0d" OAEP_OID "\x30\x00", 15 }, 0,
		    NULL },
		/* NULL, an empty [0], [3], an unknown hash */
		{ { (const uint8_t *)"\x30\x0d" OAEP_OID "\x05\x00", 15 },
		    SM_E_UNSUPPORTED, "oaep-params" },
		{ { (const uint8_t *)"\x30\x0f" OAEP_OID "\x30\x02\xa0\x00", 17 },
		    SM_E_UNSUPPORTED, "oaep-params" },
		{ { (const uint8_t *)"\x30\x0f" OAEP_OID "\x30\x02\xa3\x00", 17 },
		    SM_E_UNSUPPORTED, "oaep-params" },
		{ { (const uint8_t *)"\x30\x14" OAEP_OID
		    "\x30\x07\xa0\x05\x30\x03\x06\x01\x01", 22 },
		    SM_E_UNSUPPORTED, "oaep-params" },
	};
	struct sm_buf rid = SM_BUF_INIT, key = SM_BUF_INIT;
	struct parts p = { 0 };
	struct kit_opened o;
	size_t i;

	(void)state;
	parts_gcm(&p);
	rid_of(&rid, &rsa);
	encrypt_cek(&key, &rsa, SM_SHA1);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_ktri(&p, sm_buf_bytes(&rid), cases[i].alg,
		    sm_buf_bytes(&key));
		open_parts_by(&o, &p, &rsa, true);
		if (cases[i].rc == 0)
			assert_good(&o);
		else
			assert_reason(&o, cases[i].rc, cases[i].reason);
	}
	parts_wipe(&p);
	sm_buf_free(&rid);
	sm_buf_free(&key);
}

#define PKCS1_ALG LIT("\x30\x0d\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x01\x01\x05\x00")

static void
a_key_identifier_finds_certificates_with_and_without_it(void **state)
{
	struct sm_buf key = SM_BUF_INIT;
	uint8_t rid[22] = { 0x80, 20 }, cons[24] = { 0xa0, 22, 0x04, 20 };
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	encrypt_cek(&key, &rsa, SM_ALG_NONE);
	kit_key_id(rid + 2, &rsa);
	put_ktri(&p, sm_bytes(rid, 22), PKCS1_ALG, sm_buf_bytes(&key));
	open_parts_by(&o, &p, &rsa, true);
	assert_true(o.view[0].mine);
	assert_good(&o);
	open_parts_by(&o, &p, &bare, true);
	assert_reason(&o, SM_E_NOKEY, "no-recipient");
	encrypt_cek(&key, &bare, SM_ALG_NONE);
	kit_key_id(rid + 2, &bare);
	memcpy(cons + 4, rid + 2, 20);
	put_ktri(&p, sm_bytes(cons, 24), PKCS1_ALG, sm_buf_bytes(&key));
	open_parts_by(&o, &p, &bare, true);
	assert_true(o.view[0].mine);
	assert_good(&o);
	parts_wipe(&p);
	sm_buf_free(&key);
}

static void
malformed_key_transport_is_refused_or_fails_later(void **state)
{
	struct sm_buf rid = SM_BUF_INIT, key = SM_BUF_INIT;
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	rid_of(&rid, &rsa);
	encrypt_cek(&key, &rsa, SM_ALG_NONE);
	/* the encrypted key a byte short, and empty */
	put_ktri(&p, sm_buf_bytes(&rid), PKCS1_ALG, sm_bytes(key.data, 255));
	open_parts_by(&o, &p, &rsa, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	put_ktri(&p, sm_buf_bytes(&rid), PKCS1_ALG, sm_bytes(NULL, 0));
	open_parts_by(&o, &p, &rsa, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	/* not below the modulus */
	memset(key.data, 0xff, key.len);
	put_ktri(&p, sm_buf_bytes(&rid), PKCS1_ALG, sm_buf_bytes(&key));
	open_parts_by(&o, &p, &rsa, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	/* an unknown algorithm */
	put_ktri(&p, sm_buf_bytes(&rid), LIT("\x30\x05\x06\x03\x2a\x03\x04"),
	    sm_buf_bytes(&key));
	open_parts_by(&o, &p, &rsa, true);
	assert_string_equal(o.view[0].kind_name, "1.2.3.4");
	assert_reason(&o, SM_E_UNSUPPORTED, "key-transport-unsupported");
	/* structure */
	put_ktri(&p, LIT("\x04\x01\x00"), PKCS1_ALG, sm_buf_bytes(&key));
	open_parts_by(&o, &p, &rsa, true);
	assert_reason(&o, SM_E_FORMAT, "recipient-malformed");
	put_ktri(&p, sm_buf_bytes(&rid), LIT("\x30\x00"), sm_buf_bytes(&key));
	open_parts_by(&o, &p, &rsa, true);
	assert_reason(&o, SM_E_FORMAT, "recipient-malformed");
	parts_wipe(&p);
	sm_buf_free(&rid);
	sm_buf_free(&key);
}

static void
the_right_one_of_several_v15_candidates_is_chosen(void **state)
{
	struct sm_buf rid = SM_BUF_INIT, key = SM_BUF_INIT, all = SM_BUF_INIT;
	struct parts p = { 0 };
	struct kit_opened o;
	size_t good, i;

	(void)state;
	rid_of(&rid, &bare); /* of somebody else: no certificate is given */
	for (good = 0; good <= 4; good++) {
		parts_gcm(&p);
		sm_buf_clear(&all);
		for (i = 0; i < 4; i++) {
			encrypt_cek(&key, i == good ? &rsa : &bare, SM_ALG_NONE);
			key.data[0] &= 0x7f;
			put_ktri(&p, sm_buf_bytes(&rid), PKCS1_ALG,
			    sm_buf_bytes(&key));
			if (i == good) {
				encrypt_cek(&key, &rsa, SM_ALG_NONE);
				put_ktri(&p, sm_buf_bytes(&rid), PKCS1_ALG,
				    sm_buf_bytes(&key));
			}
			assert_int_equal(sm_buf_append(&all,
			    sm_buf_bytes(&p.recipients)), 0);
		}
		sm_buf_clear(&p.recipients);
		assert_int_equal(sm_buf_append(&p.recipients,
		    sm_buf_bytes(&all)), 0);
		open_parts_by(&o, &p, &rsa, false);
		for (i = 0; i < 4; i++)
			assert_int_equal(o.view[i].mine, i == good);
		if (good < 4)
			assert_good(&o);
		else
			assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	}
	parts_wipe(&p);
	sm_buf_free(&rid);
	sm_buf_free(&key);
	sm_buf_free(&all);
}

/* ---- passwords ---- */

/* PasswordRecipientInfo of ready-made parts: what is wrong is found before
 * anything is derived. */
#define PBKDF2_OID "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x05\x0c"
#define PWRI_ALG                                                             \
	"\x30\x2c\x06\x0b\x2a\x86\x48\x86\xf7\x0d\x01\x09\x10\x03\x09\x30"     \
	"\x1d\x06\x09\x60\x86\x48\x01\x65\x03\x04\x01\x02\x04\x10"             \
	"0123456789abcdef"

static void
password_recipients_that_cannot_be_used_are_named(void **state)
{
	static const struct { struct sm_bytes kdf, alg; const char *reason; }
	cases[] = {
		{ { NULL, 0 }, { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		/* parameters absent, other salt, no rounds, unknown PRF */
		{ { (const uint8_t *)"\xa0\x0b" PBKDF2_OID, 13 },
		    { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		{ { (const uint8_t *)"\xa0\x14" PBKDF2_OID "\x30\x07\x30\x02"
		    "\x05\x00\x02\x01\x01", 22 },
		    { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		{ { (const uint8_t *)"\xa0\x13" PBKDF2_OID "\x30\x06\x04\x01"
		    "s\x02\x01\x00", 21 },
		    { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		{ { (const uint8_t *)"\xa0\x18" PBKDF2_OID "\x30\x0b\x04\x01"
		    "s\x02\x01\x01\x30\x03\x06\x01\x2a", 26 },
		    { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		/* a key length that the wrap does not have */
		{ { (const uint8_t *)"\xa0\x16" PBKDF2_OID "\x30\x09\x04\x01"
		    "s\x02\x01\x01\x02\x01\x11", 24 },
		    { (const uint8_t *)PWRI_ALG, 46 },
		    "password-recipient-unsupported" },
		/* the wrap without its inner cipher, another wrap */
		{ { (const uint8_t *)"\xa0\x13" PBKDF2_OID "\x30\x06\x04\x01"
		    "s\x02\x01\x01", 21 },
		    { (const uint8_t *)"\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7"
		    "\x0d\x01\x09\x10\x03\x09", 15 },
		    "password-recipient-unsupported" },
		{ { (const uint8_t *)"\xa0\x13" PBKDF2_OID "\x30\x06\x04\x01"
		    "s\x02\x01\x01", 21 },
		    { (const uint8_t *)"\x30\x0b\x06\x09\x60\x86\x48\x01\x65"
		    "\x03\x04\x01\x05", 13 }, "password-recipient-unsupported" },
		/* more rounds than anybody waits for: 2^62 */
		{ { (const uint8_t *)"\xa0\x1a" PBKDF2_OID "\x30\x0d\x04\x01"
		    "s\x02\x08\x40\x00\x00\x00\x00\x00\x00\x00", 28 },
		    { (const uint8_t *)PWRI_ALG, 46 }, "pbkdf2-iterations" },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	struct sm_derw w;
	size_t i, seq;

	(void)state;
	parts_gcm(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		sm_buf_clear(&p.recipients);
		sm_derw_init(&w, &p.recipients);
		seq = sm_derw_begin(&w, SM_DER_CTX_CONS(3));
		sm_derw_uint(&w, 0);
		sm_derw_raw(&w, cases[i].kdf);
		sm_derw_raw(&w, cases[i].alg);
		sm_derw_add(&w, SM_DER_OCTET_STRING, LIT("0123456789abcdef"
		    "0123456789abcdef"));
		sm_derw_end(&w, seq);
		assert_int_equal(sm_derw_status(&w), 0);
		open_parts(&o, &p);
		assert_reason(&o, i == 8 ? SM_E_LIMIT : SM_E_UNSUPPORTED,
		    cases[i].reason);
	}
	parts_wipe(&p);
}

/* ---- others ---- */

static void
other_recipients_are_shown_and_passed_over(void **state)
{
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	/* [4] with an unknown type, then ours */
	assert_int_equal(sm_buf_append(&p.recipients,
	    LIT("\xa4\x07\x06\x03\x2a\x03\x04\x05\x00")), 0);
	parts_kek(&p);
	open_parts(&o, &p);
	assert_int_equal(o.view[0].kind, SM_RCPT_OTHER);
	assert_string_equal(o.view[0].kind_name, "1.2.3.4");
	assert_false(o.view[0].mine);
	assert_true(o.view[1].mine);
	assert_good(&o);
	/* a tag that no recipient has */
	sm_buf_clear(&p.recipients);
	assert_int_equal(sm_buf_append(&p.recipients,
	    LIT("\xa5\x07\x06\x03\x2a\x03\x04\x05\x00")), 0);
	open_parts(&o, &p);
	assert_int_equal(o.rc, SM_E_FORMAT);
	kit_opened_wipe(&o);
	parts_wipe(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(oaep_parameters_may_be_absent_and_must_make_sense),
		cmocka_unit_test(a_key_identifier_finds_certificates_with_and_without_it),
		cmocka_unit_test(malformed_key_transport_is_refused_or_fails_later),
		cmocka_unit_test(the_right_one_of_several_v15_candidates_is_chosen),
		cmocka_unit_test(password_recipients_that_cannot_be_used_are_named),
		cmocka_unit_test(other_recipients_are_shown_and_passed_over),
	};

	return cmocka_run_group_tests(tests, parts_setup, parts_teardown);
}
