#include <base/buf.h>
#include <base/try.h>
#include <crypto/cipher.h>
#include <smime/pieces.h>
#include <stdlib.h>

#define TAG 16

struct sm_pieces {
	struct sm_error *err;
	struct sm_piece_mac *mac;
	struct sm_buf tags;      /* TAG bytes a piece */
	struct sm_buf piece;     /* the one that is being filled */
	uint64_t count;
	uint64_t total;          /* bytes noted */
};

int
sm_pieces_new(struct sm_pieces **out, struct sm_error *err)
{
	struct sm_pieces *p = calloc(1, sizeof *p);
	int rc;

	*out = p;
	if (p == NULL)
		return sm_error_set(err, SM_E_NOMEM, "memory", NULL,
		    "Out of memory.");
	p->err = err;
	rc = sm_piece_mac_new(&p->mac);
	if (rc == 0)
		rc = sm_buf_reserve(&p->piece, SM_PIECE_BYTES);
	if (rc != 0) {
		sm_pieces_free(p);
		*out = NULL;
	}
	return rc;
}

void
sm_pieces_free(struct sm_pieces *p)
{
	if (p == NULL)
		return;
	sm_piece_mac_free(p->mac);
	sm_buf_free(&p->tags);
	sm_buf_free(&p->piece);
	free(p);
}

static int
note_piece(struct sm_pieces *p, struct sm_bytes piece)
{
	uint8_t tag[TAG];

	SM_TRY(sm_piece_mac_tag(p->mac, p->count, piece, tag));
	p->count++;
	p->total += piece.len;
	return sm_buf_append(&p->tags, sm_bytes(tag, TAG));
}

int
sm_pieces_note(struct sm_pieces *p, struct sm_bytes in)
{
	while (in.len > 0) {
		size_t n = SM_PIECE_BYTES - p->piece.len;

		if (p->piece.len == 0 && in.len >= SM_PIECE_BYTES) {
			SM_TRY(note_piece(p, sm_bytes_first(in, SM_PIECE_BYTES)));
			in = sm_bytes_skip(in, SM_PIECE_BYTES);
			continue;
		}
		SM_TRY(sm_buf_append(&p->piece, sm_bytes_first(in, n)));
		in = sm_bytes_skip(in, n);
		if (p->piece.len == SM_PIECE_BYTES) {
			SM_TRY(note_piece(p, sm_buf_bytes(&p->piece)));
			p->piece.len = 0;
		}
	}
	return SM_OK;
}

int
sm_pieces_end(struct sm_pieces *p)
{
	if (p->piece.len > 0)
		SM_TRY(note_piece(p, sm_buf_bytes(&p->piece)));
	p->piece.len = 0;
	return SM_OK;
}

/* Fill buf from offset on; short only at the end of the source. */
static int
read_full(struct sm_pieces *p, const struct sm_source *src, uint64_t offset,
    size_t want, size_t *got)
{
	*got = 0;
	while (*got < want) {
		size_t n = 0;

		SM_TRY(src->read_at(src->ctx, offset + *got,
		    p->piece.data + *got, want - *got, &n));
		if (n == 0)
			break;
		*got += n;
	}
	return SM_OK;
}

static int
changed(struct sm_pieces *p, uint64_t offset)
{
	return sm_error_set_at(p->err, SM_E_CHANGED, "input-changed", NULL,
	    offset, "The input changed while it was being read: the bytes from "
	    "%llu on are not what they were. Nothing more was released. Work on "
	    "a copy that nobody writes to.", (unsigned long long)offset);
}

int
sm_pieces_replay(struct sm_pieces *p, const struct sm_source *source,
    const struct sm_sink *sink)
{
	for (uint64_t i = 0, offset = 0; i < p->count; i++) {
		uint64_t left = p->total - offset;
		size_t want = left < SM_PIECE_BYTES ? (size_t)left : SM_PIECE_BYTES;
		uint8_t tag[TAG];
		size_t got;

		SM_TRY(read_full(p, source, offset, want, &got));
		if (got != want)
			return changed(p, offset + got);
		SM_TRY(sm_piece_mac_tag(p->mac, i, sm_bytes(p->piece.data, got),
		    tag));
		if (!sm_equal_ct(tag, p->tags.data + i * TAG, TAG))
			return changed(p, offset);
		SM_TRY(sm_sink_write(sink, sm_bytes(p->piece.data, got)));
		offset += got;
	}
	return SM_OK;
}
