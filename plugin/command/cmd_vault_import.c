/* SPDX-License-Identifier: MIT */
/* cmd_vault_import.c -- an export into a vault, line by line; what it says is hostile. */
#include <errno.h>
#include <fcntl.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "command.h"
#include "output.h"
#include "prompt.h"
#include "vault/passphrase.h"
#include "vault_export.h"

static int read_all(const char *path, struct buf *out, struct err *err)
{
	bool in = !strcmp(path, "-");
	scoped_fd int fd = in ? dup(STDIN_FILENO) : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	char chunk[16384];
	struct stat st;

	if (fd < 0)
		return err_errno(err, errno == ENOENT ? ERR_NOT_FOUND : ERR_STORAGE, errno,
				 "cannot open '%s'", path);
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot read '%s'", path);
		if (n == 0)
			break;
		int r = buf_add(out, chunk, (size_t)n);
		secret_wipe(chunk, (size_t)n);
		if (r < 0)
			return err_set(err, ERR_INPUT, "'%s' is larger than %d MiB", path,
				       EXPORT_MAX >> 20);
	}
	if (!in && out->len && out->data[0] == '{' && fstat(fd, &st) == 0 && (st.st_mode & 077))
		fprintf(stderr, "warning: others may read the secrets in that file (mode %04o)\n",
			(unsigned)(st.st_mode & 07777));
	return 0;
}

struct entry {			/* entry_free(); what an imported line says */
	char *protocol, *host, *path, *username, *authtype, *token_id, *label, *origin;
	struct secret *password, *bearer, *refresh;
	int64_t expires_at, stored_at;
	bool pending;
};

static void clear_line(struct entry *e)
{
	char **const texts[] = { &e->protocol, &e->host, &e->path, &e->username, &e->authtype,
				 &e->token_id, &e->label, &e->origin };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		free(*texts[i]);
	secret_free(e->password);
	secret_free(e->bearer);
	secret_free(e->refresh);
}

