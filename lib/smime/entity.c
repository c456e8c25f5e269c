/* A MIME entity in a pass: its header says what it is; its body runs into a
 * node when it is a layer, else it is the leaf that people see. */
#include <base/base64.h>
#include <base/try.h>
#include <mime/lex.h>
#include <smime/open_parts.h>
#include <stdio.h>
#include <stdlib.h>

#define SNIFF_BYTES 72
#define INNER_FROMS_MAX 64

enum mode {
	M_SNIFF,    /* root: what kind of input is this? */
	M_HEADER,
	M_CMS,      /* bytes go to the node as they are */
	M_DECODE,   /* through a transfer decoding to the node */
	M_PEM,
	M_CLEAR,
	M_LEAF,
};

struct sm_entity {
	struct sm_open *o;
	unsigned depth;
	enum mode mode;
	uint8_t sniff[SNIFF_BYTES];
	size_t sniffed;
	struct sm_header *header;
	struct sm_decoder *decoder;
	struct sm_pem *pem;
	struct sm_cms_node *cms;
	struct sm_clear_node *clear;
	struct sm_walk *walk;
};

/* ---- the leaf ---- */

static bool
ends_with(const char *s, const char *tail)
{
	size_t n = strlen(s), t = strlen(tail);

	return n >= t && strcasecmp(s + n - t, tail) == 0;
}

static const char *
file_name(const struct sm_mime_value *type, const struct sm_mime_value *disp)
{
	const char *name = sm_mime_value_param(disp, "filename");

	if (name == NULL)
		name = sm_mime_value_param(type, "name");
	return name == NULL ? "" : name;
}

/* Is a body of this type CMS?  RFC 8551 section 3.9. */
static bool
is_cms_type(const struct sm_mime_value *type, const struct sm_mime_value *disp)
{
	const char *name = file_name(type, disp);

	if (type->value == NULL)
		return false;
	if (strcmp(type->value, "application/pkcs7-mime") == 0 ||
	    strcmp(type->value, "application/x-pkcs7-mime") == 0)
		return true;
	return strcmp(type->value, "application/octet-stream") == 0 &&
	    (ends_with(name, ".p7m") || ends_with(name, ".p7s") ||
	    ends_with(name, ".p7c"));
}

static bool
is_clear_type(const struct sm_mime_value *type)
{
	const char *protocol = sm_mime_value_param(type, "protocol");

	return type->value != NULL &&
	    strcmp(type->value, "multipart/signed") == 0 && protocol != NULL &&
	    (strcasecmp(protocol, "application/pkcs7-signature") == 0 ||
	    strcasecmp(protocol, "application/x-pkcs7-signature") == 0);
}

static int
errant_add(struct sm_open *o, const char *part, const char *why)
{
	struct sm_open_errant *list;

	/* The list is for people; a thousand are enough to see the point. */
	if (o->errant_count >= 1000)
		return SM_OK;
	list = realloc(o->errant, (o->errant_count + 1) * sizeof *list);
	if (list == NULL)
		return SM_E_NOMEM;
	o->errant = list;
	list[o->errant_count].part = sm_text("%s", part);
	list[o->errant_count].why = sm_text("%s", why);
	o->errant_count++;
	return list[o->errant_count - 1].part == NULL ||
	    list[o->errant_count - 1].why == NULL ? SM_E_NOMEM : SM_OK;
}

static const char *
errant_why(const struct sm_mime_value *type, const struct sm_mime_value *disp)
{
	if (type->duplicate && type->value != NULL &&
	    (is_cms_type(type, disp) || is_clear_type(type)))
		return "This part says twice what it is, so nobody can rely on "
		    "it: it is treated as an attachment.";
	if (is_clear_type(type))
		return "This part is signed by itself. It stands inside other "
		    "content that the signature does not cover, so its signature "
		    "does not count for the message.";
	if (is_cms_type(type, disp))
		return "This part is signed or encrypted by itself. It is an "
		    "attachment here: save it and open it alone.";
	return NULL;
}

