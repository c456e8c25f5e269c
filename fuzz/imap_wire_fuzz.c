/* Whatever a mail server says, in pieces of any size: lines are bounded, literals go
 * where they belong, and both are the same however the bytes are cut. */
#include "fuzz.h"

#include "imap_wire.h"

enum { MAX = 1 << 16 };

struct server {
	struct sm_bytes rest;
	size_t piece;
};

static size_t
receive(void *ctx, uint8_t *out, size_t size)
{
	struct server *s = ctx;
	size_t n = s->rest.len < s->piece ? s->rest.len : s->piece;

	if (n > size)
		n = size;
	if (n > 0)
		memcpy(out, s->rest.data, n);
	s->rest = sm_bytes_skip(s->rest, n);
	return n;
}

/* All lines and literals, one after the other. */
static void
read_all(struct sm_buf *out, struct sm_bytes in, size_t piece)
{
	static struct imap_wire w;
	struct server s = { in, piece };
	struct sm_buf line = SM_BUF_INIT;
	struct sm_sink literal = sm_buf_sink(out);
	uint64_t number;

	memset(&w, 0, sizeof(w));
	w.receive = receive;
	w.ctx = &s;
	while (imap_wire_read(&w, &line, &literal, MAX) == 0) {
		FUZZ_CHECK(line.len <= in.len);
		if (imap_wire_number(sm_buf_bytes(&line), "UID", &number))
			FUZZ_CHECK(number < UINT64_C(1) << 54);
		if (sm_buf_append(out, sm_buf_bytes(&line)) != 0)
			break;
	}
	sm_buf_free(&line);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_buf whole = SM_BUF_INIT, cut = SM_BUF_INIT;

	read_all(&whole, sm_bytes(data, size), SIZE_MAX);
	read_all(&cut, sm_bytes(data, size), 1);
	FUZZ_CHECK(sm_bytes_equal(sm_buf_bytes(&whole), sm_buf_bytes(&cut)));
	sm_buf_free(&whole);
	sm_buf_free(&cut);
	return 0;
}
