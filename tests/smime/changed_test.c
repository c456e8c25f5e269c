/* A message that changes while it is read, between the readings or in the middle
 * of one: no byte that was not verified comes out, and nobody calls it good. */
#include "open_kit.h"

static struct people people;

enum { TEXT_BYTES = 900000 }; /* several of the pieces that are compared */

static const char head[] = "From: alice@example.org\r\nMIME-Version: 1.0\r\n"
    "Content-Type: text/plain\r\n\r\n";

static void
long_letter(struct sm_buf *out, char fill)
{
	assert_int_equal(sm_buf_append(out, LIT(head)), 0);
	for (size_t n = 0; n < TEXT_BYTES; n += 60)
		assert_int_equal(sm_buf_printf(out, "%c%058zu\r\n", fill, n), 0);
}

/* What somebody else does to the source, and when. */
struct meddler {
	struct opening *o;
	unsigned pass;        /* of the engine, from 1 */
	uint64_t bytes;       /* read of all passes */
	size_t at;            /* the byte that changes */
	struct sm_bytes whole; /* or all of it */
	size_t length;        /* or its length: 0 as it is */
	bool cancel;
	bool done;
};

static void
meddle(struct meddler *m)
{
	struct sm_buf *b = &m->o->again;

	m->done = true;
	if (m->whole.len > 0) {
		sm_buf_clear(b);
		assert_int_equal(sm_buf_append(b, m->whole), 0);
	} else if (m->length > b->len) {
		assert_int_equal(sm_buf_append(b, LIT("From: boss@example.org")), 0);
	} else if (m->length > 0) {
		assert_int_equal(sm_buf_resize(b, m->length), 0);
	} else {
		b->data[m->at] ^= 1;
	}
}

static int
progress(void *ctx, unsigned pass, uint64_t bytes)
{
	struct meddler *m = ctx;

	m->o->passes = pass;
	if (m->done || pass < m->pass || bytes < m->bytes)
		return 0;
	if (m->cancel) {
		m->done = true;
		return 1;
	}
	meddle(m);
	return 0;
}

static void
run(struct meddler *m, struct opening *o)
{
	m->o = o;
	o->opt.progress = progress;
	o->opt.progress_ctx = m;
	opening_run(o);
}

/* All that came out was verified: it is a beginning of the true content. */
static void
only_true_bytes(const struct opening *o, struct sm_bytes truth)
{
	assert_true(o->out.len <= truth.len);
	if (o->out.len > 0)
		assert_memory_equal(o->out.data, truth.data, o->out.len);
}

static void
truth_of(struct sm_buf *out, struct sm_bytes sealed, unsigned *passes)
{
	struct meddler nobody = { .pass = 1000 };
	struct opening o;

	opening_new(&o, &people, sealed, false);
	run(&nobody, &o);
	assert_int_equal(o.rc, 0);
	assert_int_equal(o.exit, 0);
	assert_true(o.released);
	assert_int_equal(sm_buf_append(out, sm_buf_bytes(&o.out)), 0);
	*passes = o.passes;
	opening_wipe(&o);
}

/* Change one byte here and there, in every pass, for both kinds of output. */
static void
one_byte(const struct letter *l)
{
	struct sm_buf text = SM_BUF_INIT, sealed = SM_BUF_INIT,
	    truth = SM_BUF_INIT;
	unsigned passes;

	long_letter(&text, 'a');
	letter_make(&sealed, &people, l, sm_buf_bytes(&text));
	truth_of(&truth, sm_buf_bytes(&sealed), &passes);
	assert_true(passes >= 2);
	for (unsigned pass = 2; pass <= passes; pass++)
		for (size_t at = 0; at < sealed.len; at += sealed.len / 7)
			for (int provisional = 0; provisional < 2; provisional++) {
				struct meddler m = { .pass = pass - 1, .at = at,
					.bytes = (pass - 1) * (uint64_t)sealed.len };
				struct opening o;

				opening_new(&o, &people, sm_buf_bytes(&sealed),
				    provisional == 1);
				run(&m, &o);
				only_true_bytes(&o, sm_buf_bytes(&truth));
				if (o.rc == 0 && o.passes < pass) {
					/* provisional output spares the last pass */
					assert_int_equal(o.out.len, truth.len);
				} else {
					assert_int_equal(o.rc, SM_E_CHANGED);
					assert_false(o.released);
				}
				opening_wipe(&o);
			}
	sm_buf_free(&text);
	sm_buf_free(&sealed);
	sm_buf_free(&truth);
}

