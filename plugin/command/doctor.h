/* SPDX-License-Identifier: MIT */
/*
 * doctor.h -- what is wrong with an installation, and what mends it.
 *
 * A probe looks at one thing and says one or more findings; the judges make findings of
 * facts, and are pure.  Nothing is changed, here or at the API, and every wait has an end.
 */
#ifndef COMMAND_DOCTOR_H
#define COMMAND_DOCTOR_H

#include <json-c/json.h>

#include "cli.h"
#include "cloudflare/contact.h"
#include "cloudflare/ratelimit.h"

#define DOCTOR_WAIT_MS 10000	/* for any one answer */

enum verdict {
	VERDICT_OK,
	VERDICT_WARN,		/* it works, but not all of it, or not for long */
	VERDICT_FAIL,
	VERDICT_SKIP,		/* could not be tried, since something before it failed */
};
#define VERDICTS 4

struct finding {
	enum verdict verdict;
	char what[320];
	char fix[320];		/* "" when there is nothing to be done */
};

struct doctor {
	struct cli *cli;
	const char *config_file, *plugin_file;	/* as given, or NULL */
	bool offline;

	bool settings_ok, reached, account_known;
	struct contact contact;
	bool contacted;
	/* of the manager token, when it is alive; with what it was told of the budget */
	struct client *client;
	struct secret *manager;
	char *plugin_dir;	/* as the configuration says, or NULL */

	const char *check;	/* which probe speaks */
	int counts[VERDICTS];
	struct json_object *json;	/* array, or NULL for lines */
};

/* How long one answer may take: DOCTOR_WAIT_MS, or what is left of --timeout. */
int64_t doctor_wait_ms(const struct doctor *doctor);

void doctor_say(struct doctor *doctor, const struct finding *finding);

__attribute__((format(printf, 3, 4)))
void finding_set(struct finding *finding, enum verdict verdict, const char *fmt, ...);
__attribute__((format(printf, 2, 3)))
void finding_fix(struct finding *finding, const char *fmt, ...);
/* As err says it. */
void finding_err(struct finding *finding, enum verdict verdict, const struct err *err);

/* --- the probes ---------------------------------------------------------------------- */

void doctor_settings(struct doctor *doctor);
void doctor_vault(struct doctor *doctor);
void doctor_helpers(struct doctor *doctor);
void doctor_proxy(struct doctor *doctor);
void doctor_dns(struct doctor *doctor);
void doctor_connection(struct doctor *doctor);
void doctor_tls(struct doctor *doctor);
void doctor_api(struct doctor *doctor);
void doctor_clock(struct doctor *doctor);
void doctor_tokens(struct doctor *doctor);
void doctor_budget(struct doctor *doctor);
void doctor_config(struct doctor *doctor);
void doctor_plugin(struct doctor *doctor);

/* --- the judges ------------------------------------------------------------------------ */

/* value: "http://user:password@proxy:3128"; shown without what stands before the @. */
void judge_proxy(const char *variable, const char *value, bool taken, struct finding *out);
void judge_dns(const struct contact *contact, const char *host, struct finding *out);
void judge_connection(const struct contact *contact, const char *host, struct finding *out);
void judge_tls(const struct contact *contact, int64_t now, struct finding *out);
void judge_api(const struct contact *contact, struct finding *out);
void judge_clock(const struct contact *contact, struct finding *out);

/* status: "active"...; or NULL, and err says why there is none. */
void judge_token(const char *role, const char *status, int64_t expires_at, int64_t now,
		 const struct err *err, struct finding *out);

/*
 * What the answer to a request that must not do anything says of the permission: 403 that it
 * is missing, success or a complaint about the request that it is there.  err NULL = success.
 */
void judge_access(const char *role, const char *what, const char *permission,
		  const struct err *err, struct finding *out);
void judge_budget(const struct ratelimit *limit, struct finding *out);

/* What collectd -T said of the plugin, and how it ended: exit status, or -1 by a signal. */
void judge_plugin(const char *path, int status, const char *said, struct finding *out);

#endif
