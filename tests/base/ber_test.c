#include "test.h"

#include <base/ber.h>
#include <base/der.h>

#include <stdlib.h>

static int
convert(struct sm_buf *out, struct sm_bytes in)
{
	struct sm_limits l = sm_limits_default();

	return sm_ber_to_der(out, in, &l);
}

static void
assert_der(struct sm_bytes in, struct sm_bytes want)
{
	struct sm_buf b = SM_BUF_INIT;

	assert_int_equal(convert(&b, in), 0);
	assert_bytes(sm_buf_bytes(&b), want);
	sm_buf_free(&b);
}

/* Refused with rc, and what the buffer held before is still all it holds. */
static void
assert_refused(struct sm_bytes in, int rc)
{
	struct sm_buf b = SM_BUF_INIT;

	assert_int_equal(sm_buf_append_str(&b, "kept"), 0);
	assert_int_equal(convert(&b, in), rc);
	assert_bytes(sm_buf_bytes(&b), LIT("kept"));
	sm_buf_free(&b);
}

static void
what_is_der_already_stays_the_same_bytes(void **state)
{
	static const char seq[] = "\x30\x11\x02\x01\x05\xa0\x05\x04\x03" "abc"
	    "\x31\x05\x80\x01x\x05\x00";

	(void)state;
	assert_der(LIT(seq), LIT(seq));
	assert_der(LIT("\x05\x00"), LIT("\x05\x00"));
	/* The order of a set is the sender's, even where DER wants another. */
	assert_der(LIT("\x31\x06\x02\x01\x02\x02\x01\x01"),
	    LIT("\x31\x06\x02\x01\x02\x02\x01\x01"));
}

static void
indefinite_lengths_become_definite(void **state)
{
	(void)state;
	assert_der(LIT("\x30\x80\x00\x00"), LIT("\x30\x00"));
	assert_der(LIT("\x30\x80\xa0\x80\x31\x80\x05\x00\0\0\0\0\x02\x01\x01\0\0"),
	    LIT("\x30\x09\xa0\x04\x31\x02\x05\x00\x02\x01\x01"));
	assert_der(LIT("\x30\x06\x30\x80\x05\x00\0\0"),
	    LIT("\x30\x04\x30\x02\x05\x00"));
}

static void
long_lengths_become_minimal(void **state)
{
	(void)state;
	assert_der(LIT("\x30\x84\0\0\0\x08\x04\x81\x01x\x04\x82\x00"
	    "\x00"), LIT("\x30\x05\x04\x01x\x04\x00"));
	assert_der(LIT("\x04\x8a\0\0\0\0\0\0\0\0\0\x01x"), LIT("\x04\x01x"));
}

static void
constructed_strings_become_one_primitive(void **state)
{
	(void)state;
	assert_der(LIT("\x24\x80\x04\x02" "ab\x24\x05\x04\x01" "c\x04\x00\x24\x80"
	    "\x04\x01" "d\0\0\0\0"), LIT("\x04\x04" "abcd"));
	assert_der(LIT("\x24\x00"), LIT("\x04\x00"));
	assert_der(LIT("\x3a\x09\x04\x03Jon\x04\x02" "es"), LIT("\x1a\x05Jones"));
	assert_der(LIT("\x30\x80\x24\x80\x04\x01" "a\0\0\x24\x80\x04\x01" "b\0\0"
	    "\x05\x00\0\0"), LIT("\x30\x08\x04\x01" "a\x04\x01" "b\x05\x00"));
}

static void
constructed_bit_strings_keep_the_unused_bits_of_the_last_segment(void **state)
{
	(void)state;
	assert_der(LIT("\x23\x80\x03\x03\x00\x0a\x3b\x03\x05\x04\x5f\x29\x1c\xd0"
	    "\0\0"), LIT("\x03\x07\x04\x0a\x3b\x5f\x29\x1c\xd0"));
	assert_der(LIT("\x23\x00"), LIT("\x03\x01\x00"));
	assert_refused(LIT("\x23\x08\x03\x02\x01\x02\x03\x02\x00\x01"),
	    SM_E_FORMAT);
	assert_refused(LIT("\x23\x02\x03\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x23\x04\x03\x02\x08\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x23\x03\x03\x01\x01"), SM_E_FORMAT);
}

static void
a_string_with_segments_of_another_kind_is_refused(void **state)
{
	(void)state;
	assert_refused(LIT("\x24\x03\x02\x01\x01"), SM_E_FORMAT);
	assert_refused(LIT("\x24\x03\x03\x01\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x24\x02\x30\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x2c\x03\x0c\x01" "a"), SM_E_FORMAT);
	assert_refused(LIT("\x23\x03\x04\x01\x00"), SM_E_FORMAT);
}

static void
types_in_the_wrong_form_are_refused(void **state)
{
	(void)state;
	assert_refused(LIT("\x10\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x11\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x22\x03\x02\x01\x01"), SM_E_FORMAT);
	assert_refused(LIT("\x25\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x26\x80\0\0"), SM_E_FORMAT);
	assert_refused(LIT("\x04\x80\0\0"), SM_E_FORMAT);
	assert_refused(LIT("\x1f\x20\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x00\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x30\x02\x00\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x30\x80\x00\x01x\0\0"), SM_E_FORMAT);
}

