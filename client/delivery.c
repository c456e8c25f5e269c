#include "delivery.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "home.h"

/* ---- which way ---- */

static int
keep(struct client *c, char **out, const char *text)
{
	*out = strdup(text);
	return *out != NULL ? 0 : client_out_of_memory(c);
}

/* A program that is this one, under another name, would send for ever. */
static bool
is_ourselves(const char *path)
{
	char *own = realpath("/proc/self/exe", NULL), *real = realpath(path, NULL);
	bool same = own != NULL && real != NULL && strcmp(own, real) == 0;

	free(own);
	free(real);
	return same;
}

static int
by_machine(struct client *c, enum delivery_kind *kind, char **target)
{
	static const char *const usual[] = { "/usr/sbin/sendmail", "/usr/lib/sendmail" };
	size_t i;

	*kind = DELIVER_PROGRAM;
	for (i = 0; i < sizeof(usual) / sizeof(usual[0]); i++)
		if (access(usual[i], X_OK) == 0 && !is_ourselves(usual[i]))
			return keep(c, target, usual[i]);
	return client_fault(c, EXIT_USAGE, "no way to hand mail over is known: write "
	    "\"smtp = smtps://HOST\" (or sendmail, maildir, lmtp) into the file config; "
	    "sealmail-config(5) says more. Nothing was sent");
}

int
delivery_choose(struct client *c, const struct config *cfg, enum delivery_kind *kind,
    char **target)
{
	static const struct { enum config_key key; enum delivery_kind kind; } ways[] = {
		{ CONFIG_SENDMAIL, DELIVER_PROGRAM }, { CONFIG_MAILDIR, DELIVER_MAILDIR },
		{ CONFIG_LMTP, DELIVER_LMTP }, { CONFIG_SMTP, DELIVER_SMTP },
	};
	const char *program = options_value(&c->opt, OPT_SENDMAIL);
	const char *maildir = options_value(&c->opt, OPT_TO_MAILDIR);
	const char *value, *found = NULL;
	size_t i;

	if (program != NULL && maildir != NULL)
		return client_fault(c, EXIT_USAGE, "--sendmail and --maildir exclude each "
		    "other");
	*kind = program != NULL ? DELIVER_PROGRAM : DELIVER_MAILDIR;
	if (program != NULL || maildir != NULL)
		return keep(c, target, program != NULL ? program : maildir);
	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		value = config_value(cfg, ways[i].key);
		if (value != NULL && found != NULL)
			return client_fault(c, EXIT_USAGE, "the file config names two ways to "
			    "hand mail over; keep one of sendmail, maildir, lmtp, smtp");
		if (value != NULL) {
			found = value;
			*kind = ways[i].kind;
		}
	}
	return found != NULL ? keep(c, target, found) : by_machine(c, kind, target);
}

int
delivery_sent(struct client *c, const struct config *cfg, char **folder)
{
	const char *value = options_value(&c->opt, OPT_SENT);

	if (value == NULL)
		value = config_value(cfg, CONFIG_SENT);
	*folder = NULL;
	return value == NULL || strcmp(value, "none") == 0 ? 0 : keep(c, folder, value);
}

/* ---- what became of it ---- */

static int
note_one(struct handover *h, struct receiver *r, bool passes, const char *why)
{
	char *copy = strdup(why);

	if (copy == NULL)
		return client_out_of_memory(h->c);
	client_make_printable(copy);
	free(r->why);
	r->why = copy;
	if (!passes)
		r->state = RECEIVER_FAILED;
	return 0;
}

int
handover_note(struct handover *h, struct receiver *r, bool passes, const char *fmt, ...)
{
	char why[400];
	va_list ap;
	size_t i;
	int rc = 0;

	va_start(ap, fmt);
	(void)vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	if (r != NULL)
		return note_one(h, r, passes, why);
	for (i = 0; rc == 0 && i < h->parcel->count; i++)
		if (h->parcel->list[i].state == RECEIVER_PENDING)
			rc = note_one(h, &h->parcel->list[i], passes, why);
	return rc;
}

void
handover_done(struct handover *h, struct receiver *r)
{
	(void)h;
	r->state = RECEIVER_DONE;
	free(r->why);
	r->why = NULL;
}

/* ---- one message ---- */

static bool
is_pending(const struct parcel *p)
{
	size_t i;

	for (i = 0; i < p->count; i++)
		if (p->list[i].state == RECEIVER_PENDING)
			return true;
	return false;
}

/* The sender's own copy. */
static int
put_copy(struct handover *h)
{
	struct receiver *r = &h->parcel->list[0];
	char name[64];
	int rc;

	if (strncmp(r->address, "imap:", 5) == 0)
		return deliver_by_submit(h);
	(void)snprintf(name, sizeof(name), "%lld.%sM%zu.sealmail",
	    (long long)h->l->created, h->l->id, h->number);
	rc = maildir_put(r->address, name, h->fd, true);
	if (rc != 0)
		return handover_note(h, r, true, "%s: %s", r->address, strerror(-rc));
	handover_done(h, r);
	return 0;
}

static int
hand_over(struct handover *h)
{
	if (h->parcel->is_copy)
		return put_copy(h);
	switch (h->l->kind) {
	case DELIVER_PROGRAM:
		return deliver_by_program(h);
	case DELIVER_MAILDIR:
		return deliver_to_maildirs(h);
	case DELIVER_LMTP:
	case DELIVER_SMTP:
		break;
	}
	return deliver_by_submit(h);
}

int
delivery_run(struct client *c, const struct config *cfg, struct queued *l,
    size_t number)
{
	struct handover h = { .c = c, .cfg = cfg, .l = l, .parcel = &l->parcels[number],
		.number = number, .fd = -1 };
	int rc;

	if (!is_pending(h.parcel))
		return 0;
	rc = queued_open_parcel(l, number, &h.fd, &h.size);
	if (rc == 0)
		rc = hand_over(&h);
	if (h.fd >= 0)
		(void)close(h.fd);
	return rc;
}
