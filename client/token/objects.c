/* Objects of a token and what they say of themselves. */
#include <stdlib.h>

#include <base/der.h>

#include "token.h"

#define CKK_MONTGOMERY 0x41UL /* CKK_EC_MONTGOMERY of PKCS #11 3.0 */

bool
object_value(const struct slot *s, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
    struct sm_buf *out)
{
	CK_ATTRIBUTE a = { type, NULL, 0 };
	size_t had = out->len;

	if (s->f->C_GetAttributeValue(s->session, object, &a, 1) != CKR_OK ||
	    a.ulValueLen == (CK_ULONG)-1 || a.ulValueLen == 0 ||
	    a.ulValueLen > TOKEN_VALUE_BYTES ||
	    sm_buf_resize(out, had + a.ulValueLen) != 0)
		return false;
	a.pValue = out->data + had;
	if (s->f->C_GetAttributeValue(s->session, object, &a, 1) == CKR_OK &&
	    a.ulValueLen <= out->len - had) {
		out->len = had + a.ulValueLen;
		return true;
	}
	out->len = had;
	return false;
}

static int
grow(CK_OBJECT_HANDLE **list, size_t count, const CK_OBJECT_HANDLE *some, CK_ULONG n)
{
	CK_OBJECT_HANDLE *more = realloc(*list, (count + n) * sizeof(**list));

	if (more == NULL)
		return token_no_memory();
	memcpy(more + count, some, n * sizeof(*some));
	*list = more;
	return 0;
}

int
objects_find(const struct slot *s, CK_ATTRIBUTE *want, CK_ULONG want_count,
    CK_OBJECT_HANDLE **out, size_t *count)
{
	CK_OBJECT_HANDLE some[32];
	CK_ULONG n = 0;
	CK_RV rv = s->f->C_FindObjectsInit(s->session, want, want_count);
	int rc = 0;

	*out = NULL;
	*count = 0;
	if (rv != CKR_OK)
		return token_fault(TOKEN_NO_KEY, "the token \"%s\" does not tell its "
		    "objects: %s", s->name, p11_kit_strerror(rv));
	while (rc == 0 && *count < TOKEN_OBJECTS_MAX &&
	    s->f->C_FindObjects(s->session, some, 32, &n) == CKR_OK && n > 0 && n <= 32) {
		rc = grow(out, *count, some, n);
		*count += rc == 0 ? n : 0;
	}
	(void)s->f->C_FindObjectsFinal(s->session);
	return rc;
}

/* ---- SubjectPublicKeyInfo ---- */

static int
write_spki(struct sm_buf *out, struct sm_bytes oid, struct sm_bytes params,
    struct sm_bytes key)
{
	struct sm_buf bits = SM_BUF_INIT;
	struct sm_derw w;
	size_t seq;
	int rc = sm_buf_append_byte(&bits, 0); /* no unused bits */

	if (rc == 0)
		rc = sm_buf_append(&bits, key);
	sm_derw_init(&w, out);
	seq = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_algorithm(&w, oid, params);
	sm_derw_add(&w, SM_DER_BIT_STRING, sm_buf_bytes(&bits));
	sm_derw_end(&w, seq);
	sm_buf_free(&bits);
	return rc == 0 && sm_derw_status(&w) == 0 ? 0 : token_no_memory();
}

/* An unsigned number of the token as a DER INTEGER. */
static int
write_number(struct sm_buf *out, const struct sm_buf *n)
{
	struct sm_buf value = SM_BUF_INIT;
	struct sm_derw w;
	size_t skip = 0;
	int rc = 0;

	while (skip + 1 < n->len && n->data[skip] == 0)
		skip++;
	if (n->data[skip] >= 0x80)
		rc = sm_buf_append_byte(&value, 0);
	if (rc == 0)
		rc = sm_buf_append(&value, sm_bytes(n->data + skip, n->len - skip));
	sm_derw_init(&w, out);
	sm_derw_add(&w, SM_DER_INTEGER, sm_buf_bytes(&value));
	sm_buf_free(&value);
	return rc == 0 ? sm_derw_status(&w) : rc;
}

