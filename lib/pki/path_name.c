#include <openssl/err.h>

#include <base/der.h>
#include <pki/path_parts.h>

/* Printable, UTF-8, IA5, Numeric, Visible: bytes that can be compared. */
static bool
is_plain(unsigned tag)
{
	return tag == SM_DER_UTF8_STRING || tag == SM_DER_PRINTABLE_STRING ||
	    tag == SM_DER_IA5_STRING || tag == 0x12 || tag == 0x1a;
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* The next character: ASCII in lower case, a run of blanks as one, none at the
 * end; -1 at the end. */
static int
next_folded(struct sm_bytes *s)
{
	uint8_t c;

	if (s->len == 0)
		return -1;
	c = s->data[0];
	if (!is_blank(c)) {
		*s = sm_bytes_skip(*s, 1);
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	}
	while (s->len != 0 && is_blank(s->data[0]))
		*s = sm_bytes_skip(*s, 1);
	return s->len == 0 ? -1 : ' ';
}

static bool
fold_equal(struct sm_bytes a, struct sm_bytes b)
{
	int x, y;

	while (a.len != 0 && is_blank(a.data[0]))
		a = sm_bytes_skip(a, 1);
	while (b.len != 0 && is_blank(b.data[0]))
		b = sm_bytes_skip(b, 1);
	do {
		x = next_folded(&a);
		y = next_folded(&b);
	} while (x == y && x != -1);
	return x == y;
}

enum match { NO, YES, ASK };

static enum match
attribute_match(struct sm_bytes a, struct sm_bytes b)
{
	struct sm_bytes oid_a, oid_b, val_a, val_b;
	unsigned tag_a, tag_b;

	if (!sm_der_get(&a, SM_DER_OID, &oid_a) ||
	    !sm_der_get(&b, SM_DER_OID, &oid_b) ||
	    !sm_der_get_any(&a, &tag_a, &val_a, NULL) ||
	    !sm_der_get_any(&b, &tag_b, &val_b, NULL))
		return NO;
	if (!sm_bytes_equal(oid_a, oid_b))
		return NO;
	if (tag_a == tag_b && sm_bytes_equal(val_a, val_b))
		return YES;
	if (is_plain(tag_a) && is_plain(tag_b))
		return fold_equal(val_a, val_b) ? YES : NO;
	return ASK; /* BMPString and the like need a conversion */
}

/* Both names attribute by attribute, in the order in which they stand. */
static enum match
name_walk(struct sm_bytes a, struct sm_bytes b)
{
	struct sm_bytes rdn_a, rdn_b, atv_a, atv_b;
	enum match m = YES;

	if (!sm_der_get(&a, SM_DER_SEQUENCE, &a) ||
	    !sm_der_get(&b, SM_DER_SEQUENCE, &b))
		return NO;
	while (m != NO && sm_der_get(&a, SM_DER_SET, &rdn_a)) {
		if (!sm_der_get(&b, SM_DER_SET, &rdn_b))
			return NO;
		/* sets of several attributes may stand in another order */
		if (!sm_der_get(&rdn_a, SM_DER_SEQUENCE, &atv_a) ||
		    !sm_der_get(&rdn_b, SM_DER_SEQUENCE, &atv_b) ||
		    rdn_a.len != 0 || rdn_b.len != 0)
			return ASK;
		switch (attribute_match(atv_a, atv_b)) {
		case NO:
			return NO;
		case ASK:
			m = ASK;
			break;
		case YES:
			break;
		}
	}
	return a.len == 0 && b.len == 0 ? m : NO;
}

static bool
name_cmp(struct sm_bytes a, struct sm_bytes b)
{
	const unsigned char *pa = a.data, *pb = b.data;
	X509_NAME *na, *nb;
	bool equal;

	ERR_set_mark();
	na = d2i_X509_NAME(NULL, &pa, (long)a.len);
	nb = d2i_X509_NAME(NULL, &pb, (long)b.len);
	equal = na != NULL && nb != NULL && X509_NAME_cmp(na, nb) == 0;
	X509_NAME_free(na);
	X509_NAME_free(nb);
	ERR_pop_to_mark();
	return equal;
}

bool
sm_name_match(struct sm_bytes a, struct sm_bytes b)
{
	if (sm_bytes_equal(a, b))
		return true;
	switch (name_walk(a, b)) {
	case YES:
		return true;
	case NO:
		return false;
	case ASK:
		break;
	}
	return name_cmp(a, b);
}
