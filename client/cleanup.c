#include "cleanup.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

/* A handler can be told nothing but through such variables. Two outputs can be
 * open: the content and the report. */
enum { SLOTS = 4 };
static const char *volatile remembered[SLOTS];
static struct termios terminal;
static volatile sig_atomic_t terminal_fd = -1;

static const int fatal[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

static void
end_by_signal(int sig)
{
	const char *path;
	size_t i;

	for (i = 0; i < SLOTS; i++) {
		path = remembered[i];
		if (path != NULL)
			(void)unlink(path);
	}
	if (terminal_fd >= 0)
		(void)tcsetattr(terminal_fd, TCSANOW, &terminal);
	/* SA_RESETHAND: the second delivery ends the program as the caller of a
	 * program that was not finished expects. */
	(void)raise(sig);
}

static void
install(void)
{
	struct sigaction sa = { .sa_handler = end_by_signal,
		.sa_flags = (int)SA_RESETHAND }, old;
	size_t i;

	(void)sigemptyset(&sa.sa_mask);
	for (i = 0; i < sizeof(fatal) / sizeof(fatal[0]); i++)
		/* What the parent ignores (nohup) stays ignored. */
		if (sigaction(fatal[i], NULL, &old) == 0 && old.sa_handler != SIG_IGN)
			(void)sigaction(fatal[i], &sa, NULL);
}

void
cleanup_remember(const char *path)
{
	size_t i;

	install();
	for (i = 0; i < SLOTS; i++) {
		if (remembered[i] == NULL) {
			remembered[i] = path;
			return;
		}
	}
}

void
cleanup_forget(const char *path)
{
	size_t i;

	for (i = 0; i < SLOTS; i++)
		if (path != NULL && remembered[i] == path)
			remembered[i] = NULL;
}

void
cleanup_restore_terminal(int fd, const struct termios *settings)
{
	if (settings == NULL) {
		terminal_fd = -1;
		return;
	}
	terminal = *settings;
	terminal_fd = fd;
	install();
}

/* A file opened into a closed descriptor 0, 1 or 2 would be mistaken for the
 * standard one. */
static void
fill_standard_descriptors(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDWR);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		(void)close(fd);
}

void
cleanup_harden(void)
{
	struct rlimit none = { 0, 0 };

	fill_standard_descriptors();
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)umask(077);
	(void)setrlimit(RLIMIT_CORE, &none);
#if !defined(__SANITIZE_ADDRESS__)
	/* The leak checker traces its own process. */
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
#endif
}
