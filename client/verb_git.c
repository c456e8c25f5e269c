/* git: signs and verifies commits, tags and pushes, as git asks of gpgsm.
 *
 * git starts gpg.x509.program as "sealmail-git --status-fd=2 -bsau KEY" with what is
 * to be signed on standard input, or as "sealmail-git --status-fd=1 --verify FILE -",
 * and believes the lines that begin with [GNUPG:] (doc/DETAILS of GnuPG). */
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include <base/der.h>
#include <sealmail/export.h>

#include "detached.h"
#include "output.h"
#include "reading.h"

enum { HEADER_BYTES = 64 << 10, STATUS_BYTES = 2000 };

/* ---- the status lines ---- */

/* Written at once, so that words on the same descriptor do not break a line. */
static int SM_PRINTF(3, 4)
status_line(struct client *c, int fd, const char *fmt, ...)
{
	char text[STATUS_BYTES] = "[GNUPG:] ";
	size_t len = strlen(text);
	va_list ap;

	if (fd < 0)
		return 0;
	va_start(ap, fmt);
	(void)vsnprintf(text + len, sizeof(text) - len - 1, fmt, ap);
	va_end(ap);
	client_make_printable(text);
	len = strlen(text);
	text[len++] = '\n';
	if (write(fd, text, len) != (ssize_t)len)
		return client_fault(c, EXIT_IO, "cannot write the status to file "
		    "descriptor %d: %s", fd, strerror(errno));
	return 0;
}

static int
status_fd(struct client *c, int *fd)
{
	const char *number = options_value(&c->opt, OPT_STATUS_FD);
	char *end;
	long n;

	*fd = -1;
	if (number == NULL)
		return 0;
	n = strtol(number, &end, 10);
	if (*end != '\0' || n < 1 || n > 65535)
		return client_fault(c, EXIT_USAGE, "--status-fd %s is not a file "
		    "descriptor", number);
	*fd = (int)n;
	return 0;
}

/* OpenPGP's numbers (RFC 9580 section 9), which the lines use for X.509 as well. */
static int
key_number(const char *algorithm)
{
	if (algorithm == NULL)
		return 0;
	if (strncmp(algorithm, "rsa", 3) == 0)
		return 1;
	return strncmp(algorithm, "ecdsa", 5) == 0 ? 19 :
	    strncmp(algorithm, "ed", 2) == 0 ? 22 : 0;
}

static int
digest_number(const char *digest)
{
	if (digest == NULL)
		return 0;
	return strstr(digest, "256") != NULL ? 8 : strstr(digest, "384") != NULL ? 9 :
	    strstr(digest, "512") != NULL ? 10 : 0;
}

/* ---- signing ---- */

/* "Alice Doe <alice@example.org>", as git names who commits, is the address; other
 * words are what -i takes. The result is to be freed. */
static char *
identity_of(const char *key)
{
	const char *from = strrchr(key, '<');
	const char *to = from != NULL ? strchr(from, '>') : NULL;

	if (to != NULL)
		return strndup(from + 1, (size_t)(to - from - 1));
	return strdup(strncmp(key, "0x", 2) == 0 ? key + 2 : key);
}

static int
write_signature(struct client *c, const struct sm_buf *der)
{
	struct output out;
	struct sm_sink sink;
	int rc = output_open_fd(c, &out, STDOUT_FILENO, "standard output");

	sink = output_sink(&out);
	if (rc == 0 && sm_export_pem("SIGNED MESSAGE", sm_buf_bytes(der), &sink) != 0)
		rc = output_failed(&out) ? output_fault(c, &out) : client_out_of_memory(c);
	if (rc == 0)
		rc = output_commit(c, &out);
	output_close(&out);
	return rc;
}

