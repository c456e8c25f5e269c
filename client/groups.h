/* client/groups.h - addresses that are groups of LDAP directories.
 *
 * Only with "directory-groups = yes" in HOME/config, and never with --offline: asking
 * tells the directory whom one writes to. Asked for are those whom no certificate is
 * known of. */
#ifndef SEALMAIL_CLIENT_GROUPS_H
#define SEALMAIL_CLIENT_GROUPS_H

#include "addressees.h"
#include "config.h"

/* Every one of people that is a group becomes an alias of its members; *found: there
 * was one. Then pointers into aliases are stale, those of people too. A directory that
 * cannot be asked is EXIT_LATER: who is no person cannot be told then. */
int groups_expand(struct client *c, const struct config *cfg, struct contacts *book,
    const struct addressees *people, struct aliases *aliases, bool *found);

#endif
