/* SPDX-License-Identifier: MIT */
/*
 * peer.h -- a hostile HTTP peer for the stories: stands before an upstream and
 * misbehaves as the control file says.
 *
 *	peer --port-file FILE --upstream PORT --control FILE --log FILE [--hosts N]
 *
 * It listens on 127.0.0.1 .. 127.0.0.N, one free port for all, so that each
 * fault can have an address of its own.  The control file holds lines
 *
 *	GLOB FAULT [ARG]
 *
 * where GLOB is matched against ADDRESS/PATH?QUERY; the first that matches counts,
 * and without one the request is passed to the upstream.  It is read again for
 * every request; replace it by a rename.  The faults, by when they strike:
 *
 *   before a request is read; GLOB is then matched against "ADDRESS/"
 *	refuse		nobody listens, and connections that wait are closed
 *	deaf		the handshake of TCP is never finished (a full queue)
 *   after one was read
 *	blackhole	never an answer; also to a TLS handshake
 *	reset		RST
 *	close		the connection ends without an answer
 *	late		a TLS connection is passed on, after 1.5 s
 *	cut		it is passed on, and ends after 0.7 s
 *	close-second	so it does for its second request; the first is answered
 *	slow-headers	a byte of the status line each second
 *	endless-headers
 *	drip		the upstream's headers, then a byte of the body each second
 *	truncate	half of the upstream's body, then the connection ends
 *	endless		a chunked body of spaces that never ends
 *	canned FILE	these bytes as they are, then the connection ends
 *	canned-keep FILE	and the connection goes on
 *
 * A connection that begins with a TLS handshake is passed through as bytes.
 * The log has a line for every request: ADDRESS PATH?QUERY FAULT auth|- (whether
 * an Authorization header came along; never its value) and the monotonic time in ms.
 */
#ifndef PEER_PEER_H
#define PEER_PEER_H

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#define HEAD_MAX 16384		/* bytes of a request or of an answer before its body */

struct fault {
	char name[32];		/* "" = none */
	char arg[512];
};

static inline void die(const char *what)
{
	perror(what);
	exit(1);
}

bool fault_is(const struct fault *fault, const char *name);

/* answer.c: answers one request, spoilt or not; true when the connection may go on. */
bool answer(int fd, const char *head, const struct fault *fault);
void tunnel(int fd, int ms);	/* a TLS connection, to its end or for so long; -1 = for ever */
long long now_ms(void);	/* monotonic */
bool starts(const char *line, const char *name);	/* in any case */

extern int upstream_port;

#endif
