/* mutt-rc: the settings with which mutt and neomutt do S/MIME by Sealmail. */
#include <stdio.h>

#include "mutt_folder.h"

/* mutt asks for a passphrase itself and gives it on standard input. Every command that
 * it starts is a hook of ours; see sealmail-mutt-hook(1). */
static const char settings[] =
    "# S/MIME in mutt and neomutt by Sealmail. Made by `sealmail mutt-rc`; in muttrc:\n"
    "#   source \"sealmail mutt-rc|\"\n"
    "set crypt_use_gpgme=no\n"
    "set smime_is_default=yes\n"
    "set crypt_autosmime=yes\n"
    "set crypt_verify_sig=yes\n"
    "set crypt_replyencrypt=yes\n"
    "set crypt_replysign=yes\n"
    "set crypt_replysignencrypted=yes\n"
    "set smime_timeout=900\n"
    "set smime_ask_cert_label=no\n"
    "set smime_decrypt_use_default_key=yes\n"
    "set smime_self_encrypt=yes\n"
    "set smime_encrypt_with=\"aes256\"\n"
    "set smime_sign_digest_alg=\"sha256\"\n";

struct hook_line {
	const char *setting;
	const char *words;
};

static const struct hook_line hooks[] = {
	{ "smime_verify_command", "verify %s %f" },
	{ "smime_verify_opaque_command", "verify-opaque --force %s" },
	{ "smime_decrypt_command", "decrypt --passphrase-fd 0 %f" },
	{ "smime_sign_command", "sign --passphrase-fd 0 --digest %d %f %k" },
	{ "smime_encrypt_command", "encrypt %f %c" },
	{ "smime_pk7out_command", "certs %f" },
	{ "smime_get_cert_command", "certs %f" },
	{ "smime_get_signer_cert_command", "signer-cert %f >%c" },
	{ "smime_get_cert_email_command", "cert-email %f" },
	{ "smime_import_cert_command", "import %f" },
};

static void
print_hooks(const char *common)
{
	size_t i;

	for (i = 0; i < sizeof(hooks) / sizeof(hooks[0]); i++)
		printf("set %s=\"sealmail mutt-hook%s %s\"\n", hooks[i].setting, common,
		    hooks[i].words);
}

/* The identity of the From field signs, when there are several. */
static void
print_identities(const struct mutt_folder *f)
{
	size_t i;

	if (f->own > 0)
		printf("set smime_default_key=\"%s\"\nset smime_sign_as=\"%s\"\n",
		    f->list[0].id, f->list[0].id);
	for (i = 0; f->own > 1 && i < f->own; i++)
		if (strpbrk(f->list[i].address, "'\"\\`$") == NULL)
			printf("send-hook '=f %s' 'set smime_sign_as=\"%s\"'\n",
			    f->list[i].address, f->list[i].id);
}

static int
print_rc(struct client *c, const struct mutt_folder *f)
{
	const char *home = options_value(&c->opt, OPT_HOME);
	char common[4200] = "";

	if (home != NULL)
		(void)snprintf(common, sizeof(common), " --home %.*s",
		    (int)(strlen(f->path) - strlen("/mutt")), f->path);
	fputs(settings, stdout);
	printf("set smime_keys=\"%s\"\nset smime_certificates=\"%s\"\n", f->path, f->path);
	print_hooks(common);
	/* Whoever was met since mutt was started can be written to. */
	printf("send-hook . 'set smime_certificates=\"`sealmail mutt-hook%s index`\"'\n",
	    common);
	print_identities(f);
	printf("auto_view application/pkcs7-mime\n"
	    "set mailcap_path=\"%s/mailcap:$mailcap_path\"\n", f->path);
	return 0;
}

int
verb_mutt_rc(struct client *c)
{
	struct mutt_folder f;
	int rc = mutt_folder_open(c, &f);

	if (rc == 0)
		rc = mutt_folder_refresh(&f);
	if (rc == 0 && f.own == 0)
		client_note(c, "the keyring has no key with a certificate yet: mutt can "
		    "verify, but neither sign nor decrypt; `sealmail id import FILE` takes "
		    "yours over");
	if (rc == 0)
		rc = print_rc(c, &f);
	mutt_folder_close(&f);
	return rc;
}
