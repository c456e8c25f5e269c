/* mutt-hook: the commands that mutt and neomutt start, as `sealmail mutt-rc` sets them.
 *
 * What they expect, and a manual does not say: a signature is good when the exit status
 * is 0 and the first line on standard error is "Verification successful"; of a command
 * that signs or encrypts only an empty output means failure, and every word on standard
 * error stops the user, so a success is silent; the passphrase is a line on standard
 * input; who signed is compared with the sender by asking for the certificate of the
 * whole message and then for its addresses, of which mutt compares as many letters as
 * the sender's address has: bob@example.org.evil.net would pass, if we left it to mutt. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <sealmail/export.h>

#include "detached.h"
#include "mutt_folder.h"
#include "output.h"
#include "reading.h"
#include "recipients.h"
#include "sealing.h"
#include "secrets.h"

enum { CERT_FILE_BYTES = 16 << 20 };

static const char sender_yes[] = "Sender: yes\n", sender_no[] = "Sender: no\n";

/* ---- verdicts ---- */

static int
tell(struct client *c, const struct sm_report *report)
{
	c->quiet = false;
	return reading_tell(c, report);
}

/* The line that mutt looks for, and the report. */
static int
tell_verdict(struct client *c, const struct sm_report *report)
{
	if (report->exit == EXIT_GOOD)
		fputs("Verification successful\n", stderr);
	return tell(c, report);
}

/* SIGNATURE CONTENT, both files */
static int
hook_verify(struct client *c)
{
	struct judged j = JUDGED_INIT;
	struct input content = { .fd = -1 };
	int rc;

	spool_init(&content.spool);
	rc = input_open(c, &content, c->opt.operands[2]);
	if (rc == 0)
		rc = detached_judge(c, &j, c->opt.operands[1], &content, NULL);
	if (rc == 0)
		rc = tell_verdict(c, sm_open_report(j.open));
	if (rc == 0) {
		fputs("  Sender:     the line at the bottom says whether it is the signer\n",
		    stderr);
		rc = sm_open_report(j.open)->exit;
	}
	judged_free(&j);
	input_close(&content);
	return rc;
}

/* FILE; the content goes to standard output */
static int
hook_verify_opaque(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_VERIFY, .content = true,
		.show = tell_verdict };

	c->opt.operand = c->opt.operands[1];
	return reading_run(c, &plan);
}

/* ---- decrypting ---- */

/* A word for the next reading, in a pipe: mutt gives it once, and it is read twice. */
struct word {
	struct sm_buf text;
	char number[16];
	int fd;
};

static int
word_take(struct client *c, struct word *w)
{
	const char *number = options_value(&c->opt, OPT_PASSPHRASE_FD);

	return number != NULL ? secret_read_line(c, &w->text, number) : 0;
}

static int
word_offer(struct client *c, struct word *w)
{
	int ends[2];

	if (w->text.len == 0) {
		/* Just Enter: the key has none, or the kernel remembers it. */
		options_turn(&c->opt, OPT_PASSPHRASE_FD, OPT_QUIET, NULL);
		return 0;
	}
	if (pipe(ends) != 0)
		return client_fault(c, EXIT_INTERNAL, "no pipe can be had");
	if (write(ends[1], w->text.data, w->text.len) != (ssize_t)w->text.len) {
		(void)close(ends[0]);
		ends[0] = -1;
	}
	(void)close(ends[1]);
	if (w->fd >= 0)
		(void)close(w->fd);
	w->fd = ends[0];
	(void)snprintf(w->number, sizeof(w->number), "%d", w->fd);
	options_turn(&c->opt, OPT_PASSPHRASE_FD, OPT_PASSPHRASE_FD, w->number);
	return w->fd >= 0 ? 0 : client_fault(c, EXIT_USAGE, "the passphrase is too long");
}

static void
word_wipe(struct word *w)
{
	sm_buf_free(&w->text);
	if (w->fd >= 0)
		(void)close(w->fd);
}

/* What mutt cannot say itself: why there is nothing, and that nobody signed. What was
 * signed inside mutt has judged next. */
static int
tell_whole(struct client *c, const struct sm_report *report)
{
	if (report->exit == EXIT_UNSIGNED || report->exit >= EXIT_NO_KEY)
		return tell(c, report);
	return 0;
}

