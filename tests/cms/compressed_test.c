#include "envelope_kit.h"

#include <cms/compressed.h>
#include <stdlib.h>

struct reader {
	struct sm_inflate *z;
	enum sm_cms_type type;
};

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	struct reader *r = ctx;

	r->type = type;
	return SM_OK;
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	struct reader *r = ctx;

	(void)was_der;
	return field == SM_F_COMPRESS_ALG ? sm_inflate_alg(r->z, der) : SM_OK;
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	struct reader *r = ctx;

	return sm_inflate_write(r->z, in);
}

static int
on_content_end(void *ctx)
{
	struct reader *r = ctx;

	return sm_inflate_finish(r->z);
}

/* Read msg in pieces of at most cut bytes; 0: at once. */
static int
inflate_message(struct sm_buf *out, struct sm_bytes msg, size_t cut,
    const struct sm_limits *limits, struct sm_error *err)
{
	struct reader r = { NULL, SM_CMS_UNKNOWN };
	const struct sm_cms_events ev = { &r, on_begin, on_field, NULL,
		on_content, on_content_end, NULL };
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_shell *s;
	size_t n;
	int rc = 0;

	assert_int_equal(sm_inflate_new(&r.z, &sink, limits, err), 0);
	assert_int_equal(sm_shell_new(&s, SM_CMS_UNKNOWN, &ev, limits, err), 0);
	for (; rc == 0 && msg.len > 0; msg = sm_bytes_skip(msg, n)) {
		n = cut == 0 ? msg.len : (size_t)rand() % cut + 1;
		rc = sm_shell_write(s, sm_bytes_first(msg, n));
	}
	if (rc == 0)
		rc = sm_shell_finish(s);
	if (rc == 0)
		assert_int_equal(r.type, SM_CMS_COMPRESSED);
	sm_shell_free(s);
	sm_inflate_free(r.z);
	return rc;
}

static void
compress_message(struct sm_buf *msg, struct sm_bytes in, size_t cut)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_sink sink = sm_buf_sink(msg);
	struct sm_compress_writer *w;
	size_t n;

	sm_buf_clear(msg);
	assert_int_equal(sm_compress_writer_new(&w, SM_CMS_DATA, &sink, &err),
	    0);
	for (; in.len > 0; in = sm_bytes_skip(in, n)) {
		n = cut == 0 || cut > in.len ? in.len : cut;
		assert_int_equal(sm_compress_writer_write(w,
		    sm_bytes_first(in, n)), 0);
	}
	assert_int_equal(sm_compress_writer_finish(w), 0);
	assert_int_equal(sm_compress_writer_finish(w), SM_E_USAGE);
	sm_compress_writer_free(w);
}

static void
what_was_compressed_comes_back_at_any_cut(void **state)
{
	static const size_t sizes[] = { 0, 1, 1000, 65536, 300000 };
	static const size_t cuts[] = { 0, 1, 17, 9000 };
	struct sm_limits limits = sm_limits_default();
	struct sm_buf in = SM_BUF_INIT, msg = SM_BUF_INIT, out = SM_BUF_INIT;
	struct sm_error err = SM_ERROR_INIT;
	size_t i, k;

	(void)state;
	srand(1);
	for (i = 0; i < 5; i++) {
		kit_bytes(&in, sizes[i]);
		compress_message(&msg, sm_buf_bytes(&in), i * 700);
		for (k = 0; k < 4; k++) {
			sm_buf_clear(&out);
			assert_int_equal(inflate_message(&out,
			    sm_buf_bytes(&msg), cuts[k], &limits, &err), 0);
			assert_kit_bytes(sm_buf_bytes(&out), sm_buf_bytes(&in));
		}
	}
	sm_buf_free(&in);
	sm_buf_free(&msg);
	sm_buf_free(&out);
}

