#include "directories.h"

#include <stdio.h>
#include <stdlib.h>

#include <sealmail/address.h>
#include <sealmail/key.h>

#include "input.h"

enum { ANSWER_BYTES = 256 << 10, ANSWER_SECONDS = 30, ANSWERS = 200, GROUP_ANSWERS = 1100,
	PASSWORD_BYTES = 4096, FINDS = 256, PEOPLE = 1000 };

static const char dns_url[] = "smimea:";

/* ---- the places ---- */

static int
add_place(struct directories *d, const char *url, bool from_config)
{
	struct directory *more = realloc(d->list, (d->count + 1) * sizeof(*more));

	if (more == NULL)
		return client_out_of_memory(d->c);
	d->list = more;
	more[d->count++] = (struct directory){ url, from_config };
	return 0;
}

static int
read_places(struct directories *d)
{
	const char *url, *dns;
	size_t at = 0;
	int rc = 0;

	while (rc == 0 && (url = options_next(&d->c->opt, OPT_DIRECTORY, &at)) != NULL)
		rc = add_place(d, url, false);
	if (d->count > 0)
		return rc;
	at = 0;
	while (rc == 0 && (url = config_next(&d->cfg, CONFIG_DIRECTORY, &at)) != NULL)
		rc = add_place(d, url, true);
	dns = config_value(&d->cfg, CONFIG_SMIMEA);
	if (rc == 0 && dns != NULL && strcmp(dns, "yes") == 0)
		rc = add_place(d, dns_url, true);
	return rc;
}

int
directories_open(struct client *c, struct directories *d)
{
	int rc;

	memset(d, 0, sizeof(*d));
	d->c = c;
	d->helper = (struct helper)HELPER_INIT;
	rc = config_read(c, &d->cfg);
	return rc == 0 ? read_places(d) : rc;
}

/* Of people and of the group that they are in. */
static void
forget_people(struct directories *d)
{
	size_t i;

	for (i = 0; i < d->person_count; i++) {
		free(d->people[i].address);
		free(d->people[i].name);
	}
	d->person_count = 0;
	memset(&d->group, 0, sizeof(d->group));
}

void
directories_forget(struct directories *d)
{
	size_t i;

	for (i = 0; i < d->find_count; i++)
		sm_cert_free(d->finds[i].cert);
	d->find_count = 0;
	forget_people(d);
	sm_certs_wipe(&d->authorities);
	sm_buf_clear(&d->looked);
}

void
directories_close(struct directories *d)
{
	(void)helper_stop(&d->helper);
	directories_forget(d);
	free(d->finds);
	free(d->people);
	free(d->list);
	sm_buf_free(&d->looked);
	config_free(&d->cfg);
	memset(d, 0, sizeof(*d));
}

static const char *
path_of(const char *url)
{
	if (strncmp(url, "file://", 7) == 0)
		return url + 7;
	return strstr(url, "://") == NULL && strcmp(url, dns_url) != 0 ? url : NULL;
}

void
directory_name(const char *url, char kind[16], char *where, size_t size)
{
	const char *path = path_of(url), *host = strstr(url, "://");

	if (strcmp(url, dns_url) == 0) {
		(void)snprintf(kind, 16, "dns");
		(void)snprintf(where, size, "SMIMEA");
	} else if (path != NULL) {
		(void)snprintf(kind, 16, "folder");
		(void)snprintf(where, size, "%s", path);
	} else {
		(void)snprintf(kind, 16, "%.*s", (int)(host - url), url);
		(void)snprintf(where, size, "%.*s", (int)strcspn(host + 3, "/?"), host + 3);
	}
}

/* ---- what is found ---- */

int
directories_add(struct directories *d, struct sm_cert *cert, const char *address,
    const char *url, bool vouched)
{
	struct directory_find *more;

	if (!contacts_cert_names(cert, address)) {
		if (sm_cert_is_ca(cert) && d->authorities.count < FINDS &&
		    sm_certs_add(&d->authorities, cert) != 0)
			return client_out_of_memory(d->c);
		return 0;
	}
	if (d->find_count >= FINDS)
		return 0;
	more = realloc(d->finds, (d->find_count + 1) * sizeof(*more));
	if (more == NULL)
		return client_out_of_memory(d->c);
	d->finds = more;
	more[d->find_count++] = (struct directory_find){ sm_cert_ref(cert), url, vouched };
	return 0;
}

