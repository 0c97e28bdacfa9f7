/* SPDX-License-Identifier: MIT */
/*
 * options.h -- the command line.
 *
 * The strings point into argv; the tokens are read from private files and
 * belong to the settings.
 */
#ifndef EMULATOR_OPTIONS_H
#define EMULATOR_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"
#include "fault.h"

#define MAX_FOLDERS 32
#define MAX_LIMITS 2

struct folder {			/* a bucket's or a site's content */
	const char *name, *path;
};

struct quota {
	int requests;		/* 0 = no limit */
	int seconds;
};

struct settings {
	const char *address;	/* a loopback address, as text */
	int port;
	const char *port_file, *account, *request_log, *state;
	const char *tls_cert, *tls_key;
	struct secret *creator, *manager, *account_creator;
	struct folder buckets[MAX_FOLDERS], sites[MAX_FOLDERS];
	int nbuckets, nsites;
	double pace;		/* files per second, 0 = as fast as possible */
	int instances;
	int latency_ms;
	int spread_s;		/* a new value is refused for so long */
	struct quota quota[MAX_LIMITS];		/* per token, per address */
	struct fault faults[MAX_FAULTS];
	int nfaults;
	bool exit_with_parent;
	bool help, version;
};

/* ERR_USAGE for what argv says wrong, other kinds for a file it names. */
int settings_read(struct settings *set, int argc, char **argv, struct err *err);
void settings_clear(struct settings *set);
void settings_usage(void);

#endif
