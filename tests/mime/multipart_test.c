#include "test.h"

#include <mime/multipart.h>

static uint64_t rng;

struct seen {
	struct sm_buf *log;
	char open; /* what the log is in the middle of */
};

static void
seen_data(struct seen *s, char kind, struct sm_bytes in)
{
	if (s->open != kind)
		log_text(s->log, "%c:", kind);
	s->open = kind;
	log_add(s->log, in);
}

static int
on_preamble(void *ctx, struct sm_bytes in)
{
	seen_data(ctx, 'P', in);
	return 0;
}

static int
on_begin(void *ctx, unsigned part)
{
	struct seen *s = ctx;

	log_text(s->log, "<%u ", part);
	s->open = 0;
	return 0;
}

static int
on_data(void *ctx, struct sm_bytes in)
{
	seen_data(ctx, 'D', in);
	return 0;
}

static int
on_end(void *ctx, unsigned part)
{
	struct seen *s = ctx;

	log_text(s->log, " %u>", part);
	s->open = 0;
	return 0;
}

static int
on_epilogue(void *ctx, struct sm_bytes in)
{
	seen_data(ctx, 'E', in);
	return 0;
}

struct setup {
	const char *boundary;
	uint32_t parts;
};

static void
run(struct sm_buf *log, struct cuts *c, void *arg)
{
	const struct setup *setup = arg;
	struct seen seen = { log, 0 };
	struct sm_multipart_events ev = { &seen, on_preamble, on_begin, on_data,
		on_end, on_epilogue };
	struct sm_limits limits = sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_multipart *m;
	struct sm_bytes in;
	bool closed;
	int rc = 0;

	if (setup->parts > 0)
		limits.mime_parts = setup->parts;
	assert_int_equal(sm_multipart_new(&m, setup->boundary, &ev, &limits,
	    &err), 0);
	while (rc == 0 && cuts_next(c, &in))
		rc = sm_multipart_write(m, in);
	if (rc == 0)
		rc = sm_multipart_finish(m, &closed);
	if (rc != 0)
		log_text(log, "%s", err.reason);
	else
		log_text(log, "%s", closed ? "." : "!");
	sm_multipart_free(m);
}

static void
check(const char *boundary, const char *in, const char *want)
{
	struct setup setup = { boundary, 0 };

	cuts_check(run, &setup, sm_bytes_str(in), &rng, 40, want);
}

static void
the_line_end_before_a_delimiter_belongs_to_it(void **state)
{
	(void)state;
	check("b", "--b\r\nx\r\n--b\r\ny\r\n\r\n--b--\r\n",
	    "<1 D:x 1><2 D:y\r\n 2>.");
	check("b", "--b\nx\n--b\ny\n\n--b--\n", "<1 D:x 1><2 D:y\n 2>.");
	check("b", "pre\r\n--b\r\nx\r\n--b--\r\nepi\n--b\n",
	    "P:pre<1 D:x 1>E:epi\n--b\n.");
	check("b", "\r\n--b\r\n\r\n--b--", "<1  1>.");
	check("b", "--b\n--b\n--b--", "<1  1><2  2>.");
	check("b", "--b\r\nx\r\r\n--b--", "<1 D:x\r 1>.");
	check("b", "--b\nx\n\r\n--b--", "<1 D:x\n 1>.");
	check("b", "--b\nx\r\n\n--b--", "<1 D:x\r\n 1>.");
	check("b", "--b\nx--b\n--b--", "<1 D:x--b 1>.");
	check("b", "--b\nx\r--b\n--b--", "<1 D:x\r--b 1>.");
}

static void
blanks_may_follow_a_delimiter_and_nothing_else(void **state)
{
	(void)state;
	check("b", "--b \t \r\nx\n--b-- \t\r\ny", "<1 D:x 1>E:y.");
	check("b", "--b\nx\n--b y\n--bb\n--b-\n--b-- -\n--b---\n--b--\n",
	    "<1 D:x\n--b y\n--bb\n--b-\n--b-- -\n--b--- 1>.");
	check("b", "--b\r\r\nx", "P:--b\r\r\nx!");
	check("b", "--b \rx\n--b\ny", "P:--b \rx<1 D:y 1>!");
	check("b", "--B\n--b\n-- b\n- -b\n", "P:--B<1 D:-- b\n- -b\n 1>!");
}

