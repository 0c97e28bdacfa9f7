/* SPDX-License-Identifier: MIT */
/* options.c -- the words of the command line, taken by the tables of options. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define TIMEOUT_MAX_S (30 * 24 * 3600)

const struct option common_options[] = {
	{ "account", 0, OPTION_TEXT, "ID", "the Cloudflare account (CLOUDFLARE_ACCOUNT_ID)",
	  OPTION_TO(account), 0, 0 },
	{ "namespace", 'n', OPTION_TEXT, "NAME", "namespace of the instances (default: default)",
	  OPTION_TO(namespace), 0, 0 },
	{ "url", 0, OPTION_TEXT, "URL", "base URL of the API (CLOUDFLARE_API_BASE_URL)", OPTION_TO(url),
	  0, 0 },
	{ "ca-cert", 0, OPTION_TEXT, "FILE", "trust exactly this PEM file", OPTION_TO(ca_cert), 0, 0 },
	{ "vault", 0, OPTION_TEXT, "FILE", "where the tokens are (AISEARCH_VAULT)", OPTION_TO(vault), 0,
	  0 },
	{ "key-file", 0, OPTION_TEXT, "FILE", "the vault's key (default: FILE.key beside it)",
	  OPTION_TO(key_file), 0, 0 },
	{ "timeout", 0, OPTION_NUMBER, "SECONDS", "give up waiting after this time",
	  OPTION_TO(timeout_s), 1, TIMEOUT_MAX_S },
	{ "json", 0, OPTION_FLAG, NULL, "print JSON", OPTION_TO(json), 0, 0 },
	{ "help", 'h', OPTION_FLAG, NULL, "print this help", OPTION_TO(help), 0, 0 },
	{ 0 },
};

static const struct option *by_name(const struct option *table, const char *name, size_t len)
{
	for (; table && table->name; table++)
		if (strlen(table->name) == len && !memcmp(table->name, name, len))
			return table;
	return NULL;
}

static const struct option *by_letter(const struct option *table, char letter)
{
	for (; table && table->name; table++)
		if (table->letter && table->letter == letter)
			return table;
	return NULL;
}

static int take_number(const struct option *option, const char *value, void *to, struct err *err)
{
	char *end;

	errno = 0;
	long long n = strtoll(value, &end, 10);
	if (!isdigit((unsigned char)*value) || *end || errno || n < option->min || n > option->max) {
		err_set(err, ERR_USAGE, "--%s: '%.40s' is not a whole number", option->name, value);
		return err_hint(err, "from %lld to %lld", (long long)option->min,
				(long long)option->max);
	}
	*(int64_t *)to = n;
	return 0;
}

static int take(struct cli_settings *s, const struct option *option, const char *value, struct err *err)
{
	void *to = (char *)s + option->to;

	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		if (!*value)
			return err_set(err, ERR_USAGE, "--%s: the value is empty", option->name);
		*(const char **)to = value;
		return 0;
	case OPTION_NUMBER:
		return take_number(option, value, to, err);
	}
	return -1;
}

static int unknown(const char *word, bool hushed, struct err *err)
{
	size_t len = strcspn(word, "=");

	/* What was meant as a value, perhaps a token, is not repeated. */
	if (hushed || len > 24)
		err_set(err, ERR_USAGE, "unknown option");
	else
		err_set(err, ERR_USAGE, "unknown option '%.*s'", (int)len, word);
	return err_hint(err, "aisearch help");
}

/* One argument that begins with '-'.  *used = 1 when the next one was its value. */
static int take_word(struct cli *cli, const struct option *own, bool hushed, char *word, char *next,
		     int *used, struct err *err)
{
	bool is_long = word[1] == '-';
	const char *name = word + 2, *value = NULL;
	size_t len = is_long ? strcspn(name, "=") : 0;
	const struct option *option;

	option = is_long ? by_name(own, name, len) : by_letter(own, word[1]);
	if (!option)
		option = is_long ? by_name(common_options, name, len)
				 : by_letter(common_options, word[1]);
	if (!option)
		return unknown(word, hushed, err);
	if (is_long && name[len] == '=')
		value = name + len + 1;
	else if (!is_long && word[2])
		value = word + 2;
	*used = 0;
	if (option->type == OPTION_FLAG) {
		if (value)
			return is_long ? err_set(err, ERR_USAGE, "--%s takes no value", option->name)
				       : unknown(word, true, err);
		return take(&cli->s, option, "", err);
	}
	if (!value) {
		value = next;
		*used = 1;
	}
	if (!value)
		return err_set(err, ERR_USAGE, "--%s needs a value: %s", option->name, option->arg);
	return take(&cli->s, option, value, err);
}

int cli_parse_leading(struct cli *cli, int argc, char **argv, int *n, struct err *err)
{
	int i = 0, used;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (take_word(cli, NULL, false, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used,
			      err) < 0)
			return -1;
		i += 1 + used;
	}
	*n = i;
	return 0;
}

int cli_parse(struct cli *cli, const struct option *own, bool hushed, int argc, char **argv,
	      int *n, struct err *err)
{
	int kept = 0, used;

	for (int i = 0; i < argc; i++) {
		char *word = argv[i];

		if (!strcmp(word, "--")) {
			while (++i < argc)
				argv[kept++] = argv[i];
			break;
		}
		if (word[0] != '-' || !word[1]) {
			argv[kept++] = word;
			continue;
		}
		if (take_word(cli, own, hushed, word, i + 1 < argc ? argv[i + 1] : NULL, &used, err) < 0)
			return -1;
		i += used;
	}
	*n = kept;
	return 0;
}
