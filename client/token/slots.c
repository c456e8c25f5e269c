/* Modules and the tokens in their slots. */
#include <stdlib.h>

#include "token.h"

enum { SLOTS_MAX = 64 };

/* ---- modules ---- */

/* Stores of public trust hold no keys, and thousands of certificates. */
static bool
is_trust_store(CK_FUNCTION_LIST *f)
{
	char *option = p11_kit_config_option(f, "trust-policy");
	bool is = option != NULL && strcmp(option, "yes") == 0;

	free(option);
	return is;
}

/* A module that does not start is as one that is not there: its tokens are not. */
static void
start_module(CK_FUNCTION_LIST **place)
{
	char *name = p11_kit_module_get_filename(*place);
	CK_RV rv = CKR_GENERAL_ERROR;

	if (token_at("starting the token module %s", name != NULL ? name : "?") == 0 &&
	    !is_trust_store(*place))
		rv = p11_kit_module_initialize(*place);
	if (rv != CKR_OK)
		*place = NULL;
	free(name);
}

static int
load_registered(struct slots *s)
{
	CK_FUNCTION_LIST **m;
	size_t i, kept = 0;

	if (s->modules != NULL)
		return 0;
	s->modules = p11_kit_modules_load(NULL, 0);
	if (s->modules == NULL)
		return token_fault(TOKEN_IO, "p11-kit cannot load its modules: %s",
		    p11_kit_message());
	for (m = s->modules; *m != NULL; m++)
		;
	for (i = 0; i < (size_t)(m - s->modules); i++) {
		CK_FUNCTION_LIST *f = s->modules[i];

		start_module(&f);
		/* In the list stay those that started. */
		if (f != NULL) {
			s->modules[i] = s->modules[kept];
			s->modules[kept++] = f;
		} else
			p11_kit_module_release(s->modules[i]);
	}
	s->modules[kept] = NULL;
	return 0;
}

static int
load_own(struct slots *s, const char *path)
{
	CK_RV rv;

	if (s->own != NULL && strcmp(s->own_path, path) == 0)
		return 0;
	if (s->own != NULL)
		return token_fault(TOKEN_USAGE, "two token modules at once: name one "
		    "module-path");
	if (path[0] != '/')
		return token_fault(TOKEN_USAGE, "module-path must be a whole path, from / "
		    "on: %s", path);
	if (token_at("starting the token module %s", path) != 0)
		return TOKEN_IO;
	s->own = p11_kit_module_load(path, 0);
	if (s->own == NULL)
		return token_fault(TOKEN_IO, "the token module %s cannot be loaded: %s", path,
		    p11_kit_message());
	s->own_path = strdup(path);
	if (s->own_path == NULL)
		return token_no_memory();
	rv = p11_kit_module_initialize(s->own);
	return rv == CKR_OK ? 0 : token_fault(TOKEN_IO, "the token module %s does not "
	    "start: %s", path, p11_kit_strerror(rv));
}

/* ---- slots ---- */

static int
add_slot(struct slots *s, CK_FUNCTION_LIST *f, CK_SLOT_ID id)
{
	struct slot *list, *n;
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].f == f && s->list[i].id == id)
			return 0;
	list = realloc(s->list, (s->count + 1) * sizeof(*list));
	if (list == NULL)
		return token_no_memory();
	s->list = list;
	n = &list[s->count];
	memset(n, 0, sizeof(*n));
	n->f = f;
	n->id = id;
	if (f->C_GetTokenInfo(id, &n->info) != CKR_OK ||
	    (n->info.flags & CKF_TOKEN_INITIALIZED) == 0)
		return 0;
	token_text(n->name, sizeof(n->name), n->info.label, sizeof(n->info.label));
	s->count++;
	return 0;
}

static int
add_slots(struct slots *s, CK_FUNCTION_LIST *f)
{
	CK_SLOT_ID ids[SLOTS_MAX];
	CK_ULONG n = SLOTS_MAX, i;
	int rc = 0;

	if (f->C_GetSlotList(CK_TRUE, ids, &n) != CKR_OK)
		return 0;
	for (i = 0; rc == 0 && i < n; i++)
		rc = add_slot(s, f, ids[i]);
	return rc;
}

/* Cards come and go between requests; those with a session stay. */
static int
scan(struct slots *s, P11KitUri *uri)
{
	const char *path = p11_kit_uri_get_module_path(uri);
	int rc = path != NULL ? load_own(s, path) : load_registered(s);
	size_t i;

	if (rc == 0 && path != NULL)
		return add_slots(s, s->own);
	for (i = 0; rc == 0 && s->modules[i] != NULL; i++)
		rc = add_slots(s, s->modules[i]);
	return rc;
}

static bool
matches(const struct slots *s, struct slot *slot, P11KitUri *uri)
{
	CK_INFO module;
	CK_SLOT_INFO info;

	if ((p11_kit_uri_get_module_path(uri) != NULL) != (slot->f == s->own))
		return false;
	return slot->f->C_GetInfo(&module) == CKR_OK &&
	    p11_kit_uri_match_module_info(uri, &module) == 1 &&
	    slot->f->C_GetSlotInfo(slot->id, &info) == CKR_OK &&
	    p11_kit_uri_match_slot_info(uri, &info) == 1 &&
	    (p11_kit_uri_get_slot_id(uri) == (CK_SLOT_ID)-1 ||
		p11_kit_uri_get_slot_id(uri) == slot->id) &&
	    p11_kit_uri_match_token_info(uri, &slot->info) == 1;
}

int
slots_find(struct slots *s, P11KitUri *uri, struct slot ***out, size_t *count)
{
	size_t i;
	int rc = scan(s, uri);

	*count = 0;
	*out = NULL;
	if (rc != 0)
		return rc;
	*out = calloc(s->count + 1, sizeof(**out));
	if (*out == NULL)
		return token_no_memory();
	for (i = 0; i < s->count; i++)
		if (matches(s, &s->list[i], uri))
			(*out)[(*count)++] = &s->list[i];
	return 0;
}

int
slot_open(struct slot *s)
{
	CK_RV rv;

	if (s->open)
		return 0;
	rv = s->f->C_OpenSession(s->id, CKF_SERIAL_SESSION, NULL, NULL, &s->session);
	if (rv != CKR_OK)
		return token_fault(TOKEN_NO_KEY, "the token \"%s\" cannot be used: %s",
		    s->name, p11_kit_strerror(rv));
	s->open = true;
	return 0;
}

void
slots_free(struct slots *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		if (s->list[i].open)
			(void)s->list[i].f->C_CloseSession(s->list[i].session);
	free(s->list);
	if (s->own != NULL) {
		(void)p11_kit_module_finalize(s->own);
		p11_kit_module_release(s->own);
	}
	if (s->modules != NULL)
		p11_kit_modules_finalize_and_release(s->modules);
	free(s->own_path);
}
