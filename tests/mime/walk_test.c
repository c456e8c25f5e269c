#include "test.h"

#include <mime/multipart.h>

static uint64_t rng;

static int
on_part(void *ctx, const char *path, const struct sm_header *h)
{
	struct sm_buf *log = ctx;

	log_text(log, "(%s %s%zu)", path, sm_header_found(h) ? "" : "?",
	    sm_header_count(h));
	return 0;
}

static void
run(struct sm_buf *log, struct cuts *c, void *arg)
{
	struct sm_limits limits = arg != NULL ? *(struct sm_limits *)arg :
	    sm_limits_default();
	struct sm_walk_events ev = { log, on_part };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_walk *w;
	struct sm_bytes in;
	int rc = 0;

	assert_int_equal(sm_walk_new(&w, &ev, &limits, &err), 0);
	while (rc == 0 && cuts_next(c, &in))
		rc = sm_walk_write(w, in);
	if (rc == 0)
		rc = sm_walk_finish(w);
	if (rc != 0)
		log_text(log, "%s", err.reason);
	sm_walk_free(w);
}

static void
check(const char *in, const char *want)
{
	cuts_check(run, NULL, sm_bytes_str(in), &rng, 40, want);
}

#define MULTI(b) "Content-Type: multipart/mixed; boundary=" b "\n\n"

static void
every_part_is_shown_once_with_its_path(void **state)
{
	(void)state;
	check("", "( 0)");
	check("A: b\n\nbody", "( 1)");
	check("no header", "( ?0)");
	check(MULTI("b") "pre\n--b\n\nx\n--b\nA: b\n\ny\n--b--\n",
	    "( 1)(1 0)(2 1)");
	check(MULTI("o") "--o\n" MULTI("i") "--i\n\nx\n--i\n\ny\n--i--\nepi\n"
	    "--o\n\nz\n--o--\n", "( 1)(1 1)(1.1 0)(1.2 0)(2 0)");
	check(MULTI("b") "--b\n--b\nA: b\n--b--\n", "( 1)(1 0)(2 1)");
	check(MULTI("b") "--b\nno header here\n--b--\n", "( 1)(1 ?0)");
	check(MULTI("b") "--b\nA: b\n--b", "( 1)(1 1)(2 0)");
	check(MULTI("b") "--b\nA: b", "( 1)(1 1)");
	check(MULTI("b") "no delimiter at all", "( 1)");
	check("Content-Type: multipart/mixed\n\n--b\n\nx\n", "( 1)");
	check("Content-Type: multipart/mixed; boundary=\"\"\n\n--\n\nx\n",
	    "( 1)");
}

static void
messages_within_are_entered(void **state)
{
	(void)state;
	check("Content-Type: message/rfc822\n\nFrom: a\nTo: b\n\nx",
	    "( 1)(1 2)");
	check(MULTI("b") "--b\nContent-Type: message/rfc822\n\n" MULTI("c")
	    "--c\n\nx\n--c--\n--b\n\ny\n--b--\n",
	    "( 1)(1 1)(1.1 1)(1.1.1 0)(2 0)");
	check("Content-Type: message/rfc822\n"
	    "Content-Transfer-Encoding: base64\n\nRnJvbTogYQo=\n", "( 2)");
	check("Content-Type: message/rfc822\nnot a header\n\n", "( 1)(1 ?0)");
	check("Content-Type: message/rfc822\nA b: c\nD: e\n\n", "( 1)(1 ?0)");
	check("Content-Type: multipart/digest; boundary=b\n\n--b\n\nA: b\n\nx\n"
	    "--b\nContent-Type: text/plain\n\nx\n--b--\n",
	    "( 1)(1 0)(1.1 1)(2 1)");
}

static void
a_delimiter_of_an_outer_multipart_closes_the_inner_one(void **state)
{
	(void)state;
	check(MULTI("o") "--o\n" MULTI("i") "--i\n\nx\n--o\n\n--i\n\ny\n--o--",
	    "( 1)(1 1)(1.1 0)(2 0)");
	check(MULTI("b") "--b\n" MULTI("b") "--b\n\nx\n--b--\n\n--b\n\n",
	    "( 1)(1 1)(2 0)");
	check(MULTI("ab") "--ab\n" MULTI("abc") "--abc\n\nx\n--abc--\n--ab\n",
	    "( 1)(1 1)(1.1 0)(2 0)");
	check(MULTI("abc") "--abc\n" MULTI("ab") "--ab\n\nx\n--ab--\n--abc\n",
	    "( 1)(1 1)(1.1 0)(2 0)");
}

