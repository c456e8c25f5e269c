#include "test.h"

#include "../support/failing_alloc.h"

#include <base/try.h>
#include <sealmail/address.h>
#include <mime/codec.h>
#include <mime/multipart.h>

#define MESSAGE                                                              \
	"From: a@b\nContent-Type: multipart/mixed; boundary=b\n\n"           \
	"--b\nContent-Type: message/rfc822\n\nTo: c\n\nx\n--b\n\ny\n--b--\n"

static int
discard(void *ctx, struct sm_bytes in)
{
	(void)ctx;
	(void)in;
	return 0;
}

static const struct sm_sink nowhere = { discard, NULL };

static int
read_header(void)
{
	struct sm_limits limits = sm_limits_default();
	struct sm_mime_value v = { 0 };
	struct sm_header *h;
	size_t used;
	bool done;
	int rc = sm_header_new(&h, &limits, NULL);

	if (rc == 0)
		rc = sm_header_write(h, LIT("Content-Type: a/b; c=\"d\";\n"
		    " e*0*=''%20f; e*1=g; h=i\nB:\nC:\nD:\nE:\nF:\nG:\nH:\nI:\n"
		    "J:\nK:\nL:\nM:\nN:\nO:\nP:\nQ:\nR:\n\n"), &used, &done);
	if (rc == 0)
		rc = sm_mime_value_read(&v, h, "Content-Type");
	sm_mime_value_wipe(&v);
	sm_header_free(h);
	return rc;
}

static int
walk(void)
{
	struct sm_walk_events ev = { 0 };
	struct sm_limits limits = sm_limits_default();
	struct sm_walk *w;
	int rc = sm_walk_new(&w, &ev, &limits, NULL);

	if (rc == 0)
		rc = sm_walk_write(w, LIT(MESSAGE));
	if (rc == 0)
		rc = sm_walk_finish(w);
	sm_walk_free(w);
	return rc;
}

static int
cut_multipart(void)
{
	struct sm_multipart_events ev = { 0 };
	struct sm_limits limits = sm_limits_default();
	struct sm_multipart *m;
	int rc = sm_multipart_new(&m, "b", &ev, &limits, NULL);

	if (rc == 0)
		rc = sm_multipart_write(m, LIT(MESSAGE));
	sm_multipart_free(m);
	return rc;
}

static int
read_addresses(void)
{
	struct sm_address_list l;
	int rc = sm_address_list_parse(&l, LIT("A \"B\" <\"c d\"@e>, f@g, "
	    "G: h@i;, \"jjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjjj"
	    "jjjjjjjjjjjjjjjjjjj\"@kkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkkk"));

	sm_address_list_wipe(&l);
	return rc;
}

static int
decode(void)
{
	struct sm_decoder *d;
	int rc = sm_decoder_new(&d, SM_CTE_BASE64, &nowhere, NULL);

	if (rc == 0)
		rc = sm_decoder_write(d, LIT("Zm9v\n"));
	sm_decoder_free(d);
	return rc;
}

static int
encode(void)
{
	struct sm_encoder *e;
	int rc = sm_encoder_new(&e, SM_CTE_BASE64, true, &nowhere);

	if (rc == 0)
		rc = sm_encoder_write(e, LIT("foo"));
	sm_encoder_free(e);
	return rc;
}

static int
read_pem(void)
{
	struct sm_pem *p;
	int rc = sm_pem_new(&p, &nowhere, NULL);

	if (rc == 0)
		rc = sm_pem_write(p, LIT("-----BEGIN CMS-----\nZm9v\n"));
	sm_pem_free(p);
	return rc;
}

static int
write_field(void)
{
	struct sm_buf b = SM_BUF_INIT;
	int rc = sm_mime_field_write(&b, "Subject", "one two three four five six "
	    "seven eight nine ten eleven twelve thirteen fourteen fifteen");

	assert_true(rc == 0 || b.len == 0);
	sm_buf_free(&b);
	return rc;
}

static void
lack_of_memory_is_reported_wherever_it_is_met(void **state)
{
	(void)state;
	alloc_each(read_header);
	alloc_each(walk);
	alloc_each(cut_multipart);
	alloc_each(read_addresses);
	alloc_each(decode);
	alloc_each(encode);
	alloc_each(read_pem);
	alloc_each(write_field);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lack_of_memory_is_reported_wherever_it_is_met),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
