/* Messages, keys and vectors that nobody on this project made. */
#include "envelope_kit.h"

#include <stdio.h>
#include <stdlib.h>

#define SMIME_CERTS "openssl-cms/smime-certs/"
#define MESSAGES "openssl-cms/messages/"
#define RFC4134 "rfc4134-examples/"

static void
assert_reason(struct kit_opened *o, int rc, const char *reason)
{
	if (o->rc != rc || o->err.reason == NULL ||
	    strcmp(o->err.reason, reason) != 0)
		fail_msg("%d %s: %s, not %d %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text,
		    rc, reason);
	kit_opened_wipe(o);
}

static void
assert_good(struct kit_opened *o, struct sm_bytes want)
{
	if (o->rc != 0)
		fail_msg("%d %s: %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text);
	assert_kit_bytes(sm_buf_bytes(&o->content), want);
	kit_opened_wipe(o);
}

static void
openssl_1_1_1_ecdh_message_opens(void **state)
{
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;

	(void)state;
	if (!kit_id_file(&id, SMIME_CERTS "smec3.pem", SMIME_CERTS "smec3.pem"))
		kit_skip();
	assert_true(kit_base64_file(&msg, MESSAGES "ciphertext_from_1_1_1.cms"));
	kit_open_by(&o, sm_buf_bytes(&msg), &id, true, 11);
	assert_int_equal(o.rc, 0);
	assert_true(o.content.len > 0);
	assert_true(o.view[0].mine);
	kit_opened_wipe(&o);
	kit_id_wipe(&id);
	sm_buf_free(&msg);
}

static void
openssl_odd_messages_are_refused_with_their_reason(void **state)
{
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;

	(void)state;
	if (!kit_base64_file(&msg,
	    MESSAGES "enveloped-content-type-for-aes-gcm.pem"))
		kit_skip();
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("0123456789abcdef"), 0);
	assert_reason(&o, SM_E_FORMAT, "aead-in-enveloped-data");
	sm_buf_clear(&msg);
	assert_true(kit_base64_file(&msg, MESSAGES "encDataWithTooLongIV.pem"));
	kit_open_secret(&o, sm_buf_bytes(&msg), LIT("0123456789abcdef"), 0);
	assert_reason(&o, SM_E_FORMAT, "aead-nonce-length");
	sm_buf_clear(&msg);
	assert_true(kit_file(&msg, MESSAGES "ecdh-malformed.der"));
	assert_true(kit_id_file(&id, MESSAGES "ecdh-key.pem",
	    MESSAGES "ecdh-cert.pem"));
	kit_open_by(&o, sm_buf_bytes(&msg), &id, true, 0);
	assert_reason(&o, SM_E_UNSUPPORTED, "key-wrap-unsupported");
	kit_open_by(&o, sm_buf_bytes(&msg), &id, false, 0);
	assert_reason(&o, SM_E_UNSUPPORTED, "key-wrap-unsupported");
	kit_id_wipe(&id);
	sm_buf_free(&msg);
}

static void
rfc4134_enveloped_and_encrypted_examples_give_their_content(void **state)
{
	static const uint8_t key[] = { 0x73, 0x7c, 0x79, 0x1f, 0x25, 0xea, 0xd0,
		0xe0, 0x46, 0x29, 0x25, 0x43, 0x52, 0xf7, 0xdc, 0x62, 0x91,
		0xe5, 0xcb, 0x26, 0x91, 0x7a, 0xda, 0x32 };
	static const char *const files[] = { RFC4134 "5.1.bin",
		RFC4134 "5.2.bin", RFC4134 "7.1.bin", RFC4134 "7.2.bin" };
	struct sm_buf want = SM_BUF_INIT, msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id bob;
	size_t i, cert;

	(void)state;
	if (!kit_file(&want, RFC4134 "ExContent.bin"))
		kit_skip();
	assert_true(kit_id_der(&bob, RFC4134 "BobPrivRSAEncrypt.pri",
	    RFC4134 "BobRSASignByCarl.cer"));
	for (i = 0; i < 4; i++) {
		sm_buf_clear(&msg);
		assert_true(kit_file(&msg, files[i]));
		for (cert = 0; cert < 2; cert++) {
			if (i < 2)
				kit_open_by(&o, sm_buf_bytes(&msg), &bob,
				    cert == 0, 1);
			else
				kit_open_secret(&o, sm_buf_bytes(&msg),
				    sm_bytes(key, sizeof(key)), 1);
			assert_true(o.weak);
			if (o.rc == SM_E_UNSUPPORTED && i == 1 &&
			    !sm_alg_available(SM_RC2_CBC)) {
				kit_opened_wipe(&o);
				continue;
			}
			assert_good(&o, sm_buf_bytes(&want));
		}
	}
	kit_id_wipe(&bob);
	sm_buf_free(&want);
	sm_buf_free(&msg);
}

