#include "test.h"

#include <sealmail/address.h>

static uint64_t rng;

/* "addr|display,..." and G for a group; "-" when refused. */
static void
check_bytes(struct sm_bytes value, const char *want)
{
	struct sm_address_list l;
	struct sm_buf log = SM_BUF_INIT;
	int rc = sm_address_list_parse(&l, value);

	if (rc != 0) {
		assert_int_equal(rc, SM_E_FORMAT);
		assert_null(l.list);
		log_text(&log, "-");
	}
	for (size_t i = 0; i < l.count; i++) {
		log_text(&log, "%s%s", i > 0 ? "," : "", l.list[i].addr);
		if (l.list[i].display != NULL)
			log_text(&log, "|%s", l.list[i].display);
		assert_true(sm_address_valid(sm_bytes_str(l.list[i].addr)));
	}
	log_text(&log, "%s", l.group ? "G" : "");
	assert_int_equal(sm_buf_append_byte(&log, 0), 0);
	if (want != NULL)
		assert_string_equal((const char *)log.data, want);
	sm_buf_free(&log);
	sm_address_list_wipe(&l);
}

static void
check(const char *value, const char *want)
{
	check_bytes(sm_bytes_str(value), want);
}

static void
mailboxes_of_rfc_5322_are_read(void **state)
{
	(void)state;
	check("alice@example.org", "alice@example.org");
	check("Alice <Alice@Example.ORG>", "Alice@example.org|Alice");
	check("<alice@example.org>", "alice@example.org");
	check("John Q. Public <jqp@x.example>", "jqp@x.example|John Q. Public");
	check("\"Joe Q. Public\" <john.q.public@example.com>",
	    "john.q.public@example.com|Joe Q. Public");
	check("Mary Smith <mary@x.test>, jdoe@example.org, Who? <one@y.test>",
	    "mary@x.test|Mary Smith,jdoe@example.org,one@y.test|Who?");
	check("\"Giant; \\\"Big\\\" Box\" <sysservices@example.net>",
	    "sysservices@example.net|Giant; \"Big\" Box");
	check("Pete(A nice \\) chap) <pete(his account)@silly.test(his host)>",
	    "pete@silly.test|Pete");
	check("  alice@example.org  ", "alice@example.org");
	check("a,\r\n b@x", "-");
	check("a@x,\r\n b@x", "a@x,b@x");
	check("=?utf-8?q?J=C3=B6rg?= <j@x>", "j@x|=?utf-8?q?J=C3=B6rg?=");
	check("alice (Alice) @ example . org", "-");
	check("alice (Alice) @ (at) example.org (home)", "alice@example.org");
}

static void
quotes_of_a_local_part_go_where_they_are_not_needed(void **state)
{
	(void)state;
	check("\"alice\"@x", "alice@x");
	check("\"a\\lice.b\"@x", "alice.b@x");
	check("\"a b\"@x", "\"a b\"@x");
	check("\"a\\\"b\"@x", "\"a\\\"b\"@x");
	check("\"a@y\"@x", "\"a@y\"@x");
	check("\"\"@x", "\"\"@x");
	check("\"a..b\"@x", "\"a..b\"@x");
}

static void
what_is_not_consumed_to_the_end_is_no_address(void **state)
{
	static const char *const bad[] = { "", " ", ",", "a", "a@", "@x", "a@x,",
		",a@x", "a@x,,b@x", "<a@x>;<b@y>", "a@x@y", "a@x b@y",
		"a@x <b@y>", "Alice a@x", "<a@x", "a@x>", "<<a@x>>", "<a@x> x",
		"<@r:a@x>", "a..b@x", ".a@x", "a.@x", "a b@x", "a@[127.0.0.1]",
		"a@x..y", "a@.x", "a@x.", "a@-x", "a@x-", "a@x_y", "a@x!",
		"\"a@x", "\"a\"b@x", "\"a\" b@x", "a\"b\"@x", "a@\"x\"",
		"a@x (", "a@x )", "a@x\r\nb", "a@x\n", "a@x\r", "a\r@x",
		"\"a\" \"b\"@x", "alice@trusted.example <m@evil.example>",
		"a;b@x", "a@x;", "[a]@x", "a\\b@x", "A <a@x>, B", "<>",
		"a@x\x7f", "a\x01@x", "\"a\\\x01\"@x" };

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		check(bad[i], "-");
	check_bytes(LIT("a@x\0"), "-");
	check_bytes(LIT("a@x\0.evil.example"), "-");
	check_bytes(LIT("\"a\\\0\"@x"), "-");
}

