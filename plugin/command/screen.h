/* SPDX-License-Identifier: MIT */
/*
 * screen.h -- the whole terminal for a while: what was there comes back at the end, also
 * when the program is stopped (Ctrl-Z) in between.
 *
 * On stdout.  What goes to stderr meanwhile would be drawn over: keep it.
 */
#ifndef COMMAND_SCREEN_H
#define COMMAND_SCREEN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct screen_size {
	size_t columns, lines;
};

/* the other buffer, no cursor, no echo; catches SIGWINCH and SIGTSTP */
void screen_enter(void);
void screen_leave(void);	/* nothing when it was not entered */

struct screen_size screen_size(void);	/* never 0 */
void screen_begin(void);	/* a new picture: from the upper left corner */
void screen_end(void);		/* the rest is blank */

/*
 * Waits until the clock (monotonic ms) says so.  True: draw again now, because the window has
 * another size or the program was stopped.  False: the time has come, or an interrupt.
 */
bool screen_wait(int64_t until_ms);

#endif
