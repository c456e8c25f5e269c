/* Sealing when memory runs out, at every place once. */
#include "../support/identity.h"

#include "../support/failing_alloc.h"

#include <base/buf.h>
#include <sealmail/seal.h>

static struct identity alice, bob;
static struct sm_seal_signer signer;
static struct sm_seal_recipient recipients[3];
static struct sm_seal_options opt;

static const char letter[] = "From: a@b\nSubject: x\nContent-Type: text/plain\n"
    "\nGr\xc3\xbc\xc3\x9f" "e \nFrom\n";
static const char words[] = "no header here\n";

static int
discard(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	(void)in;
	return 0;
}

static int
seal(struct sm_bytes in)
{
	struct sm_sink nowhere = { discard, NULL };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_seal *s;
	int rc = sm_seal_new(&s, &opt, &nowhere, &err);

	if (rc == 0)
		rc = sm_seal_write(s, in);
	if (rc == 0)
		rc = sm_seal_finish(s);
	sm_seal_free(s);
	assert_int_equal(err.status, rc);
	return rc;
}

static int
seal_letter(void)
{
	return seal(LIT(letter));
}

static int
seal_words(void)
{
	return seal(LIT(words));
}

static void
options(size_t signers, size_t people)
{
	opt = sm_seal_options_default();
	opt.now = NOW;
	opt.signers = &signer;
	opt.signer_count = signers;
	opt.recipients = recipients;
	opt.recipient_count = people;
}

static int
setup(void **state)
{
	(void)state;
	identity_simple(&alice, "alice@example.org", "P-256");
	identity_simple(&bob, "bob@example.org", "RSA");
	signer.key = alice.key;
	signer.cert = alice.cert;
	recipients[0].cert = alice.cert;
	recipients[1].cert = bob.cert;
	recipients[2].secret = LIT("0123456789abcdef");
	recipients[2].secret_is_kek = true;
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&alice);
	identity_wipe(&bob);
	return 0;
}

static void
signing_in_the_clear_survives(void **state)
{
	(void)state;
	options(1, 0);
	alloc_each(seal_letter);
	alloc_each(seal_words);
}

static void
all_layers_survive(void **state)
{
	(void)state;
	options(1, 3);
	opt.opaque = true;
	opt.compress = true;
	alloc_each(seal_letter);
	opt.form = SM_FORM_PEM;
	opt.alg = SM_SEAL_STRONG;
	alloc_each(seal_words);
}

static void
ccm_and_files_survive(void **state)
{
	(void)state;
	options(0, 2);
	opt.cipher = "aes-128-ccm";
	alloc_each(seal_letter);
	options(1, 0);
	opt.form = SM_FORM_DER;
	alloc_each(seal_words);
}

static int
certs_only(void)
{
	struct sm_sink nowhere = { discard, NULL };
	struct sm_certs certs = { 0 };
	int rc = sm_certs_add(&certs, alice.cert);

	if (rc == 0)
		rc = sm_seal_certs_only(&certs, SM_FORM_MAIL, &nowhere, NULL);
	sm_certs_wipe(&certs);
	return rc;
}

static void
certificates_alone_survive(void **state)
{
	(void)state;
	alloc_each(certs_only);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(signing_in_the_clear_survives),
		cmocka_unit_test(all_layers_survive),
		cmocka_unit_test(ccm_and_files_survive),
		cmocka_unit_test(certificates_alone_survive),
	};

	return cmocka_run_group_tests_name("seal_alloc", tests, setup, teardown);
}