static int
from_too_many(struct sm_open *o)
{
	o->inner_doubt = "The message holds more protected From fields than "
	    "anybody can compare.";
	return SM_OK;
}

/* A field is met again in each pass, and mostly repeats one further out. */
static int
from_add(struct sm_open *o, struct sm_bytes value)
{
	struct sm_buf *list;

	for (size_t i = 0; i < o->inner_from_count; i++)
		if (sm_bytes_equal(sm_buf_bytes(&o->inner_from[i]), value))
			return SM_OK;
	if (o->inner_from_count >= INNER_FROMS_MAX)
		return from_too_many(o);
	list = realloc(o->inner_from, (o->inner_from_count + 1) * sizeof *list);
	if (list == NULL)
		return SM_E_NOMEM;
	o->inner_from = list;
	list[o->inner_from_count] = (struct sm_buf)SM_BUF_INIT;
	o->inner_from_count++;
	return sm_buf_append(&list[o->inner_from_count - 1], value);
}

/* From fields of a header that stands inside the protection (RFC 9788, or the
 * message/rfc822 of RFC 8551 section 3.1). */
static int
inner_froms(struct sm_open *o, const struct sm_header *h)
{
	long i;

	if (sm_header_ambiguous(h))
		o->inner_doubt = "The protected header is damaged: mail programs "
		    "may read another sender in it.";
	for (size_t n = 0; (i = sm_header_find(h, "From", n)) >= 0; n++) {
		if (n >= INNER_FROMS_MAX)
			return from_too_many(o);
		SM_TRY(from_add(o, sm_header_value(h, (size_t)i)));
	}
	return SM_OK;
}

/* The leaf is a wrapped message under an encoding, which RFC 2046 section 5.2.1
 * forbids: we do not look inside, other programs do, and show its From. */
static void
wrap_check(struct sm_open *o, const struct sm_mime_value *type,
    const struct sm_header *h)
{
	long cte = sm_header_find(h, "Content-Transfer-Encoding", 0);
	struct sm_bytes value = sm_bytes_str("7bit");

	if (type->value == NULL || (strcmp(type->value, "message/rfc822") != 0 &&
	    strcmp(type->value, "message/global") != 0))
		return;
	if (cte >= 0)
		value = sm_header_value(h, (size_t)cte);
	if (!sm_lex_same_word(value, sm_bytes_str("7bit")) &&
	    !sm_lex_same_word(value, sm_bytes_str("8bit")) &&
	    !sm_lex_same_word(value, sm_bytes_str("binary")))
		o->inner_doubt = "The message inside is encoded, which hides who "
		    "it is from.";
}

static int
walked_part(void *ctx, const char *path, const struct sm_header *h)
{
	struct sm_entity *e = ctx;
	struct sm_mime_value type = { 0 }, disp = { 0 };
	char part[160];
	const char *why;
	int rc = SM_OK;

	/* A wrapped message is the first child of the leaf. */
	if (e->depth > 0 && strcmp(path, "1") == 0)
		rc = inner_froms(e->o, h);
	if (rc != 0)
		return rc;
	SM_TRY_OUT(sm_mime_value_read(&type, h, "Content-Type"));
	SM_TRY_OUT(sm_mime_value_read(&disp, h, "Content-Disposition"));
	if (e->depth > 0 && *path == '\0')
		wrap_check(e->o, &type, h);
	why = errant_why(&type, &disp);
	if (why == NULL)
		goto out;
	snprintf(part, sizeof part, "1%s%s", *path == '\0' ? "" : ".", path);
	rc = errant_add(e->o, part, why);
out:
	sm_mime_value_wipe(&type);
	sm_mime_value_wipe(&disp);
	return rc;
}

