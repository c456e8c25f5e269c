/* Every rule about signed attributes, each with its hostile SignerInfo. */
#include "signed_kit.h"

#include <base/der.h>

/* 1.2.840.113549.1.9 and what follows it */
#define P9 "\x2a\x86\x48\x86\xf7\x0d\x01\x09"
#define SMIME_AA P9 "\x10\x02"
#define OID_DATA "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x01"
#define OID_SIGNED "\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"

static const char text[] = "Dear Bob\r\n";

/* What is odd about a SignerInfo; all zero is a good one with the attributes
 * that RFC 5652 asks for. */
enum odd {
	GOOD,
	NO_ATTRS, EMPTY_ATTRS, NOT_DER, GARBAGE_IN_SET,
	CT_MISSING, CT_TWICE, CT_TWO_VALUES, CT_NO_VALUE, CT_WRONG, CT_BAD,
	MD_MISSING, MD_TWICE, MD_WRONG, MD_BAD,
	TIME_GOOD, TIME_BAD, TIME_TWICE, TIME_GENERALIZED,
	UNSORTED, UNKNOWN_ATTR, UNKNOWN_TWICE,
	V2_GOOD, V2_WRONG, V2_SHA512, V2_BAD, V2_UNKNOWN_HASH, V1_GOOD, V1_WRONG,
	PROTECT_GOOD, PROTECT_NULL, PROTECT_DIGEST, PROTECT_SIG, PROTECT_MAC,
	CAPS_BAD, ENC_KEY_BAD, COUNTERSIGNED_INSIDE, TIME_UNSIGNED,
	SIG_OTHER_DIGEST, SIG_UNKNOWN, DIGEST_UNKNOWN, SIG_BROKEN, SIG_EMPTY,
	VERSION_9, MANY_ATTRS,
};

static void
attr(struct sm_derw *w, struct sm_bytes oid, struct sm_bytes values)
{
	size_t seq = sm_derw_begin(w, SM_DER_SEQUENCE);

	sm_derw_oid(w, oid);
	sm_derw_add(w, SM_DER_SET, values);
	sm_derw_end(w, seq);
}

#define ATTR(w, oid, values) attr((w), LIT(oid), LIT(values))

static void
attr_content_type(struct sm_derw *w, enum odd odd)
{
	if (odd == CT_MISSING)
		return;
	if (odd == CT_WRONG)
		ATTR(w, P9 "\x03", "\x06\x09" OID_SIGNED);
	else if (odd == CT_TWO_VALUES)
		ATTR(w, P9 "\x03", "\x06\x09" OID_DATA "\x06\x09" OID_SIGNED);
	else if (odd == CT_NO_VALUE)
		ATTR(w, P9 "\x03", "");
	else if (odd == CT_BAD)
		ATTR(w, P9 "\x03", "\x04\x01x");
	else
		ATTR(w, P9 "\x03", "\x06\x09" OID_DATA);
	if (odd == CT_TWICE)
		ATTR(w, P9 "\x03", "\x06\x09" OID_DATA);
}

static void
attr_digest(struct sm_derw *w, enum odd odd)
{
	struct sm_buf v = SM_BUF_INIT;
	struct sm_digest_value d;
	struct sm_derw vw;

	if (odd == MD_MISSING)
		return;
	assert_int_equal(sm_digest(&d, SM_SHA256, LIT(text)), 0);
	if (odd == MD_WRONG)
		d.data[31] ^= 1;
	sm_derw_init(&vw, &v);
	sm_derw_add(&vw, odd == MD_BAD ? SM_DER_UTF8_STRING :
	    SM_DER_OCTET_STRING, sm_bytes(d.data, d.len));
	assert_int_equal(sm_derw_status(&vw), 0);
	attr(w, LIT(P9 "\x04"), sm_buf_bytes(&v));
	if (odd == MD_TWICE)
		attr(w, LIT(P9 "\x04"), sm_buf_bytes(&v));
	sm_buf_free(&v);
}

