/* The wide base64 and its plain twin answer alike, however the input is cut. */
#include "fuzz.h"

#include <base/base64.h>

struct outcome {
	int rc;
	uint64_t in_bytes;
	struct fuzz_trace out;
};

typedef int (*update_fn)(struct sm_base64_dec *, uint8_t *, size_t *,
    struct sm_bytes);

static struct outcome
decode(struct sm_bytes in, update_fn update, bool cut)
{
	struct sm_base64_dec d = { 0 };
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct outcome o = { 0 };
	uint8_t *out = malloc(sm_base64_dec_room(in.len));
	size_t n;

	if (out == NULL)
		abort();
	while (o.rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		n = 0;
		o.rc = update(&d, out, &n, piece);
		fuzz_note(&o.out, sm_bytes(out, n));
	}
	if (o.rc == 0)
		o.rc = sm_base64_dec_finish(&d);
	o.in_bytes = d.in_bytes;
	free(out);
	return o;
}

static void
encode_and_back(struct sm_bytes in)
{
	struct sm_base64_enc e = { .crlf = (in.len & 1) != 0 };
	struct sm_base64_dec d = { 0 };
	size_t n = 0, tail = 0, back = 0;
	uint8_t *text = malloc(sm_base64_enc_room(in.len) + 66);
	uint8_t *out;

	if (text == NULL)
		abort();
	sm_base64_enc_update(&e, text, &n, in);
	sm_base64_enc_finish(&e, text + n, &tail);
	out = malloc(sm_base64_dec_room(n + tail));
	if (out == NULL)
		abort();
	FUZZ_CHECK(sm_base64_dec_update(&d, out, &back, sm_bytes(text, n + tail)) == 0);
	FUZZ_CHECK(sm_base64_dec_finish(&d) == 0);
	FUZZ_CHECK(sm_bytes_equal(sm_bytes(out, back), in));
	free(text);
	free(out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);
	struct outcome wide = decode(in, sm_base64_dec_update, false);
	struct outcome plain = decode(in, sm_base64_dec_update_plain, false);
	struct outcome cut = decode(in, sm_base64_dec_update, true);

	FUZZ_CHECK(wide.rc == plain.rc && wide.rc == cut.rc);
	FUZZ_CHECK(wide.in_bytes == plain.in_bytes && wide.in_bytes == cut.in_bytes);
	if (wide.rc == 0) {
		FUZZ_CHECK(wide.out.hash == plain.out.hash);
		FUZZ_CHECK(wide.out.hash == cut.out.hash);
	}
	encode_and_back(in);
	return 0;
}
