#include <base/try.h>
#include <smime/seal_impl.h>

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

struct sm_seal_options
sm_seal_options_default(void)
{
	struct sm_seal_options o = {
		.limits = sm_limits_default(),
		.form = SM_FORM_MAIL,
		.alg = SM_SEAL_AUTO,
	};

	return o;
}

int
sm_seal_no_memory(struct sm_seal *s)
{
	return sm_error_set(s->err, SM_E_NOMEM, "memory", NULL,
	    "There is not enough memory to write the message.");
}

int
sm_seal_advise(struct sm_seal *s, const char *fmt, ...)
{
	char **list, *text;
	va_list ap;
	size_t i;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		return sm_seal_no_memory(s);
	for (i = 0; i < s->advice_count; i++) {
		if (strcmp(s->advice[i], text) == 0) {
			free(text);
			return SM_OK;
		}
	}
	list = realloc(s->advice, (s->advice_count + 2) * sizeof(list[0]));
	if (list == NULL) {
		free(text);
		return sm_seal_no_memory(s);
	}
	list[s->advice_count++] = text;
	list[s->advice_count] = NULL;
	s->advice = list;
	s->choice.advice = (const char *const *)list;
	return SM_OK;
}

/* ---- which stages ---- */

static size_t
layer_count(const struct sm_seal_options *o)
{
	return (size_t)(o->signer_count > 0) + (size_t)o->compress +
	    (size_t)(o->recipient_count > 0);
}

static int
push(struct sm_seal *s, struct sm_stage *st)
{
	return sm_stage_push(&s->chain, s, st);
}

/* What carries the CMS of one layer: the outermost one is DER or PEM where that
 * was asked for. */
static int
push_carrier(struct sm_seal *s, const char *smime_type, const char *name,
    bool *outermost)
{
	bool outer = *outermost;

	*outermost = false;
	if (outer && s->opt.form == SM_FORM_DER)
		return SM_OK;
	if (outer && s->opt.form == SM_FORM_PEM)
		return push(s, sm_seal_part_pem());
	return push(s, sm_seal_part_new(smime_type, name, outer));
}

static int
push_signature(struct sm_seal *s, bool *outermost)
{
	if (s->opt.opaque) {
		SM_TRY(push_carrier(s, "signed-data", "smime.p7m", outermost));
		return push(s, sm_seal_sign_opaque());
	}
	if (!*outermost || s->opt.form == SM_FORM_MAIL)
		return push(s, sm_seal_sign_clear());
	SM_TRY(push_carrier(s, "signed-data", "smime.p7s", outermost));
	return push(s, sm_seal_sign_detached());
}

static int
build_chain(struct sm_seal *s)
{
	bool outermost = true;

	if (s->opt.form == SM_FORM_MAIL)
		SM_TRY(push(s, sm_seal_part_eol()));
	if (s->plan.cipher != SM_ALG_NONE) {
		SM_TRY(push_carrier(s, s->plan.authenticated ?
		    "authEnveloped-data" : "enveloped-data", "smime.p7m",
		    &outermost));
		SM_TRY(push(s, sm_seal_cms_encrypt()));
	}
	if (s->opt.compress) {
		SM_TRY(push_carrier(s, "compressed-data", "smime.p7z",
		    &outermost));
		SM_TRY(push(s, sm_seal_cms_compress()));
	}
	if (s->signing.count > 0)
		SM_TRY(push_signature(s, &outermost));
	return SM_OK;
}

static int
prepare(struct sm_seal *s)
{
	size_t layers = layer_count(&s->opt);

	if (layers == 0)
		return sm_error_set(s->err, SM_E_USAGE, "nothing-to-do", NULL,
		    "Neither a signer nor a recipient was named.");
	SM_TRY(sm_seal_sign_plan(s));
	SM_TRY(sm_seal_policy(s));
	SM_TRY(build_chain(s));
	return sm_seal_entity_init(s,
	    s->opt.form != SM_FORM_MAIL && layers == 1);
}

static void
tell_choice(struct sm_seal *s)
{
	static const char *const no_advice[] = { NULL };
	struct sm_seal_choice *c = &s->choice;
	const struct sm_seal_plan *p = &s->plan;

	if (p->cipher != SM_ALG_NONE)
		c->cipher = sm_alg_get(p->cipher)->name;
	c->authenticated = p->authenticated;
	c->why = p->why;
	if (c->advice == NULL)
		c->advice = no_advice;
	c->key_management = p->key_management;
	c->recipient_count = p->key_management_count;
	if (s->signing.text.len > 0)
		c->signature = (const char *)s->signing.text.data;
}

int
sm_seal_new(struct sm_seal **out, const struct sm_seal_options *opt,
    const struct sm_sink *sink, struct sm_error *err)
{
	struct sm_seal *s = calloc(1, sizeof(*s));
	int rc;

	*out = NULL;
	if (s == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "There is not enough memory to write the message.");
	s->opt = *opt;
	s->err = err;
	s->chain.end = *sink;
	rc = prepare(s);
	if (rc != SM_OK) {
		sm_seal_free(s);
		return sm_error_set(err, rc, "seal", NULL,
		    "The message cannot be made: %s.", sm_status_name(rc));
	}
	tell_choice(s);
	*out = s;
	return SM_OK;
}

void
sm_seal_free(struct sm_seal *s)
{
	size_t i;

	if (s == NULL)
		return;
	sm_seal_entity_wipe(&s->entity);
	sm_stage_free(&s->chain);
	sm_seal_sign_wipe(&s->signing);
	sm_seal_policy_wipe(&s->plan);
	for (i = 0; i < s->advice_count; i++)
		free(s->advice[i]);
	free(s->advice);
	free(s);
}

/* Every failure has words, and none is followed by another try. */
static int
failed(struct sm_seal *s, int rc)
{
	s->failed = rc;
	return sm_error_set(s->err, rc, "seal", NULL,
	    "The message cannot be written: %s.", sm_status_name(rc));
}

static int
check_open(struct sm_seal *s)
{
	if (s->failed != SM_OK)
		return s->failed;
	if (s->finished)
		return sm_error_set(s->err, SM_E_USAGE, "finished", NULL,
		    "The message is complete already.");
	return SM_OK;
}

int
sm_seal_write(struct sm_seal *s, struct sm_bytes in)
{
	int rc;

	SM_TRY(check_open(s));
	rc = sm_seal_entity_write(s, in);
	return rc == SM_OK ? SM_OK : failed(s, rc);
}

int
sm_seal_finish(struct sm_seal *s)
{
	int rc;

	SM_TRY(check_open(s));
	s->finished = true;
	rc = sm_seal_entity_finish(s);
	if (rc == SM_OK)
		rc = sm_stage_finish(&s->chain);
	return rc == SM_OK ? SM_OK : failed(s, rc);
}

const struct sm_seal_choice *
sm_seal_choice(const struct sm_seal *s)
{
	return &s->choice;
}
