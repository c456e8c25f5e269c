#include <base/try.h>
#include <mime/codec.h>
#include <mime/delim.h>
#include <mime/multipart.h>

#include <stdlib.h>

/* Headers are read line by line: each line is first held against the boundaries
 * of the open multiparts, then given to the header reader, so that a line that
 * ends a damaged header can be looked at again as the first of a body. */

enum kind { K_MULTIPART, K_DIGEST, K_MESSAGE };

/* An entity that has been entered. */
struct frame {
	char *boundary; /* NULL for a message */
	enum kind kind;
	unsigned children;
	size_t path_len; /* of its own path */
};

struct sm_walk {
	struct sm_walk_events ev;
	struct sm_limits limits;
	struct sm_error *err;
	struct frame *frames;
	struct sm_bytes *bounds; /* of the frames, for the matcher */
	size_t depth, room;
	size_t open; /* frames that have a boundary */
	unsigned parts;
	struct sm_buf path; /* of the present entity, without NUL */
	struct sm_header *header; /* while it is read */
	struct sm_buf line; /* of the header, incomplete */
	struct sm_delim delim;
};

static int
walk_nomem(struct sm_walk *w)
{
	return sm_error_set(w->err, SM_E_NOMEM, "memory", NULL,
	    "There is no memory to read the parts of a message.");
}

/* Begin with an entity at the present path. */
static int
entity_begin(struct sm_walk *w)
{
	if (w->parts >= w->limits.mime_parts)
		return sm_error_set(w->err, SM_E_LIMIT, "mime-parts",
		    "RFC 2046 section 5.1",
		    "The message has more than %u parts. Raise the limit "
		    "mime_parts if it is genuine.", w->limits.mime_parts);
	w->parts++;
	sm_buf_clear(&w->line);
	sm_header_free(w->header);
	return sm_header_new(&w->header, &w->limits, w->err);
}

