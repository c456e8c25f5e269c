#include "test.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { RING = 48 };

static uint8_t *ring[RING];
static unsigned ring_next;

__attribute__((destructor)) static void
ring_free(void)
{
	unsigned i;

	for (i = 0; i < RING; i++)
		free(ring[i]);
}

static unsigned
digit(char c)
{
	assert_true(isxdigit((unsigned char)c));
	if (c <= '9')
		return (unsigned)(c - '0');
	return (unsigned)(tolower((unsigned char)c) - 'a' + 10);
}

struct sm_bytes
hex(const char *text)
{
	uint8_t *out = malloc(strlen(text) / 2 + 1);
	size_t n = 0;

	assert_non_null(out);
	ring_next = (ring_next + 1) % RING;
	free(ring[ring_next]);
	ring[ring_next] = out;
	for (; *text != '\0'; text++) {
		if (isspace((unsigned char)*text))
			continue;
		out[n++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
		text++;
	}
	return sm_bytes(out, n);
}

const char *
corpus_path(const char *name)
{
	static char path[1024];
	const char *shared = getenv("SEALMAIL_SHARED");
	const char *root = getenv("SEALMAIL_ROOT");

	if (shared != NULL)
		snprintf(path, sizeof(path), "%s/corpora/%s", shared, name);
	else
		snprintf(path, sizeof(path), "%s/../shared/corpora/%s",
		    root != NULL ? root : TEST_ROOT, name);
	return access(path, R_OK) == 0 ? path : NULL;
}

void
corpus_read(struct sm_buf *out, const char *name)
{
	const char *path = corpus_path(name);
	uint8_t chunk[4096];
	size_t n;
	FILE *f;

	if (path == NULL) {
		printf("skip: the corpora are not here\n");
		skip();
	}
	f = fopen(path, "rb");
	assert_non_null(f);
	while ((n = fread(chunk, 1, sizeof(chunk), f)) > 0)
		assert_ok(sm_buf_append(out, sm_bytes(chunk, n)));
	fclose(f);
}

void
lines_of(const char *command, void (*fn)(char *line, void *ctx), void *ctx)
{
	char *line = NULL;
	size_t cap = 0;
	ssize_t n;
	FILE *p = popen(command, "r");

	assert_non_null(p);
	while ((n = getline(&line, &cap, p)) > 0) {
		if (line[n - 1] == '\n')
			line[n - 1] = '\0';
		fn(line, ctx);
	}
	free(line);
	assert_int_equal(pclose(p), 0);
}
