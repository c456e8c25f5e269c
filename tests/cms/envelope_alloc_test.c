/* Writing and opening encrypted messages when memory runs out, at every place
 * once; the pages that hold secrets included. */
#include "envelope_kit.h"

#include "../support/failing_alloc.h"

#include <sys/mman.h>

void *__real_mmap(void *addr, size_t len, int prot, int flags, int fd,
    off_t offset);
void *__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd,
    off_t offset);

void *
__wrap_mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	return alloc_fails() ? MAP_FAILED :
	    __real_mmap(addr, len, prot, flags, fd, offset);
}

static struct kit_id rsa, p256;
static struct sm_recipient_new recipient;
static struct sm_envelope_options options;
static struct sm_buf message;

static int
write_message(struct sm_buf *out)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_envelope_writer *w = NULL;
	int rc;

	rc = sm_envelope_writer_new(&w, &options, &sink, &err);
	if (rc == 0)
		rc = sm_envelope_writer_write(w, LIT("hello"));
	if (rc == 0)
		rc = sm_envelope_writer_finish(w);
	sm_envelope_writer_free(w);
	return rc;
}

static int
write_once(void)
{
	struct sm_buf out = SM_BUF_INIT;
	int rc = write_message(&out);

	sm_buf_free(&out);
	return rc;
}

static int
on_begin(void *ctx, enum sm_cms_type type)
{
	(void)ctx;
	(void)type;
	return 0;
}

static int
on_field(void *ctx, enum sm_cms_field field, struct sm_bytes der, bool was_der)
{
	return sm_enveloped_field(ctx, field, der, was_der);
}

static int
on_content_begin(void *ctx, bool known, uint64_t length)
{
	return sm_enveloped_content_begin(ctx, known, length);
}

static int
on_content(void *ctx, struct sm_bytes in)
{
	return sm_enveloped_content(ctx, in);
}

static int
on_content_end(void *ctx)
{
	return sm_enveloped_content_end(ctx);
}

static int
on_end(void *ctx)
{
	return sm_enveloped_end(ctx);
}

static int
read_pass(struct sm_enveloped *e, const struct sm_sink *sink,
    const struct sm_limits *limits, struct sm_error *err)
{
	const struct sm_cms_events ev = { e, on_begin, on_field,
		on_content_begin, on_content, on_content_end, on_end };
	struct sm_shell *shell = NULL;
	int rc = sm_enveloped_pass(e, sink);

	if (rc == 0)
		rc = sm_shell_new(&shell, SM_CMS_UNKNOWN, &ev, limits, err);
	if (rc == 0)
		rc = sm_shell_write(shell, sm_buf_bytes(&message));
	if (rc == 0)
		rc = sm_shell_finish(shell);
	sm_shell_free(shell);
	return rc;
}

static int
read_message(struct sm_buf *out)
{
	const struct sm_opener openers[] = { { rsa.key, rsa.cert },
		{ p256.key, NULL } };
	const struct sm_bytes secrets[] = { LIT("0123456789abcdef"), LIT("pw") };
	const struct sm_open_secrets s = { openers, 2, secrets, 2 };
	bool aead = sm_alg_get(options.cipher)->tag_bytes != 0, open;
	struct sm_limits limits = sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_sink sink = sm_buf_sink(out);
	struct sm_enveloped *e;
	int rc;

	rc = sm_enveloped_new(&e, aead ? SM_CMS_AUTH_ENVELOPED :
	    SM_CMS_ENVELOPED, &s, &limits, &err);
	do {
		open = rc == 0 && sm_enveloped_state(e) == SM_ENV_OPEN;
		if (rc == 0)
			rc = read_pass(e, &sink, &limits, &err);
	} while (rc == 0 && aead && !open);
	sm_enveloped_free(e);
	return rc;
}

static int
read_once(void)
{
	struct sm_buf out = SM_BUF_INIT;
	int rc = read_message(&out);

	if (rc == 0)
		assert_kit_bytes(sm_buf_bytes(&out), LIT("hello"));
	sm_buf_free(&out);
	return rc;
}

static int
setup(void **state)
{
	(void)state;
	kit_id_new(&rsa, "RSA", true);
	kit_id_new(&p256, "P-256", true);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	kit_id_wipe(&rsa);
	kit_id_wipe(&p256);
	sm_buf_free(&message);
	return 0;
}

static void
both_ways(enum sm_alg_id cipher, enum sm_cms_type content_type)
{
	options = (struct sm_envelope_options) { .cipher = cipher,
		.cek_hkdf = true, .content_type = content_type,
		.recipients = &recipient, .recipient_count = 1,
		.pbkdf2_iterations = 1000, .has_length = true, .length = 5 };
	alloc_each(write_once);
	sm_buf_clear(&message);
	assert_int_equal(write_message(&message), 0);
	alloc_each(read_once);
}

static void
writing_and_opening_survive_for_every_kind_of_recipient(void **state)
{
	const struct sm_recipient_new kinds[] = {
		{ .kind = SM_RCPT_RSA_PKCS1, .cert = rsa.cert },
		{ .kind = SM_RCPT_RSA_OAEP, .cert = rsa.cert },
		{ .kind = SM_RCPT_RSA_KEM, .cert = rsa.cert },
		{ .kind = SM_RCPT_ECDH, .cert = p256.cert },
		{ .kind = SM_RCPT_KEK, .secret = LIT("0123456789abcdef"),
		    .kek_id = LIT("k") },
		{ .kind = SM_RCPT_PASSWORD, .secret = LIT("pw") },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		recipient = kinds[i];
		both_ways(SM_AES256_GCM, SM_CMS_DATA);
		both_ways(SM_AES128_CBC, SM_CMS_DATA);
	}
}

static void
opening_survives_in_three_passes(void **state)
{
	(void)state;
	recipient = (struct sm_recipient_new) { .kind = SM_RCPT_ECDH,
		.cert = p256.cert };
	both_ways(SM_AES256_GCM, SM_CMS_SIGNED);
	both_ways(SM_AES128_CCM, SM_CMS_SIGNED);
	both_ways(SM_CHACHA20_POLY1305, SM_CMS_SIGNED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing_and_opening_survive_for_every_kind_of_recipient),
		cmocka_unit_test(opening_survives_in_three_passes),
	};

	return cmocka_run_group_tests_name("envelope_alloc", tests, setup,
	    teardown);
}
