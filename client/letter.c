#include "letter.h"

#include <stdlib.h>

#include <mime/header.h>
#include <sealmail/address.h>

#include "letter_head.h"

/* ---- names ---- */

int
letter_name_add(struct letter *l, struct letter_names *to, const char *name)
{
	char **list = realloc(to->list, (to->count + 1) * sizeof(*list));

	if (list == NULL)
		return client_out_of_memory(l->c);
	to->list = list;
	list[to->count] = strdup(name);
	if (list[to->count] == NULL)
		return client_out_of_memory(l->c);
	to->count++;
	return 0;
}

static void
names_free(struct letter_names *n)
{
	size_t i;

	for (i = 0; i < n->count; i++)
		free(n->list[i]);
	free(n->list);
}

void
letter_free(struct letter *l)
{
	size_t i;

	for (i = 0; i < LETTER_FIELD_COUNT; i++)
		names_free(&l->fields[i]);
	names_free(&l->knowing);
	for (i = 0; i < l->replaced_count; i++)
		free(l->replaced[i].value);
	free(l->replaced);
	sm_header_free(l->header);
	free(l->from);
	free(l->message_id);
	sm_buf_free(&l->added);
	sm_buf_free(&l->head);
	memset(l, 0, sizeof(*l));
}

/* ---- the header as it came ---- */

static int
parse_header(struct letter *l, struct sm_bytes begin)
{
	struct sm_error err = SM_ERROR_INIT;
	size_t used = 0;
	bool done = false;
	int rc = sm_header_new(&l->header, &l->c->limits, &err);

	if (rc == 0)
		rc = sm_header_write(l->header, begin, &used, &done);
	if (rc == 0 && !done)
		rc = sm_header_finish(l->header);
	if (rc != 0)
		return client_fault_error(l->c, exit_from_status(rc), "the message", &err,
		    rc);
	if (!done && begin.len >= INPUT_PIECE_BYTES)
		return client_fault(l->c, EXIT_LIMIT, "the header of the message is larger "
		    "than %zu bytes", INPUT_PIECE_BYTES);
	if (!sm_header_found(l->header))
		return 0; /* all of it is body */
	if (sm_header_ambiguous(l->header))
		return client_fault(l->c, EXIT_MALFORMED, "the header of the message is "
		    "damaged (a line that is no field, a lone CR or a NUL byte): others "
		    "would read it differently; nothing was sent");
	l->skip = used;
	return 0;
}

static int
malformed_field(struct letter *l, struct sm_bytes name, const char *why)
{
	return client_fault(l->c, EXIT_MALFORMED, "the field %.*s %s; nothing was sent",
	    (int)(name.len < 40 ? name.len : 40), (const char *)name.data, why);
}

/* "undisclosed-recipients:;" has nobody in it. */
static bool
has_members(struct sm_bytes value)
{
	return memchr(value.data, '@', value.len) != NULL;
}

static int
take_addresses(struct letter *l, struct letter_names *to, struct sm_bytes value,
    bool *understood)
{
	struct sm_address_list list;
	int rc = sm_address_list_parse(&list, value);
	size_t i;

	*understood = rc == 0;
	if (rc == SM_E_NOMEM)
		return client_out_of_memory(l->c);
	if (rc != 0)
		return 0;
	l->group = l->group || (list.group && has_members(value));
	for (i = 0; rc == 0 && i < list.count; i++)
		rc = letter_name_add(l, to, list.list[i].addr);
	sm_address_list_wipe(&list);
	return rc;
}

static bool
is_named(struct sm_bytes name, const char *want)
{
	return name.len == strlen(want) &&
	    strncasecmp((const char *)name.data, want, name.len) == 0;
}

static int
read_people(struct letter *l, size_t i, enum letter_field field,
    const struct aliases *aliases)
{
	struct sm_bytes value = sm_header_value(l->header, i);
	bool understood;
	int rc;

	/* An empty field (drafts have them) is nobody. */
	if (value.len == 0)
		return 0;
	rc = take_addresses(l, &l->fields[field], value, &understood);
	if (rc == 0 && !understood)
		rc = letter_head_names(l, i, &l->fields[field], aliases, &understood);
	if (rc == 0 && !understood)
		rc = malformed_field(l, sm_header_name(l->header, i), "is not wholly a "
		    "list of addresses (or names of the alias file)");
	return rc;
}

static bool
is_resent(struct sm_bytes name)
{
	return name.len > 7 && strncasecmp((const char *)name.data, "Resent-", 7) == 0;
}

/* Fields of the block that says who gets it: the uppermost Resent- block, which is the
 * newest (RFC 5322 section 3.6.6), else those without that prefix. */
static int
read_all_people(struct letter *l, const struct aliases *aliases)
{
	static const char *const names[] = { "To", "Cc", "Bcc" };
	size_t i, f, n = sm_header_count(l->header);
	bool begun = false;
	int rc = 0;

	for (i = 0; i < n && !l->resent; i++)
		l->resent = is_resent(sm_header_name(l->header, i));
	for (i = 0; rc == 0 && i < n; i++) {
		struct sm_bytes name = sm_header_name(l->header, i);

		if (begun && !is_resent(name))
			break;
		begun = l->resent && is_resent(name);
		if (begun)
			name = sm_bytes_skip(name, 7);
		for (f = 0; rc == 0 && begun == l->resent && f < LETTER_FIELD_COUNT; f++)
			if (is_named(name, names[f]))
				rc = read_people(l, i, (enum letter_field)f, aliases);
	}
	return rc;
}

