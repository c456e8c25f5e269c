#include "sending.h"

#include <stdio.h>

#include <base/json.h>

#include "json_place.h"
#include "output.h"

static const char *
place_word(enum addressee_place place)
{
	return place == PLACE_TO ? "to" : place == PLACE_CC ? "cc" : "bcc";
}

/* ---- words ---- */

/* What makes one look twice: "outside, new, looks like example.org". */
static void
traits(const struct addressee *a, char *out, size_t size)
{
	size_t n = 0;

	out[0] = '\0';
	if (a->outside)
		n += (size_t)snprintf(out + n, size - n, ", outside");
	if (a->personal && n < size)
		n += (size_t)snprintf(out + n, size - n, ", personal mailbox");
	if (a->is_new && n < size)
		n += (size_t)snprintf(out + n, size - n, ", never written to before");
	if (a->looks_like != NULL && n < size)
		(void)snprintf(out + n, size - n, ", its domain looks like %.80s",
		    a->looks_like);
}

enum { WARNED_MAX = 10 };

void
sending_warn(const struct sending *s)
{
	char text[300];
	size_t i, shown = 0, silent = 0;

	for (i = 0; i < s->people.count; i++) {
		const struct addressee *a = &s->people.list[i];

		traits(a, text, sizeof(text));
		if (text[0] == '\0')
			continue;
		if (shown++ < WARNED_MAX || a->looks_like != NULL)
			client_note(s->c, "%s: %s", a->address, text + 2);
		else
			silent++;
	}
	if (silent > 0)
		client_note(s->c, "and %zu more; --dry-run shows them all", silent);
}

static void
print_safe(const char *before, const char *text, const char *after)
{
	char copy[400];

	(void)snprintf(copy, sizeof(copy), "%s", text);
	client_make_printable(copy);
	printf("%s%s%s", before, copy, after);
}

static void
print_addressee(const struct addressee *a)
{
	char text[300];

	print_safe("  ", a->address, "");
	printf("  (%s", place_word(a->place));
	if (a->via != NULL) {
		print_safe(", by ", a->via->name, "");
		if (a->via->list != NULL)
			print_safe(" of the list ", a->via->list, "");
		if (a->via->directory != NULL)
			print_safe(", a group of ", a->via->directory, "");
	}
	traits(a, text, sizeof(text));
	printf("%s)\n", text);
	if (a->choice.status == CONTACTS_USABLE && a->choice.from != NULL)
		print_safe("      certificate: ", a->choice.from, "\n");
	else if (a->choice.status != CONTACTS_USABLE && a->choice.why != NULL)
		print_safe("      no certificate: ", a->choice.why, "\n");
	if (a->how.access == ACCESS_FORBID)
		puts("      the policy forbids it");
	if (a->how.access == ACCESS_ASK)
		puts("      the policy asks for --yes");
}

static void
print_plan(const struct sending *s, int code)
{
	size_t g, i;

	print_safe("from ", s->letter.from, "");
	print_safe(", handed to ", delivery_kind_name(s->delivery), "");
	print_safe(" ", s->target, "\n");
	if (s->sent != NULL)
		print_safe("a copy, encrypted to yourself, goes to ", s->sent, "\n");
	for (g = 0; g < s->groups; g++) {
		printf("message %zu of %zu, %s (", g + 1, s->groups, code != 0 ?
		    "not sent" : sending_protection(s));
		print_safe("", code != 0 ? s->c->fault_text : s->why, "):\n");
		for (i = 0; i < s->people.count; i++)
			if (s->people.list[i].group == g)
				print_addressee(&s->people.list[i]);
	}
	puts("nothing was sent");
}

/* ---- JSON ---- */

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
put_addressee(struct sm_json *j, const struct addressee *a)
{
	sm_json_object_begin(j);
	put(j, "address", a->address);
	put(j, "field", place_word(a->place));
	put(j, "alias", a->via != NULL ? a->via->name : NULL);
	put(j, "list", a->via != NULL ? a->via->list : NULL);
	put(j, "directory", a->via != NULL ? a->via->directory : NULL);
	put_bool(j, "inside", a->inside);
	put_bool(j, "personal", a->personal);
	put_bool(j, "new", a->is_new);
	put(j, "looks_like", a->looks_like);
	put(j, "encrypt", policy_encrypt_word(a->how.encrypt));
	put(j, "access", policy_access_word(a->how.access));
	put(j, "certificate", contacts_status_name(a->choice.status));
	put(j, "certificate_from", a->choice.from);
	put(j, "why", a->choice.why);
	sm_json_object_end(j);
}

