/* SMIMEA records (RFC 8162) by libunbound: what DNSSEC does not prove is not there. The
 * question is the owner name, made by the command. */
#include "lookup.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <unbound.h>

enum { TYPE_SMIMEA = 53, CLASS_IN = 1, HEAD_BYTES = 3, STEP_MS = 200 };
/* RFC 6698 section 2.1: who vouches, what is compared, how. */
enum { USAGE_PKIX_EE = 1, USAGE_DANE_EE = 3, SELECTOR_CERT = 0, MATCH_FULL = 0 };

struct asking {
	struct lookup *l;
	struct ub_ctx *ctx;
	struct ub_result *result;
	bool done;
	int error;
};

static void
take_result(void *data, int error, struct ub_result *result)
{
	struct asking *a = data;

	a->done = true;
	a->error = error;
	a->result = result;
}

static const char *
usual_anchor(void)
{
	static const char *const paths[] = { "/usr/share/dns/root.key",
		"/var/lib/unbound/root.key", "/etc/unbound/root.key" };
	size_t i;

	for (i = 0; i < sizeof(paths) / sizeof(paths[0]); i++)
		if (access(paths[i], R_OK) == 0)
			return paths[i];
	return NULL;
}

static int
prepare(struct asking *a)
{
	const struct lookup_settings *set = a->l->set;
	const char *anchor = set->dns_anchor != NULL ? set->dns_anchor : usual_anchor();
	int rc;

	if (anchor == NULL) {
		lookup_failed(a->l, "There is no key of the DNS root to check DNSSEC with; "
		    "install dns-root-data, or name a file as dns-anchor.");
		return -1;
	}
	a->ctx = ub_ctx_create();
	if (a->ctx == NULL) {
		lookup_failed(a->l, "Out of memory.");
		return -1;
	}
	rc = ub_ctx_add_ta_file(a->ctx, anchor);
	if (rc == 0)
		rc = set->dns_server != NULL ? ub_ctx_set_fwd(a->ctx, set->dns_server) :
		    ub_ctx_resolvconf(a->ctx, NULL);
	/* A server on this machine may be asked. */
	if (rc == 0)
		rc = ub_ctx_set_option(a->ctx, "do-not-query-localhost:", "no");
	if (rc == 0)
		rc = ub_ctx_async(a->ctx, 1);
	if (rc != 0)
		lookup_failed(a->l, "DNSSEC could not be prepared: %s (%s)",
		    ub_strerror(rc), anchor);
	return rc == 0 ? 0 : -1;
}

static time_t
seconds_now(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static int
wait_for_answer(struct asking *a)
{
	struct pollfd fd = { ub_fd(a->ctx), POLLIN, 0 };
	time_t end = seconds_now() + LOOKUP_SECONDS;

	while (!a->done && seconds_now() < end) {
		if (poll(&fd, 1, STEP_MS) < 0 && errno != EINTR)
			break;
		if (ub_process(a->ctx) != 0)
			break;
	}
	if (a->done && a->error == 0)
		return 0;
	if (a->done)
		lookup_failed(a->l, "The name could not be asked for: %s",
		    ub_strerror(a->error));
	else
		lookup_failed(a->l, "No answer within %d seconds.", LOOKUP_SECONDS);
	return -1;
}

static void
take_record(struct lookup *l, struct sm_bytes r)
{
	struct sm_bytes cert = sm_bytes_skip(r, HEAD_BYTES);

	if (r.len <= HEAD_BYTES || r.data[1] != SELECTOR_CERT || r.data[2] != MATCH_FULL)
		return; /* a hash alone is no certificate */
	if (r.data[0] == USAGE_DANE_EE)
		lookup_found(l, "vouched", cert);
	else if (r.data[0] == USAGE_PKIX_EE)
		lookup_found(l, "found", cert);
}

static void
take_answer(struct asking *a)
{
	const struct ub_result *r = a->result;
	size_t i;

	if (r->bogus)
		lookup_failed(a->l, "DNSSEC says that the answer was forged: %s",
		    r->why_bogus != NULL ? r->why_bogus : "no reason given");
	else if (r->rcode != 0 && !r->nxdomain)
		lookup_failed(a->l, "The domain's name servers failed (code %d).", r->rcode);
	else if (r->havedata && !r->secure)
		lookup_failed(a->l, "The domain has a record, but does not sign its names "
		    "(DNSSEC): it is not believed.");
	else if (r->havedata)
		for (i = 0; r->data[i] != NULL; i++)
			take_record(a->l, sm_bytes(r->data[i], (size_t)r->len[i]));
}

void
lookup_dns(struct lookup *l)
{
	struct asking a = { .l = l };
	int id = 0, rc;

	if (l->by_name) {
		lookup_failed(l, "The DNS knows no names of people.");
		return;
	}
	if (prepare(&a) == 0) {
		rc = ub_resolve_async(a.ctx, (char *)(uintptr_t)l->what, TYPE_SMIMEA,
		    CLASS_IN, &a, take_result, &id);
		if (rc != 0)
			lookup_failed(l, "The name could not be asked for: %s",
			    ub_strerror(rc));
		else if (wait_for_answer(&a) == 0)
			take_answer(&a);
	}
	ub_resolve_free(a.result);
	if (a.ctx != NULL)
		ub_ctx_delete(a.ctx);
}
