/* SPDX-License-Identifier: MIT */
#include "provision/spread.h"

#include "provision/wait.h"

#define CODE_INVALID_TOKEN 7012

bool spread_refused(const struct err *err)
{
	return err->code == CODE_INVALID_TOKEN;
}

bool spread_again(struct spread *s, struct err *err)
{
	struct err why = { 0 };

	if (s->pauses < SPREAD_PAUSES) {
		if (s->waiting)
			s->waiting(s->ctx);
		if (wait_sleep_ms(s->client, SPREAD_FIRST_MS << s->pauses++, &why) == 0)
			return true;
		*err = why;
		if (err->kind == ERR_CANCELLED)
			return false;
		err_context(err, "the new token has not spread yet");
	}
	err_hint(err, "not spread yet?  Run the same command again in a minute%s%s", s->doubt ? ".  " : "",
		 s->doubt ? s->doubt : "");
	return false;
}
