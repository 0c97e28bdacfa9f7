/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <fnmatch.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "peer.h"

#define HOSTS_MAX 250
#define BACKLOG 64
#define TICK_MS 10		/* how soon refuse and deaf take effect */
#define LATE_MS 1500
#define CUT_MS 700
#define CROWD 8			/* own connections that fill a queue */

enum door { DOOR_OPEN, DOOR_CLOSED, DOOR_DEAF };

struct host {
	char name[16];
	struct sockaddr_in address;
	_Atomic enum door door;	/* read by the connections */
	int listener;		/* -1 while closed */
	int crowd[CROWD];	/* while deaf */
};

static struct host hosts[HOSTS_MAX];
static size_t host_count = 1;
static const char *port_file, *control_file, *log_file;
static int log_fd;

long long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000LL + t.tv_nsec / 1000000;
}

/* --- the control file -------------------------------------------------------- */

static struct fault fault_for(const char *where)
{
	FILE *f = fopen(control_file, "re");
	struct fault found = { "", "" };
	char line[1024], glob[256];

	while (f && fgets(line, sizeof(line), f)) {
		struct fault x = { "", "" };

		if (sscanf(line, "%255s %31s %511[^\n]", glob, x.name, x.arg) >= 2 &&
		    fnmatch(glob, where, 0) == 0) {
			found = x;
			break;
		}
	}
	if (f)
		fclose(f);
	return found;
}

bool fault_is(const struct fault *f, const char *name)
{
	return strcmp(f->name, name) == 0;
}

/* --- connections ------------------------------------------------------------- */

struct connection {
	int fd;
	struct host *host;
};

static void handshake(const struct connection *c, const char *where)
{
	struct fault f = fault_for(where);

	dprintf(log_fd, "%s%s %s -\n", where, "tls", f.name[0] ? f.name : "-");
	if (fault_is(&f, "late"))
		poll(NULL, 0, LATE_MS);
	if (f.name[0] && !fault_is(&f, "late") && !fault_is(&f, "cut"))
		answer(c->fd, "", &f);
	else
		tunnel(c->fd, fault_is(&f, "cut") ? CUT_MS : -1);
}

static bool has_authorization(const char *head)
{
	for (const char *line = head; (line = strstr(line, "\r\n")); line += 2)
		if (starts(line + 2, "authorization:"))
			return true;
	return false;
}

