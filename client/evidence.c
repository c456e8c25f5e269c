#include "evidence.h"

#include <stdlib.h>

#include "input.h"
#include "keys.h"
#include "pem.h"

enum { EVIDENCE_FILE_BYTES = 64 << 20 };

typedef int (*add_cert_fn)(struct sm_pki *p, struct sm_cert *cert);
/* into: a struct sm_pki, or a struct crl_list. */
typedef int (*add_der_fn)(void *into, struct sm_bytes der, struct sm_error *err);

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
	void *into;
	add_der_fn add;
	const char *path;
};

static int
add_der(void *ctx, struct sm_bytes der)
{
	struct der_adder *a = ctx;
	struct sm_error err = SM_ERROR_INIT;
	int status = a->add(a->into, der, &err);

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
add_ders_of(struct client *c, void *into, enum option_id id, add_der_fn add,
    const char *label)
{
	struct der_adder a = { c, into, add, NULL };
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && (a.path = options_next(&c->opt, id, &at)) != NULL)
		rc = add_file(&a, label);
	return rc;
}

static int
add_crl(void *into, struct sm_bytes der, struct sm_error *err)
{
	return sm_pki_add_crl(into, der, err);
}

static int
add_ocsp(void *into, struct sm_bytes der, struct sm_error *err)
{
	return sm_pki_add_ocsp(into, der, err);
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
		rc = add_ders_of(c, *out, OPT_CRL, add_crl, "X509 CRL");
	if (rc == 0)
		rc = add_ders_of(c, *out, OPT_OCSP, add_ocsp, "OCSP RESPONSE");
	return rc;
}

/* ---- lists to send along ---- */

/* What is no CRL is noticed here, not by the reader of the letter. */
static int
check_crl(struct sm_bytes der, struct sm_error *err)
{
	struct sm_pki *scratch;
	int rc = sm_pki_new(&scratch, NULL);

	if (rc == 0)
		rc = sm_pki_add_crl(scratch, der, err);
	sm_pki_free(scratch);
	return rc;
}

static int
keep_crl(void *into, struct sm_bytes der, struct sm_error *err)
{
	struct crl_list *l = into;
	struct sm_bytes *more;
	uint8_t *copy;
	int rc = check_crl(der, err);

	if (rc != 0)
		return rc;
	more = reallocarray(l->list, l->count + 1, sizeof(*more));
	if (more == NULL)
		return SM_E_NOMEM;
	l->list = more;
	copy = malloc(der.len);
	if (copy == NULL)
		return SM_E_NOMEM;
	memcpy(copy, der.data, der.len);
	more[l->count++] = sm_bytes(copy, der.len);
	return 0;
}

int
evidence_read_crls(struct client *c, struct crl_list *out)
{
	return add_ders_of(c, out, OPT_CRL, keep_crl, "X509 CRL");
}

void
crl_list_free(struct crl_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		free((void *)(uintptr_t)l->list[i].data);
	free(l->list);
	memset(l, 0, sizeof(*l));
}