static void
a_changed_byte_of_an_authenticated_letter_is_noticed_in_every_pass(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true,
		.cipher = "aes-256-gcm" };

	(void)state;
	one_byte(&l);
	l.cipher = "aes-128-ccm";
	one_byte(&l);
}

static void
a_changed_byte_of_a_signed_letter_is_noticed(void **state)
{
	struct letter l = { .is_signed = true };

	(void)state;
	one_byte(&l);
	l.opaque = true;
	one_byte(&l);
	l.compress = true;
	one_byte(&l);
}

static void
a_changed_byte_under_cbc_is_noticed(void **state)
{
	struct letter l = { .is_signed = true, .to_bob_rsa = true,
		.cipher = "aes-256-cbc" };

	(void)state;
	one_byte(&l);
}

/* Another letter, sound in itself, takes the place of the one that was verified. */
static void
a_letter_that_is_exchanged_does_not_come_out(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true,
		.cipher = "aes-256-gcm" };
	struct sm_buf text[2] = { SM_BUF_INIT, SM_BUF_INIT };
	struct sm_buf sealed[2] = { SM_BUF_INIT, SM_BUF_INIT };
	struct sm_buf truth = SM_BUF_INIT;
	unsigned passes;

	(void)state;
	for (int i = 0; i < 2; i++) {
		long_letter(&text[i], i == 0 ? 'a' : 'b');
		letter_make(&sealed[i], &people, &l, sm_buf_bytes(&text[i]));
	}
	truth_of(&truth, sm_buf_bytes(&sealed[0]), &passes);
	for (unsigned pass = 1; pass < passes; pass++)
		for (int half = 0; half < 2; half++) {
			struct meddler m = { .pass = pass,
				.bytes = pass * (uint64_t)sealed[0].len,
				.whole = sm_buf_bytes(&sealed[1]) };
			struct opening o;

			if (half == 1)
				m.bytes += sealed[0].len / 2;
			opening_new(&o, &people, sm_buf_bytes(&sealed[0]), false);
			run(&m, &o);
			assert_int_equal(o.rc, SM_E_CHANGED);
			assert_false(o.released);
			only_true_bytes(&o, sm_buf_bytes(&truth));
			opening_wipe(&o);
		}
	for (int i = 0; i < 2; i++) {
		sm_buf_free(&text[i]);
		sm_buf_free(&sealed[i]);
	}
	sm_buf_free(&truth);
}

static void
a_letter_that_gets_shorter_is_noticed_and_what_is_added_is_not_read(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true,
		.cipher = "aes-256-gcm" };
	struct sm_buf text = SM_BUF_INIT, sealed = SM_BUF_INIT,
	    truth = SM_BUF_INIT;
	unsigned passes;

	(void)state;
	long_letter(&text, 'a');
	letter_make(&sealed, &people, &l, sm_buf_bytes(&text));
	truth_of(&truth, sm_buf_bytes(&sealed), &passes);
	for (unsigned pass = 1; pass < passes; pass++) {
		const size_t lengths[] = { 1, sealed.len / 2, sealed.len - 1,
			sealed.len + 1 };

		for (size_t i = 0; i < 4; i++) {
			struct meddler m = { .pass = pass, .length = lengths[i],
				.bytes = pass * (uint64_t)sealed.len };
			struct opening o;

			opening_new(&o, &people, sm_buf_bytes(&sealed), false);
			run(&m, &o);
			assert_int_equal(o.rc, i < 3 ? SM_E_CHANGED : 0);
			assert_int_equal(o.released, i == 3);
			only_true_bytes(&o, sm_buf_bytes(&truth));
			opening_wipe(&o);
		}
	}
	sm_buf_free(&text);
	sm_buf_free(&sealed);
	sm_buf_free(&truth);
}

