/* SPDX-License-Identifier: MIT */
#include "options.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <getopt.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

enum {
	OPT_PORT = 256, OPT_PORT_FILE, OPT_ADDRESS, OPT_ACCOUNT, OPT_CREATOR, OPT_MANAGER,
	OPT_ACCOUNT_CREATOR, OPT_BUCKET, OPT_SITE, OPT_PACE, OPT_INSTANCES, OPT_LATENCY,
	OPT_SPREAD, OPT_LIMIT, OPT_LOG, OPT_CERT, OPT_KEY, OPT_STATE, OPT_FAULT, OPT_PARENT, OPT_HELP,
	OPT_VERSION,
};

static const struct option options[] = {
	{ "port", required_argument, NULL, OPT_PORT },
	{ "port-file", required_argument, NULL, OPT_PORT_FILE },
	{ "address", required_argument, NULL, OPT_ADDRESS },
	{ "account", required_argument, NULL, OPT_ACCOUNT },
	{ "creator-token-file", required_argument, NULL, OPT_CREATOR },
	{ "manager-token-file", required_argument, NULL, OPT_MANAGER },
	{ "account-token-file", required_argument, NULL, OPT_ACCOUNT_CREATOR },
	{ "bucket", required_argument, NULL, OPT_BUCKET },
	{ "site", required_argument, NULL, OPT_SITE },
	{ "pace", required_argument, NULL, OPT_PACE },
	{ "instances", required_argument, NULL, OPT_INSTANCES },
	{ "latency", required_argument, NULL, OPT_LATENCY },
	{ "spread", required_argument, NULL, OPT_SPREAD },
	{ "rate-limit", required_argument, NULL, OPT_LIMIT },
	{ "request-log", required_argument, NULL, OPT_LOG },
	{ "tls-cert", required_argument, NULL, OPT_CERT },
	{ "tls-key", required_argument, NULL, OPT_KEY },
	{ "state", required_argument, NULL, OPT_STATE },
	{ "fault", required_argument, NULL, OPT_FAULT },
	{ "exit-with-parent", no_argument, NULL, OPT_PARENT },
	{ "help", no_argument, NULL, OPT_HELP },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ 0 },
};

void settings_usage(void)
{
	printf("usage: aisearch-emulator [options]\n"
	       "\n"
	       "Where it listens\n"
	       "  --port N                    0 (default): a free one\n"
	       "  --port-file FILE            gets the port once it listens\n"
	       "  --address ADDRESS           a loopback address (default 127.0.0.1)\n"
	       "  --tls-cert FILE --tls-key FILE\n"
	       "Who may call\n"
	       "  --account ID                32 hexadecimal digits\n"
	       "  --creator-token-file FILE   may mint tokens, user-owned\n"
	       "  --account-token-file FILE   may mint tokens, account-owned\n"
	       "  --manager-token-file FILE   AI Search Write and Run\n"
	       "What is there\n"
	       "  --bucket NAME=FOLDER        stands for an R2 bucket (repeatable)\n"
	       "  --site DOMAIN=FOLDER        stands for a website (repeatable)\n"
	       "  --instances N               ready-made idle instances\n"
	       "  --state FILE                keep everything in this SQLite file\n"
	       "How it behaves\n"
	       "  --pace FILES_PER_SECOND     0 (default): as fast as possible\n"
	       "  --latency MS                before every answer\n"
	       "  --spread SECONDS            until a minted or rolled value is known everywhere\n"
	       "  --rate-limit N/SECONDS|off  first per token (1200/300), second per address (200/1)\n"
	       "  --fault 'METHOD PATH-GLOB ACTION[*COUNT]'   see the manual (repeatable)\n"
	       "  --request-log FILE          one line per request\n"
	       "  --exit-with-parent\n"
	       "  --help, --version\n");
}

static int number(const char *name, const char *text, long min, long max, int *out,
		  struct err *err)
{
	char *end;
	long n = strtol(text, &end, 10);

	if (!*text || *end || n < min || n > max)
		return err_set(err, ERR_USAGE, "--%s: '%s' is not a number from %ld to %ld",
			       name, text, min, max);
	*out = (int)n;
	return 0;
}

static int loopback(const char *text, struct err *err)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, text, &v4) == 1 && (ntohl(v4.s_addr) >> 24) == 127)
		return 0;
	if (inet_pton(AF_INET6, text, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6))
		return 0;
	return err_set(err, ERR_USAGE, "--address: '%s' is not a loopback address", text);
}

static int add_folder(const char *name, char *text, struct folder *list, int *n,
		      struct err *err)
{
	char *path = strchr(text, '=');
	DIR *dir;

	if (!path || path == text || !path[1])
		return err_set(err, ERR_USAGE, "--%s: '%s' is not NAME=FOLDER", name, text);
	if (*n == MAX_FOLDERS)
		return err_set(err, ERR_USAGE, "--%s: at most %d", name, MAX_FOLDERS);
	*path++ = '\0';
	dir = opendir(path);
	if (!dir)
		return err_set(err, ERR_USAGE, "--%s: '%s' is not a folder", name, path);
	closedir(dir);
	list[(*n)++] = (struct folder){ .name = text, .path = path };
	return 0;
}

