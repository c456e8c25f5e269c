/* The messages of a letter, all of them made while it is read once: what is to be
 * encrypted is never written down in clear, so that it could be read again. */
#include "sending.h"

#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>

#include <mime/codec.h>

#include "label.h"

struct making {
	struct sending *s;
	struct parcel_file file;
	struct sm_seal_recipient *recipients;
	size_t recipient_count;
	struct sm_buf own_reads; /* capabilities: what this program reads */
	struct sm_seal *seal;    /* NULL: as it is */
	struct sm_error err;
	bool encrypt;
};

/* ---- for whom ---- */

/* An even choice below n (no remainder is likelier). */
static bool
choose_below(uint32_t n, uint32_t *out)
{
	uint32_t r, limit = UINT32_MAX - UINT32_MAX % n;

	do {
		if (getrandom(&r, sizeof(r), 0) != (ssize_t)sizeof(r))
			return false;
	} while (r >= limit);
	*out = r % n;
	return true;
}

/* The order of the header would tell who is who, and the writer would always be last
 * (Fisher and Yates). */
static int
shuffle(struct client *c, struct making *m)
{
	struct sm_seal_recipient swap;
	uint32_t at;
	size_t i;

	for (i = m->recipient_count; i > 1; i--) {
		if (!choose_below((uint32_t)i, &at))
			return client_fault(c, EXIT_INTERNAL, "the kernel gives no random "
			    "bytes");
		swap = m->recipients[at];
		m->recipients[at] = m->recipients[i - 1];
		m->recipients[i - 1] = swap;
	}
	return 0;
}

static void
add_recipient(struct making *m, struct sm_cert *cert, struct sm_bytes capabilities)
{
	size_t i;

	for (i = 0; i < m->recipient_count; i++)
		if (m->recipients[i].cert == cert)
			return;
	m->recipients[m->recipient_count].cert = cert;
	m->recipients[m->recipient_count++].capabilities = capabilities;
}

static int
collect_recipients(struct making *m, size_t group, bool is_copy)
{
	struct sending *s = m->s;
	size_t i;

	m->recipients = calloc(s->people.count + 1, sizeof(*m->recipients));
	if (m->recipients == NULL)
		return client_out_of_memory(s->c);
	for (i = 0; !is_copy && i < s->people.count; i++) {
		struct addressee *who = &s->people.list[i];

		if (who->group == group)
			add_recipient(m, who->choice.cert,
			    sm_buf_bytes(&who->choice.capabilities));
	}
	if (s->own != NULL) {
		struct sm_sink out = sm_buf_sink(&m->own_reads);

		/* A certificate that does not say so must not weaken all of one's mail. */
		if (sm_capabilities_own(&out) != 0)
			return client_out_of_memory(s->c);
		add_recipient(m, s->own, sm_buf_bytes(&m->own_reads));
	}
	return shuffle(s->c, m);
}

/* ---- the engine ---- */

static enum sm_seal_alg
alg(const struct options *o)
{
	const char *word = options_value(o, OPT_ALG);

	if (word == NULL || strcmp(word, "auto") == 0)
		return SM_SEAL_AUTO;
	if (strcmp(word, "strong") == 0)
		return SM_SEAL_STRONG;
	return strcmp(word, "compat") == 0 ? SM_SEAL_COMPAT : SM_SEAL_PQ;
}

static int
refused(struct making *m, int status)
{
	struct sending *s = m->s;
	int code = exit_from_status(status);

	if (keys_fault(&s->keys) != 0)
		return keys_fault(&s->keys);
	if (m->err.reason != NULL && strcmp(m->err.reason, "recipient-unusable") == 0)
		code = EXIT_RECIPIENT;
	else if (status == SM_E_UNSUPPORTED)
		code = EXIT_POLICY;
	return client_fault_error(s->c, code, NULL, &m->err, status);
}

