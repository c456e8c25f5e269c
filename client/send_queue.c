#include "send_queue.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <base/der.h>
#include <base/json.h>

#include "delivery.h"
#include "json_place.h"
#include "output.h"

enum { FIRST_WAIT = 300, LONGEST_WAIT = 4 * 3600, DAYS = 5 };

/* ---- one letter ---- */

/* 5, 10, 20, ... minutes, at most 4 hours. */
static int64_t
wait_after(unsigned tries)
{
	int64_t wait = FIRST_WAIT;

	for (; tries > 1 && wait < LONGEST_WAIT; tries--)
		wait *= 2;
	return wait < LONGEST_WAIT ? wait : LONGEST_WAIT;
}

static void
plan_next(const struct config *cfg, struct queued *l)
{
	int64_t now = (int64_t)time(NULL);
	unsigned days = config_number(cfg, CONFIG_QUEUE_DAYS, DAYS);

	l->tries++;
	l->next = now + wait_after(l->tries);
	l->given_up = l->created + (int64_t)days * 86400 < now;
}

/* A copy of what nobody got is no record of anything. */
static bool
is_worth_a_copy(const struct queued *l)
{
	return queued_count(l, RECEIVER_DONE, false) > 0 ||
	    queued_count(l, RECEIVER_PENDING, false) > 0;
}

static int
run_parcels(struct client *c, const struct config *cfg, struct queued *l, bool copies)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < l->count; i++) {
		if (l->parcels[i].is_copy != copies)
			continue;
		rc = delivery_run(c, cfg, l, i);
		if (rc == 0)
			rc = queued_save(l);
	}
	return rc;
}

int
send_queue_try(struct client *c, const struct config *cfg, struct queue *q,
    struct queued *l, bool keep_refused)
{
	size_t waiting, refused;
	int rc = run_parcels(c, cfg, l, false);

	if (rc == 0 && is_worth_a_copy(l))
		rc = run_parcels(c, cfg, l, true);
	if (rc != 0)
		return rc;
	waiting = queued_count(l, RECEIVER_PENDING, false);
	refused = queued_count(l, RECEIVER_FAILED, false);
	if (waiting == 0 && is_worth_a_copy(l))
		waiting = queued_count(l, RECEIVER_PENDING, true);
	if (waiting > 0) {
		plan_next(cfg, l);
		rc = queued_save(l);
	} else if (refused > 0 && keep_refused) {
		l->given_up = true;
		rc = queued_save(l);
	} else if (queued_remove(q, l) != 0)
		client_note(c, "%s was sent; the next --flush takes it out of the queue",
		    l->message_id);
	if (rc != 0)
		return rc;
	return refused > 0 ? EXIT_REFUSED :
	    queued_count(l, RECEIVER_PENDING, false) > 0 ? EXIT_LATER : 0;
}

/* ---- flush ---- */

struct flushing {
	struct client *c;
	struct config config;
	struct queue q;
	char **ids;
	size_t count;
	bool all;
	size_t sent, waiting, refused;
};

static void
tell(struct flushing *f, const struct queued *l, int rc)
{
	size_t i, k;

	f->sent += rc == 0;
	f->waiting += rc == EXIT_LATER;
	f->refused += rc == EXIT_REFUSED;
	for (i = 0; i < l->count; i++)
		for (k = 0; k < l->parcels[i].count; k++) {
			const struct receiver *r = &l->parcels[i].list[k];
			const char *why = r->why != NULL ? r->why : "waits";

			/* Also when --quiet, as cron runs it. */
			if (r->state == RECEIVER_FAILED)
				(void)client_fault(f->c, EXIT_REFUSED, "%s does not get %s: %s",
				    r->address, l->message_id, why);
			else if (r->state == RECEIVER_PENDING)
				client_note(f->c, "%s waits for %s: %s", r->address,
				    l->message_id, why);
		}
}

static bool
is_due(const struct flushing *f, const struct queued *l)
{
	if (f->all)
		return true;
	return !l->given_up && l->next <= (int64_t)time(NULL);
}

/* A letter that cannot be read stands in nobody's way. */
static int
flush_one(struct flushing *f, const char *id)
{
	struct queued l;
	bool busy;
	int rc = queued_load(&f->q, id, true, &l, &busy);

	if (rc == 0 && !busy && l.dir.fd >= 0 && is_due(f, &l)) {
		l.given_up = false;
		rc = send_queue_try(f->c, &f->config, &f->q, &l, true);
		tell(f, &l, rc);
	}
	queued_free(&l);
	return rc == EXIT_LATER || rc == EXIT_REFUSED ? 0 : rc;
}

int
send_queue_flush(struct client *c)
{
	const char *how = options_value(&c->opt, OPT_FLUSH);
	struct flushing f = { .c = c, .all = how != NULL };
	size_t i;
	int rc, bad = 0;

	rc = queue_open(c, &f.q, false);
	if (rc == 0)
		rc = config_read(c, &f.config);
	if (rc == 0)
		rc = queue_list(&f.q, &f.ids, &f.count);
	for (i = 0; rc == 0 && i < f.count; i++) {
		int one = flush_one(&f, f.ids[i]);

		bad = bad != 0 ? bad : one;
	}
	if (rc == 0 && f.sent > 0)
		client_note(c, "%zu letter%s sent", f.sent, f.sent == 1 ? "" : "s");
	for (i = 0; i < f.count; i++)
		free(f.ids[i]);
	free(f.ids);
	config_free(&f.config);
	queue_close(&f.q);
	if (rc == 0)
		rc = bad;
	return rc != 0 ? rc : f.refused > 0 ? EXIT_REFUSED : f.waiting > 0 ? EXIT_LATER : 0;
}

