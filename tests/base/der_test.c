#include "test.h"

#include <base/der.h>

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Each of these encodings is refused and the cursor stays. */
#define REFUSE(call, ...)                                                    \
	do {                                                                 \
		const struct sm_bytes bad_[] = { __VA_ARGS__ };              \
		size_t i_;                                                   \
		for (i_ = 0; i_ < COUNT(bad_); i_++) {                       \
			struct sm_bytes bad = bad_[i_];                      \
			assert_false(call);                                  \
			assert_ptr_equal(bad.data, bad_[i_].data);            \
			assert_int_equal(bad.len, bad_[i_].len);              \
		}                                                            \
	} while (0)

static void
an_element_gives_tag_contents_and_whole_and_moves_the_cursor(void **state)
{
	struct sm_bytes in = LIT("\x04\x02hi\x05\x00"), c, whole;
	unsigned tag;

	(void)state;
	assert_true(sm_der_get_any(&in, &tag, &c, &whole));
	assert_int_equal(tag, SM_DER_OCTET_STRING);
	assert_bytes(c, LIT("hi"));
	assert_bytes(whole, LIT("\x04\x02hi"));
	assert_false(sm_der_get(&in, SM_DER_OCTET_STRING, &c));
	assert_true(sm_der_next_is(in, SM_DER_NULL));
	assert_true(sm_der_get_whole(&in, SM_DER_NULL, &whole));
	assert_bytes(whole, LIT("\x05\x00"));
	assert_int_equal(in.len, 0);
	assert_false(sm_der_next_is(in, SM_DER_NULL));
	assert_false(sm_der_get_any(&in, NULL, NULL, NULL));
}

static void
lengths_that_are_not_der_are_refused(void **state)
{
	struct sm_bytes c;

	(void)state;
	REFUSE(sm_der_get_any(&bad, NULL, &c, NULL),
	    LIT(""), LIT("\x04"), LIT("\x04\x01"), LIT("\x30\x80\x00\x00"),
	    LIT("\x04\x81"), LIT("\x04\x81\x01x"), LIT("\x04\x82\x00\x80"),
	    LIT("\x04\x84\x80\x00\x00\x00x"),
	    LIT("\x04\x88\x7f\xff\xff\xff\xff\xff\xff\xffx"),
	    LIT("\x04\x88\xff\xff\xff\xff\xff\xff\xff\xffx"),
	    LIT("\x04\x89\x01\x00\x00\x00\x00\x00\x00\x00\x00x"),
	    LIT("\x04\xffx"));
}

static void
high_tag_numbers_and_end_of_contents_are_refused(void **state)
{
	(void)state;
	REFUSE(sm_der_get_any(&bad, NULL, NULL, NULL), LIT("\x1f\x20\x00"),
	    LIT("\xbf\x20\x00"), LIT("\x00\x00"), LIT("\x20\x00"));
}

static void
an_optional_element_may_be_absent_but_not_malformed(void **state)
{
	struct sm_bytes in = LIT("\x80\x01x\x05\x00"), c;
	bool present;

	(void)state;
	assert_true(sm_der_get_opt(&in, SM_DER_CTX(0), &c, &present));
	assert_true(present);
	assert_bytes(c, LIT("x"));
	assert_true(sm_der_get_opt(&in, SM_DER_CTX_CONS(1), &c, &present));
	assert_false(present);
	assert_int_equal(in.len, 2);
	REFUSE(sm_der_get_opt(&bad, SM_DER_CTX(0), &c, &present),
	    LIT("\x80\x05x"));
}

static void
unsigned_integers_round_trip(void **state)
{
	static const uint64_t values[] = { 0, 1, 127, 128, 255, 256, 32767,
		32768, UINT32_MAX, INT64_MAX, UINT64_C(1) << 63, UINT64_MAX };
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;
	struct sm_bytes in;
	uint64_t v;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		sm_buf_clear(&b);
		sm_derw_init(&w, &b);
		sm_derw_uint(&w, values[i]);
		assert_int_equal(sm_derw_status(&w), 0);
		in = sm_buf_bytes(&b);
		assert_true(sm_der_get_uint(&in, &v));
		assert_true(v == values[i]);
		assert_int_equal(in.len, 0);
	}
	sm_buf_free(&b);
}

