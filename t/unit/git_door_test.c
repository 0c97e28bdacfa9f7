/* SPDX-License-Identifier: MIT */
/* The door with a vault that holds what no request could have put there. */
#include <ftw.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "../../plugin/credential/door.h"
#include "unit.h"
#include "vault/key.h"
#include "vault/seal.h"

static char folder[256], db[300];

static int gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void clean(void)
{
	if (folder[0])
		nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

static void fresh(void)
{
	const char *tmp = getenv("TMPDIR");

	clean();
	snprintf(folder, sizeof(folder), "%s/aisearch-unit.XXXXXX", tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(db, sizeof(db), "%s/vault.db", folder);
}

static int64_t at_1000(void *ctx)
{
	(void)ctx;
	return 1000;
}

static const struct clock clock_1000 = { .mono_ms = at_1000, .wall_s = at_1000 };

/* The answer to `word`, "(refused)" for -1.  Valid until the next one. */
static const char *ask(const char *word, const char *request)
{
	static char answer[4096];
	char *words[] = { (char *)(uintptr_t)word, NULL };
	struct err err = { 0 };
	struct door door = {
		.vault = { .path = db },
		.clock = &clock_1000,
		.in = memfd_create("in", MFD_CLOEXEC),
		.out = memfd_create("out", MFD_CLOEXEC),
	};

	CU_ASSERT_FATAL(door.in >= 0 && door.out >= 0 &&
			write(door.in, request, strlen(request)) == (ssize_t)strlen(request) &&
			lseek(door.in, 0, SEEK_SET) == 0);
	int r = protocol_git.run(&door, 1, words, &err);
	ssize_t n = pread(door.out, answer, sizeof(answer) - 1, 0);
	close(door.in);
	close(door.out);
	CU_ASSERT_FATAL(n >= 0);
	answer[n] = '\0';
	return r == 0 ? answer : n == 0 ? "(refused)" : "(refused with an answer)";
}

struct entry {
	const char *username, *secret, *authtype, *bearer, *refresh;
	size_t secret_len;	/* 0 = to its NUL */
	int64_t expires_at;
};

static struct secret *secret_of(const char *text, size_t len)
{
	struct secret *s = NULL;
	struct err err = { 0 };

	if (text)
		CU_ASSERT_EQUAL_FATAL(secret_new(text, len ? len : strlen(text), &s, &err), 0);
	return s;
}

static void put(const struct entry *e)
{
	const struct vault_id id = { "https", "h", NULL, e->username };
	const struct vault_config config = { .path = db };
	scoped_vault struct vault *v = NULL;
	scoped_secret struct secret *secret = secret_of(e->secret, e->secret_len);
	scoped_secret struct secret *bearer = secret_of(e->bearer, 0);
	scoped_secret struct secret *refresh = secret_of(e->refresh, 0);
	const struct vault_value value = { secret, bearer, e->authtype, refresh };
	const struct vault_meta meta = { .expires_at = e->expires_at };
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(vault_open(&config, &v, &err), 0);
	CU_ASSERT_EQUAL_FATAL(vault_put(v, &id, &value, &meta, 1, &err), 0);
}

/* As a version before this one stored it: a password under any name. */
static void put_as_before(const char *username, const char *password)
{
	const struct seal_context context = {
		"secret", { "https", "h", NULL, username, "7", "0", NULL, NULL },
	};
	scoped_secret struct secret *secret = secret_of(password, 0);
	scoped_secret struct secret *key = NULL;
	scoped_buf struct buf sealed = BUF(4096);
	struct err err = { 0 };
	char key_file[320];
	sqlite3 *raw = NULL;
	sqlite3_stmt *stmt = NULL;

	put(&(struct entry){ "u", .secret = "p" });
	snprintf(key_file, sizeof(key_file), "%s.key", db);
	CU_ASSERT_FATAL(key_load_file(key_file, &key, &err) == 0 &&
			seal(key, &context, secret, &sealed, &err) == 0 &&
			sqlite3_open(db, &raw) == SQLITE_OK &&
			sqlite3_prepare_v2(raw,
					   "UPDATE credential SET username=?1, serial=7, secret=?2",
					   -1, &stmt, NULL) == SQLITE_OK);
	sqlite3_bind_text(stmt, 1, username, -1, SQLITE_STATIC);
	sqlite3_bind_blob(stmt, 2, sealed.data, (int)sealed.len, SQLITE_STATIC);
	CU_ASSERT_EQUAL(sqlite3_step(stmt), SQLITE_DONE);
	sqlite3_finalize(stmt);
	sqlite3_close(raw);
}

#define AT "protocol=https\nhost=h\n"
#define CAN "capability[]=authtype\n" AT

static void an_answer_is_whole_lines_or_nothing(void)
{
	static const struct {
		struct entry entry;
		const char *request, *answer;
	} cases[] = {
		{ { "u", .secret = "p" }, AT, "username=u\npassword=p\n" },
		/* CVE-2020-5260, the other way round: no value of ours becomes a line of its own */
		{ { "u", .secret = "p\nhost=evil" }, AT, "(refused)" },
		{ { "u", .secret = "p\rhost=evil" }, AT, "(refused)" },
		{ { "u", .secret = "p\0q", .secret_len = 3 }, AT, "(refused)" },
		{ { "u", .secret = "p", .refresh = "r\nquit=1" }, AT, "(refused)" },
		{ { "u", .authtype = "Bearer", .bearer = "b\nquit=1" }, CAN, "(refused)" },
		{ { "u", .authtype = "Bearer", .bearer = "b\nquit=1" }, AT, "" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh();
		put(&cases[i].entry);
		UNIT_STR(ask("get", cases[i].request), cases[i].answer);
	}
	clean();
}

static void a_stored_name_moves_no_cursor(void)
{
	static const struct {
		const char *username, *answer;
	} cases[] = {
		{ "plain", "username=plain\npassword=p\n" },
		{ "j\xc3\xb6rg", "username=j\xc3\xb6rg\npassword=p\n" },
		{ "a\x1b[2J", "(refused)" },
		{ "a\tb", "(refused)" },
		{ "\x7f", "(refused)" },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh();
		put_as_before(cases[i].username, "p");
		UNIT_STR(ask("get", AT), cases[i].answer);
	}
	clean();
}

static void an_entry_is_handed_out_to_the_second(void)
{
	static const struct {
		struct entry entry;
		const char *request, *answer;
	} cases[] = {
		{ { "u", .secret = "p", .refresh = "r", .expires_at = 1000 }, AT,
		  "username=u\noauth_refresh_token=r\n" },
		{ { "u", .secret = "p", .refresh = "r", .expires_at = 1001 }, AT,
		  "username=u\npassword=p\npassword_expiry_utc=1001\noauth_refresh_token=r\n" },
		{ { .authtype = "Bearer", .bearer = "b", .expires_at = 1000 }, CAN, "" },
		{ { .authtype = "Bearer", .bearer = "b", .expires_at = 1001 }, CAN,
		  "capability[]=authtype\nauthtype=Bearer\ncredential=b\n"
		  "password_expiry_utc=1001\n" },
		{ { .secret = "p", .expires_at = 1000 }, AT, "" },	/* nobody is not invented */
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		fresh();
		put(&cases[i].entry);
		UNIT_STR(ask("get", cases[i].request), cases[i].answer);
	}
	clean();
}

static void an_entry_without_a_user_comes_back_as_it_went(void)
{
	fresh();
	put(&(struct entry){ .secret = "p" });
	UNIT_STR(ask("get", AT), "username=aisearch\npassword=p\n");
	/* git says what it was told: known, and nothing new */
	UNIT_STR(ask("store", AT "username=aisearch\npassword=p\n"), "");
	UNIT_STR(ask("get", AT "username=aisearch\n"), "");
	UNIT_STR(ask("erase", AT "username=aisearch\npassword=other\n"), "");
	UNIT_STR(ask("erase", AT "username=somebody\npassword=p\n"), "");
	UNIT_STR(ask("get", AT), "username=aisearch\npassword=p\n");
	UNIT_STR(ask("erase", AT "username=aisearch\npassword=p\n"), "");
	UNIT_STR(ask("get", AT), "");
	/* nor does another's entry come between, or go with it */
	put(&(struct entry){ .secret = "p" });
	put(&(struct entry){ "late", .secret = "p", .expires_at = 500 });
	UNIT_STR(ask("get", AT), "username=aisearch\npassword=p\n");
	UNIT_STR(ask("store", AT "username=aisearch\npassword=p\n"), "");
	UNIT_STR(ask("get", AT "username=aisearch\n"), "");
	put(&(struct entry){ "twin", .secret = "p" });
	UNIT_STR(ask("erase", AT "username=aisearch\npassword=p\n"), "");
	UNIT_STR(ask("get", AT), "username=twin\npassword=p\n");
	UNIT_STR(ask("erase", AT), "");
	UNIT_STR(ask("get", AT), "");
	/* a real user of that name is one */
	UNIT_STR(ask("store", AT "username=aisearch\npassword=q\n"), "");
	UNIT_STR(ask("get", AT "username=aisearch\n"), "password=q\n");
	clean();
}

UNIT_SUITE(git_door,
	{ "an answer is whole lines or nothing at all", an_answer_is_whole_lines_or_nothing },
	{ "a stored name that moves a cursor is not handed out", a_stored_name_moves_no_cursor },
	{ "an entry is handed out until the second it expires",
	  an_entry_is_handed_out_to_the_second },
	{ "an entry without a user comes back as it went out",
	  an_entry_without_a_user_comes_back_as_it_went });
