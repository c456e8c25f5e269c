#include "groups.h"

#include <stdio.h>
#include <stdlib.h>

#include "directories.h"

static int
fault(struct client *c, const struct directories *d, const char *address)
{
	const struct directory_group *g = &d->group;
	char looked[300];

	if (g->limit[0] != '\0')
		return client_fault(c, EXIT_LIMIT, "%.100s is a group with %s; nothing was "
		    "sent: write to its members in parts", address, g->limit);
	if (!g->failed)
		return client_fault(c, EXIT_RECIPIENT, "nobody in the group %.100s has an "
		    "address that mail could reach; nothing was sent", address);
	(void)snprintf(looked, sizeof(looked), "%.*s", (int)d->looked.len,
	    (const char *)d->looked.data);
	client_make_printable(looked);
	return client_fault(c, EXIT_LATER, "whether %.100s is a group could not be found out "
	    "(%s); nothing was sent: try again later, or with --offline to write to it as "
	    "to a person", address, looked);
}

static int
keep(struct client *c, struct directories *d, char *address,
    struct aliases *aliases)
{
	char kind[16], where[300], directory[320];
	char **members = calloc(d->person_count, sizeof(*members));
	const struct alias group = { .name = address, .members = members,
		.list = d->group.name[0] != '\0' ? d->group.name : NULL,
		.count = d->person_count, .directory = directory };
	size_t i;
	int rc;

	directory_name(d->group.url, kind, where, sizeof(where));
	(void)snprintf(directory, sizeof(directory), "%s %s", kind, where);
	for (i = 0; members != NULL && i < d->person_count; i++)
		members[i] = d->people[i].address; /* lent */
	rc = members != NULL ? aliases_add_group(c, aliases, &group) :
	    client_out_of_memory(c);
	if (rc == 0 && d->group.nowhere > 0)
		client_note(c, "the group %.100s: %zu of its members have no address that mail "
		    "could reach, and get nothing", address, d->group.nowhere);
	free(members);
	return rc;
}

static int
ask(struct client *c, struct directories *d, char *address,
    struct aliases *aliases, bool *found)
{
	int rc = directories_group(d, address);

	if (rc == 0 && (d->group.failed || d->group.limit[0] != '\0'))
		rc = fault(c, d, address);
	else if (rc == 0 && d->group.url != NULL)
		rc = d->person_count > 0 ? keep(c, d, address, aliases) :
		    fault(c, d, address);
	*found = *found || (rc == 0 && d->group.url != NULL);
	directories_forget(d);
	return rc;
}

/* A certificate of the address is one of a person, or of a list that distributes by
 * itself. What the alias file says is the user's own word. */
static int
may_be_group(struct contacts *book, const struct aliases *aliases, const char *address,
    bool *may)
{
	struct contacts_choice choice;
	int rc;

	*may = false;
	if (aliases_find(aliases, address) != NULL)
		return 0;
	rc = contacts_choose(book, address, CONTACTS_HERE, &choice);
	if (rc != 0)
		return rc;
	*may = choice.status == CONTACTS_UNKNOWN;
	contacts_choice_free(&choice);
	return 0;
}

int
groups_expand(struct client *c, const struct config *cfg, struct contacts *book,
    const struct addressees *people, struct aliases *aliases, bool *found)
{
	const char *wanted = config_value(cfg, CONFIG_DIRECTORY_GROUPS);
	struct directories d;
	bool may;
	size_t i;
	int rc;

	*found = false;
	if (wanted == NULL || strcmp(wanted, "yes") != 0 ||
	    options_has(&c->opt, OPT_OFFLINE))
		return 0;
	rc = directories_open(c, &d);
	for (i = 0; rc == 0 && i < people->count; i++) {
		rc = may_be_group(book, aliases, people->list[i].address, &may);
		if (rc == 0 && may)
			rc = ask(c, &d, people->list[i].address, aliases, found);
	}
	directories_close(&d);
	return rc;
}
