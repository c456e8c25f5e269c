#include "policy.h"

#include <stdio.h>
#include <stdlib.h>

#include <sealmail/address.h>

#include "lines.h"

static const char *const class_names[CLASS_COUNT] = { "default", "inside", "outside",
	"personal", "new", "look-alike" };

/* ---- domains ---- */

/* Compared as addresses are: A-labels and U-labels are one domain (RFC 9598). */
static bool
same_domain(const char *a, const char *b)
{
	char left[600], right[600];

	if (strlen(a) > 500 || strlen(b) > 500)
		return false;
	(void)snprintf(left, sizeof(left), "x@%s", a);
	(void)snprintf(right, sizeof(right), "x@%s", b);
	return sm_address_equal(sm_bytes_str(left), sm_bytes_str(right));
}

/* ".example.org" means every domain below example.org. */
static bool
domain_matches(const char *pattern, const char *domain)
{
	if (pattern[0] != '.')
		return same_domain(pattern, domain);
	for (domain = strchr(domain, '.'); domain != NULL; domain = strchr(domain + 1, '.'))
		if (same_domain(pattern + 1, domain + 1))
			return true;
	return false;
}

static bool
is_listed(const struct policy_domains *d, const char *domain)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (domain_matches(d->list[i], domain))
			return true;
	return false;
}

const char *
policy_domain(const char *address)
{
	const char *at = strrchr(address, '@');

	return at != NULL ? at + 1 : address;
}

bool
policy_is_personal(const struct policy *p, const char *domain)
{
	size_t i;

	if (is_listed(&p->not_personal, domain))
		return false;
	if (is_listed(&p->personal, domain))
		return true;
	for (i = 0; personal_domains[i] != NULL; i++)
		if (strcasecmp(personal_domains[i], domain) == 0)
			return true;
	return false;
}

bool
policy_is_inside(const struct policy *p, const char *sender, const char *address)
{
	const char *domain = policy_domain(address);

	if (p->own.count > 0)
		return is_listed(&p->own, domain);
	if (policy_is_personal(p, policy_domain(sender)))
		return sm_address_equal(sm_bytes_str(sender), sm_bytes_str(address));
	return same_domain(policy_domain(sender), domain);
}

/* ---- the file ---- */

static int
add_domain(const struct lines *l, struct policy_domains *to, const char *word)
{
	char **list, probe[600];

	if (word[0] == '*' && word[1] == '.')
		word++;
	(void)snprintf(probe, sizeof(probe), "x@%.500s", word[0] == '.' ? word + 1 : word);
	if (!sm_address_valid(sm_bytes_str(probe)))
		return lines_fault(l, "\"%.80s\" is no domain", word);
	list = realloc(to->list, (to->count + 1) * sizeof(*list));
	if (list == NULL)
		return client_out_of_memory(l->c);
	to->list = list;
	list[to->count] = strdup(word);
	if (list[to->count] == NULL)
		return client_out_of_memory(l->c);
	to->count++;
	return 0;
}

static int
read_domains(const struct lines *l, struct policy *p, bool own, char *rest)
{
	const char *word = lines_word(&rest);
	int rc = 0;

	if (word == NULL)
		return lines_fault(l, "no domain is named");
	for (; rc == 0 && word != NULL; word = lines_word(&rest)) {
		if (own)
			rc = add_domain(l, &p->own, word);
		else if (*word == '-')
			rc = add_domain(l, &p->not_personal, word + 1);
		else
			rc = add_domain(l, &p->personal, word);
	}
	return rc;
}

static bool
set_word(struct policy_how *how, const char *word)
{
	if (strcmp(word, "encrypt=require") == 0)
		how->encrypt = ENCRYPT_REQUIRE;
	else if (strcmp(word, "encrypt=prefer") == 0)
		how->encrypt = ENCRYPT_PREFER;
	else if (strcmp(word, "encrypt=never") == 0)
		how->encrypt = ENCRYPT_NEVER;
	else if (strcmp(word, "sign=yes") == 0)
		how->sign = SIGN_YES;
	else if (strcmp(word, "sign=no") == 0)
		how->sign = SIGN_NO;
	else if (strcmp(word, "allow") == 0)
		how->access = ACCESS_ALLOW;
	else if (strcmp(word, "ask") == 0)
		how->access = ACCESS_ASK;
	else if (strcmp(word, "forbid") == 0)
		how->access = ACCESS_FORBID;
	else if (strcmp(word, "confidential=allow") == 0)
		how->confidential = SECRET_ALLOW;
	else if (strcmp(word, "confidential=forbid") == 0)
		how->confidential = SECRET_FORBID;
	else
		return false;
	return true;
}

