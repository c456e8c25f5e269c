/* Files and folders under HOME. */
#include "doctor.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "aliases.h"
#include "cache.h"
#include "policy.h"

enum { DEPTH_MAX = 4, ENTRIES_MAX = 400000, LEFTOVER_SECONDS = 3600, DAY = 86400 };

/* ---- the walk ---- */

static void
note(struct doctor *d, enum doctor_fact_kind kind, const char *path, bool folder)
{
	struct doctor_fact *f = &d->facts[d->fact_count];

	if (d->fact_count == DOCTOR_FACTS)
		return;
	f->kind = kind;
	f->folder = folder;
	f->path = strdup(path);
	if (f->path == NULL)
		d->no_memory = true;
	else
		d->fact_count++;
}

/* What people write by hand may be read by others. */
static mode_t
forbidden_bits(const struct doctor *d, const char *path)
{
	static const char *const by_hand[] = { "config", "policy", "aliases" };
	const char *name = path + strlen(d->home);
	size_t i;

	name += *name == '/';
	for (i = 0; i < sizeof(by_hand) / sizeof(by_hand[0]); i++)
		if (strcmp(name, by_hand[i]) == 0)
			return 0022;
	return 0077;
}

static bool
is_leftover(const char *name)
{
	return strncmp(name, ".new-", 5) == 0 || strncmp(name, ".tmp-", 5) == 0 ||
	    strncmp(name, ".gone-", 6) == 0;
}

static void
look(struct doctor *d, const char *path, const struct stat *st)
{
	const char *slash = strrchr(path, '/');
	bool folder = S_ISDIR(st->st_mode);

	if ((int64_t)st->st_mtime > d->newest && (folder || S_ISREG(st->st_mode)))
		d->newest = (int64_t)st->st_mtime;
	if (!folder && !S_ISREG(st->st_mode))
		note(d, FACT_ODD, path, false);
	else if (st->st_uid != geteuid())
		note(d, FACT_OWNER, path, folder);
	else if ((st->st_mode & forbidden_bits(d, path)) != 0)
		note(d, FACT_OPEN, path, folder);
	if (slash != NULL && is_leftover(slash + 1) &&
	    (int64_t)st->st_mtime + LEFTOVER_SECONDS < d->c->now)
		note(d, FACT_LEFTOVER, path, folder);
}

static void
walk(struct doctor *d, const char *path, unsigned depth, unsigned *left)
{
	DIR *dir = opendir(path);
	const struct dirent *e;
	struct stat st;
	char *sub;

	while (dir != NULL && *left > 0 && (e = readdir(dir)) != NULL) {
		if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
			continue;
		(*left)--;
		if (asprintf(&sub, "%s/%s", path, e->d_name) < 0) {
			d->no_memory = true;
			break;
		}
		if (lstat(sub, &st) == 0) {
			look(d, sub, &st);
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				walk(d, sub, depth + 1, left);
		}
		free(sub);
	}
	if (dir != NULL)
		(void)closedir(dir);
}

void
doctor_walk(struct doctor *d)
{
	unsigned left = ENTRIES_MAX;
	struct stat st;

	if (d->home == NULL || lstat(d->home, &st) != 0)
		return;
	d->home_there = true;
	look(d, d->home, &st);
	if (S_ISDIR(st.st_mode))
		walk(d, d->home, 1, &left);
}

/* ---- the checks ---- */

void
doctor_home_missing(struct doctor *d)
{
	if (d->home == NULL)
		doctor_find(d, "Name a place with --home DIR, or set SEALMAIL_HOME.",
		    "There is no home folder to keep anything in.");
	else if (!d->home_there)
		doctor_find(d, "Begin with `sealmail id import FILE`, or `sealmail id new "
		    "ADDRESS`.", "Nothing is kept yet: %s is not there.", d->home);
}

void
doctor_home_above(struct doctor *d)
{
	char *real = d->home_there ? realpath(d->home, NULL) : NULL, *slash;
	char fix[600];
	struct stat st;

	while (real != NULL && real[1] != '\0' && (slash = strrchr(real, '/')) != NULL) {
		slash[slash == real ? 1 : 0] = '\0';
		if (stat(real, &st) != 0 || (st.st_mode & 0022) == 0 ||
		    (st.st_mode & S_ISVTX) != 0)
			continue;
		(void)snprintf(fix, sizeof(fix), "Mend it with `chmod go-w %s`.", real);
		doctor_find(d, fix, "Other users may write to %s, and so exchange your keys "
		    "below it.", real);
	}
	free(real);
}