static int
leaf_bytes(struct sm_entity *e, struct sm_bytes in)
{
	e->o->leaf_bytes += in.len;
	if (e->walk != NULL)
		SM_TRY(sm_walk_write(e->walk, in));
	if (!e->o->emit)
		return SM_OK;
	e->o->emitted = true;
	return sm_sink_write(&e->o->opt.out, in);
}

/* Only the first reading looks for layers that are not at the root. */
static int
leaf_begin(struct sm_entity *e)
{
	struct sm_walk_events ev = { e, walked_part };
	struct sm_open *o = e->o;

	if (o->opt.mode == SM_OPEN_DECRYPT && e->depth == 0)
		return sm_error_set(&o->err, SM_E_FORMAT, "not-encrypted", NULL,
		    "The message is not encrypted. Use \"sealmail open\" to see "
		    "what it is.");
	e->mode = M_LEAF;
	o->leaf_bytes = 0;
	if (o->leaf_reached || o->opt.mode == SM_OPEN_DECRYPT)
		return SM_OK;
	for (size_t i = 0; i < o->errant_count; i++) {
		free(o->errant[i].part);
		free(o->errant[i].why);
	}
	o->errant_count = 0;
	return sm_walk_new(&e->walk, &ev, &o->opt.limits, &o->err);
}

static int
leaf_finish(struct sm_entity *e)
{
	if (e->walk != NULL)
		SM_TRY(sm_walk_finish(e->walk));
	e->o->leaf_reached = true;
	e->o->leaf_emitted = e->o->emit;
	return SM_OK;
}

/* ---- what is it? ---- */

/* Of a message's header we keep what the verdict needs. */
static int
root_header(struct sm_open *o, const struct sm_header *h)
{
	long i = sm_header_find(h, "From", 0);
	long date = sm_header_find(h, "Date", 0);

	if (o->header_kept)
		return SM_OK;
	o->header_kept = true;
	o->header_doubt = sm_header_ambiguous(h);
	o->is_message = sm_header_is_message(h) || o->header_doubt;
	/* two are too many; nobody counts ten thousand */
	while (o->from_count < 2 && sm_header_find(h, "From", o->from_count) >= 0)
		o->from_count++;
	if (i >= 0)
		SM_TRY(sm_buf_append(&o->from, sm_header_value(h, (size_t)i)));
	if (date >= 0)
		o->has_date = sm_mime_date(sm_header_value(h, (size_t)date),
		    &o->date);
	return SM_OK;
}

static bool
wants_type(const struct sm_entity *e, const struct sm_mime_value *type,
    bool clear)
{
	const char *smime_type;

	if (e->depth >= e->o->leaf_depth)
		return false;
	if (e->depth == 0 || e->o->opt.mode != SM_OPEN_VERIFY || clear)
		return true;
	/* verify writes what was signed: an encrypted letter stays as it is. */
	smime_type = sm_mime_value_param(type, "smime-type");
	return smime_type != NULL &&
	    (strcasecmp(smime_type, "signed-data") == 0 ||
	    strcasecmp(smime_type, "compressed-data") == 0);
}

static int
begin_decoded_cms(struct sm_entity *e, const char *cte)
{
	struct sm_sink sink;

	SM_TRY(sm_cms_node_new(&e->cms, e->o, e->depth, SM_CMS_UNKNOWN, NULL));
	sink = sm_cms_node_sink(e->cms);
	e->mode = M_DECODE;
	return sm_decoder_new(&e->decoder, sm_cte_read(cte), &sink, &e->o->err);
}

