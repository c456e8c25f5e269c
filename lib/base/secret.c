#include <base/buf.h>

#include <sys/mman.h>
#include <unistd.h>

/* Whole pages, at least one, so that no secret shares a page with other data:
 * mlock and madvise act on pages. 0 on overflow. */
static size_t
secret_span(size_t size)
{
	long page = sysconf(_SC_PAGESIZE);
	size_t mask = (page > 0 ? (size_t)page : 4096) - 1;
	size_t sum;

	if (size == 0)
		size = 1;
	if (!sm_size_add(&sum, size, mask))
		return 0;
	return sum & ~mask;
}

void *
sm_secret_alloc(size_t size)
{
	size_t span = secret_span(size);
	void *p;

	if (span == 0)
		return NULL;
	p = mmap(NULL, span, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED)
		return NULL;
	/* Neither is worth refusing work for: RLIMIT_MEMLOCK is small on many
	 * systems, and a kernel may know no MADV_DONTDUMP. */
	(void)mlock(p, span);
	(void)madvise(p, span, MADV_DONTDUMP);
	return p;
}

void
sm_secret_free(void *p, size_t size)
{
	if (p == NULL)
		return;
	sm_wipe(p, size);
	(void)munmap(p, secret_span(size));
}

void
sm_wipe(void *p, size_t size)
{
	if (p != NULL && size > 0)
		explicit_bzero(p, size);
}

bool
sm_equal_ct(const void *a, const void *b, size_t len)
{
	const volatile uint8_t *x = a;
	const volatile uint8_t *y = b;
	unsigned diff = 0;
	size_t i;

	for (i = 0; i < len; i++)
		diff |= (unsigned)(x[i] ^ y[i]);
	return diff == 0;
}
