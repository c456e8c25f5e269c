/* client/json_place.h - where the JSON object of --json goes. */
#ifndef SEALMAIL_CLIENT_JSON_PLACE_H
#define SEALMAIL_CLIENT_JSON_PLACE_H

#include <sealmail/stream.h>

#include "client.h"

/* Open what --json names. content_to_stdout: another thing goes there (64). Call
 * it before any work, so that nothing is done for a report that has no place. */
int json_place_open(struct client *c, bool content_to_stdout);
/* The sink for one object, when c->json.wanted. */
struct sm_sink json_place_sink(struct client *c);
/* The object is complete. */
int json_place_done(struct client *c);
/* Give everything back; when the run failed before it could write its object, one
 * that says why: {"version":1,"exit":66,"error":{"reason":"no-input","text":"..."}}. */
void json_place_close(struct client *c, int exit_code);

#endif