static void
attr_time(struct sm_derw *w, enum odd odd)
{
	if (odd == TIME_GOOD || odd == TIME_TWICE)
		ATTR(w, P9 "\x05", "\x17\x0d" "260615120000Z");
	if (odd == TIME_TWICE)
		ATTR(w, P9 "\x05", "\x17\x0d" "270615120000Z");
	if (odd == TIME_BAD)
		ATTR(w, P9 "\x05", "\x17\x0b" "2606151200Z");
	if (odd == TIME_GENERALIZED)
		ATTR(w, P9 "\x05", "\x18\x0f" "20260615120000Z");
}

/* SigningCertificate or its version 2, with the hash of the certificate. */
static void
attr_cert(struct sm_derw *w, enum odd odd, const struct sm_cert *c)
{
	bool v1 = odd == V1_GOOD || odd == V1_WRONG;
	enum sm_alg_id alg = v1 ? SM_SHA1 : odd == V2_SHA512 ? SM_SHA512 :
	    SM_SHA256;
	struct sm_digest_value d;
	size_t m[6];

	if (odd < V2_GOOD || odd > V1_WRONG)
		return;
	assert_int_equal(sm_digest(&d, alg, sm_cert_der(c)), 0);
	if (odd == V2_WRONG || odd == V1_WRONG)
		d.data[0] ^= 1;
	m[0] = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, v1 ? LIT(SMIME_AA "\x0c") : LIT(SMIME_AA "\x2f"));
	m[1] = sm_derw_begin(w, SM_DER_SET);
	m[2] = sm_derw_begin(w, SM_DER_SEQUENCE);
	m[3] = sm_derw_begin(w, SM_DER_SEQUENCE);
	m[4] = sm_derw_begin(w, SM_DER_SEQUENCE);
	if (alg == SM_SHA512)
		sm_derw_algorithm(w, sm_alg_get(alg)->oid, sm_bytes(NULL, 0));
	if (odd == V2_UNKNOWN_HASH)
		sm_derw_algorithm(w, LIT("\x2a\x03\x04"), sm_bytes(NULL, 0));
	sm_derw_add(w, odd == V2_BAD ? SM_DER_INTEGER : SM_DER_OCTET_STRING,
	    sm_bytes(d.data, d.len));
	sm_derw_end(w, m[4]);
	sm_derw_end(w, m[3]);
	sm_derw_end(w, m[2]);
	sm_derw_end(w, m[1]);
	sm_derw_end(w, m[0]);
}

static void
attr_protection(struct sm_derw *w, enum odd odd)
{
	struct sm_bytes null = LIT("\x05\x00"), none = sm_bytes(NULL, 0);
	size_t m[4];

	if (odd < PROTECT_GOOD || odd > PROTECT_MAC)
		return;
	m[0] = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_oid(w, LIT(P9 "\x34"));
	m[1] = sm_derw_begin(w, SM_DER_SET);
	m[2] = sm_derw_begin(w, SM_DER_SEQUENCE);
	sm_derw_algorithm(w, sm_alg_get(odd == PROTECT_DIGEST ? SM_SHA384 :
	    SM_SHA256)->oid, odd == PROTECT_NULL ? null : none);
	m[3] = sm_derw_begin(w, SM_DER_CTX_CONS(odd == PROTECT_MAC ? 2 : 1));
	sm_derw_oid(w, sm_alg_get(odd == PROTECT_SIG ? SM_ECDSA_SHA384 :
	    SM_ECDSA_SHA256)->oid);
	sm_derw_end(w, m[3]);
	sm_derw_end(w, m[2]);
	sm_derw_end(w, m[1]);
	sm_derw_end(w, m[0]);
}

static void
attr_others(struct sm_derw *w, enum odd odd)
{
	size_t i;

	if (odd == UNKNOWN_ATTR || odd == UNKNOWN_TWICE)
		ATTR(w, "\x2a\x03\x04", "\x02\x01\x05\x02\x01\x06");
	if (odd == UNKNOWN_TWICE)
		ATTR(w, "\x2a\x03\x04", "\x02\x01\x07");
	if (odd == CAPS_BAD)
		ATTR(w, P9 "\x0f", "\x02\x01\x05");
	if (odd == ENC_KEY_BAD)
		ATTR(w, SMIME_AA "\x0b", "\x02\x01\x05");
	if (odd == COUNTERSIGNED_INSIDE)
		ATTR(w, P9 "\x06", "\x30\x00");
	if (odd == GARBAGE_IN_SET)
		sm_derw_null(w);
	for (i = 0; odd == MANY_ATTRS && i < 70; i++)
		ATTR(w, "\x2a\x03\x04", "\x05\x00");
}

