/* SPDX-License-Identifier: MIT */
/*
 * docker's credential helper protocol.  What its clients compare with is said on standard
 * output, exit 1.
 *
 * A server is stored as protocol, host, path (if its URL has one) and user name; its spelling
 * goes to the label, which is what `list` shows.
 */
#include <stdio.h>
#include <string.h>

#include "entry.h"
#include "request.h"

#define PROGRAM "docker-credential-aisearch"

#define NOT_FOUND "credentials not found in native keychain"
#define NO_SERVER "no credentials server URL"
#define NO_USER "no credentials username"

static int say(const struct door *door, const char *line, int code, struct err *err)
{
	scoped_buf struct buf answer = BUF(1024);

	buf_adds(&answer, line);
	buf_adds(&answer, "\n");
	return door_answer(door, &answer, err) < 0 ? -1 : code;
}

/* The public registry has several names; docker itself uses the last of them. */
static bool is_hub(const struct server *s)
{
	static const char *const names[] = { "docker.io", "registry-1.docker.io",
					     "index.docker.io" };

	if (strcmp(s->protocol, "https") || (s->path && strcmp(s->path, "v1")))
		return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (!strcmp(s->host, names[i]))
			return true;
	return false;
}

static int map(const char *url, size_t len, struct server *out, struct err *err)
{
	scoped_server struct server s = { 0 };

	if (server_parse(url, len, SERVER_SCHEME_OPTIONAL, &s, err) < 0)
		return -1;
	if (is_hub(&s)) {
		server_clear(&s);
		s.host = strdup("index.docker.io");
		s.path = strdup("v1");
		if (!s.host || !s.path)
			return err_nomem(err);
	}
	*out = (struct server){ s.protocol, STEAL(s.host), STEAL(s.path) };
	return 0;
}

static size_t trim(const char **text, size_t len)
{
	static const char blanks[] = " \t\r\n\v\f";

	while (len > 0 && strchr(blanks, (*text)[len - 1]))
		len--;
	while (len > 0 && strchr(blanks, **text))
		(*text)++, len--;
	return len;
}

/* 1 when the server was given, 0 when it is missing: the protocol has a sentence for that. */
static int read_server(const struct door *door, char **url, struct server *out, struct err *err)
{
	scoped_buf struct buf in = BUF(REQUEST_MAX);

	if (request_read(door->in, &in, err) < 0)
		return -1;
	const char *text = in.data;
	size_t len = trim(&text, in.len);
	if (len == 0)
		return 0;
	*url = strndup(text, len);
	if (!*url)
		return err_nomem(err);
	return map(*url, len, out, err) < 0 ? -1 : 1;
}

