/* A header block is the same however it is cut, and its bytes are all there. */
#include "fuzz.h"

#include <sealmail/address.h>
#include <mime/codec.h>
#include <mime/header.h>

static struct sm_header *
read_header(struct sm_bytes in, bool cut, size_t *consumed, int *rc)
{
	struct sm_limits limits = sm_limits_default();
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_header *h;
	struct sm_error err = { 0 };
	bool done = false;

	*consumed = 0;
	FUZZ_CHECK(sm_header_new(&h, &limits, &err) == 0);
	*rc = 0;
	while (*rc == 0 && !done && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;
		size_t used = 0;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		*rc = sm_header_write(h, piece, &used, &done);
		FUZZ_CHECK(used <= piece.len);
		FUZZ_CHECK(*rc != 0 || done || used == piece.len);
		*consumed += used;
	}
	if (*rc == 0 && !done)
		*rc = sm_header_finish(h);
	return h;
}

static void
read_fields(const struct sm_header *h, struct sm_bytes in)
{
	struct sm_bytes raw = sm_header_raw(h);

	for (size_t i = 0; i < sm_header_count(h); i++) {
		struct sm_bytes value = sm_header_value(h, i);
		struct sm_address_list list = { 0 };
		int64_t t;

		FUZZ_CHECK(sm_header_name(h, i).len > 0);
		FUZZ_CHECK(value.len <= raw.len);
		if (sm_address_list_parse(&list, value) == 0)
			sm_address_list_wipe(&list);
		fuzz_ignore(sm_mime_date(value, &t));
	}
	FUZZ_CHECK(raw.len <= in.len);
	FUZZ_CHECK(raw.len == 0 || memcmp(raw.data, in.data, raw.len) == 0);
}

static void
read_value(const struct sm_header *h, const char *field)
{
	struct sm_mime_value v = { 0 };

	if (sm_mime_value_read(&v, h, field) == 0) {
		fuzz_ignore(sm_mime_value_param(&v, "boundary") != NULL);
		fuzz_ignore((int)sm_cte_read(v.value));
	}
	sm_mime_value_wipe(&v);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);
	size_t used, used_cut;
	int rc, rc_cut;
	struct sm_header *h = read_header(in, false, &used, &rc);
	struct sm_header *c = read_header(in, true, &used_cut, &rc_cut);

	FUZZ_CHECK(rc == rc_cut);
	if (rc == 0) {
		FUZZ_CHECK(sm_header_found(h) == sm_header_found(c));
		FUZZ_CHECK(sm_header_count(h) == sm_header_count(c));
		/* What is not a header block may be noticed at another byte. */
		FUZZ_CHECK(!sm_header_found(h) ||
		    used - sm_header_rest(h).len == used_cut - sm_header_rest(c).len);
		read_fields(h, in);
		read_value(h, "Content-Type");
		read_value(h, "Content-Transfer-Encoding");
		read_value(h, "Content-Disposition");
	}
	sm_header_free(h);
	sm_header_free(c);
	return 0;
}
