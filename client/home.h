/* client/home.h - the folder of everything that is the user's own: HOME in the other
 * headers. --home, SEALMAIL_HOME, else as the XDG base directory rules say. */
#ifndef SEALMAIL_CLIENT_HOME_H
#define SEALMAIL_CLIENT_HOME_H

#include "private.h"

/* The path, to free; NULL when there is none, or no memory. */
char *home_path(const struct client *c);
/* The user's home folder of the system, to free; or NULL. */
char *home_of_user(void);
/* Is there something at home_path()? Verbs that only read mail make no folder. */
bool home_exists(const struct client *c);
/* Open HOME; create: make it. One that is missing leaves dir->fd at -1 and is no
 * fault when create is false. */
int home_open(struct client *c, struct private_dir *dir, bool create);
/* A file in HOME that people write by hand (config, policy, aliases): others may read
 * it, none may change it. One that is missing leaves out as it is, *there false. */
int home_read_text(struct client *c, const char *name, size_t max, struct sm_buf *out,
    bool *there);

#endif
