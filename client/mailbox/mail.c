/* sealmail-mail - reads mail for `sealmail mail`: with GMime what people see of a
 * letter, with SQLite the list of a folder. Started by the command (helper.h), one
 * process for a letter and one for a folder, so that no letter sees the folder.
 *
 *   sealmail-mail view             a letter, from the pipe alone
 *   sealmail-mail headers          headers of messages that a server keeps
 *   sealmail-mail box DIR INDEX    a Maildir
 *
 * GMime ends the program when memory runs out: that is why it is one. */
#include <gmime/gmime.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "box.h"
#include "speak.h"
#include "view.h"

enum { VIEW_MIB = 1024, VIEW_SECONDS = 60, BOX_MIB = 2048, BOX_SECONDS = 1800 };

int
main(int argc, char **argv)
{
	bool view = argc == 2 && strcmp(argv[1], "view") == 0;
	bool headers = argc == 2 && strcmp(argv[1], "headers") == 0;

	(void)umask(077);
	if (!view && !headers && (argc != 4 || strcmp(argv[1], "box") != 0)) {
		fputs("sealmail-mail is started by `sealmail mail`\n", stderr);
		return 64;
	}
	speak_limits(view ? VIEW_MIB : BOX_MIB, view ? VIEW_SECONDS : BOX_SECONDS,
	    !view && !headers);
	g_mime_init();
	if (headers)
		return box_serve_headers();
	return view ? view_serve() : box_serve(argv[2], argv[3]);
}
