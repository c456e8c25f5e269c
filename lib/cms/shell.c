/* The reader: a stack of open elements over the tables of shell_grammar.c. */
#include <base/ber.h>
#include <base/der.h>
#include <base/try.h>
#include <cms/shell.h>
#include <cms/shell_collect.h>
#include <cms/shell_grammar.h>
#include <stdio.h>
#include <stdlib.h>

#define FRAMES_MAX 48

enum state {
	ST_HEADER,   /* reading identifier and length */
	ST_COLLECT,  /* gathering an element */
	ST_CONTENT,  /* inside primitive content octets */
	ST_TRAILER,  /* behind the outermost element */
};

struct frame {
	enum sm_shell_kind kind;
	unsigned item;        /* next item of the grammar */
	uint64_t end;         /* offset of its end, or SM_BER_INDEFINITE */
	bool owns_content;    /* its end is the end of the content */
};

struct sm_shell {
	struct sm_cms_events ev;
	const struct sm_limits *limits;
	struct sm_error *err;
	enum sm_cms_type type;
	enum state state;
	uint64_t offset;              /* bytes consumed */
	struct frame frames[FRAMES_MAX];
	unsigned depth;
	bool started;                 /* the outermost element has begun */
	struct sm_ber_header header;
	struct sm_collect collect;
	unsigned collect_act, collect_field;
	uint64_t collected;           /* bytes of all collected elements */
	struct sm_buf der;
	uint64_t content_left;
	bool content_owner;           /* ST_CONTENT ends the content */
};

static int
bad(struct sm_shell *s, const char *reason, const char *what)
{
	return sm_error_set_at(s->err, SM_E_FORMAT, reason, "RFC 5652",
	    s->offset, "The CMS structure is damaged: %s at byte %llu.", what,
	    (unsigned long long)s->offset);
}

static int
bad_in(struct sm_shell *s, const char *reason, const char *what)
{
	const char *name = "the outermost element";
	char text[160];

	if (s->depth > 0)
		sm_shell_grammar(s->frames[s->depth - 1].kind, NULL, &name);
	snprintf(text, sizeof text, "%s in %s", what, name);
	return bad(s, reason, text);
}

int
sm_shell_new(struct sm_shell **out, enum sm_cms_type naked,
    const struct sm_cms_events *ev, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_shell *s = calloc(1, sizeof *s);

	*out = NULL;
	if (s == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "Out of memory.");
	s->ev = *ev;
	s->limits = limits;
	s->err = err;
	s->type = naked;
	*out = s;
	return SM_OK;
}

void
sm_shell_free(struct sm_shell *s)
{
	if (s == NULL)
		return;
	sm_collect_free(&s->collect);
	sm_buf_free(&s->der);
	free(s);
}

/* ---- frames ---- */

static int
frame_push(struct sm_shell *s, enum sm_shell_kind kind, bool owns_content)
{
	uint64_t end = SM_BER_INDEFINITE;

	if (s->depth >= FRAMES_MAX || s->depth >= s->limits->asn1_depth)
		return sm_error_set_at(s->err, SM_E_LIMIT, "asn1-depth", NULL,
		    s->offset, "The CMS structure is nested deeper than the "
		    "limit asn1-depth of %u.", (unsigned)s->limits->asn1_depth);
	if (s->header.length != SM_BER_INDEFINITE)
		end = s->offset + s->header.length;
	s->frames[s->depth++] = (struct frame){ kind, 0, end, owns_content };
	return SM_OK;
}

/* The end by which the innermost definite element must be over. */
static uint64_t
bound(const struct sm_shell *s)
{
	for (unsigned i = s->depth; i > 0; i--)
		if (s->frames[i - 1].end != SM_BER_INDEFINITE)
			return s->frames[i - 1].end;
	return SM_BER_INDEFINITE;
}

static int
content_end(struct sm_shell *s)
{
	return s->ev.content_end != NULL ? s->ev.content_end(s->ev.ctx) : SM_OK;
}

