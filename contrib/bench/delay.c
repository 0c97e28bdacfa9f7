/* SPDX-License-Identifier: MIT */
/*
 * delay.c -- a far-away server on loopback: a TCP relay that holds every chunk
 * for half of a round trip, in both directions.
 *
 *	delay ROUND-TRIP-MS SOCKET PORT-FILE
 *
 * relays from a free port of 127.0.0.1, written to PORT-FILE, to a unix socket.  It limits
 * no bandwidth: up to BOUND bytes are under way in each direction, 400 MB/s at
 * 20 ms.  The kernel shakes hands with the client at once; the round trip that
 * this takes on a real path passes before the first byte is read.
 *
 * SIGUSR1 brings the server near, SIGUSR2 takes it away again.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define BOUND (4u << 20)	/* bytes under way in one direction */
#define CHUNK (64u << 10)
#define EVENTS 256

struct chunk {			/* bytes on their way; none: the sender has ended */
	struct chunk *next;
	struct side *from;
	int64_t due_us;
	size_t len, at;
	char data[];
};

struct side {
	struct link *link;
	int fd;
	size_t under_way;	/* bytes read here and not yet sent by the other side */
	bool ended, full;	/* the reader stopped: for good; until under_way sinks */
	struct chunk *arrived, **tail;	/* for the other side's socket, in order */
};

struct link {
	struct side side[2];	/* the client, the server */
	struct link *next;
	int64_t opens_us;
	size_t chunks;		/* of both sides, everywhere */
	int told;		/* ends that were passed on */
	bool dead;
};

/* Every wait is equally long, so both are in the order of their due times (but for those
 * just after a signal, who wait for the ones before them). */
static struct chunk *first_chunk, **last_chunk = &first_chunk;
static struct link *first_link, **last_link = &first_link;
static struct link *dead_links;

static int epoll_fd;
static struct sockaddr_un target = { .sun_family = AF_UNIX };
static int64_t half_us;
static volatile sig_atomic_t near;

static void on_signal(int number)
{
	near = number == SIGUSR1;
}

static int64_t delay_us(void)
{
	return near ? 0 : half_us;
}

static int64_t now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static void die(const char *what)
{
	fprintf(stderr, "delay: %s: %s\n", what, strerror(errno));
	exit(1);
}

static struct side *other(struct side *s)
{
	return &s->link->side[s == &s->link->side[0]];
}

static void drop_chunk(struct chunk *c)
{
	c->from->link->chunks--;
	free(c);
}

static void end_link(struct link *l)
{
	if (l->dead)
		return;
	l->dead = true;
	l->next = dead_links;
	dead_links = l;
	for (int i = 0; i < 2; i++) {
		close(l->side[i].fd);
		while (l->side[i].arrived) {
			struct chunk *c = l->side[i].arrived;

			l->side[i].arrived = c->next;
			drop_chunk(c);
		}
	}
}

static void read_side(struct side *s)
{
	static char buf[CHUNK];

	while (!s->link->dead && !s->ended) {
		s->full = s->under_way >= BOUND;
		if (s->full)
			return;
		ssize_t n = recv(s->fd, buf, sizeof(buf), 0);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
			return;
		size_t len = n < 0 ? 0 : (size_t)n;
		struct chunk *c = malloc(sizeof(*c) + len);
		if (!c)
			die("malloc");
		*c = (struct chunk){ .from = s, .len = len, .due_us = now_us() + delay_us() };
		memcpy(c->data, buf, len);
		*last_chunk = c;
		last_chunk = &c->next;
		s->link->chunks++;
		s->under_way += len;
		s->ended = len == 0;
	}
}

/* Passes on what has arrived from s, as far as the socket takes it. */
static void pass_on(struct side *s)
{
	struct chunk *c;

	while (!s->link->dead && (c = s->arrived) != NULL) {
		while (c->at < c->len) {
			ssize_t n = send(other(s)->fd, c->data + c->at, c->len - c->at,
					 MSG_NOSIGNAL);

			if (n < 0 && (errno == EAGAIN || errno == ENOTCONN))
				return;		/* EPOLLOUT goes on */
			if (n < 0 && errno != EINTR) {
				end_link(s->link);
				return;
			}
			c->at += n > 0 ? (size_t)n : 0;
		}
		s->under_way -= c->len;
		s->arrived = c->next;
		if (!s->arrived)
			s->tail = &s->arrived;
		if (c->len == 0) {
			shutdown(other(s)->fd, SHUT_WR);
			s->link->told++;
		}
		drop_chunk(c);
	}
	if (s->link->told == 2)
		end_link(s->link);
	if (s->full && s->under_way < BOUND)
		read_side(s);
}

