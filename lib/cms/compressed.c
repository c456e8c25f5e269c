#include <base/der.h>
#include <base/try.h>
#include <cms/compressed.h>
#include <cms/zlib_memory.h>

#include <stdlib.h>

#define COMPRESSED_PIECE ((size_t)64 << 10)
/* Below this much output no ratio is looked at. */
#define COMPRESSED_FREE ((uint64_t)1 << 20)

struct sm_inflate {
	z_stream z;
	struct sm_sink sink;
	struct sm_error *err;
	uint32_t ratio_max;
	uint64_t out_max;
	uint64_t in_bytes, out_bytes;
	bool has_alg;
	bool ended;
	int rc;
	uint8_t *piece;
};

int
sm_inflate_new(struct sm_inflate **out, const struct sm_sink *sink,
    const struct sm_limits *limits, struct sm_error *err)
{
	struct sm_inflate *z = calloc(1, sizeof(*z));

	*out = NULL;
	if (z == NULL)
		goto nomem;
	if (sink != NULL)
		z->sink = *sink;
	z->err = err;
	z->ratio_max = limits->decompress_ratio == 0 ? 1 :
	    limits->decompress_ratio;
	z->out_max = limits->decompress_bytes;
	sm_zlib_memory_set(&z->z);
	z->piece = malloc(COMPRESSED_PIECE);
	if (z->piece == NULL || inflateInit(&z->z) != Z_OK) {
		free(z->piece);
		free(z);
		goto nomem;
	}
	*out = z;
	return SM_OK;
nomem:
	return sm_error_set(err, SM_E_NOMEM, "memory", NULL, "Out of memory.");
}

void
sm_inflate_free(struct sm_inflate *z)
{
	if (z == NULL)
		return;
	inflateEnd(&z->z);
	sm_wipe(z->piece, COMPRESSED_PIECE);
	free(z->piece);
	free(z);
}

int
sm_inflate_alg(struct sm_inflate *z, struct sm_bytes der)
{
	struct sm_bytes oid, params;
	const struct sm_alg *alg;
	char name[64];

	if (!sm_der_get_algorithm(&der, &oid, &params) || der.len != 0)
		return z->rc = sm_error_set(z->err, SM_E_FORMAT,
		    "compress-algorithm", "RFC 3274 section 1.1",
		    "The compression algorithm is malformed.");
	alg = sm_alg_by_oid(SM_ALG_COMPRESS, oid);
	if (alg == NULL || alg->id != SM_ZLIB) {
		sm_alg_oid_name(name, sizeof(name), oid);
		return z->rc = sm_error_set(z->err, SM_E_UNSUPPORTED,
		    "compress-unknown", "RFC 3274 section 2",
		    "The content is compressed by %s, which is not known; ask "
		    "the sender for zlib or none.", name);
	}
	z->has_alg = true;
	return SM_OK;
}

static int
inflate_bad(struct sm_inflate *z, const char *reason, const char *what)
{
	return sm_error_set(z->err, SM_E_FORMAT, reason, "RFC 3274 section 2",
	    "The compressed content is damaged: %s. Ask the sender to send it "
	    "again.", what);
}

/* Bombs: an absolute bound, and a ratio as soon as it matters
 * (smime-rules 20). Counted before anything is handed on. */
static int
inflate_limits(struct sm_inflate *z, size_t produced)
{
	z->out_bytes += produced;
	if (z->out_bytes > z->out_max)
		return sm_error_set(z->err, SM_E_LIMIT, "decompress-bytes", NULL,
		    "The content grows beyond %llu bytes when decompressed; "
		    "raise the limit \"decompress_bytes\" if it is to be "
		    "believed.", (unsigned long long)z->out_max);
	if (z->out_bytes > COMPRESSED_FREE &&
	    z->out_bytes / z->ratio_max > z->in_bytes)
		return sm_error_set(z->err, SM_E_LIMIT, "decompress-ratio", NULL,
		    "The content grows to more than %u times its size when "
		    "decompressed; raise the limit \"decompress_ratio\" if it "
		    "is to be believed.", z->ratio_max);
	return SM_OK;
}

/* One call of zlib. *more: there may be output without further input. */
static int
inflate_step(struct sm_inflate *z, bool *more)
{
	uInt before = z->z.avail_in;
	size_t produced;
	int got;

	z->z.next_out = z->piece;
	z->z.avail_out = (uInt)COMPRESSED_PIECE;
	got = inflate(&z->z, Z_NO_FLUSH);
	z->in_bytes += before - z->z.avail_in;
	produced = COMPRESSED_PIECE - z->z.avail_out;
	*more = z->z.avail_in > 0 || z->z.avail_out == 0;
	switch (got) {
	case Z_STREAM_END:
		z->ended = true;
		break;
	case Z_OK:
		break;
	case Z_BUF_ERROR: /* nothing to do without more input */
		*more = false;
		break;
	case Z_MEM_ERROR:
		return sm_error_set(z->err, SM_E_NOMEM, "memory", NULL,
		    "Out of memory.");
	default:
		return inflate_bad(z, "compress-damaged", "it is no zlib stream");
	}
	SM_TRY(inflate_limits(z, produced));
	return sm_sink_write(&z->sink, sm_bytes(z->piece, produced));
}

static int
inflate_all(struct sm_inflate *z, struct sm_bytes in)
{
	/* zlib counts in unsigned int */
	struct sm_bytes part = sm_bytes_first(in, (size_t)1 << 30);
	bool more = true;

	/* next_in is not const in old zlib; it is not written through. */
	z->z.next_in = (Bytef *)(uintptr_t)part.data;
	z->z.avail_in = (uInt)part.len;
	while (more && !z->ended)
		SM_TRY(inflate_step(z, &more));
	if (z->ended && (z->z.avail_in > 0 || part.len < in.len))
		return inflate_bad(z, "compress-trailing",
		    "bytes follow its end");
	return SM_OK;
}

