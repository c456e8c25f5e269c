/* The report as the JSON object of the contract. */
#include <base/der.h>
#include <base/json.h>
#include <base/try.h>
#include <sealmail/report.h>

static void
put(struct sm_json *j, const char *key, const char *value)
{
	sm_json_key(j, key);
	sm_json_string(j, value);
}

static void
put_bool(struct sm_json *j, const char *key, bool value)
{
	sm_json_key(j, key);
	sm_json_bool(j, value);
}

static void
put_strings(struct sm_json *j, const char *key, char *const *list)
{
	sm_json_key(j, key);
	sm_json_array_begin(j);
	for (; list != NULL && *list != NULL; list++)
		sm_json_string(j, *list);
	sm_json_array_end(j);
}

static void
put_check(struct sm_json *j, const struct sm_check *c)
{
	sm_json_object_begin(j);
	put(j, "id", sm_check_name(c->id));
	sm_json_key(j, "ok");
	if (c->ok == SM_CHECK_NULL)
		sm_json_null(j);
	else
		sm_json_bool(j, c->ok == SM_CHECK_TRUE);
	put(j, "why", c->why);
	if (c->fix != NULL)
		put(j, "fix", c->fix);
	sm_json_object_end(j);
}

static void
put_signer(struct sm_json *j, const struct sm_report_signer *s)
{
	char when[32];

	sm_json_object_begin(j);
	put_strings(j, "mail", s->mail);
	put(j, "subject", s->subject);
	put(j, "issuer", s->issuer);
	put(j, "serial", s->serial);
	put(j, "sha256", s->sha256);
	put(j, "digest", s->digest);
	put(j, "algorithm", s->algorithm);
	if (s->has_signed_at)
		sm_time_text(when, s->signed_at);
	put(j, "signed_at", s->has_signed_at ? when : NULL);
	put_strings(j, "attributes", s->attributes);
	put_strings(j, "unsigned_attributes", s->unsigned_attributes);
	put_bool(j, "weak", s->weak);
	sm_json_key(j, "checks");
	sm_json_array_begin(j);
	for (int i = 0; i < SM_CHECK_COUNT; i++)
		if (s->checks[i].why != NULL)
			put_check(j, &s->checks[i]);
	sm_json_array_end(j);
	sm_json_object_end(j);
}

static void
put_recipients(struct sm_json *j, const struct sm_report_layer *l)
{
	sm_json_key(j, "recipients");
	sm_json_array_begin(j);
	for (size_t i = 0; i < l->recipient_count; i++) {
		sm_json_object_begin(j);
		put(j, "kind", l->recipients[i].kind);
		put(j, "id", l->recipients[i].id);
		put_bool(j, "mine", l->recipients[i].mine);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
	sm_json_key(j, "recipient_count");
	sm_json_int(j, (int64_t)l->recipient_total);
}

static void
put_layer(struct sm_json *j, const struct sm_report_layer *l)
{
	bool is_signed = strcmp(l->type, "signed") == 0;

	sm_json_object_begin(j);
	put(j, "type", l->type);
	put(j, "part", l->part);
	put_bool(j, "root", l->root);
	put(j, "content_type", l->content_type);
	sm_json_key(j, "content_bytes");
	sm_json_int(j, (int64_t)l->content_bytes);
	if (l->cipher != NULL || l->recipient_total > 0) {
		put(j, "cipher", l->cipher);
		put_bool(j, "authenticated", l->integrity);
		put_bool(j, "weak_cipher", l->weak_cipher);
		put_recipients(j, l);
	}
	if (l->fault != NULL)
		put(j, "fault", l->fault);
	if (is_signed) {
		sm_json_key(j, "signers");
		sm_json_array_begin(j);
		for (size_t i = 0; i < l->signer_count; i++)
			put_signer(j, &l->signers[i]);
		sm_json_array_end(j);
	}
	sm_json_object_end(j);
}

static void
put_error(struct sm_json *j, const struct sm_error *e)
{
	sm_json_key(j, "error");
	sm_json_object_begin(j);
	put(j, "reason", e->reason);
	put(j, "text", e->text);
	put(j, "rfc", e->rfc);
	if (e->has_offset) {
		sm_json_key(j, "offset");
		sm_json_int(j, (int64_t)e->offset);
	}
	sm_json_object_end(j);
}

static void
put_report(struct sm_json *j, const struct sm_report *r)
{
	sm_json_object_begin(j);
	sm_json_key(j, "version");
	sm_json_int(j, 1);
	if (r->not_judged) {
		sm_json_key(j, "result");
		sm_json_null(j);
	} else
		put(j, "result", sm_result_name(r->result));
	sm_json_key(j, "exit");
	sm_json_int(j, r->exit);
	sm_json_key(j, "layers");
	sm_json_array_begin(j);
	for (size_t i = 0; i < r->layer_count; i++)
		put_layer(j, &r->layers[i]);
	sm_json_array_end(j);
	sm_json_key(j, "errant");
	sm_json_array_begin(j);
	for (size_t i = 0; i < r->errant_count; i++) {
		sm_json_object_begin(j);
		put(j, "part", r->errant[i].part);
		put(j, "why", r->errant[i].why);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
	put_strings(j, "from", r->from);
	put_strings(j, "advice", r->advice);
	if (r->error.status != 0)
		put_error(j, &r->error);
	sm_json_object_end(j);
}

int
sm_report_json(const struct sm_report *r, const struct sm_sink *out)
{
	struct sm_buf buf = SM_BUF_INIT;
	struct sm_json j;
	int rc;

	sm_json_init(&j, &buf, true);
	put_report(&j, r);
	SM_TRY_OUT(sm_json_status(&j));
	SM_TRY_OUT(sm_buf_append_byte(&buf, '\n'));
	rc = sm_sink_write(out, sm_buf_bytes(&buf));
out:
	sm_buf_free(&buf);
	return rc;
}
