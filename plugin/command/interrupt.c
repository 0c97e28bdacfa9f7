/* SPDX-License-Identifier: MIT */
#include "interrupt.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t seen;

static void on_signal(int signal)
{
	(void)signal;
	seen = 1;
}

void interrupt_install(void)
{
	static const int stopping[] = { SIGINT, SIGTERM, SIGHUP };
	/* Restarted: a line on its way out is not lost; whoever waits does so with poll(). */
	struct sigaction action = { .sa_handler = on_signal, .sa_flags = (int)(SA_RESETHAND | SA_RESTART) };
	struct sigaction before;

	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < sizeof(stopping) / sizeof(stopping[0]); i++) {
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
