/* cms/zlib_memory.h - memory for zlib that is wiped when it is given back: its window
 * holds the last 32 KiB of what was compressed. */
#ifndef SM_CMS_ZLIB_MEMORY_H
#define SM_CMS_ZLIB_MEMORY_H

#include <zlib.h>

/* Before deflateInit() or inflateInit(). */
void sm_zlib_memory_set(z_stream *z);

#endif
