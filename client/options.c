#include "options.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- finding ---- */

const struct verb_def *
verb_find(const char *name)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		if (strcmp(verb_table[i].name, name) == 0)
			return &verb_table[i];
	return NULL;
}

bool
verb_is_family(const char *word)
{
	size_t i, len = strlen(word);

	for (i = 0; len > 0 && i < VERB_COUNT; i++)
		if (strncmp(verb_table[i].name, word, len) == 0 &&
		    verb_table[i].name[len] == ' ')
			return true;
	return false;
}

static const struct verb_def *
usual_verb(const char *family)
{
	size_t i, len = strlen(family);

	for (i = 0; i < VERB_COUNT; i++)
		if (verb_table[i].usual && strncmp(verb_table[i].name, family, len) == 0 &&
		    verb_table[i].name[len] == ' ')
			return &verb_table[i];
	return NULL;
}

const struct verb_def *
verb_find_words(int argc, char *const *argv, int *used)
{
	const struct verb_def *verb;
	char name[64];

	*used = 1;
	verb = argc > 0 ? verb_find(argv[0]) : NULL;
	if (verb != NULL || argc < 1)
		return verb;
	if (argc > 1) {
		*used = 2;
		(void)snprintf(name, sizeof(name), "%.30s %.30s", argv[0], argv[1]);
		verb = verb_find(name);
	}
	if (verb != NULL || (argc > 1 && strcmp(argv[1], "--help") == 0))
		return verb;
	*used = 1;
	return usual_verb(argv[0]);
}

enum { GUESS_MAX = 24 }; /* longer words are not guessed at */

static unsigned
min3(unsigned a, unsigned b, unsigned c)
{
	unsigned m = a < b ? a : b;

	return m < c ? m : c;
}

/* Letters to change, add or drop to turn a into b; large when either is long. */
static unsigned
distance(const char *a, const char *b)
{
	unsigned row[GUESS_MAX + 1], diagonal, above;
	size_t la = strlen(a), lb = strlen(b), i, j;

	if (la > GUESS_MAX || lb > GUESS_MAX)
		return GUESS_MAX;
	for (j = 0; j <= lb; j++)
		row[j] = (unsigned)j;
	for (i = 1; i <= la; i++) {
		diagonal = row[0];
		row[0] = (unsigned)i;
		for (j = 1; j <= lb; j++) {
			above = row[j];
			row[j] = min3(row[j] + 1, row[j - 1] + 1,
			    diagonal + (a[i - 1] != b[j - 1]));
			diagonal = above;
		}
	}
	return row[lb];
}

const struct verb_def *
verb_guess(const char *name)
{
	size_t i;

	for (i = 0; i < VERB_COUNT; i++)
		if (distance(verb_table[i].name, name) <= 2)
			return &verb_table[i];
	return NULL;
}

static const struct option_def *
option_guess(const struct verb_def *verb, const char *name)
{
	const struct option_def *best = NULL;
	unsigned d, least = 3;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++) {
		/* who abbreviates has typed nothing wrong yet */
		d = *name != '\0' && strncmp(option_table[i].name, name,
		    strlen(name)) == 0 ? 0 : distance(option_table[i].name, name);
		if (d < least && option_applies(&option_table[i], verb->id)) {
			least = d;
			best = &option_table[i];
		}
	}
	return best;
}

/* Two options may share a name or a letter: the one of this verb, else any. */
static const struct option_def *
option_by_name(const struct verb_def *verb, const char *name, size_t len)
{
	const struct option_def *found = NULL;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++)
		if (strlen(option_table[i].name) == len &&
		    memcmp(option_table[i].name, name, len) == 0 &&
		    (found == NULL || option_applies(&option_table[i], verb->id)))
			found = &option_table[i];
	return found;
}

/* So may they share a letter. */
static const struct option_def *
option_by_letter(const struct verb_def *verb, char letter)
{
	const struct option_def *found = NULL;
	size_t i;

	for (i = 0; i < OPT_COUNT; i++)
		if (letter != '\0' && option_table[i].letter == letter &&
		    (found == NULL || option_applies(&option_table[i], verb->id)))
			found = &option_table[i];
	return found;
}

/* ---- reading ---- */

struct reader {
	struct options *o;
	const struct verb_def *verb;
	int argc;
	char *const *argv;
	int at;
};

static int __attribute__((format(printf, 2, 3)))
fail(struct options *o, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(o->fault, sizeof(o->fault), fmt, ap);
	va_end(ap);
	return -1;
}

static bool
word_listed(const char *words, const char *word)
{
	size_t len = strlen(word);
	const char *p = words;

	while (len > 0 && (p = strstr(p, word)) != NULL) {
		if ((p == words || p[-1] == ' ') && (p[len] == ' ' || p[len] == '\0'))
			return true;
		p += len;
	}
	return false;
}

static int
add(struct reader *r, const struct option_def *def, const char *value)
{
	struct options *o = r->o;

	if (!option_applies(def, r->verb->id))
		return fail(o, "--%s is not an option of %s; `sealmail %s --help` lists "
		    "those that are", def->name, r->verb->name, r->verb->name);
	if (def->arg == ARG_REQUIRED && *value == '\0')
		return fail(o, "--%s needs a value: --%s %s", def->name, def->name,
		    def->value_name);
	if (def->value == VALUE_WORD && value != NULL &&
	    !word_listed(def->words, value))
		return fail(o, "--%s takes one of: %s", def->name, def->words);
	if (def->arg != ARG_NONE && !def->repeats && options_has(o, def->id))
		return fail(o, "--%s was given twice", def->name);
	o->uses[o->count].id = def->id;
	o->uses[o->count].value = value;
	o->count++;
	return 0;
}

