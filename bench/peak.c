/* peak FILE COMMAND [ARG]... - run a command and write what it cost.
 *
 * FILE gets one line: wall, user and system seconds, the largest resident set in
 * KiB, and the exit status (128 + signal for one that was killed).  The command
 * is a child of this small program because the largest resident set that the
 * kernel reports begins with that of whoever forked: an interpreter would hide
 * everything below its own size. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static double
seconds(struct timeval t)
{
	return (double)t.tv_sec + (double)t.tv_usec / 1e6;
}

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static int
write_line(const char *file, double wall, const struct rusage *use, int status)
{
	FILE *f = fopen(file, "w");

	if (f == NULL)
		return -1;
	fprintf(f, "%.6f %.6f %.6f %ld %d\n", wall, seconds(use->ru_utime),
	    seconds(use->ru_stime), use->ru_maxrss, status);
	return fclose(f);
}

int
main(int argc, char **argv)
{
	struct rusage use;
	double begin = now();
	int status;
	pid_t pid;

	if (argc < 3) {
		fputs("usage: peak FILE COMMAND [ARG]...\n", stderr);
		return 64;
	}
	pid = fork();
	if (pid == 0) {
		execvp(argv[2], argv + 2);
		fprintf(stderr, "peak: %s: %s\n", argv[2], strerror(errno));
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &use) != pid) {
		perror("peak");
		return 71;
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (write_line(argv[1], now() - begin, &use, status) != 0) {
		perror(argv[1]);
		return 73;
	}
	return status;
}
