/* client/cert_json.h - a certificate in the JSON of the verbs that list some. */
#ifndef SEALMAIL_CLIENT_CERT_JSON_H
#define SEALMAIL_CLIENT_CERT_JSON_H

#include <base/json.h>
#include <sealmail/cert.h>

void cert_json_string(struct sm_json *j, const char *key, const char *value);
/* RFC 3339; 0 writes null. */
void cert_json_time(struct sm_json *j, const char *key, int64_t seconds);
/* subject, issuer, serial, sha256, not_before, not_after, mail: within an object
 * that is open. */
void cert_json_fields(struct sm_json *j, const struct sm_cert *cert);
/* The same as an object of its own. */
void cert_json_put(struct sm_json *j, const struct sm_cert *cert);

#endif
