#include "fetching.h"

#include <stdio.h>
#include <stdlib.h>

#include "config.h"

enum {
	BODY_BYTES = 32 << 20,
	ANSWER_SECONDS = 25,   /* of one question; the helper's own is shorter */
	ALL_SECONDS = 40,      /* of a run */
	URLS_OF_A_CERT = 3,
	LIST_SECONDS_MAX = 7 * 86400, /* a list is not kept for longer, whatever it says */
	ISSUER_SECONDS = 30 * 86400,
	NO_END_SECONDS = 3600, /* an answer that does not say until when */
};

/* ---- what is allowed ---- */

static bool
is(const struct config *cfg, enum config_key key, const char *word)
{
	const char *value = config_value(cfg, key);

	return value != NULL && strcmp(value, word) == 0;
}

static void
take_settings(struct fetching *f, const struct config *cfg)
{
	if (is(cfg, CONFIG_FETCH_REVOCATION, "yes"))
		f->revocation = FETCH_ALL;
	else if (is(cfg, CONFIG_FETCH_REVOCATION, "crl"))
		f->revocation = FETCH_LISTS;
	f->issuers = is(cfg, CONFIG_FETCH_INTERMEDIATES, "yes");
	f->private_revocation = !is(cfg, CONFIG_FETCH_PRIVATE, "no");
	f->private_issuers = is(cfg, CONFIG_FETCH_PRIVATE, "all");
}

int
fetching_begin(struct client *c, struct fetching *f)
{
	/* Who names the roots needs nothing of HOME. */
	bool home = !options_has(&c->opt, OPT_TRUST);
	struct config cfg = { NULL, 0 };
	int rc = 0;

	memset(f, 0, sizeof(*f));
	f->c = c;
	f->helper[0] = f->helper[1] = (struct helper)HELPER_INIT;
	f->cache = (struct cache)CACHE_INIT;
	f->cache.c = c;
	if (home)
		rc = config_read(c, &cfg);
	take_settings(f, &cfg);
	config_free(&cfg);
	f->tells = options_has(&c->opt, OPT_ONLINE) ||
	    options_has(&c->opt, OPT_REQUIRE_REVOCATION);
	if (f->tells)
		f->revocation = FETCH_ALL;
	if (options_has(&c->opt, OPT_OFFLINE)) {
		f->revocation = FETCH_NOTHING;
		f->issuers = false;
	}
	if (rc == 0 && home)
		cache_open(c, &f->cache, f->revocation != FETCH_NOTHING || f->issuers);
	return rc;
}

void
fetching_end(struct fetching *f)
{
	(void)helper_stop(&f->helper[0]);
	(void)helper_stop(&f->helper[1]);
	cache_close(&f->cache);
}

/* ---- one question ---- */

struct question {
	enum sm_url_kind kind;
	const char *url;
	struct sm_buf request;     /* OCSP */
	char name[CACHE_NAME_CHARS + 1];
	bool allow_private;
};

static void
tell(const struct fetching *f, const struct question *q, const char *why)
{
	if (f->tells || f->c->verbose)
		client_note(f->c, "nothing was had from %.150s: %.200s", q->url, why);
}

static struct helper *
helper_for(struct fetching *f, bool allow_private)
{
	static const char *const with[] = { "private", NULL };
	struct client quiet = *f->c;
	int rc;

	quiet.silent = true;
	if (!f->running[allow_private]) {
		rc = helper_start(&quiet, &f->helper[allow_private], "sealmail-fetch",
		    allow_private ? with : NULL);
		f->helper[allow_private].c = f->c;
		f->running[allow_private] = rc == 0;
		f->broken = rc != 0;
	}
	return f->broken ? NULL : &f->helper[allow_private];
}