static void
make_attrs(struct sm_buf *out, enum odd odd, const struct sm_cert *c)
{
	struct sm_derw w;
	size_t set;

	sm_derw_init(&w, out);
	set = sm_derw_begin(&w, SM_DER_SET);
	if (odd != EMPTY_ATTRS) {
		if (odd != UNSORTED)
			attr_content_type(&w, odd);
		attr_digest(&w, odd);
		attr_time(&w, odd);
		attr_cert(&w, odd, c);
		attr_protection(&w, odd);
		attr_others(&w, odd);
	}
	if (odd == UNSORTED)
		attr_content_type(&w, odd);
	sm_derw_end(&w, set);
	assert_int_equal(sm_derw_status(&w), 0);
}

static void
make_signature(struct sm_buf *out, enum odd odd, const struct identity *id,
    struct sm_bytes tbs)
{
	struct sm_sig_alg alg;
	enum sm_alg_id digest = odd == SIG_OTHER_DIGEST ? SM_SHA384 : SM_SHA256;

	if (odd == SIG_EMPTY)
		return;
	assert_int_equal(sm_sig_alg_for_key(&alg, &digest, id->key, false,
	    NULL), 0);
	assert_int_equal(sm_key_sign(id->key, out, &alg, tbs, NULL), 0);
	if (odd == SIG_BROKEN)
		out->data[out->len - 1] ^= 1;
}

static void
make_signer(struct sm_buf *out, enum odd odd, const struct identity *id)
{
	struct sm_buf attrs = SM_BUF_INIT, sig = SM_BUF_INIT;
	struct sm_derw w;
	size_t si, sid;

	make_attrs(&attrs, odd, id->cert);
	make_signature(&sig, odd, id, odd == NO_ATTRS ? LIT(text) :
	    sm_buf_bytes(&attrs));
	sm_derw_init(&w, out);
	si = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_uint(&w, odd == VERSION_9 ? 9 : 1);
	sid = sm_derw_begin(&w, SM_DER_SEQUENCE);
	sm_derw_raw(&w, sm_cert_issuer(id->cert));
	sm_derw_add(&w, SM_DER_INTEGER, sm_cert_serial(id->cert));
	sm_derw_end(&w, sid);
	sm_derw_algorithm(&w, odd == DIGEST_UNKNOWN ? LIT("\x2a\x03\x04") :
	    sm_alg_get(SM_SHA256)->oid, sm_bytes(NULL, 0));
	attrs.data[0] = SM_DER_CTX_CONS(0);
	if (odd != NO_ATTRS)
		sm_derw_raw(&w, sm_buf_bytes(&attrs));
	sm_derw_algorithm(&w, odd == SIG_UNKNOWN ? LIT("\x2a\x03\x04") :
	    sm_alg_get(odd == SIG_OTHER_DIGEST ? SM_ECDSA_SHA384 :
	    SM_ECDSA_SHA256)->oid, sm_bytes(NULL, 0));
	sm_derw_add(&w, SM_DER_OCTET_STRING, sm_buf_bytes(&sig));
	if (odd == TIME_UNSIGNED)
		sm_derw_raw(&w, LIT("\xa1\x1e\x30\x1c\x06\x09" P9 "\x05\x31\x0f"
		    "\x17\x0d" "260615120000Z"));
	sm_derw_end(&w, si);
	assert_int_equal(sm_derw_status(&w), 0);
	sm_buf_free(&attrs);
	sm_buf_free(&sig);
}

static struct identity alice;

static int
setup(void **state)
{
	(void)state;
	identity_simple(&alice, "alice@example.org", "P-256");
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	identity_wipe(&alice);
	return 0;
}

struct judged {
	struct sm_signed *s;
	struct sm_signer_verdict v;
	const struct sm_signer_info *si;
	struct sm_digest_value digest;
	struct sm_signer_input in;
	struct sm_error err;
	int rc;
};