static int
rsa_spki(const struct slot *s, CK_OBJECT_HANDLE object, struct sm_buf *out)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01,
		0x01 }; /* rsaEncryption */
	static const uint8_t null[] = { SM_DER_NULL, 0 };
	struct sm_buf n = SM_BUF_INIT, e = SM_BUF_INIT, pair = SM_BUF_INIT,
	    key = SM_BUF_INIT;
	struct sm_derw w;
	int rc = 0;

	if (object_value(s, object, CKA_MODULUS, &n) &&
	    object_value(s, object, CKA_PUBLIC_EXPONENT, &e)) {
		rc = write_number(&pair, &n) == 0 && write_number(&pair, &e) == 0 ? 0 :
		    token_no_memory();
		sm_derw_init(&w, &key);
		sm_derw_add(&w, SM_DER_SEQUENCE, sm_buf_bytes(&pair));
		if (rc == 0 && sm_derw_status(&w) != 0)
			rc = token_no_memory();
		if (rc == 0)
			rc = write_spki(out, sm_bytes(oid, sizeof(oid)),
			    sm_bytes(null, sizeof(null)), sm_buf_bytes(&key));
	}
	sm_buf_free(&n);
	sm_buf_free(&e);
	sm_buf_free(&pair);
	sm_buf_free(&key);
	return rc;
}

/* A DER OCTET STRING as the standard says, or the point as some tokens have it. */
static struct sm_bytes
point_of(const struct sm_buf *value)
{
	struct sm_bytes in = sm_buf_bytes(value), point;

	return sm_der_get(&in, SM_DER_OCTET_STRING, &point) && in.len == 0 ? point :
	    sm_buf_bytes(value);
}

/* Edwards and Montgomery keys say their curve by OID or by name; the length of the
 * point is enough to tell those that mail uses. */
static int
modern_spki(CK_ULONG kind, struct sm_bytes point, struct sm_buf *out)
{
	static const uint8_t x25519[] = { 0x2b, 0x65, 0x6e }, x448[] = { 0x2b, 0x65, 0x6f };
	static const uint8_t ed25519[] = { 0x2b, 0x65, 0x70 },
	    ed448[] = { 0x2b, 0x65, 0x71 };
	const uint8_t *oid = NULL;
	const struct sm_bytes none = { NULL, 0 };

	if (point.len == 32)
		oid = kind == CKK_MONTGOMERY ? x25519 : ed25519;
	else if (point.len == (kind == CKK_MONTGOMERY ? 56u : 57u))
		oid = kind == CKK_MONTGOMERY ? x448 : ed448;
	return oid != NULL ? write_spki(out, sm_bytes(oid, 3), none, point) : 0;
}

static int
ec_spki(const struct slot *s, CK_OBJECT_HANDLE object, CK_ULONG kind, struct sm_buf *out)
{
	static const uint8_t oid[] = { 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01 };
	struct sm_buf params = SM_BUF_INIT, value = SM_BUF_INIT;
	int rc = 0;

	if (object_value(s, object, CKA_EC_POINT, &value) &&
	    object_value(s, object, CKA_EC_PARAMS, &params))
		rc = kind != CKK_EC ? modern_spki(kind, point_of(&value), out) :
		    write_spki(out, sm_bytes(oid, sizeof(oid)), sm_buf_bytes(&params),
			point_of(&value));
	sm_buf_free(&params);
	sm_buf_free(&value);
	return rc;
}

int
object_spki(const struct slot *s, CK_OBJECT_HANDLE object, struct sm_buf *out)
{
	CK_ULONG kind = (CK_ULONG)-1;
	CK_ATTRIBUTE a = { CKA_KEY_TYPE, &kind, sizeof(kind) };

	if (s->f->C_GetAttributeValue(s->session, object, &a, 1) != CKR_OK)
		return 0;
	if (kind == CKK_RSA)
		return rsa_spki(s, object, out);
	if (kind == CKK_EC || kind == CKK_EC_EDWARDS || kind == CKK_MONTGOMERY)
		return ec_spki(s, object, kind, out);
	return 0;
}