/* ---- list ---- */

static const char *
state_word(const struct queued *l, bool busy)
{
	if (busy)
		return "being sent";
	return l->given_up ? "given up" : "waits";
}

static void
print_letter(const struct queued *l)
{
	char when[32], copy[300];
	size_t i, k;

	sm_time_text(when, l->created);
	(void)snprintf(copy, sizeof(copy), "%s", l->message_id);
	client_make_printable(copy);
	printf("%s  %.16s  tried %u times, %s\n    %s\n", l->id, when, l->tries,
	    state_word(l, false), copy);
	for (i = 0; i < l->count; i++)
		for (k = 0; k < l->parcels[i].count; k++) {
			const struct receiver *r = &l->parcels[i].list[k];

			if (r->state == RECEIVER_DONE)
				continue;
			(void)snprintf(copy, sizeof(copy), "%s: %s", r->address,
			    r->why != NULL ? r->why : "not tried yet");
			client_make_printable(copy);
			printf("    %s %s\n", r->state == RECEIVER_FAILED ? "refused" :
			    "waits", copy);
		}
}

static void
put_letter(struct sm_json *j, const struct queued *l)
{
	static const char *const words[] = { "waits", "sent", "refused" };
	char when[32];
	size_t i, k;

	sm_json_object_begin(j);
	sm_json_key(j, "id");
	sm_json_string(j, l->id);
	sm_json_key(j, "message_id");
	sm_json_string(j, l->message_id);
	sm_time_text(when, l->created);
	sm_json_key(j, "created");
	sm_json_string(j, when);
	sm_time_text(when, l->next);
	sm_json_key(j, "next");
	sm_json_string(j, l->given_up ? NULL : when);
	sm_json_key(j, "tries");
	sm_json_int(j, l->tries);
	sm_json_key(j, "receivers");
	sm_json_array_begin(j);
	for (i = 0; i < l->count; i++)
		for (k = 0; k < l->parcels[i].count; k++) {
			const struct receiver *r = &l->parcels[i].list[k];

			sm_json_object_begin(j);
			sm_json_key(j, "address");
			sm_json_string(j, r->address);
			sm_json_key(j, "state");
			sm_json_string(j, words[r->state]);
			sm_json_key(j, "why");
			sm_json_string(j, r->why);
			sm_json_object_end(j);
		}
	sm_json_array_end(j);
	sm_json_object_end(j);
}

static int
show_all(struct client *c, struct queue *q, char *const *ids, size_t count,
    struct sm_json *j)
{
	struct queued l;
	size_t i;
	bool busy;
	int rc = 0, one;

	for (i = 0; i < count; i++) {
		one = queued_load(q, ids[i], false, &l, &busy);
		if (one == 0 && l.dir.fd >= 0) {
			if (c->json.wanted)
				put_letter(j, &l);
			else
				print_letter(&l);
		}
		rc = rc != 0 ? rc : one;
		queued_free(&l);
	}
	if (count == 0 && !c->json.wanted)
		client_note(c, "the queue is empty");
	return rc;
}

static int
write_json(struct client *c, const struct sm_json *j, struct sm_buf *text)
{
	struct sm_sink sink = json_place_sink(c);

	if (sm_json_status(j) != 0 || sm_buf_append_byte(text, '\n') != 0)
		return client_out_of_memory(c);
	if (sm_sink_write(&sink, sm_buf_bytes(text)) != 0)
		return output_fault(c, c->json.out);
	return json_place_done(c);
}

int
send_queue_show(struct client *c)
{
	struct queue q = { .dir.fd = -1, .home.fd = -1 };
	struct sm_buf text = SM_BUF_INIT;
	struct sm_json j;
	char **ids = NULL;
	size_t count = 0, i;
	int rc = json_place_open(c, false);

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "letters");
	sm_json_array_begin(&j);
	if (rc == 0)
		rc = queue_open(c, &q, false);
	if (rc == 0)
		rc = queue_list(&q, &ids, &count);
	if (rc == 0)
		rc = show_all(c, &q, ids, count, &j);
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	if (rc == 0 && c->json.wanted)
		rc = write_json(c, &j, &text);
	for (i = 0; i < count; i++)
		free(ids[i]);
	free(ids);
	sm_buf_free(&text);
	queue_close(&q);
	return rc;
}

/* ---- drop ---- */

int
send_queue_drop(struct client *c, const char *id)
{
	struct queue q;
	struct queued l;
	bool busy = false;
	int rc = queue_open(c, &q, true);

	memset(&l, 0, sizeof(l));
	l.dir.fd = l.lock = -1;
	if (rc == 0)
		rc = queued_load(&q, id, true, &l, &busy);
	/* What is damaged must be possible to get rid of. */
	if (rc == EXIT_IO && l.lock >= 0)
		rc = 0;
	if (rc == 0 && busy)
		rc = client_fault(c, EXIT_LATER, "%s is being sent by another sealmail", id);
	else if (rc == 0 && l.dir.fd < 0)
		rc = client_fault(c, EXIT_USAGE, "%s is not in the queue; `sealmail send "
		    "--queue` lists what is", id);
	if (rc == 0)
		rc = queued_remove(&q, &l);
	if (rc == 0)
		client_note(c, "%s will not be sent", l.message_id != NULL ? l.message_id : id);
	queued_free(&l);
	queue_close(&q);
	return rc;
}
