#include <base/try.h>
#include <mime/domain.h>
#include <mime/lex.h>
#include <sealmail/address.h>

#include <stdlib.h>

enum { LIST_MAX = 1000, LOCAL_MAX = 255 };

/* ---- one addr-spec, bare ---- */

/* Words of atext joined by single dots (RFC 5322 section 3.2.3). */
static bool
is_dot_atom(struct sm_bytes in)
{
	uint8_t before = '.';

	for (size_t i = 0; i < in.len; before = in.data[i++])
		if (in.data[i] == '.' ? before == '.' :
		    !sm_lex_is_atext(in.data[i]))
			return false;
	return before != '.';
}

/* A quoted string and nothing behind it; what its escapes hide is text too. */
static bool
is_quoted(struct sm_bytes in)
{
	size_t i = 1;

	if (in.len < 2 || in.data[0] != '"')
		return false;
	while (i < in.len && in.data[i] != '"')
		i += in.data[i] == '\\' ? 2 : 1;
	return i + 1 == in.len;
}

static bool
has_control(struct sm_bytes in)
{
	for (size_t i = 0; i < in.len; i++)
		if ((in.data[i] < ' ' && in.data[i] != '\t') ||
		    in.data[i] == 0x7f)
			return true;
	return false;
}

static bool
local_valid(struct sm_bytes local)
{
	return local.len > 0 && local.len <= LOCAL_MAX &&
	    !has_control(local) && sm_domain_utf8_ok(local) &&
	    (is_dot_atom(local) || is_quoted(local));
}

/* At the last '@', a valid domain having none. */
static bool
spec_split(struct sm_bytes spec, struct sm_bytes *local,
    struct sm_bytes *domain)
{
	size_t i = spec.len;

	while (i > 0 && spec.data[i - 1] != '@')
		i--;
	if (i == 0)
		return false;
	*local = sm_bytes_first(spec, i - 1);
	*domain = sm_bytes_skip(spec, i);
	return local_valid(*local) && sm_domain_valid(*domain);
}

bool
sm_address_valid(struct sm_bytes addr_spec)
{
	struct sm_bytes local, domain;

	return spec_split(addr_spec, &local, &domain);
}

bool
sm_address_equal(struct sm_bytes a, struct sm_bytes b)
{
	struct sm_bytes local_a, local_b, domain_a, domain_b;

	return spec_split(a, &local_a, &domain_a) &&
	    spec_split(b, &local_b, &domain_b) &&
	    sm_bytes_equal(local_a, local_b) &&
	    sm_domain_equal(domain_a, domain_b);
}

bool
sm_address_split(struct sm_bytes addr_spec, struct sm_bytes *local,
    struct sm_bytes *domain)
{
	return spec_split(addr_spec, local, domain);
}

int
sm_address_canonical(const struct sm_sink *out, struct sm_bytes addr_spec)
{
	struct sm_bytes local, domain;
	int rc;

	if (!spec_split(addr_spec, &local, &domain))
		return SM_E_FORMAT;
	rc = sm_sink_write(out, local);
	if (rc == SM_OK)
		rc = sm_sink_write(out, sm_bytes_str("@"));
	return rc == SM_OK ? sm_domain_canonical(out, domain) : rc;
}

/* ---- a list of mailboxes ---- */

/* One pass over the whole value: UTF-8 without controls, line ends only where a
 * blank follows, being folding. What comes later need not think of them. */
static bool
value_is_text(struct sm_bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];
		uint8_t next = i + 1 < in.len ? in.data[i + 1] : 0;

		if (c == '\r' ? next != '\n' :
		    c == '\n' ? next != ' ' && next != '\t' :
		    (c < ' ' && c != '\t') || c == 0x7f)
			return false;
	}
	return sm_domain_utf8_ok(in);
}

