#include <base/try.h>
#include <base/buf.h>
#include <mime/codec.h>
#include <mime/scan.h>

/* Short lines are gathered, so that text with LF does not reach the sink in
 * crumbs; longer stretches without a fault pass uncopied. */
enum { GATHER = 4096, PASS = 512 };

struct gather {
	uint8_t data[GATHER];
	size_t len;
	size_t most; /* of data was used */
	const struct sm_sink *out;
};

static int
gather_flush(struct gather *g)
{
	size_t n = g->len;

	g->len = 0;
	return sm_sink_write(g->out, sm_bytes(g->data, n));
}

static int
gather_add(struct gather *g, struct sm_bytes in)
{
	if (in.len == 0)
		return SM_OK;
	if (in.len >= PASS || in.len > GATHER - g->len)
		SM_TRY(gather_flush(g));
	if (in.len >= PASS)
		return sm_sink_write(g->out, in);
	memcpy(g->data + g->len, in.data, in.len);
	g->len += in.len;
	if (g->len > g->most)
		g->most = g->len;
	return SM_OK;
}

static int
gather_lines(struct sm_canon *c, struct gather *g, struct sm_bytes in, size_t clean)
{
	while (clean < in.len) {
		SM_TRY(gather_add(g, sm_bytes_first(in, clean)));
		SM_TRY(gather_add(g, sm_bytes_str("\r\n")));
		c->changed++;
		in = sm_bytes_skip(in, clean + 1);
		clean = sm_scan_bare_lf(in, false);
	}
	SM_TRY(gather_add(g, in));
	return gather_flush(g);
}

/* What is gathered may be on its way to being encrypted: none of it stays. */
static int
canon_slow(struct sm_canon *c, struct sm_bytes in, size_t clean,
    const struct sm_sink *out)
{
	struct gather g = { .len = 0, .out = out };
	int rc = gather_lines(c, &g, in, clean);

	sm_wipe(g.data, g.most);
	return rc;
}

int
sm_canon_write(struct sm_canon *c, struct sm_bytes in,
    const struct sm_sink *out)
{
	size_t clean = sm_scan_bare_lf(in, c->cr);

	if (in.len == 0)
		return SM_OK;
	c->cr = in.data[in.len - 1] == '\r';
	if (clean == in.len)
		return sm_sink_write(out, in);
	return canon_slow(c, in, clean, out);
}
