#include "evidence.h"

#include "input.h"
#include "keys.h"
#include "pem.h"

enum { EVIDENCE_FILE_BYTES = 64 << 20 };

typedef int (*add_cert_fn)(struct sm_pki *p, struct sm_cert *cert);
typedef int (*add_der_fn)(struct sm_pki *p, struct sm_bytes der, struct sm_error *err);

static int
add_certs_of(struct client *c, struct sm_pki *pki, enum option_id id, add_cert_fn add)
{
	struct sm_certs certs = { NULL, 0, 0 };
	size_t i, at = 0;
	const char *path;
	int rc = 0;

	while (rc == 0 && (path = options_next(&c->opt, id, &at)) != NULL)
		rc = keys_read_certs(c, &certs, path);
	for (i = 0; rc == 0 && i < certs.count; i++)
		if (add(pki, certs.list[i]) != 0)
			rc = client_out_of_memory(c);
	sm_certs_wipe(&certs);
	return rc;
}

struct der_adder {
	struct client *c;
	struct sm_pki *pki;
	add_der_fn add;
	const char *path;
};

static int
add_der(void *ctx, struct sm_bytes der)
{
	struct der_adder *a = ctx;
	struct sm_error err = SM_ERROR_INIT;
	int status = a->add(a->pki, der, &err);

	if (status == 0)
		return 0;
	return client_fault_error(a->c, exit_from_status(status), a->path, &err, status);
}

static int
add_file(struct der_adder *a, const char *label)
{
	struct sm_buf raw = SM_BUF_INIT;
	int rc = input_slurp(a->c, &raw, a->path, EVIDENCE_FILE_BYTES);
	size_t found = 0;

	if (rc == 0)
		rc = pem_each(sm_buf_bytes(&raw), label, add_der, a, &found);
	if (rc == PEM_MALFORMED)
		rc = client_fault(a->c, EXIT_MALFORMED, "%s: the base64 of its PEM block "
		    "is damaged", a->path);
	if (rc == PEM_NO_MEMORY)
		rc = client_out_of_memory(a->c);
	if (rc == 0 && found == 0)
		rc = add_der(a, sm_buf_bytes(&raw));
	sm_buf_free(&raw);
	return rc;
}

static int
add_ders_of(struct client *c, struct sm_pki *pki, enum option_id id, add_der_fn add,
    const char *label)
{
	struct der_adder a = { c, pki, add, NULL };
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && (a.path = options_next(&c->opt, id, &at)) != NULL)
		rc = add_file(&a, label);
	return rc;
}

int
evidence_read(struct client *c, struct sm_pki **out)
{
	int rc;

	*out = NULL;
	if (sm_pki_new(out, &c->limits) != 0)
		return client_out_of_memory(c);
	rc = add_certs_of(c, *out, OPT_TRUST, sm_pki_add_anchor);
	if (rc == 0)
		rc = add_certs_of(c, *out, OPT_CERTS, sm_pki_add_cert);
	if (rc == 0)
		rc = add_ders_of(c, *out, OPT_CRL, sm_pki_add_crl, "X509 CRL");
	if (rc == 0)
		rc = add_ders_of(c, *out, OPT_OCSP, sm_pki_add_ocsp, "OCSP RESPONSE");
	return rc;
}
