#include "sealing.h"

#include <stdlib.h>

#include "choice.h"
#include "evidence.h"
#include "input.h"
#include "json_place.h"
#include "keys.h"
#include "line_ends.h"
#include "output.h"
#include "progress.h"
#include "recipients.h"

struct sealing {
	struct client *c;
	const struct sealing_plan *plan;
	struct input in;
	struct keys keys;
	struct recipients recipients;
	struct crl_list crls;
	struct output out;
	struct progress progress;
	struct sm_error err;
	struct sm_seal *seal;
};

/* ---- options ---- */

static enum sm_seal_form
form(const struct options *o)
{
	const char *word = options_value(o, OPT_FORM);

	if (word == NULL || strcmp(word, "mail") == 0)
		return SM_FORM_MAIL;
	return strcmp(word, "der") == 0 ? SM_FORM_DER : SM_FORM_PEM;
}

static enum sm_seal_alg
alg(const struct options *o)
{
	const char *word = options_value(o, OPT_ALG);

	if (word == NULL || strcmp(word, "auto") == 0)
		return SM_SEAL_AUTO;
	if (strcmp(word, "strong") == 0)
		return SM_SEAL_STRONG;
	return strcmp(word, "compat") == 0 ? SM_SEAL_COMPAT : SM_SEAL_PQ;
}

static bool
to_stdout(const struct options *o)
{
	const char *path = options_value(o, OPT_OUTPUT);

	return path == NULL || strcmp(path, "-") == 0;
}

/* Options that would be silently without effect are mistakes. */
static int
check_options(struct sealing *s)
{
	static const enum option_id of_signing[] = { OPT_KEY, OPT_CERT, OPT_CHAIN,
		OPT_ID, OPT_OPAQUE, OPT_DIGEST, OPT_PSS, OPT_CRL };
	struct client *c = s->c;
	size_t i;

	if (s->plan->sign && options_has(&c->opt, OPT_CERT) &&
	    !options_has(&c->opt, OPT_KEY))
		return client_fault(c, EXIT_USAGE, "--cert alone signs nothing; name the "
		    "key with --key FILE");
	for (i = 0; !s->plan->sign && i < sizeof(of_signing) / sizeof(of_signing[0]); i++)
		if (options_has(&c->opt, of_signing[i]))
			return client_fault(c, EXIT_USAGE, "--%s is for signing; add -s, or "
			    "leave it out", option_table[of_signing[i]].name);
	return 0;
}

static int
prepare(struct sealing *s)
{
	struct client *c = s->c;
	struct sm_bytes begin = { NULL, 0 };
	int rc = check_options(s);

	if (rc == 0)
		rc = json_place_open(c, to_stdout(&c->opt));
	if (rc == 0)
		rc = input_open(c, &s->in, c->opt.operand);
	if (rc == 0 && s->plan->encrypt)
		rc = recipients_read(c, &s->recipients);
	if (rc == 0 && s->plan->sign)
		rc = keys_read(c, &s->keys, true);
	if (rc == 0 && s->plan->sign)
		rc = input_peek(c, &s->in, &begin);
	if (rc == 0 && s->plan->sign)
		rc = keys_for_signing(c, &s->keys, begin);
	if (rc == 0 && s->plan->sign)
		rc = evidence_read_crls(c, &s->crls);
	if (rc == 0)
		rc = output_open(c, &s->out, options_value(&c->opt, OPT_OUTPUT),
		    form(&c->opt) == SM_FORM_DER);
	return rc;
}

static struct sm_seal_options
engine_options(const struct sealing *s)
{
	struct sm_seal_options o = sm_seal_options_default();
	const struct options *given = &s->c->opt;

	o.limits = s->c->limits;
	o.form = form(given);
	o.now = s->c->now;
	o.signers = s->keys.signers;
	o.signer_count = s->keys.signer_count;
	o.opaque = options_has(given, OPT_OPAQUE);
	o.digest = options_value(given, OPT_DIGEST);
	o.chain = &s->keys.carried;
	o.crls = s->crls.list;
	o.crl_count = s->crls.count;
	o.compress = options_has(given, OPT_COMPRESS);
	o.recipients = s->recipients.list;
	o.recipient_count = s->recipients.count;
	o.alg = alg(given);
	o.cipher = options_value(given, OPT_CIPHER);
	o.cek_hkdf = options_has(given, OPT_CEK_HKDF);
	return o;
}

/* ---- work ---- */

/* Before the first byte the library refuses what was asked for, not the input. */
static int
refused(struct sealing *s, int status)
{
	int code = exit_from_status(status);

	if (keys_fault(&s->keys) != 0)
		return keys_fault(&s->keys);
	if (s->err.reason != NULL && strcmp(s->err.reason, "recipient-unusable") == 0)
		code = EXIT_RECIPIENT;
	else if (status == SM_E_USAGE || status == SM_E_FORMAT)
		code = EXIT_USAGE;
	else if (status == SM_E_UNSUPPORTED)
		code = EXIT_POLICY;
	return client_fault_error(s->c, code, NULL, &s->err, status);
}

static int
engine_fault(struct sealing *s, int status)
{
	progress_end(&s->progress);
	if (keys_fault(&s->keys) != 0)
		return keys_fault(&s->keys);
	if (output_failed(&s->out))
		return output_fault(s->c, &s->out);
	return client_fault_error(s->c, exit_from_status(status), s->in.name, &s->err,
	    status);
}

static int
to_engine(void *ctx, struct sm_bytes in)
{
	return sm_seal_write(ctx, in);
}

static int
push_all(struct sealing *s)
{
	struct line_ends text = { { to_engine, s->seal }, false };
	struct sm_bytes piece;
	uint64_t done = 0;
	int rc, status;

	for (;;) {
		rc = input_read(s->c, &s->in, &piece);
		if (rc != 0 || piece.len == 0)
			return rc;
		status = s->plan->text ? line_ends_write(&text, piece) :
		    sm_seal_write(s->seal, piece);
		if (status != 0)
			return engine_fault(s, status);
		done += piece.len;
		(void)progress_tell(&s->progress, 0, done);
	}
}

static int
run_engine(struct sealing *s)
{
	struct sm_seal_options o = engine_options(s);
	struct sm_sink sink = output_sink(&s->out);
	int rc, status;

	status = sm_seal_new(&s->seal, &o, &sink, &s->err);
	if (status != 0)
		return refused(s, status);
	progress_start(&s->progress, s->c, s->in.size);
	rc = push_all(s);
	if (rc == 0) {
		status = sm_seal_finish(s->seal);
		rc = status != 0 ? engine_fault(s, status) : 0;
	}
	progress_end(&s->progress);
	return rc == 0 ? output_commit(s->c, &s->out) : rc;
}

static void
give_back(struct sealing *s)
{
	sm_seal_free(s->seal);
	output_close(&s->out);
	recipients_free(&s->recipients);
	crl_list_free(&s->crls);
	keys_free(&s->keys);
	input_close(&s->in);
}

int
sealing_run(struct client *c, const struct sealing_plan *plan)
{
	struct sealing s;
	int rc;

	memset(&s, 0, sizeof(s));
	s.c = c;
	s.plan = plan;
	s.in.fd = s.out.fd = -1;
	spool_init(&s.in.spool);
	rc = prepare(&s);
	if (rc == 0)
		rc = run_engine(&s);
	if (rc == 0)
		rc = choice_tell(c, sm_seal_choice(s.seal), &s.recipients);
	give_back(&s);
	return rc;
}
