/* SPDX-License-Identifier: MIT */
/*
 * The plugin's rooms that need no daemon, included as upstream's tests do.
 */
#include "unit.h"

#include <sys/resource.h>

#include "../../plugin/collectd/complaint.c"
#include "../../plugin/collectd/credential.c"
#include "../../plugin/collectd/helper.c"
#include "../../plugin/collectd/name.c"

static void the_hint_of_a_401_fits_the_source(void)
{
	static const struct {
		const char *helper, *file;
		bool token;
		const char *says;
	} rows[] = {
		{ NULL, NULL, false, "aisearch login" },
		{ "aisearch", NULL, false, "aisearch login" },
		{ "aisearch --vault /v", NULL, false, "aisearch login" },
		{ "/usr/local/bin/git-credential-aisearch --vault /v", NULL, false,
		  "aisearch login" },
		{ "aisearch-other", NULL, false, "where CredentialHelper looks" },
		{ "store --file /aisearch", NULL, false, "where CredentialHelper looks" },
		{ "/opt/aisearch", NULL, false, "where CredentialHelper looks" },
		{ "!aisearch", NULL, false, "where CredentialHelper looks" },
		{ NULL, "/run/token", false, "into TokenFile" },
		{ NULL, NULL, true, "a restart" },
	};
	scoped_secret struct secret *token = NULL;
	struct err err = { 0 };

	secret_new("x", 1, &token, &err);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct credential_settings s = { .helper = (char *)(uintptr_t)rows[i].helper,
						 .token_file = (char *)(uintptr_t)rows[i].file,
						 .token = rows[i].token ? token : NULL };
		const char *hint = credential_refused_hint(&s);

		UNIT_ROW(i, strstr(hint, rows[i].says) != NULL);
		UNIT_ROW(i, !!strstr(hint, "aisearch login") == !strcmp(rows[i].says, "aisearch login"));
		UNIT_ROW(i, strlen(hint) < sizeof(err.hint));
	}
}

