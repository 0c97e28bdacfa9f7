/* SPDX-License-Identifier: MIT */
/*
 * pem.h -- can the PEM files that a TLS connection needs be used?
 *
 * A look, to tell people which file is at fault: TLS libraries say as much as
 * "error reading X.509 key or certificate file", or blame the server when nobody
 * is trusted.  Whether key and certificate belong together is theirs to find.
 */
#ifndef CLOUDFLARE_PEM_H
#define CLOUDFLARE_PEM_H

#include "base/err.h"

struct pem_files {		/* each NULL = none */
	const char *ca_file, *client_cert;
	const char *client_key;	/* NULL = in client_cert */
};

/* -1: one cannot be read, or does not hold what it is for; err names its option and the file. */
int pem_check(const struct pem_files *files, struct err *err);

#endif
