/* SPDX-License-Identifier: MIT */
/*
 * cmd_show.c -- one token: what the API says, who uses it, where the vault has it; never
 * a value.
 */
#include <stdio.h>
#include <string.h>

#include "output.h"
#include "token_words.h"

struct shown {
	char id[33];
	struct json_object *token;	/* the API's object, or NULL */
	enum token_owner owner;
	struct token_users users;	/* .registrations NULL = not asked */
	struct json_object *vault;	/* [{role, state}] */
};

static void cleanup_shown(struct shown *s)
{
	json_object_put(s->token);
	json_object_put(s->vault);
	token_users_clear(&s->users);
}

static int look_in_vault(struct cli *cli, struct shown *s, struct err *err)
{
	scoped_roles struct token_roles roles = {0};

	s->vault = json_object_new_array();
	if (token_roles(cli, true, &roles, err) < 0)
		return -1;
	for (size_t i = 0; i < roles.count; i++) {
		struct token_kept kept = roles.one[i].kept;
		struct json_object *o;

		if (strcmp(roles.one[i].id, s->id))
			continue;
		kept.rotating = false;	/* told on its own */
		o = json_object_new_object();
		json_put_text(o, "role", roles.one[i].name);
		json_put_text(o, "state", token_state_kept(&kept, clock_wall_s(&clock_system)));
		json_object_object_add(o, "rotating",
				       json_object_new_boolean(roles.one[i].kept.rotating));
		json_object_array_add(s->vault, o);
	}
	return 0;
}

static const char *text_of(struct json_object *o, const char *key)
{
	struct err ignored = {0};
	const char *text = NULL;

	json_get_text(o, key, &text, &ignored);
	return text ? text : "-";
}

/* "a, b" of a list of texts, or of one member of a list of objects. */
static void line_list(const char *head, struct json_object *list, const char *key, const char *none)
{
	scoped_buf struct buf line = BUF(65536);

	for (size_t i = 0; list && i < json_object_array_length(list); i++) {
		struct json_object *one = json_object_array_get_idx(list, i);

		buf_addf(&line, "%s%s",
			 i ? ", " : "", key ? text_of(one, key) : json_object_get_string(one));
	}
	output_line("%-14s %s", head, line.len ? line.data : none);
}

static void line_ips(const char *head, struct json_object *token, const char *key)
{
	struct json_object *condition = NULL, *ip = NULL, *list = NULL;
	struct err ignored = {0};

	if (json_get_object(token, "condition", &condition, &ignored) < 0 || !condition ||
	    json_get_object(condition, "request_ip", &ip, &ignored) < 0 || !ip ||
	    json_get_array(ip, key, &list, &ignored) < 0 || !list)
		return;
	line_list(head, list, NULL, "-");
}

static void line_resources(struct json_object *token)
{
	scoped_json struct json_object *names = json_object_new_array();
	struct json_object *policies = NULL, *resources;
	struct err ignored = {0};

	json_get_array(token, "policies", &policies, &ignored);
	for (size_t i = 0; policies && i < json_object_array_length(policies); i++) {
		resources = NULL;
		json_get_object(json_object_array_get_idx(policies, i), "resources",
				&resources, &ignored);
		if (!resources)
			continue;
		json_object_object_foreach(resources, name, value) {
			(void)value;
			json_object_array_add(names, json_object_new_string(name));
		}
	}
	line_list("resources", names, NULL, "-");
}

static void print(const struct shown *s)
{
	output_line("%-14s %s", "id", s->id);
	if (s->token) {
		scoped_json struct json_object *permissions = token_permissions_json(s->token);
		output_line("%-14s %s", "name", text_of(s->token, "name"));
		output_line("%-14s %s", "owner", token_owner_name(s->owner));
		output_line("%-14s %s", "status", text_of(s->token, "status"));
		output_line("%-14s %s", "issued", text_of(s->token, "issued_on"));
		output_line("%-14s %s", "expires", text_of(s->token, "expires_on"));
		output_line("%-14s %s", "last used", text_of(s->token, "last_used_on"));
		line_list("permissions", permissions, NULL, "-");
		line_resources(s->token);
		line_ips("only from", s->token, "in");
		line_ips("not from", s->token, "not_in");
	}
	line_list("in the vault", s->vault, "role", "no");
	if (s->users.registrations) {
		line_list("registered as", s->users.registrations, "id", "no");
		line_list("used by", s->users.instances, NULL, "no instance");
	}
}

static int print_json(const struct shown *s, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();

	json_put_text(o, "id", s->id);
	json_put_text(o, "owner", s->token ? token_owner_name(s->owner) : NULL);
	json_object_object_add(o, "token", json_object_get(s->token));
	json_object_object_add(o, "vault", json_object_get(s->vault));
	json_object_object_add(o, "registrations", json_object_get(s->users.registrations));
	json_object_object_add(o, "instances", json_object_get(s->users.instances));
	return output_json(o, err);
}

static int ask(struct client *creator, struct client *manager, struct shown *s, struct err *err)
{
	bool known;

	if (creator && token_get_any(creator, &s->owner, s->id, &s->token, err) < 0 &&
	    err->kind != ERR_NOT_FOUND && err->kind != ERR_AUTH && err->kind != ERR_FORBIDDEN)
		return -1;
	if (manager && token_users(manager, s->id, &s->users, err) < 0) {
		if (err->kind != ERR_AUTH && err->kind != ERR_FORBIDDEN)
			return -1;
		token_users_clear(&s->users);
		output_note("who uses it is left out: %s", err->what);
	}
	known = s->token || json_object_array_length(s->vault) > 0 ||
		(s->users.registrations && json_object_array_length(s->users.registrations) > 0);
	if (known)
		return 0;
	err_set(err, ERR_NOT_FOUND, "neither the API nor the vault tells of token %s", s->id);
	return err_hint(err, "aisearch token list");
}

static int run(struct cli *cli, int n, char **args, struct err *err)
{
	SCOPED(cleanup_shown) struct shown s = {0};
	scoped_secret struct secret *creator_token = NULL, *manager_token = NULL;
	scoped_client struct client *creator = NULL, *manager = NULL;

	(void)n;
	if (cli_account(cli, err) < 0)
		return -1;
	/* with less tokens less is told */
	if (token_creator(cli, &creator_token, &creator, err) < 0 && err->kind != ERR_CONFIG)
		return -1;
	if (cli_manager(cli, &manager_token, &manager, err) < 0 && err->kind != ERR_CONFIG)
		return -1;
	if (token_resolve(cli, creator, manager, args[0], s.id, err) < 0 ||
	    look_in_vault(cli, &s, err) < 0 || ask(creator, manager, &s, err) < 0)
		return -1;
	if (cli->s.json)
		return print_json(&s, err) < 0 ? -1 : EXIT_DONE;
	print(&s);
	if (!creator)
		fprintf(stderr, "what the API knows is left out: there is no creator token\n");
	if (!manager)
		fprintf(stderr, "who uses it is left out: there is no manager token\n");
	return EXIT_DONE;
}

const struct command cmd_token_show = {
	.name = "token show",
	.args = "ID | NAME | ROLE",
	.summary = "print what is known of a token: permissions, end, and who uses it",
	.details = "ID is the API token's or its registration's, NAME what the API calls it, ROLE creator,\n"
		   "manager or service:NAME.  No value is ever shown.",
	.examples = "aisearch token show service:default\n",
	.min_args = 1,
	.max_args = 1,
	.hushed = true,
	.run = run,
};
