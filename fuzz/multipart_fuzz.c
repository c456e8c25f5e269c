/* The parts of a multipart are the same however it is cut, and with the delimiter
 * lines taken out no byte is lost: what comes out is a subsequence of what went
 * in, in order. The boundary is what the input itself says after "boundary=". */
#include "fuzz.h"

#include <mime/multipart.h>

struct seen {
	struct fuzz_trace trace;
	struct sm_bytes left; /* of the input, not yet met again */
	unsigned begun, ended;
	int kind;
};

/* Data of one kind is one stretch, whatever its pieces. */
static void
note_kind(struct seen *s, int kind)
{
	if (s->kind != kind)
		fuzz_note_number(&s->trace, (uint64_t)kind);
	s->kind = kind;
}

static int
note_data(struct seen *s, int kind, struct sm_bytes in)
{
	const uint8_t *at;

	FUZZ_CHECK(in.len > 0);
	note_kind(s, kind);
	fuzz_note(&s->trace, in);
	at = memmem(s->left.data, s->left.len, in.data, in.len);
	FUZZ_CHECK(at != NULL);
	s->left = sm_bytes_skip(s->left,
	    (size_t)(at - s->left.data) + in.len);
	return 0;
}

static int
on_preamble(void *ctx, struct sm_bytes in)
{
	return note_data(ctx, 1, in);
}

static int
on_begin(void *ctx, unsigned part)
{
	struct seen *s = ctx;

	FUZZ_CHECK(part == ++s->begun && s->ended == part - 1);
	note_kind(s, 2);
	return 0;
}

static int
on_data(void *ctx, struct sm_bytes in)
{
	return note_data(ctx, 3, in);
}

static int
on_end(void *ctx, unsigned part)
{
	struct seen *s = ctx;

	FUZZ_CHECK(part == s->begun && part == ++s->ended);
	note_kind(s, 4);
	return 0;
}

static int
on_epilogue(void *ctx, struct sm_bytes in)
{
	return note_data(ctx, 5, in);
}

static int
read_parts(const char *boundary, struct sm_bytes in, bool cut, struct seen *s)
{
	struct sm_multipart_events ev = { s, on_preamble, on_begin, on_data,
		on_end, on_epilogue };
	struct sm_limits limits = sm_limits_default();
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_multipart *m;
	bool closed = false;
	int rc;

	*s = (struct seen){ .left = in };
	rc = sm_multipart_new(&m, boundary, &ev, &limits, NULL);
	if (rc != 0)
		return rc;
	while (rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		rc = sm_multipart_write(m, piece);
	}
	if (rc == 0)
		rc = sm_multipart_finish(m, &closed);
	FUZZ_CHECK(rc != 0 || s->begun == s->ended);
	fuzz_note_number(&s->trace, closed);
	sm_multipart_free(m);
	return rc;
}

/* Up to a quote, ';' or line end; "b" when there is nothing of the kind. */
static char *
find_boundary(struct sm_bytes in)
{
	const uint8_t *at = memmem(in.data, in.len, "boundary=", 9);
	size_t n = 0;

	if (at == NULL)
		return strdup("b");
	in = sm_bytes_skip(in, (size_t)(at - in.data) + 9);
	if (in.len > 0 && in.data[0] == '"')
		in = sm_bytes_skip(in, 1);
	while (n < in.len && in.data[n] != '\0' &&
	    strchr("\";\r\n", in.data[n]) == NULL)
		n++;
	return sm_strdup_bytes(sm_bytes_first(in, n));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_bytes in = sm_bytes(data, size);
	char *boundary = find_boundary(in);
	struct seen whole, cut;
	int rc;

	if (boundary == NULL)
		abort();
	rc = read_parts(boundary, in, false, &whole);
	FUZZ_CHECK(read_parts(boundary, in, true, &cut) == rc);
	FUZZ_CHECK(rc != 0 || whole.trace.hash == cut.trace.hash);
	free(boundary);
	return 0;
}