/* One request without a body, as our plugin sends them; false at the end. */
static bool read_head(int fd, char *head)
{
	size_t len = 0;

	do {
		ssize_t n = recv(fd, head + len, HEAD_MAX - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		head[len] = '\0';
	} while (head[0] != 0x16 && !strstr(head, "\r\n\r\n") && len < HEAD_MAX - 1);
	return true;
}

static void *serve(void *ctx)
{
	struct connection *c = ctx;
	char head[HEAD_MAX], where[600], path[512];
	struct pollfd p = { .fd = c->fd, .events = POLLIN };

	bool first_request = true;
	for (bool more = true; more;) {
		/* not read yet: what a tunnel passes on must be whole */
		char first = 0;
		while (poll(&p, 1, TICK_MS) == 0)
			if (c->host->door == DOOR_CLOSED)
				goto out;
		if (recv(c->fd, &first, 1, MSG_PEEK) == 1 && first == 0x16) {
			snprintf(where, sizeof(where), "%s/", c->host->name);
			handshake(c, where);
			break;
		}
		if (!read_head(c->fd, head) || sscanf(head, "%*s %511s", path) != 1)
			break;
		snprintf(where, sizeof(where), "%s%s", c->host->name, path);
		struct fault f = fault_for(where);
		dprintf(log_fd, "%s %s %s %lld\n", where, f.name[0] ? f.name : "-",
			has_authorization(head) ? "auth" : "-", now_ms());
		if (fault_is(&f, "close-second") && !first_request)
			break;
		first_request = false;
		more = answer(c->fd, head, &f);
	}
out:
	close(c->fd);
	free(c);
	return NULL;
}

static void start_connection(struct host *h)
{
	struct connection *c = malloc(sizeof(*c));
	pthread_attr_t attr;
	pthread_t thread;
	int on = 1;

	if (!c)
		die("memory");
	c->host = h;
	c->fd = accept4(h->listener, NULL, NULL, SOCK_CLOEXEC);
	if (c->fd < 0) {
		free(c);
		return;
	}
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	pthread_attr_setstacksize(&attr, 512 * 1024);
	if (pthread_create(&thread, &attr, serve, c) != 0) {
		close(c->fd);
		free(c);
	}
	pthread_attr_destroy(&attr);
}

/* --- doors ------------------------------------------------------------------- */

static bool try_open(struct host *h, int backlog)
{
	int on = 1;

	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (h->listener < 0)
		die("socket");
	setsockopt(h->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(h->listener, (struct sockaddr *)&h->address, sizeof(h->address)) == 0 &&
	    listen(h->listener, backlog) == 0)
		return true;
	close(h->listener);
	h->listener = -1;
	return false;
}

/* A queue of length 0 that is full: the kernel drops every further SYN. */
static void go_deaf(struct host *h)
{
	listen(h->listener, 0);
	for (int i = 0; i < CROWD; i++) {
		h->crowd[i] = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
		connect(h->crowd[i], (struct sockaddr *)&h->address, sizeof(h->address));
	}
}

static void hear_again(struct host *h)
{
	for (int i = 0; i < CROWD; i++)
		close(h->crowd[i]);
	listen(h->listener, BACKLOG);
}

static void set_door(struct host *h, enum door wanted)
{
	if (h->door == wanted)
		return;
	if (h->door == DOOR_DEAF)
		hear_again(h);
	if (h->door == DOOR_CLOSED && !try_open(h, BACKLOG))
		return;		/* at the next tick */
	if (wanted == DOOR_CLOSED) {
		close(h->listener);
		h->listener = -1;
	} else if (wanted == DOOR_DEAF) {
		go_deaf(h);
	}
	h->door = wanted;
}

static void watch_doors(void)
{
	for (size_t i = 0; i < host_count; i++) {
		char where[32];

		snprintf(where, sizeof(where), "%.15s/", hosts[i].name);
		struct fault f = fault_for(where);
		set_door(&hosts[i], fault_is(&f, "refuse") ? DOOR_CLOSED
				  : fault_is(&f, "deaf") ? DOOR_DEAF : DOOR_OPEN);
	}
}

/* All addresses on one free port: what is free on the first may be taken on another. */
static int open_all(void)
{
	for (int attempt = 0; attempt < 50; attempt++) {
		socklen_t size = sizeof(hosts[0].address);
		in_port_t port = 0;
		size_t i;

		for (i = 0; i < host_count; i++) {
			struct host *h = &hosts[i];

			snprintf(h->name, sizeof(h->name), "127.0.0.%u", (unsigned char)(i + 1));
			h->address.sin_family = AF_INET;
			h->address.sin_port = port;
			inet_pton(AF_INET, h->name, &h->address.sin_addr);
			if (!try_open(h, BACKLOG))
				break;
			if (i == 0)
				getsockname(h->listener, (struct sockaddr *)&h->address, &size);
			port = hosts[0].address.sin_port;
		}
		if (i == host_count)
			return ntohs(port);
		while (i-- > 0)
			close(hosts[i].listener);
	}
	die("no port that is free on all addresses");
	return 0;
}

static void loop(void)
{
	struct pollfd p[HOSTS_MAX];

	for (;;) {
		watch_doors();
		for (size_t i = 0; i < host_count; i++)
			p[i] = (struct pollfd){ .fd = hosts[i].door == DOOR_OPEN ? hosts[i].listener : -1,
						.events = POLLIN };
		if (poll(p, host_count, TICK_MS) <= 0)
			continue;
		for (size_t i = 0; i < host_count; i++)
			if (p[i].revents & POLLIN)
				start_connection(&hosts[i]);
	}
}

/* --- start ------------------------------------------------------------------- */

static void read_options(char **argv)
{
	for (argv++; argv[0] && argv[1]; argv += 2) {
		if (!strcmp(argv[0], "--port-file"))
			port_file = argv[1];
		else if (!strcmp(argv[0], "--control"))
			control_file = argv[1];
		else if (!strcmp(argv[0], "--log"))
			log_file = argv[1];
		else if (!strcmp(argv[0], "--upstream"))
			upstream_port = atoi(argv[1]);
		else if (!strcmp(argv[0], "--hosts"))
			host_count = (size_t)atoi(argv[1]);
		else
			break;
	}
	if (argv[0] || !port_file || !control_file || !log_file || !upstream_port ||
	    host_count < 1 || host_count > HOSTS_MAX) {
		fprintf(stderr, "usage: peer --port-file FILE --upstream PORT --control FILE"
				" --log FILE [--hosts N]\n");
		exit(2);
	}
}

static void write_port(int port)
{
	char half[600];

	snprintf(half, sizeof(half), "%s.new", port_file);
	FILE *f = fopen(half, "we");
	if (!f || fprintf(f, "%d\n", port) < 0 || fclose(f) != 0 || rename(half, port_file) < 0)
		die(port_file);
}

int main(int argc, char **argv)
{
	(void)argc;
	read_options(argv);
	log_fd = open(log_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (log_fd < 0)
		die(log_file);
	write_port(open_all());
	loop();
}
