/* The outer shells: what is accepted, what is refused, and that cuts of the
 * input make no difference. */
#include <base/buf.h>
#include <cms/shell.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

/* Everything the shell says, as text. */
struct heard {
	struct sm_buf log;
	struct sm_buf content;
};

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	struct heard *h = ctx;

	return sm_buf_printf(&h->log, "begin %s\n", sm_cms_type_name(type));
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	struct heard *h = ctx;

	return sm_buf_printf(&h->log, "field %d %zu %02x %d\n", (int)field,
	    der.len, der.data[0], was_der);
}

static int
on_content_begin(void *ctx, bool known, uint64_t length)
{
	struct heard *h = ctx;

	return sm_buf_printf(&h->log, "content %d %d\n", known, (int)length);
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	return sm_buf_append(&((struct heard *)ctx)->content, in);
}

static int
on_content_end(void *ctx)
{
	return sm_buf_append_str(&((struct heard *)ctx)->log, "content end\n");
}

static int
on_end(void *ctx)
{
	return sm_buf_append_str(&((struct heard *)ctx)->log, "end\n");
}

/* Feed in pieces of the size `cut` (0: all at once). */
static int
hear(struct heard *h, struct sm_bytes in, size_t cut, struct sm_error *err)
{
	struct sm_cms_events ev = { h, on_begin, on_field, on_content_begin,
		on_content, on_content_end, on_end };
	struct sm_limits limits = sm_limits_default();
	struct sm_shell *s;
	int rc;

	memset(h, 0, sizeof *h);
	assert_int_equal(sm_shell_new(&s, SM_CMS_UNKNOWN, &ev, &limits, err), 0);
	rc = 0;
	while (in.len > 0 && rc == 0) {
		size_t n = cut == 0 || cut > in.len ? in.len : cut;

		rc = sm_shell_write(s, sm_bytes_first(in, n));
		in = sm_bytes_skip(in, n);
	}
	if (rc == 0)
		rc = sm_shell_finish(s);
	sm_shell_free(s);
	return rc;
}

static void
forget(struct heard *h)
{
	sm_buf_free(&h->log);
	sm_buf_free(&h->content);
}

static int
result_of(const char *hex, const char **reason)
{
	uint8_t raw[512];
	size_t n = 0;
	struct heard h;
	struct sm_error err = SM_ERROR_INIT;
	unsigned byte;
	int rc;

	for (; sscanf(hex, " %2x", &byte) == 1; hex += strspn(hex, " ") + 2)
		raw[n++] = (uint8_t)byte;
	rc = hear(&h, sm_bytes(raw, n), 1, &err);
	forget(&h);
	if (reason != NULL)
		*reason = err.reason;
	return rc;
}

static void
what_the_writer_writes_the_reader_reads_at_any_cut(void **state)
{
	static const uint8_t version[] = { 2, 1, 1 };
	static const uint8_t before[] = { 2, 1, 1, 0x31, 0 };
	static const uint8_t data_oid[] = { 6, 9, 0x2a, 0x86, 0x48, 0x86, 0xf7,
		0x0d, 1, 7, 1 };
	static const uint8_t after[] = { 0x31, 0 };
	struct sm_buf out = SM_BUF_INIT, content = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&out);
	struct sm_shell_writer *w;
	struct heard whole, cut;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	(void)version;
	for (size_t size = 0; size < 200000; size = size * 3 + 1) {
		assert_int_equal(sm_buf_resize(&content, size), 0);
		for (size_t i = 0; i < size; i++)
			content.data[i] = (uint8_t)(i * 7);
		out.len = 0;
		assert_int_equal(sm_shell_writer_new(&w, &sink), 0);
		assert_int_equal(sm_shell_writer_begin(w, SM_CMS_SIGNED,
		    sm_bytes(before, sizeof before),
		    sm_bytes(data_oid, sizeof data_oid), false), 0);
		assert_int_equal(sm_shell_writer_content(w,
		    sm_buf_bytes(&content)), 0);
		assert_int_equal(sm_shell_writer_end(w,
		    sm_bytes(after, sizeof after)), 0);
		sm_shell_writer_free(w);

		assert_int_equal(hear(&whole, sm_buf_bytes(&out), 0, &err), 0);
		assert_true(sm_bytes_equal(sm_buf_bytes(&whole.content),
		    sm_buf_bytes(&content)));
		assert_int_equal(hear(&cut, sm_buf_bytes(&out),
		    size > 5000 ? 977 : 1, &err), 0);
		assert_true(sm_bytes_equal(sm_buf_bytes(&whole.log),
		    sm_buf_bytes(&cut.log)));
		assert_true(sm_bytes_equal(sm_buf_bytes(&whole.content),
		    sm_buf_bytes(&cut.content)));
		forget(&whole);
		forget(&cut);
	}
	sm_buf_free(&out);
	sm_buf_free(&content);
}

#define DATA_OID "06 09 2a 86 48 86 f7 0d 01 07 01 "
#define SIGNED_OID "06 09 2a 86 48 86 f7 0d 01 07 02 "