int
directories_add_person(struct directories *d, const char *address, const char *name,
    const char *url)
{
	struct directory_person *more;

	if (d->person_count >= PEOPLE || !sm_address_valid(sm_bytes_str(address)))
		return 0;
	more = realloc(d->people, (d->person_count + 1) * sizeof(*more));
	if (more == NULL)
		return client_out_of_memory(d->c);
	d->people = more;
	more += d->person_count++;
	*more = (struct directory_person){ strdup(address), strdup(name), url };
	if (more->address == NULL || more->name == NULL)
		return client_out_of_memory(d->c);
	client_make_printable(more->name);
	return 0;
}

/* ---- the helper ---- */

static int
tell(struct directories *d, const char *name, enum config_key key)
{
	const char *value = config_value(&d->cfg, key);
	char text[4300];

	if (value == NULL)
		return 0;
	(void)snprintf(text, sizeof(text), "%s %.4200s", name, value);
	return helper_send(&d->helper, "set", sm_bytes_str(text));
}

static int
start_helper(struct directories *d)
{
	int rc;

	if (d->helper.pid != 0)
		return 0;
	rc = helper_start(d->c, &d->helper, "sealmail-lookup", NULL);
	if (rc == 0)
		rc = tell(d, "ca", CONFIG_DIRECTORY_CA);
	if (rc == 0)
		rc = tell(d, "dns-server", CONFIG_DNS_SERVER);
	return rc == 0 ? tell(d, "dns-anchor", CONFIG_DNS_ANCHOR) : rc;
}

/* Is it the first LDAP server of the configuration? */
static bool
is_first_ldap(const struct directories *d, const struct directory *place)
{
	size_t i;

	for (i = 0; i < d->count; i++)
		if (d->list[i].from_config && strncasecmp(d->list[i].url, "ldap", 4) == 0)
			return &d->list[i] == place;
	return false;
}

static int
tell_password(struct directories *d, const char *path)
{
	struct sm_buf word = SM_BUF_SECRET_INIT;
	int rc = input_slurp(d->c, &word, path, PASSWORD_BYTES);

	while (rc == 0 && word.len > 0 && (word.data[word.len - 1] == '\n' ||
		word.data[word.len - 1] == '\r'))
		word.len--;
	if (rc == 0)
		rc = helper_send(&d->helper, "password", sm_buf_bytes(&word));
	if (rc == 0)
		rc = tell(d, "user", CONFIG_DIRECTORY_USER);
	sm_buf_free(&word);
	return rc;
}

/* The password is for the first LDAP server of the configuration, and for no other
 * that stands there or that somebody names: before those are asked it is taken back. */
static int
sign_in(struct directories *d, const struct directory *place)
{
	const char *path = config_value(&d->cfg, CONFIG_DIRECTORY_PASSWORD_FILE);
	bool wanted = path != NULL && config_value(&d->cfg, CONFIG_DIRECTORY_USER) != NULL &&
	    is_first_ldap(d, place);
	int rc;

	if (wanted == d->signed_in)
		return 0;
	d->signed_in = wanted;
	if (wanted)
		return tell_password(d, path);
	rc = helper_send(&d->helper, "set", sm_bytes_str("user "));
	return rc == 0 ? helper_send(&d->helper, "password", sm_bytes_str("")) : rc;
}

/* RFC 8162 section 3: the local part is named by its hash. */
static int
dns_question(struct directories *d, const char *address, struct sm_buf *out)
{
	struct sm_bytes local, domain;
	uint8_t hash[32];
	size_t i;
	int rc = 0;

	if (!sm_address_split(sm_bytes_str(address), &local, &domain) ||
	    sm_sha256(hash, local) != 0)
		return client_out_of_memory(d->c);
	for (i = 0; rc == 0 && i < 28; i++)
		rc = sm_buf_printf(out, "%02x", hash[i]);
	if (rc == 0)
		rc = sm_buf_append_str(out, "._smimecert.");
	if (rc == 0)
		rc = sm_buf_append(out, domain);
	return rc == 0 ? 0 : client_out_of_memory(d->c);
}