static int
classify(struct sm_entity *e)
{
	struct sm_mime_value type = { 0 }, disp = { 0 }, cte = { 0 };
	int rc;

	if (!sm_header_found(e->header)) {
		if (e->depth == 0)
			return sm_error_set(&e->o->err, SM_E_FORMAT,
			    "not-a-message", NULL, "This is neither a message, nor "
			    "a MIME entity, nor CMS: it does not begin with a "
			    "header field or a CMS structure.");
		SM_TRY(leaf_begin(e));
		return leaf_bytes(e, sm_header_raw(e->header));
	}
	if (e->depth == 0)
		SM_TRY(root_header(e->o, e->header));
	else if (!e->o->leaf_reached)
		SM_TRY(inner_froms(e->o, e->header));
	SM_TRY_OUT(sm_mime_value_read(&type, e->header, "Content-Type"));
	SM_TRY_OUT(sm_mime_value_read(&disp, e->header, "Content-Disposition"));
	SM_TRY_OUT(sm_mime_value_read(&cte, e->header,
	    "Content-Transfer-Encoding"));
	if (!type.duplicate && !cte.duplicate && is_cms_type(&type, &disp) &&
	    wants_type(e, &type, false)) {
		rc = begin_decoded_cms(e, cte.value);
	} else if (!type.duplicate && is_clear_type(&type) &&
	    wants_type(e, &type, true)) {
		e->mode = M_CLEAR;
		rc = sm_clear_node_new(&e->clear, e->o, e->depth, &type);
	} else {
		SM_TRY_OUT(leaf_begin(e));
		rc = leaf_bytes(e, sm_header_raw(e->header));
	}
out:
	sm_mime_value_wipe(&type);
	sm_mime_value_wipe(&disp);
	sm_mime_value_wipe(&cte);
	return rc;
}

/* Bytes of the body that the header reader had to take belong to the layer; a
 * leaf has them already, in the raw header. */
static int
classify_and_rest(struct sm_entity *e)
{
	SM_TRY(classify(e));
	return e->mode == M_LEAF ? SM_OK :
	    sm_entity_write(e, sm_header_rest(e->header));
}

/* SEQUENCE, a length, then an OID: a ContentInfo in BER. */
static bool
looks_like_cms(const uint8_t *p, size_t n)
{
	size_t skip;

	if (n < 3 || p[0] != 0x30)
		return false;
	skip = p[1] <= 0x80 ? 2 : 2u + (p[1] & 0x7fu);
	return skip < n && p[skip] == 0x06;
}

/* Base64 of a ContentInfo with nothing around it: an attachment saved by hand. */
static bool
looks_like_base64(const uint8_t *p, size_t n)
{
	struct sm_base64_dec d = { 0 };
	uint8_t out[SNIFF_BYTES + 128];
	size_t len;

	if (n < 16 || p[0] != 'M')
		return false;
	return sm_base64_dec_update(&d, out, &len, sm_bytes(p, n)) == 0 &&
	    looks_like_cms(out, len);
}

static int
begin_header(struct sm_entity *e)
{
	e->mode = M_HEADER;
	return sm_header_new(&e->header, &e->o->opt.limits, &e->o->err);
}

static int
begin_pem(struct sm_entity *e)
{
	struct sm_sink sink;

	SM_TRY(sm_cms_node_new(&e->cms, e->o, e->depth, SM_CMS_UNKNOWN, NULL));
	sink = sm_cms_node_sink(e->cms);
	e->mode = M_PEM;
	return sm_pem_new(&e->pem, &sink, &e->o->err);
}

static int
sniffed(struct sm_entity *e)
{
	struct sm_bytes in = sm_bytes(e->sniff, e->sniffed);

	if (looks_like_cms(e->sniff, e->sniffed)) {
		e->mode = M_CMS;
		SM_TRY(sm_cms_node_new(&e->cms, e->o, e->depth, SM_CMS_UNKNOWN,
		    NULL));
	} else if (e->sniffed >= 10 && memcmp(e->sniff, "-----BEGIN", 10) == 0) {
		SM_TRY(begin_pem(e));
	} else if (looks_like_base64(e->sniff, e->sniffed)) {
		SM_TRY(begin_decoded_cms(e, "base64"));
	} else {
		SM_TRY(begin_header(e));
	}
	return sm_entity_write(e, in);
}

/* ---- the stage ---- */

