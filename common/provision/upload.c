/* SPDX-License-Identifier: MIT */
#include "provision/upload.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "base/md5.h"
#include "cloudflare/flow.h"
#include "cloudflare/item.h"
#include "provision/upload_scan.h"

#define LOST_MAX 5		/* files in a row without an answer: the network is gone */

struct there {			/* an item that the instance has */
	char *key, *id, *checksum;
	int64_t size;		/* -1 = not told */
};

struct slot {
	struct item_request request;
	struct buf data;
	const struct upload_file *file;
	char *key;		/* with the prefix */
};

struct upload {
	const struct upload_config *config;
	struct upload_progress *out;
	struct upload_scan scan;
	size_t at;		/* the next file */
	struct there *there;
	size_t there_count, there_room;
	enum { CHECKSUM_UNPROVEN, CHECKSUM_MD5, CHECKSUM_OTHER } checksum;
	struct slot slots[UPLOAD_PARALLEL];
	int lost;		/* in a row */
};

static void upload_clear(struct upload *u)
{
	for (size_t i = 0; i < u->there_count; i++) {
		free(u->there[i].key);
		free(u->there[i].id);
		free(u->there[i].checksum);
	}
	free(u->there);
	for (size_t i = 0; i < UPLOAD_PARALLEL; i++) {
		item_request_clear(&u->slots[i].request);
		buf_clear(&u->slots[i].data);
		free(u->slots[i].key);
	}
	upload_scan_clear(&u->scan);
}

/* --- what is there ------------------------------------------------------------ */

static int note(void *ctx, const struct item *item)
{
	struct upload *u = ctx;

	if (u->there_count == u->there_room) {
		size_t room = u->there_room ? u->there_room * 2 : 256;
		struct there *more = reallocarray(u->there, room, sizeof(*more));

		if (!more)
			return 1;
		u->there = more;
		u->there_room = room;
	}
	struct there *t = &u->there[u->there_count];
	*t = (struct there){ strdup(item->key), strdup(item->id),
			     item->checksum ? strdup(item->checksum) : NULL,
			     item->file_size.known ? item->file_size.value : -1 };
	u->there_count++;
	return !t->key || !t->id || (item->checksum && !t->checksum);
}

static int by_key(const void *a, const void *b)
{
	return strcmp(((const struct there *)a)->key, ((const struct there *)b)->key);
}

static int list_there(struct upload *u, struct err *err)
{
	int r = item_list(u->config->client, u->config->instance, NULL, note, u, err);

	if (r != 0)
		return r > 0 ? err_nomem(err) : -1;
	if (u->there_count > 0)
		qsort(u->there, u->there_count, sizeof(*u->there), by_key);
	return 0;
}

static const struct there *find(const struct upload *u, char *key)
{
	struct there wanted = { .key = key };

	return u->there_count ? bsearch(&wanted, u->there, u->there_count, sizeof(wanted), by_key) : NULL;
}

struct comparison {
	const struct buf *with;
	size_t at;
	bool differs;
};

static bool compare(void *ctx, const char *data, size_t len)
{
	struct comparison *c = ctx;

	c->differs |= len > c->with->len - c->at || memcmp(c->with->data + c->at, data, len) != 0;
	c->at += c->differs ? 0 : len;
	return !c->differs;
}

/* 1 = the same, 0 = not. */
static int same_bytes(struct upload *u, const struct there *t, const struct buf *data, struct err *err)
{
	struct comparison c = { .with = data };

	if (item_download(u->config->client, u->config->instance, t->id, compare, &c, err) < 0 &&
	    !c.differs)
		return -1;
	return !c.differs && c.at == data->len;
}

/* Is this the item's content?  1 = yes, 0 = no. */
static int same(struct upload *u, const struct there *t, const struct buf *data, struct err *err)
{
	char md5[MD5_HEX_SIZE];

	if (t->size >= 0 && t->size != (int64_t)data->len)
		return 0;
	if (!t->checksum || strlen(t->checksum) != MD5_HEX_SIZE - 1 || u->checksum == CHECKSUM_OTHER)
		return t->size >= 0;
	md5_hex(data->data, data->len, md5);
	if (!strcasecmp(md5, t->checksum)) {
		u->checksum = CHECKSUM_MD5;
		return 1;
	}
	if (u->checksum == CHECKSUM_MD5)
		return 0;
	int r = same_bytes(u, t, data, err);
	if (r == 1)
		u->checksum = CHECKSUM_OTHER;
	return r;
}