static int
read_from(struct letter *l)
{
	const char *field = l->resent ? "Resent-From" : "From";
	struct letter_names from = { NULL, 0 };
	long at = sm_header_find(l->header, field, 0);
	bool understood;
	int rc;

	if (at < 0)
		return 0;
	if (!l->resent && sm_header_find(l->header, field, 1) >= 0)
		return malformed_field(l, sm_bytes_str(field), "stands there twice");
	rc = take_addresses(l, &from, sm_header_value(l->header, (size_t)at), &understood);
	if (rc == 0 && (!understood || from.count != 1))
		rc = malformed_field(l, sm_bytes_str(field), "is not one address");
	if (rc == 0) {
		l->from = from.list[0];
		from.count = 0;
	}
	names_free(&from);
	return rc;
}

/* ---- marks ---- */

static bool
value_begins(struct sm_bytes value, const char *word)
{
	size_t n = strlen(word);

	return value.len >= n && strncasecmp((const char *)value.data, word, n) == 0 &&
	    (value.len == n || value.data[n] == ' ' || value.data[n] == '\t' ||
		value.data[n] == '(' || value.data[n] == '\r' || value.data[n] == '\n');
}

static void
read_sensitivity(struct letter *l)
{
	struct sm_bytes value;
	long at;
	size_t n;

	for (n = 0; (at = sm_header_find(l->header, "Sensitivity", n)) >= 0; n++) {
		value = sm_header_value(l->header, (size_t)at);
		if (value_begins(value, "Private"))
			l->confidential = "it says Sensitivity: Private";
		else if (value_begins(value, "Company-Confidential") ||
		    value_begins(value, "Confidential"))
			l->confidential = "it says Sensitivity: Company-Confidential";
	}
}

static int
read_origin(struct letter *l)
{
	struct sm_bytes value;
	bool understood;
	long at;
	int rc = 0;
	size_t n;

	for (n = 0; rc == 0 && (at = sm_header_find(l->header, LETTER_MARK, n)) >= 0; n++) {
		value = sm_header_value(l->header, (size_t)at);
		l->from_encrypted = true;
		l->confidential = "text in it came out of an encrypted message";
		/* Words that name nobody widen nothing. */
		if (value.len > 0)
			rc = take_addresses(l, &l->knowing, value, &understood);
	}
	return rc;
}

static bool
type_is(const struct sm_mime_value *type, const char *what, const char *or_what)
{
	return type->value != NULL &&
	    (strcmp(type->value, what) == 0 || strcmp(type->value, or_what) == 0);
}

static enum letter_form
form_of(const struct sm_mime_value *type)
{
	const char *kind = sm_mime_value_param(type, "smime-type");
	const char *protocol = sm_mime_value_param(type, "protocol");

	/* PGP's own forms are protection too. */
	if (type_is(type, "multipart/encrypted", "multipart/encrypted"))
		return LETTER_ENCRYPTED;
	if (type_is(type, "multipart/signed", "multipart/signed") && protocol != NULL)
		return LETTER_SIGNED;
	if (!type_is(type, "application/pkcs7-mime", "application/x-pkcs7-mime") ||
	    kind == NULL)
		return LETTER_PLAIN;
	if (strcasecmp(kind, "signed-data") == 0)
		return LETTER_SIGNED;
	return strcasecmp(kind, "enveloped-data") == 0 ||
	    strcasecmp(kind, "authEnveloped-data") == 0 ? LETTER_ENCRYPTED : LETTER_PLAIN;
}

static int
read_form(struct letter *l)
{
	struct sm_mime_value type;

	if (sm_mime_value_read(&type, l->header, "Content-Type") != 0)
		return client_out_of_memory(l->c);
	/* What is not sure is taken for unprotected. */
	if (!type.bad && !type.duplicate)
		l->form = form_of(&type);
	sm_mime_value_wipe(&type);
	return 0;
}

static int
read_message_id(struct letter *l)
{
	long at = sm_header_find(l->header, "Message-ID", 0);

	if (at < 0)
		return 0;
	l->message_id = sm_strdup_bytes(sm_header_value(l->header, (size_t)at));
	return l->message_id != NULL ? 0 : client_out_of_memory(l->c);
}

int
letter_read(struct client *c, struct letter *l, struct input *in,
    const struct aliases *aliases)
{
	struct sm_bytes begin;
	int rc;

	memset(l, 0, sizeof(*l));
	l->c = c;
	rc = input_peek(c, in, &begin);
	if (rc == 0 && begin.len == 0)
		rc = client_fault(c, EXIT_NO_INPUT, "the message is empty; nothing was "
		    "sent");
	if (rc == 0)
		rc = parse_header(l, begin);
	if (rc == 0)
		rc = read_all_people(l, aliases);
	if (rc == 0)
		rc = read_from(l);
	if (rc == 0) {
		read_sensitivity(l);
		rc = read_origin(l);
	}
	if (rc == 0)
		rc = read_form(l);
	if (rc == 0)
		rc = read_message_id(l);
	return rc == 0 ? letter_head_make(l) : rc;
}
