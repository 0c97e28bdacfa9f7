/* SPDX-License-Identifier: MIT */
#include "indexing/snapshot.h"

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

