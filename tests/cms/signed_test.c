/* SignedData: the samples of others, and what we write ourselves. */
#include "signed_kit.h"

#include <crypto/key_object.h>

#include <base/der.h>
#include <stdlib.h>

/* ---- samples ---- */

static void
need_cert(struct sm_cert **out, const char *name)
{
	struct sm_buf b = SM_BUF_INIT;

	corpus_need(&b, name);
	assert_int_equal(sm_cert_parse(out, sm_buf_bytes(&b), NULL), 0);
	sm_buf_free(&b);
}

struct sample {
	const char *file;
	size_t signers;
	bool detached, weak;
};

/* Diane's DSS key has no parameters of its own (4.6): whether it is known depends
 * on nobody but her issuer, whom this room does not ask. */
static void
the_samples_of_rfc_4134_verify(void **state)
{
	static const struct sample samples[] = {
		{ "4.1.bin", 1, false, true }, { "4.2.bin", 1, false, true },
		{ "4.3.bin", 1, true, true }, { "4.4.bin", 1, false, true },
		{ "4.5.bin", 1, false, true }, { "4.6.bin", 2, false, true },
		{ "4.7.bin", 1, false, true }, { "4.10.bin", 1, false, true },
	};
	struct sm_buf content = SM_BUF_INIT;
	struct sm_cert *more[2];
	size_t i, j;

	(void)state;
	corpus_need(&content, "rfc4134-examples/ExContent.bin");
	need_cert(&more[0], "rfc4134-examples/AliceDSSSignByCarlNoInherit.cer");
	need_cert(&more[1], "rfc4134-examples/AliceRSASignByCarl.cer");
	for (i = 0; i < sizeof(samples) / sizeof(samples[0]); i++) {
		struct sm_buf b = SM_BUF_INIT;
		struct sm_signer_verdict v;
		struct kit_read k;
		char path[80];
		struct sm_bytes c = sm_buf_bytes(&content);

		snprintf(path, sizeof(path), "rfc4134-examples/%s",
		    samples[i].file);
		corpus_need(&b, path);
		kit_read(&k, sm_buf_bytes(&b), 0);
		assert_int_equal(k.rc, 0);
		assert_int_equal(k.has_content, !samples[i].detached);
		assert_int_equal(sm_signed_signer_count(k.s),
		    samples[i].signers);
		for (j = 0; j < samples[i].signers; j++) {
			assert_true(kit_judge(&v, &k, j,
			    samples[i].detached ? &c : NULL, more, 2));
			if (j == 1 && v.signature == SM_UNKNOWN)
				continue;
			assert_verdict(v, SM_YES, SM_YES, (const char *)NULL);
			assert_int_equal(v.weak, samples[i].weak);
		}
		kit_read_wipe(&k);
		sm_buf_free(&b);
	}
	sm_cert_free(more[0]);
	sm_cert_free(more[1]);
	sm_buf_free(&content);
}

static void
read_sample(struct kit_read *k, const char *name, size_t chunk)
{
	struct sm_buf b = SM_BUF_INIT;

	corpus_need(&b, name);
	kit_read(k, sm_buf_bytes(&b), chunk);
	sm_buf_free(&b);
	assert_int_equal(k->rc, 0);
}

static void
attributes_of_rfc_4134_are_found(void **state)
{
	const struct sm_signer_info *si;
	struct kit_read k;

	(void)state;
	read_sample(&k, "rfc4134-examples/4.4.bin", 1);
	si = sm_signed_signer(k.s, 0);
	assert_true(si->has_countersignature);
	assert_true(si->attrs.has_signing_time);
	assert_int_equal(si->attrs.signing_time, 1052926740);
	kit_read_wipe(&k);
	read_sample(&k, "rfc4134-examples/4.10.bin", 1);
	si = sm_signed_signer(k.s, 0);
	assert_true(si->attrs.security_label.len > 0);
	assert_true(si->attrs.capabilities.len > 0);
	assert_true(si->attrs.has_enc_key);
	kit_read_wipe(&k);
	read_sample(&k, "rfc4134-examples/4.7.bin", 0);
	assert_true(sm_signed_signer(k.s, 0)->sid.is_ski);
	kit_read_wipe(&k);
}