/* Words of one line that decide the same thing: the first letter tells which. */
static char
setting_of(const char *word)
{
	return strchr(word, '=') != NULL ? word[0] : '*';
}

static int
read_how(const struct lines *l, struct policy_how *how, char *rest)
{
	const char *word = lines_word(&rest);
	char seen[8] = "", one[2] = "";

	if (word == NULL)
		return lines_fault(l, "how is missing: encrypt=require|prefer|never, "
		    "sign=yes|no, allow, ask, forbid, confidential=allow|forbid");
	for (; word != NULL; word = lines_word(&rest)) {
		if (!set_word(how, word))
			return lines_fault(l, "\"%.60s\" is not one of encrypt=require|prefer|"
			    "never, sign=yes|no, allow, ask, forbid, confidential=allow|"
			    "forbid", word);
		one[0] = setting_of(word);
		if (strchr(seen, one[0]) != NULL)
			return lines_fault(l, "\"%.60s\" says for a second time what the line "
			    "has said already", word);
		seen[strlen(seen)] = one[0]; /* at most four letters come */
	}
	return 0;
}

/* The rule of that name, new when there is none: several lines add up. */
static struct policy_rule *
rule_for(struct policy *p, const char *who)
{
	struct policy_rule *list;
	size_t i;

	for (i = 0; i < p->rule_count; i++)
		if (strcasecmp(p->rules[i].who, who) == 0)
			return &p->rules[i];
	list = realloc(p->rules, (p->rule_count + 1) * sizeof(*list));
	if (list == NULL)
		return NULL;
	p->rules = list;
	memset(&list[p->rule_count], 0, sizeof(*list));
	list[p->rule_count].who = strdup(who);
	return list[p->rule_count].who != NULL ? &list[p->rule_count++] : NULL;
}

static bool
is_who(const char *who)
{
	char probe[600] = "x@";
	size_t len = strlen(who), dot = who[0] == '.' ? 1 : 0;

	/* "*@example.org" would be one mailbox; a domain means all of its own. */
	if (strchr(who, '@') != NULL)
		return who[0] != '*' && who[0] != '"' &&
		    sm_address_valid(sm_bytes_str(who));
	if (len - dot > sizeof(probe) - 3)
		return false;
	memcpy(probe + 2, who + dot, len - dot + 1);
	/* One word alone is a slip for one of ours ("defualt"), hardly a domain. */
	return strchr(who, '.') != NULL && sm_address_valid(sm_bytes_str(probe));
}

static int
read_rule(const struct lines *l, struct policy *p, const char *who, char *rest)
{
	struct policy_rule *rule;
	size_t i;

	for (i = 0; i < CLASS_COUNT; i++)
		if (strcmp(who, class_names[i]) == 0)
			return read_how(l, &p->classes[i], rest);
	if (who[0] == '*' && who[1] == '.')
		who++;
	if (!is_who(who))
		return lines_fault(l, "\"%.80s\" is neither an address nor a domain, nor one "
		    "of: own-domains, personal-domains, default, inside, outside, "
		    "personal, new, look-alike", who);
	rule = rule_for(p, who);
	return rule != NULL ? read_how(l, &rule->how, rest) : client_out_of_memory(l->c);
}

/* What holds before the file's first line. */
static void
set_defaults(struct policy *p)
{
	p->classes[CLASS_DEFAULT].encrypt = ENCRYPT_PREFER;
	p->classes[CLASS_DEFAULT].sign = SIGN_YES;
	p->classes[CLASS_DEFAULT].access = ACCESS_ALLOW;
	p->classes[CLASS_DEFAULT].confidential = SECRET_FORBID;
	p->classes[CLASS_INSIDE].confidential = SECRET_ALLOW;
	p->classes[CLASS_OUTSIDE].confidential = SECRET_FORBID;
	p->classes[CLASS_PERSONAL].confidential = SECRET_FORBID;
	p->classes[CLASS_LOOKALIKE].access = ACCESS_ASK;
}

