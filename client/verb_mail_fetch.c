/* sealmail mail fetch: new messages of a mail server's folder into a Maildir. They stay
 * on the server, unread; what was fetched once is not fetched again, whatever became of
 * it here. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <base/json.h>

#include "delivery.h"
#include "home.h"
#include "json_place.h"
#include "mail_server.h"
#include "output.h"

enum { STATE_MAX = 200 };

struct fetching {
	struct client *c;
	struct mail_server server;
	struct private_dir home, dir;
	char *maildir;
	char state[40];           /* file in HOME/mail: "VALIDITY UID" */
	uint64_t validity, last;
	struct sm_buf uids;
	unsigned count;
};

/* ---- what was fetched before ---- */

static int
read_state(struct fetching *f)
{
	struct sm_buf text = SM_BUF_INIT;
	char *end;
	bool there;
	int rc = private_read(f->c, &f->dir, f->state, STATE_MAX, &text, &there);

	if (rc == 0 && there && sm_buf_append_byte(&text, 0) != 0)
		rc = client_out_of_memory(f->c);
	if (rc == 0 && there) {
		f->validity = strtoull((char *)text.data, &end, 10);
		f->last = strtoull(end, NULL, 10);
	}
	sm_buf_free(&text);
	return rc;
}

static int
write_state(struct fetching *f)
{
	char text[STATE_MAX];

	(void)snprintf(text, sizeof(text), "%llu %llu\n", (unsigned long long)f->validity,
	    (unsigned long long)f->last);
	return private_write(f->c, &f->dir, f->state, sm_bytes_str(text));
}

static int
open_state(struct fetching *f)
{
	struct sm_buf both = SM_BUF_INIT;
	int rc = home_open(f->c, &f->home, true);

	if (rc == 0)
		rc = private_open_in(f->c, &f->dir, &f->home, "mail", true);
	/* The same folder may be fetched into several Maildirs. */
	if (rc == 0 && sm_buf_printf(&both, "%s\n%s%c", f->server.url, f->maildir, 0) != 0)
		rc = client_out_of_memory(f->c);
	if (rc == 0)
		(void)snprintf(f->state, sizeof(f->state), "%016llx.imap",
		    (unsigned long long)mail_name_hash((char *)both.data));
	sm_buf_free(&both);
	return rc;
}

/* ---- messages ---- */

/* Named by where it comes from, so that two runs at once make one file. The state
 * follows when the message is on the disk. */
static int
fetch_one(struct fetching *f, const char *uid)
{
	char name[100];
	int fd, rc = mail_server_get(&f->server, uid, &fd);

	if (rc != 0)
		return rc;
	(void)snprintf(name, sizeof(name), "%lld.V%lluU%sH%.16s.sealmail",
	    (long long)f->c->now, (unsigned long long)f->validity, uid, f->state);
	rc = maildir_put(f->maildir, name, fd, false);
	(void)close(fd);
	if (rc != 0)
		return client_fault(f->c, EXIT_IO, "cannot put a message into %s: %s",
		    f->maildir, strerror(-rc));
	f->last = strtoull(uid, NULL, 10);
	f->count++;
	return write_state(f);
}

static int
fetch_news(struct fetching *f)
{
	char *at, *uid;
	int rc = mail_server_news(&f->server, f->last, &f->validity, &f->uids);

	if (rc == 0 && sm_buf_append_byte(&f->uids, 0) != 0)
		rc = client_out_of_memory(f->c);
	at = rc == 0 ? (char *)f->uids.data : NULL;
	while (rc == 0 && (uid = strsep(&at, " ")) != NULL)
		if (mail_is_number(uid))
			rc = fetch_one(f, uid);
	return rc;
}

static int
tell(struct fetching *f)
{
	struct sm_sink sink = json_place_sink(f->c);
	struct sm_buf text = SM_BUF_INIT;
	struct sm_json j;
	int rc = 0;

	client_note(f->c, "%u new messages in %s", f->count, f->maildir);
	if (!f->c->json.wanted)
		return 0;
	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "maildir");
	sm_json_string(&j, f->maildir);
	sm_json_key(&j, "fetched");
	sm_json_int(&j, f->count);
	sm_json_object_end(&j);
	if (sm_json_status(&j) != 0 || sm_buf_append_byte(&text, '\n') != 0)
		rc = client_out_of_memory(f->c);
	else if (sm_sink_write(&sink, sm_buf_bytes(&text)) != 0)
		rc = output_fault(f->c, f->c->json.out);
	sm_buf_free(&text);
	return rc == 0 ? json_place_done(f->c) : rc;
}

int
verb_mail_fetch(struct client *c)
{
	struct fetching f;
	int lock = -1, rc = json_place_open(c, false);

	memset(&f, 0, sizeof(f));
	f.c = c;
	f.home = f.dir = (struct private_dir)PRIVATE_DIR_INIT;
	f.server.helper = (struct helper)HELPER_INIT;
	if (rc == 0)
		rc = mail_find_maildir(c, &f.maildir);
	if (rc == 0)
		rc = mail_server_open(c, &f.server);
	if (rc == 0)
		rc = open_state(&f);
	if (rc == 0)
		rc = private_lock(c, &f.dir, &lock);
	/* Another run may have fetched while this one waited. */
	if (rc == 0)
		rc = read_state(&f);
	if (rc == 0)
		rc = fetch_news(&f);
	if (rc == 0)
		rc = tell(&f);
	if (lock >= 0)
		(void)close(lock);
	mail_server_close(&f.server);
	private_close(&f.dir);
	private_close(&f.home);
	sm_buf_free(&f.uids);
	free(f.maildir);
	return rc;
}
