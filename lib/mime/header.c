#include <base/try.h>
#include <mime/header.h>
#include <mime/lex.h>

#include <stdlib.h>

/* RFC 5322 section 2.1.1 gives a whole line 998 characters. What shows no colon
 * by then is no field: binary data need not be collected up to the limit. */
enum { NAME_MAX_BYTES = 998 };

enum line_state {
	L_BEGIN,      /* nothing of the line yet */
	L_BEGIN_CR,   /* a CR at its begin: the blank line, if LF follows */
	L_NAME,       /* in the field name */
	L_NAME_SPACE, /* blanks between name and colon (RFC 5322 section 4.5) */
	L_VALUE,      /* behind the colon, or in a continuation */
	L_MBOX,       /* in the "From " line of a mailbox file */
};

struct field {
	size_t start, name_len, value, end;
};

struct sm_header {
	struct sm_limits limits;
	struct sm_error *err;
	struct sm_buf raw;
	struct field *fields;
	size_t count, room;
	enum line_state state;
	size_t line;      /* where the line begins in raw */
	size_t name_len;  /* of the field name in that line */
	size_t value;     /* behind its colon */
	size_t block_end; /* raw behind this is body already */
	bool first;       /* the line is the first of all */
	bool done, found;
	bool damaged;     /* a damaged line ended the block */
};