/* An element ends: what is left of its grammar must be optional. */
static int
frame_pop(struct sm_shell *s)
{
	struct frame f = s->frames[s->depth - 1];
	bool repeat;
	const struct sm_shell_item *items = sm_shell_grammar(f.kind, &repeat, NULL);

	if (!repeat)
		for (const struct sm_shell_item *i = items + f.item;
		    i->act != SM_ACT_END; i++)
			if (!i->optional)
				return bad_in(s, "cms-missing-element",
				    "a required element is missing");
	s->depth--;
	if (f.owns_content)
		SM_TRY(content_end(s));
	if (s->depth > 0)
		return SM_OK;
	s->state = ST_TRAILER;
	return s->ev.end != NULL ? s->ev.end(s->ev.ctx) : SM_OK;
}

/* Close every definite element that ends here. */
static int
close_definite(struct sm_shell *s)
{
	while (s->depth > 0 && s->frames[s->depth - 1].end == s->offset)
		SM_TRY(frame_pop(s));
	return SM_OK;
}

/* ---- what stands here ---- */

static bool
tag_fits(const struct sm_shell_item *item, unsigned tag)
{
	if (item->tag == 0 || item->tag == tag)
		return true;
	/* Strings may be constructed in BER; content always, the rest when it is
	 * collected and turned to DER. */
	return (item->act == SM_ACT_CONTENT || item->tag == SM_DER_OCTET_STRING) &&
	    (item->tag | 0x20u) == tag;
}

static const struct sm_shell_item *
next_item(struct sm_shell *s)
{
	struct frame *f = &s->frames[s->depth - 1];
	bool repeat;
	const struct sm_shell_item *i = sm_shell_grammar(f->kind, &repeat, NULL);

	if (repeat)
		return tag_fits(i, s->header.tag) ? i : NULL;
	for (i += f->item; i->act != SM_ACT_END; i++) {
		f->item++;
		if (tag_fits(i, s->header.tag))
			return i;
		if (!i->optional)
			return NULL;
	}
	return NULL;
}

static uint32_t
collect_max(const struct sm_shell *s, unsigned field)
{
	switch (field) {
	case SM_F_RECIPIENT: /* one KeyAgreeRecipientInfo may serve hundreds */
		return s->limits->cms_collected_bytes;
	case SM_F_CRL:
		return s->limits->crl_bytes;
	default:
		return s->limits->asn1_object_bytes;
	}
}

static int
collect_limit(struct sm_shell *s)
{
	bool crl = s->collect_field == SM_F_CRL;
	bool all = s->collect_field == SM_F_RECIPIENT;

	return sm_error_set_at(s->err, SM_E_LIMIT,
	    crl ? "crl-bytes" : all ? "cms-collected-bytes" : "asn1-object-bytes",
	    NULL, s->offset, "One element of the CMS structure is larger than "
	    "the limit %s of %u bytes.",
	    crl ? "crl-bytes" : all ? "cms-collected-bytes" : "asn1-object-bytes",
	    (unsigned)collect_max(s, s->collect_field));
}

static int
content_type_known(struct sm_shell *s, struct sm_bytes der)
{
	struct sm_bytes oid;

	if (!sm_der_get_oid(&der, &oid))
		return bad(s, "cms-content-type", "a malformed content type");
	s->type = sm_cms_type_of(oid);
	return s->ev.begin != NULL ? s->ev.begin(s->ev.ctx, s->type) : SM_OK;
}

static int
collect_done(struct sm_shell *s)
{
	struct sm_bytes raw = sm_buf_bytes(&s->collect.buf);
	int rc;

	s->state = ST_HEADER;
	s->collected += raw.len;
	if (s->collected > s->limits->cms_collected_bytes)
		return sm_error_set_at(s->err, SM_E_LIMIT, "cms-collected-bytes",
		    NULL, s->offset, "Certificates, recipients and signers "
		    "together are larger than the limit cms-collected-bytes of "
		    "%u.", (unsigned)s->limits->cms_collected_bytes);
	s->der.len = 0;
	rc = sm_ber_to_der(&s->der, raw, s->limits);
	if (rc == SM_E_LIMIT)
		return sm_error_set_at(s->err, rc, "asn1-depth", NULL, s->offset,
		    "An element is nested deeper than the limit asn1-depth of "
		    "%u.", (unsigned)s->limits->asn1_depth);
	if (rc != 0)
		return rc == SM_E_NOMEM ? rc :
		    bad_in(s, "cms-element", "a malformed element");
	if (s->collect_act == SM_ACT_TYPE)
		SM_TRY(content_type_known(s, sm_buf_bytes(&s->der)));
	else if (s->ev.field != NULL)
		SM_TRY(s->ev.field(s->ev.ctx,
		    (enum sm_cms_field)s->collect_field, sm_buf_bytes(&s->der),
		    sm_bytes_equal(raw, sm_buf_bytes(&s->der))));
	return close_definite(s);
}

