#include "client.h"

#include <stdarg.h>
#include <stdio.h>

/* Two bytes of a C1 control in UTF-8: U+0080 to U+009F, which some terminals obey. */
static bool
is_c1(const unsigned char *p)
{
	return p[0] == 0xc2 && p[1] >= 0x80 && p[1] <= 0x9f;
}

void
client_make_printable(char *text)
{
	unsigned char *p;

	for (p = (unsigned char *)text; *p != '\0'; p++) {
		if (*p < 0x20 || *p == 0x7f)
			*p = '?';
		else if (is_c1(p))
			p[0] = p[1] = '?';
	}
}

static void SM_PRINTF(2, 0)
say(char *keep, const char *fmt, va_list ap)
{
	char text[512];

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	client_make_printable(text);
	fprintf(stderr, "sealmail: %s\n", text);
	if (keep != NULL)
		memcpy(keep, text, sizeof(text));
}

int
client_fault(struct client *c, int code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	if (!c->silent)
		say(c->fault == 0 ? c->fault_text : NULL, fmt, ap);
	va_end(ap);
	if (c->fault == 0)
		c->fault = code;
	return code;
}

void
client_note(const struct client *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet || c->silent)
		return;
	va_start(ap, fmt);
	say(NULL, fmt, ap);
	va_end(ap);
}

int
client_fault_error(struct client *c, int code, const char *where,
    const struct sm_error *err, int status)
{
	const char *text = sm_status_name(status);
	char offset[40] = "";

	if (err != NULL && err->text[0] != '\0')
		text = err->text;
	if (err != NULL && err->has_offset)
		(void)snprintf(offset, sizeof(offset), " (at byte %llu)",
		    (unsigned long long)err->offset);
	if (where == NULL)
		return client_fault(c, code, "%s%s", text, offset);
	return client_fault(c, code, "%s: %s%s", where, text, offset);
}

int
client_out_of_memory(struct client *c)
{
	return client_fault(c, EXIT_INTERNAL, "out of memory");
}
