#include "imap_wire.h"

#include <base/try.h>

static bool
refill(struct imap_wire *w)
{
	if (w->begin == w->end) {
		w->begin = 0;
		w->end = w->receive(w->ctx, w->held, sizeof(w->held));
	}
	return w->end > w->begin;
}

/* To the end of the line, which is dropped with its CR. */
static int
read_line(struct imap_wire *w, struct sm_buf *line)
{
	const uint8_t *nl;
	size_t n;

	do {
		if (!refill(w))
			return SM_E_FORMAT;
		nl = memchr(w->held + w->begin, '\n', w->end - w->begin);
		n = nl != NULL ? (size_t)(nl - w->held) - w->begin : w->end - w->begin;
		if (line->len + n > IMAP_LINE_MAX)
			return SM_E_LIMIT;
		SM_TRY(sm_buf_append(line, sm_bytes(w->held + w->begin, n)));
		w->begin += n + (nl != NULL);
	} while (nl == NULL);
	if (line->len > 0 && line->data[line->len - 1] == '\r')
		line->len--;
	return 0;
}

/* "...{123}" or "...{123+}" at the end; it is cut off. */
static bool
takes_literal(struct sm_buf *line, uint64_t *length)
{
	size_t at = line->len;
	uint64_t n = 0;

	if (at < 3 || line->data[at - 1] != '}')
		return false;
	at = line->len - 1 - (line->data[at - 2] == '+');
	while (at > 0 && line->data[at - 1] >= '0' && line->data[at - 1] <= '9')
		at--;
	if (at == 0 || line->data[at - 1] != '{' || line->data[at] == '}')
		return false;
	for (size_t i = at; line->data[i] >= '0' && line->data[i] <= '9'; i++)
		if (__builtin_mul_overflow(n, 10u, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(line->data[i] - '0'), &n))
			n = UINT64_MAX / 100;
	line->len = at - 1;
	*length = n;
	return true;
}

static int
read_literal(struct imap_wire *w, const struct sm_sink *sink, uint64_t left)
{
	size_t n;

	while (left > 0) {
		if (!refill(w))
			return SM_E_FORMAT;
		n = w->end - w->begin;
		if (n > left)
			n = (size_t)left;
		SM_TRY(sm_sink_write(sink, sm_bytes(w->held + w->begin, n)));
		w->begin += n;
		left -= n;
	}
	return 0;
}

int
imap_wire_read(struct imap_wire *w, struct sm_buf *line, const struct sm_sink *literal,
    uint64_t max)
{
	uint64_t n;

	sm_buf_clear(line);
	SM_TRY(read_line(w, line));
	while (takes_literal(line, &n)) {
		if (n > max)
			return SM_E_LIMIT;
		max -= n;
		SM_TRY(read_literal(w, literal, n));
		SM_TRY(read_line(w, line));
	}
	return 0;
}

static bool
is_edge(uint8_t c)
{
	return c == ' ' || c == '(' || c == '[';
}

bool
imap_wire_number(struct sm_bytes line, const char *name, uint64_t *out)
{
	size_t n = strlen(name), i, at;

	for (i = 0; i + n + 1 < line.len; i++) {
		if ((i > 0 && !is_edge(line.data[i - 1])) || line.data[i + n] != ' ' ||
		    strncasecmp((const char *)line.data + i, name, n) != 0)
			continue;
		at = i + n + 1;
		for (*out = 0; at < line.len && line.data[at] >= '0' && line.data[at] <= '9' &&
		    *out < UINT64_C(1) << 50; at++)
			*out = *out * 10 + (uint64_t)(line.data[at] - '0');
		return at > i + n + 1;
	}
	return false;
}
