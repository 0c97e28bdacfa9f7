/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "vault_room.h"

static void a_query_matches_as_git_does(void)
{
	static const struct vault_id stored[] = {
		{ "https", "h", NULL, "first" },
		{ "https", "h", "x/y", "second" },
		{ "https", "h:443", NULL, "port" },
		{ "https", "h", "", "empty path" },
		{ "https", "one", NULL, "" },
		{ "https", "two", NULL, NULL },
		{ "http", "plain", NULL, "u" },
		{ "https", "h", "x/y", "third" },
	};
	static const struct {
		struct vault_id query;
		/* the username stored, "(none)" without one; NULL = no match */
		const char *answer;
	} cases[] = {
		{ { "https", "h", NULL, NULL }, "third" },	/* the most recently stored */
		{ { "https", "h", NULL, "first" }, "first" },
		{ { "https", "h", "x/y", NULL }, "third" },
		{ { "https", "h", "x/y", "second" }, "second" },
		{ { "https", "h", "x/y", "first" }, NULL },
		{ { "https", "h", "x", NULL }, NULL },
		{ { "https", "h", "x/y/", NULL }, NULL },
		{ { "https", "h", "/x/y", NULL }, NULL },
		{ { "https", "h", "", NULL }, "empty path" },
		{ { "https", "H", NULL, NULL }, NULL },
		{ { "https", "h.attacker.example", NULL, NULL }, NULL },
		{ { "https", "h%", NULL, NULL }, NULL },
		{ { "https", "", NULL, NULL }, NULL },
		{ { "https", "h:443", NULL, NULL }, "port" },
		{ { "http", "h", NULL, NULL }, NULL },
		{ { "https", "plain", NULL, NULL }, NULL },
		{ { "https", "one", NULL, "" }, "" },
		{ { "https", "one", NULL, "u" }, NULL },
		{ { "https", "two", NULL, "" }, NULL },		/* absent is not empty */
		{ { "https", "two", NULL, NULL }, "(none)" },
		{ { "https", "two", "", NULL }, NULL },
		{ { "https", "h", vault_no_path, NULL }, "first" },	/* not those with a path */
		{ { "https", "h", vault_no_path, "first" }, "first" },
		{ { "https", "h", vault_no_path, "third" }, NULL },
		{ { "https", "h", vault_no_path, "empty path" }, NULL },
	};
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;

	for (size_t i = 0; i < sizeof(stored) / sizeof(stored[0]); i++)
		UNIT_ROW(i, put(v, stored[i], "s", NULL, NO_META, 1) == 0);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		const char *answer = got(v, cases[i].query, &item);

		UNIT_ROW(i, !answer == !cases[i].answer);
		if (answer && cases[i].answer)
			UNIT_STR(item->username ? item->username : "(none)", cases[i].answer);
	}
	clean();
}

static void the_same_secret_with_less_keeps_what_was_known(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	static const struct {
		const char *secret, *refresh;
		struct vault_meta meta;
		const char *left_refresh, *left_token_id, *left_label;
		int64_t left_expiry, stored_at;	/* row i is stored at time 100 + i */
	} cases[] = {
		{ "a", "r", { "id", "name", "git", 5000 }, "r", "id", "name", 5000, 100 },
		{ "a", "r", { "id", "name", "git", 5000 }, "r", "id", "name", 5000, 100 },
		{ "a", NULL, { 0 }, "r", "id", "name", 5000, 100 },
		{ "a", "r2", { 0 }, "r2", "id", "name", 5000, 103 },
		{ "a", NULL, { .expires_at = 6000 }, "r2", "id", "name", 6000, 104 },
		{ "b", NULL, { 0 }, NULL, NULL, NULL, 0, 105 },	/* another secret starts anew */
		{ "b", NULL, { 0 }, NULL, NULL, NULL, 0, 105 },
		{ "", NULL, { 0 }, NULL, NULL, NULL, 0, 107 },
	};
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		UNIT_ROW(i, put(v, id, cases[i].secret, cases[i].refresh, cases[i].meta,
				100 + (int64_t)i) == 0);
		UNIT_STR(got(v, id, &item), cases[i].secret);
		CU_ASSERT_PTR_NOT_NULL_FATAL(item);
		UNIT_STR(item->refresh ? secret_bytes(item->refresh) : NULL, cases[i].left_refresh);
		UNIT_STR(item->token_id, cases[i].left_token_id);
		UNIT_STR(item->label, cases[i].left_label);
		UNIT_ROW(i, item->expires_at == cases[i].left_expiry);
		UNIT_ROW(i, item->stored_at == cases[i].stored_at);
		UNIT_ROW(i, item->state == VAULT_ACTIVE);
	}
	clean();
}

