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

/* A fault ends in its code, in brackets: `sealmail explain CODE` says more. */
static void SM_PRINTF(4, 0)
say(char *keep, bool silent, const char *code, const char *fmt, va_list ap)
{
	char text[512];

	if (vsnprintf(text, sizeof(text), fmt, ap) < 0)
		return;
	client_make_printable(text);
	if (!silent && code != NULL)
		fprintf(stderr, "sealmail: %s [%s]\n", text, code);
	else if (!silent)
		fprintf(stderr, "sealmail: %s\n", text);
	if (keep != NULL)
		memcpy(keep, text, sizeof(text));
}

static int SM_PRINTF(4, 0)
fault(struct client *c, int status, const char *code, const char *fmt, va_list ap)
{
	say(c->fault == 0 ? c->fault_text : NULL, c->silent, code, fmt, ap);
	if (c->fault == 0) {
		c->fault = status;
		c->fault_code = code;
	}
	return status;
}

int
client_fault(struct client *c, int code, const char *fmt, ...)
{
	const struct exit_info *info = exit_of(code);
	va_list ap;

	va_start(ap, fmt);
	(void)fault(c, code, info != NULL ? info->name : "internal", fmt, ap);
	va_end(ap);
	return code;
}

static int SM_PRINTF(4, 5)
fault_of(struct client *c, int status, const char *code, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)fault(c, status, code, fmt, ap);
	va_end(ap);
	return status;
}

void
client_note(const struct client *c, const char *fmt, ...)
{
	va_list ap;

	if (c->quiet || c->silent)
		return;
	va_start(ap, fmt);
	say(NULL, false, NULL, fmt, ap);
	va_end(ap);
}

int
client_fault_error(struct client *c, int code, const char *where,
    const struct sm_error *err, int status)
{
	const struct exit_info *info = exit_of(code);
	const char *text = sm_status_name(status);
	const char *name = info != NULL ? info->name : "internal";
	char offset[40] = "";

	if (err != NULL && err->reason != NULL)
		name = err->reason;
	if (err != NULL && err->text[0] != '\0')
		text = err->text;
	if (err != NULL && err->has_offset)
		(void)snprintf(offset, sizeof(offset), " (at byte %llu)",
		    (unsigned long long)err->offset);
	if (where == NULL)
		return fault_of(c, code, name, "%s%s", text, offset);
	return fault_of(c, code, name, "%s: %s%s", where, text, offset);
}

int
client_out_of_memory(struct client *c)
{
	return client_fault(c, EXIT_INTERNAL, "out of memory");
}
