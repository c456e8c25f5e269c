/* sealmail trust list, trust show, trust add, trust remove. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "json_place.h"
#include "keys.h"
#include "trust_show.h"

/* More roots in one file are a collection, not a decision. */
enum { ROOTS_OF_A_FILE = 10, TEXT_CHARS = 200 };

/* Where Debian's ca-certificates keeps them all. */
static const char system_bundle[] = "/etc/ssl/certs/ca-certificates.crt";

/* ---- list, show, remove ---- */

static int
not_found(struct client *c, const char *who, bool several)
{
	if (several)
		return client_fault(c, EXIT_USAGE, "several roots are called \"%s\"; give "
		    "more of the ID that `sealmail trust list` prints", who);
	return client_fault(c, EXIT_NO_INPUT, "no trusted root is called \"%s\"; "
	    "`sealmail trust list` shows those that are", who);
}

static struct trust_shown
all_of(const struct trust_store *store)
{
	struct trust_shown all = { store->list, store->count, store->system,
		store->bundle };

	return all;
}

static struct trust_shown
one_of(const struct trust_store *store, struct trust_root *const *root)
{
	struct trust_shown one = { root, 1, NULL, NULL };

	if ((*root)->cert == NULL)
		one = (struct trust_shown){ NULL, 0, *root, store->bundle };
	return one;
}

/* A file is shown as it would be trusted, and is not. */
static int
show_file(struct client *c, const char *path)
{
	struct sm_certs certs = { NULL, 0, 0 };
	struct trust_root *roots = NULL, **list = NULL;
	size_t i;
	int rc = keys_read_certs(c, &certs, path);

	if (rc == 0) {
		roots = calloc(certs.count, sizeof(*roots));
		list = calloc(certs.count, sizeof(*list));
		if (roots == NULL || list == NULL)
			rc = client_out_of_memory(c);
	}
	for (i = 0; rc == 0 && i < certs.count; i++) {
		roots[i].cert = certs.list[i];
		trust_cert_id(roots[i].id, certs.list[i]);
		list[i] = &roots[i];
	}
	if (rc == 0) {
		client_note(c, "this is what %s holds; nothing of it was made trusted", path);
		rc = trust_show(c, &(struct trust_shown){ list, certs.count, NULL, NULL },
		    true);
	}
	free(list);
	free(roots);
	sm_certs_wipe(&certs);
	return rc;
}

static int
show_one(struct client *c, const struct trust_store *store, const char *who)
{
	bool several;
	struct trust_root *root = trust_store_find(store, who, &several);
	struct trust_shown one;

	if (root == NULL && !several && access(who, F_OK) == 0)
		return show_file(c, who);
	if (root == NULL)
		return not_found(c, who, several);
	one = one_of(store, &root);
	return trust_show(c, &one, true);
}

static int
show_all(struct client *c, const struct trust_store *store, bool full)
{
	struct trust_shown all = all_of(store);

	if (all.count == 0 && all.system == NULL)
		client_note(c, "no root is trusted yet; `sealmail trust add FILE` adds one");
	return trust_show(c, &all, full);
}

static int
read_and_show(struct client *c, bool full)
{
	struct trust_store store;
	int rc = json_place_open(c, false);

	if (rc != 0)
		return rc;
	rc = trust_store_open(c, &store, false);
	if (rc == 0)
		rc = c->opt.operand != NULL ? show_one(c, &store, c->opt.operand) :
		    show_all(c, &store, full);
	trust_store_close(&store);
	return rc;
}

int
verb_trust_list(struct client *c)
{
	return read_and_show(c, c->verbose);
}

int
verb_trust_show(struct client *c)
{
	return read_and_show(c, true);
}

int
verb_trust_remove(struct client *c)
{
	struct trust_store store;
	struct trust_root *root;
	struct trust_shown gone;
	bool several;
	int rc = json_place_open(c, false);

	if (rc != 0)
		return rc;
	rc = trust_store_open(c, &store, true);
	if (rc == 0) {
		root = trust_store_find(&store, c->opt.operand, &several);
		rc = root == NULL ? not_found(c, c->opt.operand, several) :
		    trust_store_remove(&store, root);
	}
	if (rc == 0) {
		gone = one_of(&store, &root);
		client_note(c, "no longer trusted:");
		rc = c->json.wanted || !c->quiet ? trust_show(c, &gone, false) : 0;
	}
	trust_store_close(&store);
	return rc;
}

/* ---- add ---- */

