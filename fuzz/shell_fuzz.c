/* A CMS shell tells the same fields and the same content however it is cut. */
#include "fuzz.h"

#include <cms/shell.h>

struct story {
	struct fuzz_trace fields, content;
};

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	struct story *s = ctx;

	fuzz_note_number(&s->fields, (uint64_t)type);
	return 0;
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	struct story *s = ctx;

	FUZZ_CHECK(der.len >= 2);
	fuzz_note_number(&s->fields, (uint64_t)field * 2 + was_der);
	fuzz_note(&s->fields, der);
	return 0;
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	struct story *s = ctx;

	fuzz_note(&s->content, in);
	return 0;
}

static int
read_shell(struct sm_bytes in, bool cut, struct story *s)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_cms_events ev = { .ctx = s, .begin = on_begin, .field = on_field,
		.content = on_content };
	struct fuzz_cuts cuts = fuzz_cuts(in);
	struct sm_error err = { 0 };
	struct sm_shell *shell;
	int rc = 0;

	FUZZ_CHECK(sm_shell_new(&shell, SM_CMS_UNKNOWN, &ev, &limits, &err) == 0);
	while (rc == 0 && cuts.rest.len > 0) {
		struct sm_bytes piece = cuts.rest;

		if (cut)
			piece = fuzz_next(&cuts);
		else
			cuts.rest.len = 0;
		rc = sm_shell_write(shell, piece);
	}
	if (rc == 0)
		rc = sm_shell_finish(shell);
	sm_shell_free(shell);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct story whole = { 0 }, cut = { 0 };
	int rc = read_shell(sm_bytes(data, size), false, &whole);

	FUZZ_CHECK(read_shell(sm_bytes(data, size), true, &cut) == rc);
	FUZZ_CHECK(whole.fields.hash == cut.fields.hash);
	FUZZ_CHECK(rc != 0 || whole.content.hash == cut.content.hash);
	return 0;
}
