/* client/sendmail_words.h - the flags of sendmail that change nothing here. */
#ifndef SEALMAIL_CLIENT_SENDMAIL_WORDS_H
#define SEALMAIL_CLIENT_SENDMAIL_WORDS_H

/* The words for `sealmail send` without them: -i, -oi and the other -o..., -B, -bm, -G,
 * -L, -m, -N, -n, -O, -R, -U, -V, -X, as mail programs give them out of habit; -r is -f.
 * "-bp" becomes --queue. What stands behind "--" is left alone. Returns the new number of
 * words; out has room for argc. */
int sendmail_words(int argc, char *const *argv, char **out);

#endif
