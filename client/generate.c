/* cli-tables - prints what is made from the table of verbs and options:
 *   cli-tables completion bash|zsh|fish
 *   cli-tables man verbs|exits|codes|config
 *   cli-tables man everywhere      (options of all verbs)
 *   cli-tables man options|examples VERB
 * A tool of the build; not installed. */
#include "generate.h"

#include <stdio.h>
#include <string.h>

static int
usage(void)
{
	fputs("usage: cli-tables completion bash|zsh|fish\n"
	    "       cli-tables man verbs|exits|codes|config\n"
	    "       cli-tables man options|examples VERB\n", stderr);
	return 64;
}

static int
completion(const char *shell)
{
	if (strcmp(shell, "bash") == 0)
		generate_bash();
	else if (strcmp(shell, "zsh") == 0)
		generate_zsh();
	else if (strcmp(shell, "fish") == 0)
		generate_fish();
	else
		return usage();
	return 0;
}

static int
man(const char *what, const struct verb_def *verb)
{
	if (verb == NULL && strcmp(what, "verbs") == 0)
		generate_man_verbs();
	else if (verb == NULL && strcmp(what, "everywhere") == 0)
		generate_man_everywhere();
	else if (verb == NULL && strcmp(what, "exits") == 0)
		generate_man_exits();
	else if (verb == NULL && strcmp(what, "codes") == 0)
		generate_man_codes();
	else if (verb == NULL && strcmp(what, "config") == 0)
		generate_man_config();
	else if (verb != NULL && strcmp(what, "options") == 0)
		generate_man_options(verb);
	else if (verb != NULL && strcmp(what, "examples") == 0)
		generate_man_examples(verb);
	else
		return usage();
	return 0;
}

int
main(int argc, char **argv)
{
	const struct verb_def *verb = NULL;
	int words;

	if (argc == 4 || argc == 5)
		verb = verb_find_words(argc - 3, argv + 3, &words);
	if (argc == 3 && strcmp(argv[1], "completion") == 0)
		return completion(argv[2]);
	if (argc >= 3 && strcmp(argv[1], "man") == 0 && (argc == 3 || verb != NULL))
		return man(argv[2], verb);
	return usage();
}
