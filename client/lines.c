#include "lines.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "home.h"

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

int
lines_open(struct client *c, struct lines *l, const char *name, bool folds)
{
	bool there;
	int rc;

	memset(l, 0, sizeof(*l));
	l->c = c;
	l->name = name;
	l->folds = folds;
	rc = home_read_text(c, name, LINES_FILE_BYTES, &l->text, &there);
	if (rc == 0 && l->text.len > 0 && memchr(l->text.data, '\0', l->text.len) != NULL)
		rc = client_fault(c, EXIT_MALFORMED, "%s holds a NUL byte: it is no text",
		    name);
	/* So that every line can be made a string. */
	if (rc == 0 && sm_buf_append_byte(&l->text, '\n') != 0)
		rc = client_out_of_memory(c);
	return rc;
}

void
lines_close(struct lines *l)
{
	sm_buf_free(&l->text);
}

char *
lines_trim(char *text)
{
	size_t len;

	while (is_blank(*text))
		text++;
	len = strlen(text);
	while (len > 0 && is_blank(text[len - 1]))
		text[--len] = '\0';
	return text;
}

char *
lines_word(char **text)
{
	char *word = *text;
	size_t len;

	while (is_blank(*word))
		word++;
	if (*word == '\0')
		return NULL;
	len = strcspn(word, " \t\r");
	*text = word + len;
	if (word[len] != '\0') {
		word[len] = '\0';
		*text = word + len + 1;
	}
	return word;
}

/* The whole physical lines that belong together: their ends become blanks. */
static char *
take(struct lines *l)
{
	char *start = (char *)l->text.data + l->at, *end;

	for (;;) {
		end = memchr(l->text.data + l->at, '\n', l->text.len - l->at);
		l->at = (size_t)(end - (char *)l->text.data) + 1;
		l->number++;
		if (!l->folds || l->at >= l->text.len || !is_blank(end[1]))
			break;
		*end = ' ';
	}
	*end = '\0';
	return start;
}

char *
lines_next(struct lines *l)
{
	char *line;

	while (l->at < l->text.len) {
		line = lines_trim(take(l));
		if (*line != '\0' && *line != '#')
			return line;
	}
	return NULL;
}

int
lines_fault(const struct lines *l, const char *fmt, ...)
{
	char text[400], *home = home_path(l->c);
	va_list ap;
	int rc;

	va_start(ap, fmt);
	(void)vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	rc = client_fault(l->c, EXIT_MALFORMED, "%s/%s line %u: %s",
	    home != NULL ? home : "", l->name, l->number, text);
	free(home);
	return rc;
}
