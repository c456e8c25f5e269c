/* What every test of this room includes: cmocka wants its company first. */
#ifndef SM_TESTS_CLIENT_TEST_H
#define SM_TESTS_CLIENT_TEST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#endif
