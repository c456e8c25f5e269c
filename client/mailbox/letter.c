#include "letter.h"

#include <stdlib.h>

/* ---- reading ---- */

/* GMime's parser takes a header and a body, whatever they are. */
static GMimeObject *
parse(struct sm_bytes in)
{
	GMimeStream *stream = g_mime_stream_mem_new_with_buffer((const char *)in.data,
	    in.len);
	GMimeParser *parser;
	GMimeObject *out;

	parser = g_mime_parser_new_with_stream(stream);
	out = g_mime_parser_construct_part(parser, NULL);
	g_object_unref(parser);
	g_object_unref(stream);
	return out;
}

static bool
is_type(GMimeObject *o, const char *type, const char *subtype)
{
	GMimeContentType *t = g_mime_object_get_content_type(o);

	return t != NULL && g_mime_content_type_is_type(t, type, subtype);
}

static bool
param_is(GMimeObject *o, const char *name, const char *value)
{
	const char *is = g_mime_object_get_content_type_parameter(o, name);

	return is != NULL && g_ascii_strcasecmp(is, value) == 0;
}

/* Which header is protected, and where the body begins. */
static void
find_inner(struct letter *l)
{
	GMimeMessage *wrapped = NULL;

	if (GMIME_IS_MESSAGE_PART(l->entity))
		wrapped = g_mime_message_part_get_message(GMIME_MESSAGE_PART(l->entity));
	if (wrapped != NULL && g_mime_message_get_mime_part(wrapped) != NULL) {
		l->inner = g_mime_object_get_header_list(GMIME_OBJECT(wrapped));
		l->body = g_mime_message_get_mime_part(wrapped);
		l->hides = true;
	} else if (param_is(l->entity, "hp", "cipher") || param_is(l->entity, "hp", "clear") ||
	    param_is(l->entity, "protected-headers", "v1")) {
		l->inner = g_mime_object_get_header_list(l->entity);
		l->hides = !param_is(l->entity, "hp", "clear");
	}
}

/* ---- parts ---- */

static bool
is_attached(GMimeObject *o)
{
	const char *d = g_mime_object_get_disposition(o);

	return d != NULL && g_ascii_strcasecmp(d, "inline") != 0;
}

static int
add_part(struct letter *l, GMimeObject *o, bool visible)
{
	struct letter_part *p;

	if (l->part_count == LETTER_PARTS_MAX) {
		l->more_parts = true;
		return 0;
	}
	p = realloc(l->parts, (l->part_count + 1) * sizeof(*p));
	if (p == NULL)
		return SM_E_NOMEM;
	l->parts = p;
	p += l->part_count++;
	p->object = o;
	p->html = is_type(o, "text", "html");
	p->unchosen = !visible;
	p->shown = visible && (o == l->body || !is_attached(o)) && GMIME_IS_PART(o) &&
	    (p->html || is_type(o, "text", "plain"));
	return 0;
}

/* Does it hold such a text, at any depth? */
static bool
holds(GMimeObject *o, const char *subtype, unsigned depth)
{
	GMimeMultipart *m;
	int i;

	if (!GMIME_IS_MULTIPART(o) || depth == LETTER_DEPTH_MAX)
		return is_type(o, "text", subtype) && !is_attached(o);
	m = GMIME_MULTIPART(o);
	for (i = 0; i < g_mime_multipart_get_count(m); i++)
		if (holds(g_mime_multipart_get_part(m, i), subtype, depth + 1))
			return true;
	return false;
}

/* Of alternatives one is shown. */
static int
choose(GMimeMultipart *m, bool html)
{
	const char *const wishes[] = { html ? "html" : "plain", html ? "plain" : "html" };
	size_t w;
	int i;

	for (w = 0; w < 2; w++)
		for (i = 0; i < g_mime_multipart_get_count(m); i++)
			if (holds(g_mime_multipart_get_part(m, i), wishes[w], 0))
				return i;
	return 0;
}

static int
walk(struct letter *l, GMimeObject *o, bool visible, bool html, unsigned depth)
{
	GMimeMultipart *m;
	int i, chosen = -1, rc = 0;

	if (!GMIME_IS_MULTIPART(o) || depth == LETTER_DEPTH_MAX)
		return add_part(l, o, visible && depth < LETTER_DEPTH_MAX);
	m = GMIME_MULTIPART(o);
	if (is_type(o, "multipart", "alternative"))
		chosen = choose(m, html);
	for (i = 0; rc == 0 && !l->more_parts && i < g_mime_multipart_get_count(m); i++)
		rc = walk(l, g_mime_multipart_get_part(m, i),
		    visible && (chosen < 0 || i == chosen), html, depth + 1);
	return rc;
}

