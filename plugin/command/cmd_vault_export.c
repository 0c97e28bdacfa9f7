/* SPDX-License-Identifier: MIT */
/* cmd_vault_export.c -- entries out of a vault. */
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/utf8.h"
#include "command.h"
#include "output.h"
#include "prompt.h"
#include "vault/check.h"
#include "vault/passphrase.h"
#include "vault_export.h"

struct export {
	struct buf lines;
	int count, rejected, damaged;
};

static void add_bytes(struct buf *out, const char *key, const char *bytes, size_t len)
{
	if (utf8_valid(bytes, len)) {
		buf_addf(out, ",\"%s\":", key);
		buf_add_json(out, bytes, len);
		return;
	}
	size_t size = sodium_base64_ENCODED_LEN(len, sodium_base64_VARIANT_ORIGINAL);
	scoped_free char *encoded = malloc(size);
	if (!encoded) {
		out->failed = true;
		return;
	}
	sodium_bin2base64(encoded, size, (const unsigned char *)bytes, len,
			  sodium_base64_VARIANT_ORIGINAL);
	buf_addf(out, ",\"%s_base64\":\"", key);
	buf_adds(out, encoded);
	buf_adds(out, "\"");
	secret_wipe(encoded, size);
}

static void add_text(struct buf *out, const char *key, const char *text)
{
	if (text)
		add_bytes(out, key, text, strlen(text));
}

static void add_secret(struct buf *out, const char *key, const struct secret *secret)
{
	if (secret)
		add_bytes(out, key, secret_bytes(secret), secret_len(secret));
}

static int export_one(void *ctx, const struct vault_item *item, const struct err *why)
{
	struct export *e = ctx;
	struct buf *out = &e->lines;

	if (item->state == VAULT_REJECTED) {
		e->rejected++;
		return 0;
	}
	if (why) {
		e->damaged++;
		return 0;
	}
	e->count++;
	buf_addf(out, "{\"state\":\"%s\"", item->state == VAULT_PENDING ? "pending" : "active");
	add_text(out, "protocol", item->protocol);
	add_text(out, "host", item->host);
	add_text(out, "path", item->path);
	add_text(out, "username", item->username);
	add_secret(out, "password", item->secret);
	add_text(out, "authtype", item->authtype);
	add_secret(out, "bearer", item->bearer);
	add_secret(out, "refresh", item->refresh);
	add_text(out, "token_id", item->token_id);
	add_text(out, "label", item->label);
	add_text(out, "origin", item->origin);
	buf_addf(out, ",\"expires_at\":%lld,\"stored_at\":%lld}\n", (long long)item->expires_at,
		 (long long)item->stored_at);
	return 0;
}

/* Before anything is asked or read: where would it go? */
static int check_output(const struct cli *cli, struct err *err)
{
	struct stat st;

	if (cli->s.output)
		return 0;
	if (cli->s.json) {
		err_set(err, ERR_USAGE, "the export itself goes to stdout: no JSON beside it");
		return err_hint(err, "add --output FILE");
	}
	if (isatty(STDOUT_FILENO)) {
		err_set(err, ERR_USAGE, "an export is not written to a terminal");
		return err_hint(err, "add --output FILE");
	}
	if (cli->s.plain && fstat(STDOUT_FILENO, &st) == 0 && S_ISREG(st.st_mode) &&
	    (st.st_mode & 077)) {
		err_set(err, ERR_CONFIG, "others may read the file that the secrets would go to");
		return err_hint(err, "add --output FILE, or chmod 600 it first");
	}
	return 0;
}

static int put_export(const struct cli *cli, const struct buf *bytes, struct err *err)
{
	if (!cli->s.output)
		return output_secret(STDOUT_FILENO, bytes->data, bytes->len, err);
	if (file_create(cli->s.output, bytes->data, bytes->len, err) == 0)
		return 0;
	return err->kind == ERR_EXISTS ? err_hint(err, "choose another name, or remove it") : -1;
}

/* What is damaged so that nothing else opens it is read as far as that goes. */
static int open_somehow(struct cli *cli, struct vault **salvaged, struct vault **out, struct err *err)
{
	struct vault_config config;
	struct err why = { 0 };

	if (cli_vault(cli, true, out, err) == 0)
		return 0;
	if (err->kind != ERR_STORAGE || cli_vault_config(cli, true, &config, &why) < 0)
		return -1;
	config.salvage = true;
	if (vault_open(&config, salvaged, &why) < 0)
		return -1;
	fprintf(stderr, "warning: %s\n", err->what);
	*out = *salvaged;
	return 0;
}

