/* SPDX-License-Identifier: MIT */
/*
 * request.h -- one HTTP request and its answer.
 *
 * server.c fills the first half, route.c authenticates, picks the handler and
 * runs it inside one database transaction; the handler calls one answer_*()
 * as its last act.  Handlers never touch the socket.
 */
#ifndef EMULATOR_REQUEST_H
#define EMULATOR_REQUEST_H

#include "base/buf.h"
#include "emulator.h"

struct MHD_Connection;
struct route;

#define MAX_SEGMENTS 16
#define MAX_PARAMS 32

enum owner { OWNER_USER, OWNER_ACCOUNT };

struct param {
	const char *name, *value;
};

struct caller {			/* whose token it is; id "" before authentication */
	char id[HEX_SIZE];
	enum owner owner;
	struct json_object *policies;
};

struct upload {			/* multipart/form-data */
	char *name, *metadata;
	struct buf file;
	bool has_file, wait, bad;
};

struct answer {
	int status;
	struct json_object *body;	/* or raw bytes: */
	struct buf raw;
	const char *type;
	int retry_after;		/* 0: no header */
	struct limit_state limit;
};

struct request {
	struct emulator *em;
	struct MHD_Connection *conn;
	char method[12];
	char *target;			/* as sent: path and query */
	char *text;			/* decoded pieces live here */
	const char *seg[MAX_SEGMENTS];
	int nseg;
	struct param param[MAX_PARAMS];
	int nparam;
	bool malformed, too_long;
	bool started;
	char address[64];
	struct buf body;
	size_t body_seen;
	struct upload upload;
	void *post;			/* MHD_PostProcessor */
	int64_t started_ms;

	const struct route *route;
	struct caller caller;
	struct json_object *json;	/* the body, checked; NULL when there is none */
	enum owner owner;		/* of /user/tokens or /accounts/x/tokens */
	const char *account;
	const char *ns;			/* namespace of the instance path */
	bool flat;			/* .../ai-search/instances without a namespace */
	const char *arg[3];		/* what stood for * in the route, in order */

	const struct fault *fault;
	int64_t wait_item;		/* answer only when this item is done */
	struct answer answer;
};

/* What the handler says.  result and info are taken over; info may be NULL. */
void answer_ok(struct request *req, int status, struct json_object *result,
	       struct json_object *info);
void answer_error(struct request *req, int status, int code, const char *message);
/* A 400 that names the place; path is taken over. */
void answer_invalid(struct request *req, const char *message, struct json_object *path);
/* The same for the place body.<key> or query.<key>. */
void answer_invalid_at(struct request *req, const char *where, const char *key,
		       const char *message);

const char *request_param(const struct request *req, const char *name);	/* NULL: not given */
/* -1 after having answered 400 */
int request_int(struct request *req, const char *name, int64_t otherwise, int64_t min,
		int64_t max, int64_t *out);
int request_enum(struct request *req, const char *name, const char *const *words,
		 const char **out);

struct page {
	int64_t page, per_page, total;
};
int request_page(struct request *req, int64_t min, int64_t max, int64_t max_page,
		 struct page *page);
struct json_object *page_info(const struct page *page, struct json_object *rows);

/* Splits and decodes target into seg, param; false when it is not a path of ours. */
bool request_parse_target(struct request *req);
void request_free(struct request *req);

#endif
