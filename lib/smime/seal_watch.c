#include <smime/seal_impl.h>

enum { LINE_MAX_BYTES = 998 }; /* RFC 5322 section 2.1.1 */

static const uint8_t from[5] = { 'F', 'r', 'o', 'm', ' ' };

static bool
has_eight_bit(struct sm_bytes in)
{
	uint64_t all = 0, word;
	size_t i = 0;

	for (; in.len - i >= sizeof(word); i += sizeof(word)) {
		memcpy(&word, in.data + i, sizeof(word));
		all |= word;
	}
	for (; i < in.len; i++)
		all |= in.data[i];
	return (all & 0x8080808080808080u) != 0;
}

/* A mailbox file has its messages begin with "From ": programs that keep one put
 * a '>' before such a line. */
static void
watch_from(struct sm_watch *w, struct sm_bytes line)
{
	size_t i;

	for (i = 0; i < line.len && w->line_len + i < sizeof(from); i++) {
		if (w->from_seen != w->line_len + i ||
		    line.data[i] != from[w->from_seen])
			return;
		if (++w->from_seen == sizeof(from))
			w->from_line = true;
	}
}

static void
watch_last(struct sm_watch *w, uint8_t c)
{
	w->last[0] = w->last[1];
	w->last[1] = c;
}

/* Part of a line, without its LF. */
static void
watch_piece(struct sm_watch *w, struct sm_bytes piece)
{
	if (piece.len == 0)
		return;
	if (w->last[1] == '\r') /* what came before was no line end */
		w->bare_cr = true;
	if (w->line_len < sizeof(from))
		watch_from(w, piece);
	if (!w->bare_cr && memchr(piece.data, '\r', piece.len - 1) != NULL)
		w->bare_cr = true;
	w->line_len += piece.len;
	if (piece.len > 1)
		watch_last(w, piece.data[piece.len - 2]);
	watch_last(w, piece.data[piece.len - 1]);
}

static bool
is_blank(uint8_t c)
{
	return c == ' ' || c == '\t';
}

static void
watch_line_end(struct sm_watch *w)
{
	bool cr = w->last[1] == '\r';

	if (is_blank(cr ? w->last[0] : w->last[1]))
		w->trailing_blank = true;
	if (w->line_len > LINE_MAX_BYTES + (cr ? 1u : 0u))
		w->long_line = true;
	w->line_len = 0;
	w->from_seen = 0;
	w->last[0] = w->last[1] = '\n';
}

void
sm_watch_write(struct sm_watch *w, struct sm_bytes in)
{
	const uint8_t *lf;
	size_t n;

	if (!w->eight_bit)
		w->eight_bit = has_eight_bit(in);
	while (in.len > 0) {
		lf = memchr(in.data, '\n', in.len);
		n = lf == NULL ? in.len : (size_t)(lf - in.data);
		watch_piece(w, sm_bytes_first(in, n));
		in = sm_bytes_skip(in, n);
		if (lf == NULL)
			break;
		watch_line_end(w);
		in = sm_bytes_skip(in, 1);
	}
}
