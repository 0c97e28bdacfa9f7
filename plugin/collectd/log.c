/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "host.h"

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

void log_failure(struct complaint *c, const char *account, const struct err *err, int64_t now)
{
	const char *open = err->hint[0] ? " (" : "", *close = err->hint[0] ? ")" : "";

	switch (complaint_failed(c, err, now)) {
	case COMPLAINT_SILENT:
		return;
	case COMPLAINT_FIRST:
	case COMPLAINT_OTHER:
		P_ERROR("account '%s': %s%s%s%s", account, err->what, open, err->hint, close);
		break;
	case COMPLAINT_STILL:
		P_ERROR("account '%s': still failing after %lld min, %u times since the last line:"
			" %s%s%s%s", account, (long long)(now - c->since) / 60000, c->untold,
			err->what, open, err->hint, close);
		break;
	}
	c->untold = 0;
}

void log_recovery(struct complaint *c, const char *account, int64_t now)
{
	int64_t since = c->since;

	if (complaint_over(c))
		P_NOTICE("account '%s': works again after %lld s", account,
			 (long long)(now - since) / 1000);
}