static void
a_message_of_certificates_has_no_signer(void **state)
{
	struct kit_read k;

	(void)state;
	read_sample(&k, "rfc4134-examples/4.11.bin", 0);
	assert_int_equal(sm_signed_signer_count(k.s), 0);
	assert_int_equal(sm_signed_cert_count(k.s), 2);
	assert_false(k.has_content);
	kit_read_wipe(&k);
}

static void
openssl_s_bad_attributes_are_refused(void **state)
{
	static const struct { const char *file, *reason; } bad[] = {
		{ "openssl-cms/messages/bad_signtime_attr.cms",
		    "attribute-not-signed" },
		{ "openssl-cms/messages/no_ct_attr.cms",
		    "content-type-missing" },
	};
	struct sm_signer_verdict v;
	struct identity who;
	struct kit_read k;
	size_t i;

	(void)state;
	identity_file(&who, NULL, "openssl-cms/smime-certs/smrsa1.pem");
	for (i = 0; i < 2; i++) {
		read_sample(&k, bad[i].file, 0);
		assert_true(kit_judge(&v, &k, 0, NULL, &who.cert, 1));
		assert_verdict(v, SM_YES, SM_NO, bad[i].reason);
		kit_read_wipe(&k);
	}
	identity_wipe(&who);
}

/* From libcrypto 3.5 on they are checked; without them nobody knows, which is not
 * the same as wrong. */
static void
ml_dsa_is_good_or_not_known(void **state)
{
	static const char *const names[] = { "44", "87" };
	size_t i;

	(void)state;
	for (i = 0; i < 2; i++) {
		struct sm_buf b = SM_BUF_INIT;
		struct sm_signer_verdict v;
		struct identity who;
		struct kit_read k;
		char path[100];

		snprintf(path, sizeof(path),
		    "rfc9881-ml-dsa-certificates/ML-DSA-%s.crt", names[i]);
		identity_file(&who, NULL, path);
		snprintf(path, sizeof(path),
		    "rfc9882-ml-dsa-cms/mldsa%s-signed-attrs.pem", names[i]);
		corpus_need(&b, path);
		kit_read_pem(&k, &b);
		assert_int_equal(k.rc, 0);
		assert_true(kit_judge(&v, &k, 0, NULL, &who.cert, 1));
		if (sm_alg_available(i == 0 ? SM_ML_DSA_44 : SM_ML_DSA_87))
			assert_verdict(v, SM_YES, SM_YES, (const char *)NULL);
		else
			assert_int_equal(v.signature, SM_UNKNOWN);
		assert_int_equal(v.digest, SM_YES);
		kit_read_wipe(&k);
		sm_buf_free(&b);
		identity_wipe(&who);
	}
}

/* ---- what we write ---- */

static const char text[] = "Dear Bob,\r\nthis is the content.\r\n";

