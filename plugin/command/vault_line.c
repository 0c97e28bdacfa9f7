/* SPDX-License-Identifier: MIT */
#include "vault_line.h"

#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cloudflare/json.h"

void vault_line_clear(struct vault_line *e)
{
	char **const texts[] = { &e->protocol, &e->host, &e->path, &e->username, &e->authtype,
				 &e->token_id, &e->label, &e->origin };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	secret_free(e->password);
	secret_free(e->bearer);
	secret_free(e->refresh);
}

static int from_base64(const struct secret *text, const char *key, struct secret **out,
		       struct err *err)
{
	scoped_secret struct secret *room = NULL;
	unsigned char *bytes;
	size_t len = 0;

	if (secret_alloc(secret_len(text), &room, &bytes, err) < 0)
		return -1;
	if (sodium_base642bin(bytes, secret_len(text), secret_bytes(text), secret_len(text),
			      NULL, &len, NULL, sodium_base64_VARIANT_ORIGINAL) < 0)
		return err_set(err, ERR_INPUT, "'%s_base64' is not base64", key);
	return secret_new(bytes, len, out, err);
}

/* json-c's copy is wiped. */
static int take_string(struct json_object *value, const char *key, struct secret **out,
		       struct err *err)
{
	if (!json_object_is_type(value, json_type_string))
		return err_set(err, ERR_INPUT, "'%s' is no text", key);
	char *text = (char *)json_object_get_string(value);
	size_t len = (size_t)json_object_get_string_len(value);
	int r = len <= SECRET_MAX ? secret_new(text, len, out, err) :
		err_set(err, ERR_INPUT, "'%s' is longer than %d bytes", key, SECRET_MAX);

	secret_wipe(text, len);
	return r;
}

static int take_secret(struct json_object *o, const char *key, struct secret **out, struct err *err)
{
	scoped_secret struct secret *encoded = NULL;
	struct json_object *value;
	char name[32];

	if (json_object_object_get_ex(o, key, &value) && value)
		return take_string(value, key, out, err);
	snprintf(name, sizeof(name), "%s_base64", key);
	if (!json_object_object_get_ex(o, name, &value) || !value)
		return 0;
	return take_string(value, name, &encoded, err) < 0 ? -1 : from_base64(encoded, key, out, err);
}

static int take_text(struct json_object *o, const char *key, char **out, struct err *err)
{
	scoped_secret struct secret *value = NULL;

	if (take_secret(o, key, &value, err) < 0)
		return -1;
	if (!value)
		return 0;
	if (memchr(secret_bytes(value), '\0', secret_len(value)))
		return err_set(err, ERR_INPUT, "'%s' holds a NUL byte", key);
	*out = strdup(secret_bytes(value));
	return *out ? 0 : err_nomem(err);
}

static int take_time(struct json_object *o, const char *key, int64_t *out, struct err *err)
{
	struct count count = { 0 };

	if (json_get_count(o, key, &count, err) < 0)
		return -1;
	*out = count.known ? count.value : 0;
	return 0;
}

static int take_entry(struct json_object *o, struct vault_line *e, struct err *err)
{
	const char *state = NULL;

	if (json_get_text(o, "state", &state, err) < 0 ||
	    take_text(o, "protocol", &e->protocol, err) < 0 ||
	    take_text(o, "host", &e->host, err) < 0 ||
	    take_text(o, "path", &e->path, err) < 0 ||
	    take_text(o, "username", &e->username, err) < 0 ||
	    take_text(o, "authtype", &e->authtype, err) < 0 ||
	    take_text(o, "token_id", &e->token_id, err) < 0 ||
	    take_text(o, "label", &e->label, err) < 0 ||
	    take_text(o, "origin", &e->origin, err) < 0 ||
	    take_secret(o, "password", &e->password, err) < 0 ||
	    take_secret(o, "bearer", &e->bearer, err) < 0 ||
	    take_secret(o, "refresh", &e->refresh, err) < 0 ||
	    take_time(o, "expires_at", &e->expires_at, err) < 0 ||
	    take_time(o, "stored_at", &e->stored_at, err) < 0)
		return -1;
	if (state && strcmp(state, "active") && strcmp(state, "pending"))
		return err_set(err, ERR_INPUT, "'state' is neither active nor pending");
	e->pending = state && !strcmp(state, "pending");
	return 0;
}

/* What other doors refuse is not let in here either. */
static int check_entry(const struct vault_line *e, struct err *err)
{
	const char *const texts[] = { e->protocol, e->host, e->path, e->username, e->authtype,
				      e->token_id, e->label, e->origin };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (const char *c = texts[i] ? texts[i] : ""; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return err_set(err, ERR_INPUT, "it has a control character");
	if (!e->protocol || !e->protocol[0])
		return err_set(err, ERR_INPUT, "it needs a protocol");
	/* a client certificate has its path alone */
	if (!e->host || (!e->host[0] && (strcmp(e->protocol, "cert") || !e->path)))
		return err_set(err, ERR_INPUT, "it needs a host");
	return 0;
}

int vault_line_read(const char *text, size_t len, bool first, struct vault_line *out,
		    struct err *err)
{
	scoped_json struct json_object *o = NULL;
	struct json_object *version;

	if (!json_has_whole_escapes(text, len))
		return err_set(err, ERR_INPUT, "it has half a surrogate pair");
	if (json_parse(text, len, &o, err) < 0 || !json_object_is_type(o, json_type_object))
		return err_set(err, ERR_INPUT, "it is not one JSON object");
	if (first)
		return json_object_object_get_ex(o, "aisearch_vault_export", &version) &&
		       json_object_get_int(version) == 1 ? 0 :
		       err_set(err, ERR_INPUT, "this is no export that this program knows");
	if (take_entry(o, out, err) == 0)
		return check_entry(out, err);
	if (err->kind == ERR_PROTOCOL)
		err->kind = ERR_INPUT;
	return -1;
}
