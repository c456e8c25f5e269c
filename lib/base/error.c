#include <sealmail/error.h>

#include <stdarg.h>
#include <stdio.h>

/* True when the fault is the first one: its text may then be written. */
static bool
error_begin(struct sm_error *err, int status, const char *reason,
    const char *rfc)
{
	if (err == NULL || err->status != 0 || status == 0)
		return false;
	err->status = status;
	err->reason = reason;
	err->rfc = rfc;
	err->has_offset = false;
	err->offset = 0;
	return true;
}

static void SM_PRINTF(2, 0)
error_text(struct sm_error *err, const char *fmt, va_list ap)
{
	if (vsnprintf(err->text, sizeof(err->text), fmt, ap) < 0)
		err->text[0] = '\0';
}

int
sm_error_set(struct sm_error *err, int status, const char *reason,
    const char *rfc, const char *fmt, ...)
{
	va_list ap;

	if (!error_begin(err, status, reason, rfc))
		return status;
	va_start(ap, fmt);
	error_text(err, fmt, ap);
	va_end(ap);
	return status;
}

int
sm_error_set_at(struct sm_error *err, int status, const char *reason,
    const char *rfc, uint64_t offset, const char *fmt, ...)
{
	va_list ap;

	if (!error_begin(err, status, reason, rfc))
		return status;
	err->has_offset = true;
	err->offset = offset;
	va_start(ap, fmt);
	error_text(err, fmt, ap);
	va_end(ap);
	return status;
}

void
sm_error_clear(struct sm_error *err)
{
	if (err != NULL)
		*err = (struct sm_error)SM_ERROR_INIT;
}

const char *
sm_status_name(int status)
{
	static const char *const names[] = {
		[-SM_OK] = "success",
		[-SM_E_NOMEM] = "out of memory",
		[-SM_E_USAGE] = "wrong use of the library",
		[-SM_E_FORMAT] = "malformed input",
		[-SM_E_LIMIT] = "limit reached",
		[-SM_E_UNSUPPORTED] = "not supported",
		[-SM_E_NOKEY] = "no key for this message",
		[-SM_E_AUTH] = "content failed authentication",
		[-SM_E_IO] = "input or output failed",
		[-SM_E_CHANGED] = "input changed while it was read",
		[-SM_E_CRYPTO] = "cryptographic library failed",
		[-SM_E_SECRET] = "wrong or missing passphrase",
		[-SM_E_POLICY] = "refused by policy",
	};
	const int count = (int)(sizeof(names) / sizeof(names[0]));

	if (status > 0 || status <= -count)
		return "unknown status";
	return names[-status];
}
