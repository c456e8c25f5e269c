#include "test.h"

#include <mime/codec.h>

static uint64_t rng;

struct setup {
	enum sm_cte cte;
	bool crlf;
};

static void
run_decoder(struct sm_buf *log, struct cuts *c, void *arg)
{
	const struct setup *setup = arg;
	struct sm_sink sink = sm_buf_sink(log);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_decoder *d;
	struct sm_bytes in;
	int rc = 0;

	assert_int_equal(sm_decoder_new(&d, setup->cte, &sink, &err), 0);
	while (rc == 0 && cuts_next(c, &in))
		rc = sm_decoder_write(d, in);
	if (rc == 0)
		rc = sm_decoder_finish(d);
	if (rc != 0) {
		assert_true(err.has_offset);
		log_text(log, "|%s %d", err.reason, (int)err.offset);
	}
	sm_decoder_free(d);
}

static void
run_encoder(struct sm_buf *log, struct cuts *c, void *arg)
{
	const struct setup *setup = arg;
	struct sm_sink sink = sm_buf_sink(log);
	struct sm_encoder *e;
	struct sm_bytes in;

	assert_int_equal(sm_encoder_new(&e, setup->cte, setup->crlf, &sink), 0);
	while (cuts_next(c, &in))
		assert_int_equal(sm_encoder_write(e, in), 0);
	assert_int_equal(sm_encoder_finish(e), 0);
	sm_encoder_free(e);
}

static void
decode(enum sm_cte cte, const char *in, const char *want)
{
	struct setup setup = { cte, false };

	cuts_check(run_decoder, &setup, sm_bytes_str(in), &rng, 20, want);
}

static void
encode(enum sm_cte cte, bool crlf, const char *in, const char *want)
{
	struct setup setup = { cte, crlf };

	cuts_check(run_encoder, &setup, sm_bytes_str(in), &rng, 20, want);
}

static void
codings_are_known_by_name(void **state)
{
	(void)state;
	assert_int_equal(sm_cte_read(NULL), SM_CTE_IDENTITY);
	assert_int_equal(sm_cte_read("7bit"), SM_CTE_IDENTITY);
	assert_int_equal(sm_cte_read(" 8Bit\r\n"), SM_CTE_IDENTITY);
	assert_int_equal(sm_cte_read("binary"), SM_CTE_IDENTITY);
	assert_int_equal(sm_cte_read("Base64"), SM_CTE_BASE64);
	assert_int_equal(sm_cte_read("quoted-printable"), SM_CTE_QP);
	assert_int_equal(sm_cte_read(""), SM_CTE_UNKNOWN);
	assert_int_equal(sm_cte_read("x-uuencode"), SM_CTE_UNKNOWN);
	assert_int_equal(sm_cte_read("base64 x"), SM_CTE_UNKNOWN);
}

static void
an_unknown_coding_is_said_to_be_so(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&b);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_decoder *d;
	struct sm_encoder *e;

	(void)state;
	assert_int_equal(sm_decoder_new(&d, SM_CTE_UNKNOWN, &sink, &err),
	    SM_E_UNSUPPORTED);
	assert_null(d);
	assert_string_equal(err.reason, "transfer-encoding");
	assert_int_equal(sm_encoder_new(&e, SM_CTE_UNKNOWN, true, &sink),
	    SM_E_USAGE);
	assert_null(e);
	sm_decoder_free(NULL);
	sm_encoder_free(NULL);
}

static void
base64_is_decoded_strictly(void **state)
{
	(void)state;
	decode(SM_CTE_BASE64, "Zm9v\r\nYmFy\r\n", "foobar");
	decode(SM_CTE_BASE64, "Zm9vYg==\n\n", "foob");
	decode(SM_CTE_BASE64, "", "");
	decode(SM_CTE_BASE64, "Zm9v\r\nYm!y\r\n", "foo|base64-character 8");
	decode(SM_CTE_BASE64, "Zm9v\r\nYm", "foo|base64-end 8");
	decode(SM_CTE_BASE64, "Zg==\r\n--\r\n", "f|base64-character 6");
}

static void
quoted_printable_is_decoded_strictly(void **state)
{
	(void)state;
	decode(SM_CTE_QP, "a=3Db=c3=A9\r\n", "a=b\xc3\xa9\r\n");
	decode(SM_CTE_QP, "soft=\r\nbreak=\nhere= \t\r\nend", "softbreakhereend");
	decode(SM_CTE_QP, "blanks \t \r\nx \ny\t", "blanks\r\nx\ny");
	decode(SM_CTE_QP, "a\rb \rc\r", "a\rb \rc\r");
	decode(SM_CTE_QP, "kept =20\r\n", "kept  \r\n");
	decode(SM_CTE_QP, "\xff 8 bit", "\xff 8 bit");
	decode(SM_CTE_QP, "ab=4g", "ab|quoted-printable 2");
	decode(SM_CTE_QP, "ab=g4", "ab|quoted-printable 2");
	decode(SM_CTE_QP, "ab=", "ab|quoted-printable 2");
	decode(SM_CTE_QP, "ab=4", "ab|quoted-printable 2");
	decode(SM_CTE_QP, "ab=\rx", "ab|quoted-printable 2");
	decode(SM_CTE_QP, "ab= x", "ab|quoted-printable 2");
}

