/* SPDX-License-Identifier: MIT */
#include "screen.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "interrupt.h"

#define SLICE_MS 100		/* how soon a signal is seen that came just before the wait */

static volatile sig_atomic_t resized, stopping;
static struct sigaction before_winch, before_tstp;
static struct termios shown;
static bool entered, echo_off;

static void on_winch(int signal)
{
	(void)signal;
	resized = 1;
}

static void on_tstp(int signal)
{
	(void)signal;
	stopping = 1;
}

static void take_terminal(void)
{
	struct termios hidden;

	echo_off = tcgetattr(STDIN_FILENO, &shown) == 0;
	if (echo_off) {
		hidden = shown;
		hidden.c_lflag &= ~(tcflag_t)ECHO;
		tcsetattr(STDIN_FILENO, TCSANOW, &hidden);	/* in the background: waits here */
	}
	fputs("\033[?1049h\033[?25l", stdout);
	fflush(stdout);
}

static void give_terminal(void)
{
	sigset_t ttou, before;

	/* the shell may have the terminal already, when a parent of ours was stopped before us */
	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &before);
	if (echo_off)
		tcsetattr(STDIN_FILENO, TCSANOW, &shown);
	echo_off = false;
	fputs("\033[?25h\033[?1049l", stdout);
	fflush(stdout);
	sigprocmask(SIG_SETMASK, &before, NULL);
}

void screen_enter(void)
{
	/* Restarted: the write of a line that one comes upon would fail, and the line be lost. */
	struct sigaction winch = { .sa_handler = on_winch, .sa_flags = SA_RESTART };
	struct sigaction tstp = { .sa_handler = on_tstp, .sa_flags = SA_RESTART };

	sigemptyset(&winch.sa_mask);
	sigemptyset(&tstp.sa_mask);
	sigaction(SIGWINCH, &winch, &before_winch);
	sigaction(SIGTSTP, &tstp, &before_tstp);
	entered = true;
	take_terminal();
}

void screen_leave(void)
{
	if (!entered)
		return;
	entered = false;
	give_terminal();
	sigaction(SIGWINCH, &before_winch, NULL);
	sigaction(SIGTSTP, &before_tstp, NULL);
}

struct screen_size screen_size(void)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
		size = (struct winsize){ 0 };
	return (struct screen_size){ size.ws_col ? size.ws_col : 80, size.ws_row ? size.ws_row : 24 };
}

void screen_begin(void)
{
	fputs("\033[H\033[2J", stdout);
}

void screen_end(void)
{
	fflush(stdout);
}

/* Stops as the key asked for, with the terminal as it was; goes on as if it had been resized. */
static void stop(void)
{
	struct sigaction standard = { .sa_handler = SIG_DFL }, ours;

	stopping = 0;
	give_terminal();
	sigemptyset(&standard.sa_mask);
	sigaction(SIGTSTP, &standard, &ours);
	raise(SIGTSTP);
	sigaction(SIGTSTP, &ours, NULL);
	take_terminal();
	resized = 1;
}

bool screen_wait(int64_t until_ms)
{
	while (!interrupt_seen(NULL)) {
		int64_t left = until_ms - clock_mono_ms(&clock_system);

		if (stopping)
			stop();
		if (resized) {
			resized = 0;
			return true;
		}
		if (left <= 0)
			return false;
		poll(NULL, 0, left < SLICE_MS ? (int)left : SLICE_MS);
	}
	return false;
}
