#include "aliases.h"

#include <stdlib.h>

#include <sealmail/address.h>

#include "lines.h"

void
aliases_free(struct aliases *a)
{
	size_t i, j;

	for (i = 0; i < a->count; i++) {
		for (j = 0; j < a->list[i].count; j++)
			free(a->list[i].members[j]);
		free(a->list[i].members);
		free(a->list[i].name);
		free(a->list[i].list);
		free(a->list[i].directory);
	}
	free(a->list);
	memset(a, 0, sizeof(*a));
}

const struct alias *
aliases_find(const struct aliases *a, const char *name)
{
	size_t i;

	for (i = 0; i < a->count; i++)
		if (strcasecmp(a->list[i].name, name) == 0)
			return &a->list[i];
	return NULL;
}

/* ---- the file ---- */

static bool
is_address(const char *text)
{
	return sm_address_valid(sm_bytes_str(text));
}

/* One word of letters, digits and what else names are made of: nothing that other
 * programs' alias files give a meaning (RFC 5322 specials, '|', '/', ':'). */
static bool
is_name(const char *text)
{
	const char *p;

	for (p = text; *p != '\0'; p++)
		if ((unsigned char)*p < 0x80 && strchr("abcdefghijklmnopqrstuvwxyz"
			"ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-+", *p) == NULL)
			return false;
	return *text != '\0';
}

static int
add_member(const struct lines *l, struct alias *to, const char *text)
{
	char **list;

	if (!is_address(text) && !is_name(text))
		return lines_fault(l, "\"%.80s\" is neither an address nor the name of an "
		    "alias", text);
	if (to->count == ALIASES_MEMBERS_MAX)
		return lines_fault(l, "more than %d members", ALIASES_MEMBERS_MAX);
	list = realloc(to->members, (to->count + 1) * sizeof(*list));
	if (list == NULL)
		return client_out_of_memory(l->c);
	to->members = list;
	list[to->count] = strdup(text);
	if (list[to->count] == NULL)
		return client_out_of_memory(l->c);
	to->count++;
	return 0;
}

static int
read_members(const struct lines *l, struct alias *to, char *text)
{
	char *next;
	int rc = 0;

	for (; rc == 0 && text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		text = lines_trim(text);
		/* A comma at the end, before a line that went, is no fault. */
		if (*text != '\0')
			rc = add_member(l, to, text);
	}
	if (rc == 0 && to->count == 0)
		rc = lines_fault(l, "%s has no members", to->name);
	return rc;
}

/* "staff@example.org <staff.example.org>" */
static int
read_name(const struct lines *l, const struct aliases *a, struct alias *to, char *text)
{
	char *open = strchr(text, '<'), *close;

	if (open != NULL) {
		close = strchr(open, '>');
		if (close == NULL || close[1] != '\0')
			return lines_fault(l, "the name of a list stands in angle brackets, "
			    "right before the colon");
		*close = '\0';
		*open = '\0';
		to->list = strdup(open + 1);
		if (to->list == NULL)
			return client_out_of_memory(l->c);
	}
	text = lines_trim(text);
	if (!is_address(text) && !is_name(text))
		return lines_fault(l, "\"%.80s\" cannot be a name: one word, or an address",
		    text);
	if (aliases_find(a, text) != NULL)
		return lines_fault(l, "%s stands there twice", text);
	to->name = strdup(text);
	return to->name != NULL ? 0 : client_out_of_memory(l->c);
}

/* An empty one behind the last; NULL: no memory. */
static struct alias *
next_alias(struct aliases *a)
{
	struct alias *list = realloc(a->list, (a->count + 1) * sizeof(*list));

	if (list == NULL)
		return NULL;
	a->list = list;
	memset(&list[a->count], 0, sizeof(*list));
	return &list[a->count];
}

