#include "sendmail_words.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* Letters without a value; -t among them is the one that counts. */
static bool
is_bare(const char *word)
{
	return word[1] != '\0' && strspn(word + 1, "tGimnU") == strlen(word + 1);
}

/* A letter with a value: in the same word, or in the next (*two). */
static bool
is_valued(const char *word, bool *two)
{
	static const char *const whole[] = { "-oi", "-om", "-oem", "-oee", "-oep", "-oeq",
		"-oew", "-odb", "-odi", "-odq", "-oo", "-os", "-ov", "-bm" };
	size_t i;

	*two = false;
	for (i = 0; i < sizeof(whole) / sizeof(whole[0]); i++)
		if (strcmp(word, whole[i]) == 0)
			return true;
	if (strchr("BLNORVX", word[1]) == NULL || word[1] == '\0')
		return false;
	*two = word[2] == '\0';
	return true;
}

static char *
text(const char *s)
{
	return (char *)(uintptr_t)s;
}

int
sendmail_words(int argc, char *const *argv, char **out)
{
	int i, n = 0;
	bool two;

	for (i = 0; i < argc; i++) {
		char *word = argv[i];

		if (strcmp(word, "--") == 0)
			break;
		if (word[0] != '-' || word[1] == '-') {
			out[n++] = word;
		} else if (strcmp(word, "-bp") == 0) {
			out[n++] = text("--queue");
		} else if (strcmp(word, "-r") == 0) {
			out[n++] = text("-f");
		} else if (is_valued(word, &two)) {
			i += two;
		} else if (!is_bare(word)) {
			out[n++] = word;
		} else if (strchr(word, 't') != NULL) {
			out[n++] = text("-t");
		}
	}
	for (; i < argc; i++)
		out[n++] = argv[i];
	return n;
}