static void
judge(struct judged *j, enum odd odd)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_buf b = SM_BUF_INIT;

	j->err = (struct sm_error)SM_ERROR_INIT;
	make_signer(&b, odd, &alice);
	assert_int_equal(sm_signed_new(&j->s, &limits, &j->err), 0);
	j->rc = sm_signed_field(j->s, SM_F_SIGNER, sm_buf_bytes(&b),
	    odd != NOT_DER);
	sm_buf_free(&b);
	if (j->rc != 0)
		return;
	j->si = sm_signed_signer(j->s, 0);
	assert_int_equal(sm_digest(&j->digest, SM_SHA256, LIT(text)), 0);
	j->in.cert = alice.cert;
	if (j->in.content.data == NULL && odd != DIGEST_UNKNOWN)
		j->in.content_digest = &j->digest;
	if (j->in.econtent_type.len == 0)
		j->in.econtent_type = LIT(OID_DATA);
	assert_int_equal(sm_signer_judge(&j->v, j->si, &j->in), 0);
}

struct row {
	enum odd odd;
	enum sm_tri digest, signature;
	const char *reason;
};

static void
each_rule_gives_its_reason(void **state)
{
	static const struct row rows[] = {
		{ GOOD, SM_YES, SM_YES, NULL },
		{ EMPTY_ATTRS, SM_NO, SM_NO, "attributes-malformed" },
		{ NOT_DER, SM_YES, SM_NO, "attributes-not-der" },
		{ GARBAGE_IN_SET, SM_YES, SM_NO, "attributes-malformed" },
		{ CT_MISSING, SM_YES, SM_NO, "content-type-missing" },
		{ CT_TWICE, SM_YES, SM_NO, "attribute-duplicate" },
		{ CT_TWO_VALUES, SM_YES, SM_NO, "attribute-duplicate" },
		{ CT_NO_VALUE, SM_YES, SM_NO, "content-type-malformed" },
		{ CT_WRONG, SM_YES, SM_NO, "content-type-mismatch" },
		{ CT_BAD, SM_YES, SM_NO, "content-type-malformed" },
		{ MD_MISSING, SM_NO, SM_NO, "message-digest-missing" },
		{ MD_TWICE, SM_YES, SM_NO, "attribute-duplicate" },
		{ MD_WRONG, SM_NO, SM_YES, "digest-mismatch" },
		{ MD_BAD, SM_NO, SM_NO, "message-digest-malformed" },
		{ TIME_GOOD, SM_YES, SM_YES, NULL },
		{ TIME_GENERALIZED, SM_YES, SM_YES, NULL },
		{ TIME_BAD, SM_YES, SM_NO, "signing-time-malformed" },
		{ TIME_TWICE, SM_YES, SM_NO, "attribute-duplicate" },
		{ UNSORTED, SM_YES, SM_YES, NULL },
		{ UNKNOWN_ATTR, SM_YES, SM_YES, NULL },
		{ UNKNOWN_TWICE, SM_YES, SM_NO, "attribute-duplicate" },
		{ V2_GOOD, SM_YES, SM_YES, NULL },
		{ V2_SHA512, SM_YES, SM_YES, NULL },
		{ V2_WRONG, SM_YES, SM_NO, "signing-certificate-mismatch" },
		{ V2_BAD, SM_YES, SM_NO, "signing-certificate-malformed" },
		{ V2_UNKNOWN_HASH, SM_YES, SM_UNKNOWN,
		    "signing-certificate-unsupported" },
		{ V1_GOOD, SM_YES, SM_YES, NULL },
		{ V1_WRONG, SM_YES, SM_NO, "signing-certificate-mismatch" },
		{ PROTECT_GOOD, SM_YES, SM_YES, NULL },
		{ PROTECT_NULL, SM_YES, SM_YES, NULL },
		{ PROTECT_DIGEST, SM_YES, SM_NO,
		    "algorithm-protection-mismatch" },
		{ PROTECT_SIG, SM_YES, SM_NO, "algorithm-protection-mismatch" },
		{ PROTECT_MAC, SM_YES, SM_NO,
		    "algorithm-protection-malformed" },
		{ CAPS_BAD, SM_YES, SM_YES, NULL },
		{ ENC_KEY_BAD, SM_YES, SM_YES, NULL },
		{ COUNTERSIGNED_INSIDE, SM_YES, SM_NO,
		    "countersignature-signed" },
		{ TIME_UNSIGNED, SM_YES, SM_NO, "attribute-not-signed" },
		{ SIG_OTHER_DIGEST, SM_YES, SM_NO, "digest-algorithms-differ" },
		{ SIG_UNKNOWN, SM_YES, SM_UNKNOWN,
		    "signature-algorithm-unknown" },
		{ DIGEST_UNKNOWN, SM_UNKNOWN, SM_UNKNOWN, "digest-unknown" },
		{ SIG_BROKEN, SM_YES, SM_NO, "signature-mismatch" },
		{ SIG_EMPTY, SM_YES, SM_NO, "signature-mismatch" },
		{ VERSION_9, SM_YES, SM_YES, NULL },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct judged j = { .in.require_attrs = true };

		judge(&j, rows[i].odd);
		if (j.v.digest != rows[i].digest ||
		    j.v.signature != rows[i].signature)
			print_message("row %zu\n", i);
		assert_int_equal(j.rc, 0);
		assert_verdict(j.v, rows[i].digest, rows[i].signature,
		    rows[i].reason);
		assert_false(j.v.weak);
		assert_true(j.v.digest_why[0] != '\0');
		assert_true(j.v.signature_why[0] != '\0');
		sm_signed_free(j.s);
	}
}