/* ---- RFC 9690 ---- */

/* The hexadecimal value of a name in values.json. */
static void
value(struct sm_buf *out, const struct sm_buf *json, const char *name)
{
	char key[64];
	unsigned byte;
	const char *p;

	snprintf(key, sizeof(key), "\"%s\": \"", name);
	p = strstr((const char *)json->data, key);
	assert_non_null(p);
	sm_buf_clear(out);
	for (p += strlen(key); sscanf(p, "%2x", &byte) == 1; p += 2)
		assert_int_equal(sm_buf_append_byte(out, (uint8_t)byte), 0);
	assert_true(out->len > 0);
}

static void
rfc9690_every_step_has_its_published_value(void **state)
{
	struct sm_buf json = SM_BUF_INIT, a = SM_BUF_INIT, b = SM_BUF_INIT;
	struct sm_buf got = SM_BUF_INIT;
	struct kit_id id;

	(void)state;
	if (!kit_file(&json, "rfc9690-rsa-kem/values.json"))
		kit_skip();
	assert_int_equal(sm_buf_append_byte(&json, 0), 0);
	assert_true(kit_rsa_file(&id, "rfc9690-rsa-kem/bob-rsa3072.priv.pem"));
	value(&a, &json, "ct");
	value(&b, &json, "z");
	assert_int_equal(sm_key_rsa_kem(id.key, &got, sm_buf_bytes(&a)), 0);
	assert_kit_bytes(sm_buf_bytes(&got), sm_buf_bytes(&b));
	sm_buf_clear(&got);
	value(&a, &json, "shared_secret");
	assert_int_equal(sm_kdf3(&got, a.len, SM_SHA256, sm_buf_bytes(&b),
	    sm_bytes(NULL, 0)), 0);
	assert_kit_bytes(sm_buf_bytes(&got), sm_buf_bytes(&a));
	sm_buf_clear(&got);
	value(&b, &json, "cms_ori_for_kem_other_info");
	assert_int_equal(sm_kdf3(&got, 16, SM_SHA256, sm_buf_bytes(&a),
	    sm_buf_bytes(&b)), 0);
	value(&a, &json, "kek");
	assert_kit_bytes(sm_buf_bytes(&got), sm_buf_bytes(&a));
	sm_buf_clear(&got);
	value(&b, &json, "wrapped_cek");
	assert_int_equal(sm_unwrap(&got, SM_AES128_WRAP, sm_buf_bytes(&a),
	    sm_buf_bytes(&b)), 0);
	value(&a, &json, "cek");
	assert_kit_bytes(sm_buf_bytes(&got), sm_buf_bytes(&a));
	kit_id_wipe(&id);
	sm_buf_free(&json);
	sm_buf_free(&a);
	sm_buf_free(&b);
	sm_buf_free(&got);
}

static void
rfc9690_message_opens(void **state)
{
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;

	(void)state;
	if (!kit_base64_file(&msg, "rfc9690-rsa-kem/rsa-kem-enveloped.cms.pem"))
		kit_skip();
	assert_true(kit_rsa_file(&id, "rfc9690-rsa-kem/bob-rsa3072.priv.pem"));
	kit_open_by(&o, sm_buf_bytes(&msg), &id, false, 1);
	assert_int_equal(o.view[0].kind, SM_RCPT_RSA_KEM);
	assert_string_equal(o.view[0].kind_name, "rsa-kem");
	assert_string_equal(o.view[0].id,
	    "key identifier 9eeb67c9b95a74d44d2f16396680e801b5cba49c");
	assert_good(&o, LIT("Hello, world!"));
	kit_id_wipe(&id);
	sm_buf_free(&msg);
}

/* ---- ML-KEM ---- */

static void
ml_kem_recipients_are_named_though_not_opened(void **state)
{
	static const struct { const char *path, *kind; } files[] = {
		{ "pqc-hackathon-cms/cht/ml-kem-768-2.16.840.1.101.3.4.4.2_kemri_"
		    "id-alg-hkdf-with-sha512.der", "ml-kem-768" },
		{ "pqc-hackathon-cms/redhound/mlkem512-2.16.840.1.101.3.4.4.1_"
		    "kemri_auth_id-alg-hkdf-with-sha256.der", "ml-kem-512" },
		{ "pqc-hackathon-cms/redhound/mlkem1024-2.16.840.1.101.3.4.4.3_"
		    "kemri_auth_id-alg-hkdf-with-sha256_ukm.der", "ml-kem-1024" },
	};
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;
	size_t i;

	(void)state;
	kit_id_new(&id, "RSA", true);
	for (i = 0; i < 3; i++) {
		sm_buf_clear(&msg);
		if (!kit_file(&msg, files[i].path)) {
			kit_id_wipe(&id);
			kit_skip();
		}
		kit_open_by(&o, sm_buf_bytes(&msg), &id, false, 0);
		assert_int_equal(o.view[0].kind, SM_RCPT_ML_KEM);
		assert_string_equal(o.view[0].kind_name, files[i].kind);
		assert_non_null(strstr(o.err.text, "1 ml-kem"));
		assert_reason(&o, SM_E_NOKEY, "no-recipient");
	}
	kit_id_wipe(&id);
	sm_buf_free(&msg);
}

