/* SPDX-License-Identifier: MIT */
/* The credential helper's door.  Everything it says about secrets is said by a protocol. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/err.h"
#include "door.h"

#define NAME "git-credential-aisearch"

/* LeakSanitizer looks at its own process, which is what an undumpable one forbids. */
#if defined(__SANITIZE_ADDRESS__)
#define SANITIZED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SANITIZED 1
#endif
#endif
#ifndef SANITIZED
#define SANITIZED 0
#endif

static const char usage_of_git[] =
	"usage: " NAME " [--vault PATH] [--key-file PATH] [--mint PROFILE] OPERATION\n"
	"       " NAME " [OPTIONS] PROTOCOL [WORDS]\n"
	"       " NAME " --version | --help\n"
	"OPERATION is get, store, erase or capability; any other word is ignored.\n"
	"PROTOCOL is git, or one of these (some have a program name of their own):\n";

static const struct protocol *const protocols[] = {
	&protocol_git, &protocol_docker, &protocol_bazel, &protocol_aws, &protocol_kubernetes,
	&protocol_terraform,
};

static const char *name = NAME;	/* what messages begin with: the link's, if it was one */

static void close_above_2(void)
{
	if (close_range(3, ~0U, 0) == 0)
		return;
	long max = sysconf(_SC_OPEN_MAX);	/* a kernel before 5.9 */
	for (int fd = 3; fd < (max > 0 ? max : 1024); fd++)
		close(fd);
}

/*
 * A closed 0, 1 or 2 would be given to the next file opened, and an answer
 * written into it.  Each is filled the wrong way round, so that using it fails loudly.
 */
static int fill_standard(void)
{
	for (int fd = 0; fd <= 2; fd++)
		if (fcntl(fd, F_GETFD) < 0 &&
		    open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
			return -1;
	return 0;
}

static int close_doors(void)
{
	const struct rlimit no_core = { 0, 0 };

	if (fill_standard() < 0)
		return -1;
	close_above_2();		/* git's sockets are none of our business */
	setrlimit(RLIMIT_CORE, &no_core);
	if (!SANITIZED)
		prctl(PR_SET_DUMPABLE, 0);	/* nor may another process of this user look in */
	signal(SIGPIPE, SIG_IGN);	/* write() says so as well, and the vault gets closed */
	signal(SIGXFSZ, SIG_IGN);	/* likewise: a full disk is reported, not died of */
	umask(077);
	return 0;
}

static int complain(const struct err *err)
{
	fprintf(stderr, "%s: %s\n", name, err->what);
	if (err->hint[0])
		fprintf(stderr, "  hint: %s\n", err->hint);
	return err->kind == ERR_USAGE ? 2 : 1;
}

static int say(const char *text)
{
	if (fputs(text, stdout) >= 0 && fflush(stdout) == 0)
		return 0;
	fprintf(stderr, "%s: cannot write: %s\n", name, strerror(errno));
	return 1;
}

/* protocol: the one that was chosen, or NULL; `own`: by its program's name. */
static void print_usage(FILE *to, const struct protocol *protocol, bool own)
{
	if (protocol && protocol != &protocol_git) {
		fprintf(to, "usage: %s [--vault PATH] [--key-file PATH]%s%s %s",
			own ? protocol->program : NAME, own ? "" : " ", own ? "" : protocol->name,
			protocol->words);
		return;
	}
	fputs(usage_of_git, to);
	for (size_t i = 1; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		fprintf(to, "  %s %s", protocols[i]->name, protocols[i]->words);
	fputs("Program names:", to);
	for (size_t i = 1; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i]->program)
			fprintf(to, " %s", protocols[i]->program);
	fputc('\n', to);
}

static int usage(const struct protocol *protocol, bool own)
{
	print_usage(stderr, protocol, own);
	return 2;
}

enum option_id { OPT_VAULT = 1, OPT_KEY_FILE, OPT_MINT, OPT_VERSION, OPT_HELP };

static const struct option options[] = {
	{ "vault", required_argument, NULL, OPT_VAULT },
	{ "key-file", required_argument, NULL, OPT_KEY_FILE },
	{ "mint", required_argument, NULL, OPT_MINT },
	{ "version", no_argument, NULL, OPT_VERSION },
	{ "help", no_argument, NULL, OPT_HELP },
	{ NULL, 0, NULL, 0 },
};

static const struct protocol *by_program(const char *called)
{
	const char *slash = strrchr(called, '/');
	const char *program = slash ? slash + 1 : called;

	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (protocols[i]->program && !strcmp(protocols[i]->program, program))
			return protocols[i];
	return NULL;
}

static const struct protocol *by_word(const char *word)
{
	for (size_t i = 0; i < sizeof(protocols) / sizeof(protocols[0]); i++)
		if (!strcmp(protocols[i]->name, word))
			return protocols[i];
	return NULL;
}

int main(int argc, char **argv)
{
	struct door door = { .clock = &clock_system, .in = 0, .out = 1 };
	struct err err = { 0 };
	int opt;

	if (close_doors() < 0)
		return 1;
	vault_lean();
	const struct protocol *protocol = by_program(argv[0]);
	if (protocol)
		name = protocol->program;
	door.name = name;
	/* docker's clients ask with these, and expect its form of an answer */
	if (protocol == &protocol_docker && argc == 2 && argv[1][0] == '-')
		return protocol->run(&door, 1, argv + 1, &err) == 0 ? 0 : complain(&err);
	opterr = 0;	/* it would print what it was given, raw */
	while ((opt = getopt_long(argc, argv, "+", options, NULL)) != -1) {
		switch (opt) {
		case OPT_VAULT:
			door.vault.path = optarg;
			break;
		case OPT_KEY_FILE:
			door.vault.key_file = optarg;
			break;
		case OPT_MINT:
			door.mint = optarg;
			break;
		case OPT_VERSION:
			printf("%s ", name);
			return say(AISEARCH_VERSION "\n");
		case OPT_HELP:
			print_usage(stdout, protocol, true);
			return say("");
		default:
			err_set(&err, ERR_USAGE, "option '%s' is not known or lacks its value",
				argv[optind - 1]);
			complain(&err);
			return usage(protocol, true);
		}
	}
	if (optind == argc && protocol != &protocol_docker)
		return usage(protocol, true);
	const struct protocol *word = protocol && protocol != &protocol_git ? NULL : by_word(argv[optind]);
	if (word)
		optind++;
	protocol = word ? word : protocol ? protocol : &protocol_git;
	int r = protocol->run(&door, argc - optind, argv + optind, &err);
	if (r < 0)
		r = complain(&err);
	return r == 2 ? usage(protocol, !word) : r;
}
