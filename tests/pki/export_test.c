#include "test.h"

#include <base/buf.h>
#include <crypto/key.h>
#include <sealmail/export.h>

static const char *const kinds[] = { "rsa-2048", "rsa-3072", "p-256", "p-384",
	"p-521", "ed25519", "x25519" };
enum { KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static struct sm_key *
generate(const char *kind)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_key *k;

	assert_int_equal(sm_key_generate(&k, kind, &err), 0);
	return k;
}

static int
say(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	(void)what;
	if (attempt > 0)
		return SM_E_SECRET;
	return give(give_ctx, sm_bytes_str(ctx));
}

static int
read_back(struct sm_keyfile *f, const struct sm_buf *file, char *word)
{
	struct sm_passphrase pass = { say, word };

	return sm_keyfile_read(f, sm_buf_bytes(file), false, &pass, NULL, NULL);
}

static void
a_generated_key_of_every_kind_survives_its_encrypted_file(void **state)
{
	struct sm_buf file = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&file);
	struct sm_keyfile f;
	struct sm_key *k;
	char kind[32];
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		k = generate(kinds[i]);
		sm_key_kind(kind, sizeof(kind), k);
		assert_string_equal(kind, kinds[i]);
		sm_buf_clear(&file);
		assert_int_equal(sm_export_pkcs8(k, LIT("correct horse"), false,
			&sink, NULL), 0);
		assert_int_equal(read_back(&f, &file, "wrong"), SM_E_SECRET);
		assert_int_equal(read_back(&f, &file, "correct horse"), 0);
		assert_int_equal(f.key_count, 1);
		assert_false(f.weak_pbe);
		assert_true(sm_key_fits(f.keys[0], sm_key_spki(k)));
		sm_keyfile_wipe(&f);
		sm_key_free(k);
	}
	sm_buf_free(&file);
}

static void
a_key_made_not_exportable_is_written_once_and_never_again(void **state)
{
	struct sm_buf file = SM_BUF_INIT, again = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&file), other = sm_buf_sink(&again);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_pkcs12 p12 = { .passphrase = LIT("x") };
	struct sm_key *k;
	struct sm_keyfile f;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		k = generate(kinds[i]);
		sm_buf_clear(&file);
		sm_error_clear(&err);
		assert_int_equal(sm_export_pkcs8(k, LIT("x"), true, &sink, NULL), 0);
		sm_key_free(k);
		assert_int_equal(read_back(&f, &file, "x"), 0);
		assert_int_equal(sm_export_pkcs8(f.keys[0], LIT("x"), false, &other,
			&err), SM_E_POLICY);
		assert_string_equal(err.reason, "key-not-exportable");
		assert_int_equal(sm_export_pkcs8(f.keys[0], LIT("x"), true, &other,
			NULL), SM_E_POLICY);
		p12.keys = f.keys;
		p12.key_count = 1;
		assert_int_equal(sm_export_pkcs12(&p12, &other, NULL), SM_E_POLICY);
		assert_int_equal(again.len, 0);
		sm_keyfile_wipe(&f);
	}
	sm_buf_free(&file);
	sm_buf_free(&again);
}

static void
pkcs12_of_every_form_is_read_back(void **state)
{
	struct sm_key *keys[3] = { generate("rsa-2048"), generate("p-256"),
		generate("x25519") };
	struct sm_pkcs12 p12 = { .keys = keys, .key_count = 3, .name = "Zo\xc3\xab",
		.passphrase = LIT("gr\xc3\xbc\xc3\x9f dich") };
	struct sm_buf file = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&file);
	struct sm_keyfile f;
	int form;
	size_t i;

	(void)state;
	for (form = SM_PKCS12_MODERN; form <= SM_PKCS12_LEGACY; form++) {
		p12.form = (enum sm_pkcs12_form)form;
		sm_buf_clear(&file);
		assert_int_equal(sm_export_pkcs12(&p12, &sink, NULL), 0);
		assert_int_equal(read_back(&f, &file, "gr\xc3\xbc\xc3\x9f dich"), 0);
		assert_int_equal(f.key_count, 3);
		assert_true(f.was_pkcs12 && !f.no_mac);
		assert_int_equal(f.weak_pbe, form != SM_PKCS12_MODERN);
		for (i = 0; i < 3; i++)
			assert_true(sm_key_fits(f.keys[i], sm_key_spki(keys[i])));
		sm_keyfile_wipe(&f);
	}
	p12.passphrase = LIT("");
	assert_int_equal(sm_export_pkcs12(&p12, &sink, NULL), SM_E_USAGE);
	sm_buf_free(&file);
	for (i = 0; i < 3; i++)
		sm_key_free(keys[i]);
}

