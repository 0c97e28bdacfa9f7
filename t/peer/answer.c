/* SPDX-License-Identifier: MIT */
#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

int upstream_port;

/* --- bytes ------------------------------------------------------------------- */

static bool send_all(int fd, const char *data, size_t len)
{
	while (len > 0) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		data += n;
		len -= (size_t)n;
	}
	return true;
}

/* Until the other side has had enough, or for ms. */
static bool gone_within(int fd, int ms)
{
	struct pollfd p = { .fd = fd, .events = POLLRDHUP };

	return poll(&p, 1, ms) > 0;
}

static void wait_until_gone(int fd)
{
	char sink[4096];

	while (recv(fd, sink, sizeof(sink), 0) > 0)
		;
}

static void send_slowly(int fd, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (!send_all(fd, data + i, 1) || gone_within(fd, 1000))
			return;
}

static int connect_to(int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd >= 0 && connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

struct bytes {
	char *data;
	size_t len;
};

static struct bytes read_to_end(int fd)
{
	struct bytes b = { NULL, 0 };
	size_t room = 0;

	for (;;) {
		if (b.len == room) {
			room = room ? 2 * room : 65536;
			b.data = realloc(b.data, room);
			if (!b.data)
				die("memory");
		}
		ssize_t n = read(fd, b.data + b.len, room - b.len);
		if (n <= 0)
			return b;
		b.len += (size_t)n;
	}
}

/* --- the upstream ------------------------------------------------------------ */

bool starts(const char *line, const char *name)
{
	return strncasecmp(line, name, strlen(name)) == 0;
}

/* The head with "Connection: close" in place of what stood there. */
static bool pass_head(int fd, const char *head)
{
	const char *line = head, *end;

	for (; (end = strstr(line, "\r\n")) && end != line; line = end + 2)
		if (!starts(line, "connection:") &&
		    !send_all(fd, line, (size_t)(end + 2 - line)))
			return false;
	return send_all(fd, "Connection: close\r\n\r\n", 21);
}

struct answer {
	struct bytes all;
	char *body;		/* in all */
	size_t body_len;
	char head[HEAD_MAX];	/* without Connection and Content-Length, without the end */
	size_t head_len;
};

static bool ask_upstream(const char *head, struct answer *a)
{
	int fd = connect_to(upstream_port);
	char *line, *end;

	memset(a, 0, sizeof(*a));
	if (fd < 0)
		return false;
	if (pass_head(fd, head))
		a->all = read_to_end(fd);
	close(fd);
	if (a->all.len == 0)
		return false;
	a->body = memmem(a->all.data, a->all.len, "\r\n\r\n", 4);
	if (!a->body)
		return false;
	a->body += 4;
	a->body_len = a->all.len - (size_t)(a->body - a->all.data);
	for (line = a->all.data; line < a->body - 2; line = end + 2) {
		end = memmem(line, (size_t)(a->body - line), "\r\n", 2);
		size_t n = (size_t)(end + 2 - line);
		if (starts(line, "connection:") || starts(line, "content-length:") ||
		    a->head_len + n > sizeof(a->head))
			continue;
		memcpy(a->head + a->head_len, line, n);
		a->head_len += n;
	}
	return true;
}

static bool send_head(int fd, const struct answer *a)
{
	char rest[64];
	int n = snprintf(rest, sizeof(rest), "Content-Length: %zu\r\n\r\n", a->body_len);

	return send_all(fd, a->head, a->head_len) && send_all(fd, rest, (size_t)n);
}

/* The upstream's answer, whole or spoilt; true when the connection may go on. */
static bool pass(int fd, const char *head, const struct fault *f)
{
	struct answer a;
	bool good = ask_upstream(head, &a) && send_head(fd, &a);

	if (good && fault_is(f, "drip")) {
		send_slowly(fd, a.body, a.body_len);
		good = false;
	} else if (good && fault_is(f, "truncate")) {
		send_all(fd, a.body, a.body_len / 2);
		good = false;
	} else if (good) {
		good = send_all(fd, a.body, a.body_len);
	}
	free(a.all.data);
	return good;
}

/* --- the faults -------------------------------------------------------------- */

static void reset_connection(int fd)
{
	struct linger now = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
}

static void endless_headers(int fd)
{
	static const char line[] = "X-More: and more and more and more and more and more\r\n";

	if (send_all(fd, "HTTP/1.1 200 OK\r\n", 17))
		while (send_all(fd, line, sizeof(line) - 1))
			;
}

static void endless(int fd)
{
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
				   "Transfer-Encoding: chunked\r\n\r\n";
	char chunk[8 + 65536 + 2];

	memcpy(chunk, "010000\r\n", 8);
	memset(chunk + 8, ' ', 65536);
	memcpy(chunk + 8 + 65536, "\r\n", 2);
	if (send_all(fd, head, sizeof(head) - 1))
		while (send_all(fd, chunk, sizeof(chunk)))
			;
}

static bool canned(int fd, const char *file)
{
	int in = open(file, O_RDONLY | O_CLOEXEC);

	if (in < 0)
		die(file);
	struct bytes b = read_to_end(in);
	bool sent = send_all(fd, b.data, b.len);

	close(in);
	free(b.data);
	return sent;
}

/* Answers one request; true when the connection may go on. */
bool answer(int fd, const char *head, const struct fault *f)
{
	static const char slow[] = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n";

	if (fault_is(f, "reset"))
		reset_connection(fd);
	else if (fault_is(f, "blackhole") || fault_is(f, "deaf"))
		wait_until_gone(fd);
	else if (fault_is(f, "slow-headers"))
		send_slowly(fd, slow, sizeof(slow) - 1);
	else if (fault_is(f, "endless-headers"))
		endless_headers(fd);
	else if (fault_is(f, "endless"))
		endless(fd);
	else if (fault_is(f, "canned"))
		canned(fd, f->arg);
	else if (fault_is(f, "canned-keep"))
		return canned(fd, f->arg);
	else if (!fault_is(f, "close") && !fault_is(f, "refuse"))
		return pass(fd, head, f);
	return false;
}

void tunnel(int fd, int ms)
{
	long long end = now_ms() + ms;
	int up = connect_to(upstream_port);
	struct pollfd p[2] = { { .fd = fd, .events = POLLIN }, { .fd = up, .events = POLLIN } };
	char data[65536];

	while (up >= 0 && poll(p, 2, ms) > 0 && (ms < 0 || now_ms() < end)) {
		for (int i = 0; i < 2; i++) {
			if (!p[i].revents)
				continue;
			ssize_t n = recv(p[i].fd, data, sizeof(data), 0);
			if (n <= 0 || !send_all(p[1 - i].fd, data, (size_t)n)) {
				close(up);
				return;
			}
		}
	}
	close(up);
}
