/* client/aliases.h - HOME/aliases: names for people and lists.
 *
 *     team: alice@example.org, bob@example.org
 *     staff@example.org <staff.example.org>: team, carol@example.org
 *
 * A line that begins with a blank continues the one above. A name is one word, or an
 * address; behind it in angle brackets the name of a mailing list (RFC 2919) may
 * stand, for people to see. Members are addresses or other names; programs, files and
 * commands, as other alias files have them, are refused. Names are compared without
 * regard to ASCII case. */
#ifndef SEALMAIL_CLIENT_ALIASES_H
#define SEALMAIL_CLIENT_ALIASES_H

#include "client.h"

enum { ALIASES_MEMBERS_MAX = 10000, ALIASES_DEPTH_MAX = 10 };

struct alias {
	char *name;
	char *list;      /* name of the mailing list; NULL: none */
	char **members;
	size_t count;
	char *directory; /* where a group of that address was found; NULL: in the file */
};
struct aliases {
	struct alias *list;
	size_t count;
};

int aliases_read(struct client *c, struct aliases *a);
void aliases_free(struct aliases *a);
/* A group that a directory knows becomes an alias of its address; members: addresses.
 * Pointers to aliases are stale then. */
int aliases_add_group(struct client *c, struct aliases *a, const struct alias *group);
const struct alias *aliases_find(const struct aliases *a, const char *name);
/* Give every address that the alias leads to, each once for every way that leads
 * there; exit status of the first fault, or what give returned. A name that leads to
 * itself is EXIT_MALFORMED. An address that is its own member is given as it is. */
int aliases_expand(struct client *c, const struct aliases *a, const struct alias *from,
    int (*give)(void *ctx, const char *address), void *ctx);

#endif
