/* sealmail mail reply, mail forward: a draft to be finished and sent.
 *
 * Who gets it is decided here. To whom a reply goes follows Reply-To, which anybody on
 * the way can write where it is not protected: for a letter that was encrypted, an
 * unprotected Reply-To that leads elsewhere is not followed, because whoever sets it
 * would be sent the quoted text. */
#include <stdlib.h>
#include <unistd.h>

#include <base/json.h>
#include <base/try.h>
#include <sealmail/address.h>

#include "json_place.h"
#include "keyring.h"
#include "mail_box.h"
#include "mail_edit.h"
#include "mail_letter.h"
#include "mail_words.h"
#include "output.h"
#include "plain_text.h"

enum { PEOPLE_MAX = 2000 };

struct person {
	char *field, *name, *addr;
	bool is_protected;
	bool chosen;  /* gets the answer */
};

struct answer {
	struct client *c;
	bool forward;
	struct person *people;
	size_t count;
	struct keyring ring;   /* whose addresses are one's own */
	bool has_ring;
	struct sm_buf request; /* for the helper */
	struct frame f;
	struct output out;
	struct sm_sink sink;
	struct sm_buf draft;   /* for --edit */
};

/* ---- people ---- */

static bool
same(const char *x, const char *y)
{
	return sm_address_equal(sm_bytes_str(x), sm_bytes_str(y));
}

/* The sender is who the verdict speaks about, read strictly. */
static bool
is_sender(const struct sm_report *r, const char *addr)
{
	for (char **f = r->from; f != NULL && *f != NULL; f++)
		if (same(*f, addr))
			return true;
	return false;
}

static int
keep_person(struct answer *a, const struct sm_report *r, const struct mail_texts *t)
{
	struct person *p;

	/* What is no address to the end is nobody: GMime is more generous. */
	if (!sm_address_valid(sm_bytes_str(t->text[2])) || a->count == PEOPLE_MAX ||
	    (strcmp(t->text[0], "From") == 0 && !is_sender(r, t->text[2])))
		return 0;
	p = realloc(a->people, (a->count + 1) * sizeof(*p));
	if (p == NULL)
		return SM_E_NOMEM;
	a->people = p;
	p += a->count++;
	memset(p, 0, sizeof(*p));
	p->field = strdup(t->text[0]);
	p->name = strdup(t->text[1]);
	p->addr = strdup(t->text[2]);
	p->is_protected = strcmp(t->text[3], "protected") == 0;
	return p->field != NULL && p->name != NULL && p->addr != NULL ? 0 : SM_E_NOMEM;
}

static int
ask_people(struct answer *a, struct mail_letter *m)
{
	struct mail_texts t;
	int rc = helper_send(&m->helper, "people", sm_bytes(NULL, 0));

	while (rc == 0) {
		rc = mail_receive(a->c, &m->helper, &a->f);
		if (rc != 0 || strcmp(a->f.word, "end") == 0)
			break;
		rc = mail_texts(a->c, &t, &a->f);
		if (rc == 0 && strcmp(a->f.word, "person") == 0 && keep_person(a, m->report, &t) != 0)
			rc = client_out_of_memory(a->c);
	}
	return rc;
}

static bool
is_own(const struct answer *a, const char *addr)
{
	size_t i, n;

	for (i = 0; a->has_ring && i < a->ring.count; i++)
		for (n = 0; n < a->ring.list[i]->mail_count; n++)
			if (same(a->ring.list[i]->mails[n], addr))
				return true;
	return false;
}

static const struct person *
first_of(const struct answer *a, const char *field)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->people[i].field, field) == 0)
			return &a->people[i];
	return NULL;
}

static bool
is_signer(const struct sm_report_signer *s, const char *addr)
{
	for (char **m = s->mail; m != NULL && *m != NULL; m++)
		if (same(*m, addr))
			return true;
	return false;
}

/* Does the field name anybody that From does not? */
static bool
leads_elsewhere(const struct answer *a, const char *field)
{
	const struct person *from = first_of(a, "From");

	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->people[i].field, field) == 0 &&
		    (from == NULL || !same(a->people[i].addr, from->addr)))
			return true;
	return false;
}

