#include <pki/path_parts.h>

/* Comparisons of names in one check: enough for a thousand certificates in a
 * path of ten, the end of a maze of equal names. */
#define STEPS_MAX 20000

void
sm_chain_walk_begin(struct sm_chain_walk *w, const struct sm_pki *p,
    struct sm_cert *leaf, const struct sm_certs *carried)
{
	memset(w, 0, sizeof(*w));
	w->pki = p;
	w->carried = carried;
	w->chain.cert[0] = leaf;
	w->steps_left = STEPS_MAX;
	w->dead_end = leaf;
}

/* Candidate i: anchors, then what the user gave, then what the message had. */
static struct sm_cert *
candidate(const struct sm_chain_walk *w, size_t i, bool *anchor)
{
	const struct sm_certs *set[] = { &w->pki->anchors, &w->pki->certs,
		w->carried };

	for (size_t s = 0; s < 3; s++) {
		if (set[s] == NULL)
			continue;
		if (i < set[s]->count) {
			*anchor = s == 0;
			return set[s]->list[i];
		}
		i -= set[s]->count;
	}
	return NULL;
}

static bool
in_chain(const struct sm_chain_walk *w, const struct sm_cert *c)
{
	for (size_t i = 0; i <= w->depth; i++)
		if (w->chain.cert[i] == c ||
		    sm_bytes_equal(sm_cert_der(w->chain.cert[i]), sm_cert_der(c)))
			return true;
	return false;
}

/* Can c have issued sub, by the names and key identifiers alone? */
static bool
may_issue(const struct sm_cert *c, const struct sm_cert *sub)
{
	if (sub->ext.has_aki && c->ext.ski.len != 0 &&
	    !sm_bytes_equal(sub->ext.aki, c->ext.ski))
		return false;
	return sm_name_match(c->subject, sub->issuer);
}

static size_t
length_max(const struct sm_chain_walk *w)
{
	size_t n = w->pki->limits.path_length;

	return n < SM_CHAIN_MAX ? n : SM_CHAIN_MAX;
}

/* Try the candidate; true when the chain is complete. */
static bool
step(struct sm_chain_walk *w, struct sm_cert *c, bool anchor)
{
	if (!may_issue(c, w->chain.cert[w->depth]) || in_chain(w, c))
		return false;
	if (w->depth + 2 > length_max(w)) {
		w->too_long = true;
		return false;
	}
	w->chain.cert[w->depth + 1] = c;
	if (anchor) {
		w->chain.count = w->depth + 2;
		return true;
	}
	w->depth++;
	w->next[w->depth] = 0;
	if (w->depth > w->dead_end_depth) {
		w->dead_end = c;
		w->dead_end_depth = w->depth;
	}
	return false;
}

bool
sm_chain_walk_next(struct sm_chain_walk *w)
{
	while (w->steps_left != 0) {
		bool anchor = false;
		struct sm_cert *c = candidate(w, w->next[w->depth]++, &anchor);

		w->steps_left--;
		if (c == NULL) {
			if (w->depth == 0)
				return false;
			w->depth--;
		} else if (step(w, c, anchor)) {
			return true;
		}
	}
	return false;
}
