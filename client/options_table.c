/* The table. A row here is all that a new option needs besides its use. */
#include "options.h"

#define V(verb) ((uint64_t)1 << VERB_##verb)
#define SEALS (V(SIGN) | V(ENCRYPT))
#define PROTECTS (SEALS | V(SEND))
#define SIGNS_AND_JUDGES (V(GIT) | V(MUTT_HOOK))
/* One letter is judged and decrypted as by open. */
#define DRAFTS (V(MAIL_REPLY) | V(MAIL_FORWARD))
#define LETTERS (V(MAIL_SHOW) | V(MAIL_SAVE) | DRAFTS)
#define SERVERS (LETTERS | V(MAIL_LIST) | V(MAIL_FETCH))
#define BOXES (LETTERS | SERVERS | V(MAIL_SEARCH))
#define JUDGES (V(VERIFY) | V(OPEN) | LETTERS)
#define DECRYPTS (V(DECRYPT) | V(OPEN) | LETTERS)
#define IDS (V(ID_NEW) | V(ID_IMPORT) | V(ID_LIST) | V(ID_SHOW) | V(ID_RENEW) | \
    V(ID_EXPORT) | V(ID_REMOVE) | V(ID_LOCK))
#define TRUSTS (V(TRUST_LIST) | V(TRUST_SHOW) | V(TRUST_ADD) | V(TRUST_REMOVE))
#define MAKES (V(ID_NEW) | V(ID_RENEW))
#define UNLOCKS (PROTECTS | DECRYPTS | SIGNS_AND_JUDGES | V(MAIL_SEARCH) | V(ID_IMPORT) | V(ID_EXPORT) | \
    V(ID_REMOVE))
#define EVERYWHERE (((uint64_t)1 << VERB_COUNT) - 1)
/* They speak the language of the program that starts them. */
#define PROGRAMS (V(GIT) | V(MUTT_RC) | V(MUTT_HOOK))
#define WHOS (V(WHO_SHOW) | V(WHO_ADD) | V(WHO_CONFIRM) | V(WHO_FORGET))
/* What reads a message: no family of verbs is in it unasked. */
#define WORKS ((SEALS | JUDGES | DECRYPTS | V(INSPECT)) & ~LETTERS)

#define FLAG .arg = ARG_NONE, .value = VALUE_NONE
#define TAKES(kind, label) \
	.arg = ARG_REQUIRED, .value = VALUE_##kind, .value_name = label

const char *const option_group_names[GROUP_COUNT] = {
	[GROUP_KEYS] = "Keys",
	[GROUP_RECIPIENTS] = "Recipients and encryption",
	[GROUP_SIGNATURE] = "Signature",
	[GROUP_MAIL] = "Mail folders and letters",
	[GROUP_SENDING] = "Sending",
	[GROUP_QUEUE] = "The queue",
	[GROUP_TRUST] = "Trust and evidence",
	[GROUP_RELEASE] = "Releasing content that is not good",
	[GROUP_OUTPUT] = "Output",
	[GROUP_PROGRAMS] = "As the other program asks",
	[GROUP_EVERYWHERE] = "Everywhere",
};