static void
make_detached(struct sm_buf *out, const struct sm_signer_new *n, size_t count)
{
	struct sm_digest_set *set;
	struct sm_error err = SM_ERROR_INIT;
	int rc;

	assert_int_equal(sm_digest_set_new(&set), 0);
	rc = sm_signed_plan(set, n, count, &err);
	if (rc != 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	assert_int_equal(sm_digest_set_update(set, LIT(text)), 0);
	assert_int_equal(sm_digest_set_finish(set), 0);
	rc = sm_signed_detached(out, n, count, SM_CMS_DATA, set, NULL, NULL, 0,
	    &err);
	if (rc != 0)
		print_message("%s\n", err.text);
	assert_int_equal(rc, 0);
	sm_digest_set_free(set);
}

static void
check_written(const struct sm_signer_new *n, struct sm_bytes msg)
{
	struct sm_bytes content = LIT(text), other = LIT("Dear Eve");
	struct sm_signer_verdict v;
	struct kit_read k;

	kit_read(&k, msg, 0);
	assert_int_equal(k.rc, 0);
	assert_int_equal(sm_signed_signer_count(k.s), 1);
	assert_int_equal(sm_signed_digest_count(k.s), 1);
	assert_int_equal(sm_signed_digest(k.s, 0),
	    sm_signed_signer(k.s, 0)->digest);
	assert_true(kit_judge(&v, &k, 0, &content, NULL, 0));
	assert_verdict(v, SM_YES, SM_YES, (const char *)NULL);
	assert_false(v.weak);
	assert_true(kit_judge(&v, &k, 0, &other, NULL, 0));
	assert_verdict(v, SM_NO, SM_YES, "digest-mismatch");
	assert_int_equal(sm_signed_signer(k.s, 0)->sid.is_ski, n->use_ski);
	kit_read_wipe(&k);
}

static void
what_we_sign_verifies_with_every_kind_of_key(void **state)
{
	static const char *const types[] = { "P-256", "P-384", "P-521", "RSA",
		"ED25519", "ED448", "brainpoolP256r1" };
	size_t i, form;

	(void)state;
	for (i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct identity id;

		identity_simple(&id, "alice@example.org", types[i]);
		for (form = 0; form < 3; form++) {
			struct sm_signer_new n = { .key = id.key,
				.cert = id.cert, .use_ski = form == 1,
				.pss = form == 2, .signing_time = NOW };
			struct sm_buf msg = SM_BUF_INIT;

			if (n.pss && strcmp(types[i], "RSA") != 0)
				continue;
			make_detached(&msg, &n, 1);
			check_written(&n, sm_buf_bytes(&msg));
			sm_buf_free(&msg);
		}
		identity_wipe(&id);
	}
}

static void
we_write_the_attributes_that_bind(void **state)
{
	struct identity id, enc;
	struct sm_buf msg = SM_BUF_INIT, caps = SM_BUF_INIT;
	const struct sm_signed_attrs *a;
	struct kit_read k;

	(void)state;
	identity_simple(&id, "alice@example.org", "P-256");
	identity_new(&enc, &(struct identity_spec){
	    .mail = "alice@example.org", .serial = 99 });
	assert_int_equal(sm_capabilities_write(&caps), 0);
	make_detached(&msg, &(struct sm_signer_new){ .key = id.key,
	    .cert = id.cert, .signing_time = NOW, .enc_cert = enc.cert,
	    .capabilities = sm_buf_bytes(&caps) }, 1);
	kit_read(&k, sm_buf_bytes(&msg), 0);
	a = &sm_signed_signer(k.s, 0)->attrs;
	assert_true(a->present && a->was_der && !a->duplicate);
	assert_null(a->bad);
	assert_true(a->has_signing_time);
	assert_int_equal(a->signing_time, NOW);
	assert_true(a->has_cert_hash);
	assert_int_equal(a->cert_hash_alg, SM_SHA256);
	assert_memory_equal(a->cert_hash.data, sm_cert_sha256(id.cert), 32);
	assert_true(a->has_protection);
	assert_true(sm_bytes_equal(a->capabilities, sm_buf_bytes(&caps)));
	assert_true(a->has_enc_key);
	assert_true(sm_cert_id_matches(&a->enc_key, enc.cert));
	assert_false(sm_cert_id_matches(&a->enc_key, id.cert));
	kit_read_wipe(&k);
	sm_buf_free(&msg);
	sm_buf_free(&caps);
	identity_wipe(&id);
	identity_wipe(&enc);
}

static void
sets_are_written_in_der_order(void **state)
{
	struct identity id;
	struct sm_buf msg = SM_BUF_INIT;
	struct sm_bytes in, e, last = { NULL, 0 };
	struct kit_read k;

	(void)state;
	identity_simple(&id, "alice@example.org", "P-256");
	make_detached(&msg, &(struct sm_signer_new){ .key = id.key,
	    .cert = id.cert, .signing_time = NOW }, 1);
	kit_read(&k, sm_buf_bytes(&msg), 0);
	in = sm_signed_signer(k.s, 0)->attrs.set;
	assert_true(sm_der_get(&in, SM_DER_SET, &in));
	while (sm_der_get_whole(&in, SM_DER_SEQUENCE, &e)) {
		size_t n = last.len < e.len ? last.len : e.len;

		assert_true(n == 0 || memcmp(last.data, e.data, n) < 0);
		last = e;
	}
	kit_read_wipe(&k);
	sm_buf_free(&msg);
	identity_wipe(&id);
}

static void
several_signers_are_judged_one_by_one(void **state)
{
	struct identity a, b;
	struct sm_bytes content = LIT(text);
	struct sm_buf msg = SM_BUF_INIT;
	struct sm_signer_verdict v;
	struct kit_read k;
	size_t i;

	(void)state;
	identity_simple(&a, "alice@example.org", "P-256");
	identity_new(&b, &(struct identity_spec){ .mail = "bob@example.org",
	    .type = "P-384", .serial = 18 });
	make_detached(&msg, (struct sm_signer_new[]){
	    { .key = a.key, .cert = a.cert, .signing_time = NOW },
	    { .key = b.key, .cert = b.cert, .signing_time = NOW },
	    { .key = a.key, .cert = a.cert, .signing_time = NOW + 1 } }, 3);
	kit_read(&k, sm_buf_bytes(&msg), 7);
	assert_int_equal(k.rc, 0);
	assert_int_equal(sm_signed_signer_count(k.s), 3);
	assert_int_equal(sm_signed_digest_count(k.s), 2);
	assert_int_equal(sm_signed_cert_count(k.s), 2);
	for (i = 0; i < 3; i++) {
		assert_true(kit_judge(&v, &k, i, &content, NULL, 0));
		assert_verdict(v, SM_YES, SM_YES, (const char *)NULL);
	}
	kit_read_wipe(&k);
	sm_buf_free(&msg);
	identity_wipe(&a);
	identity_wipe(&b);
}

static void
a_key_of_another_certificate_does_not_sign(void **state)
{
	struct identity a, b;
	struct sm_signer_new n = { .signing_time = NOW };
	struct sm_digest_set *set;
	struct sm_error err = SM_ERROR_INIT;

	(void)state;
	identity_simple(&a, "alice@example.org", "P-256");
	identity_simple(&b, "bob@example.org", "P-256");
	n.key = a.key;
	n.cert = b.cert;
	assert_int_equal(sm_digest_set_new(&set), 0);
	assert_int_equal(sm_signed_plan(set, &n, 1, &err), SM_E_USAGE);
	assert_string_equal(err.reason, "signer-key-mismatch");
	sm_digest_set_free(set);
	identity_wipe(&a);
	identity_wipe(&b);
}

/* A token with a bad memory cell. */
static int
sign_wrongly(struct sm_key *k, struct sm_buf *sig,
    const struct sm_sig_alg *alg, struct sm_bytes tbs)
{
	(void)k;
	(void)alg;
	(void)tbs;
	return sm_buf_append(sig, LIT("\x30\x06\x02\x01\x01\x02\x01\x01"));
}

static void
free_wrong(struct sm_key *k)
{
	free(k);
}

static void
a_faulty_signature_never_leaves(void **state)
{
	static const struct sm_key_ops ops = { .sign = sign_wrongly,
		.free = free_wrong };
	struct sm_key *k = calloc(1, sizeof(*k));
	struct sm_buf out = SM_BUF_INIT;
	struct sm_error err = SM_ERROR_INIT;
	struct sm_digest_set *set;
	struct sm_signer_new n = { .signing_time = NOW };
	struct identity a;

	(void)state;
	identity_simple(&a, "alice@example.org", "P-256");
	assert_non_null(k);
	assert_int_equal(sm_key_object_init(k, &ops, sm_key_spki(a.key), NULL),
	    0);
	n.key = k;
	n.cert = a.cert;
	assert_int_equal(sm_digest_set_new(&set), 0);
	assert_int_equal(sm_signed_plan(set, &n, 1, &err), 0);
	assert_int_equal(sm_digest_set_finish(set), 0);
	assert_int_equal(sm_signed_detached(&out, &n, 1, SM_CMS_DATA, set, NULL,
	    NULL, 0, &err), SM_E_CRYPTO);
	assert_string_equal(err.reason, "own-signature-wrong");
	sm_digest_set_free(set);
	sm_buf_free(&out);
	sm_key_free(k);
	identity_wipe(&a);
}

static void
limits_end_the_reading(void **state)
{
	static const uint8_t seq[] = { 0x30, 0 };
	struct sm_limits limits = sm_limits_default();
	struct sm_error err = SM_ERROR_INIT;
	struct sm_bytes one = sm_bytes(seq, sizeof(seq));
	struct sm_signed *s;

	(void)state;
	limits.certificates = 2;
	limits.crls = 1;
	assert_int_equal(sm_signed_new(&s, &limits, &err), 0);
	assert_int_equal(sm_signed_field(s, SM_F_CERT, one, true), 0);
	assert_int_equal(sm_signed_field(s, SM_F_CERT, one, true), 0);
	assert_int_equal(sm_signed_field(s, SM_F_CERT, one, true), SM_E_LIMIT);
	assert_string_equal(err.reason, "certificates");
	sm_error_clear(&err);
	assert_int_equal(sm_signed_field(s, SM_F_CRL, one, true), 0);
	assert_int_equal(sm_signed_field(s, SM_F_CRL, one, true), SM_E_LIMIT);
	assert_string_equal(err.reason, "crls");
	sm_signed_free(s);
	limits.cms_collected_bytes = 1;
	sm_error_clear(&err);
	assert_int_equal(sm_signed_new(&s, &limits, &err), 0);
	assert_int_equal(sm_signed_field(s, SM_F_CRL, one, true), SM_E_LIMIT);
	assert_string_equal(err.reason, "cms-collected-bytes");
	sm_error_clear(&err);
	limits.signers = 0;
	sm_signed_free(s);
	assert_int_equal(sm_signed_new(&s, &limits, &err), 0);
	assert_int_equal(sm_signed_field(s, SM_F_SIGNER, one, true), SM_E_LIMIT);
	assert_string_equal(err.reason, "signers");
	sm_signed_free(s);
}

static void
a_damaged_signer_info_is_malformed(void **state)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_buf msg = SM_BUF_INIT;
	struct identity id;
	struct sm_bytes whole, in;
	struct sm_signed *s;
	size_t n;

	(void)state;
	identity_simple(&id, "alice@example.org", "P-256");
	make_detached(&msg, &(struct sm_signer_new){ .key = id.key,
	    .cert = id.cert, .signing_time = NOW }, 1);
	/* ContentInfo, [0], SignedData: its last SET is signerInfos. */
	in = sm_buf_bytes(&msg);
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &in));
	assert_true(sm_der_get(&in, SM_DER_OID, &whole));
	assert_true(sm_der_get(&in, SM_DER_CTX_CONS(0), &in));
	assert_true(sm_der_get(&in, SM_DER_SEQUENCE, &in));
	for (n = 0; n < 4; n++)
		assert_true(sm_der_get_any(&in, NULL, NULL, NULL));
	assert_true(sm_der_get(&in, SM_DER_SET, &whole));
	for (n = 0; n < whole.len; n++) {
		assert_int_equal(sm_signed_new(&s, &limits, NULL), 0);
		assert_int_equal(sm_signed_field(s, SM_F_SIGNER,
		    sm_bytes_first(whole, n), true), SM_E_FORMAT);
		sm_signed_free(s);
	}
	sm_buf_free(&msg);
	identity_wipe(&id);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_samples_of_rfc_4134_verify),
		cmocka_unit_test(attributes_of_rfc_4134_are_found),
		cmocka_unit_test(a_message_of_certificates_has_no_signer),
		cmocka_unit_test(openssl_s_bad_attributes_are_refused),
		cmocka_unit_test(ml_dsa_is_good_or_not_known),
		cmocka_unit_test(what_we_sign_verifies_with_every_kind_of_key),
		cmocka_unit_test(we_write_the_attributes_that_bind),
		cmocka_unit_test(sets_are_written_in_der_order),
		cmocka_unit_test(several_signers_are_judged_one_by_one),
		cmocka_unit_test(a_key_of_another_certificate_does_not_sign),
		cmocka_unit_test(a_faulty_signature_never_leaves),
		cmocka_unit_test(limits_end_the_reading),
		cmocka_unit_test(a_damaged_signer_info_is_malformed),
	};

	return cmocka_run_group_tests_name("signed", tests, NULL, NULL);
}
