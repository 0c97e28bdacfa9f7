/* SPDX-License-Identifier: MIT */
#include "output.h"

#include <errno.h>
#include <locale.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/prose.h"

static struct {
	size_t columns;		/* as $COLUMNS says; 0 = ask the terminal */
	bool plain;		/* no colours wanted, or a terminal without */
	bool dumb;		/* it cannot be drawn on */
} terminal;

void output_terminal(const char *columns, const char *no_color, const char *term)
{
	char *end;
	long n = columns ? strtol(columns, &end, 10) : 0;

	terminal.columns = columns && n > 0 && n < 10000 && !*end ? (size_t)n : 0;
	terminal.dumb = term && !strcmp(term, "dumb");
	terminal.plain = no_color || !term || terminal.dumb;
}

void output_locale(void)
{
	static bool done;

	if (done)
		return;
	done = true;
	if (!setlocale(LC_CTYPE, "") || MB_CUR_MAX == 1)
		setlocale(LC_CTYPE, "C.UTF-8");
}

size_t output_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO))
		return 0;
	if (terminal.columns)
		return terminal.columns;
	return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 ? size.ws_col : 0;
}

bool output_drawn(void)
{
	return isatty(STDOUT_FILENO) && !terminal.dumb;
}

bool output_coloured(FILE *stream)
{
	return !terminal.plain && isatty(stream == stderr ? STDERR_FILENO : STDOUT_FILENO);
}

const char *colour_on(FILE *stream, enum colour colour)
{
	static const char *const begin[] = {
		[COLOUR_NONE] = "", [COLOUR_GOOD] = "\033[32m", [COLOUR_WARNING] = "\033[33m",
		[COLOUR_BAD] = "\033[31m", [COLOUR_DOUBT] = "\033[35m",
		[COLOUR_FAINT] = "\033[2m", [COLOUR_STRONG] = "\033[1m",
	};

	return output_coloured(stream) ? begin[colour] : "";
}

const char *colour_off(FILE *stream, enum colour colour)
{
	return colour != COLOUR_NONE && output_coloured(stream) ? "\033[m" : "";
}

void output_line(const char *fmt, ...)
{
	char text[2048], shown[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	puts(shown);
}

void output_note(const char *fmt, ...)
{
	char text[2048], shown[4096];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	escape_text(shown, sizeof(shown), text, strlen(text));
	fprintf(stderr, "%s\n", shown);
}

int output_prose(const char *text, struct err *err)
{
	size_t len = strlen(text);
	scoped_buf struct buf shown = BUF(4 * len + 8);
	struct prose prose = { 0 };

	if (prose_add(&prose, text, len, &shown) < 0 || prose_end(&prose, &shown) < 0)
		return err_nomem(err);
	fwrite(shown.data, 1, shown.len, stdout);
	if (shown.len == 0 || shown.data[shown.len - 1] != '\n')
		putchar('\n');
	return 0;
}

static void put_json(const char *text)
{
	size_t left = strlen(text);
	char shown[8];

	while (left > 0) {
		size_t n = escape_json(shown, text, left);

		fputs(shown, stdout);
		text += n;
		left -= n;
	}
	putchar('\n');
}

void json_show(char *out, size_t size, size_t max, struct json_object *value)
{
	const char *text = json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN |
								   JSON_C_TO_STRING_NOSLASHESCAPE);
	size_t left = text ? strlen(text) : 0, at = 0;

	for (out[0] = '\0'; left > 0; max--) {
		char shown[8];
		size_t n = escape_json(shown, text, left), wide = strlen(shown);

		if (max == 0 || at + wide + sizeof("...") > size) {
			memcpy(out + at, "...", sizeof("..."));
			return;
		}
		memcpy(out + at, shown, wide + 1);
		at += wide;
		text += n;
		left -= n;
	}
}

int output_json(struct json_object *object, struct err *err)
{
	const char *text = json_object_to_json_string_ext(object, JSON_C_TO_STRING_PRETTY |
						      JSON_C_TO_STRING_SPACED |
						      JSON_C_TO_STRING_NOSLASHESCAPE);

	if (!text)
		return err_nomem(err);
	put_json(text);
	return 0;
}

/* --- why stdout could not be written -------------------------------------------------- */

static int write_failed;	/* errno of the first time */
static const char *written = "stdout";	/* as it is called in messages */

void output_call(const char *name)
{
	written = name;
}

/* What comes behind a gap is not written. */
static ssize_t write_piece(void *cookie, const char *data, size_t len)
{
	size_t done = 0;

	(void)cookie;
	while (done < len && !write_failed) {
		ssize_t n = write(STDOUT_FILENO, data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno != EINTR)
			write_failed = errno;
	}
	return write_failed ? 0 : (ssize_t)done;
}

void output_begin(void)
{
	/* stdio forgets the errno of a failure that is not the last flush's */
	FILE *stream = fopencookie(NULL, "w", (cookie_io_functions_t){ .write = write_piece });

	if (!stream)
		return;
	if (isatty(STDOUT_FILENO))
		setvbuf(stream, NULL, _IOLBF, BUFSIZ);
	stdout = stream;
}

static int cannot_write(int why, struct err *err)
{
	return err_errno(err, why == EPIPE ? ERR_PIPE : ERR_STORAGE, why, "cannot write to %s", written);
}

int output_flush(struct err *err)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	return cannot_write(write_failed ? write_failed : errno ? errno : EIO, err);
}

int output_secret(int fd, const void *data, size_t len, struct err *err)
{
	for (size_t done = 0; done < len;) {
		ssize_t n = write(fd, (const char *)data + done, len - done);

		if (n >= 0)
			done += (size_t)n;
		else if (errno == EINTR)
			continue;
		else if (fd == STDOUT_FILENO)
			return cannot_write(errno, err);
		else
			return err_errno(err, ERR_STORAGE, errno, "cannot write to descriptor %d", fd);
	}
	return 0;
}

void json_put_text(struct json_object *object, const char *key, const char *text)
{
	json_object_object_add(object, key, text ? json_object_new_string(text) : NULL);
}

void json_put_count(struct json_object *object, const char *key, struct count count)
{
	json_object_object_add(object, key,
			       count.known ? json_object_new_int64(count.value) : NULL);
}

void json_put_instant(struct json_object *object, const char *key, struct instant instant)
{
	char text[RFC3339_SIZE];

	if (instant.known)
		rfc3339_format(instant.unix_s, text);
	json_put_text(object, key, instant.known ? text : NULL);
}

void json_put_flag(struct json_object *object, const char *key, struct flag flag)
{
	json_object_object_add(object, key, flag.known ? json_object_new_boolean(flag.value) : NULL);
}

void json_put_stats(struct json_object *object, const char *key, const struct stats *stats)
{
	struct json_object *o = json_object_new_object();
	double percent;

	for (size_t i = 0; i < STATS_STATUSES; i++)
		json_put_count(o, stats_statuses[i].name, stats_statuses[i].get(stats));
	json_put_count(o, "total", stats_total(stats));
	json_object_object_add(o, "percent_processed", stats_percent_processed(stats, &percent)
						       ? json_object_new_double(percent) : NULL);
	json_object_object_add(o, "percent_indexed", stats_percent_indexed(stats, &percent)
						     ? json_object_new_double(percent) : NULL);
	json_put_count(o, "vectors", stats->vectors);
	json_put_instant(o, "last_activity", stats->last_activity);
	json_object_object_add(o, "degraded", json_object_new_boolean(stats->degraded));
	json_object_object_add(object, key, o);
}
