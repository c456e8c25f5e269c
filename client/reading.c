#include "reading.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "contacts.h"
#include "home.h"
#include "input.h"
#include "json_place.h"
#include "judging.h"
#include "keys.h"
#include "mbox_watch.h"
#include "output.h"
#include "progress.h"
#include "secrets.h"

struct reading {
	struct client *c;
	const struct reading_plan *plan;
	struct input in;
	struct input detached;
	struct judging judging;
	struct keys keys;
	struct secrets secrets;
	struct sm_bytes *secret_views;
	struct output out;
	bool has_out;
	struct progress progress;
	struct mbox_watch mailbox;
	struct sm_open *open;
};

static bool
takes(const struct client *c, enum option_id id)
{
	return option_applies(&option_table[id], c->verb->id);
}

/* ---- everything that is needed before the first byte ---- */

static bool
wants_content(const struct reading *r)
{
	return r->plan->content || options_has(&r->c->opt, OPT_OUTPUT);
}

static bool
content_to_stdout(const struct reading *r)
{
	const char *path = options_value(&r->c->opt, OPT_OUTPUT);

	return wants_content(r) && (path == NULL || strcmp(path, "-") == 0);
}

static int
open_detached(struct reading *r)
{
	const char *path = options_value(&r->c->opt, OPT_CONTENT);
	int rc;

	if (path == NULL)
		return 0;
	rc = input_open(r->c, &r->detached, path);
	if (rc == 0 && strcmp(path, "-") == 0 && r->in.fd == STDIN_FILENO)
		rc = client_fault(r->c, EXIT_USAGE, "signature and content cannot both "
		    "come from standard input; name one of them as a file");
	return rc == 0 ? input_keep_all(r->c, &r->detached) : rc;
}

static int
read_secrets(struct reading *r)
{
	size_t i;
	int rc = secrets_read(r->c, &r->secrets, true);

	if (rc != 0)
		return rc;
	r->secret_views = calloc(r->secrets.count + 1, sizeof(*r->secret_views));
	if (r->secret_views == NULL)
		return client_out_of_memory(r->c);
	for (i = 0; i < r->secrets.count; i++)
		r->secret_views[i] = sm_buf_bytes(&r->secrets.list[i].value);
	return 0;
}

static int
read_keys(struct reading *r)
{
	int rc = keys_read(r->c, &r->keys, false);

	if (rc == 0 && !r->keys.uses_ring)
		rc = keys_for_opening(r->c, &r->keys);
	return rc == 0 ? read_secrets(r) : rc;
}

/* Something is encrypted: now the keyring is worth its reading. */
static int
find_keys(void *ctx, const struct sm_open_key **list, size_t *count)
{
	struct reading *r = ctx;

	if (keys_for_opening(r->c, &r->keys) != 0)
		return SM_E_SECRET;
	*list = r->keys.openers;
	*count = r->keys.opener_count;
	return 0;
}

static int
open_output(struct reading *r)
{
	if (!wants_content(r) || r->plan->sink != NULL)
		return 0;
	r->has_out = true;
	return output_open(r->c, &r->out, options_value(&r->c->opt, OPT_OUTPUT), false);
}

static int
prepare(struct reading *r)
{
	const char *name = r->plan->input != NULL ? r->plan->input : r->c->opt.operand;
	int rc = r->plan->judged != NULL ? 0 :
	    json_place_open(r->c, content_to_stdout(r));

	if (rc == 0)
		rc = input_open(r->c, &r->in, name);
	if (rc == 0)
		rc = open_detached(r);
	if (rc == 0 && takes(r->c, OPT_TRUST))
		rc = judging_begin(r->c, &r->judging);
	if (rc == 0 && takes(r->c, OPT_KEY))
		rc = read_keys(r);
	return rc == 0 ? open_output(r) : rc;
}

/* ---- the engine ---- */

static void
restart(void *ctx)
{
	output_restart(ctx);
}

