#include "home.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

char *
home_of_user(void)
{
	const char *home = getenv("HOME");
	const struct passwd *pw;

	if (home != NULL && *home == '/')
		return strdup(home);
	pw = getpwuid(geteuid());
	return pw != NULL && pw->pw_dir[0] == '/' ? strdup(pw->pw_dir) : NULL;
}

/* --home, SEALMAIL_HOME, else as the XDG base directory rules say. */
char *
home_path(const struct client *c)
{
	const char *given = options_value(&c->opt, OPT_HOME);
	const char *data = getenv("XDG_DATA_HOME");
	char *home, *out = NULL;

	if (given == NULL)
		given = getenv("SEALMAIL_HOME");
	if (given != NULL && *given != '\0')
		return strdup(given);
	if (data != NULL && *data == '/')
		return asprintf(&out, "%s/sealmail", data) < 0 ? NULL : out;
	home = home_of_user();
	if (home == NULL)
		return NULL;
	if (asprintf(&out, "%s/.local/share/sealmail", home) < 0)
		out = NULL;
	free(home);
	return out;
}

bool
home_exists(const struct client *c)
{
	char *path = home_path(c);
	bool there = path != NULL && access(path, F_OK) == 0;

	free(path);
	return there;
}

int
home_open(struct client *c, struct private_dir *dir, bool create)
{
	char *path = home_path(c);
	int rc;

	dir->fd = -1;
	dir->path = NULL;
	if (path == NULL)
		return !create ? 0 : client_fault(c, EXIT_USAGE, "there is no home "
		    "folder to keep things in; name a place with --home DIR");
	rc = private_open(c, dir, path, create);
	free(path);
	return rc;
}

int
home_read_text(struct client *c, const char *name, size_t max, struct sm_buf *out,
    bool *there)
{
	struct private_dir home;
	int rc = home_open(c, &home, false);

	*there = false;
	if (rc == 0 && home.fd >= 0)
		rc = private_read_text(c, &home, name, max, out, there);
	private_close(&home);
	return rc;
}
