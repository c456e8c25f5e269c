#include "test.h"
#include "scene.h"

struct scene
scene(void)
{
	struct scene s = { .opt = { .purpose = SM_PURPOSE_SIGN, .at = NOW } };

	assert_int_equal(sm_pki_new(&s.pki, NULL), 0);
	return s;
}

void
scene_free(struct scene *s)
{
	sm_certs_wipe(&s->carried);
	sm_pki_free(s->pki);
}

void
scene_trust(struct scene *s, const struct mint *m)
{
	assert_int_equal(sm_pki_add_anchor(s->pki, m->cert), 0);
}

void
scene_carry(struct scene *s, const struct mint *m)
{
	assert_int_equal(sm_certs_add(&s->carried, m->cert), 0);
}

void
scene_crl(struct scene *s, struct sm_buf *der)
{
	assert_int_equal(sm_pki_add_crl(s->pki, sm_buf_bytes(der), NULL), 0);
	sm_buf_free(der);
}

void
scene_ocsp(struct scene *s, struct sm_buf *der)
{
	assert_int_equal(sm_pki_add_ocsp(s->pki, sm_buf_bytes(der), NULL), 0);
	sm_buf_free(der);
}

void
scene_judge(struct scene *s, const struct mint *leaf)
{
	assert_int_equal(sm_path_check(&s->v, s->pki, leaf->cert, &s->carried,
	    &s->opt, NULL), 0);
	/* whatever the answer: it is said, and in whole sentences */
	assert_int_not_equal(s->v.why[0], '\0');
	assert_int_equal(s->v.why[strlen(s->v.why) - 1], '.');
	assert_int_not_equal(s->v.revocation_why[0], '\0');
	assert_int_not_equal(s->v.usage_why[0], '\0');
}

void
assert_says(const char *text, const char *what)
{
	if (strstr(text, what) == NULL)
		fail_msg("\"%s\" does not say \"%s\"", text, what);
}

struct house
house(void)
{
	struct house h = { .root = mint_ca("Root", NULL) };

	h.ca = mint_ca("Issuing CA", &h.root);
	h.alice = mint_mail("alice@example.org", &h.ca, 7);
	return h;
}

void
house_free(struct house *h)
{
	mint_free(&h->alice);
	mint_free(&h->ca);
	mint_free(&h->root);
}