static struct sm_open_options
engine_options(struct reading *r)
{
	struct sm_open_options o = sm_open_options_default();
	const struct options *given = &r->c->opt;

	o.mode = r->plan->mode;
	o.limits = r->c->limits;
	if (takes(r->c, OPT_TRUST))
		judging_options(&r->judging, &o);
	o.keys = r->keys.openers;
	o.key_count = r->keys.opener_count;
	if (r->keys.uses_ring) {
		o.find_keys = find_keys;
		o.find_keys_ctx = r;
	}
	o.secrets = r->secret_views;
	o.secret_count = r->secrets.count;
	o.now = r->c->now;
	o.from = options_value(given, OPT_FROM);
	o.archive = options_has(given, OPT_ARCHIVE);
	o.require_revocation = options_has(given, OPT_REQUIRE_REVOCATION);
	o.force = options_has(given, OPT_FORCE);
	o.unauthenticated = options_has(given, OPT_UNAUTHENTICATED);
	o.again = input_source(&r->in);
	if (options_has(given, OPT_CONTENT))
		o.detached = input_source(&r->detached);
	if (r->plan->sink != NULL)
		o.out = *r->plan->sink;
	if (r->has_out) {
		o.out = output_sink(&r->out);
		o.provisional = r->out.provisional;
		o.restart = restart;
		o.restart_ctx = &r->out;
	}
	o.progress = progress_tell;
	o.progress_ctx = &r->progress;
	return o;
}

static int
again_failed(struct reading *r, int error)
{
	return client_fault(r->c, EXIT_IO, "cannot read %s a second time: %s",
	    r->in.name, strerror(error));
}

static int
engine_fault(struct reading *r, int status)
{
	const struct sm_error *err = sm_open_error(r->open);

	progress_end(&r->progress);
	if (keys_fault(&r->keys) != 0)
		return keys_fault(&r->keys);
	if (r->judging.fault != 0)
		return r->judging.fault;
	if (r->has_out && output_failed(&r->out))
		return output_fault(r->c, &r->out);
	if (input_error(&r->in) != 0)
		return again_failed(r, input_error(&r->in));
	if (input_error(&r->detached) != 0)
		return again_failed(r, input_error(&r->detached));
	if (status == SM_E_CHANGED)
		return client_fault(r->c, EXIT_IO, "%s was changed by another program "
		    "while it was read; try again", r->in.name);
	return client_fault_error(r->c, exit_from_status(status), r->in.name, err, status);
}

static int
push(struct reading *r, struct sm_bytes piece)
{
	int status, rc = 0;

	mbox_watch(&r->mailbox, piece);
	if (sm_open_wants_again(r->open))
		rc = input_keep(r->c, &r->in, piece);
	if (rc != 0)
		return rc;
	status = sm_open_write(r->open, piece);
	if (status != 0)
		return engine_fault(r, status);
	if (!sm_open_wants_again(r->open))
		input_drop(&r->in);
	return 0;
}

/* Whoever shows a message has its header before anything else. */
static int
show_begin(struct reading *r)
{
	struct sm_bytes begin;
	int rc;

	if (r->plan->begin == NULL)
		return 0;
	rc = input_peek(r->c, &r->in, &begin);
	return rc == 0 ? r->plan->begin(r->plan->ctx, begin) : rc;
}

static int
run_engine(struct reading *r)
{
	struct sm_open_options o = engine_options(r);
	struct sm_bytes piece;
	int status, rc;

	status = sm_open_new(&r->open, &o);
	if (status != 0)
		return client_fault(r->c, exit_from_status(status), "%s",
		    sm_status_name(status));
	rc = show_begin(r);
	progress_start(&r->progress, r->c, r->in.size);
	while (rc == 0) {
		rc = input_read(r->c, &r->in, &piece);
		if (rc != 0 || piece.len == 0)
			break;
		rc = push(r, piece);
	}
	if (rc == 0) {
		status = sm_open_finish(r->open);
		rc = status != 0 ? engine_fault(r, status) : 0;
	}
	progress_end(&r->progress);
	return rc;
}

/* ---- what came of it ---- */

static int
stderr_write(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	/* Words that nobody can read are no reason to fail. */
	(void)fwrite(in.data, 1, in.len, stderr);
	return 0;
}

int
reading_tell(struct client *c, const struct sm_report *report)
{
	struct sm_sink words = { stderr_write, NULL };

	if (c->quiet)
		return 0;
	return sm_report_text(report, c->verbose, c->colour, &words) != 0 ?
	    client_out_of_memory(c) : 0;
}

static int
write_json(struct reading *r, const struct sm_report *report)
{
	struct sm_sink sink = json_place_sink(r->c);
	int status = sm_report_json(report, &sink);

	if (output_failed(r->c->json.out))
		return output_fault(r->c, r->c->json.out);
	if (status != 0)
		return client_out_of_memory(r->c);
	return json_place_done(r->c);
}

/* Somebody who waits for content is told why there is none, and what would
 * release it. */
