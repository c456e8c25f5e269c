/* The writer: BER with indefinite lengths around streamed content, so that a
 * message of any size is written in one pass. */
#include <base/der.h>
#include <base/try.h>
#include <cms/shell.h>
#include <stdlib.h>

#define PIECE (64u * 1024)

struct sm_shell_writer {
	struct sm_sink sink;
	struct sm_buf piece;   /* content not yet written */
	bool explicit_tag;
};

int
sm_shell_writer_new(struct sm_shell_writer **out, const struct sm_sink *sink)
{
	struct sm_shell_writer *w = calloc(1, sizeof *w);

	*out = w;
	if (w == NULL)
		return SM_E_NOMEM;
	w->sink = *sink;
	return SM_OK;
}

void
sm_shell_writer_free(struct sm_shell_writer *w)
{
	if (w == NULL)
		return;
	/* Opaque signed content waits here in clear. */
	if (w->piece.data != NULL)
		sm_wipe(w->piece.data, w->piece.cap);
	sm_buf_free(&w->piece);
	free(w);
}

int
sm_shell_writer_begin(struct sm_shell_writer *w, enum sm_cms_type type,
    struct sm_bytes before, struct sm_bytes inside, bool implicit)
{
	static const uint8_t open_seq[] = { 0x30, 0x80 };
	static const uint8_t open_ctx0[] = { 0xa0, 0x80 };
	static const uint8_t open_octets[] = { 0x24, 0x80 };
	struct sm_buf head = SM_BUF_INIT;
	struct sm_derw d;
	int rc;

	w->explicit_tag = !implicit;
	sm_derw_init(&d, &head);
	sm_derw_raw(&d, sm_bytes(open_seq, 2));    /* ContentInfo */
	sm_derw_oid(&d, sm_cms_type_oid(type));
	sm_derw_raw(&d, sm_bytes(open_ctx0, 2));
	sm_derw_raw(&d, sm_bytes(open_seq, 2));    /* the type */
	sm_derw_raw(&d, before);
	sm_derw_raw(&d, sm_bytes(open_seq, 2));    /* content info */
	sm_derw_raw(&d, inside);
	sm_derw_raw(&d, sm_bytes(open_ctx0, 2));
	if (!implicit)
		sm_derw_raw(&d, sm_bytes(open_octets, 2));
	SM_TRY_OUT(sm_derw_status(&d));
	SM_TRY_OUT(sm_buf_reserve(&w->piece, PIECE));
	rc = sm_sink_write(&w->sink, sm_buf_bytes(&head));
out:
	sm_buf_free(&head);
	return rc;
}

/* One OCTET STRING of n content bytes. */
static int
write_piece(struct sm_shell_writer *w, struct sm_bytes in)
{
	uint8_t head[6] = { 0x04 };
	size_t n = in.len, len = 2;

	if (n == 0)
		return SM_OK;
	if (n < 0x80) {
		head[1] = (uint8_t)n;
	} else {
		head[1] = 0x83;
		head[2] = (uint8_t)(n >> 16);
		head[3] = (uint8_t)(n >> 8);
		head[4] = (uint8_t)n;
		len = 5;
		/* Minimal, although BER does not ask for it: some readers do. */
		if (n < 0x100) {
			head[1] = 0x81;
			head[2] = (uint8_t)n;
			len = 3;
		} else if (n < 0x10000) {
			head[1] = 0x82;
			head[2] = (uint8_t)(n >> 8);
			head[3] = (uint8_t)n;
			len = 4;
		}
	}
	SM_TRY(sm_sink_write(&w->sink, sm_bytes(head, len)));
	return sm_sink_write(&w->sink, in);
}

static int
flush_piece(struct sm_shell_writer *w)
{
	int rc = write_piece(w, sm_buf_bytes(&w->piece));

	w->piece.len = 0;
	return rc;
}

int
sm_shell_writer_content(struct sm_shell_writer *w, struct sm_bytes in)
{
	while (in.len > 0) {
		size_t n = PIECE - w->piece.len;

		/* Whole pieces need not be gathered first. */
		if (w->piece.len == 0 && in.len >= PIECE) {
			SM_TRY(write_piece(w, sm_bytes_first(in, PIECE)));
			in = sm_bytes_skip(in, PIECE);
			continue;
		}
		SM_TRY(sm_buf_append(&w->piece, sm_bytes_first(in, n)));
		in = sm_bytes_skip(in, n);
		if (w->piece.len == PIECE)
			SM_TRY(flush_piece(w));
	}
	return SM_OK;
}

int
sm_shell_writer_end(struct sm_shell_writer *w, struct sm_bytes after)
{
	static const uint8_t zeros[6];

	SM_TRY(flush_piece(w));
	/* octets (explicit form only), [0], content info */
	SM_TRY(sm_sink_write(&w->sink, sm_bytes(zeros, w->explicit_tag ? 6 : 4)));
	SM_TRY(sm_sink_write(&w->sink, after));
	/* the type, [0], ContentInfo */
	return sm_sink_write(&w->sink, sm_bytes(zeros, 6));
}
