#include "letter_head.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include <mime/header.h>
#include <sealmail/address.h>

#include "lines.h"

/* ---- names of aliases ---- */

struct names {
	struct letter *l;
	struct letter_names *out;
	struct sm_buf written;   /* what stands there instead */
	bool understood;
};

static int
write_one(void *ctx, const char *text)
{
	struct names *n = ctx;

	if ((n->written.len > 0 && sm_buf_append_str(&n->written, ",\n ") != 0) ||
	    sm_buf_append_str(&n->written, text) != 0)
		return client_out_of_memory(n->l->c);
	return 0;
}

static int
one_address(struct names *n, const char *item)
{
	struct sm_address_list list;
	int rc = sm_address_list_parse(&list, sm_bytes_str(item));

	if (rc == SM_E_NOMEM)
		return client_out_of_memory(n->l->c);
	n->understood = rc == 0 && !list.group && list.count == 1;
	if (rc != 0)
		return 0;
	if (n->understood)
		rc = letter_name_add(n->l, n->out, list.list[0].addr);
	sm_address_list_wipe(&list);
	return rc == 0 && n->understood ? write_one(n, item) : rc;
}

static int
one_item(struct names *n, const struct aliases *aliases, const char *item)
{
	const struct alias *alias = aliases_find(aliases, item);
	int rc;

	if (*item == '\0')
		return 0;
	if (alias == NULL)
		return one_address(n, item);
	rc = letter_name_add(n->l, n->out, alias->name);
	return rc == 0 ? aliases_expand(n->l->c, aliases, alias, write_one, n) : rc;
}

/* No field holds the written-out names twice: the i-th is replaced by a field of its
 * own in the head that goes out. */
static int
replace(struct letter *l, size_t i, const struct sm_buf *written)
{
	struct letter_field_text *list = realloc(l->replaced,
	    (l->replaced_count + 1) * sizeof(*list));

	if (list == NULL)
		return client_out_of_memory(l->c);
	l->replaced = list;
	list[l->replaced_count].index = i;
	list[l->replaced_count].value = sm_strdup_bytes(sm_buf_bytes(written));
	if (list[l->replaced_count].value == NULL)
		return client_out_of_memory(l->c);
	l->replaced_count++;
	return 0;
}

/* Commas part the items; where one could stand in a quoted name or a comment, nobody
 * guesses. */
static bool
can_be_split(struct sm_bytes value)
{
	return memchr(value.data, '"', value.len) == NULL &&
	    memchr(value.data, '(', value.len) == NULL &&
	    memchr(value.data, ':', value.len) == NULL &&
	    memchr(value.data, '\0', value.len) == NULL;
}

int
letter_head_names(struct letter *l, size_t i, struct letter_names *out,
    const struct aliases *aliases, bool *understood)
{
	struct sm_bytes value = sm_header_value(l->header, i);
	struct names n = { l, out, SM_BUF_INIT, true };
	char *copy, *text, *next, *p;
	int rc = 0;

	*understood = false;
	if (!can_be_split(value))
		return 0;
	copy = sm_strdup_bytes(value);
	if (copy == NULL)
		return client_out_of_memory(l->c);
	for (p = copy; *p != '\0'; p++)
		if (*p == '\r' || *p == '\n' || *p == '\t')
			*p = ' ';
	for (text = copy; rc == 0 && n.understood && text != NULL; text = next) {
		next = strchr(text, ',');
		if (next != NULL)
			*next++ = '\0';
		rc = one_item(&n, aliases, lines_trim(text));
	}
	if (rc == 0 && n.understood)
		rc = replace(l, i, &n.written);
	*understood = n.understood;
	sm_buf_free(&n.written);
	free(copy);
	return rc;
}

/* ---- the head ---- */

static bool
begins(struct sm_bytes name, const char *with)
{
	size_t n = strlen(with);

	return name.len >= n && strncasecmp((const char *)name.data, with, n) == 0;
}

/* Fields that name secret recipients, or that are words between our own programs; and
 * what is written anew. */
