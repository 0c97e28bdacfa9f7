/* SPDX-License-Identifier: MIT */
/*
 * aisearch-emulator -- Cloudflare's AI Search API on loopback, indexing real
 * folders, for demos and tests.  See aisearch-emulator(1).
 */
#include <errno.h>
#include <signal.h>
#include <sodium.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/file.h"
#include "emulator.h"
#include "indexer.h"
#include "schema.h"
#include "server.h"

#ifndef AISEARCH_VERSION
#define AISEARCH_VERSION "unknown"
#endif

static int complain(const struct err *err)
{
	fprintf(stderr, "aisearch-emulator: %s\n", err->what);
	if (*err->hint)
		fprintf(stderr, "aisearch-emulator: %s\n", err->hint);
	return err->kind == ERR_USAGE ? 2 : 1;
}

/* Every thread inherits the mask, so only sigwait() below sees these. */
static void block_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGHUP);
	pthread_sigmask(SIG_BLOCK, set, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static int write_port(const char *path, int port, struct err *err)
{
	char text[16];
	int len = snprintf(text, sizeof(text), "%d\n", port);

	return path ? file_replace(path, text, (size_t)len, err) : 0;
}

static int serve(struct emulator *em, const sigset_t *signals, struct err *err)
{
	struct server *server = NULL;
	struct indexer *indexer = NULL;
	int port = 0, sig, r = -1;

	if (indexer_start(em, &indexer, err) < 0)
		return -1;
	if (server_start(em, &server, &port, err) < 0)
		goto stop_indexer;
	if (write_port(em->set->port_file, port, err) < 0)
		goto stop_server;
	if (!em->set->port_file) {
		printf("http%s://%s:%d/client/v4\n", em->set->tls_cert ? "s" : "",
		       em->set->address, port);
		fflush(stdout);
	}
	while (sigwait(signals, &sig))
		;
	if (em->set->port_file)
		unlink(em->set->port_file);
	r = 0;
stop_server:
	emulator_stop(em);
	server_stop(server);
stop_indexer:
	emulator_stop(em);
	indexer_stop(indexer);
	return r;
}

static int run(struct settings *set, struct err *err)
{
	static struct emulator em;	/* large: the rate limiter's tables */
	pid_t parent = getppid();
	sigset_t signals;
	int r;

	block_signals(&signals);
	if (set->exit_with_parent) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			return 0;	/* it went before we asked to be told */
	}
	if (schema_init() < 0)
		return err_set(err, ERR_PROTOCOL, "a built-in schema does not parse");
	r = emulator_init(&em, set, err);
	if (!r) {
		r = serve(&em, &signals, err);
		emulator_clear(&em);
	}
	schema_exit();
	return r;
}

int main(int argc, char **argv)
{
	struct err err = { 0 };
	struct settings set;
	int r;

	if (sodium_init() < 0) {
		fprintf(stderr, "aisearch-emulator: libsodium does not start\n");
		return 1;
	}
	r = settings_read(&set, argc, argv, &err);
	if (!r && set.help)
		settings_usage();
	else if (!r && set.version)
		printf("aisearch-emulator " AISEARCH_VERSION "\n");
	else if (!r)
		r = run(&set, &err);
	settings_clear(&set);
	return r < 0 ? complain(&err) : 0;
}
