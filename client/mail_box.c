#include "mail_box.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config.h"
#include "home.h"
#include "mail_server.h"

enum { ROW_FIELDS = 12, NUMBER_CHARS = 18 };

/* ---- which Maildir ---- */

static int
from_config(struct client *c, char **out)
{
	struct config cfg = { NULL, 0 };
	const char *value;
	int rc = config_read(c, &cfg);

	value = rc == 0 ? config_value(&cfg, CONFIG_MAILBOX) : NULL;
	if (value != NULL && (*out = strdup(value)) == NULL)
		rc = client_out_of_memory(c);
	config_free(&cfg);
	return rc;
}

static char *
usual_place(void)
{
	char *home = home_of_user(), *out = NULL;

	if (home != NULL && asprintf(&out, "%s/Maildir", home) < 0)
		out = NULL;
	free(home);
	if (out != NULL && access(out, F_OK) != 0) {
		free(out);
		out = NULL;
	}
	return out;
}

bool
mail_uses_home(const struct client *c)
{
	return options_has(&c->opt, OPT_HOME) || options_has(&c->opt, OPT_ID) ||
	    !(options_has(&c->opt, OPT_KEY) || options_has(&c->opt, OPT_CERT) ||
		options_has(&c->opt, OPT_TRUST));
}

/* What is fetched needs a place. A folder that cannot be made is noticed later. */
static void
make_maildir(const char *path)
{
	static const char *const subs[] = { "", "/new", "/cur", "/tmp" };
	char *full;

	for (size_t i = 0; i < sizeof(subs) / sizeof(subs[0]); i++) {
		if (asprintf(&full, "%s%s", path, subs[i]) < 0)
			return;
		(void)mkdir(full, 0700);
		free(full);
	}
}

int
mail_find_maildir(struct client *c, char **out)
{
	const char *given = options_value(&c->opt, OPT_MAILDIR);
	char *path = NULL;
	int rc = 0;

	if (given == NULL)
		given = getenv("MAILDIR");
	if (given != NULL && *given != '\0')
		path = strdup(given);
	else if (mail_uses_home(c))
		rc = from_config(c, &path);
	if (rc == 0 && path == NULL && (given == NULL || *given == '\0'))
		path = usual_place();
	if (rc == 0 && path == NULL)
		return client_fault(c, EXIT_NO_INPUT, "which Maildir? Name it: --maildir DIR, or "
		    "MAILDIR in the environment, or \"mailbox = DIR\" in the file config "
		    "under --home");
	if (rc == 0) {
		if (c->verb->id == VERB_MAIL_FETCH)
			make_maildir(path);
		*out = realpath(path, NULL);
		if (*out == NULL)
			rc = client_fault(c, EXIT_NO_INPUT, "cannot read %s: %s", path,
			    strerror(errno));
	}
	free(path);
	return rc;
}

/* ---- its index ---- */

/* FNV-1a. */
uint64_t
mail_name_hash(const char *text)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *text != '\0'; text++)
		h = (h ^ (uint8_t)*text) * UINT64_C(0x100000001b3);
	return h;
}

static int
find_index(struct client *c, struct mail_box *b)
{
	struct private_dir home = PRIVATE_DIR_INIT, dir = PRIVATE_DIR_INIT;
	int rc = 0;

	if (mail_uses_home(c)) {
		rc = home_open(c, &home, true);
		if (rc == 0)
			rc = private_open_in(c, &dir, &home, "mail", true);
		if (rc == 0 && asprintf(&b->index, "%s/%016" PRIx64 ".db", dir.path,
			mail_name_hash(b->path)) < 0) {
			b->index = NULL;
			rc = client_out_of_memory(c);
		}
	} else if ((b->index = strdup("")) == NULL)
		rc = client_out_of_memory(c);
	private_close(&dir);
	private_close(&home);
	return rc;
}

int
mail_box_open(struct client *c, struct mail_box *b)
{
	const char *args[] = { "box", NULL, NULL, NULL };
	int rc;

	memset(b, 0, sizeof(*b));
	b->c = c;
	b->helper = (struct helper)HELPER_INIT;
	rc = mail_find_maildir(c, &b->path);
	if (rc == 0)
		rc = find_index(c, b);
	if (rc != 0)
		return rc;
	args[1] = b->path;
	args[2] = b->index;
	return helper_start(c, &b->helper, "sealmail-mail", args);
}

void
mail_box_close(struct mail_box *b)
{
	(void)helper_stop(&b->helper);
	free(b->path);
	free(b->index);
	memset(b, 0, sizeof(*b));
	b->helper = (struct helper)HELPER_INIT;
}

/* ---- rows ---- */

static bool
next_text(struct sm_bytes *rest, const char **text)
{
	const uint8_t *end = rest->len > 0 ? memchr(rest->data, 0, rest->len) : NULL;

	if (end == NULL)
		return false;
	*text = (const char *)rest->data;
	*rest = sm_bytes_skip(*rest, (size_t)(end - rest->data) + 1);
	return true;
}

