/* Messages that no honest writer makes, put together by hand. */
#include "envelope_kit.h"

#include <cms/kari.h>
#include <stdlib.h>

static struct kit_id rsa, bare, p256, x25519;
static const uint8_t kek_bytes[] = "0123456789abcdef";
#define KEK sm_bytes(kek_bytes, 16)
static const uint8_t cek_bytes[] = "fedcba9876543210";
#define CEK sm_bytes(cek_bytes, 16)
#define TEXT LIT("some content")

static int
setup(void **state)
{
	(void)state;
	kit_id_new(&rsa, "RSA", true);
	kit_id_new(&bare, "RSA", false);
	kit_id_new(&p256, "P-256", true);
	kit_id_new(&x25519, "X25519", true);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kit_id_wipe(&rsa);
	kit_id_wipe(&bare);
	kit_id_wipe(&p256);
	kit_id_wipe(&x25519);
	return 0;
}

/* ---- a message in parts ---- */

struct parts {
	enum sm_cms_type type, content_type;
	struct sm_buf recipients; /* RecipientInfos */
	struct sm_buf alg;        /* AlgorithmIdentifier, whole */
	struct sm_buf content;    /* ciphertext */
	bool no_content;
	struct sm_buf attrs;      /* contents of authAttrs */
	bool has_mac;
	struct sm_buf mac;
};

static void
parts_wipe(struct parts *p)
{
	sm_buf_free(&p->recipients);
	sm_buf_free(&p->alg);
	sm_buf_free(&p->content);
	sm_buf_free(&p->attrs);
	sm_buf_free(&p->mac);
	memset(p, 0, sizeof(*p));
}

static void
parts_kek(struct parts *p)
{
	const struct sm_recipient_new r = { .kind = SM_RCPT_KEK, .secret = KEK,
		.kek_id = LIT("k") };
	struct sm_error err = SM_ERROR_INIT;

	assert_int_equal(sm_kekri_write(&p->recipients, &r, CEK, &err), 0);
}

/* Encrypt TEXT under CEK; the tag is cut or filled up to mac_len. aad: as it
 * must be, SET OF. */
static void
parts_encrypt(struct parts *p, const struct sm_cipher_params *params,
    struct sm_bytes aad, size_t mac_len)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_sink sink = sm_buf_sink(&p->content);
	struct sm_cipher *c;
	uint8_t tag[32] = { 0 };

	sm_buf_clear(&p->content);
	assert_int_equal(sm_cipher_new(&c, SM_ENCRYPT, params, CEK, aad, true,
	    TEXT.len, &err), 0);
	assert_int_equal(sm_cipher_update(c, TEXT, &sink), 0);
	assert_int_equal(sm_cipher_finish(c, params->tag_len ? tag : NULL,
	    params->tag_len, &sink), 0);
	sm_cipher_free(c);
	p->has_mac = params->tag_len != 0;
	sm_buf_clear(&p->mac);
	assert_int_equal(sm_buf_append(&p->mac, sm_bytes(tag, mac_len)), 0);
}

/* parameters: SEQUENCE { nonce, ICVlen }; icv < 0: absent */
static void
parts_alg(struct parts *p, enum sm_alg_id alg, size_t nonce_len, int icv)
{
	static const uint8_t nonce[32] = { 1, 2, 3 };
	struct sm_derw w;
	size_t seq, params;

	sm_buf_clear(&p->alg);
	sm_derw_init(&w, &p->alg);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_alg_get(alg)->oid);
	if (alg == SM_CHACHA20_POLY1305 || alg == SM_AES128_CBC) {
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(nonce, nonce_len));
	} else {
		params = sm_derw_begin(&w, SM_DER_SEQUENCE);
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_bytes(nonce, nonce_len));
		if (icv >= 0)
			sm_derw_uint(&w, (uint64_t)icv);
		sm_derw_end(&w, params);
	}
	sm_derw_end(&w, seq);
	assert_int_equal(sm_derw_status(&w), 0);
}

static struct sm_cipher_params
params_of(enum sm_alg_id alg, size_t nonce_len, size_t tag_len)
{
	struct sm_cipher_params p = { .alg = sm_alg_get(alg),
		.iv = { 1, 2, 3 }, .iv_len = nonce_len, .tag_len = tag_len };

	return p;
}

/* GCM under CEK, all in order. */
static void
parts_gcm(struct parts *p)
{
	struct sm_cipher_params params = params_of(SM_AES128_GCM, 12, 16);

	p->type = SM_CMS_AUTH_ENVELOPED;
	p->content_type = SM_CMS_DATA;
	parts_alg(p, SM_AES128_GCM, 12, 16);
	parts_encrypt(p, &params, sm_bytes(NULL, 0), 16);
}