static void
put_groups(struct sm_json *j, const struct sending *s)
{
	size_t g, i;

	sm_json_key(j, "messages");
	sm_json_array_begin(j);
	for (g = 0; g < s->groups; g++) {
		sm_json_object_begin(j);
		put_bool(j, "signed", s->sign || s->letter.form == LETTER_SIGNED);
		put_bool(j, "encrypted", s->encrypt || s->letter.form == LETTER_ENCRYPTED);
		sm_json_key(j, "recipients");
		sm_json_array_begin(j);
		for (i = 0; i < s->people.count; i++)
			if (s->people.list[i].group == g)
				put_addressee(j, &s->people.list[i]);
		sm_json_array_end(j);
		sm_json_object_end(j);
	}
	sm_json_array_end(j);
}

static void
put_plan(struct sm_json *j, const struct sending *s, int exit_code)
{
	sm_json_key(j, "version");
	sm_json_int(j, 1);
	sm_json_key(j, "exit");
	sm_json_int(j, exit_code);
	put(j, "from", s->letter.from);
	put(j, "message_id", s->letter.message_id);
	put(j, "protection", sending_protection(s));
	put(j, "why", s->why);
	put(j, "confidential", s->letter.confidential);
	put(j, "delivery", delivery_kind_name(s->delivery));
	put(j, "target", s->target);
	put(j, "copy", s->sent);
	put_groups(j, s);
}

static void
put_results(struct sm_json *j, const struct queued *l)
{
	static const char *const words[] = { "queued", "sent", "refused" };
	size_t i, k;

	sm_json_key(j, "results");
	sm_json_array_begin(j);
	for (i = 0; i < l->count; i++)
		for (k = 0; k < l->parcels[i].count; k++) {
			const struct receiver *r = &l->parcels[i].list[k];

			sm_json_object_begin(j);
			put(j, "address", r->address);
			put_bool(j, "copy", l->parcels[i].is_copy);
			put(j, "state", words[r->state]);
			put(j, "why", r->why);
			sm_json_object_end(j);
		}
	sm_json_array_end(j);
	put(j, "queue_id", queued_count(l, RECEIVER_PENDING, false) > 0 ||
	    queued_count(l, RECEIVER_PENDING, true) > 0 ? l->id : NULL);
}

static int
write_json(struct client *c, const struct sm_json *j, struct sm_buf *text)
{
	struct sm_sink sink = json_place_sink(c);
	int rc = 0;

	if (sm_json_status(j) != 0 || sm_buf_append_byte(text, '\n') != 0)
		rc = client_out_of_memory(c);
	else if (sm_sink_write(&sink, sm_buf_bytes(text)) != 0)
		rc = output_fault(c, c->json.out);
	return rc == 0 ? json_place_done(c) : rc;
}

static int
tell_json(struct sending *s, const struct queued *l, int exit_code)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_json j;
	int rc;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	put_plan(&j, s, exit_code);
	if (l != NULL)
		put_results(&j, l);
	sm_json_object_end(&j);
	rc = write_json(s->c, &j, &text);
	sm_buf_free(&text);
	return rc;
}

int
sending_show(struct sending *s, int code)
{
	if (s->c->json.wanted) {
		int rc = tell_json(s, NULL, code);

		return rc != 0 ? rc : code;
	}
	print_plan(s, code);
	return code;
}

/* ---- what became of it ---- */

/* These are said also when --quiet: somebody counts on the letter. */
static void
tell_one(const struct sending *s, const struct parcel *p, const struct receiver *r)
{
	if (p->is_copy)
		client_note(s->c, "the copy for %s waits in the queue: %s", r->address,
		    r->why != NULL ? r->why : "not tried");
	else if (r->state == RECEIVER_FAILED)
		(void)client_fault(s->c, EXIT_REFUSED, "%s did not get it: %s", r->address,
		    r->why != NULL ? r->why : "refused");
	else
		(void)client_fault(s->c, EXIT_LATER, "%s waits in the queue: %s", r->address,
		    r->why != NULL ? r->why : "not tried");
}

static void
tell_failures(const struct sending *s, const struct queued *l)
{
	size_t i, k, n = 0;

	for (i = 0; i < l->count; i++)
		for (k = 0; k < l->parcels[i].count; k++)
			if (l->parcels[i].list[k].state != RECEIVER_DONE && n++ < WARNED_MAX)
				tell_one(s, &l->parcels[i], &l->parcels[i].list[k]);
	if (n > WARNED_MAX)
		client_note(s->c, "and %zu more; `sealmail send --queue` lists those that wait",
		    n - WARNED_MAX);
}

int
sending_report(struct sending *s, const struct queued *l, int exit_code)
{
	size_t sent = queued_count(l, RECEIVER_DONE, false);
	const char *advice = s->why;

	if (sent > 0)
		client_note(s->c, "sent to %zu recipient%s, %s%s%s%s", sent, sent == 1 ? "" :
		    "s", sending_protection(s), advice != NULL ? " (" : "",
		    advice != NULL ? advice : "", advice != NULL ? ")" : "");
	tell_failures(s, l);
	return s->c->json.wanted ? tell_json(s, l, exit_code) : 0;
}