static int
start_engine(struct making *m)
{
	struct sending *s = m->s;
	struct sm_seal_options o = sm_seal_options_default();
	struct sm_sink sink = parcel_sink(&m->file);
	int status;

	o.limits = s->c->limits;
	o.now = s->c->now;
	if (s->sign) {
		o.signers = s->keys.signers;
		o.signer_count = s->keys.signer_count;
		o.opaque = options_has(&s->c->opt, OPT_OPAQUE);
		o.digest = options_value(&s->c->opt, OPT_DIGEST);
		o.chain = &s->keys.carried;
		o.crls = s->crls.list;
		o.crl_count = s->crls.count;
	}
	o.recipients = m->recipients;
	o.recipient_count = m->recipient_count;
	o.alg = alg(&s->c->opt);
	o.cipher = options_value(&s->c->opt, OPT_CIPHER);
	if (o.signer_count == 0 && o.recipient_count == 0)
		return 0;
	status = sm_seal_new(&m->seal, &o, &sink, &m->err);
	return status != 0 ? refused(m, status) : 0;
}

static int
begin(struct making *m, struct sending *s, struct queued *l, size_t group,
    bool is_copy)
{
	size_t number, i;
	int rc = queued_add_parcel(l, is_copy, &number);

	m->s = s;
	m->encrypt = is_copy ? s->own != NULL && !s->as_it_is : s->encrypt;
	for (i = 0; rc == 0 && !is_copy && i < s->people.count; i++)
		if (s->people.list[i].group == group)
			rc = queued_add_receiver(l, number, s->people.list[i].address);
	if (rc == 0 && is_copy)
		rc = queued_add_receiver(l, number, s->sent);
	if (rc == 0)
		rc = parcel_create(l, number, &m->file);
	if (rc == 0 && m->encrypt)
		rc = collect_recipients(m, group, is_copy);
	return rc == 0 && !s->as_it_is ? start_engine(m) : rc;
}

static int
write_one(struct making *m, struct sm_bytes in)
{
	struct sm_sink sink = parcel_sink(&m->file);
	int status = m->seal != NULL ? sm_seal_write(m->seal, in) : sm_sink_write(&sink, in);

	if (status == 0)
		return 0;
	if (keys_fault(&m->s->keys) != 0)
		return keys_fault(&m->s->keys);
	if (m->file.error != 0)
		return parcel_finish(&m->file);
	return client_fault_error(m->s->c, exit_from_status(status), "the message", &m->err,
	    status);
}

static int
finish_one(struct making *m)
{
	int status = m->seal != NULL ? sm_seal_finish(m->seal) : 0;

	if (status != 0 && keys_fault(&m->s->keys) != 0)
		return keys_fault(&m->s->keys);
	if (status != 0 && m->file.error == 0)
		return client_fault_error(m->s->c, exit_from_status(status), "the message",
		    &m->err, status);
	return parcel_finish(&m->file);
}

static void
end(struct making *m)
{
	sm_seal_free(m->seal);
	free(m->recipients);
	sm_buf_free(&m->own_reads);
	if (m->file.held != NULL)
		parcel_close(&m->file);
}

/* ---- all of them at once ---- */

static int
write_to_all(struct making *list, size_t count, struct sm_bytes in)
{
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < count; i++)
		rc = write_one(&list[i], in);
	return rc;
}

static int
check_label(struct sending *s, const struct label_finder *label)
{
	size_t i;

	if (!label->found)
		return 0;
	if (!s->encrypt && !s->as_it_is)
		return client_fault(s->c, EXIT_POLICY, "a part of the letter carries a "
		    "security label (RFC 2634): it is confidential, and would go without "
		    "encryption; nothing was sent");
	s->letter.confidential = "a part of it carries a security label (RFC 2634)";
	for (i = 0; i < s->people.count; i++)
		if (s->people.list[i].how.confidential != SECRET_ALLOW)
			return sending_check(s);
	return 0;
}