static int
check_domains(struct client *c)
{
	const char *domain;
	size_t at = 0;

	while ((domain = options_next(&c->opt, OPT_DOMAIN, &at)) != NULL)
		if (!sm_mail_permit_valid(domain))
			return client_fault(c, EXIT_USAGE, "--domain %s is no mail domain; "
			    "write example.org, .example.org for all below it, or "
			    "alice@example.org", domain);
	return 0;
}

/* One line each in the root's file. */
static int
check_text(struct client *c, enum option_id id)
{
	const char *text = options_value(&c->opt, id);
	const unsigned char *p = (const unsigned char *)text;

	if (text == NULL)
		return 0;
	if (*p == '\0' || strlen(text) > TEXT_CHARS)
		return client_fault(c, EXIT_USAGE, "--%s takes 1 to %d characters",
		    option_table[id].name, TEXT_CHARS);
	for (; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f)
			return client_fault(c, EXIT_USAGE, "--%s takes one line of text",
			    option_table[id].name);
	return 0;
}

static int
take_options(struct client *c, struct trust_root *root)
{
	const char *domain, *name = options_value(&c->opt, OPT_ROOT_NAME);
	const char *reason = options_value(&c->opt, OPT_REASON);
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && (domain = options_next(&c->opt, OPT_DOMAIN, &at)) != NULL)
		rc = trust_root_add_domain(c, root, domain);
	if (rc == 0 && name != NULL) {
		free(root->name);
		root->name = strdup(name);
	}
	if (rc == 0 && reason != NULL) {
		free(root->reason);
		root->reason = strdup(reason);
	}
	if ((name != NULL && root->name == NULL) ||
	    (reason != NULL && root->reason == NULL))
		return client_out_of_memory(c);
	return rc;
}

/* Why a certificate is nothing to trust without a reason; NULL when it is. */
static const char *
objection(const struct client *c, const struct sm_cert *cert)
{
	if (!sm_cert_is_ca(cert))
		return "is not the certificate of an authority";
	if (!sm_bytes_equal(sm_cert_subject(cert), sm_cert_issuer(cert)))
		return "is an intermediate, not a root: trust its root instead";
	if (c->now > sm_cert_not_after(cert))
		return "has expired";
	if (c->now < sm_cert_not_before(cert))
		return "is not valid yet";
	return NULL;
}

static int
check_root(struct client *c, const struct sm_cert *cert)
{
	const char *why = objection(c, cert);

	if (why == NULL || options_has(&c->opt, OPT_REASON))
		return 0;
	return client_fault(c, EXIT_POLICY, "%.200s %s; to trust it all the same, say why "
	    "with --reason TEXT", sm_cert_subject_text(cert), why);
}

/* A root that is there: more domains, another name. Whether it is limited at all does
 * not change by the way. */
static int
change_root(struct trust_store *store, struct trust_root *root)
{
	struct client *c = store->c;
	bool domains = options_has(&c->opt, OPT_DOMAIN);

	if (root->domain_count == 0 && domains)
		return client_fault(c, EXIT_USAGE, "%s is trusted for every address "
		    "already; to limit it, `sealmail trust remove %.*s` first",
		    trust_root_label(root), TRUST_SHORT_CHARS,
		    root->cert != NULL ? root->id : "system");
	if (root->domain_count > 0 && !domains && !options_has(&c->opt, OPT_ROOT_NAME))
		return client_fault(c, EXIT_USAGE, "%s is trusted for certain domains "
		    "already; name another with --domain, or `sealmail trust remove %.*s` "
		    "first", trust_root_label(root), TRUST_SHORT_CHARS,
		    root->cert != NULL ? root->id : "system");
	return take_options(c, root);
}

struct adding {
	struct trust_store store;
	struct trust_root *list[ROOTS_OF_A_FILE];
	bool is_new[ROOTS_OF_A_FILE];
	size_t count;
};

static struct trust_root *
stored(const struct trust_store *store, const struct sm_cert *cert)
{
	char id[TRUST_ID_CHARS + 1];
	bool several;

	trust_cert_id(id, cert);
	return trust_store_find(store, id, &several);
}

static int
add_cert(struct adding *a, struct sm_cert *cert)
{
	struct client *c = a->store.c;
	struct trust_root *root = stored(&a->store, cert);
	int rc = root == NULL ? check_root(c, cert) : 0;

	if (rc != 0)
		return rc;
	if (a->count == ROOTS_OF_A_FILE)
		return client_fault(c, EXIT_USAGE, "%s holds more than %d roots; trust is "
		    "a decision about each: give one file for each, or --system",
		    c->opt.operand, ROOTS_OF_A_FILE);
	if (root != NULL) {
		a->list[a->count++] = root;
		return change_root(&a->store, root);
	}
	root = calloc(1, sizeof(*root));
	if (root == NULL)
		return client_out_of_memory(c);
	a->is_new[a->count] = true;
	a->list[a->count++] = root;
	root->cert = sm_cert_ref(cert);
	root->added = c->now;
	trust_cert_id(root->id, cert);
	return take_options(c, root);
}

