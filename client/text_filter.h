/* client/text_filter.h - may these bytes be shown on a terminal?
 *
 * Text is UTF-8 without control characters other than tab, line feed, carriage
 * return and form feed. Everything else could command the terminal. */
#ifndef SEALMAIL_CLIENT_TEXT_FILTER_H
#define SEALMAIL_CLIENT_TEXT_FILTER_H

#include "output.h"

bool text_filter_pass(struct text_filter *f, struct sm_bytes in);
/* False when the text ended inside a character. */
bool text_filter_end(const struct text_filter *f);

#endif
