#include "exit.h"

#include <sealmail/error.h>

#include <stdlib.h>
#include <string.h>

const struct exit_info exit_table[] = {
	{ EXIT_GOOD, "good", "good",
	    "Every check that applies was made and passed, or the verb did what was "
	    "asked.",
	    "Nothing." },
	{ EXIT_INVALID, "invalid",
	    "signature invalid (digest, algorithm, attribute, mathematics)",
	    "The message was changed after it was signed, or the signature is broken, "
	    "forged, or made with an algorithm that proves nothing today (SHA-1, MD5, "
	    "DSA, RSA below 2048 bits).",
	    "Treat the message as not signed, and ask the sender by another way. Mail "
	    "systems that add footers or rewrite messages cause this without malice. "
	    "For an old message with an old algorithm: --archive." },
	{ EXIT_UNTRUSTED, "untrusted", "signature valid, signer not trusted",
	    "The mathematics is right, but no chain leads from the signer's certificate "
	    "to a root that you named with --trust.",
	    "See the chain check of the report for where the path ended. Give the "
	    "missing intermediate with --certs FILE, or, when you have reason to trust "
	    "that CA for mail, its root with --trust FILE." },
	{ EXIT_NOT_FROM_SENDER, "not-from-sender", "signer is not the From address",
	    "Somebody signed the message properly, but the certificate is not for the "
	    "address in the From field; or the message has no From field that names "
	    "exactly one address.",
	    "Believe only the address in the certificate. A mailing list or a shared "
	    "mailbox can cause this; so does an impostor. For a bare entity or a CMS "
	    "file, --from ADDR says what to compare with." },
	{ EXIT_REVOKED, "revoked", "certificate revoked",
	    "The CA has withdrawn the signer's certificate or one above it. For a stolen "
	    "key or an unstated reason every signature is in doubt; for other reasons "
	    "only those made after it.",
	    "Ask the sender for a message signed with the new certificate." },
	{ EXIT_EXPIRED, "expired",
	    "certificate was not valid when signed, or the signing time cannot be true",
	    "The certificate was not valid at the time that the signer claims, or the "
	    "claimed time is in the future or more than 24 hours from the Date field.",
	    "Check this machine's clock; --at TIME judges as of another time. Otherwise "
	    "ask the sender for a message signed with a current certificate." },
	{ EXIT_UNSIGNED, "unsigned", "not signed",
	    "Nothing proves who wrote this. When it was encrypted with an authenticated "
	    "cipher, nobody changed it on the way.",
	    "Nothing, when you did not expect a signature." },
	{ EXIT_WEAK, "weak", "good only by the rules of its time (--archive)",
	    "Every check passes, but by algorithms or rules that are not good enough "
	    "today; you asked for that with --archive.",
	    "Believe it as far as you believe that nobody had reason to forge it since." },
	{ EXIT_NO_KEY, "no-key", "no key for this message",
	    "The message is encrypted for other keys or secrets than those given.",
	    "`sealmail inspect` lists for whom it was encrypted. Give the right one, "
	    "an old one perhaps: --key FILE, --secret-file FILE." },
	{ EXIT_CORRUPT, "corrupt", "content failed authentication",
	    "The encrypted content was changed or damaged on its way, or a secret is "
	    "wrong. Nothing of it is released, by no option.",
	    "Ask the sender to send it again." },
	{ EXIT_UNAUTHENTICATED, "unauthenticated",
	    "decrypted, but nothing proves that nobody changed it",
	    "The cipher (CBC) gives no integrity, and no valid signature inside covers "
	    "the whole. Attackers use this to make mail programs leak the text (EFAIL).",
	    "Ask the sender's side for AES-GCM. To read it all the same: "
	    "--unauthenticated, and show it as plain text only." },
	{ EXIT_RECIPIENT, "recipient",
	    "a recipient has no usable certificate: nothing was written",
	    "A certificate is missing, expired, not yet valid, or may not encrypt.",
	    "Ask the recipient for a signed message or a new certificate, and give it "
	    "with -r FILE." },
	{ EXIT_POLICY, "policy", "policy refuses",
	    "What was asked for cannot be had with these recipients or this signer "
	    "(--alg strong and an old key, for instance).",
	    "See the sentence printed; drop the recipient or the demand." },
	{ EXIT_LIMIT, "limit", "a limit was reached (named)",
	    "The message is larger or deeper in some respect than any honest one. The "
	    "limits keep hostile messages from taking the machine's memory and time.",
	    "`sealmail explain LIMIT` says what the named limit counts." },
	{ EXIT_USAGE, "usage", "usage", "The command line cannot be understood.",
	    "`sealmail VERB --help` lists the options." },
	{ EXIT_MALFORMED, "malformed",
	    "input malformed, or not of the kind asked for (what, where)",
	    "The input breaks the standard at the place named, or is not what the verb "
	    "works on: decrypt of something not encrypted, for instance.",
	    "`sealmail inspect` shows what the input is." },
	{ EXIT_NO_INPUT, "no-input", "input missing",
	    "A file that was named does not exist or cannot be read.",
	    "Check the name and the permissions." },
	{ EXIT_REFUSED, "refused", "a mail server refuses a recipient or the message",
	    "It said so for good: trying again would not help. Others may have got the "
	    "message; the words printed name those who did not.",
	    "Check the address; the server's own words say what it minds." },
	{ EXIT_INTERNAL, "internal", "internal",
	    "Out of memory, or a fault of the program or its cryptographic library.",
	    "Try again; if it comes back, report it with the sentence printed." },
	{ EXIT_CANNOT_CREATE, "cannot-create", "cannot create",
	    "The output or spool file could not be made.",
	    "Check the folder; --spool DIR names another one for the spool." },
	{ EXIT_IO, "io", "input-output error, disk full, input changed while read",
	    "Reading or writing failed half way. Output named with -o was not made.",
	    "Free some room or name another folder (--spool DIR), and try again." },
	{ EXIT_LATER, "later", "try again later (network, busy)",
	    "Something that is needed cannot be had now; with --require-revocation: "
	    "nothing is known about a certificate's revocation.",
	    "Give the evidence with --crl FILE or --ocsp FILE, or try again." },
	{ EXIT_PERMISSION, "permission", "permission",
	    "Something is protected: a passphrase is missing or wrong, or a file may "
	    "not be read.",
	    "Give the passphrase at the prompt or with --passphrase-file FILE." },
	{ EXIT_UNWELL, "unwell", "doctor found something that needs mending",
	    "Something here does not work, or soon will not; each finding names the "
	    "command that mends it.",
	    "Do what the findings say, and run `sealmail doctor` again." },
	{ 0, NULL, NULL, NULL, NULL },
};

