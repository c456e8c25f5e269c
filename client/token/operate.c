/* Signing, decrypting, agreeing: with the private key that a URI means. */
#include <stdlib.h>

#include "token.h"

enum { RESULT_BYTES = 2048, SHARED_BYTES_MAX = 66 };

struct working {
	const struct operation *op;
	struct slot *slot;
	CK_OBJECT_HANDLE key;
	struct sm_buf out; /* secret */
};

/* ---- the key ---- */

static int
no_single_token(const char *uri, size_t n)
{
	if (n == 0)
		return token_fault(TOKEN_NO_KEY, "the token of this key is not here; insert "
		    "it and try again (%.300s)", uri);
	return token_fault(TOKEN_USAGE, "%zu tokens fit %.300s; add the serial number of the "
	    "right one, serial=...", n, uri);
}

static int
find_key(struct working *w, P11KitUri *uri)
{
	CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
	CK_ATTRIBUTE want[3] = { { CKA_CLASS, &class, sizeof(class) } };
	const CK_ATTRIBUTE *id = p11_kit_uri_get_attribute(uri, CKA_ID);
	const CK_ATTRIBUTE *label = p11_kit_uri_get_attribute(uri, CKA_LABEL);
	CK_OBJECT_HANDLE *found = NULL;
	CK_ULONG count = 1;
	size_t n = 0;
	int rc;

	if (id != NULL)
		want[count++] = *id;
	if (label != NULL)
		want[count++] = *label;
	rc = objects_find(w->slot, want, count, &found, &n);
	if (rc == 0 && n == 0)
		rc = token_fault(TOKEN_NO_KEY, "the token has no such private key: %.300s",
		    w->op->uri);
	if (rc == 0)
		w->key = found[0];
	free(found);
	return rc;
}

static int
prepare(struct slots *s, struct working *w)
{
	P11KitUri *uri = NULL;
	struct slot **found = NULL;
	size_t n = 0;
	int rc = token_uri_parse(w->op->uri, &uri);

	if (rc == 0)
		rc = slots_find(s, uri, &found, &n);
	if (rc == 0 && n != 1)
		rc = no_single_token(w->op->uri, n);
	if (rc == 0) {
		w->slot = found[0];
		rc = slot_open(w->slot);
	}
	if (rc == 0)
		rc = login_user(w->slot);
	if (rc == 0)
		rc = find_key(w, uri);
	free(found);
	p11_kit_uri_free(uri);
	return rc;
}

static bool
wants_pin_each_time(const struct working *w)
{
	CK_BBOOL yes = CK_FALSE;
	CK_ATTRIBUTE a = { CKA_ALWAYS_AUTHENTICATE, &yes, sizeof(yes) };

	return w->slot->f->C_GetAttributeValue(w->slot->session, w->key, &a, 1) == CKR_OK &&
	    yes != CK_FALSE;
}

/* ---- mechanisms ---- */

struct hash {
	const char *name;
	CK_MECHANISM_TYPE hash;
	CK_ULONG mgf;
};

static const struct hash *
find_hash(const char *name)
{
	static const struct hash hashes[] = {
		{ "sha1", CKM_SHA_1, 1 }, { "sha224", CKM_SHA224, 5 },
		{ "sha256", CKM_SHA256, 2 }, { "sha384", CKM_SHA384, 3 },
		{ "sha512", CKM_SHA512, 4 } };
	size_t i;

	for (i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++)
		if (strcmp(hashes[i].name, name) == 0)
			return &hashes[i];
	return NULL;
}

struct mechanism {
	CK_MECHANISM m;
	union {
		CK_RSA_PKCS_PSS_PARAMS pss;
		CK_RSA_PKCS_OAEP_PARAMS oaep;
		CK_ECDH1_DERIVE_PARAMS ecdh;
	} params;
};

static bool
set_pss(struct mechanism *m, const struct operation *op)
{
	const struct hash *h = find_hash(op->digest);

	if (h == NULL)
		return false;
	m->m.mechanism = CKM_RSA_PKCS_PSS;
	m->params.pss = (CK_RSA_PKCS_PSS_PARAMS){ h->hash, h->mgf, op->salt_len };
	m->m.pParameter = &m->params.pss;
	m->m.ulParameterLen = sizeof(m->params.pss);
	return true;
}

static bool
set_oaep(struct mechanism *m, const struct operation *op)
{
	const struct hash *h = find_hash(op->digest), *mgf = find_hash(op->mgf_digest);

	if (h == NULL || mgf == NULL)
		return false;
	m->m.mechanism = CKM_RSA_PKCS_OAEP;
	m->params.oaep = (CK_RSA_PKCS_OAEP_PARAMS){ h->hash, mgf->mgf,
		CKZ_DATA_SPECIFIED, op->label.len > 0 ? op->label.data : NULL,
		(CK_ULONG)op->label.len };
	m->m.pParameter = &m->params.oaep;
	m->m.ulParameterLen = sizeof(m->params.oaep);
	return true;
}

