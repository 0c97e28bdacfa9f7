/* SPDX-License-Identifier: MIT */
#include "helper.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/secret.h"

#define LINGER_MS 1000		/* a helper may live so long after it closed its output */
#define LOOK_MS 10

/* What a helper may need to find its store; nothing else of the daemon's goes along. */
static const char *const kept[] = {
	"HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "TZ", "TMPDIR",
	"XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR",
	"AISEARCH_VAULT", "CREDENTIALS_DIRECTORY", "DBUS_SESSION_BUS_ADDRESS", "GNUPGHOME",
};
#define KEPT (sizeof(kept) / sizeof(kept[0]))
/* git finds its own helpers (cache, store) in its exec path; so do we. */
#define PATH_DEFAULT "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define PATH_GIT ":/usr/lib/git-core:/usr/libexec/git-core"

struct environment {
	struct buf text[KEPT + 1];
	char *list[KEPT + 2];
};

static void environment_clear(struct environment *e)
{
	for (size_t i = 0; i < KEPT + 1; i++)
		buf_clear(&e->text[i]);
}

static int environment_make(struct environment *e, struct err *err)
{
	const char *path = getenv("PATH");
	size_t n = 0;

	for (size_t i = 0; i < KEPT + 1; i++)
		e->text[i] = (struct buf)BUF(32768);
	buf_addf(&e->text[0], "PATH=%s%s", path && *path ? path : PATH_DEFAULT, PATH_GIT);
	if (e->text[0].failed)
		return err_nomem(err);
	e->list[n++] = e->text[0].data;
	for (size_t i = 0; i < KEPT; i++) {
		const char *value = getenv(kept[i]);

		if (!value)
			continue;
		buf_addf(&e->text[i + 1], "%s=%s", kept[i], value);
		if (e->text[i + 1].failed)
			return err_nomem(err);
		e->list[n++] = e->text[i + 1].data;
	}
	e->list[n] = NULL;
	return 0;
}

static int spawn(const char *command, int in, int out, pid_t *pid, struct err *err)
{
	SCOPED(environment_clear) struct environment env = { 0 };
	char *argv[] = { (char *)(uintptr_t)"sh", (char *)(uintptr_t)"-c",
			 (char *)(uintptr_t)command, NULL };
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	sigset_t all, none;

	if (environment_make(&env, err) < 0)
		return -1;
	sigfillset(&all);
	sigemptyset(&none);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF |
					POSIX_SPAWN_SETSIGMASK);
	posix_spawnattr_setpgroup(&attr, 0);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, STDIN_FILENO);
	posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
	int r = posix_spawn(pid, "/bin/sh", &actions, &attr, argv, env.list);
	posix_spawn_file_actions_destroy(&actions);
	posix_spawnattr_destroy(&attr);
	return r ? err_errno(err, ERR_CONFIG, r, "cannot run /bin/sh") : 0;
}

static bool complete(const struct helper_run *run, const struct buf *answer, bool exited)
{
	return run->complete && run->complete(answer->data, answer->len, exited);
}

/* Reads until the end of the answer.  pidfd is readable when the command has exited. */
static int read_answer(const struct helper_run *run, int fd, int pidfd, bool exited, int64_t end,
		       struct buf *answer, struct err *err)
{
	char chunk[1024];

