#include "test.h"

#include <mime/header.h>

/* "value;name=text;name=text" and marks: ! bad, 2 duplicate. */
static void
render(struct sm_buf *log, struct sm_bytes fields)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_mime_value v;
	struct sm_header *h;
	size_t used;
	bool done;

	assert_int_equal(sm_header_new(&h, &limits, NULL), 0);
	assert_int_equal(sm_header_write(h, fields, &used, &done), 0);
	assert_int_equal(sm_header_finish(h), 0);
	assert_int_equal(sm_mime_value_read(&v, h, "content-type"), 0);
	log_text(log, "%s", v.value == NULL ? "(absent)" : v.value);
	for (size_t i = 0; i < v.param_count; i++)
		log_text(log, ";%s=%s", v.params[i].name, v.params[i].value);
	log_text(log, "%s%s", v.bad ? "!" : "", v.duplicate ? "2" : "");
	assert_int_equal(sm_buf_append_byte(log, 0), 0);
	sm_mime_value_wipe(&v);
	sm_header_free(h);
}

static void
check_fields(const char *fields, const char *want)
{
	struct sm_buf log = SM_BUF_INIT;

	render(&log, sm_bytes_str(fields));
	assert_string_equal((const char *)log.data, want);
	sm_buf_free(&log);
}

static void
check(const char *value, const char *want)
{
	struct sm_buf field = SM_BUF_INIT, log = SM_BUF_INIT;

	log_text(&field, "Content-Type: %s\r\n\r\n", value);
	render(&log, sm_buf_bytes(&field));
	assert_string_equal((const char *)log.data, want);
	sm_buf_free(&field);
	sm_buf_free(&log);
}

static void
types_are_lower_case_and_parameters_keep_theirs(void **state)
{
	(void)state;
	check("Text/Plain; Charset=US-ASCII", "text/plain;charset=US-ASCII");
	check("multipart/signed;\r\n micalg=sha-256;\r\n\tboundary=\"a b\"",
	    "multipart/signed;micalg=sha-256;boundary=a b");
	check("text/plain", "text/plain");
	check("base64", "base64");
	check("text/plain;", "text/plain");
	check("text/plain;; a=b;", "text/plain;a=b");
	check("text / plain ; a = b", "text/plain;a=b");
	check_fields("From: a\n\n", "(absent)");
}

static void
comments_are_removed_wherever_they_stand(void **state)
{
	(void)state;
	check("(a) text (b(c)\\)) / (d) plain (e); (f) a (g) = (h) b (i)",
	    "text/plain;a=b");
	check("text/plain (x;y=z); a=\"(b)\"", "text/plain;a=(b)");
	check("text/plain (x", "text/plain!");
	check("text/plain; a=b (x", "text/plain!");
}

static void
quoted_strings_lose_quotes_escapes_and_folding(void **state)
{
	(void)state;
	check("a/b; c=\"d\\\"e\\\\f\"", "a/b;c=d\"e\\f");
	check("a/b; c=\"\"", "a/b;c=");
	check("a/b; c=\"d\r\n e\"", "a/b;c=d e");
	check("a/b; c=\"d", "a/b!");
	check("a/b; c=\"d\" e; f=g", "a/b!");
	check("a/b; boundary=\"----=_Next,_06_00:25:21\"",
	    "a/b;boundary=----=_Next,_06_00:25:21");
}

static void
values_without_quotes_are_read_up_to_blank_or_semicolon(void **state)
{
	(void)state;
	check("a/b; boundary=----=_a:b/c,d?e; x=y",
	    "a/b;boundary=----=_a:b/c,d?e;x=y");
	check("a/b; boundary=a@b[c]<d>", "a/b;boundary=a@b[c]<d>");
	check("a/b; boundary=a(b)", "a/b;boundary=a");
	check("a/b; boundary=a\"b\"", "a/b!");
	check("a/b; boundary=a\\b", "a/b!");
	check("a/b; boundary=", "a/b!");
	check("a/b; boundary=a b", "a/b!");
}

static void
what_is_not_understood_is_marked_and_ends_the_reading(void **state)
{
	(void)state;
	check("", "!");
	check(";a=b", "!");
	check("text/", "text/!");
	check("text/plain x=y", "text/plain!");
	check("text/plain; x", "text/plain!");
	check("text/plain; x=y; z", "text/plain;x=y!");
	check("text/plain; =y", "text/plain!");
	check("\"text/plain\"", "!");
	check("text/plain/x", "text/plain!");
}

