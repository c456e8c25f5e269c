#include "line_ends.h"

int
line_ends_write(struct line_ends *l, struct sm_bytes in)
{
	size_t i, from = 0;
	int rc = 0;

	for (i = 0; rc == 0 && i < in.len; i++) {
		if (in.data[i] == '\n' && !l->after_cr) {
			rc = sm_sink_write(&l->to, sm_bytes(in.data + from, i - from));
			if (rc == 0)
				rc = sm_sink_write(&l->to, sm_bytes("\r\n", 2));
			from = i + 1;
		}
		l->after_cr = in.data[i] == '\r';
	}
	return rc != 0 ? rc : sm_sink_write(&l->to, sm_bytes(in.data + from, i - from));
}
