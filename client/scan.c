#include "scan.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { ARGS_MAX = 30, CANNOT_RUN = 127, STEP_MS = 20 };

/* Words are separated by blanks; no shell reads them. */
static bool
split(char *line, char *argv[ARGS_MAX + 1])
{
	char *at = line;
	size_t n = 0;

	while (*(at += strspn(at, " \t")) != '\0') {
		if (n == ARGS_MAX)
			return false;
		argv[n++] = at;
		at += strcspn(at, " \t");
		if (*at != '\0')
			*at++ = '\0';
	}
	argv[n] = NULL;
	return n > 0;
}

static void __attribute__((noreturn))
become(char *const *argv, int in)
{
	if (dup2(in, STDIN_FILENO) >= 0 && dup2(STDERR_FILENO, STDOUT_FILENO) >= 0) {
		(void)signal(SIGPIPE, SIG_DFL);
		(void)execvp(argv[0], argv);
	}
	_exit(CANNOT_RUN);
}

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* A scanner that has seen enough may close its input. */
static void
feed(int fd, struct sm_bytes in, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLOUT };
	ssize_t n;

	(void)fcntl(fd, F_SETFL, O_NONBLOCK);
	while (in.len > 0 && now_ms() < deadline) {
		n = write(fd, in.data, in.len);
		if (n > 0)
			in = sm_bytes_skip(in, (size_t)n);
		else if (errno == EAGAIN)
			(void)poll(&p, 1, STEP_MS);
		else if (errno != EINTR)
			return;
	}
}

/* The wait status; -1 when time is over. */
static int
wait_for(pid_t pid, int64_t deadline)
{
	struct timespec step = { 0, STEP_MS * 1000000L };
	int status = -1;
	pid_t got;

	while ((got = waitpid(pid, &status, WNOHANG)) == 0 || (got < 0 && errno == EINTR)) {
		if (now_ms() >= deadline) {
			(void)kill(pid, SIGKILL);
			(void)waitpid(pid, &status, 0);
			return -1;
		}
		(void)nanosleep(&step, NULL);
	}
	return got == pid ? status : -1;
}

static int
judge(struct client *c, int status, const char *program, const char *name)
{
	if (status == -1)
		return client_fault(c, EXIT_LATER, "%s did not end; %s was not saved", program,
		    name);
	if (WIFEXITED(status) && WEXITSTATUS(status) == CANNOT_RUN)
		return client_fault(c, EXIT_NO_INPUT, "cannot run %s; %s was not saved",
		    program, name);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return client_fault(c, EXIT_POLICY, "%s refuses %s: it was not saved", program,
		    name);
	return 0;
}

static int
start(struct client *c, char *const *argv, struct sm_bytes content, const char *name)
{
	int64_t deadline = now_ms() + SCAN_SECONDS * 1000;
	int fds[2], status;
	pid_t pid;

	if (pipe2(fds, O_CLOEXEC) != 0)
		return client_fault(c, EXIT_LATER, "cannot start %s: %s", argv[0],
		    strerror(errno));
	pid = fork();
	if (pid == 0)
		become(argv, fds[0]);
	(void)close(fds[0]);
	if (pid < 0) {
		(void)close(fds[1]);
		return client_fault(c, EXIT_LATER, "cannot start %s: %s", argv[0],
		    strerror(errno));
	}
	feed(fds[1], content, deadline);
	(void)close(fds[1]);
	status = wait_for(pid, deadline);
	return judge(c, status, argv[0], name);
}

int
scan_run(struct client *c, struct sm_bytes content, const char *name)
{
	const char *given = options_value(&c->opt, OPT_SCAN);
	char *argv[ARGS_MAX + 1];
	char *line;
	int rc;

	if (given == NULL)
		return 0;
	line = strdup(given);
	if (line == NULL)
		return client_out_of_memory(c);
	if (!split(line, argv))
		rc = client_fault(c, EXIT_USAGE, "--scan names no program");
	else
		rc = start(c, argv, content, name);
	free(line);
	return rc;
}