static void an_expiry_that_has_passed_is_not_kept(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;

	put(v, id, "s", NULL, (struct vault_meta){ .expires_at = 99 }, 50);
	put(v, id, "s", NULL, NO_META, 98);
	got(v, id, &item);
	CU_ASSERT_EQUAL(item->expires_at, 99);
	put(v, id, "s", NULL, NO_META, 99);
	got(v, id, &item);
	CU_ASSERT_EQUAL(item->expires_at, 0);
	clean();
}

static void an_intent_is_never_handed_out(void)
{
	static const struct vault_id id = { "https", "h", "accounts/1", "service:a" };
	static const struct vault_meta named = { .label = "aisearch-7" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };
	int count = -1;

	CU_ASSERT_EQUAL(vault_put_intent(v, &id, &named, 10, &err), 0);
	CU_ASSERT_PTR_NULL(got(v, id, &item));
	CU_ASSERT_EQUAL(vault_get(v, &id, VAULT_WANT_PENDING, &item, &err), 0);
	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	CU_ASSERT_EQUAL(item->state, VAULT_PENDING);
	CU_ASSERT_PTR_NULL(item->secret);
	UNIT_STR(item->label, "aisearch-7");
	/* the first intent wins; a caller who was never shown it cannot reject it */
	CU_ASSERT(vault_put_intent(v, &id, &named, 11, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_EXISTS);
	CU_ASSERT_EQUAL(vault_reject(v, &id, NULL, 12, &count, &err), 0);
	CU_ASSERT_EQUAL(count, 0);

	CU_ASSERT_EQUAL(put(v, id, "value", NULL, (struct vault_meta){ .token_id = "t" }, 13), 0);
	UNIT_STR(got(v, id, &item), "value");
	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	UNIT_STR(item->label, "aisearch-7");
	UNIT_STR(item->token_id, "t");
	CU_ASSERT(vault_put_intent(v, &id, &named, 14, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_EXISTS);
	CU_ASSERT_EQUAL(vault_reject(v, &id, NULL, 15, &count, &err), 0);
	CU_ASSERT_EQUAL(vault_put_intent(v, &id, &named, 16, &err), 0);
	CU_ASSERT_PTR_NULL(got(v, id, &item));
	clean();
}

static void rejection_compares_the_secret(void)
{
	static const struct {
		struct vault_id query;
		const char *only;
		int count;		/* of { a: "1", b: "1", c: "2" } on host h */
		const char *left;	/* the newest that is still handed out */
	} cases[] = {
		{ { "https", "h", NULL, NULL }, NULL, 3, NULL },
		{ { "https", "h", NULL, NULL }, "1", 2, "2" },
		{ { "https", "h", NULL, NULL }, "2", 1, "1" },
		{ { "https", "h", NULL, NULL }, "3", 0, "2" },
		{ { "https", "h", NULL, NULL }, "", 0, "2" },
		{ { "https", "h", NULL, "c" }, NULL, 1, "1" },
		{ { "https", "h", NULL, "c" }, "1", 0, "2" },
		{ { "https", "h", "p", NULL }, NULL, 0, "2" },
		{ { "https", "i", NULL, NULL }, NULL, 0, "2" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_vault struct vault *v = fresh();
		scoped_vault_item struct vault_item *item = NULL;
		scoped_secret struct secret *only = text(cases[i].only);
		struct err err = { 0 };
		int count = -1;

		put(v, (struct vault_id){ "https", "h", NULL, "a" }, "1", NULL, NO_META, 1);
		put(v, (struct vault_id){ "https", "h", NULL, "b" }, "1", NULL, NO_META, 1);
		put(v, (struct vault_id){ "https", "h", NULL, "c" }, "2", NULL, NO_META, 1);
		UNIT_ROW(i, vault_reject(v, &cases[i].query, &(struct vault_value){ .secret = only }, 2, &count, &err) == 0);
		UNIT_ROW(i, count == cases[i].count);
		UNIT_STR(got(v, (struct vault_id){ "https", "h", NULL, NULL }, &item),
			 cases[i].left);
	}
	clean();
}

static void a_rejection_can_spare_what_has_a_path(void)
{
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };
	int count = 0;

	put(v, (struct vault_id){ "https", "h", "", "empty" }, "s", NULL, NO_META, 1);
	put(v, (struct vault_id){ "https", "h", "x", "with" }, "s", NULL, NO_META, 1);
	put(v, (struct vault_id){ "https", "h", NULL, "a" }, "s", NULL, NO_META, 1);
	put(v, (struct vault_id){ "https", "h", NULL, "b" }, "s", NULL, NO_META, 1);
	CU_ASSERT_EQUAL(vault_reject(v, &(struct vault_id){ "https", "h", vault_no_path, NULL }, NULL, 2,
				     &count, &err), 0);
	CU_ASSERT_EQUAL(count, 2);
	CU_ASSERT_PTR_NOT_NULL(got(v, (struct vault_id){ "https", "h", "x", NULL }, &item));
	CU_ASSERT_PTR_NOT_NULL(got(v, (struct vault_id){ "https", "h", "", NULL }, &item));
	clean();
}

static void what_was_rejected_can_be_stored_again(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };

	put(v, id, "s", "r", (struct vault_meta){ .token_id = "t" }, 1);
	CU_ASSERT_EQUAL(vault_reject(v, &id, NULL, 2, NULL, &err), 0);
	CU_ASSERT_PTR_NULL(got(v, id, &item));
	CU_ASSERT_EQUAL(put(v, id, "s", NULL, NO_META, 3), 0);
	UNIT_STR(got(v, id, &item), "s");
	CU_ASSERT_PTR_NOT_NULL_FATAL(item);
	UNIT_STR(item->token_id, "t");
	CU_ASSERT_EQUAL(item->stored_at, 3);
	CU_ASSERT_EQUAL(vault_erase(v, &id, &err), 0);
	CU_ASSERT_PTR_NULL(got(v, id, &item));
	CU_ASSERT(vault_erase(v, &id, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	clean();
}

static struct vault_id at_host(void)
{
	return (struct vault_id){ "https", "h", NULL, NULL };
}

static void a_bearer_is_for_those_who_want_one(void)
{
	static const struct vault_id both = { "https", "h", NULL, "both" };
	static const struct vault_id only = { "https", "h", NULL, "only" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	scoped_secret struct secret *password = text("password"), *token = text("token");
	struct vault_value value = { .secret = password, .bearer = token, .authtype = "Bearer" };
	struct err err = { 0 };

	CU_ASSERT_EQUAL(vault_put(v, &both, &value, NULL, 1, &err), 0);
	value.secret = NULL;
	CU_ASSERT_EQUAL(vault_put(v, &only, &value, NULL, 2, &err), 0);
	UNIT_STR(got(v, at_host(), &item), "password");		/* the newer one has none */
	CU_ASSERT_PTR_NULL(got(v, only, &item));
	vault_item_free(STEAL(item));
	CU_ASSERT_EQUAL_FATAL(vault_get(v, &only, VAULT_WANT_BEARER, &item, &err), 0);
	UNIT_STR(secret_bytes(item->bearer), "token");
	UNIT_STR(item->authtype, "Bearer");
	CU_ASSERT_PTR_NULL(item->secret);
	value.authtype = NULL;
	CU_ASSERT(vault_put(v, &only, &value, NULL, 3, &err) < 0);
	value = (struct vault_value){ .authtype = "Bearer" };
	CU_ASSERT(vault_put(v, &only, &value, NULL, 3, &err) < 0);
	clean();
}

static void one_form_stored_again_keeps_the_other(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	static const struct {
		const char *secret, *bearer, *authtype;
		const char *left_secret, *left_bearer;
		int64_t stored_at;
	} cases[] = {
		{ "s", NULL, NULL, "s", "b", 1 },
		{ NULL, "b", "Bearer", "s", "b", 1 },
		{ "other", NULL, NULL, "other", NULL, 2 },
		{ NULL, "other", "Bearer", NULL, "other", 2 },
		{ NULL, "b", "Other", NULL, "b", 2 },
		{ "s", "other", "Bearer", "s", "other", 2 },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		for (int rejected = 0; rejected < 2; rejected++) {
			scoped_vault struct vault *v = fresh();
			scoped_vault_item struct vault_item *item = NULL;
			scoped_secret struct secret *s = text("s"), *b = text("b");
			scoped_secret struct secret *s2 = text(cases[i].secret);
			scoped_secret struct secret *b2 = text(cases[i].bearer);
			const struct vault_value both = { .secret = s, .bearer = b,
							  .authtype = "Bearer" };
			const struct vault_value one = { .secret = s2, .bearer = b2,
							 .authtype = cases[i].authtype };
			struct err err = { 0 };

			UNIT_ROW(i, vault_put(v, &id, &both, NULL, 1, &err) == 0);
			if (rejected)
				UNIT_ROW(i, vault_reject(v, &id, NULL, 1, NULL, &err) == 0);
			UNIT_ROW(i, vault_put(v, &id, &one, NULL, 2, &err) == 0);
			CU_ASSERT_EQUAL_FATAL(vault_get(v, &id, VAULT_WANT_BEARER, &item, &err), 0);
			/* of what was rejected, just the form that is stored */
			UNIT_STR(item->secret ? secret_bytes(item->secret) : NULL,
				 rejected ? cases[i].secret : cases[i].left_secret);
			UNIT_STR(item->bearer ? secret_bytes(item->bearer) : NULL,
				 rejected ? cases[i].bearer : cases[i].left_bearer);
			UNIT_ROW(i, item->stored_at == (rejected ? 2 : cases[i].stored_at));
		}
	}
	clean();
}

static void what_revives_has_its_rest_and_leaves_the_other_form_rejected(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	scoped_secret struct secret *s = text("s"), *b = text("b"), *again = text("again");
	const struct vault_value both = { .secret = s, .bearer = b, .authtype = "Bearer",
					  .refresh = again };
	const struct vault_value bearer = { .bearer = b, .authtype = "Bearer" };
	const struct vault_value password = { .secret = s };
	struct err err = { 0 };

	CU_ASSERT_EQUAL(vault_put(v, &id, &both, &(struct vault_meta){ .expires_at = 99 }, 1, &err), 0);
	CU_ASSERT_EQUAL(vault_reject(v, &id, &bearer, 2, NULL, &err), 0);
	CU_ASSERT_EQUAL(vault_put(v, &id, &password, NULL, 3, &err), 0);
	CU_ASSERT_EQUAL_FATAL(vault_get(v, &id, VAULT_WANT_BEARER, &item, &err), 0);
	UNIT_STR(secret_bytes(item->secret), "s");
	CU_ASSERT_PTR_NULL(item->bearer);
	CU_ASSERT_PTR_NULL(item->authtype);
	CU_ASSERT_EQUAL(item->expires_at, 99);
	UNIT_STR(item->refresh ? secret_bytes(item->refresh) : NULL, "again");
	CU_ASSERT_EQUAL(vault_restore(v, &id, 0, 4, &err), 0);	/* on purpose it can be had */
	vault_item_free(STEAL(item));
	CU_ASSERT_EQUAL_FATAL(vault_get(v, &id, VAULT_WANT_BEARER, &item, &err), 0);
	UNIT_STR(item->bearer ? secret_bytes(item->bearer) : NULL, "b");
	clean();
}

static const struct vault_id at_other = { "https", "other", NULL, NULL };

static void what_was_rejected_can_be_restored(void)
{
	static const struct vault_id id = { "https", "h", "p", "u" };
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };

	put(v, id, "first", NULL, (struct vault_meta){ .token_id = "t" }, 1);
	vault_reject(v, &id, NULL, 2, NULL, &err);
	put(v, id, "second", NULL, NO_META, 3);		/* leaves the first where it is */
	vault_reject(v, &id, NULL, 4, NULL, &err);
	put(v, id, "third", NULL, NO_META, 5);
	CU_ASSERT_EQUAL(vault_restore(v, &(struct vault_id){ "https", "h", NULL, NULL }, 0, 6, &err), 0);
	UNIT_STR(got(v, id, &item), "second");		/* the last one that was rejected */
	CU_ASSERT_EQUAL(vault_restore(v, &id, 0, 7, &err), 0);
	UNIT_STR(got(v, id, &item), "third");		/* it gave way to the second */
	vault_reject(v, &id, NULL, 8, NULL, &err);
	CU_ASSERT_EQUAL(vault_restore(v, &id, 1, 9, &err), 0);
	UNIT_STR(got(v, id, &item), "first");		/* by its row */
	UNIT_STR(item->token_id, "t");
	CU_ASSERT(vault_restore(v, &at_other, 0, 9, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	/* a month later the next write takes the rejected ones away */
	put(v, id, "fourth", NULL, NO_META, 9 + VAULT_KEEP_REJECTED_S);
	CU_ASSERT(vault_restore(v, &id, 0, 10 + VAULT_KEEP_REJECTED_S, &err) < 0);
	clean();
}

static void a_use_is_noted_once_a_day(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	static const struct {
		int64_t now, noted;
	} cases[] = {
		{ 100000, 100000 }, { 100001, 100000 }, { 186399, 100000 }, { 186400, 186400 },
		{ 50, 186400 },
	};
	scoped_vault struct vault *v = fresh();
	scoped_vault_item struct vault_item *item = NULL;

	put(v, id, "s", NULL, NO_META, 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		got(v, id, &item);
		vault_note_use(v, item, cases[i].now);
		UNIT_STR(got(v, id, &item), "s");
		UNIT_ROW(i, item->used_at == cases[i].noted);
	}
	clean();
}

struct listed {
	struct vault *vault;
	char names[64];
	int secrets;
};

static int list_one(void *ctx, const struct vault_item *item)
{
	struct listed *l = ctx;
	const struct vault_id id = { item->protocol, item->host, item->path, item->username };
	struct err err = { 0 };

	snprintf(l->names + strlen(l->names), sizeof(l->names) - strlen(l->names), "%s%d ",
		 item->username ? item->username : "-", item->state);
	l->secrets += item->secret || item->refresh;
	/* a caller may write while it is told */
	return l->vault ? vault_erase(l->vault, &id, &err) : 0;
}

static int stop_at_once(void *ctx, const struct vault_item *item)
{
	list_one(ctx, item);
	return 7;
}

static void the_list_is_oldest_first_and_without_secrets(void)
{
	static const struct vault_id b = { "https", "h", "p", "b" };
	static const struct vault_id on_h = { "https", "h", NULL, NULL };
	scoped_vault struct vault *v = fresh();
	struct listed l = { 0 };
	struct err err = { 0 };

	put(v, (struct vault_id){ "https", "h", NULL, "a" }, "1", "r", NO_META, 1);
	put(v, b, "1", NULL, NO_META, 1);
	put(v, (struct vault_id){ "https", "i", NULL, NULL }, "2", NULL, NO_META, 1);
	put(v, (struct vault_id){ "https", "h", NULL, "a" }, "new", "r", NO_META, 2);
	CU_ASSERT_EQUAL(vault_reject(v, &b, NULL, 3, NULL, &err), 0);
	CU_ASSERT_EQUAL(vault_list(v, NULL, list_one, &l, &err), 0);
	UNIT_STR(l.names, "b2 -1 a1 ");
	CU_ASSERT_EQUAL(l.secrets, 0);

	l = (struct listed){ .vault = v };
	CU_ASSERT_EQUAL(vault_list(v, &on_h, list_one, &l, &err), 0);
	UNIT_STR(l.names, "b2 a1 ");
	l = (struct listed){ 0 };
	CU_ASSERT_EQUAL(vault_list(v, NULL, stop_at_once, &l, &err), 7);
	UNIT_STR(l.names, "-1 ");
	clean();
}

static void an_identity_has_to_be_one(void)
{
	static char long_field[VAULT_FIELD_MAX + 2];
	static const struct vault_id cases[] = {
		{ NULL, "h", NULL, "u" },
		{ "", "h", NULL, "u" },
		{ "https", NULL, NULL, "u" },
		{ "https", "h\nhost=evil", NULL, "u" },
		{ "https", "h", "p\r", "u" },
		{ "https", "h", NULL, "u\npassword=x" },
		{ "https", long_field, NULL, "u" },
	};
	scoped_vault struct vault *v = fresh();
	scoped_secret struct secret *s = text("s");
	scoped_vault_item struct vault_item *item = NULL;

	memset(long_field, 'h', sizeof(long_field) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct err err = { 0 };

		UNIT_ROW(i, vault_put(v, &cases[i], &(struct vault_value){ .secret = s }, NULL, 1, &err) < 0);
		UNIT_ROW(i, err.kind == ERR_INPUT);
		UNIT_ROW(i, vault_get(v, &cases[i], 0, &item, &err) < 0);
		UNIT_ROW(i, err.kind == ERR_INPUT);
		UNIT_ROW(i, vault_reject(v, &cases[i], NULL, 1, NULL, &err) < 0);
	}
	clean();
}

static void reading_makes_and_changes_nothing(void)
{
	static const struct vault_id id = { "https", "h", NULL, "u" };
	struct vault *v = fresh();
	scoped_vault struct vault *reader = NULL;
	scoped_vault struct vault *nothing = NULL;
	scoped_vault_item struct vault_item *item = NULL;
	struct err err = { 0 };
	char other[320];
	struct stat st;

	put(v, id, "s", NULL, NO_META, 1);
	vault_close(v);
	CU_ASSERT_EQUAL_FATAL(vault_open(&(struct vault_config){ .path = db, .read_only = true },
					 &reader, &err), 0);
	UNIT_STR(got(reader, id, &item), "s");
	CU_ASSERT(put(reader, id, "s2", NULL, NO_META, 2) < 0);
	CU_ASSERT(vault_reject(reader, &id, NULL, 2, NULL, &err) < 0);
	CU_ASSERT(vault_erase(reader, &id, &err) < 0);
	UNIT_STR(got(reader, id, &item), "s");

	snprintf(other, sizeof(other), "%s/elsewhere/vault.db", folder);
	CU_ASSERT(vault_open(&(struct vault_config){ .path = other, .read_only = true }, &nothing,
			     &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	snprintf(other, sizeof(other), "%s/elsewhere", folder);
	CU_ASSERT(stat(other, &st) < 0);
	clean();
}

static void files_are_private_under_any_umask(void)
{
	static const struct {
		const char *file;
		mode_t mode;
	} cases[] = {
		{ "data", S_IFDIR | 0700 },
		{ "data/vault.db", S_IFREG | 0600 },
		{ "data/vault.db.key", S_IFREG | 0600 },
	};
	char path[320];
	struct stat st;
	mode_t before = umask(0);

	vault_close(fresh());
	umask(before);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		snprintf(path, sizeof(path), "%s/%s", folder, cases[i].file);
		UNIT_ROW(i, lstat(path, &st) == 0 && st.st_mode == cases[i].mode);
	}
	clean();
}

static void a_path_is_a_file_and_nothing_else(void)
{
	static const char *const paths[] = { "", "data/", "/" };

	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		scoped_vault struct vault *v = NULL;
		struct err err = { 0 };

		UNIT_ROW(i, vault_open(&(struct vault_config){ .path = paths[i] }, &v, &err) < 0);
		UNIT_ROW(i, err.kind == ERR_CONFIG && err.hint[0]);
	}
	/* SQLite has ideas of its own about these two names */
	static const char *const names[] = { ":memory:", "file:x?mode=memory" };
	vault_close(fresh());
	char here[4096];
	CU_ASSERT_PTR_NOT_NULL_FATAL(getcwd(here, sizeof(here)));
	CU_ASSERT_EQUAL_FATAL(chdir(folder), 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		scoped_vault struct vault *v = NULL;
		struct err err = { 0 };

		UNIT_ROW(i, vault_open(&(struct vault_config){ .path = names[i] }, &v, &err) == 0);
		UNIT_ROW(i, access(names[i], F_OK) == 0);
	}
	CU_ASSERT_EQUAL(chdir(here), 0);
	clean();
}

UNIT_SUITE(vault,
	{ "a query matches as git does: whole fields, exact bytes, newest first",
	  a_query_matches_as_git_does },
	{ "the same secret with less metadata keeps what was known",
	  the_same_secret_with_less_keeps_what_was_known },
	{ "an expiry that has passed is not kept with the same secret",
	  an_expiry_that_has_passed_is_not_kept },
	{ "an intent is recorded once and never handed out", an_intent_is_never_handed_out },
	{ "a rejection takes every match, or those with that secret",
	  rejection_compares_the_secret },
	{ "a rejection without path can spare what has one",
	  a_rejection_can_spare_what_has_a_path },
	{ "what was rejected can be stored again; what was erased is gone",
	  what_was_rejected_can_be_stored_again },
	{ "a bearer is for those who want one, a password for all",
	  a_bearer_is_for_those_who_want_one },
	{ "what revives has its rest, and leaves the other form rejected",
	  what_revives_has_its_rest_and_leaves_the_other_form_rejected },
	{ "password or bearer stored again keeps the other one",
	  one_form_stored_again_keeps_the_other },
	{ "what was rejected is kept beside what follows it, and can be restored",
	  what_was_rejected_can_be_restored },
	{ "a use is noted once a day", a_use_is_noted_once_a_day },
	{ "the list is oldest first, in any state, without secrets",
	  the_list_is_oldest_first_and_without_secrets },
	{ "an identity without protocol or host, or with a line break, is refused",
	  an_identity_has_to_be_one },
	{ "a reading handle makes and changes nothing", reading_makes_and_changes_nothing },
	{ "folder, vault and key are private under any umask", files_are_private_under_any_umask },
	{ "a path names a file: not a folder, memory or a URI",
	  a_path_is_a_file_and_nothing_else });