static void
ml_kem_in_the_wrong_recipient_info_is_refused(void **state)
{
	static const char *const folder = "pqc-hackathon-cms/cht/nonconforming";
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;
	size_t i;

	(void)state;
	kit_id_new(&id, "RSA", true);
	for (i = 0; kit_file_of(&msg, folder, i); i++) {
		kit_open_by(&o, sm_buf_bytes(&msg), &id, false, 0);
		assert_true(o.rc == SM_E_NOKEY || o.rc == SM_E_FORMAT ||
		    o.rc == SM_E_UNSUPPORTED);
		assert_non_null(o.err.reason);
		assert_int_equal(o.content.len, 0);
		kit_opened_wipe(&o);
		sm_buf_clear(&msg);
	}
	kit_id_wipe(&id);
	sm_buf_free(&msg);
	if (i == 0)
		kit_skip();
	assert_int_equal(i, 3);
}

/* ---- Thunderbird ---- */

static void
thunderbird_interoperability_messages_open(void **state)
{
	static const struct { const char *p12, *msg; bool cert; } files[] = {
		{ "thunderbird-smime/Bob.p12", "thunderbird-smime/alice.env.eml",
		    true },
		{ "thunderbird-smime/interop/Fran.p12",
		    "thunderbird-smime/interop/fran-oaep_ossl.env", true },
		{ "thunderbird-smime/interop/Fran.p12", "thunderbird-smime/"
		    "interop/fran-oaep-sha256hash-sha256mgf_ossl.env", true },
		{ "thunderbird-smime/interop/Fran-ec.p12", "thunderbird-smime/"
		    "interop/fran-ec_ossl-aes128-sha256.env", true },
	};
	struct sm_buf msg = SM_BUF_INIT;
	struct kit_opened o;
	struct kit_id id;
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		if (!kit_id_p12(&id, files[i].p12, "nss"))
			kit_skip();
		sm_buf_clear(&msg);
		assert_true(kit_base64_file(&msg, files[i].msg));
		kit_open_by(&o, sm_buf_bytes(&msg), &id, true, 0);
		if (o.rc != 0)
			fail_msg("%s: %d %s", files[i].msg, o.rc, o.err.text);
		assert_non_null(memmem(o.content.data, o.content.len,
		    "This is a test message", 22));
		kit_opened_wipe(&o);
		kit_id_wipe(&id);
	}
	sm_buf_free(&msg);
}

/* Whatever they hold: no crash, no leak, a reason for every refusal. */
static void
fuzzing_seeds_do_no_harm(void **state)
{
	struct sm_buf msg = SM_BUF_INIT;
	struct sm_opener openers[2];
	struct sm_bytes secret = LIT("0123456789abcdef");
	struct sm_open_secrets s = { openers, 2, &secret, 1 };
	struct sm_limits limits = sm_limits_default();
	struct kit_opened o;
	struct kit_id rsa, ec;
	size_t i;

	(void)state;
	limits.pbkdf2_iterations = 10000;
	kit_id_new(&rsa, "RSA", true);
	kit_id_new(&ec, "P-256", true);
	openers[0] = (struct sm_opener) { rsa.key, NULL };
	openers[1] = (struct sm_opener) { ec.key, NULL };
	for (i = 0; kit_file_of(&msg, "fuzz-seeds/cms", i); i++) {
		kit_open(&o, sm_buf_bytes(&msg), &s, &limits, 0);
		kit_opened_wipe(&o);
		sm_buf_clear(&msg);
	}
	kit_id_wipe(&rsa);
	kit_id_wipe(&ec);
	sm_buf_free(&msg);
	if (i == 0)
		kit_skip();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(openssl_1_1_1_ecdh_message_opens),
		cmocka_unit_test(openssl_odd_messages_are_refused_with_their_reason),
		cmocka_unit_test(rfc4134_enveloped_and_encrypted_examples_give_their_content),
		cmocka_unit_test(rfc9690_every_step_has_its_published_value),
		cmocka_unit_test(rfc9690_message_opens),
		cmocka_unit_test(ml_kem_recipients_are_named_though_not_opened),
		cmocka_unit_test(ml_kem_in_the_wrong_recipient_info_is_refused),
		cmocka_unit_test(thunderbird_interoperability_messages_open),
		cmocka_unit_test(fuzzing_seeds_do_no_harm),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
