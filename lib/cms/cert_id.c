#include <base/der.h>
#include <cms/signed.h>

#include <stdio.h>

enum { ID_MAX_BYTES = 128 };

static bool
get_issuer_serial(struct sm_bytes *in, struct sm_cert_id *out)
{
	struct sm_bytes seq;

	out->is_ski = false;
	/* Serial numbers are names here: any form, compared byte by byte. */
	return sm_der_get(in, SM_DER_SEQUENCE, &seq) &&
	    sm_der_get_whole(&seq, SM_DER_SEQUENCE, &out->issuer) &&
	    sm_der_get(&seq, SM_DER_INTEGER, &out->serial) && seq.len == 0 &&
	    out->serial.len > 0 && out->serial.len <= ID_MAX_BYTES;
}

/* [0] IMPLICIT OCTET STRING; constructed of one piece is BER, which is legal
 * where the identifier stands. */
static bool
get_ski(struct sm_bytes *in, struct sm_cert_id *out)
{
	struct sm_bytes outer;

	out->is_ski = true;
	if (sm_der_next_is(*in, SM_DER_CTX_CONS(0))) {
		if (!sm_der_get(in, SM_DER_CTX_CONS(0), &outer) ||
		    !sm_der_get(&outer, SM_DER_OCTET_STRING, &out->ski) ||
		    outer.len != 0)
			return false;
	} else if (!sm_der_get(in, SM_DER_CTX(0), &out->ski)) {
		return false;
	}
	return out->ski.len > 0 && out->ski.len <= ID_MAX_BYTES;
}

bool
sm_cert_id_get(struct sm_bytes *in, struct sm_cert_id *out)
{
	struct sm_bytes rest = *in;
	struct sm_cert_id id = { 0 };
	bool ok;

	if (sm_der_next_is(rest, SM_DER_SEQUENCE))
		ok = get_issuer_serial(&rest, &id);
	else
		ok = get_ski(&rest, &id);
	if (!ok)
		return false;
	*in = rest;
	*out = id;
	return true;
}

bool
sm_cert_id_matches(const struct sm_cert_id *id, const struct sm_cert *c)
{
	if (id->is_ski)
		return id->ski.len > 0 &&
		    sm_bytes_equal(id->ski, sm_cert_ski(c));
	return sm_bytes_equal(id->serial, sm_cert_serial(c)) &&
	    sm_bytes_equal(id->issuer, sm_cert_issuer(c));
}

static void
hex_text(char *out, size_t size, struct sm_bytes in)
{
	size_t i, len = 0;

	out[0] = '\0';
	for (i = 0; i < in.len && len + 2 < size; i++, len += 2)
		(void)snprintf(out + len, size - len, "%02x", in.data[i]);
}

/* The value of the attribute that tells people most: CN, else O, else OU, else the
 * last one of a string type. */
struct name_pick {
	int rank;
	const char *label;
	struct sm_bytes value;
};

static void
pick_attribute(struct name_pick *best, struct sm_bytes ava)
{
	static const struct { uint8_t arc; int rank; const char *label; } known[] = {
		{ 3, 4, "CN" }, { 10, 3, "O" }, { 11, 2, "OU" }, { 6, 1, "C" },
	};
	struct sm_bytes oid, value;
	unsigned tag;
	size_t i;

	if (!sm_der_get_oid(&ava, &oid) ||
	    !sm_der_get_any(&ava, &tag, &value, NULL))
		return;
	if (oid.len != 3 || oid.data[0] != 0x55 || oid.data[1] != 0x04)
		return;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (oid.data[2] != known[i].arc || known[i].rank <= best->rank)
			continue;
		best->rank = known[i].rank;
		best->label = known[i].label;
		best->value = value;
	}
}

static void
name_text(char *out, size_t size, struct sm_bytes name)
{
	struct name_pick best = { 0, "", { NULL, 0 } };
	struct sm_bytes seq, set, ava;
	size_t i, n = 0;

	if (!sm_der_get(&name, SM_DER_SEQUENCE, &seq))
		seq.len = 0;
	while (seq.len > 0 && sm_der_get(&seq, SM_DER_SET, &set))
		while (set.len > 0 && sm_der_get(&set, SM_DER_SEQUENCE, &ava))
			pick_attribute(&best, ava);
	if (best.rank == 0) {
		(void)snprintf(out, size, "an unnamed issuer");
		return;
	}
	n = (size_t)snprintf(out, size, "%s=", best.label);
	/* Not decoded: what is no plain ASCII is shown as '?'. */
	for (i = 0; i < best.value.len && n + 1 < size; i++, n++) {
		uint8_t c = best.value.data[i];
		out[n] = c >= 0x20 && c < 0x7f ? (char)c : '?';
	}
	out[n < size ? n : size - 1] = '\0';
}

void
sm_cert_id_text(char *out, size_t size, const struct sm_cert_id *id)
{
	char hex[2 * 40 + 1], name[100];

	if (size == 0)
		return;
	hex_text(hex, sizeof(hex), id->is_ski ? id->ski : id->serial);
	if (id->is_ski) {
		(void)snprintf(out, size, "key identifier %s", hex);
		return;
	}
	name_text(name, sizeof(name), id->issuer);
	(void)snprintf(out, size, "serial %s of %s", hex, name);
}