static bool
send_question(struct fetching *f, struct helper *h, const struct question *q)
{
	struct sm_buf body = SM_BUF_INIT;
	struct client quiet = *f->c;
	bool ok = sm_buf_append_str(&body, q->url) == 0;

	quiet.silent = true;
	h->c = &quiet;
	if (q->kind == SM_URL_OCSP)
		ok = ok && sm_buf_append_byte(&body, '\n') == 0 &&
		    sm_buf_append(&body, sm_buf_bytes(&q->request)) == 0;
	ok = ok && helper_send(h, q->kind == SM_URL_OCSP ? "ocsp" : "get",
	    sm_buf_bytes(&body)) == 0;
	h->c = f->c;
	sm_buf_free(&body);
	return ok;
}

static bool
receive_answer(struct fetching *f, struct helper *h, struct frame *answer)
{
	struct client quiet = *f->c;
	bool ok;

	quiet.silent = true;
	h->c = &quiet;
	ok = helper_receive(h, answer, BODY_BYTES, ANSWER_SECONDS) == 0;
	h->c = f->c;
	return ok;
}

/* Ask the network; the answer is in answer->body. A helper that fails once is not
 * asked again. */
static bool
ask(struct fetching *f, const struct question *q, struct frame *answer)
{
	struct helper *h;
	int64_t now = frame_deadline(0);

	if (f->deadline == 0)
		f->deadline = frame_deadline(ALL_SECONDS);
	if (f->broken || now > f->deadline)
		return false;
	h = helper_for(f, q->allow_private);
	if (h == NULL) {
		tell(f, q, "the program sealmail-fetch is not installed");
		return false;
	}
	f->broken = !send_question(f, h, q) || !receive_answer(f, h, answer);
	if (f->broken) {
		tell(f, q, "the program sealmail-fetch failed");
		return false;
	}
	if (strcmp(answer->word, "body") == 0)
		return true;
	if (sm_buf_append_byte(&answer->body, 0) == 0)
		tell(f, q, (const char *)answer->body.data);
	return false;
}

/* ---- revocation ---- */

static int
add(struct sm_pki *pki, enum sm_url_kind kind, struct sm_bytes der)
{
	int rc = kind == SM_URL_CRL ? sm_pki_add_crl(pki, der, NULL) :
	    sm_pki_add_ocsp(pki, der, NULL);

	return rc == 0 ? 1 : rc == SM_E_NOMEM ? rc : 0;
}

/* 1 when it speaks about path->list[which]. */
static int
speaks(const struct fetching *f, const struct question *q, struct sm_bytes der,
    const struct sm_certs *path, size_t which, int64_t *until)
{
	bool yes = false;
	int rc = sm_pki_evidence_speaks(&yes, until, q->kind, der, path, which, f->c->now,
	    NULL);

	if (rc == SM_E_NOMEM)
		return rc;
	return rc == 0 && yes;
}

static int64_t
keep_until(const struct fetching *f, int64_t until)
{
	if (until == 0)
		until = f->c->now + NO_END_SECONDS;
	if (until > f->c->now + LIST_SECONDS_MAX)
		until = f->c->now + LIST_SECONDS_MAX;
	return until;
}

/* 1: what is cached speaks and holds; then it is added. */
static int
from_cache(struct fetching *f, struct sm_pki *pki, const struct question *q,
    const struct sm_certs *path, size_t which)
{
	struct sm_buf der = SM_BUF_INIT;
	int64_t until = 0, end;
	int rc = 0;

	if (cache_get(&f->cache, q->name, &der, &until) && until >= f->c->now)
		rc = speaks(f, q, sm_buf_bytes(&der), path, which, &end);
	if (rc == 1)
		rc = add(pki, q->kind, sm_buf_bytes(&der));
	sm_buf_free(&der);
	return rc;
}

static int
from_network(struct fetching *f, struct sm_pki *pki, const struct question *q,
    const struct sm_certs *path, size_t which)
{
	struct frame answer = { "", SM_BUF_INIT };
	struct sm_bytes der;
	int64_t until = 0;
	int rc = 0;

	if (ask(f, q, &answer)) {
		der = sm_buf_bytes(&answer.body);
		rc = speaks(f, q, der, path, which, &until);
		if (rc == 0)
			tell(f, q, "what it answered says nothing about the certificate, or "
			    "is not genuine, or not of this time");
		if (rc == 1)
			rc = add(pki, q->kind, der);
		if (rc == 1)
			cache_put(&f->cache, q->name, der, keep_until(f, until));
	}
	sm_buf_free(&answer.body);
	return rc;
}

