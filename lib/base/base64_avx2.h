/* base/base64_avx2.h - the wide paths of base64.c, for that file alone.
 *
 * Both do whole units only and stop where anything else begins; the plain code
 * goes on from there. So whatever is odd is judged in one place. */
#ifndef SM_BASE_BASE64_AVX2_H
#define SM_BASE_BASE64_AVX2_H

#include <sealmail/bytes.h>

/* Can this processor run the two below? */
bool sm_base64_avx2_usable(void);

/* Decode quanta of four characters and the line ends between lines of whole
 * quanta. Returns the bytes of in consumed, *out_len those written; up to 32 more
 * may be scribbled over behind them. Never reads outside of in. */
size_t sm_base64_avx2_dec(uint8_t *out, size_t *out_len, struct sm_bytes in);

/* Encode whole lines of 48 bytes. Returns the bytes of in consumed, a multiple of
 * 48; each 48 make 65 or 66 in out. */
size_t sm_base64_avx2_enc(uint8_t *out, struct sm_bytes in, bool crlf);

#endif