static int new_socket(int family)
{
	int fd = socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		die("socket");
	return fd;
}

static void accept_all(int listener)
{
	for (;;) {
		int on = 1, fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		struct link *l;

		if (fd < 0 && (errno == EINTR || errno == ECONNABORTED))
			continue;
		if (fd < 0 && errno == EAGAIN)
			return;
		if (fd < 0)
			die("accept");
		l = calloc(1, sizeof(*l));
		if (!l)
			die("calloc");
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
		l->side[0].fd = fd;
		l->opens_us = now_us() + 2 * delay_us();
		*last_link = l;
		last_link = &l->next;
	}
}

static void open_link(struct link *l)
{
	l->side[1].fd = new_socket(AF_UNIX);
	if (connect(l->side[1].fd, (struct sockaddr *)&target, sizeof(target)) < 0)
		die("connect");
	for (int i = 0; i < 2; i++) {
		struct side *s = &l->side[i];
		struct epoll_event e = { .events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET,
					 .data.ptr = s };

		s->link = l;
		s->tail = &s->arrived;
		if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, s->fd, &e) < 0)
			die("epoll_ctl");
	}
}

static void do_what_is_due(void)
{
	int64_t now = now_us();

	while (first_link && first_link->opens_us <= now) {
		struct link *l = first_link;

		first_link = l->next;
		if (!first_link)
			last_link = &first_link;
		open_link(l);
	}
	while (first_chunk && first_chunk->due_us <= now) {
		struct chunk *c = first_chunk;
		struct side *s = c->from;

		first_chunk = c->next;
		if (!first_chunk)
			last_chunk = &first_chunk;
		c->next = NULL;
		if (s->link->dead) {
			drop_chunk(c);
		} else {
			*s->tail = c;
			s->tail = &c->next;
			pass_on(s);
		}
	}
}

/* A dead link goes when none of its chunks is under way any more. */
static void bury(void)
{
	struct link **at = &dead_links, *l;

	while ((l = *at) != NULL) {
		if (l->chunks > 0) {
			at = &l->next;
			continue;
		}
		*at = l->next;
		free(l);
	}
}

static int64_t next_due_us(void)	/* -1: nothing is under way */
{
	int64_t due = first_chunk ? first_chunk->due_us : -1;

	return first_link && (due < 0 || first_link->opens_us < due) ? first_link->opens_us : due;
}

static void handle(struct side *s, uint32_t events)
{
	if (s->link->dead)
		return;
	if (events & ~(uint32_t)EPOLLOUT)
		read_side(s);
	if (events & EPOLLOUT)
		pass_on(other(s));
}

static int start_listening(const char *port_file)
{
	int fd = new_socket(AF_INET);
	struct sockaddr_in at = { .sin_family = AF_INET,
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	struct epoll_event e = { .events = EPOLLIN, .data.ptr = NULL };
	FILE *f = fopen(port_file, "we");

	if (!f || bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 4096) < 0 ||
	    getsockname(fd, (struct sockaddr *)&at, &len) < 0 ||
	    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &e) < 0)
		die(port_file);
	fprintf(f, "%d\n", ntohs(at.sin_port));
	if (fclose(f) != 0)
		die(port_file);
	return fd;
}

int main(int argc, char **argv)
{
	struct epoll_event events[EVENTS];
	struct rlimit files;
	int listener;

	if (argc != 4 || strlen(argv[2]) >= sizeof(target.sun_path)) {
		fprintf(stderr, "usage: delay ROUND-TRIP-MS SOCKET PORT-FILE\n");
		return 2;
	}
	half_us = atoi(argv[1]) * 500;
	memcpy(target.sun_path, argv[2], strlen(argv[2]));
	signal(SIGUSR1, on_signal);
	signal(SIGUSR2, on_signal);
	if (getrlimit(RLIMIT_NOFILE, &files) == 0) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	listener = start_listening(argv[3]);
	for (;;) {
		int64_t due = next_due_us(), us = due < 0 ? 0 : due - now_us();
		struct timespec wait = { .tv_sec = us > 0 ? us / 1000000 : 0,
					 .tv_nsec = us > 0 ? us % 1000000 * 1000 : 0 };
		int n = epoll_pwait2(epoll_fd, events, EVENTS, due < 0 ? NULL : &wait, NULL);

		if (n < 0 && errno != EINTR)
			die("epoll_wait");
		for (int i = 0; i < n; i++) {
			if (events[i].data.ptr)
				handle(events[i].data.ptr, events[i].events);
			else
				accept_all(listener);
		}
		do_what_is_due();
		bury();		/* not before: an event may be of a link that has just died */
	}
}