static void
integers_that_are_negative_long_or_padded_are_refused(void **state)
{
	struct sm_bytes c, in;
	uint64_t v;

	(void)state;
	REFUSE(sm_der_get_uint(&bad, &v), LIT("\x02\x00"), LIT("\x02\x01\x80"),
	    LIT("\x02\x02\x00\x7f"), LIT("\x02\x02\xff\x80"),
	    LIT("\x02\x09\x01\0\0\0\0\0\0\0\0"),
	    LIT("\x02\x0a\x00\x80\0\0\0\0\0\0\0\0"), LIT("\x0a\x01\x01"));
	REFUSE(sm_der_get_integer(&bad, 2, &c), LIT("\x02\x00"),
	    LIT("\x02\x03\x01\x02\x03"), LIT("\x02\x02\xff\xff"));
	in = LIT("\x02\x02\xff\x7f");
	assert_true(sm_der_get_integer(&in, 2, &c));
	assert_bytes(c, LIT("\xff\x7f"));
}

static void
booleans_are_00_or_ff(void **state)
{
	struct sm_bytes in = LIT("\x01\x01\xff\x01\x01\x00");
	bool v;

	(void)state;
	assert_true(sm_der_get_bool(&in, &v));
	assert_true(v);
	assert_true(sm_der_get_bool(&in, &v));
	assert_false(v);
	REFUSE(sm_der_get_bool(&bad, &v), LIT("\x01\x01\x01"), LIT("\x01\x00"),
	    LIT("\x01\x02\x00\x00"));
}

static void
bit_strings_have_whole_bytes(void **state)
{
	struct sm_bytes in = LIT("\x03\x02\x00z"), c;

	(void)state;
	assert_true(sm_der_get_bits(&in, &c));
	assert_bytes(c, LIT("z"));
	REFUSE(sm_der_get_bits(&bad, &c), LIT("\x03\x00"), LIT("\x03\x02\x01\x02"),
	    LIT("\x23\x04\x03\x02\x00z"));
}

static void
oids_with_padded_or_open_arcs_are_refused(void **state)
{
	uint8_t big[67] = { SM_DER_OID, 65 };
	struct sm_bytes c, in;

	(void)state;
	memset(big + 2, 1, 65);
	REFUSE(sm_der_get_oid(&bad, &c), LIT("\x06\x00"), LIT("\x06\x01\x80"),
	    LIT("\x06\x02\x2a\x86"), LIT("\x06\x03\x2a\x80\x01"),
	    sm_bytes(big, sizeof(big)));
	big[1] = 64;
	in = sm_bytes(big, 66);
	assert_true(sm_der_get_oid(&in, &c));
	assert_int_equal(c.len, 64);
}

static void
assert_oid_text(struct sm_bytes oid, const char *want)
{
	char text[256];

	sm_der_oid_text(text, sizeof(text), oid);
	assert_string_equal(text, want);
}

static void
oids_have_their_dotted_text(void **state)
{
	char small[6];

	(void)state;
	assert_oid_text(LIT("\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"),
	    "1.2.840.113549.1.7.2");
	assert_oid_text(LIT("\x00"), "0.0");
	assert_oid_text(LIT("\x27"), "0.39");
	assert_oid_text(LIT("\x28"), "1.0");
	assert_oid_text(LIT("\x4f"), "1.39");
	assert_oid_text(LIT("\x50\x00"), "2.0.0");
	assert_oid_text(LIT("\x88\x37\x03"), "2.999.3");
	assert_oid_text(LIT("\x69\x83\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"
	    "\xff\xff\xff\xff\xff\xff\xff\x7f"),
	    "2.25.340282366920938463463374607431768211455");
	assert_oid_text(LIT(""), "?");
	assert_oid_text(LIT("\x2a\x86"), "1.2?");
	sm_der_oid_text(small, sizeof(small), LIT("\x2a\x86\x48\x86\xf7\x0d"));
	assert_string_equal(small, "1.2.8");
}

static void
an_endless_arc_stops_in_bounds(void **state)
{
	uint8_t oid[1000];
	char text[512];

	(void)state;
	memset(oid, 0xff, sizeof(oid));
	sm_der_oid_text(text, sizeof(text), sm_bytes(oid, sizeof(oid)));
	assert_string_equal(text, "?");
}

