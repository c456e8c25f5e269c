#include "frame.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { HEAD_CHARS = FRAME_WORD_CHARS + 1 + 20 + 1, PIECE_BYTES = 64 << 10 };

static int64_t
now_ms(void)
{
	struct timespec t;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

int64_t
frame_deadline(unsigned seconds)
{
	return now_ms() + (int64_t)seconds * 1000;
}

/* ---- writing ---- */

static int
write_all(int fd, const void *data, size_t len)
{
	const uint8_t *p = data;

	while (len > 0) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

int
frame_write(int fd, const char *word, struct sm_bytes body)
{
	char head[HEAD_CHARS + 1];
	int n = snprintf(head, sizeof(head), "%s %zu\n", word, body.len);
	int rc = write_all(fd, head, (size_t)n);

	return rc == 0 ? write_all(fd, body.data, body.len) : rc;
}

/* ---- reading ---- */

static int
wait_readable(int fd, int64_t deadline)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left;
	int n;

	do {
		left = deadline < 0 ? -1 : deadline - now_ms();
		if (deadline >= 0 && left <= 0)
			return -ETIMEDOUT;
		n = poll(&p, 1, left > INT_MAX ? INT_MAX : (int)left);
	} while (n == 0 || (n < 0 && errno == EINTR));
	return n < 0 ? -errno : 0;
}

static ssize_t
read_some(int fd, void *out, size_t len, int64_t deadline)
{
	ssize_t n;
	int rc = wait_readable(fd, deadline);

	if (rc != 0)
		return rc;
	do
		n = read(fd, out, len);
	while (n < 0 && errno == EINTR);
	return n < 0 ? -errno : n;
}

/* A byte at a time: what follows the line is not ours to take yet. */
static int
read_head(int fd, char head[HEAD_CHARS + 1], int64_t deadline)
{
	size_t len = 0;

	while (len < HEAD_CHARS) {
		ssize_t n = read_some(fd, head + len, 1, deadline);

		if (n == 0 && len == 0)
			return 0;
		if (n <= 0)
			return n < 0 ? (int)n : -EPROTO;
		if (head[len] == '\n') {
			head[len] = '\0';
			return 1;
		}
		len++;
	}
	return -EPROTO;
}

static int
parse_head(const char *head, struct frame *f, size_t *len)
{
	size_t word = strspn(head, "abcdefghijklmnopqrstuvwxyz0123456789-");
	const char *p = head + word + 1;

	if (word == 0 || word > FRAME_WORD_CHARS || head[word] != ' ' || *p == '\0')
		return -EPROTO;
	for (*len = 0; *p >= '0' && *p <= '9'; p++)
		if (__builtin_mul_overflow(*len, 10u, len) ||
		    __builtin_add_overflow(*len, (size_t)(*p - '0'), len))
			return -EMSGSIZE;
	if (*p != '\0')
		return -EPROTO;
	memcpy(f->word, head, word);
	f->word[word] = '\0';
	return 0;
}

/* The buffer grows by what came, not by what was announced. */
static int
read_body(int fd, struct sm_buf *body, size_t len, int64_t deadline)
{
	while (body->len < len) {
		size_t want = len - body->len;
		ssize_t n;

		if (want > PIECE_BYTES)
			want = PIECE_BYTES;
		if (sm_buf_reserve(body, want) != 0)
			return -ENOMEM;
		n = read_some(fd, body->data + body->len, want, deadline);
		if (n <= 0)
			return n < 0 ? (int)n : -EPROTO;
		body->len += (size_t)n;
	}
	return 1;
}

int
frame_read(int fd, struct frame *f, size_t max, int64_t deadline)
{
	char head[HEAD_CHARS + 1];
	size_t len;
	int rc;

	f->word[0] = '\0';
	sm_buf_clear(&f->body);
	rc = read_head(fd, head, deadline);
	if (rc <= 0)
		return rc;
	rc = parse_head(head, f, &len);
	if (rc == 0 && len > max)
		rc = -EMSGSIZE;
	return rc == 0 ? read_body(fd, &f->body, len, deadline) : rc;
}
