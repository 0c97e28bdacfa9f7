/* SPDX-License-Identifier: MIT */
#include "prompt.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "interrupt.h"

/* The first three end a question, the others a hidden one only: the echo has to come back. */
static const int caught[] = { SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP, SIGTTIN, SIGTTOU };
#define ENDING 3
#define CAUGHT (sizeof(caught) / sizeof(caught[0]))

static volatile sig_atomic_t got_signal;

static void on_signal(int signal)
{
	got_signal = signal;
}

static void catch(size_t count, struct sigaction *before)
{
	struct sigaction action = { .sa_handler = on_signal };
	/* a question is ended by the key also where a script had that ignored */
	bool asked = isatty(STDIN_FILENO);

	got_signal = 0;
	sigemptyset(&action.sa_mask);
	for (size_t i = 0; i < count; i++) {
		sigaction(caught[i], NULL, &before[i]);
		if (asked || before[i].sa_handler != SIG_IGN)
			sigaction(caught[i], &action, NULL);
	}
}

static void let_go(size_t count, const struct sigaction *before)
{
	int why = errno;

	for (size_t i = 0; i < count; i++)
		sigaction(caught[i], &before[i], NULL);
	errno = why;
}

/*
 * One byte at a time: nothing is read ahead, and nothing stays in a stdio buffer.
 * ended: by a line feed, which a terminal has shown; else by the end of the input.
 */
static int read_line(unsigned char *line, size_t size, size_t *len, bool *ended)
{
	*len = 0;
	*ended = false;
	for (;;) {
		char c;
		ssize_t n = interrupt_poll(STDIN_FILENO, &got_signal) < 0 ? -1 : read(STDIN_FILENO, &c, 1);

		if (n < 0)
			return -1;
		*ended = n > 0 && c == '\n';
		if (n == 0 || *ended)
			return 0;
		if (*len < size)
			line[(*len)++] = (unsigned char)c;
		c = 0;
		__asm__ volatile("" : : "r"(&c) : "memory");
	}
}

/* In sight, or from a pipe.  ERR_CANCELLED on a signal; ERR_INPUT. */
static int read_shown(unsigned char *line, size_t size, size_t *len, bool *ended, const char *what,
		      struct err *err)
{
	struct sigaction before[ENDING];

	catch(ENDING, before);
	int r = read_line(line, size, len, ended);
	let_go(ENDING, before);
	if (got_signal)
		return err_set(err, ERR_CANCELLED, "interrupted");
	return r < 0 ? err_errno(err, ERR_INPUT, errno, "cannot read %s", what) : 0;
}

/*
 * As it was.  The key stops the whole job: a parent of ours (git, a script) may have stopped
 * before us, and the shell have the terminal back already.  Then SIGTTOU would be the
 * answer to this, each time again; blocked, it is allowed.
 */
static void show_again(const struct termios *shown)
{
	sigset_t ttou, before;

	sigemptyset(&ttou);
	sigaddset(&ttou, SIGTTOU);
	sigprocmask(SIG_BLOCK, &ttou, &before);
	while (tcsetattr(STDIN_FILENO, TCSAFLUSH, shown) < 0 && errno == EINTR)
		;
	sigprocmask(SIG_SETMASK, &before, NULL);
}

/* Returns the signal that came in between, 0 when the line was read, -1 on an error. */
static int read_hidden(const char *question, unsigned char *line, size_t size, size_t *len)
{
	struct sigaction before[CAUGHT];
	struct termios shown, hidden;
	int r, why;
	bool hid = false, ended;

	if (tcgetattr(STDIN_FILENO, &shown) < 0)
		return -1;
	catch(CAUGHT, before);
	hidden = shown;
	hidden.c_lflag &= ~(tcflag_t)(ECHO | ECHONL);
	while ((r = tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden)) < 0 && errno == EINTR && !got_signal)
		;
	hid = r == 0;
	if (hid) {
		fputs(question, stderr);
		fflush(stderr);
		r = read_line(line, size, len, &ended);
	}
	why = errno;
	if (hid) {
		show_again(&shown);
		fputc('\n', stderr);
	}
	errno = why;
	let_go(CAUGHT, before);
	return got_signal ? got_signal : r;
}

int prompt_secret(const char *question, struct secret **out, struct err *err)
{
	scoped_secret struct secret *line = NULL;
	unsigned char *bytes;
	size_t len;
	int r;

	if (secret_alloc(PROMPT_SECRET_MAX + 1, &line, &bytes, err) < 0)
		return -1;
	/* Stopped and continued: ask again.  Quit: the signal's own action, late. */
	while ((r = read_hidden(question, bytes, PROMPT_SECRET_MAX + 1, &len)) > 0) {
		if (r == SIGINT || r == SIGTERM || r == SIGHUP)
			return err_set(err, ERR_CANCELLED, "interrupted");
		raise(r);
	}
	if (r < 0)
		return err_errno(err, ERR_INPUT, errno, "cannot read from the terminal");
	if (len == 0)
		return err_set(err, ERR_INPUT, "nothing was typed");
	if (len > PROMPT_SECRET_MAX)
		return err_set(err, ERR_INPUT, "more than %d bytes", PROMPT_SECRET_MAX);
	return secret_new(bytes, len, out, err);
}

static int ask_again(const struct secret *first, struct err *err)
{
	scoped_secret struct secret *second = NULL;

	if (prompt_secret("the same again: ", &second, err) < 0)
		return -1;
	return secret_equal(first, second) ? 0 : err_set(err, ERR_INPUT, "the two are not the same");
}

int prompt_passphrase(const char *of, bool fresh, struct secret **out, struct err *err)
{
	scoped_secret struct secret *line = NULL;
	unsigned char *bytes;
	char question[96];
	size_t len = 0;
	bool ended;

	if (isatty(STDIN_FILENO)) {
		snprintf(question, sizeof(question), "%spassphrase of %s (not shown): ",
			 fresh ? "new " : "", of);
		if (prompt_secret(question, out, err) < 0)
			return err_context(err, "the passphrase");
		return fresh ? ask_again(*out, err) : 0;
	}
	if (secret_alloc(PROMPT_SECRET_MAX + 1, &line, &bytes, err) < 0)
		return -1;
	if (read_shown(bytes, PROMPT_SECRET_MAX + 1, &len, &ended, "the passphrase", err) < 0)
		return -1;
	if (len > PROMPT_SECRET_MAX)
		return err_set(err, ERR_INPUT, "the passphrase has more than %d bytes", PROMPT_SECRET_MAX);
	if (len == 0) {
		err_set(err, ERR_INPUT, "there is no passphrase");
		return err_hint(err, "without a terminal it is the first line of stdin");
	}
	return secret_new(bytes, len, out, err);
}

int prompt_confirm(bool sure, const char *doing, const char *refused, const char *question,
		   struct err *err)
{
	unsigned char line[16];
	bool ended = false;
	size_t len;
	int r;

	if (sure)
		return 0;
	if (!isatty(STDIN_FILENO)) {
		err_set(err, ERR_USAGE, "%s was not confirmed", doing);
		return err_hint(err, "there is no terminal to ask on: add --yes");
	}
	fflush(stdout);
	fputs(question, stderr);
	fflush(stderr);
	r = read_shown(line, sizeof(line), &len, &ended, "the answer", err);
	if (!ended)
		fputc('\n', stderr);
	if (r < 0)
		return -1;
	if ((len == 1 && line[0] == 'y') || (len == 3 && !memcmp(line, "yes", 3)))
		return 0;
	return err_set(err, ERR_INPUT, "%s", refused);
}