static void
parts_message(struct sm_buf *msg, const struct parts *p)
{
	struct sm_derw w;
	size_t info, outer, body, content;

	sm_buf_clear(msg);
	sm_derw_init(&w, msg);
	info = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_cms_type_oid(p->type));
	outer = sm_derw_begin(&w, SM_DER_CTX_CONS(0));
	body = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, 0);
	sm_derw_add(&w, SM_DER_SET, sm_buf_bytes(&p->recipients));
	content = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_oid(&w, sm_cms_type_oid(p->content_type));
	sm_derw_raw(&w, sm_buf_bytes(&p->alg));
	if (!p->no_content)
		sm_derw_add(&w, SM_DER_CTX(0), sm_buf_bytes(&p->content));
	sm_derw_end(&w, content);
	if (p->attrs.len > 0)
		sm_derw_add(&w, SM_DER_CTX_CONS(1), sm_buf_bytes(&p->attrs));
	if (p->has_mac)
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&p->mac));
	sm_derw_end(&w, body);
	sm_derw_end(&w, outer);
	sm_derw_end(&w, info);
	assert_int_equal(sm_derw_status(&w), 0);
}

static void
open_parts(struct kit_opened *o, const struct parts *p)
{
	struct sm_buf msg = SM_BUF_INIT;

	parts_message(&msg, p);
	kit_open_secret(o, sm_buf_bytes(&msg), KEK, 0);
	sm_buf_free(&msg);
}

static void
open_parts_by(struct kit_opened *o, const struct parts *p,
    const struct kit_id *id, bool cert)
{
	struct sm_buf msg = SM_BUF_INIT;

	parts_message(&msg, p);
	kit_open_by(o, sm_buf_bytes(&msg), id, cert, 0);
	sm_buf_free(&msg);
}

