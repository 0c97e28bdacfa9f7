/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "cloudflare/client.h"
#include "indexing/settings_table.h"

#define OWN_NAMES "account"	/* the accounts' own values are account.NAME */

int settings_refused(const char *key, struct err *err)
{
	static const struct {
		const char *key, *why, *hint;
	} refused[] = {
		{ "Digest", "the API takes a bearer token", "TokenFile or CredentialHelper" },
		{ "Key", "the values are those of collectd-aisearch(5)",
		  "CollectEngine, CollectErrors, CollectJobs, CollectSync, CollectToken add to them" },
		{ "Password", "the API takes a bearer token", "TokenFile or CredentialHelper" },
		{ "Plugin", "the values always belong to the plugin aisearch",
		  "Prefix and Host tell blocks apart" },
		{ "Post", "the plugin only reads, with requests of its own", "leave it out" },
		{ "Sock", "the API is asked over HTTPS only", "URL names another address" },
		{ "Statistics", "there is no such block here",
		  "MeasureResponseTime and MeasureResponseCode, true or false" },
		{ "User", "the API takes a bearer token", "TokenFile or CredentialHelper" },
	};

	for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
		if (strcasecmp(refused[i].key, key) != 0)
			continue;
		err_set(err, ERR_CONFIG, "%s: %s", refused[i].key, refused[i].why);
		return err_hint(err, "%s", refused[i].hint);
	}
	return 0;
}

static bool named(const struct settings *s)
{
	return s->namespace && strcmp(s->namespace, CLIENT_NAMESPACE_DEFAULT) != 0;
}

void settings_front(const struct settings *s, char *out, size_t size)
{
	snprintf(out, size, "%s%s%s%s", s->prefix ? s->prefix : "", s->prefix ? "." : "",
		 named(s) ? s->namespace : "", named(s) ? "." : "");
}

static int check_credential(const struct credential_settings *c, struct err *err)
{
	if ((c->helper != NULL) + (c->token_file != NULL) + (c->token != NULL) > 1) {
		err_set(err, ERR_CONFIG, "more than one source of the token");
		return err_hint(err, "keep one of CredentialHelper, TokenFile and Token");
	}
	if (c->username && (c->token || c->token_file)) {
		err_set(err, ERR_CONFIG, "CredentialUsername is for CredentialHelper only");
		return err_hint(err, "leave it out beside TokenFile and Token");
	}
	return 0;
}

static int check_http(const struct http_config *http, struct err *err)
{
	if (http->client_key && !http->client_cert) {
		err_set(err, ERR_CONFIG, "ClientKey without ClientCert");
		return err_hint(err, "ClientCert names the certificate that the key belongs to");
	}
	if (http->client_key_pass && !http->client_key) {
		err_set(err, ERR_CONFIG, "ClientKeyPass without ClientKey");
		return err_hint(err, "ClientKey names the file that it opens");
	}
	return 0;
}

/* A request that hangs would hold up its account for that long. */
static int check_times(const struct settings *s, struct err *err)
{
	if (s->interval_ms && s->timeout_ms > s->interval_ms) {
		err_set(err, ERR_CONFIG, "Timeout %lld ms is longer than Interval %.10g s",
			(long long)s->timeout_ms, (double)s->interval_ms / 1000);
		return err_hint(err, "from 1 to %lld: an API that hangs holds the account up for so long;"
				" default: the interval, at most 60000", (long long)s->interval_ms);
	}
	if (s->stats_max_age_ms && s->stats_max_age_ms < s->interval_ms) {
		err_set(err, ERR_CONFIG, "StatsMaxAge %.10g is less than Interval %.10g",
			(double)s->stats_max_age_ms / 1000, (double)s->interval_ms / 1000);
		return err_hint(err,
				"from the interval to 604800 seconds; default: five intervals, at"
				" least 900");
	}
	return 0;
}

int settings_check_block(const struct settings *s, struct err *err)
{
	if (!s->account_id) {
		err_set(err, ERR_CONFIG, "AccountId is missing");
		return err_hint(err, "32 hex digits, the first part of the dashboard's address");
	}
	if (check_credential(&s->credential, err) < 0 || check_http(&s->http, err) < 0)
		return -1;
	if (s->flat_paths && named(s)) {
		err_set(err, ERR_CONFIG, "FlatPaths knows the namespace 'default' only, not '%s'",
			s->namespace);
		return err_hint(err, "leave one of FlatPaths and Namespace out");
	}
	if (s->prefix ? !strcmp(s->prefix, OWN_NAMES) : named(s) && !strcmp(s->namespace, OWN_NAMES)) {
		err_set(err, ERR_CONFIG, "'%s.' stands before the accounts' own values", OWN_NAMES);
		return err_hint(err, "give the block a Prefix of another name");
	}
	return check_times(s, err);
}

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

/* Two values of one name: the daemon would drop one of them, now this, now that. */
int settings_check_pair(const struct settings *a, const struct settings *b, struct err *err)
{
	char x[128], y[128];

	if (!strcasecmp(a->name, b->name)) {
		err_set(err, ERR_CONFIG, "two <Account> blocks are called '%s'", a->name);
		return err_hint(err, "a name is used once; upper and lower case do not count");
	}
	settings_front(a, x, sizeof(x));
	settings_front(b, y, sizeof(y));
	if (!same_text(a->host, b->host) || strcmp(x, y) != 0)
		return 0;
	err_set(err, ERR_CONFIG,
		"<Account \"%s\"> and <Account \"%s\"> would publish under the same"
		" names", a->name, b->name);
	return err_hint(err, "give one of them a Prefix or a Host");
}