static void
data_in_definite_and_indefinite_form_is_read(void **state)
{
	(void)state;
	assert_int_equal(result_of("30 0f " DATA_OID "a0 02 04 00", NULL), 0);
	assert_int_equal(result_of("30 80 " DATA_OID
	    "a0 80 24 80 04 01 61 04 01 62 00 00 00 00 00 00", NULL), 0);
	assert_int_equal(result_of("30 11 " DATA_OID
	    "a0 04 24 02 04 00", NULL), 0);
}

static void
zero_bytes_and_line_ends_behind_the_end_are_tolerated(void **state)
{
	(void)state;
	assert_int_equal(result_of("30 0f " DATA_OID "a0 02 04 00 0d 0a 00",
	    NULL), 0);
}

static void
bytes_behind_the_end_are_refused(void **state)
{
	const char *reason;

	(void)state;
	assert_int_equal(result_of("30 0f " DATA_OID "a0 02 04 00 41", &reason),
	    SM_E_FORMAT);
	assert_string_equal(reason, "cms-trailing-bytes");
}

static void
every_truncation_is_an_error(void **state)
{
	static const char whole[] = "30 80 " DATA_OID
	    "a0 80 24 80 04 01 61 04 01 62 00 00 00 00 00 00";
	char part[sizeof whole];

	(void)state;
	for (size_t n = 0; n + 3 < sizeof whole; n += 3) {
		const char *reason = NULL;

		memcpy(part, whole, n);
		part[n] = '\0';
		assert_int_equal(result_of(part, &reason), SM_E_FORMAT);
		assert_string_equal(reason, "cms-truncated");
	}
}

static void
lengths_that_do_not_add_up_are_refused(void **state)
{
	const char *reason;

	(void)state;
	/* a child longer than its parent */
	assert_int_equal(result_of("30 0f " DATA_OID "a0 02 04 7f", &reason),
	    SM_E_FORMAT);
	assert_string_equal(reason, "cms-length");
	/* 2^31 and 2^63 */
	assert_int_equal(result_of("30 80 06 84 80 00 00 00", NULL),
	    SM_E_LIMIT);
	assert_int_equal(result_of("30 88 80 00 00 00 00 00 00 00", NULL),
	    SM_E_FORMAT);
	assert_int_equal(result_of("30 89 01", NULL), SM_E_FORMAT);
	/* an indefinite primitive */
	assert_int_equal(result_of("30 80 06 80", NULL), SM_E_FORMAT);
	/* an end-of-contents inside a definite element */
	assert_int_equal(result_of("30 0f " DATA_OID "00 00", NULL), SM_E_FORMAT);
}

static void
elements_out_of_place_are_refused(void **state)
{
	const char *reason;

	(void)state;
	/* not CMS at all */
	assert_int_equal(result_of("31 80", &reason), SM_E_FORMAT);
	assert_string_equal(reason, "cms-not-cms");
	/* SignedData without its digestAlgorithms */
	assert_int_equal(result_of("30 80 " SIGNED_OID "a0 80 30 80 02 01 01 "
	    "30 80", &reason), SM_E_FORMAT);
	assert_string_equal(reason, "cms-unexpected-element");
	/* SignedData that ends early */
	assert_int_equal(result_of("30 80 " SIGNED_OID "a0 80 30 80 02 01 01 "
	    "31 00 00 00", &reason), SM_E_FORMAT);
	assert_string_equal(reason, "cms-missing-element");
}

static void
nesting_deeper_than_the_limit_is_refused(void **state)
{
	struct sm_buf in = SM_BUF_INIT;
	static const uint8_t head[] = { 0x30, 0x80, 6, 9, 0x2a, 0x86, 0x48, 0x86,
		0xf7, 0x0d, 1, 7, 1, 0xa0, 0x80 };
	struct heard h;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	assert_int_equal(sm_buf_append(&in, sm_bytes(head, sizeof head)), 0);
	for (int i = 0; i < 10000; i++)
		assert_int_equal(sm_buf_append(&in, sm_bytes("\x24\x80", 2)), 0);
	assert_int_equal(hear(&h, sm_buf_bytes(&in), 0, &err), SM_E_LIMIT);
	assert_string_equal(err.reason, "asn1-depth");
	forget(&h);
	sm_buf_free(&in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    what_the_writer_writes_the_reader_reads_at_any_cut),
		cmocka_unit_test(data_in_definite_and_indefinite_form_is_read),
		cmocka_unit_test(
		    zero_bytes_and_line_ends_behind_the_end_are_tolerated),
		cmocka_unit_test(bytes_behind_the_end_are_refused),
		cmocka_unit_test(every_truncation_is_an_error),
		cmocka_unit_test(lengths_that_do_not_add_up_are_refused),
		cmocka_unit_test(elements_out_of_place_are_refused),
		cmocka_unit_test(nesting_deeper_than_the_limit_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