static void answers_are_read_strictly(void)
{
	static const struct {
		const char *answer;
		const char *password;	/* NULL = refused */
		enum err_kind kind;
	} cases[] = {
		{ "username=manager\npassword=abc\n", "abc", ERR_NONE },
		{ "password=abc", "abc", ERR_NONE },			/* as git reads it */
		{ "password=a=b=c\n", "a=b=c", ERR_NONE },
		{ "password=x\npassword=y\n", "y", ERR_NONE },		/* the last one counts */
		/* an empty line ends it */
		{ "password=abc\n\npassword=later\n", "abc", ERR_NONE },
		{ "something=new\npassword=abc\n", "abc", ERR_NONE },
		{ "", NULL, ERR_NOT_FOUND },
		{ "\npassword=abc\n", NULL, ERR_NOT_FOUND },
		{ "username=manager\n", NULL, ERR_NOT_FOUND },
		{ "password=\n", NULL, ERR_NOT_FOUND },
		{ "passwords=abc\n", NULL, ERR_NOT_FOUND },
		{ "password=abc\r\n", NULL, ERR_PROTOCOL },
		{ "password abc\n", NULL, ERR_PROTOCOL },
		{ "<html>\npassword=abc\n", NULL, ERR_PROTOCOL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_secret struct secret *s = NULL;
		struct err err = { 0 };
		int r = credential_parse(cases[i].answer, strlen(cases[i].answer), &s, &err);

		UNIT_ROW(i, r == (cases[i].password ? 0 : -1));
		UNIT_ROW(i, err.kind == cases[i].kind);
		if (s)
			UNIT_STR(secret_bytes(s), cases[i].password);
	}
	scoped_secret struct secret *s = NULL;
	struct err err = { 0 };
	CU_ASSERT_EQUAL(credential_parse("password=a\0b\n", 13, &s, &err), -1);
}

static void an_answer_ends_with_an_empty_line_or_the_helper(void)
{
	static const struct {
		const char *answer;
		bool running, exited;	/* complete while the helper is */
	} cases[] = {
		{ "", false, false },
		{ "\n", true, true },
		{ "password=abc", false, false },	/* the rest may come */
		{ "password=abc\n", false, true },
		{ "password=abc\n\n", true, true },
		{ "username=x\n", false, false },
		{ "username=x\npassword=abc\n", false, true },
		{ "username=x\n\npass", true, true },
		{ "passwor", false, false },
		{ "password", false, false },
		{ "xpassword=abc\n", false, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		size_t len = strlen(cases[i].answer);

		UNIT_ROW(i, credential_complete(cases[i].answer, len, false) == cases[i].running);
		UNIT_ROW(i, credential_complete(cases[i].answer, len, true) == cases[i].exited);
	}
}

static void helpers_are_named_as_in_git(void)
{
	static const struct {
		const char *helper, *command;
	} cases[] = {
		{ "aisearch", "git-credential-aisearch get" },
		{ "aisearch --vault /x", "git-credential-aisearch --vault /x get" },
		{ "/opt/helper", "/opt/helper get" },
		{ "!f() { cat; }; f", "f() { cat; }; f get" },
		{ "", NULL }, { "!", NULL }, { "a\nb", NULL },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char command[256];
		struct err err = { 0 };
		int r = credential_command(cases[i].helper, command, sizeof(command), &err);

		UNIT_ROW(i, r == (cases[i].command ? 0 : -1));
		if (r == 0)
			UNIT_STR(command, cases[i].command);
	}
}

static void long_names_are_cut_and_told_apart(void)
{
	static const struct {
		const char *front;
		int length;	/* of the id: so many a's */
		bool whole;
	} cases[] = {
		{ "", 1, true }, { "", 63, true }, { "", 64, false },
		{ "prod.", 58, true }, { "prod.", 59, false },
		{ "a-prefix-of-twenty-eight-xxx.a-namespace-of-twenty-eight.", 6, true },
		{ "a-prefix-of-twenty-eight-xxx.a-namespace-of-twenty-eight.", 7, false },
		{ "longer-than-a-name-may-be-at-all-even-without-an-id-behind-it-xx.", 64, false },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char id[65] = "", whole[256], name[NAME_MAX_BYTES + 1], other[NAME_MAX_BYTES + 1];

		memset(id, 'a', (size_t)cases[i].length);
		snprintf(whole, sizeof(whole), "%s%s", cases[i].front, id);
		name_fit(cases[i].front, id, name);
		UNIT_ROW(i, !strcmp(name, whole) == cases[i].whole);
		UNIT_ROW(i, cases[i].whole || (strlen(name) == NAME_MAX_BYTES && name[50] == '~' &&
					       !strncmp(name, whole, 50)));
		id[cases[i].length - 1] = 'b';
		name_fit(cases[i].front, id, other);
		UNIT_ROW(i, strcmp(name, other) != 0);
	}
	/* a value keeps its name from one version to the next */
	char name[NAME_MAX_BYTES + 1];
	name_fit("prod.", "0123456789012345678901234567890123456789012345678901234567890123", name);
	UNIT_STR(name, "prod.012345678901234567890123456789012345678901234~a7af69496e53");
}

static int run(const char *command, int64_t deadline_ms, int stop_fd, struct buf *answer,
	       struct err *err)
{
	struct helper_run h = { .command = command, .request = "a=b\n\n",
				.deadline_ms = deadline_ms, .stop_fd = stop_fd,
				.complete = credential_complete };

	return helper_run(&h, answer, err);
}

static void a_helper_is_asked_and_answers(void)
{
	static const struct {
		const char *command, *answer;
		int64_t deadline_ms;
		enum err_kind kind;
	} cases[] = {
		{ "cat", "a=b\n\n", 5000, ERR_NONE },
		/* does not read: EPIPE or not */
		{ "echo x=y", "x=y\n", 5000, ERR_NONE },
		{ "exec <&-; echo x=y", "x=y\n", 5000, ERR_NONE },
		{ "exit 3", "", 5000, ERR_NOT_FOUND },
		{ "sleep 1000", "", 100, ERR_TIMEOUT },
		{ "trap '' TERM; sleep 1000 & sleep 1000", "", 100, ERR_TIMEOUT },
		{ "yes", NULL, 5000, ERR_INPUT },			/* over the ceiling */
		/* no descriptor but 0, 1 and 2 */
		{ "test ! -e /proc/self/fd/3 && test ! -e /proc/$$/fd/19 && echo none",
		  "none\n", 5000, ERR_NONE },
		/* its own group; nothing of our environment that was not chosen */
		{ "echo \"${UNIT_SECRET-unset}\"", "unset\n", 5000, ERR_NONE },
	};
	int keep = dup2(STDERR_FILENO, 19);	/* without FD_CLOEXEC */

	setenv("UNIT_SECRET", "s3cret", 1);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		scoped_buf struct buf answer = BUF(4096);
		struct err err = { 0 };
		int r = run(cases[i].command, cases[i].deadline_ms, -1, &answer, &err);

		UNIT_ROW(i, r == (cases[i].kind == ERR_NONE ? 0 : -1) && err.kind == cases[i].kind);
		if (cases[i].answer)
			UNIT_STR(answer.data, cases[i].answer);
	}
	unsetenv("UNIT_SECRET");
	close(keep);
}

/* "&" leaves a child behind that holds the output open. */
static void a_child_that_holds_the_output_open_is_not_waited_for(void)
{
	static const struct {
		const char *command, *answer;	/* its end */
		enum err_kind kind;
	} cases[] = {
		{ "sleep 1000 & echo password=x", "password=x\n", ERR_NONE },
		{ "sleep 1000 & printf password=x", "password=x", ERR_TIMEOUT },
		/* what it wrote before it exited is read to the end, whatever is read at once */
		{ "sleep 1000 & printf 'password=x\\na=%01500d\\nb=' 0; echo y", "0\nb=y\n",
		  ERR_NONE },
		{ "sleep 1000 & printf 'password=x\\na=%01010d\\nb=%01021d\\nc=%01021d\\npassword=y\\n'",
		  "0\npassword=y\n", ERR_NONE },
		{ "sleep 1000 & echo password=x; exit 1", "password=x\n", ERR_NONE },
		{ "{ sleep .2; echo password=x; sleep 1000; } & echo username=u",
		  "username=u\npassword=x\n", ERR_NONE },
		{ "echo password=x; echo; exec sleep 1000", "password=x\n\n", ERR_NONE },
		{ "echo password=x; exec sleep 1000", "password=x\n", ERR_TIMEOUT },
		{ "sleep 1000 & echo username=u", "username=u\n", ERR_TIMEOUT },
		{ "exec sleep 1000 >&-", "", ERR_NONE },	/* no output, and lingers */
	};

	for (int ignored = 0; ignored < 2; ignored++) {
		signal(SIGCHLD, ignored ? SIG_IGN : SIG_DFL);	/* collectd ignores it */
		for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
			scoped_buf struct buf answer = BUF(4096);
			bool in_time = cases[i].kind != ERR_TIMEOUT;
			struct err err = { 0 };
			int r = run(cases[i].command, in_time ? 5000 : 300, -1, &answer, &err);

			UNIT_ROW(i, r == (in_time ? 0 : -1) && err.kind == cases[i].kind);
			size_t len = strlen(cases[i].answer);
			UNIT_ROW(i, answer.len >= len && (len > 0 || answer.len == 0));
			if (answer.len >= len && len > 0)
				UNIT_STR(answer.data + answer.len - len, cases[i].answer);
		}
	}
	signal(SIGCHLD, SIG_DFL);
}

