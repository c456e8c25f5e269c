#include "detached.h"

#include <errno.h>
#include <sealmail/seal.h>


enum { SIGNATURE_BYTES = 16 << 20 };

/* ---- signing ---- */

static int
sign_all(struct client *c, struct detached *d, struct input *in,
    const struct sm_error *err)
{
	struct sm_bytes piece;
	int rc, status = 0;

	do {
		rc = input_read(c, in, &piece);
		if (rc != 0)
			return rc;
		if (piece.len > 0)
			status = sm_seal_write(d->seal, piece);
	} while (status == 0 && piece.len > 0);
	if (status == 0)
		status = sm_seal_finish(d->seal);
	if (status == 0 || keys_fault(&d->keys) != 0)
		return keys_fault(&d->keys);
	return client_fault_error(c, exit_from_status(status), in->name, err, status);
}

static int
sign(struct client *c, struct detached *d, struct input *in)
{
	struct sm_seal_options o = sm_seal_options_default();
	struct sm_sink sink = sm_buf_sink(&d->der);
	struct sm_error err = SM_ERROR_INIT;
	int status;

	o.limits = c->limits;
	o.form = SM_FORM_DER;
	o.now = c->now;
	o.signers = d->keys.signers;
	o.signer_count = d->keys.signer_count;
	o.chain = &d->keys.carried;
	status = sm_seal_new(&d->seal, &o, &sink, &err);
	if (status == 0)
		return sign_all(c, d, in, &err);
	if (keys_fault(&d->keys) != 0)
		return keys_fault(&d->keys);
	return client_fault_error(c, status == SM_E_USAGE ? EXIT_USAGE :
	    exit_from_status(status), NULL, &err, status);
}

int
detached_sign(struct client *c, struct detached *d, struct input *in)
{
	struct sm_bytes begin = { NULL, 0 };
	int rc = keys_read(c, &d->keys, true);

	if (rc == 0 && !options_has(&c->opt, OPT_ID))
		rc = input_peek(c, in, &begin);
	if (rc == 0)
		rc = keys_for_signing(c, &d->keys, begin);
	return rc == 0 ? sign(c, d, in) : rc;
}

void
detached_free(struct detached *d)
{
	sm_seal_free(d->seal);
	keys_free(&d->keys);
	sm_buf_free(&d->der);
}

/* ---- judging ---- */

static int
judge(struct client *c, struct judged *j, const struct sm_open_options *o,
    const struct sm_buf *signature, const struct input *content)
{
	int status = sm_open_new(&j->open, o);

	if (status != 0)
		return client_fault(c, exit_from_status(status), "%s",
		    sm_status_name(status));
	status = sm_open_write(j->open, sm_buf_bytes(signature));
	if (status == 0)
		status = sm_open_finish(j->open);
	if (status == 0)
		return 0;
	if (j->judging.fault != 0)
		return j->judging.fault;
	if (input_error(content) != 0)
		return client_fault(c, EXIT_IO, "cannot read %s a second time: %s",
		    content->name, strerror(input_error(content)));
	return client_fault_error(c, exit_from_status(status), NULL,
	    sm_open_error(j->open), status);
}

int
detached_judge(struct client *c, struct judged *j, const char *path,
    struct input *content, const char *from)
{
	struct sm_open_options o = sm_open_options_default();
	struct sm_buf signature = SM_BUF_INIT;
	int rc = input_keep_all(c, content);

	if (rc == 0)
		rc = input_slurp(c, &signature, path, SIGNATURE_BYTES);
	if (rc == 0)
		rc = judging_begin(c, &j->judging);
	o.mode = SM_OPEN_VERIFY;
	o.limits = c->limits;
	judging_options(&j->judging, &o);
	o.now = c->now;
	o.from = from;
	o.require_revocation = options_has(&c->opt, OPT_REQUIRE_REVOCATION);
	o.detached = input_source(content);
	if (rc == 0)
		rc = judge(c, j, &o, &signature, content);
	sm_buf_free(&signature);
	return rc;
}

void
judged_free(struct judged *j)
{
	sm_open_free(j->open);
	judging_end(&j->judging);
}