/* Tell the facts of a kind; fix has one %s for the path. */
static void
tell_facts(struct doctor *d, enum doctor_fact_kind kind, const char *what,
    const char *file_fix, const char *folder_fix)
{
	char fix[600];
	size_t i;

	for (i = 0; i < d->fact_count; i++) {
		const struct doctor_fact *f = &d->facts[i];

		if (f->kind != kind)
			continue;
		(void)snprintf(fix, sizeof(fix), "Mend it with `%s %s`.",
		    f->folder ? folder_fix : file_fix, f->path);
		doctor_find(d, fix, "%s %s", f->path, what);
	}
}

void
doctor_permissions(struct doctor *d)
{
	tell_facts(d, FACT_OPEN, "can be read or changed by other users.", "chmod go-rwx",
	    "chmod -R go-rwx");
}

void
doctor_owner(struct doctor *d)
{
	char chown[64];

	(void)snprintf(chown, sizeof(chown), "sudo chown -R %lu",
	    (unsigned long)geteuid());
	tell_facts(d, FACT_OWNER, "belongs to another user.", chown, chown);
}

void
doctor_odd_file(struct doctor *d)
{
	tell_facts(d, FACT_ODD, "is no regular file: it could lead anywhere, and is not "
	    "used.", "rm", "rm -r");
}

void
doctor_leftovers(struct doctor *d)
{
	tell_facts(d, FACT_LEFTOVER, "was left behind by a program that was ended.", "rm",
	    "rm -r");
}

void
doctor_lock(struct doctor *d)
{
	struct flock all = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	char path[600], fix[700];
	int fd;

	if (!d->home_there)
		return;
	(void)snprintf(path, sizeof(path), "%s/lock", d->home);
	fd = open(path, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	if (fd < 0)
		return;
	(void)snprintf(fix, sizeof(fix), "It ends by itself; `fuser -v %s` shows which "
	    "program it is.", path);
	if (fcntl(fd, F_OFD_SETLK, &all) != 0 && (errno == EAGAIN || errno == EACCES))
		doctor_find(d, fix, "Another sealmail is changing %s now; further changes "
		    "wait for it.", d->home);
	(void)close(fd);
}

void
doctor_config(struct doctor *d)
{
	struct config cfg;
	int rc = config_read(&d->quiet, &cfg);

	config_free(&cfg);
	if (rc == 0)
		return;
	doctor_find_fault(d, "The config file cannot be used", d->quiet.fault_text);
	d->quiet.fault = 0;
	d->quiet.fault_text[0] = '\0';
}

void
doctor_policy(struct doctor *d)
{
	struct policy p;
	struct aliases a;
	int rc = policy_read(&d->quiet, &p);

	policy_free(&p);
	if (rc == 0) {
		rc = aliases_read(&d->quiet, &a);
		aliases_free(&a);
	}
	if (rc != 0)
		doctor_find_fault(d, "Nothing can be sent", d->quiet.fault_text);
	d->quiet.fault = 0;
	d->quiet.fault_text[0] = '\0';
}

void
doctor_queue(struct doctor *d)
{
	char path[600];
	const struct dirent *e;
	struct stat st;
	unsigned n = 0;
	DIR *dir;

	(void)snprintf(path, sizeof(path), "%s/queue", d->home != NULL ? d->home : "");
	dir = d->home_there ? opendir(path) : NULL;
	while (dir != NULL && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.' && fstatat(dirfd(dir), e->d_name, &st,
			AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode) &&
		    (int64_t)st.st_mtime + DAY < d->c->now)
			n++;
	if (dir != NULL)
		(void)closedir(dir);
	if (n > 0)
		doctor_find(d, "See why with `sealmail send --queue`.", "%u letter%s waiting "
		    "for more than a day.", n, n == 1 ? " has been" : "s have been");
}

struct ends {
	int64_t now;
	unsigned all, ended;
};

static void
count_end(void *ctx, int64_t until)
{
	struct ends *e = ctx;

	e->all++;
	e->ended += until < e->now;
}

void
doctor_cache(struct doctor *d)
{
	struct ends e = { d->c->now - DAY, 0, 0 };
	struct cache cache;
	char fix[600];

	cache_open(&d->quiet, &cache, false);
	cache_each(&cache, count_end, &e);
	cache_close(&cache);
	d->quiet.fault = 0;
	if (e.ended == 0)
		return;
	(void)snprintf(fix, sizeof(fix), "They are fetched anew when mail is judged with "
	    "--online; `rm -r %s/cache` removes them.", d->home);
	doctor_find(d, fix, "%u of %u fetched revocation lists and answers have ended; what "
	    "they were about is judged without.", e.ended, e.all);
}
