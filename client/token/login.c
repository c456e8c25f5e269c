/* PINs: asked of the command when one is needed, tried once. */
#include <stdio.h>
#include <unistd.h>

#include "token.h"

enum { PIN_BYTES = 256 };

static const char *
state_of(CK_FLAGS flags)
{
	return (flags & CKF_USER_PIN_FINAL_TRY) != 0 ? "final" :
	    (flags & CKF_USER_PIN_COUNT_LOW) != 0 ? "low" : "good";
}

static int
ask_pin(const struct slot *s, const char *kind, struct frame *f)
{
	char serial[20], question[120];

	token_text(serial, sizeof(serial), s->info.serialNumber,
	    sizeof(s->info.serialNumber));
	(void)snprintf(question, sizeof(question), "%s\n%s\n%s\n%s", s->name, serial, kind,
	    state_of(s->info.flags));
	if (token_send("pin", sm_bytes_str(question)) != 0 ||
	    frame_read(STDIN_FILENO, f, PIN_BYTES, -1) != 1)
		return TOKEN_IO;
	/* Without one the command has said why, or will. */
	return strcmp(f->word, "pin") == 0 ? 0 : TOKEN_PERMISSION;
}

static int
locked(const char *name)
{
	return token_fault(TOKEN_PERMISSION, "the PIN of the token \"%s\" is locked after too "
	    "many wrong ones; unlock it with its PUK and the program of its maker", name);
}

static int
wrong_pin(struct slot *s, CK_RV rv)
{
	const char *more = "";

	(void)s->f->C_GetTokenInfo(s->id, &s->info);
	if (rv == CKR_PIN_LOCKED || (s->info.flags & CKF_USER_PIN_LOCKED) != 0)
		return locked(s->name);
	if ((s->info.flags & CKF_USER_PIN_FINAL_TRY) != 0)
		more = "; one try remains before it locks";
	else if ((s->info.flags & CKF_USER_PIN_COUNT_LOW) != 0)
		more = "; few tries remain before it may lock";
	return token_fault(TOKEN_PERMISSION, "that is not the PIN of the token \"%s\"%s",
	    s->name, more);
}

static int
type_at_reader(const char *name)
{
	char text[100];

	(void)snprintf(text, sizeof(text), "type the PIN of the token \"%s\" at its reader",
	    name);
	return token_send("note", sm_bytes_str(text));
}

static int
log_in(struct slot *s, CK_USER_TYPE user, const char *kind)
{
	struct frame f = { .body = SM_BUF_SECRET_INIT };
	bool at_reader = (s->info.flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0;
	CK_RV rv;
	int rc;

	if ((s->info.flags & CKF_USER_PIN_LOCKED) != 0)
		return locked(s->name);
	rc = at_reader ? type_at_reader(s->name) : ask_pin(s, kind, &f);
	if (rc != 0)
		goto out;
	rv = s->f->C_Login(s->session, user, at_reader ? NULL : f.body.data,
	    at_reader ? 0 : (CK_ULONG)f.body.len);
	if (rv == CKR_PIN_INCORRECT || rv == CKR_PIN_INVALID || rv == CKR_PIN_LEN_RANGE ||
	    rv == CKR_PIN_LOCKED)
		rc = wrong_pin(s, rv);
	else if (rv == CKR_USER_PIN_NOT_INITIALIZED)
		rc = token_fault(TOKEN_PERMISSION, "the token \"%s\" has no PIN yet; set one "
		    "with the program of its maker", s->name);
	else if (rv != CKR_OK && rv != CKR_USER_ALREADY_LOGGED_IN)
		rc = token_fault(TOKEN_PERMISSION, "the token \"%s\" does not let us in: %s",
		    s->name, p11_kit_strerror(rv));
out:
	sm_buf_free(&f.body);
	return rc;
}

int
login_user(struct slot *s)
{
	int rc;

	if (s->logged_in || (s->info.flags & CKF_LOGIN_REQUIRED) == 0)
		return 0;
	rc = log_in(s, CKU_USER, "user");
	s->logged_in = rc == 0;
	return rc;
}

int
login_again(struct slot *s)
{
	return log_in(s, CKU_CONTEXT_SPECIFIC, "again");
}
