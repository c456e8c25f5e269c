/* The tree of a message is the same however the message is cut. */
#include "fuzz.h"

#include <mime/multipart.h>

static int
note_part(void *ctx, const char *path, const struct sm_header *h)
{
	fuzz_note(ctx, sm_bytes_str(path));
	fuzz_note_number(ctx, sm_header_count(h));
	fuzz_note(ctx, sm_header_raw(h));
	return 0;
}

static int
walk(struct sm_bytes in, bool cut, struct fuzz_trace *t)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_walk_events ev = { t, note_part };
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_error err = { 0 };
	struct sm_walk *w;
	int rc = 0;

	FUZZ_CHECK(sm_walk_new(&w, &ev, &limits, &err) == 0);
	while (rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		rc = sm_walk_write(w, piece);
	}
	if (rc == 0)
		rc = sm_walk_finish(w);
	sm_walk_free(w);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_trace whole = { 0 }, cut = { 0 };
	int rc = walk(sm_bytes(data, size), false, &whole);

	FUZZ_CHECK(walk(sm_bytes(data, size), true, &cut) == rc);
	FUZZ_CHECK(rc != 0 || whole.hash == cut.hash);
	return 0;
}
