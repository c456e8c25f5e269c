#include "envelope_parts.h"

#include <cms/recipient.h>

struct kit_id rsa, bare, p256, x25519;
const uint8_t kek_bytes[] = "0123456789abcdef";
const uint8_t cek_bytes[] = "fedcba9876543210";

int
parts_setup(void **state)
{
	(void)state;
	kit_id_new(&rsa, "RSA", true);
	kit_id_new(&bare, "RSA", false);
	kit_id_new(&p256, "P-256", true);
	kit_id_new(&x25519, "X25519", true);
	return 0;
}

int
parts_teardown(void **state)
{
	(void)state;
	kit_id_wipe(&rsa);
	kit_id_wipe(&bare);
	kit_id_wipe(&p256);
	kit_id_wipe(&x25519);
	return 0;
}

void
parts_wipe(struct parts *p)
{
	sm_buf_free(&p->recipients);
	sm_buf_free(&p->alg);
	sm_buf_free(&p->content);
	sm_buf_free(&p->attrs);
	sm_buf_free(&p->mac);
	memset(p, 0, sizeof(*p));
}

void
parts_kek(struct parts *p)
{
	const struct sm_recipient_new r = { .kind = SM_RCPT_KEK, .secret = KEK,
		.kek_id = LIT("k") };
	struct sm_error err = SM_ERROR_INIT;

	assert_int_equal(sm_kekri_write(&p->recipients, &r, CEK, &err), 0);
}

/* Encrypt TEXT under CEK; the tag is cut or filled up to mac_len. aad: as it
 * must be, SET OF. */
void
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
void
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

struct sm_cipher_params
params_of(enum sm_alg_id alg, size_t nonce_len, size_t tag_len)
{
	struct sm_cipher_params p = { .alg = sm_alg_get(alg),
		.iv = { 1, 2, 3 }, .iv_len = nonce_len, .tag_len = tag_len };

	return p;
}

/* GCM under CEK, all in order. */
void
parts_gcm(struct parts *p)
{
	struct sm_cipher_params params = params_of(SM_AES128_GCM, 12, 16);

	p->type = SM_CMS_AUTH_ENVELOPED;
	p->content_type = SM_CMS_DATA;
	parts_alg(p, SM_AES128_GCM, 12, 16);
	parts_encrypt(p, &params, sm_bytes(NULL, 0), 16);
}

void
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

void
open_parts(struct kit_opened *o, const struct parts *p)
{
	struct sm_buf msg = SM_BUF_INIT;

	parts_message(&msg, p);
	kit_open_secret(o, sm_buf_bytes(&msg), KEK, 0);
	sm_buf_free(&msg);
}

void
open_parts_by(struct kit_opened *o, const struct parts *p,
    const struct kit_id *id, bool cert)
{
	struct sm_buf msg = SM_BUF_INIT;

	parts_message(&msg, p);
	kit_open_by(o, sm_buf_bytes(&msg), id, cert, 0);
	sm_buf_free(&msg);
}

void
assert_good(struct kit_opened *o)
{
	if (o->rc != 0)
		fail_msg("%d %s: %s", o->rc,
		    o->err.reason != NULL ? o->err.reason : "-", o->err.text);
	assert_kit_bytes(sm_buf_bytes(&o->content), TEXT);
	kit_opened_wipe(o);
}

void
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