int
sm_entity_new(struct sm_entity **out, struct sm_open *o, unsigned depth,
    enum sm_cms_type type)
{
	struct sm_entity *e = calloc(1, sizeof *e);

	*out = e;
	if (e == NULL)
		return SM_E_NOMEM;
	e->o = o;
	e->depth = depth;
	if (depth == 0)
		return SM_OK;
	if (type == SM_CMS_DATA)
		return begin_header(e);
	/* CMS directly inside CMS (RFC 5652 section 2), where we follow it. */
	if (depth < o->leaf_depth && (type == SM_CMS_SIGNED ||
	    type == SM_CMS_COMPRESSED || (o->opt.mode != SM_OPEN_VERIFY &&
	    (type == SM_CMS_ENVELOPED || type == SM_CMS_AUTH_ENVELOPED ||
	    type == SM_CMS_ENCRYPTED || type == SM_CMS_DIGESTED)))) {
		e->mode = M_CMS;
		return sm_cms_node_new(&e->cms, o, depth, type, NULL);
	}
	return leaf_begin(e);
}

void
sm_entity_free(struct sm_entity *e)
{
	if (e == NULL)
		return;
	sm_header_free(e->header);
	sm_decoder_free(e->decoder);
	sm_pem_free(e->pem);
	sm_cms_node_free(e->cms);
	sm_clear_node_free(e->clear);
	sm_walk_free(e->walk);
	sm_wipe(e->sniff, sizeof e->sniff);
	free(e);
}

static int
write_sniff(struct sm_entity *e, struct sm_bytes in)
{
	size_t n = SNIFF_BYTES - e->sniffed;

	if (n > in.len)
		n = in.len;
	memcpy(e->sniff + e->sniffed, in.data, n);
	e->sniffed += n;
	if (e->sniffed < SNIFF_BYTES)
		return SM_OK;
	SM_TRY(sniffed(e));
	return sm_entity_write(e, sm_bytes_skip(in, n));
}

static int
write_header(struct sm_entity *e, struct sm_bytes in)
{
	size_t used;
	bool done;

	SM_TRY(sm_header_write(e->header, in, &used, &done));
	if (!done)
		return SM_OK;
	SM_TRY(classify_and_rest(e));
	return sm_entity_write(e, sm_bytes_skip(in, used));
}

int
sm_entity_write(struct sm_entity *e, struct sm_bytes in)
{
	if (in.len == 0)
		return SM_OK;
	switch (e->mode) {
	case M_SNIFF:
		return write_sniff(e, in);
	case M_HEADER:
		return write_header(e, in);
	case M_CMS:
		return sm_cms_node_write(e->cms, in);
	case M_DECODE:
		return sm_decoder_write(e->decoder, in);
	case M_PEM:
		return sm_pem_write(e->pem, in);
	case M_CLEAR:
		return sm_clear_node_write(e->clear, in);
	default:
		return leaf_bytes(e, in);
	}
}

int
sm_entity_finish(struct sm_entity *e)
{
	if (e->mode == M_SNIFF)
		SM_TRY(sniffed(e));
	if (e->mode == M_HEADER) {
		SM_TRY(sm_header_finish(e->header));
		SM_TRY(classify_and_rest(e));
	}
	switch (e->mode) {
	case M_DECODE:
		SM_TRY(sm_decoder_finish(e->decoder));
		return sm_cms_node_finish(e->cms);
	case M_PEM:
		SM_TRY(sm_pem_finish(e->pem));
		return sm_cms_node_finish(e->cms);
	case M_CMS:
		return sm_cms_node_finish(e->cms);
	case M_CLEAR:
		return sm_clear_node_finish(e->clear);
	default:
		return leaf_finish(e);
	}
}

static int
entity_sink_write(void *ctx, struct sm_bytes in)
{
	return sm_entity_write(ctx, in);
}

struct sm_sink
sm_entity_sink(struct sm_entity *e)
{
	struct sm_sink s = { entity_sink_write, e };

	return s;
}