static void
fingerprint(char out[65], const struct sm_cert *cert)
{
	const uint8_t *digest = sm_cert_sha256(cert);
	size_t i;

	for (i = 0; i < 32; i++)
		(void)snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

static int
say_created(struct client *c, int fd, const struct detached *d)
{
	const char *made = sm_seal_choice(d->seal)->signature;
	char print[65];

	fingerprint(print, d->keys.signers[0].cert);
	return status_line(c, fd, "SIG_CREATED D %d %d 00 %" PRId64 " %s",
	    key_number(made), digest_number(made), c->now, print);
}

static int
sign(struct client *c, int fd)
{
	struct detached d = DETACHED_INIT;
	struct input in = { .fd = -1 };
	int rc;

	spool_init(&in.spool);
	rc = status_line(c, fd, "BEGIN_SIGNING");
	if (rc == 0)
		rc = input_open(c, &in, NULL);
	if (rc == 0)
		rc = detached_sign(c, &d, &in);
	if (rc == 0)
		rc = write_signature(c, &d.der);
	if (rc == 0)
		rc = say_created(c, fd, &d);
	detached_free(&d);
	input_close(&in);
	return rc;
}

static int
sign_as(struct client *c, int fd)
{
	const char *key = options_value(&c->opt, OPT_LOCAL_USER);
	char *who;
	int rc;

	if (!options_has(&c->opt, OPT_DETACH_SIGN))
		return client_fault(c, EXIT_USAGE, "git signs beside its objects: -b is "
		    "missing");
	if (key == NULL || options_has(&c->opt, OPT_KEY))
		return sign(c, fd);
	who = identity_of(key);
	if (who == NULL)
		return client_out_of_memory(c);
	options_turn(&c->opt, OPT_LOCAL_USER, OPT_ID, who);
	rc = sign(c, fd);
	if (rc == EXIT_NO_KEY)
		client_note(c, "git names the committer unless `git config "
		    "user.signingKey ADDRESS` names the key");
	free(who);
	return rc;
}

/* ---- verifying ---- */

static bool
is_author_line(const char *line)
{
	return strncmp(line, "committer ", 10) == 0 || strncmp(line, "tagger ", 7) == 0 ||
	    strncmp(line, "pusher ", 7) == 0;
}

static char *
address_of_line(const char *line, const char *end)
{
	const char *from = memchr(line, '<', (size_t)(end - line));
	const char *to = from != NULL ? memrchr(from, '>', (size_t)(end - from)) : NULL;

	return strndup(to != NULL ? from + 1 : line,
	    (size_t)(to != NULL ? to - from - 1 : end - line));
}

/* The address of "committer Alice <alice@example.org> 1795511682 +0000", of a tag's
 * tagger or of a push's pusher, in the header of the object. Where there are several,
 * git shows another than the first: all of them together are nobody's address. NULL
 * when there is none; to be freed. */
static char *
author_of(const char *object)
{
	const char *line = object, *end, *first = NULL, *first_end = NULL;

	for (; *line != '\0' && *line != '\n'; line = *end != '\0' ? end + 1 : end) {
		end = line + strcspn(line, "\n");
		if (!is_author_line(line))
			continue;
		if (first != NULL)
			return strdup("several committers");
		first = line;
		first_end = end;
	}
	return first != NULL ? address_of_line(first, first_end) : NULL;
}

static int
read_author(struct client *c, struct input *content, char **author)
{
	struct sm_source src;
	char *head;
	size_t n = 0;
	int rc = input_keep_all(c, content);

	if (rc != 0)
		return rc;
	head = malloc(HEADER_BYTES + 1);
	if (head == NULL)
		return client_out_of_memory(c);
	src = input_source(content);
	if (src.read_at(src.ctx, 0, head, HEADER_BYTES, &n) != 0)
		rc = client_fault(c, EXIT_IO, "cannot read %s a second time: %s",
		    content->name, strerror(input_error(content)));
	head[n] = '\0';
	if (rc == 0)
		*author = author_of(head);
	free(head);
	return rc;
}

/* git's letters: G, U (trust), X and Y (expired), R, B, E. */
static const char *
verdict_word(int exit)
{
	switch (exit) {
	case EXIT_GOOD:
	case EXIT_UNTRUSTED:
	case EXIT_NOT_FROM_SENDER:
	case EXIT_LATER:
		return "GOODSIG";
	case EXIT_EXPIRED:
		return "EXPKEYSIG";
	case EXIT_REVOKED:
		return "REVKEYSIG";
	default:
		return "BADSIG";
	}
}

static int
say_valid(struct client *c, int fd, const struct sm_report_signer *s)
{
	time_t at = (time_t)s->signed_at;
	char day[16] = "1970-01-01";
	struct tm tm;

	if (s->has_signed_at && gmtime_r(&at, &tm) != NULL)
		(void)strftime(day, sizeof(day), "%Y-%m-%d", &tm);
	return status_line(c, fd, "VALIDSIG %s %s %" PRId64 " 0 3 0 %d %d 00 %s", s->sha256,
	    day, s->has_signed_at ? s->signed_at : 0, key_number(s->algorithm),
	    digest_number(s->digest), s->sha256);
}

static int
say_verdict(struct client *c, int fd, const struct sm_report *report)
{
	const struct sm_report_layer *layer = report->layer_count > 0 ?
	    &report->layers[0] : NULL;
	const struct sm_report_signer *s = layer != NULL && layer->signer_count > 0 ?
	    &layer->signers[0] : NULL;
	const char *word = verdict_word(report->exit);
	int rc;

	if (s == NULL || s->sha256 == NULL)
		return status_line(c, fd, "ERRSIG 0 0 0 00 0 9");
	rc = status_line(c, fd, "NEWSIG");
	if (rc == 0)
		rc = status_line(c, fd, "%s %s %s", word, s->sha256, s->subject);
	if (rc != 0 || strcmp(word, "BADSIG") == 0)
		return rc;
	rc = say_valid(c, fd, s);
	if (rc == 0 && report->exit == EXIT_GOOD)
		return status_line(c, fd, "TRUST_FULLY 0");
	return rc == 0 ? status_line(c, fd, report->exit == EXIT_UNTRUSTED ?
	    "TRUST_UNDEFINED 0" : "TRUST_NEVER 0") : rc;
}

static int
tell(struct client *c, int fd, const struct sm_report *report)
{
	int rc = say_verdict(c, fd, report);

	if (rc == 0)
		rc = reading_tell(c, report);
	return rc != 0 ? rc : report->exit;
}

static int
verify(struct client *c, int fd)
{
	struct judged j = JUDGED_INIT;
	struct input content = { .fd = -1 };
	char *author = NULL;
	int rc;

	spool_init(&content.spool);
	if (c->opt.operand_count != 2)
		return client_fault(c, EXIT_USAGE, "--verify takes the file of the "
		    "signature, and a dash or the file that it is about");
	rc = input_open(c, &content, c->opt.operands[1]);
	if (rc == 0)
		rc = read_author(c, &content, &author);
	if (rc == 0)
		rc = detached_judge(c, &j, c->opt.operands[0], &content, author);
	if (rc == 0)
		rc = tell(c, fd, sm_open_report(j.open));
	judged_free(&j);
	free(author);
	input_close(&content);
	return rc;
}

int
verb_git(struct client *c)
{
	int fd, rc = status_fd(c, &fd);

	if (rc != 0)
		return rc;
	if (options_has(&c->opt, OPT_VERIFY))
		return verify(c, fd);
	if (c->opt.operand_count > 0)
		return client_fault(c, EXIT_USAGE, "what is signed comes from standard "
		    "input; \"%s\" is too much", c->opt.operand);
	return sign_as(c, fd);
}
