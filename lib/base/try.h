/* base/try.h - the only macros that steer. */
#ifndef SM_BASE_TRY_H
#define SM_BASE_TRY_H

/* Return the status of expr when it is not 0. */
#define SM_TRY(expr)                                                         \
	do {                                                                 \
		int sm_try_rc = (expr);                                      \
		if (sm_try_rc != 0)                                          \
			return sm_try_rc;                                    \
	} while (0)

/* For functions that unwind: rc and the label out must exist. */
#define SM_TRY_OUT(expr)                                                     \
	do {                                                                 \
		rc = (expr);                                                 \
		if (rc != 0)                                                 \
			goto out;                                            \
	} while (0)

#endif
