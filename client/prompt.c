#include "prompt.h"

#include <errno.h>
#include <fcntl.h>
#include <termios.h>
#include <unistd.h>

#include "cleanup.h"

enum { ANSWER_MAX_BYTES = 1024 };

static void
put(int fd, const char *text)
{
	if (write(fd, text, strlen(text)) < 0)
		return; /* a question that was not shown is answered all the same */
}

/* A line in canonical mode; read straight into locked memory. */
static int
read_answer(int fd, struct sm_buf *out)
{
	ssize_t n;

	if (sm_buf_reserve(out, ANSWER_MAX_BYTES) != 0)
		return PROMPT_FAILED;
	do
		n = read(fd, out->data + out->len, ANSWER_MAX_BYTES);
	while (n < 0 && errno == EINTR);
	if (n <= 0)
		return PROMPT_FAILED;
	if (out->data[out->len + (size_t)n - 1] == '\n')
		n--;
	out->len += (size_t)n;
	return n > 0 ? 0 : PROMPT_FAILED;
}

static int
ask_silently(int fd, const struct termios *loud, struct sm_buf *out,
    const char *question)
{
	struct termios silent = *loud;
	int rc;

	silent.c_lflag &= ~(tcflag_t)ECHO;
	silent.c_lflag |= (tcflag_t)(ICANON | ECHONL);
	cleanup_restore_terminal(fd, loud);
	if (tcsetattr(fd, TCSAFLUSH, &silent) != 0) {
		cleanup_restore_terminal(fd, NULL);
		return PROMPT_FAILED;
	}
	put(fd, question);
	rc = read_answer(fd, out);
	(void)tcsetattr(fd, TCSAFLUSH, loud);
	cleanup_restore_terminal(fd, NULL);
	return rc;
}

int
prompt_secret(struct sm_buf *out, const char *question)
{
	struct termios loud;
	int fd = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY);
	int rc;

	if (fd < 0)
		return PROMPT_NO_TERMINAL;
	rc = tcgetattr(fd, &loud) == 0 ? ask_silently(fd, &loud, out, question) :
	    PROMPT_NO_TERMINAL;
	(void)close(fd);
	return rc;
}
