#include "addressees.h"

#include <stdlib.h>

#include <sealmail/address.h>

#include "lookalike.h"

/* ---- the list ---- */

/* Local parts may differ by case (RFC 5321 section 2.4), which nobody uses to tell
 * people apart; nobody shall get two copies for it. */
static size_t
hash_of(const char *address)
{
	size_t h = 5381;

	for (; *address != '\0'; address++)
		h = h * 33 + (size_t)(*address >= 'A' && *address <= 'Z' ?
		    *address + ('a' - 'A') : *address);
	return h;
}

static size_t
slot_of(const struct addressees *a, const char *address)
{
	size_t i = hash_of(address) % a->slot_count;

	while (a->slots[i] != 0 &&
	    strcasecmp(a->list[a->slots[i] - 1].address, address) != 0)
		i = (i + 1) % a->slot_count;
	return i;
}

struct addressee *
addressees_find(const struct addressees *a, const char *address)
{
	size_t at;

	if (a->slot_count == 0)
		return NULL;
	at = a->slots[slot_of(a, address)];
	return at != 0 ? &a->list[at - 1] : NULL;
}

static bool
grow(struct addressees *a)
{
	size_t want = a->slot_count == 0 ? 64 : a->slot_count * 2, i;
	struct addressee *list = realloc(a->list, want / 2 * sizeof(*list));

	if (list == NULL)
		return false;
	a->list = list;
	free(a->slots);
	a->slots = calloc(want, sizeof(*a->slots));
	a->slot_count = a->slots != NULL ? want : 0;
	for (i = 0; a->slots != NULL && i < a->count; i++)
		a->slots[slot_of(a, list[i].address)] = i + 1;
	return a->slots != NULL;
}

static int
add(struct client *c, struct addressees *a, const char *address,
    enum addressee_place place, const struct alias *via)
{
	struct addressee *who = addressees_find(a, address);

	if (who != NULL) {
		if (place < who->place)
			who->place = place;
		return 0;
	}
	if (a->count == ADDRESSEES_MAX)
		return client_fault(c, EXIT_LIMIT, "more than %d recipients; send to them "
		    "in parts", ADDRESSEES_MAX);
	if (a->count >= a->slot_count / 2 && !grow(a))
		return client_out_of_memory(c);
	who = &a->list[a->count];
	memset(who, 0, sizeof(*who));
	who->address = strdup(address);
	if (who->address == NULL)
		return client_out_of_memory(c);
	who->place = place;
	who->via = via;
	a->count++;
	a->slots[slot_of(a, address)] = a->count;
	return 0;
}

void
addressees_free(struct addressees *a)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		free(a->list[i].address);
		if (a->list[i].has_choice)
			contacts_choice_free(&a->list[i].choice);
	}
	free(a->list);
	free(a->slots);
	memset(a, 0, sizeof(*a));
}

/* ---- who gets it ---- */

struct gathering {
	struct client *c;
	struct addressees *a;
	enum addressee_place place;
	const struct alias *via;
};

static int
take(void *ctx, const char *address)
{
	struct gathering *g = ctx;

	return add(g->c, g->a, address, g->place, g->via);
}

static int
gather(struct gathering *g, const struct aliases *aliases, const char *name)
{
	g->via = aliases_find(aliases, name);
	if (g->via != NULL)
		return aliases_expand(g->c, aliases, g->via, take, g);
	if (!sm_address_valid(sm_bytes_str(name)))
		return client_fault(g->c, EXIT_USAGE, "\"%.100s\" is neither an address nor "
		    "the name of an alias; nothing was sent", name);
	return take(g, name);
}

static int
gather_names(struct gathering *g, const struct aliases *aliases,
    const struct letter_names *names)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < names->count; i++)
		rc = gather(g, aliases, names->list[i]);
	return rc;
}

/* Whoever is named only by the caller stands in no field: to the others he is a blind
 * copy. */
static int
place_by_fields(struct client *c, struct addressees *a, const struct letter *l,
    const struct aliases *aliases)
{
	struct addressees seen = { 0 };
	struct gathering g = { c, &seen, PLACE_TO, NULL };
	const struct addressee *where;
	size_t i;
	int rc = gather_names(&g, aliases, &l->fields[LETTER_TO]);

	g.place = PLACE_CC;
	if (rc == 0)
		rc = gather_names(&g, aliases, &l->fields[LETTER_CC]);
	for (i = 0; rc == 0 && i < a->count; i++) {
		where = addressees_find(&seen, a->list[i].address);
		if (where != NULL)
			a->list[i].place = where->place;
	}
	addressees_free(&seen);
	return rc;
}

int
addressees_read(struct client *c, struct addressees *a, const struct letter *l,
    const struct aliases *aliases, bool read_recipients)
{
	struct gathering g = { c, a, PLACE_BCC, NULL };
	size_t i;
	int rc = 0;

	memset(a, 0, sizeof(*a));
	if (read_recipients && l->group)
		return client_fault(c, EXIT_MALFORMED, "a group with members (name: a, b;) "
		    "stands in the header; write its addresses out");
	for (i = 0; rc == 0 && i < c->opt.operand_count; i++)
		rc = gather(&g, aliases, c->opt.operands[i]);
	for (i = LETTER_FIELD_COUNT; rc == 0 && read_recipients && i-- > 0;)
		rc = gather_names(&g, aliases, &l->fields[i]);
	if (rc == 0)
		rc = place_by_fields(c, a, l, aliases);
	if (rc == 0 && a->count == 0)
		rc = client_fault(c, EXIT_USAGE, read_recipients ? "the message names no "
		    "recipient in To, Cc or Bcc" : "no recipient is named; give addresses, "
		    "or -t to read them from the message");
	return rc;
}

/* ---- what is known of each ---- */

static const char *
looks_like(const struct known_domains *k, const char *domain)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (strcasecmp(k->list[i], domain) == 0)
			return NULL;
	for (i = 0; i < k->count; i++)
		if (lookalike_is(domain, k->list[i]))
			return k->list[i];
	return NULL;
}

static int
look_up(struct client *c, struct addressee *who, struct contacts *book)
{
	int rc;

	(void)c;
	rc = contacts_choose(book, who->address, CONTACTS_HERE, &who->choice);
	who->has_choice = rc == 0;
	return rc;
}

int
addressees_judge(struct client *c, struct addressees *a, const struct policy *p,
    const struct known_domains *k, struct contacts *book, const char *sender)
{
	bool organised = p->own.count > 0 || !policy_is_personal(p, policy_domain(sender));
	struct policy_facts f;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < a->count; i++) {
		struct addressee *who = &a->list[i];
		const char *domain = policy_domain(who->address);
		bool self = strcasecmp(who->address, sender) == 0;

		rc = look_up(c, who, book);
		if (rc != 0)
			break;
		who->inside = policy_is_inside(p, sender, who->address);
		who->outside = organised && !who->inside;
		who->personal = !who->inside && policy_is_personal(p, domain);
		who->is_new = !self && who->choice.written == 0;
		who->looks_like = who->inside || who->choice.written != 0 ? NULL :
		    looks_like(k, domain);
		f.address = who->address;
		f.inside = who->inside;
		f.personal = who->personal;
		f.is_new = who->is_new;
		f.lookalike = who->looks_like != NULL;
		policy_apply(p, &f, &who->how);
	}
	return rc;
}
