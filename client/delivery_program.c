/* Delivery by another sendmail program (msmtp, Postfix's sendmail, ...): the message on
 * its standard input, the addresses as arguments, its exit status as sysexits(3) has
 * it. No shell reads the words of its command. */
#include "delivery.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lines.h"

/* Set for the program: a sealmail that it leads back to would send for ever. */
#define GUARD "SEALMAIL_DELIVERING"

enum { COPY_BYTES = 64 << 10, WORDS_MAX = 64 };

/* ---- its arguments ---- */

static char **
arguments(const struct handover *h, char *command)
{
	char **argv = calloc(WORDS_MAX + h->parcel->count + 8, sizeof(*argv)), *word;
	size_t i, n = 0;

	if (argv == NULL)
		return NULL;
	while (n < WORDS_MAX && (word = lines_word(&command)) != NULL)
		argv[n++] = word;
	argv[n++] = (char *)(uintptr_t)"-i";
	argv[n++] = (char *)(uintptr_t)"-f";
	argv[n++] = h->l->sender;
	argv[n++] = (char *)(uintptr_t)"--";
	for (i = 0; i < h->parcel->count; i++)
		if (h->parcel->list[i].state == RECEIVER_PENDING)
			argv[n++] = h->parcel->list[i].address;
	return argv;
}

/* In the new process: as programs are started by a shell. */
static void
become(char **argv, int in)
{
	if (dup2(in, STDIN_FILENO) < 0 || dup2(STDERR_FILENO, STDOUT_FILENO) < 0)
		_exit(75);
	(void)signal(SIGPIPE, SIG_DFL);
	(void)signal(SIGXFSZ, SIG_DFL);
	(void)setenv(GUARD, "1", 1);
	(void)execvp(argv[0], argv);
	_exit(127);
}

/* ---- the message ---- */

static bool
write_all(int to, const uint8_t *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = write(to, data, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Programs of this kind take lines that end with LF. */
static bool
feed(int to, int from)
{
	uint8_t *in = malloc(COPY_BYTES), *out = malloc(COPY_BYTES + 1);
	bool ok = in != NULL && out != NULL, cr = false;
	ssize_t n = 1;
	size_t i, used;

	while (ok && n > 0) {
		n = read(from, in, COPY_BYTES);
		if (n < 0 && errno == EINTR) {
			n = 1;
			continue;
		}
		for (i = 0, used = 0; n > 0 && i < (size_t)n; i++) {
			if (cr && in[i] != '\n')
				out[used++] = '\r';
			cr = in[i] == '\r';
			if (!cr)
				out[used++] = in[i];
		}
		ok = n >= 0 && write_all(to, out, used);
	}
	if (ok && cr)
		ok = write_all(to, (const uint8_t *)"\r", 1);
	free(in);
	free(out);
	return ok;
}

/* ---- what it says ---- */

/* sysexits(3); 127: it could not be started. */
static bool
passes(int status)
{
	return status == EXIT_LATER || status == EXIT_IO || status == 71 || status == 127 ||
	    status == 78 || status == EXIT_PERMISSION;
}

static int
conclude(struct handover *h, int status, bool fed)
{
	size_t i;

	if (WIFSIGNALED(status))
		return handover_note(h, NULL, true, "%s was ended by signal %d",
		    h->l->target, WTERMSIG(status));
	if (WEXITSTATUS(status) == 127)
		return handover_note(h, NULL, true, "%s cannot be started", h->l->target);
	if (WEXITSTATUS(status) != 0)
		return handover_note(h, NULL, passes(WEXITSTATUS(status)),
		    "%s ended with %d", h->l->target, WEXITSTATUS(status));
	if (!fed)
		return handover_note(h, NULL, true, "%s did not read the whole message",
		    h->l->target);
	for (i = 0; i < h->parcel->count; i++)
		if (h->parcel->list[i].state == RECEIVER_PENDING)
			handover_done(h, &h->parcel->list[i]);
	return 0;
}

static int
run(struct handover *h, char **argv)
{
	int pipes[2], status = 0;
	bool fed;
	pid_t pid;

	if (pipe2(pipes, O_CLOEXEC) != 0)
		return handover_note(h, NULL, true, "no pipe: %s", strerror(errno));
	pid = fork();
	if (pid == 0)
		become(argv, pipes[0]);
	(void)close(pipes[0]);
	if (pid < 0) {
		(void)close(pipes[1]);
		return handover_note(h, NULL, true, "no process: %s", strerror(errno));
	}
	fed = lseek(h->fd, 0, SEEK_SET) == 0 && feed(pipes[1], h->fd);
	/* What was not read to its end must not look whole to the program. */
	if (!fed)
		(void)kill(pid, SIGTERM);
	(void)close(pipes[1]);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return handover_note(h, NULL, true, "lost %s", h->l->target);
	return conclude(h, status, fed);
}

int
deliver_by_program(struct handover *h)
{
	char *command, **argv;
	int rc;

	if (getenv(GUARD) != NULL)
		return handover_note(h, NULL, false, "the program that mail is handed to "
		    "hands it back to sealmail");
	command = strdup(h->l->target);
	argv = command != NULL ? arguments(h, command) : NULL;
	rc = argv != NULL ? run(h, argv) : client_out_of_memory(h->c);
	free(argv);
	free(command);
	return rc;
}
