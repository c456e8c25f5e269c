#include <base/try.h>
#include <smime/seal_impl.h>

static int
stage_write(void *ctx, struct sm_bytes in)
{
	struct sm_stage *st = ctx;

	return st->ops->write(st, in);
}

int
sm_stage_push(struct sm_stage_chain *c, struct sm_seal *s, struct sm_stage *st)
{
	if (st == NULL)
		return sm_seal_no_memory(s);
	if (c->count == SM_STAGES_MAX) {
		st->ops->free(st);
		return SM_E_USAGE;
	}
	st->seal = s;
	st->out = sm_stage_input(c);
	c->stage[c->count++] = st;
	return SM_OK;
}

struct sm_sink
sm_stage_input(const struct sm_stage_chain *c)
{
	struct sm_sink sink = c->end;

	if (c->count > 0) {
		sink.write = stage_write;
		sink.ctx = c->stage[c->count - 1];
	}
	return sink;
}

struct sm_sink
sm_stage_outermost(const struct sm_stage_chain *c)
{
	struct sm_sink sink = { stage_write, c->stage[0] };

	return sink;
}

/* From the outside, so that each layer's head stands before what it holds. */
int
sm_stage_begin(struct sm_stage_chain *c)
{
	size_t i;

	for (i = 0; i < c->count; i++)
		if (c->stage[i]->ops->begin != NULL)
			SM_TRY(c->stage[i]->ops->begin(c->stage[i]));
	return SM_OK;
}

int
sm_stage_finish(struct sm_stage_chain *c)
{
	size_t i;

	for (i = c->count; i > 0; i--)
		SM_TRY(c->stage[i - 1]->ops->finish(c->stage[i - 1]));
	return SM_OK;
}

void
sm_stage_free(struct sm_stage_chain *c)
{
	while (c->count > 0) {
		struct sm_stage *st = c->stage[--c->count];
		st->ops->free(st);
	}
}

int
sm_stage_puts(const struct sm_sink *out, const char *s)
{
	return sm_sink_write(out, sm_bytes_str(s));
}
