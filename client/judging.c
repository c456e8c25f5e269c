#include "judging.h"

#include "evidence.h"
#include "trust_store.h"

int
judging_begin(struct client *c, struct judging *j)
{
	memset(j, 0, sizeof(*j));
	j->c = c;
	return evidence_read(c, &j->pki);
}

static int
find_trust(void *ctx)
{
	struct judging *j = ctx;

	if (options_has(&j->c->opt, OPT_TRUST))
		return 0;
	j->fault = trust_store_load(j->c, j->pki);
	return j->fault == 0 ? 0 : SM_E_SECRET;
}

void
judging_options(struct judging *j, struct sm_open_options *o)
{
	o->pki = j->pki;
	o->find_trust = find_trust;
	o->trust_ctx = j;
}

void
judging_end(struct judging *j)
{
	sm_pki_free(j->pki);
	j->pki = NULL;
}
