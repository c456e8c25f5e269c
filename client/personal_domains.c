/* Domains where anybody can have a mailbox: confidential mail of an organisation does
 * not go there. HOME/policy adds to them and takes from them (personal-domains). */
#include "policy.h"

const char *const personal_domains[] = {
	"126.com", "139.com", "163.com", "aim.com", "alice.it", "aol.com", "aol.de",
	"arcor.de", "bigpond.com", "bk.ru", "bluewin.ch", "btinternet.com", "comcast.net",
	"cox.net", "daum.net", "disroot.org", "duck.com", "email.cz", "email.de",
	"fastmail.com", "fastmail.fm", "foxmail.com", "free.fr", "freemail.hu",
	"freenet.de", "gmail.com", "gmx.at", "gmx.ch", "gmx.com", "gmx.de", "gmx.net",
	"googlemail.com", "hanmail.net", "hey.com", "hotmail.co.uk", "hotmail.com",
	"hotmail.de", "hotmail.fr", "hotmail.it", "hushmail.com", "icloud.com",
	"iinet.net.au", "inbox.lv", "inbox.ru", "interia.pl", "kolabnow.com",
	"laposte.net", "libero.it", "list.ru", "live.co.uk", "live.com", "live.de",
	"live.fr", "mac.com", "mail.com", "mail.de", "mail.ru", "mailbox.org",
	"mailfence.com", "me.com", "msn.com", "naver.com", "o2.pl", "online.de",
	"onet.pl", "orange.fr", "outlook.com", "outlook.de", "outlook.fr", "pm.me",
	"posteo.de", "posteo.net", "proton.me", "protonmail.ch", "protonmail.com",
	"qq.com", "rambler.ru", "rediffmail.com", "riseup.net", "rocketmail.com",
	"sbcglobal.net", "seznam.cz", "sfr.fr", "sina.com", "sky.com", "skynet.be",
	"sohu.com", "startmail.com", "t-online.de", "telenet.be", "terra.com.br",
	"tuta.com", "tuta.io", "tutamail.com", "tutanota.com", "tutanota.de", "ukr.net",
	"uol.com.br", "verizon.net", "virgilio.it", "virginmedia.com", "wanadoo.fr",
	"web.de", "wp.pl", "ya.ru", "yahoo.co.in", "yahoo.co.jp", "yahoo.co.uk",
	"yahoo.com", "yahoo.com.br", "yahoo.de", "yahoo.es", "yahoo.fr", "yahoo.it",
	"yandex.com", "yandex.ru", "yeah.net", "ymail.com", "zoho.com", "zohomail.com",
	NULL
};