static int
number(const char *text)
{
	char *end;
	long n = strtol(text, &end, 10);

	return *text == '\0' || *end != '\0' || n < 0 || n > 255 ? -1 : (int)n;
}

const struct exit_info *
exit_find(const char *code_or_name)
{
	const struct exit_info *e;
	int code = number(code_or_name);

	for (e = exit_table; e->name != NULL; e++)
		if (e->code == code || strcmp(e->name, code_or_name) == 0)
			return e;
	return NULL;
}

const struct exit_info *
exit_of(int code)
{
	const struct exit_info *e;

	for (e = exit_table; e->name != NULL; e++)
		if (e->code == code)
			return e;
	return NULL;
}

int
exit_from_status(int status)
{
	switch (status) {
	case SM_OK:
		return EXIT_GOOD;
	case SM_E_FORMAT:
	case SM_E_UNSUPPORTED:
		return EXIT_MALFORMED;
	case SM_E_LIMIT:
		return EXIT_LIMIT;
	case SM_E_NOKEY:
		return EXIT_NO_KEY;
	case SM_E_AUTH:
		return EXIT_CORRUPT;
	case SM_E_IO:
	case SM_E_CHANGED:
		return EXIT_IO;
	case SM_E_SECRET:
		return EXIT_PERMISSION;
	case SM_E_POLICY:
		return EXIT_POLICY;
	default: /* SM_E_NOMEM, SM_E_USAGE, SM_E_CRYPTO */
		return EXIT_INTERNAL;
	}
}
