/* The file "state" of a letter in the queue: lines "word value", where a value is all
 * that follows the first blank.
 *
 *     sealmail-queue 1
 *     created 1790000000
 *     ...
 *     message mail
 *     pending bob@example.org
 *     failed carol@example.org
 *     why 550 5.1.1 no such user
 */
#include <errno.h>
#include <stdlib.h>

#include "lines.h"
#include "queue.h"

static const char *const kind_names[] = { [DELIVER_PROGRAM] = "sendmail",
	[DELIVER_MAILDIR] = "maildir", [DELIVER_LMTP] = "lmtp", [DELIVER_SMTP] = "smtp" };
static const char *const state_names[] = { [RECEIVER_PENDING] = "pending",
	[RECEIVER_DONE] = "done", [RECEIVER_FAILED] = "failed" };

const char *
delivery_kind_name(enum delivery_kind kind)
{
	return kind_names[kind];
}

/* ---- writing ---- */

/* A line end within a value would be a line of its own. */
static int
put(struct sm_buf *out, const char *word, const char *value)
{
	int rc = sm_buf_printf(out, "%s ", word);

	for (; rc == 0 && *value != '\0'; value++)
		rc = sm_buf_append_byte(out, *value == '\n' || *value == '\r' ? ' ' :
		    (uint8_t)*value);
	return rc == 0 ? sm_buf_append_byte(out, '\n') : rc;
}

static int
put_number(struct sm_buf *out, const char *word, int64_t n)
{
	return sm_buf_printf(out, "%s %lld\n", word, (long long)n);
}

static int
put_parcel(struct sm_buf *out, const struct parcel *p)
{
	size_t i;
	int rc = put(out, "message", p->is_copy ? "copy" : "mail");

	for (i = 0; rc == 0 && i < p->count; i++) {
		rc = put(out, state_names[p->list[i].state], p->list[i].address);
		if (rc == 0 && p->list[i].why != NULL)
			rc = put(out, "why", p->list[i].why);
	}
	return rc;
}

int
queue_state_write(const struct queued *l, struct sm_buf *out)
{
	size_t i;
	int rc = sm_buf_append_str(out, "sealmail-queue 1\n");

	if (rc == 0)
		rc = put_number(out, "created", l->created);
	if (rc == 0)
		rc = put_number(out, "next", l->next);
	if (rc == 0)
		rc = put_number(out, "tries", l->tries);
	if (rc == 0)
		rc = put_number(out, "given-up", l->given_up);
	if (rc == 0)
		rc = put(out, delivery_kind_name(l->kind), l->target);
	if (rc == 0)
		rc = put(out, "sender", l->sender);
	if (rc == 0)
		rc = put(out, "message-id", l->message_id);
	for (i = 0; rc == 0 && i < l->count; i++)
		rc = put_parcel(out, &l->parcels[i]);
	return rc;
}

/* ---- reading ---- */

static bool
number(const char *value, int64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoll(value, &end, 10);
	return errno == 0 && *value != '\0' && *end == '\0';
}

static int
keep(struct queued *l, char **to, const char *value)
{
	free(*to);
	*to = strdup(value);
	return *to != NULL ? 0 : client_out_of_memory(l->c);
}

/* 1: it was none of these. */
static int
read_number(struct queued *l, const char *word, const char *value)
{
	int64_t n;

	if (strcmp(word, "created") != 0 && strcmp(word, "next") != 0 &&
	    strcmp(word, "tries") != 0 && strcmp(word, "given-up") != 0)
		return 1;
	if (!number(value, &n))
		return -1;
	if (*word == 'c')
		l->created = n;
	else if (*word == 'n')
		l->next = n;
	else if (*word == 't')
		l->tries = n >= 0 && n < 100000 ? (unsigned)n : 0;
	else
		l->given_up = n != 0;
	return 0;
}

static int
read_receiver(struct queued *l, const char *word, const char *value)
{
	struct parcel *p = l->count > 0 ? &l->parcels[l->count - 1] : NULL;
	size_t i;
	int rc;

	if (strcmp(word, "why") == 0 && p != NULL && p->count > 0)
		return keep(l, &p->list[p->count - 1].why, value);
	for (i = 0; p != NULL && i < sizeof(state_names) / sizeof(state_names[0]); i++)
		if (strcmp(word, state_names[i]) == 0) {
			rc = queued_add_receiver(l, l->count - 1, value);
			if (rc == 0)
				p->list[p->count - 1].state = (enum receiver_state)i;
			return rc;
		}
	return -1;
}

static int
read_line(struct queued *l, const char *word, const char *value)
{
	size_t i;
	int rc = read_number(l, word, value);

	if (rc <= 0)
		return rc;
	for (i = 0; i < sizeof(kind_names) / sizeof(kind_names[0]); i++)
		if (strcmp(word, kind_names[i]) == 0) {
			l->kind = (enum delivery_kind)i;
			return keep(l, &l->target, value);
		}
	if (strcmp(word, "sender") == 0)
		return keep(l, &l->sender, value);
	if (strcmp(word, "message-id") == 0)
		return keep(l, &l->message_id, value);
	if (strcmp(word, "message") == 0)
		return queued_add_parcel(l, strcmp(value, "copy") == 0, &i);
	return read_receiver(l, word, value);
}

static int
damaged(struct queued *l)
{
	return client_fault(l->c, EXIT_IO, "%s/state is damaged: it was not written by this "
	    "program; its messages are the .eml files beside it", l->dir.path);
}

int
queue_state_read(struct queued *l, struct sm_buf *text)
{
	char *line, *end, *value;
	int rc = 0;

	if (sm_buf_append_byte(text, '\0') != 0)
		return client_out_of_memory(l->c);
	line = (char *)text->data;
	if (strncmp(line, "sealmail-queue 1\n", 17) != 0)
		return damaged(l);
	for (line += 17; rc == 0 && *line != '\0'; line = end) {
		end = strchr(line, '\n');
		value = strchr(line, ' ');
		if (end == NULL || value == NULL || value > end)
			return damaged(l);
		*end++ = '\0';
		*value++ = '\0';
		rc = read_line(l, line, value);
	}
	if (rc < 0 || (rc == 0 && (l->target == NULL || l->sender == NULL ||
		l->message_id == NULL)))
		return damaged(l);
	return rc;
}
