/* SPDX-License-Identifier: MIT */
#include "seed.h"

#include <sodium.h>

#include "auth.h"

/* {"id","effect","resources":{RESOURCE.ID:"*"},"permission_groups":[...]} */
static void add_policy(struct json_object *policies, const char *resource, const char *id,
		       const char *const *groups)
{
	struct json_object *policy = json_object_new_object(), *on = json_object_new_object(),
			   *list = json_object_new_array();
	char text[HEX_SIZE + 64];

	random_hex(text);
	js_str(policy, "id", text);
	js_str(policy, "effect", "allow");
	snprintf(text, sizeof(text), "%s.%s", resource, id);
	js_str(on, text, "*");
	json_object_object_add(policy, "resources", on);
	for (; *groups; groups++) {
		struct json_object *group = json_object_new_object();

		js_str(group, "id", *groups);
		js_str(group, "name", permission_find(*groups)->name);
		json_object_array_add(list, group);
	}
	json_object_object_add(policy, "permission_groups", list);
	json_object_array_add(policies, policy);
}

static void add_token(struct emulator *em, const struct secret *value, const char *name,
		      const char *owner, const char *const *user, const char *const *account)
{
	scoped_json struct json_object *policies = json_object_new_array();
	unsigned char hash[TOKEN_HASH_SIZE];
	char id[HEX_SIZE];

	if (!value)
		return;
	if (user)
		add_policy(policies, "com.cloudflare.api.user", USER_ID, user);
	add_policy(policies, "com.cloudflare.api.account", em->set->account, account);
	token_hash(secret_bytes(value), secret_len(value), hash);
	random_hex(id);
	/* A kept state may know the value already. */
	db_exec(&em->db, "INSERT OR IGNORE INTO token(id,owner,name,hash,status,policies,issued,"
			 "modified) VALUES(?1,?2,?3,?4,'active',?5,?6,?6)", "sssbsi",
		id, owner, name, hash, sizeof(hash), js_text(policies), now_s() - 86400);
}

/*
 * Idle instances with a finished past: counts that look real, and nothing the
 * indexer would ever touch.
 */
static void add_instances(struct emulator *em)
{
	static const char config[] = "{\"idle_stats\":{\"completed\":%d,\"skipped\":%d,"
				     "\"error\":%d,\"outdated\":0}}";
	int64_t now = now_s();

	for (int i = 1; i <= em->set->instances; i++) {
		char id[32], text[160];

		snprintf(id, sizeof(id), "idle-%05d", i);
		snprintf(text, sizeof(text), config, 100 + i * 37 % 900, i % 5, i % 11 == 0);
		db_exec(&em->db, "INSERT OR IGNORE INTO instance(ns,id,status,created,modified,"
				 "activity,config,idle,endpoint_id) VALUES"
				 "('default',?1,'ready',?2,?2,?3,?4,1,?1)", "siis",
			id, now - 86400 * INT64_C(30) + i, now - 3600 - i, text);
	}
}

int seed(struct emulator *em, struct err *err)
{
	static const char *const user[] = { GROUP_TOKENS_WRITE, NULL };
	static const char *const minting[] = { GROUP_ACCOUNT_TOKENS_WRITE, NULL };
	static const char *const managing[] = { GROUP_AI_WRITE, GROUP_AI_RUN, NULL };

	db_begin(&em->db);
	add_token(em, em->set->creator, "creator", "user", user, minting);
	add_token(em, em->set->account_creator, "account creator", "account", NULL, minting);
	add_token(em, em->set->manager, "manager", "user", NULL, managing);
	add_instances(em);
	/* What an earlier run was doing when it ended is done again. */
	db_exec(&em->db, "UPDATE item SET status='queued' WHERE status='running'", "");
	if (db_end(&em->db) < 0)
		return err_set(err, ERR_STORAGE, "cannot write the first state");
	return 0;
}
