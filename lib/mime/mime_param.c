#include <base/try.h>
#include <mime/lex.h>
#include <mime/mime_param.h>

#include <stdlib.h>

void
sm_mime_pieces_wipe(struct sm_mime_pieces *pieces)
{
	for (size_t i = 0; i < pieces->count; i++) {
		free(pieces->list[i].name);
		sm_buf_free(&pieces->list[i].value);
	}
	pieces->count = 0;
}

/* "*12" of a section: RFC 2231 section 3 knows no leading zeros. */
static bool
piece_section(struct sm_bytes digits, int *section)
{
	bool zero = digits.len > 1 && digits.data[0] == '0';

	return !zero && sm_lex_number(&digits, 1, 4, section) &&
	    digits.len == 0;
}

int
sm_mime_piece_name(struct sm_mime_piece *p, struct sm_bytes name, bool *ok)
{
	const uint8_t *star;
	size_t len;

	*ok = true;
	p->section = -1;
	p->encoded = name.len > 1 && name.data[name.len - 1] == '*';
	if (p->encoded)
		name.len--;
	star = memchr(name.data, '*', name.len);
	len = star == NULL ? name.len : (size_t)(star - name.data);
	if (star != NULL)
		*ok = len > 0 && piece_section(sm_bytes_skip(name, len + 1),
		    &p->section);
	p->name = sm_strdup_bytes(sm_bytes_first(name, len));
	if (p->name == NULL)
		return SM_E_NOMEM;
	for (char *c = p->name; *c != '\0'; c++)
		*c = (char)sm_lex_lower((uint8_t)*c);
	return SM_OK;
}

static int
hex_digit(uint8_t c)
{
	c = sm_lex_lower(c);
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%xx" at in[i] stands for, or -1. */
static int
percent_byte(struct sm_bytes in, size_t i)
{
	int hi, lo;

	if (in.len - i < 3)
		return -1;
	hi = hex_digit(in.data[i + 1]);
	lo = hex_digit(in.data[i + 2]);
	return hi < 0 || lo < 0 ? -1 : hi << 4 | lo;
}

/* %xx to bytes. A NUL would end the string early for us alone: refused. */
static int
percent_decode(struct sm_buf *out, struct sm_bytes in, bool *ok)
{
	for (size_t i = 0; i < in.len; i++) {
		int c = in.data[i];

		if (c == '%') {
			c = percent_byte(in, i);
			i += 2;
		}
		if (c <= 0) {
			*ok = false;
			return SM_OK;
		}
		SM_TRY(sm_buf_append_byte(out, (uint8_t)c));
	}
	return SM_OK;
}

/* What follows charset'language' ; false when they are not there. */
static bool
skip_charset(struct sm_bytes *in)
{
	for (int quotes = 0; quotes < 2; quotes++) {
		const uint8_t *q = in->len == 0 ? NULL :
		    memchr(in->data, '\'', in->len);

		if (q == NULL)
			return false;
		*in = sm_bytes_skip(*in, (size_t)(q - in->data) + 1);
	}
	return true;
}

/* Append the value of one piece to the parameter's. */
static int
piece_append(struct sm_buf *out, struct sm_mime_piece *p, bool *ok)
{
	struct sm_bytes in = sm_buf_bytes(&p->value);

	p->used = true;
	if (!p->encoded)
		return sm_buf_append(out, in);
	if (p->section <= 0 && !skip_charset(&in)) {
		*ok = false;
		return SM_OK;
	}
	return percent_decode(out, in, ok);
}

/* The first unused piece of that name and section. */
static struct sm_mime_piece *
piece_find(struct sm_mime_pieces *pieces, const char *name, int section)
{
	for (size_t i = 0; i < pieces->count; i++) {
		struct sm_mime_piece *p = &pieces->list[i];

		if (!p->used && p->section == section &&
		    strcmp(p->name, name) == 0)
			return p;
	}
	return NULL;
}

/* The pieces of one parameter in order: section 0, 1, 2 ..., or the one without
 * sections. A gap ends it; what stands behind a gap stays unused and makes it
 * bad. */
static int
pieces_value(struct sm_buf *out, struct sm_mime_pieces *pieces,
    struct sm_mime_piece *first, bool *ok)
{
	struct sm_mime_piece *p = first;

	while (p != NULL) {
		SM_TRY(piece_append(out, p, ok));
		p = p->section < 0 ? NULL :
		    piece_find(pieces, first->name, p->section + 1);
	}
	return SM_OK;
}

/* Pieces left over under a name that has its value: another reader might have
 * taken those instead. */
static bool
pieces_left(struct sm_mime_pieces *pieces, const char *name)
{
	bool left = false;

	for (size_t i = 0; i < pieces->count; i++) {
		struct sm_mime_piece *p = &pieces->list[i];

		if (p->used || strcmp(p->name, name) != 0)
			continue;
		p->used = true;
		left = true;
	}
	return left;
}

/* Where the value of that name is read from: as it stands, else as RFC 2231
 * sections from 0 on. NULL when only later sections are there. */
static struct sm_mime_piece *
pieces_first(struct sm_mime_pieces *pieces, const char *name)
{
	struct sm_mime_piece *p = piece_find(pieces, name, -1);

	return p != NULL ? p : piece_find(pieces, name, 0);
}

static int
param_add(struct sm_mime_value *out, const char *name, struct sm_buf *value)
{
	struct sm_mime_param *p = &out->params[out->param_count];

	p->name = sm_strdup_bytes(sm_bytes_str(name));
	p->value = sm_strdup_bytes(sm_buf_bytes(value));
	out->param_count++;
	return p->name == NULL || p->value == NULL ? SM_E_NOMEM : SM_OK;
}

/* All pieces of the name that list[i] bears. */
static int
pieces_join_one(struct sm_mime_value *out, struct sm_mime_pieces *pieces,
    size_t i)
{
	const char *name = pieces->list[i].name;
	struct sm_mime_piece *first = pieces_first(pieces, name);
	struct sm_buf value = SM_BUF_INIT;
	bool ok = first != NULL;
	int rc = SM_OK;

	if (first != NULL)
		rc = pieces_value(&value, pieces, first, &ok);
	if (rc == 0 && ok)
		rc = param_add(out, name, &value);
	out->bad = out->bad || !ok;
	if (pieces_left(pieces, name) && ok)
		out->duplicate = true;
	sm_buf_free(&value);
	return rc;
}

int
sm_mime_pieces_join(struct sm_mime_value *out, struct sm_mime_pieces *pieces)
{
	if (pieces->count == 0)
		return SM_OK;
	out->params = calloc(pieces->count, sizeof(*out->params));
	if (out->params == NULL)
		return SM_E_NOMEM;
	for (size_t i = 0; i < pieces->count; i++)
		if (!pieces->list[i].used)
			SM_TRY(pieces_join_one(out, pieces, i));
	return SM_OK;
}