int
policy_read(struct client *c, struct policy *p)
{
	struct lines l;
	char *line;
	int rc;

	memset(p, 0, sizeof(*p));
	set_defaults(p);
	rc = lines_open(c, &l, "policy", false);
	while (rc == 0 && (line = lines_next(&l)) != NULL) {
		const char *who = lines_word(&line);

		if (strcmp(who, "own-domains") == 0)
			rc = read_domains(&l, p, true, line);
		else if (strcmp(who, "personal-domains") == 0)
			rc = read_domains(&l, p, false, line);
		else
			rc = read_rule(&l, p, who, line);
	}
	lines_close(&l);
	return rc;
}

static void
free_domains(struct policy_domains *d)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		free(d->list[i]);
	free(d->list);
}

void
policy_free(struct policy *p)
{
	size_t i;

	for (i = 0; i < p->rule_count; i++)
		free(p->rules[i].who);
	free(p->rules);
	free_domains(&p->own);
	free_domains(&p->personal);
	free_domains(&p->not_personal);
	memset(p, 0, sizeof(*p));
}

/* ---- the decision for one recipient ---- */

/* What is set in the more special one counts. */
static void
lay_over(struct policy_how *out, const struct policy_how *special)
{
	if (special->encrypt != ENCRYPT_UNSET)
		out->encrypt = special->encrypt;
	if (special->sign != SIGN_UNSET)
		out->sign = special->sign;
	if (special->access != ACCESS_UNSET)
		out->access = special->access;
	if (special->confidential != SECRET_UNSET)
		out->confidential = special->confidential;
}

/* The longest pattern shorter than limit that the domain is below of. */
static const struct policy_rule *
next_above(const struct policy *p, const char *domain, size_t *longer_than)
{
	const struct policy_rule *best = NULL;
	size_t i, len;

	for (i = 0; i < p->rule_count; i++) {
		const char *who = p->rules[i].who;

		len = strlen(who);
		if (who[0] == '.' && len > *longer_than && domain_matches(who, domain) &&
		    (best == NULL || len < strlen(best->who)))
			best = &p->rules[i];
	}
	if (best != NULL)
		*longer_than = strlen(best->who);
	return best;
}

/* A rule means every way to write it. */
static bool
same_address(const char *a, const char *b)
{
	return strcasecmp(a, b) == 0 || sm_address_equal(sm_bytes_str(a), sm_bytes_str(b));
}

static void
apply_rules(const struct policy *p, const char *address, struct policy_how *out)
{
	const char *domain = policy_domain(address);
	const struct policy_rule *above;
	size_t i, longer_than = 0;

	while ((above = next_above(p, domain, &longer_than)) != NULL)
		lay_over(out, &above->how);
	for (i = 0; i < p->rule_count; i++)
		if (strchr(p->rules[i].who, '@') == NULL && p->rules[i].who[0] != '.' &&
		    same_domain(p->rules[i].who, domain))
			lay_over(out, &p->rules[i].how);
	for (i = 0; i < p->rule_count; i++)
		if (strchr(p->rules[i].who, '@') != NULL && same_address(p->rules[i].who, address))
			lay_over(out, &p->rules[i].how);
}

void
policy_apply(const struct policy *p, const struct policy_facts *f,
    struct policy_how *out)
{
	*out = p->classes[CLASS_DEFAULT];
	lay_over(out, &p->classes[f->inside ? CLASS_INSIDE : CLASS_OUTSIDE]);
	if (f->personal)
		lay_over(out, &p->classes[CLASS_PERSONAL]);
	if (f->is_new)
		lay_over(out, &p->classes[CLASS_NEW]);
	if (f->lookalike)
		lay_over(out, &p->classes[CLASS_LOOKALIKE]);
	apply_rules(p, f->address, out);
}

const char *
policy_encrypt_word(enum policy_encrypt e)
{
	return e == ENCRYPT_REQUIRE ? "require" : e == ENCRYPT_NEVER ? "never" : "prefer";
}

const char *
policy_access_word(enum policy_access a)
{
	return a == ACCESS_FORBID ? "forbid" : a == ACCESS_ASK ? "ask" : "allow";
}