static int from_base64(const struct secret *text, const char *key, struct secret **out, struct err *err)
{
	scoped_secret struct secret *room = NULL;
	unsigned char *bytes;
	size_t len = 0;

	if (secret_alloc(secret_len(text), &room, &bytes, err) < 0)
		return -1;
	if (sodium_base642bin(bytes, secret_len(text), secret_bytes(text), secret_len(text), NULL, &len,
			      NULL, sodium_base64_VARIANT_ORIGINAL) < 0)
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

static int read_line(struct json_object *o, struct entry *e, struct err *err)
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

struct newer {
	const struct entry *entry;
	bool there;
};

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

static int look_newer(void *ctx, const struct vault_item *item)
{
	struct newer *n = ctx;
	/* a rejection since is news too: it would be undone */
	bool is_newer = item->state == VAULT_REJECTED ? item->rejected_at >= n->entry->stored_at
						      : item->stored_at > n->entry->stored_at;

	if (same(item->path, n->entry->path) && same(item->username, n->entry->username) && is_newer)
		n->there = true;
	return 0;
}

/* What other doors refuse is not let in here either. */
static int check_line(const struct entry *e, struct err *err)
{
	const char *const texts[] = { e->protocol, e->host, e->path, e->username, e->authtype,
				      e->token_id, e->label, e->origin };

	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		for (const char *c = texts[i] ? texts[i] : ""; *c; c++)
			if ((unsigned char)*c < ' ' || *c == 0x7f)
				return err_set(err, ERR_INPUT, "it has a control character");
	if (e->host && !e->host[0] && e->protocol && strcmp(e->protocol, "cert") != 0)
		return err_set(err, ERR_INPUT, "it has no host");
	return 0;
}

/* 1 when the vault has a newer one, which stays. */
static int put_line(struct vault *vault, const struct entry *e, struct err *err)
{
	const struct vault_id id = { e->protocol, e->host, e->path, e->username };
	const struct vault_value value = { e->password, e->bearer, e->authtype, e->refresh };
	const struct vault_meta meta = { e->token_id, e->label, e->origin, e->expires_at };
	const int64_t now = clock_wall_s(&clock_system);
	/* from a machine whose clock is ahead: the vault's own times go by this one */
	const int64_t at = e->stored_at && e->stored_at < now ? e->stored_at : now;
	struct newer newer = { e, false };

	if (check_line(e, err) < 0 || vault_list(vault, &id, look_newer, &newer, err) < 0)
		return -1;
	if (newer.there)
		return 1;
	if (!e->pending)
		return vault_put(vault, &id, &value, &meta, at, err);
	int r = vault_put_intent(vault, &id, &meta, at, err);
	return r < 0 && err->kind == ERR_EXISTS ? 0 : r;
}

static int import_lines(struct vault *vault, char *text, size_t len, int *count, int *kept,
			struct err *err)
{
	char *end = text + len;

	for (int line = 1; text < end; line++) {
		scoped_json struct json_object *o = NULL;
		SCOPED(clear_line) struct entry e = { 0 };
		struct json_object *version;
		char *stop = memchr(text, '\n', (size_t)(end - text));
		size_t size = (size_t)((stop ? stop : end) - text);
		int r = 0;

		if (!json_has_whole_escapes(text, size))
			r = err_set(err, ERR_INPUT, "it has half a surrogate pair");
		else if (json_parse(text, size, &o, err) < 0 || !json_object_is_type(o, json_type_object))
			r = err_set(err, ERR_INPUT, "it is not one JSON object");

		text += size + (stop ? 1 : 0);
		if (r == 0 && line == 1) {
			if (json_object_object_get_ex(o, "aisearch_vault_export", &version) &&
			    json_object_get_int(version) == 1)
				continue;
			r = err_set(err, ERR_INPUT, "this is no export that this program knows");
		}
		if (r == 0)
			r = read_line(o, &e, err);
		if (r == 0)
			r = put_line(vault, &e, err);
		if (r < 0) {
			if (err->kind == ERR_PROTOCOL)
				err->kind = ERR_INPUT;
			err_context(err, "line %d", line);
			return line == 1 ? -1 : err_hint(err, "those before it are in the vault; mended,"
							 " the same file can be imported again");
		}
		*count += 1;
		*kept += r;
	}
	return 0;
}

static int import(struct cli *cli, int n, char **args, struct err *err)
{
	SCOPED(buf_clear) struct buf file = BUF(EXPORT_MAX + 256);
	SCOPED(buf_clear) struct buf plain = BUF(EXPORT_MAX);
	scoped_secret struct secret *passphrase = NULL;
	struct buf *lines = &file;
	struct vault *vault;
	int count = 0, kept = 0;

	(void)n;
	if (read_all(args[0], &file, err) < 0)
		return -1;
	if (file.len >= sizeof(EXPORT_MAGIC) - 1 && !memcmp(file.data, EXPORT_MAGIC, sizeof(EXPORT_MAGIC) - 1)) {
		if (!strcmp(args[0], "-")) {
			err_set(err, ERR_USAGE, "a sealed export does not come from stdin");
			return err_hint(err, "name the file: stdin is where the passphrase comes from");
		}
		if (prompt_passphrase("the export", false, &passphrase, err) < 0 ||
		    passphrase_open(passphrase, EXPORT_PURPOSE, file.data + sizeof(EXPORT_MAGIC) - 1,
				    file.len - (sizeof(EXPORT_MAGIC) - 1), &plain, err) < 0)
			return -1;
		lines = &plain;
	}
	if (lines->len == 0)
		return err_set(err, ERR_INPUT, "'%s' is empty", args[0]);
	if (cli_vault(cli, false, &vault, err) < 0 ||
	    import_lines(vault, lines->data, lines->len, &count, &kept, err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_object_object_add(o, "imported", json_object_new_int(count - kept));
		json_object_object_add(o, "kept", json_object_new_int(kept));
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%d entries imported", count - kept);
	if (kept)
		output_line("%d left as they are: the vault has newer ones", kept);
	return EXIT_DONE;
}

const struct command cmd_vault_import = {
	.name = "vault import",
	.args = "FILE",
	.summary = "take in an export; doing it twice does no harm",
	.details = "An entry that the vault has in a newer state stays as it is, also one that was rejected since.\nAmong several matches an imported one counts as stored last.  FILE - is stdin.",
	.min_args = 1,
	.max_args = 1,
	.local = true,
	.run = import,
};
