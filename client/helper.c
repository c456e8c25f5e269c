#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { STOP_WAIT_MS = 2000, STOP_STEP_MS = 5, ENV_MAX = 64 };

/* ---- where ---- */

static char *
beside(const char *own, const char *folder, const char *name)
{
	const char *slash = strrchr(own, '/');
	char *out = NULL;

	if (slash == NULL || asprintf(&out, "%.*s/%s%s", (int)(slash - own), own, folder,
		name) < 0)
		return NULL;
	if (access(out, X_OK) == 0)
		return out;
	free(out);
	return NULL;
}

/* Beside the command, as in the build folder; else where it is installed. Never by
 * PATH: that is the caller's. */
static char *
find_program(const char *name)
{
	char *own = realpath("/proc/self/exe", NULL), *out;

	if (own == NULL)
		return NULL;
	out = beside(own, "", name);
	if (out == NULL)
		out = beside(own, SEALMAIL_LIBEXEC_FROM_BIN "/", name);
	free(own);
	return out;
}

bool
helper_exists(const char *name)
{
	char *path = find_program(name);

	free(path);
	return path != NULL;
}

/* ---- starting ---- */

/* What libraries read from the environment could change whom they trust. */
static bool
passes(const char *entry)
{
	static const char *const names[] = { "HOME", "LANG", "LANGUAGE", "PATH", "TZ",
		"TMPDIR", "http_proxy", "https_proxy", "HTTPS_PROXY", "no_proxy",
		"NO_PROXY", "TERM", "NO_COLOR", "ASAN_OPTIONS", "UBSAN_OPTIONS" };
	size_t i, len = strcspn(entry, "=");

	if (strncmp(entry, "LC_", 3) == 0)
		return true;
	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strlen(names[i]) == len && memcmp(names[i], entry, len) == 0)
			return true;
	return false;
}

static void
clean_environment(char *out[ENV_MAX + 1])
{
	size_t i, n = 0;

	for (i = 0; environ[i] != NULL && n < ENV_MAX; i++)
		if (passes(environ[i]))
			out[n++] = environ[i];
	out[n] = NULL;
}

/* After fork: only what is safe there. */
static void __attribute__((noreturn))
become(const char *path, char *const *argv, char *const *env, int in, int out,
    pid_t parent)
{
	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	/* The parent may have ended before that. */
	if (getppid() == parent && dup2(in, STDIN_FILENO) >= 0 &&
	    dup2(out, STDOUT_FILENO) >= 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)execve(path, argv, env);
	}
	_exit(EXIT_INTERNAL);
}

static size_t
count(const char *const *args)
{
	size_t n = 0;

	while (args != NULL && args[n] != NULL)
		n++;
	return n;
}

static bool
open_pipes(int in[2], int out[2])
{
	in[0] = in[1] = out[0] = out[1] = -1;
	if (pipe2(in, O_CLOEXEC) == 0 && pipe2(out, O_CLOEXEC) == 0)
		return true;
	if (in[0] >= 0) {
		(void)close(in[0]);
		(void)close(in[1]);
	}
	return false;
}

static int
launch(struct helper *h, const char *path, const char *const *args, bool whole_env)
{
	size_t i, n = count(args);
	char **argv = calloc(n + 2, sizeof(*argv));
	char *env[ENV_MAX + 1];
	int in[2], out[2], error = 0;
	pid_t parent = getpid();

	if (argv == NULL)
		return client_out_of_memory(h->c);
	argv[0] = (char *)(uintptr_t)h->name;
	for (i = 0; i < n; i++)
		argv[i + 1] = (char *)(uintptr_t)args[i];
	clean_environment(env);
	if (!open_pipes(in, out)) {
		free(argv);
		return client_fault(h->c, EXIT_INTERNAL, "cannot start %s: %s", h->name,
		    strerror(errno));
	}
	h->pid = fork();
	if (h->pid == 0)
		become(path, argv, whole_env ? environ : env, in[0], out[1], parent);
	error = errno;
	free(argv);
	(void)close(in[0]);
	(void)close(out[1]);
	h->to = in[1];
	h->from = out[0];
	if (h->pid > 0)
		return 0;
	h->pid = 0;
	(void)helper_stop(h);
	return client_fault(h->c, EXIT_LATER, "cannot start %s: %s", h->name,
	    strerror(error));
}

