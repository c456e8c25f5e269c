#include "doctor.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "home.h"

/* ---- telling ---- */

static void SM_PRINTF(4, 0)
tell(struct doctor *d, enum doctor_weight weight, const char *fix, const char *fmt,
    va_list ap)
{
	struct doctor_finding *list, *f;

	if (d->of_this++ >= DOCTOR_EACH)
		return;
	list = reallocarray(d->list, d->count + 1, sizeof(*list));
	d->no_memory = d->no_memory || list == NULL;
	if (list == NULL)
		return;
	d->list = list;
	f = &list[d->count];
	f->check = d->check;
	f->weight = weight;
	f->what = NULL;
	f->fix = strdup(fix);
	if (f->fix == NULL || vasprintf(&f->what, fmt, ap) < 0) {
		free(f->fix);
		d->no_memory = true;
		return;
	}
	client_make_printable(f->what);
	client_make_printable(f->fix);
	d->count++;
}

void
doctor_find(struct doctor *d, const char *fix, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(d, d->check->weight, fix, fmt, ap);
	va_end(ap);
}

void
doctor_find_as(struct doctor *d, enum doctor_weight weight, const char *fix,
    const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	tell(d, weight, fix, fmt, ap);
	va_end(ap);
}

void
doctor_find_fault(struct doctor *d, const char *what, const char *fault)
{
	const char *begin = strchr(fault, '`');
	const char *end = begin != NULL ? strchr(begin + 1, '`') : NULL;
	char fix[600];

	if (end == NULL)
		(void)snprintf(fix, sizeof(fix), "Correct what is said there.");
	else
		(void)snprintf(fix, sizeof(fix), "Mend it with %.*s.",
		    (int)(end - begin + 1), begin);
	doctor_find(d, fix, "%s: %s.", what, fault);
}

const struct doctor_check *
doctor_check_find(const char *id)
{
	size_t i;

	for (i = 0; i < doctor_check_count; i++)
		if (strcmp(doctor_checks[i].id, id) == 0)
			return &doctor_checks[i];
	return NULL;
}

/* ---- what the checks look at ---- */

/* Take the fault of the quiet copy, and make it ready for the next. */
static bool
no_fault(struct doctor *d, int rc, char *text, size_t size)
{
	if (rc != 0)
		(void)snprintf(text, size, "%s", d->quiet.fault_text);
	d->quiet.fault = 0;
	d->quiet.fault_text[0] = '\0';
	return rc == 0;
}

static void
open_parts(struct doctor *d)
{
	d->ring_ok = no_fault(d, keyring_open(&d->quiet, &d->ring, false), d->ring_fault,
	    sizeof(d->ring_fault));
	d->store_ok = no_fault(d, trust_store_open(&d->quiet, &d->store, false),
	    d->store_fault, sizeof(d->store_fault));
	if (sm_pki_new(&d->pki, &d->c->limits) != 0)
		d->no_memory = true;
	else if (d->store_ok)
		d->store_ok = no_fault(d, trust_store_anchors(&d->store, d->pki),
		    d->store_fault, sizeof(d->store_fault));
}

int
doctor_run(struct client *c, struct doctor *d)
{
	bool offline = options_has(&c->opt, OPT_OFFLINE);
	size_t i;

	memset(d, 0, sizeof(*d));
	d->c = c;
	d->quiet = *c;
	d->quiet.silent = true;
	d->home = home_path(c);
	doctor_walk(d);
	open_parts(d);
	for (i = 0; i < doctor_check_count && !d->no_memory; i++) {
		d->check = &doctor_checks[i];
		d->of_this = 0;
		if (!d->check->network || !offline)
			d->check->run(d);
	}
	return d->no_memory ? client_out_of_memory(c) : 0;
}

void
doctor_free(struct doctor *d)
{
	size_t i;

	for (i = 0; i < d->count; i++) {
		free(d->list[i].what);
		free(d->list[i].fix);
	}
	free(d->list);
	for (i = 0; i < d->fact_count; i++)
		free(d->facts[i].path);
	keyring_close(&d->ring);
	trust_store_close(&d->store);
	sm_pki_free(d->pki);
	free(d->home);
}
