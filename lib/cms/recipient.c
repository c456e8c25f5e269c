#include <base/der.h>
#include <base/try.h>
#include <cms/recipient.h>

#include <stdio.h>
#include <stdlib.h>

static const struct sm_recipient_ops *const recipient_kinds[] = {
	&sm_ktri_ops, &sm_kari_ops, &sm_kekri_ops, &sm_pwri_ops, &sm_kemri_ops,
};

const struct sm_recipient_ops *
sm_recipient_ops_of(struct sm_bytes der)
{
	size_t i;

	for (i = 0; i < sizeof(recipient_kinds) / sizeof(recipient_kinds[0]);
	    i++)
		if (sm_der_next_is(der, recipient_kinds[i]->tag))
			return recipient_kinds[i];
	return NULL;
}

const char *
sm_recipient_kind_name(enum sm_recipient_kind kind)
{
	static const char *const names[] = {
		[SM_RCPT_RSA_PKCS1] = "rsa-pkcs1",
		[SM_RCPT_RSA_OAEP] = "rsa-oaep",
		[SM_RCPT_ECDH] = "ecdh",
		[SM_RCPT_X25519] = "x25519",
		[SM_RCPT_X448] = "x448",
		[SM_RCPT_RSA_KEM] = "rsa-kem",
		[SM_RCPT_ML_KEM] = "ml-kem",
		[SM_RCPT_KEK] = "kek",
		[SM_RCPT_PASSWORD] = "password",
		[SM_RCPT_OTHER] = "other",
	};

	if ((unsigned)kind > SM_RCPT_OTHER)
		kind = SM_RCPT_OTHER;
	return names[kind];
}

void
sm_recipients_init(struct sm_recipients *r, const struct sm_limits *limits,
    struct sm_error *err)
{
	memset(r, 0, sizeof(*r));
	r->limits = limits;
	r->err = err;
}

void
sm_recipients_wipe(struct sm_recipients *r)
{
	sm_buf_free(&r->raw);
	free(r->views);
	r->views = NULL;
	r->view_count = 0;
	r->view_room = 0;
}

/* Within the number and the bytes that a layer may have? */
static int
recipients_room(struct sm_recipients *r, size_t bytes)
{
	if (r->count >= r->limits->recipients)
		return sm_error_set(r->err, SM_E_LIMIT, "recipients", NULL,
		    "The message names more than %u recipients; raise the limit "
		    "\"recipients\" if it is to be believed.",
		    r->limits->recipients);
	if (bytes > r->limits->cms_collected_bytes ||
	    r->raw.len > r->limits->cms_collected_bytes - bytes)
		return sm_error_set(r->err, SM_E_LIMIT, "cms-collected-bytes",
		    NULL,
		    "The list of recipients is longer than %u bytes; raise the "
		    "limit \"cms_collected_bytes\" if it is to be believed.",
		    r->limits->cms_collected_bytes);
	return SM_OK;
}

int
sm_recipients_add(struct sm_recipients *r, struct sm_bytes der)
{
	const struct sm_recipient_ops *ops = sm_recipient_ops_of(der);
	int rc = SM_E_FORMAT;

	SM_TRY(recipients_room(r, der.len));
	if (ops != NULL)
		rc = ops->view(r, der);
	if (rc == SM_E_FORMAT)
		return sm_error_set(r->err, rc, "recipient-malformed",
		    "RFC 5652 section 6.2",
		    "Recipient %zu of the message is malformed; ask the sender "
		    "to send it again.", r->count + 1);
	SM_TRY(rc);
	return sm_buf_append(&r->raw, der);
}

static int
recipients_grow(struct sm_recipients *r)
{
	struct sm_recipient_view *v;
	size_t room = r->view_room == 0 ? 8 : r->view_room * 2;

	if (r->view_count < r->view_room)
		return SM_OK;
	if (room > SM_RECIPIENT_VIEWS)
		room = SM_RECIPIENT_VIEWS;
	v = realloc(r->views, room * sizeof(*v));
	if (v == NULL)
		return SM_E_NOMEM;
	r->views = v;
	r->view_room = room;
	return SM_OK;
}

int
sm_recipients_note(struct sm_recipients *r, enum sm_recipient_kind kind,
    const char *name, const char *id)
{
	struct sm_recipient_view *v;

	SM_TRY(recipients_room(r, 0));
	r->count++;
	r->kinds[kind]++;
	if (r->view_count == SM_RECIPIENT_VIEWS)
		return SM_OK;
	SM_TRY(recipients_grow(r));
	v = &r->views[r->view_count++];
	memset(v, 0, sizeof(*v));
	v->kind = kind;
	snprintf(v->kind_name, sizeof(v->kind_name), "%s",
	    name != NULL ? name : sm_recipient_kind_name(kind));
	snprintf(v->id, sizeof(v->id), "%s", id != NULL ? id : "");
	return SM_OK;
}

int
sm_recipients_note_cert(struct sm_recipients *r, enum sm_recipient_kind kind,
    const char *name, const struct sm_cert_id *id)
{
	char text[sizeof(r->views->id)];

	text[0] = '\0';
	if (r->view_count < SM_RECIPIENT_VIEWS)
		sm_cert_id_text(text, sizeof(text), id);
	return sm_recipients_note(r, kind, name, text);
}

void
sm_recipients_mine(struct sm_recipients *r, size_t i)
{
	if (i < r->view_count)
		r->views[i].mine = true;
}

void
sm_recipients_text(char *out, size_t size, const struct sm_recipients *r)
{
	const char *before = " (";
	size_t used, i;
	int n;

	n = snprintf(out, size, "%zu recipient%s", r->count,
	    r->count == 1 ? "" : "s");
	used = n < 0 ? size : (size_t)n;
	for (i = 0; i <= SM_RCPT_OTHER && used < size; i++) {
		if (r->kinds[i] == 0)
			continue;
		n = snprintf(out + used, size - used, "%s%zu %s", before,
		    r->kinds[i],
		    sm_recipient_kind_name((enum sm_recipient_kind)i));
		used += n < 0 ? size : (size_t)n;
		before = ", ";
	}
	if (used < size && r->count > 0)
		snprintf(out + used, size - used, ")");
}

void
sm_recipient_put_rid(struct sm_derw *w, const struct sm_cert *cert)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_raw(w, sm_cert_issuer(cert));
	sm_derw_add(w, SM_DER_INTEGER, sm_cert_serial(cert));
	sm_derw_end(w, seq);
}

const struct sm_alg *
sm_recipient_wrap(size_t key_bytes)
{
	switch (key_bytes) {
	case 16:
		return sm_alg_get(SM_AES128_WRAP);
	case 24:
		return sm_alg_get(SM_AES192_WRAP);
	case 32:
		return sm_alg_get(SM_AES256_WRAP);
	default:
		return NULL;
	}
}