static int tell(const struct export *e, const struct vault_gaps *gaps, struct err *err)
{
	scoped_json struct json_object *o = json_object_new_object();
	int64_t lost = (int64_t)e->damaged + (int64_t)gaps->lost;

	json_object_object_add(o, "exported", json_object_new_int(e->count));
	json_object_object_add(o, "rejected", json_object_new_int(e->rejected));
	json_object_object_add(o, "damaged", json_object_new_int64(lost));
	json_object_object_add(o, "complete", json_object_new_boolean(!lost && !gaps->cut_short));
	return output_json(o, err);
}

static int export(struct cli *cli, int n, char **args, struct err *err)
{
	SCOPED(buf_clear) struct buf sealed = BUF(EXPORT_MAX + 256);
	scoped_secret struct secret *passphrase = NULL;
	struct export e = { .lines = BUF(EXPORT_MAX) };
	scoped_vault struct vault *salvaged = NULL;
	struct vault_gaps gaps = { 0 };
	struct vault *vault;
	int r = -1;

	(void)n, (void)args;
	if (check_output(cli, err) < 0 || open_somehow(cli, &salvaged, &vault, err) < 0)
		return -1;
	if (!cli->s.plain && (prompt_passphrase("the export", true, &passphrase, err) < 0 ||
			      passphrase_check(passphrase, err) < 0))
		return -1;
	buf_adds(&e.lines, EXPORT_FIRST);
	if (vault_walk(vault, export_one, &e, &gaps, err) < 0)
		;
	else if (e.lines.failed)
		err_set(err, ERR_STORAGE, "the export is larger than %d MiB", EXPORT_MAX >> 20);
	else if (cli->s.plain)
		r = put_export(cli, &e.lines, err);
	else if (buf_adds(&sealed, EXPORT_MAGIC) < 0)
		err_nomem(err);
	else if (passphrase_seal(passphrase, EXPORT_PURPOSE, e.lines.data, e.lines.len, &sealed, err) == 0)
		r = put_export(cli, &sealed, err);
	buf_clear(&e.lines);
	if (r < 0)
		return -1;
	int code = e.damaged || gaps.cut_short || salvaged ? EXIT_WITH_ERRORS : EXIT_DONE;
	if (cli->s.json)
		return tell(&e, &gaps, err) < 0 ? -1 : code;
	fprintf(stderr, "%d entr%s exported\n", e.count, e.count == 1 ? "y" : "ies");
	if (e.rejected)
		fprintf(stderr, "%d rejected one%s left out; to keep one: aisearch vault restore\n",
			e.rejected, e.rejected == 1 ? " was" : "s were");
	if (e.damaged || gaps.cut_short)
		fprintf(stderr, "%s%lld that do not open were left out\n", gaps.counted ? "" : "at least ",
			(long long)(e.damaged + gaps.lost));
	return code;
}

static const struct option export_options[] = {
	{ "output", 'o', OPTION_TEXT, "FILE", "a new file, mode 0600; else stdout", OPTION_TO(output), 0,
	  0 },
	{ "plain", 0, OPTION_FLAG, NULL, "in the clear, without a passphrase", OPTION_TO(plain), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_export = {
	.name = "vault export",
	.args = "",
	.summary = "write out all entries, sealed under a passphrase, or plain",
	.details = "All entries that can be handed out, and intents: JSON, a line for each, sealed\n"
		   "under a passphrase that is asked for, or with --plain in the clear.  Rejected ones\n"
		   "are left out, and so are those that do not open; then exit 4.  Of a damaged file it\n"
		   "is what can be read, and the others are counted.\n\n"
		   "FILE must be new and gets mode 0600.  Without it the export goes to the standard\n"
		   "output, when that is no terminal and, for a plain one, no file that others may\n"
		   "read.  With both --output and --json an object tells how many were exported, rejected\n"
		   "(left out) and damaged, at least, and whether that is complete.",
	.options = export_options,
	.local = true,
	.hushed = true,
	.run = export,
};