static bool
question_ready(struct question *q, const struct sm_certs *path, size_t which)
{
	struct sm_sink sink = sm_buf_sink(&q->request);
	struct sm_buf what = SM_BUF_INIT;
	bool ok;

	if (q->kind == SM_URL_OCSP && sm_ocsp_request(path->list[which],
		path->list[which + 1], &sink) != 0)
		return false;
	ok = sm_buf_append_str(&what, q->url) == 0 &&
	    sm_buf_append_byte(&what, '\n') == 0 &&
	    sm_buf_append(&what, sm_buf_bytes(&q->request)) == 0 &&
	    cache_name(q->name, q->kind == SM_URL_OCSP ? "ocsp" : "crl",
		sm_buf_bytes(&what));
	sm_buf_free(&what);
	return ok;
}

static int
try_url(struct fetching *f, struct sm_pki *pki, enum sm_url_kind kind, const char *url,
    const struct sm_certs *path, size_t which, bool network)
{
	struct question q = { .kind = kind, .url = url, .request = SM_BUF_INIT,
		.allow_private = f->private_revocation };
	int rc = 0;

	if (question_ready(&q, path, which))
		rc = network ? from_network(f, pki, &q, path, which) :
		    from_cache(f, pki, &q, path, which);
	sm_buf_free(&q.request);
	return rc;
}

static int
try_kind(struct fetching *f, struct sm_pki *pki, enum sm_url_kind kind,
    const struct sm_certs *path, size_t which, bool network)
{
	char *url = NULL;
	size_t i;
	int rc = 0;

	for (i = 0; rc == 0 && i < URLS_OF_A_CERT; i++) {
		rc = sm_cert_url(&url, path->list[which], kind, i);
		if (rc != 0 || url == NULL)
			break;
		rc = try_url(f, pki, kind, url, path, which, network);
		free(url);
		url = NULL;
	}
	return rc;
}

/* What is at hand first. Then, for a person's certificate, OCSP, which is newer and
 * smaller; for an authority's the list, which tells the least about us. */
static int
about(struct fetching *f, struct sm_pki *pki, const struct sm_certs *path, size_t which)
{
	enum sm_url_kind first = which == 0 ? SM_URL_OCSP : SM_URL_CRL;
	enum sm_url_kind then = which == 0 ? SM_URL_CRL : SM_URL_OCSP;
	int rc = try_kind(f, pki, SM_URL_CRL, path, which, false);

	if (rc == 0)
		rc = try_kind(f, pki, SM_URL_OCSP, path, which, false);
	if (f->revocation == FETCH_LISTS && rc == 0)
		return try_kind(f, pki, SM_URL_CRL, path, which, true);
	if (f->revocation == FETCH_ALL && rc == 0)
		rc = try_kind(f, pki, first, path, which, true);
	if (f->revocation == FETCH_ALL && rc == 0)
		rc = try_kind(f, pki, then, path, which, true);
	return rc;
}

/* Once for each certificate: who asks again after an answer gets no other. */
static bool
asked_before(struct fetching *f, enum sm_url_kind what, const struct sm_cert *cert)
{
	size_t i;

	for (i = 0; i < f->asked_count; i++)
		if (f->asked[i].what == what &&
		    memcmp(f->asked[i].sha256, sm_cert_sha256(cert), 32) == 0)
			return true;
	if (f->asked_count == FETCHING_ASKED)
		return true;
	f->asked[f->asked_count].what = what;
	memcpy(f->asked[f->asked_count++].sha256, sm_cert_sha256(cert), 32);
	return false;
}

