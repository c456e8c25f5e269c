/* pki_tool - the room's calls, for the corpus tests: prints verdict lines.
 *
 *   pki_tool path [options] LEAF      judge a certificate
 *   pki_tool keyfile [options] FILE   list what a key file holds
 *   pki_tool cert FILE                show a certificate's fields
 */
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include <pki/path.h>
#include <sealmail/cert.h>

static struct sm_bytes
slurp(const char *name)
{
	FILE *f = strcmp(name, "-") == 0 ? stdin : fopen(name, "rb");
	uint8_t *data = NULL;
	size_t len = 0, got;

	if (f == NULL) {
		perror(name);
		exit(2);
	}
	do {
		data = realloc(data, len + 65536);
		if (data == NULL)
			exit(2);
		got = fread(data + len, 1, 65536, f);
		len += got;
	} while (got != 0);
	if (f != stdin)
		fclose(f);
	return sm_bytes(data, len);
}

static void
fail(const char *what, int rc, const struct sm_error *err)
{
	printf("error %s status=%s reason=%s\n", what, sm_status_name(rc),
	    err->reason != NULL ? err->reason : "-");
	printf("text %s\n", err->text);
}

/* ---- path ---- */

struct job {
	struct sm_pki *pki;
	struct sm_certs carried;
	struct sm_path_options opt;
	const char *policies[32];
	size_t policy_count;
	struct sm_limits limits;
};

static int
add_certs(struct job *j, const char *name, char kind)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_bytes file = slurp(name);
	struct sm_keyfile kf;
	int rc = sm_keyfile_read(&kf, file, false, NULL, NULL, &err);

	if (rc != SM_OK) {
		fail(name, rc, &err);
		free((void *)file.data);
		return rc;
	}
	for (size_t i = 0; rc == SM_OK && i < kf.certs.count; i++)
		rc = kind == 't' ? sm_pki_add_anchor(j->pki, kf.certs.list[i]) :
		    kind == 'c' ? sm_pki_add_cert(j->pki, kf.certs.list[i]) :
		    sm_certs_add(&j->carried, kf.certs.list[i]);
	sm_keyfile_wipe(&kf);
	free((void *)file.data);
	return rc;
}

static int
add_evidence(struct job *j, const char *name, char kind)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_bytes file = slurp(name);
	int rc = kind == 'r' ? sm_pki_add_crl(j->pki, file, &err) :
	    sm_pki_add_ocsp(j->pki, file, &err);

	if (rc != SM_OK)
		fail(name, rc, &err);
	free((void *)file.data);
	return rc;
}

