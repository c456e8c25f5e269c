/* DER reading never leaves its bytes, and BER becomes DER once and for all. */
#include "fuzz.h"

#include <base/ber.h>
#include <base/der.h>

static void
walk(struct sm_bytes in, unsigned depth)
{
	struct sm_bytes contents, whole;
	unsigned tag;

	while (in.len > 0 && sm_der_get_any(&in, &tag, &contents, &whole)) {
		FUZZ_CHECK(whole.len >= contents.len + 2);
		FUZZ_CHECK(contents.len == 0 || (contents.data >= whole.data &&
		    contents.data + contents.len == whole.data + whole.len));
		if ((tag & 0x20u) != 0 && depth < 20)
			walk(contents, depth + 1);
	}
}

static void
read_values(struct sm_bytes in)
{
	struct sm_bytes a, b, c;
	char text[80];
	uint64_t n;
	int64_t t;
	bool yes;

	c = in;
	if (sm_der_get_uint(&c, &n))
		FUZZ_CHECK(c.len < in.len);
	c = in;
	if (sm_der_get_integer(&c, 32, &a))
		FUZZ_CHECK(a.len >= 1 && a.len <= 32);
	c = in;
	if (sm_der_get_oid(&c, &a)) {
		FUZZ_CHECK(a.len <= 64);
		sm_der_oid_text(text, sizeof text, a);
		FUZZ_CHECK(strlen(text) < sizeof text);
	}
	c = in;
	fuzz_ignore(sm_der_get_bool(&c, &yes));
	c = in;
	fuzz_ignore(sm_der_get_bits(&c, &a));
	c = in;
	fuzz_ignore(sm_der_get_time(&c, &t));
	c = in;
	if (sm_der_get_algorithm(&c, &a, &b))
		FUZZ_CHECK(a.len > 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_buf once = SM_BUF_INIT, twice = SM_BUF_INIT;
	struct sm_bytes in = sm_bytes(data, size);

	walk(in, 0);
	read_values(in);
	if (sm_ber_to_der(&once, in, &limits) == 0) {
		FUZZ_CHECK(sm_ber_to_der(&twice, sm_buf_bytes(&once), &limits) == 0);
		FUZZ_CHECK(sm_bytes_equal(sm_buf_bytes(&once), sm_buf_bytes(&twice)));
	}
	sm_buf_free(&once);
	sm_buf_free(&twice);
	return 0;
}