static int
send_question(struct directories *d, const char *word, const char *url,
    const char *what)
{
	struct sm_buf body = SM_BUF_INIT;
	int rc = sm_buf_printf(&body, "%s\n", url) == 0 ? 0 : client_out_of_memory(d->c);

	if (rc == 0 && strcmp(url, dns_url) == 0 && strcmp(word, "find") == 0)
		rc = dns_question(d, what, &body);
	else if (rc == 0 && sm_buf_append_str(&body, what) != 0)
		rc = client_out_of_memory(d->c);
	if (rc == 0)
		rc = helper_send(&d->helper, word, sm_buf_bytes(&body));
	sm_buf_free(&body);
	return rc;
}

/* One certificate, or certs-only CMS; what is neither is passed over. */
static int
take_certs(struct directories *d, struct sm_bytes raw, const char *address,
    const char *url, bool vouched)
{
	struct sm_error ignored = SM_ERROR_INIT;
	struct sm_keyfile file;
	size_t i;
	int rc = 0;

	memset(&file, 0, sizeof(file));
	if (sm_keyfile_read(&file, raw, false, NULL, &d->c->limits, &ignored) == 0)
		for (i = 0; rc == 0 && i < file.certs.count; i++)
			rc = directories_add(d, file.certs.list[i], address, url, vouched);
	sm_keyfile_wipe(&file);
	return rc;
}

static int
take_person(struct directories *d, struct sm_bytes body, const char *url)
{
	char *text = sm_strdup_bytes(body), *name;
	int rc = 0;

	if (text == NULL)
		return client_out_of_memory(d->c);
	name = strchr(text, '\n');
	if (name != NULL) {
		*name = '\0';
		rc = directories_add_person(d, text, name + 1, url);
	}
	free(text);
	return rc;
}

static int
note_failure(struct directories *d, struct sm_bytes sentence)
{
	return sm_buf_append(&d->looked, sentence) == 0 ? 0 :
	    client_out_of_memory(d->c);
}

/* Addresses that are none are as good as missing ones. */
static int
take_member(struct directories *d, struct sm_bytes address, const char *url)
{
	char *text;
	int rc;

	if (!sm_address_valid(address)) {
		d->group.nowhere++;
		return 0;
	}
	text = sm_strdup_bytes(address);
	rc = text != NULL ? directories_add_person(d, text, "", url) :
	    client_out_of_memory(d->c);
	free(text);
	return rc;
}

static int
take_of_group(struct directories *d, const struct frame *f, const char *url)
{
	struct sm_bytes body = sm_buf_bytes(&f->body);
	struct directory_group *g = &d->group;

	if (strcmp(f->word, "member") == 0)
		return take_member(d, body, url);
	if (strcmp(f->word, "group") == 0) {
		g->url = url;
		(void)snprintf(g->name, sizeof(g->name), "%.*s", (int)body.len,
		    (const char *)body.data);
		client_make_printable(g->name);
	} else if (strcmp(f->word, "limit") == 0) {
		(void)snprintf(g->limit, sizeof(g->limit), "%.*s", (int)body.len,
		    (const char *)body.data);
		client_make_printable(g->limit);
	} else if (strcmp(f->word, "nowhere") == 0)
		g->nowhere++;
	return 0;
}

static int
take_answer(struct directories *d, const struct frame *f, const char *what,
    const char *url)
{
	struct sm_bytes body = sm_buf_bytes(&f->body);

	if (strcmp(f->word, "found") == 0)
		return take_certs(d, body, what, url, false);
	if (strcmp(f->word, "vouched") == 0)
		return take_certs(d, body, what, url, true);
	if (strcmp(f->word, "person") == 0)
		return take_person(d, body, url);
	if (strcmp(f->word, "failed") == 0) {
		d->group.failed = true;
		return note_failure(d, body);
	}
	return take_of_group(d, f, url);
}