/* The field that says to whom a reply goes. */
static const char *
reply_field(const struct answer *a, const struct sm_report *r)
{
	const struct person *to = first_of(a, "Reply-To");

	if (to == NULL || !leads_elsewhere(a, "Reply-To"))
		return "From";
	if (mail_is_encrypted(r) && !to->is_protected && first_of(a, "From") != NULL) {
		client_note(a->c, "the letter was encrypted, and nothing protects its Reply-To "
		    "(%s): the reply goes to the sender instead", to->addr);
		return "From";
	}
	return "Reply-To";
}

static void
warn_of_signer(const struct answer *a, const struct sm_report *r, const char *field)
{
	const struct sm_report_signer *s = mail_signer(r);

	if (s == NULL || s->exit != 0)
		return;
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->people[i].field, field) == 0 &&
		    !is_signer(s, a->people[i].addr))
			client_note(a->c, "%s gets this reply, but did not sign the letter: look "
			    "twice", a->people[i].addr);
}

/* ---- the request ---- */

static bool
is_listed(const struct answer *a, const char *addr)
{
	/* Lines are "to=ADDRESS TAB", so a whole address is found and no part of one. */
	struct sm_buf line = SM_BUF_INIT;
	bool found = sm_buf_printf(&line, "=%s\t", addr) == 0 && a->request.len > 0 &&
	    memmem(a->request.data, a->request.len, line.data, line.len) != NULL;

	sm_buf_free(&line);
	return found;
}

static int
add_person(struct answer *a, const char *key, struct person *p)
{
	if (is_listed(a, p->addr))
		return 0;
	p->chosen = true;
	SM_TRY(sm_buf_printf(&a->request, "%s=%s\t", key, p->addr));
	SM_TRY(plain_text(&a->request, sm_bytes_str(p->name), PLAIN_LINE));
	return sm_buf_append_byte(&a->request, '\n');
}

static int
add_all(struct answer *a, const char *key, const char *field)
{
	for (size_t i = 0; i < a->count; i++)
		if (strcmp(a->people[i].field, field) == 0 &&
		    (strcmp(key, "to") == 0 || !is_own(a, a->people[i].addr)))
			SM_TRY(add_person(a, key, &a->people[i]));
	return 0;
}

/* From whom: the address under which one got the letter. */
static int
add_sender(struct answer *a)
{
	static const char *const fields[] = { "To", "Cc" };
	const struct person *p;

	for (size_t f = 0; f < 2; f++)
		for (size_t i = 0; i < a->count; i++) {
			p = &a->people[i];
			if (strcmp(p->field, fields[f]) == 0 && is_own(a, p->addr))
				return sm_buf_printf(&a->request, "from=%s\n", p->addr);
		}
	return 0;
}

/* Who wrote the text of an encrypted letter may have it back: sealmail send reads that
 * from the draft. Only who signed it is known to have written it; whoever else names
 * himself as its sender may have sent on what he could not read. */
static int
add_author(struct answer *a, const struct sm_report *r, const char *field)
{
	const struct person *from = first_of(a, "From");

	if (!mail_is_encrypted(r) || r->exit != 0 || from == NULL ||
	    strcmp(field, "From") != 0)
		return 0;
	return sm_buf_printf(&a->request, "author=%s\n", from->addr);
}

static bool
is_any_chosen(const struct answer *a)
{
	for (size_t i = 0; i < a->count; i++)
		if (a->people[i].chosen)
			return true;
	return false;
}

static int
make_request(struct answer *a, const struct sm_report *r)
{
	const char *field = reply_field(a, r);

	SM_TRY(add_sender(a));
	if (mail_is_encrypted(r))
		SM_TRY(sm_buf_append_str(&a->request, "encrypted\n"));
	if (a->forward)
		return sm_buf_append_str(&a->request, "forward\n");
	warn_of_signer(a, r, field);
	SM_TRY(add_author(a, r, field));
	SM_TRY(add_all(a, "to", field));
	if (!is_any_chosen(a))
		client_note(a->c, "the letter names nobody to reply to: write the address into "
		    "the draft");
	if (!options_has(&a->c->opt, OPT_ALL))
		return 0;
	SM_TRY(add_all(a, "cc", "To"));
	return add_all(a, "cc", "Cc");
}

/* ---- the draft ---- */

static int
take_draft(struct answer *a)
{
	if (strcmp(a->f.word, "warn") == 0) {
		client_note(a->c, "a part that is sealed itself does not go along: nobody has "
		    "read what is in it");
		return 0;
	}
	if (strcmp(a->f.word, "draft") != 0)
		return 0;
	if (sm_sink_write(&a->sink, sm_buf_bytes(&a->f.body)) == 0)
		return 0;
	return options_has(&a->c->opt, OPT_EDIT) ? client_out_of_memory(a->c) :
	    output_fault(a->c, &a->out);
}

