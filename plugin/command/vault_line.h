/* SPDX-License-Identifier: MIT */
/*
 * vault_line.h -- one line of an export (vault_export.h) -> an entry; pure.
 *
 * What other doors refuse is not let in here either: a NUL byte, a control character in
 * the identity or the authtype, an empty host.  No message quotes a value.
 */
#ifndef COMMAND_VAULT_LINE_H
#define COMMAND_VAULT_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/secret.h"

struct vault_line {		/* owned; NULL or 0 = not in the line */
	char *protocol, *host, *path, *username, *authtype, *token_id, *label, *origin;
	struct secret *password, *bearer, *refresh;
	int64_t expires_at, stored_at;
	bool pending;
};

/*
 * The first line only says which form the others have.  ERR_INPUT.  *out must be zeroed;
 * vault_line_clear() it in any case.
 */
int vault_line_read(const char *text, size_t len, bool first, struct vault_line *out,
		    struct err *err);
void vault_line_clear(struct vault_line *line);
#define scoped_vault_line SCOPED(vault_line_clear)

#endif
