/* SPDX-License-Identifier: MIT */
#include "server.h"

#include <arpa/inet.h>
#include <errno.h>
#include <microhttpd.h>

#include "base/file.h"
#include "reply.h"
#include "route.h"

#define MAX_JSON (1024 * 1024)
#define MAX_DRAIN (64 * 1024 * 1024)	/* how much of a refused body is read to be polite */

struct server {
	struct MHD_Daemon *daemon;
};

/* Called with the request line, before anything decodes it. */
static void *begin(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct request *req = calloc(1, sizeof(*req));

	if (!req)
		return NULL;
	req->em = cls;
	req->conn = conn;
	req->target = strdup(uri);
	req->body = (struct buf)BUF(MAX_JSON);
	req->upload.file = (struct buf)BUF(MAX_FILE + 1);
	req->answer.raw = (struct buf)BUF(MAX_FILE * 4);
	req->started_ms = now_ms();
	return req;
}

static void end(void *cls, struct MHD_Connection *conn, void **state,
		enum MHD_RequestTerminationCode how)
{
	struct request *req = *state;

	(void)cls;
	(void)conn;
	(void)how;
	if (!req)
		return;
	if (req->post)
		MHD_destroy_post_processor(req->post);
	request_free(req);
	*state = NULL;
}

static void remember_address(struct request *req)
{
	const union MHD_ConnectionInfo *info =
		MHD_get_connection_info(req->conn, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *sa = info ? info->client_addr : NULL;

	if (sa && sa->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)(const void *)sa)->sin_addr,
			  req->address, sizeof(req->address));
	else if (sa && sa->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)(const void *)sa)->sin6_addr,
			  req->address, sizeof(req->address));
}

/* Adds what came to *text; false beyond max bytes. */
static bool append(char **text, const char *data, size_t len, size_t max)
{
	size_t had = *text ? strlen(*text) : 0;
	char *more;

	if (had + len > max || memchr(data, 0, len))
		return false;
	more = realloc(*text, had + len + 1);
	if (!more)
		return false;
	memcpy(more + had, data, len);
	more[had + len] = '\0';
	*text = more;
	return true;
}

static enum MHD_Result form_field(void *cls, enum MHD_ValueKind kind, const char *key,
				  const char *filename, const char *type, const char *encoding,
				  const char *data, uint64_t off, size_t size)
{
	struct request *req = cls;
	struct upload *up = &req->upload;

	(void)kind;
	(void)type;
	(void)encoding;
	if (key && !strcmp(key, "file")) {
		if (!off && !up->name)
			up->name = strdup(filename ? filename : "");
		up->has_file = true;
		if (buf_add(&up->file, data, size) < 0)
			req->too_long = true;
	} else if (key && !strcmp(key, "metadata")) {
		if (!append(&up->metadata, data, size, 65536))
			up->bad = true;
	} else if (key && !strcmp(key, "wait_for_completion")) {
		up->wait = up->wait || (size >= 4 && !memcmp(data, "true", 4));
	}
	return MHD_YES;
}

static bool multipart(struct request *req)
{
	return req->route && req->route->body == BODY_MULTIPART;
}

static enum MHD_Result receive(struct request *req, const char *data, size_t *size)
{
	req->body_seen += *size;
	if (req->body_seen > MAX_DRAIN)
		return MHD_NO;
	if (multipart(req)) {
		if (req->post && !req->too_long &&
		    MHD_post_process(req->post, data, *size) != MHD_YES)
			req->upload.bad = true;
	} else if (!req->too_long && buf_add(&req->body, data, *size) < 0) {
		req->too_long = true;
	}
	*size = 0;
	return MHD_YES;
}

static enum MHD_Result first_call(struct request *req, const char *method)
{
	const char *length =
		MHD_lookup_connection_value(req->conn, MHD_HEADER_KIND, "Content-Length");

