#include "who_search.h"

#include <stdio.h>
#include <stdlib.h>

#include "cert_json.h"
#include "directories.h"
#include "json_place.h"

static int
write_json(struct client *c, const struct directories *d)
{
	struct sm_buf text = SM_BUF_INIT;
	struct sm_sink sink = json_place_sink(c);
	char *looked = sm_strdup_bytes(sm_buf_bytes(&d->looked));
	struct sm_json j;
	size_t i;
	int rc;

	sm_json_init(&j, &text, true);
	sm_json_object_begin(&j);
	sm_json_key(&j, "version");
	sm_json_int(&j, 1);
	sm_json_key(&j, "people");
	sm_json_array_begin(&j);
	for (i = 0; i < d->person_count; i++) {
		sm_json_object_begin(&j);
		cert_json_string(&j, "address", d->people[i].address);
		cert_json_string(&j, "name", d->people[i].name);
		cert_json_string(&j, "where", d->people[i].url);
		sm_json_object_end(&j);
	}
	sm_json_array_end(&j);
	cert_json_string(&j, "looked", looked);
	sm_json_object_end(&j);
	rc = sm_json_status(&j) == 0 ? sm_sink_write(&sink, sm_buf_bytes(&text)) :
	    SM_E_NOMEM;
	sm_buf_free(&text);
	free(looked);
	return rc != 0 ? client_fault(c, EXIT_IO, "cannot write the JSON object") :
	    json_place_done(c);
}

static int
show(struct client *c, const struct directories *d, const char *name)
{
	size_t i;

	client_note(c, "asked for \"%s\": %.*s", name, (int)d->looked.len,
	    (const char *)d->looked.data);
	if (c->json.wanted)
		return write_json(c, d);
	for (i = 0; i < d->person_count; i++)
		printf("%-40s %s\n", d->people[i].address, d->people[i].name);
	return 0;
}

int
who_search(struct client *c, const char *name)
{
	struct directories d;
	int rc = directories_open(c, &d);

	if (rc == 0 && d.count == 0)
		rc = client_fault(c, EXIT_USAGE, "there is no directory to search; name one "
		    "with --directory URL, or in HOME/config: directory = "
		    "ldap://HOST/BASE");
	if (rc == 0)
		rc = directories_search(&d, name);
	if (rc == 0)
		rc = show(c, &d, name);
	directories_close(&d);
	return rc;
}
