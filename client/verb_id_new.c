/* sealmail id new: keys and requests. */
#include "making.h"

static void
add_part(struct making *m, const char *kind, bool sign, bool encrypt)
{
	const struct options *o = &m->c->opt;
	struct making_part *p = making_add(m, kind, sign, encrypt);

	p->mails = o->operands;
	p->mail_count = o->operand_count;
	p->name = options_value(o, OPT_NAME);
	p->not_exportable = options_has(o, OPT_NOT_EXPORTABLE) && !encrypt;
}

static int
plan(struct making *m)
{
	const char *kind = options_value(&m->c->opt, OPT_KIND);
	const char *use = options_value(&m->c->opt, OPT_USE);
	bool ed;

	kind = kind != NULL ? kind : "rsa-3072";
	use = use != NULL ? use : "both";
	ed = strcmp(kind, "ed25519") == 0;
	if (strcmp(use, "both") == 0 && !ed)
		add_part(m, kind, true, true);
	else if (strcmp(use, "sign") == 0)
		add_part(m, kind, true, false);
	else if (strcmp(use, "encrypt") == 0)
		add_part(m, ed ? "x25519" : kind, false, true);
	else {
		add_part(m, kind, true, false);
		add_part(m, ed ? "x25519" : kind, false, true);
	}
	if (options_has(&m->c->opt, OPT_NOT_EXPORTABLE) &&
	    m->parts[0].encrypt)
		return client_fault(m->c, EXIT_USAGE, "a key that decrypts must be "
		    "exportable, for whoever loses it loses the mail; add --use sign or "
		    "--use split");
	return 0;
}

static bool
is_address(const char *s)
{
	const char *at = strrchr(s, '@');
	const char *p;

	for (p = s; *p != '\0'; p++)
		if ((unsigned char)*p <= ' ' || strchr("<>,;:\"()\\", *p) != NULL)
			return false;
	return at != NULL && at != s && at[1] != '\0' && strchr(s, '@') == at;
}

static int
check_addresses(struct client *c)
{
	size_t i;

	for (i = 0; i < c->opt.operand_count; i++)
		if (!is_address(c->opt.operands[i]))
			return client_fault(c, EXIT_USAGE, "\"%s\" is no mail address; "
			    "write it as alice@example.org", c->opt.operands[i]);
	return 0;
}

static int
run(struct making *m)
{
	struct client *c = m->c;
	int rc = check_addresses(c);

	if (rc == 0)
		rc = plan(m);
	if (rc == 0)
		rc = making_open(m);
	if (rc == 0 && !options_has(&c->opt, OPT_NO_PASSPHRASE))
		rc = passphrase_new(c, &m->pass, "the new key", true);
	if (rc == 0)
		rc = making_keys(m);
	if (rc == 0)
		rc = making_store(m);
	return rc == 0 ? making_tell(m) : rc;
}

int
verb_id_new(struct client *c)
{
	struct making m;
	int rc;

	making_init(&m, c);
	rc = run(&m);
	making_free(&m);
	return rc;
}
