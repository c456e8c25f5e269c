#include "config.h"

#include <stdio.h>
#include <stdlib.h>

#include "home.h"
#include "lines.h"

static const struct config_def *
find(const char *name)
{
	size_t i;

	for (i = 0; i < CONFIG_COUNT; i++)
		if (strcmp(config_table[i].name, name) == 0)
			return &config_table[i];
	return NULL;
}

static bool
word_is_listed(const char *words, const char *word)
{
	size_t len = strlen(word), n;

	for (; *words != '\0'; words += n + (words[n] == ' ')) {
		n = strcspn(words, " ");
		if (n == len && memcmp(words, word, n) == 0)
			return true;
	}
	return false;
}

static bool
is_number(const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	return value[0] >= '0' && value[0] <= '9' && *end == '\0' && n <= 1000000;
}

static char *
expand(const struct config_def *def, const char *value)
{
	char *home, *out = NULL;

	if (def->kind != CONFIG_PATH || strncmp(value, "~/", 2) != 0)
		return strdup(value);
	home = home_of_user();
	if (home == NULL || asprintf(&out, "%s%s", home, value + 1) < 0)
		out = NULL;
	free(home);
	return out;
}

static int
check(const struct lines *l, const struct config *cfg, const struct config_def *def,
    const char *value)
{
	if (*value == '\0')
		return lines_fault(l, "%s has no value; write \"%s = ...\"", def->name,
		    def->name);
	if (def->kind == CONFIG_WORD && !word_is_listed(def->words, value))
		return lines_fault(l, "%s takes one of: %s", def->name, def->words);
	if (def->kind == CONFIG_NUMBER && !is_number(value))
		return lines_fault(l, "%s takes a number", def->name);
	if (!def->repeats && config_value(cfg, def->key) != NULL)
		return lines_fault(l, "%s stands there twice", def->name);
	return 0;
}

static int
read_line(const struct lines *l, struct config *cfg, char *line)
{
	char *equals = strchr(line, '='), *name, *value;
	const struct config_def *def;
	struct config_line *list;
	int rc;

	if (equals == NULL)
		return lines_fault(l, "\"%.60s\" is not \"key = value\"", line);
	*equals = '\0';
	name = lines_trim(line);
	value = lines_trim(equals + 1);
	def = find(name);
	if (def == NULL)
		return lines_fault(l, "there is no key \"%.60s\"; sealmail-config(5) lists "
		    "those that there are", name);
	rc = check(l, cfg, def, value);
	if (rc != 0)
		return rc;
	list = realloc(cfg->lines, (cfg->count + 1) * sizeof(*list));
	if (list == NULL)
		return client_out_of_memory(l->c);
	cfg->lines = list;
	list[cfg->count].key = def->key;
	list[cfg->count].value = expand(def, value);
	if (list[cfg->count].value == NULL)
		return client_out_of_memory(l->c);
	cfg->count++;
	return 0;
}

int
config_read(struct client *c, struct config *cfg)
{
	struct lines l;
	char *line;
	int rc;

	memset(cfg, 0, sizeof(*cfg));
	rc = lines_open(c, &l, "config", false);
	while (rc == 0 && (line = lines_next(&l)) != NULL)
		rc = read_line(&l, cfg, line);
	lines_close(&l);
	return rc;
}

void
config_free(struct config *cfg)
{
	size_t i;

	for (i = 0; i < cfg->count; i++)
		free(cfg->lines[i].value);
	free(cfg->lines);
	memset(cfg, 0, sizeof(*cfg));
}

const char *
config_value(const struct config *cfg, enum config_key key)
{
	size_t at = 0;

	return config_next(cfg, key, &at);
}

const char *
config_next(const struct config *cfg, enum config_key key, size_t *at)
{
	while (*at < cfg->count) {
		const struct config_line *l = &cfg->lines[(*at)++];

		if (l->key == key)
			return l->value;
	}
	return NULL;
}

unsigned
config_number(const struct config *cfg, enum config_key key, unsigned otherwise)
{
	const char *value = config_value(cfg, key);

	return value != NULL ? (unsigned)strtoul(value, NULL, 10) : otherwise;
}