static void
too_many_attributes_are_a_limit(void **state)
{
	struct judged j = { .in.require_attrs = true };

	(void)state;
	judge(&j, MANY_ATTRS);
	assert_int_equal(j.rc, SM_E_LIMIT);
	assert_string_equal(j.err.reason, "attributes");
	sm_signed_free(j.s);
}

static void
a_signature_without_attributes_serves_no_mail(void **state)
{
	struct judged j = { .in.require_attrs = true };

	(void)state;
	judge(&j, NO_ATTRS);
	assert_int_equal(j.v.signature, SM_NO);
	assert_string_equal(j.v.reason, "signed-attributes-missing");
	sm_signed_free(j.s);
}

static void
elsewhere_it_is_over_the_content_itself(void **state)
{
	struct judged by_digest = { .in.require_attrs = false };
	struct judged by_content = { .in.content = LIT(text) };
	struct judged other = { .in.content = LIT("Dear Eve\r\n") };

	(void)state;
	judge(&by_digest, NO_ATTRS);
	assert_verdict(by_digest.v, SM_YES, SM_YES, (const char *)NULL);
	judge(&by_content, NO_ATTRS);
	assert_verdict(by_content.v, SM_YES, SM_YES, (const char *)NULL);
	judge(&other, NO_ATTRS);
	assert_verdict(other.v, SM_NO, SM_NO, "signature-mismatch");
	sm_signed_free(by_digest.s);
	sm_signed_free(by_content.s);
	sm_signed_free(other.s);
}

static void
content_that_could_be_attributes_is_refused_without_them(void **state)
{
	struct judged j = { .in.starts_like_attrs = true };
	struct judged type = { .in.econtent_type = LIT(OID_SIGNED) };

	(void)state;
	judge(&j, NO_ATTRS);
	assert_verdict(j.v, SM_NO, SM_NO, "content-looks-like-attributes");
	judge(&type, NO_ATTRS);
	assert_verdict(type.v, SM_NO, SM_NO, "signed-attributes-missing");
	sm_signed_free(j.s);
	sm_signed_free(type.s);
}

static void
a_digest_that_nobody_computed_is_not_known(void **state)
{
	struct judged j = { .in.content = LIT(text) };

	(void)state;
	judge(&j, GOOD);
	assert_verdict(j.v, SM_UNKNOWN, SM_YES, "digest-not-computed");
	sm_signed_free(j.s);
}