int upload_same(struct client *client, const char *instance, const struct item *item,
		const struct buf *data, struct err *err)
{
	const struct upload_config config = { .client = client, .instance = instance };
	struct upload u = { .config = &config };
	const struct there there = { item->key, item->id, item->checksum,
				     item->file_size.known ? item->file_size.value : -1 };

	return same(&u, &there, data, err);
}

/* --- one file ------------------------------------------------------------------- */

static void tell_progress(const struct upload *u)
{
	if (u->config->progress)
		u->config->progress(u->config->ctx, u->out);
}

static void fail(struct upload *u, const struct upload_file *file, const struct err *why)
{
	u->out->failed++;
	if (u->config->told)
		u->config->told(u->config->ctx, file->key, why);
	tell_progress(u);
}

/* Each part is opened without following links: the folder may have changed since. */
static int open_beneath(int folder, const char *key, struct err *err)
{
	int at = fcntl(folder, F_DUPFD_CLOEXEC, 3);

	for (const char *slash; at >= 0 && (slash = strchr(key, '/')); key = slash + 1) {
		char name[NAME_MAX + 1];
		int next;

		snprintf(name, sizeof(name), "%.*s", (int)(slash - key), key);
		next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		int why = errno;
		close(at);
		errno = why;
		at = next;
	}
	if (at >= 0) {
		int file = openat(at, key, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
		int why = errno;

		close(at);
		errno = why;
		at = file;
	}
	return at >= 0 ? at : err_errno(err, ERR_INPUT, errno, "cannot open it");
}

static int read_file(const struct upload *u, const struct upload_file *file, struct buf *out,
		     struct err *err)
{
	char chunk[65536];
	struct stat st;
	scoped_fd int fd = open_beneath(u->scan.fd, file->key, err);

	if (fd < 0)
		return -1;
	if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return err_set(err, ERR_INPUT, "it is no file any more");
	buf_reset(out);
	out->max = ITEM_UPLOAD_MAX;
	for (;;) {
		ssize_t n = read(fd, chunk, sizeof(chunk));

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(err, ERR_INPUT, errno, "cannot read it");
		if (n == 0)
			break;
		if (buf_add(out, chunk, (size_t)n) < 0)
			return err_set(err, ERR_INPUT, "it is larger than 4 MiB");
	}
	return out->len > 0 ? 0 : err_set(err, ERR_INPUT, "it is empty");
}

/* Whose fault is it?  Of these, no other file would fare better. */
static bool hopeless(const struct err *err)
{
	switch (err->kind) {
	case ERR_CANCELLED: case ERR_AUTH: case ERR_FORBIDDEN: case ERR_NOT_FOUND: case ERR_TLS:
	case ERR_NOMEM: case ERR_LIMIT:
		return true;
	default:
		return err->code == 7053 || err->code == 7032;	/* not built-in; paused */
	}
}

/* Makes the slot's request for this file.  1 = made, 0 = there is nothing to do for it, -1 = stop. */
static int prepare(struct upload *u, struct slot *s, const struct upload_file *file,
		   struct err *err)
{
	const struct upload_config *c = u->config;
	const char *prefix = c->prefix ? c->prefix : "";
	struct err why = { 0 };
	int r;

	free(s->key);
	s->key = NULL;
	s->file = file;
	if (asprintf(&s->key, "%s%s", prefix, file->key) < 0) {
		s->key = NULL;
		return err_nomem(err);
	}
	if (item_check_name(s->key, &why) < 0 || read_file(u, file, &s->data, &why) < 0) {
		fail(u, file, &why);
		return 0;
	}
	const struct there *t = find(u, s->key);
	if (t) {
		r = same(u, t, &s->data, err);
		if (r < 0)
			return -1;
		if (r == 1) {
			u->out->skipped++;
			u->out->bytes_done += (int64_t)s->data.len;
			tell_progress(u);
			return 0;
		}
		if (!c->replace) {
			err_set(&why, ERR_EXISTS, "the instance has it with other content");
			fail(u, file, &why);
			return 0;
		}
		if (item_delete(c->client, c->instance, t->id, &why) < 0 && why.kind != ERR_NOT_FOUND) {
			if (hopeless(&why) || why.status == 0)
				return *err = why, -1;
			fail(u, file, &why);
			return 0;
		}
	}
	const struct item_upload up = { .name = s->key, .data = s->data.data, .len = s->data.len,
					.metadata = c->metadata, .wait = c->wait };
	if (item_upload_request(c->client, c->instance, &up, &s->request, &why) < 0) {
		fail(u, file, &why);
		return 0;
	}
	return 1;
}

static int next(void *ctx, size_t i, struct client_call *call, struct err *err)
{
	struct upload *u = ctx;

	while (u->at < u->scan.count) {
		int r = prepare(u, &u->slots[i], &u->scan.files[u->at++], err);

		if (r < 0)
			return -1;
		if (r == 0)
			continue;
		*call = u->slots[i].request.call;
		return 1;
	}
	return 0;
}

/* The answer of an upload that was waited for may be that it could not be indexed. */
static int check_item(const struct flow_end *end, struct err *why)
{
	scoped_item struct item item = { 0 };

	if (item_decode(end->envelope->result, &item, why) < 0)
		return -1;
	if (!item.status || (strcmp(item.status, "error") != 0 && strcmp(item.status, "skipped") != 0))
		return 0;
	return err_set(why, ERR_REMOTE, "it was uploaded, but not indexed: %s%s%s", item.status,
		       item.error ? ", " : "", item.error ? item.error : "");
}

static int done(void *ctx, size_t i, const struct flow_end *end, struct err *err)
{
	struct upload *u = ctx;
	struct slot *s = &u->slots[i];
	struct err why = { 0 };
	/* An earlier try without an answer was carried out after all. */
	bool arrived = !end->envelope && end->repeated && end->err->kind == ERR_EXISTS;

	if (!end->envelope && !arrived) {
		bool lost = end->err->status == 0 || end->err->status >= 500;

		u->lost = lost ? u->lost + 1 : 0;
		why = *end->err;
		fail(u, s->file, &why);
		if (!hopeless(&why) && u->lost < LOST_MAX)
			return 0;
		*err = why;
		return -1;
	}
	u->lost = 0;
	if (!arrived && check_item(end, &why) < 0) {
		fail(u, s->file, &why);
		return 0;
	}
	u->out->done++;
	u->out->bytes_done += (int64_t)s->data.len;
	tell_progress(u);
	return 0;
}

static void waits(void *ctx, int64_t ms)
{
	struct upload *u = ctx;

	if (u->config->waits)
		u->config->waits(u->config->ctx, ms);
}

int upload_folder(const struct upload_config *config, struct upload_progress *out, struct err *err)
{
	SCOPED(upload_clear) struct upload u = { .config = config, .out = out, .scan.fd = -1 };
	const struct flow flow = { .width = UPLOAD_PARALLEL, .repeatable = true, .next = next,
				   .done = done, .waits = waits, .ctx = &u };

	memset(out, 0, sizeof(*out));
	for (size_t i = 0; i < UPLOAD_PARALLEL; i++) {
		u.slots[i].request = (struct item_request)ITEM_REQUEST;
		u.slots[i].data = (struct buf)BUF(ITEM_UPLOAD_MAX);
	}
	if (upload_scan(config->folder, config->told, config->ctx, &u.scan, err) < 0)
		return -1;
	out->failed = u.scan.unread;
	out->files = u.scan.count + u.scan.unread;
	for (size_t i = 0; i < u.scan.count; i++)
		out->bytes += u.scan.files[i].size;
	if (list_there(&u, err) < 0)
		return -1;
	tell_progress(&u);
	if (flow_run(config->client, &flow, err) < 0)
		return err_context(err, "uploading '%s'", config->folder);
	return 0;
}