static struct mail_row
row_of(const char *const t[ROW_FIELDS])
{
	return (struct mail_row){
		.number = strtoll(t[0], NULL, 10), .date = strtoll(t[1], NULL, 10),
		.size = strtoll(t[2], NULL, 10), .kind = t[3],
		.verdict = (int)strtol(t[4], NULL, 10),
		.judged_at = strtoll(t[5], NULL, 10), .signer = t[6], .file = t[7],
		.from = t[8], .to = t[9], .subject = t[10], .id = t[11],
	};
}

int
mail_take_rows(struct client *c, struct sm_bytes rest, mail_row_fn fn, void *ctx)
{
	const char *t[ROW_FIELDS];
	struct mail_row row;
	size_t i;
	int rc = 0;

	while (rc == 0 && rest.len > 0) {
		for (i = 0; i < ROW_FIELDS && next_text(&rest, &t[i]); i++)
			;
		if (i < ROW_FIELDS)
			return client_fault(c, EXIT_INTERNAL, "sealmail-mail gave half a "
			    "message");
		row = row_of(t);
		rc = fn(ctx, &row);
	}
	return rc;
}

int
mail_box_ask(struct mail_box *b, const char *word, struct sm_bytes body,
    mail_row_fn fn, void *ctx, long long *skipped)
{
	struct frame f = { .body = SM_BUF_INIT };
	int rc = helper_send(&b->helper, word, body);

	while (rc == 0) {
		rc = mail_receive(b->c, &b->helper, &f);
		if (rc != 0 || strcmp(f.word, "end") == 0)
			break;
		if (strcmp(f.word, "rows") == 0 && fn != NULL)
			rc = mail_take_rows(b->c, sm_buf_bytes(&f.body), fn, ctx);
		else if (strcmp(f.word, "skipped") == 0 && skipped != NULL && f.body.len > 0 &&
		    f.body.data[f.body.len - 1] == 0)
			*skipped = strtoll((const char *)f.body.data, NULL, 10);
	}
	sm_buf_free(&f.body);
	return rc;
}

/* ---- one message ---- */

bool
mail_is_number(const char *word)
{
	size_t n = strspn(word, "0123456789");

	return n > 0 && n <= NUMBER_CHARS && word[n] == '\0';
}

struct wanted {
	struct mail_box *b;
	char **path;
};

/* The helper reads hostile mail: it does not say where we read. */
static int
take_path(void *ctx, const struct mail_row *row)
{
	struct wanted *w = ctx;
	const char *name = row->file + 4;

	if ((strncmp(row->file, "new/", 4) != 0 && strncmp(row->file, "cur/", 4) != 0) ||
	    strchr(name, '/') != NULL || *name == '.' || *w->path != NULL)
		return client_fault(w->b->c, EXIT_INTERNAL, "%s names no message",
		    w->b->helper.name);
	if (asprintf(w->path, "%s/%s", w->b->path, row->file) < 0) {
		*w->path = NULL;
		return client_out_of_memory(w->b->c);
	}
	return 0;
}

int
mail_box_find(struct mail_box *b, const char *number, char **path)
{
	struct wanted w = { b, path };
	char body[64];
	int rc;

	*path = NULL;
	(void)snprintf(body, sizeof(body), "number=%s\n", number);
	rc = mail_box_ask(b, "find", sm_bytes_str(body), take_path, &w, NULL);
	if (rc == 0 && *path == NULL)
		rc = client_fault(b->c, EXIT_NO_INPUT, "there is no message %s in %s", number,
		    b->path);
	return rc;
}

int
mail_box_judged(struct mail_box *b, const char *number, int exit_code,
    const char *signer)
{
	struct sm_buf body = SM_BUF_INIT;
	int rc = sm_buf_printf(&body, "number=%s\nexit=%d\nat=%lld\nsigner=%s\n", number,
	    exit_code, (long long)b->c->now, signer != NULL && strchr(signer, '\n') == NULL ?
	    signer : "");

	if (rc != 0)
		rc = client_out_of_memory(b->c);
	else
		rc = mail_box_ask(b, "judged", sm_buf_bytes(&body), NULL, NULL, NULL);
	sm_buf_free(&body);
	return rc;
}

/* What a server keeps is read from memory: /proc names the file without a name, which
 * lasts as long as this program. */
static int
find_on_server(struct client *c, const char *uid, char **path)
{
	struct mail_server server;
	int fd = -1, rc;

	if (!mail_is_number(uid))
		return client_fault(c, EXIT_USAGE, "with --imap a message is named by its "
		    "number; `sealmail mail list` shows it");
	rc = mail_server_open(c, &server);
	if (rc == 0)
		rc = mail_server_get(&server, uid, &fd);
	mail_server_close(&server);
	if (rc == 0 && asprintf(path, "/proc/self/fd/%d", fd) < 0) {
		*path = NULL;
		rc = client_out_of_memory(c);
	}
	return rc;
}

int
mail_find_operand(struct client *c, char **path)
{
	const char *which = c->opt.operand;
	struct mail_box box;
	int rc;

	*path = NULL;
	if (which == NULL)
		return 0;
	if (mail_server_wanted(c))
		return find_on_server(c, which, path);
	if (!mail_is_number(which)) {
		*path = strdup(which);
		return *path != NULL ? 0 : client_out_of_memory(c);
	}
	rc = mail_box_open(c, &box);
	if (rc == 0)
		rc = mail_box_find(&box, which, path);
	mail_box_close(&box);
	return rc;
}
