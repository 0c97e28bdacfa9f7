/* SPDX-License-Identifier: MIT */
#include "fault.h"

#include <fnmatch.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static const struct { const char *word; enum fault_action action; } actions[] = {
	{ "status", FAULT_STATUS }, { "drop", FAULT_DROP }, { "hang", FAULT_HANG },
	{ "truncate", FAULT_TRUNCATE }, { "stall", FAULT_STALL }, { "html", FAULT_HTML },
	{ "empty", FAULT_EMPTY },
	{ "notjson", FAULT_NOTJSON }, { "success-false", FAULT_SUCCESS_FALSE },
	{ "null-result", FAULT_NULL_RESULT }, { "wrong-types", FAULT_WRONG_TYPES },
	{ "degraded", FAULT_DEGRADED }, { "big", FAULT_BIG },
};

static int parse_action(struct fault *fault, const char *text, struct err *err)
{
	size_t len = strcspn(text, "=*");
	const char *rest = text + len;
	char *end;

	for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++)
		if (strlen(actions[i].word) == len && !strncmp(actions[i].word, text, len))
			fault->action = actions[i].action;
	if (fault->action == FAULT_NONE)
		return err_set(err, ERR_USAGE, "fault: no action '%s'", text);
	if ((fault->action == FAULT_STATUS) != (*rest == '='))
		return err_set(err, ERR_USAGE,
			       "fault: '%s' is not status=NNN or a bare action", text);
	if (*rest == '=') {
		fault->status = (int)strtol(rest + 1, &end, 10);
		if (fault->status < 200 || fault->status > 599)
			return err_set(err, ERR_USAGE, "fault: '%s' has no status 200-599", text);
		rest = end;
		if (*rest == '/') {
			fault->code = (int)strtol(rest + 1, &end, 10);
			if (fault->code < 1)
				return err_set(err, ERR_USAGE,
					       "fault: '%s' has no code after /", text);
			rest = end;
		}
	}
	fault->left = -1;
	if (*rest == '*') {
		fault->left = (int)strtol(rest + 1, &end, 10);
		if (fault->left < 1 || *end)
			return err_set(err, ERR_USAGE, "fault: '%s' has no count after *", text);
	} else if (*rest) {
		return err_set(err, ERR_USAGE, "fault: '%s' has something behind it", text);
	}
	return 0;
}

int fault_parse(struct fault *fault, const char *spec, struct err *err)
{
	const char *glob = strchr(spec, ' ');
	const char *action = strrchr(spec, ' ');

	*fault = (struct fault){ 0 };
	if (!glob || action == glob || glob - spec >= (int)sizeof(fault->method) ||
	    glob == spec)
		return err_set(err, ERR_USAGE, "fault '%s' is not 'METHOD PATH-GLOB ACTION'", spec);
	memcpy(fault->method, spec, (size_t)(glob - spec));
	if (parse_action(fault, action + 1, err) < 0)
		return -1;
	fault->glob = strndup(glob + 1, (size_t)(action - glob - 1));
	return fault->glob ? 0 : err_nomem(err);
}

void fault_clear(struct fault *fault)
{
	free((char *)fault->glob);
	fault->glob = NULL;
}

const struct fault *fault_take(struct fault *faults, int n, const char *method,
			       const char *path)
{
	const struct fault *found = NULL;

	pthread_mutex_lock(&lock);
	for (int i = 0; i < n && !found; i++) {
		struct fault *f = &faults[i];

		if (!f->left || (strcmp(f->method, "*") && strcmp(f->method, method)) ||
		    fnmatch(f->glob, path, 0))
			continue;
		if (f->left > 0)
			f->left--;
		found = f;
	}
	pthread_mutex_unlock(&lock);
	return found;
}
