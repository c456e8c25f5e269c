/* scene.h - one judgement: what is trusted, what else is at hand. */
#ifndef SM_TESTS_PKI_SCENE_H
#define SM_TESTS_PKI_SCENE_H

#include "mint.h"

#include <pki/path.h>

struct scene {
	struct sm_pki *pki;
	struct sm_certs carried;
	struct sm_path_options opt;
	struct sm_path_verdict v;
};

/* To sign, at NOW, under the default limits. */
struct scene scene(void);
void scene_free(struct scene *s);
void scene_trust(struct scene *s, const struct mint *m);
void scene_carry(struct scene *s, const struct mint *m);
/* Takes and frees the buffer. */
void scene_crl(struct scene *s, struct sm_buf *der);
void scene_ocsp(struct scene *s, struct sm_buf *der);
void scene_judge(struct scene *s, const struct mint *leaf);
void assert_says(const char *text, const char *what);

/* A root, an issuing authority and Alice (serial 7) below it. */
struct house {
	struct mint root, ca, alice;
};
struct house house(void);
void house_free(struct house *h);

#endif
