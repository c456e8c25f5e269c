/* Ciphers, tags, nonces and attributes that no honest writer makes. */
#include "envelope_parts.h"

#include <stdlib.h>

/* ---- ciphers ---- */

static void
only_full_gcm_tags_of_the_length_announced_are_accepted(void **state)
{
	struct parts p = { 0 };
	struct kit_opened o;
	int icv;
	size_t mac, said;

	(void)state;
	parts_kek(&p);
	parts_gcm(&p);
	for (icv = -1; icv <= 17; icv++)
		for (mac = 0; mac <= 17; mac++) {
			struct sm_cipher_params params;

			said = icv < 0 ? 12 : (size_t)icv;
			params = params_of(SM_AES128_GCM, 12,
			    said >= 12 && said <= 16 ? said : 16);
			parts_alg(&p, SM_AES128_GCM, 12, icv);
			parts_encrypt(&p, &params, sm_bytes(NULL, 0), mac);
			open_parts(&o, &p);
			if (said < 12 || said > 16)
				assert_reason(&o, SM_E_FORMAT, "gcm-tag-length");
			else if (mac != said)
				assert_reason(&o, SM_E_FORMAT, "mac-length");
			else
				assert_good(&o);
		}
	parts_wipe(&p);
}

static void
only_ccm_tags_of_12_14_or_16_bytes_are_accepted(void **state)
{
	struct parts p = { 0 };
	struct kit_opened o;
	int icv;

	(void)state;
	parts_kek(&p);
	parts_gcm(&p);
	for (icv = -1; icv <= 17; icv++) {
		size_t said = icv < 0 ? 12 : (size_t)icv;
		bool ok = said == 12 || said == 14 || said == 16;
		struct sm_cipher_params params = params_of(SM_AES128_CCM, 12,
		    ok ? said : 16);

		parts_alg(&p, SM_AES128_CCM, 12, icv);
		parts_encrypt(&p, &params, sm_bytes(NULL, 0), said);
		open_parts(&o, &p);
		if (ok)
			assert_good(&o);
		else
			assert_reason(&o, SM_E_FORMAT, "ccm-tag-length");
	}
	parts_wipe(&p);
}

static void
only_nonces_of_the_right_length_are_accepted(void **state)
{
	static const struct { enum sm_alg_id alg; size_t min, max; } algs[] = {
		{ SM_AES128_GCM, 12, 12 }, { SM_AES128_CCM, 7, 13 },
		{ SM_AES128_CBC, 16, 16 },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	size_t a, n;

	(void)state;
	parts_kek(&p);
	for (a = 0; a < 3; a++)
		for (n = 0; n <= 32; n++) {
			bool ok = n >= algs[a].min && n <= algs[a].max;
			bool cbc = algs[a].alg == SM_AES128_CBC;
			struct sm_cipher_params params = params_of(algs[a].alg,
			    ok ? n : algs[a].max, cbc ? 0 : 16);

			parts_gcm(&p);
			p.type = cbc ? SM_CMS_ENVELOPED : SM_CMS_AUTH_ENVELOPED;
			parts_alg(&p, algs[a].alg, n, 16);
			parts_encrypt(&p, &params, sm_bytes(NULL, 0),
			    cbc ? 0 : 16);
			open_parts(&o, &p);
			if (ok)
				assert_good(&o);
			else
				assert_reason(&o, SM_E_FORMAT, cbc ?
				    "cipher-iv-length" : "aead-nonce-length");
		}
	parts_wipe(&p);
}

static void
a_cipher_of_the_wrong_kind_for_the_type_is_refused(void **state)
{
	struct sm_cipher_params cbc = params_of(SM_AES128_CBC, 16, 0);
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_kek(&p);
	parts_gcm(&p);
	p.type = SM_CMS_ENVELOPED;
	p.has_mac = false;
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "aead-in-enveloped-data");
	parts_alg(&p, SM_AES128_CBC, 16, -1);
	parts_encrypt(&p, &cbc, sm_bytes(NULL, 0), 0);
	open_parts(&o, &p);
	assert_good(&o);
	p.type = SM_CMS_AUTH_ENVELOPED;
	p.has_mac = true;
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "not-aead");
	parts_wipe(&p);
}

static void
a_bad_last_block_of_cbc_is_the_same_refusal_as_a_wrong_key(void **state)
{
	struct sm_cipher_params cbc = params_of(SM_AES128_CBC, 16, 0);
	struct parts p = { 0 };
	struct kit_opened o;
	size_t cut;

	(void)state;
	parts_kek(&p);
	p.type = SM_CMS_ENVELOPED;
	p.content_type = SM_CMS_DATA;
	parts_alg(&p, SM_AES128_CBC, 16, -1);
	for (cut = 0; cut < 16; cut++) {
		parts_encrypt(&p, &cbc, sm_bytes(NULL, 0), 0);
		p.content.len = cut;
		open_parts(&o, &p);
		assert_int_equal(o.rc, SM_E_AUTH);
		assert_string_equal(o.err.reason, "content-not-authentic");
		kit_opened_wipe(&o);
	}
	parts_wipe(&p);
}