static void an_ignored_sigchld_changes_nothing(void)
{
	scoped_buf struct buf answer = BUF(4096);
	struct err err = { 0 };
	int64_t start = clock_mono_ms(&clock_system);

	signal(SIGCHLD, SIG_IGN);	/* as collectd has it */
	signal(SIGPIPE, SIG_IGN);
	CU_ASSERT_EQUAL(run("echo x=y; exit 1", 5000, -1, &answer, &err), 0);
	UNIT_STR(answer.data, "x=y\n");
	CU_ASSERT_EQUAL(run("sleep 1000", 50, -1, &answer, &err), -1);
	/* it is back to default in the child: yes dies when head goes */
	buf_reset(&answer);
	CU_ASSERT_EQUAL(run("yes 2>/dev/null | head -n 1; echo ok", 5000, -1, &answer, &err), 0);
	UNIT_STR(answer.data, "y\nok\n");
	signal(SIGCHLD, SIG_DFL);
	signal(SIGPIPE, SIG_IGN);
	CU_ASSERT(clock_mono_ms(&clock_system) - start < 4000);
}

static void stopping_ends_a_helper_at_once(void)
{
	scoped_buf struct buf answer = BUF(4096);
	struct err err = { 0 };
	scoped_fd int stop = eventfd(1, EFD_CLOEXEC);
	int64_t start = clock_mono_ms(&clock_system);

	CU_ASSERT_EQUAL(run("sleep 1000", 60000, stop, &answer, &err), -1);
	CU_ASSERT_EQUAL(err.kind, ERR_CANCELLED);
	CU_ASSERT(clock_mono_ms(&clock_system) - start < 1000);
}

