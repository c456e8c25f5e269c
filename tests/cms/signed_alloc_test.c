/* Reading and judging signatures when memory runs out, at every place once. */
#include "../support/identity.h"

#include "../support/failing_alloc.h"

#include <cms/signed.h>

static struct identity alice;
static struct sm_buf message;
static const char text[] = "Dear Bob\r\n";

static int
write_message(struct sm_buf *out)
{
	struct sm_signer_new n = { .key = alice.key, .cert = alice.cert,
		.signing_time = NOW, .enc_cert = alice.cert };
	struct sm_digest_set *set = NULL;
	struct sm_error err = SM_ERROR_INIT;
	int rc = sm_digest_set_new(&set);

	if (rc == 0)
		rc = sm_signed_plan(set, &n, 1, &err);
	if (rc == 0)
		rc = sm_digest_set_update(set, LIT(text));
	if (rc == 0)
		rc = sm_digest_set_finish(set);
	if (rc == 0)
		rc = sm_signed_detached(out, &n, 1, SM_CMS_DATA, set, NULL, NULL,
		    0, &err);
	sm_digest_set_free(set);
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
	return sm_signed_field(ctx, field, der, was_der);
}

static int
judge(const struct sm_signed *s)
{
	struct sm_signer_verdict v;
	struct sm_digest_value d;
	struct sm_signer_input in = { .content_digest = &d, .require_attrs = true,
		.econtent_type = sm_signed_content_type(s) };
	struct sm_cert *c;
	int rc = sm_cert_parse(&c, sm_signed_cert(s, 0), NULL);

	if (rc == 0)
		rc = sm_digest(&d, sm_signed_digest(s, 0), LIT(text));
	in.cert = c;
	if (rc == 0)
		rc = sm_signer_judge(&v, sm_signed_signer(s, 0), &in);
	if (rc == 0)
		assert_true(v.signature == SM_YES && v.digest == SM_YES);
	sm_cert_free(c);
	return rc;
}

static int
read_once(void)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_cms_events ev = { .begin = on_begin, .field = on_field };
	struct sm_signed *s;
	struct sm_shell *shell = NULL;
	int rc = sm_signed_new(&s, &limits, &err);

	ev.ctx = s;
	if (rc == 0)
		rc = sm_shell_new(&shell, SM_CMS_UNKNOWN, &ev, &limits, &err);
	if (rc == 0)
		rc = sm_shell_write(shell, sm_buf_bytes(&message));
	if (rc == 0)
		rc = sm_shell_finish(shell);
	if (rc == 0)
		rc = judge(s);
	sm_shell_free(shell);
	sm_signed_free(s);
	return rc;
}

static int
setup(void **state)
{
	(void)state;
	identity_simple(&alice, "alice@example.org", "P-256");
	return write_message(&message);
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&alice);
	sm_buf_free(&message);
	return 0;
}

static void
writing_survives(void **state)
{
	(void)state;
	alloc_each(write_once);
}

static void
reading_and_judging_survive(void **state)
{
	(void)state;
	alloc_each(read_once);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writing_survives),
		cmocka_unit_test(reading_and_judging_survive),
	};

	return cmocka_run_group_tests_name("signed_alloc", tests, setup,
	    teardown);
}
