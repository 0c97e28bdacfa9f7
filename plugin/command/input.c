/* SPDX-License-Identifier: MIT */
#include "input.h"

#include <errno.h>
#include <unistd.h>

#include "interrupt.h"

int input_read(struct buf *out, struct err *err)
{
	char chunk[4096];
	ssize_t n;

	do {
		if (interrupt_wait(STDIN_FILENO, err) < 0)
			return -1;
		n = read(STDIN_FILENO, chunk, sizeof(chunk));
		int why = errno;
		int r = n > 0 ? buf_add(out, chunk, (size_t)n) : 0;
		secret_wipe(chunk, sizeof(chunk));
		if (r < 0)
			return err_set(err, ERR_INPUT, "more than %zu bytes", out->max);
		if (n < 0 && why != EINTR)
			return err_errno(err, ERR_INPUT, why, "cannot read stdin");
	} while (n != 0);
	return 0;
}

int input_secret(size_t max, bool line, struct secret **out, struct err *err)
{
	scoped_buf struct buf all = BUF(max + 1);

	if (input_read(&all, err) < 0)
		return err->kind == ERR_INPUT && all.failed ? err_set(err, ERR_INPUT, "more than %zu bytes", max)
							    : -1;
	if (line && all.len > 0 && all.data[all.len - 1] == '\n')
		all.len--;
	if (all.len > max)
		return err_set(err, ERR_INPUT, "more than %zu bytes", max);
	return secret_new(all.data, all.len, out, err);
}
