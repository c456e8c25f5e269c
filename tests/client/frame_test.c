/* Frames between the command and its helper programs. */
#include "test.h"

#include "frame.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { BODY_MAX = 1000 };

struct pipe_ends {
	int out, in;
};

static struct pipe_ends
open_pipe(void)
{
	int p[2];

	assert_int_equal(pipe(p), 0);
	return (struct pipe_ends){ p[0], p[1] };
}

static void
close_pipe(struct pipe_ends p)
{
	(void)close(p.out);
	if (p.in >= 0)
		(void)close(p.in);
}

/* What a reader makes of these bytes, after which the stream ends. */
static int
read_text(const char *text, size_t len, struct frame *f)
{
	struct pipe_ends p = open_pipe();
	int rc;

	assert_int_equal(write(p.in, text, len), (ssize_t)len);
	(void)close(p.in);
	p.in = -1;
	rc = frame_read(p.out, f, BODY_MAX, frame_deadline(10));
	close_pipe(p);
	return rc;
}

static void
what_is_written_is_read(void **state)
{
	struct pipe_ends p = open_pipe();
	struct frame f = { .body = SM_BUF_INIT };

	(void)state;
	assert_int_equal(frame_write(p.in, "find-me", sm_bytes("a\0b\n", 4)), 0);
	assert_int_equal(frame_write(p.in, "end", sm_bytes("", 0)), 0);
	assert_int_equal(frame_read(p.out, &f, BODY_MAX, -1), 1);
	assert_string_equal(f.word, "find-me");
	assert_int_equal(f.body.len, 4);
	assert_memory_equal(f.body.data, "a\0b\n", 4);
	assert_int_equal(frame_read(p.out, &f, BODY_MAX, -1), 1);
	assert_string_equal(f.word, "end");
	assert_int_equal(f.body.len, 0);
	(void)close(p.in);
	p.in = -1;
	assert_int_equal(frame_read(p.out, &f, BODY_MAX, -1), 0);
	assert_string_equal(f.word, "");
	close_pipe(p);
	sm_buf_free(&f.body);
}

static void
every_cut_but_the_first_is_refused(void **state)
{
	static const char text[] = "answer 5\nhello";
	struct frame f = { .body = SM_BUF_INIT };
	size_t len;

	(void)state;
	assert_int_equal(read_text(text, 0, &f), 0);
	for (len = 1; len < sizeof(text) - 1; len++)
		assert_int_equal(read_text(text, len, &f), -EPROTO);
	assert_int_equal(read_text(text, len, &f), 1);
	sm_buf_free(&f.body);
}

static void
heads_that_are_none_are_refused(void **state)
{
	static const struct {
		const char *text;
		int rc;
	} cases[] = { { " 1\nx", -EPROTO }, { "word\n", -EPROTO }, { "word \n", -EPROTO },
		{ "Word 1\nx", -EPROTO }, { "word 1x\nx", -EPROTO }, { "word -1\nx", -EPROTO },
		{ "word 1001\n", -EMSGSIZE }, { "word 99999999999999999999\n", -EMSGSIZE },
		{ "word 18446744073709551617\nx", -EMSGSIZE },
		{ "a234567890123456789012345678901 1\nx", 1 },
		{ "a2345678901234567890123456789012 1\nx", -EPROTO },
		{ "word 000000000000000000000000000000000000000000000000000000000001\nx", -EPROTO } };
	struct frame f = { .body = SM_BUF_INIT };
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(read_text(cases[i].text, strlen(cases[i].text), &f), cases[i].rc);
	sm_buf_free(&f.body);
}

static void
a_silent_writer_is_not_waited_for(void **state)
{
	struct pipe_ends p = open_pipe();
	struct frame f = { .body = SM_BUF_INIT };

	(void)state;
	assert_int_equal(frame_read(p.out, &f, BODY_MAX, frame_deadline(0)), -ETIMEDOUT);
	assert_int_equal(write(p.in, "word 5\nhe", 9), 9);
	assert_int_equal(frame_read(p.out, &f, BODY_MAX, frame_deadline(1)), -ETIMEDOUT);
	close_pipe(p);
	sm_buf_free(&f.body);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(every_cut_but_the_first_is_refused),
		cmocka_unit_test(heads_that_are_none_are_refused),
		cmocka_unit_test(a_silent_writer_is_not_waited_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