static void
a_request_is_written_only_by_a_key_that_can_prove_itself(void **state)
{
	static const char *const mails[] = { "a@example.org", "b\xc3\xbc@example.org" };
	struct sm_request r = { .name = "A", .mails = mails, .mail_count = 2, .sign = true,
		.encrypt = true };
	struct sm_buf out = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&out);
	struct sm_error err = SM_ERROR_INIT;
	struct sm_key *k;
	size_t i;

	(void)state;
	for (i = 0; i < KINDS; i++) {
		k = generate(kinds[i]);
		sm_buf_clear(&out);
		assert_int_equal(sm_export_request(k, &r, &sink, &err),
		    sm_key_can_sign(k) ? 0 : SM_E_UNSUPPORTED);
		assert_int_equal(out.len > 0, sm_key_can_sign(k));
		sm_key_free(k);
	}
	assert_string_equal(err.reason, "request-no-proof");
	sm_buf_free(&out);
}

struct fetch {
	struct sm_key *key;
	int status;
	unsigned times;
};

static int
fetch(void *ctx, struct sm_key **out)
{
	struct fetch *f = ctx;

	f->times++;
	if (f->status != 0)
		return f->status;
	*out = f->key;
	f->key = NULL;
	return 0;
}

static void
a_lazy_key_is_fetched_at_its_first_operation_and_must_be_the_one(void **state)
{
	struct fetch f = { generate("p-256"), SM_E_SECRET, 0 };
	struct sm_key_loader loader = { fetch, &f };
	struct sm_key *lazy, *other = generate("p-256");
	struct sm_buf sig = SM_BUF_INIT;
	enum sm_alg_id digest = SM_ALG_NONE;
	struct sm_sig_alg alg;

	(void)state;
	assert_int_equal(sm_key_lazy_new(&lazy, sm_key_spki(f.key), &loader, NULL), 0);
	assert_int_equal(sm_sig_alg_for_key(&alg, &digest, lazy, false, NULL), 0);
	assert_int_equal(f.times, 0);
	assert_int_equal(sm_key_sign(lazy, &sig, &alg, LIT("x"), NULL), SM_E_SECRET);
	f.status = 0;
	assert_int_equal(sm_key_sign(lazy, &sig, &alg, LIT("x"), NULL), 0);
	assert_int_equal(sm_key_sign(lazy, &sig, &alg, LIT("x"), NULL), 0);
	assert_int_equal(f.times, 2);
	sm_key_free(lazy);
	f.key = generate("p-256");
	assert_int_equal(sm_key_lazy_new(&lazy, sm_key_spki(other), &loader, NULL), 0);
	assert_int_equal(sm_key_sign(lazy, &sig, &alg, LIT("x"), NULL), SM_E_FORMAT);
	sm_key_free(lazy);
	sm_key_free(other);
	sm_buf_free(&sig);
}

static void
an_unknown_kind_of_key_is_refused(void **state)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_key *k;

	(void)state;
	assert_int_equal(sm_key_generate(&k, "rsa-512", &err), SM_E_UNSUPPORTED);
	assert_null(k);
	assert_string_equal(err.reason, "key-kind");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_generated_key_of_every_kind_survives_its_encrypted_file),
		cmocka_unit_test(a_key_made_not_exportable_is_written_once_and_never_again),
		cmocka_unit_test(pkcs12_of_every_form_is_read_back),
		cmocka_unit_test(a_request_is_written_only_by_a_key_that_can_prove_itself),
		cmocka_unit_test(a_lazy_key_is_fetched_at_its_first_operation_and_must_be_the_one),
		cmocka_unit_test(an_unknown_kind_of_key_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
