#include <base/try.h>
#include <mime/header.h>
#include <mime/lex.h>
#include <mime/mime_param.h>

#include <stdlib.h>

/* RFC 2045 section 5.1: no tspecials, no blanks, no controls. */
static bool
is_token(uint8_t c)
{
	return c > ' ' && c < 0x7f && memchr("()<>@,;:\\\"/[]?=", c, 15) == NULL;
}

/* Values without quotes in the wild hold '=', ':', '/', ',' and 8-bit bytes,
 * which change nothing before the next ';' or blank. Quotes, comments and
 * backslashes would. */
static bool
is_loose(uint8_t c)
{
	return c > ' ' && c != 0x7f && memchr("();\\\"", c, 5) == NULL;
}

static int
append_lower(struct sm_buf *out, struct sm_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		SM_TRY(sm_buf_append_byte(out, sm_lex_lower(in.data[i])));
	return SM_OK;
}

/* "type/subtype", or one word alone. *ok false: nothing sensible is there, or
 * something else than ';' follows. */
static int
read_value(struct sm_buf *out, struct sm_bytes *in, bool *ok)
{
	struct sm_bytes word;

	*ok = sm_lex_cfws(in);
	word = sm_lex_run(in, is_token);
	*ok = *ok && word.len > 0 && sm_lex_cfws(in);
	if (!*ok)
		return SM_OK;
	SM_TRY(append_lower(out, word));
	if (!sm_lex_take(in, '/'))
		return SM_OK;
	*ok = sm_lex_cfws(in);
	word = sm_lex_run(in, is_token);
	*ok = *ok && word.len > 0 && sm_lex_cfws(in);
	SM_TRY(sm_buf_append_byte(out, '/'));
	return append_lower(out, word);
}

static int
read_param_value(struct sm_buf *out, struct sm_bytes *in, bool *ok)
{
	struct sm_bytes word;

	if (in->len > 0 && in->data[0] == '"')
		return sm_lex_quoted(in, out, ok);
	word = sm_lex_run(in, is_loose);
	*ok = word.len > 0;
	return sm_buf_append(out, word);
}

/* "name = value", then nothing or ';'. */
static int
read_param(struct sm_mime_pieces *pieces, struct sm_bytes *in, bool *ok)
{
	struct sm_bytes name = sm_lex_run(in, is_token);
	struct sm_mime_piece *p;

	*ok = name.len > 0 && sm_lex_cfws(in) && sm_lex_take(in, '=') &&
	    sm_lex_cfws(in) && pieces->count < SM_MIME_PIECES_MAX;
	if (!*ok)
		return SM_OK;
	p = &pieces->list[pieces->count];
	*p = (struct sm_mime_piece){ 0 };
	SM_TRY(sm_mime_piece_name(p, name, ok));
	pieces->count++;
	if (*ok)
		SM_TRY(read_param_value(&p->value, in, ok));
	*ok = *ok && sm_lex_cfws(in) && (in->len == 0 || in->data[0] == ';');
	if (!*ok) {
		free(p->name);
		sm_buf_free(&p->value);
		pieces->count--;
	}
	return SM_OK;
}

/* All parameters, up to the end or the first that is not understood. */
static int
read_params(struct sm_mime_pieces *pieces, struct sm_bytes *in, bool *ok)
{
	while (*ok && sm_lex_take(in, ';')) {
		*ok = sm_lex_cfws(in);
		if (!*ok || in->len == 0 || in->data[0] == ';')
			continue;
		SM_TRY(read_param(pieces, in, ok));
	}
	*ok = *ok && in->len == 0;
	return SM_OK;
}

static int
read_field(struct sm_mime_value *out, struct sm_mime_pieces *pieces,
    struct sm_bytes in)
{
	struct sm_buf value = SM_BUF_INIT;
	bool ok;
	int rc;

	SM_TRY_OUT(read_value(&value, &in, &ok));
	if (ok)
		SM_TRY_OUT(read_params(pieces, &in, &ok));
	out->bad = !ok;
	out->value = sm_strdup_bytes(sm_buf_bytes(&value));
	rc = out->value == NULL ? SM_E_NOMEM : SM_OK;
	if (rc == 0)
		rc = sm_mime_pieces_join(out, pieces);
out:
	sm_buf_free(&value);
	return rc;
}

int
sm_mime_value_read(struct sm_mime_value *out, const struct sm_header *h,
    const char *field)
{
	long i = sm_header_find(h, field, 0);
	struct sm_mime_pieces *pieces;
	int rc;

	*out = (struct sm_mime_value){ 0 };
	if (i < 0)
		return SM_OK;
	pieces = calloc(1, sizeof(*pieces));
	if (pieces == NULL)
		return SM_E_NOMEM;
	rc = read_field(out, pieces, sm_header_value(h, (size_t)i));
	if (sm_header_find(h, field, 1) >= 0)
		out->duplicate = true;
	sm_mime_pieces_wipe(pieces);
	free(pieces);
	if (rc != 0)
		sm_mime_value_wipe(out);
	return rc;
}

void
sm_mime_value_wipe(struct sm_mime_value *v)
{
	for (size_t i = 0; i < v->param_count; i++) {
		free(v->params[i].name);
		free(v->params[i].value);
	}
	free(v->params);
	free(v->value);
	*v = (struct sm_mime_value){ 0 };
}

const char *
sm_mime_value_param(const struct sm_mime_value *v, const char *name)
{
	for (size_t i = 0; i < v->param_count; i++)
		if (strcmp(v->params[i].name, name) == 0)
			return v->params[i].value;
	return NULL;
}