static void
blanks_without_end_need_no_memory_without_end(void **state)
{
	struct setup setup = { SM_CTE_QP, false };
	struct sm_buf in = SM_BUF_INIT;

	(void)state;
	log_text(&in, "a%5000sb\n", "");
	assert_int_equal(sm_buf_append_byte(&in, 0), 0);
	cuts_check(run_decoder, &setup, sm_bytes(in.data, in.len - 1), &rng, 3,
	    (const char *)in.data);
	sm_buf_free(&in);
}

static void
other_codings_pass_every_byte(void **state)
{
	(void)state;
	decode(SM_CTE_IDENTITY, "a=b\r\n \xff", "a=b\r\n \xff");
	encode(SM_CTE_IDENTITY, true, "a=b\r\n \xff", "a=b\r\n \xff");
}

static void
base64_is_written_in_lines_of_64(void **state)
{
	(void)state;
	encode(SM_CTE_BASE64, true, "", "");
	encode(SM_CTE_BASE64, true, "foob", "Zm9vYg==\r\n");
	encode(SM_CTE_BASE64, false,
	    "012345678901234567890123456789012345678901234567foob",
	    "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDEyMzQ1Njc4OTAxMjM0NTY3"
	    "\nZm9vYg==\n");
}

static void
quoted_printable_survives_what_mail_does_to_text(void **state)
{
	(void)state;
	encode(SM_CTE_QP, true, "a=b\r\nc\xc3\xa9\r\n", "a=3Db\r\nc=C3=A9\r\n");
	encode(SM_CTE_QP, false, "a \r\nb\t\r\n  c", "a=20\nb=09\n  c");
	encode(SM_CTE_QP, true, "From me\r\nFrom\r\nFrost\r\nFFrom \r\nFrom ",
	    "=46rom me\r\nFrom\r\nFrost\r\nFFrom=20\r\n=46rom=20");
	encode(SM_CTE_QP, true, ".\r\n..x.", "=2E\r\n=2E.x.");
	encode(SM_CTE_QP, true, "a\rb\nc\r", "a=0Db=0Ac=0D");
	encode(SM_CTE_QP, true, "012345678901234567890123456789012345678901234567"
	    "890123456789012345678901234567890", "012345678901234567890123456789"
	    "012345678901234567890123456789012345678901234=\r\n567890");
}

/* The longest line, and whether one begins with what must not. */
static void
check_lines(struct sm_bytes text)
{
	size_t start = 0;

	for (size_t i = 0; i < text.len; i++) {
		struct sm_bytes line = sm_bytes(text.data + start, i - start);

		if (text.data[i] != '\n')
			continue;
		assert_true(line.len <= 77);
		assert_false(sm_bytes_equal(sm_bytes_first(line, 5),
		    LIT("From ")));
		assert_false(line.len > 0 && line.data[0] == '.');
		start = i + 1;
	}
}

static void
what_is_encoded_decodes_to_itself(void **state)
{
	static const char *const bits[] = { "From ", ".", " ", "\t", "\r\n", "x",
		"=", "\xc3\xa9", "\r", "\n", "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxx" };

	(void)state;
	for (unsigned i = rnd_loops(600); i > 0; i--) {
		struct setup setup = { i % 2 ? SM_CTE_QP : SM_CTE_BASE64, true };
		struct sm_buf in = SM_BUF_INIT, out = SM_BUF_INIT;

		for (size_t k = rnd_below(&rng, 60); k > 0; k--)
			log_text(&in, "%s", bits[rnd_below(&rng, 11)]);
		cuts_check(run_encoder, &setup, sm_buf_bytes(&in), &rng, 2,
		    NULL);
		cuts_run(&out, run_encoder, &setup, sm_buf_bytes(&in),
		    CUTS_RANDOM, &rng);
		check_lines(sm_buf_bytes(&out));
		assert_int_equal(sm_buf_append_byte(&in, 0), 0);
		cuts_check(run_decoder, &setup, sm_buf_bytes(&out), &rng, 2,
		    (const char *)in.data);
		sm_buf_free(&in);
		sm_buf_free(&out);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(codings_are_known_by_name),
		cmocka_unit_test(an_unknown_coding_is_said_to_be_so),
		cmocka_unit_test(base64_is_decoded_strictly),
		cmocka_unit_test(quoted_printable_is_decoded_strictly),
		cmocka_unit_test(blanks_without_end_need_no_memory_without_end),
		cmocka_unit_test(other_codings_pass_every_byte),
		cmocka_unit_test(base64_is_written_in_lines_of_64),
		cmocka_unit_test(
		    quoted_printable_survives_what_mail_does_to_text),
		cmocka_unit_test(what_is_encoded_decodes_to_itself),
	};

	rng = rnd_seed();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
