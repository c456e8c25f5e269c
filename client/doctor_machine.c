/* The machine: clock, disk, programs, terminal, network. */
#include "doctor.h"

#include <errno.h>
#include <langinfo.h>
#include <linux/magic.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/statfs.h>
#include <unistd.h>

#include <base/der.h>

#include "helper.h"
#include "keycache.h"

enum { DAY = 86400, HOME_MIB = 50, SPOOL_MIB = 200, REACH_SECONDS = 12 };

/* ---- the clock ---- */

static const char clock_fix[] = "Set it: `sudo timedatectl set-ntp true`, or `sudo date "
    "-s TIME`.";

/* With --at the user sets the clock. */
static bool
clock_is_asked(const struct doctor *d)
{
	return !options_has(&d->c->opt, OPT_AT);
}

void
doctor_clock_behind(struct doctor *d)
{
	char now[32], then[32];
	int64_t newest = d->newest;
	size_t i;

	for (i = 0; i < d->ring.count; i++)
		if (d->ring.list[i]->created > newest)
			newest = d->ring.list[i]->created;
	if (!clock_is_asked(d) || newest <= d->c->now + DAY)
		return;
	sm_time_text(now, d->c->now);
	sm_time_text(then, newest);
	doctor_find(d, clock_fix, "The clock says %s, but something here was written at %s: "
	    "certificates and signing times are judged wrongly.", now, then);
}

void
doctor_clock_ahead(struct doctor *d)
{
	size_t i, ended = 0;
	char now[32];

	for (i = 0; i < d->store.count; i++)
		ended += d->c->now > sm_cert_not_after(d->store.list[i]->cert);
	if (!clock_is_asked(d) || ended == 0 || ended < d->store.count)
		return;
	sm_time_text(now, d->c->now);
	doctor_find(d, clock_fix, "The clock says %s, and by it every trusted root has ended: "
	    "it may be far ahead.", now);
}

/* ---- the disk ---- */

static uint64_t
free_mib(const struct statfs *fs)
{
	return (uint64_t)fs->f_bavail * (uint64_t)fs->f_bsize >> 20;
}

void
doctor_disk(struct doctor *d)
{
	struct statfs fs;

	if (!d->home_there || statfs(d->home, &fs) != 0)
		return;
	if (free_mib(&fs) < HOME_MIB || (fs.f_files > 0 && fs.f_ffree < 100))
		doctor_find(d, "Free some room: `df -h` shows where it went.",
		    "The disk of %s is nearly full: %llu MiB are left.", d->home,
		    (unsigned long long)free_mib(&fs));
}

void
doctor_spool(struct doctor *d)
{
	const char *dir = options_value(&d->c->opt, OPT_SPOOL);
	struct statfs fs;

	if (dir == NULL)
		dir = getenv("TMPDIR");
	if (dir == NULL || *dir == '\0')
		dir = "/var/tmp";
	if (statfs(dir, &fs) != 0 || access(dir, W_OK | X_OK) != 0)
		doctor_find(d, "Name another folder with --spool DIR or TMPDIR; a missing one "
		    "can be made with `mkdir -p DIR`.", "%s cannot be written to: %s. "
		    "Mail from a pipe cannot be opened.", dir, strerror(errno));
	else if (fs.f_type == TMPFS_MAGIC || fs.f_type == RAMFS_MAGIC)
		doctor_find(d, "Name a folder on a disk with --spool DIR or TMPDIR.",
		    "%s lies in memory: large mail from a pipe would fill it.", dir);
	else if (free_mib(&fs) < SPOOL_MIB)
		doctor_find(d, "Free some room there, or name another folder with --spool "
		    "DIR or TMPDIR.", "Only %llu MiB are left in %s, where mail from a pipe is "
		    "kept while it is read.", (unsigned long long)free_mib(&fs), dir);
}

/* ---- programs ---- */

