/* SPDX-License-Identifier: MIT */
/* options.c -- the words of the command line, taken by the tables of options. */
#include <ctype.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

#define TIMEOUT_MAX_S (30 * 24 * 3600)

#define OPTIONS_OFFLINE \
	{ "json", 0, OPTION_FLAG, NULL, "print JSON", OPTION_TO(json), 0, 0 }, \
	{ "help", 'h', OPTION_FLAG, NULL, "print this help", OPTION_TO(help), 0, 0 }

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
	OPTIONS_OFFLINE,
	{ 0 },
};

const struct option offline_options[] = { OPTIONS_OFFLINE, { 0 } };

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
	bool whole = isdigit((unsigned char)*value) && !*end;
	if (!whole || errno || n < option->min || n > option->max) {
		err_set(err, ERR_USAGE, "--%s: '%.40s' is %s", option->name, value,
			whole ? "out of range" : "not a whole number");
		if (option->max == INT64_MAX)
			return err_hint(err, "at least %lld", (long long)option->min);
		return err_hint(err, "from %lld to %lld", (long long)option->min,
				(long long)option->max);
	}
	*(int64_t *)to = n;
	return 0;
}

static int take_duration(const struct option *option, const char *value, void *to, struct err *err)
{
	static const struct { const char *unit; int64_t seconds; } units[] = {
		{ "", 1 }, { "s", 1 }, { "m", 60 }, { "h", 3600 }, { "d", 86400 }, { "w", 604800 },
	};
	char *end;

	errno = 0;
	long long n = strtoll(value, &end, 10);
	for (size_t i = 0; isdigit((unsigned char)*value) && !errno && i < sizeof(units) / sizeof(units[0]); i++) {
		if (strcmp(end, units[i].unit) != 0 || n > option->max / units[i].seconds ||
		    n * units[i].seconds < option->min)
			continue;
		*(int64_t *)to = n * units[i].seconds;
		return 0;
	}
	err_set(err, ERR_USAGE, "--%s: '%.40s' is no such time", option->name, value);
	return err_hint(err, "from %lld to %lld seconds; with s, m, h, d or w behind it: 90, 15m, 12h, 30d",
			(long long)option->min, (long long)option->max);
}

static int take_decimal(const struct option *option, const char *value, void *to, struct err *err)
{
	char *end;
	double d = strtod(value, &end);

	/* strtod() also knows hexadecimal, infinity and blanks */
	if (strspn(value, "0123456789.") != strlen(value) || !*value || *end ||
	    d < (double)option->min || d > (double)option->max) {
		err_set(err, ERR_USAGE, "--%s: '%.40s' is not a number", option->name, value);
		return err_hint(err, "from %lld to %lld, with a point: 0.4", (long long)option->min,
				(long long)option->max);
	}
	*(struct option_decimal *)to = (struct option_decimal){ true, d };
	return 0;
}

static int take_choice(const struct option *option, const char *value, void *to, struct err *err)
{
	size_t len = strlen(value);

	for (const char *word = option->arg; *word; word += *word == '|') {
		size_t n = strcspn(word, "|");

		if (n == len && !memcmp(word, value, n)) {
			*(const char **)to = value;
			return 0;
		}
		word += n;
	}
	err_set(err, ERR_USAGE, "--%s: '%.40s' is not one of its words", option->name, value);
	return err_hint(err, "%s", option->arg);
}

static int take_list(const struct option *option, const char *value, void *to, struct err *err)
{
	struct option_list *list = to;

	if (list->count == OPTION_LIST_MAX)
		return err_set(err, ERR_USAGE, "--%s: more than %d of them", option->name, OPTION_LIST_MAX);
	list->item[list->count++] = value;
	return 0;
}

/* value: "" = only named. */
static int take_switch(const struct option *option, const char *value, void *to, struct err *err)
{
	bool yes = !*value || !strcmp(value, "true");

	if (!yes && strcmp(value, "false") != 0) {
		err_set(err, ERR_USAGE, "--%s: '%.40s' is neither true nor false", option->name, value);
		return err_hint(err, "--%s or --no-%s", option->name, option->name);
	}
	*(struct flag *)to = (struct flag){ true, yes };
	return 0;
}

/* Which of two would count?  Neither: a list alone takes both. */
static int take_once(struct cli *cli, const struct option *option, const char *value,
		     struct err *err)
{
	const bool is_switch = option->type == OPTION_SWITCH;
	size_t i = 0;