static int
begin_collect(struct sm_shell *s, const struct sm_shell_item *item)
{
	int rc;

	s->collect_act = item->act;
	s->collect_field = item->arg;
	rc = sm_collect_begin(&s->collect, &s->header,
	    collect_max(s, item->arg), s->limits->asn1_depth);
	s->state = ST_COLLECT;
	if (rc == SM_E_LIMIT)
		return collect_limit(s);
	return rc == 1 ? collect_done(s) : rc;
}

static int
begin_body(struct sm_shell *s)
{
	enum sm_shell_kind kind = sm_shell_body_kind(s->type);

	if (kind == SM_K_COUNT)
		return sm_error_set_at(s->err, SM_E_UNSUPPORTED,
		    "cms-content-type", "RFC 5652 section 3", s->offset,
		    "This is CMS content of the type \"%s\", which Sealmail does "
		    "not read.", sm_cms_type_name(s->type));
	if (kind != SM_K_OCTETS) {
		if (s->header.tag != SM_DER_SEQUENCE)
			return bad_in(s, "cms-unexpected-element",
			    "something other than a SEQUENCE");
		return frame_push(s, kind, false);
	}
	return SM_OK;
}

static int
begin_content(struct sm_shell *s, bool nested)
{
	bool primitive = (s->header.tag & 0x20) == 0;

	if (!nested && s->ev.content_begin != NULL)
		SM_TRY(s->ev.content_begin(s->ev.ctx, primitive,
		    primitive ? s->header.length : 0));
	if (!primitive)
		return frame_push(s, SM_K_OCTETS, !nested);
	s->content_left = s->header.length;
	s->content_owner = !nested;
	s->state = ST_CONTENT;
	return SM_OK;
}

static int
content_piece_done(struct sm_shell *s)
{
	s->state = ST_HEADER;
	if (s->content_owner)
		SM_TRY(content_end(s));
	return close_definite(s);
}

static int
act_on(struct sm_shell *s, const struct sm_shell_item *item)
{
	enum sm_shell_kind here = s->frames[s->depth - 1].kind;

	switch (item->act) {
	case SM_ACT_TYPE:
	case SM_ACT_COLLECT:
		return begin_collect(s, item);
	case SM_ACT_ENTER:
		return frame_push(s, (enum sm_shell_kind)item->arg, false);
	case SM_ACT_BODY:
		if (s->type == SM_CMS_DATA &&
		    (s->header.tag & ~0x20u) == SM_DER_OCTET_STRING)
			return begin_content(s, false);
		return begin_body(s);
	default:
		return begin_content(s, here == SM_K_OCTETS);
	}
}

/* The first element: a ContentInfo, or the type itself. */
static int
begin_outermost(struct sm_shell *s)
{
	s->started = true;
	if (s->header.tag != SM_DER_SEQUENCE)
		return bad(s, "cms-not-cms", "this is no CMS structure");
	if (s->type == SM_CMS_UNKNOWN)
		return frame_push(s, SM_K_CONTENT_INFO, false);
	if (s->ev.begin != NULL)
		SM_TRY(s->ev.begin(s->ev.ctx, s->type));
	return begin_body(s);
}

static int
end_of_contents(struct sm_shell *s)
{
	if (s->depth == 0 || s->frames[s->depth - 1].end != SM_BER_INDEFINITE)
		return bad_in(s, "cms-unexpected-end",
		    "an end-of-contents that ends nothing");
	SM_TRY(frame_pop(s));
	return close_definite(s);
}

