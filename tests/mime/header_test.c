#include "test.h"

#include <mime/header.h>

static uint64_t rng;


static void
log_fields(struct sm_buf *log, const struct sm_header *h)
{
	for (size_t i = 0; i < sm_header_count(h); i++) {
		struct sm_bytes f = sm_header_field(h, i);

		log_text(log, "[");
		log_add(log, sm_header_name(h, i));
		log_text(log, "|");
		log_add(log, sm_header_value(h, i));
		log_text(log, "|%zu]", f.len);
	}
}

/* Fields, then what is body. */
static void
run(struct sm_buf *log, struct cuts *c, void *arg)
{
	struct sm_limits limits = arg != NULL ? *(struct sm_limits *)arg :
	    sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf body = SM_BUF_INIT;
	struct sm_header *h;
	struct sm_bytes in;
	size_t used, total = 0;
	bool done = false;
	int rc = 0;

	assert_int_equal(sm_header_new(&h, &limits, &err), 0);
	while (rc == 0 && cuts_next(c, &in)) {
		rc = done ? 0 : sm_header_write(h, in, &used, &done);
		if (rc != 0)
			break;
		if (!done)
			assert_int_equal(used, in.len);
		total += used;
		log_add(&body, sm_bytes_skip(in, used));
		used = 0;
	}
	if (rc == 0)
		rc = sm_header_finish(h);
	if (rc != 0) {
		log_text(log, "%s %s", sm_status_name(rc), err.reason);
	} else if (!sm_header_found(h)) {
		assert_int_equal(sm_header_raw(h).len, total);
		log_text(log, "none{");
		log_add(log, sm_header_raw(h));
		log_add(log, sm_buf_bytes(&body));
		log_text(log, "}");
	} else {
		assert_int_equal(sm_header_raw(h).len, total);
		log_fields(log, h);
		log_text(log, "%s{", sm_header_is_message(h) ? "message" :
		    "entity");
		log_add(log, sm_header_rest(h));
		log_add(log, sm_buf_bytes(&body));
		log_text(log, "}");
	}
	sm_buf_free(&body);
	sm_header_free(h);
}

static void
check(const char *in, const char *want)
{
	cuts_check(run, NULL, sm_bytes_str(in), &rng, 20, want);
}

static void
fields_keep_their_exact_bytes_under_both_line_ends(void **state)
{
	(void)state;
	check("From: a@b\r\nSubject: x\r\n y\r\n\r\nbody",
	    "[From|a@b|11][Subject|x\r\n y|16]message{body}");
	check("From: a@b\nSubject: x\n\ty\n\nbody\n",
	    "[From|a@b|10][Subject|x\n\ty|14]message{body\n}");
	check("Content-Type:text/plain\nMIME-Version:\t 1.0\n\n",
	    "[Content-Type|text/plain|24][MIME-Version|1.0|19]entity{}");
	check("Content-Type : text/plain\n\n",
	    "[Content-Type|text/plain|26]entity{}");
	check("A:\n\n", "[A||3]message{}");
	check("A:\r\n", "[A||4]message{}");
	check("A: b", "[A|b|4]message{}");
	check("A: b\r", "[A|b|5]message{}");
	check("A: b\rB: c\n\n", "[A|b\rB: c|10]message{}");
	check("A: \xc3\xa9\xff\n\n", "[A|\xc3\xa9\xff|7]message{}");
	check("A: b\n \n c\n\n", "[A|b\n \n c|10]message{}");
}

static bool
ambiguous(const char *in)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_header *h;
	size_t used;
	bool done, result;

	assert_int_equal(sm_header_new(&h, &limits, NULL), 0);
	assert_int_equal(sm_header_write(h, sm_bytes_str(in), &used, &done), 0);
	assert_int_equal(sm_header_finish(h), 0);
	result = sm_header_ambiguous(h);
	sm_header_free(h);
	return result;
}

static void
a_block_that_others_may_read_otherwise_is_ambiguous(void **state)
{
	(void)state;
	assert_false(ambiguous(""));
	assert_false(ambiguous("\r\nbody\rbody"));
	assert_false(ambiguous("A: b\r\n c\r\n\r\nbody\rbody\r"));
	assert_false(ambiguous("A: b\n\nbody"));
	assert_false(ambiguous("no header"));
	assert_true(ambiguous("A: b\rFrom: c\r\n\r\n"));
	assert_true(ambiguous("A: b\r\r\n\r\n"));
	assert_true(ambiguous("A: b\r\n c\rd\r\n\r\n"));
	assert_true(ambiguous("A: b\nno field\nFrom: c\n\n"));
	assert_true(ambiguous("A: b\n\rFrom: c\n\n"));
	assert_true(ambiguous("A: b\nFrom"));
}

static void
an_empty_block_is_a_block(void **state)
{
	(void)state;
	check("", "entity{}");
	check("\r\n", "entity{}");
	check("\nbody", "entity{body}");
	check("\r\nFrom: a@b\r\n", "entity{From: a@b\r\n}");
}

static void
what_begins_otherwise_is_no_header_and_is_given_back_whole(void **state)
{
	(void)state;
	check("hello world\nA: b\n\n", "none{hello world\nA: b\n\n}");
	check("hello", "none{hello}");
	check(" A: b\n", "none{ A: b\n}");
	check("-----BEGIN CMS-----\nMIIB\n", "none{-----BEGIN CMS-----\nMIIB\n}");
	check("\r\r\nA: b\n", "none{\r\r\nA: b\n}");
	check(": b\n\n", "none{: b\n\n}");
	check("A\x80: b\n\n", "none{A\x80: b\n\n}");
	cuts_check(run, NULL, LIT("A: b\0c\n\n"), &rng, 20, NULL);
	cuts_check(run, NULL, LIT("\x30\x80\x06\x09\x2a\x86\x48\0\0\0"), &rng,
	    20, NULL);
}

