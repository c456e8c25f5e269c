#include "mail_edit.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "home.h"

enum { WORDS_MAX = 20, CANNOT_RUN = 127 };

struct edit {
	struct client *c;
	struct private_dir home, dir;
	char name[60];
	char *path;
};

/* ---- programs at the terminal ---- */

/* The child gets what we have; in: its standard input, or -1. */
static void __attribute__((noreturn))
become(char *const *argv, int in)
{
	if (in >= 0 && dup2(in, STDIN_FILENO) < 0)
		_exit(CANNOT_RUN);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)execvp(argv[0], argv);
	_exit(CANNOT_RUN);
}

/* Its exit status; -1 when it could not run or died. While it has the terminal, an
 * interrupt is meant for it. */
static int
run(char *const *argv, int in)
{
	void (*before)(int);
	int status = -1;
	pid_t pid = fork();

	if (pid == 0)
		become(argv, in);
	if (pid < 0)
		return -1;
	before = signal(SIGINT, SIG_IGN);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	(void)signal(SIGINT, before);
	return WIFEXITED(status) && WEXITSTATUS(status) != CANNOT_RUN ?
	    WEXITSTATUS(status) : -1;
}

/* ---- editing ---- */

static const char *
editor_of(void)
{
	const char *editor = getenv("VISUAL");

	if (editor == NULL || *editor == '\0')
		editor = getenv("EDITOR");
	return editor != NULL && *editor != '\0' ? editor : "vi";
}

/* The editor's words are separated by blanks; no shell reads them. */
static int
open_editor(struct edit *e)
{
	char *line = strdup(editor_of()), *rest = line, *word;
	char *argv[WORDS_MAX + 2];
	size_t n = 0;
	int rc = 0;

	if (line == NULL)
		return client_out_of_memory(e->c);
	while (n < WORDS_MAX && (word = strsep(&rest, " \t")) != NULL)
		if (*word != '\0')
			argv[n++] = word;
	argv[n] = e->path;
	argv[n + 1] = NULL;
	if (n == 0 || run(argv, -1) != 0)
		rc = client_fault(e->c, EXIT_NO_INPUT, "the editor %s failed; EDITOR names "
		    "another. The draft is %s", editor_of(), e->path);
	free(line);
	return rc;
}

/* ---- sending ---- */

static bool
wants_to_send(void)
{
	FILE *tty = fopen("/dev/tty", "r+e");
	char answer[20] = "";
	bool yes;

	if (tty == NULL)
		return false;
	fputs("Send it? [y/N] ", tty);
	(void)fflush(tty);
	yes = fgets(answer, sizeof(answer), tty) != NULL &&
	    (answer[0] == 'y' || answer[0] == 'Y');
	(void)fclose(tty);
	return yes;
}

static int
send_draft(struct edit *e)
{
	const char *home = options_value(&e->c->opt, OPT_HOME);
	char self[] = "/proc/self/exe", verb[] = "send", flags[] = "-t", option[] = "--home";
	char *argv[] = { self, verb, flags, NULL, NULL, NULL };
	int fd = openat(e->dir.fd, e->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	int rc;

	if (home != NULL) {
		argv[3] = option;
		argv[4] = (char *)(uintptr_t)home;
	}
	if (fd < 0)
		return client_fault(e->c, EXIT_NO_INPUT, "the draft %s is gone", e->path);
	rc = run(argv, fd);
	(void)close(fd);
	if (rc == 0)
		(void)unlinkat(e->dir.fd, e->name, 0);
	else
		client_note(e->c, "it was not sent; the draft is %s", e->path);
	return rc < 0 ? EXIT_INTERNAL : rc;
}

static int
place(struct edit *e, struct sm_bytes draft)
{
	int rc = home_open(e->c, &e->home, true);

	if (rc == 0)
		rc = private_open_in(e->c, &e->dir, &e->home, "mail", true);
	(void)snprintf(e->name, sizeof(e->name), "draft-%lld-%ld.eml", (long long)e->c->now,
	    (long)getpid());
	if (rc == 0 && asprintf(&e->path, "%s/%s", e->dir.path, e->name) < 0) {
		e->path = NULL;
		rc = client_out_of_memory(e->c);
	}
	return rc == 0 ? private_write(e->c, &e->dir, e->name, draft) : rc;
}

int
mail_edit(struct client *c, struct sm_bytes draft)
{
	struct edit e = { .c = c, .home = PRIVATE_DIR_INIT, .dir = PRIVATE_DIR_INIT };
	int rc = place(&e, draft);

	if (rc == 0)
		rc = open_editor(&e);
	if (rc == 0 && wants_to_send())
		rc = send_draft(&e);
	else if (rc == 0)
		client_note(c, "not sent; the draft is %s", e.path);
	private_close(&e.dir);
	private_close(&e.home);
	free(e.path);
	return rc;
}