static bool
is_root(const struct sm_cert *cert)
{
	return sm_cert_is_ca(cert) && sm_bytes_equal(sm_cert_subject(cert),
	    sm_cert_issuer(cert));
}

/* Of a chain the root is meant; of a file without one, what is in it. */
static int
add_file(struct adding *a, const char *path)
{
	struct client *c = a->store.c;
	struct sm_certs certs = { NULL, 0, 0 };
	size_t i, roots = 0;
	int rc = keys_read_certs(c, &certs, path);

	for (i = 0; rc == 0 && i < certs.count; i++)
		roots += is_root(certs.list[i]);
	for (i = 0; rc == 0 && i < certs.count; i++) {
		if (roots == 0 || is_root(certs.list[i]))
			rc = add_cert(a, certs.list[i]);
		else
			client_note(c, "%.200s, which %s holds too, is no root and was left "
			    "out", sm_cert_subject_text(certs.list[i]), path);
	}
	sm_certs_wipe(&certs);
	return rc;
}

/* The system's roots were chosen for web sites. They count only for the domains that
 * the user names, so that no web authority speaks for everybody's mail. */
static int
add_system(struct adding *a)
{
	struct client *c = a->store.c;
	struct trust_root *root = a->store.system;

	if (!options_has(&c->opt, OPT_DOMAIN))
		return client_fault(c, EXIT_USAGE, "--system wants --domain: the system's "
		    "roots were chosen for web sites, and count for the mail of the "
		    "domains that you name");
	if (access(system_bundle, R_OK) != 0)
		return client_fault(c, EXIT_NO_INPUT, "%s is not there; install it with "
		    "`apt install ca-certificates`", system_bundle);
	a->list[a->count++] = root;
	if (root != NULL)
		return take_options(c, root);
	root = calloc(1, sizeof(*root));
	a->list[0] = root;
	a->is_new[0] = true;
	a->store.bundle = strdup(system_bundle);
	if (root == NULL || a->store.bundle == NULL)
		return client_out_of_memory(c);
	root->added = c->now;
	return take_options(c, root);
}

static int
add_what_is_named(struct adding *a)
{
	struct client *c = a->store.c;
	const char *who = c->opt.operand;
	struct trust_root *root = NULL;
	bool several = false;

	if (options_has(&c->opt, OPT_SYSTEM))
		return add_system(a);
	if (access(who, F_OK) != 0)
		root = trust_store_find(&a->store, who, &several);
	if (several)
		return not_found(c, who, several);
	if (root == NULL)
		return add_file(a, who);
	a->list[a->count++] = root;
	return change_root(&a->store, root);
}

static int
put_and_show(struct adding *a)
{
	struct client *c = a->store.c;
	struct trust_shown shown = { a->list, a->count, NULL, NULL };
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < a->count; i++)
		rc = trust_store_put(&a->store, a->list[i]);
	if (a->count == 1)
		shown = one_of(&a->store, &a->list[0]);
	if (rc == 0 && !c->json.wanted)
		client_note(c, "trusted from now on; compare the fingerprint with one from "
		    "its owner:");
	return rc == 0 && (c->json.wanted || !c->quiet) ? trust_show(c, &shown, true) : rc;
}

static int
check_words(struct client *c)
{
	bool system = options_has(&c->opt, OPT_SYSTEM);
	int rc = 0;

	if (system == (c->opt.operand != NULL))
		rc = client_fault(c, EXIT_USAGE, "trust add wants one of: a FILE with a "
		    "root, the ID of one that is trusted, --system");
	if (rc == 0)
		rc = check_domains(c);
	if (rc == 0)
		rc = check_text(c, OPT_ROOT_NAME);
	return rc == 0 ? check_text(c, OPT_REASON) : rc;
}

int
verb_trust_add(struct client *c)
{
	struct adding a;
	size_t i;
	int rc = check_words(c);

	if (rc == 0)
		rc = json_place_open(c, false);
	if (rc != 0)
		return rc;
	memset(&a, 0, sizeof(a));
	rc = trust_store_open(c, &a.store, true);
	if (rc == 0)
		rc = add_what_is_named(&a);
	if (rc == 0)
		rc = put_and_show(&a);
	for (i = 0; i < a.count; i++)
		if (a.is_new[i])
			trust_root_free(a.list[i]);
	trust_store_close(&a.store);
	return rc;
}