static int
header_done(struct sm_shell *s)
{
	const struct sm_shell_item *item;
	uint64_t room = bound(s);

	if (room < s->offset || (s->header.length != SM_BER_INDEFINITE &&
	    room != SM_BER_INDEFINITE && s->header.length > room - s->offset))
		return bad_in(s, "cms-length",
		    "an element longer than the one it stands in");
	if (sm_ber_header_is_eoc(&s->header))
		return end_of_contents(s);
	if (s->depth == 0) {
		SM_TRY(begin_outermost(s));
	} else {
		item = next_item(s);
		if (item == NULL)
			return bad_in(s, "cms-unexpected-element",
			    "an element that does not belong there");
		SM_TRY(act_on(s, item));
	}
	if (s->state == ST_CONTENT && s->content_left == 0)
		return content_piece_done(s);
	return s->state == ST_HEADER ? close_definite(s) : SM_OK;
}

/* ---- the stream ---- */

static int
take_header(struct sm_shell *s, struct sm_bytes in, size_t *used)
{
	const char *why = NULL;
	int rc;

	if (s->header.have == 0 && s->depth > 0 && s->offset >= bound(s))
		return bad_in(s, "cms-length", "an element without its end");
	*used = 1;
	s->offset++;
	rc = sm_ber_header_push(&s->header, in.data[0], &why);
	if (rc < 0)
		return s->started ? bad_in(s, "cms-header", why) :
		    bad(s, "cms-not-cms", "this is no CMS structure");
	if (rc == 0)
		return SM_OK;
	rc = header_done(s);
	s->header.have = 0;
	return rc;
}

static int
take_collect(struct sm_shell *s, struct sm_bytes in, size_t *used)
{
	const char *why = NULL;
	uint64_t room = bound(s);
	int rc;

	if (room != SM_BER_INDEFINITE && in.len > room - s->offset)
		in.len = (size_t)(room - s->offset);
	if (in.len == 0)
		return bad_in(s, "cms-length", "an element without its end");
	rc = sm_collect_write(&s->collect, in, used, &why);
	s->offset += *used;
	if (rc == SM_E_LIMIT && strcmp(why, "size") == 0)
		return collect_limit(s);
	if (rc == SM_E_LIMIT)
		return sm_error_set_at(s->err, rc, "asn1-depth", NULL, s->offset,
		    "An element is nested deeper than the limit asn1-depth of "
		    "%u.", (unsigned)s->limits->asn1_depth);
	if (rc == SM_E_FORMAT)
		return bad_in(s, "cms-element", why);
	return rc == 1 ? collect_done(s) : rc;
}

static int
take_content(struct sm_shell *s, struct sm_bytes in, size_t *used)
{
	size_t n = in.len < s->content_left ? in.len : (size_t)s->content_left;

	*used = n;
	s->offset += n;
	s->content_left -= n;
	if (s->ev.content != NULL)
		SM_TRY(s->ev.content(s->ev.ctx, sm_bytes_first(in, n)));
	return s->content_left == 0 ? content_piece_done(s) : SM_OK;
}

static int
take_trailer(struct sm_shell *s, struct sm_bytes in, size_t *used)
{
	for (size_t i = 0; i < in.len; i++, s->offset++)
		if (in.data[i] != 0 && strchr(" \t\r\n", in.data[i]) == NULL)
			return bad(s, "cms-trailing-bytes",
			    "bytes behind its end");
	*used = in.len;
	return SM_OK;
}

int
sm_shell_write(struct sm_shell *s, struct sm_bytes in)
{
	static int (*const take[])(struct sm_shell *, struct sm_bytes,
	    size_t *) = {
		[ST_HEADER] = take_header,
		[ST_COLLECT] = take_collect,
		[ST_CONTENT] = take_content,
		[ST_TRAILER] = take_trailer,
	};

	while (in.len > 0) {
		size_t used = 0;

		SM_TRY(take[s->state](s, in, &used));
		in = sm_bytes_skip(in, used);
	}
	return SM_OK;
}

int
sm_shell_finish(struct sm_shell *s)
{
	if (s->state == ST_TRAILER)
		return SM_OK;
	return bad_in(s, "cms-truncated", "the end is missing");
}