static void
lengths_beyond_the_input_are_refused_however_large(void **state)
{
	(void)state;
	assert_refused(LIT("\x04\x84\x80\x00\x00\x00x"), SM_E_FORMAT);
	assert_refused(LIT("\x04\x84\x7f\xff\xff\xffx"), SM_E_FORMAT);
	assert_refused(LIT("\x04\x88\x80\0\0\0\0\0\0\0x"), SM_E_FORMAT);
	assert_refused(LIT("\x30\x88\x7f\xff\xff\xff\xff\xff\xff\xff\x05\x00"),
	    SM_E_FORMAT);
	assert_refused(LIT("\x30\x88\xff\xff\xff\xff\xff\xff\xff\xff\x05\x00"),
	    SM_E_FORMAT);
	assert_refused(LIT("\x30\x80\x30\x88\xff\xff\xff\xff\xff\xff\xff\xf6"
	    "\0\0\0\0"), SM_E_FORMAT);
	assert_refused(LIT("\x04\x89\x01\0\0\0\0\0\0\0\0x"), SM_E_FORMAT);
	assert_refused(LIT("\x04\xffx"), SM_E_FORMAT);
	/* A child that is longer than its parent, though not than the input. */
	assert_refused(LIT("\x30\x03\x04\x02" "ab"), SM_E_FORMAT);
}

static void
trailing_bytes_are_refused(void **state)
{
	(void)state;
	assert_refused(LIT("\x05\x00\x05\x00"), SM_E_FORMAT);
	assert_refused(LIT("\x30\x80\0\0\0"), SM_E_FORMAT);
	assert_refused(LIT(""), SM_E_FORMAT);
	assert_refused(sm_bytes(NULL, 0), SM_E_FORMAT);
}

static void
every_truncation_is_refused(void **state)
{
	static const char whole[] = "\x30\x80\x02\x01\x05\xa0\x80\x24\x80\x04\x02"
	    "ab\x24\x03\x04\x01" "c\0\0\0\0\x23\x80\x03\x02\x00z\0\0\x31\x82\0\x02"
	    "\x05\x00\0\0";
	size_t n;

	(void)state;
	assert_der(LIT(whole), LIT("\x30\x12\x02\x01\x05\xa0\x05\x04\x03" "abc"
	    "\x03\x02\x00z\x31\x02\x05\x00"));
	for (n = 0; n < sizeof(whole) - 1; n++) {
		/* Of its own, so that a read past the end is seen. */
		uint8_t *cut = malloc(n + 1);

		assert_non_null(cut);
		memcpy(cut, whole, n);
		cut = realloc(cut, n == 0 ? 1 : n);
		assert_non_null(cut);
		assert_refused(sm_bytes(cut, n), SM_E_FORMAT);
		free(cut);
	}
}

/* depth times a header, and ends where the length is indefinite. */
static int
convert_nested(struct sm_bytes header, size_t depth, bool ends)
{
	struct sm_buf in = SM_BUF_INIT, out = SM_BUF_INIT;
	size_t i;
	int rc;

	for (i = 0; i < depth; i++)
		assert_int_equal(sm_buf_append(&in, header), 0);
	if (ends)
		assert_int_equal(sm_buf_resize(&in, in.len + 2 * depth), 0);
	rc = convert(&out, sm_buf_bytes(&in));
	sm_buf_free(&in);
	sm_buf_free(&out);
	return rc;
}

static void
nesting_is_limited_also_within_strings(void **state)
{
	(void)state;
	assert_int_equal(convert_nested(LIT("\x30\x80"), 32, true), 0);
	assert_int_equal(convert_nested(LIT("\x30\x80"), 33, true), SM_E_LIMIT);
	assert_int_equal(convert_nested(LIT("\x24\x80"), 32, true), 0);
	assert_int_equal(convert_nested(LIT("\x24\x80"), 33, true), SM_E_LIMIT);
	assert_int_equal(convert_nested(LIT("\x30\x80"), 5000000, false),
	    SM_E_LIMIT);
	assert_int_equal(convert_nested(LIT("\xa0\x80"), 31, false),
	    SM_E_FORMAT);
}

static void
a_higher_limit_allows_deeper_nesting(void **state)
{
	struct sm_limits l = sm_limits_default();
	struct sm_buf in = SM_BUF_INIT, out = SM_BUF_INIT;
	size_t i;

	(void)state;
	for (i = 0; i < 1000; i++)
		assert_int_equal(sm_buf_append(&in, LIT("\x30\x80")), 0);
	assert_int_equal(sm_buf_resize(&in, 4000), 0);
	l.asn1_depth = 1000;
	assert_int_equal(sm_ber_to_der(&out, sm_buf_bytes(&in), &l), 0);
	sm_buf_clear(&out);
	l.asn1_depth = 0;
	assert_int_equal(sm_ber_to_der(&out, LIT("\x30\x00"), &l), SM_E_LIMIT);
	assert_int_equal(sm_ber_to_der(&out, LIT("\x05\x00"), &l), 0);
	sm_buf_free(&in);
	sm_buf_free(&out);
}