int
sm_walk_new(struct sm_walk **out, const struct sm_walk_events *ev,
    const struct sm_limits *limits, struct sm_error *err)
{
	struct sm_walk *w = calloc(1, sizeof(*w));
	int rc;

	*out = NULL;
	if (w == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory to read the parts of a message.");
	w->ev = *ev;
	w->limits = *limits;
	w->err = err;
	rc = entity_begin(w);
	if (rc != 0)
		sm_walk_free(w);
	else
		*out = w;
	return rc;
}

static void
frames_drop(struct sm_walk *w, size_t depth)
{
	while (w->depth > depth) {
		struct frame *f = &w->frames[--w->depth];

		if (f->boundary != NULL)
			w->open--;
		free(f->boundary);
	}
}

void
sm_walk_free(struct sm_walk *w)
{
	if (w == NULL)
		return;
	frames_drop(w, 0);
	free(w->frames);
	free(w->bounds);
	sm_buf_free(&w->path);
	sm_buf_free(&w->line);
	sm_header_free(w->header);
	free(w);
}

static int
frames_grow(struct sm_walk *w)
{
	size_t room = w->room == 0 ? 8 : w->room * 2;
	struct frame *f;
	struct sm_bytes *b;

	if (w->depth < w->room)
		return SM_OK;
	f = realloc(w->frames, room * sizeof(*f));
	if (f == NULL)
		return walk_nomem(w);
	w->frames = f;
	b = realloc(w->bounds, room * sizeof(*b));
	if (b == NULL)
		return walk_nomem(w);
	w->bounds = b;
	w->room = room;
	return SM_OK;
}

/* Enter the present entity. */
static int
frame_push(struct sm_walk *w, enum kind kind, const char *boundary)
{
	struct frame *f;
	char *text = NULL;

	if (w->depth >= w->limits.mime_depth)
		return sm_error_set(w->err, SM_E_LIMIT, "mime-depth",
		    "RFC 2046 section 5.1",
		    "Parts are nested more than %u deep. Raise the limit "
		    "mime_depth if the message is genuine.",
		    w->limits.mime_depth);
	SM_TRY(frames_grow(w));
	if (boundary != NULL) {
		text = strdup(boundary);
		if (text == NULL)
			return walk_nomem(w);
		w->open++;
	}
	w->bounds[w->depth] = text == NULL ? sm_bytes(NULL, 0) :
	    sm_bytes_str(text);
	f = &w->frames[w->depth++];
	*f = (struct frame){ text, kind, 0, w->path.len };
	return SM_OK;
}

/* The path of the next child of the innermost frame, and its header. */
static int
child_begin(struct sm_walk *w)
{
	struct frame *f = &w->frames[w->depth - 1];

	w->path.len = f->path_len;
	f->children++;
	if (sm_buf_printf(&w->path, "%s%u", f->path_len > 0 ? "." : "",
	    f->children) != 0)
		return walk_nomem(w);
	return entity_begin(w);
}

/* What is to be entered of a content type; false: nothing. */
static bool
type_kind(const struct sm_walk *w, const struct sm_mime_value *type,
    enum kind *kind)
{
	const char *v = type->value;

	if (v == NULL) {
		/* RFC 2046 section 5.1.5: the default within a digest */
		*kind = K_MESSAGE;
		return w->depth > 0 &&
		    w->frames[w->depth - 1].kind == K_DIGEST;
	}
	if (strcmp(v, "message/rfc822") == 0 ||
	    strcmp(v, "message/global") == 0) {
		*kind = K_MESSAGE;
		return true;
	}
	*kind = strcmp(v, "multipart/digest") == 0 ? K_DIGEST : K_MULTIPART;
	return strncmp(v, "multipart/", 10) == 0;
}

/* Is the body there as it is, not encoded? A multipart always is: RFC 2045
 * section 6.4 allows nothing else. */
static int
body_is_plain(struct sm_walk *w, bool *plain)
{
	struct sm_mime_value cte;

	if (sm_mime_value_read(&cte, w->header, "Content-Transfer-Encoding") != 0)
		return walk_nomem(w);
	*plain = sm_cte_read(cte.value) == SM_CTE_IDENTITY;
	sm_mime_value_wipe(&cte);
	return SM_OK;
}

/* Enter the entity whose header is complete, if it can be. *again: a header
 * follows at once. */
static int
entity_enter(struct sm_walk *w, bool *again)
{
	struct sm_mime_value type;
	const char *boundary;
	enum kind kind;
	bool plain = true;
	int rc = SM_OK;

	*again = false;
	if (sm_mime_value_read(&type, w->header, "Content-Type") != 0)
		return walk_nomem(w);
	if (!type_kind(w, &type, &kind))
		goto out;
	if (kind == K_MESSAGE) {
		SM_TRY_OUT(body_is_plain(w, &plain));
		if (plain)
			SM_TRY_OUT(frame_push(w, kind, NULL));
		*again = plain;
		goto out;
	}
	boundary = sm_mime_value_param(&type, "boundary");
	if (boundary != NULL &&
	    sm_delim_boundary_ok(boundary, w->limits.boundary_bytes))
		rc = frame_push(w, kind, boundary);
out:
	sm_mime_value_wipe(&type);
	return rc;
}

static int
entity_show(struct sm_walk *w)
{
	if (sm_buf_append_byte(&w->path, '\0') != 0)
		return walk_nomem(w);
	w->path.len--;
	if (w->ev.part == NULL)
		return SM_OK;
	return w->ev.part(w->ev.ctx, (const char *)w->path.data, w->header);
}

/* The header is complete: show it, go on to the body or to the header within. */
static int
header_done(struct sm_walk *w)
{
	bool again;

	SM_TRY(entity_show(w));
	SM_TRY(entity_enter(w, &again));
	sm_header_free(w->header);
	w->header = NULL;
	sm_delim_reset(&w->delim);
	return again ? child_begin(w) : SM_OK;
}

/* The entity ends although its header has not. */
static int
header_cut(struct sm_walk *w)
{
	if (w->header == NULL)
		return SM_OK;
	SM_TRY(sm_header_finish(w->header));
	SM_TRY(entity_show(w));
	sm_header_free(w->header);
	w->header = NULL;
	return SM_OK;
}

/* A delimiter of frame index. It closes whatever is open inside of that. */
static int
delimiter(struct sm_walk *w, size_t index, bool close)
{
	SM_TRY(header_cut(w));
	frames_drop(w, close ? index : index + 1);
	sm_delim_reset(&w->delim);
	return close ? SM_OK : child_begin(w);
}

static struct sm_delim_set
walk_set(const struct sm_walk *w)
{
	return (struct sm_delim_set){ w->bounds, w->depth };
}

/* Body bytes: only delimiters count. Stops behind one that begins a part. */
static int
body_bytes(struct sm_walk *w, struct sm_bytes *in)
{
	while (in->len > 0 && w->header == NULL) {
		struct sm_delim_set set = walk_set(w);
		struct sm_delim_hit hit;
		enum sm_delim_event ev = SM_DELIM_MORE;

		if (w->open == 0)
			*in = sm_bytes_skip(*in, in->len);
		else
			ev = sm_delim_next(&w->delim, &set, in, &hit);
		if (ev == SM_DELIM_OPEN || ev == SM_DELIM_CLOSE)
			SM_TRY(delimiter(w, hit.index, ev == SM_DELIM_CLOSE));
	}
	return SM_OK;
}

static struct sm_bytes
without_line_end(struct sm_bytes line)
{
	if (line.len > 0 && line.data[line.len - 1] == '\n')
		line.len--;
	if (line.len > 0 && line.data[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* Give the line to the header, and as far as the header does not take it, what a
 * damaged line is, to what comes next: the header of a message within, or the
 * body. Being one line at most, it begins no more than one part. */
static int
header_feed(struct sm_walk *w, struct sm_bytes line)
{
	while (line.len > 0 && w->header != NULL) {
		size_t used;
		bool done;

		SM_TRY(sm_header_write(w->header, line, &used, &done));
		if (!done)
			return SM_OK;
		if (!sm_header_found(w->header))
			used = 0;
		line = sm_bytes_skip(line, used);
		SM_TRY(header_done(w));
	}
	return body_bytes(w, &line);
}

/* A complete line in the header, or the last one of the input, or the begin of
 * one that is no delimiter: it is w->line. */
static int
header_line(struct sm_walk *w)
{
	struct sm_buf line = w->line;
	struct sm_delim_set set = walk_set(w);
	enum sm_delim_event ev;
	size_t index;
	int rc;

	/* What comes next may be a header again and gather a line of its own. */
	w->line = (struct sm_buf)SM_BUF_INIT;
	ev = sm_delim_line(&set, without_line_end(sm_buf_bytes(&line)), &index);
	if (ev != SM_DELIM_MORE)
		rc = delimiter(w, index, ev == SM_DELIM_CLOSE);
	else
		rc = header_feed(w, sm_buf_bytes(&line));
	sm_buf_clear(&line);
	if (w->line.data == NULL)
		w->line = line;
	else
		sm_buf_free(&line);
	return rc;
}

/* Must the header see the line before its end is there? Only when it is too long
 * for a delimiter and no field (binary data), or over the limit. piece is its
 * newest part. */
static bool
line_is_due(const struct sm_walk *w, struct sm_bytes piece)
{
	struct sm_bytes head = sm_bytes_first(sm_buf_bytes(&w->line),
	    SM_DELIM_LINE + 2);

	if (w->line.len <= SM_DELIM_LINE + 2)
		return false;
	return w->line.len > w->limits.header_bytes ||
	    memchr(piece.data, '\0', piece.len) != NULL ||
	    memchr(head.data, '\0', head.len) != NULL ||
	    memchr(head.data, ':', head.len) == NULL;
}

static int
header_bytes(struct sm_walk *w, struct sm_bytes *in)
{
	const uint8_t *lf = memchr(in->data, '\n', in->len);
	size_t n = lf == NULL ? in->len : (size_t)(lf - in->data) + 1;
	struct sm_bytes piece = sm_bytes_first(*in, n);

	if (sm_buf_append(&w->line, piece) != 0)
		return walk_nomem(w);
	*in = sm_bytes_skip(*in, n);
	return lf != NULL || line_is_due(w, piece) ? header_line(w) : SM_OK;
}

int
sm_walk_write(struct sm_walk *w, struct sm_bytes in)
{
	while (in.len > 0)
		SM_TRY(w->header != NULL ? header_bytes(w, &in) :
		    body_bytes(w, &in));
	return SM_OK;
}

/* What the matcher still holds, if it was in a body. */
static int
body_finish(struct sm_walk *w)
{
	while (w->header == NULL && w->open > 0) {
		struct sm_delim_set set = walk_set(w);
		struct sm_delim_hit hit;
		enum sm_delim_event ev = sm_delim_finish(&w->delim, &set, &hit);

		if (ev == SM_DELIM_MORE)
			break;
		if (ev != SM_DELIM_DATA)
			SM_TRY(delimiter(w, hit.index, ev == SM_DELIM_CLOSE));
	}
	return SM_OK;
}

int
sm_walk_finish(struct sm_walk *w)
{
	if (w->header != NULL && w->line.len > 0)
		SM_TRY(header_line(w));
	SM_TRY(body_finish(w));
	return header_cut(w);
}
