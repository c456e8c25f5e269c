#include "ask.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "program.h"
#include "prompt.h"

enum { ANSWER_MAX_BYTES = 4096, ANSWER_SECONDS = 300 };

/* What others could exchange would learn the passphrase. */
static int
check_program(struct client *c, const char *path)
{
	struct stat st;

	if (path[0] != '/')
		return client_fault(c, EXIT_USAGE, "%s: name the passphrase program by its "
		    "whole path, from / on", path);
	if (stat(path, &st) != 0)
		return client_fault(c, EXIT_NO_INPUT, "the passphrase program %s cannot be "
		    "used: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode) || access(path, X_OK) != 0)
		return client_fault(c, EXIT_PERMISSION, "the passphrase program %s cannot be "
		    "run; mend it with `chmod 755 %s`", path, path);
	if (st.st_uid != 0 && st.st_uid != geteuid())
		return client_fault(c, EXIT_PERMISSION, "the passphrase program %s belongs "
		    "to another user, who would learn the passphrase", path);
	if ((st.st_mode & 0022) != 0)
		return client_fault(c, EXIT_PERMISSION, "the passphrase program %s can be "
		    "changed by other users; mend it with `chmod go-w %s`", path, path);
	return 0;
}

static void
cut_line(struct sm_buf *b, size_t start)
{
	uint8_t *end = b->len == start ? NULL : memchr(b->data + start, '\n',
	    b->len - start);

	if (end != NULL)
		b->len = (size_t)(end - b->data);
	if (b->len > start && b->data[b->len - 1] == '\r')
		b->len--;
}

static int
ask_program(struct client *c, struct sm_buf *out, const char *path, const char *question)
{
	const char *args[] = { question, NULL };
	size_t start = out->len;
	struct program p = { .path = path, .args = args, .seconds = ANSWER_SECONDS,
		.max_out = start + ANSWER_MAX_BYTES, .out = out };
	int rc = check_program(c, path), status;

	if (rc != 0)
		return rc;
	status = program_run(&p);
	if (status == PROGRAM_TIMEOUT)
		return client_fault(c, EXIT_LATER, "the passphrase program %s gave no answer "
		    "in %d seconds", path, ANSWER_SECONDS);
	if (status < 0)
		return client_fault(c, EXIT_PERMISSION, "the passphrase program %s failed",
		    path);
	if (status != 0)
		return client_fault(c, EXIT_PERMISSION, "the passphrase program %s gave no "
		    "passphrase (its exit status was %d)", path, status);
	cut_line(out, start);
	return out->len > start ? 0 : client_fault(c, EXIT_PERMISSION, "the passphrase "
	    "program %s gave an empty passphrase", path);
}

int
ask_secret(struct client *c, struct sm_buf *out, const char *question, bool by_home)
{
	const char *path = options_value(&c->opt, OPT_PASSPHRASE_PROGRAM);
	struct config set = { NULL, 0 };
	int rc = 0;

	if (path == NULL && by_home)
		rc = config_read(c, &set);
	if (path == NULL)
		path = config_value(&set, CONFIG_PASSPHRASE_PROGRAM);
	if (rc == 0 && path != NULL)
		rc = ask_program(c, out, path, question);
	else if (rc == 0 && c->no_terminal)
		rc = ASK_NO_TERMINAL;
	else if (rc == 0) {
		rc = prompt_secret(out, question);
		rc = rc == PROMPT_NO_TERMINAL ? ASK_NO_TERMINAL :
		    rc != 0 ? ASK_NO_ANSWER : 0;
	}
	config_free(&set);
	return rc;
}
