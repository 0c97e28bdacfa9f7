/* SPDX-License-Identifier: MIT */
#include "account.h"

#include <string.h>

#define HASH_DIGITS 12

struct account *account_new(void)
{
	struct account *a = calloc(1, sizeof(*a));

	if (!a)
		return NULL;
	a->instances = selection_new();
	if (!a->instances) {
		free(a);
		return NULL;
	}
	a->verify_peer = a->verify_host = true;
	atomic_init(&a->owners, 1);
	return a;
}

struct account *account_ref(struct account *a)
{
	atomic_fetch_add_explicit(&a->owners, 1, memory_order_relaxed);
	return a;
}

void account_unref(struct account *a)
{
	if (!a || atomic_fetch_sub_explicit(&a->owners, 1, memory_order_acq_rel) > 1)
		return;
	poller_free(a->poller);
	credential_source_free(a->source);
	snapshot_unref(a->before);
	selection_free(a->instances);
	credential_config_clear(&a->credential);
	free(a->name);
	free(a->account_id);
	free(a->namespace);
	free(a->url);
	free(a->host);
	free(a->prefix);
	free(a->ca_cert);
	free(a);
}

void account_front(const struct account *a, char *out, size_t size)
{
	bool named = a->namespace && strcmp(a->namespace, CLIENT_NAMESPACE_DEFAULT) != 0;

	snprintf(out, size, "%s%s%s%s", a->prefix ? a->prefix : "", a->prefix ? "." : "",
		 named ? a->namespace : "", named ? "." : "");
}

static uint64_t fnv1a(const char *s)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 0x100000001b3u;
	return h;
}

/* A name that is too long ends in '~' and a hash of the whole.  All of it is ASCII. */
static void fit(const char *whole, char out[NAME_MAX_BYTES + 1])
{
	int keep = NAME_MAX_BYTES - HASH_DIGITS - 1;

	if (strlen(whole) <= NAME_MAX_BYTES)
		strcpy(out, whole);
	else
		snprintf(out, NAME_MAX_BYTES + 1, "%.*s~%0*llx", keep, whole, HASH_DIGITS,
			 (unsigned long long)(fnv1a(whole) >> (64 - 4 * HASH_DIGITS)));
}

void account_instance_name(const struct account *a, const char *id, char out[NAME_MAX_BYTES + 1])
{
	char whole[256];
	size_t n;

	account_front(a, whole, sizeof(whole));
	n = strlen(whole);
	snprintf(whole + n, sizeof(whole) - n, "%s", id);
	fit(whole, out);
}

void account_own_name(const struct account *a, char out[NAME_MAX_BYTES + 1])
{
	char whole[256];

	snprintf(whole, sizeof(whole), "account.%s", a->name);
	fit(whole, out);
}