const struct option_def option_table[OPT_COUNT] = {
	[OPT_KEY] = { OPT_KEY, 0, "key", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = PROTECTS | DECRYPTS | SIGNS_AND_JUDGES, .group = GROUP_KEYS,
	    .help = "private key: PEM, DER, PKCS#12, or a pkcs11: URI",
	    .more = "A pkcs11: URI (RFC 7512) names a smart card or other token, or one "
	        "key of it; a PIN does not belong into it. A file or token with several "
	        "keys gives each that fits. A PKCS#12 file "
	        "carries the certificate too. When signing, each file named adds "
	        "one signer." },
	[OPT_CERT] = { OPT_CERT, 0, "cert", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = PROTECTS | DECRYPTS | SIGNS_AND_JUDGES, .group = GROUP_KEYS,
	    .help = "certificate of a key, found by its public key",
	    .more = "Not needed when the key's file holds it." },
	[OPT_CHAIN] = { OPT_CHAIN, 0, "chain", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = PROTECTS | SIGNS_AND_JUDGES, .group = GROUP_KEYS,
	    .help = "further certificates to send along",
	    .more = "CA certificates in the files of the key and its certificate are "
	        "sent without asking, roots excepted." },
	[OPT_ID] = { OPT_ID, 'i', "id", TAKES(OTHER, "ID"),
	    .verbs = SEALS | DECRYPTS | SIGNS_AND_JUDGES, .group = GROUP_KEYS,
	    .help = "an identity of the keyring: address, name or key",
	    .more = "Without it, of several identities the one signs whose address is "
	        "the From field's; for reading, the key that a message was encrypted "
	        "to is found. With --key or --cert the keyring is not read." },
	[OPT_KIND] = { OPT_KIND, 0, "kind", TAKES(WORD, "KIND"),
	    .words = "rsa-3072 rsa-2048 rsa-4096 p-256 p-384 p-521 ed25519",
	    .verbs = MAKES, .group = GROUP_KEYS,
	    .help = "kind of key; default rsa-3072, or as before",
	    .more = "rsa-3072 is read by every mail program, p-256 by most. ed25519 "
	        "makes two keys, Ed25519 to sign and X25519 to decrypt; few programs "
	        "know them yet." },
	[OPT_USE] = { OPT_USE, 0, "use", TAKES(WORD, "USE"),
	    .words = "both sign encrypt split", .verbs = V(ID_NEW),
	    .group = GROUP_KEYS, .help = "both, sign, encrypt; split: a key for each",
	    .more = "Default: both, with one key." },
	[OPT_NAME] = { OPT_NAME, 0, "name", TAKES(OTHER, "NAME"),
	    .verbs = V(ID_NEW), .group = GROUP_KEYS,
	    .help = "your name, as the certificate shall say it" },
	[OPT_NOT_EXPORTABLE] = { OPT_NOT_EXPORTABLE, 0, "not-exportable", FLAG,
	    .verbs = V(ID_NEW), .group = GROUP_KEYS,
	    .help = "the signing key never leaves this keyring",
	    .more = "No option of any verb exports it later. Not for keys that "
	        "decrypt: whoever loses them loses the mail." },
	[OPT_SAME_KEY] = { OPT_SAME_KEY, 0, "same-key", FLAG, .verbs = V(ID_RENEW),
	    .group = GROUP_KEYS, .help = "a new certificate for the key there is",
	    .more = "For a key that cannot be exchanged. Otherwise a new key is better: "
	        "what was learnt about the old one ends with it." },
	[OPT_SIGNED] = { OPT_SIGNED, 0, "signed", FLAG, .verbs = V(ID_RENEW),
	    .group = GROUP_KEYS,
	    .help = "the request is signed by the present certificate",
	    .more = "A CMS message in PEM with the PKCS#10 inside, for a CA that renews "
	        "without asking again who you are." },
	[OPT_STORE_FROM] = { OPT_STORE_FROM, 0, "from", TAKES(HINT, "STORE"),
	    .words = "gpgsm nss:", .verbs = V(ID_IMPORT), .group = GROUP_KEYS,
	    .help = "keys of another program: gpgsm, or nss:FOLDER",
	    .more = "gpgsm:HOMEDIR for another home folder. nss:FOLDER is a profile of "
	        "Thunderbird or Firefox, with cert9.db. Their passphrases come from "
	        "where those of files do." },
	[OPT_STORE_TO] = { OPT_STORE_TO, 0, "to", TAKES(HINT, "STORE"),
	    .words = "gpgsm nss:", .verbs = V(ID_EXPORT), .group = GROUP_KEYS,
	    .help = "into another program: gpgsm, or nss:FOLDER",
	    .more = "gpgsm protects the key with the new passphrase, NSS with the "
	        "password of its database." },
	[OPT_BACKUP] = { OPT_BACKUP, 0, "backup", TAKES(FILE, "FILE"),
	    .verbs = V(ID_REMOVE), .group = GROUP_KEYS,
	    .help = "exported file that holds the key; is checked" },
	[OPT_UNDERSTAND] = { OPT_UNDERSTAND, 0, "i-understand", FLAG,
	    .verbs = V(ID_REMOVE), .group = GROUP_KEYS,
	    .help = "mail to this key will no longer open here" },
	[OPT_NEW_PASSPHRASE_FILE] = { OPT_NEW_PASSPHRASE_FILE, 0,
	    "new-passphrase-file", TAKES(FILE, "FILE"),
	    .verbs = V(ID_IMPORT) | V(ID_RENEW) | V(ID_EXPORT), .group = GROUP_KEYS,
	    .help = "for what is written: the first line of FILE",
	    .more = "Without it, import keeps the passphrase of the imported file, "
	        "renew takes --passphrase-file for the new key too, and export asks "
	        "at the terminal, twice." },
	[OPT_NEW_PASSPHRASE_FD] = { OPT_NEW_PASSPHRASE_FD, 0, "new-passphrase-fd",
	    TAKES(OTHER, "N"), .verbs = V(ID_IMPORT) | V(ID_RENEW) | V(ID_EXPORT),
	    .group = GROUP_KEYS,
	    .help = "the same, read from file descriptor N" },
	[OPT_NO_PASSPHRASE] = { OPT_NO_PASSPHRASE, 0, "no-passphrase", FLAG,
	    .verbs = MAKES | V(ID_IMPORT), .group = GROUP_KEYS,
	    .help = "keep the key without a passphrase",
	    .more = "For servers whose disk is protected in another way: whoever "
	        "reads the file has the key." },
	[OPT_REMEMBER] = { OPT_REMEMBER, 0, "remember", TAKES(OTHER, "MINUTES"),
	    .verbs = PROTECTS | DECRYPTS | SIGNS_AND_JUDGES | V(ID_EXPORT), .group = GROUP_KEYS,
	    .help = "how long a typed passphrase is kept; default 10",
	    .more = "The Linux kernel keeps it, for the key that it opened; 0: not at "
	        "all. sealmail id lock forgets all at once." },
	[OPT_PASSPHRASE_FILE] = { OPT_PASSPHRASE_FILE, 0, "passphrase-file",
	    TAKES(FILE, "FILE"), .repeats = true, .verbs = UNLOCKS | MAKES,
	    .group = GROUP_KEYS,
	    .help = "passphrase of keys: the first line of FILE",
	    .more = "The PIN of a token too. Given several times, each is tried on each key file. Without it "
	        "the terminal is asked." },
	[OPT_PASSPHRASE_FD] = { OPT_PASSPHRASE_FD, 0, "passphrase-fd",
	    TAKES(OTHER, "N"), .repeats = true, .verbs = UNLOCKS | MAKES,
	    .group = GROUP_KEYS,
	    .help = "the same, read from file descriptor N" },
	[OPT_PASSPHRASE_PROGRAM] = { OPT_PASSPHRASE_PROGRAM, 0, "passphrase-program",
	    TAKES(FILE, "PROGRAM"), .verbs = UNLOCKS | MAKES, .group = GROUP_KEYS,
	    .help = "asks for passphrases instead of the terminal",
	    .more = "It gets the question as its argument and writes the answer to "
	        "standard output, as ssh-askpass does. Named by its whole path, and run "
	        "without a shell. The line \"passphrase-program = PROGRAM\" in HOME/config "
	        "sets one for all keys of the keyring." },
	[OPT_NO_MAC] = { OPT_NO_MAC, 0, "no-mac", FLAG,
	    .verbs = PROTECTS | DECRYPTS | V(ID_IMPORT) | V(ID_REMOVE),
	    .group = GROUP_KEYS,
	    .help = "accept PKCS#12 without integrity protection" },

	[OPT_RECIPIENT] = { OPT_RECIPIENT, 'r', "recipient", TAKES(FILE, "WHO"),
	    .repeats = true, .verbs = V(ENCRYPT), .group = GROUP_RECIPIENTS,
	    .help = "recipient: a mail address or a certificate file",
	    .more = "The certificate of an address is the one that sealmail who shows; "
	        "without one: exit 30. Of a file with several certificates the newest "
	        "that may encrypt is taken." },
	[OPT_ADDRESS] = { OPT_ADDRESS, 0, "address", TAKES(OTHER, "ADDRESS"),
	    .verbs = V(WHO_ADD), .group = GROUP_RECIPIENTS,
	    .help = "keep the certificate for this address",
	    .more = "For a certificate that names another address of the person, or "
	        "none. Without it, the certificate is kept for every address in it." },
	[OPT_DIRECTORY] = { OPT_DIRECTORY, 0, "directory", TAKES(OTHER, "URL"),
	    .repeats = true, .verbs = V(ENCRYPT) | V(WHO_SHOW),
	    .group = GROUP_RECIPIENTS,
	    .help = "where to look: ldap, ldaps, http, https, a folder",
	    .more = "Instead of those of HOME/config. ldap://HOST/BASE begins TLS (but on "
	        "this machine), a certificate store is written up to its question mark, a "
	        "folder as its path. Asked when no certificate at hand can be used." },
	[OPT_REFRESH] = { OPT_REFRESH, 0, "refresh", FLAG, .verbs = V(WHO_SHOW),
	    .group = GROUP_RECIPIENTS,
	    .help = "ask the directories although one can be used" },
	[OPT_SEARCH] = { OPT_SEARCH, 0, "search", TAKES(OTHER, "NAME"),
	    .verbs = V(WHO_SHOW), .group = GROUP_RECIPIENTS,
	    .help = "look for people by part of a name" },
	[OPT_SIGN] = { OPT_SIGN, 's', "sign", FLAG, .verbs = V(ENCRYPT),
	    .group = GROUP_RECIPIENTS, .help = "sign first, with -i or --key" },
	[OPT_ALG] = { OPT_ALG, 0, "alg", TAKES(WORD, "HOW"),
	    .words = "auto strong compat pq", .verbs = V(ENCRYPT) | V(SEND),
	    .group = GROUP_RECIPIENTS,
	    .help = "auto, strong, compat or pq: choice of algorithms",
	    .more = "auto takes the best that all recipients are known to read; "
	        "strong demands authenticated encryption and refuses (exit 31) when "
	        "somebody is known not to read it; compat is for old programs; pq "
	        "demands post-quantum keys." },
	[OPT_CIPHER] = { OPT_CIPHER, 0, "cipher", TAKES(HINT, "NAME"),
	    .words = "aes-256-gcm aes-128-gcm chacha20-poly1305 aes-256-ccm "
	        "aes-128-ccm aes-256-cbc aes-128-cbc",
	    .verbs = V(ENCRYPT) | V(SEND) | V(MUTT_HOOK), .group = GROUP_RECIPIENTS,
	    .help = "content cipher, instead of --alg's choice" },
	[OPT_CEK_HKDF] = { OPT_CEK_HKDF, 0, "cek-hkdf", FLAG, .verbs = V(ENCRYPT),
	    .group = GROUP_RECIPIENTS,
	    .help = "derive the content key as RFC 9709 says" },
	[OPT_COMPRESS] = { OPT_COMPRESS, 0, "compress", FLAG, .verbs = V(ENCRYPT),
	    .group = GROUP_RECIPIENTS, .help = "compress before encrypting",
	    .more = "The size of a compressed message tells something about its "
	        "contents: not for text that an attacker can help to write." },
	[OPT_SECRET_FILE] = { OPT_SECRET_FILE, 0, "secret-file", TAKES(FILE, "FILE"),
	    .repeats = true, .verbs = V(ENCRYPT) | DECRYPTS, .group = GROUP_RECIPIENTS,
	    .help = "password of a recipient: the first line of FILE",
	    .more = "With encrypt it adds a recipient who opens the message with this "
	        "password. When reading, a file that has the form of a shared key is "
	        "tried as one too." },
	[OPT_SECRET_FD] = { OPT_SECRET_FD, 0, "secret-fd", TAKES(OTHER, "N"),
	    .repeats = true, .verbs = V(ENCRYPT) | DECRYPTS, .group = GROUP_RECIPIENTS,
	    .help = "the same, read from file descriptor N" },
	[OPT_KEK_FILE] = { OPT_KEK_FILE, 0, "kek-file", TAKES(FILE, "FILE"),
	    .repeats = true, .verbs = V(ENCRYPT) | DECRYPTS, .group = GROUP_RECIPIENTS,
	    .help = "shared key of 16, 24 or 32 bytes, raw or in hex" },
	[OPT_KEK_FD] = { OPT_KEK_FD, 0, "kek-fd", TAKES(OTHER, "N"),
	    .repeats = true, .verbs = V(ENCRYPT) | DECRYPTS, .group = GROUP_RECIPIENTS,
	    .help = "the same, read from file descriptor N" },

	[OPT_MAILDIR] = { OPT_MAILDIR, 0, "maildir", TAKES(DIR, "DIR"), .verbs = BOXES,
	    .group = GROUP_MAIL, .help = "the Maildir",
	    .more = "Default: MAILDIR, else \"mailbox = DIR\" in HOME/config, else "
	        "~/Maildir. Nothing in it is changed." },
	[OPT_LAST] = { OPT_LAST, 0, "last", TAKES(OTHER, "N"),
	    .verbs = V(MAIL_LIST) | V(MAIL_SEARCH), .group = GROUP_MAIL,
	    .help = "at most N messages, the newest; or all",
	    .more = "Default: 50 for list, all for search." },
	[OPT_BODY] = { OPT_BODY, 0, "body", FLAG, .verbs = V(MAIL_SEARCH),
	    .group = GROUP_MAIL, .help = "look into the text too",
	    .more = "Into that of messages which are not encrypted: reads the whole "
	        "folder. How many were not looked into is said." },
	[OPT_HTML] = { OPT_HTML, 0, "html", FLAG, .verbs = V(MAIL_SHOW) | DRAFTS,
	    .group = GROUP_MAIL, .help = "of a text in two forms, show the HTML one",
	    .more = "As text, like all HTML: nothing is fetched, and the place where a "
	        "link really leads stands beside it." },
	[OPT_ALL] = { OPT_ALL, 0, "all", FLAG, .verbs = V(MAIL_REPLY),
	    .group = GROUP_MAIL, .help = "to everybody who got the letter",
	    .more = "One's own addresses, as the keyring has them, are left out." },
	[OPT_EDIT] = { OPT_EDIT, 0, "edit", FLAG, .verbs = DRAFTS, .group = GROUP_MAIL,
	    .help = "open the draft in an editor, then send it",
	    .more = "The editor is VISUAL or EDITOR, else vi. The draft lies in HOME/mail "
	        "until it was sent; sealmail send does that, when you agree." },
	[OPT_IMAP] = { OPT_IMAP, 0, "imap", TAKES(OTHER, "URL"), .verbs = SERVERS,
	    .group = GROUP_MAIL, .help = "a server's folder: imaps://USER@HOST/FOLDER",
	    .more = "imap:// begins TLS with STARTTLS; without TLS nothing is sent, but to "
	        "this machine. Nothing on the server is changed: what was read stays "
	        "unread. A message is named by its number in the server's list." },
	[OPT_USER] = { OPT_USER, 0, "user", TAKES(OTHER, "NAME"), .verbs = SERVERS,
	    .group = GROUP_MAIL, .help = "user name at the server" },
	[OPT_TLS_CA] = { OPT_TLS_CA, 0, "tls-ca", TAKES(FILE, "FILE"),
	    .verbs = SERVERS, .group = GROUP_MAIL,
	    .help = "certificates that the server's leads to",
	    .more = "Default: the system's. For the connection only: no letter is trusted "
	        "for it." },
	[OPT_PASSWORD_FILE] = { OPT_PASSWORD_FILE, 0, "password-file",
	    TAKES(FILE, "FILE"), .verbs = SERVERS, .group = GROUP_MAIL,
	    .help = "password at the server: the first line of FILE",
	    .more = "Default: imap-password-file or imap-password-program of HOME/config; "
	        "else it is asked for." },
	[OPT_PASSWORD_FD] = { OPT_PASSWORD_FD, 0, "password-fd", TAKES(OTHER, "N"),
	    .verbs = SERVERS, .group = GROUP_MAIL,
	    .help = "the same, read from file descriptor N" },
	[OPT_SCAN] = { OPT_SCAN, 0, "scan", TAKES(OTHER, "PROGRAM"),
	    .verbs = V(MAIL_SAVE), .group = GROUP_MAIL,
	    .help = "must agree first: it reads the part on its input",
	    .more = "A program with its arguments, run without a shell. Exit status 0 lets "
	        "the part be saved; with any other nothing is (exit 31)." },

	[OPT_OPAQUE] = { OPT_OPAQUE, 0, "opaque", FLAG, .verbs = PROTECTS,
	    .group = GROUP_SIGNATURE,
	    .help = "application/pkcs7-mime, not multipart/signed",
	    .more = "Survives mail systems that rewrite text, but only mail programs "
	        "with S/MIME can show it. With --form der or pem: the content is "
	        "put inside." },
	[OPT_DIGEST] = { OPT_DIGEST, 0, "digest", TAKES(HINT, "NAME"),
	    .words = "sha-256 sha-384 sha-512", .verbs = PROTECTS | V(MUTT_HOOK),
	    .group = GROUP_SIGNATURE, .help = "digest, instead of the key's usual one" },
	[OPT_PSS] = { OPT_PSS, 0, "pss", FLAG, .verbs = PROTECTS,
	    .group = GROUP_SIGNATURE, .help = "RSA-PSS instead of PKCS#1 v1.5" },

	[OPT_READ_RECIPIENTS] = { OPT_READ_RECIPIENTS, 't', "read-recipients", FLAG,
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "recipients are those of To, Cc and Bcc",
	    .more = "Addresses that are given besides are added." },
	[OPT_ENVELOPE_FROM] = { OPT_ENVELOPE_FROM, 'f', "envelope-from",
	    TAKES(OTHER, "ADDR"), .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "who is told when mail comes back",
	    .more = "Default: the address of From, which it stands for when the message "
	        "has none." },
	[OPT_FULL_NAME] = { OPT_FULL_NAME, 'F', "full-name", TAKES(OTHER, "NAME"),
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "name for a From field that is missing" },
	[OPT_SEND_ID] = { OPT_SEND_ID, 0, "id", TAKES(OTHER, "ID"),
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "an identity of the keyring: address, name or key",
	    .more = "Default: the one with the address of From." },
	[OPT_REQUIRE_ENCRYPTION] = { OPT_REQUIRE_ENCRYPTION, 0, "encrypt", FLAG,
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "encrypted or not at all, whatever the policy says" },
	[OPT_CONFIDENTIAL] = { OPT_CONFIDENTIAL, 0, "confidential", FLAG,
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "encrypted, and only inside the organisation" },
	[OPT_YES] = { OPT_YES, 0, "yes", FLAG, .verbs = V(SEND),
	    .group = GROUP_SENDING,
	    .help = "send also where the policy says \"ask\"" },
	[OPT_DRY_RUN] = { OPT_DRY_RUN, 0, "dry-run", FLAG, .verbs = V(SEND),
	    .group = GROUP_SENDING,
	    .help = "show what would go to whom, and send nothing" },
	[OPT_SENDMAIL] = { OPT_SENDMAIL, 0, "sendmail", TAKES(OTHER, "PROGRAM"),
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "hand it to this program, with its first arguments" },
	[OPT_TO_MAILDIR] = { OPT_TO_MAILDIR, 0, "maildir", TAKES(DIR, "DIR"),
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "put it into a Maildir; %a: the address" },
	[OPT_SENT] = { OPT_SENT, 0, "sent", TAKES(OTHER, "FOLDER"),
	    .verbs = V(SEND), .group = GROUP_SENDING,
	    .help = "keep a copy: a Maildir, imap:FOLDER, or none" },
	[OPT_QUEUE] = { OPT_QUEUE, 0, "queue", FLAG, .verbs = V(SEND),
	    .group = GROUP_QUEUE, .help = "list the letters that wait" },
	[OPT_FLUSH] = { OPT_FLUSH, 0, "flush", .arg = ARG_OPTIONAL, .value = VALUE_WORD,
	    .value_name = "all", .words = "all", .verbs = V(SEND), .group = GROUP_QUEUE,
	    .help = "try the letters whose time has come again",
	    .more = "With =all every letter is tried, also those that were given up." },
	[OPT_DROP] = { OPT_DROP, 0, "drop", TAKES(OTHER, "ID"), .verbs = V(SEND),
	    .group = GROUP_QUEUE, .help = "take a letter out of the queue, unsent" },

	[OPT_TRUST] = { OPT_TRUST, 0, "trust", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = JUDGES | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "certificates to trust, roots as a rule",
	    .more = "PEM bundles and DER. Nothing else is trusted then. Without it "
	        "the roots of sealmail-trust(1) are: never the system's store for web "
	        "sites by itself, never what the message carries." },
	[OPT_CERTS] = { OPT_CERTS, 0, "certs", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = JUDGES | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "further certificates to build the path with",
	    .more = "Not trusted by themselves." },
	[OPT_CRL] = { OPT_CRL, 0, "crl", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = JUDGES | PROTECTS | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "revocation list, DER or PEM",
	    .more = "When signing, the list is sent along." },
	[OPT_OCSP] = { OPT_OCSP, 0, "ocsp", TAKES(FILE, "FILE"), .repeats = true,
	    .verbs = JUDGES | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "OCSP response, DER or PEM" },
	[OPT_REQUIRE_REVOCATION] = { OPT_REQUIRE_REVOCATION, 0, "require-revocation",
	    FLAG, .verbs = JUDGES | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "without revocation evidence: exit 75",
	    .more = "The network is asked for it, as --online does." },
	[OPT_FROM] = { OPT_FROM, 0, "from", TAKES(OTHER, "ADDR"), .verbs = JUDGES,
	    .group = GROUP_TRUST,
	    .help = "the address that the signer must be",
	    .more = "For CMS files and bare entities, which have no From field." },
	[OPT_CONTENT] = { OPT_CONTENT, 0, "content", TAKES(FILE, "FILE"),
	    .verbs = V(VERIFY), .group = GROUP_TRUST,
	    .help = "what a detached CMS signature is about" },
	[OPT_ARCHIVE] = { OPT_ARCHIVE, 0, "archive", FLAG, .verbs = JUDGES,
	    .group = GROUP_TRUST,
	    .help = "accept the algorithms of old mail (exit 16)" },

	[OPT_ONLINE] = { OPT_ONLINE, 0, "online", FLAG,
	    .verbs = JUDGES | SIGNS_AND_JUDGES, .group = GROUP_TRUST,
	    .help = "ask the network whether certificates were revoked",
	    .more = "By OCSP and revocation lists, for signers that lead to a trusted "
	        "root. It tells their authority that you read this mail now; so it "
	        "is not done by itself. fetch-revocation in the config file makes it "
	        "the rule." },
	[OPT_DOMAIN] = { OPT_DOMAIN, 0, "domain", TAKES(OTHER, "DOMAIN"),
	    .repeats = true, .verbs = V(TRUST_ADD), .group = GROUP_TRUST,
	    .help = "trust it for the mail of DOMAIN alone",
	    .more = "example.org is that domain exactly, .example.org all below it, "
	        "alice@example.org one mailbox. Every address in a certificate must "
	        "lie inside. Without it the root is trusted for every address." },
	[OPT_ROOT_NAME] = { OPT_ROOT_NAME, 0, "name", TAKES(OTHER, "NAME"),
	    .verbs = V(TRUST_ADD), .group = GROUP_TRUST,
	    .help = "what you call it" },
	[OPT_SYSTEM] = { OPT_SYSTEM, 0, "system", FLAG, .verbs = V(TRUST_ADD),
	    .group = GROUP_TRUST, .help = "the system's roots, for --domain alone",
	    .more = "They were chosen for web sites; so they count only for the "
	        "domains named. The file /etc/ssl/certs/ca-certificates.crt is read "
	        "each time: what the system drops is not trusted any more." },
	[OPT_REASON] = { OPT_REASON, 0, "reason", TAKES(OTHER, "TEXT"),
	    .verbs = V(TRUST_ADD), .group = GROUP_TRUST,
	    .help = "trust what is no valid root, and say why",
	    .more = "An intermediate, somebody's own certificate, one that has "
	        "expired. The reason is kept and shown." },

	[OPT_FORCE] = { OPT_FORCE, 0, "force", FLAG, .verbs = JUDGES | V(MUTT_HOOK),
	    .group = GROUP_RELEASE,
	    .help = "write the content after exits 10 to 14 and 16",
	    .more = "The exit status stays." },
	[OPT_UNAUTHENTICATED] = { OPT_UNAUTHENTICATED, 0, "unauthenticated", FLAG,
	    .verbs = DECRYPTS | V(MUTT_HOOK), .group = GROUP_RELEASE,
	    .help = "write the content after exit 22",
	    .more = "Show it as plain text only: no HTML, no links. The exit status "
	        "stays. Nothing releases content after exit 21." },

	[OPT_OUTPUT] = { OPT_OUTPUT, 'o', "output", TAKES(FILE, "FILE"),
	    .verbs = (WORKS & ~V(INSPECT)) | MAKES | V(ID_EXPORT) | V(MAIL_SHOW) |
	        DRAFTS,
	    .group = GROUP_OUTPUT,
	    .help = "write the content to FILE, not to standard output",
	    .more = "The file appears, or an older one is replaced, only when all is "
	        "complete and good; its mode is 0600. A dash means standard output." },
	[OPT_SAVE_AS] = { OPT_SAVE_AS, 'o', "output", TAKES(FILE, "WHERE"),
	    .verbs = V(MAIL_SAVE), .group = GROUP_OUTPUT,
	    .help = "a file or folder; default: here, by its name",
	    .more = "In a folder the part gets the name that the sender gave it, "
	        "cleaned; it replaces nothing there. The mode is 0600. A dash means "
	        "standard output." },
	[OPT_FORM] = { OPT_FORM, 0, "form", TAKES(WORD, "FORM"),
	    .words = "mail der pem", .verbs = SEALS, .group = GROUP_OUTPUT,
	    .help = "mail, der or pem: what to write" },
	[OPT_PKCS12_FORM] = { OPT_PKCS12_FORM, 0, "form", TAKES(WORD, "FORM"),
	    .words = "modern compat legacy", .verbs = V(ID_EXPORT),
	    .group = GROUP_OUTPUT,
	    .help = "modern, compat or legacy PKCS#12",
	    .more = "modern: AES-256, PBKDF2-SHA-256 with 600,000 rounds (default). "
	        "compat: 3DES and SHA-1, which Windows and macOS read since long "
	        "before 2020. legacy: the same with few rounds, for old devices. The "
	        "last two protect only as well as a long passphrase does." },
	[OPT_VERIFY] = { OPT_VERIFY, 0, "verify", FLAG, .verbs = V(GIT),
	    .group = GROUP_PROGRAMS,
	    .help = "verify the signature in the first FILE",
	    .more = "The second FILE is what it is about; a dash: standard input." },
	[OPT_DETACH_SIGN] = { OPT_DETACH_SIGN, 'b', "detach-sign", FLAG,
	    .verbs = V(GIT), .group = GROUP_PROGRAMS,
	    .help = "sign standard input" },
	[OPT_GPG_SIGN] = { OPT_GPG_SIGN, 's', "sign", FLAG, .verbs = V(GIT),
	    .group = GROUP_PROGRAMS, .help = "goes with -b" },
	[OPT_ARMOR] = { OPT_ARMOR, 'a', "armor", FLAG, .verbs = V(GIT),
	    .group = GROUP_PROGRAMS, .help = "PEM, which it is in any case" },
	[OPT_LOCAL_USER] = { OPT_LOCAL_USER, 'u', "local-user", TAKES(OTHER, "KEY"),
	    .verbs = V(GIT), .group = GROUP_PROGRAMS,
	    .help = "who signs: address, \"Name <address>\" or key ID",
	    .more = "git names the committer, or what user.signingKey says." },
	[OPT_STATUS_FD] = { OPT_STATUS_FD, 0, "status-fd", TAKES(OTHER, "N"),
	    .verbs = V(GIT), .group = GROUP_PROGRAMS,
	    .help = "write [GNUPG:] lines for programs to descriptor N" },
	[OPT_JSON] = { OPT_JSON, 0, "json", .arg = ARG_OPTIONAL, .value = VALUE_FILE,
	    .value_name = "WHERE",
	    .verbs = WORKS | (IDS & ~V(ID_LOCK)) | V(SEND) | WHOS | TRUSTS | V(DOCTOR) | BOXES,
	    .group = GROUP_OUTPUT,
	    .help = "report as JSON: to standard output, FILE or fd:N",
	    .more = "See sealmail-report(5). Where content goes to standard output, "
	        "another place must be named." },

	[OPT_HOME] = { OPT_HOME, 0, "home", TAKES(DIR, "DIR"), .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE, .help = "where keyring and settings live",
	    .more = "Default: SEALMAIL_HOME, else XDG_DATA_HOME/sealmail, else "
	        "~/.local/share/sealmail. It must be a folder that only its owner "
	        "can enter." },
	[OPT_OFFLINE] = { OPT_OFFLINE, 0, "offline", FLAG, .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE, .help = "use no network",
	    .more = "Whatever the config file and other options say." },
	[OPT_AT] = { OPT_AT, 0, "at", TAKES(OTHER, "TIME"), .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE,
	    .help = "judge, or sign, as of TIME: 2026-11-22T09:14:00Z" },
	[OPT_SPOOL] = { OPT_SPOOL, 0, "spool", TAKES(DIR, "DIR"), .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE,
	    .help = "folder for what must be read twice from a pipe",
	    .more = "Default: TMPDIR, else /var/tmp. Never in memory (tmpfs). The "
	        "spool has no name, and vanishes with the program." },
	[OPT_LIMIT] = { OPT_LIMIT, 0, "limit", TAKES(OTHER, "NAME=N"),
	    .repeats = true, .verbs = EVERYWHERE, .group = GROUP_EVERYWHERE,
	    .help = "raise or lower a limit, for a message you believe",
	    .more = "Exit 40 names the limit that was reached; sealmail explain NAME "
	        "says what it counts, sealmail explain lists all." },
	[OPT_QUIET] = { OPT_QUIET, 'q', "quiet", FLAG, .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE,
	    .help = "no report and no advice on standard error" },
	[OPT_VERBOSE] = { OPT_VERBOSE, 'v', "verbose", FLAG, .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE, .help = "every check and algorithm" },
	[OPT_HELP] = { OPT_HELP, 'h', "help", FLAG, .verbs = EVERYWHERE,
	    .group = GROUP_EVERYWHERE, .help = "this list" },
};
