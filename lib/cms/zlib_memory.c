#include <base/buf.h>
#include <cms/zlib_memory.h>

#include <malloc.h>
#include <stdlib.h>

static voidpf
zlib_alloc(voidpf ctx, uInt items, uInt size)
{
	(void)ctx;
	return calloc(items, size);
}

static void
zlib_free(voidpf ctx, voidpf p)
{
	(void)ctx;
	sm_wipe(p, malloc_usable_size(p));
	free(p);
}

void
sm_zlib_memory_set(z_stream *z)
{
	z->zalloc = zlib_alloc;
	z->zfree = zlib_free;
	z->opaque = Z_NULL;
}
