#include <base/base64.h>
#include <base/try.h>
#include <mime/codec.h>

#include <stdio.h>
#include <stdlib.h>

/* The longest armour line that counts, and the bytes decoded at a time. */
enum { LINE = 64, CHUNK = 16384 };

static const char *const labels[] = {
	"CMS", "PKCS7", "PKCS #7 SIGNED DATA", "SIGNED MESSAGE",
	"ENCRYPTED MESSAGE",
};

enum state {
	S_BEFORE, /* looking for BEGIN */
	S_BODY,   /* base64 */
	S_END,    /* in the line that begins with '-' */
	S_AFTER,
};

struct sm_pem {
	struct sm_sink sink;
	struct sm_error *err;
	enum state state;
	const char *label;
	char line[LINE + 1]; /* of BEGIN or END, as much as fits */
	size_t line_len;     /* LINE + 1: longer */
	bool line_begin;     /* S_BODY: the last byte was a line end */
	uint64_t offset;
	struct sm_base64_dec base64;
	uint8_t *out;
};

int
sm_pem_new(struct sm_pem **out, const struct sm_sink *sink,
    struct sm_error *err)
{
	struct sm_pem *p = calloc(1, sizeof(*p));

	*out = NULL;
	if (p != NULL)
		p->out = malloc(sm_base64_dec_room(CHUNK));
	if (p == NULL || p->out == NULL) {
		free(p);
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory to read PEM.");
	}
	p->sink = *sink;
	p->err = err;
	*out = p;
	return SM_OK;
}

void
sm_pem_free(struct sm_pem *p)
{
	if (p == NULL)
		return;
	free(p->out);
	free(p);
}

static int
pem_fault(struct sm_pem *p, uint64_t offset, const char *text)
{
	return sm_error_set_at(p->err, SM_E_FORMAT, "pem", "RFC 7468 section 3",
	    offset, "%s", text);
}

/* Is the collected line "-----WHICH LABEL-----", blanks behind it allowed? */
static bool
line_is(const struct sm_pem *p, const char *which, const char *label)
{
	char want[LINE + 1];
	int n = snprintf(want, sizeof(want), "-----%s %s-----", which, label);
	size_t len = p->line_len;

	while (len > 0 && len <= LINE && (p->line[len - 1] == ' ' ||
	    p->line[len - 1] == '\t' || p->line[len - 1] == '\r'))
		len--;
	return n > 0 && (size_t)n == len && memcmp(want, p->line, len) == 0;
}

/* Collect up to the LF, which is taken too: true when the line is complete. */
static bool
line_collect(struct sm_pem *p, struct sm_bytes *in)
{
	const uint8_t *lf = memchr(in->data, '\n', in->len);
	size_t n = lf == NULL ? in->len : (size_t)(lf - in->data);
	size_t room = p->line_len > LINE ? 0 : LINE - p->line_len;

	if (n <= room) {
		memcpy(p->line + p->line_len, in->data, n);
		p->line_len += n;
	} else {
		p->line_len = LINE + 1;
	}
	n += lf == NULL ? 0 : 1;
	*in = sm_bytes_skip(*in, n);
	p->offset += n;
	return lf != NULL;
}

static void
before_line(struct sm_pem *p)
{
	for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
		if (!line_is(p, "BEGIN", labels[i]))
			continue;
		p->label = labels[i];
		p->state = S_BODY;
		p->line_begin = true;
	}
	p->line_len = 0;
}

static int
end_line(struct sm_pem *p)
{
	if (!line_is(p, "END", p->label))
		return pem_fault(p, p->offset, "The line that ends the PEM text "
		    "is not the END line that belongs to its BEGIN line.");
	p->state = S_AFTER;
	if (sm_base64_dec_finish(&p->base64) != 0)
		return pem_fault(p, p->offset, "The base64 text ends in the "
		    "middle of a group of four: it was cut off or damaged.");
	return SM_OK;
}

/* Base64 up to the first '-', which is not in its alphabet. */
static int
body_bytes(struct sm_pem *p, struct sm_bytes *in)
{
	struct sm_bytes chunk = sm_bytes_first(*in, CHUNK);
	const uint8_t *dash = memchr(chunk.data, '-', chunk.len);
	uint64_t start = p->offset - p->base64.in_bytes;
	size_t n;
	int rc;

	if (dash != NULL)
		chunk.len = (size_t)(dash - chunk.data);
	rc = sm_base64_dec_update(&p->base64, p->out, &n, chunk);
	/* As in the decoder: what stands before a fault goes out first. */
	SM_TRY(sm_sink_write(&p->sink, sm_bytes(p->out, n)));
	if (rc != 0)
		return pem_fault(p, start + p->base64.in_bytes, "The base64 "
		    "text holds a character that does not belong there.");
	if (chunk.len > 0)
		p->line_begin = chunk.data[chunk.len - 1] == '\n';
	*in = sm_bytes_skip(*in, chunk.len);
	p->offset += chunk.len;
	if (dash == NULL)
		return SM_OK;
	if (!p->line_begin)
		return pem_fault(p, p->offset, "The base64 text holds a '-' "
		    "within a line.");
	p->state = S_END;
	return SM_OK;
}

int
sm_pem_write(struct sm_pem *p, struct sm_bytes in)
{
	while (in.len > 0 && p->state != S_AFTER) {
		if (p->state == S_BODY)
			SM_TRY(body_bytes(p, &in));
		else if (!line_collect(p, &in))
			return SM_OK;
		else if (p->state == S_BEFORE)
			before_line(p);
		else
			SM_TRY(end_line(p));
	}
	return SM_OK;
}

int
sm_pem_finish(struct sm_pem *p)
{
	if (p->state == S_END)
		SM_TRY(end_line(p));
	if (p->state == S_BEFORE)
		return pem_fault(p, 0, "There is no BEGIN line of a CMS or "
		    "PKCS7 object in the text.");
	if (p->state != S_AFTER)
		return pem_fault(p, p->offset, "The PEM text ends without its "
		    "END line: it was cut off.");
	return SM_OK;
}
