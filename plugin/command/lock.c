/* SPDX-License-Identifier: MIT */
#include "lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "interrupt.h"

#define POLL_MS 25

int lock_take(const char *path, int64_t wait_ms, void (*waiting)(void *ctx), void *ctx, int *out,
	      struct err *err)
{
	int64_t began = clock_mono_ms(&clock_system);
	scoped_fd int fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd < 0)
		return err_errno(err, ERR_STORAGE, errno, "cannot open '%s'", path);
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return err_errno(err, ERR_STORAGE, errno, "cannot lock '%s'", path);
		if (clock_mono_ms(&clock_system) - began >= wait_ms)
			return err_set(err, ERR_TIMEOUT, "another run holds '%s'", path);
		if (waiting)
			waiting(ctx);
		waiting = NULL;
		if (interrupt_seen(NULL))
			return err_set(err, ERR_CANCELLED, "interrupted");
		nanosleep(&(struct timespec){ .tv_nsec = POLL_MS * 1000000 }, NULL);
	}
	*out = fd;
	fd = -1;
	return 0;
}

int lock_beside_vault(struct cli *cli, const char *suffix, int64_t wait_ms,
		      void (*waiting)(void *ctx), void *ctx, int *fd, struct err *err)
{
	scoped_free char *path = NULL;

	if (asprintf(&path, "%s%s", cli->s.vault ? cli->s.vault : cli->vault_path, suffix) < 0) {
		path = NULL;
		return err_nomem(err);
	}
	return lock_take(path, wait_ms, waiting, ctx, fd, err);
}

static void tell(void *ctx)
{
	progress_line(ctx, "waiting for another run of aisearch to end");
}

int lock_provision(struct cli *cli, struct progress *progress, int *fd, struct err *err)
{
	int64_t wait_ms = LOCK_NO_END;

	if (cli->s.timeout_s > 0)
		wait_ms = cli->began_ms + cli->s.timeout_s * 1000 - clock_mono_ms(&clock_system);
	return lock_beside_vault(cli, ".provision", wait_ms, tell, progress, fd, err);
}
