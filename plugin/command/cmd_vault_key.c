/* SPDX-License-Identifier: MIT */
/* cmd_vault_key.c -- the vault's key: unlock, lock, passphrase, rekey. */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "command.h"
#include "output.h"
#include "prompt.h"
#include "vault/keyring.h"
#include "vault/keys.h"
#include "vault/passphrase.h"

#define FOR_DEFAULT_S (8 * 3600)
#define FOR_MAX_S (30 * 86400)

/* "90s", "15m", "8h", "2d"; seconds when there is no letter. */
static int parse_duration(const char *text, int64_t *out, struct err *err)
{
	static const struct { char letter; int64_t seconds; } units[] = {
		{ 's', 1 }, { 'm', 60 }, { 'h', 3600 }, { 'd', 86400 }, { '\0', 1 },
	};
	char *end;

	*out = FOR_DEFAULT_S;
	if (!text)
		return 0;
	errno = 0;
	long long n = strtoll(text, &end, 10);
	if (isdigit((unsigned char)*text) && !errno && n >= 1 && n <= FOR_MAX_S)
		for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
			if (*end == units[i].letter && (!*end || !end[1]) &&
			    n * units[i].seconds <= FOR_MAX_S) {
				*out = n * units[i].seconds;
				return 0;
			}
	err_set(err, ERR_USAGE, "--for: '%.40s' is not a time", text);
	return err_hint(err, "as 90s, 15m, 8h or 2d; at most 30d");
}

/* What there is to know without a key. */
static int look(struct cli *cli, bool read_only, struct vault_config *config, struct vault **vault,
		struct vault_keys *keys, struct err *err)
{
	if (cli_vault_config(cli, read_only, config, err) < 0)
		return -1;
	struct vault_config keyless = *config;
	keyless.read_only = keyless.keyless = true;
	return vault_open(&keyless, vault, err) < 0 ? -1 : vault_keys(*vault, keys, err);
}

static int open_with_passphrase(const struct vault_config *config, struct secret **passphrase,
				struct vault **out, struct err *err)
{
	if (prompt_passphrase("the vault", false, passphrase, err) < 0)
		return -1;
	return vault_open_passphrase(config, *passphrase, out, err);
}

static int unlock(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_vault struct vault *looked = NULL;
	scoped_vault struct vault *vault = NULL;
	scoped_secret struct secret *passphrase = NULL;
	struct vault_config config;
	struct vault_keys keys;
	char until[RFC3339_SIZE];
	int64_t seconds;

	(void)n, (void)args;
	if (parse_duration(cli->s.duration, &seconds, err) < 0 ||
	    look(cli, true, &config, &looked, &keys, err) < 0)
		return -1;
	if (!keys.passphrase) {
		err_set(err, ERR_CONFIG, "the vault has no passphrase: there is nothing to unlock");
		return err_hint(err, "its key is in '%s'; to set one: aisearch vault passphrase",
				keys.key_file);
	}
	/* before anything is typed in vain */
	if (keyring_usable(err) < 0 ||
	    open_with_passphrase(&config, &passphrase, &vault, err) < 0)
		return -1;
	int64_t now = clock_wall_s(&clock_system);
	if (vault_unlock(vault, seconds, now, err) < 0)
		return -1;
	rfc3339_format(now + seconds, until);
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_put_text(o, "unlocked_until", until);
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("unlocked until %s", until);
	return EXIT_DONE;
}

static int lock(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_vault struct vault *vault = NULL;
	struct vault_config config;
	struct vault_keys keys;
	bool was;

	(void)n, (void)args;
	if (look(cli, true, &config, &vault, &keys, err) < 0)
		return -1;
	was = vault_lock(vault, err) == 0;
	/* where the keyring cannot be used there is nothing in it either */
	if (!was && err->kind != ERR_NOT_FOUND && err->kind != ERR_CONFIG)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_object_object_add(o, "was_unlocked", json_object_new_boolean(was));
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line(was ? "locked" : "it was not unlocked");
	if (!keys.passphrase)
		fprintf(stderr, "the vault has no passphrase: its key file opens it\n");
	return EXIT_DONE;
}

static int say_passphrase(const struct cli *cli, bool set, const char *key_file, struct err *err)
{
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_object_object_add(o, "passphrase", json_object_new_boolean(set));
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	if (set)
		output_line("the passphrase is set; from now on: aisearch vault unlock");
	else
		output_line("the passphrase is removed; the key is in '%s'", key_file);
	return EXIT_DONE;
}

