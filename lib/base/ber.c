#include <base/ber.h>

#include <base/der.h>
#include <base/try.h>

#include <stdlib.h>

enum {
	CONSTRUCTED = 0x20,
	TAG_NUMBER = 0x1f,
	TAG_CLASS = 0xc0,
	LENGTH_INDEFINITE = 0x80,
	LENGTH_RESERVED = 0xff,
	FRAMES_MIN = 8,
};

/* What a constructed element holds. */
enum ber_kind {
	BER_ELEMENTS, /* elements of any kind */
	BER_STRING,   /* the segments of a string, joined in the output */
	BER_SEGMENT,  /* segments within a segment: no element of its own */
};

struct ber_frame {
	size_t limit; /* where it ends, or must have ended when indefinite */
	bool indefinite;
	enum ber_kind kind;
	size_t mark; /* of sm_derw_begin, unless BER_SEGMENT */
};

struct ber_walk {
	struct sm_bytes in;
	size_t pos;
	struct sm_derw out;
	struct ber_frame *frame;
	size_t depth;
	size_t room;      /* frames allocated */
	size_t max_depth;
	unsigned segment; /* tag of the segments of the open string, or 0 */
	uint8_t unused;   /* bits unused in its last segment (BIT STRING) */
};

struct ber_header {
	unsigned tag;
	size_t len; /* unless indefinite */
	bool indefinite;
};

/* The end of the innermost open element, or of the input. */
static size_t
ber_limit(const struct ber_walk *w)
{
	return w->depth == 0 ? w->in.len : w->frame[w->depth - 1].limit;
}

/* A long length: n octets, leading zeros allowed (X.690 section 8.1.3.5). */
static int
ber_long_length(struct ber_walk *w, size_t limit, size_t n, size_t *len)
{
	size_t v = 0;

	if (n > limit - w->pos)
		return SM_E_FORMAT;
	for (; n > 0; n--) {
		if (v > SIZE_MAX >> 8)
			return SM_E_FORMAT;
		v = v << 8 | w->in.data[w->pos++];
	}
	*len = v;
	return SM_OK;
}

static int
ber_header(struct ber_walk *w, struct ber_header *h)
{
	size_t limit = ber_limit(w);
	unsigned first;

	if (limit - w->pos < 2)
		return SM_E_FORMAT;
	h->tag = w->in.data[w->pos++];
	first = w->in.data[w->pos++];
	h->indefinite = first == LENGTH_INDEFINITE;
	h->len = first;
	if ((h->tag & TAG_NUMBER) == TAG_NUMBER || (h->tag & ~0x20u) == 0)
		return SM_E_FORMAT;
	if (h->indefinite)
		return (h->tag & CONSTRUCTED) != 0 ? SM_OK : SM_E_FORMAT;
	if (first == LENGTH_RESERVED)
		return SM_E_FORMAT;
	if (first > LENGTH_INDEFINITE)
		SM_TRY(ber_long_length(w, limit, first & 0x7f, &h->len));
	return h->len <= limit - w->pos ? SM_OK : SM_E_FORMAT;
}

/* The tag of the segments when tag is a string's, else 0. A BIT STRING has BIT
 * STRING segments (X.690 section 8.6.4.1); the character and time types are
 * encoded as if they were an OCTET STRING (section 8.23.2). */
static unsigned
ber_segment_tag(unsigned tag)
{
	switch (tag & ~(unsigned)CONSTRUCTED) {
	case SM_DER_BIT_STRING:
		return SM_DER_BIT_STRING;
	case SM_DER_OCTET_STRING:
	case 0x07: /* ObjectDescriptor */
	case SM_DER_UTF8_STRING:
	case 0x12: /* NumericString */
	case SM_DER_PRINTABLE_STRING:
	case 0x14: /* T61String */
	case 0x15: /* VideotexString */
	case SM_DER_IA5_STRING:
	case SM_DER_UTC_TIME:
	case SM_DER_GENERALIZED_TIME:
	case 0x19: /* GraphicString */
	case 0x1a: /* VisibleString */
	case 0x1b: /* GeneralString */
	case 0x1c: /* UniversalString */
	case 0x1e: /* BMPString */
		return SM_DER_OCTET_STRING;
	default:
		return 0;
	}
}

/* SEQUENCE, SET, EXTERNAL, EMBEDDED PDV and CHARACTER STRING are constructed,
 * the other universal types but strings are not; other classes may be both. */
static bool
ber_form_ok(unsigned tag)
{
	bool constructed = (tag & CONSTRUCTED) != 0;

	if ((tag & TAG_CLASS) != 0)
		return true;
	switch (tag & TAG_NUMBER) {
	case 0x08:
	case 0x0b:
	case 0x10:
	case 0x11:
	case 0x1d:
		return constructed;
	default:
		return !constructed || ber_segment_tag(tag) != 0;
	}
}