static void
absent_parts_of_a_message_are_refused_by_name(void **state)
{
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "recipients-empty");
	parts_kek(&p);
	p.no_content = true;
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "content-absent");
	p.no_content = false;
	p.content_type = SM_CMS_SIGNED;
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "auth-attrs-absent");
	p.content_type = SM_CMS_DATA;
	p.has_mac = false;
	open_parts(&o, &p);
	assert_int_equal(o.rc, SM_E_FORMAT);
	kit_opened_wipe(&o);
	parts_wipe(&p);
}

/* ---- authenticated attributes ---- */

#define ATTR_TYPE                                                            \
	"\x30\x18\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x03\x31\x0b\x06"     \
	"\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
/* an attribute of another kind, longer, so that it sorts behind */
#define ATTR_OTHER                                                           \
	"\x30\x19\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x09\x05\x31\x0c\x04"     \
	"\x0a" "0123456789"

static void
with_attrs(struct kit_opened *o, struct sm_bytes attrs, bool unwrap)
{
	struct sm_cipher_params params = params_of(SM_AES128_GCM, 12, 16);
	struct sm_buf aad = SM_BUF_INIT, msg = SM_BUF_INIT;
	struct parts p = { 0 };
	struct sm_derw w;

	parts_kek(&p);
	parts_gcm(&p);
	sm_derw_init(&w, &aad);
	sm_derw_add(&w, unwrap ? SM_DER_CTX_CONS(1) : SM_DER_SET, attrs);
	assert_int_equal(sm_derw_status(&w), 0);
	parts_encrypt(&p, &params, sm_buf_bytes(&aad), 16);
	assert_int_equal(sm_buf_append(&p.attrs, attrs), 0);
	parts_message(&msg, &p);
	kit_open_secret(o, sm_buf_bytes(&msg), KEK, 5);
	parts_wipe(&p);
	sm_buf_free(&aad);
	sm_buf_free(&msg);
}

static void
attributes_are_authenticated_as_a_der_set(void **state)
{
	struct kit_opened o;

	(void)state;
	with_attrs(&o, LIT(ATTR_TYPE), false);
	assert_int_equal(o.passes, 3);
	assert_good(&o);
	with_attrs(&o, LIT(ATTR_TYPE ATTR_OTHER), false);
	assert_good(&o);
	/* under the tag that they have in the message */
	with_attrs(&o, LIT(ATTR_TYPE), true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	/* not sorted */
	with_attrs(&o, LIT(ATTR_OTHER ATTR_TYPE), false);
	assert_reason(&o, SM_E_FORMAT, "auth-attrs-not-der");
	/* the type absent, or twice */
	with_attrs(&o, LIT(ATTR_OTHER), false);
	assert_reason(&o, SM_E_FORMAT, "auth-content-type");
	with_attrs(&o, LIT(ATTR_TYPE ATTR_TYPE), false);
	assert_reason(&o, SM_E_FORMAT, "auth-content-type");
	/* long lengths: BER */
	with_attrs(&o, LIT("\x30\x81\x18" "\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01"
	    "\x09\x03\x31\x0b\x06\x09\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"),
	    false);
	assert_reason(&o, SM_E_FORMAT, "auth-attrs-not-der");
}

static void
derived_content_keys_must_say_what_for(void **state)
{
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_kek(&p);
	parts_gcm(&p);
	sm_buf_clear(&p.alg);
	/* id-alg-cek-hkdf-sha256 with parameters absent */
	assert_int_equal(sm_buf_append(&p.alg, LIT("\x30\x0d\x06\x0b\x2a\x86"
	    "\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f")), 0);
	open_parts(&o, &p);
	assert_reason(&o, SM_E_FORMAT, "content-algorithm");
	/* with itself inside */
	sm_buf_clear(&p.alg);
	assert_int_equal(sm_buf_append(&p.alg, LIT("\x30\x1c\x06\x0b\x2a\x86"
	    "\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f\x30\x0d\x06\x0b\x2a\x86"
	    "\x48\x86\xf7\x0d\x01\x09\x10\x03\x1f")), 0);
	open_parts(&o, &p);
	assert_reason(&o, SM_E_UNSUPPORTED, "cipher-unknown");
	parts_wipe(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(only_full_gcm_tags_of_the_length_announced_are_accepted),
		cmocka_unit_test(only_ccm_tags_of_12_14_or_16_bytes_are_accepted),
		cmocka_unit_test(only_nonces_of_the_right_length_are_accepted),
		cmocka_unit_test(a_cipher_of_the_wrong_kind_for_the_type_is_refused),
		cmocka_unit_test(a_bad_last_block_of_cbc_is_the_same_refusal_as_a_wrong_key),
		cmocka_unit_test(absent_parts_of_a_message_are_refused_by_name),
		cmocka_unit_test(attributes_are_authenticated_as_a_der_set),
		cmocka_unit_test(derived_content_keys_must_say_what_for),
	};

	return cmocka_run_group_tests(tests, parts_setup, parts_teardown);
}