/* The content of a quoted local part, quoted again only where it must be. */
static int
local_append(struct sm_buf *out, struct sm_bytes content)
{
	if (is_dot_atom(content))
		return sm_buf_append(out, content);
	SM_TRY(sm_buf_append_byte(out, '"'));
	for (size_t i = 0; i < content.len; i++) {
		if (content.data[i] == '"' || content.data[i] == '\\')
			SM_TRY(sm_buf_append_byte(out, '\\'));
		SM_TRY(sm_buf_append_byte(out, content.data[i]));
	}
	return sm_buf_append_byte(out, '"');
}

static bool
is_atext_or_dot(uint8_t c)
{
	return c == '.' || sm_lex_is_atext(c);
}

static int
get_local(struct sm_bytes *in, struct sm_buf *out, bool *ok)
{
	struct sm_buf content = SM_BUF_INIT;
	struct sm_bytes atom;
	int rc;

	if (in->len > 0 && in->data[0] == '"') {
		rc = sm_lex_quoted(in, &content, ok);
		if (rc == 0 && *ok)
			rc = local_append(out, sm_buf_bytes(&content));
		sm_buf_free(&content);
		return rc;
	}
	atom = sm_lex_run(in, is_atext_or_dot);
	*ok = is_dot_atom(atom);
	return sm_buf_append(out, atom);
}

static int
get_domain(struct sm_bytes *in, struct sm_buf *out)
{
	struct sm_bytes atom = sm_lex_run(in, is_atext_or_dot);

	SM_TRY(sm_buf_append_byte(out, '@'));
	for (size_t i = 0; i < atom.len; i++)
		SM_TRY(sm_buf_append_byte(out, sm_lex_lower(atom.data[i])));
	return SM_OK;
}

/* local@domain, comments and blanks where RFC 5322 section 3.4.1 has them. */
static int
get_spec(struct sm_bytes *in, struct sm_buf *out, bool *ok)
{
	sm_buf_clear(out);
	*ok = sm_lex_cfws(in);
	if (*ok)
		SM_TRY(get_local(in, out, ok));
	*ok = *ok && sm_lex_cfws(in) && sm_lex_take(in, '@') &&
	    sm_lex_cfws(in);
	if (!*ok)
		return SM_OK;
	SM_TRY(get_domain(in, out));
	*ok = sm_address_valid(sm_buf_bytes(out)) && sm_lex_cfws(in);
	return SM_OK;
}

/* One word of a display name, dots included as in "J. Doe" (RFC 5322 section
 * 4.1). *ok false: something else is there. */
static int
get_word(struct sm_bytes *in, struct sm_buf *out, bool *ok)
{
	struct sm_bytes atom;

	if (in->len > 0 && in->data[0] == '"')
		return sm_lex_quoted(in, out, ok);
	atom = sm_lex_run(in, is_atext_or_dot);
	*ok = atom.len > 0;
	return sm_buf_append(out, atom);
}

/* A display name up to '<' or ':', gaps made one space. */
static int
get_phrase(struct sm_bytes *in, struct sm_buf *out, bool *ok)
{
	bool gap = false;

	sm_buf_clear(out);
	*ok = sm_lex_cfws(in);
	while (*ok && in->len > 0 && in->data[0] != '<' &&
	    in->data[0] != ':') {
		size_t before;

		if (gap)
			SM_TRY(sm_buf_append_byte(out, ' '));
		SM_TRY(get_word(in, out, ok));
		before = in->len;
		*ok = *ok && sm_lex_cfws(in);
		gap = in->len < before;
	}
	return SM_OK;
}

static int
list_add(struct sm_address_list *l, struct sm_bytes addr,
    const struct sm_buf *display)
{
	struct sm_address *a = &l->list[l->count];

	a->addr = sm_strdup_bytes(addr);
	a->display = display == NULL || display->len == 0 ? NULL :
	    sm_strdup_bytes(sm_buf_bytes(display));
	l->count++;
	if (a->addr == NULL || (a->display == NULL && display != NULL &&
	    display->len > 0))
		return SM_E_NOMEM;
	return SM_OK;
}