static const struct option path_options[] = {
	{ "trust", required_argument, NULL, 't' },
	{ "cert", required_argument, NULL, 'c' },
	{ "carried", required_argument, NULL, 'm' },
	{ "crl", required_argument, NULL, 'r' },
	{ "ocsp", required_argument, NULL, 'o' },
	{ "at", required_argument, NULL, 'a' },
	{ "purpose", required_argument, NULL, 'p' },
	{ "policy", required_argument, NULL, 'P' },
	{ "explicit", no_argument, NULL, 'x' },
	{ "inhibit-map", no_argument, NULL, 'M' },
	{ "inhibit-any", no_argument, NULL, 'A' },
	{ "weak", no_argument, NULL, 'w' },
	{ "max", required_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static int
path_option(struct job *j, int c)
{
	switch (c) {
	case 't': case 'c': case 'm':
		return add_certs(j, optarg, (char)c);
	case 'r': case 'o':
		return add_evidence(j, optarg, (char)c);
	case 'a':
		j->opt.at = strtoll(optarg, NULL, 10);
		return 0;
	case 'p':
		j->opt.purpose = strcmp(optarg, "sign") == 0 ? SM_PURPOSE_SIGN :
		    strcmp(optarg, "encrypt") == 0 ? SM_PURPOSE_ENCRYPT :
		    SM_PURPOSE_ANY;
		return 0;
	case 'P':
		if (j->policy_count + 1 == sizeof(j->policies) /
		    sizeof(j->policies[0]))
			return SM_E_USAGE;
		j->policies[j->policy_count++] = optarg;
		j->opt.policies = j->policies;
		return 0;
	case 'x':
		j->opt.explicit_policy = true;
		return 0;
	case 'M':
		j->opt.inhibit_mapping = true;
		return 0;
	case 'A':
		j->opt.inhibit_any = true;
		return 0;
	case 'w':
		j->opt.allow_weak = true;
		return 0;
	default:
		return SM_E_USAGE;
	}
}

static const char *const results[] = { "good", "untrusted", "expired",
	"not-yet", "invalid", "weak" };
static const char *const revocations[] = { "unknown", "good", "revoked" };

static int
judge(struct job *j, const char *name)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_path_verdict v;
	struct sm_bytes file = slurp(name);
	struct sm_keyfile kf;
	int rc = sm_keyfile_read(&kf, file, false, NULL, NULL, &err);

	if (rc == SM_OK && kf.certs.count == 0)
		rc = SM_E_USAGE;
	if (rc == SM_OK)
		rc = sm_path_check(&v, j->pki, kf.certs.list[0], &j->carried,
		    &j->opt, &err);
	if (rc != SM_OK) {
		fail(name, rc, &err);
	} else {
		printf("result %s\nweak %d\nusage %d\nrevocation %s\n",
		    results[v.result], v.weak, v.usage_ok,
		    revocations[v.revocation]);
		printf("reason %d\nrevoked-at %lld\nwhy %s\nfix %s\nanchor %s\n",
		    v.revocation_reason, (long long)v.revoked_at, v.why, v.fix,
		    v.anchor);
		printf("usage-why %s\nrevocation-why %s\n", v.usage_why,
		    v.revocation_why);
	}
	sm_keyfile_wipe(&kf);
	free((void *)file.data);
	return rc;
}

/* --max counts before the others are read, since it shapes the object. */
static void
find_limits(struct job *j, int argc, char **argv)
{
	j->limits = sm_limits_default();
	for (int i = 1; i + 1 < argc; i++)
		if (strcmp(argv[i], "--max") == 0)
			j->limits.path_length = (uint32_t)atoi(argv[i + 1]);
}

static int
main_path(int argc, char **argv)
{
	struct job j = { .opt = { .purpose = SM_PURPOSE_ANY } };
	int c, rc = 0;

	find_limits(&j, argc, argv);
	if (sm_pki_new(&j.pki, &j.limits) != 0)
		return 2;
	while (rc == 0 && (c = getopt_long(argc, argv, "", path_options,
	    NULL)) != -1)
		if (c != 'n')
			rc = path_option(&j, c);
	if (rc == 0)
		rc = optind + 1 == argc ? judge(&j, argv[optind]) : SM_E_USAGE;
	sm_certs_wipe(&j.carried);
	sm_pki_free(j.pki);
	return rc == 0 ? 0 : 1;
}

/* ---- keyfile ---- */

static const char *password;

static int
ask(void *ctx, const char *what, unsigned attempt,
    int (*give)(void *give_ctx, struct sm_bytes secret), void *give_ctx)
{
	(void)ctx;
	(void)what;
	if (password == NULL || attempt > 0)
		return SM_E_SECRET;
	return give(give_ctx, sm_bytes_str(password));
}

static const struct option keyfile_options[] = {
	{ "pass", required_argument, NULL, 'p' },
	{ "no-mac", no_argument, NULL, 'n' },
	{ NULL, 0, NULL, 0 },
};

static int
main_keyfile(int argc, char **argv)
{
	struct sm_passphrase pass = { ask, NULL };
	struct sm_error err = SM_ERROR_INIT;
	struct sm_keyfile kf;
	struct sm_bytes file;
	bool no_mac = false;
	int c, rc;

	while ((c = getopt_long(argc, argv, "", keyfile_options, NULL)) != -1)
		if (c == 'p')
			password = optarg;
		else
			no_mac = true;
	if (optind + 1 != argc)
		return 2;
	file = slurp(argv[optind]);
	rc = sm_keyfile_read(&kf, file, no_mac, &pass, NULL, &err);
	free((void *)file.data);
	if (rc != SM_OK) {
		fail(argv[optind], rc, &err);
		return 1;
	}
	printf("pkcs12 %d\nno-mac %d\nweak-pbe %d\n", kf.was_pkcs12, kf.no_mac,
	    kf.weak_pbe);
	for (size_t i = 0; i < kf.key_count; i++)
		printf("key %d\n", sm_key_type(kf.keys[i]));
	for (size_t i = 0; i < kf.certs.count; i++)
		printf("cert %s\n", sm_cert_subject_text(kf.certs.list[i]));
	sm_keyfile_wipe(&kf);
	return 0;
}

/* ---- cert ---- */

static int
main_cert(int argc, char **argv)
{
	struct sm_error err = SM_ERROR_INIT;
	struct sm_bytes file;
	struct sm_keyfile kf;
	const char *m;
	int rc;

	if (argc != 2)
		return 2;
	file = slurp(argv[1]);
	rc = sm_keyfile_read(&kf, file, false, NULL, NULL, &err);
	free((void *)file.data);
	if (rc != SM_OK) {
		fail(argv[1], rc, &err);
		return 1;
	}
	for (size_t i = 0; i < kf.certs.count; i++) {
		const struct sm_cert *x = kf.certs.list[i];

		printf("subject %s\nissuer %s\nserial %s\n",
		    sm_cert_subject_text(x), sm_cert_issuer_text(x),
		    sm_cert_serial_hex(x));
		for (size_t k = 0; (m = sm_cert_mail(x, k)) != NULL; k++)
			printf("mail %s\n", m);
		for (size_t k = 0; (m = sm_cert_subject_mail(x, k)) != NULL; k++)
			printf("subject-mail %s\n", m);
		printf("sign %d\nencrypt %d\nca %d\n", sm_cert_may_sign(x),
		    sm_cert_may_encrypt(x), sm_cert_is_ca(x));
	}
	sm_keyfile_wipe(&kf);
	return 0;
}

int
main(int argc, char **argv)
{
	if (argc < 2)
		return 2;
	if (strcmp(argv[1], "path") == 0)
		return main_path(argc - 1, argv + 1);
	if (strcmp(argv[1], "keyfile") == 0)
		return main_keyfile(argc - 1, argv + 1);
	if (strcmp(argv[1], "cert") == 0)
		return main_cert(argc - 1, argv + 1);
	return 2;
}
