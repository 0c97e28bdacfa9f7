/* SPDX-License-Identifier: MIT */
#include "provision_wishes.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rfc3339.h"
#include "body_options.h"
#include "cloudflare/body.h"

#define EXPIRES_MAX_S (INT64_C(100) * 365 * 86400)

static const char *guess_type(const char *source)
{
	return !strncmp(source, "http://", 7) || !strncmp(source, "https://", 8) ? "web-crawler" : "r2";
}

/* r2 and web-crawler need a source; without a type the source tells (api.md, 3). */
static int choose_type(const char *type, struct provision_instance *what, struct err *err)
{
	if (!type && what->source)
		type = guess_type(what->source);
	if (!type || !strcmp(type, "builtin")) {
		if (!what->source)
			return 0;
		err_set(err, ERR_USAGE, "--type builtin has no source");
		return err_hint(err, "leave --source out, or choose --type r2 or web-crawler");
	}
	if (!what->source) {
		err_set(err, ERR_USAGE, "--type %s needs --source", type);
		return err_hint(err, "the name of the R2 bucket, or the website's domain");
	}
	what->type = type;
	return 0;
}

/* INSTANCE, or INSTANCE=SOURCE for one with a source of its own. */
static int take_instance(const char *type, const char *source, char *word,
			 struct provision_instance *out, struct err *err)
{
	char *own = strchr(word, '=');

	if (own)
		*own++ = '\0';
	*out = (struct provision_instance){ .id = word, .source = own ? own : source };
	if (client_check_instance(out->id, err) < 0)
		return -1;
	if (own && !*own)
		return err_set(err, ERR_USAGE, "there is no source behind '%s='", word);
	return choose_type(type, out, err);
}

/* type and source of the file count as --type and --source; an id is that of the command line. */
static int take_body(const char *file, struct json_object **out, const char **type,
		     const char **source, struct err *err)
{
	if (body_read_file(file, out, err) < 0)
		return -1;
	if (json_get_text(*out, "type", type, err) < 0 ||
	    json_get_text(*out, "source", source, err) < 0 ||
	    body_check(body_instance, *out, true, err) < 0)
		return err_context(err, "--body-file '%.100s'", file);
	if (json_object_object_get_ex(*out, "token_id", NULL)) {
		err_set(err, ERR_USAGE, "--body-file '%.100s' has a token_id", file);
		return err_hint(err,
				"leave it out: the service token's own is used (--service NAME)");
	}
	return 0;
}

static int check_id(const struct provision_wishes *w, int n, struct err *err)
{
	const char *named = NULL;

	if (json_get_text(w->file, "id", &named, err) < 0)
		return -1;
	for (int i = 0; named && i < n; i++)
		if (strcmp(named, w->instances[i].id) != 0)
			return err_set(err, ERR_USAGE, "the body is that of '%.64s', not of '%s'", named,
				       w->instances[i].id);
	return 0;
}

/* What is left goes into each create's body as it is. */
static struct json_object *without_own(struct json_object *file)
{
	struct json_object *body = json_object_new_object();

	json_object_object_foreach(file, key, value)
		if (strcmp(key, "id") && strcmp(key, "type") && strcmp(key, "source"))
			json_object_object_add(body, key, json_object_get(value));
	return body;
}

static int duration(const char *text, int64_t *out)
{
	static const char units[] = "smhdw";
	static const int64_t seconds[] = { 1, 60, 3600, 86400, 604800 };
	char *end;

	errno = 0;
	long long n = strtoll(text, &end, 10);
	const char *unit = *end ? strchr(units, *end) : units;
	if (!isdigit((unsigned char)*text) || errno || !unit || (*end && end[1]) || n < 1 ||
	    n > EXPIRES_MAX_S / seconds[unit - units])
		return -1;
	*out = n * seconds[unit - units];
	return 0;
}

static int take_expires(const char *text, struct provision_config *config, struct err *err)
{
	char day[40];

	if (!text || duration(text, &config->expires_in_s) == 0)
		return 0;
	snprintf(day, sizeof(day), "%.20sT00:00:00Z", text);
	if (rfc3339_parse(text, &config->expires_on) < 0 &&
	    (strlen(text) != 10 || rfc3339_parse(day, &config->expires_on) < 0)) {
		err_set(err, ERR_USAGE,
			"--expires: '%.40s' is neither a time from now nor a date", text);
		return err_hint(err, "90d, 12h; 2030-12-31, 2030-12-31T18:00:00Z");
	}
	if (config->expires_on > clock_wall_s(config->clock))
		return 0;
	return err_set(err, ERR_USAGE, "--expires: '%.40s' is over", text);
}

static int take_ranges(const char *name, const char *text, struct profile_list *list,
		       struct token_list *out, struct err *err)
{
	if (!text)
		return 0;
	if (profile_list_split(text, list, err) < 0 || profile_check_ranges(list, err) < 0)
		return err_context(err, "--%s", name);
	*out = (struct token_list){ (const char *const *)list->item, list->count };
	return 0;
}

void cleanup_provision_wishes(struct provision_wishes *w)
{
	profile_list_clear(&w->allow_ip);
	profile_list_clear(&w->deny_ip);
	json_object_put(w->body);
	json_object_put(w->file);
	client_free(w->creator);
	client_free(w->manager);
	secret_free(w->creator_token);
	secret_free(w->manager_token);
}
int provision_understand(const struct cli *cli, const struct provision_settings *set, int n,
			 char **args, struct provision_wishes *w, struct provision_config *config,
			 struct err *err)
{
	const char *type = NULL, *source = NULL;

	config->service = set->service ? set->service : "default";
	config->r2 = set->r2;
	config->upload = set->upload;
	config->query = set->query;
	config->wait = !set->no_wait;
	config->wait_timeout_ms = cli->s.timeout_s * 1000;
	config->owner_of_creator = !set->owner;
	config->owner = set->owner && !strcmp(set->owner, "account") ? TOKEN_OF_ACCOUNT : TOKEN_OF_USER;
	if (n > PROVISION_INSTANCES_MAX)
		return err_set(err, ERR_USAGE, "at most %d instances at once",
			       PROVISION_INSTANCES_MAX);
	if (set->body_file) {
		if (take_body(set->body_file, &w->file, &type, &source, err) < 0)
			return -1;
		config->body = w->body = without_own(w->file);
	}
	type = set->type ? set->type : type;
	source = set->source ? set->source : source;
	for (int i = 0; i < n; i++)
		if (take_instance(type, source, args[i], &w->instances[i], err) < 0)
			return -1;
	if (w->file && check_id(w, n, err) < 0)
		return -1;
	config->instances = w->instances;
	config->instance_count = (size_t)n;
	if (set->no_wait && set->query) {
		err_set(err, ERR_USAGE, "--query needs what --no-wait does not wait for");
		return err_hint(err, "leave one of them out");
	}
	return provision_check_service(config->service, err) < 0 || take_expires(set->expires, config, err) < 0 ||
	       take_ranges("allow-ip", set->allow_ip, &w->allow_ip, &config->allow_ip, err) < 0 ||
	       take_ranges("deny-ip", set->deny_ip, &w->deny_ip, &config->deny_ip, err) < 0 ? -1 : 0;
}

