#include <mime/delim.h>
#include <mime/scan.h>

enum state {
	S_LINE = 0, /* hold is a line end (or none) and the begin of a line */
	S_TEXT,     /* within a line that is no delimiter; hold is empty */
	S_CR,       /* the same, hold is a CR, perhaps of a line end */
};

enum verdict { V_NO, V_MAYBE, V_OPEN, V_CLOSE };

static size_t
blanks(struct sm_bytes in)
{
	size_t n = 0;

	while (n < in.len && (in.data[n] == ' ' || in.data[n] == '\t'))
		n++;
	return n;
}

/* What follows "--boundary" in its line: nothing or "--", then blanks (RFC 2046:
 * transport-padding). whole: the line is complete, without its line end; else
 * the CR of one may be the last byte. */
static enum verdict
tail_verdict(struct sm_bytes tail, bool whole)
{
	bool close = false;

	if (!whole && tail.len > 0 && tail.data[tail.len - 1] == '\r')
		tail.len--;
	if (tail.len == 1 && tail.data[0] == '-')
		return whole ? V_NO : V_MAYBE;
	if (tail.len >= 2 && memcmp(tail.data, "--", 2) == 0) {
		close = true;
		tail = sm_bytes_skip(tail, 2);
	}
	if (blanks(tail) < tail.len)
		return V_NO;
	if (!whole)
		return V_MAYBE;
	return close ? V_CLOSE : V_OPEN;
}

static enum verdict
boundary_verdict(struct sm_bytes boundary, struct sm_bytes line, bool whole)
{
	size_t dashes = line.len < 2 ? line.len : 2;
	struct sm_bytes rest = sm_bytes_skip(line, 2);
	size_t n = rest.len < boundary.len ? rest.len : boundary.len;

	if (boundary.len == 0 || memcmp("--", line.data, dashes) != 0)
		return V_NO;
	if (n > 0 && memcmp(rest.data, boundary.data, n) != 0)
		return V_NO;
	if (line.len < 2 + boundary.len)
		return whole ? V_NO : V_MAYBE;
	return tail_verdict(sm_bytes_skip(rest, boundary.len), whole);
}

/* Of the outermost boundary that says more than no. */
static enum verdict
set_verdict(const struct sm_delim_set *set, struct sm_bytes line, bool whole,
    size_t *index)
{
	if (line.len == 0)
		return whole ? V_NO : V_MAYBE;
	for (size_t i = 0; i < set->count; i++) {
		enum verdict v = boundary_verdict(set->list[i], line, whole);

		*index = i;
		if (v != V_NO)
			return v;
	}
	return V_NO;
}

enum sm_delim_event
sm_delim_line(const struct sm_delim_set *set, struct sm_bytes line,
    size_t *index)
{
	enum verdict v = line.len > SM_DELIM_LINE ? V_NO :
	    set_verdict(set, line, true, index);

	if (v == V_OPEN)
		return SM_DELIM_OPEN;
	return v == V_CLOSE ? SM_DELIM_CLOSE : SM_DELIM_MORE;
}

bool
sm_delim_boundary_ok(const char *boundary, size_t max)
{
	size_t n = strlen(boundary);

	if (n == 0 || n > max || n > SM_DELIM_BOUNDARY)
		return false;
	for (; *boundary != '\0'; boundary++)
		if ((uint8_t)*boundary < ' ' || *boundary == 0x7f)
			return false;
	return true;
}

void
sm_delim_reset(struct sm_delim *d)
{
	d->state = S_LINE;
	d->held = 0;
	d->eol = 0;
	d->spent = 0;
}

/* Forget what the last event handed out of hold. */
static void
hold_settle(struct sm_delim *d)
{
	if (d->spent == 0)
		return;
	d->held -= d->spent;
	if (d->held > 0)
		memmove(d->hold, d->hold + d->spent, d->held);
	d->spent = 0;
}

static void
hold_add(struct sm_delim *d, struct sm_bytes in)
{
	if (in.len > 0)
		memcpy(d->hold + d->held, in.data, in.len);
	d->held += in.len;
}

/* What is held is no delimiter: data, but for a CR at its end, which may belong
 * to the line end before the next one. */
static enum sm_delim_event
hold_release(struct sm_delim *d, struct sm_delim_hit *hit)
{
	bool cr = d->held > d->eol && d->hold[d->held - 1] == '\r';

	d->state = cr ? S_CR : S_TEXT;
	d->eol = 0;
	d->spent = d->held - (cr ? 1 : 0);
	hit->data = sm_bytes(d->hold, d->spent);
	return d->spent > 0 ? SM_DELIM_DATA : SM_DELIM_MORE;
}

static enum sm_delim_event
delim_hit(struct sm_delim *d, enum sm_delim_event ev)
{
	sm_delim_reset(d);
	return ev;
}

static struct sm_bytes
hold_line(const struct sm_delim *d)
{
	return sm_bytes(d->hold + d->eol, d->held - d->eol);
}