static int
ber_push(struct ber_walk *w, const struct ber_frame *f)
{
	struct ber_frame *p;
	size_t room, size;

	if (w->depth >= w->max_depth)
		return SM_E_LIMIT;
	if (w->depth == w->room) {
		room = w->room == 0 ? FRAMES_MIN : w->room * 2;
		if (!sm_size_mul(&size, room, sizeof(*p)))
			return SM_E_NOMEM;
		p = realloc(w->frame, size);
		if (p == NULL)
			return SM_E_NOMEM;
		w->frame = p;
		w->room = room;
	}
	w->frame[w->depth++] = *f;
	return SM_OK;
}

/* Begin a constructed element outside a string. */
static int
ber_open(struct ber_walk *w, const struct ber_header *h, size_t limit)
{
	struct ber_frame f = { limit, h->indefinite, BER_ELEMENTS, 0 };
	unsigned tag = h->tag;

	w->segment = ber_segment_tag(tag);
	if (w->segment != 0) {
		f.kind = BER_STRING;
		tag &= ~(unsigned)CONSTRUCTED;
	}
	f.mark = sm_derw_begin(&w->out, tag);
	if (w->segment == SM_DER_BIT_STRING) {
		w->unused = 0;
		sm_derw_raw(&w->out, sm_bytes("", 1));
	}
	SM_TRY(sm_derw_status(&w->out));
	return ber_push(w, &f);
}

/* One primitive segment. Only the last of a BIT STRING may leave bits unused
 * (X.690 section 8.6.4). */
static int
ber_segment(struct ber_walk *w, struct sm_bytes c)
{
	if (w->segment == SM_DER_BIT_STRING) {
		if (c.len == 0 || c.data[0] > 7 || w->unused != 0)
			return SM_E_FORMAT;
		if (c.len == 1 && c.data[0] != 0)
			return SM_E_FORMAT;
		w->unused = c.data[0];
		c = sm_bytes_skip(c, 1);
	}
	sm_derw_raw(&w->out, c);
	return sm_derw_status(&w->out);
}

/* The header of an element within a string has been read. */
static int
ber_in_string(struct ber_walk *w, const struct ber_header *h, size_t limit)
{
	struct ber_frame f = { limit, h->indefinite, BER_SEGMENT, 0 };
	struct sm_bytes c;

	if ((h->tag & ~(unsigned)CONSTRUCTED) != w->segment)
		return SM_E_FORMAT;
	if ((h->tag & CONSTRUCTED) != 0)
		return ber_push(w, &f);
	c = sm_bytes(w->in.data + w->pos, h->len);
	w->pos += h->len;
	return ber_segment(w, c);
}

/* Take one header and, when it is primitive, its contents. */
static int
ber_element(struct ber_walk *w)
{
	struct ber_header h;
	size_t limit;

	SM_TRY(ber_header(w, &h));
	limit = h.indefinite ? ber_limit(w) : w->pos + h.len;
	if (w->segment != 0)
		return ber_in_string(w, &h, limit);
	if (!ber_form_ok(h.tag))
		return SM_E_FORMAT;
	if ((h.tag & CONSTRUCTED) != 0)
		return ber_open(w, &h, limit);
	sm_derw_add(&w->out, h.tag, sm_bytes(w->in.data + w->pos, h.len));
	w->pos += h.len;
	return sm_derw_status(&w->out);
}

static int
ber_close(struct ber_walk *w)
{
	const struct ber_frame *f = &w->frame[--w->depth];

	if (f->kind == BER_SEGMENT)
		return SM_OK;
	if (f->kind == BER_STRING) {
		if (w->segment == SM_DER_BIT_STRING)
			w->out.buf->data[f->mark] = w->unused;
		w->segment = 0;
	}
	sm_derw_end(&w->out, f->mark);
	return sm_derw_status(&w->out);
}

/* Does the innermost element end here? Its end-of-contents is consumed. */
static bool
ber_at_end(struct ber_walk *w)
{
	const struct ber_frame *f = &w->frame[w->depth - 1];

	if (!f->indefinite)
		return w->pos == f->limit;
	if (f->limit - w->pos < 2 || w->in.data[w->pos] != 0 ||
	    w->in.data[w->pos + 1] != 0)
		return false;
	w->pos += 2;
	return true;
}

static int
ber_walk(struct ber_walk *w)
{
	do {
		if (w->depth > 0 && ber_at_end(w))
			SM_TRY(ber_close(w));
		else
			SM_TRY(ber_element(w));
	} while (w->depth > 0);
	return w->pos == w->in.len ? SM_OK : SM_E_FORMAT;
}

/* Take back what was appended; making a buffer shorter does not fail. */
static void
ber_undo(struct sm_buf *out, size_t len)
{
	if (sm_buf_resize(out, len) != 0)
		sm_buf_clear(out);
}

int
sm_ber_to_der(struct sm_buf *out, struct sm_bytes in,
    const struct sm_limits *limits)
{
	struct ber_walk w = { .in = in, .max_depth = limits->asn1_depth };
	size_t start = out->len;
	int rc;

	sm_derw_init(&w.out, out);
	rc = ber_walk(&w);
	free(w.frame);
	if (rc != 0)
		ber_undo(out, start);
	return rc;
}