static int get(const struct door *door, struct err *err)
{
	scoped_free char *url = NULL;
	scoped_server struct server server = { 0 };
	scoped_entry struct entry e = { 0 };
	scoped_buf struct buf answer = BUF(ENTRY_ANSWER_MAX);

	int r = read_server(door, &url, &server, err);
	if (r <= 0)
		return r < 0 ? -1 : say(door, NO_SERVER, 1, err);
	const struct vault_id query = server_query(&server, NULL);
	if (entry_find(door, &query, 0, &e, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		if (!e.vault)
			door_no_vault(door, err);
		return say(door, NOT_FOUND, 1, err);
	}
	if (!e.item->secret)
		return say(door, NOT_FOUND, 1, err);
	if (!e.item->username)
		return say(door, NO_USER, 1, err);
	if (entry_add_text(&answer, "{\"ServerURL\":", url, err) < 0 ||
	    entry_add_text(&answer, ",\"Username\":", e.item->username, err) < 0 ||
	    entry_add_secret(&answer, ",\"Secret\":", e.item->secret, err) < 0)
		return -1;
	buf_adds(&answer, "}\n");
	return entry_answer(door, &e, &answer, err);
}

struct login {			/* login_clear() */
	char *url, *username;
	struct secret *secret;
};

static void login_clear(struct login *l)
{
	free(l->url);
	free(l->username);
	secret_free(l->secret);
}
#define scoped_login SCOPED(login_clear)

static int read_login(const struct door *door, struct login *l, struct err *err)
{
	scoped_buf struct buf in = BUF(REQUEST_MAX);
	const struct request_member members[] = {
		{ .name = "ServerURL", .text = &l->url },
		{ .name = "Username", .text = &l->username },
		{ .name = "Secret", .secret = &l->secret },
	};

	if (request_read(door->in, &in, err) < 0)
		return -1;
	return request_decode(&in, members, sizeof(members) / sizeof(members[0]), REQUEST_ANY_CASE,
			      err);
}

static int store_login(const struct door *door, const struct login *l, const char *url,
		       const struct server *server, struct err *err)
{
	const struct vault_id id = { server->protocol, server->host, server->path, l->username };
	const struct vault_meta meta = { .label = url, .origin = "docker" };
	const struct vault_value value = { .secret = l->secret };
	scoped_vault struct vault *vault = NULL;

	for (const char *s = l->username; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return err_set(err, ERR_INPUT,
				       "the user name contains a control character");
	if (!l->secret)
		return err_set(err, ERR_INPUT, "the request has no Secret");
	if (door_open(door, false, &vault, err) < 0)
		return -1;
	return door_put(door, vault, &id, &value, &meta, err);
}

static int store(const struct door *door, struct err *err)
{
	SCOPED(login_clear) struct login l = { 0 };
	scoped_server struct server server = { 0 };
	scoped_free char *url = NULL;

	if (read_login(door, &l, err) < 0)
		return err_context(err, "not stored");
	const char *text = l.url ? l.url : "";
	size_t len = trim(&text, strlen(text));
	if (len == 0)
		return say(door, NO_SERVER, 1, err);
	if (!l.username || !l.username[0])
		return say(door, NO_USER, 1, err);
	url = strndup(text, len);
	if (!url)
		return err_nomem(err);
	if (map(url, len, &server, err) < 0 || store_login(door, &l, url, &server, err) < 0)
		return err_context(err, "not stored");
	return 0;
}

static int erase(const struct door *door, struct err *err)
{
	scoped_free char *url = NULL;
	scoped_server struct server server = { 0 };

	int r = read_server(door, &url, &server, err);
	if (r <= 0)
		return r < 0 ? -1 : say(door, NO_SERVER, 1, err);
	const struct vault_id query = server_query(&server, NULL);
	return entry_reject(door, &query, err) < 0 ? err_context(err, "not erased") : 0;
}

struct listing {
	struct json_object *servers;	/* ServerURL -> user name */
	int64_t now;
	bool failed;
};

/* The oldest come first, so of several users of one server the newest stays. */
static int list_item(void *ctx, const struct vault_item *item)
{
	struct listing *l = ctx;

	if (item->state != VAULT_ACTIVE || !item->origin || strcmp(item->origin, "docker") ||
	    !item->label || !item->username || (item->expires_at > 0 && item->expires_at <= l->now))
		return 0;
	struct json_object *user = json_object_new_string(item->username);
	if (!user || json_object_object_add(l->servers, item->label, user) < 0) {
		json_object_put(user);
		l->failed = true;
		return 1;
	}
	return 0;
}

static int list(const struct door *door, struct err *err)
{
	scoped_vault struct vault *vault = NULL;
	scoped_json struct json_object *servers = json_object_new_object();
	scoped_buf struct buf answer = BUF(64 * 1024 * 1024);
	struct listing l = { servers, clock_wall_s(door->clock), servers == NULL };

	if (l.failed)
		return err_nomem(err);
	if (door_open(door, true, &vault, err) < 0) {
		if (err->kind != ERR_NOT_FOUND)
			return -1;
		door_no_vault(door, err);
	} else if (vault_list(vault, NULL, list_item, &l, err) < 0) {
		return -1;
	}
	const char *text = json_object_to_json_string_ext(servers, JSON_C_TO_STRING_PLAIN |
							  JSON_C_TO_STRING_NOSLASHESCAPE);
	if (l.failed || !text || buf_adds(&answer, text) < 0 || buf_adds(&answer, "\n") < 0)
		return err_nomem(err);
	return door_answer(door, &answer, err);
}

static int version(const struct door *door, struct err *err)
{
	return say(door, PROGRAM " (aisearch) " AISEARCH_VERSION, 0, err);
}

static int help(const struct door *door, struct err *err)
{
	return say(door, "usage: " PROGRAM " [--vault PATH] [--key-file PATH]"
		   " store|get|erase|list|version", 0, err);
}

static const struct operation {
	const char *name;
	int (*run)(const struct door *door, struct err *err);
} operations[] = {
	{ "store", store },
	{ "get", get },
	{ "erase", erase },
	{ "list", list },
	{ "version", version },
	{ "--version", version },
	{ "-v", version },
	{ "--help", help },
	{ "-h", help },
};

static int choose(const struct door *door, int count, char **words, struct err *err)
{
	if (door_no_mint(door, err) < 0) {
		err->kind = ERR_INPUT;	/* as below */
		return -1;
	}
	for (size_t i = 0; count == 1 && i < sizeof(operations) / sizeof(operations[0]); i++)
		if (!strcmp(operations[i].name, words[0]))
			return operations[i].run(door, err);
	/* not ERR_USAGE: every failure of this protocol is exit 1 */
	return err_set(err, ERR_INPUT, "one action is needed: store, get, erase, list or version");
}

static int run(const struct door *door, int count, char **words, struct err *err)
{
	int r = choose(door, count, words, err);
	struct err why = { 0 };

	/* the client shows what is on standard output, and main() tells the terminal the rest */
	if (r < 0)
		say(door, err->what, 1, &why);
	return r;
}

const struct protocol protocol_docker = {
	.name = "docker",
	.program = PROGRAM,
	.words = "store|get|erase|list|version\n",
	.run = run,
};