void
doctor_helpers(struct doctor *d)
{
	static const struct { const char *name, *does; } all[] = {
		{ "sealmail-fetch", "revocation cannot be asked for" },
		{ "sealmail-lookup", "certificates of others cannot be looked for" },
		{ "sealmail-mail", "mail cannot be shown" },
		{ "sealmail-imap", "mail cannot be fetched from a server" },
		{ "sealmail-token", "smart cards cannot be used" },
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		if (!helper_exists(all[i].name))
			doctor_find(d, "Install the whole of sealmail again.",
			    "The helper program %s is missing: %s.", all[i].name, all[i].does);
}

/* A container may refuse the kernel's keyring: then nothing is remembered. */
void
doctor_passphrases(struct doctor *d)
{
	static const char probe[] = "doctor";
	struct sm_buf got = SM_BUF_SECRET_INIT;
	bool works;

	keycache_put(probe, sm_bytes_str(probe), 5);
	works = keycache_get(probe, &got);
	keycache_forget(probe);
	sm_buf_free(&got);
	if (!works)
		doctor_find(d, "Give it with --passphrase-file FILE, or leave it so.",
		    "This kernel remembers no passphrase: it is asked for each time.");
}

void
doctor_locale(struct doctor *d)
{
	const char *charset;

	if (setlocale(LC_CTYPE, "") == NULL)
		charset = "unknown";
	else
		charset = nl_langinfo(CODESET);
	if (strcasecmp(charset, "UTF-8") != 0)
		doctor_find(d, "Set it with `export LANG=C.UTF-8`.", "The locale's character "
		    "set is %s: names beyond ASCII are shown wrongly.", charset);
	(void)setlocale(LC_CTYPE, "C");
}

/* ---- the network ---- */

/* "smtps://host:port/path" as "host:port". */
static bool
host_and_port(char *out, size_t size, const char *url)
{
	static const struct { const char *scheme; unsigned port; } known[] = {
		{ "smtp", 587 }, { "smtps", 465 }, { "imap", 143 }, { "imaps", 993 },
		{ "ldap", 389 }, { "ldaps", 636 }, { "http", 80 }, { "https", 443 },
	};
	const char *host = strstr(url, "://"), *colon;
	size_t i, len;

	if (host == NULL)
		return false;
	host += 3;
	len = strcspn(host, "/?#");
	colon = memrchr(host, ':', len);
	if (colon != NULL && memchr(colon, ']', len - (size_t)(colon - host)) == NULL)
		return snprintf(out, size, "%.*s", (int)len, host) < (int)size;
	for (i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (strlen(known[i].scheme) == (size_t)(host - 3 - url) &&
		    strncasecmp(known[i].scheme, url, (size_t)(host - 3 - url)) == 0)
			return snprintf(out, size, "%.*s:%u", (int)len, host,
			    known[i].port) < (int)size;
	return false;
}

static void
forget_fault(struct doctor *d)
{
	d->quiet.fault = 0;
	d->quiet.fault_text[0] = '\0';
}

/* NULL: a connection stood. Else a phrase, in answer. */
static const char *
reach(struct doctor *d, const char *where, struct frame *answer)
{
	static const char *const args[] = { "private", NULL };
	struct helper h = HELPER_INIT;
	const char *why = "sealmail-fetch failed";
	int rc = helper_start(&d->quiet, &h, "sealmail-fetch", args);

	if (rc == 0)
		rc = helper_send(&h, "reach", sm_bytes_str(where));
	if (rc == 0)
		rc = helper_receive(&h, answer, 4096, REACH_SECONDS);
	if (rc == 0 && strcmp(answer->word, "body") == 0)
		why = NULL;
	else if (rc == 0 && sm_buf_append_byte(&answer->body, 0) == 0)
		why = (const char *)answer->body.data;
	(void)helper_stop(&h);
	forget_fault(d);
	return why;
}

static void
check_server(struct doctor *d, const char *what, const char *url)
{
	struct frame answer = { "", SM_BUF_INIT };
	char where[300], fix[400];
	const char *why;

	if (!host_and_port(where, sizeof(where), url) || !helper_exists("sealmail-fetch"))
		return;
	why = reach(d, where, &answer);
	(void)snprintf(fix, sizeof(fix), "Check the network and the name in the config file; "
	    "`sealmail doctor --offline` leaves this out.");
	if (why != NULL)
		doctor_find(d, fix, "%s %.200s cannot be reached: %s.", what, where, why);
	sm_buf_free(&answer.body);
}

static void
check_servers(struct doctor *d, enum config_key key, const char *what)
{
	struct config cfg;
	const char *url;
	size_t at = 0;

	if (config_read(&d->quiet, &cfg) == 0)
		while ((url = config_next(&cfg, key, &at)) != NULL)
			check_server(d, what, url);
	config_free(&cfg);
	forget_fault(d);
}

void
doctor_smtp(struct doctor *d)
{
	check_servers(d, CONFIG_SMTP, "The submission server");
}

void
doctor_imap(struct doctor *d)
{
	check_servers(d, CONFIG_IMAP, "The mail store");
}

/* A folder of files is no server: it has to be there. */
void
doctor_directory(struct doctor *d)
{
	struct config cfg;
	const char *url;
	char fix[400];
	size_t at = 0;

	check_servers(d, CONFIG_DIRECTORY, "The directory");
	if (config_read(&d->quiet, &cfg) == 0)
		while ((url = config_next(&cfg, CONFIG_DIRECTORY, &at)) != NULL)
			if (*url == '/' && access(url, R_OK | X_OK) != 0) {
				(void)snprintf(fix, sizeof(fix), "Make it with `mkdir -p %.300s`, "
				    "or take it out of the config file.", url);
				doctor_find(d, fix, "The folder of certificates %.300s cannot be "
				    "read: %s.", url, strerror(errno));
			}
	config_free(&cfg);
	forget_fault(d);
}
