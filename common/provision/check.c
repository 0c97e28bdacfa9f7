/* SPDX-License-Identifier: MIT */
/* check.c -- what can be known to fail, before anything is made. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "provision/plan.h"

int check_add(struct plan *plan, enum check_state state, const char *name, const char *hint,
	      const char *fmt, ...)
{
	struct provision_result *out = plan->out;
	struct provision_check *more = realloc(out->checks, (out->check_count + 1) * sizeof(*more));
	va_list ap;

	if (!more)
		return -1;
	out->checks = more;
	struct provision_check *c = &more[out->check_count++];
	memset(c, 0, sizeof(*c));
	c->state = state;
	snprintf(c->name, sizeof(c->name), "%s", name);
	snprintf(c->hint, sizeof(c->hint), "%s", hint ? hint : "");
	va_start(ap, fmt);
	vsnprintf(c->what, sizeof(c->what), fmt, ap);
	va_end(ap);
	out->problems += state == CHECK_PROBLEM;
	return 0;
}

int check_refusal(struct plan *plan, const char *name, const struct err *why, struct err *err)
{
	switch (why->kind) {
	case ERR_AUTH:
	case ERR_FORBIDDEN:
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_REMOTE:
		if (why->status >= 500)
			break;
		return check_add(plan, CHECK_PROBLEM, name, why->hint, "%s", why->what);
	default:
		break;
	}
	*err = *why;
	return -1;
}

int check_verdict(struct plan *plan, struct err *err)
{
	const struct provision_result *out = plan->out;

	if (out->problems == 0)
		return 0;
	for (size_t i = 0; i < out->check_count; i++) {
		if (out->checks[i].state != CHECK_PROBLEM)
			continue;
		err_set(err, ERR_CONFIG, "%s", out->checks[i].what);
		err_hint(err, "%s", out->checks[i].hint);
		break;
	}
	if (out->problems > 1)
		err_set(err, ERR_CONFIG, "there are %zu problems", out->problems);
	return -1;
}

static int check_act(struct plan *plan, struct err *err)
{
	size_t unknown = 0;

	if (check_creator(plan, err) < 0 || check_account(plan, err) < 0 ||
	    check_verdict(plan, err) < 0)
		return -1;
	for (size_t i = 0; i < plan->out->check_count; i++)
		unknown += plan->out->checks[i].state == CHECK_UNKNOWN;
	plan_detail(plan, "%zu fine", plan->out->check_count - unknown);
	if (unknown > 0)
		plan_detail(plan, "%zu fine, %zu could not be looked at",
			    plan->out->check_count - unknown, unknown);
	return 0;
}

const struct plan_step step_check = {
	.name = "check",
	.begins = "looking for what could fail",
	.failing = "nothing more was made",
	.done = plan_not_done,
	.act = check_act,
};
