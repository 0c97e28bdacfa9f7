/* SPDX-License-Identifier: MIT */
#include "complaint.h"

#define STILL_MS (10 * 60 * 1000)
#define OTHER_MS (60 * 1000)

enum complaint_line complaint_failed(struct complaint *c, const struct err *err, int64_t now)
{
	enum complaint_line line = COMPLAINT_SILENT;
	bool same = c->kind == err->kind && c->status == err->status;

	if (!c->failing) {
		line = COMPLAINT_FIRST;
		c->since = now;
	} else if (now - c->told_at >= STILL_MS) {
		line = COMPLAINT_STILL;
	} else if (!same && now - c->told_at >= OTHER_MS) {
		line = COMPLAINT_OTHER;
	}
	c->failing = true;
	c->untold++;
	if (line == COMPLAINT_SILENT)
		return line;
	c->told_at = now;
	c->kind = err->kind;
	c->status = err->status;
	return line;
}

bool complaint_over(struct complaint *c)
{
	bool was = c->failing;

	c->failing = false;
	c->untold = 0;
	return was;
}
