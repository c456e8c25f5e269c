/* cms/compressed.h - CompressedData (RFC 3274) and DigestedData (RFC 5652
 * section 7), fed by the shell.
 *
 * Limits: decompress_bytes, and decompress_ratio once past the first MiB of
 * output. Exactly one zlib stream: bytes behind it are refused. */
#ifndef SM_CMS_COMPRESSED_H
#define SM_CMS_COMPRESSED_H

#include <cms/shell.h>
#include <crypto/digest.h>

struct sm_inflate;
SM_MUST_CHECK int sm_inflate_new(struct sm_inflate **out,
    const struct sm_sink *sink, const struct sm_limits *limits,
    struct sm_error *err);
void sm_inflate_free(struct sm_inflate *z);
/* Of the shell's SM_F_COMPRESS_ALG: SM_E_UNSUPPORTED unless id-alg-zlibCompress. */
SM_MUST_CHECK int sm_inflate_alg(struct sm_inflate *z, struct sm_bytes der);
SM_MUST_CHECK int sm_inflate_write(struct sm_inflate *z, struct sm_bytes in);
SM_MUST_CHECK int sm_inflate_finish(struct sm_inflate *z);

struct sm_compress_writer;
SM_MUST_CHECK int sm_compress_writer_new(struct sm_compress_writer **out,
    enum sm_cms_type content_type, const struct sm_sink *sink,
    struct sm_error *err);
void sm_compress_writer_free(struct sm_compress_writer *w);
SM_MUST_CHECK int sm_compress_writer_write(struct sm_compress_writer *w,
    struct sm_bytes in);
SM_MUST_CHECK int sm_compress_writer_finish(struct sm_compress_writer *w);

#endif
