#include "judging.h"

#include <stdlib.h>

#include "evidence.h"
#include "fetching.h"
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

static int
find_evidence(void *ctx, const struct sm_open_need *need)
{
	struct judging *j = ctx;
	int found;

	if (j->fetching == NULL) {
		j->fetching = malloc(sizeof(*j->fetching));
		if (j->fetching == NULL)
			return SM_E_NOMEM;
		j->fault = fetching_begin(j->c, j->fetching);
	}
	if (j->fault != 0)
		return SM_E_SECRET;
	found = need->what == SM_LACK_ISSUER ?
	    fetching_issuer(j->fetching, j->pki, need->path.list[0]) :
	    fetching_revocation(j->fetching, j->pki, &need->path);
	return found;
}

void
judging_options(struct judging *j, struct sm_open_options *o)
{
	o->pki = j->pki;
	o->find_trust = find_trust;
	o->find_evidence = find_evidence;
	o->trust_ctx = j;
}

void
judging_end(struct judging *j)
{
	if (j->fetching != NULL)
		fetching_end(j->fetching);
	free(j->fetching);
	j->fetching = NULL;
	sm_pki_free(j->pki);
	j->pki = NULL;
}