static void
tell_withheld(const struct reading *r, int code)
{
	bool forceable = (code >= EXIT_INVALID && code <= EXIT_EXPIRED) ||
	    code == EXIT_WEAK;

	if (!r->has_out || sm_open_released(r->open))
		return;
	if (forceable && takes(r->c, OPT_FORCE))
		client_note(r->c, "nothing was written; --force writes it all the same "
		    "(the exit status stays %d)", code);
	if (code == EXIT_UNAUTHENTICATED)
		client_note(r->c, "nothing was written; --unauthenticated writes it all "
		    "the same (the exit status stays %d)", code);
}

/* Files that are named are all that is used (contract): nothing is kept then. */
static bool
keeps_book(const struct reading *r)
{
	const struct options *o = &r->c->opt;

	if (!takes(r->c, OPT_TRUST) || sm_open_report(r->open)->exit != 0 ||
	    !home_exists(r->c))
		return false;
	return options_has(o, OPT_HOME) || options_has(o, OPT_ID) ||
	    (!options_has(o, OPT_TRUST) && !options_has(o, OPT_KEY) &&
		!options_has(o, OPT_CERT));
}

/* Remember what the sender said of himself. The letter is good whether that
 * succeeds or not: a full disk is said, and no more. */
static int
remember_sender(struct reading *r)
{
	struct contacts *book = NULL;
	char *news = NULL;
	int rc, before = r->c->fault;

	if (!keeps_book(r))
		return 0;
	rc = contacts_open(r->c, &book);
	if (rc == 0)
		rc = contacts_harvest(book, r->open, &news);
	contacts_close(book);
	if (rc != 0) {
		client_note(r->c, "so the sender's certificate was not remembered");
		r->c->fault = before;
	}
	rc = news != NULL ? sm_open_advise(r->open, news) : 0;
	free(news);
	return rc != 0 ? client_out_of_memory(r->c) : 0;
}

/* Of a mailbox the first letter alone was judged. */
static int
tell_mailbox(struct reading *r)
{
	static const char text[] = "This is a mailbox file with several letters, and all "
	    "of this is about the first. Take them apart (git mailsplit, formail -s) and "
	    "look at each.";

	if (!r->mailbox.several)
		return 0;
	if (r->plan->mode == SM_OPEN_INSPECT)
		client_note(r->c, "%s", text);
	return sm_open_advise(r->open, text) != 0 ? client_out_of_memory(r->c) : 0;
}

static int
conclude(struct reading *r)
{
	const struct sm_report *report = sm_open_report(r->open);
	int rc = keys_fault(&r->keys);

	/* A key that is ours and was not had is another matter than no key. */
	if (rc != 0)
		return rc;
	if (r->plan->judged != NULL) {
		rc = r->plan->judged(r->plan->ctx, report, sm_open_released(r->open));
		if (rc == 0)
			rc = remember_sender(r);
		return rc != 0 ? rc : report->exit;
	}
	if (r->has_out && sm_open_released(r->open))
		rc = output_commit(r->c, &r->out);
	if (rc == 0)
		rc = remember_sender(r);
	if (rc == 0)
		rc = tell_mailbox(r);
	if (rc == 0)
		rc = r->plan->show != NULL ? r->plan->show(r->c, report) :
		    reading_tell(r->c, report);
	if (rc == 0 && r->plan->done != NULL)
		rc = r->plan->done(r->c, r->open);
	if (rc == 0)
		tell_withheld(r, report->exit);
	if (rc == 0 && r->c->json.wanted)
		rc = write_json(r, report);
	return rc != 0 ? rc : report->exit;
}

static void
give_back(struct reading *r)
{
	sm_open_free(r->open);
	if (r->has_out)
		output_close(&r->out);
	free(r->secret_views);
	secrets_free(&r->secrets);
	keys_free(&r->keys);
	judging_end(&r->judging);
	input_close(&r->detached);
	input_close(&r->in);
}

int
reading_run(struct client *c, const struct reading_plan *plan)
{
	struct reading r;
	int rc;

	memset(&r, 0, sizeof(r));
	r.c = c;
	r.plan = plan;
	r.in.fd = r.detached.fd = r.out.fd = -1;
	spool_init(&r.in.spool);
	spool_init(&r.detached.spool);
	rc = prepare(&r);
	if (rc == 0)
		rc = run_engine(&r);
	if (rc == 0)
		rc = conclude(&r);
	give_back(&r);
	return rc;
}
