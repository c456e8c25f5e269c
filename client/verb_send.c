/* sealmail send: a letter; the queue's list, flush and drop. */
#include <stdlib.h>
#include <time.h>

#include "json_place.h"
#include "sending.h"
#include "send_queue.h"

/* -i is the sendmail flag here (`--id` is the identity); the rest of the client knows
 * the identity under its one name. */
static void
rename_identity(struct options *o)
{
	size_t i;

	for (i = 0; i < o->count; i++)
		if (o->uses[i].id == OPT_SEND_ID)
			o->uses[i].id = OPT_ID;
}

/* ---- one letter ---- */

static int
remember(struct sending *s)
{
	const char **list = calloc(s->people.count, sizeof(*list));
	size_t i;
	int rc = list != NULL ? 0 : client_out_of_memory(s->c);

	for (i = 0; rc == 0 && i < s->people.count; i++)
		list[i] = s->people.list[i].address;
	if (rc == 0)
		rc = contacts_wrote(s->book, list, s->people.count);
	if (rc == 0)
		rc = known_domains_keep(s->c, &s->known, &s->people);
	free(list);
	return rc;
}

static int
fill_envelope(struct sending *s, struct queued *l)
{
	l->kind = s->delivery;
	l->target = strdup(s->target);
	l->sender = strdup(s->sender);
	l->message_id = strdup(s->letter.message_id);
	if (l->target == NULL || l->sender == NULL || l->message_id == NULL)
		return client_out_of_memory(s->c);
	return 0;
}

/* From here on the letter is accepted: faults leave it in the queue. */
static int
hand_over(struct sending *s, struct queue *q, struct queued *l)
{
	int told, rc = send_queue_try(s->c, &s->config, q, l, false);

	if (rc != 0 && rc != EXIT_REFUSED && rc != EXIT_LATER) {
		client_note(s->c, "the letter stays in the queue; do not send it again, try "
		    "`sealmail send --flush`");
		rc = EXIT_LATER;
	}
	told = sending_report(s, l, rc);
	/* Who was written to is known from now on, also when it takes a while. */
	if (queued_count(l, RECEIVER_FAILED, false) < s->people.count && remember(s) != 0)
		client_note(s->c, "the letter was accepted all the same");
	return rc != 0 ? rc : told;
}

static int
send_letter(struct sending *s)
{
	struct queue q = { .dir.fd = -1, .home.fd = -1 };
	struct queued l;
	int rc = queue_open(s->c, &q, true);

	memset(&l, 0, sizeof(l));
	l.dir.fd = l.lock = -1;
	if (rc == 0)
		rc = queued_new(&q, &l);
	if (rc == 0)
		rc = fill_envelope(s, &l);
	if (rc == 0)
		rc = sending_seal(s, &l);
	if (rc == 0)
		rc = queued_accept(&q, &l);
	if (rc == 0)
		rc = hand_over(s, &q, &l);
	queued_free(&l);
	queue_close(&q);
	return rc;
}

/* Says everything that is to be said before the letter goes. */
static int
decide(struct sending *s)
{
	int rc;

	sending_warn(s);
	rc = sending_check(s);
	if (rc == 0)
		rc = sending_decide(s);
	return options_has(&s->c->opt, OPT_DRY_RUN) ? sending_show(s, rc) : rc;
}

static int
run(struct client *c)
{
	struct sending s;
	int rc;

	memset(&s, 0, sizeof(s));
	s.c = c;
	s.in.fd = -1;
	spool_init(&s.in.spool);
	rc = json_place_open(c, false);
	if (rc == 0)
		rc = sending_read(&s);
	if (rc == 0)
		rc = decide(&s);
	if (rc == 0 && !options_has(&c->opt, OPT_DRY_RUN))
		rc = send_letter(&s);
	sending_free(&s);
	return rc;
}

int
verb_send(struct client *c)
{
	rename_identity(&c->opt);
	if (options_has(&c->opt, OPT_QUEUE))
		return send_queue_show(c);
	if (options_has(&c->opt, OPT_FLUSH))
		return send_queue_flush(c);
	if (options_has(&c->opt, OPT_DROP))
		return send_queue_drop(c, options_value(&c->opt, OPT_DROP));
	return run(c);
}
