/* The keys of HOME/config. */
#include "config.h"

#define ONE(key, name, kind) [key] = { key, name, kind, false, NULL,
#define WORDS(key, name, words) [key] = { key, name, CONFIG_WORD, false, words,

const struct config_def config_table[CONFIG_COUNT] = {
	ONE(CONFIG_SENDMAIL, "sendmail", CONFIG_TEXT)
	    "program that mail is handed to, with its first arguments" },
	ONE(CONFIG_MAILDIR, "maildir", CONFIG_PATH)
	    "Maildir that mail is put into; %a: the recipient's address" },
	ONE(CONFIG_MAILBOX, "mailbox", CONFIG_PATH)
	    "Maildir that sealmail mail reads" },
	WORDS(CONFIG_INDEX, "index", "none text")
	    "text: what encrypted letters say is kept, encrypted, for searching" },
	ONE(CONFIG_LMTP, "lmtp", CONFIG_TEXT)
	    "LMTP server: a socket's path, or HOST:PORT of this machine" },
	ONE(CONFIG_SMTP, "smtp", CONFIG_TEXT)
	    "submission server: smtps://HOST:PORT, or smtp://HOST:PORT (STARTTLS)" },
	ONE(CONFIG_SMTP_USER, "smtp-user", CONFIG_TEXT)
	    "user name at the submission server" },
	WORDS(CONFIG_SMTP_AUTH, "smtp-auth", "password xoauth2")
	    "what the secret is; default password" },
	ONE(CONFIG_SMTP_PASSWORD_FILE, "smtp-password-file", CONFIG_PATH)
	    "file whose first line is the secret" },
	ONE(CONFIG_SMTP_PASSWORD_PROGRAM, "smtp-password-program", CONFIG_TEXT)
	    "program that prints the secret, with its arguments" },
	ONE(CONFIG_SMTP_CA, "smtp-ca", CONFIG_PATH)
	    "certificates that the server's leads to; default: the system's" },
	ONE(CONFIG_SENT, "sent", CONFIG_PATH)
	    "copies of what was sent: a Maildir, or imap:FOLDER" },
	ONE(CONFIG_IMAP, "imap", CONFIG_TEXT)
	    "mail store: imaps://HOST:PORT, or imap://HOST:PORT (STARTTLS)" },
	ONE(CONFIG_IMAP_USER, "imap-user", CONFIG_TEXT)
	    "user name at the mail store" },
	WORDS(CONFIG_IMAP_AUTH, "imap-auth", "password xoauth2")
	    "what the secret is; default password" },
	ONE(CONFIG_IMAP_PASSWORD_FILE, "imap-password-file", CONFIG_PATH)
	    "file whose first line is the secret" },
	ONE(CONFIG_IMAP_PASSWORD_PROGRAM, "imap-password-program", CONFIG_TEXT)
	    "program that prints the secret, with its arguments" },
	ONE(CONFIG_IMAP_CA, "imap-ca", CONFIG_PATH)
	    "certificates that the server's leads to; default: the system's" },
	ONE(CONFIG_QUEUE_DAYS, "queue-days", CONFIG_NUMBER)
	    "days after which undelivered mail is not tried again; default 5" },
	WORDS(CONFIG_FETCH_REVOCATION, "fetch-revocation", "no crl yes")
	    "ask the network whether certificates were revoked: no, by lists, also "
	    "by OCSP; default no" },
	WORDS(CONFIG_FETCH_INTERMEDIATES, "fetch-intermediates", "no yes")
	    "get a missing issuer where the certificate says; default no" },
	WORDS(CONFIG_FETCH_PRIVATE, "fetch-private", "no revocation all")
	    "which of those may lead into one's own network; default revocation" },
	ONE(CONFIG_PASSPHRASE_PROGRAM, "passphrase-program", CONFIG_PATH)
	    "program that asks for passphrases, instead of the terminal" },
	[CONFIG_DIRECTORY] = { CONFIG_DIRECTORY, "directory", CONFIG_TEXT, true, NULL,
	    "where certificates are looked for: ldap(s)://HOST/BASE, http(s)://..., "
	    "imap(s)://HOST/FOLDER, a folder" },
	ONE(CONFIG_DIRECTORY_CA, "directory-ca", CONFIG_PATH)
	    "certificates that directories' servers lead to; default: the system's" },
	ONE(CONFIG_DIRECTORY_USER, "directory-user", CONFIG_TEXT)
	    "DN to sign in with at the first LDAP directory" },
	ONE(CONFIG_DIRECTORY_PASSWORD_FILE, "directory-password-file", CONFIG_PATH)
	    "file whose first line is its password" },
	WORDS(CONFIG_DIRECTORY_GROUPS, "directory-groups", "no yes")
	    "send to the members of groups that LDAP directories know; default no: "
	    "asking tells the directory whom one writes to" },
	WORDS(CONFIG_SMIMEA, "smimea", "yes no")
	    "look for certificates in the DNS too (RFC 8162); default no" },
	ONE(CONFIG_DNS_SERVER, "dns-server", CONFIG_TEXT)
	    "DNS server to ask, ADDRESS or ADDRESS@PORT; default: the system's" },
	ONE(CONFIG_DNS_ANCHOR, "dns-anchor", CONFIG_PATH)
	    "file with the key of the DNS root; default: dns-root-data's" },
};
