/* sealmail doctor. */
#include <stdio.h>

#include <base/json.h>

#include "doctor.h"
#include "json_place.h"

static size_t
count_problems(const struct doctor *d)
{
	size_t i, n = 0;

	for (i = 0; i < d->count; i++)
		n += d->list[i].weight == DOCTOR_PROBLEM;
	return n;
}

/* ---- JSON ---- */

static void
put(struct sm_json *j, const char *key, const char *value)
{
	sm_json_key(j, key);
	sm_json_string(j, value);
}

static void
put_all(struct sm_json *j, const struct doctor *d, int exit)
{
	bool offline = options_has(&d->c->opt, OPT_OFFLINE);
	size_t i;

	sm_json_object_begin(j);
	sm_json_key(j, "version");
	sm_json_int(j, 1);
	sm_json_key(j, "exit");
	sm_json_int(j, exit);
	sm_json_key(j, "findings");
	sm_json_array_begin(j);
	for (i = 0; i < d->count; i++) {
		sm_json_object_begin(j);
		put(j, "id", d->list[i].check->id);
		put(j, "weight", d->list[i].weight == DOCTOR_PROBLEM ? "problem" : "advice");
		put(j, "what", d->list[i].what);
		put(j, "fix", d->list[i].fix);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
	sm_json_key(j, "checked");
	sm_json_array_begin(j);
	for (i = 0; i < doctor_check_count; i++)
		if (!doctor_checks[i].network || !offline)
			sm_json_string(j, doctor_checks[i].id);
	sm_json_array_end(j);
	sm_json_object_end(j);
}

static int
show_json(struct client *c, const struct doctor *d, int exit)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	struct sm_json j;
	int rc;

	sm_json_init(&j, &text, true);
	put_all(&j, d, exit);
	rc = sm_json_status(&j) == 0 ? sm_sink_write(&sink, sm_buf_bytes(&text)) :
	    SM_E_NOMEM;
	sm_buf_free(&text);
	return rc != 0 ? client_fault(c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(c);
}

/* ---- words ---- */

static void
show_words(const struct client *c, const struct doctor *d)
{
	size_t i, problems = count_problems(d);

	for (i = 0; i < d->count; i++) {
		const struct doctor_finding *f = &d->list[i];

		if (c->quiet && f->weight == DOCTOR_ADVICE)
			continue;
		printf("%s  %s\n", f->weight == DOCTOR_PROBLEM ? "PROBLEM" : "advice ",
		    f->what);
		printf("         %s  (%s)\n", f->fix, f->check->id);
	}
	if (c->verbose)
		for (i = 0; i < doctor_check_count; i++)
			printf("looked at: %s (%s)\n", doctor_checks[i].looks_at,
			    doctor_checks[i].id);
	if (problems == 0 && !c->quiet)
		printf("All is well: %zu things were looked at.\n", doctor_check_count);
}

int
verb_doctor(struct client *c)
{
	struct doctor d;
	int exit = 0, rc = json_place_open(c, false);

	if (rc != 0)
		return rc;
	rc = doctor_run(c, &d);
	if (rc == 0)
		exit = count_problems(&d) > 0 ? EXIT_UNWELL : 0;
	if (rc == 0 && c->json.wanted)
		rc = show_json(c, &d, exit);
	else if (rc == 0)
		show_words(c, &d);
	doctor_free(&d);
	return rc != 0 ? rc : exit;
}