static void
a_header_without_its_blank_line_hides_no_part(void **state)
{
	(void)state;
	check("Content-Type: multipart/mixed; boundary=b\n--b\nA: b\n\nx\n"
	    "--b--\n", "( 1)(1 1)");
	check(MULTI("o") "--o\nContent-Type: multipart/mixed; boundary=i\n"
	    "--i\nA: b\n\n--i--\n--o--\n", "( 1)(1 1)(1.1 1)");
	check("From me\n" MULTI("b") "--b\n\n", "( 1)(1 0)");
}

static void
binary_data_in_the_place_of_a_header_is_a_leaf(void **state)
{
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	log_text(&in, "%s", MULTI("b") "--b\n");
	for (size_t i = 0; i < 5000; i++)
		assert_int_equal(sm_buf_append_byte(&in,
		    (uint8_t)(i % 9 == 0 ? 0 : 'A' + i % 26)), 0);
	log_text(&in, "\n--b\n\nx");
	cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 10, "( 1)(1 ?0)(2 0)");
	sm_buf_clear(&in);
	log_text(&in, "%s%05000d\n--b\n\nx", MULTI("b") "--b\nA: b\nC: ", 0);
	cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 10, "( 1)(1 2)(2 0)");
	in.data[in.len - 2000] = 0;
	cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 10, "( 1)(1 1)(2 0)");
	sm_buf_clear(&in);
	log_text(&in, "%s%05000d\n--b\n\nx",
	    MULTI("b") "--b\nContent-Type: message/rfc822\nC: ", 0);
	in.data[in.len - 2000] = 0;
	cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 10,
	    "( 1)(1 1)(1.1 ?0)(2 0)");
	sm_buf_free(&in);
}

static void
depth_and_number_are_limited(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	limits.mime_depth = 2;
	limits.mime_parts = 4;
	limits.header_bytes = 2000;
	cuts_check(run, &limits, LIT(MULTI("a") "--a\n" MULTI("b") "--b\n"
	    MULTI("c")), &rng, 5, "( 1)(1 1)(1.1 1)mime-depth");
	cuts_check(run, &limits, LIT(MULTI("a") "--a\n--a\n--a\n--a\n"), &rng,
	    5, "( 1)(1 0)(2 0)(3 0)mime-parts");
	log_text(&in, "A: %05000d", 0);
	cuts_check(run, &limits, sm_buf_bytes(&in), &rng, 5, "header-bytes");
	in.data[0] = ' ';
	cuts_check(run, &limits, sm_buf_bytes(&in), &rng, 5, "( ?0)");
	sm_buf_free(&in);
}

/* ten thousand levels: refused in no time, whatever they are made of */
static void
nesting_without_end_is_refused_early(void **state)
{
	struct sm_buf in = SM_BUF_INIT;
	struct sm_buf log = SM_BUF_INIT;

	(void)state;
	for (int i = 0; i < 10000; i++)
		log_text(&in, MULTI("b%d") "--b%d\n", i, i);
	cuts_run(&log, run, NULL, sm_buf_bytes(&in), CUTS_WHOLE, &rng);
	assert_non_null(memmem(log.data, log.len, "mime-depth", 10));
	sm_buf_clear(&in);
	for (int i = 0; i < 10000; i++)
		log_text(&in, "Content-Type: message/rfc822\n\n");
	cuts_run(&log, run, NULL, sm_buf_bytes(&in), CUTS_WHOLE, &rng);
	assert_non_null(memmem(log.data, log.len, "mime-depth", 10));
	sm_buf_free(&in);
	sm_buf_free(&log);
}

static int
stop(void *ctx, const char *path, const struct sm_header *h)
{
	(void)ctx;
	(void)path;
	(void)h;
	return SM_E_POLICY;
}