static void
another_person_s_key_does_not_fit(void **state)
{
	struct judged j = { .in.require_attrs = true };
	struct identity bob;

	(void)state;
	identity_simple(&bob, "bob@example.org", "P-256");
	judge(&j, GOOD);
	j.in.cert = bob.cert;
	assert_int_equal(sm_signer_judge(&j.v, j.si, &j.in), 0);
	assert_verdict(j.v, SM_YES, SM_NO, "signature-mismatch");
	identity_wipe(&bob);
	identity_simple(&bob, "bob@example.org", "RSA");
	j.in.cert = bob.cert;
	assert_int_equal(sm_signer_judge(&j.v, j.si, &j.in), 0);
	assert_int_equal(j.v.signature, SM_NO);
	identity_wipe(&bob);
	sm_signed_free(j.s);
}

static void
identifiers_are_told_to_people(void **state)
{
	struct sm_bytes in = LIT("\x30\x14\x30\x0f\x31\x0d\x30\x0b\x06\x03\x55\x04"
	    "\x03\x0c\x04" "Root" "\x02\x01\x7f"), ski = LIT("\x80\x02\xab\xcd"),
	    ber = LIT("\xa0\x04\x04\x02\xab\xcd"), bad = LIT("\x80\x00");
	struct sm_cert_id id;
	char out[60], tiny[5];

	(void)state;
	assert_true(sm_cert_id_get(&in, &id));
	assert_int_equal(in.len, 0);
	sm_cert_id_text(out, sizeof(out), &id);
	assert_string_equal(out, "serial 7f of CN=Root");
	sm_cert_id_text(tiny, sizeof(tiny), &id);
	assert_string_equal(tiny, "seri");
	assert_true(sm_cert_id_get(&ski, &id));
	sm_cert_id_text(out, sizeof(out), &id);
	assert_string_equal(out, "key identifier abcd");
	assert_true(sm_cert_id_get(&ber, &id));
	assert_true(sm_bytes_equal(id.ski, LIT("\xab\xcd")));
	assert_false(sm_cert_id_get(&bad, &id));
}

static void
capabilities_are_read_as_written(void **state)
{
	struct sm_buf b = SM_BUF_INIT;
	struct sm_capabilities c;

	(void)state;
	assert_int_equal(sm_capabilities_write(&b), 0);
	assert_true(sm_capabilities_read(&c, sm_buf_bytes(&b)));
	assert_true(c.known && c.aes256_gcm && c.aes128_gcm && c.aes256_cbc &&
	    c.aes128_cbc && c.chacha20 && c.rsa_oaep && c.rsa_oaep_sha2 &&
	    c.cek_hkdf && c.ecdh && c.ecdh_hkdf);
	assert_false(c.des3 || c.prefer_signed);
	assert_false(sm_capabilities_read(&c,
	    sm_bytes_first(sm_buf_bytes(&b), b.len - 1)));
	assert_false(c.known);
	/* RC2 with 40 bits, 3DES and preferSignedData: an old Outlook */
	assert_true(sm_capabilities_read(&c, LIT("\x30\x29"
	    "\x30\x0a\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x07"
	    "\x30\x0d\x06\x08\x2a\x86\x48\x86\xf7\x0d\x03\x02\x02\x01\x28"
	    "\x30\x0c\x06\x0a\x2a\x86\x48\x86\xf7\x0d\x01\x09\x0f\x01")));
	assert_true(c.known && c.des3 && c.prefer_signed);
	assert_false(c.aes128_cbc);
	assert_true(sm_capabilities_read(&c, LIT("\x30\x00")));
	assert_true(c.known);
	sm_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_rule_gives_its_reason),
		cmocka_unit_test(too_many_attributes_are_a_limit),
		cmocka_unit_test(a_signature_without_attributes_serves_no_mail),
		cmocka_unit_test(elsewhere_it_is_over_the_content_itself),
		cmocka_unit_test(
		    content_that_could_be_attributes_is_refused_without_them),
		cmocka_unit_test(a_digest_that_nobody_computed_is_not_known),
		cmocka_unit_test(another_person_s_key_does_not_fit),
		cmocka_unit_test(identifiers_are_told_to_people),
		cmocka_unit_test(capabilities_are_read_as_written),
	};

	return cmocka_run_group_tests_name("signer", tests, setup, teardown);
}
