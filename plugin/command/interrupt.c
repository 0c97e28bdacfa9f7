/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stddef.h>

static const int stopping[] = { SIGINT, SIGTERM, SIGHUP };
#define STOPPING (sizeof(stopping) / sizeof(stopping[0]))

static volatile sig_atomic_t seen;

static void on_signal(int signal)
{
	/* of two that are not the same the second ends the program, too */
	if (seen)
		raise(signal);
	seen = 1;
}

void interrupt_install(void)
{
	/* Restarted: a line on its way out is not lost; whoever waits does so with poll(). */
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART) };
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < STOPPING; i++) {
		/* nohup, and a shell's background jobs, had it ignored on purpose */
		if (sigaction(stopping[i], NULL, &before) == 0 && before.sa_handler != SIG_IGN)
			sigaction(stopping[i], &action, NULL);
	}
}

bool interrupt_seen(void *ctx)
{
	(void)ctx;
	return seen;
}

int interrupt_poll(int fd, const volatile sig_atomic_t *stop)
{
	struct pollfd input = { .fd = fd, .events = POLLIN };
	sigset_t all, before;
	int r = 0, why = EINTR;

	/* let through by ppoll() alone: none can come between the look and the wait */
	sigfillset(&all);
	sigprocmask(SIG_BLOCK, &all, &before);
	while (!*stop && (r = ppoll(&input, 1, NULL, &before)) < 0 && (why = errno) == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
	errno = why;
	return *stop || r < 0 ? -1 : 0;
}

int interrupt_wait(int fd, struct err *err)
{
	if (interrupt_poll(fd, &seen) == 0)
		return 0;
	return seen ? err_set(err, ERR_CANCELLED, "interrupted")
		    : err_errno(err, ERR_INPUT, errno, "cannot wait for input");
}