	req->started = true;
	snprintf(req->method, sizeof(req->method), "%.11s", method);
	remember_address(req);
	req->malformed = !req->target || !request_parse_target(req);
	req->route = route_find(req);
	if (multipart(req))
		req->post = MHD_create_post_processor(req->conn, 65536, form_field, req);
	if (length && strtoull(length, NULL, 10) > MAX_DRAIN) {
		/* Not worth reading: say so now, and the connection ends. */
		req->too_long = true;
		route_request(req);
		return reply(req);
	}
	return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *conn, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **state)
{
	struct request *req = *state;
	struct emulator *em = cls;

	(void)url;
	(void)version;
	(void)conn;
	if (!req)
		return MHD_NO;
	if (!req->started)
		return first_call(req, method);
	if (*size)
		return receive(req, data, size);
	if (req->post) {
		/* The last field is complete only when the processor ends. */
		if (MHD_destroy_post_processor(STEAL(req->post)) != MHD_YES)
			req->upload.bad = true;
	}
	if (em->set->latency_ms)
		emulator_sleep(em, em->set->latency_ms, NULL);
	req->fault = reply_fault(req);
	route_request(req);
	return reply(req);
}

static int read_pem(const char *path, struct buf *out, struct err *err)
{
	if (!path)
		return 0;
	if (file_read(path, 1024 * 1024, out, err) < 0)
		return err_context(err, "TLS");
	return 0;
}

static int make_address(const struct settings *set, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)out;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, set->address, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)set->port);
		return AF_INET;
	}
	inet_pton(AF_INET6, set->address, &v6->sin6_addr);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons((uint16_t)set->port);
	return AF_INET6;
}

int server_start(struct emulator *em, struct server **out, int *port, struct err *err)
{
	unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION |
			 MHD_USE_POLL | MHD_USE_ITC;
	scoped_buf struct buf cert = BUF(1024 * 1024), key = BUF(1024 * 1024);
	struct sockaddr_storage address;
	const union MHD_DaemonInfo *info;
	struct server *server;

	if (read_pem(em->set->tls_cert, &cert, err) < 0 ||
	    read_pem(em->set->tls_key, &key, err) < 0)
		return -1;
	if (em->set->tls_cert)
		flags |= MHD_USE_TLS;
	if (make_address(em->set, &address) == AF_INET6)
		flags |= MHD_USE_IPv6;
	server = calloc(1, sizeof(*server));
	if (!server)
		return err_nomem(err);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, cert.data },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, key.data },
		{ MHD_OPTION_END, 0, NULL },
	};
	errno = 0;
	server->daemon = MHD_start_daemon(
		flags, 0, NULL, NULL, handle, em,
		MHD_OPTION_SOCK_ADDR, (struct sockaddr *)&address,
		MHD_OPTION_URI_LOG_CALLBACK, begin, em,
		MHD_OPTION_NOTIFY_COMPLETED, end, NULL,
		MHD_OPTION_CONNECTION_LIMIT, 1000u,
		MHD_OPTION_CONNECTION_TIMEOUT, 120u,
		MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)(64 * 1024),
		MHD_OPTION_THREAD_STACK_SIZE, (size_t)(1024 * 1024),
		MHD_OPTION_ARRAY, em->set->tls_cert ? tls : tls + 2, MHD_OPTION_END);
	info = server->daemon ? MHD_get_daemon_info(server->daemon, MHD_DAEMON_INFO_BIND_PORT)
			      : NULL;
	if (!info) {
		free(server);
		return err_errno(err, ERR_NETWORK, errno ? errno : EINVAL,
				 "cannot listen on %s port %d%s", em->set->address, em->set->port,
				 em->set->tls_cert ? " (or the certificate is not usable)" : "");
	}
	*port = info->port;
	*out = server;
	return 0;
}

void server_stop(struct server *server)
{
	MHD_stop_daemon(server->daemon);
	free(server);
}