static void
a_boundary_is_not_mistaken_for_one_that_begins_alike(void **state)
{
	(void)state;
	check("abc", "--abc\n--abcd\n--ab\n--abc--\n",
	    "<1 D:--abcd\n--ab 1>.");
	check("abcd", "--abc\n--abcd\n--abc--\n--abcd--\n",
	    "P:--abc<1 D:--abc-- 1>.");
	check("--", "----\nx\n------\n", "<1 D:x 1>.");
	check("-", "---\nx\n--\n-----\n", "<1 D:x\n-- 1>.");
}

static void
a_body_that_is_cut_off_is_reported(void **state)
{
	(void)state;
	check("b", "", "!");
	check("b", "x", "P:x!");
	check("b", "--b", "<1  1>!");
	check("b", "--b\nx", "<1 D:x 1>!");
	check("b", "--b\nx\r\n", "<1 D:x\r\n 1>!");
	check("b", "--b\nx\r", "<1 D:x\r 1>!");
	check("b", "--b\nx\r\n--b-", "<1 D:x\r\n--b- 1>!");
	check("b", "--b\nx\r\n--b--\r", "<1 D:x 1>.");
	check("b", "--b\nx\r\n--b--", "<1 D:x 1>.");
}

static void
boundaries_with_odd_characters_work(void **state)
{
	(void)state;
	check("=_NextPart 1:2/3,'()?+.", "--=_NextPart 1:2/3,'()?+.\nx\n"
	    "--=_NextPart 1:2/3,'()?+.--\n", "<1 D:x 1>.");
}

static void
a_boundary_that_cannot_be_is_refused(void **state)
{
	struct sm_multipart_events ev = { 0 };
	struct sm_limits limits = sm_limits_default();
	struct sm_multipart *m;
	char longest[72];

	(void)state;
	memset(longest, 'b', sizeof(longest));
	longest[71] = '\0';
	assert_int_equal(sm_multipart_new(&m, "", &ev, &limits, NULL),
	    SM_E_FORMAT);
	assert_int_equal(sm_multipart_new(&m, longest, &ev, &limits, NULL),
	    SM_E_FORMAT);
	assert_int_equal(sm_multipart_new(&m, "a\nb", &ev, &limits, NULL),
	    SM_E_FORMAT);
	assert_null(m);
	longest[70] = '\0';
	assert_int_equal(sm_multipart_new(&m, longest, &ev, &limits, NULL), 0);
	sm_multipart_free(m);
	sm_multipart_free(NULL);
}

static void
a_line_too_long_for_mail_is_no_delimiter(void **state)
{
	struct setup setup = { "b", 0 };
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	for (size_t blanks = 990; blanks < 1010; blanks++) {
		struct sm_buf log = SM_BUF_INIT;

		sm_buf_clear(&in);
		log_text(&in, "p\r\n--b%*s\r\nx\r\n--b--\r\n", (int)blanks, "");
		cuts_check(run, &setup, sm_buf_bytes(&in), &rng, 10, NULL);
		cuts_run(&log, run, &setup, sm_buf_bytes(&in), CUTS_WHOLE,
		    &rng);
		assert_int_equal(sm_buf_append_byte(&log, 0), 0);
		assert_int_equal(blanks + 3 <= 998,
		    strstr((const char *)log.data, "<1") != NULL);
		sm_buf_free(&log);
	}
	sm_buf_free(&in);
}

static void
parts_are_limited_by_number(void **state)
{
	struct setup setup = { "b", 2 };

	(void)state;
	cuts_check(run, &setup, LIT("--b\n--b\n--b--\n"), &rng, 10,
	    "<1  1><2  2>.");
	cuts_check(run, &setup, LIT("--b\n--b\n--b\n--b--\n"), &rng, 10,
	    "<1  1><2  2>mime-parts");
}

static int
stop(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	(void)in;
	return SM_E_POLICY;
}

static void
a_listener_can_stop_the_reading_and_need_not_listen(void **state)
{
	struct sm_multipart_events none = { 0 }, ev = { .part_data = stop };
	struct sm_limits limits = sm_limits_default();
	struct sm_multipart *m;
	bool closed;

	(void)state;
	assert_int_equal(sm_multipart_new(&m, "b", &ev, &limits, NULL), 0);
	assert_int_equal(sm_multipart_write(m, LIT("p\n--b\nx")), SM_E_POLICY);
	sm_multipart_free(m);
	assert_int_equal(sm_multipart_new(&m, "b", &none, &limits, NULL), 0);
	assert_int_equal(sm_multipart_write(m, LIT("p\n--b\nx\n--b--\ne")), 0);
	assert_int_equal(sm_multipart_finish(m, &closed), 0);
	assert_true(closed);
	sm_multipart_free(m);
}

