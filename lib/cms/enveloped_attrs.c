/* The authenticated attributes of AuthEnvelopedData (RFC 5083 section 2). */
#include <base/der.h>
#include <base/try.h>
#include <cms/attributes_oid.h>
#include <cms/enveloped_impl.h>

static const struct sm_bytes attrs_content_type = SM_AT(SM_AT_CONTENT_TYPE);

/* X.690 section 11.6: ascending, the shorter one as if padded with zeros. */
static int
attrs_compare(struct sm_bytes a, struct sm_bytes b)
{
	size_t n = a.len < b.len ? a.len : b.len;
	int order = n == 0 ? 0 : memcmp(a.data, b.data, n);

	if (order != 0 || a.len == b.len)
		return order;
	return a.len < b.len ? -1 : 1;
}

struct attrs_found {
	size_t count, content_types;
	bool match; /* the last content-type attribute fits */
};

/* One Attribute. False: not DER. */
static bool
attrs_one(struct attrs_found *f, struct sm_bytes attr, struct sm_bytes type)
{
	struct sm_bytes in, oid, values, value;

	if (!sm_der_get(&attr, SM_DER_SEQUENCE, &in) ||
	    !sm_der_get_oid(&in, &oid) ||
	    !sm_der_get(&in, SM_DER_SET, &values) || in.len != 0)
		return false;
	f->count++;
	if (!sm_bytes_equal(oid, attrs_content_type))
		return true;
	f->content_types++;
	f->match = sm_der_get_oid(&values, &value) && values.len == 0 &&
	    sm_bytes_equal(value, type);
	return true;
}

/* All of them, in DER order. */
static bool
attrs_walk(struct attrs_found *f, struct sm_bytes set, struct sm_bytes type)
{
	struct sm_bytes last = { NULL, 0 }, attr;

	while (set.len > 0) {
		if (!sm_der_get_whole(&set, SM_DER_SEQUENCE, &attr) ||
		    attrs_compare(last, attr) > 0 || !attrs_one(f, attr, type))
			return false;
		last = attr;
	}
	return f->count > 0;
}

int
sm_enveloped_attrs(struct sm_enveloped *e, struct sm_bytes der, bool was_der)
{
	struct attrs_found f = { 0, 0, false };
	struct sm_bytes set;
	struct sm_derw w;

	if (e->type != SM_CMS_AUTH_ENVELOPED)
		return SM_E_USAGE;
	if (!was_der || !sm_der_get(&der, SM_DER_CTX_CONS(1), &set) ||
	    der.len != 0 ||
	    !attrs_walk(&f, set, sm_buf_bytes(&e->content_type)))
		return sm_error_set(e->err, SM_E_FORMAT, "auth-attrs-not-der",
		    "RFC 5083 section 2.1",
		    "The authenticated attributes are not in DER, so what was "
		    "authenticated cannot be known; ask the sender to use "
		    "another program.");
	if (f.content_types != 1 || !f.match)
		return sm_error_set(e->err, SM_E_FORMAT, "auth-content-type",
		    "RFC 5652 section 11.1",
		    "The authenticated content type is missing, there twice, or "
		    "not that of the content; the message is not opened.");
	sm_buf_clear(&e->auth_attrs);
	/* section 2.2: authenticated under the universal tag */
	sm_derw_init(&w, &e->auth_attrs);
	sm_derw_add(&w, SM_DER_SET, set);
	return sm_derw_status(&w);
}