static int
read_line(const struct lines *l, struct aliases *a, char *line)
{
	struct alias *to;
	char *colon = strchr(line, ':');
	int rc;

	if (colon == NULL)
		return lines_fault(l, "\"%.60s\" is not \"name: members\"", line);
	*colon = '\0';
	to = next_alias(a);
	if (to == NULL)
		return client_out_of_memory(l->c);
	rc = read_name(l, a, to, line);
	a->count++; /* what it holds is freed with the rest */
	return rc == 0 ? read_members(l, to, colon + 1) : rc;
}

int
aliases_read(struct client *c, struct aliases *a)
{
	struct lines l;
	char *line;
	int rc;

	memset(a, 0, sizeof(*a));
	rc = lines_open(c, &l, "aliases", true);
	while (rc == 0 && (line = lines_next(&l)) != NULL)
		rc = read_line(&l, a, line);
	lines_close(&l);
	return rc;
}

/* ---- groups of directories ---- */

int
aliases_add_group(struct client *c, struct aliases *a, const struct alias *group)
{
	struct alias *to = next_alias(a);
	size_t i;

	if (to == NULL)
		return client_out_of_memory(c);
	a->count++; /* what it holds is freed with the rest */
	to->name = strdup(group->name);
	to->list = group->list != NULL ? strdup(group->list) : NULL;
	to->directory = strdup(group->directory);
	to->members = calloc(group->count, sizeof(*to->members));
	if (to->name == NULL || (to->list == NULL) != (group->list == NULL) ||
	    to->directory == NULL || to->members == NULL)
		return client_out_of_memory(c);
	for (i = 0; i < group->count; i++) {
		to->members[i] = strdup(group->members[i]);
		if (to->members[i] == NULL)
			return client_out_of_memory(c);
		to->count++;
	}
	return 0;
}

/* ---- expansion ---- */

struct expansion {
	struct client *c;
	const struct aliases *a;
	const struct alias *path[ALIASES_DEPTH_MAX];
	size_t at[ALIASES_DEPTH_MAX]; /* the next member of each */
	size_t depth, given;
	int (*give)(void *ctx, const char *address);
	void *ctx;
};

static bool
is_on_path(const struct expansion *x, const struct alias *what)
{
	size_t i;

	for (i = 0; i < x->depth; i++)
		if (x->path[i] == what)
			return true;
	return false;
}

static int
enter(struct expansion *x, const struct alias *what)
{
	if (x->depth == ALIASES_DEPTH_MAX)
		return client_fault(x->c, EXIT_LIMIT, "aliases: \"%s\" leads through more "
		    "than %d names", x->path[0]->name, ALIASES_DEPTH_MAX);
	x->path[x->depth] = what;
	x->at[x->depth++] = 0;
	return 0;
}

static int
one_member(struct expansion *x, const char *member)
{
	const struct alias *inner = aliases_find(x->a, member);

	if (inner != NULL && !is_on_path(x, inner))
		return enter(x, inner);
	/* The list keeps its own copy in a mailbox of its name. */
	if (!is_address(member))
		return client_fault(x->c, EXIT_MALFORMED, inner != NULL ?
		    "aliases: \"%s\" leads to itself" : "aliases: \"%s\" is neither an "
		    "address nor the name of an alias", member);
	if (++x->given > ALIASES_MEMBERS_MAX)
		return client_fault(x->c, EXIT_LIMIT, "aliases: \"%s\" leads to more than "
		    "%d addresses", x->path[0]->name, ALIASES_MEMBERS_MAX);
	return x->give(x->ctx, member);
}

int
aliases_expand(struct client *c, const struct aliases *a, const struct alias *from,
    int (*give)(void *ctx, const char *address), void *ctx)
{
	struct expansion x = { .c = c, .a = a, .give = give, .ctx = ctx };
	int rc = enter(&x, from);

	while (rc == 0 && x.depth > 0) {
		const struct alias *top = x.path[x.depth - 1];
		size_t *at = &x.at[x.depth - 1];

		if (*at == top->count)
			x.depth--;
		else
			rc = one_member(&x, top->members[(*at)++]);
	}
	return rc;
}