/* The line in hold is complete but for its LF, which is next in *in. */
static enum sm_delim_event
line_complete(struct sm_delim *d, const struct sm_delim_set *set,
    struct sm_bytes *in, struct sm_delim_hit *hit)
{
	struct sm_bytes line = hold_line(d);
	enum sm_delim_event ev;

	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	ev = sm_delim_line(set, line, &hit->index);
	if (ev == SM_DELIM_MORE)
		return hold_release(d, hit);
	*in = sm_bytes_skip(*in, 1);
	return delim_hit(d, ev);
}

/* S_LINE: add to hold up to the LF, the end of in or where the line is too long
 * for a delimiter. */
static enum sm_delim_event
next_line(struct sm_delim *d, const struct sm_delim_set *set,
    struct sm_bytes *in, struct sm_delim_hit *hit)
{
	size_t room = sizeof(d->hold) - d->held, index;
	struct sm_bytes chunk = sm_bytes_first(*in, room);
	const uint8_t *lf;

	if (hold_line(d).len == 0 && in->data[0] != '-')
		return hold_release(d, hit);
	lf = memchr(chunk.data, '\n', chunk.len);
	if (lf != NULL)
		chunk.len = (size_t)(lf - chunk.data);
	hold_add(d, chunk);
	*in = sm_bytes_skip(*in, chunk.len);
	if (lf != NULL)
		return line_complete(d, set, in, hit);
	if (d->held == sizeof(d->hold) ||
	    set_verdict(set, hold_line(d), false, &index) == V_NO)
		return hold_release(d, hit);
	return SM_DELIM_MORE;
}

/* S_CR: a line end, or data after all. */
static enum sm_delim_event
next_cr(struct sm_delim *d, struct sm_bytes *in, struct sm_delim_hit *hit)
{
	if (in->data[0] != '\n') {
		d->state = S_TEXT;
		d->spent = d->held;
		hit->data = sm_bytes(d->hold, d->held);
		return SM_DELIM_DATA;
	}
	hold_add(d, sm_bytes_first(*in, 1));
	*in = sm_bytes_skip(*in, 1);
	d->eol = d->held;
	d->state = S_LINE;
	return SM_DELIM_MORE;
}

/* Could the line that begins at p be a delimiter, as far as it is there? */
static bool
line_possible(const struct sm_delim_set *set, struct sm_bytes in)
{
	const uint8_t *lf;
	size_t index;

	in = sm_bytes_first(in, SM_DELIM_LINE + 2);
	lf = in.len == 0 ? NULL : memchr(in.data, '\n', in.len);
	if (lf != NULL)
		in.len = (size_t)(lf - in.data);
	return set_verdict(set, in, false, &index) != V_NO;
}

/* The first line end in in that a delimiter may follow: its LF, or in.len. */
static size_t
scan_candidate(const struct sm_delim_set *set, struct sm_bytes in)
{
	size_t i = 0;

	for (;;) {
		i += sm_scan_dash_line(sm_bytes_skip(in, i));
		if (i >= in.len || line_possible(set, sm_bytes_skip(in, i + 1)))
			return i;
		i++;
	}
}

/* S_TEXT: hand out everything before the next candidate. */
static enum sm_delim_event
next_text(struct sm_delim *d, const struct sm_delim_set *set,
    struct sm_bytes *in, struct sm_delim_hit *hit)
{
	size_t lf = scan_candidate(set, *in), end = lf, next = lf;

	if (lf < in->len) {
		next = lf + 1;
		d->state = S_LINE;
	} else if (in->data[lf - 1] == '\r') {
		d->state = S_CR;
	}
	if (d->state != S_TEXT && end > 0 && in->data[end - 1] == '\r')
		end--;
	hold_add(d, sm_bytes_skip(sm_bytes_first(*in, next), end));
	d->eol = d->state == S_LINE ? d->held : 0;
	hit->data = sm_bytes_first(*in, end);
	*in = sm_bytes_skip(*in, next);
	return end > 0 ? SM_DELIM_DATA : SM_DELIM_MORE;
}

enum sm_delim_event
sm_delim_next(struct sm_delim *d, const struct sm_delim_set *set,
    struct sm_bytes *in, struct sm_delim_hit *hit)
{
	enum sm_delim_event ev = SM_DELIM_MORE;

	hold_settle(d);
	while (ev == SM_DELIM_MORE && in->len > 0) {
		if (d->state == S_LINE)
			ev = next_line(d, set, in, hit);
		else if (d->state == S_CR)
			ev = next_cr(d, in, hit);
		else
			ev = next_text(d, set, in, hit);
	}
	return ev;
}

enum sm_delim_event
sm_delim_finish(struct sm_delim *d, const struct sm_delim_set *set,
    struct sm_delim_hit *hit)
{
	struct sm_bytes line;
	enum sm_delim_event ev = SM_DELIM_MORE;

	hold_settle(d);
	line = hold_line(d);
	if (d->held == 0)
		return SM_DELIM_MORE;
	if (d->state == S_LINE) {
		if (line.len > 0 && line.data[line.len - 1] == '\r')
			line.len--;
		ev = sm_delim_line(set, line, &hit->index);
	}
	if (ev != SM_DELIM_MORE)
		return delim_hit(d, ev);
	d->state = S_TEXT;
	d->eol = 0;
	d->spent = d->held;
	hit->data = sm_bytes(d->hold, d->held);
	return SM_DELIM_DATA;
}