int
fetching_revocation(struct fetching *f, struct sm_pki *pki, const struct sm_certs *path)
{
	size_t i;
	int rc, found = 0;

	for (i = 0; i + 1 < path->count; i++) {
		if (asked_before(f, SM_URL_CRL, path->list[i]))
			continue;
		rc = about(f, pki, path, i);
		if (rc < 0)
			return rc;
		found = found || rc > 0;
	}
	return found;
}

/* ---- issuers ---- */

/* Did the holder of this certificate sign cert? */
static int
is_issuer(const struct fetching *f, struct sm_cert *issuer, struct sm_cert *cert)
{
	struct sm_trust_answer a = { .result = SM_TRUST_UNTRUSTED };
	struct sm_pki *alone = NULL;
	int rc;

	if (!sm_cert_is_ca(issuer) ||
	    !sm_bytes_equal(sm_cert_subject(issuer), sm_cert_issuer(cert)))
		return 0;
	rc = sm_pki_new(&alone, &f->c->limits);
	if (rc == 0)
		rc = sm_pki_add_anchor(alone, issuer);
	if (rc == 0)
		rc = sm_pki_judge(&a, alone, cert, NULL, SM_TRUST_SIGN, f->c->now, NULL);
	if (rc == 0)
		rc = a.result != SM_TRUST_UNTRUSTED && a.result != SM_TRUST_INVALID;
	sm_trust_answer_wipe(&a);
	sm_pki_free(alone);
	return rc;
}

/* DER, PEM or certs-only CMS: the one that fits goes to pki. */
static int
take_issuer(const struct fetching *f, struct sm_pki *pki, struct sm_bytes file,
    struct sm_cert *cert)
{
	struct sm_keyfile found;
	size_t i;
	int rc = sm_keyfile_read(&found, file, false, NULL, &f->c->limits, NULL);

	if (rc != 0)
		return rc == SM_E_NOMEM ? rc : 0;
	for (i = 0; rc == 0 && i < found.certs.count; i++) {
		rc = is_issuer(f, found.certs.list[i], cert);
		if (rc == 1 && sm_pki_add_cert(pki, found.certs.list[i]) != 0)
			rc = SM_E_NOMEM;
	}
	sm_keyfile_wipe(&found);
	return rc;
}

static int
try_issuer_url(struct fetching *f, struct sm_pki *pki, const char *url,
    struct sm_cert *cert)
{
	struct question q = { .kind = SM_URL_ISSUER, .url = url, .request = SM_BUF_INIT,
		.allow_private = f->private_issuers };
	struct frame answer = { "", SM_BUF_INIT };
	int64_t until = 0;
	int rc = 0;

	if (!cache_name(q.name, "issuer", sm_bytes_str(url)))
		return 0;
	if (cache_get(&f->cache, q.name, &answer.body, &until) && until >= f->c->now)
		rc = take_issuer(f, pki, sm_buf_bytes(&answer.body), cert);
	sm_buf_clear(&answer.body);
	if (rc == 0 && f->issuers && ask(f, &q, &answer)) {
		rc = take_issuer(f, pki, sm_buf_bytes(&answer.body), cert);
		if (rc == 0)
			tell(f, &q, "what it answered is not the issuer's certificate");
		if (rc == 1)
			cache_put(&f->cache, q.name, sm_buf_bytes(&answer.body),
			    f->c->now + ISSUER_SECONDS);
	}
	sm_buf_free(&answer.body);
	return rc;
}

int
fetching_issuer(struct fetching *f, struct sm_pki *pki, struct sm_cert *cert)
{
	char *url = NULL;
	size_t i;
	int rc = 0;

	if (asked_before(f, SM_URL_ISSUER, cert))
		return 0;
	for (i = 0; rc == 0 && i < URLS_OF_A_CERT; i++) {
		rc = sm_cert_url(&url, cert, SM_URL_ISSUER, i);
		if (rc != 0 || url == NULL)
			break;
		rc = try_issuer_url(f, pki, url, cert);
		free(url);
		url = NULL;
	}
	return rc;
}