/* The word after the option just read. */
static const char *
next_word(struct reader *r)
{
	return r->at + 1 < r->argc ? r->argv[++r->at] : NULL;
}

static int
unknown_long(struct reader *r, const char *name, size_t len)
{
	const struct option_def *guess = NULL;
	char word[GUESS_MAX + 1];

	if (len < sizeof(word)) {
		memcpy(word, name, len);
		word[len] = '\0';
		guess = option_guess(r->verb, word);
	}
	if (guess != NULL)
		return fail(r->o, "unknown option --%s; did you mean --%s?", word,
		    guess->name);
	return fail(r->o, "unknown option --%.*s; `sealmail %s --help` lists them",
	    (int)(len > 60 ? 60 : len), name, r->verb->name);
}

static int
read_long(struct reader *r, const char *name)
{
	size_t len = strcspn(name, "=");
	const char *value = name[len] == '=' ? name + len + 1 : NULL;
	const struct option_def *def = option_by_name(r->verb, name, len);

	if (def == NULL)
		return unknown_long(r, name, len);
	if (def->arg == ARG_NONE && value != NULL)
		return fail(r->o, "--%s takes no value", def->name);
	if (def->arg == ARG_OPTIONAL && value != NULL && *value == '\0')
		return fail(r->o, "--%s= needs a value after it", def->name);
	if (def->arg == ARG_REQUIRED && value == NULL)
		value = next_word(r);
	if (def->arg == ARG_REQUIRED && value == NULL)
		value = "";
	return add(r, def, value);
}

/* A word like -qo FILE or -oFILE. */
static int
read_letters(struct reader *r, const char *letters)
{
	const struct option_def *def;
	const char *value;

	for (; *letters != '\0'; letters++) {
		def = option_by_letter(r->verb, *letters);
		if (def == NULL)
			return fail(r->o, "unknown option -%c; `sealmail %s --help` "
			    "lists them", *letters, r->verb->name);
		if (def->arg == ARG_NONE) {
			if (add(r, def, NULL) != 0)
				return -1;
			continue;
		}
		value = letters[1] != '\0' ? letters + 1 : next_word(r);
		return add(r, def, value != NULL ? value : "");
	}
	return 0;
}

static int
read_operand(struct reader *r, const char *word)
{
	if (r->o->operand_count > 0 && !r->verb->many)
		return fail(r->o, "one %s at a time: \"%.60s\" is one too many",
		    r->verb->operand, word);
	if (r->verb->operand[0] == '\0')
		return fail(r->o, "%s takes options only: \"%.60s\" is too much",
		    r->verb->name, word);
	if (r->o->operand_count == 0)
		r->o->operand = word;
	r->o->operands[r->o->operand_count++] = word;
	return 0;
}

static int
read_words(struct reader *r)
{
	bool only_operands = false;
	const char *word;
	int rc = 0;

	for (r->at = 0; rc == 0 && r->at < r->argc; r->at++) {
		word = r->argv[r->at];
		if (only_operands || word[0] != '-' || word[1] == '\0')
			rc = read_operand(r, word);
		else if (strcmp(word, "--") == 0)
			only_operands = true;
		else if (word[1] == '-')
			rc = read_long(r, word + 2);
		else
			rc = read_letters(r, word + 1);
		if (rc == 0 && options_has(r->o, OPT_HELP))
			return 0;
	}
	if (rc == 0 && r->verb->required && r->o->operand_count == 0)
		return fail(r->o, "%s needs a word more: sealmail %s %s", r->verb->name,
		    r->verb->name, r->verb->operand);
	return rc;
}

/* Every letter of a word may be an option. */
static size_t
most_uses(int argc, char *const *argv)
{
	size_t n = 1;
	int i;

	for (i = 0; i < argc; i++)
		n += strlen(argv[i]) + 1;
	return n;
}

int
options_parse(struct options *o, const struct verb_def *verb, int argc,
    char *const *argv)
{
	struct reader r = { o, verb, argc, argv, 0 };

	memset(o, 0, sizeof(*o));
	o->uses = calloc(most_uses(argc, argv), sizeof(*o->uses));
	o->operands = calloc((size_t)argc + 1, sizeof(*o->operands));
	if (o->uses == NULL || o->operands == NULL)
		return fail(o, "out of memory");
	return read_words(&r);
}

void
options_free(struct options *o)
{
	free(o->uses);
	free(o->operands);
	memset(o, 0, sizeof(*o));
}

/* ---- asking ---- */

bool
options_has(const struct options *o, enum option_id id)
{
	return options_count(o, id) > 0;
}

const char *
options_value(const struct options *o, enum option_id id)
{
	size_t at = 0;

	return options_next(o, id, &at);
}

const char *
options_next(const struct options *o, enum option_id id, size_t *at)
{
	while (*at < o->count) {
		const struct option_use *u = &o->uses[(*at)++];

		if (u->id == id)
			return u->value;
	}
	return NULL;
}

void
options_add(struct options *o, enum option_id id, const char *value)
{
	o->uses[o->count].id = id;
	o->uses[o->count].value = value;
	o->count++;
}

void
options_turn(struct options *o, enum option_id from, enum option_id to,
    const char *value)
{
	size_t i;

	for (i = 0; i < o->count; i++) {
		if (o->uses[i].id != from)
			continue;
		o->uses[i].id = to;
		o->uses[i].value = value;
		return;
	}
}

size_t
options_count(const struct options *o, enum option_id id)
{
	size_t i, n = 0;

	for (i = 0; i < o->count; i++)
		n += o->uses[i].id == id;
	return n;
}
