/* Roots, and correspondents. */
#include "doctor.h"

#include <stdio.h>
#include <unistd.h>

#include "cert_view.h"
#include "contacts_book.h"
#include "policy.h"

enum { DAY = 86400, SOON_DAYS = 60 };

void
doctor_store(struct doctor *d)
{
	if (!d->store_ok)
		doctor_find_fault(d, "The trusted roots cannot be read, so that no signature "
		    "is judged", d->store_fault);
}

void
doctor_no_roots(struct doctor *d)
{
	if (d->store_ok && d->home_there && d->store.count == 0 && d->store.system == NULL)
		doctor_find(d, "Trust your organisation's root with `sealmail trust add "
		    "FILE`.", "No root is trusted: every signature will be called "
		    "untrusted.");
}

static void
fix_of(char *fix, size_t size, const struct trust_root *root)
{
	(void)snprintf(fix, size, "Get its successor from its owner and `sealmail trust add "
	    "FILE`; then `sealmail trust remove %.16s`.", root->id);
}

void
doctor_root_expired(struct doctor *d)
{
	char fix[300], day[11];
	size_t i;

	for (i = 0; d->store_ok && i < d->store.count; i++) {
		const struct trust_root *root = d->store.list[i];

		if (d->c->now <= sm_cert_not_after(root->cert))
			continue;
		cert_view_day(day, sm_cert_not_after(root->cert));
		fix_of(fix, sizeof(fix), root);
		doctor_find(d, fix, "The trusted root %.200s ended on %s.",
		    trust_root_label(root), day);
	}
}

void
doctor_root_expiring(struct doctor *d)
{
	char fix[300], day[11];
	size_t i;

	for (i = 0; d->store_ok && i < d->store.count; i++) {
		const struct trust_root *root = d->store.list[i];
		int64_t left = sm_cert_not_after(root->cert) - d->c->now;

		if (left < 0 || left > SOON_DAYS * DAY)
			continue;
		cert_view_day(day, sm_cert_not_after(root->cert));
		fix_of(fix, sizeof(fix), root);
		doctor_find(d, fix, "The trusted root %.200s ends on %s, and everything below "
		    "it with it.", trust_root_label(root), day);
	}
}

/* By itself as an anchor: only its own key can be too weak then. */
void
doctor_root_weak(struct doctor *d)
{
	struct sm_trust_answer a;
	char fix[300];
	size_t i;

	for (i = 0; d->store_ok && i < d->store.count; i++) {
		const struct trust_root *root = d->store.list[i];
		struct sm_pki *alone = NULL;

		memset(&a, 0, sizeof(a));
		if (sm_pki_new(&alone, NULL) != 0 ||
		    sm_pki_add_anchor(alone, root->cert) != 0 ||
		    sm_pki_judge(&a, alone, root->cert, NULL, SM_TRUST_SIGN, d->c->now,
			NULL) != 0)
			d->no_memory = true;
		fix_of(fix, sizeof(fix), root);
		if (a.result == SM_TRUST_WEAK)
			doctor_find(d, fix, "The trusted root %.200s can be forged. %s",
			    trust_root_label(root), a.why);
		sm_trust_answer_wipe(&a);
		sm_pki_free(alone);
	}
}

void
doctor_system_roots(struct doctor *d)
{
	if (d->store.bundle != NULL && access(d->store.bundle, R_OK) != 0)
		doctor_find(d, "Install it with `sudo apt install ca-certificates`, or trust "
		    "the system no more: `sealmail trust remove system`.",
		    "The system's roots are trusted, but %s cannot be read.",
		    d->store.bundle);
}

/* ---- correspondents ---- */

static bool
all_ended(const struct doctor *d, struct contact *k)
{
	size_t i;

	for (i = 0; i < k->count; i++) {
		const struct sm_cert *cert = contact_cert_get(&k->certs[i]);

		if (cert == NULL || d->c->now <= sm_cert_not_after(cert))
			return false;
	}
	return k->count > 0;
}

/* Only those who were written to matter. */
static int
look(void *ctx, struct contact *k)
{
	struct doctor *d = ctx;
	char fix[500];

	if (!all_ended(d, k))
		return 0;
	(void)snprintf(fix, sizeof(fix), "Ask them for a signed letter, or `sealmail who "
	    "add FILE`; `sealmail who forget %.150s` when they are gone.", k->address);
	doctor_find(d, fix, "All certificates of %s have ended: nothing can be encrypted to "
	    "them.", k->address);
	return 0;
}

void
doctor_contacts(struct doctor *d)
{
	struct contacts *book = NULL;

	if (contacts_open(&d->quiet, &book) == 0)
		(void)contacts_book_each(book, look, d);
	contacts_close(book);
	if (d->quiet.fault != 0)
		doctor_find_fault(d, "The contacts cannot be read", d->quiet.fault_text);
	d->quiet.fault = 0;
	d->quiet.fault_text[0] = '\0';
}
