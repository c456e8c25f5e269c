/* KEKRecipientInfo: a key that both know already wraps the content key. */
#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

#include <stdio.h>

struct kekri {
	struct sm_bytes id;
	struct sm_bytes oid, wrapped;
	const struct sm_alg *wrap; /* NULL: unknown */
};

/* KEKIdentifier: date and the other attribute are not looked at. */
static bool
kekri_get_id(struct kekri *out, struct sm_bytes *in)
{
	struct sm_bytes id;

	return sm_der_get(in, SM_DER_SEQUENCE, &id) &&
	    sm_der_get(&id, SM_DER_OCTET_STRING, &out->id);
}

static bool
kekri_get(struct kekri *out, struct sm_bytes der)
{
	struct sm_bytes in, none;
	uint64_t version;

	if (!sm_der_get(&der, SM_DER_CTX_CONS(2), &in) || der.len != 0)
		return false;
	if (!sm_der_get_uint(&in, &version) || version > 4 ||
	    !kekri_get_id(out, &in) ||
	    !sm_der_get_algorithm(&in, &out->oid, &none) ||
	    !sm_der_get(&in, SM_DER_OCTET_STRING, &out->wrapped) || in.len != 0)
		return false;
	out->wrap = sm_alg_by_oid(SM_ALG_WRAP, out->oid);
	return true;
}

/* The identifier as text when it is printable ASCII, else in hexadecimal. */
static void
kekri_id_text(char *out, size_t size, struct sm_bytes id)
{
	bool text = id.len > 0;
	size_t i;

	for (i = 0; i < id.len; i++)
		if (id.data[i] < 0x20 || id.data[i] > 0x7e)
			text = false;
	if (text) {
		snprintf(out, size, "%.*s", id.len < size ? (int)id.len :
		    (int)size, (const char *)id.data);
		return;
	}
	out[0] = '\0';
	for (i = 0; i < id.len && i * 2 + 2 < size; i++)
		snprintf(out + i * 2, size - i * 2, "%02x", id.data[i]);
}

static int
kekri_view(struct sm_recipients *r, struct sm_bytes der)
{
	char id[200];
	struct kekri k;

	if (!kekri_get(&k, der))
		return SM_E_FORMAT;
	kekri_id_text(id, sizeof(id), k.id);
	return sm_recipients_note(r, SM_RCPT_KEK, NULL, id);
}

static int
kekri_open(struct sm_recipient_search *s, struct sm_bytes der, size_t first)
{
	struct kekri k;
	size_t n;

	if (s->pkcs1 || s->secrets->secret_count == 0)
		return SM_OK;
	if (!kekri_get(&k, der))
		return SM_E_FORMAT;
	if (k.wrap == NULL) {
		sm_recipient_search_skip(s, SM_E_UNSUPPORTED,
		    "key-wrap-unsupported", "RFC 5652 section 6.2.3",
		    "wrapped by an unknown algorithm", "");
		return SM_OK;
	}
	for (n = 0; n < s->secrets->secret_count && !s->found; n++)
		if (s->secrets->secrets[n].len == k.wrap->key_bytes)
			SM_TRY(sm_recipient_search_unwrap(s, first, k.wrap->id,
			    s->secrets->secrets[n], k.wrapped));
	return SM_OK;
}

const struct sm_recipient_ops sm_kekri_ops = {
	SM_DER_CTX_CONS(2), kekri_view, kekri_open,
};

static int
kekri_put(struct sm_buf *out, struct sm_bytes id, const struct sm_alg *wrap,
    struct sm_bytes wrapped)
{
	struct sm_derw w;
	size_t info, kekid;

	sm_derw_init(&w, out);
	info = sm_derw_begin(&w, SM_DER_CTX_CONS(2));
	sm_derw_uint(&w, 4);
	kekid = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_add(&w, SM_DER_OCTET_STRING, id);
	sm_derw_end(&w, kekid);
	sm_derw_algorithm(&w, wrap->oid, sm_bytes(NULL, 0));
	sm_derw_add(&w, SM_DER_OCTET_STRING, wrapped);
	sm_derw_end(&w, info);
	return sm_derw_status(&w);
}

int
sm_kekri_write(struct sm_buf *out, const struct sm_recipient_new *r,
    struct sm_bytes cek, struct sm_error *err)
{
	const struct sm_alg *wrap = sm_recipient_wrap(r->secret.len);
	struct sm_buf wrapped = SM_BUF_INIT;
	int rc;

	if (wrap == NULL)
		return sm_error_set(err, SM_E_USAGE, "kek-length",
		    "RFC 3565 section 2.3",
		    "A shared key must have 16, 24 or 32 bytes, not %zu.",
		    r->secret.len);
	rc = sm_wrap(&wrapped, wrap->id, r->secret, cek);
	if (rc == 0)
		rc = kekri_put(out, r->kek_id, wrap, sm_buf_bytes(&wrapped));
	sm_buf_free(&wrapped);
	return rc;
}
