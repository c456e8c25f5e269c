/* smime/pieces.h - a second reading that is the same as the first.
 *
 * The first reading is noted piece by piece with a keyed digest; a replay reads
 * the pieces from a source and hands each one on only when its digest is the
 * same, so that a file that is changed between tag check and output gains
 * nothing. Memory: one piece, and 16 bytes for each. */
#ifndef SM_SMIME_PIECES_H
#define SM_SMIME_PIECES_H

#include <sealmail/stream.h>

#define SM_PIECE_BYTES ((size_t)256 * 1024)

struct sm_pieces;
SM_MUST_CHECK int sm_pieces_new(struct sm_pieces **out, struct sm_error *err);
void sm_pieces_free(struct sm_pieces *p);
/* First reading. */
SM_MUST_CHECK int sm_pieces_note(struct sm_pieces *p, struct sm_bytes in);
SM_MUST_CHECK int sm_pieces_end(struct sm_pieces *p);
/* Read it all again into sink. SM_E_CHANGED when a piece is not the same,
 * SM_E_IO, or the sink's status. */
SM_MUST_CHECK int sm_pieces_replay(struct sm_pieces *p,
    const struct sm_source *source, const struct sm_sink *sink);

#endif
