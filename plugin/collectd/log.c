/* SPDX-License-Identifier: MIT */
#include "log.h"

#include "host.h"

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

void log_token_file(const char *account, const struct err *err)
{
	if (err)
		P_WARNING("account '%s': %s%s%s%s; the token that was read before stays in use",
			  account, err->what, err->hint[0] ? " (" : "", err->hint,
			  err->hint[0] ? ")" : "");
	else
		P_NOTICE("account '%s': TokenFile: it can be read again", account);
}