static void
assert_good(struct kit_opened *o)
{
	if (o->rc != 0)
		fail_msg("%d %s: %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text);
	assert_kit_bytes(sm_buf_bytes(&o->content), TEXT);
	kit_opened_wipe(o);
}

static void
assert_reason(struct kit_opened *o, int rc, const char *reason)
{
	if (o->rc != rc || o->err.reason == NULL ||
	    strcmp(o->err.reason, reason) != 0)
		fail_msg("%d %s: %s, not %d %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text,
		    rc, reason);
	assert_int_equal(o->content.len, 0);
	kit_opened_wipe(o);
}

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

/* ---- KeyAgreeRecipientInfo ---- */

struct kari_case {
	enum sm_alg_id scheme;
	struct sm_bytes scheme_oid;  /* overrules scheme */
	enum sm_alg_id wrap;
	bool wrap_null, no_wrap;     /* NULL parameters; no wrap at all */
	bool ukm, key_id, bare_params, static_originator;
	struct sm_bytes point;       /* overrules the ephemeral key's */
	bool decoy;                  /* somebody else's key stands in front */
};

static void
kari_rid(struct sm_derw *w, const struct kit_id *id, bool key_id)
{
	uint8_t ski[20];
	size_t field;

	if (!key_id) {
		sm_recipient_put_rid(w, id->cert);
		return;
	}
	kit_key_id(ski, id);
	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	sm_derw_add(w, SM_DER_OCTET_STRING, sm_bytes(ski, 20));
	sm_derw_add(w, SM_DER_GENERALIZED_TIME, LIT("20260101000000Z"));
	sm_derw_end(w, field);
}

static void
kari_originator(struct sm_derw *w, struct sm_bytes spki,
    const struct kari_case *c)
{
	struct sm_bytes in, oid, params, bits;
	uint8_t string[200] = { 0 };
	size_t field, key;

	field = sm_derw_begin(w, SM_DER_CTX_CONS(0));
	if (c->static_originator) {
		sm_recipient_put_rid(w, rsa.cert);
		sm_derw_end(w, field);
		return;
	}
	assert_true(sm_der_get(&spki, SM_DER_SEQUENCE, &in));
	assert_true(sm_der_get_algorithm(&in, &oid, &params));
	assert_true(sm_der_get_bits(&in, &bits));
	if (c->point.len != 0)
		bits = c->point;
	memcpy(string + 1, bits.data, bits.len);
	key = sm_derw_begin(w, SM_DER_CTX_CONS(1));
	sm_derw_algorithm(w, oid, c->bare_params ? sm_bytes(NULL, 0) : params);
	sm_derw_add(w, SM_DER_BIT_STRING, sm_bytes(string, bits.len + 1));
	sm_derw_end(w, key);
	sm_derw_end(w, field);
}

static void
kari_wrapped(struct sm_buf *out, struct sm_bytes wrap_der, struct sm_key *eph,
    const struct kit_id *id, const struct kari_case *c)
{
	struct sm_bytes ukm = LIT("user keying material");
	struct sm_buf z = SM_BUF_INIT, info = SM_BUF_INIT, kek = SM_BUF_INIT;
	size_t len = sm_alg_get(c->wrap)->key_bytes;

	assert_int_equal(sm_key_agree(eph, &z, sm_key_public(id->key)), 0);
	assert_int_equal(sm_kari_info(&info, wrap_der, c->ukm ? &ukm : NULL,
	    len), 0);
	assert_int_equal(sm_kari_kek(&kek, sm_alg_get(c->scheme), len,
	    sm_buf_bytes(&z), c->ukm ? &ukm : NULL, sm_buf_bytes(&info)), 0);
	assert_int_equal(sm_wrap(out, c->wrap, sm_buf_bytes(&kek), CEK), 0);
	sm_buf_free(&z);
	sm_buf_free(&info);
	sm_buf_free(&kek);
}

static void
put_kari(struct parts *p, const struct kit_id *id, const struct kari_case *c)
{
	struct sm_buf wrap = SM_BUF_INIT, wrapped = SM_BUF_INIT;
	struct sm_key *eph;
	struct sm_derw w;
	size_t info, field, keys, key;

	assert_int_equal(sm_key_ephemeral(&eph, sm_key_public(id->key)), 0);
	sm_derw_init(&w, &wrap);
	sm_derw_algorithm(&w, sm_alg_get(c->wrap)->oid,
	    c->wrap_null ? LIT("\x05\x00") : sm_bytes(NULL, 0));
	kari_wrapped(&wrapped, sm_buf_bytes(&wrap), eph, id, c);
	sm_buf_clear(&p->recipients);
	sm_derw_init(&w, &p->recipients);
	info = sm_derw_begin(&w, SM_DER_CTX_CONS(1));
	sm_derw_uint(&w, 3);
	kari_originator(&w, sm_key_spki(eph), c);
	if (c->ukm) {
		field = sm_derw_begin(&w, SM_DER_CTX_CONS(1));
		sm_derw_add(&w, SM_DER_OCTET_STRING,
		    LIT("user keying material"));
		sm_derw_end(&w, field);
	}
	sm_derw_algorithm(&w, c->scheme_oid.len != 0 ? c->scheme_oid :
	    sm_alg_get(c->scheme)->oid, c->no_wrap ? sm_bytes(NULL, 0) :
	    sm_buf_bytes(&wrap));
	keys = sm_derw_begin(&w, SM_DER_SEQUENCE);
	if (c->decoy) {
		key = sm_derw_begin(&w, SM_DER_SEQUENCE);
		kari_rid(&w, &rsa, true);
		sm_derw_add(&w, SM_DER_OCTET_STRING, LIT("too short"));
		sm_derw_end(&w, key);
	}
	key = sm_derw_begin(&w, SM_DER_SEQUENCE);
	kari_rid(&w, id, c->key_id);
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&wrapped));
	sm_derw_end(&w, key);
	sm_derw_end(&w, keys);
	sm_derw_end(&w, info);
	assert_int_equal(sm_derw_status(&w), 0);
	sm_key_free(eph);
	sm_buf_free(&wrap);
	sm_buf_free(&wrapped);
}

/* 1.3.133.16.840.63.0.3 and 1.3.132.1.14.1: cofactor schemes */
static const uint8_t cofactor_sha1[] = { 0x2b, 0x81, 0x05, 0x10, 0x86, 0x48,
	0x3f, 0x00, 0x03 };
static const uint8_t cofactor_sha256[] = { 0x2b, 0x81, 0x04, 0x01, 0x0e, 0x01 };

