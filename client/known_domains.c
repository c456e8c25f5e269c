/* Domains that mail goes to as a rule: HOME/queue/domains, one on a line, and what the
 * user's own files name. */
#include "addressees.h"

#include <stdlib.h>
#include <unistd.h>

#include "home.h"

enum { FILE_BYTES = 4 << 20, DOMAINS_MAX = 20000 };
#define FOLDER "queue"
#define NAME "domains"

static bool
has(const struct known_domains *k, const char *domain)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (strcasecmp(k->list[i], domain) == 0)
			return true;
	return false;
}

static int
add(struct client *c, struct known_domains *k, const char *domain)
{
	size_t cap = k->cap == 0 ? 32 : k->cap * 2;
	char **list;

	if (*domain == '\0' || k->count == DOMAINS_MAX || has(k, domain))
		return 0;
	if (k->count == k->cap) {
		list = realloc(k->list, cap * sizeof(*list));
		if (list == NULL)
			return client_out_of_memory(c);
		k->list = list;
		k->cap = cap;
	}
	k->list[k->count] = strdup(domain);
	if (k->list[k->count] == NULL)
		return client_out_of_memory(c);
	k->count++;
	return 0;
}

static int
add_files(struct client *c, struct known_domains *k, const struct policy *p,
    const struct aliases *aliases)
{
	size_t i, j;
	int rc = 0;

	for (i = 0; rc == 0 && i < p->own.count; i++)
		rc = add(c, k, p->own.list[i] + (p->own.list[i][0] == '.'));
	for (i = 0; rc == 0 && i < p->rule_count; i++)
		if (p->rules[i].how.access != ACCESS_FORBID && p->rules[i].who[0] != '.')
			rc = add(c, k, policy_domain(p->rules[i].who));
	/* What a directory says of a group makes no domain known. */
	for (i = 0; i < aliases->count; i++)
		for (j = 0; rc == 0 && aliases->list[i].directory == NULL && j < aliases->list[i].count; j++)
			if (strchr(aliases->list[i].members[j], '@') != NULL)
				rc = add(c, k, policy_domain(aliases->list[i].members[j]));
	return rc;
}

static int
add_written(struct client *c, struct known_domains *k, struct sm_buf *text)
{
	char *line, *end;
	int rc = 0;

	if (sm_buf_append_byte(text, '\0') != 0)
		return client_out_of_memory(c);
	for (line = (char *)text->data; rc == 0 && *line != '\0'; line = end) {
		end = line + strcspn(line, "\n");
		if (*end != '\0')
			*end++ = '\0';
		rc = add(c, k, line);
	}
	return rc;
}

static int
read_written(struct client *c, struct known_domains *k)
{
	struct private_dir home, queue = PRIVATE_DIR_INIT;
	struct sm_buf text = SM_BUF_INIT;
	bool there = false;
	int rc = home_open(c, &home, false);

	if (rc == 0 && home.fd >= 0)
		rc = private_open_in(c, &queue, &home, FOLDER, false);
	if (rc == 0 && queue.fd >= 0)
		rc = private_read(c, &queue, NAME, FILE_BYTES, &text, &there);
	if (rc == 0 && there)
		rc = add_written(c, k, &text);
	sm_buf_free(&text);
	private_close(&queue);
	private_close(&home);
	return rc;
}

int
known_domains_read(struct client *c, struct known_domains *k,
    const struct policy *p, const struct aliases *aliases, const char *sender)
{
	int rc;

	memset(k, 0, sizeof(*k));
	rc = add(c, k, policy_domain(sender));
	if (rc == 0)
		rc = add_files(c, k, p, aliases);
	return rc == 0 ? read_written(c, k) : rc;
}

void
known_domains_free(struct known_domains *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		free(k->list[i]);
	free(k->list);
	memset(k, 0, sizeof(*k));
}

/* ---- what is learned ---- */

static int
write_all(struct client *c, const struct private_dir *queue,
    const struct known_domains *k)
{
	struct sm_buf text = SM_BUF_INIT;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < k->count; i++)
		rc = sm_buf_printf(&text, "%s\n", k->list[i]);
	rc = rc == 0 ? private_write(c, queue, NAME, sm_buf_bytes(&text)) :
	    client_out_of_memory(c);
	sm_buf_free(&text);
	return rc;
}

/* Read once more, under the lock: another sealmail may have added to it. */
static int
merge(struct client *c, const struct private_dir *queue, const struct addressees *a)
{
	struct known_domains all = { 0 };
	size_t i;
	int rc = read_written(c, &all);
	size_t before = all.count;

	for (i = 0; rc == 0 && i < a->count; i++)
		rc = add(c, &all, policy_domain(a->list[i].address));
	if (rc == 0 && all.count > before)
		rc = write_all(c, queue, &all);
	known_domains_free(&all);
	return rc;
}

int
known_domains_keep(struct client *c, const struct known_domains *k,
    const struct addressees *a)
{
	struct private_dir home, queue = PRIVATE_DIR_INIT;
	bool news = false;
	size_t i;
	int rc, lock = -1;

	for (i = 0; i < a->count && !news; i++)
		news = !has(k, policy_domain(a->list[i].address));
	if (!news)
		return 0;
	rc = home_open(c, &home, true);
	if (rc == 0)
		rc = private_open_in(c, &queue, &home, FOLDER, true);
	if (rc == 0)
		rc = private_lock(c, &queue, &lock);
	if (rc == 0)
		rc = merge(c, &queue, a);
	if (lock >= 0)
		(void)close(lock);
	private_close(&queue);
	private_close(&home);
	return rc;
}