static bool
stays_here(const struct letter *l, struct sm_bytes name)
{
	if (l->recode && begins(name, "Content-Transfer-Encoding"))
		return true;
	if (l->recode && !l->has_type && begins(name, "MIME-Version"))
		return true;
	return (name.len == 3 && begins(name, "Bcc")) ||
	    (name.len == 10 && begins(name, "Resent-Bcc")) || begins(name, "X-Sealmail-");
}

/* Lines end as the first line of the message does. */
static const char *
line_end(const struct letter *l)
{
	struct sm_bytes raw = sm_header_raw(l->header);
	const uint8_t *lf = raw.len > 0 ? memchr(raw.data, '\n', raw.len) : NULL;

	return lf != NULL && lf > raw.data && lf[-1] == '\r' ? "\r\n" : "\n";
}

static const char *
replaced_value(const struct letter *l, size_t i)
{
	size_t k;

	for (k = 0; k < l->replaced_count; k++)
		if (l->replaced[k].index == i)
			return l->replaced[k].value;
	return NULL;
}

/* Text with "\n" as its line ends, with those of the message. */
static int
put_lines(struct sm_buf *out, const char *text, const char *end)
{
	int rc = 0;

	for (; rc == 0 && *text != '\0'; text++)
		rc = *text == '\n' ? sm_buf_append_str(out, end) :
		    sm_buf_append_byte(out, (uint8_t)*text);
	return rc;
}

static int
put_replaced(struct letter *l, size_t i, const char *value)
{
	int rc = sm_buf_append(&l->head, sm_header_name(l->header, i));

	if (rc == 0)
		rc = sm_buf_append_str(&l->head, ": ");
	if (rc == 0)
		rc = put_lines(&l->head, value, line_end(l));
	return rc == 0 ? sm_buf_append_str(&l->head, line_end(l)) : rc;
}

static int
put_fields(struct letter *l)
{
	size_t i, n = sm_header_found(l->header) ? sm_header_count(l->header) : 0;
	int rc = 0;

	for (i = 0; rc == 0 && i < n; i++) {
		const char *value = replaced_value(l, i);

		if (stays_here(l, sm_header_name(l->header, i)))
			continue;
		rc = value != NULL ? put_replaced(l, i, value) :
		    sm_buf_append(&l->head, sm_header_field(l->header, i));
	}
	/* The last field of a message without a body may lack its line end. */
	if (rc == 0 && l->head.len > 0 && l->head.data[l->head.len - 1] != '\n')
		rc = sm_buf_append_str(&l->head, line_end(l));
	return rc;
}

static int
put_date(struct letter *l)
{
	time_t now = (time_t)l->c->now;
	struct tm tm;
	char text[64];

	if (gmtime_r(&now, &tm) == NULL ||
	    strftime(text, sizeof(text), "%a, %d %b %Y %H:%M:%S +0000", &tm) == 0)
		return client_fault(l->c, EXIT_USAGE, "the time is out of range");
	return sm_buf_printf(&l->added, "Date: %s%s", text, line_end(l)) == 0 ? 0 :
	    client_out_of_memory(l->c);
}

static int
put_message_id(struct letter *l)
{
	const char *domain = strrchr(l->from, '@');
	uint8_t id[16];
	struct sm_buf text = SM_BUF_INIT;
	size_t i;
	int rc;

	if (getrandom(id, sizeof(id), 0) != (ssize_t)sizeof(id))
		return client_fault(l->c, EXIT_INTERNAL, "the kernel gives no random bytes");
	rc = sm_buf_append_byte(&text, '<');
	for (i = 0; rc == 0 && i < sizeof(id); i++)
		rc = sm_buf_printf(&text, "%02x", id[i]);
	if (rc == 0)
		rc = sm_buf_printf(&text, "%s>", domain != NULL ? domain : "@localhost");
	if (rc == 0)
		rc = sm_buf_printf(&l->added, "Message-ID: %.*s%s", (int)text.len,
		    (const char *)text.data, line_end(l));
	if (rc == 0)
		l->message_id = sm_strdup_bytes(sm_buf_bytes(&text));
	sm_buf_free(&text);
	return rc == 0 && l->message_id != NULL ? 0 : client_out_of_memory(l->c);
}

