/* A folder of certificate files, as a directory for few people. Others may own it: what
 * is in it is believed as little as what a server says. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sealmail/cert.h>

#include "directories.h"

struct folder {
	struct directories *d;
	const char *url, *what;
	int fd;
	int (*take)(struct folder *f, struct sm_cert *cert);
};

/* What cannot be read is passed over: it is somebody else's. */
static void
slurp(int at, const char *name, struct sm_buf *out)
{
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	ssize_t n = 0;

	if (fd < 0)
		return;
	if (fstat(fd, &st) == 0 && S_ISREG(st.st_mode) && st.st_size > 0 &&
	    st.st_size <= DIRECTORY_FILE_BYTES &&
	    sm_buf_reserve(out, (size_t)st.st_size) == 0)
		do {
			n = read(fd, out->data + out->len, (size_t)st.st_size - out->len);
			if (n > 0)
				out->len += (size_t)n;
		} while (n > 0 || (n < 0 && errno == EINTR));
	(void)close(fd);
}

static int
take_file(struct folder *f, const char *name)
{
	struct sm_error ignored = SM_ERROR_INIT;
	struct sm_buf raw = SM_BUF_INIT;
	struct sm_keyfile file;
	size_t i;
	int rc = 0;

	slurp(f->fd, name, &raw);
	memset(&file, 0, sizeof(file));
	if (raw.len > 0 && sm_keyfile_read(&file, sm_buf_bytes(&raw), false, NULL,
		&f->d->c->limits, &ignored) == 0)
		for (i = 0; rc == 0 && i < file.certs.count; i++)
			rc = f->take(f, file.certs.list[i]);
	sm_keyfile_wipe(&file);
	sm_buf_free(&raw);
	return rc;
}

static int
take_all(struct folder *f)
{
	int fd = openat(f->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	const struct dirent *e;
	unsigned n = 0;
	int rc = 0;

	if (dir == NULL) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	while (rc == 0 && n++ < DIRECTORY_FILES && (e = readdir(dir)) != NULL)
		if (e->d_name[0] != '.')
			rc = take_file(f, e->d_name);
	(void)closedir(dir);
	return rc;
}

static int
take_address(struct folder *f, struct sm_cert *cert)
{
	return directories_add(f->d, cert, f->what, f->url, false);
}

/* The one that certified what was found has not been met. */
static bool
lacks_issuer(const struct directories *d)
{
	const struct sm_cert *cert = d->finds[d->find_count - 1].cert;
	size_t i;

	for (i = 0; i < d->authorities.count; i++)
		if (sm_bytes_equal(sm_cert_subject(d->authorities.list[i]),
			sm_cert_issuer(cert)))
			return false;
	return !sm_bytes_equal(sm_cert_subject(cert), sm_cert_issuer(cert));
}

/* The files that are named after the address; else any, as for the certificates of the
 * CAs. An address may hold a '/'. */
static int
find_in(struct folder *f)
{
	static const char *const endings[] = { ".pem", ".crt", ".cer", ".der", ".p7b",
		".p7c" };
	size_t i, before = f->d->find_count;
	char name[400];
	int rc = 0;

	for (i = 0; rc == 0 && strchr(f->what, '/') == NULL && f->what[0] != '.' &&
	    i < sizeof(endings) / sizeof(endings[0]); i++) {
		(void)snprintf(name, sizeof(name), "%s%s", f->what, endings[i]);
		rc = take_file(f, name);
	}
	if (rc == 0 && (f->d->find_count == before || lacks_issuer(f->d)))
		rc = take_all(f);
	return rc;
}

static int
open_folder(struct folder *f, const char *path)
{
	f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (f->fd >= 0)
		return 0;
	return sm_buf_printf(&f->d->looked, "%s: %s", path, strerror(errno)) == 0 ? 0 :
	    client_out_of_memory(f->d->c);
}

int
directory_folder_find(struct directories *d, const char *path, const char *address,
    const char *url)
{
	struct folder f = { d, url, address, -1, take_address };
	int rc = open_folder(&f, path);

	if (f.fd < 0)
		return rc;
	rc = find_in(&f);
	(void)close(f.fd);
	return rc;
}

static int
take_person(struct folder *f, struct sm_cert *cert)
{
	const char *subject = sm_cert_subject_text(cert), *mail = sm_cert_mail(cert, 0);

	if (mail == NULL || sm_cert_is_ca(cert) || (strcasestr(subject, f->what) == NULL &&
		strcasestr(mail, f->what) == NULL))
		return 0;
	return directories_add_person(f->d, mail, subject, f->url);
}

int
directory_folder_search(struct directories *d, const char *path, const char *name,
    const char *url)
{
	struct folder f = { d, url, name, -1, take_person };
	int rc = open_folder(&f, path);

	if (f.fd < 0)
		return rc;
	rc = take_all(&f);
	(void)close(f.fd);
	return rc;
}