static int passphrase(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *word = NULL;
	scoped_vault struct vault *looked = NULL;
	scoped_vault struct vault *opened = NULL;
	struct vault_config config;
	struct vault_keys keys;
	struct vault *vault;

	(void)n, (void)args;
	if (cli->s.remove) {
		if (look(cli, false, &config, &looked, &keys, err) < 0)
			return -1;
		if (!keys.passphrase)
			return err_set(err, ERR_CONFIG, "the vault has no passphrase");
		if (open_with_passphrase(&config, &word, &opened, err) < 0 ||
		    vault_remove_passphrase(opened, err) < 0)
			return -1;
		return say_passphrase(cli, false, keys.key_file, err);
	}
	/* what would be refused is refused before anything is typed */
	if (cli_vault(cli, false, &vault, err) < 0 || vault_may_have_passphrase(vault, err) < 0 ||
	    prompt_passphrase("the vault", true, &word, err) < 0 ||
	    vault_set_passphrase(vault, word, err) < 0)
		return -1;
	return say_passphrase(cli, true, NULL, err);
}

static int rekey(struct cli *cli, int n, char **args, struct err *err)
{
	scoped_secret struct secret *word = NULL;
	scoped_vault struct vault *looked = NULL;
	scoped_vault struct vault *opened = NULL;
	struct vault_rekey how = { .new_key_file = cli->s.new_key_file };
	struct vault_config config;
	struct vault_keys keys;
	struct vault *vault;
	int count = 0;

	(void)n, (void)args;
	if (look(cli, false, &config, &looked, &keys, err) < 0)
		return -1;
	if (keys.passphrase) {
		if (open_with_passphrase(&config, &word, &opened, err) < 0)
			return -1;
		how.passphrase = word;
		vault = opened;
	} else if (cli_vault(cli, false, &vault, err) < 0) {
		return -1;
	}
	if (vault_keys(vault, &keys, err) < 0 ||
	    vault_rekey(vault, &how, clock_wall_s(&clock_system), &count, err) < 0)
		return -1;
	if (cli->s.json) {
		scoped_json struct json_object *o = json_object_new_object();

		json_object_object_add(o, "resealed", json_object_new_int(count));
		json_put_text(o, "key_file", keys.passphrase ? NULL : how.new_key_file ?
			      how.new_key_file : keys.key_file);
		return output_json(o, err) < 0 ? -1 : EXIT_DONE;
	}
	output_line("%d entr%s sealed under a new key", count, count == 1 ? "y is" : "ies are");
	if (how.new_key_file && keys.from == VAULT_KEY_FILE)
		output_line("the key is in '%s': move it to '%s'", how.new_key_file, keys.key_file);
	else if (how.new_key_file)
		output_line("the key is in '%s': put it in the place of the old one now,"
			    " then restart what uses it", how.new_key_file);
	return EXIT_DONE;
}

static const struct option unlock_options[] = {
	{ "for", 0, OPTION_TEXT, "TIME", "as 90s, 15m, 8h (default) or 2d",
	  OPTION_TO(duration), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_unlock = {
	.name = "vault unlock",
	.args = "",
	.summary = "ask for the passphrase, and keep the key in the kernel keyring for a time",
	.details = "The key stays in the kernel keyring for the time of --for, at most 30 days.\n"
		   "Without a terminal the passphrase is the first line of stdin; it is never an\n"
		   "argument, because every user of the machine can see those.",
	.options = unlock_options,
	.local = true,
	.hushed = true,
	.run = unlock,
};

const struct command cmd_vault_lock = {
	.name = "vault lock",
	.args = "",
	.summary = "remove the key from the kernel keyring",
	.local = true,
	.hushed = true,
	.run = lock,
};

static const struct option passphrase_options[] = {
	{ "remove", 0, OPTION_FLAG, NULL, "go back to a key file", OPTION_TO(remove), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_passphrase = {
	.name = "vault passphrase",
	.args = "",
	.summary = "set, change or remove the vault's passphrase",
	.details = "With a passphrase there is no key file: the vault holds its key sealed under it,\n"
		   "and opens for as long as \"aisearch vault unlock\" said.  It is changed while the\n"
		   "vault is unlocked.  With --remove there is a key file again.",
	.examples = "  aisearch vault passphrase\n"
		    "  aisearch vault unlock --for 8h",
	.options = passphrase_options,
	.local = true,
	.hushed = true,
	.run = passphrase,
};

static const struct option rekey_options[] = {
	{ "new-key-file", 0, OPTION_TEXT, "FILE", "the new key is there, or is made there",
	  OPTION_TO(new_key_file), 0, 0 },
	{ 0 },
};

const struct command cmd_vault_rekey = {
	.name = "vault rekey",
	.args = "",
	.summary = "seal everything under a new key, all or nothing",
	.details = "In one transaction: killed at any point, the vault opens as before or with its new\n"
		   "key.  The key file is replaced.  A vault with a passphrase asks for it and keeps\n"
		   "it.\n\n"
		   "A key that systemd hands over cannot be replaced from here: with --new-key-file\n"
		   "the key in FILE is used, or made there, and then has to be put in the place of the\n"
		   "old one.",
	.options = rekey_options,
	.local = true,
	.hushed = true,
	.run = rekey,
};
