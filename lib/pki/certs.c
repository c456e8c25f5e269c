#include <stdlib.h>

#include <base/buf.h>
#include <sealmail/cert.h>

int
sm_certs_add(struct sm_certs *s, struct sm_cert *c)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->list[i] == c || sm_bytes_equal(sm_cert_der(s->list[i]),
		    sm_cert_der(c)))
			return SM_OK;
	if (s->count == s->cap) {
		size_t cap = s->cap == 0 ? 8 : s->cap * 2;
		struct sm_cert **p = reallocarray(s->list, cap, sizeof(*p));

		if (p == NULL)
			return SM_E_NOMEM;
		s->list = p;
		s->cap = cap;
	}
	s->list[s->count++] = sm_cert_ref(c);
	return SM_OK;
}

void
sm_certs_wipe(struct sm_certs *s)
{
	for (size_t i = 0; i < s->count; i++)
		sm_cert_free(s->list[i]);
	free(s->list);
	*s = (struct sm_certs){ NULL, 0, 0 };
}