/* The body on its way: as it is, or through a coder into all messages. */
struct body {
	struct making *list;
	size_t count;
	struct sm_canon canon;
	struct sm_encoder *coder;   /* NULL: as it is */
	struct sm_sink out, coded;
	int rc;                     /* exit status of a message that failed */
};

static int
body_write(void *ctx, struct sm_bytes in)
{
	struct body *b = ctx;

	b->rc = write_to_all(b->list, b->count, in);
	return b->rc == 0 ? 0 : SM_E_IO;
}

static int
coder_write(void *ctx, struct sm_bytes in)
{
	struct body *b = ctx;

	return sm_encoder_write(b->coder, in);
}

static int
body_begin(struct body *b, struct sending *s)
{
	bool crlf = memchr(s->letter.head.data, '\r', s->letter.head.len) != NULL;

	b->out = (struct sm_sink){ body_write, b };
	b->coded = (struct sm_sink){ coder_write, b };
	if (s->letter.recode && sm_encoder_new(&b->coder, SM_CTE_QP, crlf, &b->out) != 0)
		return client_out_of_memory(s->c);
	return write_to_all(b->list, b->count, sm_buf_bytes(&s->letter.head));
}

static int
body_put(struct body *b, struct client *c, struct sm_bytes in)
{
	int status = b->coder == NULL ? sm_sink_write(&b->out, in) :
	    sm_canon_write(&b->canon, in, &b->coded);

	return status == 0 ? 0 : b->rc != 0 ? b->rc : client_out_of_memory(c);
}

static int
body_end(struct body *b, struct client *c)
{
	int status = b->coder != NULL ? sm_encoder_finish(b->coder) : 0;

	return status == 0 ? 0 : b->rc != 0 ? b->rc : client_out_of_memory(c);
}

/* The first bytes were looked at already; what head stands for is left out of them. */
static int
push_letter(struct sending *s, struct making *list, size_t count)
{
	struct body b = { .list = list, .count = count };
	struct label_finder label = { 0 };
	size_t skip = s->letter.skip;
	struct sm_bytes piece;
	int rc = body_begin(&b, s);

	while (rc == 0) {
		rc = input_read(s->c, &s->in, &piece);
		if (rc != 0 || piece.len == 0)
			break;
		piece = sm_bytes_skip(piece, skip);
		skip = 0;
		label_look(&label, piece);
		rc = body_put(&b, s->c, piece);
	}
	if (rc == 0)
		rc = body_end(&b, s->c);
	sm_encoder_free(b.coder);
	return rc == 0 ? check_label(s, &label) : rc;
}

/* Each message holds a file open. */
static void
raise_file_limit(void)
{
	struct rlimit r;

	if (getrlimit(RLIMIT_NOFILE, &r) == 0 && r.rlim_cur < r.rlim_max) {
		r.rlim_cur = r.rlim_max < 4096 ? r.rlim_max : 4096;
		(void)setrlimit(RLIMIT_NOFILE, &r);
	}
}

int
sending_seal(struct sending *s, struct queued *l)
{
	/* What nobody can encrypt to oneself is not kept in clear. */
	bool copy = s->sent != NULL && (s->own != NULL || s->as_it_is || !s->encrypt);
	size_t i, count = s->groups + copy;
	struct making *list = calloc(count, sizeof(*list));
	int rc = list != NULL ? 0 : client_out_of_memory(s->c);

	raise_file_limit();
	if (rc == 0 && s->sign && !s->encrypt && !options_has(&s->c->opt, OPT_OPAQUE))
		rc = letter_recode(&s->letter);
	for (i = 0; rc == 0 && i < count; i++)
		list[i].file.fd = -1;
	for (i = 0; rc == 0 && i < count; i++)
		rc = begin(&list[i], s, l, i, i == s->groups);
	if (rc == 0)
		rc = push_letter(s, list, count);
	for (i = 0; rc == 0 && i < count; i++)
		rc = finish_one(&list[i]);
	for (i = 0; list != NULL && i < count; i++)
		end(&list[i]);
	free(list);
	return rc;
}