static void
short_reads_change_nothing_and_failing_ones_end_it(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true,
		.cipher = "aes-256-gcm" };
	struct sm_buf text = SM_BUF_INIT, sealed = SM_BUF_INIT,
	    truth = SM_BUF_INIT;
	const size_t some[] = { 7, 1000, 262143 };
	unsigned passes;

	(void)state;
	long_letter(&text, 'a');
	letter_make(&sealed, &people, &l, sm_buf_bytes(&text));
	truth_of(&truth, sm_buf_bytes(&sealed), &passes);
	for (size_t i = 0; i < 3; i++) {
		struct opening o;

		opening_new(&o, &people, sm_buf_bytes(&sealed), false);
		o.read_max = some[i];
		opening_run(&o);
		assert_int_equal(o.rc, 0);
		assert_int_equal(o.out.len, truth.len);
		opening_wipe(&o);
		opening_new(&o, &people, sm_buf_bytes(&sealed), i == 1);
		o.fail_at = some[i];
		opening_run(&o);
		assert_int_equal(o.rc, SM_E_IO);
		assert_false(o.released);
		only_true_bytes(&o, sm_buf_bytes(&truth));
		opening_wipe(&o);
	}
	sm_buf_free(&text);
	sm_buf_free(&sealed);
	sm_buf_free(&truth);
}

/* The content of a signature that stands beside it is read, judged, and read
 * again for the output. */
static void
content_beside_a_signature_that_changes_is_noticed(void **state)
{
	struct sm_buf text = SM_BUF_INIT, sig = SM_BUF_INIT;

	(void)state;
	long_letter(&text, 'a');
	letter_detached(&sig, &people, sm_buf_bytes(&text));
	for (size_t at = 0; at <= text.len; at += text.len / 5) {
		struct opening o, content;
		/* the last byte of the first reading has been told */
		struct meddler m = { .pass = 1, .at = at,
			.bytes = at < text.len ? sig.len + text.len : UINT64_MAX };

		opening_new(&content, &people, sm_buf_bytes(&text), false);
		opening_new(&o, &people, sm_buf_bytes(&sig), false);
		o.opt.mode = SM_OPEN_VERIFY;
		o.opt.from = "alice@example.org";
		o.opt.detached = content.opt.again;
		m.o = &content;
		o.opt.progress = progress;
		o.opt.progress_ctx = &m;
		opening_run(&o);
		if (at < text.len) {
			assert_true(m.done);
			assert_int_equal(o.rc, SM_E_CHANGED);
			assert_false(o.released);
		} else {
			assert_int_equal(o.rc, 0);
			assert_int_equal(o.exit, 0);
			assert_int_equal(o.out.len, text.len);
		}
		only_true_bytes(&o, sm_buf_bytes(&text));
		opening_wipe(&o);
		opening_wipe(&content);
	}
	sm_buf_free(&text);
	sm_buf_free(&sig);
}

static void
cancelling_in_any_pass_releases_nothing(void **state)
{
	struct letter l = { .is_signed = true, .to_bob = true,
		.cipher = "aes-256-gcm" };
	struct sm_buf text = SM_BUF_INIT, sealed = SM_BUF_INIT,
	    truth = SM_BUF_INIT;
	unsigned passes;

	(void)state;
	long_letter(&text, 'a');
	letter_make(&sealed, &people, &l, sm_buf_bytes(&text));
	truth_of(&truth, sm_buf_bytes(&sealed), &passes);
	for (unsigned pass = 0; pass < passes; pass++)
		for (int i = 0; i < 3; i++) {
			struct meddler m = { .pass = pass + 1, .cancel = true,
				.bytes = pass * (uint64_t)sealed.len +
				sealed.len / 3 * (uint64_t)i };
			struct opening o;

			opening_new(&o, &people, sm_buf_bytes(&sealed), i == 1);
			run(&m, &o);
			if (m.done) {
				assert_int_equal(o.rc, SM_E_IO);
				assert_false(o.released);
			}
			only_true_bytes(&o, sm_buf_bytes(&truth));
			opening_wipe(&o);
		}
	sm_buf_free(&text);
	sm_buf_free(&sealed);
	sm_buf_free(&truth);
}

static int
setup(void **state)
{
	(void)state;
	people_new(&people);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	people_wipe(&people);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
		    a_changed_byte_of_an_authenticated_letter_is_noticed_in_every_pass),
		cmocka_unit_test(a_changed_byte_of_a_signed_letter_is_noticed),
		cmocka_unit_test(a_changed_byte_under_cbc_is_noticed),
		cmocka_unit_test(a_letter_that_is_exchanged_does_not_come_out),
		cmocka_unit_test(
		    a_letter_that_gets_shorter_is_noticed_and_what_is_added_is_not_read),
		cmocka_unit_test(short_reads_change_nothing_and_failing_ones_end_it),
		cmocka_unit_test(content_beside_a_signature_that_changes_is_noticed),
		cmocka_unit_test(cancelling_in_any_pass_releases_nothing),
	};

	return cmocka_run_group_tests_name("changed", tests, setup, teardown);
}
