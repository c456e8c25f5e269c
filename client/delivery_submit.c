/* Delivery by sealmail-submit: SMTP, LMTP, and the sender's copy by IMAP. */
#include "delivery.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "helper.h"
#include "input.h"
#include "lines.h"
#include "program.h"

enum { PIECE_BYTES = 64 << 10, ANSWER_BYTES = 4096, SECRET_BYTES = 16 << 10,
	ANSWER_SECONDS = 900, PROGRAM_SECONDS = 120, WORDS_MAX = 32 };

/* The keys of one kind of server. */
struct account {
	const char *kind, *url;
	enum config_key user, auth, file, program, ca;
	bool has_login;
};

struct reader {
	int fd;
	uint8_t *in, *out;    /* out: twice as large */
	bool cr;              /* the last byte was one */
};
struct submission {
	struct handover *h;
	const struct account *account;
	struct receiver **to;  /* those that it is about */
	size_t count;
	struct helper helper;
	struct reader reader;
};

/* ---- the secret ---- */

/* The first line alone. */
static void
cut_line(struct sm_buf *secret)
{
	size_t i;

	for (i = 0; i < secret->len; i++)
		if (secret->data[i] == '\n' || secret->data[i] == '\r')
			break;
	secret->len = i;
}

static int
secret_of_file(struct client *c, const char *path, struct sm_buf *out)
{
	struct stat st;

	if (stat(path, &st) == 0 && S_ISREG(st.st_mode) && (st.st_mode & 077) != 0)
		return client_fault(c, EXIT_PERMISSION, "%s can be read or changed by other "
		    "users; mend it with `chmod 600 %s`", path, path);
	return input_slurp(c, out, path, SECRET_BYTES);
}

static int
secret_of_program(struct client *c, const char *command, struct sm_buf *out)
{
	const char *words[WORDS_MAX + 1] = { NULL };
	char *copy = strdup(command), *rest = copy;
	struct program p = { .seconds = PROGRAM_SECONDS, .max_out = SECRET_BYTES,
		.out = out, .has_terminal = true };
	size_t n = 0;
	int status;

	if (copy == NULL)
		return client_out_of_memory(c);
	while (n < WORDS_MAX && (words[n] = lines_word(&rest)) != NULL)
		n++;
	p.path = words[0];
	p.args = words + 1;
	status = n > 0 ? program_run(&p) : PROGRAM_MISSING;
	free(copy);
	return status == 0 ? 0 : client_fault(c, EXIT_PERMISSION, status == PROGRAM_MISSING ?
	    "there is no program \"%.100s\" to ask for the secret" : "\"%.100s\" gave no "
	    "secret", command);
}

static int
read_secret(const struct handover *h, const struct account *a, struct sm_buf *out)
{
	const char *file = config_value(h->cfg, a->file);
	const char *program = config_value(h->cfg, a->program);
	int rc = 0;

	if (file != NULL)
		rc = secret_of_file(h->c, file, out);
	else if (program != NULL)
		rc = secret_of_program(h->c, program, out);
	cut_line(out);
	return rc;
}

/* ---- the request ---- */

static int
put(struct sm_buf *job, const char *key, const char *value)
{
	if (value == NULL)
		return 0;
	return strpbrk(value, "\r\n") != NULL ? SM_E_USAGE :
	    sm_buf_printf(job, "%s %s\n", key, value);
}

static int
make_job(const struct handover *h, const struct account *a, uint64_t size,
    struct sm_buf *job)
{
	const char *folder = h->parcel->is_copy ? h->parcel->list[0].address + 5 : NULL;
	int rc = put(job, "kind", a->kind);

	if (rc == 0)
		rc = put(job, "url", a->url);
	if (rc == 0)
		rc = put(job, "sender", h->l->sender);
	if (rc == 0)
		rc = put(job, "folder", folder);
	if (rc == 0)
		rc = sm_buf_printf(job, "size %llu\n", (unsigned long long)size);
	if (rc == 0 && a->has_login)
		rc = put(job, "user", config_value(h->cfg, a->user));
	if (rc == 0 && a->has_login)
		rc = put(job, "auth", config_value(h->cfg, a->auth));
	if (rc == 0 && a->has_login)
		rc = put(job, "ca", config_value(h->cfg, a->ca));
	return rc == 0 ? 0 : client_out_of_memory(h->c);
}

static int
send_receivers(struct submission *s)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < s->count; i++)
		rc = helper_send(&s->helper, "to", sm_bytes_str(s->to[i]->address));
	return rc;
}

static int
send_request(struct submission *s, uint64_t size)
{
	struct sm_buf job = SM_BUF_INIT, secret = SM_BUF_SECRET_INIT;
	const struct account *a = s->account;
	int rc = make_job(s->h, a, size, &job);

	if (rc == 0 && a->has_login && config_value(s->h->cfg, a->user) != NULL)
		rc = read_secret(s->h, a, &secret);
	if (rc == 0)
		rc = helper_start(s->h->c, &s->helper, "sealmail-submit", NULL);
	if (rc == 0)
		rc = helper_send(&s->helper, "job", sm_buf_bytes(&job));
	if (rc == 0 && secret.len > 0)
		rc = helper_send(&s->helper, "secret", sm_buf_bytes(&secret));
	if (rc == 0)
		rc = send_receivers(s);
	if (rc == 0)
		rc = helper_send(&s->helper, "go", sm_bytes(NULL, 0));
	sm_buf_free(&secret);
	sm_buf_free(&job);
	return rc;
}

/* ---- the message, its lines ended by CRLF ---- */

