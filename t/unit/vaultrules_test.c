/* SPDX-License-Identifier: MIT */
/* Which entry answers, and what is not stored or not lost. */
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_room.h"

static void run_sql(const char *sql)
{
	sqlite3 *raw = NULL;

	sqlite3_open(db, &raw);
	CU_ASSERT_EQUAL_FATAL(sqlite3_exec(raw, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(raw);
}

static void what_moves_a_cursor_is_not_stored(void)
{
	static const struct {
		struct vault_id id;
		bool stored;
	} cases[] = {
		{ { "https", "h", "p", "a\x1b[2J" }, false },
		{ { "https", "h", "p", "a\tb" }, false },
		{ { "https", "h", "p", "\x7f" }, false },
		{ { "https", "h", "\x01", "a" }, false },
		{ { "https", "h\x1f", "p", "a" }, false },
		{ { "ht\x02tps", "h", "p", "a" }, false },
		{ { "https", "h", "\xe2\x82\xac", "j\xc3\xb6rg" }, true },
		{ { "https", "h", "p", "\xff\x80" }, true },
	};
	scoped_vault struct vault *v = fresh();

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		UNIT_ROW(i, (put(v, cases[i].id, "s", NULL, NO_META, 1) == 0) == cases[i].stored);
		UNIT_ROW(i, (vault_put_intent(v, &cases[i].id, NULL, 1, &err) < 0));
		UNIT_ROW(i, err.kind == (cases[i].stored ? ERR_EXISTS : ERR_INPUT));
		/* an older version's can be found and taken away */
		UNIT_ROW(i, vault_reject(v, &cases[i].id, NULL, 1, NULL, &err) == 0);
	}
	clean();
}

static void an_expired_entry_hides_no_valid_one(void)
{
	static const struct {
		struct {
			const char *user;
			int64_t expires_at;
		} stored[3];		/* the last one last */
		struct vault_id query;
		const char *answer;
	} cases[] = {
		{ { { "a", 0 }, { "b", 50 } }, { "https", "h", NULL, NULL }, "a" },
		{ { { "a", 101 }, { "b", 100 } }, { "https", "h", NULL, NULL }, "a" },
		{ { { "a", 0 }, { "b", 101 } }, { "https", "h", NULL, NULL }, "b" },
		{ { { "a", 0 }, { "b", 0 }, { "c", 50 } }, { "https", "h", NULL, NULL }, "b" },
		{ { { "a", 0 }, { "b", 50 } }, { "https", "h", NULL, "b" }, "b" },
		{ { { "a", 60 }, { "b", 50 } }, { "https", "h", NULL, NULL }, "b" },
		{ { { "a", 60 }, { "b", 50 } }, { "https", "h", vault_no_path, NULL }, "b" },
		{ { { NULL, 0 }, { "b", 0 } }, { "https", "h", NULL, vault_no_user }, NULL },
	};
	const int64_t now = 100;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_vault struct vault *v = fresh();
		scoped_vault_item struct vault_item *item = NULL;
		struct err err = { 0 };

		for (size_t j = 0; j < 3; j++)
			if (cases[i].stored[j].user)
				put(v, (struct vault_id){ "https", "h", NULL, cases[i].stored[j].user }, "s",
				    NULL, (struct vault_meta){ .expires_at = cases[i].stored[j].expires_at }, 1);
		int r = vault_get_valid(v, &cases[i].query, 0, now, &item, &err);
		UNIT_STR(r < 0 ? NULL : item->username, cases[i].answer);
		UNIT_ROW(i, r == 0 || err.kind == ERR_NOT_FOUND);
	}
	clean();
}

#define ID32 "023e105f4ecef8ad9ca31a8372d0c353"

static void the_creator_answers_to_its_name_only(void)
{
	static const struct {
		struct vault_id stored, query;
		bool answered;
	} cases[] = {
		{ { "https", "h", "accounts/" ID32, "creator" },
		  { "https", "h", NULL, NULL }, false },
		{ { "https", "h", "accounts/" ID32, "creator" },
		  { "https", "h", "accounts/" ID32, NULL }, false },
		{ { "https", "h", "accounts/" ID32, "creator" },
		  { "https", "h", NULL, "creator" }, true },
		{ { "https", "h", "accounts/" ID32, "creator" },
		  { "https", "h", "accounts/" ID32, "creator" }, true },
		{ { "https", "h", "accounts/" ID32, "manager" },
		  { "https", "h", NULL, NULL }, true },
		{ { "https", "h", "accounts/" ID32, NULL }, { "https", "h", NULL, NULL }, true },
		/* somebody's user of that name elsewhere */
		{ { "https", "h", NULL, "creator" }, { "https", "h", NULL, NULL }, true },
		{ { "https", "h", "accounts/x", "creator" }, { "https", "h", NULL, NULL }, true },
		{ { "https", "h", "team/accounts/" ID32, "creator" },
		  { "https", "h", NULL, NULL }, true },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_vault struct vault *v = fresh();
		scoped_vault_item struct vault_item *item = NULL;

		put(v, cases[i].stored, "s", NULL, NO_META, 1);
		UNIT_ROW(i, (got(v, cases[i].query, &item) != NULL) == cases[i].answered);
	}
	clean();
}

