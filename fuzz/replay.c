/* replay FILE|FOLDER... - runs a fuzzer over files, as a test.
 *
 * Every file is fed as it is, cut short at eight places, and with bits turned
 * over in SEALMAIL_MUTATIONS copies (default 20; SEALMAIL_SEED chooses them).
 * Fails when an input takes more than two seconds of processor time (twenty
 * under a sanitizer or valgrind); crashes speak for themselves. Folders that
 * are absent are passed over; 77 when nothing was found at all. */
#include "fuzz.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define CUTS 8
#define LARGEST ((size_t)8 << 20)

static const char *current;
static unsigned long files, inputs;
static double slowest, allowed = 2;
static uint64_t random_state;
static unsigned mutations = 20;

/* What is being fed, for the handler. */
static const uint8_t *fed;
static size_t fed_size;

/* An input that kills the program is written to replay-<process>.input in the
 * working folder: the same bytes, to be fed again and to be kept. */
static void
keep_input(int sig)
{
	char name[64];
	FILE *f;

	/* Not safe in a handler by the book; the program is lost anyway. */
	snprintf(name, sizeof name, "replay-%ld.input", (long)getpid());
	f = fopen(name, "wb");
	if (f != NULL) {
		fwrite(fed, 1, fed_size, f);
		fclose(f);
	}
	fprintf(stderr, "from %s: %zu bytes, kept in %s\n", current, fed_size, name);
	signal(sig, SIG_DFL);
	raise(sig);
}

static double
cpu_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static uint64_t
next_random(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 7;
	random_state ^= random_state << 17;
	return random_state;
}

/* A copy of exactly that size, so that a sanitizer sees each byte too far. */
static void
feed(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size > 0 ? size : 1);
	double begin = cpu_seconds(), took;

	if (copy == NULL)
		exit(71);
	if (size > 0)
		memcpy(copy, data, size);
	fed = copy;
	fed_size = size;
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	inputs++;
	took = cpu_seconds() - begin;
	if (took > slowest)
		slowest = took;
	if (took > allowed) {
		fprintf(stderr, "%s: %zu bytes took %.1f s\n", current, size, took);
		exit(1);
	}
}

static void
feed_all(uint8_t *data, size_t size)
{
	feed(data, size);
	for (size_t i = 1; i <= CUTS && size > CUTS; i++)
		feed(data, size * i / (CUTS + 1));
	for (unsigned i = 0; i < mutations && size > 0; i++) {
		size_t at = (size_t)(next_random() % size);
		uint8_t was = data[at];

		data[at] ^= (uint8_t)(1u << (next_random() & 7));
		feed(data, size);
		data[at] = was;
	}
}

static void
replay_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(LARGEST);
	size_t n;

	if (f == NULL || data == NULL) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		exit(66);
	}
	n = fread(data, 1, LARGEST, f);
	fclose(f);
	current = path;
	files++;
	feed_all(data, n);
	free(data);
}

static int
by_name(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Deeper than the corpora are, and than a loop of links may lead. */
#define DEEPEST 8

static void
replay(const char *path, unsigned depth)
{
	struct dirent **list;
	struct stat st;
	int n;

	if (stat(path, &st) != 0 || depth > DEEPEST)
		return;
	if (S_ISREG(st.st_mode)) {
		replay_file(path);
		return;
	}
	n = scandir(path, &list, NULL, by_name);
	for (int i = 0; i < n; i++) {
		char below[4096];

		if (list[i]->d_name[0] != '.') {
			snprintf(below, sizeof below, "%s/%s", path, list[i]->d_name);
			replay(below, depth + 1);
		}
		free(list[i]);
	}
	if (n >= 0)
		free(list);
}

/* A folder of the corpora: below SEALMAIL_SHARED, else beside the tree. */
static void
replay_shared(const char *folder)
{
	const char *shared = getenv("SEALMAIL_SHARED");
	const char *root = getenv("SEALMAIL_ROOT");
	char path[4096];

	if (shared != NULL)
		snprintf(path, sizeof path, "%s/corpora/%s", shared, folder);
	else
		snprintf(path, sizeof path, "%s/../shared/corpora/%s",
		    root != NULL ? root : ".", folder);
	replay(path, 0);
}

int
main(int argc, char **argv)
{
	const char *text = getenv("SEALMAIL_SEED");

	signal(SIGABRT, keep_input);

	random_state = text != NULL ? strtoull(text, NULL, 10) : 1;
	random_state = random_state * 2 + 1;
	if ((text = getenv("SEALMAIL_MUTATIONS")) != NULL)
		mutations = (unsigned)strtoul(text, NULL, 10);
	if (getenv("SEALMAIL_SANITIZED") != NULL ||
	    getenv("SEALMAIL_VALGRIND") != NULL)
		allowed *= 10;
	for (int i = 1; i < argc; i++) {
		if (strncmp(argv[i], "shared:", 7) != 0)
			replay(argv[i], 0);
		else
			replay_shared(argv[i] + 7);
	}
	printf("%lu files, %lu inputs, slowest %.3f s\n", files, inputs, slowest);
	if (files == 0)
		puts("skip: the corpora are absent (SEALMAIL_SHARED)");
	return files == 0 ? 77 : 0;
}
