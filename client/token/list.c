/* What a token shows: its keys, and the certificates with the same CKA_ID. Without the
 * PIN as a rule, for public halves and certificates are public; a token that hides
 * them is asked again after logging in. */
#include <stdio.h>
#include <stdlib.h>

#include "token.h"

struct object {
	CK_OBJECT_CLASS class;
	CK_OBJECT_HANDLE handle;
	struct sm_buf id, label;
};
struct listing {
	struct slot *slot;
	P11KitUri *uri;
	struct object *list;
	size_t count, sent;
};

/* ---- collecting ---- */

static void
drop_objects(struct listing *l)
{
	size_t i;

	for (i = 0; i < l->count; i++) {
		sm_buf_free(&l->list[i].id);
		sm_buf_free(&l->list[i].label);
	}
	free(l->list);
	l->list = NULL;
	l->count = 0;
}

static int
add_object(struct listing *l, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE handle)
{
	struct object *list = realloc(l->list, (l->count + 1) * sizeof(*list)), *o;

	if (list == NULL)
		return token_no_memory();
	l->list = list;
	o = &list[l->count];
	memset(o, 0, sizeof(*o));
	o->class = class;
	o->handle = handle;
	/* Only by its ID a certificate belongs to a key. */
	if (!object_value(l->slot, handle, CKA_ID, &o->id)) {
		sm_buf_free(&o->id);
		return 0;
	}
	(void)object_value(l->slot, handle, CKA_LABEL, &o->label);
	l->count++;
	return 0;
}

static int
collect(struct listing *l, CK_OBJECT_CLASS class)
{
	CK_ATTRIBUTE want = { CKA_CLASS, &class, sizeof(class) };
	CK_OBJECT_HANDLE *found = NULL;
	size_t i, n = 0;
	int rc = objects_find(l->slot, &want, 1, &found, &n);

	for (i = 0; rc == 0 && i < n; i++)
		rc = add_object(l, class, found[i]);
	free(found);
	return rc;
}

/* ---- choosing ---- */

static bool
same_id(const struct object *a, const struct object *b)
{
	return sm_bytes_equal(sm_buf_bytes(&a->id), sm_buf_bytes(&b->id));
}

static bool
is_first(const struct listing *l, size_t at)
{
	size_t i;

	for (i = 0; i < at; i++)
		if (same_id(&l->list[i], &l->list[at]))
			return false;
	return true;
}

static bool
has(P11KitUri *uri, CK_ATTRIBUTE_TYPE type, const struct sm_buf *value)
{
	const CK_ATTRIBUTE *want = p11_kit_uri_get_attribute(uri, type);

	return want == NULL || sm_bytes_equal(sm_buf_bytes(value),
	    sm_bytes(want->pValue, want->ulValueLen));
}

/* Key and certificate may have labels of their own: one of them will do. */
static bool
is_wanted(const struct listing *l, const struct object *of)
{
	size_t i;

	for (i = 0; i < l->count; i++)
		if (same_id(&l->list[i], of) && has(l->uri, CKA_ID, &l->list[i].id) &&
		    has(l->uri, CKA_LABEL, &l->list[i].label))
			return true;
	return false;
}

/* ---- telling ---- */

/* A URI that means this key and no other. */
static char *
exact_uri(const struct listing *l, const struct object *o)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE id = { CKA_ID, o->id.data, o->id.len };
	CK_ATTRIBUTE type = { CKA_CLASS, &class, sizeof(class) };
	P11KitUri *uri = p11_kit_uri_new();
	char *out = NULL;

	if (uri == NULL)
		return NULL;
	*p11_kit_uri_get_token_info(uri) = l->slot->info;
	p11_kit_uri_set_module_path(uri, p11_kit_uri_get_module_path(l->uri));
	if (p11_kit_uri_set_attribute(uri, &id) != P11_KIT_URI_OK ||
	    p11_kit_uri_set_attribute(uri, &type) != P11_KIT_URI_OK ||
	    p11_kit_uri_format(uri, P11_KIT_URI_FOR_OBJECT_ON_TOKEN, &out) !=
		P11_KIT_URI_OK)
		out = NULL;
	p11_kit_uri_free(uri);
	return out;
}

