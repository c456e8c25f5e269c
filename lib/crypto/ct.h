/* crypto/ct.h - choices without branches, where a secret decides.
 *
 * A mask is all ones (true) or zero. Values must be below 2^31. The empty
 * assembler statement keeps the compiler from seeing that a mask has only two
 * values and from making a branch of it. */
#ifndef SM_CRYPTO_CT_H
#define SM_CRYPTO_CT_H

#include <stddef.h>
#include <stdint.h>

static inline uint32_t
sm_ct_hide(uint32_t x)
{
	__asm__("" : "+r"(x));
	return x;
}

static inline uint32_t
sm_ct_is_zero(uint32_t x)
{
	return 0u - sm_ct_hide((~x & (x - 1u)) >> 31);
}

static inline uint32_t
sm_ct_equal(uint32_t a, uint32_t b)
{
	return sm_ct_is_zero(a ^ b);
}

static inline uint32_t
sm_ct_less(uint32_t a, uint32_t b)
{
	return 0u - sm_ct_hide((a - b) >> 31);
}

static inline uint32_t
sm_ct_select(uint32_t mask, uint32_t a, uint32_t b)
{
	return (mask & a) | (~mask & b);
}

#endif