struct parser {
	struct sm_bytes in;
	struct sm_address_list *out;
	struct sm_buf spec, phrase;
	bool in_group;
};

/* Is the address complete here: at the end, or before what may follow? */
static bool
at_end(const struct parser *p)
{
	if (p->in.len == 0)
		return !p->in_group;
	return p->in.data[0] == ',' || (p->in_group && p->in.data[0] == ';');
}

/* Members of a group are read, because all must be, and not kept. */
static int
mailbox_add(struct parser *p, const struct sm_buf *display)
{
	if (p->in_group)
		return SM_OK;
	if (p->out->count == LIST_MAX)
		return SM_E_FORMAT;
	return list_add(p->out, sm_buf_bytes(&p->spec), display);
}

/* "<local@domain>" behind a display name. */
static int
get_angle(struct parser *p)
{
	bool ok = sm_lex_take(&p->in, '<');

	if (ok)
		SM_TRY(get_spec(&p->in, &p->spec, &ok));
	if (!ok || !sm_lex_take(&p->in, '>') || !sm_lex_cfws(&p->in) ||
	    !at_end(p))
		return SM_E_FORMAT;
	return mailbox_add(p, &p->phrase);
}

/* A mailbox, or the begin of a group up to its first member. */
static int
get_address(struct parser *p)
{
	struct sm_bytes start = p->in;
	bool ok;

	SM_TRY(get_spec(&p->in, &p->spec, &ok));
	if (ok && at_end(p))
		return mailbox_add(p, NULL);
	p->in = start;
	SM_TRY(get_phrase(&p->in, &p->phrase, &ok));
	if (!ok)
		return SM_E_FORMAT;
	if (p->in.len == 0 || p->in.data[0] == '<')
		return get_angle(p);
	if (p->in_group || p->phrase.len == 0)
		return SM_E_FORMAT;
	p->in = sm_bytes_skip(p->in, 1);
	p->in_group = p->out->group = true;
	return SM_OK;
}

/* Behind "name:" of a group: nothing but its end, or members. */
static int
get_group(struct parser *p)
{
	if (!sm_lex_cfws(&p->in))
		return SM_E_FORMAT;
	if (p->in.len > 0 && p->in.data[0] != ';') {
		SM_TRY(get_address(p));
		while (sm_lex_take(&p->in, ','))
			SM_TRY(get_address(p));
	}
	if (!sm_lex_take(&p->in, ';') || !sm_lex_cfws(&p->in))
		return SM_E_FORMAT;
	p->in_group = false;
	return at_end(p) ? SM_OK : SM_E_FORMAT;
}

static int
get_list(struct parser *p)
{
	do {
		SM_TRY(get_address(p));
		if (p->in_group)
			SM_TRY(get_group(p));
	} while (sm_lex_take(&p->in, ','));
	return p->in.len == 0 ? SM_OK : SM_E_FORMAT;
}

int
sm_address_list_parse(struct sm_address_list *out, struct sm_bytes value)
{
	struct parser p = { value, out, SM_BUF_INIT, SM_BUF_INIT, false };
	size_t commas = 0;
	int rc;

	*out = (struct sm_address_list){ NULL, 0, false };
	if (!value_is_text(value))
		return SM_E_FORMAT;
	for (size_t i = 0; i < value.len && commas < LIST_MAX; i++)
		commas += value.data[i] == ',';
	out->list = calloc(commas + 1, sizeof(*out->list));
	if (out->list == NULL)
		return SM_E_NOMEM;
	rc = get_list(&p);
	sm_buf_free(&p.spec);
	sm_buf_free(&p.phrase);
	if (rc != 0)
		sm_address_list_wipe(out);
	return rc;
}

void
sm_address_list_wipe(struct sm_address_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->list[i].addr);
		free(l->list[i].display);
	}
	free(l->list);
	*l = (struct sm_address_list){ NULL, 0, false };
}
