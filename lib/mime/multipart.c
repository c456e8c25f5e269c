#include <base/try.h>
#include <mime/delim.h>
#include <mime/multipart.h>

#include <stdlib.h>

enum phase { P_PREAMBLE, P_PART, P_EPILOGUE };

struct sm_multipart {
	struct sm_multipart_events ev;
	struct sm_error *err;
	struct sm_delim delim;
	struct sm_bytes boundary;
	char *text; /* owns boundary */
	uint32_t parts_max;
	unsigned part;
	enum phase phase;
};

int
sm_multipart_new(struct sm_multipart **out, const char *boundary,
    const struct sm_multipart_events *ev, const struct sm_limits *limits,
    struct sm_error *err)
{
	struct sm_multipart *m;

	*out = NULL;
	if (!sm_delim_boundary_ok(boundary, limits->boundary_bytes))
		return sm_error_set(err, SM_E_FORMAT, "boundary",
		    "RFC 2046 section 5.1.1",
		    "The boundary of the multipart is empty, longer than %u "
		    "characters or holds control characters.",
		    limits->boundary_bytes);
	m = calloc(1, sizeof(*m));
	if (m != NULL)
		m->text = strdup(boundary);
	if (m == NULL || m->text == NULL) {
		free(m);
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is no memory to read a multipart.");
	}
	m->boundary = sm_bytes_str(m->text);
	m->ev = *ev;
	m->err = err;
	m->parts_max = limits->mime_parts;
	*out = m;
	return SM_OK;
}

void
sm_multipart_free(struct sm_multipart *m)
{
	if (m == NULL)
		return;
	free(m->text);
	free(m);
}

static int
emit_data(struct sm_multipart *m, struct sm_bytes in)
{
	int (*fn)(void *ctx, struct sm_bytes in) = m->ev.preamble;

	if (m->phase == P_PART)
		fn = m->ev.part_data;
	else if (m->phase == P_EPILOGUE)
		fn = m->ev.epilogue;
	return fn == NULL || in.len == 0 ? SM_OK : fn(m->ev.ctx, in);
}

static int
part_end(struct sm_multipart *m)
{
	if (m->phase != P_PART || m->ev.part_end == NULL)
		return SM_OK;
	return m->ev.part_end(m->ev.ctx, m->part);
}

static int
part_begin(struct sm_multipart *m)
{
	if (m->part >= m->parts_max)
		return sm_error_set(m->err, SM_E_LIMIT, "mime-parts",
		    "RFC 2046 section 5.1",
		    "The multipart has more than %u parts. Raise the limit "
		    "mime_parts if the message is genuine.", m->parts_max);
	m->part++;
	m->phase = P_PART;
	if (m->ev.part_begin == NULL)
		return SM_OK;
	return m->ev.part_begin(m->ev.ctx, m->part);
}

static int
multipart_event(struct sm_multipart *m, enum sm_delim_event ev,
    const struct sm_delim_hit *hit)
{
	if (ev == SM_DELIM_DATA)
		return emit_data(m, hit->data);
	SM_TRY(part_end(m));
	if (ev == SM_DELIM_OPEN)
		return part_begin(m);
	m->phase = P_EPILOGUE;
	return SM_OK;
}

int
sm_multipart_write(struct sm_multipart *m, struct sm_bytes in)
{
	struct sm_delim_set set = { &m->boundary, 1 };
	struct sm_delim_hit hit;

	while (m->phase != P_EPILOGUE) {
		enum sm_delim_event ev = sm_delim_next(&m->delim, &set, &in,
		    &hit);

		if (ev == SM_DELIM_MORE)
			return SM_OK;
		SM_TRY(multipart_event(m, ev, &hit));
	}
	return emit_data(m, in);
}

int
sm_multipart_finish(struct sm_multipart *m, bool *closed)
{
	struct sm_delim_set set = { &m->boundary, 1 };
	struct sm_delim_hit hit;
	enum sm_delim_event ev;

	*closed = false;
	while (m->phase != P_EPILOGUE) {
		ev = sm_delim_finish(&m->delim, &set, &hit);
		if (ev == SM_DELIM_MORE)
			break;
		SM_TRY(multipart_event(m, ev, &hit));
	}
	*closed = m->phase == P_EPILOGUE;
	return part_end(m);
}