	if (option->type == OPTION_FLAG || option->type == OPTION_LIST)
		return 0;
	if (is_switch && !*value)
		value = "true";
	while (i < cli->given_count && cli->given[i].option != option)
		i++;
	if (i == CLI_GIVEN_MAX)
		return err_set(err, ERR_USAGE, "too many options");
	if (i == cli->given_count)
		cli->given[cli->given_count++] = (struct cli_given){ option, value };
	if (!strcmp(cli->given[i].value, value))
		return 0;
	if (is_switch)
		return err_set(err, ERR_USAGE, "--%s and --no-%s contradict each other", option->name,
			       option->name);
	return err_set(err, ERR_USAGE, "--%s is given twice", option->name);
}

static int store(void *settings, const struct option *option, const char *value, struct err *err)
{
	void *to = (char *)settings + option->to;

	if (option->type != OPTION_FLAG && option->type != OPTION_SWITCH && !*value)
		return err_set(err, ERR_USAGE, "--%s: the value is empty", option->name);
	switch (option->type) {
	case OPTION_FLAG:
		*(bool *)to = true;
		return 0;
	case OPTION_TEXT:
		*(const char **)to = value;
		return 0;
	case OPTION_NUMBER:
		return take_number(option, value, to, err);
	case OPTION_CHOICE:
		return take_choice(option, value, to, err);
	case OPTION_DURATION:
		return take_duration(option, value, to, err);
	case OPTION_DECIMAL:
		return take_decimal(option, value, to, err);
	case OPTION_LIST:
		return take_list(option, value, to, err);
	case OPTION_SWITCH:
		return take_switch(option, value, to, err);
	}
	return -1;
}

static int take(struct cli *cli, void *settings, const struct option *option, const char *value,
		struct err *err)
{
	return store(settings, option, value, err) < 0 ? -1 : take_once(cli, option, value, err);
}

static int unknown(const char *word, bool hushed, struct err *err)
{
	size_t len = strcspn(word, "=");

	/* What was meant as a value, perhaps a token, is not repeated. */
	if (hushed || len > 24)
		return err_set(err, ERR_USAGE, "unknown option");
	return err_set(err, ERR_USAGE, "unknown option '%.*s'", (int)len, word);
}

/* One argument that begins with '-'.  *used = 1 when the next one was its value. */
static int take_word(struct cli *cli, const struct option *own, void *settings, bool hushed,
		     char *word, char *next, int *used, struct err *err)
{
	bool is_long = word[1] == '-';
	const char *name = word + 2, *value = NULL;
	size_t len = is_long ? strcspn(name, "=") : 0;
	const struct option *option;
	bool no = false;

	option = is_long ? by_name(own, name, len) : by_letter(own, word[1]);
	if (!option && len > 3 && !memcmp(name, "no-", 3)) {
		option = by_name(own, name + 3, len - 3);
		no = option && option->type == OPTION_SWITCH;
		option = no ? option : NULL;
	}
	if (!option || !settings)
		settings = &cli->s;
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
	if (option->type == OPTION_SWITCH && !no)
		return take(cli, settings, option, value ? value : "", err);
	if (option->type == OPTION_FLAG || no) {
		if (value)
			return is_long ? err_set(err, ERR_USAGE, "--%s takes no value", option->name)
				       : unknown(word, true, err);
		return take(cli, settings, option, no ? "false" : "", err);
	}
	if (!value) {
		value = next;
		*used = 1;
	}
	if (!value)
		return err_set(err, ERR_USAGE, "--%s needs a value: %s", option->name, option->arg);
	return take(cli, settings, option, value, err);
}

int cli_parse_leading(struct cli *cli, int argc, char **argv, int *n, struct err *err)
{
	int i = 0, used;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		if (take_word(cli, NULL, NULL, false, argv[i], i + 1 < argc ? argv[i + 1] : NULL, &used,
			      err) < 0)
			return -1;
		i += 1 + used;
	}
	*n = i;
	return 0;
}

int cli_parse(struct cli *cli, const struct option *own, void *settings, bool hushed, int argc,
	      char **argv, int *n, struct err *err)
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
		if (take_word(cli, own, settings, hushed, word, i + 1 < argc ? argv[i + 1] : NULL, &used,
			      err) < 0)
			return -1;
		i += used;
	}
	*n = kept;
	return 0;
}
