#include "wycheproof.h"

#include <stdio.h>
#include <stdlib.h>

const char *
field(const char *line, const char *name)
{
	static char *values[16];
	static unsigned next;
	size_t n = strlen(name);
	const char *p = line;
	char **v = &values[next++ % 16];

	for (; p != NULL; p = strchr(p, ' ')) {
		p += *p == ' ' ? 1 : 0;
		if (strncmp(p, name, n) == 0 && p[n] == '=') {
			p += n + 1;
			break;
		}
	}
	free(*v);
	*v = p == NULL ? strdup("") : strndup(p, strcspn(p, " "));
	assert_non_null(*v);
	return *v;
}

struct sm_bytes
bytes_of(const char *line, const char *name)
{
	return hex(field(line, name));
}

size_t
number_of(const char *line, const char *name)
{
	return (size_t)strtoul(field(line, name), NULL, 10);
}

bool
flagged(const char *line, const char *flag)
{
	return strstr(field(line, "flags"), flag) != NULL;
}

void
judge(struct run *r, const char *line, bool passed)
{
	const char *result = field(line, "result");

	r->count++;
	if (strcmp(result, "acceptable") == 0) {
		r->accepted += passed ? 1 : 0;
		return;
	}
	if (passed == (strcmp(result, "valid") == 0))
		return;
	r->wrong++;
	print_message("tcId %s: %s, but %s (%s)\n", field(line, "tcId"), result,
	    passed ? "passed" : "refused", field(line, "flags"));
}

static void
each_line(char *line, void *ctx)
{
	struct run *r = ctx;

	r->one(r, line);
}

void
run_file(const char *name, void (*one)(struct run *, const char *),
    unsigned accepted)
{
	struct run r = { one, NULL, "", 0, 0, 0 };
	char file[128], command[2400];
	const char *path;

	snprintf(file, sizeof(file), "wycheproof/testvectors_v1/%s_test.json",
	    name);
	path = corpus_path(file);
	if (path == NULL) {
		printf("skip: the corpora are not here\n");
		skip();
	}
	snprintf(command, sizeof(command), "/usr/bin/python3 '%s' '%s'",
	    TEST_ROOT "/tests/crypto/wycheproof.py", path);
	lines_of(command, each_line, &r);
	sm_key_free(r.key);
	assert_true(r.count > 30);
	assert_int_equal(r.wrong, 0);
	assert_int_equal(r.accepted, accepted);
}
