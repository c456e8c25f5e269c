#include "speak.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "frame.h"

#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED true
#elif defined(__has_feature)
#define SANITIZED __has_feature(address_sanitizer)
#else
#define SANITIZED false
#endif

enum { GONE = 74, NO_MEMORY = 70 };

void
speak(const char *word, struct sm_bytes body)
{
	if (frame_write(STDOUT_FILENO, word, body) != 0)
		_exit(GONE);
}

void
speak_text(const char *word, const char *text)
{
	speak(word, sm_bytes_str(text));
}

void
speak_list(const char *word, const char *const *texts, size_t count)
{
	struct sm_buf body = SM_BUF_INIT;
	size_t i;

	for (i = 0; i < count; i++)
		if (sm_buf_append_str(&body, texts[i] != NULL ? texts[i] : "") != 0 ||
		    sm_buf_append_byte(&body, 0) != 0)
			speak_fault(NO_MEMORY, "out of memory");
	speak(word, sm_buf_bytes(&body));
	sm_buf_free(&body);
}

void
speak_fault(int code, const char *fmt, ...)
{
	char text[600];
	va_list ap;
	int n = snprintf(text, sizeof(text), "%d ", code);

	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - (size_t)n, fmt, ap);
	va_end(ap);
	speak_text("fault", text);
	exit(code);
}

static void
limit(int what, rlim_t value)
{
	struct rlimit r = { value, value };

	(void)setrlimit((__rlimit_resource_t)what, &r);
}

void
speak_limits(size_t memory_mib, unsigned seconds, bool writes_files)
{
	(void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	(void)prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	limit(RLIMIT_CORE, 0);
	/* A sanitizer reserves terabytes. */
	if (!SANITIZED)
		limit(RLIMIT_AS, (rlim_t)memory_mib << 20);
	limit(RLIMIT_CPU, seconds);
	if (!writes_files)
		limit(RLIMIT_FSIZE, 0);
}

/* ---- bodies of lines ---- */

static bool
next_line(struct sm_bytes *rest, struct sm_bytes *line)
{
	const uint8_t *end;

	if (rest->len == 0)
		return false;
	end = memchr(rest->data, '\n', rest->len);
	*line = sm_bytes_first(*rest, end != NULL ? (size_t)(end - rest->data) : rest->len);
	*rest = sm_bytes_skip(*rest, line->len + 1);
	return true;
}

bool
speak_has(struct sm_bytes body, const char *line)
{
	struct sm_bytes at;

	while (next_line(&body, &at))
		if (sm_bytes_equal(at, sm_bytes_str(line)))
			return true;
	return false;
}

char *
speak_value(struct sm_bytes body, const char *name)
{
	return speak_next(&body, name);
}

char *
speak_next(struct sm_bytes *rest, const char *name)
{
	struct sm_bytes at;
	size_t n = strlen(name);

	while (next_line(rest, &at))
		if (at.len > n && memcmp(at.data, name, n) == 0 && at.data[n] == '=')
			return sm_strdup_bytes(sm_bytes_skip(at, n + 1));
	return NULL;
}
