/* LMTP (RFC 2033), to a server on this machine: a socket by its path, or loopback. It
 * answers for each recipient by itself. libcurl speaks SMTP alone. */
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

#include "submit.h"

enum { REPLY_SECONDS = 300, LINE = 1024, LINES_MAX = 200 };

struct lmtp {
	struct job *job;
	int fd;
	char in[4096];
	size_t have;
	char reply[SUBMIT_WHY];   /* the last line of the last reply */
};

/* ---- the connection ---- */

static int
connect_path(const char *path)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (strlen(path) >= sizeof(to.sun_path)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, path, strlen(path) + 1);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd >= 0 && connect(fd, (const struct sockaddr *)&to, sizeof(to)) != 0) {
		(void)close(fd);
		fd = -1;
	}
	return fd;
}

static int
connect_any(const struct addrinfo *list)
{
	const struct addrinfo *a;
	int fd = -1;

	for (a = list; a != NULL && fd < 0; a = a->ai_next) {
		fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (fd >= 0 && connect(fd, a->ai_addr, a->ai_addrlen) != 0) {
			(void)close(fd);
			fd = -1;
		}
	}
	return fd;
}

static int
connect_loopback(struct job *j)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	const char *colon = strrchr(j->url, ':');
	char host[100];
	int fd, len = colon != NULL ? (int)(colon - j->url) : 0;
	bool six = len > 2 && j->url[0] == '[';

	if (!job_is_loopback(j->url) || colon == NULL) {
		job_conclude(j, OUTCOME_LATER, "LMTP goes to this machine only: a socket's "
		    "path, or 127.0.0.1:PORT");
		return -1;
	}
	(void)snprintf(host, sizeof(host), "%.*s", six ? len - 2 : len, j->url + six);
	if (getaddrinfo(host, colon + 1, &hints, &list) != 0)
		return -1;
	fd = connect_any(list);
	freeaddrinfo(list);
	return fd;
}

static int
open_connection(struct job *j)
{
	struct timeval limit = { .tv_sec = REPLY_SECONDS };
	int fd;

	errno = 0;
	fd = j->url[0] == '/' ? connect_path(j->url) : connect_loopback(j);
	if (fd < 0) {
		job_conclude(j, OUTCOME_LATER, "cannot reach %s: %s", j->url,
		    errno != 0 ? strerror(errno) : "unknown");
		return -1;
	}
	(void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	return fd;
}

/* ---- talking ---- */

static bool
put(struct lmtp *l, const char *data, size_t len)
{
	ssize_t n;

	while (len > 0) {
		n = send(l->fd, data, len, MSG_NOSIGNAL);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* One line without its end; false at the end or when it is too long. */
static bool
get_line(struct lmtp *l, char line[LINE])
{
	char *end;
	size_t n;
	ssize_t got;

	while ((end = memchr(l->in, '\n', l->have)) == NULL) {
		if (l->have == sizeof(l->in))
			return false;
		got = recv(l->fd, l->in + l->have, sizeof(l->in) - l->have, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		l->have += (size_t)got;
	}
	n = (size_t)(end - l->in);
	(void)snprintf(line, LINE, "%.*s", (int)(n < LINE - 1 ? n : LINE - 1), l->in);
	l->have -= n + 1;
	memmove(l->in, end + 1, l->have);
	return true;
}

/* The code of a whole reply; 0: none. */
static int
reply(struct lmtp *l)
{
	char line[LINE];
	int n;

	for (n = 0; n < LINES_MAX; n++) {
		if (!get_line(l, line) || strlen(line) < 3)
			break;
		line[strcspn(line, "\r")] = '\0';
		(void)snprintf(l->reply, sizeof(l->reply), "%.290s", line);
		if (line[3] != '-')
			return (int)strtol(line, NULL, 10);
	}
	(void)snprintf(l->reply, sizeof(l->reply), "the connection was lost");
	return 0;
}

static int
command(struct lmtp *l, const char *word, const char *value, const char *end)
{
	char line[LINE];
	int n = snprintf(line, sizeof(line), "%s%s%s\r\n", word, value, end);

	if (n < 0 || n >= LINE || !put(l, line, (size_t)n)) {
		(void)snprintf(l->reply, sizeof(l->reply), "the connection was lost");
		return 0;
	}
	return reply(l);
}

/* ---- the message ---- */

/* A dot at the begin of a line gets another (RFC 5321 section 4.5.2). */
static bool
put_stuffed(struct lmtp *l, const char *data, size_t len, bool *at_begin)
{
	size_t i, from = 0;

	for (i = 0; i < len; i++) {
		if (*at_begin && data[i] == '.') {
			if (!put(l, data + from, i - from) || !put(l, ".", 1))
				return false;
			from = i;
		}
		*at_begin = data[i] == '\n';
	}
	return put(l, data + from, len - from);
}

static bool
put_message(struct lmtp *l)
{
	char *piece = malloc(SUBMIT_PIECE_BYTES);
	bool ok = piece != NULL, at_begin = true;
	long n = 1;

	while (ok && n > 0) {
		n = job_read(l->job, piece, SUBMIT_PIECE_BYTES);
		ok = n >= 0 && put_stuffed(l, piece, (size_t)n, &at_begin);
	}
	free(piece);
	/* A message cut short gets no dot: the server drops it. */
	return ok && put(l, at_begin ? ".\r\n" : "\r\n.\r\n", at_begin ? 3 : 5);
}

static enum outcome
outcome(int code)
{
	return code / 100 == 2 ? OUTCOME_DONE : code / 100 == 5 ? OUTCOME_NEVER :
	    OUTCOME_LATER;
}

static size_t
name_receivers(struct lmtp *l)
{
	struct job *j = l->job;
	size_t i, accepted = 0;
	int code;

	for (i = 0; i < j->count; i++) {
		code = command(l, "RCPT TO:<", j->to[i].address, ">");
		if (code / 100 == 2)
			accepted++;
		else
			job_set(&j->to[i], outcome(code), "%s", l->reply);
	}
	return accepted;
}

static void
take_answers(struct lmtp *l)
{
	struct job *j = l->job;
	size_t i;

	for (i = 0; i < j->count; i++)
		if (j->to[i].outcome == OUTCOME_NONE) {
			int code = reply(l);

			job_set(&j->to[i], outcome(code), "%s", l->reply);
		}
}

static void
converse(struct lmtp *l)
{
	struct job *j = l->job;
	int code = reply(l);

	if (code / 100 == 2)
		code = command(l, "LHLO localhost", "", "");
	if (code / 100 == 2)
		code = command(l, "MAIL FROM:<", j->sender != NULL ? j->sender : "", ">");
	if (code / 100 != 2) {
		job_conclude(j, outcome(code), "%s", l->reply);
		return;
	}
	if (name_receivers(l) == 0)
		return;
	code = command(l, "DATA", "", "");
	if (code != 354)
		job_conclude(j, code / 100 == 5 ? OUTCOME_NEVER : OUTCOME_LATER, "%s",
		    l->reply);
	else if (put_message(l))
		take_answers(l);
	else
		job_conclude(j, OUTCOME_LATER, "the connection was lost");
}

void
submit_lmtp(struct job *j)
{
	struct lmtp l = { .job = j, .fd = open_connection(j) };

	if (l.fd < 0)
		return;
	converse(&l);
	(void)put(&l, "QUIT\r\n", 6);
	(void)close(l.fd);
}
