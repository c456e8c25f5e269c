/* client/who_search.h - who --search: people in the directories, by name. */
#ifndef SEALMAIL_CLIENT_WHO_SEARCH_H
#define SEALMAIL_CLIENT_WHO_SEARCH_H

#include "client.h"

/* Prints them, or writes the JSON object; the place for it is open. */
int who_search(struct client *c, const char *name);

#endif