/* A name made of letters, or quoted. */
static int
put_from(struct letter *l)
{
	const char *p, *name = options_value(&l->c->opt, OPT_FULL_NAME);
	int rc = sm_buf_append_str(&l->added, "From: ");

	if (rc == 0 && name != NULL)
		rc = sm_buf_append_byte(&l->added, '"');
	for (p = name; rc == 0 && p != NULL && *p != '\0'; p++) {
		if (*p == '"' || *p == '\\')
			rc = sm_buf_append_byte(&l->added, '\\');
		if (rc == 0)
			rc = sm_buf_append_byte(&l->added, (unsigned char)*p < ' ' ? ' ' :
			    (uint8_t)*p);
	}
	if (rc == 0)
		rc = sm_buf_printf(&l->added, name != NULL ? "\" <%s>%s" : "%s%s", l->from,
		    line_end(l));
	return rc == 0 ? 0 : client_out_of_memory(l->c);
}

/* Whoever hands mail to sendmail without these counts on it to add them. */
static int
put_missing(struct letter *l)
{
	const char *sender = options_value(&l->c->opt, OPT_ENVELOPE_FROM);
	int rc = 0;

	if (l->from == NULL) {
		if (sender == NULL || !sm_address_valid(sm_bytes_str(sender)))
			return client_fault(l->c, EXIT_MALFORMED, "the message has no From "
			    "field; give it one, or name the sender with -f ADDR");
		l->from = strdup(sender);
		if (l->from == NULL)
			return client_out_of_memory(l->c);
	}
	if (sm_header_find(l->header, "From", 0) < 0)
		rc = put_from(l);
	if (rc == 0 && sm_header_find(l->header, "Date", 0) < 0)
		rc = put_date(l);
	if (rc == 0 && l->message_id == NULL)
		rc = put_message_id(l);
	return rc;
}

/* Fields as they came, those that were missing, and the blank line. */
static int
assemble(struct letter *l)
{
	int rc;

	sm_buf_clear(&l->head);
	rc = put_fields(l);
	if (rc == 0)
		rc = sm_buf_append(&l->head, sm_buf_bytes(&l->added));
	if (rc == 0)
		rc = sm_buf_append_str(&l->head, line_end(l));
	return rc == 0 ? 0 : client_out_of_memory(l->c);
}

int
letter_head_make(struct letter *l)
{
	int rc = put_missing(l);

	return rc == 0 ? assemble(l) : rc;
}

/* ---- text that mail systems may not change ---- */

static bool
is_coded(const struct sm_mime_value *cte)
{
	return cte->value != NULL && strcmp(cte->value, "7bit") != 0 &&
	    strcmp(cte->value, "8bit") != 0;
}

/* One text alone, whose lines stand there as they are. */
static int
is_bare_text(struct letter *l, bool *bare)
{
	struct sm_mime_value type, cte;
	int rc = sm_mime_value_read(&type, l->header, "Content-Type");

	if (rc != 0)
		return client_out_of_memory(l->c);
	rc = sm_mime_value_read(&cte, l->header, "Content-Transfer-Encoding");
	*bare = rc == 0 && !type.bad && !type.duplicate && !cte.bad && !cte.duplicate &&
	    !is_coded(&cte) &&
	    (type.value == NULL || strncmp(type.value, "text/", 5) == 0);
	l->has_type = type.value != NULL;
	sm_mime_value_wipe(&type);
	if (rc == 0)
		sm_mime_value_wipe(&cte);
	return rc == 0 ? 0 : client_out_of_memory(l->c);
}

int
letter_recode(struct letter *l)
{
	const char *end = line_end(l);
	int rc = is_bare_text(l, &l->recode);

	if (rc != 0 || !l->recode)
		return rc;
	if (!l->has_type)
		rc = sm_buf_printf(&l->added, "MIME-Version: 1.0%sContent-Type: text/plain; "
		    "charset=utf-8%s", end, end);
	if (rc == 0)
		rc = sm_buf_printf(&l->added, "Content-Transfer-Encoding: quoted-printable%s",
		    end);
	return rc == 0 ? assemble(l) : client_out_of_memory(l->c);
}