static int
tell_nothing(struct client *c, const struct sm_report *report)
{
	(void)c;
	(void)report;
	return 0;
}

/* Everything inside is judged first: a layer whose cipher gives no integrity is
 * released when a signature inside covers all of it, and not before. */
static bool
may_release(const struct client *c, int code)
{
	return code <= EXIT_WEAK || (code == EXIT_UNAUTHENTICATED &&
	    options_has(&c->opt, OPT_UNAUTHENTICATED));
}

/* FILE; what is inside the outermost layer goes to standard output */
static int
hook_decrypt(struct client *c)
{
	const struct reading_plan judge = { .mode = SM_OPEN_ALL, .show = tell_whole };
	const struct reading_plan take = { .mode = SM_OPEN_DECRYPT, .content = true,
		.show = tell_nothing };
	struct word word = { SM_BUF_SECRET_INIT, "", -1 };
	int rc;

	c->opt.operand = c->opt.operands[1];
	rc = word_take(c, &word);
	if (rc == 0)
		rc = word_offer(c, &word);
	if (rc == 0)
		rc = reading_run(c, &judge);
	if (c->fault == 0 && may_release(c, rc)) {
		options_add(&c->opt, OPT_UNAUTHENTICATED, NULL);
		rc = word_offer(c, &word);
		c->quiet = true;
		if (rc == 0)
			rc = reading_run(c, &take);
		rc = rc == EXIT_UNAUTHENTICATED ? 0 : rc;
	}
	word_wipe(&word);
	return rc;
}

/* FILE; of a layer that mutt does not know: all of it for people to read */
static int
hook_view(struct client *c)
{
	c->quiet = false;
	c->opt.operand = c->opt.operands[0] = c->opt.operands[1];
	c->opt.operand_count = 1;
	c->verb = &verb_table[VERB_MAIL_SHOW];
	return verb_mail_show(c);
}

/* ---- sending ---- */

static const char *
last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash != NULL ? slash + 1 : path;
}

/* sha256, as openssl has it, to sha-256, as we and mail have it. */
static void
name_digest(struct client *c, char name[16])
{
	const char *given = options_value(&c->opt, OPT_DIGEST);

	if (given == NULL || strncmp(given, "sha", 3) != 0 || given[3] == '-')
		return;
	(void)snprintf(name, 16, "sha-%.10s", given + 3);
	options_turn(&c->opt, OPT_DIGEST, OPT_DIGEST, name);
}

static int
sign_as(struct client *c, const char *who)
{
	const struct sealing_plan plan = { .sign = true, .text = true };
	struct word word = { SM_BUF_SECRET_INIT, "", -1 };
	char digest[16];
	int rc = word_take(c, &word);

	if (rc == 0)
		rc = word_offer(c, &word);
	name_digest(c, digest);
	options_add(&c->opt, OPT_ID, who);
	options_add(&c->opt, OPT_FORM, "der");
	c->opt.operand = c->opt.operands[1];
	if (rc == 0)
		rc = sealing_run(c, &plan);
	word_wipe(&word);
	return rc;
}

/* FILE ID; a detached signature in DER goes to standard output */
static int
hook_sign(struct client *c)
{
	const char *id = last_part(c->opt.operands[2]);
	const struct mutt_person *who;
	struct mutt_folder f;
	int rc = mutt_folder_open(c, &f);

	if (rc == 0)
		rc = mutt_folder_read(&f);
	who = rc == 0 ? mutt_folder_find(&f, id) : NULL;
	if (rc == 0)
		rc = sign_as(c, who != NULL ? who->address : id);
	mutt_folder_close(&f);
	return rc;
}

/* One's own certificates lie in the folder; those of others are looked up. */
static int
add_recipient(struct client *c, const struct mutt_folder *f, const char *word,
    char **own)
{
	const struct mutt_person *who = mutt_folder_find(f, last_part(word));

	if (who == NULL)
		return client_fault(c, EXIT_RECIPIENT, "mutt named \"%s\" as a recipient, and "
		    "nobody is known by that ID; start mutt anew", word);
	if (!who->own) {
		options_add(&c->opt, OPT_RECIPIENT, who->address);
		return 0;
	}
	if (asprintf(own, "%s/%s", f->path, who->id) < 0) {
		*own = NULL;
		return client_out_of_memory(c);
	}
	options_add(&c->opt, OPT_RECIPIENT, *own);
	return 0;
}