static void
groups_are_told_apart_and_read_to_their_end(void **state)
{
	(void)state;
	check("undisclosed-recipients:;", "G");
	check("A Group: Ed <joe@where.test>, joe@where.test ;", "G");
	check("x@y, G: a@x;, z@y", "x@y,z@yG");
	check("G: a@x", "-");
	check("G: a@x,;", "-");
	check("G: H: a@x;;", "-");
	check("G: a@x; b@y", "-");
	check(": a@x;", "-");
	check("G: a@x@y;", "-");
}

static void
utf_8_is_read_and_anything_else_refused(void **state)
{
	(void)state;
	check("J\xc3\xb6rg <j\xc3\xb6rg@b\xc3\xbc" "cher.example>",
	    "j\xc3\xb6rg@b\xc3\xbc" "cher.example|J\xc3\xb6rg");
	check("\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b.example",
	    "\xe7\x94\xa8\xe6\x88\xb7@\xe4\xbe\x8b.example");
	check("\xff@x", "-");
	check("\xc0\xaf@x", "-");      /* overlong */
	check("\xed\xa0\x80@x", "-");  /* surrogate */
	check("\xf4\x90\x80\x80@x", "-");
	check("\xc3@x", "-");
	check("\xc2\x85@x", "-");      /* C1 control */
	check("a@\xe2\x82", "-");
	check("J\xf6rg <j@x>", "-");
}

static void
lengths_are_bounded(void **state)
{
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	log_text(&in, "%0255d@x", 0);
	check_bytes(sm_buf_bytes(&in), NULL);
	assert_true(sm_address_valid(sm_buf_bytes(&in)));
	sm_buf_clear(&in);
	log_text(&in, "%0256d@x", 0);
	assert_false(sm_address_valid(sm_buf_bytes(&in)));
	sm_buf_clear(&in);
	log_text(&in, "a@%064d", 0);
	assert_false(sm_address_valid(sm_buf_bytes(&in)));
	sm_buf_clear(&in);
	for (int i = 0; i < 1000; i++)
		log_text(&in, "%sa@x", i > 0 ? "," : "");
	check_bytes(sm_buf_bytes(&in), NULL);
	log_text(&in, ",a@x");
	check_bytes(sm_buf_bytes(&in), "-");
	sm_buf_free(&in);
}

static bool
equal(const char *a, const char *b)
{
	bool r = sm_address_equal(sm_bytes_str(a), sm_bytes_str(b));

	assert_int_equal(r, sm_address_equal(sm_bytes_str(b), sm_bytes_str(a)));
	return r;
}

static void
domains_are_equal_whatever_their_case_and_form(void **state)
{
	(void)state;
	assert_true(equal("a@example.org", "a@EXAMPLE.Org"));
	assert_false(equal("A@example.org", "a@example.org"));
	assert_false(equal("a@example.org", "a@example.orgx"));
	assert_false(equal("a@example.org", "a@example"));
	assert_false(equal("a@example", "a@example.org"));
	assert_true(equal("a@b\xc3\xbc" "cher.example",
	    "a@xn--bcher-kva.example"));
	assert_true(equal("a@B\xc3\xbc" "CHER.example",
	    "a@XN--BCHER-KVA.example"));
	assert_false(equal("a@b\xc3\xbc" "cher.example", "a@bucher.example"));
	/* RFC 3492 section 7.1 (B) and (D) */
	assert_true(equal("a@\xe4\xbb\x96\xe4\xbb\xac\xe4\xb8\xba\xe4\xbb\x80"
	    "\xe4\xb9\x88\xe4\xb8\x8d\xe8\xaf\xb4\xe4\xb8\xad\xe6\x96\x87",
	    "a@xn--ihqwcrb4cv8a8dqg056pqjye"));
	assert_true(equal("a@pro\xc4\x8dprost\xc4\x9bnemluv\xc3\xad\xc4\x8d"
	    "esky", "a@xn--proprostnemluvesky-uyb24dma41a"));
	assert_true(equal("a@\xf0\x9f\x98\x80.example", "a@xn--e28h.example"));
	assert_false(equal("a@x", "not an address"));
	assert_false(equal("a@x@y", "a@x@y"));
}

