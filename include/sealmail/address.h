/* sealmail/address.h - addresses on which a verdict depends: small and strict.
 *
 * Grammar: RFC 5322 mailbox-list with comments, quoted strings, RFC 6532 UTF-8,
 * RFC 2047 words left alone in display names. Anything that is not consumed to
 * the end is no address: "<a@x>;<b@y>" and "a@x@y" are refused. Groups are told
 * apart, never expanded. Domain literals are refused.
 *
 * Of the mappings of IDNA only ASCII lower case is applied: a domain that is not
 * in its normal form otherwise (NFC, lower case) equals nothing but itself. */
#ifndef SEALMAIL_ADDRESS_H
#define SEALMAIL_ADDRESS_H

#include <sealmail/bytes.h>
#include <sealmail/error.h>
#include <sealmail/stream.h>

struct sm_address {
	char *addr;    /* local@domain: quotes removed where not needed, UTF-8;
	                * NFC is not applied; the domain in lower case ASCII where
	                * ASCII */
	char *display; /* may be NULL */
};
struct sm_address_list {
	struct sm_address *list;
	size_t count;
	bool group;     /* a group was there */
};

/* 0; SM_E_FORMAT when it is not wholly a mailbox list (or holds more than 1000);
 * SM_E_NOMEM. */
SM_EXPORT SM_MUST_CHECK int sm_address_list_parse(struct sm_address_list *out,
    struct sm_bytes value);
SM_EXPORT void sm_address_list_wipe(struct sm_address_list *l);

/* One bare addr-spec, nothing else: "alice@example.org". Not allocating. */
SM_EXPORT bool sm_address_valid(struct sm_bytes addr_spec);
/* Local part octet for octet, domain without regard to ASCII case, and U-label
 * and A-label forms of a domain equal (RFC 9598). */
SM_EXPORT bool sm_address_equal(struct sm_bytes a, struct sm_bytes b);
/* One form for all that are equal, for use as a name: the local part as it is, the
 * domain in lower case A-labels. 0; SM_E_FORMAT when it is no address; what the sink
 * returned. */
SM_EXPORT SM_MUST_CHECK int sm_address_canonical(const struct sm_sink *out,
    struct sm_bytes addr_spec);
/* The two sides of the @; borrowed. False when it is no address. */
SM_EXPORT bool sm_address_split(struct sm_bytes addr_spec, struct sm_bytes *local,
    struct sm_bytes *domain);

#endif