/* ---- a second opinion: the whole body, line by line ---- */

struct line {
	size_t start, end, next; /* end: without line end and blanks */
};

static struct line
line_at(struct sm_bytes in, size_t at)
{
	const uint8_t *lf = memchr(in.data + at, '\n', in.len - at);
	struct line l = { at, in.len, in.len };

	if (lf != NULL) {
		l.end = (size_t)(lf - in.data);
		l.next = l.end + 1;
	}
	if (l.end > at && in.data[l.end - 1] == '\r')
		l.end--;
	while (l.end > at && in.data[l.end - 1] == ' ')
		l.end--;
	return l;
}

/* Where the data before a delimiter line end: before the line end. */
static size_t
data_end(struct sm_bytes in, size_t from, size_t line)
{
	if (line > from && in.data[line - 1] == '\n')
		line--;
	if (line > from && in.data[line] == '\n' && in.data[line - 1] == '\r')
		line--;
	return line;
}

static void
slow_data(struct seen *s, char kind, struct sm_bytes in, size_t from, size_t to)
{
	if (to > from)
		seen_data(s, kind, sm_bytes(in.data + from, to - from));
}

static void
slow(struct sm_buf *log, struct sm_bytes in)
{
	struct seen s = { log, 0 };
	char kind = 'P';
	unsigned part = 0;
	size_t from = 0, at = 0;

	while (at < in.len && kind != 'E') {
		struct line l = line_at(in, at);
		struct sm_bytes line = sm_bytes(in.data + at, l.end - at);

		at = l.next;
		if (!sm_bytes_equal(line, LIT("--b")) &&
		    !sm_bytes_equal(line, LIT("--b--")))
			continue;
		slow_data(&s, kind, in, from, data_end(in, from, l.start));
		if (kind == 'D')
			on_end(&s, part);
		kind = line.len == 5 ? 'E' : 'D';
		if (kind == 'D')
			on_begin(&s, ++part);
		from = at;
	}
	slow_data(&s, kind, in, from, in.len);
	if (kind == 'D')
		on_end(&s, part);
	log_text(log, "%s", kind == 'E' ? "." : "!");
}

static void
random_bodies_are_cut_as_a_slow_reader_cuts_them(void **state)
{
	static const char *const bits[] = { "--b", "--b", "--", "-", "b",
		"\r\n", "\r\n", "\n", "\n", "\r", " ", "x", "--b--",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };
	struct setup setup = { "b", 0 };
	struct sm_buf in = SM_BUF_INIT, want = SM_BUF_INIT;

	(void)state;
	for (unsigned i = rnd_loops(4000); i > 0; i--) {
		sm_buf_clear(&in);
		sm_buf_clear(&want);
		for (size_t k = rnd_below(&rng, 30); k > 0; k--)
			log_text(&in, "%s", bits[rnd_below(&rng, 14)]);
		slow(&want, sm_buf_bytes(&in));
		assert_int_equal(sm_buf_append_byte(&want, 0), 0);
		cuts_check(run, &setup, sm_buf_bytes(&in), &rng, 3,
		    (const char *)want.data);
	}
	sm_buf_free(&in);
	sm_buf_free(&want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_end_before_a_delimiter_belongs_to_it),
		cmocka_unit_test(blanks_may_follow_a_delimiter_and_nothing_else),
		cmocka_unit_test(
		    a_boundary_is_not_mistaken_for_one_that_begins_alike),
		cmocka_unit_test(a_body_that_is_cut_off_is_reported),
		cmocka_unit_test(boundaries_with_odd_characters_work),
		cmocka_unit_test(a_boundary_that_cannot_be_is_refused),
		cmocka_unit_test(a_line_too_long_for_mail_is_no_delimiter),
		cmocka_unit_test(parts_are_limited_by_number),
		cmocka_unit_test(
		    a_listener_can_stop_the_reading_and_need_not_listen),
		cmocka_unit_test(
		    random_bodies_are_cut_as_a_slow_reader_cuts_them),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