/* A small generator with a seed, so that a failure comes again. */
static unsigned
next_random(uint32_t *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

static void
append_nested(struct sm_buf *b, unsigned tag, struct sm_bytes c, unsigned form)
{
	uint8_t head[6] = { (uint8_t)tag, 0x84, 0, 0, (uint8_t)(c.len >> 8),
		(uint8_t)c.len };

	if (form % 2 == 0) {
		assert_int_equal(sm_buf_append(b, sm_bytes(head, 6)), 0);
		assert_int_equal(sm_buf_append(b, c), 0);
	} else {
		head[1] = 0x80;
		assert_int_equal(sm_buf_append(b, sm_bytes(head, 2)), 0);
		assert_int_equal(sm_buf_append(b, c), 0);
		assert_int_equal(sm_buf_append(b, LIT("\0\0")), 0);
	}
}

/* The same random tree as DER and as BER of random forms. */
static void
random_tree(struct sm_buf *ber, struct sm_derw *der, uint32_t *seed, int depth)
{
	struct sm_buf inner = SM_BUF_INIT;
	unsigned i, n = next_random(seed) % 4;
	size_t mark;

	if (depth == 0 || next_random(seed) % 4 == 0) {
		struct sm_bytes text = sm_bytes("0123456789abcdef",
		    next_random(seed) % 17);
		size_t cut = text.len / 2;

		sm_derw_add(der, SM_DER_OCTET_STRING, text);
		append_nested(&inner, SM_DER_OCTET_STRING,
		    sm_bytes_first(text, cut), 0);
		append_nested(&inner, SM_DER_OCTET_STRING,
		    sm_bytes_skip(text, cut), 0);
		append_nested(ber, 0x24, sm_buf_bytes(&inner),
		    next_random(seed));
	} else {
		unsigned tag = next_random(seed) % 2 ? SM_DER_SEQUENCE
						     : SM_DER_CTX_CONS(3);

		mark = sm_derw_begin(der, tag);
		for (i = 0; i < n; i++)
			random_tree(&inner, der, seed, depth - 1);
		sm_derw_end(der, mark);
		append_nested(ber, tag, sm_buf_bytes(&inner), next_random(seed));
	}
	sm_buf_free(&inner);
}

static void
random_ber_gives_the_der_of_the_same_tree_and_that_stays(void **state)
{
	struct sm_buf ber = SM_BUF_INIT, der = SM_BUF_INIT;
	struct sm_derw w;
	uint32_t seed = 1;
	int i;

	(void)state;
	for (i = 0; i < 3000; i++) {
		sm_buf_clear(&ber);
		sm_buf_clear(&der);
		sm_derw_init(&w, &der);
		random_tree(&ber, &w, &seed, 6);
		assert_int_equal(sm_derw_status(&w), 0);
		assert_der(sm_buf_bytes(&ber), sm_buf_bytes(&der));
		assert_der(sm_buf_bytes(&der), sm_buf_bytes(&der));
	}
	sm_buf_free(&ber);
	sm_buf_free(&der);
}

static void
random_damage_gives_der_or_a_refusal(void **state)
{
	struct sm_buf ber = SM_BUF_INIT, out = SM_BUF_INIT, again = SM_BUF_INIT;
	struct sm_derw w;
	uint32_t seed = 7;
	int i, k;

	(void)state;
	for (i = 0; i < 20000; i++) {
		sm_buf_clear(&ber);
		sm_buf_clear(&out);
		sm_buf_clear(&again);
		sm_derw_init(&w, &again);
		random_tree(&ber, &w, &seed, 4);
		for (k = 0; k < 2; k++)
			ber.data[next_random(&seed) % ber.len] =
			    (uint8_t)next_random(&seed);
		sm_buf_clear(&again);
		if (convert(&out, sm_buf_bytes(&ber)) != 0)
			continue;
		assert_int_equal(convert(&again, sm_buf_bytes(&out)), 0);
		assert_bytes(sm_buf_bytes(&again), sm_buf_bytes(&out));
	}
	sm_buf_free(&ber);
	sm_buf_free(&out);
	sm_buf_free(&again);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_der_already_stays_the_same_bytes),
		cmocka_unit_test(indefinite_lengths_become_definite),
		cmocka_unit_test(long_lengths_become_minimal),
		cmocka_unit_test(constructed_strings_become_one_primitive),
		cmocka_unit_test(constructed_bit_strings_keep_the_unused_bits_of_the_last_segment),
		cmocka_unit_test(a_string_with_segments_of_another_kind_is_refused),
		cmocka_unit_test(types_in_the_wrong_form_are_refused),
		cmocka_unit_test(lengths_beyond_the_input_are_refused_however_large),
		cmocka_unit_test(trailing_bytes_are_refused),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(nesting_is_limited_also_within_strings),
		cmocka_unit_test(a_higher_limit_allows_deeper_nesting),
		cmocka_unit_test(random_ber_gives_the_der_of_the_same_tree_and_that_stays),
		cmocka_unit_test(random_damage_gives_der_or_a_refusal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