/* FILE ID...; CMS in DER goes to standard output. mutt writes "enveloped-data" beside
 * it whatever it is: so that is what it gets. */
static int
hook_encrypt(struct client *c)
{
	const struct sealing_plan plan = { .encrypt = true, .text = true };
	char **own = calloc(c->opt.operand_count, sizeof(*own));
	struct mutt_folder f;
	size_t i;
	int rc = own == NULL ? client_out_of_memory(c) : 0;

	memset(&f, 0, sizeof(f));
	f.home.fd = f.dir.fd = -1;
	if (rc == 0)
		rc = mutt_folder_open(c, &f);
	if (rc == 0)
		rc = mutt_folder_read(&f);
	for (i = 2; rc == 0 && i < c->opt.operand_count; i++)
		rc = add_recipient(c, &f, c->opt.operands[i], &own[i]);
	if (!options_has(&c->opt, OPT_CIPHER))
		options_add(&c->opt, OPT_CIPHER, "aes-256-cbc");
	options_add(&c->opt, OPT_FORM, "der");
	c->opt.operand = c->opt.operands[1];
	if (rc == 0)
		rc = sealing_run(c, &plan);
	for (i = 0; own != NULL && i < c->opt.operand_count; i++)
		free(own[i]);
	free(own);
	mutt_folder_close(&f);
	return rc;
}

/* ---- who is the sender? ---- */

static int
put(struct client *c, struct sm_bytes text)
{
	struct output out;
	struct sm_sink sink;
	int rc = output_open_fd(c, &out, STDOUT_FILENO, "standard output");

	sink = output_sink(&out);
	if (rc == 0 && sm_sink_write(&sink, text) != 0)
		rc = output_fault(c, &out);
	if (rc == 0)
		rc = output_commit(c, &out);
	output_close(&out);
	return rc;
}

static int
put_certs(struct client *c, const char *before, struct sm_cert *const *list, size_t count)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = sm_buf_sink(&text);
	size_t i;
	int rc = sm_buf_append_str(&text, before);

	for (i = 0; rc == 0 && i < count; i++)
		rc = sm_export_pem("CERTIFICATE", sm_cert_der(list[i]), &sink);
	rc = rc != 0 ? client_out_of_memory(c) : put(c, sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc;
}

/* The certificate of the signer that the report speaks of. */
static struct sm_cert *
signer_of(const struct sm_open *open)
{
	const struct sm_report *report = sm_open_report(open);
	const struct sm_certs *certs = sm_open_certs(open);
	const char *wanted = NULL;
	char hex[65];
	size_t i, j;

	for (i = 0; i < report->layer_count; i++)
		if (report->layers[i].root && report->layers[i].signer_count > 0)
			wanted = report->layers[i].signers[0].sha256;
	for (i = 0; wanted != NULL && i < certs->count; i++) {
		for (j = 0; j < 32; j++)
			(void)snprintf(hex + 2 * j, 3, "%02x",
			    sm_cert_sha256(certs->list[i])[j]);
		if (strcmp(hex, wanted) == 0)
			return certs->list[i];
	}
	return NULL;
}

static int
give_signer(struct client *c, const struct sm_open *open)
{
	struct sm_cert *cert = signer_of(open);

	return put_certs(c, sm_open_report(open)->exit == EXIT_GOOD ? sender_yes :
	    sender_no, &cert, cert != NULL ? 1 : 0);
}

/* FILE, a whole message; who signed, and whether that is the sender */
static int
hook_signer_cert(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_ALL, .show = tell_nothing,
		.done = give_signer };

	c->opt.operand = c->opt.operands[1];
	return reading_run(c, &plan);
}

/* FILE, as hook_signer_cert wrote it; a line for each address that mutt may take for
 * the sender's. Never no line: mutt would think that the program is missing. */