/* The next bytes that go out; 0 at the end, -1 on a fault. */
static ssize_t
read_crlf(struct reader *r)
{
	ssize_t n, i, used = 0;

	do
		n = read(r->fd, r->in, PIECE_BYTES);
	while (n < 0 && errno == EINTR);
	for (i = 0; i < n; i++) {
		if (r->in[i] == '\n' && !r->cr)
			r->out[used++] = '\r';
		r->out[used++] = r->in[i];
		r->cr = r->in[i] == '\r';
	}
	return n < 0 ? -1 : used;
}

static int
rewind_reader(const struct handover *h, struct reader *r)
{
	r->cr = false;
	return lseek(r->fd, 0, SEEK_SET) == 0 ? 0 : client_fault(h->c, EXIT_IO,
	    "cannot read the queue: %s", strerror(errno));
}

/* IMAP wants to know it before. */
static int
measure(const struct handover *h, struct reader *r, uint64_t *size)
{
	int rc = rewind_reader(h, r);
	ssize_t n = 1;

	*size = 0;
	while (rc == 0 && n > 0) {
		n = read_crlf(r);
		*size += n > 0 ? (uint64_t)n : 0;
	}
	if (rc == 0 && n < 0)
		rc = client_fault(h->c, EXIT_IO, "cannot read the queue: %s", strerror(errno));
	return rc == 0 ? rewind_reader(h, r) : rc;
}

/* ---- the answers ---- */

static int
nonsense(const struct submission *s)
{
	return client_fault(s->h->c, EXIT_INTERNAL, "sealmail-submit speaks nonsense");
}

/* "0 never 550 no such user" */
static int
take_result(struct submission *s, struct sm_buf *body)
{
	char *state, *why;
	unsigned long n;

	if (sm_buf_append_byte(body, '\0') != 0)
		return client_out_of_memory(s->h->c);
	n = strtoul((const char *)body->data, &state, 10);
	why = *state == ' ' ? strchr(++state, ' ') : NULL;
	if (why == NULL || n >= s->count || s->to[n]->state != RECEIVER_PENDING)
		return nonsense(s);
	*why++ = '\0';
	if (strcmp(state, "done") != 0)
		return handover_note(s->h, s->to[n], strcmp(state, "never") != 0, "%s", why);
	handover_done(s->h, s->to[n]);
	return 0;
}

static int
give_more(struct submission *s)
{
	ssize_t n = read_crlf(&s->reader);

	if (n < 0)
		return client_fault(s->h->c, EXIT_IO, "cannot read the queue: %s",
		    strerror(errno));
	return helper_send(&s->helper, "data", sm_bytes(s->reader.out, (size_t)n));
}

static int
converse(struct submission *s)
{
	struct frame f = { .body = SM_BUF_INIT };
	bool ended = false;
	int rc = 0;

	while (rc == 0 && !ended) {
		rc = helper_receive(&s->helper, &f, ANSWER_BYTES, ANSWER_SECONDS);
		if (rc != 0)
			break;
		ended = strcmp(f.word, "end") == 0;
		if (strcmp(f.word, "more") == 0)
			rc = give_more(s);
		else if (strcmp(f.word, "result") == 0)
			rc = take_result(s, &f.body);
		else if (!ended)
			rc = nonsense(s);
	}
	sm_buf_free(&f.body);
	return rc;
}

/* ---- all of it ---- */

static struct account
account_of(const struct handover *h)
{
	const struct account imap = { "imap", config_value(h->cfg, CONFIG_IMAP),
		CONFIG_IMAP_USER, CONFIG_IMAP_AUTH, CONFIG_IMAP_PASSWORD_FILE,
		CONFIG_IMAP_PASSWORD_PROGRAM, CONFIG_IMAP_CA, true };
	const struct account smtp = { "smtp", h->l->target, CONFIG_SMTP_USER,
		CONFIG_SMTP_AUTH, CONFIG_SMTP_PASSWORD_FILE, CONFIG_SMTP_PASSWORD_PROGRAM,
		CONFIG_SMTP_CA, true };
	struct account lmtp = { .kind = "lmtp", .url = h->l->target };

	if (h->parcel->is_copy)
		return imap;
	return h->l->kind == DELIVER_SMTP ? smtp : lmtp;
}

static int
prepare(struct submission *s)
{
	struct parcel *p = s->h->parcel;
	size_t i;

	s->to = calloc(p->count, sizeof(struct receiver *));
	s->reader.in = malloc(PIECE_BYTES);
	s->reader.out = malloc(2 * (size_t)PIECE_BYTES);
	if (s->to == NULL || s->reader.in == NULL || s->reader.out == NULL)
		return client_out_of_memory(s->h->c);
	s->reader.fd = s->h->fd;
	for (i = 0; i < p->count; i++)
		if (p->list[i].state == RECEIVER_PENDING)
			s->to[s->count++] = &p->list[i];
	return 0;
}

int
deliver_by_submit(struct handover *h)
{
	struct account account = account_of(h);
	struct submission s = { .h = h, .account = &account, .helper = HELPER_INIT };
	uint64_t size;
	int rc;

	if (account.url == NULL)
		return handover_note(h, NULL, true, "the file config names no mail store; "
		    "write \"imap = imaps://HOST\"");
	if (account.has_login && options_has(&h->c->opt, OPT_OFFLINE))
		return handover_note(h, NULL, true, "--offline: no network is used");
	rc = prepare(&s);
	if (rc == 0)
		rc = measure(h, &s.reader, &size);
	if (rc == 0)
		rc = send_request(&s, size);
	if (rc == 0)
		rc = converse(&s);
	(void)helper_stop(&s.helper);
	/* Whatever is wrong here can be mended: the letter waits for that. */
	if (rc != 0)
		rc = handover_note(h, NULL, true, "%s", h->c->fault_text);
	free(s.reader.in);
	free(s.reader.out);
	free(s.to);
	return rc;
}
