/* SPDX-License-Identifier: MIT */
#include "provision_words.h"

#include <stdio.h>
#include <string.h>

#include "output.h"

#define SNIPPET 160		/* bytes of the first hit's text */

void provision_print_problems(struct progress *p, const struct provision_result *r)
{
	if (r->problems < 2)
		return;		/* the error says it */
	for (size_t i = 0; i < r->check_count; i++) {
		const struct provision_check *c = &r->checks[i];

		if (c->state != CHECK_PROBLEM)
			continue;
		progress_line(p, "problem: %s", c->what);
		if (c->hint[0])
			progress_line(p, "  hint: %s", c->hint);
	}
}

static const char *state_word(enum check_state state)
{
	return state == CHECK_OK ? "ok" : state == CHECK_PROBLEM ? "problem" : "unknown";
}

int provision_print_checks(const struct cli *cli, const struct provision_result *r, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_object_object_add(o, "ok", json_object_new_boolean(r->problems == 0));
	json_object_object_add(o, "checks", list);
	for (size_t i = 0; i < r->check_count; i++) {
		const struct provision_check *c = &r->checks[i];
		struct json_object *one = json_object_new_object();

		json_put_text(one, "check", c->name);
		json_put_text(one, "state", state_word(c->state));
		json_put_text(one, "what", c->what);
		json_put_text(one, "hint", c->hint[0] ? c->hint : NULL);
		json_object_array_add(list, one);
		if (cli->s.json)
			continue;
		output_line("%-8s %-10s %s", state_word(c->state), c->name, c->what);
		if (c->hint[0])
			output_line("%-19s hint: %s", "", c->hint);
	}
	return cli->s.json ? output_json(o, err) : 0;
}

/* --- the summary ---------------------------------------------------------------------------- */

static void put_number(struct json_object *o, const char *key, size_t n)
{
	json_object_object_add(o, key, json_object_new_int64((int64_t)n));
}

static struct json_object *upload_json(const struct upload_progress *u)
{
	struct json_object *o = json_object_new_object();

	put_number(o, "files", u->files);
	put_number(o, "uploaded", u->done);
	put_number(o, "skipped", u->skipped);
	put_number(o, "failed", u->failed);
	return o;
}

static struct json_object *hit_json(const struct provision_config *c,
				    const struct provision_outcome *out)
{
	struct json_object *o = json_object_new_object(), *first = NULL;

	json_put_text(o, "query", c->query);
	put_number(o, "hits", out->hits);
	if (out->hits > 0) {
		first = json_object_new_object();
		json_object_object_add(first, "score", json_object_new_double(out->hit_score));
		json_put_text(first, "key", out->hit_key);
		json_put_text(first, "text", out->hit_text);
	}
	json_object_object_add(o, "first", first);
	return o;
}

static struct json_object *instance_json(const struct provision_config *c,
					 const struct provision_result *r, size_t i)
{
	const struct provision_instance *what = &c->instances[i];
	const struct provision_outcome *out = &r->outcome[i];
	struct json_object *o = json_object_new_object();

	json_put_text(o, "id", what->id);
	json_put_text(o, "type", what->type ? what->type : "builtin");
	json_put_text(o, "source", what->source);
	json_object_object_add(o, "created", json_object_new_boolean(out->made));
	json_object_object_add(o, "finished", json_object_new_boolean(out->finished));
	if (c->wait)
		json_put_stats(o, "stats", &out->stats);
	else
		json_object_object_add(o, "stats", NULL);
	json_object_object_add(o, "upload", c->upload ? upload_json(&out->upload) : NULL);
	json_object_object_add(o, "answer", c->query ? hit_json(c, out) : NULL);
	return o;
}

static int summary_json(const struct cli *cli, const struct provision_config *c,
			const struct provision_result *r, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();
	struct json_object *list = json_object_new_array();

	json_put_text(o, "account", cli->account);
	json_put_text(o, "namespace", cli->s.namespace);
	json_put_text(o, "manager_token_id", r->manager_id[0] ? r->manager_id : NULL);
	json_put_text(o, "service", c->service);
	json_put_text(o, "api_token_id", r->api_token_id);
	json_put_text(o, "credential_id", r->credential_id);
	json_object_object_add(o, "waited", json_object_new_boolean(c->wait));
	json_object_object_add(o, "finished", json_object_new_boolean(r->finished));
	json_object_object_add(o, "instances", list);
	for (size_t i = 0; i < c->instance_count; i++)
		json_object_array_add(list, instance_json(c, r, i));
	return output_json(o, err);
}

/* The beginning of a chunk on one line; output_line() escapes what is left. */
static void print_text(const char *text)
{
	char line[SNIPPET + 1];
	size_t used = 0;

	for (; *text && used < SNIPPET; text++) {
		bool blank = strchr(" \t\r\n\v\f", *text) != NULL;

		if (!blank)
			line[used++] = *text;
		else if (used > 0 && line[used - 1] != ' ')
			line[used++] = ' ';
	}
	if (*text)	/* do not leave half a character */
		while (used > 0 && ((unsigned char)line[used - 1] & 0xc0) == 0x80)
			used--;
	if (*text && used > 0 && (unsigned char)line[used - 1] >= 0xc0)
		used--;
	while (used > 0 && line[used - 1] == ' ')
		used--;
	line[used] = '\0';
	output_line("            %s", line);
}

static void print_instance(const struct cli *cli, const struct provision_config *c,
			   const struct provision_result *r, size_t i)
{
	const struct provision_instance *what = &c->instances[i];
	const struct provision_outcome *out = &r->outcome[i];

	output_line("instance    %s (namespace %s)", what->id, cli->s.namespace);
	if (what->type)
		output_line("source      %s %s", what->type, what->source);
	else
		output_line("source      built-in storage");
	if (c->upload)
		output_line("uploaded    %zu of %zu files, %zu there already, %zu failed",
			    out->upload.done,
			    out->upload.files, out->upload.skipped, out->upload.failed);
	if (!c->wait)
		output_line("indexing    not waited for: aisearch status --wait %s", what->id);
	else if (out->finished)
		output_line("indexing    finished: %lld indexed, %lld skipped, %lld with errors",
			    (long long)out->stats.completed.value, (long long)out->stats.skipped.value,
			    (long long)out->stats.error.value);
	if (c->query && out->hits == 0)
		output_line("answer      nothing was found for '%s'", c->query);
	if (c->query && out->hits > 0) {
		output_line("answer      %.3f  %s", out->hit_score,
			    out->hit_key ? out->hit_key : "-");
		print_text(out->hit_text ? out->hit_text : "");
	}
}

int provision_print_summary(const struct cli *cli, const struct provision_config *c,
			    const struct provision_result *r, struct err *err)
{
	if (cli->s.json)
		return summary_json(cli, c, r, err);
	for (size_t i = 0; i < c->instance_count; i++)
		print_instance(cli, c, r, i);
	output_line("credential  %s", r->credential_id);
	output_line("API token   %s (its value is in the vault as service:%s)", r->api_token_id,
		    c->service);
	return 0;
}