static void
a_name_that_never_ends_is_no_header_long_before_the_limit(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_limits limits = sm_limits_default();
	struct sm_header *h;
	size_t used, total = 0;
	bool done = false;

	(void)state;
	assert_int_equal(sm_header_new(&h, &limits, &err), 0);
	while (!done) {
		assert_int_equal(sm_header_write(h, LIT("AAAAAAAA"), &used,
		    &done), 0);
		total += used;
	}
	assert_true(total < 1100);
	assert_false(sm_header_found(h));
	sm_header_free(h);
}

static void
a_mailbox_files_from_line_may_stand_first(void **state)
{
	(void)state;
	check("From alice Mon Nov 23\nA: b\n\nx", "[A|b|5]message{x}");
	check("From : alice\n\n", "[From|alice|13]message{}");
	check("From alice\nnothing here\n", "none{From alice\nnothing here\n}");
	check("From alice\n", "none{From alice\n}");
	check("From alice", "none{From alice}");
	check("From alice\n\nx", "entity{x}");
	check("A: b\nFrom alice\n\n", "[A|b|5]message{From alice\n\n}");
}

static void
a_damaged_line_ends_the_block_and_begins_the_body(void **state)
{
	(void)state;
	check("A: b\n--boundary\nx", "[A|b|5]message{--boundary\nx}");
	check("A: b\nhello world: x\nC: d\n\n",
	    "[A|b|5]message{hello world: x\nC: d\n\n}");
	check("A: b\nhello", "[A|b|5]message{hello}");
	check("A: b\n\rC: d\n\n", "[A|b|5]message{\rC: d\n\n}");
	check("A: b\n\r", "[A|b|5]message{\r}");
	cuts_check(run, NULL, LIT("A: b\nC: d\0e\nF: g\n\n"), &rng, 20, NULL);
	cuts_check(run, NULL, LIT("A: b\nC: d\n \0\nF: g\n\n"), &rng, 20, NULL);
}

static void
a_field_with_a_nul_is_not_read_short(void **state)
{
	struct sm_buf log = SM_BUF_INIT;

	(void)state;
	cuts_run(&log, run, NULL, LIT("A: b\nC: d\0e\n\n"), CUTS_BYTES, &rng);
	assert_bytes(sm_buf_bytes(&log), LIT("[A|b|5]message{C: d\0e\n\n}"));
	sm_buf_free(&log);
}

static void
limits_end_the_reading_by_name(void **state)
{
	struct sm_limits limits = sm_limits_default();

	(void)state;
	limits.header_bytes = 20;
	limits.header_fields = 3;
	cuts_check(run, &limits, LIT("A: b\nC: d\nE: f\n\n"), &rng, 20,
	    "[A|b|5][C|d|5][E|f|5]message{}");
	cuts_check(run, &limits, LIT("A:\nB:\nC:\nD:\n\n"), &rng, 20,
	    "limit reached header-fields");
	cuts_check(run, &limits, LIT("A: bbbbbbbbbbbbbbbbbbbbbbbb\n\n"), &rng,
	    20, "limit reached header-bytes");
}

static void
fields_are_found_by_name_whatever_the_case(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_header *h;
	size_t used;
	bool done;

	(void)state;
	assert_int_equal(sm_header_new(&h, &limits, NULL), 0);
	assert_int_equal(sm_header_write(h, LIT("to: a\nX: y\nTO: b\n\n"),
	    &used, &done), 0);
	assert_true(done);
	assert_int_equal(sm_header_find(h, "To", 0), 0);
	assert_int_equal(sm_header_find(h, "To", 1), 2);
	assert_int_equal(sm_header_find(h, "To", 2), -1);
	assert_int_equal(sm_header_find(h, "T", 0), -1);
	assert_int_equal(sm_header_name(h, 3).len, 0);
	assert_int_equal(sm_header_value(h, 99).len, 0);
	assert_int_equal(sm_header_field(h, 99).len, 0);
	sm_header_free(h);
	sm_header_free(NULL);
}

static void
random_headers_are_read_alike_at_any_cut(void **state)
{
	static const char chars[] = "AAAA:: \t\r\n\n\n-\0\x80" "From ";

	(void)state;
	for (unsigned i = rnd_loops(2000); i > 0; i--) {
		uint8_t in[60];
		size_t n = rnd_below(&rng, sizeof(in));

		for (size_t k = 0; k < n; k++)
			in[k] = (uint8_t)chars[rnd_below(&rng,
			    sizeof(chars) - 1)];
		cuts_check(run, NULL, sm_bytes(in, n), &rng, 3, NULL);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    fields_keep_their_exact_bytes_under_both_line_ends),
		cmocka_unit_test(
		    a_block_that_others_may_read_otherwise_is_ambiguous),
		cmocka_unit_test(an_empty_block_is_a_block),
		cmocka_unit_test(
		    what_begins_otherwise_is_no_header_and_is_given_back_whole),
		cmocka_unit_test(
		    a_name_that_never_ends_is_no_header_long_before_the_limit),
		cmocka_unit_test(a_mailbox_files_from_line_may_stand_first),
		cmocka_unit_test(
		    a_damaged_line_ends_the_block_and_begins_the_body),
		cmocka_unit_test(a_field_with_a_nul_is_not_read_short),
		cmocka_unit_test(limits_end_the_reading_by_name),
		cmocka_unit_test(fields_are_found_by_name_whatever_the_case),
		cmocka_unit_test(random_headers_are_read_alike_at_any_cut),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
