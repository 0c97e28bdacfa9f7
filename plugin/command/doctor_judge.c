/* SPDX-License-Identifier: MIT */
#include "doctor.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rfc3339.h"
#include "token_state.h"

#define SOON_S (7 * 86400)	/* an end that is worth a word */
#define SKEW_WARN_S 5
#define SKEW_FAIL_S 300		/* expiries and Retry-After are misread from then on */
#define SLOW_S 3.0

void finding_set(struct finding *f, enum verdict verdict, const char *fmt, ...)
{
	char text[sizeof(f->what)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	f->verdict = verdict;
	f->fix[0] = '\0';
	escape_text(f->what, sizeof(f->what), text, strlen(text));
}

void finding_fix(struct finding *f, const char *fmt, ...)
{
	char text[sizeof(f->fix)];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(f->fix, sizeof(f->fix), text, strlen(text));
}

void finding_err(struct finding *f, enum verdict verdict, const struct err *err)
{
	/* both are escaped already */
	f->verdict = verdict;
	snprintf(f->what, sizeof(f->what), "%s", err->what);
	snprintf(f->fix, sizeof(f->fix), "%s", err->hint);
}

void judge_proxy(const char *variable, const char *value, bool taken, struct finding *f)
{
	const char *scheme = strstr(value, "://"), *from = scheme ? scheme + 3 : value;
	const char *at = strrchr(from, '@'), *host = at ? at + 1 : from;

	finding_set(f, VERDICT_OK, "%s names %.*s, which is %s", variable,
		    (int)strcspn(host, "/?#"), host,
		    taken ? "taken" : "not taken for this host");
}

static bool ended_at(const struct contact *c, enum contact_step step, struct finding *f)
{
	if (c->step < step)
		finding_set(f, VERDICT_SKIP, "not tried");
	return c->step <= step;
}

void judge_dns(const struct contact *c, const char *host, struct finding *f)
{
	if (c->step == CONTACT_RESOLVE) {
		finding_set(f, VERDICT_FAIL, "%s is not found: %s",
			    *c->proxy_variable ? "the proxy" : host,
			    c->timed_out ? "no answer in time" : c->why);
		finding_fix(f, "look at /etc/resolv.conf, the base URL and the proxy: getent hosts %.*s",
			    (int)strcspn(host, ":"), host);
	} else {
		finding_set(f, c->resolve_s > SLOW_S ? VERDICT_WARN : VERDICT_OK, "%s%s is found in %.0f ms",
			    *c->proxy_variable ? "the proxy for " : "", host, c->resolve_s * 1000);
		if (f->verdict == VERDICT_WARN)
			finding_fix(f, "the first name server of /etc/resolv.conf may not answer");
	}
}

void judge_connection(const struct contact *c, const char *host, struct finding *f)
{
	if (c->step > CONTACT_CONNECT) {
		finding_set(f, VERDICT_OK, "%s answers at %s in %.0f ms", host, c->address,
			    c->connect_s * 1000);
	} else if (ended_at(c, CONTACT_CONNECT, f) && c->step == CONTACT_CONNECT) {
		finding_set(f, VERDICT_FAIL, "no connection to %s%s: %s", host,
			    *c->proxy_variable ? " through the proxy" : "",
			    c->timed_out ? "no answer in time" : c->why);
		if (*c->proxy_variable)
			finding_fix(f, "look at the proxy that %s names, or set no_proxy=%.*s",
				    c->proxy_variable, (int)strcspn(host, ":"), host);
		else
			finding_fix(f, "look at the firewall, the base URL, and whether a proxy is needed"
				    " (https_proxy)");
	}
}

static void judge_certificate(const struct contact *c, int64_t now, struct finding *f)
{
	char end[RFC3339_SIZE];
	int64_t left = c->certificate_end - now;

	if (!c->certificate_end) {
		finding_set(f, VERDICT_OK, "verified");
		return;
	}
	rfc3339_format(c->certificate_end, end);
	finding_set(f, left < SOON_S ? VERDICT_WARN : VERDICT_OK,
		    "verified; the certificate is valid until %s", end);
	if (f->verdict == VERDICT_WARN)
		finding_fix(f, "it ends in %" PRId64 " hour%s: who runs that server should renew it",
			    left / 3600, left / 3600 == 1 ? "" : "s");
}

/* One that is refused: whose fault it is, as far as can be seen. */
static void judge_refused(const struct contact *c, int64_t now, struct finding *f)
{
	char when[RFC3339_SIZE];

	if (c->timed_out) {
		finding_set(f, VERDICT_FAIL, "no answer in time");
		finding_fix(f, "try again; does a proxy or a firewall stand between?");
	} else if (c->ca_unusable) {
		finding_set(f, VERDICT_FAIL, "%s", c->why);
		finding_fix(f, "name a PEM file of certificates that can be read: --ca-cert FILE");
	} else if (c->certificate_end && c->certificate_end <= now) {
		rfc3339_format(c->certificate_end, when);
		finding_set(f, VERDICT_FAIL, "the server's certificate has expired, on %s", when);
		finding_fix(f, "who runs that server has to renew it; or is this clock ahead: date -u");
	} else if (c->certificate_begin > now) {
		rfc3339_format(c->certificate_begin, when);
		finding_set(f, VERDICT_FAIL, "the server's certificate is valid from %s on, not yet", when);
		finding_fix(f, "is this clock behind: date -u; set it: timedatectl set-ntp true");
	} else if (strstr(c->why, "does not match") || strstr(c->why, "no alternative certificate")) {
		finding_set(f, VERDICT_FAIL, "the certificate is another host's: %s", c->why);
		finding_fix(f, "look at the base URL (--url), and whether a proxy or login page answers");
	} else if (c->issuer[0]) {
		finding_set(f, VERDICT_FAIL, "the server's certificate is not of an authority that is trusted"
			    " %s; its issuer is '%s'", c->own_ca ? "by --ca-cert" : "here", c->issuer);
		finding_fix(f, c->own_ca ? "give that issuer's own certificate: --ca-cert FILE"
			    : "is ca-certificates installed?  of a proxy or a private authority: --ca-cert FILE");
	} else {
		finding_set(f, VERDICT_FAIL, "%s", c->why);
		finding_fix(f, "does that port speak TLS 1.2 or newer, and no proxy stand between?");
	}
}

void judge_tls(const struct contact *c, int64_t now, struct finding *f)
{
	if (ended_at(c, CONTACT_TLS, f) && c->step < CONTACT_TLS)
		return;
	if (!c->tls) {
		finding_set(f, VERDICT_OK, "plain http, to a loopback address");
	} else if (c->step == CONTACT_TLS) {
		judge_refused(c, now, f);
	} else {
		judge_certificate(c, now, f);
	}
}

void judge_api(const struct contact *c, struct finding *f)
{
	if (c->step < CONTACT_ANSWER) {
		finding_set(f, VERDICT_SKIP, "not tried");
	} else if (c->step == CONTACT_ANSWER) {
		finding_set(f, VERDICT_FAIL, "no whole answer: %s",
			    c->timed_out ? "not in time" : c->why);
		finding_fix(f, "try again; if it lasts: https://www.cloudflarestatus.com");
	} else if (c->status >= 500) {
		finding_set(f, VERDICT_FAIL, "it answers with status %d", c->status);
		finding_fix(f, "try again; if it lasts: https://www.cloudflarestatus.com");
	} else if (!c->json) {
		finding_set(f, VERDICT_FAIL, "who answers, with status %d, is not the API",
			    c->status);
		finding_fix(f,
			    "look at the base URL; a proxy or a login page may stand in the way");
	} else {
		finding_set(f, c->answer_s > SLOW_S ? VERDICT_WARN : VERDICT_OK, "it answers in %.0f ms",
			    c->answer_s * 1000);
	}
}

void judge_clock(const struct contact *c, struct finding *f)
{
	int64_t skew = 0;

	if (c->step < CONTACT_DONE) {
		finding_set(f, VERDICT_SKIP, "not compared");
		return;
	}
	if (!c->date) {
		finding_set(f, VERDICT_WARN, "the answer has no date to compare ours with");
		finding_fix(f, "compare it by hand: date -u");
		return;
	}
	/* it was made between these two, and counts whole seconds */
	if (c->date < c->before - 1)
		skew = c->before - c->date;
	else if (c->date > c->after + 1)
		skew = c->after - c->date;
	if (llabs(skew) < SKEW_WARN_S) {
		finding_set(f, VERDICT_OK, "it agrees with the API's");
		return;
	}
	finding_set(f, llabs(skew) >= SKEW_FAIL_S ? VERDICT_FAIL : VERDICT_WARN,
		    "it is %lld s %s the API's", llabs(skew), skew > 0 ? "ahead of" : "behind");
	finding_fix(f, "set it, and have it kept: timedatectl set-ntp true");
}

/* One that the API does not take. */
static void fix_dead(const char *role, struct finding *f)
{
	if (!strcmp(role, "CLOUDFLARE_API_TOKEN"))
		finding_fix(f, "unset CLOUDFLARE_API_TOKEN, or give it a live token");
	else if (!strcmp(role, "creator"))
		finding_fix(f, "store a live one: aisearch login --role creator");
	else if (!strcmp(role, "manager"))
		finding_fix(f, "store a live one: aisearch login --role manager; or make one: aisearch token revoke"
			    " manager && aisearch token create --role manager");
	else
		finding_fix(f, "make another in its place: aisearch token rotate %s", role);
}

/* One that ends soon. */
static void fix_ending(const char *role, struct finding *f)
{
	if (!strcmp(role, "CLOUDFLARE_API_TOKEN"))
		finding_fix(f, "give CLOUDFLARE_API_TOKEN another one before");
	else if (!strcmp(role, "creator"))
		finding_fix(f, "replace it before: aisearch login --role creator");
	else
		finding_fix(f, "replace it before: aisearch token rotate %s", role);
}

void judge_token(const char *role, const char *status, int64_t expires_at, int64_t now,
		 const struct err *err, struct finding *f)
{
	char end[RFC3339_SIZE];

	if (!status && err->kind != ERR_AUTH) {
		finding_err(f, VERDICT_FAIL, err);
		return;
	}
	if (!status || !token_state_alive(status)) {
		finding_set(f, VERDICT_FAIL, "%s: the API does not accept it%s%s", role,
			    status ? ": " : "", status ? status : "");
		fix_dead(role, f);
		return;
	}
	if (expires_at <= 0) {
		finding_set(f, VERDICT_OK, "%s: active", role);
		return;
	}
	rfc3339_format(expires_at, end);
	finding_set(f, token_state_soon(expires_at, now) ? VERDICT_WARN : VERDICT_OK,
		    "%s: active until %s", role, end);
	if (f->verdict == VERDICT_WARN)
		fix_ending(role, f);
}

void judge_access(const char *role, const char *what, const char *permission,
		  const struct err *err, struct finding *f)
{
	if (!err) {
		finding_set(f, VERDICT_OK, "%s: may %s", role, what);
		return;
	}
	switch (err->kind) {
	case ERR_NOT_FOUND:
	case ERR_EXISTS:
	case ERR_REMOTE:
		/* it went on to look at the request */
		if (err->status >= 400 && err->status < 500)
			finding_set(f, VERDICT_OK, "%s: may %s", role, what);
		else
			finding_err(f, VERDICT_WARN, err);
		return;
	case ERR_FORBIDDEN:
		finding_set(f, VERDICT_FAIL, "%s: may not %s", role, what);
		finding_fix(f, "it needs the permission %s", permission);
		return;
	case ERR_AUTH:
		finding_set(f, VERDICT_FAIL, "%s: was not accepted to %s", role, what);
		finding_fix(f, "is it a token of this account?");
		return;
	case ERR_LIMIT:
		finding_set(f, VERDICT_WARN,
			    "%s: too many requests to find out whether it may %s", role,
			    what);
		finding_fix(f, "try again in %d second%s", err->retry_after > 0 ? err->retry_after : 300,
			    err->retry_after == 1 ? "" : "s");
		return;
	default:
		finding_set(f, VERDICT_WARN, "%s: not known whether it may %s: %s", role,
			    what, err->what);
		finding_fix(f, "try again");
	}
}

void judge_budget(const struct ratelimit *limit, struct finding *f)
{
	int64_t left = limit->remaining.value, quota = limit->quota.value;
	int64_t wait = limit->reset_s.value;

	if (!limit->remaining.known) {
		finding_set(f, VERDICT_OK, "the API does not tell");
		return;
	}
	bool few = limit->quota.known ? left * 10 < quota : left < 50;
	enum verdict verdict = left == 0 ? VERDICT_FAIL : few ? VERDICT_WARN : VERDICT_OK;

	if (limit->quota.known)
		finding_set(f, verdict, "%" PRId64 " of %" PRId64 " requests are left",
			    left, quota);
	else
		finding_set(f, verdict, "%" PRId64 " request%s left", left,
			    left == 1 ? " is" : "s are");
	if (!limit->reset_s.known)
		wait = 300;
	if (verdict != VERDICT_OK)
		finding_fix(f, "wait %" PRId64 " s; what else uses this token?  The plugin takes a share:"
			    " RequestBudget in collectd-aisearch(5)",
			    wait);
}

/* The line that says why, of all that a daemon says. */
static void find_reason(const char *said, char *out, size_t size)
{
	static const char *const signs[] = { "undefined symbol", "failed:",
					     "Could not find", "rror" };

	snprintf(out, size, "%.*s", (int)strcspn(said, "\n"), said);
	for (size_t i = 0; i < sizeof(signs) / sizeof(signs[0]); i++) {
		const char *at = strstr(said, signs[i]);

		if (!at)
			continue;
		while (at > said && at[-1] != '\n')
			at--;
		snprintf(out, size, "%.*s", (int)strcspn(at, "\n"), at);
		return;
	}
}

void judge_plugin(const char *path, int status, const char *said, struct finding *f)
{
	char reason[256];

	if (status == 0 && strstr(said, "successfully loaded")) {
		finding_set(f, VERDICT_OK, "collectd loads %s", path);
		return;
	}
	find_reason(said, reason, sizeof(reason));
	if (status < 0)
		finding_set(f, VERDICT_FAIL, "collectd with %s did not come to its end", path);
	else
		finding_set(f, VERDICT_FAIL, "collectd does not load %s: %s", path, reason);
	finding_fix(f, "build it here, against this collectd: make && sudo make install");
}