int
sm_inflate_write(struct sm_inflate *z, struct sm_bytes in)
{
	if (z->rc != 0)
		return z->rc;
	if (!z->has_alg)
		return z->rc = inflate_bad(z, "compress-algorithm",
		    "it does not say how it was made");
	while (in.len > 0 && z->rc == 0) {
		if (z->ended)
			return z->rc = inflate_bad(z, "compress-trailing",
			    "bytes follow its end");
		z->rc = inflate_all(z, sm_bytes_first(in, (size_t)1 << 30));
		in = sm_bytes_skip(in, (size_t)1 << 30);
	}
	return z->rc;
}

int
sm_inflate_finish(struct sm_inflate *z)
{
	if (z->rc == 0 && !z->ended)
		z->rc = inflate_bad(z, "compress-truncated",
		    "its end is missing");
	return z->rc;
}

/* ---- writing ---- */

struct sm_compress_writer {
	z_stream z;
	struct sm_shell_writer *shell;
	struct sm_error *err;
	bool finished;
	uint8_t *piece;
};

/* version 0, zlib without parameters; the content type inside. */
static int
compress_begin(struct sm_compress_writer *w, enum sm_cms_type content_type)
{
	struct sm_buf before = SM_BUF_INIT, inside = SM_BUF_INIT;
	struct sm_derw d;
	int rc;

	sm_derw_init(&d, &before);
	sm_derw_uint(&d, 0);
	sm_derw_algorithm(&d, sm_alg_get(SM_ZLIB)->oid, sm_bytes(NULL, 0));
	SM_TRY_OUT(sm_derw_status(&d));
	sm_derw_init(&d, &inside);
	sm_derw_oid(&d, sm_cms_type_oid(content_type));
	SM_TRY_OUT(sm_derw_status(&d));
	rc = sm_shell_writer_begin(w->shell, SM_CMS_COMPRESSED,
	    sm_buf_bytes(&before), sm_buf_bytes(&inside), false);
out:
	sm_buf_free(&before);
	sm_buf_free(&inside);
	return rc;
}

static int
compress_start(struct sm_compress_writer *w, enum sm_cms_type content_type,
    const struct sm_sink *sink)
{
	w->piece = malloc(COMPRESSED_PIECE);
	if (w->piece == NULL)
		return SM_E_NOMEM;
	SM_TRY(sm_shell_writer_new(&w->shell, sink));
	return compress_begin(w, content_type);
}

int
sm_compress_writer_new(struct sm_compress_writer **out,
    enum sm_cms_type content_type, const struct sm_sink *sink,
    struct sm_error *err)
{
	struct sm_compress_writer *w;
	int rc = SM_E_NOMEM;

	*out = NULL;
	if (sm_cms_type_oid(content_type).len == 0)
		return SM_E_USAGE;
	w = calloc(1, sizeof(*w));
	if (w != NULL)
		sm_zlib_memory_set(&w->z);
	if (w != NULL && deflateInit(&w->z, Z_DEFAULT_COMPRESSION) != Z_OK) {
		free(w);
		w = NULL;
	}
	if (w != NULL) {
		w->err = err;
		rc = compress_start(w, content_type, sink);
	}
	if (rc != 0) {
		sm_compress_writer_free(w);
		return sm_error_set(err, rc, "compress", NULL,
		    "The content could not be compressed: %s.",
		    sm_status_name(rc));
	}
	*out = w;
	return SM_OK;
}

void
sm_compress_writer_free(struct sm_compress_writer *w)
{
	if (w == NULL)
		return;
	deflateEnd(&w->z);
	sm_shell_writer_free(w->shell);
	if (w->piece != NULL)
		sm_wipe(w->piece, COMPRESSED_PIECE);
	free(w->piece);
	free(w);
}

/* Call zlib until it wants more input, or is done. */
static int
compress_run(struct sm_compress_writer *w, int flush)
{
	int got;

	do {
		w->z.next_out = w->piece;
		w->z.avail_out = (uInt)COMPRESSED_PIECE;
		got = deflate(&w->z, flush);
		if (got == Z_STREAM_ERROR)
			return sm_error_set(w->err, SM_E_CRYPTO, "compress",
			    NULL, "zlib could not compress the content.");
		SM_TRY(sm_shell_writer_content(w->shell, sm_bytes(w->piece,
		    COMPRESSED_PIECE - w->z.avail_out)));
	} while (w->z.avail_out == 0);
	return SM_OK;
}

int
sm_compress_writer_write(struct sm_compress_writer *w, struct sm_bytes in)
{
	struct sm_bytes part;

	if (w->finished)
		return SM_E_USAGE;
	while (in.len > 0) {
		part = sm_bytes_first(in, (size_t)1 << 30);
		in = sm_bytes_skip(in, part.len);
		w->z.next_in = (Bytef *)(uintptr_t)part.data;
		w->z.avail_in = (uInt)part.len;
		SM_TRY(compress_run(w, Z_NO_FLUSH));
	}
	return SM_OK;
}

int
sm_compress_writer_finish(struct sm_compress_writer *w)
{
	if (w->finished)
		return SM_E_USAGE;
	w->finished = true;
	w->z.next_in = NULL;
	w->z.avail_in = 0;
	SM_TRY(compress_run(w, Z_FINISH));
	return sm_shell_writer_end(w->shell, sm_bytes(NULL, 0));
}