static void
every_form_of_ephemeral_key_agreement_is_read(void **state)
{
	static const struct kari_case cases[] = {
		{ .scheme = SM_ECDH_SHA1KDF, .wrap = SM_AES128_WRAP },
		{ .scheme = SM_ECDH_SHA224KDF, .wrap = SM_AES192_WRAP },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES256_WRAP },
		{ .scheme = SM_ECDH_SHA384KDF, .wrap = SM_AES128_WRAP,
		    .ukm = true },
		{ .scheme = SM_ECDH_SHA512KDF, .wrap = SM_AES128_WRAP,
		    .wrap_null = true },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .key_id = true, .decoy = true },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .bare_params = true },
		{ .scheme = SM_ECDH_SHA1KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { cofactor_sha1, sizeof(cofactor_sha1) } },
		{ .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { cofactor_sha256, sizeof(cofactor_sha256) } },
		{ .scheme = SM_ECDH_HKDF_SHA256, .wrap = SM_AES128_WRAP },
		{ .scheme = SM_ECDH_HKDF_SHA384, .wrap = SM_AES256_WRAP,
		    .ukm = true },
		{ .scheme = SM_ECDH_HKDF_SHA512, .wrap = SM_AES256_WRAP,
		    .ukm = true, .key_id = true },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	size_t i;

	(void)state;
	parts_gcm(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_kari(&p, &p256, &cases[i]);
		open_parts_by(&o, &p, &p256, true);
		assert_true(o.view[cases[i].decoy ? 1 : 0].mine);
		assert_int_equal(o.count, cases[i].decoy ? 2 : 1);
		assert_good(&o);
		open_parts_by(&o, &p, &p256, false);
		assert_true(o.view[cases[i].decoy ? 1 : 0].mine);
		assert_good(&o);
		put_kari(&p, &x25519, &cases[i]);
		open_parts_by(&o, &p, &x25519, true);
		assert_int_equal(o.view[0].kind, SM_RCPT_X25519);
		assert_good(&o);
	}
	parts_wipe(&p);
}

static void
key_agreement_that_cannot_be_used_is_named(void **state)
{
	static const struct { struct kari_case c; const char *reason; } cases[] = {
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .static_originator = true }, "static-static-ecdh" },
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .no_wrap = true }, "key-wrap-unsupported" },
		{ { .scheme = SM_ECDH_SHA256KDF, .wrap = SM_AES128_WRAP,
		    .scheme_oid = { (const uint8_t *)"\x2a\x03\x04", 3 } },
		    "key-agreement-unsupported" },
	};
	struct parts p = { 0 };
	struct kit_opened o;
	size_t i;

	(void)state;
	parts_gcm(&p);
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		put_kari(&p, &p256, &cases[i].c);
		open_parts_by(&o, &p, &p256, true);
		assert_reason(&o, SM_E_UNSUPPORTED, cases[i].reason);
	}
	parts_wipe(&p);
}

static void
points_that_are_no_points_fail_like_everything_else(void **state)
{
	static const uint8_t off_curve[65] = { 4, 1 };
	static const uint8_t zero[32];
	static const uint8_t infinity[1];
	struct kari_case c = { .scheme = SM_ECDH_SHA256KDF,
		.wrap = SM_AES128_WRAP };
	struct parts p = { 0 };
	struct kit_opened o;

	(void)state;
	parts_gcm(&p);
	c.point = sm_bytes(off_curve, sizeof(off_curve));
	put_kari(&p, &p256, &c);
	open_parts_by(&o, &p, &p256, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	c.point = sm_bytes(infinity, 1);
	put_kari(&p, &p256, &c);
	open_parts_by(&o, &p, &p256, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	c.point = sm_bytes(zero, sizeof(zero));
	put_kari(&p, &x25519, &c);
	open_parts_by(&o, &p, &x25519, true);
	assert_reason(&o, SM_E_AUTH, "content-not-authentic");
	/* a key of another curve than the certificate's */
	c.point = sm_bytes(NULL, 0);
	put_kari(&p, &x25519, &c);
	open_parts_by(&o, &p, &p256, false);
	assert_reason(&o, SM_E_NOKEY, "no-recipient");
	parts_wipe(&p);
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
		cmocka_unit_test(oaep_parameters_may_be_absent_and_must_make_sense),
		cmocka_unit_test(a_key_identifier_finds_certificates_with_and_without_it),
		cmocka_unit_test(malformed_key_transport_is_refused_or_fails_later),
		cmocka_unit_test(the_right_one_of_several_v15_candidates_is_chosen),
		cmocka_unit_test(every_form_of_ephemeral_key_agreement_is_read),
		cmocka_unit_test(key_agreement_that_cannot_be_used_is_named),
		cmocka_unit_test(points_that_are_no_points_fail_like_everything_else),
		cmocka_unit_test(password_recipients_that_cannot_be_used_are_named),
		cmocka_unit_test(other_recipients_are_shown_and_passed_over),
		cmocka_unit_test(derived_content_keys_must_say_what_for),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
