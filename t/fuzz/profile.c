/* SPDX-License-Identifier: MIT */
/* The file of profiles; what it says, written down again, reads the same. */
#include "fuzz.h"

#include "provision/profile.h"

static void check_profile(const struct profile *p)
{
	struct err err = { 0 };
	char scope[128], origin[PROFILE_ORIGIN_SIZE];
	const struct vault_id own = profile_identity(p);

	NEVER(profile_check_name(p->name, &err) < 0);
	NEVER(!p->account || strlen(p->account) != 32 || !p->host || !p->username);
	NEVER(p->ttl_s < PROFILE_TTL_MIN || p->ttl_s > PROFILE_TTL_MAX);
	NEVER(has_controls(p->host) || has_controls(p->path) || has_controls(p->username));
	NEVER(!profile_answers(p, &own));
	profile_scope(p, scope);
	profile_origin(p, origin);
	NEVER(strcmp(origin + strlen(LIFE_ORIGIN_MINT), p->name) != 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	scoped_profiles struct profiles all = { 0 }, again = { 0 };
	scoped_buf struct buf once = BUF(8 * 1024 * 1024), twice = BUF(8 * 1024 * 1024);
	struct err err = { 0 };

	if (profiles_decode((const char *)data, size, &all, &err) < 0) {
		check_err(&err);
		NEVER(err.kind != ERR_CONFIG);
		return 0;
	}
	NEVER(all.count > PROFILES_MAX);
	for (size_t i = 0; i < all.count; i++) {
		check_profile(&all.one[i]);
		NEVER(i > 0 && strcmp(all.one[i - 1].name, all.one[i].name) >= 0);
	}
	NEVER(profiles_encode(&all, &once, &err) < 0);
	NEVER(profiles_decode(once.data, once.len, &again, &err) < 0);
	NEVER(profiles_encode(&again, &twice, &err) < 0);
	NEVER(strcmp(once.data, twice.data) != 0);
	return 0;
}
