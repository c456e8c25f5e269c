/* client/doctor.h - what is wrong here, and what mends it.
 *
 * doctor_table.c is the table of checks, one row each, with a name that does not
 * change; doctor_home.c, doctor_keys.c, doctor_trust.c and doctor_machine.c hold what
 * they do. A check looks and tells; it changes nothing, asks for no passphrase, and a
 * part of HOME that cannot be read ends no check of another part. */
#ifndef SEALMAIL_CLIENT_DOCTOR_H
#define SEALMAIL_CLIENT_DOCTOR_H

#include "config.h"
#include "keyring.h"
#include "trust_store.h"

enum doctor_weight {
	DOCTOR_ADVICE,   /* good to know */
	DOCTOR_PROBLEM   /* something does not work, or soon will not: exit 78 */
};

struct doctor;

struct doctor_check {
	const char *id;
	const char *looks_at;    /* a phrase */
	enum doctor_weight weight;
	void (*run)(struct doctor *d);
	bool network;            /* left out with --offline */
};
extern const struct doctor_check doctor_checks[];
extern const size_t doctor_check_count;

struct doctor_finding {
	const struct doctor_check *check;
	enum doctor_weight weight;
	char *what;              /* a sentence */
	char *fix;               /* a sentence; a command stands in `backquotes` */
};

/* Of what lies under HOME, that which should not lie there so. */
enum doctor_fact_kind { FACT_OPEN, FACT_OWNER, FACT_ODD, FACT_LEFTOVER };
enum { DOCTOR_FACTS = 50, DOCTOR_EACH = 5 };
struct doctor_fact {
	enum doctor_fact_kind kind;
	char *path;
	bool folder;
};

struct doctor {
	struct client *c;
	struct client quiet;     /* its faults are kept, not said */
	char *home;              /* path; NULL: there is none */
	bool home_there;
	struct doctor_fact facts[DOCTOR_FACTS];
	size_t fact_count;
	int64_t newest;          /* when the youngest file was written */
	struct keyring ring;
	bool ring_ok;
	char ring_fault[512];
	struct trust_store store;
	bool store_ok;
	char store_fault[512];
	struct sm_pki *pki;      /* the roots, when the store is readable */
	const struct doctor_check *check;
	struct doctor_finding *list;
	size_t count;
	size_t of_this;          /* findings of the check that runs */
	bool no_memory;
};

/* Look. Returns 0 or an exit status; the findings are in d->list. */
int doctor_run(struct client *c, struct doctor *d);
void doctor_free(struct doctor *d);
/* Tell a finding of the running check; of many alike the first few are kept. fix is
 * copied. */
void doctor_find(struct doctor *d, const char *fix, const char *fmt, ...)
    SM_PRINTF(3, 4);
void doctor_find_as(struct doctor *d, enum doctor_weight weight, const char *fix,
    const char *fmt, ...) SM_PRINTF(4, 5);
/* Tell a fault of another part; the command that it names becomes the fix. `what` ends
 * before the fault. */
void doctor_find_fault(struct doctor *d, const char *what, const char *fault);
const struct doctor_check *doctor_check_find(const char *id);

/* Walk through HOME, once, before the checks. */
void doctor_walk(struct doctor *d);

void doctor_home_missing(struct doctor *d);
void doctor_home_above(struct doctor *d);
void doctor_permissions(struct doctor *d);
void doctor_owner(struct doctor *d);
void doctor_odd_file(struct doctor *d);
void doctor_leftovers(struct doctor *d);
void doctor_lock(struct doctor *d);
void doctor_config(struct doctor *d);
void doctor_cache(struct doctor *d);
void doctor_policy(struct doctor *d);
void doctor_queue(struct doctor *d);

void doctor_keyring(struct doctor *d);
void doctor_no_keys(struct doctor *d);
void doctor_expiring(struct doctor *d);
void doctor_expired(struct doctor *d);
void doctor_pending(struct doctor *d);
void doctor_key_missing(struct doctor *d);
void doctor_mismatch(struct doctor *d);
void doctor_unprotected(struct doctor *d);
void doctor_backup(struct doctor *d);
void doctor_no_encryption(struct doctor *d);
void doctor_chain(struct doctor *d);
void doctor_own_root(struct doctor *d);
void doctor_own_revoked(struct doctor *d);
void doctor_weak(struct doctor *d);

void doctor_store(struct doctor *d);
void doctor_no_roots(struct doctor *d);
void doctor_root_expired(struct doctor *d);
void doctor_root_expiring(struct doctor *d);
void doctor_root_weak(struct doctor *d);
void doctor_system_roots(struct doctor *d);
void doctor_contacts(struct doctor *d);

void doctor_clock_behind(struct doctor *d);
void doctor_clock_ahead(struct doctor *d);
void doctor_disk(struct doctor *d);
void doctor_spool(struct doctor *d);
void doctor_helpers(struct doctor *d);
void doctor_passphrases(struct doctor *d);
void doctor_locale(struct doctor *d);
void doctor_smtp(struct doctor *d);
void doctor_imap(struct doctor *d);
void doctor_directory(struct doctor *d);

#endif