static void
times_are_read_in_both_forms(void **state)
{
	struct sm_bytes in = LIT("\x17\x0d" "700101000000Z"
	    "\x17\x0d" "491231235959Z" "\x17\x0d" "500101000000Z"
	    "\x18\x0f" "20500101000000Z");
	int64_t t;

	(void)state;
	assert_true(sm_der_get_time(&in, &t));
	assert_true(t == 0);
	assert_true(sm_der_get_time(&in, &t));
	assert_true(t == INT64_C(2524607999));
	assert_true(sm_der_get_time(&in, &t));
	assert_true(t == -INT64_C(631152000));
	assert_true(sm_der_get_time(&in, &t));
	assert_true(t == INT64_C(2524608000));
	REFUSE(sm_der_get_time(&bad, &t), LIT("\x17\x0b" "7001010000Z"),
	    LIT("\x17\x11" "700101000000+0000"), LIT("\x17\x0d" "700230000000Z"),
	    LIT("\x17\x0d" "7001010000-1Z"), LIT("\x17\x0e" "700101000000Zx"),
	    LIT("\x18\x11" "20500101000000.5Z"), LIT("\x18\x0d" "700101000000Z"),
	    LIT("\x04\x0d" "700101000000Z"), LIT("\x17\x0d" "700101000060Z"),
	    LIT("\x17\x0d" "700101240000Z"));
}

static void
times_are_written_as_utctime_from_1950_through_2049(void **state)
{
	static const int64_t values[] = { -INT64_C(62167219200), -631152001,
		-631152000, -1, 0, INT64_C(2524607999), INT64_C(2524608000),
		INT64_C(253402300799) };
	static const unsigned tags[] = { 0x18, 0x18, 0x17, 0x17, 0x17, 0x17,
		0x18, 0x18 };
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;
	struct sm_bytes in;
	int64_t t;
	size_t i;

	(void)state;
	for (i = 0; i < COUNT(values); i++) {
		sm_buf_clear(&b);
		sm_derw_init(&w, &b);
		sm_derw_time(&w, values[i]);
		assert_int_equal(sm_derw_status(&w), 0);
		in = sm_buf_bytes(&b);
		assert_true(sm_der_next_is(in, tags[i]));
		assert_true(sm_der_get_time(&in, &t));
		assert_true(t == values[i]);
	}
	sm_derw_time(&w, INT64_MAX);
	assert_int_equal(sm_derw_status(&w), SM_E_USAGE);
	sm_buf_free(&b);
}

static void
algorithms_come_with_and_without_parameters(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;
	struct sm_bytes in, oid, params;

	(void)state;
	sm_derw_init(&w, &b);
	sm_derw_algorithm(&w, LIT("\x2a\x03"), sm_bytes(NULL, 0));
	sm_derw_algorithm(&w, LIT("\x2a\x03"), LIT("\x05\x00"));
	assert_int_equal(sm_derw_status(&w), 0);
	in = sm_buf_bytes(&b);
	assert_true(sm_der_get_algorithm(&in, &oid, &params));
	assert_int_equal(params.len, 0);
	assert_true(sm_der_get_algorithm(&in, &oid, &params));
	assert_bytes(oid, LIT("\x2a\x03"));
	assert_bytes(params, LIT("\x05\x00"));
	sm_buf_free(&b);
	REFUSE(sm_der_get_algorithm(&bad, &oid, &params), LIT("\x30\x00"),
	    LIT("\x30\x08\x06\x02\x2a\x03\x05\x00\x05\x00"),
	    LIT("\x30\x05\x06\x02\x2a\x03\x05"), LIT("\x06\x02\x2a\x03"));
}