	for (;;) {
		struct pollfd fds[] = { { .fd = fd, .events = POLLIN },
					{ .fd = run->stop_fd, .events = POLLIN },
					{ .fd = exited ? -1 : pidfd, .events = POLLIN } };
		int64_t left = end - clock_mono_ms(&clock_system);

		if (left <= 0) {
			err_set(err, ERR_TIMEOUT, "the credential helper gave no answer in %lld s",
				(long long)run->deadline_ms / 1000);
			return err_hint(err, "it must not ask anybody: try it by hand, as the user of the"
					" daemon");
		}
		/* what it wrote before its exit is in the pipe: read that first */
		bool whole = exited && complete(run, answer, true);
		int r = poll(fds, 3, whole ? 0 : left > 1000 ? 1000 : (int)left);
		if (r == 0 && whole)
			return 0;
		if (r < 0 && errno != EINTR)
			return err_errno(err, ERR_STORAGE, errno, "poll");
		if (r <= 0)
			continue;
		if (fds[1].revents)
			return err_set(err, ERR_CANCELLED, "stopped on request");
		exited |= fds[2].revents != 0;
		if (!fds[0].revents)
			continue;
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (n < 0)
			return err_errno(err, ERR_STORAGE, errno, "cannot read from the helper");
		if (n == 0)
			return 0;
		int added = buf_add(answer, chunk, (size_t)n);
		secret_wipe(chunk, (size_t)n);
		if (added < 0)
			return err_set(err, ERR_INPUT,
				       "the credential helper's answer is longer than"
				       " %zu bytes", answer->max);
		if (complete(run, answer, false))
			return 0;
	}
}

/*
 * Waits for the end and reaps where that is ours to do.  With SIGCHLD ignored the
 * kernel reaps: waitpid() then says ECHILD once the process is gone.
 */
static int wait_gone(const struct helper_run *run, pid_t pid, int64_t end, int *status)
{
	for (;;) {
		struct pollfd stop = { .fd = run->stop_fd, .events = POLLIN };
		pid_t r = waitpid(pid, status, WNOHANG);

		if (r == pid)
			return 1;
		if (r < 0 && errno != EINTR) {
			*status = 0;
			return 1;
		}
		if (clock_mono_ms(&clock_system) >= end || poll(&stop, 1, LOOK_MS) > 0)
			return 0;
	}
}

static void kill_group(pid_t pid, bool gone)
{
	int status;

	/* the leader may be gone and its children not */
	kill(-pid, SIGKILL);
	if (!gone)
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
}

static void write_request(int fd, const char *request)
{
	size_t len = strlen(request);	/* far below PIPE_BUF: one write, never blocks */

	while (write(fd, request, len) < 0 && errno == EINTR)
		;	/* EPIPE: it does not read; its answer counts all the same */
}

int helper_run(const struct helper_run *run, struct buf *answer, struct err *err)
{
	int to[2] = { -1, -1 }, from[2] = { -1, -1 };
	int64_t end = clock_mono_ms(&clock_system) + run->deadline_ms;
	int status = 0;
	pid_t pid;

	if (pipe2(to, O_CLOEXEC) < 0)
		return err_errno(err, ERR_STORAGE, errno, "pipe");
	scoped_fd int to_read = to[0], to_write = to[1];
	if (pipe2(from, O_CLOEXEC) < 0)
		return err_errno(err, ERR_STORAGE, errno, "pipe");
	scoped_fd int from_read = from[0], from_write = from[1];
	if (spawn(run->command, to_read, from_write, &pid, err) < 0)
		return -1;
	scoped_fd int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	bool exited = pidfd < 0 && errno == ESRCH;	/* already, and reaped by the kernel */
	close(to_read);
	close(from_write);
	to_read = from_write = -1;
	write_request(to_write, run->request);
	close(to_write);
	to_write = -1;

	int r = read_answer(run, from_read, pidfd, exited, end, answer, err);
	int64_t linger = clock_mono_ms(&clock_system) + LINGER_MS;
	bool gone = r == 0 && wait_gone(run, pid, linger < end ? linger : end, &status) > 0;
	kill_group(pid, gone);
	if (r == 0 && gone && status != 0 && answer->len == 0)
		return err_set(err, ERR_NOT_FOUND, "the credential helper failed (%s %d)",
			       WIFEXITED(status) ? "exit" : "signal",
			       WIFEXITED(status) ? WEXITSTATUS(status) : WTERMSIG(status));
	return r;
}