static bool
set_ecdh(struct mechanism *m, const struct operation *op)
{
	m->m.mechanism = CKM_ECDH1_DERIVE;
	m->params.ecdh = (CK_ECDH1_DERIVE_PARAMS){ .kdf = CKD_NULL,
		.ulPublicDataLen = (CK_ULONG)op->in.len,
		.pPublicData = (CK_BYTE *)(uintptr_t)op->in.data };
	m->m.pParameter = &m->params.ecdh;
	m->m.ulParameterLen = sizeof(m->params.ecdh);
	return true;
}

static bool
choose(struct mechanism *m, const struct operation *op)
{
	memset(m, 0, sizeof(*m));
	if (strcmp(op->name, "rsa-pss") == 0)
		return set_pss(m, op);
	if (strcmp(op->name, "rsa-oaep") == 0)
		return set_oaep(m, op);
	if (strcmp(op->word, "derive") == 0)
		return set_ecdh(m, op);
	if (strcmp(op->name, "rsa-pkcs1") == 0)
		m->m.mechanism = CKM_RSA_PKCS;
	else if (strcmp(op->name, "rsa-raw") == 0)
		m->m.mechanism = CKM_RSA_X_509;
	else if (strcmp(op->name, "ecdsa") == 0)
		m->m.mechanism = CKM_ECDSA;
	else if (strcmp(op->name, "eddsa") == 0)
		m->m.mechanism = CKM_EDDSA;
	else
		return false;
	return true;
}

static bool
token_has(const struct working *w, const struct mechanism *m)
{
	CK_FLAGS needs = w->op->word[0] == 's' ? CKF_SIGN :
	    strcmp(w->op->word, "decrypt") == 0 ? CKF_DECRYPT : CKF_DERIVE;
	CK_MECHANISM_INFO info;

	return w->slot->f->C_GetMechanismInfo(w->slot->id, m->m.mechanism, &info) ==
	    CKR_OK && (info.flags & needs) == needs;
}

/* ---- doing it ---- */

/* Whether a ciphertext was bad must not be told from a token that went away. */
static bool
is_token_trouble(CK_RV rv)
{
	switch (rv) {
	case CKR_DEVICE_ERROR:
	case CKR_DEVICE_MEMORY:
	case CKR_DEVICE_REMOVED:
	case CKR_TOKEN_NOT_PRESENT:
	case CKR_TOKEN_NOT_RECOGNIZED:
	case CKR_SESSION_CLOSED:
	case CKR_SESSION_HANDLE_INVALID:
	case CKR_USER_NOT_LOGGED_IN:
	case CKR_KEY_FUNCTION_NOT_PERMITTED:
	case CKR_KEY_TYPE_INCONSISTENT:
	case CKR_KEY_HANDLE_INVALID:
	case CKR_HOST_MEMORY:
	case CKR_CANT_LOCK:
	case CKR_FUNCTION_CANCELED:
		return true;
	default:
		return false;
	}
}

static int
trouble(const struct working *w, CK_RV rv)
{
	const char *what = w->op->word[0] == 's' ? "sign" : "decrypt";

	if (rv == CKR_DEVICE_REMOVED || rv == CKR_TOKEN_NOT_PRESENT)
		return token_fault(TOKEN_NO_KEY, "the token \"%s\" was taken out; insert it "
		    "and try again", w->slot->name);
	if (rv == CKR_KEY_FUNCTION_NOT_PERMITTED || rv == CKR_KEY_TYPE_INCONSISTENT)
		return token_fault(TOKEN_PERMISSION, "the key of the token \"%s\" was not "
		    "made to %s", w->slot->name, what);
	return token_fault(TOKEN_IO, "the token \"%s\" could not %s: %s",
	    w->slot->name, what, p11_kit_strerror(rv));
}

static int
answer(struct working *w)
{
	return token_send("ok", sm_buf_bytes(&w->out));
}

static int
do_sign(struct working *w, struct mechanism *m)
{
	CK_FUNCTION_LIST *f = w->slot->f;
	CK_ULONG n = RESULT_BYTES;
	CK_RV rv = f->C_SignInit(w->slot->session, &m->m, w->key);
	int rc = 0;

	if (rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID)
		return token_send("unsupported", sm_bytes(NULL, 0));
	if (rv == CKR_OK && wants_pin_each_time(w))
		rc = login_again(w->slot);
	if (rc == 0 && rv == CKR_OK)
		rv = f->C_Sign(w->slot->session, (CK_BYTE *)(uintptr_t)w->op->in.data,
		    (CK_ULONG)w->op->in.len, w->out.data, &n);
	if (rc == 0 && rv != CKR_OK)
		rc = trouble(w, rv);
	if (rc != 0)
		return rc;
	w->out.len = n;
	return answer(w);
}