static int
send_key(const struct listing *l, const struct object *o)
{
	struct sm_buf text = SM_BUF_INIT;
	char *uri = exact_uri(l, o);
	char serial[20];
	int rc;

	token_text(serial, sizeof(serial), l->slot->info.serialNumber,
	    sizeof(l->slot->info.serialNumber));
	if (uri == NULL || sm_buf_printf(&text, "uri: %s\ntoken: %s\nserial: %s\n", uri,
		l->slot->name, serial) != 0)
		rc = token_no_memory();
	else
		rc = token_send("key", sm_buf_bytes(&text));
	sm_buf_free(&text);
	free(uri);
	return rc;
}

/* The public half of one of its objects: the first that shows it. */
static int
send_spki(const struct listing *l, const struct object *of)
{
	struct sm_buf spki = SM_BUF_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && spki.len == 0 && i < l->count; i++)
		if (same_id(&l->list[i], of) && l->list[i].class != CKO_CERTIFICATE)
			rc = object_spki(l->slot, l->list[i].handle, &spki);
	if (rc == 0 && spki.len > 0)
		rc = token_send("spki", sm_buf_bytes(&spki));
	sm_buf_free(&spki);
	return rc;
}

static int
send_certs(const struct listing *l, const struct object *of)
{
	struct sm_buf der = SM_BUF_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->count; i++) {
		sm_buf_clear(&der);
		if (l->list[i].class == CKO_CERTIFICATE && same_id(&l->list[i], of) &&
		    object_value(l->slot, l->list[i].handle, CKA_VALUE, &der))
			rc = token_send("cert", sm_buf_bytes(&der));
	}
	sm_buf_free(&der);
	return rc;
}

static int
show(struct listing *l)
{
	size_t i;
	int rc = collect(l, CKO_PUBLIC_KEY);

	if (rc == 0)
		rc = collect(l, CKO_PRIVATE_KEY);
	if (rc == 0)
		rc = collect(l, CKO_CERTIFICATE);
	for (i = 0; rc == 0 && i < l->count; i++) {
		const struct object *o = &l->list[i];

		if (!is_first(l, i) || !is_wanted(l, o))
			continue;
		rc = send_key(l, o);
		if (rc == 0)
			rc = send_spki(l, o);
		if (rc == 0)
			rc = send_certs(l, o);
		l->sent++;
	}
	drop_objects(l);
	return rc;
}

static int
show_token(struct slot *slot, P11KitUri *uri, bool may_log_in)
{
	struct listing l = { .slot = slot, .uri = uri };
	int rc = slot_open(slot);

	if (rc == 0)
		rc = show(&l);
	if (rc == 0 && l.sent == 0 && may_log_in && !slot->logged_in &&
	    (slot->info.flags & CKF_LOGIN_REQUIRED) != 0) {
		rc = login_user(slot);
		if (rc == 0)
			rc = show(&l);
	}
	return rc;
}

int
list_keys(struct slots *s, const char *text)
{
	P11KitUri *uri = NULL;
	struct slot **found = NULL;
	size_t i, n = 0;
	int rc = token_uri_parse(text, &uri);

	if (rc == 0)
		rc = slots_find(s, uri, &found, &n);
	if (rc == 0 && n == 0)
		rc = token_fault(TOKEN_NO_KEY, "no token is here that fits %.300s; insert it, "
		    "and see with `p11-kit list-modules` whether it is found", text);
	for (i = 0; rc == 0 && i < n; i++)
		rc = show_token(found[i], uri, n == 1);
	free(found);
	p11_kit_uri_free(uri);
	return rc == 0 ? token_send("end", sm_bytes(NULL, 0)) : rc;
}