static void
a_listener_can_stop_the_walk(void **state)
{
	struct sm_walk_events ev = { NULL, stop };
	struct sm_limits limits = sm_limits_default();
	struct sm_walk *w;

	(void)state;
	assert_int_equal(sm_walk_new(&w, &ev, &limits, NULL), 0);
	assert_int_equal(sm_walk_write(w, LIT("A: b\n\nx")), SM_E_POLICY);
	sm_walk_free(w);
	sm_walk_free(NULL);
}

/* ---- random trees, of which the answer is known ---- */

struct tree {
	struct sm_buf text, want;
	unsigned next;
	const char *eol;
};

static void
tree_leaf(struct tree *t)
{
	static const char *const bits[] = { "--", "-", "x", "\n", "\r\n", "b",
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };

	log_text(&t->text, "A: b%s%s", t->eol, t->eol);
	for (size_t k = rnd_below(&rng, 12); k > 0; k--)
		log_text(&t->text, "%s", bits[rnd_below(&rng, 7)]);
}

static void
tree_add(struct tree *t, const char *path, int depth)
{
	unsigned id = t->next++;
	unsigned parts = 1 + (unsigned)rnd_below(&rng, 3);
	char child[64];

	log_text(&t->want, "(%s 1)", path);
	if (depth == 0 || rnd_below(&rng, 3) == 0) {
		tree_leaf(t);
		return;
	}
	/* Every boundary is the begin of others. */
	log_text(&t->text, "Content-Type: multipart/mixed; boundary=\"b%u\"%s%s",
	    id, t->eol, t->eol);
	for (unsigned i = 1; i <= parts; i++) {
		log_text(&t->text, "%s--b%u%s", t->eol, id, t->eol);
		snprintf(child, sizeof(child), "%s%s%u", path,
		    *path != '\0' ? "." : "", i);
		tree_add(t, child, depth - 1);
	}
	log_text(&t->text, "%s--b%u--%s", t->eol, id, t->eol);
}

static void
trees_of_all_shapes_are_walked_whole(void **state)
{
	(void)state;
	for (unsigned i = rnd_loops(300); i > 0; i--) {
		struct tree t = { .eol = i % 2 == 0 ? "\r\n" : "\n" };

		tree_add(&t, "", 4);
		assert_int_equal(sm_buf_append_byte(&t.want, 0), 0);
		cuts_check(run, NULL, sm_buf_bytes(&t.text), &rng, 3,
		    (const char *)t.want.data);
		sm_buf_free(&t.text);
		sm_buf_free(&t.want);
	}
}

static void
random_structures_are_walked_alike_at_any_cut(void **state)
{
	static const char *const bits[] = { "--a", "--ab", "--", "\n", "\n",
		"\r\n", "\r\n\r\n", "A: b\n", " x", "-",
		"Content-Type: multipart/mixed; boundary=a\n",
		"Content-Type: multipart/mixed; boundary=ab\n",
		"Content-Type: multipart/digest; boundary=ab\n",
		"Content-Type: message/rfc822\n", "junk", "From x\n" };
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	for (unsigned i = rnd_loops(3000); i > 0; i--) {
		sm_buf_clear(&in);
		for (size_t k = rnd_below(&rng, 30); k > 0; k--)
			log_text(&in, "%s", bits[rnd_below(&rng, 16)]);
		cuts_check(run, NULL, sm_buf_bytes(&in), &rng, 3, NULL);
	}
	sm_buf_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_part_is_shown_once_with_its_path),
		cmocka_unit_test(messages_within_are_entered),
		cmocka_unit_test(
		    a_delimiter_of_an_outer_multipart_closes_the_inner_one),
		cmocka_unit_test(a_header_without_its_blank_line_hides_no_part),
		cmocka_unit_test(binary_data_in_the_place_of_a_header_is_a_leaf),
		cmocka_unit_test(depth_and_number_are_limited),
		cmocka_unit_test(nesting_without_end_is_refused_early),
		cmocka_unit_test(a_listener_can_stop_the_walk),
		cmocka_unit_test(trees_of_all_shapes_are_walked_whole),
		cmocka_unit_test(random_structures_are_walked_alike_at_any_cut),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
