#include "label.h"

/* 06 0B 2A 86 48 86 F7 0D 01 09 10 02 02 in base64, behind none, one or two bytes of
 * its group of three; without the letters that its neighbours share. */
static const char forms[3][17] = { "BgsqhkiG9w0BCRAC", "YLKoZIhvcNAQkQAg",
	"GCyqGSIb3DQEJEAI" };

enum { FORM = 16 };

static bool
is_base64(uint8_t c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '+' || c == '/';
}

static bool
matches(const struct label_finder *f)
{
	const char *end = f->tail + f->len - FORM;
	size_t i;

	for (i = 0; i < 3; i++)
		if (memcmp(end, forms[i], FORM) == 0)
			return true;
	return false;
}

static void
add(struct label_finder *f, uint8_t c)
{
	if (f->len == sizeof(f->tail)) {
		memmove(f->tail, f->tail + f->len - (FORM - 1), FORM - 1);
		f->len = FORM - 1;
	}
	f->tail[f->len++] = (char)c;
	if (f->len >= FORM && (c == 'C' || c == 'g' || c == 'I') && matches(f))
		f->found = true;
}

void
label_look(struct label_finder *f, struct sm_bytes piece)
{
	size_t i;

	for (i = 0; i < piece.len && !f->found; i++) {
		uint8_t c = piece.data[i];

		if (is_base64(c))
			add(f, c);
		else if (c != '\r' && c != '\n') /* a line's end parts nothing */
			f->len = 0;
	}
}
