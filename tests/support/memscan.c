/* tests/support/memscan.c - what is left in a program's memory when it ends?
 *
 * usage: memscan PATTERNS COMMAND...
 *
 * PATTERNS is a file with lines "NAME HEX". Runs the command; as it is about to end,
 * all memory that it could write to is searched for each pattern. Prints a line
 * "NAME ADDRESS MAPPING" for every place, and ends with 3 when there was one, else
 * with the command's own exit status. Linux only, by ptrace. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

enum { PATTERNS_MAX = 32, HEX_MAX = 4096, FOUND = 3 };

struct pattern {
	char name[64];
	unsigned char bytes[HEX_MAX / 2];
	size_t len;
};

static struct pattern patterns[PATTERNS_MAX];
static size_t pattern_count;

static void
die(const char *what)
{
	fprintf(stderr, "memscan: %s: %s\n", what, strerror(errno));
	exit(70);
}

static void
read_patterns(const char *path)
{
	FILE *f = fopen(path, "r");
	char line[HEX_MAX + 100], hex[HEX_MAX + 1];
	unsigned byte;

	if (f == NULL)
		die(path);
	while (pattern_count < PATTERNS_MAX && fgets(line, sizeof(line), f) != NULL) {
		struct pattern *p = &patterns[pattern_count];

		if (sscanf(line, "%63s %4096s", p->name, hex) != 2)
			continue;
		for (p->len = 0; sscanf(hex + 2 * p->len, "%2x", &byte) == 1; p->len++)
			p->bytes[p->len] = (unsigned char)byte;
		pattern_count++;
	}
	(void)fclose(f);
}

static int
search(const unsigned char *data, size_t len, unsigned long start, const char *where)
{
	int found = 0;
	size_t i;

	for (i = 0; i < pattern_count; i++) {
		const struct pattern *p = &patterns[i];
		const unsigned char *at = data, *end = data + len;

		while ((at = memmem(at, (size_t)(end - at), p->bytes, p->len)) != NULL) {
			printf("%s %#lx %s\n", p->name, start + (unsigned long)(at - data),
			    where);
			found = 1;
			at++;
		}
	}
	return found;
}

static int
scan_mapping(int mem, unsigned long start, unsigned long end, const char *where)
{
	size_t len = end - start, have = 0;
	unsigned char *data = malloc(len);
	int found;

	if (data == NULL)
		die("memory");
	while (have < len) {
		ssize_t n = pread(mem, data + have, len - have, (off_t)(start + have));

		/* A page that cannot be read is passed over. */
		if (n <= 0) {
			size_t skip = 4096 - have % 4096;

			memset(data + have, 0, skip);
			have += skip;
		} else {
			have += (size_t)n;
		}
	}
	found = search(data, len, start, where);
	free(data);
	return found;
}

static int
scan(pid_t pid, int mem)
{
	char path[64], line[512], perms[8], where[300];
	unsigned long start, end;
	int found = 0;
	FILE *maps;

	(void)snprintf(path, sizeof(path), "/proc/%d/maps", (int)pid);
	maps = fopen(path, "r");
	if (maps == NULL)
		die(path);
	while (fgets(line, sizeof(line), maps) != NULL) {
		where[0] = '\0';
		if (sscanf(line, "%lx-%lx %7s %*s %*s %*s %299[^\n]", &start, &end, perms,
			where) < 3 || perms[1] != 'w' || strstr(where, "[v") != NULL)
			continue;
		found |= scan_mapping(mem, start, end, where);
	}
	(void)fclose(maps);
	return found;
}

static void
start(char **argv)
{
	if (ptrace(PTRACE_TRACEME, 0, NULL, NULL) != 0)
		die("ptrace");
	(void)raise(SIGSTOP);
	(void)execv(argv[0], argv);
	die(argv[0]);
}

static int
follow(pid_t pid)
{
	int status, mem = -1, found = 0;
	char path[64];

	while (waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		int event = status >> 16, sig = 0;

		if (event == PTRACE_EVENT_EXEC) {
			/* Opened now: the program will forbid it. */
			(void)snprintf(path, sizeof(path), "/proc/%d/mem", (int)pid);
			mem = open(path, O_RDONLY | O_CLOEXEC);
			if (mem < 0)
				die(path);
		} else if (event == PTRACE_EVENT_EXIT) {
			found = scan(pid, mem);
		} else if (event == 0 && WSTOPSIG(status) == SIGSTOP && mem < 0) {
			if (ptrace(PTRACE_SETOPTIONS, pid, NULL,
				PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT) != 0)
				die("ptrace");
		} else if (event == 0) {
			sig = WSTOPSIG(status);
		}
		if (ptrace(PTRACE_CONT, pid, NULL, sig) != 0)
			die("ptrace");
	}
	if (found)
		return FOUND;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 70;
}

int
main(int argc, char **argv)
{
	pid_t pid;

	if (argc < 3) {
		fputs("usage: memscan PATTERNS COMMAND...\n", stderr);
		return 64;
	}
	read_patterns(argv[1]);
	pid = fork();
	if (pid < 0)
		die("fork");
	if (pid == 0)
		start(argv + 2);
	return follow(pid);
}