static void
what_is_there_twice_is_marked_and_the_first_counts(void **state)
{
	(void)state;
	check_fields("Content-Type: a/b\nContent-type: c/d\n\n", "a/b2");
	check("a/b; boundary=x; boundary=y", "a/b;boundary=x2");
	check("a/b; boundary=x; Boundary=x", "a/b;boundary=x2");
	check("a/b; boundary=x; boundary*=us-ascii''y", "a/b;boundary=x2");
	check("a/b; boundary*=us-ascii''y; boundary=x", "a/b;boundary=y2");
	check("a/b; boundary*0=x; boundary=y", "a/b;boundary=y2");
	check("a/b; c*0=x; c*0=y; c*1=z", "a/b;c=xz2");
}

static void
sections_of_rfc_2231_are_joined_and_decoded(void **state)
{
	(void)state;
	check("a/b; title*=us-ascii'en-us'This%20is%20%2A%2a%2A%20fun",
	    "a/b;title=This is *** fun");
	check("a/b; title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n"
	    " title*1*=%2A%2A%2Afun%2A%2A%2A%20; title*2=\"isn't it!\"",
	    "a/b;title=This is even more ***fun*** isn't it!");
	check("message/external-body; access-type=URL;\r\n"
	    " URL*0=\"ftp://\";\r\n URL*1=\"cs.utk.edu/pub/moore/x.tar\"",
	    "message/external-body;access-type=URL;"
	    "url=ftp://cs.utk.edu/pub/moore/x.tar");
	check("a/b; c*1=y; c*0=x", "a/b;c=xy");
	check("a/b; c*=''%C3%A9", "a/b;c=\xc3\xa9");
	check("a/b; c*0=x; c*2=z", "a/b;c=x2");
	check("a/b; c*1=y", "a/b!");
}

static void
sections_that_make_no_sense_are_marked(void **state)
{
	(void)state;
	check("a/b; c*=x", "a/b!");
	check("a/b; c*=''%4", "a/b!");
	check("a/b; c*=''%zz", "a/b!");
	check("a/b; c*=''x%00y", "a/b!");
	check("a/b; c*01=x", "a/b!");
	check("a/b; c*x=x", "a/b!");
	check("a/b; **=x", "a/b!");
	check("a/b; *=''x", "a/b!");
	check("a/b; c**=''x", "a/b!");
}

static void
a_field_of_parameters_without_end_is_marked(void **state)
{
	struct sm_buf in = SM_BUF_INIT, log = SM_BUF_INIT;

	(void)state;
	log_text(&in, "Content-Type: a/b");
	for (int i = 0; i < 200; i++)
		log_text(&in, ";p%d=v", i);
	log_text(&in, "\n\n");
	render(&log, sm_buf_bytes(&in));
	assert_int_equal(log.data[log.len - 2], '!');
	sm_buf_free(&in);
	sm_buf_free(&log);
}

static void
parameters_are_found_by_name(void **state)
{
	struct sm_mime_param params[] = { { (char *)(uintptr_t)"a",
	    (char *)(uintptr_t)"b" } };
	struct sm_mime_value v = { NULL, params, 1, false, false };

	(void)state;
	assert_string_equal(sm_mime_value_param(&v, "a"), "b");
	assert_null(sm_mime_value_param(&v, "b"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(types_are_lower_case_and_parameters_keep_theirs),
		cmocka_unit_test(comments_are_removed_wherever_they_stand),
		cmocka_unit_test(quoted_strings_lose_quotes_escapes_and_folding),
		cmocka_unit_test(
		    values_without_quotes_are_read_up_to_blank_or_semicolon),
		cmocka_unit_test(
		    what_is_not_understood_is_marked_and_ends_the_reading),
		cmocka_unit_test(
		    what_is_there_twice_is_marked_and_the_first_counts),
		cmocka_unit_test(sections_of_rfc_2231_are_joined_and_decoded),
		cmocka_unit_test(sections_that_make_no_sense_are_marked),
		cmocka_unit_test(a_field_of_parameters_without_end_is_marked),
		cmocka_unit_test(parameters_are_found_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
