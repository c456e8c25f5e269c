/* A certificate that parses shows all its values; so does what revokes it. */
#include "fuzz.h"

#include <sealmail/trust.h>

static void
show(const struct sm_cert *c)
{
	struct fuzz_trace t = { 0 };

	fuzz_note(&t, sm_cert_der(c));
	fuzz_note(&t, sm_cert_spki(c));
	fuzz_note(&t, sm_cert_issuer(c));
	fuzz_note(&t, sm_cert_subject(c));
	fuzz_note(&t, sm_cert_serial(c));
	fuzz_note(&t, sm_cert_ski(c));
	fuzz_note(&t, sm_cert_smime_capabilities(c));
	fuzz_note(&t, sm_bytes_str(sm_cert_subject_text(c)));
	fuzz_note(&t, sm_bytes_str(sm_cert_issuer_text(c)));
	fuzz_note(&t, sm_bytes_str(sm_cert_serial_hex(c)));
	fuzz_note(&t, sm_bytes(sm_cert_sha256(c), 32));
	for (size_t i = 0; sm_cert_mail(c, i) != NULL; i++)
		fuzz_note(&t, sm_bytes_str(sm_cert_mail(c, i)));
	for (size_t i = 0; sm_cert_subject_mail(c, i) != NULL; i++)
		fuzz_note(&t, sm_bytes_str(sm_cert_subject_mail(c, i)));
	fuzz_ignore(sm_cert_may_sign(c) || sm_cert_may_encrypt(c) || sm_cert_is_ca(c));
	fuzz_ignore(sm_cert_not_before(c) < sm_cert_not_after(c));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_bytes in = sm_bytes(data, size);
	struct sm_error err = { 0 };
	struct sm_cert *cert = NULL;
	struct sm_pki *pki = NULL;

	FUZZ_CHECK(sm_pki_new(&pki, &limits) == 0);
	if (sm_cert_parse(&cert, in, &err) == 0) {
		FUZZ_CHECK(sm_bytes_equal(sm_cert_der(cert), in));
		show(cert);
		FUZZ_CHECK(sm_pki_add_anchor(pki, cert) == 0);
		FUZZ_CHECK(sm_pki_add_cert(pki, cert) == 0);
	}
	fuzz_ignore(sm_pki_add_crl(pki, in, &err));
	fuzz_ignore(sm_pki_add_ocsp(pki, in, &err));
	sm_cert_free(cert);
	sm_pki_free(pki);
	return 0;
}
