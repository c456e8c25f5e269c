#include "test.h"

#include <mime/codec.h>

static void
check(const char *name, const char *value, const char *want)
{
	struct sm_buf b = SM_BUF_INIT;

	assert_int_equal(sm_mime_field_write(&b, name, value), 0);
	assert_bytes(sm_buf_bytes(&b), sm_bytes_str(want));
	sm_buf_free(&b);
}

static void
fields_are_folded_before_words_at_76(void **state)
{
	(void)state;
	check("Subject", "x", "Subject: x\r\n");
	check("Subject", "", "Subject: \r\n");
	check("Content-Type", "multipart/signed; protocol=\"application/"
	    "pkcs7-signature\"; micalg=sha-256; boundary=\"b\"",
	    "Content-Type: multipart/signed; protocol=\"application/"
	    "pkcs7-signature\";\r\n micalg=sha-256; boundary=\"b\"\r\n");
	check("To", "0123456789012345678901234567890123456789012345678901234567"
	    "890123456789012345678901 x", "To: 01234567890123456789012345678901"
	    "23456789012345678901234567890123456789012345678901\r\n x\r\n");
}

static void
no_line_is_made_of_blanks_alone(void **state)
{
	(void)state;
	check("X", "0123456789012345678901234567890123456789012345678901234567"
	    "89012345678901234567890   ", "X: 012345678901234567890123456789012"
	    "34567890123456789012345678901234567890123456789" "0   \r\n");
}

static void
nothing_can_be_smuggled_into_a_header(void **state)
{
	struct sm_buf b = SM_BUF_INIT;

	(void)state;
	assert_int_equal(sm_buf_append_str(&b, "before"), 0);
	assert_int_equal(sm_mime_field_write(&b, "A", "b\r\nBcc: c"),
	    SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "A", "b\nc"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "A", "b\rc"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "A\r\nB", "c"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "A: b", "c"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "A b", "c"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "\xc3\xa9", "c"), SM_E_USAGE);
	assert_int_equal(sm_mime_field_write(&b, "", "c"), SM_E_USAGE);
	assert_bytes(sm_buf_bytes(&b), LIT("before"));
	sm_buf_free(&b);
}

static void
a_boundary_is_a_token_of_its_random_bytes(void **state)
{
	static const uint8_t random[16] = { 0x00, 0x01, 0xab, 0xff };
	char b[SM_BOUNDARY_SIZE];

	(void)state;
	sm_mime_boundary(b, random);
	assert_string_equal(b, "sealmail_0001abff000000000000000000000000");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_folded_before_words_at_76),
		cmocka_unit_test(no_line_is_made_of_blanks_alone),
		cmocka_unit_test(nothing_can_be_smuggled_into_a_header),
		cmocka_unit_test(a_boundary_is_a_token_of_its_random_bytes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
