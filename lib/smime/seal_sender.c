/* Whose message is it? Exports sm_seal_sender of sealmail/seal.h. */
#include <base/try.h>
#include <sealmail/address.h>
#include <mime/header.h>
#include <sealmail/seal.h>

/* *out NULL: no one address. */
static int
sender_of(char **out, const struct sm_header *h)
{
	struct sm_address_list from = { 0 };
	long at = sm_header_find(h, "From", 0);
	int rc;

	if (!sm_header_is_message(h) || at < 0 || sm_header_find(h, "From", 1) >= 0)
		return SM_OK;
	rc = sm_address_list_parse(&from, sm_header_value(h, (size_t)at));
	if (rc == SM_OK && !from.group && from.count == 1) {
		*out = from.list[0].addr;
		from.list[0].addr = NULL;
	}
	sm_address_list_wipe(&from);
	return rc == SM_E_NOMEM ? rc : SM_OK;
}

int
sm_seal_sender(char **out, struct sm_bytes begin, const struct sm_limits *limits)
{
	struct sm_header *h;
	size_t used;
	bool done = false;
	int rc;

	*out = NULL;
	SM_TRY(sm_header_new(&h, limits, NULL));
	rc = sm_header_write(h, begin, &used, &done);
	if (rc == 0 && !done)
		rc = sm_header_finish(h);
	if (rc == 0 && sm_header_found(h))
		rc = sender_of(out, h);
	sm_header_free(h);
	/* What is wrong with the header is said when the message is sealed. */
	if (*out == NULL && rc != SM_E_NOMEM)
		*out = strdup("");
	return *out != NULL ? SM_OK : SM_E_NOMEM;
}