int
sm_header_new(struct sm_header **out, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_header *h = calloc(1, sizeof(*h));

	*out = h;
	if (h == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory for a header block.");
	h->limits = *limits;
	h->err = err;
	h->first = true;
	return SM_OK;
}

void
sm_header_free(struct sm_header *h)
{
	if (h == NULL)
		return;
	sm_buf_free(&h->raw);
	free(h->fields);
	free(h);
}

static void
header_end(struct sm_header *h, bool found, size_t block_end)
{
	h->done = true;
	h->found = found;
	h->block_end = block_end;
}

/* The line is neither field nor continuation. Behind a field it is where the body
 * begins, the blank line having been lost: so do other readers judge, and a
 * boundary that stands here stays one. Before any field this is no header. */
static void
header_damaged(struct sm_header *h)
{
	header_end(h, h->count > 0, h->line);
	h->damaged = h->found;
}

static int
field_add(struct sm_header *h, size_t end)
{
	struct field *f;

	if (h->count >= h->limits.header_fields)
		return sm_error_set(h->err, SM_E_LIMIT, "header-fields",
		    "RFC 5322 section 3.6",
		    "The header has more than %u fields. Raise the limit "
		    "header_fields if the message is genuine.",
		    h->limits.header_fields);
	if (h->count == h->room) {
		size_t room = h->room == 0 ? 16 : h->room * 2;

		f = realloc(h->fields, room * sizeof(*f));
		if (f == NULL)
			return sm_error_set(h->err, SM_E_NOMEM, "memory", NULL,
			    "There is no memory for the header's fields.");
		h->fields = f;
		h->room = room;
	}
	f = &h->fields[h->count++];
	*f = (struct field){ h->line, h->name_len, h->value, end };
	return SM_OK;
}

/* The line is complete, up to end (its LF included), or the input ended there. */
static int
line_end(struct sm_header *h, size_t end)
{
	uint8_t first = h->raw.data[h->line];

	if (h->state == L_VALUE && (first == ' ' || first == '\t'))
		h->fields[h->count - 1].end = end;
	else if (h->state == L_VALUE)
		SM_TRY(field_add(h, end));
	h->state = L_BEGIN;
	h->line = end;
	h->first = false;
	return SM_OK;
}

static bool
is_ftext(uint8_t c)
{
	return c > ' ' && c < 0x7f && c != ':';
}

/* Is "From" followed by a blank the mark of a mailbox file? Told from the obsolete
 * "From : value" when something else than a colon comes. */
static bool
is_mbox(const struct sm_header *h)
{
	return h->first && h->name_len == 4 &&
	    memcmp(h->raw.data + h->line, "From", 4) == 0 &&
	    h->raw.data[h->line + 4] == ' ';
}

/* The first byte of a line. */
static void
line_begin(struct sm_header *h, uint8_t c)
{
	if (c == '\n')
		header_end(h, true, h->raw.len);
	else if (c == '\r')
		h->state = L_BEGIN_CR;
	else if ((c == ' ' || c == '\t') && h->count > 0)
		h->state = L_VALUE;
	else if (is_ftext(c))
		h->state = L_NAME;
	else
		header_damaged(h);
}

static void
line_name(struct sm_header *h, uint8_t c)
{
	size_t n = h->raw.len - 1 - h->line;

	if (h->state == L_NAME)
		h->name_len = n;
	if (c == ':') {
		h->value = h->raw.len;
		h->state = L_VALUE;
	} else if (c == ' ' || c == '\t') {
		h->state = L_NAME_SPACE;
	} else if (h->state == L_NAME_SPACE && is_mbox(h) && c > ' ') {
		h->state = L_MBOX;
	} else if (h->state == L_NAME_SPACE || !is_ftext(c)) {
		header_damaged(h);
	}
	if (!h->done && h->state <= L_NAME_SPACE && n > NAME_MAX_BYTES)
		header_damaged(h);
}

/* One byte, which is the last in raw, in any state. */
static int
line_byte(struct sm_header *h, uint8_t c)
{
	switch (h->state) {
	case L_BEGIN:
		line_begin(h, c);
		break;
	case L_BEGIN_CR:
		if (c == '\n')
			header_end(h, true, h->raw.len);
		else
			header_damaged(h);
		break;
	case L_NAME:
	case L_NAME_SPACE:
		line_name(h, c);
		break;
	case L_VALUE:
	case L_MBOX:
		/* Programs that end strings at NUL would read another value
		 * than we do. */
		if (c == '\0')
			header_damaged(h);
		else if (c == '\n')
			return line_end(h, h->raw.len);
		break;
	}
	return SM_OK;
}

/* How many of the bytes need no look one by one: those of a value. */
static size_t
value_span(const struct sm_header *h, struct sm_bytes in)
{
	const uint8_t *stop;

	if (h->state < L_VALUE)
		return 0;
	stop = memchr(in.data, '\n', in.len);
	if (stop != NULL)
		in.len = (size_t)(stop - in.data);
	stop = in.len == 0 ? NULL : memchr(in.data, '\0', in.len);
	return stop == NULL ? in.len : (size_t)(stop - in.data);
}

static int
header_append(struct sm_header *h, struct sm_bytes in)
{
	if (in.len > h->limits.header_bytes - h->raw.len)
		return sm_error_set(h->err, SM_E_LIMIT, "header-bytes",
		    "RFC 5322 section 2.2",
		    "The header is longer than %u bytes. Raise the limit "
		    "header_bytes if the message is genuine.",
		    h->limits.header_bytes);
	if (sm_buf_append(&h->raw, in) != 0)
		return sm_error_set(h->err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory for the header block.");
	return SM_OK;
}

/* Bytes of this call that lie behind the end of the block go back. */
static void
header_give_back(struct sm_header *h, size_t before, size_t *used)
{
	if (!h->done || !h->found || h->block_end >= h->raw.len)
		return;
	h->raw.len = h->block_end > before ? h->block_end : before;
	*used = h->raw.len - before;
}

int
sm_header_write(struct sm_header *h, struct sm_bytes in, size_t *used,
    bool *done)
{
	size_t before = h->raw.len;

	*used = 0;
	while (!h->done && *used < in.len) {
		struct sm_bytes rest = sm_bytes_skip(in, *used);
		size_t n = value_span(h, rest);

		if (n > 0) {
			SM_TRY(header_append(h, sm_bytes_first(rest, n)));
			*used += n;
			continue;
		}
		SM_TRY(header_append(h, sm_bytes_first(rest, 1)));
		*used += 1;
		SM_TRY(line_byte(h, rest.data[0]));
	}
	header_give_back(h, before, used);
	*done = h->done;
	return SM_OK;
}

int
sm_header_finish(struct sm_header *h)
{
	if (h->done)
		return SM_OK;
	if (h->state == L_VALUE)
		SM_TRY(line_end(h, h->raw.len));
	if (h->state == L_BEGIN)
		header_end(h, h->count > 0 || h->raw.len == 0, h->raw.len);
	else if (h->state == L_MBOX)
		header_end(h, false, h->raw.len);
	else
		header_damaged(h);
	return SM_OK;
}

bool
sm_header_found(const struct sm_header *h)
{
	return h->found;
}

struct sm_bytes
sm_header_raw(const struct sm_header *h)
{
	return sm_buf_bytes(&h->raw);
}

struct sm_bytes
sm_header_rest(const struct sm_header *h)
{
	if (!h->done || !h->found)
		return sm_bytes(NULL, 0);
	return sm_bytes_skip(sm_buf_bytes(&h->raw), h->block_end);
}

size_t
sm_header_count(const struct sm_header *h)
{
	return h->count;
}

static struct sm_bytes
header_slice(const struct sm_header *h, size_t from, size_t to)
{
	return sm_bytes(h->raw.data + from, to - from);
}

struct sm_bytes
sm_header_name(const struct sm_header *h, size_t i)
{
	const struct field *f;

	if (i >= h->count)
		return sm_bytes(NULL, 0);
	f = &h->fields[i];
	return header_slice(h, f->start, f->start + f->name_len);
}

struct sm_bytes
sm_header_value(const struct sm_header *h, size_t i)
{
	const uint8_t *raw = h->raw.data;
	size_t from, to;

	if (i >= h->count)
		return sm_bytes(NULL, 0);
	from = h->fields[i].value;
	to = h->fields[i].end;
	if (to > from && raw[to - 1] == '\n')
		to--;
	if (to > from && raw[to - 1] == '\r')
		to--;
	while (from < to && (raw[from] == ' ' || raw[from] == '\t'))
		from++;
	return header_slice(h, from, to);
}

struct sm_bytes
sm_header_field(const struct sm_header *h, size_t i)
{
	if (i >= h->count)
		return sm_bytes(NULL, 0);
	return header_slice(h, h->fields[i].start, h->fields[i].end);
}

long
sm_header_find(const struct sm_header *h, const char *name, size_t n)
{
	struct sm_bytes want = sm_bytes_str(name);

	for (size_t i = 0; i < h->count; i++) {
		if (!sm_lex_same_word(sm_header_name(h, i), want))
			continue;
		if (n-- == 0)
			return (long)i;
	}
	return -1;
}

bool
sm_header_is_message(const struct sm_header *h)
{
	const struct sm_bytes content = sm_bytes_str("content-");
	const struct sm_bytes version = sm_bytes_str("mime-version");

	for (size_t i = 0; i < h->count; i++) {
		struct sm_bytes name = sm_header_name(h, i);

		if (!sm_lex_same_word(name, version) &&
		    !sm_lex_same_word(sm_bytes_first(name, content.len), content))
			return true;
	}
	return false;
}

bool
sm_header_ambiguous(const struct sm_header *h)
{
	struct sm_bytes in = sm_bytes_first(sm_buf_bytes(&h->raw), h->block_end);
	const uint8_t *cr;

	if (!h->found || h->damaged)
		return h->damaged;
	while (in.len > 0 && (cr = memchr(in.data, '\r', in.len)) != NULL) {
		in = sm_bytes_skip(in, (size_t)(cr - in.data) + 1);
		if (in.len == 0 || in.data[0] != '\n')
			return true;
	}
	return false;
}