static int
write_draft(struct answer *a, struct mail_letter *m)
{
	bool edit = options_has(&a->c->opt, OPT_EDIT);
	int rc = edit ? 0 :
	    output_open(a->c, &a->out, options_value(&a->c->opt, OPT_OUTPUT), false);

	a->sink = edit ? sm_buf_sink(&a->draft) : output_sink(&a->out);
	if (rc == 0)
		rc = helper_send(&m->helper, "draft", sm_buf_bytes(&a->request));
	while (rc == 0) {
		rc = mail_receive(a->c, &m->helper, &a->f);
		if (rc != 0 || strcmp(a->f.word, "end") == 0)
			break;
		rc = take_draft(a);
	}
	if (edit)
		return rc == 0 ? mail_edit(a->c, sm_buf_bytes(&a->draft)) : rc;
	if (rc == 0)
		rc = output_commit(a->c, &a->out);
	output_close(&a->out);
	return rc;
}

static int
write_json(struct answer *a, const struct mail_letter *m)
{
	struct sm_sink sink = json_place_sink(a->c);
	struct sm_buf text = SM_BUF_INIT;
	struct sm_json j;
	int rc = 0;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "from_encrypted");
	sm_json_bool(&j, mail_is_encrypted(m->report));
	sm_json_key(&j, "to");
	sm_json_array_begin(&j);
	for (size_t i = 0; i < a->count; i++)
		if (a->people[i].chosen)
			sm_json_string(&j, a->people[i].addr);
	sm_json_array_end(&j);
	sm_json_object_end(&j);
	if (sm_json_status(&j) != 0 || sm_buf_append_byte(&text, '\n') != 0)
		rc = client_out_of_memory(a->c);
	else if (sm_sink_write(&sink, sm_buf_bytes(&text)) != 0)
		rc = output_fault(a->c, a->c->json.out);
	sm_buf_free(&text);
	return rc == 0 ? json_place_done(a->c) : rc;
}

static int
answer(struct mail_letter *m, void *ctx)
{
	struct answer *a = ctx;
	int rc;

	if (!m->released)
		return client_fault(a->c, m->report->exit != 0 ? m->report->exit :
		    EXIT_INTERNAL, "nothing of this letter is quoted: `sealmail mail show` "
		    "says why");
	rc = ask_people(a, m);
	if (rc == 0 && make_request(a, m->report) != 0)
		rc = client_out_of_memory(a->c);
	if (rc == 0)
		rc = write_draft(a, m);
	if (rc == 0 && a->c->json.wanted)
		rc = write_json(a, m);
	m->answered = true;
	return rc;
}

static void
give_back(struct answer *a)
{
	size_t i;

	for (i = 0; i < a->count; i++) {
		free(a->people[i].field);
		free(a->people[i].name);
		free(a->people[i].addr);
	}
	free(a->people);
	if (a->has_ring)
		keyring_close(&a->ring);
	sm_buf_free(&a->request);
	sm_buf_free(&a->draft);
	sm_buf_free(&a->f.body);
}

static int
run(struct client *c, bool forward)
{
	struct answer a;
	struct mail_letter letter = { .c = c, .html = options_has(&c->opt, OPT_HTML),
		.then = answer, .ctx = &a };
	char *path = NULL;
	const char *to = options_value(&c->opt, OPT_OUTPUT);
	bool to_stdout = (to == NULL || strcmp(to, "-") == 0) &&
	    !options_has(&c->opt, OPT_EDIT);
	int rc = json_place_open(c, to_stdout);

	memset(&a, 0, sizeof(a));
	a.c = c;
	a.forward = forward;
	a.has_ring = rc == 0 && mail_uses_home(c);
	if (a.has_ring)
		rc = keyring_open(c, &a.ring, false);
	if (rc == 0)
		rc = mail_find_operand(c, &path);
	if (rc == 0)
		rc = mail_letter_read(&letter, path);
	free(path);
	give_back(&a);
	return rc;
}

int
verb_mail_reply(struct client *c)
{
	return run(c, false);
}

int
verb_mail_forward(struct client *c)
{
	return run(c, true);
}
