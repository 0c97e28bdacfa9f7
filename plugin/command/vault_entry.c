/* SPDX-License-Identifier: MIT */
#include "vault_entry.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/utf8.h"
#include "output.h"

static int no_name(struct err *err)
{
	err_set(err, ERR_USAGE, "that names no entry");	/* it may be a token: not repeated */
	return err_hint(err, "a row as 12, or a URL as https://host/path with --user NAME;"
			" aisearch vault list");
}

int entry_parse(const struct cli *cli, const char *word, struct entry_name *out, struct err *err)
{
	*out = (struct entry_name){ 0 };
	if (!word)
		return 0;
	if (word[0] && !word[strspn(word, "0123456789")]) {
		errno = 0;
		out->row = strtoll(word, NULL, 10);
		return errno || out->row < 1 ? no_name(err) : 0;
	}
	out->text = strdup(word);
	if (!out->text)
		return err_nomem(err);
	char *host = strstr(out->text, "://");
	if (!host || host == out->text)
		return no_name(err);
	*host = '\0';
	host += 3;
	char *path = strchr(host, '/');
	if (path)
		*path++ = '\0';
	if (strchr(host, '@')) {
		err_set(err, ERR_USAGE, "the URL of an entry has no user in it");
		return err_hint(err, "give it with --user NAME");
	}
	out->id = (struct vault_id){ out->text, host, path && *path ? path : NULL, cli->s.user };
	return 0;
}

void entry_clear(struct entry_name *name)
{
	free(name->text);
}

const char *entry_state(const struct vault_item *item)
{
	if (item->state == VAULT_PENDING)
		return "pending";
	if (item->state == VAULT_REJECTED)
		return "rejected";
	return item->expires_at > 0 && item->expires_at <= clock_wall_s(&clock_system) ? "expired"
										       : "active";
}

char *entry_url(const struct vault_item *item)
{
	char *url;

	if (asprintf(&url, "%s://%s%s%s", item->protocol, item->host, item->path ? "/" : "",
		     item->path ? item->path : "") < 0)
		return NULL;
	return url;
}

static void put_time(struct json_object *o, const char *key, int64_t unix_s)
{
	json_put_instant(o, key, (struct instant){ .known = unix_s > 0, .unix_s = unix_s });
}

/* JSON is UTF-8: what is not stands beside it as in an export, so that it can be named. */
static void put_bytes(struct json_object *o, const char *key, const char *text)
{
	size_t len = text ? strlen(text) : 0;
	size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	scoped_free char *encoded = NULL;
	char name[32];

	json_put_text(o, key, text);
	if (utf8_valid(text ? text : "", len) || !(encoded = malloc(size)))
		return;
	sodium_bin2base64(encoded, size, (const unsigned char *)text, len,
			  sodium_base64_VARIANT_ORIGINAL);
	snprintf(name, sizeof(name), "%s_base64", key);
	json_put_text(o, name, encoded);
}

struct json_object *entry_json(const struct vault_item *item)
{
	struct json_object *o = json_object_new_object();

	json_object_object_add(o, "row", json_object_new_int64(item->row));
	json_put_text(o, "protocol", item->protocol);
	put_bytes(o, "host", item->host);
	put_bytes(o, "path", item->path);
	put_bytes(o, "username", item->username);
	json_put_text(o, "state", entry_state(item));
	json_put_text(o, "authtype", item->authtype);
	json_put_text(o, "token_id", item->token_id);
	json_put_text(o, "label", item->label);
	json_put_text(o, "origin", item->origin);
	put_time(o, "expires", item->expires_at);
	put_time(o, "created", item->created_at);
	put_time(o, "stored", item->stored_at);
	put_time(o, "used", item->used_at);
	put_time(o, "rejected", item->state == VAULT_REJECTED ? item->rejected_at : 0);
	return o;
}
