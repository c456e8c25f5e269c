#include "choice.h"

#include <base/json.h>

#include "json_place.h"
#include "output.h"

static void
tell_people(const struct client *c, const struct sm_seal_choice *ch,
    const struct recipients *r)
{
	const char *const *advice;
	size_t i;

	if (ch->cipher != NULL)
		client_note(c, "encrypted for %zu recipient%s: %s", r->count,
		    r->count == 1 ? "" : "s", ch->why != NULL ? ch->why : ch->cipher);
	for (i = 0; c->verbose && i < r->count && i < ch->recipient_count; i++)
		client_note(c, "  %s: %s", r->names[i], ch->key_management[i]);
	if (c->verbose && ch->signature != NULL)
		client_note(c, "signed with %s", ch->signature);
	for (advice = ch->advice; advice != NULL && *advice != NULL; advice++)
		client_note(c, "%s", *advice);
}

static void
json_recipients(struct sm_json *j, const struct sm_seal_choice *ch,
    const struct recipients *r)
{
	size_t i;

	sm_json_key(j, "recipients");
	sm_json_array_begin(j);
	for (i = 0; i < r->count && i < ch->recipient_count; i++) {
		sm_json_object_begin(j);
		sm_json_key(j, "who");
		sm_json_string(j, r->names[i]);
		sm_json_key(j, "kind");
		sm_json_string(j, ch->key_management[i]);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
}

static void
json_advice(struct sm_json *j, const struct sm_seal_choice *ch)
{
	const char *const *advice;

	sm_json_key(j, "advice");
	sm_json_array_begin(j);
	for (advice = ch->advice; advice != NULL && *advice != NULL; advice++)
		sm_json_string(j, *advice);
	sm_json_array_end(j);
}

static void
json_object(struct sm_json *j, const struct sm_seal_choice *ch,
    const struct recipients *r)
{
	sm_json_object_begin(j);
	sm_json_key(j, "version");
	sm_json_int(j, 1);
	sm_json_key(j, "exit");
	sm_json_int(j, 0);
	sm_json_key(j, "signature");
	sm_json_string(j, ch->signature);
	sm_json_key(j, "cipher");
	sm_json_string(j, ch->cipher);
	if (ch->cipher != NULL) {
		sm_json_key(j, "authenticated");
		sm_json_bool(j, ch->authenticated);
	}
	sm_json_key(j, "why");
	sm_json_string(j, ch->why);
	json_recipients(j, ch, r);
	json_advice(j, ch);
	sm_json_object_end(j);
}

int
choice_tell(struct client *c, const struct sm_seal_choice *ch,
    const struct recipients *r)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink;
	struct sm_json j;
	int rc = 0;

	tell_people(c, ch, r);
	if (!c->json.wanted)
		return 0;
	sink = json_place_sink(c);
	sm_json_init(&j, &text, true);
	json_object(&j, ch, r);
	if (sm_json_status(&j) != 0 || sm_buf_append_byte(&text, '\n') != 0)
		rc = client_out_of_memory(c);
	else if (sm_sink_write(&sink, sm_buf_bytes(&text)) != 0)
		rc = output_fault(c, c->json.out);
	sm_buf_free(&text);
	return rc == 0 ? json_place_done(c) : rc;
}