static int
hook_cert_email(struct client *c)
{
	struct sm_buf text = SM_BUF_INIT, lines = SM_BUF_INIT;
	struct sm_certs certs = { NULL, 0, 0 };
	const char *mail;
	size_t i;
	bool is_sender;
	int rc = input_slurp(c, &text, c->opt.operands[1], CERT_FILE_BYTES);

	is_sender = text.len >= sizeof(sender_yes) - 1 &&
	    memcmp(text.data, sender_yes, sizeof(sender_yes) - 1) == 0;
	if (rc == 0 && is_sender)
		rc = keys_read_certs(c, &certs, c->opt.operands[1]);
	for (i = 0; rc == 0 && certs.count > 0 &&
	    (mail = sm_cert_mail(certs.list[0], i)) != NULL; i++)
		if (sm_buf_printf(&lines, "%s\n", mail) != 0)
			rc = client_out_of_memory(c);
	if (rc == 0 && lines.len == 0 &&
	    sm_buf_append_str(&lines, "(not the sender)\n") != 0)
		rc = client_out_of_memory(c);
	if (rc == 0)
		rc = put(c, sm_buf_bytes(&lines));
	sm_buf_free(&lines);
	sm_buf_free(&text);
	sm_certs_wipe(&certs);
	return rc;
}

/* ---- certificates ---- */

static int
give_certs(struct client *c, const struct sm_open *open)
{
	const struct sm_certs *certs = sm_open_certs(open);

	return put_certs(c, "", certs->list, certs->count);
}

/* FILE, a message or what this hook wrote; the certificates in it */
static int
hook_certs(struct client *c)
{
	const struct reading_plan plan = { .mode = SM_OPEN_INSPECT, .show = tell_nothing,
		.done = give_certs };
	struct sm_buf text = SM_BUF_INIT;
	static const char pem[] = "-----BEGIN CERTIFICATE";
	int rc = input_slurp(c, &text, c->opt.operands[1], 256 << 20);

	c->opt.operand = c->opt.operands[1];
	if (rc == 0 && text.len >= sizeof(pem) - 1 &&
	    memcmp(text.data, pem, sizeof(pem) - 1) == 0)
		rc = put(c, sm_buf_bytes(&text));
	else if (rc == 0)
		rc = reading_run(c, &plan);
	sm_buf_free(&text);
	return rc;
}

/* FILE of certificates, which the user took out of a message with "extract keys" */
static int
hook_import(struct client *c)
{
	c->quiet = false;
	c->opt.operand = c->opt.operands[0] = c->opt.operands[1];
	c->opt.operand_count = 1;
	c->verb = &verb_table[VERB_WHO_ADD];
	return verb_who_add(c);
}

static int
hook_index(struct client *c)
{
	struct mutt_folder f;
	int rc = mutt_folder_open(c, &f);

	if (rc == 0)
		rc = mutt_folder_refresh(&f);
	if (rc == 0)
		printf("%s\n", f.path);
	mutt_folder_close(&f);
	return rc;
}

/* ---- the table ---- */

static const struct hook {
	const char *name;
	size_t least;   /* operands, its name included */
	int (*run)(struct client *c);
} hooks[] = {
	{ "verify", 3, hook_verify },
	{ "verify-opaque", 2, hook_verify_opaque },
	{ "decrypt", 2, hook_decrypt },
	{ "view", 2, hook_view },
	{ "sign", 3, hook_sign },
	{ "encrypt", 3, hook_encrypt },
	{ "certs", 2, hook_certs },
	{ "signer-cert", 2, hook_signer_cert },
	{ "cert-email", 2, hook_cert_email },
	{ "import", 2, hook_import },
	{ "index", 1, hook_index },
};

int
verb_mutt_hook(struct client *c)
{
	size_t i;

	c->quiet = true;
	c->no_terminal = true;
	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		if (strcmp(hooks[i].name, c->opt.operand) == 0) {
			if (c->opt.operand_count < hooks[i].least)
				return client_fault(c, EXIT_USAGE, "mutt-hook %s needs the "
				    "words that `sealmail mutt-rc` gives it",
				    hooks[i].name);
			return hooks[i].run(c);
		}
	return client_fault(c, EXIT_USAGE, "mutt-hook knows no \"%s\"; `sealmail mutt-rc` "
	    "names those that are", c->opt.operand);
}
