/* SPDX-License-Identifier: MIT */
/*
 * err.h -- what went wrong, in the caller's hand.
 *
 * The caller owns the struct, so reporting cannot fail.  `kind` is for code,
 * the text for people.  Functions return 0 or -1; every err_*() here returns
 * -1, so that `return err_set(...)` reads as one thought.
 *
 * Foreign text may be passed to %s freely: the finished sentence is escaped
 * (control characters, broken UTF-8), so nothing that a server, a file name or
 * an argument holds can move a terminal's cursor.  No message takes a
 * struct secret.
 *
 * An err pointer is never NULL.  A fresh struct is `struct err err = {0};`.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

enum err_kind {
	ERR_NONE = 0,
	ERR_USAGE,	/* asked for in a way that was not understood: exit 2 */
	ERR_CONFIG,	/* a setting or a file's mode that the user must mend */
	ERR_INPUT,	/* data handed in by the user is malformed */
	ERR_NOT_FOUND,	/* no such thing (HTTP 404, no row) */
	ERR_EXISTS,	/* it is there already (AI Search 7022, 7064) */
	ERR_AUTH,	/* the credentials are not accepted (HTTP 401) */
	ERR_FORBIDDEN,	/* they are, but may not do this (HTTP 403) */
	ERR_LIMIT,	/* too many requests (HTTP 429); see retry_after */
	ERR_NETWORK,	/* not reached, or cut off in mid-transfer */
	ERR_TIMEOUT,	/* a deadline passed */
	ERR_TLS,	/* the peer could not be verified */
	ERR_REMOTE,	/* the API answered, and said no for another reason */
	ERR_PROTOCOL,	/* the answer is not what the contract says */
	ERR_STORAGE,	/* vault, key or file: disk full, damaged, locked */
	ERR_CANCELLED,	/* stopped on request */
	ERR_LOCKED,	/* the vault opens with a passphrase only: `aisearch vault unlock` */
	ERR_NOMEM,
	ERR_PIPE,	/* who read what was written has gone: nothing needs to be said */
};

struct err {
	enum err_kind kind;
	int status;		/* HTTP status, 0 when there was no answer */
	int code;		/* the API's own code, 0 when it gave none */
	int retry_after;	/* seconds the server asked for, 0 = did not say */
	int line;		/* of the user's file, 0 = not known */
	char what[256];		/* one sentence, no full stop, no newline */
	char hint[160];		/* the next thing to try, or "" */
};

/* Sets kind and sentence, forgets everything else. */
int err_set(struct err *err, enum err_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* As err_set(), followed by ": " and the text of errnum. */
int err_errno(struct err *err, enum err_kind kind, int errnum, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));

/* Sets the hint, keeps the rest. */
int err_hint(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Puts "fmt: " in front of the sentence: what was being done, on the way up. */
int err_context(struct err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* ERR_NOMEM with a sentence that needs no memory. */
int err_nomem(struct err *err);

/*
 * Writes text[0..len) to out (size > 0, always NUL-terminated, cut on a
 * character boundary): printable UTF-8 stays, everything else becomes \xNN.
 * Returns the bytes written, without the NUL.
 */
size_t escape_text(char *out, size_t size, const char *text, size_t len);

/*
 * One character of text[0..len), len > 0, which is JSON, into out: what escape_text() would not
 * let pass becomes \u009b, what is not UTF-8 \ufffd; line feeds, which stand between members
 * only, stay.  Returns the bytes of text that it took.
 */
size_t escape_json(char out[8], const char *text, size_t len);

#endif