static void
equal_addresses_have_one_canonical_form(void **state)
{
	static const char *const forms[][2] = {
		{ "Ann@EXAMPLE.Org", "Ann@example.org" },
		{ "a@B\xc3\xbc" "CHER.example", "a@xn--bcher-kva.example" },
		{ "a@XN--BCHER-KVA.Example", "a@xn--bcher-kva.example" },
		{ "\"a@b\"@x.example", "\"a@b\"@x.example" },
		{ "a@x@y", NULL }, { "a", NULL }, { "a@x\n", NULL }, { "", NULL },
	};
	struct sm_buf out = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&out);

	(void)state;
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		int rc = sm_address_canonical(&sink, sm_bytes_str(forms[i][0]));

		if (forms[i][1] == NULL) {
			assert_int_equal(rc, SM_E_FORMAT);
			continue;
		}
		assert_int_equal(rc, 0);
		assert_int_equal(out.len, strlen(forms[i][1]));
		assert_memory_equal(out.data, forms[i][1], out.len);
		sm_buf_clear(&out);
	}
	sm_buf_free(&out);
}

static void
one_bare_address_is_nothing_else(void **state)
{
	(void)state;
	assert_true(sm_address_valid(LIT("a@x")));
	assert_true(sm_address_valid(LIT("\"a b\"@x")));
	assert_false(sm_address_valid(LIT("")));
	assert_false(sm_address_valid(LIT("<a@x>")));
	assert_false(sm_address_valid(LIT(" a@x")));
	assert_false(sm_address_valid(LIT("a@x ")));
	assert_false(sm_address_valid(LIT("a(b)@x")));
	assert_false(sm_address_valid(LIT("\"a\r\n b\"@x")));
	assert_false(sm_address_valid(LIT("\"a\\\"@x")));
	assert_false(sm_address_valid(LIT("a@x\0")));
}

static void
random_lists_do_no_harm(void **state)
{
	static const char chars[] = "aaab@@.,,<<>>\"\"\\():;  \r\n\xc3\xa9\xff-";

	(void)state;
	for (unsigned i = rnd_loops(20000); i > 0; i--) {
		size_t n = rnd_below(&rng, 40);
		uint8_t *in = malloc(n == 0 ? 1 : n);

		assert_non_null(in);
		for (size_t k = 0; k < n; k++)
			in[k] = (uint8_t)chars[rnd_below(&rng,
			    sizeof(chars) - 1)];
		check_bytes(sm_bytes(in, n), NULL);
		(void)sm_address_equal(sm_bytes(in, n), sm_bytes(in, n));
		free(in);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(mailboxes_of_rfc_5322_are_read),
		cmocka_unit_test(
		    quotes_of_a_local_part_go_where_they_are_not_needed),
		cmocka_unit_test(what_is_not_consumed_to_the_end_is_no_address),
		cmocka_unit_test(groups_are_told_apart_and_read_to_their_end),
		cmocka_unit_test(utf_8_is_read_and_anything_else_refused),
		cmocka_unit_test(lengths_are_bounded),
		cmocka_unit_test(domains_are_equal_whatever_their_case_and_form),
		cmocka_unit_test(equal_addresses_have_one_canonical_form),
		cmocka_unit_test(one_bare_address_is_nothing_else),
		cmocka_unit_test(random_lists_do_no_harm),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
