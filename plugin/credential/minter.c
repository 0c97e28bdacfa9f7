/* SPDX-License-Identifier: MIT */
#include "minter.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define PROGRAM "aisearch"
#define GRACE_MS 1500		/* for its own end by --timeout, then for the signal's */
#define WORDS_MAX 24

/* Nobody but root and ourselves may put something else in its place. */
static bool trusted(const struct stat *st)
{
	return (st->st_uid == 0 || st->st_uid == geteuid()) && !(st->st_mode & S_IWOTH);
}

static bool usable(const char *path)
{
	struct stat st;

	return stat(path, &st) == 0 && S_ISREG(st.st_mode) && trusted(&st) &&
	       access(path, X_OK) == 0;
}

static bool beside_us(char out[PATH_MAX])
{
	ssize_t n = readlink("/proc/self/exe", out, PATH_MAX - sizeof(PROGRAM) - 1);

	if (n <= 0)
		return false;
	out[n] = '\0';
	char *slash = strrchr(out, '/');
	if (!slash)
		return false;
	strcpy(slash + 1, PROGRAM);
	return usable(out);
}

static bool in_path(char out[PATH_MAX])
{
	const char *folder = getenv("PATH");
	struct stat st;

	while (folder && *folder) {
		size_t len = strcspn(folder, ":");

		/* a relative one means the working folder, which may be a stranger's */
		if (folder[0] == '/' && len + sizeof(PROGRAM) + 1 < PATH_MAX) {
			memcpy(out, folder, len);
			out[len] = '\0';
			if (stat(out, &st) == 0 && trusted(&st)) {
				strcpy(out + len, "/" PROGRAM);
				if (usable(out))
					return true;
			}
		}
		folder += len + (folder[len] == ':');
	}
	return false;
}

/* What it needs to find vault, key, profiles and the network; nothing of git's. */
static const char *const kept[] = {
	"HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "AISEARCH_VAULT", "CREDENTIALS_DIRECTORY",
	"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY", "no_proxy", "NO_PROXY",
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))

struct environment {
	char *line[KEPT + 2];	/* ended by NULL */
	size_t count;
};

static void cleanup_environment(struct environment *env)
{
	for (size_t i = 0; i < env->count; i++)
		free(env->line[i]);
}

static int add_variable(struct environment *env, const char *name, const char *value)
{
	if (asprintf(&env->line[env->count], "%s=%s", name, value) < 0) {
		env->line[env->count] = NULL;
		return -1;
	}
	env->count++;
	return 0;
}

static int make_environment(struct environment *env, struct err *err)
{
	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);

		/* the first five are folders and a file: door.c takes absolute ones only */
		if (!value || !*value || (i < 5 && value[0] != '/'))
			continue;
		if (add_variable(env, kept[i], value) < 0)
			return err_nomem(err);
	}
	return add_variable(env, "LC_ALL", "C.UTF-8") < 0 ? err_nomem(err) : 0;
}

/* In the child: only 0, 1 and 2 stay. */
__attribute__((noreturn))
static void become(const char *program, char *const *argv, char *const *environment, int in,
		   int out)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);	/* nobody would read what it stores */
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	if (dup2(in, 0) == 0 && dup2(out, 1) == 1) {
		if (close_range(3, ~0U, 0) < 0)
			for (int fd = 3; fd < 1024; fd++)
				close(fd);
		execve(program, argv, environment);
	}
	_exit(127);
}

/* Until it closed its stdout, which is when it ends; what it prints is not wanted. */
static bool ends_within(int fd, int64_t until, const struct clock *clock)
{
	char chunk[512];

	for (;;) {
		struct pollfd wait = { .fd = fd, .events = POLLIN };
		int64_t left = until - clock_mono_ms(clock);
		int n = left > 0 ? poll(&wait, 1, (int)left) : 0;

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		ssize_t got = read(fd, chunk, sizeof(chunk));
		if (got == 0 || (got < 0 && errno != EINTR))
			return true;
	}
}

static int outcome(pid_t pid, bool late, int seconds, struct err *err)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return err_errno(err, ERR_STORAGE, errno, "cannot wait for " PROGRAM);
	if (late)
		return err_set(err, ERR_TIMEOUT, PROGRAM " was ended after %d s", seconds);
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		return err_set(err, ERR_STORAGE, PROGRAM " could not be run");
	if (WIFEXITED(status))
		return err_set(err, ERR_REMOTE, PROGRAM " ended with %d", WEXITSTATUS(status));
	return err_set(err, ERR_REMOTE, PROGRAM " was ended by signal %d", WTERMSIG(status));
}

static int watch(pid_t pid, int out, int seconds, const struct clock *clock, struct err *err)
{
	int64_t until = clock_mono_ms(clock) + seconds * INT64_C(1000) + GRACE_MS;
	bool late = !ends_within(out, until, clock);

	if (late) {
		kill(pid, SIGTERM);
		if (!ends_within(out, until + GRACE_MS, clock))
			kill(pid, SIGKILL);
	}
	return outcome(pid, late, seconds, err);
}

static void close_pair(int (*pair)[2])
{
	for (int i = 0; i < 2; i++)
		if ((*pair)[i] >= 0)
			close((*pair)[i]);
}

static int start(const char *program, char *const *argv, const struct buf *input, int seconds,
		 const struct clock *clock, struct err *err)
{
	SCOPED(cleanup_environment) struct environment env = { .count = 0 };
	SCOPED(close_pair) int in[2] = { -1, -1 };
	SCOPED(close_pair) int out[2] = { -1, -1 };

	if (make_environment(&env, err) < 0)
		return -1;
	if (pipe2(in, O_CLOEXEC) < 0 || pipe2(out, O_CLOEXEC) < 0 ||
	    (input && write(in[1], input->data, input->len) != (ssize_t)input->len))
		return err_errno(err, ERR_STORAGE, errno, "cannot make a pipe to " PROGRAM);
	pid_t pid = fork();
	if (pid < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot start " PROGRAM);
	if (pid == 0)
		become(program, argv, env.line, in[0], out[1]);
	for (int i = 0; i < 2; i++)
		close(in[i]);
	close(out[1]);
	in[0] = in[1] = out[1] = -1;
	return watch(pid, out[0], seconds, clock, err);
}

int minter_run(const struct door *door, const char *const *words, const struct buf *input,
	       int seconds, struct err *err)
{
	char program[PATH_MAX], limit[16];
	const char *argv[WORDS_MAX] = { PROGRAM };
	size_t n = 1;

	if (!beside_us(program) && !in_path(program)) {
		err_set(err, ERR_CONFIG,
			"'" PROGRAM "' is not beside this program, and not in PATH");
		return err_hint(err, "install it in the same folder");
	}
	snprintf(limit, sizeof(limit), "%d", seconds);
	if (door->vault.path) {
		argv[n++] = "--vault";
		argv[n++] = door->vault.path;
	}
	if (door->vault.key_file) {
		argv[n++] = "--key-file";
		argv[n++] = door->vault.key_file;
	}
	argv[n++] = "--timeout";
	argv[n++] = limit;
	while (*words && n < WORDS_MAX - 1)
		argv[n++] = *words++;
	return start(program, (char *const *)argv, input, seconds, door->clock, err);
}