int
letter_read(struct letter *l, struct sm_bytes outer, struct sm_bytes entity,
    bool is_protected, bool html)
{
	memset(l, 0, sizeof(*l));
	if (outer.len > 0)
		l->outer = parse(outer);
	if (entity.len > 0)
		l->entity = parse(entity);
	if (l->entity == NULL)
		return 0;
	l->body = l->entity;
	if (is_protected)
		find_inner(l);
	return walk(l, l->body, true, html, 0);
}

void
letter_wipe(struct letter *l)
{
	if (l->entity != NULL)
		g_object_unref(l->entity);
	if (l->outer != NULL)
		g_object_unref(l->outer);
	free(l->parts);
	memset(l, 0, sizeof(*l));
}

/* ---- fields ---- */

static const char *
find_raw(GMimeHeaderList *list, const char *name, int n)
{
	GMimeHeader *h;
	int i;

	for (i = 0; list != NULL && i < g_mime_header_list_get_count(list); i++) {
		h = g_mime_header_list_get_header_at(list, i);
		if (g_ascii_strcasecmp(g_mime_header_get_name(h), name) == 0 && n-- == 0)
			return g_mime_header_get_raw_value(h);
	}
	return NULL;
}

static GMimeHeaderList *
outer_list(const struct letter *l)
{
	return l->outer != NULL ? g_mime_object_get_header_list(l->outer) : NULL;
}

static bool
holds_addresses(const char *name)
{
	static const char *const names[] = { "From", "To", "Cc", "Bcc", "Reply-To",
		"Sender", "Mail-Followup-To" };

	for (size_t i = 0; i < G_N_ELEMENTS(names); i++)
		if (g_ascii_strcasecmp(names[i], name) == 0)
			return true;
	return false;
}

static char *
decode(const char *name, const char *raw)
{
	InternetAddressList *list;
	char *unfolded, *out = NULL;

	if (raw == NULL)
		return NULL;
	unfolded = g_mime_utils_header_unfold(raw);
	if (holds_addresses(name)) {
		list = internet_address_list_parse(NULL, unfolded);
		if (list != NULL && internet_address_list_length(list) > 0)
			out = internet_address_list_to_string(list, NULL, FALSE);
		if (list != NULL)
			g_object_unref(list);
	}
	if (out == NULL)
		out = g_strstrip(g_mime_utils_header_decode_text(NULL, unfolded));
	g_free(unfolded);
	return out;
}

char *
letter_outer_field(const struct letter *l, const char *name, int n)
{
	return decode(name, find_raw(outer_list(l), name, n));
}

char *
letter_field(const struct letter *l, const char *name, int n)
{
	return decode(name, find_raw(l->inner != NULL ? l->inner : outer_list(l), name, n));
}

InternetAddressList *
letter_addresses(const struct letter *l, const char *name)
{
	const char *raw = find_raw(l->inner != NULL ? l->inner : outer_list(l), name, 0);
	InternetAddressList *list;
	char *unfolded;

	if (raw == NULL)
		return NULL;
	unfolded = g_mime_utils_header_unfold(raw);
	list = internet_address_list_parse(NULL, unfolded);
	g_free(unfolded);
	return list;
}

/* ---- contents ---- */

GByteArray *
letter_content(const struct letter_part *p)
{
	GByteArray *out = g_byte_array_new();
	GMimeStream *stream = g_mime_stream_mem_new_with_byte_array(out);
	GMimeDataWrapper *content = NULL;
	GMimeMessage *m;

	g_mime_stream_mem_set_owner(GMIME_STREAM_MEM(stream), FALSE);

	if (GMIME_IS_PART(p->object))
		content = g_mime_part_get_content(GMIME_PART(p->object));
	if (content != NULL)
		(void)g_mime_data_wrapper_write_to_stream(content, stream);
	else if (GMIME_IS_MESSAGE_PART(p->object)) {
		m = g_mime_message_part_get_message(GMIME_MESSAGE_PART(p->object));
		if (m != NULL)
			(void)g_mime_object_write_to_stream(GMIME_OBJECT(m), NULL, stream);
	} else if (GMIME_IS_MULTIPART(p->object))
		(void)g_mime_object_write_to_stream(p->object, NULL, stream);
	g_object_unref(stream);
	return out;
}

char *
letter_part_type(const struct letter_part *p)
{
	GMimeContentType *t = g_mime_object_get_content_type(p->object);

	return t != NULL ? g_mime_content_type_get_mime_type(t) :
	    g_strdup("application/octet-stream");
}

const char *
letter_part_name(const struct letter_part *p)
{
	const char *name = g_mime_object_get_content_disposition_parameter(p->object,
	    "filename");

	if (name == NULL)
		name = g_mime_object_get_content_type_parameter(p->object, "name");
	return name;
}
