#include "json_place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>

#include <base/json.h>

#include "output.h"

static int
open_fd(struct client *c, const char *number, bool content_to_stdout)
{
	char *end;
	long fd = strtol(number, &end, 10);
	int flags;

	if (*number == '\0' || *end != '\0' || fd < 1 || fd > 65535)
		return client_fault(c, EXIT_USAGE, "--json=fd:%s: a number from 1 is "
		    "wanted", number);
	if (fd == 1 && content_to_stdout)
		return client_fault(c, EXIT_USAGE, "content and report cannot both go to "
		    "standard output; use -o FILE, or --json=FILE");
	flags = fcntl((int)fd, F_GETFL);
	if (flags < 0 || (flags & O_ACCMODE) == O_RDONLY)
		return client_fault(c, EXIT_USAGE, "--json=fd:%s: that descriptor is not "
		    "open for writing", number);
	c->json.to_stdout = fd == 1;
	return output_open_fd(c, c->json.out, (int)fd, "the report's descriptor");
}

static int
open_place(struct client *c, const char *where, bool content_to_stdout)
{
	if (where != NULL && strncmp(where, "fd:", 3) == 0)
		return open_fd(c, where + 3, content_to_stdout);
	if (where != NULL && strcmp(where, "-") != 0)
		return output_open(c, c->json.out, where, false);
	if (content_to_stdout)
		return client_fault(c, EXIT_USAGE, "content and report cannot both go to "
		    "standard output; use -o FILE, or --json=FILE");
	c->json.to_stdout = true;
	return output_open_fd(c, c->json.out, 1, "standard output");
}

int
json_place_open(struct client *c, bool content_to_stdout)
{
	int rc;

	if (!options_has(&c->opt, OPT_JSON))
		return 0;
	c->json.out = calloc(1, sizeof(*c->json.out));
	if (c->json.out == NULL)
		return client_out_of_memory(c);
	c->json.out->fd = -1;
	rc = open_place(c, options_value(&c->opt, OPT_JSON), content_to_stdout);
	c->json.wanted = rc == 0;
	return rc;
}

struct sm_sink
json_place_sink(struct client *c)
{
	return output_sink(c->json.out);
}

int
json_place_done(struct client *c)
{
	c->json.written = true;
	return output_commit(c, c->json.out);
}

static void
write_fault(struct client *c, int exit_code)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	const struct exit_info *info = exit_of(c->fault);
	struct sm_json j;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "exit");
	sm_json_int(&j, exit_code);
	sm_json_key(&j, "error");
	sm_json_object_begin(&j);
	sm_json_key(&j, "reason");
	sm_json_string(&j, info != NULL ? info->name : "internal");
	sm_json_key(&j, "code");
	sm_json_string(&j, c->fault_code);
	sm_json_key(&j, "text");
	sm_json_string(&j, c->fault_text);
	sm_json_object_end(&j);
	sm_json_object_end(&j);
	if (sm_json_status(&j) == 0 && sm_buf_append_byte(&text, '\n') == 0 &&
	    sm_sink_write(&sink, sm_buf_bytes(&text)) == 0)
		(void)json_place_done(c);
	sm_buf_free(&text);
}

void
json_place_close(struct client *c, int exit_code)
{
	if (c->json.wanted && !c->json.written && c->fault != 0)
		write_fault(c, exit_code);
	if (c->json.out != NULL)
		output_close(c->json.out);
	free(c->json.out);
	c->json.out = NULL;
	c->json.wanted = false;
}