static int add_limit(const char *text, int nth, struct quota *quota, struct err *err)
{
	char tail;

	if (nth >= MAX_LIMITS)
		return err_set(err, ERR_USAGE, "--rate-limit: once per token, once per address");
	if (!strcmp(text, "off")) {
		quota[nth] = (struct quota){ 0 };
		return 0;
	}
	if (sscanf(text, "%d/%d%c", &quota[nth].requests, &quota[nth].seconds, &tail) != 2 ||
	    quota[nth].requests < 0 || quota[nth].seconds < 1 || quota[nth].seconds > 86400)
		return err_set(err, ERR_USAGE, "--rate-limit: '%s' is not N/SECONDS or off", text);
	return 0;
}

static int read_token(const char *name, const char *path, struct secret **out, struct err *err)
{
	secret_free(STEAL(*out));
	if (file_read_secret(path, 4096, true, out, err) < 0 || secret_check_token(*out, err) < 0)
		return err_context(err, "--%s", name);
	return 0;
}

static int read_pace(const char *text, double *out, struct err *err)
{
	char *end;

	*out = strtod(text, &end);
	if (!*text || *end || !isfinite(*out) || *out < 0)
		return err_set(err, ERR_USAGE, "--pace: '%s' is not files per second", text);
	return 0;
}

static int take(struct settings *set, int opt, const char *name, int *nlimits, struct err *err)
{
	switch (opt) {
	case OPT_PORT:
		return number(name, optarg, 0, 65535, &set->port, err);
	case OPT_INSTANCES:
		return number(name, optarg, 0, 100000, &set->instances, err);
	case OPT_LATENCY:
		return number(name, optarg, 0, 600000, &set->latency_ms, err);
	case OPT_SPREAD:
		return number(name, optarg, 0, 600, &set->spread_s, err);
	case OPT_ADDRESS:
		set->address = optarg;
		return loopback(optarg, err);
	case OPT_ACCOUNT:
		set->account = optarg;
		if (strlen(optarg) != 32 || strspn(optarg, "0123456789abcdef") != 32)
			return err_set(err, ERR_USAGE,
				       "--account: '%s' is not 32 hexadecimal digits", optarg);
		return 0;
	case OPT_CREATOR:
		return read_token(name, optarg, &set->creator, err);
	case OPT_MANAGER:
		return read_token(name, optarg, &set->manager, err);
	case OPT_ACCOUNT_CREATOR:
		return read_token(name, optarg, &set->account_creator, err);
	case OPT_BUCKET:
		return add_folder(name, optarg, set->buckets, &set->nbuckets, err);
	case OPT_SITE:
		return add_folder(name, optarg, set->sites, &set->nsites, err);
	case OPT_PACE:
		return read_pace(optarg, &set->pace, err);
	case OPT_LIMIT:
		return add_limit(optarg, (*nlimits)++, set->quota, err);
	case OPT_FAULT:
		if (set->nfaults == MAX_FAULTS)
			return err_set(err, ERR_USAGE, "--fault: at most %d", MAX_FAULTS);
		return fault_parse(&set->faults[set->nfaults++], optarg, err);
	case OPT_PORT_FILE: set->port_file = optarg; return 0;
	case OPT_LOG: set->request_log = optarg; return 0;
	case OPT_CERT: set->tls_cert = optarg; return 0;
	case OPT_KEY: set->tls_key = optarg; return 0;
	case OPT_STATE: set->state = optarg; return 0;
	case OPT_PARENT: set->exit_with_parent = true; return 0;
	case OPT_HELP: set->help = true; return 0;
	case OPT_VERSION: set->version = true; return 0;
	default:
		return err_set(err, ERR_USAGE,
			       "option '%s' is unknown, ambiguous or lacks its value",
			       name);
	}
}

int settings_read(struct settings *set, int argc, char **argv, struct err *err)
{
	int opt, index = 0, nlimits = 0;

	*set = (struct settings){
		.address = "127.0.0.1",
		.account = "023e105f4ecef8ad9ca31a8372d0c353",
		.quota = { { 1200, 300 }, { 200, 1 } },
	};
	opterr = 0;
	while ((opt = getopt_long(argc, argv, "", options, &index)) != -1)
		if (take(set, opt, opt == '?' ? argv[optind - 1] : options[index].name,
			 &nlimits, err) < 0)
			return -1;
	if (optind < argc)
		return err_set(err, ERR_USAGE, "'%s' is not an option", argv[optind]);
	if (!set->tls_cert != !set->tls_key)
		return err_set(err, ERR_USAGE, "--tls-cert and --tls-key belong together");
	return 0;
}

void settings_clear(struct settings *set)
{
	secret_free(STEAL(set->creator));
	secret_free(STEAL(set->manager));
	secret_free(STEAL(set->account_creator));
	for (int i = 0; i < set->nfaults; i++)
		fault_clear(&set->faults[i]);
	set->nfaults = 0;
}
