/* SPDX-License-Identifier: MIT */
/*
 * warp.c -- to be preloaded: a wall clock that jumps.  The file that $WARP names
 * holds the offset in seconds, and may change at any time; the monotonic clock
 * is left alone, as by a real jump.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/time.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define LOOK_MS 20
#define ALWAYS_WALL 1000000000	/* no machine has been up for 31 years */

static long offset(void)
{
	const char *file = getenv("WARP");
	char text[32];
	ssize_t n = -1;
	int fd = file ? open(file, O_RDONLY | O_CLOEXEC) : -1;

	if (fd >= 0) {
		n = read(fd, text, sizeof(text) - 1);
		close(fd);
	}
	if (n <= 0)
		return 0;
	text[n] = '\0';
	return strtol(text, NULL, 10);
}

int clock_gettime(clockid_t id, struct timespec *out)
{
	int r = (int)syscall(SYS_clock_gettime, id, out);

	if (r == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		out->tv_sec += offset();
	return r;
}

int gettimeofday(struct timeval *out, void *zone)
{
	struct timespec now;

	(void)zone;
	clock_gettime(CLOCK_REALTIME, &now);
	out->tv_sec = now.tv_sec;
	out->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *out)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	if (out)
		*out = now.tv_sec;
	return now.tv_sec;
}

/*
 * A deadline by the wall clock: the kernel knows nothing of the jump and would not
 * wake for it, so it is looked at again and again.
 */
int pthread_cond_timedwait(pthread_cond_t *cond, pthread_mutex_t *lock,
			   const struct timespec *until)
{
	static int (*wait)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
	struct timespec now;
	int r;

	if (!wait)
		*(void **)&wait = dlsym(RTLD_NEXT, "pthread_cond_timedwait");
	if (until->tv_sec < ALWAYS_WALL)
		return wait(cond, lock, until);
	do {
		syscall(SYS_clock_gettime, CLOCK_REALTIME, &now);
		now.tv_nsec += LOOK_MS * 1000000;
		now.tv_sec += now.tv_nsec / 1000000000;
		now.tv_nsec %= 1000000000;
		r = wait(cond, lock, &now);
		clock_gettime(CLOCK_REALTIME, &now);
	} while (r == ETIMEDOUT && (now.tv_sec < until->tv_sec ||
				    (now.tv_sec == until->tv_sec && now.tv_nsec < until->tv_nsec)));
	return r;
}