static char told;		/* by the listener: 'i'll, 'w'ell, 0 = nothing */

static void file_told(void *ctx, const struct err *err)
{
	(void)ctx;
	told = err ? 'i' : 'w';
}

static void a_token_file_may_fail_for_a_while(void)
{
	static const struct {
		const char *what;	/* a shell does it; f is the file, g a folder */
		bool needed;
		enum watch_token found;
		char told;
	} steps[] = {
		/* before it was ever read, the cycle's failure says all */
		{ "true", true, WATCH_TOKEN_NONE, 0 },
		{ "true", false, WATCH_TOKEN_SAME, 0 },
		{ "echo token-a >f", false, WATCH_TOKEN_NEW, 0 },
		{ "true", false, WATCH_TOKEN_SAME, 0 },
		{ "rm f", false, WATCH_TOKEN_SAME, 0 },		/* it may be replaced this moment */
		{ "echo token-b >f", false, WATCH_TOKEN_NEW, 0 },
		{ "mv f g/f", false, WATCH_TOKEN_SAME, 0 },
		{ "true", false, WATCH_TOKEN_SAME, 'i' },
		{ "true", false, WATCH_TOKEN_SAME, 0 },
		{ "mv g/f f", false, WATCH_TOKEN_NEW, 'w' },
		{ "ln -s f g/l; mv f g/f; mv g/l f", false, WATCH_TOKEN_SAME, 'i' },
		{ "true", true, WATCH_TOKEN_NONE, 0 },		/* refused meanwhile */
		{ "rm f; mkfifo -m 600 f", false, WATCH_TOKEN_SAME, 0 },
		{ "rm f; mv g/f f", true, WATCH_TOKEN_NEW, 'w' },
		{ "rm f; mkfifo -m 600 f", false, WATCH_TOKEN_SAME, 'i' },
		{ "rm f; echo token-c >f", false, WATCH_TOKEN_NEW, 'w' },
		{ "rm f; mkdir -m 700 f", false, WATCH_TOKEN_SAME, 'i' },
		{ "rmdir f; echo token-c >f", false, WATCH_TOKEN_NEW, 'w' },
		{ "chmod 640 f", false, WATCH_TOKEN_SAME, 'i' },
		{ "chmod 600 f", false, WATCH_TOKEN_NEW, 'w' },
		{ ": >f", false, WATCH_TOKEN_SAME, 'i' },
		{ "echo no token >f", false, WATCH_TOKEN_SAME, 0 },
		{ "echo token-d >f", false, WATCH_TOKEN_NEW, 'w' },
		{ "rm f; ln -s nowhere f", false, WATCH_TOKEN_SAME, 'i' },
		{ "rm f; echo token-d >f", false, WATCH_TOKEN_NEW, 'w' },
		/* what was in the way goes and leaves no trace on the file */
		{ "echo token-e >f", false, WATCH_TOKEN_SAME, 'i' },
		{ "true", false, WATCH_TOKEN_NEW, 'w' },
	};
	const size_t no_descriptors = sizeof(steps) / sizeof(steps[0]) - 2;
	struct rlimit limit, few = { 0 };
	char folder[] = "/tmp/aisearch-unit.XXXXXX", file[64], command[512];
	struct credential_settings settings = { .token_file = file };
	struct credential_query query = { "host", "account" };
	struct credential_listener listener = { .file = file_told };
	struct credential_source *source;
	struct err err = { 0 };

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	snprintf(file, sizeof(file), "%s/f", folder);
	CU_ASSERT_EQUAL(mkdir(strcat(strcpy(command, folder), "/g"), 0700), 0);
	CU_ASSERT_EQUAL_FATAL(credential_source_new(&settings, &query, &listener, &source, &err), 0);
	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		scoped_secret struct secret *token = NULL;

		told = 0;
		snprintf(command, sizeof(command), "cd %s && umask 077 && { %s; }", folder,
			 steps[i].what);
		CU_ASSERT_EQUAL(system(command), 0);
		getrlimit(RLIMIT_NOFILE, &limit);
		few.rlim_max = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, i == no_descriptors ? &few : &limit);
		enum watch_token found = credential_source_get(source, steps[i].needed,
							       &token, &err);
		setrlimit(RLIMIT_NOFILE, &limit);
		UNIT_ROW(i, found == steps[i].found);
		UNIT_ROW(i, (token != NULL) == (steps[i].found == WATCH_TOKEN_NEW));
		UNIT_ROW(i, told == steps[i].told);
	}
	credential_source_free(source);
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void complaints_are_thinned_out(void)
{
	static const struct {
		int64_t at_s;
		enum err_kind kind;	/* ERR_NONE = it worked */
		int expected;		/* a line, or for ERR_NONE whether one is due */
	} steps[] = {
		{ 0, ERR_NONE, 0 },
		{ 10, ERR_NETWORK, COMPLAINT_FIRST },
		{ 20, ERR_NETWORK, COMPLAINT_SILENT },
		/* another kind, but a line was just written */
		{ 30, ERR_AUTH, COMPLAINT_SILENT },
		{ 80, ERR_AUTH, COMPLAINT_OTHER },
		{ 90, ERR_AUTH, COMPLAINT_SILENT },
		{ 679, ERR_AUTH, COMPLAINT_SILENT },
		{ 680, ERR_AUTH, COMPLAINT_STILL },
		{ 690, ERR_NONE, 1 },
		{ 700, ERR_NONE, 0 },
		{ 710, ERR_AUTH, COMPLAINT_FIRST },
	};
	struct complaint c = { 0 };

	for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++) {
		struct err err = { .kind = steps[i].kind };
		int got = steps[i].kind == ERR_NONE ? (int)complaint_over(&c)
			: (int)complaint_failed(&c, &err, steps[i].at_s * 1000);

		UNIT_ROW(i, got == steps[i].expected);
	}
}

UNIT_SUITE(plugin,
	{ "the hint of a 401 fits the token's source", the_hint_of_a_401_fits_the_source },
	{ "a helper's answer is read strictly", answers_are_read_strictly },
	{ "its answer ends with an empty line, or with the helper when it has a password",
	  an_answer_ends_with_an_empty_line_or_the_helper },
	{ "a child of it that holds the output open is not waited for",
	  a_child_that_holds_the_output_open_is_not_waited_for },
	{ "helpers are named as in git's configuration", helpers_are_named_as_in_git },
	{ "long names are cut and told apart", long_names_are_cut_and_told_apart },
	{ "a helper is asked, bounded, and gets nothing it should not",
	  a_helper_is_asked_and_answers },
	{ "collectd's ignored SIGCHLD and SIGPIPE change nothing",
	  an_ignored_sigchld_changes_nothing },
	{ "stopping ends a helper at once", stopping_ends_a_helper_at_once },
	{ "a token file that cannot be read any more is told once, and that it is well again",
	  a_token_file_may_fail_for_a_while },
	{ "complaints are thinned out", complaints_are_thinned_out });