static void the_order_of_stores_does_not_wrap(void)
{
	static const struct vault_id a = { "https", "h", NULL, "a" }, b = { "https", "h",
									    NULL, "b" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };

	put(v, a, "s", NULL, NO_META, 1);
	vault_reject(v, &a, NULL, 1, NULL, &err);
	put(v, a, "t", NULL, NO_META, 1);
	run_sql("UPDATE credential SET seq=9223372036854775807 WHERE state=1");
	for (int i = 0; i < 3; i++) {
		scoped_secret struct secret *s = text("u");
		int r = i == 0 ? vault_put(v, &b, &(struct vault_value){ .secret = s }, NULL, 2, &err) :
			i == 1 ? vault_put(v, &a, &(struct vault_value){ .secret = s }, NULL, 2, &err) :
			vault_restore(v, &a, 0, 2, &err);

		UNIT_ROW(i, r < 0 && err.kind == ERR_STORAGE && strstr(err.what, "is damaged") &&
			    strstr(err.hint, "vault erase 9223372036854775807"));
	}
	UNIT_STR(got(v, a, &item), "t");
	CU_ASSERT_EQUAL(vault_erase_item(v, item, &err), 0);
	CU_ASSERT_EQUAL(put(v, b, "u", NULL, NO_META, 3), 0);
	UNIT_STR(got(v, b, &item), "u");
	clean();
}

static void a_minted_token_is_not_orphaned(void)
{
	static const struct {
		const char *origin, *by, *secret;
		int64_t expires_at;
		bool kept;
	} cases[] = {
		{ "mint:ci", "git", "other", 500, true },
		{ "mint:ci", "docker", "other", 0, true },
		{ "mint:ci", NULL, "other", 500, true },
		{ "mint:ci", "git", "minted", 500, false },	/* git stores it back */
		{ "mint:ci", "mint:ci", "other", 500, false },	/* renewed: it ends by itself */
		{ "mint:ci", "git", "other", 50, false },	/* has expired */
		{ "git", "git", "other", 500, false },
	};
	static const struct vault_id id = { "https", "h", NULL, "ci" };

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_vault struct vault *v = fresh();
		scoped_vault_item struct vault_item *item = NULL;
		scoped_secret struct secret *s = text(cases[i].secret);
		struct vault_displaced old;
		struct err err = { 0 };

		put(v, id, "minted", NULL, (struct vault_meta){ .token_id = ID32, .origin = cases[i].origin,
			.expires_at = cases[i].expires_at }, 1);
		CU_ASSERT_EQUAL(vault_put_telling(v, &id, &(struct vault_value){ .secret = s },
						  &(struct vault_meta){ .origin = cases[i].by }, 100, &old,
						  &err), 0);
		UNIT_STR(got(v, id, &item), cases[i].secret);
		UNIT_STR(old.token_id, cases[i].kept ? ID32 : "");
		UNIT_STR(old.origin, cases[i].kept ? cases[i].origin : "");
		UNIT_ROW(i, (vault_restore(v, &id, 0, 101, &err) == 0) == cases[i].kept);
		UNIT_STR(got(v, id, &item), cases[i].kept ? "minted" : cases[i].secret);
	}
	clean();
}

UNIT_SUITE(vaultrules,
	{ "a name with a control character is not stored, but can be looked for",
	  what_moves_a_cursor_is_not_stored },
	{ "an expired entry hides no valid one", an_expired_entry_hides_no_valid_one },
	{ "the creator's token answers to its name only", the_creator_answers_to_its_name_only },
	{ "the order of stores does not wrap", the_order_of_stores_does_not_wrap },
	{ "a minted token that is displaced is kept as rejected", a_minted_token_is_not_orphaned });
