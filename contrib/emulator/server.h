/* SPDX-License-Identifier: MIT */
/*
 * server.h -- HTTP/1.1 on a loopback socket, one thread per connection.
 *
 * The only room that knows libmicrohttpd, except for two header look-ups.
 */
#ifndef EMULATOR_SERVER_H
#define EMULATOR_SERVER_H

#include "emulator.h"

struct server;

/* *port gets the real one. */
int server_start(struct emulator *em, struct server **out, int *port, struct err *err);
void server_stop(struct server *server);	/* after emulator_stop() */

#endif