static int
start(struct client *c, struct helper *h, const char *name, const char *const *args,
    bool whole_env)
{
	char *path = find_program(name);
	int rc;

	*h = (struct helper)HELPER_INIT;
	h->c = c;
	h->name = name;
	if (path == NULL)
		return client_fault(c, EXIT_INTERNAL, "the program %s, which this needs, is "
		    "not installed; install the whole of sealmail again", name);
	rc = launch(h, path, args, whole_env);
	free(path);
	return rc;
}

int
helper_start(struct client *c, struct helper *h, const char *name,
    const char *const *args)
{
	return start(c, h, name, args, false);
}

int
helper_start_token(struct client *c, struct helper *h)
{
	return start(c, h, "sealmail-token", NULL, true);
}

/* ---- talking ---- */

int
helper_send(struct helper *h, const char *word, struct sm_bytes body)
{
	int rc = frame_write(h->to, word, body);

	if (rc == 0)
		return 0;
	return client_fault(h->c, EXIT_INTERNAL, "%s ended too early: %s", h->name,
	    strerror(-rc));
}

void
helper_send_end(struct helper *h)
{
	if (h->to >= 0)
		(void)close(h->to);
	h->to = -1;
}

/* "75 the server does not answer": anything else is a helper gone mad. */
static int
pass_on(struct helper *h, struct sm_buf *body)
{
	char *rest;
	long code;

	if (sm_buf_append_byte(body, 0) != 0)
		return client_out_of_memory(h->c);
	client_make_printable((char *)body->data);
	code = strtol((char *)body->data, &rest, 10);
	if (*rest != ' ' || code < 0 || code > 127 || exit_of((int)code) == NULL)
		return client_fault(h->c, EXIT_INTERNAL, "%s failed in a way that it could "
		    "not say", h->name);
	return client_fault(h->c, (int)code, "%s", rest + 1);
}

int
helper_receive(struct helper *h, struct frame *f, size_t max, unsigned seconds)
{
	int rc = frame_read(h->from, f, max, frame_deadline(seconds));

	if (rc == 1 && strcmp(f->word, "fault") == 0)
		return pass_on(h, &f->body);
	if (rc >= 0)
		return 0;
	if (rc == -ETIMEDOUT)
		return client_fault(h->c, EXIT_LATER, "%s gave no answer in %u seconds",
		    h->name, seconds);
	if (rc == -EMSGSIZE)
		return client_fault(h->c, EXIT_LIMIT, "%s answered with more than %zu bytes",
		    h->name, max);
	if (rc == -ENOMEM)
		return client_out_of_memory(h->c);
	return client_fault(h->c, EXIT_INTERNAL, "%s ended too early", h->name);
}

/* ---- stopping ---- */

static bool
ended(pid_t pid, int *status)
{
	pid_t got;

	do
		got = waitpid(pid, status, WNOHANG);
	while (got < 0 && errno == EINTR);
	return got != 0;
}

static int
wait_for(pid_t pid)
{
	struct timespec step = { 0, STOP_STEP_MS * 1000000L };
	int waited, status = -1;

	for (waited = 0; waited < STOP_WAIT_MS; waited += STOP_STEP_MS) {
		if (ended(pid, &status))
			return status;
		(void)nanosleep(&step, NULL);
	}
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

int
helper_stop(struct helper *h)
{
	int status = 0;

	helper_send_end(h);
	if (h->from >= 0)
		(void)close(h->from);
	h->from = -1;
	if (h->pid > 0)
		status = wait_for(h->pid);
	h->pid = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EXIT_INTERNAL;
}
