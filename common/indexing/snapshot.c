/* SPDX-License-Identifier: MIT */
#include "indexing/snapshot.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

const char *const snapshot_endpoint_names[SNAPSHOT_ENDPOINTS] = {
	[ENDPOINT_LIST] = "list",
	[ENDPOINT_STATS] = "stats",
	[ENDPOINT_JOBS] = "jobs",
	[ENDPOINT_TOKEN] = "token",
};

const char *const snapshot_failure_names[SNAPSHOT_FAILURES] = {
	[FAILURE_NETWORK] = "network",
	[FAILURE_TIMEOUT] = "timeout",
	[FAILURE_TLS] = "tls",
	[FAILURE_AUTH] = "auth",
	[FAILURE_LIMIT] = "limit",
	[FAILURE_API] = "api",
	[FAILURE_PROTOCOL] = "protocol",
};

enum snapshot_failure snapshot_failure_of(const struct err *err)
{
	switch (err->kind) {
	case ERR_TIMEOUT:   return FAILURE_TIMEOUT;
	case ERR_TLS:       return FAILURE_TLS;
	case ERR_AUTH:
	case ERR_FORBIDDEN: return FAILURE_AUTH;
	case ERR_LIMIT:     return FAILURE_LIMIT;
	case ERR_PROTOCOL:  return FAILURE_PROTOCOL;
	default:            return err->status ? FAILURE_API : FAILURE_NETWORK;
	}
}

/* What snapshot_new() really makes; the count of owners stays in this file. */
struct counted {
	struct snapshot snapshot;	/* first: a struct snapshot * points to both */
	atomic_uint owners;
};

struct snapshot *snapshot_new(void)
{
	struct counted *c = calloc(1, sizeof(*c));

	if (!c)
		return NULL;
	atomic_init(&c->owners, 1);
	return &c->snapshot;
}

struct snapshot *snapshot_ref(struct snapshot *snapshot)
{
	struct counted *c = (struct counted *)snapshot;

	atomic_fetch_add_explicit(&c->owners, 1, memory_order_relaxed);
	return snapshot;
}

void snapshot_unref(struct snapshot *snapshot)
{
	struct counted *c = (struct counted *)snapshot;

	if (!c || atomic_fetch_sub_explicit(&c->owners, 1, memory_order_acq_rel) > 1)
		return;
	free(c->snapshot.instances);
	free(c);
}

const struct snapshot_instance *snapshot_find(const struct snapshot *snapshot,
					      const char *namespace, const char *id)
{
	size_t low = 0, high = snapshot->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct snapshot_instance *i = &snapshot->instances[middle];
		int r = strcmp(namespace, i->namespace);

		if (r == 0)
			r = strcmp(id, i->id);
		if (r == 0)
			return i;
		if (r < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
