/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sodium.h>
#include <sqlite3.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"
#include "vault/key.h"
#include "vault/keyring.h"
#include "vault/keys.h"
#include "vault/passphrase.h"

static char folder[256], db[300], key_file[320], key_new[330];

static int gone(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void clean(void)
{
	if (folder[0])
		nftw(folder, gone, 8, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

static struct vault *opened(bool read_only)
{
	struct vault *v = NULL;
	struct err err = { 0 };

	if (vault_open(&(struct vault_config){ .path = db, .read_only = read_only }, &v, &err) < 0)
		unit_note("%s (%s)", err.what, err.hint);
	CU_ASSERT_PTR_NOT_NULL_FATAL(v);
	return v;
}

static struct vault *fresh(void)
{
	const char *tmp = getenv("TMPDIR");

	clean();
	snprintf(folder, sizeof(folder), "%s/aisearch-unit.XXXXXX", tmp ? tmp : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(db, sizeof(db), "%s/data/vault.db", folder);
	snprintf(key_file, sizeof(key_file), "%s.key", db);
	snprintf(key_new, sizeof(key_new), "%s" KEY_NEW, key_file);
	return opened(false);
}

static struct secret *text(const char *s)
{
	struct secret *out = NULL;
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(secret_new(s, strlen(s), &out, &err), 0);
	return out;
}

static int put(struct vault *v, const char *user, const char *secret)
{
	scoped_secret struct secret *s = text(secret);
	const struct vault_id id = { "https", "h", NULL, user };
	struct err err = { 0 };

	return vault_put(v, &id, &(struct vault_value){ .secret = s }, NULL, 1, &err);
}

/* Is that what the vault answers? */
static bool has(struct vault *v, const char *user, const char *secret)
{
	scoped_vault_item struct vault_item *item = NULL;
	const struct vault_id id = { "https", "h", NULL, user };
	struct err err = { 0 };

	if (vault_get(v, &id, 0, &item, &err) < 0) {
		unit_note("%s", err.what);
		return false;
	}
	return !strcmp(secret_bytes(item->secret), secret);
}

static int rekey(struct vault *v, struct err *err)
{
	return vault_rekey(v, &(struct vault_rekey){ 0 }, 1, NULL, err);
}

/* --- the passphrase ---------------------------------------------------------- */

static void only_the_same_passphrase_and_purpose_open(void)
{
	static const struct {
		const char *passphrase, *purpose;
		int flip;		/* a bit of this byte; -1 = none */
		int cut;		/* bytes that are missing */
		enum err_kind kind;	/* ERR_NONE = it opens */
	} cases[] = {
		{ "eight888", "p", -1, 0, ERR_NONE },
		{ "eight889", "p", -1, 0, ERR_AUTH },
		{ "eight888", "q", -1, 0, ERR_AUTH },
		{ "eight888", "p", 9, 0, ERR_AUTH },	/* the salt */
		{ "eight888", "p", 25, 0, ERR_AUTH },	/* the nonce */
		{ "eight888", "p", 49, 0, ERR_AUTH },	/* the ciphertext */
		{ "eight888", "p", -1, 1, ERR_AUTH },
		{ "eight888", "p", -1, 5, ERR_STORAGE },	/* shorter than an empty one */
		{ "eight888", "p", 0, 0, ERR_STORAGE },	/* the format */
		{ "eight888", "p", 4, 0, ERR_STORAGE },	/* 16,777,220 passes are not made */
		{ "eight888", "p", 8, 0, ERR_STORAGE },	/* nor 16 GiB taken */
	};
	scoped_secret struct secret *right = text("eight888");
	scoped_buf struct buf sealed = BUF(4096);
	struct err err = { 0 };

	CU_ASSERT_EQUAL_FATAL(passphrase_seal(right, "p", "four", 4, &sealed, &err), 0);
	CU_ASSERT_EQUAL(sealed.len, 4 + PASSPHRASE_OVERHEAD);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_secret struct secret *word = text(cases[i].passphrase);
		scoped_buf struct buf changed = BUF(4096), plain = BUF(4096);
		struct err why = { 0 };

		buf_add(&changed, sealed.data, sealed.len);
		if (cases[i].flip >= 0)
			changed.data[cases[i].flip] ^= 1;
		int r = passphrase_open(word, cases[i].purpose, changed.data,
					changed.len - (size_t)cases[i].cut, &plain, &why);
		UNIT_ROW(i, why.kind == cases[i].kind);
		UNIT_ROW(i, (r == 0) == (cases[i].kind == ERR_NONE));
		UNIT_ROW(i, plain.len == (r == 0 ? 4 : 0));
	}
}

static void a_passphrase_has_a_length(void)
{
	static char long_one[PASSPHRASE_MAX + 2];
	const struct {
		const char *word;
		bool good;
	} cases[] = {
		{ "", false }, { "seven77", false }, { "eight888", true },
		{ long_one + 1, true }, { long_one, false },
	};

	memset(long_one, 'x', sizeof(long_one) - 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_secret struct secret *word = text(cases[i].word);
		struct err err = { 0 };

		UNIT_ROW(i, (passphrase_check(word, &err) == 0) == cases[i].good);
	}
}

/* --- the keyring ------------------------------------------------------------- */

static bool no_keyring(void)
{
	struct err err = { 0 };

	if (keyring_usable(&err) == 0)
		return false;
	unit_note("skipped: %s", err.what);
	return true;
}

static void the_keyring_keeps_a_key_under_its_fingerprint(void)
{
	scoped_secret struct secret *key = NULL;
	scoped_secret struct secret *got = NULL;
	unsigned char its[SEAL_FINGERPRINT_BYTES], other[SEAL_FINGERPRINT_BYTES];
	struct err err = { 0 };
	int64_t until = -1;

	if (no_keyring())
		return;
	CU_ASSERT_EQUAL_FATAL(key_random(&key, &err), 0);
	CU_ASSERT_EQUAL_FATAL(seal_fingerprint(key, its, &err), 0);
	memcpy(other, its, sizeof(other));
	other[15] ^= 1;
	CU_ASSERT(keyring_get(its, &got, &until, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	CU_ASSERT_EQUAL(keyring_put(its, key, 60, 1000, &err), 0);
	CU_ASSERT_EQUAL_FATAL(keyring_get(its, &got, &until, &err), 0);
	CU_ASSERT(secret_equal(got, key));
	CU_ASSERT_EQUAL(until, 1060);
	secret_free(STEAL(got));
	CU_ASSERT(keyring_get(other, &got, &until, &err) < 0);
	CU_ASSERT_EQUAL(keyring_put(its, key, 60, 2000, &err), 0);	/* in its place */
	CU_ASSERT_EQUAL(keyring_get(its, &got, &until, &err), 0);
	CU_ASSERT_EQUAL(until, 2060);
	secret_free(STEAL(got));
	CU_ASSERT_EQUAL(keyring_remove(its, &err), 0);
	CU_ASSERT(keyring_get(its, &got, &until, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	CU_ASSERT(keyring_remove(its, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
}

static int forbid_keyring(int errnum)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_keyctl, 2, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_add_key, 1, 0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_request_key, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (unsigned)errnum),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0 ||
	       prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0 ? -1 : 0;
}

#define CANNOT_FILTER 77

/* Runs what a container without a keyring would see; returns what it found. */
static int without_keyring(int errnum, int (*look)(void))
{
	int status = -1;
	pid_t child = fork();

	CU_ASSERT_FATAL(child >= 0);
	if (child == 0)
		_exit(forbid_keyring(errnum) < 0 ? CANNOT_FILTER : look());
	CU_ASSERT_EQUAL_FATAL(waitpid(child, &status, 0), child);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int says_unusable(void)
{
	static const unsigned char its[SEAL_FINGERPRINT_BYTES] = { 1 };
	scoped_secret struct secret *key = NULL;
	struct err err = { 0 };
	int64_t until;

	if (keyring_usable(&err) == 0 || err.kind != ERR_CONFIG || !err.hint[0] ||
	    !strstr(err.what, "the kernel keyring cannot be used here: "))
		return 1;
	if (keyring_get(its, &key, &until, &err) == 0 || err.kind != ERR_CONFIG)
		return 2;
	return keyring_remove(its, &err) == 0 || err.kind != ERR_CONFIG ? 3 : 0;
}

static int opens_all_the_same(void)
{
	scoped_vault struct vault *v = NULL;
	scoped_secret struct secret *word = text("a passphrase");
	struct err err = { 0 };

	if (vault_open(&(struct vault_config){ .path = db }, &v, &err) < 0 || !has(v, "u", "s"))
		return 1;
	/* a passphrase that nobody could use afterwards is refused */
	if (vault_set_passphrase(v, word, &err) == 0 || err.kind != ERR_CONFIG)
		return 2;
	return access(key_file, F_OK) == 0 ? 0 : 3;
}

static int says_locked_and_why(void)
{
	scoped_vault struct vault *v = NULL;
	struct err err = { 0 };

	if (vault_open(&(struct vault_config){ .path = db, .read_only = true }, &v, &err) == 0 ||
	    err.kind != ERR_LOCKED)
		return 1;
	return strstr(err.what, "is locked, and the kernel keyring cannot be used here: ") &&
	       strstr(err.hint, "key file") ? 0 : 2;
}

static void a_forbidden_keyring_is_one_clear_message(void)
{
	static const int errnums[] = { EPERM, ENOSYS, EACCES };
	scoped_secret struct secret *word = text("a passphrase");
	struct err err = { 0 };
	struct vault *v = fresh();

	put(v, "u", "s");
	vault_close(v);		/* nothing of SQLite's goes through a fork */
	for (size_t i = 0; i < sizeof(errnums) / sizeof(errnums[0]); i++) {
		int r = without_keyring(errnums[i], says_unusable);

		if (r == CANNOT_FILTER) {
			unit_note("skipped: no seccomp here");
			break;
		}
		UNIT_ROW(i, r == 0);
		r = without_keyring(errnums[i], opens_all_the_same);
		UNIT_ROW(i, r == 0);
	}
	if (!no_keyring()) {
		v = opened(false);
		CU_ASSERT_EQUAL(vault_set_passphrase(v, word, &err), 0);
		vault_close(v);
		for (size_t i = 0; i < sizeof(errnums) / sizeof(errnums[0]); i++) {
			int r = without_keyring(errnums[i], says_locked_and_why);
			UNIT_ROW(i, r == 0 || r == CANNOT_FILTER);
		}
	}
	clean();
}

/* --- the passphrase of a vault ----------------------------------------------- */

static void a_locked_vault_opens_with_its_passphrase_only(void)
{
	scoped_secret struct secret *word = text("a passphrase");
	scoped_secret struct secret *other = text("another one");
	const struct vault_config config = { .path = db };
	struct vault_keys keys;
	struct vault *v = NULL;
	struct err err = { 0 };

	if (no_keyring())
		return;
	v = fresh();
	put(v, "u", "s");
	CU_ASSERT_EQUAL_FATAL(vault_set_passphrase(v, word, &err), 0);
	CU_ASSERT(access(key_file, F_OK) < 0);
	CU_ASSERT(has(v, "u", "s"));		/* who has it open goes on */
	vault_close(STEAL(v));
	CU_ASSERT(vault_open(&config, &v, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_LOCKED);
	CU_ASSERT_PTR_NOT_NULL(strstr(err.hint, "aisearch vault unlock"));
	CU_ASSERT(vault_open_passphrase(&config, other, &v, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_AUTH);
	CU_ASSERT_EQUAL_FATAL(vault_open_passphrase(&config, word, &v, &err), 0);
	CU_ASSERT(has(v, "u", "s"));
	CU_ASSERT_EQUAL(put(v, "v", "t"), 0);
	CU_ASSERT_EQUAL(vault_unlock(v, 60, 1000, &err), 0);
	vault_close(v);
	v = opened(false);
	CU_ASSERT(has(v, "v", "t"));
	CU_ASSERT_EQUAL(vault_keys(v, &keys, &err), 0);
	CU_ASSERT(keys.from == VAULT_KEY_RING && keys.passphrase && keys.unlocked);
	CU_ASSERT_EQUAL(keys.unlocked_until, 1060);
	CU_ASSERT_EQUAL(vault_lock(v, &err), 0);
	CU_ASSERT(vault_lock(v, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_NOT_FOUND);
	vault_close(STEAL(v));
	CU_ASSERT_EQUAL_FATAL(vault_open_passphrase(&config, word, &v, &err), 0);
	CU_ASSERT_EQUAL(vault_remove_passphrase(v, &err), 0);
	vault_close(v);
	v = opened(false);
	CU_ASSERT(has(v, "u", "s"));
	vault_close(v);
	clean();
}

static void without_its_key_a_vault_lists_and_opens_nothing(void)
{
	scoped_vault struct vault *keyless = NULL;
	scoped_vault_item struct vault_item *item = NULL;
	static const struct vault_id id = { "https", "h", NULL, "u" };
	struct vault *v = fresh();
	struct err err = { 0 };

	put(v, "u", "s");
	vault_close(v);
	unlink(key_file);
	CU_ASSERT_EQUAL_FATAL(vault_open(&(struct vault_config){ .path = db, .read_only = true,
					 .keyless = true }, &keyless, &err), 0);
	CU_ASSERT(vault_get(keyless, &id, 0, &item, &err) < 0);
	CU_ASSERT_EQUAL(err.kind, ERR_LOCKED);
	CU_ASSERT(access(key_file, F_OK) < 0);
	clean();
}

/* --- rekey ------------------------------------------------------------------- */

/* Rekeys as fast as it can; ends with 0 when none failed. */
static pid_t rekeyer(int times)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	struct err err = { 0 };
	struct vault *v = NULL;
	int r = vault_open(&(struct vault_config){ .path = db }, &v, &err);
	while (r == 0 && times-- > 0)
		r = rekey(v, &err);
	vault_close(v);
	_exit(r < 0);
}

static void a_reader_is_answered_at_any_moment_of_rekeys(void)
{
	struct vault *v = fresh();
	long asked = 0, wrong = 0;

	CU_ASSERT_EQUAL(put(v, "u", "s"), 0);
	vault_close(v);
	pid_t children[2] = { rekeyer(60), rekeyer(60) };
	v = opened(true);
	for (size_t i = 0; i < 2;) {
		scoped_vault_item struct vault_item *item = NULL;
		struct err err = { 0 };
		int status = 0;

		wrong += !has(v, "u", "s");
		wrong += vault_get_row(v, 1, &item, &err) < 0;
		asked++;
		pid_t ended = waitpid(children[i], &status, WNOHANG);
		if (ended == 0)
			continue;
		CU_ASSERT(ended == children[i] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
		i++;
	}
	vault_close(v);
	CU_ASSERT(asked > 20);
	CU_ASSERT_EQUAL(wrong, 0);
	clean();
}

static void handles_that_were_open_follow_a_rekey(void)
{
	struct vault *v = fresh(), *reader, *writer;
	struct err err = { 0 };

	put(v, "u", "s");
	reader = opened(true);
	writer = opened(false);
	CU_ASSERT_EQUAL(rekey(v, &err), 0);
	CU_ASSERT(has(reader, "u", "s"));
	CU_ASSERT_EQUAL(rekey(v, &err), 0);
	CU_ASSERT_EQUAL(put(writer, "w", "by the writer"), 0);	/* sealed under the newest key */
	CU_ASSERT_EQUAL(rekey(writer, &err), 0);
	CU_ASSERT(has(reader, "w", "by the writer"));
	CU_ASSERT_EQUAL(put(writer, "w", "by the writer"), 0);
	CU_ASSERT(has(v, "w", "by the writer"));
	CU_ASSERT_EQUAL(put(v, "v", "t"), 0);
	vault_close(reader);
	vault_close(writer);
	vault_close(v);
	v = opened(true);
	CU_ASSERT(has(v, "u", "s") && has(v, "v", "t") && has(v, "w", "by the writer"));
	vault_close(v);
	clean();
}

static void copy(const char *from, const char *to)
{
	char bytes[65];
	int in = open(from, O_RDONLY), out = open(to, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	CU_ASSERT_EQUAL(read(in, bytes, sizeof(bytes)), 65);
	CU_ASSERT_EQUAL(write(out, bytes, sizeof(bytes)), 65);
	close(in);
	close(out);
}

/* Every pair of files that a kill may leave. */
static void a_rekey_is_decided_by_its_transaction_alone(void)
{
	static const struct {
		const char *first, *second;	/* what .key and .key.new hold; NULL = not there */
		bool opens;
	} cases[] = {
		{ "now", NULL, true }, { "now", "waste", true }, { "now", "half", true },
		{ "now", "empty", true }, { "old", "now", true }, { NULL, "now", true },
		{ "old", NULL, false }, { "old", "waste", false }, { "old", "half", false },
		{ NULL, NULL, false }, { NULL, "waste", false },
	};
	char now[400], old[400], waste[400];
	struct err err = { 0 };
	struct vault *v = fresh();

	snprintf(now, sizeof(now), "%s/now", folder);
	snprintf(old, sizeof(old), "%s/old", folder);
	snprintf(waste, sizeof(waste), "%s/waste", folder);
	put(v, "u", "s");
	copy(key_file, waste);
	CU_ASSERT_EQUAL(rekey(v, &err), 0);
	copy(key_file, old);
	CU_ASSERT_EQUAL(rekey(v, &err), 0);
	copy(key_file, now);
	vault_close(v);
	for (size_t i = 0; i < 2 * sizeof(cases) / sizeof(cases[0]); i++) {
		const bool read_only = i % 2;
		const char *names[] = { cases[i / 2].first, cases[i / 2].second };
		const char *paths[] = { key_file, key_new };

		for (int k = 0; k < 2; k++) {
			unlink(paths[k]);
			if (!names[k])
				continue;
			copy(!strcmp(names[k], "now") ? now : !strcmp(names[k], "old") ? old : waste,
			     paths[k]);
			if (!strcmp(names[k], "half") || !strcmp(names[k], "empty"))
				CU_ASSERT_EQUAL(truncate(paths[k], names[k][0] == 'h' ? 30 : 0), 0);
		}
		v = NULL;
		int r = vault_open(&(struct vault_config){ .path = db, .read_only = read_only }, &v, &err);
		UNIT_ROW(i, (r == 0) == cases[i / 2].opens);
		if (r == 0) {
			UNIT_ROW(i, has(v, "u", "s"));
			/* who may write puts it in its place */
			if (names[1] && !strcmp(names[1], "now"))
				UNIT_ROW(i, (access(key_new, F_OK) < 0) == !read_only);
		}
		vault_close(v);
	}
	clean();
}

static int run_sql(const char *sql)
{
	sqlite3 *raw = NULL;

	sqlite3_open(db, &raw);
	int rc = sqlite3_exec(raw, sql, NULL, NULL, NULL);
	sqlite3_close(raw);
	return rc;
}

static void a_refused_rekey_changes_nothing(void)
{
	static const char *const broken[] = {
		"UPDATE credential SET secret=zeroblob(60) WHERE username='u'",
		"UPDATE credential SET secret=x'' WHERE username='u'",
		"UPDATE credential SET refresh=x'0202' WHERE username='u'",
		"UPDATE credential SET expires_at=7 WHERE username='u'",	/* it is sealed in */
		"UPDATE credential SET token_id='t' WHERE username='u'",
		"CREATE TRIGGER stop BEFORE UPDATE ON credential BEGIN SELECT 1; END",	/* not run */
	};

	for (size_t i = 0; i < sizeof(broken) / sizeof(broken[0]); i++) {
		const bool refuses = i < 5;
		struct vault *v = fresh();
		struct err err = { 0 };
		char before[400];
		scoped_secret struct secret *was = NULL;
		scoped_secret struct secret *is = NULL;

		put(v, "u", "s");
		put(v, "v", "t");
		snprintf(before, sizeof(before), "%s/before", folder);
		copy(key_file, before);
		UNIT_ROW(i, run_sql(broken[i]) == SQLITE_OK);
		UNIT_ROW(i, (rekey(v, &err) < 0) == refuses);
		UNIT_ROW(i, !refuses || (err.kind == ERR_STORAGE && err.hint[0]));
		UNIT_ROW(i, access(key_new, F_OK) < 0);
		CU_ASSERT_EQUAL_FATAL(key_load_file(before, &was, &err), 0);
		CU_ASSERT_EQUAL_FATAL(key_load_file(key_file, &is, &err), 0);
		UNIT_ROW(i, secret_equal(was, is) == refuses);
		UNIT_ROW(i, has(v, "v", "t"));
		vault_close(v);
		clean();
	}
}

UNIT_SUITE(vaultkeys,
	{ "only the same passphrase opens, and for the same purpose",
	  only_the_same_passphrase_and_purpose_open },
	{ "a passphrase has 8 to 1,024 bytes", a_passphrase_has_a_length },
	{ "the keyring keeps a key under its fingerprint, for a time",
	  the_keyring_keeps_a_key_under_its_fingerprint },
	{ "a forbidden keyring is one clear message, and no obstacle to a key file",
	  a_forbidden_keyring_is_one_clear_message },
	{ "a locked vault opens with its passphrase only, or when unlocked",
	  a_locked_vault_opens_with_its_passphrase_only },
	{ "without its key a vault lists, opens nothing and makes no key",
	  without_its_key_a_vault_lists_and_opens_nothing },
	{ "handles that were open follow a rekey", handles_that_were_open_follow_a_rekey },
	{ "a reader is answered at any moment of rekeys",
	  a_reader_is_answered_at_any_moment_of_rekeys },
	{ "a rekey is decided by its transaction, whatever files a kill left",
	  a_rekey_is_decided_by_its_transaction_alone },
	{ "a refused rekey changes nothing", a_refused_rekey_changes_nothing });