static int
ask_helper(struct directories *d, const struct directory *place, const char *word,
    const char *what)
{
	struct frame f = { .body = SM_BUF_INIT };
	const unsigned most = strcmp(word, "group") == 0 ? GROUP_ANSWERS : ANSWERS;
	unsigned n;
	int rc = start_helper(d);

	if (rc == 0)
		rc = sign_in(d, place);
	if (rc == 0)
		rc = send_question(d, word, place->url, what);
	for (n = 0; rc == 0 && n < most; n++) {
		rc = helper_receive(&d->helper, &f, ANSWER_BYTES, ANSWER_SECONDS);
		if (rc != 0 || strcmp(f.word, "end") == 0 || f.word[0] == '\0')
			break;
		rc = take_answer(d, &f, what, place->url);
	}
	sm_buf_free(&f.body);
	return rc;
}

/* ---- asking ---- */

static int
ask_place(struct directories *d, const struct directory *place, const char *word,
    const char *what)
{
	const char *path = path_of(place->url);

	if (path != NULL && strcmp(word, "find") == 0)
		return directory_folder_find(d, path, what, place->url);
	if (path != NULL)
		return directory_folder_search(d, path, what, place->url);
	if (options_has(&d->c->opt, OPT_OFFLINE))
		return note_failure(d, sm_bytes_str("not asked (--offline)"));
	if (strncasecmp(place->url, "imap", 4) == 0)
		return strcmp(word, "find") == 0 ?
		    directory_imap_find(d, what, place->url) :
		    note_failure(d, sm_bytes_str("a mail folder is not searched for names"));
	return ask_helper(d, place, word, what);
}

/* "ldap ldap.example.org: 2 found"; a failure has been written already. */
static int
note_place(struct directories *d, const struct directory *place, size_t start,
    size_t found)
{
	char kind[16], where[300], head[340];
	struct sm_buf *b = &d->looked;
	size_t len;
	int rc = 0;

	directory_name(place->url, kind, where, sizeof(where));
	len = (size_t)snprintf(head, sizeof(head), "%s%s %s: ", start > 0 ? "; " : "",
	    kind, where);
	len = len < sizeof(head) ? len : sizeof(head) - 1;
	if (b->len == start)
		rc = found == 0 ? sm_buf_append_str(b, "nothing") :
		    sm_buf_printf(b, "%zu found", found);
	if (rc == 0)
		rc = sm_buf_reserve(b, len);
	if (rc != 0)
		return client_out_of_memory(d->c);
	memmove(b->data + start + len, b->data + start, b->len - start);
	memcpy(b->data + start, head, len);
	b->len += len;
	return 0;
}

static int
ask_all(struct directories *d, const char *word, const char *what)
{
	size_t i, start, before;
	int rc = 0;

	sm_buf_clear(&d->looked);
	for (i = 0; rc == 0 && i < d->count; i++) {
		start = d->looked.len;
		before = d->find_count + d->person_count;
		rc = ask_place(d, &d->list[i], word, what);
		if (rc == 0)
			rc = note_place(d, &d->list[i], start,
			    d->find_count + d->person_count - before);
	}
	return rc;
}

int
directories_find(struct directories *d, const char *address)
{
	return ask_all(d, "find", address);
}

int
directories_search(struct directories *d, const char *name)
{
	return ask_all(d, "search", name);
}

static int
ask_for_group(struct directories *d, const struct directory *place, const char *address)
{
	size_t start = d->looked.len;
	int rc = ask_helper(d, place, "group", address);

	/* Half a group is none: some would not get the letter. */
	if (rc == 0 && d->group.failed)
		d->group.url = NULL;
	return rc == 0 ? note_place(d, place, start, d->person_count) : rc;
}

int
directories_group(struct directories *d, const char *address)
{
	bool failed = false;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < d->count && d->group.url == NULL &&
	    d->group.limit[0] == '\0'; i++) {
		if (strncasecmp(d->list[i].url, "ldap", 4) != 0)
			continue;
		forget_people(d);
		rc = ask_for_group(d, &d->list[i], address);
		failed = failed || d->group.failed;
	}
	d->group.failed = failed && d->group.url == NULL;
	return rc;
}
