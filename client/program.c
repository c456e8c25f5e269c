#include "program.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { PIPE_BYTES = 4096, READ_BYTES = 4096, STEP_MS = 10, NOT_FOUND = 127 };

struct running {
	const struct program *p;
	pid_t pid;
	int out[2];                    /* pipe of its standard output */
	int give[PROGRAM_FDS_MAX + 1]; /* reading ends; after them the file */
	size_t give_count;
	int64_t deadline;
};

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

/* ---- what it is given ---- */

static bool
write_whole(int fd, struct sm_bytes data)
{
	size_t done = 0;

	while (done < data.len) {
		ssize_t n = write(fd, data.data + done, data.len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		done += (size_t)n;
	}
	return true;
}

/* A pipe holds that much without a reader. */
static int
give_by_pipe(struct sm_bytes data)
{
	int fd[2];
	bool ok;

	if (pipe2(fd, O_CLOEXEC) != 0)
		return -1;
	ok = write_whole(fd[1], data);
	(void)close(fd[1]);
	if (ok)
		return fd[0];
	(void)close(fd[0]);
	return -1;
}

static int
give_by_memory(struct sm_bytes data)
{
	int fd = memfd_create("sealmail", MFD_CLOEXEC);

	if (fd >= 0 && write_whole(fd, data) && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	if (fd >= 0)
		(void)close(fd);
	return -1;
}

static bool
prepare_gifts(struct running *r)
{
	size_t i;

	for (i = 0; i < r->p->give_count; i++) {
		struct sm_bytes data = r->p->give[i];

		if (i >= r->p->secret_count)
			r->give[i] = give_by_memory(data);
		else if (data.len <= PIPE_BYTES)
			r->give[i] = give_by_pipe(data);
		if (r->give[i] < 0)
			return false;
	}
	r->give_count = i;
	if (r->p->file == NULL)
		return true;
	r->give[r->give_count] = memfd_create("sealmail", MFD_CLOEXEC);
	return r->give[r->give_count++] >= 0;
}

/* ---- starting ---- */

/* After fork: only what is safe there. Descriptors are moved out of each other's
 * way first, then to where they are promised; all others are closed. */
static void __attribute__((noreturn))
become(struct running *r, char *const *argv, int null, pid_t parent)
{
	const int high = PROGRAM_FIRST_FD + 2 * (PROGRAM_FDS_MAX + 1);
	int out = r->out[1] >= 0 ? fcntl(r->out[1], F_DUPFD, high) : null;
	bool ok = out >= 0;
	size_t i;

	(void)prctl(PR_SET_PDEATHSIG, SIGTERM);
	ok = ok && getppid() == parent && dup2(out, STDOUT_FILENO) >= 0 &&
	    (r->p->has_terminal || dup2(null, STDIN_FILENO) >= 0) &&
	    (!r->p->quiet || dup2(null, STDERR_FILENO) >= 0) &&
	    (!r->p->joined || dup2(out, STDERR_FILENO) >= 0);
	for (i = 0; ok && i < r->give_count; i++)
		ok = (r->give[i] = fcntl(r->give[i], F_DUPFD, high)) >= 0;
	for (i = 0; ok && i < r->give_count; i++)
		ok = dup2(r->give[i], PROGRAM_FIRST_FD + (int)i) >= 0;
	(void)close_range(3, PROGRAM_FIRST_FD - 1, 0);
	(void)close_range(PROGRAM_FIRST_FD + (unsigned)r->give_count, ~0u, 0);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	if (ok)
		(void)execvp(r->p->path, argv);
	_exit(NOT_FOUND);
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
launch(struct running *r)
{
	size_t i, n = count(r->p->args);
	char **argv = calloc(n + 2, sizeof(*argv));
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	pid_t parent = getpid();

	if (argv != NULL && null >= 0) {
		argv[0] = (char *)(uintptr_t)r->p->path;
		for (i = 0; i < n; i++)
			argv[i + 1] = (char *)(uintptr_t)r->p->args[i];
		r->pid = fork();
		if (r->pid == 0)
			become(r, argv, null, parent);
	}
	if (null >= 0)
		(void)close(null);
	free(argv);
	return r->pid > 0;
}

/* ---- its answer ---- */

/* 0 at the end of its output, PROGRAM_TIMEOUT, PROGRAM_TOO_MUCH, PROGRAM_FAILED. */
static int
listen_to(const struct running *r)
{
	struct pollfd p = { .fd = r->out[0], .events = POLLIN };
	struct sm_buf *out = r->p->out;
	int64_t left;
	ssize_t n;

	for (;;) {
		left = r->deadline - now_ms();
		if (left <= 0)
			return PROGRAM_TIMEOUT;
		if (poll(&p, 1, (int)(left > 60000 ? 60000 : left)) <= 0)
			continue;
		if (sm_buf_reserve(out, READ_BYTES) != 0)
			return PROGRAM_FAILED;
		n = read(r->out[0], out->data + out->len, READ_BYTES);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n == 0 ? 0 : PROGRAM_FAILED;
		out->len += (size_t)n;
		if (out->len > r->p->max_out)
			return PROGRAM_TOO_MUCH;
	}
}

static int
wait_for(const struct running *r, int rc)
{
	struct timespec step = { 0, STEP_MS * 1000000L };
	int status = 0;
	pid_t got = 0;

	while (rc == 0 && (got = waitpid(r->pid, &status, WNOHANG)) == 0) {
		if (now_ms() >= r->deadline)
			rc = PROGRAM_TIMEOUT;
		(void)nanosleep(&step, NULL);
	}
	if (got == 0) {
		(void)kill(r->pid, SIGKILL);
		while (waitpid(r->pid, &status, 0) < 0 && errno == EINTR)
			;
	}
	if (rc != 0)
		return rc;
	return WIFEXITED(status) ? WEXITSTATUS(status) : PROGRAM_FAILED;
}

static void
close_all(struct running *r)
{
	size_t i;

	for (i = 0; i < 2; i++)
		if (r->out[i] >= 0)
			(void)close(r->out[i]);
	for (i = 0; i < PROGRAM_FDS_MAX + 1; i++)
		if (r->give[i] >= 0)
			(void)close(r->give[i]);
}

/* The file that it wrote. */
static int
fetch_file(const struct running *r)
{
	int fd = r->give[r->give_count - 1];
	struct sm_buf *to = r->p->file;
	size_t had = to->len;
	struct stat st;
	ssize_t n;

	if (fstat(fd, &st) != 0 || st.st_size < 0)
		return PROGRAM_FAILED;
	if ((uint64_t)st.st_size > r->p->max_out)
		return PROGRAM_TOO_MUCH;
	if (sm_buf_resize(to, had + (size_t)st.st_size) != 0)
		return PROGRAM_FAILED;
	n = pread(fd, to->data + had, (size_t)st.st_size, 0);
	return n == st.st_size ? 0 : PROGRAM_FAILED;
}

/* execvp tells by exit status 127, which a program could use itself. */
static bool
is_there(const char *path)
{
	const char *dirs = getenv("PATH"), *end;
	char full[4096];

	if (strchr(path, '/') != NULL)
		return access(path, X_OK) == 0;
	for (; dirs != NULL && *dirs != '\0'; dirs = *end != '\0' ? end + 1 : end) {
		end = strchrnul(dirs, ':');
		if (end > dirs && snprintf(full, sizeof(full), "%.*s/%s",
			(int)(end - dirs), dirs, path) < (int)sizeof(full) &&
		    access(full, X_OK) == 0)
			return true;
	}
	return false;
}

int
program_run(const struct program *p)
{
	struct running r = { .p = p, .out = { -1, -1 }, .give = { -1, -1, -1, -1, -1 },
		.deadline = now_ms() + (int64_t)p->seconds * 1000 };
	int rc = 0;

	if (!is_there(p->path))
		return PROGRAM_MISSING;
	if ((p->out != NULL && pipe2(r.out, O_CLOEXEC) != 0) || !prepare_gifts(&r) ||
	    !launch(&r))
		rc = PROGRAM_FAILED;
	if (rc == 0 && p->out != NULL) {
		(void)close(r.out[1]);
		r.out[1] = -1;
		rc = listen_to(&r);
	}
	if (r.pid > 0)
		rc = wait_for(&r, rc);
	if (rc == 0 && p->file != NULL)
		rc = fetch_file(&r);
	close_all(&r);
	return rc;
}