/* Raw RSA: zeros in front may be left out by the token. */
static void
pad_raw(struct working *w)
{
	size_t missing = w->op->in.len - w->out.len;

	if (strcmp(w->op->name, "rsa-raw") != 0 || w->out.len >= w->op->in.len)
		return;
	memmove(w->out.data + missing, w->out.data, w->out.len);
	memset(w->out.data, 0, missing);
	w->out.len = w->op->in.len;
}

static int
do_decrypt(struct working *w, struct mechanism *m)
{
	CK_FUNCTION_LIST *f = w->slot->f;
	CK_ULONG n = RESULT_BYTES;
	CK_RV rv = f->C_DecryptInit(w->slot->session, &m->m, w->key);
	int rc = 0;

	if (rv == CKR_MECHANISM_INVALID || rv == CKR_MECHANISM_PARAM_INVALID ||
	    rv == CKR_ARGUMENTS_BAD)
		return token_send("unsupported", sm_bytes(NULL, 0));
	if (rv != CKR_OK)
		return trouble(w, rv);
	if (wants_pin_each_time(w))
		rc = login_again(w->slot);
	if (rc == 0)
		rv = f->C_Decrypt(w->slot->session, (CK_BYTE *)(uintptr_t)w->op->in.data,
		    (CK_ULONG)w->op->in.len, w->out.data, &n);
	if (rc == 0 && rv != CKR_OK)
		return is_token_trouble(rv) ? trouble(w, rv) :
		    token_send("refused", sm_bytes(NULL, 0));
	if (rc != 0)
		return rc;
	w->out.len = n;
	pad_raw(w);
	return answer(w);
}

static CK_ULONG
shared_length(size_t point_len)
{
	/* 04 and two coordinates; or what X25519 and X448 have. */
	return (CK_ULONG)(point_len % 2 == 1 ? (point_len - 1) / 2 : point_len);
}

static int
do_derive(struct working *w, struct mechanism *m)
{
	CK_OBJECT_CLASS class = CKO_SECRET_KEY;
	CK_KEY_TYPE type = CKK_GENERIC_SECRET;
	CK_BBOOL no = CK_FALSE, yes = CK_TRUE;
	CK_ULONG len = shared_length(w->op->in.len);
	CK_ATTRIBUTE want[] = { { CKA_CLASS, &class, sizeof(class) },
		{ CKA_KEY_TYPE, &type, sizeof(type) }, { CKA_TOKEN, &no, sizeof(no) },
		{ CKA_SENSITIVE, &no, sizeof(no) }, { CKA_EXTRACTABLE, &yes, sizeof(yes) },
		{ CKA_VALUE_LEN, &len, sizeof(len) } };
	CK_OBJECT_HANDLE made = 0;
	CK_RV rv = w->slot->f->C_DeriveKey(w->slot->session, &m->m, w->key, want, 6, &made);
	bool got;

	if (rv == CKR_OK) {
		got = object_value(w->slot, made, CKA_VALUE, &w->out);
		(void)w->slot->f->C_DestroyObject(w->slot->session, made);
		return got && w->out.len == len && len <= SHARED_BYTES_MAX ? answer(w) :
		    token_fault(TOKEN_PERMISSION, "the token \"%s\" agrees on secrets but "
			"does not give them out", w->slot->name);
	}
	if (rv == CKR_MECHANISM_INVALID)
		return token_send("unsupported", sm_bytes(NULL, 0));
	return is_token_trouble(rv) ? trouble(w, rv) :
	    token_send("refused", sm_bytes(NULL, 0));
}

int
operate(struct slots *s, const struct operation *op)
{
	struct working w = { .op = op, .out = SM_BUF_SECRET_INIT };
	struct mechanism m;
	int rc = prepare(s, &w);

	if (rc == 0 && (!choose(&m, op) || !token_has(&w, &m)))
		rc = token_send("unsupported", sm_bytes(NULL, 0));
	else if (rc == 0 && sm_buf_reserve(&w.out, RESULT_BYTES) != 0)
		rc = token_no_memory();
	else if (rc == 0)
		rc = op->word[0] == 's' ? do_sign(&w, &m) :
		    strcmp(op->word, "decrypt") == 0 ? do_decrypt(&w, &m) :
		    do_derive(&w, &m);
	sm_buf_free(&w.out);
	return rc;
}