static void
a_bomb_stops_at_the_ratio_or_the_absolute_limit(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_buf in = SM_BUF_INIT, msg = SM_BUF_INIT, out = SM_BUF_INIT;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	/* within the first MiB any ratio will do */
	assert_int_equal(sm_buf_resize(&in, 1 << 20), 0);
	compress_message(&msg, sm_buf_bytes(&in), 0);
	assert_int_equal(inflate_message(&out, sm_buf_bytes(&msg), 0, &limits,
	    &err), 0);
	assert_int_equal(out.len, 1 << 20);
	sm_buf_clear(&out);
	assert_int_equal(sm_buf_resize(&in, 30 << 20), 0);
	compress_message(&msg, sm_buf_bytes(&in), 0);
	assert_int_equal(inflate_message(&out, sm_buf_bytes(&msg), 0, &limits,
	    &err), SM_E_LIMIT);
	assert_string_equal(err.reason, "decompress-ratio");
	assert_non_null(strstr(err.text, "100 times"));
	assert_true(out.len <= 4 << 20);
	sm_buf_clear(&out);
	sm_error_clear(&err);
	limits.decompress_ratio = 2000;
	limits.decompress_bytes = 2 << 20;
	assert_int_equal(inflate_message(&out, sm_buf_bytes(&msg), 1000, &limits,
	    &err), SM_E_LIMIT);
	assert_string_equal(err.reason, "decompress-bytes");
	assert_true(out.len <= 2 << 20);
	sm_buf_free(&in);
	sm_buf_free(&msg);
	sm_buf_free(&out);
}

/* The zlib stream of "hello", alone. */
static const uint8_t hello[] = { 0x78, 0x9c, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07,
	0x00, 0x06, 0x2c, 0x02, 0x15 };

static int
inflate_raw(struct sm_buf *out, struct sm_bytes in, struct sm_error *err)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_inflate *z;
	int rc;

	sm_buf_clear(out);
	sm_error_clear(err);
	assert_int_equal(sm_inflate_new(&z, &sink, &limits, err), 0);
	rc = sm_inflate_alg(z, LIT("\x30\x0d\x06\x0b\x2a\x86\x48\x86\xf7\x0d"
	    "\x01\x09\x10\x03\x08"));
	assert_int_equal(rc, 0);
	rc = sm_inflate_write(z, in);
	if (rc == 0)
		rc = sm_inflate_finish(z);
	sm_inflate_free(z);
	return rc;
}

static void
damaged_streams_are_refused_by_what_is_wrong(void **state)
{
	uint8_t bad[sizeof(hello) + 1];
	struct sm_error err = SM_ERROR_INIT;
	struct sm_buf out = SM_BUF_INIT;
	size_t n;

	(void)state;
	assert_int_equal(inflate_raw(&out, sm_bytes(hello, sizeof(hello)), &err),
	    0);
	assert_kit_bytes(sm_buf_bytes(&out), LIT("hello"));
	for (n = 0; n < sizeof(hello); n++) {
		assert_int_equal(inflate_raw(&out, sm_bytes(hello, n), &err),
		    SM_E_FORMAT);
		assert_string_equal(err.reason, "compress-truncated");
	}
	memcpy(bad, hello, sizeof(hello));
	bad[sizeof(hello)] = 0;
	assert_int_equal(inflate_raw(&out, sm_bytes(bad, sizeof(bad)), &err),
	    SM_E_FORMAT);
	assert_string_equal(err.reason, "compress-trailing");
	bad[sizeof(hello) - 1] ^= 1; /* the checksum */
	assert_int_equal(inflate_raw(&out, sm_bytes(bad, sizeof(hello)), &err),
	    SM_E_FORMAT);
	assert_string_equal(err.reason, "compress-damaged");
	sm_buf_free(&out);
}

static void
another_algorithm_is_unsupported(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_inflate *z;

	(void)state;
	assert_int_equal(sm_inflate_new(&z, NULL, &limits, &err), 0);
	assert_int_equal(sm_inflate_alg(z, LIT("\x30\x05\x06\x03\x2a\x03\x04")),
	    SM_E_UNSUPPORTED);
	assert_string_equal(err.reason, "compress-unknown");
	assert_int_equal(sm_inflate_write(z, LIT("x")), SM_E_UNSUPPORTED);
	sm_inflate_free(z);
	sm_error_clear(&err);
	assert_int_equal(sm_inflate_new(&z, NULL, &limits, &err), 0);
	assert_int_equal(sm_inflate_alg(z, LIT("\x30\x00")), SM_E_FORMAT);
	sm_inflate_free(z);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_was_compressed_comes_back_at_any_cut),
		cmocka_unit_test(a_bomb_stops_at_the_ratio_or_the_absolute_limit),
		cmocka_unit_test(damaged_streams_are_refused_by_what_is_wrong),
		cmocka_unit_test(another_algorithm_is_unsupported),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