static void
nested_elements_get_minimal_lengths_at_every_size(void **state)
{
	static const size_t sizes[] = { 0, 1, 120, 123, 124, 125, 126, 127, 128,
		250, 251, 252, 255, 256, 65530, 65535, 65536, 70000 };
	struct sm_buf b = SM_BUF_INIT, fill = SM_BUF_INIT;
	struct sm_derw w;
	struct sm_bytes in, seq, str;
	size_t i, outer, inner;

	(void)state;
	for (i = 0; i < COUNT(sizes); i++) {
		sm_buf_clear(&b);
		assert_int_equal(sm_buf_resize(&fill, sizes[i]), 0);
		sm_derw_init(&w, &b);
		outer = sm_derw_begin(&w, SM_DER_SEQUENCE);
		inner = sm_derw_begin(&w, SM_DER_SEQUENCE);
		sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&fill));
		sm_derw_end(&w, inner);
		sm_derw_null(&w);
		sm_derw_end(&w, outer);
		assert_int_equal(sm_derw_status(&w), 0);
		in = sm_buf_bytes(&b);
		assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &in));
		assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &seq));
		assert_true(sm_der_get(&seq, SM_DER_OCTET_STRING, &str));
		assert_bytes(str, sm_buf_bytes(&fill));
		assert_true(sm_der_get(&in, SM_DER_NULL, &str));
		assert_int_equal(in.len + seq.len + str.len, 0);
	}
	sm_buf_free(&b);
	sm_buf_free(&fill);
}

static void
the_elements_of_a_set_are_put_in_order(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;
	size_t mark;

	(void)state;
	sm_derw_init(&w, &b);
	mark = sm_derw_begin(&w, SM_DER_SET);
	sm_derw_raw(&w, LIT("\x30\x00" "\x04\x02zz" "\x04\x01z" "\x02\x01\x05"
	    "\x04\x02za" "\x02\x01\x05"));
	sm_derw_end_set_of(&w, mark);
	assert_int_equal(sm_derw_status(&w), 0);
	assert_bytes(sm_buf_bytes(&b), LIT("\x31\x13" "\x02\x01\x05"
	    "\x02\x01\x05" "\x04\x01z" "\x04\x02za" "\x04\x02zz" "\x30\x00"));
	sm_buf_free(&b);
}

static void
a_set_of_what_is_not_der_is_refused(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;
	size_t mark;

	(void)state;
	sm_derw_init(&w, &b);
	mark = sm_derw_begin(&w, SM_DER_SET);
	sm_derw_raw(&w, LIT("\x30\x80\x00\x00"));
	sm_derw_end_set_of(&w, mark);
	assert_int_equal(sm_derw_status(&w), SM_E_FORMAT);
	sm_derw_null(&w);
	assert_int_equal(sm_derw_status(&w), SM_E_FORMAT);
	sm_buf_free(&b);
}

static void
a_mark_that_nobody_gave_is_wrong_use(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_derw w;

	(void)state;
	sm_derw_init(&w, &b);
	sm_derw_end(&w, 9);
	assert_int_equal(sm_derw_status(&w), SM_E_USAGE);
	sm_derw_init(&w, &b);
	sm_derw_end_set_of(&w, 0);
	assert_int_equal(sm_derw_status(&w), SM_E_USAGE);
	sm_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(an_element_gives_tag_contents_and_whole_and_moves_the_cursor),
		cmocka_unit_test(lengths_that_are_not_der_are_refused),
		cmocka_unit_test(high_tag_numbers_and_end_of_contents_are_refused),
		cmocka_unit_test(an_optional_element_may_be_absent_but_not_malformed),
		cmocka_unit_test(unsigned_integers_round_trip),
		cmocka_unit_test(integers_that_are_negative_long_or_padded_are_refused),
		cmocka_unit_test(booleans_are_00_or_ff),
		cmocka_unit_test(bit_strings_have_whole_bytes),
		cmocka_unit_test(oids_with_padded_or_open_arcs_are_refused),
		cmocka_unit_test(oids_have_their_dotted_text),
		cmocka_unit_test(an_endless_arc_stops_in_bounds),
		cmocka_unit_test(times_are_read_in_both_forms),
		cmocka_unit_test(times_are_written_as_utctime_from_1950_through_2049),
		cmocka_unit_test(algorithms_come_with_and_without_parameters),
		cmocka_unit_test(nested_elements_get_minimal_lengths_at_every_size),
		cmocka_unit_test(the_elements_of_a_set_are_put_in_order),
		cmocka_unit_test(a_set_of_what_is_not_der_is_refused),
		cmocka_unit_test(a_mark_that_nobody_gave_is_wrong_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
